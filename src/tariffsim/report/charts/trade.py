"""Trade between the parties: the record of the customs offices and what the worlds make of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from tariffsim.data import load_facts
from tariffsim.report.charts.fans import draw_fan, end_label, fan_table, stacked
from tariffsim.report.figures import Chart
from tariffsim.report.style import canvas, colour, day_number, drawing, headline, month_axis, start_line
from tariffsim.report.view import View, spoken
from tariffsim.report.words import MONTHS, NBSP, capital, date, number, signed

WEEKS = 53
"""How much of the record is shown before the start."""


@dataclass(frozen=True)
class Record:
    """Series of a flow in facts/trade_monthly.csv, and the months that are told together with the month before."""

    series: str
    joint: tuple[int, ...] = ()


RECORDS = {
    "CHN_USA": Record("CHN_to_USA_exports_GACC", joint=(2,)),
    "USA_CHN": Record("USA_to_CHN_exports_GACC_imports"),
    "KOR_USA": Record("KOR_to_USA_exports_MOTIE"),
}


@dataclass(frozen=True)
class Month:
    """One month of a record: its middle, billion USD, and percent changes where they are known."""

    middle: dt.date
    value: float
    yoy: float | None
    mom: float | None


def monthly_record(flow: str, until: dt.date) -> list[Month]:
    """Months of a flow's record that ended before a day; months told together are split evenly."""
    if flow not in RECORDS:
        return []
    record, months = RECORDS[flow], []
    for row in load_facts("trade_monthly"):
        end = dt.date.fromisoformat(row["date"])
        if row["flow"] != record.series or end > until or not row["value"]:
            continue
        count = 2 if end.month in record.joint else 1
        changes = [float(row[key]) if row[key] else None for key in ("yoy_percent", "mom_percent")]
        for back in reversed(range(count)):
            middle = dt.date(end.year, end.month - back, 15)
            months.append(Month(middle, float(row["value"]) / count, changes[0], changes[1]))
    return sorted(months, key=lambda month: month.middle)


def exports(view: View) -> Chart | None:
    """Monthly exports between the parties, billion USD (top), change on the year (bottom); None if not followed."""
    a, b = view.parties
    chosen = [flow for flow in (f"{b}_{a}", f"{a}_{b}") if flow in view.flows]
    if not chosen:
        return None
    finding, tables = _finding(view, chosen[0]), []
    with drawing():
        figure, grid = canvas(2, len(chosen), 5.4, sharex=True)
        records = [monthly_record(flow, view.start) for flow in chosen]
        first = min([view.start, *(m.middle for record in records for m in record)])
        for column, (flow, hue, record) in enumerate(zip(chosen, ("second", "first"), records, strict=False)):
            for axes, yoy in ((grid[0, column], False), (grid[1, column], True)):
                tables.append(_draw(axes, view, flow, hue, record, yoy))
            month_axis(grid[1, column], max(first, view.start - dt.timedelta(days=WEEKS * 7)), view.end)
            grid[0, column].set_ylim(0, 1.06 * grid[0, column].get_ylim()[1])
            grid[1, column].axhline(0, color=colour("muted"), linewidth=0.9, label="_zero")
            _titles(grid[0, column], grid[1, column], flow, hue)
            if record:
                _mark_last(grid[0, column], record[-1])
        headline(figure, finding)
    alt = f"Monthly record as dots, then fan charts of simulated exports. {finding}."
    return Chart("exports", figure, finding, alt, stacked(tables))


def _draw(axes: Axes, view: View, flow: str, hue: str, record: list[Month], yoy: bool) -> pd.DataFrame:
    known = [(m.middle, m.yoy if yoy else m.value) for m in record]
    dots = [(day_number(day), value) for day, value in known if value is not None]
    if dots:
        x, y = zip(*dots, strict=True)
        axes.plot(x, y, "o-", color=colour("muted"), linewidth=1.0, markersize=3.6, label="record")
    q = draw_fan(axes, view.dates, view.exports(flow, yoy), hue, flow)
    start_line(axes, view.start)
    text = signed(q[2, -1], 0) if yoy else number(q[2, -1], 1)
    end_label(axes, view.end, q[2, -1], text, hue)
    return fan_table(view.dates, q, flow=flow, quantity="change_on_year_percent" if yoy else "billion_usd_a_month")


def _titles(top: Axes, bottom: Axes, flow: str, hue: str) -> None:
    exporter, _, importer = flow.partition("_")
    route = f"{capital(spoken(exporter))} to {spoken(importer)}"
    top.set_title(f"{route}, billion USD a month", color=colour(hue))
    bottom.set_title("change on the same month a year before, percent", color=colour("muted"))


def described(month: Month) -> str:
    """'May: 28.8 bn, -34.5 % on the year, -12.7 % on the month'."""
    parts = [f"{MONTHS[month.middle.month - 1]}: {number(month.value, 1)} bn"]
    parts += [f"{signed(month.yoy, 1)}{NBSP}% on the year"] if month.yoy is not None else []
    parts += [f"{signed(month.mom, 1)}{NBSP}% on the month"] if month.mom is not None else []
    return ", ".join(parts)


def _mark_last(axes: Axes, month: Month) -> None:
    axes.annotate(
        described(month).replace(", ", "\n"),
        (day_number(month.middle), month.value),
        xytext=(-12, -16),
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize=8,
        color=colour("ink"),
        arrowprops={"arrowstyle": "-", "color": colour("muted"), "linewidth": 0.8, "shrinkB": 3},
    )


def _finding(view: View, flow: str) -> str:
    exporter, _, importer = flow.partition("_")
    change = view.exports(flow, yoy=True)
    first, last = float(np.median(change[:, 0])), np.quantile(change[:, -1], (0.1, 0.5, 0.9))
    return (
        f"Exports of {spoken(exporter)} to {spoken(importer)} go from {signed(first, 0)}{NBSP}% on the year to "
        f"{signed(float(last[1]), 0)}{NBSP}% by {date(view.end)} (80 % of worlds: {signed(float(last[0]), 0)} to "
        f"{signed(float(last[2]), 0)})"
    )
