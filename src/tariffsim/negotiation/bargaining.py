"""Offer strategies: what to propose and what to accept, for many worlds at once.

A strategy is one file in `tariffsim.negotiation.strategies`. It reads only its sight, and of it only the fields it
declares in `sees`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import ClassVar, Self, TypeVar

import numpy as np
import numpy.typing as npt

from tariffsim.instruments.base import Array
from tariffsim.registry import Registry
from tariffsim.scenario.reading import Uncertain

STRATEGIES: Registry[OfferStrategy] = Registry("strategy", "tariffsim.negotiation.strategies")
NO_OFFER = -1  # nothing on the table is worth proposing to the mover
Index = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Entry = TypeVar("Entry", np.float64, np.int64)


@dataclass(frozen=True)
class TalkSight:
    """What a government may know at the table, for W worlds, Q packages and B moments at which it is asked.

    Values are in percent of GDP x years. With more than two parties "the other" is whichever gains least.

    own (W, Q): value of each package to itself; other (W, Q): value to the other side as it believes;
    reservation, other_reservation (W,): values of disagreement to itself and, as it believes, to the other;
    outside, other_outside (W,): values of leaving for good after a refusal, -inf where there is nowhere to go;
    inside, other_inside (W,): what the time between two offers brings while nothing is agreed;
    discount, other_discount (W,): factors per offer, breakdown included, in (0, 1];
    types (W, T, Q), types_reservation (W, T): values to the other side if it is of type t; belief (W, T): their
    probabilities, given what it has offered;
    time, next_time (W, B): share of the negotiation window that has passed now and one offer later, in [0, 1];
    offers_left (W, B): offers that can still be made before the deadline, this one included, at least 1;
    made, heard (W, H): packages proposed so far by itself and by others, oldest first, flush right, -1 before the
    first; uniform (W, B): fresh draws in (0, 1).
    """

    own: Array
    other: Array
    reservation: Array
    other_reservation: Array
    outside: Array
    other_outside: Array
    inside: Array
    other_inside: Array
    discount: Array
    other_discount: Array
    types: Array
    types_reservation: Array
    belief: Array
    time: Array
    next_time: Array
    offers_left: Index
    made: Index
    heard: Index
    uniform: Array

    def of(self, where: Index) -> TalkSight:
        """The sight in some worlds."""
        return TalkSight(**{field.name: getattr(self, field.name)[where] for field in fields(self)})


MEMORY = ("made", "heard", "belief")  # fields that change with every offer; who reads none of them can plan ahead
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

    @property
    def plans_ahead(self) -> bool:
        """Whether it can be asked for a whole meeting at once, because it reads nothing of what is offered in it."""
        return not set(self.sees) & set(MEMORY)

    @abstractmethod
    def propose(self, sight: TalkSight) -> Index:
        """Package (W, B) to offer at each moment, or NO_OFFER. Who remembers is asked for one moment: B = 1."""

    @abstractmethod
    def accepts(self, sight: TalkSight, offer: Index) -> Flags:
        """Whether the package `offer` (W, B) is accepted; where it is NO_OFFER the answer is ignored."""


def value_of(values: Array, package: Index) -> Array:
    """Values (W, B) of packages (W, B) from a table (W, Q), or (1, Q) where all worlds share it; NO_OFFER reads 0."""
    return np.where(package >= 0, _looked_up(values, package), 0.0)


def least(sight: TalkSight) -> Array:
    """Least (W,) that a party signs: disagreement, or its outside option where that is worth more.

    Gains are counted from disagreement all the same: an outside option is a bound, and changes nothing where the
    bargain gives as much (Binmore, Rubinstein and Wolinsky 1986, RAND Journal of Economics 17(2), 176-188;
    Binmore, Shaked and Sutton 1989, Quarterly Journal of Economics 104(4), 753-770: the outside option principle).
    """
    return np.maximum(sight.reservation, sight.outside)


def not_below_outside(sight: TalkSight, plan: Index) -> Index:
    """What a party proposes (W, B) if its strategy plans `plan` (W, B): nothing worth less to it than leaving.

    Such a plan gives way to the last concession it can make, the package worth most to the other among those worth its
    outside option, or NO_OFFER where there is none.
    """
    if np.isneginf(sight.outside).all():
        return plan
    option = sight.outside[:, None]
    low = (plan != NO_OFFER) & (value_of(sight.own, plan) < option)
    return np.where(low, best_for_other(sight.own, sight.other, option), plan)


def accepts(strategy: OfferStrategy, sight: TalkSight, offer: Index) -> Flags:
    """Whether (W, B) a party accepts offers (W, B): those its strategy does, but none worth less to it than leaving."""
    answer = strategy.accepts(sight, offer)
    if np.isneginf(sight.outside).all():
        return answer
    return np.asarray(answer & (value_of(sight.own, offer) >= sight.outside[:, None]), dtype=np.bool_)


def rather_leaves(sight: TalkSight, plan: Index) -> Flags:
    """Whether (W, B) a party that has got nothing would rather leave than go on, `plan` (W, B) being what its strategy
    would ask for: its outside option is worth more than that, or disagreement, and the time until then."""
    if np.isneginf(sight.outside).all():
        return np.zeros(plan.shape, dtype=bool)
    asked = np.where(plan == NO_OFFER, -np.inf, value_of(sight.own, plan))
    on = np.maximum(asked, sight.reservation[:, None]) + sight.inside[:, None]
    return np.asarray(sight.outside[:, None] > on, dtype=np.bool_)


def impasse(reservation: Array, inside: Array, discount: Array) -> Array:
    """What a side has (W,) if talks go on for ever: D + c / (1 - delta) with an inside option of c per offer.

    Without cost of delay, delta = 1, c has no finite value and is left out. Muthoo 1999, Bargaining Theory with
    Applications, chapter 6.
    """
    patient = discount < 1
    return np.asarray(reservation + np.where(patient, inside, 0.0) / np.where(patient, 1 - discount, 1.0))


def best_for_other(own: Array, other: Array, target: Array) -> Index:
    """Of the packages worth `target` (W, B) or more to `own` (W, Q), the one worth most to `other` (W, Q), or NO_OFFER.

    Ties go to the package worth more to `own`, then to the lower number. Tables of one row serve all worlds. Packages
    are ranked once by own value, so each target costs a binary search.
    """
    order = np.argsort(-own, axis=-1, kind="stable")
    falling = -np.take_along_axis(own, order, axis=-1)
    ranked = np.take_along_axis(other, order, axis=-1)
    record = np.ones(ranked.shape, dtype=bool)
    record[:, 1:] = ranked[:, 1:] > np.maximum.accumulate(ranked, axis=-1)[:, :-1]
    best = np.maximum.accumulate(np.where(record, np.arange(ranked.shape[-1]), 0), axis=-1)
    choice = np.full((len(own), own.shape[-1] + 1), NO_OFFER)  # by how many packages are worth the target
    choice[:, 1:] = np.take_along_axis(order, best, axis=-1)
    if len(own) == 1:
        enough = np.searchsorted(falling[0], -target, side="right")
    else:
        enough = np.stack(
            [np.searchsorted(row, wish, side="right") for row, wish in zip(falling, -target, strict=True)]
        )
    return _looked_up(choice, enough)


def _looked_up(table: npt.NDArray[Entry], place: Index) -> npt.NDArray[Entry]:
    """Entries (W, B) at `place` (W, B) of a table (W, N), or (1, N) where all worlds share it."""
    return table[0][place] if len(table) == 1 else np.take_along_axis(table, place, axis=-1)
