"""What is printed: a line at the start, and at the end the answer, where it is, and how to repeat it."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tariffsim.scenario.schema import Scenario

if TYPE_CHECKING:
    from rich.console import Console

    from tariffsim.ensemble import Results
    from tariffsim.ensemble.provenance import Provenance

PIPED_COLUMNS = 120  # wide enough for the table when nobody's terminal says otherwise
EVENTS = {
    "deal": "sign a deal",
    "rejection": "fail to ratify what they signed",
    "breach": "see a breach called",
    "lapse": "let a truce run out",
    "snapback": "see old rates snap back",
    "renewal": "renew a truce",
}


def opening_line(scenario: Scenario) -> str:
    """What is about to be simulated."""
    title = scenario.title or scenario.name
    days = scenario.tick_days * scenario.ticks
    end = scenario.start + dt.timedelta(days=days)
    worlds = f"{scenario.ensemble.worlds:,} worlds"
    return f"{title}: {worlds}, {scenario.start} to {end} in {scenario.ticks} ticks, seed {scenario.seed}"


def say_job(label: str) -> None:
    """Which job of a sweep is next."""
    print(f"\n{label}", flush=True)


def say_result(found: Results, folder: Path | None, command: str | None) -> None:
    """The headline table, places, times, and the command that repeats the run."""
    from rich.table import Table

    from tariffsim.ensemble.summary import headline

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column("by " + found.labels.time[-1], no_wrap=True)
    for name in ("estimate", "range"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for row in headline(found):
        table.add_row(*_cells(row))
    console(found.scenario).print("", table, "", sep="\n")
    say_places(folder, {"report": "report.html"} if found.scenario.output.report else {})
    say_work(found.provenance, command)


def say_places(folder: Path | None, files: Mapping[str, str]) -> None:
    """Where results are; `files` are the names of those worth opening first, by what they are."""
    if folder is None:
        print("results  not written (output.parquet and output.report are off)")
        return
    print(f"results  {folder}")
    for what, name in files.items():
        print(f"{what:<8} {folder / name}")


def say_work(made: Provenance, command: str | None) -> None:
    """How much work it was, and how to repeat it."""
    print(f"time     {made.seconds:.1f} s simulation, {made.compile_seconds:.1f} s compilation before it")
    print(f"solved   {made.solved:,} distinct equilibria for {made.looked_up:,} policies asked for")
    if command is not None:
        print(f"repeat   {command}")


def console(scenario: Scenario) -> Console:
    """A terminal, or lines of a fixed width where nobody's terminal says otherwise."""
    from rich.console import Console

    colour = scenario.execution.colour
    return Console(
        width=None if sys.stdout.isatty() else PIPED_COLUMNS,
        force_terminal=True if colour == "always" else None,
        no_color=True if colour == "never" else None,
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


def _cells(row: dict[str, Any]) -> tuple[str, str, str, str]:
    if "probability" in row:
        p, low, high = (100 * row[k] for k in ("probability", "low", "high"))
        words = f"{row['subject']} and {row['partner']} {EVENTS[row['quantity']]}"
        return words, f"{p:.0f} %", f"{low:.0f} to {high:.0f}", "95 % interval"
    unit = " %" if row["unit"] == "percent" else " points"
    sign, digits = ("+", 2) if row["quantity"] == "real_income" else ("", 0)
    median, low, high = (f"{row[k]:{sign}.{digits}f}" for k in ("median", "q10", "q90"))
    return _subject(row), median + unit, f"{low} to {high}", "80 % of worlds"


def _subject(row: dict[str, Any]) -> str:
    if row["quantity"] == "real_income":
        return f"real income of {row['subject']}, {row['horizon']} run"
    return f"add-on of {row['subject']} on {row['partner']}"
