"""What is agreed, and what it is worth: terms and values of the first deals."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes

from tariffsim.report.charts.fans import stacked
from tariffsim.report.figures import Chart
from tariffsim.report.statistics import fan
from tariffsim.report.style import canvas, colour, drawing, headline
from tariffsim.report.view import View, called, spoken
from tariffsim.report.words import NBSP, counted, listed, number, percent, signed
from tariffsim.scenario.issues import SHARES

Array = npt.NDArray[np.float64]
DOTS = 100
TITLES = {  # by kind of issue
    "addon": "{by} add-on\non {on}, points",
    "layer": "{by} special layer\non {on}, points",
    "licence": "licences of {by},\n% of normal trade",
    "control": "{by} technology\ncurbs, % of full",
    "purchases": "{by} buys from {on},\nbn USD a year",
    "truce_days": "length of the\ntruce, days",
}
WORDS = {
    "addon": "{} points of add-on on {on}",
    "layer": "a special layer of {} points on {on}",
    "licence": f"licences for {{}}{NBSP}% of normal trade",
    "control": f"technology curbs at {{}}{NBSP}%",
    "purchases": f"purchases from {{on}} of {{}}{NBSP}bn{NBSP}USD a year",
    "truce_days": "a truce of {} days",
}
AGAIN = "{} on {on}"  # after a first add-on


def issue_names(view: View) -> dict[str, str]:
    """Issue -> words with the unit."""
    issues = view.scenario.talks.issues
    return {name: TITLES[issues[name].kind].format(by=issues[name].by, on=issues[name].target) for name in view.issues}


def term_shares(view: View) -> pd.DataFrame:
    """Share of first deals at each level of each issue on the table: issue, level, share."""
    rows = []
    for name, values in view.terms().items():
        if name not in view.issues:
            continue
        levels = sorted({*view.scenario.talks.issues[name].levels, *values.tolist()})
        rows += [{"issue": name, "level": x, "share": float(np.isclose(values, x).mean())} for x in levels]
    return pd.DataFrame(rows, columns=["issue", "level", "share"])


def deal_terms(view: View) -> Chart | None:
    """Bars: how often each level of each issue is agreed; None if there is no deal in any world."""
    if not view.happened("deal").any():
        return None
    shares, names = term_shares(view), issue_names(view)
    finding, most = _terms_finding(view, shares), int(shares["issue"].value_counts().max())
    with drawing():
        figure, grid = canvas(1, len(names), 3.2)
        for axes, (name, title) in zip(grid[0], names.items(), strict=True):
            _draw_levels(axes, shares[shares["issue"] == name], _scale(view, name), most)
            axes.set_title(title)
        headline(figure, finding)
    alt = f"Bars of the share of first deals at each level of {counted(len(names), 'issue')}. {finding}."
    return Chart("deal_terms", figure, finding, alt, shares)


def _draw_levels(axes: Axes, rows: pd.DataFrame, scale: float, most: int) -> None:
    share = 100 * rows["share"].to_numpy(dtype=np.float64)
    places = np.arange(len(rows))
    axes.barh(places, share, height=0.66, color=colour("calm"), label="share of first deals")
    for place, value in zip(places, share, strict=True):
        text = number(value) if value else ""
        axes.annotate(text, (value, place), xytext=(3, 0), textcoords="offset points", va="center", fontsize=8)
    axes.set_yticks(places, [number(scale * x) for x in rows["level"]], color=colour("ink"))
    axes.set_ylim(most - 0.4, -0.6)
    axes.set_xlim(0, 125)
    axes.spines["bottom"].set_visible(False)
    axes.set_xticks([])
    axes.grid(visible=False)


def _terms_finding(view: View, shares: pd.DataFrame) -> str:
    told, before = [], set()
    for name in view.issues:
        issue = view.scenario.talks.issues[name]
        level, share = _likeliest(shares[shares["issue"] == name])
        text = AGAIN if issue.kind == "addon" and "addon" in before else WORDS[issue.kind]
        before.add(issue.kind)
        words = text.format(number(_scale(view, name) * level), on=spoken(issue.target) if issue.target else "")
        told.append(f"{words} ({percent(share)})")
    return f"Most often agreed, issue by issue: {listed(told)}"


def _scale(view: View, name: str) -> int:
    """Shares are told in percent."""
    return 100 if view.scenario.talks.issues[name].kind in SHARES else 1


def _likeliest(rows: pd.DataFrame) -> tuple[float, float]:
    """Level and share of the level that is agreed most often."""
    levels, shares = (rows[name].to_numpy(dtype=np.float64) for name in ("level", "share"))
    return float(levels[shares.argmax()]), float(shares.max())


def deal_values(view: View) -> Chart | None:
    """Dots: the value of first deals to each party over its reservation value; None if there is no deal."""
    if not view.happened("deal").any():
        return None
    gains = {party: view.gain(party) for party in view.parties}
    finding = _values_finding(gains)
    with drawing():
        figure, grid = canvas(1, 1, 2.7)
        axes = grid[0, 0]
        for row, (party, hue) in enumerate(zip(gains, ("first", "second"), strict=True)):
            _draw_dots(axes, gains[party], row, hue, party)
        axes.axvline(0, color=colour("muted"), linewidth=1.0, label="_zero")
        axes.set_yticks(range(len(gains)), [called(party) for party in gains], color=colour("ink"))
        axes.set_ylim(1.75, -0.75)
        axes.grid(visible=False, axis="y")
        axes.grid(visible=True, axis="x")
        axes.set_title("Percent of GDP x years; each dot is one percent of the deals", color=colour("muted"))
        headline(figure, finding)
    tables = [pd.DataFrame({"party": party, "gain": np.sort(values)}) for party, values in gains.items()]
    return Chart("deal_values", figure, finding, f"Two rows of dots. {finding}.", stacked(tables))


def _draw_dots(axes: Axes, values: Array, row: int, hue: str, label: str) -> None:
    """A quantile dot plot: `DOTS` quantiles, stacked where they fall together, with median and bands below."""
    dots = np.quantile(values, (np.arange(DOTS) + 0.5) / DOTS)
    low, high = min(0.0, float(dots[0])), max(0.0, float(dots[-1]))
    width = max(high - low, 1e-9) / 60
    bins = np.round((dots - low) / width).astype(int)
    ranks = np.array([int((bins[:k] == bins[k]).sum()) for k in range(DOTS)])
    pitch = min(0.075, 0.6 / (ranks.max() + 1))
    axes.plot(low + bins * width, row - 0.06 - pitch * ranks, "o", color=colour(hue), markersize=3.2, label=label)
    q = fan(values)
    axes.hlines(row + 0.14, q[0], q[4], color=colour(hue), alpha=0.4, linewidth=3, label=f"{label} 80 %")
    axes.plot([q[2]], [row + 0.14], "D", color=colour(hue), markersize=5, label=f"{label} median")
    axes.annotate(
        f"median {signed(q[2])}",
        (q[2], row + 0.14),
        xytext=(0, -8),
        textcoords="offset points",
        ha="center",
        va="top",
        fontsize=8.5,
        color=colour(hue),
    )


def _values_finding(gains: dict[str, Array]) -> str:
    count = len(next(iter(gains.values())))
    told = [f"{signed(float(np.median(v)))} to {spoken(party)}" for party, v in gains.items()]
    unit = f"{counted(count, 'deal')}; percent of GDP x years"
    return f"Against no deal, the median first deal is worth {listed(told)} ({unit})"
