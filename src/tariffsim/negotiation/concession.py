"""Time-dependent concession (Faratin, Sierra and Jennings 1998), shared by Boulware, linear and Conceder.

alpha(t) = k + (1 - k) t^(1/beta);  target V* = D + (1 - alpha) (V_max - D), V_max the best package that both sides
prefer to disagreement, as far as the mover knows. Offer: of the packages worth V* to the mover, the one worth most to
the other (Faratin, Sierra and Jennings 2002, Artificial Intelligence 142(2), 205-237: trade-offs, there by similarity
to the other's last offer). Accept whatever is worth the mover's own next target and not less than D. AC_next (Baarslag,
Hindriks and Jonker 2014, Decision Support Systems 60, 68-77) compares with the own next offer instead, which on a
coarse table may be worth more than the target.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import (
    Drawn,
    Flags,
    Index,
    OfferStrategy,
    TalkSight,
    best_for_other,
    value_of,
)
from tariffsim.scenario.reading import spec


@dataclass(frozen=True)
class TimeDependent(OfferStrategy):
    """Concede along alpha(t); the exponent beta decides how late."""

    sees: ClassVar[tuple[str, ...]] = ("own", "other", "reservation", "other_reservation", "time", "next_time")
    stochastic: ClassVar[bool] = False
    source: ClassVar[str] = "Faratin, Sierra, Jennings 1998, Robotics and Autonomous Systems 24(3-4), 159-182"

    exponent: Drawn = spec("beta", low=0.01, high=100)
    start: Drawn = spec("k, share of the range conceded at once", low=0, high=1)

    def target(self, sight: TalkSight, time: Array) -> Array:
        """Value (W, B) aspired to at `time` (W, B)."""
        start, exponent = (np.asarray(p, dtype=np.float64).reshape(-1, 1) for p in (self.start, self.exponent))
        floor, best = sight.reservation[:, None], best_acceptable(sight)[:, None]
        value = np.clip(time, 0, 1) ** (1 / exponent)  # in place from here on: large batches wait for memory
        value *= 1 - start
        value += start  # alpha
        np.subtract(1, value, out=value)
        value *= best - floor
        value += floor
        # D + (V_max - D) can round to just above V_max, which only packages that the other vetoes would then reach
        return np.minimum(value, best, out=value)

    def propose(self, sight: TalkSight) -> Index:
        """Of the packages worth the target, the one worth most to the other side."""
        return best_for_other(sight.own, sight.other, self.target(sight, sight.time))

    def accepts(self, sight: TalkSight, offer: Index) -> Flags:
        """Whatever is worth the own next target and not less than disagreement."""
        target = self.target(sight, sight.next_time)
        return value_of(sight.own, offer) >= np.maximum(target, sight.reservation[:, None])


def best_acceptable(sight: TalkSight) -> Array:
    """Value (W,) of the best package that both sides prefer to disagreement, at least the own reservation value."""
    rational = (sight.own >= sight.reservation[:, None]) & (sight.other >= sight.other_reservation[:, None])
    return np.asarray(np.maximum(np.where(rational, sight.own, -np.inf).max(-1), sight.reservation))
