"""Tables of a report: outcomes, the four rates, Monte Carlo error, uncertain numbers, sources, provenance."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tariffsim.data import data_directory, load_facts, load_sources
from tariffsim.data.tables import read_table
from tariffsim.report.answer import EVENTS, Summary
from tariffsim.report.html import table
from tariffsim.report.statistics import median_interval, share_between
from tariffsim.report.view import COLUMNS, Array, View, called
from tariffsim.report.words import DASH, NBSP, between, capital, date, number, percent, signed
from tariffsim.scenario.reading import Uncertain

if TYPE_CHECKING:
    from tariffsim.ensemble.results import Results
    from tariffsim.scenario.schema import Scenario

FACTS_SHOWN = ("headline_tariffs", "trade_monthly")
ARROW = "\u2192"


def tiles(summary: Summary) -> list[tuple[str, str, str]]:
    """(value, label, range) of each event's probability."""
    rows = {words: summary.row(event) for event, words in EVENTS.items()}
    return [
        (percent(row["probability"]), capital(words), f"{between(100 * row['low'], 100 * row['high'])}{NBSP}%")
        for words, row in rows.items()
    ]


def outcomes_table(summary: Summary) -> str:
    """Probabilities of events with their intervals."""
    rows = [
        [f"{words} by {row['date']}", percent(row["probability"]), _band(row), f"{row['n']:,}"]
        for event, words in EVENTS.items()
        for row in summary.rows(event)
    ]
    return table(["outcome", "probability", "95 % interval", "worlds"], rows, "Outcomes")


def _band(row: Mapping[str, Any]) -> str:
    return f"{between(100 * row['low'], 100 * row['high'], 1)}{NBSP}%"


def rates_table(view: View, summary: Summary) -> str:
    """Statutory, add-on, applied and effective rates by pair, at the opening and at the end."""
    digits = {"statutory": 0, "addon": 0, "applied": 1, "effective": 1}
    rows = []
    for importer, exporter in view.pairs:
        cells = [f"{called(importer)} on {called(exporter)}"]
        for name in COLUMNS:
            opening = number(float(np.median(view.rate(name, importer, exporter)[:, 0])), digits[name])
            end = _banded(summary.row(name, subject=importer, partner=exporter), digits[name])
            cells.append(end if end == opening else f"{opening} {ARROW} {end}")
        rows.append(cells)
    caption = f"Four rates on goods, percent: {date(view.start)} {ARROW} {date(view.end)} (median; 80 % of worlds)"
    return table(["importer on exporter", *(name.replace("addon", "add-on") for name in COLUMNS)], rows, caption)


def _banded(row: dict[str, Any], digits: int) -> str:
    middle, band = number(row["median"], digits), between(row["q10"], row["q90"], digits)
    return middle if band == middle else f"{middle}\n({band})"


def error_table(view: View) -> str:
    """Medians at the end, what more worlds would still move, and how much of the spread the economy draws make."""
    rows, draws = [], view.economy_draw()
    for label, values, digits in _headlines(view):
        low, high = median_interval(values)
        share = share_between(values, draws)
        write = signed if digits else number
        told = percent(share) if np.isfinite(share) else DASH
        middle = write(float(np.median(values)), digits)
        rows.append([label, middle, between(low, high, digits, sign=digits > 0), told])
    header = [
        "quantity at the end",
        "median",
        "95 % interval of the median",
        "share of its spread between economy draws",
    ]
    return table(header, rows, "Monte Carlo error")


def _headlines(view: View) -> Iterator[tuple[str, Array, int]]:
    """(label, values (W,), digits) of the quantities whose error is told."""
    a, b = view.parties
    for importer, exporter in ((a, b), (b, a)):
        label = f"add-on of {called(importer)} on {called(exporter)}, points"
        yield label, view.rate("addon", importer, exporter)[:, -1], 0
    for country in view.deciders:
        for horizon in ("short", "long"):
            yield f"real income of {called(country)}, {horizon} run, %", view.income(country, horizon)[:, -1], 3


def uncertain_table(scenario: Scenario) -> str:
    """Every number of the scenario that is drawn, with its range."""
    rows = [
        [path, unit, f"{u.low:g}", DASH if u.central is None else f"{u.central:g}", f"{u.high:g}"]
        for path, u, unit in uncertain_numbers(scenario)
    ]
    header = ["setting", "unit", "low", "most likely", "high"]
    return table(header, rows, "Drawn in each world or economy draw", text_columns=2)


def uncertain_numbers(spec: object, path: str = "", unit: str = "") -> Iterator[tuple[str, Uncertain, str]]:
    """(dotted path, number, unit) of everything uncertain below a configuration object."""
    if isinstance(spec, Uncertain):
        if spec.low != spec.high:
            yield path, spec, unit
    elif dataclasses.is_dataclass(spec):
        for field in dataclasses.fields(spec):
            below = getattr(spec, field.name)
            yield from uncertain_numbers(below, _join(path, field.name), field.metadata.get("unit", ""))
    elif isinstance(spec, Mapping):
        for key, value in spec.items():
            yield from uncertain_numbers(value, _join(path, str(key)), unit)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def sources_table() -> str:
    """Sources of the baseline and of the facts a report shows, with their licence state."""
    known = load_sources()
    rows = [[known[key]["title"], known[key]["year"], known[key]["licence"]] for key in used_sources() if key in known]
    return table(["source", "year", "licence"], rows, "Data", text_columns=3)


def used_sources() -> list[str]:
    """Short names of the sources behind the baseline tables and the facts shown, in order of first use."""
    columns = read_table(data_directory() / "columns.csv").records()
    cells = [row["source"] for row in columns if row["file"].startswith("baseline/")]
    for path in sorted((data_directory() / "baseline").glob("*.csv")):
        cells += [row["source"] for row in read_table(path).records() if "source" in row]
    for name in FACTS_SHOWN:
        cells += [row["source"] for row in load_facts(name)]
    return list(dict.fromkeys(key for cell in cells for key in cell.replace(";", " ").split()))


def provenance_table(results: Results) -> str:
    """Versions, seed, worlds, equilibria, seconds."""
    made = results.provenance
    rows = [
        ["seed", str(results.scenario.seed)],
        ["worlds x ticks", f"{results.worlds:,} x {results.scenario.ticks:,}"],
        ["equilibria solved", f"{made.solved:,} (asked for {made.looked_up:,} times)"],
        ["simulation", f"{number(made.seconds, 1)} s, after {number(made.compile_seconds, 1)} s of compilation"],
        ["engine", f"{made.engine}, {made.workers} worker(s)"],
        ["made", made.created],
        *([name, version] for name, version in made.versions.items()),
    ]
    return table(["", ""], rows, "How it was made", text_columns=2)
