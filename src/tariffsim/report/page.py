"""The report: one HTML page that needs nothing but itself, with its figures as files beside it."""

from __future__ import annotations

import re
from html import escape
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from tariffsim.ensemble.folders import unwritable, write_atomically
from tariffsim.errors import ResultsError
from tariffsim.report.answer import Summary
from tariffsim.report.figures import Chart, save_files
from tariffsim.report.html import element
from tariffsim.report.sections import FIGURES, SECTIONS, Story, opening
from tariffsim.report.style import PALETTE
from tariffsim.report.view import View

if TYPE_CHECKING:
    from tariffsim.ensemble.results import Results

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""Content security policy of the page: it may ask for nothing."""


def write_report(results: Results, path: str | Path) -> Path:
    """Write the report of `results` to the HTML file `path` and return that path.

    Beside it, in the folder `<name>_figures`, each figure lies as SVG, PNG and, for its numbers, CSV. Equal results
    give equal bytes. Raises ResultsError if the place can't be written.
    """
    target = Path(path)
    folder = _folder(target.with_name(f"{target.stem}_figures"))
    charts = draw_all(View(results.dataset, results.scenario))
    page = render(results, charts)
    try:
        for chart in charts.values():
            save_files(chart, folder)
    except OSError as error:
        raise ResultsError(unwritable(folder, error)) from None
    write_atomically(target, lambda part: _write_text(part, page))
    return target


def _folder(path: Path) -> Path:
    """Make a folder before any work is done for it."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResultsError(unwritable(path, error)) from None
    return path


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def draw_all(view: View) -> dict[str, Chart]:
    """All figures that have something to show, by key."""
    drawn = [draw(view) for draw in FIGURES]
    return {chart.key: chart for chart in drawn if chart is not None}


def render(results: Results, charts: dict[str, Chart]) -> str:
    """The page as text."""
    story = Story(results, View(results.dataset, results.scenario), Summary(results.summary()), charts)
    sections = [section(story) for section in SECTIONS]
    body = opening(story) + _contents(sections) + "".join(sections) + _footer(results)
    head = [
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<meta name="color-scheme" content="light dark">',
        element("title", escape(f"{results.scenario.title} - tariffsim")),
        f"<style>\n{stylesheet()}</style>",
    ]
    parts = ["<!DOCTYPE html>", '<html lang="en">', "<head>", *head, "</head>", "<body>", element("main", body)]
    return "\n".join([*parts, "</body>", "</html>", ""])


def stylesheet() -> str:
    """Colours as variables, light, dark and on paper; then the rules."""
    light, dark = ("".join(f"--{name}: {both[k]}; " for name, both in PALETTE.items()) for k in (0, 1))
    rules = resources.files("tariffsim.report").joinpath("page.css").read_text(encoding="utf-8")
    return (
        f":root {{ color-scheme: light dark; {light}}}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark}}} }}\n{rules}"
    )


def _contents(sections: list[str]) -> str:
    found = [re.search(r'<h2 id="(\w+)">(.*?)</h2>', section) for section in sections]
    links = [element("a", match[2], href=f"#{match[1]}") for match in found if match]
    return element("nav", " ".join(links), aria_label="Sections")


def _footer(results: Results) -> str:
    version = results.provenance.versions.get("tariffsim", "")
    text = f"tariffsim {version}. Figures and their numbers lie as SVG, PNG and CSV in the folder beside this page."
    return element("footer", escape(text))
