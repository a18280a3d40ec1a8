"""Who pays: real income by country, at two horizons, against two policies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from tariffsim.report.charts.fans import stacked
from tariffsim.report.figures import Chart
from tariffsim.report.style import canvas, colour, drawing, headline
from tariffsim.report.view import View, called, spoken
from tariffsim.report.words import date, listed, signed

Array = npt.NDArray[np.float64]
BANDS = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class Mark:
    """How one horizon is drawn: marker and its size, colour, offset from the middle of the row."""

    marker: str
    size: float
    hue: str
    offset: float


MARKS = {"short": Mark("o", 5.0, "first", -0.17), "long": Mark("D", 4.4, "second", 0.17)}


def against_opening(path: Array) -> Array:
    """Change (W,) from the first to the last time of a path (W, T+1) in percent of a common base."""
    return 100 * ((1 + path[:, -1] / 100) / (1 + path[:, 0] / 100) - 1)


def income_bands(view: View, horizon: str, opening: bool) -> dict[str, Array]:
    """q10, median, q90 (3,) of real income at the end by country, against the opening or the reference policy."""
    found = {}
    for country in view.countries:
        path = view.income(country, horizon)
        found[country] = np.quantile(against_opening(path) if opening else path[:, -1], BANDS)
    return found


def ranked(view: View, bands: dict[str, Array]) -> list[str]:
    """Deciders in the scenario's order, then the others from the best to the worst median."""
    rest = [c for c in view.countries if c not in view.deciders]
    return view.deciders + sorted(rest, key=lambda c: -bands[c][1])


def who_pays(view: View) -> Chart:
    """Median and 80 percent band by country: left against the reference policy, right against the opening."""
    sides = [(False, f"against the policy of {date(view.scenario.reference_date)}"), (True, "against the opening")]
    bands = {(h, o): income_bands(view, h, o) for h in MARKS for o, _ in sides}
    order, finding = ranked(view, bands["short", False]), _finding(view, bands["short", False])
    with drawing():
        figure, grid = canvas(1, 2, 0.9 + 0.29 * len(order), sharex=True, sharey=True)
        for axes, (opening, title) in zip(grid[0], sides, strict=True):
            draw_incomes(axes, order, {h: bands[h, opening] for h in MARKS}, len(view.deciders))
            axes.set_title(f"Percent, {title}", color=colour("muted"))
        draw_key(figure, grid[0, 0])
        headline(figure, finding)
    alt = f"Dots with 80 percent bands, one row for each of {len(order)} countries. {finding}."
    tables = [_table(b, horizon=h, against="opening" if o else "reference") for (h, o), b in bands.items()]
    return Chart("who_pays", figure, finding, alt, stacked(tables))


def draw_incomes(axes: Axes, order: list[str], bands: dict[str, dict[str, Array]], deciders: int) -> None:
    """One panel: a row for each country, a marker and a band for each horizon, a rule below the deciders."""
    for horizon, mark in MARKS.items():
        q = np.array([bands[horizon][c] for c in order])
        rows, hue = np.arange(len(order)) + mark.offset, colour(mark.hue)
        axes.hlines(rows, q[:, 0], q[:, 2], color=hue, alpha=0.45, linewidth=3.2, label=f"{horizon} 80 %")
        axes.plot(q[:, 1], rows, mark.marker, color=hue, markersize=mark.size, label=horizon)
    axes.axvline(0, color=colour("muted"), linewidth=1.0, label="_zero")
    axes.axhline(deciders - 0.5, color=colour("grid"), linewidth=1.0, label="_deciders")
    axes.grid(visible=True, axis="x")
    axes.grid(visible=False, axis="y")
    axes.set_yticks(range(len(order)), [called(c) for c in order], color=colour("ink"))
    axes.set_ylim(len(order) - 0.4, -0.6)


def draw_key(figure: FigureBase, axes: Axes) -> None:
    """Which marker is which horizon, in a corner of the figure."""
    handles, labels = axes.get_legend_handles_labels()
    shown = {"short": "first years", "long": "after adjustment"}
    chosen = [(h, shown[text]) for h, text in zip(handles, labels, strict=True) if text in shown]
    figure.legend(
        *zip(*chosen, strict=True), loc="outside lower right", ncols=2, frameon=False, fontsize=8.5, handletextpad=0.2
    )


def _finding(view: View, bands: dict[str, Array]) -> str:
    told = listed([f"{spoken(c)} {signed(float(bands[c][1]))}" for c in view.parties])
    worst = min(bands, key=lambda c: float(bands[c][1]))
    tail = f"; {spoken(worst)} fares worst ({signed(float(bands[worst][1]))})" if worst not in view.parties else ""
    return f"Median real income in the first years, percent: {told}{tail}"


def _table(bands: dict[str, Array], **labels: str) -> pd.DataFrame:
    q = np.array(list(bands.values()))
    names = {**{k: [v] * len(bands) for k, v in labels.items()}, "country": list(bands)}
    return pd.DataFrame({**names, "q10": q[:, 0], "median": q[:, 1], "q90": q[:, 2]})
