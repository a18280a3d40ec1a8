"""Protocols: the rules of one meeting. A protocol is one file in `tariffsim.negotiation.protocols`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import MEMORY, Flags, Index, OfferStrategy, TalkSight, accepts, rather_leaves
from tariffsim.negotiation.beliefs import posterior
from tariffsim.registry import Registry

PROTOCOLS: Registry[Protocol] = Registry("protocol", "tariffsim.negotiation.protocols")


@dataclass(frozen=True)
class History:
    """Offers in W worlds, oldest first, flush right: package and mover (W, H), -1 before the first.

    The mover is -1 too for what nobody offers: a mediator's text, an agreed part, a letter that has lapsed.
    """

    package: Index
    mover: Index

    @staticmethod
    def empty(worlds: int, length: int = 0) -> History:
        """Nothing has been said."""
        return History(*(np.full((worlds, length), -1, dtype=np.int64) for _ in range(2)))

    def of(self, where: Index) -> History:
        """The history of some worlds."""
        return History(self.package[where], self.mover[where])

    def forget(self, where: Index) -> History:
        """With nothing said in some worlds."""
        package, mover = self.package.copy(), self.mover.copy()
        package[where], mover[where] = -1, -1
        return History(package, mover)

    def add(self, package: Index, mover: Index) -> History:
        """With a block of offers (W, B) said afterwards; where the package is NO_OFFER nothing was said."""
        if self.package.shape[1]:
            package = np.concatenate([self.package, package], axis=1)
            mover = np.concatenate([self.mover, mover], axis=1)
        return History(*_flush_right(package >= 0, package, mover))

    def by(self, side: int) -> Index:
        """Packages (W, H) proposed by one side."""
        return _flush_right(self.mover == side, self.package)[0]

    def heard_by(self, side: int) -> Index:
        """Packages (W, H) proposed by the others."""
        return _flush_right((self.mover != side) & (self.mover >= 0), self.package)[0]


def _flush_right(kept: Flags, *arrays: Index) -> list[Index]:
    """Each row's kept entries in their order, at its end, -1 before them."""
    worlds, length = kept.shape
    places = np.arange(length) >= length - kept.sum(-1, keepdims=True)  # as many in each row as are kept
    source, target = np.flatnonzero(kept), np.flatnonzero(places)  # both row by row
    flushed = []
    for array in arrays:
        right = np.full(worlds * length, -1, dtype=np.int64)
        right[target] = array.reshape(-1)[source]
        flushed.append(right.reshape(worlds, length))
    return flushed


