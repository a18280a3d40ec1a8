"""Tariff paths: the add-ons of the two parties, with their dated history, and those on the partners."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from tariffsim.data import load_facts
from tariffsim.report.charts.fans import draw_fan, end_label, fan_table, stacked
from tariffsim.report.figures import Chart
from tariffsim.report.style import canvas, colour, day_number, drawing, headline, month_axis, start_line
from tariffsim.report.view import View, called, spoken
from tariffsim.report.words import between, capital, date, listed, number

Array = npt.NDArray[np.float64]
HEADROOM = 1.12  # place for a label above the highest rate
HEADLINE = "headline add-on, all goods"


def history(importer: str, exporter: str, until: dt.date) -> list[tuple[dt.date, float]]:
    """Dated headline add-ons (date, percentage points) of `importer` on `exporter` in force before a day."""
    rows = [
        (dt.date.fromisoformat(row["date"]), float(row["rate_percent"]))
        for row in load_facts("headline_tariffs")
        if (row["actor"], row["target"]) == (importer, exporter) and row["scope"].startswith(HEADLINE)
    ]
    return sorted((day, rate) for day, rate in rows if day <= until)


def tariff_paths(view: View) -> Chart:
    """Add-ons of each party on the other as fans, after their dated history."""
    a, b = view.parties
    tables, finding = [], _paths_finding(view)
    with drawing():
        figure, grid = canvas(1, 2, 3.5, sharey=True)
        for axes, (importer, exporter), hue in zip(grid[0], ((a, b), (b, a)), ("first", "second"), strict=True):
            q = draw_addon(axes, view, importer, exporter, hue)
            tables.append(fan_table(view.dates, q, importer=importer, exporter=exporter))
        grid[0, 0].set_ylim(0, HEADROOM * grid[0, 0].get_ylim()[1])
        headline(figure, finding)
    alt = f"Two fan charts of add-on tariffs after their path since January. {finding}."
    return Chart("tariff_paths", figure, finding, alt, stacked(tables))


def draw_addon(axes: Axes, view: View, importer: str, exporter: str, hue: str) -> Array:
    """One panel: the dated history of an add-on, then its fan; returns the fan's quantiles (5, T+1)."""
    samples = view.rate("addon", importer, exporter)
    past = [step for step in history(importer, exporter, view.start) if step[0] < view.start]
    if past:
        _draw_history(axes, past, view.start, float(np.median(samples[:, 0])))
    q = draw_fan(axes, view.dates, samples, hue, f"{importer}>{exporter}", steps=True)
    middle, band = number(q[2, -1]), between(q[0, -1], q[4, -1])
    end_label(axes, view.end, q[2, -1], middle if band == middle else f"{middle} ({band})", hue)
    axes.set_title(f"{called(importer)} on goods of {spoken(exporter)}, percentage points", color=colour(hue))
    month_axis(axes, past[0][0] if past else view.start, view.end)
    start_line(axes, view.start, date(view.start, year=False))
    return q


def _draw_history(axes: Axes, past: list[tuple[dt.date, float]], start: dt.date, last: float) -> None:
    days = [day_number(d) for d, _ in past] + [day_number(start)]
    rates = [rate for _, rate in past] + [last]
    axes.plot(days, rates, drawstyle="steps-post", color=colour("muted"), linewidth=1.1, label="history")


def _paths_finding(view: View) -> str:
    a, b = view.parties
    moves = []
    for importer, exporter in ((a, b), (b, a)):
        first, last = np.median(view.rate("addon", importer, exporter)[:, [0, -1]], axis=0).tolist()
        stays = number(first) == number(last)
        moves.append(f"stays at {number(last)}" if stays else f"goes from {number(first)} to {number(last)}")
    told = f"the add-on of {spoken(a)} on {spoken(b)} {moves[0]} points, that of {spoken(b)} on {spoken(a)} {moves[1]}"
    return f"Median by {date(view.end)}: {told}"


def partner_tariffs(view: View) -> Chart | None:
    """Add-ons of the sender on each partner, with the threat and its date; None without letters."""
    if not view.partners:
        return None
    sender, letters = view.scenario.partners.sender, view.scenario.partners.letters
    tables, finding = [], _partner_finding(view)
    with drawing():
        figure, grid = canvas(1, len(view.partners), 2.9, sharey=True)
        for axes, name in zip(grid[0], view.partners, strict=True):
            q = draw_fan(axes, view.dates, view.rate("addon", sender, name), "first", f"{sender}>{name}", steps=True)
            end_label(axes, view.end, q[2, -1], number(q[2, -1]), "first")
            _mark_threat(axes, letters[name].date, letters[name].threat)
            axes.set_title(called(name))
            month_axis(axes, view.start, view.end, 4)
            tables.append(fan_table(view.dates, q, importer=sender, exporter=name))
        grid[0, 0].set_ylim(0, HEADROOM * grid[0, 0].get_ylim()[1])
        grid[0, 0].set_ylabel("percentage points")
        headline(figure, finding)
    alt = f"Fan charts of the add-on of {spoken(sender)}, one for each partner; a cross marks the threat. {finding}."
    return Chart("partner_tariffs", figure, finding, alt, stacked(tables))


def _mark_threat(axes: Axes, day: dt.date, rate: float) -> None:
    at = (day_number(day), rate)
    axes.plot([at[0]], [at[1]], "x", color=colour("ink"), markersize=6, markeredgewidth=1.8, label="threat")
    axes.annotate(
        f"threat {number(rate)}", at, xytext=(-4, 6), textcoords="offset points", ha="left", va="bottom", fontsize=8
    )


def _partner_finding(view: View) -> str:
    sender = view.scenario.partners.sender
    ends = {name: float(np.median(view.rate("addon", sender, name)[:, -1])) for name in view.partners}
    told = listed([f"{number(rate)} on {spoken(name)}" for name, rate in ends.items()])
    return capital(f"{spoken(sender)} ends at median add-ons of {told}")
