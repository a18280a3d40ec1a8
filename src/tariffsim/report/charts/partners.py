"""Third governments under a dated threat: what they answer, and whether the threat is carried out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from tariffsim.negotiation.letters import STANCES
from tariffsim.report.figures import Chart
from tariffsim.report.style import canvas, colour, drawing, headline
from tariffsim.report.view import View, called, spoken
from tariffsim.report.words import NBSP, listed, number, percent

Array = npt.NDArray[np.float64]
HUES = {"concede": "calm", "hold": "warning", "hedge": "deep", "undecided": "cold"}
ON_BRIGHT, ON_DEEP = "#1b1b1b", "#ffffff"
ROOM, LEGIBLE = 12, 3  # percent of the width that a name with a figure takes, and a figure alone
TOLD = {"concede": "concedes", "hold": "holds", "hedge": "hedges", "undecided": "has not decided"}


def answer_shares(view: View) -> pd.DataFrame:
    """Shares of worlds at the end: one row for each partner, a column for each stance, and `executed`."""
    rows = []
    for name in view.partners:
        last = view.stance(name)[:, -1]
        shares = {stance: float((last == STANCES.index(stance)).mean()) for stance in HUES}
        rows.append({"partner": name, **shares, "executed": float(view.executed(name).mean())})
    return pd.DataFrame(rows, columns=["partner", *HUES, "executed"])


def partner_answers(view: View) -> Chart | None:
    """Stacked bars of stances by partner, with the probability that the threat is carried out; None without letters."""
    if not view.partners:
        return None
    shares = answer_shares(view)
    finding = _finding(shares)
    rows = np.arange(len(shares), dtype=np.float64)
    with drawing():
        figure, grid = canvas(1, 1, 1.0 + 0.42 * len(shares))
        axes, left = grid[0, 0], np.zeros(len(shares))
        for stance, hue in HUES.items():
            width = 100 * shares[stance].to_numpy(dtype=np.float64)
            axes.barh(rows, width, left=left, height=0.62, color=colour(hue), label=stance)
            _inside(axes, rows, left, width, stance)
            left = left + width
        for row, executed in zip(rows, shares["executed"], strict=True):
            text = f"threat carried out {number(100 * executed)}{NBSP}%"
            axes.annotate(
                text, (100, row), xytext=(8, 0), textcoords="offset points", va="center", annotation_clip=False
            )
        axes.set_yticks(rows, [called(name) for name in shares["partner"]], color=colour("ink"))
        axes.set_xlim(0, 100)
        axes.set_ylim(len(shares) - 0.5, -0.5)
        axes.grid(visible=False)
        axes.set_title("Stance at the end, percent of worlds", color=colour("muted"))
        _key(figure, axes, shares)
        headline(figure, finding)
    return Chart("partner_answers", figure, finding, f"Stacked bars, one for each partner. {finding}.", shares)


def _inside(axes: Axes, rows: Array, left: Array, width: Array, stance: str) -> None:
    ink = ON_BRIGHT if HUES[stance] == "warning" else ON_DEEP
    for row, start, size in zip(rows, left, width, strict=True):
        if size >= LEGIBLE:
            text = f"{stance} {number(size)}" if size >= ROOM else number(size)
            axes.text(start + size / 2, row, text, ha="center", va="center", color=ink)


def _key(figure: FigureBase, axes: Axes, shares: pd.DataFrame) -> None:
    """Colours of the stances that no bar has room to spell out, in a corner of the figure."""
    untold = [stance for stance in HUES if 0 < 100 * shares[stance].max() < ROOM]
    handles, labels = axes.get_legend_handles_labels()
    chosen = [handles[labels.index(stance)] for stance in untold]
    if untold:
        figure.legend(chosen, untold, loc="outside lower right", ncols=len(untold), frameon=False, fontsize=8.5)


def _finding(shares: pd.DataFrame) -> str:
    told = []
    for row in shares.to_dict("records"):
        likeliest = max(HUES, key=lambda stance: float(row[stance]))
        told.append(f"{spoken(row['partner'])} {TOLD[likeliest]} ({percent(row[likeliest])})")
    return f"Likeliest answers: {listed(told)}"
