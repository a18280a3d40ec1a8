"""Time-dependent concession (Faratin, Sierra and Jennings 1998), shared by Boulware, linear and Conceder.

alpha(t) = k + (1 - k) t^(1/beta);  target V* = D + (1 - alpha) (V_max - D), V_max the best package that both sides
prefer to the war path, as far as the mover knows. Offer: of the packages worth V* to the mover, the one worth most to
the other (Faratin, Sierra and Jennings 2002, trade-offs). Accept whatever is worth the mover's own next target
(AC_next of Baarslag 2014) and not less than D.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import NO_OFFER, Drawn, Flags, Index, OfferStrategy, TalkSight
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
        """Value (W,) aspired to at `time`."""
        start, exponent = np.asarray(self.start, dtype=np.float64), np.asarray(self.exponent, dtype=np.float64)
        alpha = start + (1 - start) * np.clip(time, 0, 1) ** (1 / exponent)
        rational = (sight.own >= sight.reservation[:, None]) & (sight.other >= sight.other_reservation[:, None])
        best = np.where(rational, sight.own, -np.inf).max(-1)
        best = np.maximum(best, sight.reservation)
        return np.asarray(sight.reservation + (1 - alpha) * (best - sight.reservation))

    def propose(self, sight: TalkSight) -> Index:
        """Of the packages worth the target, the one worth most to the other side."""
        target = self.target(sight, sight.time)
        good = sight.own >= target[:, None]
        offer = np.where(good, sight.other, -np.inf).argmax(-1)
        return np.where(good.any(-1), offer, NO_OFFER)

    def accepts(self, sight: TalkSight, offer: Index) -> Flags:
        """Whatever is worth the own next target and not less than the war path."""
        value = np.take_along_axis(sight.own, offer[:, None], axis=1)[:, 0]
        return value >= np.maximum(self.target(sight, sight.next_time), sight.reservation)
