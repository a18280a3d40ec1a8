"""Ultimatum: who opens sends one letter with a package and a date; the others accept by that date, or there is no deal.

The sender proposes with one offer left. The others answer at every moment up to the date, on a clock that runs out with
it: what a strategy would accept at the end of a negotiation it accepts on the date. All must accept at the same moment.
After the date the letter has lapsed and nothing more is offered in this negotiation; who has refused leaves for an
outside option that is worth more to it than disagreement. Nobody sends or accepts a letter that is worth less to it
than its option; an option that the letter reaches changes nothing (Binmore, Shaked and Sutton 1989, Quarterly Journal
of Economics 104(4), 753-770). An inside option lasts no longer than the letter, and plays no part.

Gueth, Schmittberger and Schwarze 1982, Journal of Economic Behavior and Organization 3(4), 367-388. In the subgame
perfect outcome the others accept whatever is worth their disagreement, and the sender takes the best of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import NO_OFFER, Flags, Index, TalkSight, accepts, not_below_outside
from tariffsim.negotiation.meeting import (
    PROTOCOLS,
    History,
    Meeting,
    Outcome,
    Protocol,
    everybody_accepts,
    first_to_leave,
)
from tariffsim.negotiation.rounds import put_on_record
from tariffsim.scenario.reading import spec

NOBODY = -1


@PROTOCOLS.register("ultimatum")
@dataclass(frozen=True)
class Ultimatum(Protocol):
    """One letter, one date."""

    meets: ClassVar[bool] = True
    source: ClassVar[str] = "Gueth, Schmittberger, Schwarze 1982"

    answer_share: float = spec("share of the negotiation window until the date; 0: at once", low=0, high=1)

    def run(self, meeting: Meeting) -> Outcome:
        outcome, history = Outcome.none(meeting.worlds), meeting.history
        open_, letter, sender = _mail(meeting)
        for k in range(meeting.offers):
            if not open_.any():
                break
            sights = tuple(self._sight(meeting, side, k, history) for side in range(meeting.parties))
            unsent = open_ & (letter == NO_OFFER)
            if unsent.any():
                letter = np.where(unsent, _written(meeting, k, history, sender), letter)
                outcome, history = put_on_record(outcome, history, letter[:, None], sender[:, None], unsent)
            accepted = everybody_accepts(meeting, sights, letter[:, None], sender[:, None])[:, 0]
            outcome = outcome.settled(open_ & accepted, letter, sender)
            lapsed = open_ & ~accepted & (letter >= 0) & (meeting.times[:, k + 1] >= self.answer_share)
            nobody = np.full((meeting.worlds, 1), NOBODY)
            outcome, history = put_on_record(outcome, history, letter[:, None], nobody, lapsed)
            leaver = _leaver(meeting, sights, letter, sender)
            outcome = replace(outcome, left=np.where(lapsed, leaver, outcome.left))
            open_ = open_ & ~accepted & ~lapsed
        return outcome

    def _sight(self, meeting: Meeting, side: int, k: int, history: History) -> TalkSight:
        """What a side sees when it answers: the clock of the letter."""
        view = meeting.sight(side, slice(k, k + 1), history)
        return replace(
            view,
            time=self._clock(view.time),
            next_time=self._clock(view.next_time),
            offers_left=np.ones_like(view.offers_left),
        )

    def _clock(self, time: Array) -> Array:
        share = self.answer_share
        return np.where(time >= share, 1.0, time / share if share else 1.0)


def _mail(meeting: Meeting) -> tuple[Flags, Index, Index]:
    """Worlds (W,) where something can still be agreed, the letter on the table and who sends or has sent it."""
    said, none = meeting.history, np.full(meeting.worlds, NO_OFFER)
    if not said.package.shape[1]:
        return np.ones(meeting.worlds, dtype=bool), none, meeting.first
    letter, mover = said.package[:, -1], said.mover[:, -1]
    lapsed: Flags = (letter >= 0) & (mover == NOBODY)
    return ~lapsed, np.where(lapsed, NO_OFFER, letter), np.where(mover >= 0, mover, meeting.first)


def _written(meeting: Meeting, k: int, history: History, sender: Index) -> Index:
    """The package (W,) that the sender proposes, knowing that it can propose only once."""
    letters = []
    for side, strategy in enumerate(meeting.strategies):
        view = meeting.sight(side, slice(k, k + 1), history)
        view = replace(view, offers_left=np.ones_like(view.offers_left))
        letters.append(not_below_outside(view, strategy.propose(view))[:, 0])
    return np.choose(sender, letters)


def _leaver(meeting: Meeting, sights: tuple[TalkSight, ...], letter: Index, sender: Index) -> Index:
    """Side (W,) that has refused and would rather leave than stay, -1 if none."""
    wants = np.zeros((meeting.worlds, meeting.parties), dtype=bool)
    for side, (strategy, sight) in enumerate(zip(meeting.strategies, sights, strict=True)):
        refused = ~accepts(strategy, sight, letter[:, None])[:, 0] & (sender != side)
        wants[:, side] = refused & (sight.outside > sight.reservation)
    return first_to_leave(meeting, wants)
