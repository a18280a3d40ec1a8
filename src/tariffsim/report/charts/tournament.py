"""The heat-map of a tournament: what each strategy earns against each, one row of panels for each protocol."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize

from tariffsim.ensemble.tournament import Tournament
from tariffsim.report.figures import Chart
from tariffsim.report.style import canvas, colour, drawing, headline
from tariffsim.report.words import NBSP, counted, listed, number, percent

Array = npt.NDArray[np.float64]
KEY = "heatmap"
CELL = 0.27  # inches
SIDES = ("first", "second")


def shades() -> Colormap:
    """Light for nothing to dark for all of the ideal gain: one hue, told apart by lightness alone, in print too."""
    return LinearSegmentedColormap.from_list("gain", ["#eef3f8", colour("first"), "#06233c"])


def heat_map(found: Tournament) -> Chart:
    """Mean score of each party by strategies of both, percent of its ideal gain; figures in the cells."""
    pairs, finding = found.pairs(), _finding(found)
    height = len(found.protocols) * (CELL * len(found.strategies) + 1.6) + 0.5
    with drawing():
        figure, grid = canvas(len(found.protocols), 2, height, sharey=True)
        for row, protocol in enumerate(found.protocols):
            rule = protocol.replace("_", " ")
            for side in range(2):
                scores = _scores(found, pairs[pairs["protocol"] == protocol], side)
                _draw(grid[row, side], found, scores, f"{_party(found, side)} earns, under {rule}")
            grid[row, 0].set_ylabel(f"strategy of {_party(found, 0)}")
        headline(figure, finding)
    names = ["protocol", "strategy_first", "strategy_second"]
    columns = [f"score_{side}{end}" for side in SIDES for end in ("", "_low", "_high")]
    alt = (
        f"Heat-maps, two panels for each protocol: rows are strategies of {_party(found, 0)}, columns those of "
        f"{_party(found, 1)}; the left panel shows what {_party(found, 0)} earns, the right one what "
        f"{_party(found, 1)} earns, percent of the ideal gain. {finding}."
    )
    return Chart(KEY, figure, finding, alt, pairs[[*names, *columns]])


def _party(found: Tournament, side: int) -> str:
    return found.scenario.talks.parties[side]


def _scores(found: Tournament, pairs: pd.DataFrame, side: int) -> Array:
    """Scores (S, S) in percent: strategy of the first party, strategy of the second."""
    count = len(found.strategies)
    return 100 * pairs[f"score_{SIDES[side]}"].to_numpy(dtype=np.float64).reshape(count, count)


def _draw(axes: Axes, found: Tournament, scores: Array, title: str) -> None:
    count, norm, map_ = len(found.strategies), Normalize(0, 100, clip=True), shades()
    axes.pcolormesh(scores, cmap=map_, norm=norm, edgecolors=colour("paper"), linewidth=0.8, label="score")
    for (row, column), score in np.ndenumerate(scores):
        hue = _readable_on(map_(float(norm(score))))
        axes.text(column + 0.5, row + 0.5, number(score), ha="center", va="center", fontsize=7, color=hue)
    names = [name.replace("_", " ") for name in found.strategies]
    axes.set_xticks(np.arange(count) + 0.5, names, rotation=90)
    axes.set_yticks(np.arange(count) + 0.5, names)
    axes.set_xlim(0, count)
    axes.set_ylim(count, 0)
    axes.set_xlabel(f"strategy of {_party(found, 1)}")
    axes.grid(visible=False)
    axes.set_title(title)


def _readable_on(shade: tuple[float, ...]) -> str:
    """Black or white, whichever stands out more: they do so equally at a luminance of .179 (WCAG 2.1)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shade[:3]]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "black" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "white"


def _finding(found: Tournament) -> str:
    ranking, told = found.ranking(), []
    for protocol in found.protocols:
        best = ranking[ranking["protocol"] == protocol].iloc[0]
        score, low, high = (float(best[name]) for name in ("score", "score_low", "score_high"))
        told.append(
            f"{best['strategy'].replace('_', ' ')} under {protocol.replace('_', ' ')} ({percent(score)} of its ideal "
            f"gain; 95{NBSP}% interval {number(100 * low)} to {number(100 * high)})"
        )
    worlds = counted(found.games.worlds, "world")
    return f"Over all opponents and both seats the most is earned by {listed(told)}, in {worlds}"
