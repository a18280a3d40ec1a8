"""Protocols: the rules of one meeting. A protocol is one file in `tariffsim.negotiation.protocols`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import Flags, Index, OfferStrategy, TalkSight
from tariffsim.registry import Registry

PROTOCOLS: Registry[Protocol] = Registry("protocol", "tariffsim.negotiation.protocols")


@dataclass(frozen=True)
class Meeting:
    """One meeting of two parties in W worlds.

    strategies: of the first and second party; sights: their sights as a function of the offer number; first (W,): 0 or
    1, who opens; offers: how many are made at most; uniform: draws (W,) in (0, 1) by offer number.
    """

    strategies: tuple[OfferStrategy, OfferStrategy]
    sights: Callable[[int], tuple[TalkSight, TalkSight]]
    first: Index
    offers: int
    uniform: Callable[[int], Array]


@dataclass(frozen=True)
class Outcome:
    """agreed (W,), package (W,) (-1 where not agreed), proposer (W,): side whose offer was accepted, -1 if none."""

    agreed: Flags
    package: Index
    proposer: Index

    @staticmethod
    def none(worlds: int) -> Outcome:
        """No agreement anywhere."""
        nobody = np.full(worlds, -1, dtype=np.int64)
        return Outcome(np.zeros(worlds, dtype=bool), nobody, nobody)


class Protocol(ABC):
    """Rules by which offers are exchanged in a meeting."""

    meets: ClassVar[bool]
    source: ClassVar[str]

    @abstractmethod
    def run(self, meeting: Meeting) -> Outcome:
        """Play the meeting; worlds that have closed stay as they are."""
