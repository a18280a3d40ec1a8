"""Alternating offers: the parties propose in turns; all others must accept, and a refusal may end the meeting.

Rubinstein 1982, Econometrica 50(1), 97-109, with a risk of breakdown after each refusal (Binmore, Rubinstein and
Wolinsky 1986, RAND Journal of Economics 17(2), 176-188); with n parties turns go round and agreement is unanimous. Who
has refused may leave for an outside option that is worth more to it than what it would itself propose at once
(Binmore, Shaked and Sutton 1989, Quarterly Journal of Economics 104(4), 753-770).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from tariffsim.negotiation.bargaining import NO_OFFER, Flags, Index, TalkSight, value_of
from tariffsim.negotiation.meeting import PROTOCOLS, Meeting, Outcome, Protocol, everybody_accepts


@PROTOCOLS.register("alternating_offers")
@dataclass(frozen=True)
class AlternatingOffers(Protocol):
    """Offers in turns, as many as the meeting has time for."""

    meets: ClassVar[bool] = True
    source: ClassVar[str] = "Rubinstein 1982; Binmore, Rubinstein, Wolinsky 1986; Binmore, Shaked, Sutton 1989"

    def run(self, meeting: Meeting) -> Outcome:
        outcome, history = Outcome.none(meeting.worlds), meeting.history
        open_ = np.ones(meeting.worlds, dtype=bool)
        length = meeting.offers if meeting.foreseeable else 1  # all at once where nobody listens
        for start in range(0, meeting.offers, length):
            moments = slice(start, min(start + length, meeting.offers))
            sights = tuple(meeting.sight(side, moments, history) for side in range(meeting.parties))
            mover = (meeting.first[:, None] + np.arange(moments.start, moments.stop)) % meeting.parties
            plans = [s.propose(view) for s, view in zip(meeting.strategies, sights, strict=True)]
            offer = np.choose(mover, plans)
            accepted = everybody_accepts(meeting, sights, offer, mover)
            leaver = _leaver(meeting, sights, plans, mover, offer)
            over = accepted | (leaver >= 0) | meeting.breaks(moments)
            last = np.where(over.any(-1), over.argmax(-1), over.shape[-1] - 1)[:, None]
            said = open_[:, None] & (np.arange(over.shape[-1]) <= last)
            package = np.where(said, offer, NO_OFFER)
            history = history.add(package, mover)
            outcome = replace(outcome, said=outcome.said.add(package, mover))
            agreed = open_ & np.take_along_axis(accepted, last, axis=-1)[:, 0]
            offer, mover, leaver = (np.take_along_axis(a, last, axis=-1)[:, 0] for a in (offer, mover, leaver))
            outcome = outcome.settled(agreed, offer, mover)
            left = open_ & ~agreed & over.any(-1)
            outcome = replace(outcome, left=np.where(left, leaver, outcome.left))
            open_ &= ~over.any(-1)
            if not open_.any():
                break
        return outcome


def _leaver(meeting: Meeting, sights: tuple[TalkSight, ...], plans: list[Index], mover: Index, offer: Index) -> Index:
    """Side (W, B) that would rather leave than go on once it has refused, -1 if none."""
    leaver = np.full(mover.shape, -1, dtype=np.int64)
    for side in range(meeting.parties - 1, -1, -1):
        sight = sights[side]
        if np.isneginf(sight.outside).all():
            continue
        hope = np.where(plans[side] == NO_OFFER, -np.inf, value_of(sight.own, plans[side]))
        refused: Flags = (mover != side) & ~meeting.strategies[side].accepts(sight, offer) & (offer != NO_OFFER)
        leaver = np.where(refused & (sight.outside[:, None] > hope), side, leaver)
    return leaver
