"""Looks: one palette of named colours, one set of drawing parameters, months on time axes.

Every colour is used for one purpose only, so that a page can swap it for its dark counterpart after the drawing is
made. Hues follow Okabe and Ito (2008), which people with any of the common colour deficiencies can tell apart; what
lies side by side also differs in lightness.
"""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.dates import MonthLocator, date2num, num2date
from matplotlib.figure import Figure

from tariffsim.report.words import MONTHS

# name: (light, dark)
PALETTE: Final[dict[str, tuple[str, str]]] = {
    "paper": ("#fefdfb", "#16191d"),
    "ink": ("#1c1f24", "#e9e6e0"),
    "muted": ("#666c75", "#a3a9b1"),
    "grid": ("#e4e2de", "#30353b"),
    "first": ("#0b63a5", "#6fb7ee"),
    "second": ("#c24e1b", "#f2956a"),
    "third": ("#157a62", "#4fc6a2"),
    "fourth": ("#7b5aa6", "#c4a6ee"),
    "calm": ("#2f8f9d", "#2d8895"),
    "calmer": ("#a3d5d6", "#8fc7c9"),
    "warning": ("#e9b84a", "#d9a83c"),
    "deep": ("#8a4f95", "#85508f"),
    "cold": ("#8f949c", "#787e87"),
    "broken": ("#d5703f", "#cf6b3b"),
    "war": ("#8c2d19", "#8f3722"),
}
INK, MUTED, GRID, PAPER = (PALETTE[name][0] for name in ("ink", "muted", "grid", "paper"))
WIDTH: Final = 9.0
"""Inches: at the width of the page's column one point of type is one point on the screen."""

_PARAMETERS: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "axes.facecolor": "none",
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.titlecolor": INK,
    "axes.titlesize": 9.0,
    "axes.titlelocation": "left",
    "axes.titlepad": 8.0,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.unicode_minus": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "ytick.major.size": 0.0,
    "figure.dpi": 100.0,
    "figure.constrained_layout.h_pad": 0.08,
    "figure.constrained_layout.w_pad": 0.06,
}


@contextmanager
def drawing(salt: str = "tariffsim") -> Iterator[None]:
    """Drawing parameters for building and saving a figure; `salt` makes identifiers in SVG repeatable."""
    with mpl.rc_context({**mpl.rcParamsDefault, "backend": "agg", **_PARAMETERS, "svg.hashsalt": salt}):
        yield


def colour(name: str) -> str:
    """Light form of a named colour."""
    return PALETTE[name][0]


def canvas(
    rows: int, columns: int, height: float, *, sharex: bool = False, sharey: bool = False
) -> tuple[Figure, npt.NDArray[np.object_]]:
    """An empty figure of the page's width (`height` in inches) and its axes (rows, columns)."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.subplots(rows, columns, sharex=sharex, sharey=sharey, squeeze=False)
    return figure, axes


def headline(figure: Figure, text: str, width: int = 84) -> None:
    """Set the finding over the figure, broken into lines of at most `width` characters."""
    figure.suptitle(
        "\n".join(textwrap.wrap(text, width)), x=0.01, ha="left", fontsize=11.5, fontweight="bold", color=INK
    )


def month_axis(axes: Axes, first: dt.date, last: dt.date, most: int = 7) -> None:
    """Months along the horizontal axis, at most `most` of them, the year on a second line where it begins."""
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    step = next(s for s in (1, 2, 3, 4, 6, 12, 24, 60, 120, 240) if months / s <= most or s == 240)
    axes.xaxis.set_major_locator(MonthLocator(range(1, 13, min(step, 12)), interval=max(1, step // 12)))  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(lambda day, _: _month(day, with_year=months > 11))
    axes.set_xlim(day_number(first), day_number(last))


def _month(day: float, with_year: bool) -> str:
    date: dt.datetime = num2date(day)  # type: ignore[no-untyped-call]
    name = MONTHS[date.month - 1][:3]
    return f"{name}\n{date.year}" if with_year else name


def day_number(date: dt.date) -> float:
    """A date on matplotlib's axis of days."""
    return float(date2num(date))  # type: ignore[no-untyped-call]


def start_line(axes: Axes, date: dt.date, text: str = "") -> None:
    """Mark the first day of the simulation."""
    axes.axvline(day_number(date), color=MUTED, linewidth=0.9, linestyle=(0, (2, 2)), label="_start")
    if text:
        axes.annotate(
            text,
            (day_number(date), 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(4, -2),
            textcoords="offset points",
            ha="left",
            va="top",
            color=MUTED,
            fontsize=8,
        )


def spread(values: list[float], gap: float) -> list[float]:
    """Positions as close to `values` as a distance of at least `gap` between neighbours allows (for end labels)."""
    order = sorted(range(len(values)), key=lambda k: values[k])
    clusters: list[list[int]] = []
    centres: list[float] = []
    for k in order:
        clusters.append([k])
        centres.append(values[k])
        while len(clusters) > 1 and centres[-1] - centres[-2] < gap * (len(clusters[-1]) + len(clusters[-2])) / 2:
            merged = clusters.pop(-2) + clusters.pop()
            centres[-2:] = [sum(values[m] for m in merged) / len(merged)]
            clusters.append(merged)
    placed = [0.0] * len(values)
    for members, centre in zip(clusters, centres, strict=True):
        for rank, k in enumerate(members):
            placed[k] = centre + gap * (rank - (len(members) - 1) / 2)
    return placed
