"""Hardliner: always ask for the best package that both sides prefer to disagreement, and take nothing less.

V* = V_max throughout, V_max as in `tariffsim.negotiation.concession`: "take it or leave it", one of the fixed opponents
by which Baarslag, Hindriks and Jonker 2011 measure concessions, and the limit beta -> 0 of time-dependent concession.
Theirs asks for the best package of all; here what the other is known to veto is left out.
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
        "Baarslag, Hindriks, Jonker 2011, PRIMA 2011, Lecture Notes in Computer Science 7047, 143-158"
    )

    def propose(self, sight: TalkSight) -> Index:
        """The best package that both prefer to disagreement."""
        target = np.repeat(best_acceptable(sight)[:, None], sight.time.shape[1], axis=1)
        return best_for_other(sight.own, sight.other, target)

    def accepts(self, sight: TalkSight, offer: Index) -> Flags:
        """Whatever is worth as much as the own demand."""
        return value_of(sight.own, offer) >= best_acceptable(sight)[:, None]
