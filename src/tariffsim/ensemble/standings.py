"""Tables of a tournament: every pair, and every strategy over its opponents.

Means are over worlds, each world counting once; intervals are mean +- 1.96 standard errors over worlds (normal), of
shares Wilson's. All pairs play the same worlds, so that a difference between two strategies is a mean of differences
world by world, and its interval is that of these differences: much narrower than the two intervals side by side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tariffsim.ensemble.summary import Z95, wilson
from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import Flags

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Games:
    """Games of S strategies under P protocols in the N worlds that count.

    score (P, S, S, N, 2): gain of the first and the second party in units of its ideal gain; agreed, efficiency, front,
    nash (P, S, S, N): deal or not, sum of gains over the largest one, distances of deals (NaN without). The second axis
    is the strategy of the first party, the third that of the second.
    """

    strategies: tuple[str, ...]
    protocols: tuple[str, ...]
    score: Array
    agreed: Flags
    efficiency: Array
    front: Array
    nash: Array

    @property
    def worlds(self) -> int:
        """How many worlds count."""
        return int(self.agreed.shape[-1])


def pair_table(games: Games) -> pd.DataFrame:
    """One row for each protocol and ordered pair of strategies."""
    import pandas as pd

    rows = [
        _pair_row(games, p, a, b)
        for p in range(len(games.protocols))
        for a in range(len(games.strategies))
        for b in range(len(games.strategies))
    ]
    return pd.DataFrame(rows)


def _pair_row(games: Games, p: int, a: int, b: int) -> Row:
    agreed = games.agreed[p, a, b]
    low, high = wilson(int(agreed.sum()), games.worlds)
    return {
        "protocol": games.protocols[p],
        "strategy_first": games.strategies[a],
        "strategy_second": games.strategies[b],
        **mean("score_first", games.score[p, a, b, :, 0]),
        **mean("score_second", games.score[p, a, b, :, 1]),
        "deal_rate": float(agreed.mean()),
        "deal_rate_low": low,
        "deal_rate_high": high,
        **mean("efficiency", games.efficiency[p, a, b]),
        **mean("front_distance", games.front[p, a, b]),
        **mean("nash_distance", games.nash[p, a, b]),
        "deals": int(agreed.sum()),
        "worlds": games.worlds,
    }


def ranking_table(games: Games) -> pd.DataFrame:
    """One row for each protocol and strategy, the best first: means over all opponents, itself included, in both seats.

    behind: what it is short of the best, world by world.
    """
    import pandas as pd

    rows: list[Row] = []
    for p, protocol in enumerate(games.protocols):
        scores = np.stack([_over_opponents(games, p, s) for s in range(len(games.strategies))])
        order = np.argsort(-scores.mean(-1), kind="stable").tolist()
        best = scores[order[0]]
        rows += [_ranking_row(games, p, protocol, s, scores[s], best) for s in order]
    return pd.DataFrame(rows)


def _over_opponents(games: Games, p: int, s: int) -> Array:
    """Score (N,) of a strategy in each world."""
    return np.asarray((games.score[p, s, :, :, 0].mean(0) + games.score[p, :, s, :, 1].mean(0)) / 2)


def _ranking_row(games: Games, p: int, protocol: str, s: int, score: Array, best: Array) -> Row:
    def both(values: Array | Flags) -> Array:
        return np.stack([values[p, s], values[p, :, s]])

    return {
        "protocol": protocol,
        "strategy": games.strategies[s],
        **mean("score", score),
        **mean("behind", best - score),
        "score_first": float(games.score[p, s, :, :, 0].mean()),
        "score_second": float(games.score[p, :, s, :, 1].mean()),
        "deal_rate": float(both(games.agreed).mean()),
        "efficiency": float(both(games.efficiency).mean()),
        "front_distance": mean("x", both(games.front).reshape(-1))["x"],
        "nash_distance": mean("x", both(games.nash).reshape(-1))["x"],
        "deals": int(both(games.agreed).sum()),
        "worlds": games.worlds,
    }


def mean(name: str, samples: Array) -> Row:
    """Mean of the samples (N,) that are numbers and its 95 % interval: NAME, NAME_low, NAME_high.

    NaN where there is nothing to average; no interval from a single sample.
    """
    known = samples[~np.isnan(samples)]
    if not len(known):
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"), float("nan"))
    middle = float(known.mean())
    half = Z95 * float(known.std(ddof=1)) / len(known) ** 0.5 if len(known) > 1 else float("nan")
    return {name: middle, f"{name}_low": middle - half, f"{name}_high": middle + half}
