"""What a figure of a report is, and how its files are written."""

from __future__ import annotations

import functools
import io
import re
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from tariffsim.report.style import PALETTE, drawing

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Chart:
    """A figure with what a reader who cannot see it needs.

    key: name of its files; finding: the sentence over it, made from the numbers; alt: what it shows, in words; data:
    the numbers that are drawn, tidy.
    """

    key: str
    figure: Figure
    finding: str
    alt: str
    data: pd.DataFrame


@functools.lru_cache(maxsize=64)
def svg(chart: Chart) -> str:
    """The figure as a stand-alone SVG document with text as text."""
    buffer = io.StringIO()
    with drawing(f"tariffsim-{chart.key}"):
        _settle(chart.figure)
        chart.figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Title": chart.finding})
    return _FAMILY.sub(f"font-family: {FONTS}", _SHORTHAND.sub(rf"\1{FONTS}", buffer.getvalue()))


def inline_svg(chart: Chart) -> str:
    """The figure as an element for a page: own identifiers, colours from the page's variables, an alt text."""
    text = svg(chart)
    text = text[text.index("<svg") :]
    for name in ("metadata", "title", "style"):  # said by the page, once for all figures
        text = re.sub(rf"<{name}\b.*?</{name}>\s*", "", text, count=1, flags=re.DOTALL)
    text = text.replace("xlink:href", "href")
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{chart.key}-", text)
    for name, (light, _) in PALETTE.items():
        text = text.replace(light, f"var(--{name})")
    return _HEAD.sub(lambda found: _opening(chart, found[1]), text, count=1)


def _opening(chart: Chart, box: str) -> str:
    return f'<svg class="chart" role="img" aria-label="{escape(chart.alt)}" viewBox="{box}">'


def write_svg(chart: Chart, path: Path) -> None:
    """Write the figure as a stand-alone SVG document."""
    path.write_text(svg(chart), encoding="utf-8")


def write_png(chart: Chart, path: Path) -> None:
    """Write the figure as pixels."""
    with drawing(f"tariffsim-{chart.key}"):
        _settle(chart.figure)
        chart.figure.savefig(path, format="png", dpi=DPI, metadata={"Software": None})


def write_csv(chart: Chart, path: Path) -> None:
    """Write the numbers that are drawn."""
    chart.data.to_csv(path, index=False, float_format="%.10g", lineterminator="\n", encoding="utf-8")


def save_files(chart: Chart, folder: Path) -> list[Path]:
    """Write KEY.svg, KEY.png and KEY.csv into a folder that exists, and return their paths."""
    writers = {"svg": write_svg, "png": write_png, "csv": write_csv}
    paths = [folder / f"{chart.key}.{ending}" for ending in writers]
    for path, write in zip(paths, writers.values(), strict=True):
        write(chart, path)
    return paths


def _settle(figure: Figure) -> None:
    """Lay a figure out once, for all formats alike."""
    if figure.get_layout_engine() is not None:
        figure.draw_without_rendering()
        figure.set_layout_engine(None)  # not "none", under which each save would lay it out again


DPI = 150
FONTS = "'Helvetica Neue', Arial, 'Noto Sans', 'Liberation Sans', 'DejaVu Sans', sans-serif"
_SHORTHAND = re.compile(r"(font: [^'\";]*)'DejaVu Sans'[^;\"]*")
_FAMILY = re.compile(r"font-family: *'?DejaVu Sans'?[^;\"]*")
_HEAD = re.compile(r'<svg [^>]*viewBox="([^"]*)"[^>]*>')
