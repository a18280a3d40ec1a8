"""Offer strategies: what to propose and what to accept, for many worlds at once.

A strategy is one file in `tariffsim.negotiation.strategies`. It reads only its sight, and of it only the fields it
declares in `sees`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from tariffsim.instruments.base import Array
from tariffsim.registry import Registry
from tariffsim.scenario.reading import Uncertain

STRATEGIES: Registry[OfferStrategy] = Registry("strategy", "tariffsim.negotiation.strategies")
NO_OFFER = -1  # nothing on the table is worth the war path to the mover
Index = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class TalkSight:
    """What a government may know at the table, for W worlds and Q packages (values in percent of GDP x years).

    own (W, Q): value of each package to itself; other (W, Q): value to the other side as it believes;
    reservation, other_reservation (W,): values of the war path to itself and, as it believes, to the other;
    time, next_time (W,): share of the negotiation window that has passed now and when it would next move, in [0, 1].
    """

    own: Array
    other: Array
    reservation: Array
    other_reservation: Array
    time: Array
    next_time: Array


Drawn = Uncertain | Array  # a parameter before and after each world has drawn its own


@dataclass(frozen=True)
class OfferStrategy(ABC):
    """How a government bargains. Parameters may differ by world: arrays (W,)."""

    sees: ClassVar[tuple[str, ...]]
    stochastic: ClassVar[bool]
    source: ClassVar[str]

    def drawn(self, draw: Callable[[str, Uncertain], Array]) -> Self:
        """The strategy with every uncertain parameter drawn, one value per world."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{n: draw(n, v) for n, v in values.items() if isinstance(v, Uncertain)})

    def of(self, where: Index) -> Self:
        """The strategy of some worlds."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{n: v[where] for n, v in values.items() if isinstance(v, np.ndarray)})

    @abstractmethod
    def propose(self, sight: TalkSight) -> Index:
        """Package (W,) to offer, or NO_OFFER."""

    @abstractmethod
    def accepts(self, sight: TalkSight, offer: Index) -> Flags:
        """Whether the package `offer` (W,) is accepted; where it is NO_OFFER the answer is ignored."""
