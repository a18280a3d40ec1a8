"""A whole negotiation: all the meetings that fit into its window, on values that do not move meanwhile.

A meeting that breaks up ends that meeting only; a side that leaves for its outside option ends the negotiation. After
each meeting a side has learnt from what the other offered: its belief over types, and with it what it expects packages
and disagreement to be worth to the other. What packages are worth to itself stays as it was at the opening.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import NO_OFFER, Index, OfferStrategy, TalkSight
from tariffsim.negotiation.beliefs import heard_from, log_likelihood
from tariffsim.negotiation.meeting import History, Meeting, Outcome, Protocol


@dataclass(frozen=True)
class Window:
    """A negotiation that any two strategies can be sent into, in W worlds.

    whole: as if all K offers of the window were made in one meeting: times (W, K + 1), offers_left (W, K), draws by
    number of the offer, 0 to K - 1; size: offers in each meeting; likely: of each side, log probability (W, T, Q) of
    each offer if the other is of type t (`tariffsim.negotiation.beliefs`).
    """

    whole: Meeting
    size: int
    likely: tuple[Array, ...]

    @staticmethod
    def of(whole: Meeting, size: int, rationality: float, error: float) -> Window:
        """The window of a meeting; `rationality` and `error` say how fast types are told apart."""
        return Window(whole, size, tuple(log_likelihood(s.types, rationality, error) for s in whole.sights))

    def play(self, protocol: Protocol, strategies: tuple[OfferStrategy, ...]) -> Outcome:
        """Hold the meetings until all worlds have a deal, somebody has left, or no offer is left.

        World k of a batch is world k alone, bit for bit.
        """
        whole = replace(self.whole, strategies=strategies)
        outcome, where = Outcome.none(whole.worlds), np.arange(whole.worlds)
        for start in range(0, whole.offers, self.size):
            part = _part(whole, start, min(start + self.size, whole.offers))
            found = _everywhere(protocol.run(_in_worlds(part, where)), where, whole.worlds)
            outcome = _after(outcome, found)
            where = np.flatnonzero(~outcome.agreed & (outcome.left < 0))
            if not len(where):
                break
            sights = tuple(self._wiser(side, sight, found.said) for side, sight in enumerate(whole.sights))
            whole = replace(whole, sights=sights, history=whole.history.add(found.said.package, found.said.mover))
        return outcome

    def _wiser(self, side: int, sight: TalkSight, said: History) -> TalkSight:
        """The sight of who has heard what was said in a meeting."""
        belief = heard_from(sight.belief, self.likely[side], said.heard_by(side))
        return replace(
            sight,
            belief=belief,
            other=_expected(belief, sight.types),
            other_reservation=_expected(belief, sight.types_reservation),
        )


def _part(whole: Meeting, start: int, stop: int) -> Meeting:
    """The meeting of offers `start` to `stop` - 1."""
    return replace(
        whole,
        times=whole.times[:, start : stop + 1],
        offers_left=whole.offers_left[:, start:stop],
        uniform=_later(whole.uniform, start),
    )


def _later(uniform: Callable[[str, int], Array], start: int) -> Callable[[str, int], Array]:
    return lambda channel, k: uniform(channel, start + k)


def _in_worlds(meeting: Meeting, where: Index) -> Meeting:
    return meeting if len(where) == meeting.worlds else meeting.of(where)


def _everywhere(found: Outcome, where: Index, worlds: int) -> Outcome:
    """The outcome of a meeting in worlds `where` among all worlds; elsewhere nothing is said."""
    said = History.empty(worlds, found.said.package.shape[1])
    said.package[where], said.mover[where] = found.said.package, found.said.mover
    whole = Outcome.none(worlds)
    package, proposer, left = (np.full(worlds, NO_OFFER) for _ in range(3))
    package[where], proposer[where], left[where] = found.package, found.proposer, found.left
    agreed = whole.agreed.copy()
    agreed[where] = found.agreed
    return Outcome(agreed, package, proposer, left, said)


def _after(outcome: Outcome, found: Outcome) -> Outcome:
    """The outcome so far with that of one more meeting; what is settled stays."""
    settled = outcome.settled(found.agreed, found.package, found.proposer)
    return replace(
        settled,
        left=np.where(found.left >= 0, found.left, outcome.left),
        said=outcome.said.add(found.said.package, found.said.mover),
    )


def _expected(belief: Array, by_type: Array) -> Array:
    """Expectation (W, ...) over types of values (W, T, ...), type by type."""
    total = np.zeros(by_type[:, 0].shape)
    for kind in range(by_type.shape[1]):
        total += belief[:, kind].reshape(-1, *[1] * (by_type.ndim - 2)) * by_type[:, kind]
    return total
