"""Alternating offers: the parties propose in turns; all others must accept, and a refusal may end the meeting.

Rubinstein 1982, Econometrica 50(1), 97-109, with a risk of breakdown after each refusal (Binmore, Rubinstein and
Wolinsky 1986, RAND Journal of Economics 17(2), 176-188); with n parties turns go round and agreement is unanimous. Who
has refused may leave for an outside option that is worth more to it than what it would itself propose at once, with
what its inside option brings meanwhile; nobody offers or accepts less than that option, which otherwise changes nothing
(Binmore, Shaked and Sutton 1989, Quarterly Journal of Economics 104(4), 753-770).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple

import numpy as np

from tariffsim.negotiation.bargaining import NO_OFFER, Flags, Index, TalkSight, not_below_outside
from tariffsim.negotiation.meeting import PROTOCOLS, History, Meeting, Outcome, Protocol, everybody_accepts, walks_out


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
            block = range(start, min(start + length, meeting.offers))
            turns = _turns(meeting, block, history)
            over = turns.accepted | (turns.leaver >= 0) | meeting.breaks(slice(block.start, block.stop))
            closes = over.any(-1)
            last = np.where(closes, over.argmax(-1), len(block) - 1)[:, None]
            package = np.where(open_[:, None] & (np.arange(len(block)) <= last), turns.offer, NO_OFFER)
            outcome = replace(outcome, said=outcome.said.add(package, turns.mover))
            if block.stop < meeting.offers:
                history = history.add(package, turns.mover)
            agreed = open_ & np.take_along_axis(turns.accepted, last, axis=-1)[:, 0]
            said = (turns.offer, turns.mover, turns.leaver)
            offer, mover, leaver = (np.take_along_axis(a, last, axis=-1)[:, 0] for a in said)
            outcome = outcome.settled(agreed, offer, mover)
            outcome = replace(outcome, left=np.where(open_ & ~agreed & closes, leaver, outcome.left))
            open_ &= ~closes
            if not open_.any():
                break
        return outcome


class _Turns(NamedTuple):
    """Some offers (W, B) in a row: whether all accept, what is offered by whom, and who would then leave (-1: none)."""

    accepted: Flags
    offer: Index
    mover: Index
    leaver: Index


def _turns(meeting: Meeting, block: range, history: History) -> _Turns:
    """Every n-th offer has the same mover in a world, so they are asked together; nobody is asked out of turn."""
    n, shape = meeting.parties, (meeting.worlds, len(block))
    accepted, offer, whose, leaver = np.empty(shape, dtype=bool), *(np.empty(shape, dtype=np.int64) for _ in range(3))
    for turn in range(min(n, len(block))):
        every, moments = slice(turn, None, n), slice(block.start + turn, block.stop, n)
        mover = (meeting.first[:, None] + moments.start) % n
        sights = tuple(meeting.sight(side, moments, history) for side in range(n))
        said = _said(meeting, sights, mover)
        offer[:, every], whose[:, every] = said, mover
        accepted[:, every] = everybody_accepts(meeting, sights, said, mover)
        leaver[:, every] = walks_out(meeting, sights, said, mover)
    return _Turns(accepted, offer, whose, leaver)


def _said(meeting: Meeting, sights: tuple[TalkSight, ...], mover: Index) -> Index:
    """What the movers (W, 1) propose (W, B); who moves nowhere is not asked."""
    moving = [side for side in range(meeting.parties) if (mover == side).any()]
    plans = [not_below_outside(sights[side], meeting.strategies[side].propose(sights[side])) for side in moving]
    said = plans[0]
    for side, plan in zip(moving[1:], plans[1:], strict=True):
        said = np.where(mover == side, plan, said)
    return said
