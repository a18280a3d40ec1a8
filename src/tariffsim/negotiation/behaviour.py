"""Behaviour-dependent concession (Faratin, Sierra and Jennings 1998, "imitative" tactics), shared by the tit for tats.

They imitate issue by issue, each value kept between its own minimum and maximum. Here a package is measured by what it
gains over disagreement, g(x) = V(x) - D, in the own eyes: prices have a natural zero, values don't, so that only gains
have percentages. With g_1, g_2, ... the offers heard, the last first, and h the own last offer, an own target is set
between 0 and the best gain that both sides prefer to disagreement. Before enough has been said it is that best gain.
Offered is, of the packages worth the target, the one worth most to the other; accepted whatever is worth the target
that would follow it.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import (
    NO_OFFER,
    Flags,
    Index,
    OfferStrategy,
    TalkSight,
    best_for_other,
    value_of,
)
from tariffsim.negotiation.concession import best_acceptable


@dataclass(frozen=True)
class BehaviourDependent(OfferStrategy):
    """Answer what the other did between two of its offers."""

    sees: ClassVar[tuple[str, ...]] = ("own", "other", "reservation", "other_reservation", "made", "heard")
    stochastic: ClassVar[bool] = False
    source: ClassVar[str] = "Faratin, Sierra, Jennings 1998, Robotics and Autonomous Systems 24(3-4), 159-182"

    @property
    @abstractmethod
    def compared(self) -> tuple[int, int]:
        """Which of the other's offers are compared, counted from the last (1): the older and the newer."""

    @abstractmethod
    def answer(self, last: Array, older: Array, newer: Array) -> Array:
        """Gain (W, 1) to aim at, before its bounds, from gains (W, 1) of the own last and two heard offers."""

    def target(self, sight: TalkSight, heard: Index) -> Array:
        """Gain (W, 1) aspired to once `heard` (W, H) has been said."""
        gains, top = sight.own - sight.reservation[:, None], (best_acceptable(sight) - sight.reservation)[:, None]
        older, newer = (said_ago(heard, steps) for steps in self.compared)
        last = said_ago(sight.made, 1)
        wish = self.answer(value_of(gains, last), value_of(gains, older), value_of(gains, newer))
        too_early = (last == NO_OFFER) | (older == NO_OFFER)
        return np.where(too_early, top, np.clip(wish, 0.0, top))

    def propose(self, sight: TalkSight) -> Index:
        """Of the packages worth the target, the one worth most to the other side."""
        return best_for_other(sight.own - sight.reservation[:, None], sight.other, self.target(sight, sight.heard))

    def accepts(self, sight: TalkSight, offer: Index) -> Flags:
        """Whatever is worth the target once it has been heard."""
        gains = sight.own - sight.reservation[:, None]
        return value_of(gains, offer) >= self.target(sight, and_then(sight.heard, offer))


def in_percent(last: Array, older: Array, newer: Array) -> Array:
    """g_older / g_newer * h (W, 1): the own gain falls by the percentage by which the other's offers have risen.

    Where the older offer gained nothing there is no percentage, and h stays; where only the newer gains nothing it is
    infinite.
    """
    wish = np.where((older > 0) & (newer <= 0), np.inf, last)
    np.divide(older * last, newer, out=wish, where=(older > 0) & (newer > 0))
    return np.asarray(wish)


def said_ago(said: Index, steps: int) -> Index:
    """Package (W, 1) said `steps` offers ago, the last being 1 ago, from said (W, H); NO_OFFER where there is none."""
    if said.shape[1] < steps:
        return np.full((len(said), 1), NO_OFFER)
    return said[:, -steps][:, None]


def and_then(said: Index, offer: Index) -> Index:
    """What has been said (W, H + 1) with an offer (W, 1) after it; NO_OFFER is not said."""
    silence = np.full((len(said), 1), NO_OFFER)
    return np.where(offer >= 0, np.concatenate([said, offer], 1), np.concatenate([silence, said], 1))