@dataclass(frozen=True)
class Meeting:
    """One meeting of n parties in W worlds, in which up to K offers can be made.

    strategies, sights: of each party, the sights without moments; times (W, K + 1): share of the negotiation window
    that has passed at each offer and after the last; offers_left (W, K): before the deadline, this one included;
    first (W,): who opens; breakdown: probability that the meeting breaks up after a refused offer; history: offers of
    earlier meetings; uniform: draws (W,) in (0, 1) by channel and offer number. issues: number of levels of each issue,
    a package being the index into their grid, last issue fastest (empty: packages don't come apart); reference (W,):
    the package that is nearest to the status quo (None: the first). rationality, error: how belief moves with what is
    heard (`beliefs.posterior`).
    """

    strategies: tuple[OfferStrategy, ...]
    sights: tuple[TalkSight, ...]
    times: Array
    offers_left: Index
    first: Index
    breakdown: float
    history: History
    uniform: Callable[[str, int], Array]
    issues: tuple[int, ...] = ()
    reference: Index | None = None

    def of(self, where: Index) -> Meeting:
        """The meeting in some worlds."""
        return replace(
            self,
            strategies=tuple(s.of(where) for s in self.strategies),
            sights=tuple(s.of(where) for s in self.sights),
            times=self.times[where],
            offers_left=self.offers_left[where],
            first=self.first[where],
            history=self.history.of(where),
            uniform=lambda channel, k: self.uniform(channel, k)[where],
            reference=None if self.reference is None else self.reference[where],
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of levels of each issue; one issue where packages don't come apart."""
        return self.issues or (self.sights[0].own.shape[-1],)

    @property
    def status_quo(self) -> Index:
        """The package (W,) nearest to what is in force."""
        return np.zeros(self.worlds, dtype=np.int64) if self.reference is None else self.reference

    rationality: float = 0.0
    error: float = 1.0

    @property
    def parties(self) -> int:
        """How many sit at the table."""
        return len(self.strategies)

    @property
    def worlds(self) -> int:
        """How many worlds meet."""
        return len(self.first)

    @property
    def offers(self) -> int:
        """Offers that can be made."""
        return int(self.times.shape[1]) - 1

    @property
    def foreseeable(self) -> bool:
        """Whether no party reads what is said in the meeting, so that all of it can be asked at once."""
        return all(strategy.plans_ahead for strategy in self.strategies)

    def sight(self, side: int, moments: slice, history: History) -> TalkSight:
        """What a side sees at some moments, given what has been said before them."""
        base, strategy = self.sights[side], self.strategies[side]
        remembers = set(strategy.sees) & set(MEMORY)
        return replace(
            base,
            time=self.times[:, :-1][:, moments],
            next_time=self.times[:, 1:][:, moments],
            offers_left=self.offers_left[:, moments],
            made=history.by(side) if remembers else base.made,
            heard=history.heard_by(side) if remembers else base.heard,
            belief=self._learned(side, history) if "belief" in remembers else base.belief,
            uniform=self._uniforms(side, moments) if "uniform" in strategy.sees else base.uniform,
        )

    def _learned(self, side: int, history: History) -> Array:
        """A side's belief (W, T) after what it has heard in this meeting."""
        base = self.sights[side]
        fresh = (history.package >= 0).sum(-1) - (self.history.package >= 0).sum(-1)
        recent = np.arange(history.package.shape[1], 0, -1) <= fresh[:, None]
        heard = np.where(recent & (history.mover != side), history.package, -1)
        return posterior(base.belief, base.types, heard, self.rationality, self.error)

    def breaks(self, moments: slice) -> Flags:
        """Whether (W, B) the meeting breaks up if the offers at these moments are refused."""
        numbers = range(*moments.indices(self.offers))
        if self.breakdown == 0:
            return np.zeros((self.worlds, len(numbers)), dtype=bool)
        return np.stack([self.uniform("breakdown", k) < self.breakdown for k in numbers], axis=-1)

    def _uniforms(self, side: int, moments: slice) -> Array:
        numbers = range(*moments.indices(self.offers))
        return np.stack([self.uniform(f"strategy/{side}", k) for k in numbers], axis=-1)


@dataclass(frozen=True)
class Outcome:
    """How a meeting ended in W worlds.

    agreed (W,); package (W,), -1 where not agreed; proposer (W,): side whose offer was accepted, -1 if none or nobody;
    left (W,): a side that walked out for its outside option, -1 if none; said: what was proposed in this meeting.
    """

    agreed: Flags
    package: Index
    proposer: Index
    left: Index
    said: History

    @staticmethod
    def none(worlds: int) -> Outcome:
        """No agreement anywhere, and nothing said."""
        nobody = np.full(worlds, -1, dtype=np.int64)
        return Outcome(np.zeros(worlds, dtype=bool), nobody, nobody, nobody, History.empty(worlds))

    def settled(self, where: Flags, package: Index, proposer: Index | int = -1) -> Outcome:
        """With an agreement on `package` (W,) in some more worlds."""
        fresh = where & ~self.agreed
        return replace(
            self,
            agreed=self.agreed | fresh,
            package=np.where(fresh, package, self.package),
            proposer=np.where(fresh, proposer, self.proposer),
        )


class Protocol(ABC):
    """Rules by which offers are exchanged in a meeting."""

    meets: ClassVar[bool]
    source: ClassVar[str]

    @abstractmethod
    def run(self, meeting: Meeting) -> Outcome:
        """Play the meeting; worlds that have closed stay as they are."""


def everybody_accepts(meeting: Meeting, sights: tuple[TalkSight, ...], offer: Index, mover: Index) -> Flags:
    """Whether all but the mover accept offers (W, B) of movers (W, B) or (W, 1); the mover's consent is implied.

    Nobody accepts what is worth less to it than its outside option (`bargaining.accepts`)."""
    agreed = offer >= 0
    for side, (strategy, sight) in enumerate(zip(meeting.strategies, sights, strict=True)):
        asks_itself = mover == side
        if not asks_itself.all():
            agreed &= accepts(strategy, sight, offer) | asks_itself
    return agreed


def walks_out(meeting: Meeting, sights: tuple[TalkSight, ...], offer: Index, mover: Index) -> Index:
    """Side (W, B) that has refused offers (W, B) of movers (W, 1) and would rather leave than go on, -1 if none."""
    wants = np.zeros((*offer.shape, meeting.parties), dtype=bool)
    for side, (strategy, sight) in enumerate(zip(meeting.strategies, sights, strict=True)):
        if not np.isneginf(sight.outside).all():
            refused = (mover != side) & ~accepts(strategy, sight, offer) & (offer >= 0)
            wants[..., side] = refused & rather_leaves(sight, strategy.propose(sight))
    return first_to_leave(meeting, wants)


def first_to_leave(meeting: Meeting, wants: Flags) -> Index:
    """Side (W, ...) that leaves of those that want to (W, ..., n): the first in turn from who opens, -1 if none."""
    turns = (meeting.first[:, None] + np.arange(meeting.parties)) % meeting.parties
    turns = turns.reshape(len(turns), *[1] * (wants.ndim - 2), meeting.parties)
    place = np.take_along_axis(wants, turns, axis=-1).argmax(-1)
    side = np.take_along_axis(np.broadcast_to(turns, wants.shape), place[..., None], axis=-1)[..., 0]
    return np.where(wants.any(-1), side, -1)
