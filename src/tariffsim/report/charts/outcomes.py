"""What became of the talks: states of the truce over time, and how soon there is a deal."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes

from tariffsim.ensemble.summary import wilson
from tariffsim.negotiation.truce import STATES
from tariffsim.report.charts.fans import end_label
from tariffsim.report.figures import Chart
from tariffsim.report.style import canvas, colour, day_number, drawing, headline, month_axis, spread
from tariffsim.report.view import View
from tariffsim.report.words import NBSP, counted, date, number, percent

Array = npt.NDArray[np.float64]
ORDER = ("truce", "signed", "probation", "cold", "lapsed", "snapback")
HUES = {
    "truce": "calm",
    "signed": "calmer",
    "probation": "warning",
    "cold": "cold",
    "lapsed": "broken",
    "snapback": "war",
}
MEANING = {
    "truce": "truce in good standing",
    "signed": "signed, not in force",
    "probation": "truce, breach called",
    "cold": "no truce",
    "lapsed": "truce ran out",
    "snapback": "truce broken off",
}


def state_shares(view: View) -> Array:
    """Shares of worlds (6, T+1) in each of the states of `ORDER`."""
    status = view.status()
    return np.stack([(status == STATES.index(name)).mean(axis=0) for name in ORDER])


def states_over_time(view: View) -> Chart:
    """Stacked shares of worlds by state of the truce."""
    shares = state_shares(view)
    finding = _states_finding(view, shares[:, -1])
    with drawing():
        figure, grid = canvas(1, 1, 3.3)
        draw_states(grid[0, 0], view, shares)
        headline(figure, finding)
    alt = (
        f"Stacked areas from {date(view.start)} to {date(view.end)}. {finding}. At the end: {_spelled(shares[:, -1])}."
    )
    return Chart("outcomes", figure, finding, alt, _shares_table(view, shares))


def draw_states(axes: Axes, view: View, shares: Array) -> None:
    """One panel: stacked shares (6, T+1) of worlds by state, labelled at their ends."""
    days = [day_number(d) for d in view.dates]
    hues = [colour(HUES[name]) for name in ORDER]
    axes.stackplot(days, 100 * shares, labels=list(ORDER), colors=hues, edgecolor="none")
    _label_states(axes, view, shares[:, -1])
    axes.set_ylim(0, 100)
    axes.set_yticks([0, 25, 50, 75, 100])
    axes.set_title("Share of worlds, percent", color=colour("muted"))
    month_axis(axes, view.start, view.end)


def _label_states(axes: Axes, view: View, last: Array) -> None:
    tops = np.cumsum(100 * last)
    middles = list(tops - 50 * last)
    shown = [k for k in range(len(ORDER)) if last[k] > 0]
    heights = spread([float(middles[k]) for k in shown], 7.0)
    for k, height in zip(shown, heights, strict=True):
        name = ORDER[k]
        end_label(axes, view.end, 0.0, f"{MEANING[name]}  {percent(last[k])}", "ink", height)


def _states_finding(view: View, last: Array) -> str:
    share = dict(zip(ORDER, last, strict=True))
    calm, war = share["truce"] + share["signed"], share["cold"] + share["lapsed"] + share["snapback"]
    parts = [f"{percent(calm)} of worlds are under a truce in good standing or newly signed"]
    if share["probation"] > 0:
        parts.append(f"{percent(share['probation'])} under one that a side calls breached")
    parts.append(f"{percent(war)} have none")
    return f"On {date(view.end)}, {', '.join(parts[:-1])} and {parts[-1]}"


def _spelled(last: Array) -> str:
    return ", ".join(f"{MEANING[name]} {percent(x)}" for name, x in zip(ORDER, last, strict=True))


def _shares_table(view: View, shares: Array) -> pd.DataFrame:
    table = pd.DataFrame(shares.T, columns=list(ORDER))
    table.insert(0, "date", [d.isoformat() for d in view.dates])
    return table


def deals_by_date(view: View) -> Chart:
    """Probability that a deal has been signed, by date, with its 95 percent interval."""
    counts = [int(view.happened("deal", day).sum()) for day in view.dates]
    bounds = np.array([wilson(k, view.worlds) for k in counts])
    shares, days = np.array(counts) / view.worlds, [day_number(d) for d in view.dates]
    finding = _deal_finding(view, counts)
    with drawing():
        figure, grid = canvas(1, 1, 2.9)
        axes = grid[0, 0]
        axes.fill_between(
            days,
            100 * bounds[:, 0],
            100 * bounds[:, 1],
            step="post",
            color=colour("first"),
            alpha=0.18,
            linewidth=0,
            label="95 % interval",
        )
        axes.plot(days, 100 * shares, drawstyle="steps-post", color=colour("first"), label="deal signed")
        end_label(axes, view.end, 100 * shares[-1], f"{number(100 * shares[-1])}{NBSP}%", "first")
        axes.set_ylim(0, 100)
        axes.set_yticks([0, 25, 50, 75, 100])
        axes.set_title("Worlds with a deal signed by the date, percent, with 95 % interval", color=colour("muted"))
        month_axis(axes, view.start, view.end)
        headline(figure, finding)
    data = pd.DataFrame({"date": [d.isoformat() for d in view.dates], "probability": shares})
    data[["low", "high"]] = bounds
    return Chart("deal_by_date", figure, finding, f"Rising step line. {finding}.", data)


def _deal_finding(view: View, counts: list[int]) -> str:
    days = np.sort(view.event_dates("deal")[view.happened("deal")])
    if len(days) == 0:
        return f"No deal is signed by {date(view.end)} in any of {counted(view.worlds, 'world')}"
    middle = days[(len(days) - 1) // 2].item()
    share = percent(counts[-1] / view.worlds)
    return f"{share} of worlds see a deal by {date(view.end)}; half of those deals are signed by {date(middle)}"
