"""Hardliner: always ask for the best package that both sides prefer to disagreement, and take nothing less.

V* = V_max throughout, V_max as in `tariffsim.negotiation.concession`: "take it or leave it" (Hardliner of Baarslag,
Hindriks, Hendrikx, Dirkzwager and Jonker 2014, the limit beta -> 0 of time-dependent concession).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tariffsim.negotiation.bargaining import (
    STRATEGIES,
    Flags,
    Index,
    OfferStrategy,
    TalkSight,
    best_for_other,
    value_of,
)
from tariffsim.negotiation.concession import best_acceptable


@STRATEGIES.register("hardliner")
@dataclass(frozen=True)
class Hardliner(OfferStrategy):
    """Never concede."""

    sees: ClassVar[tuple[str, ...]] = ("own", "other", "reservation", "other_reservation")
    stochastic: ClassVar[bool] = False
    source: ClassVar[str] = (
        "Baarslag, Hindriks, Hendrikx, Dirkzwager, Jonker 2014, Novel Insights in Agent-based Complex Automated "
        "Negotiation, Studies in Computational Intelligence 535, 61-83"
    )

    def propose(self, sight: TalkSight) -> Index:
        """The best package that both prefer to disagreement."""
        target = np.repeat(best_acceptable(sight)[:, None], sight.time.shape[1], axis=1)
        return best_for_other(sight.own, sight.other, target)

    def accepts(self, sight: TalkSight, offer: Index) -> Flags:
        """Whatever is worth as much as the own demand."""
        return value_of(sight.own, offer) >= best_acceptable(sight)[:, None]
