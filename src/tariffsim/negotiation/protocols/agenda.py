"""Agenda: issues are bargained one after the other by alternating offers; what is agreed stays closed.

`implementation` says what becomes of an agreed issue, and so how a level of the issue at hand is judged.

package: there is no agenda, offers are on all issues and nothing is agreed until everything is.

single_undertaking: nothing is agreed until everything is, but issue after issue (joint implementation: Fershtman 1990).
A level is judged by what it is expected to lead to: of the packages with this level and the closed issues as agreed,
the one with the largest product of gains over disagreement, as the side sees both. Players who look ahead and are
patient end there: on the last issue alternating offers go to the Nash solution of what is left (Binmore, Rubinstein and
Wolinsky 1986), and, going back, the largest of the largest products is the largest. A loss on one issue can so be made
up on a later one. Where no such package is worth disagreement to both, the level is judged with the rest as it stands.

issue_by_issue: implemented together too, but each issue is judged by itself, with the rest as agreed or in force (the
sequential procedure of Fatima, Wooldridge and Jennings 2006, who look at issues that are independent of one another).
A level that leaves a side below disagreement is refused, so that nothing is traded across issues.

early_harvest: at the end of a meeting what has been agreed is signed, the other issues staying as they are (sequential
implementation: Busch and Horstmann 1997; Inderst 2000). Issues are judged as in issue_by_issue, but once something is
agreed, failure on the next issue means the deal so far. Players of those papers look ahead; these don't.

An outside option is compared with a whole deal, which is on the table only with the last issue: on that one nobody
offers or accepts less than its option, and who has refused leaves for one that is better than what it would itself
propose (as in `alternating_offers`: Binmore, Shaked and Sutton 1989, Quarterly Journal of Economics 104(4), 753-770). A
harvest is signed only if nobody has a better option. The deal so far is put on record as nobody's offer when an issue
is closed.

Fershtman 1990, Games and Economic Behavior 2(3), 224-238; Binmore, Rubinstein and Wolinsky 1986, RAND Journal of
Economics 17(2), 176-188; Busch and Horstmann 1997, Economica 64, 669-680; Inderst 2000, Games and Economic Behavior
30(1), 64-82; Fatima, Wooldridge and Jennings 2006, Journal of Artificial Intelligence Research 27, 381-417.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from tariffsim.errors import ConfigError
from tariffsim.negotiation.bargaining import NO_OFFER, Flags, Index, TalkSight, not_below_outside
from tariffsim.negotiation.meeting import PROTOCOLS, History, Meeting, Outcome, Protocol, everybody_accepts, walks_out
from tariffsim.negotiation.rounds import acceptable, best, put_on_record
from tariffsim.scenario.reading import spec

NOBODY = -1


@PROTOCOLS.register("agenda")
@dataclass(frozen=True)
class Agenda(Protocol):
    """One issue after the other."""

    meets: ClassVar[bool] = True
    source: ClassVar[str] = (
        "Fershtman 1990; Busch and Horstmann 1997; Inderst 2000; Fatima, Wooldridge and Jennings 2006"
    )

    implementation: str = spec(
        "what becomes of agreed issues", choices=("package", "single_undertaking", "issue_by_issue", "early_harvest")
    )
    order: tuple[int, ...] = spec("issues by number, from 0, in the order they are bargained; empty: as listed", low=0)

    def run(self, meeting: Meeting) -> Outcome:
        """Play the meeting; raises ConfigError if `order` does not name every issue once."""
        shape, order = self._issues(meeting)
        outcome, history = Outcome.none(meeting.worlds), meeting.history
        turn, text = _so_far(meeting)
        open_, begun = np.ones(meeting.worlds, dtype=bool), turn
        for k in range(meeting.offers):
            mover = (meeting.first + k) % meeting.parties
            offer, leaver = (np.full(meeting.worlds, NOBODY) for _ in range(2))
            accepted = np.zeros(meeting.worlds, dtype=bool)
            for place, issue in enumerate(order):
                where = np.flatnonzero(open_ & (turn == place))
                if len(where):
                    levels = _levels(shape, issue, text[where])
                    said = history if meeting.foreseeable else _on_this_issue(history.of(where), shape, issue)
                    earlier = _on_this_issue(
                        meeting.history.forget(np.flatnonzero(turn > begun)).of(where), shape, issue
                    )
                    later = order[place + 1 :] if self.implementation == "single_undertaking" else ()
                    part = self._part(meeting, where, _endings(shape, levels, later), text[where], place, earlier)
                    offer[where], accepted[where], leaver[where] = _exchange(part, levels, said, mover[where], k)
            outcome, history = put_on_record(outcome, history, offer[:, None], mover[:, None], open_)
            text, turn = np.where(accepted, offer, text), turn + accepted
            done = accepted & (turn == len(order))
            outcome = outcome.settled(done, offer, mover)
            nobody = np.full((meeting.worlds, 1), NOBODY)
            outcome, history = put_on_record(outcome, history, text[:, None], nobody, accepted & ~done)
            outcome = replace(outcome, left=np.where(open_ & ~accepted, leaver, outcome.left))
            open_ = open_ & ~done & (outcome.left < 0) & (accepted | ~meeting.breaks(slice(k, k + 1))[:, 0])
            if not open_.any():
                break
        if self.implementation == "early_harvest":
            signed = acceptable(meeting)[np.arange(meeting.worlds), text]
            outcome = outcome.settled((turn > begun) & signed & (outcome.left < 0), text)
        return outcome

    def _issues(self, meeting: Meeting) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Levels of each issue, and the issues in the order in which they are bargained."""
        if self.implementation == "package":
            return (meeting.sights[0].own.shape[-1],), (0,)
        shape = meeting.shape
        order = self.order or tuple(range(len(shape)))
        if sorted(order) != list(range(len(shape))):
            raise ConfigError(
                f"protocols.agenda.order must name each of 0 to {len(shape) - 1} once, got {list(order)}; "
                "try [] for the issues as listed."
            )
        return shape, order

    def _part(
        self, meeting: Meeting, where: Index, endings: Index, text: Index, place: int, earlier: History
    ) -> Meeting:
        """The meeting in worlds `where` on one issue, given the packages (w, L, C) that each of its levels can lead to;
        `earlier` is what earlier meetings heard on it."""
        last = place == len(self._issues(meeting)[1]) - 1
        sights = meeting.sights if last else tuple(_staying(s) for s in meeting.sights)
        falls_back = self.implementation == "early_harvest" and place > 0
        return replace(
            meeting,
            strategies=tuple(strategy.of(where) for strategy in meeting.strategies),
            sights=tuple(_narrowed(s, where, endings, text if falls_back else None) for s in sights),
            times=meeting.times[where],
            offers_left=meeting.offers_left[where],
            first=meeting.first[where],
            history=earlier,
            uniform=lambda channel, k: meeting.uniform(channel, k)[where],
        )


def _so_far(meeting: Meeting) -> tuple[Index, Index]:
    """How many issues earlier meetings have closed (W,), and the deal so far (W,): at first what is in force."""
    said = meeting.history
    closed = (said.mover == NOBODY) & (said.package >= 0)
    text = meeting.status_quo
    for at in range(said.package.shape[1]):
        text = np.where(closed[:, at], said.package[:, at], text)
    return closed.sum(-1), text


def _levels(shape: tuple[int, ...], issue: int, text: Index) -> Index:
    """The packages (w, L) that differ from the deal so far (w,) in this issue only."""
    stride = int(np.prod(shape[issue + 1 :], dtype=np.int64))
    now = text // stride % shape[issue]
    return np.asarray(text[:, None] + (np.arange(shape[issue]) - now[:, None]) * stride)


def _endings(shape: tuple[int, ...], levels: Index, later: tuple[int, ...]) -> Index:
    """What each level (w, L) can lead to (w, L, C): itself first, then packages with any levels of `later` issues."""
    found = levels[..., None]
    for issue in later:
        stride = int(np.prod(shape[issue + 1 :], dtype=np.int64))
        moves = (np.arange(shape[issue]) - (levels // stride % shape[issue])[..., None]) * stride
        found = (found[..., None] + moves[:, :, None, :]).reshape(*levels.shape, -1)
    return np.concatenate([levels[..., None], found], axis=-1) if later else found


def _expected(sight: TalkSight, rows: Index, endings: Index) -> Index:
    """What a side expects each level to lead to (w, L): the Nash solution of (w, L, C), in worlds `rows` (w, 1)."""
    if endings.shape[-1] == 1:
        return endings[..., 0]
    at, flat = rows[..., None], (-1, endings.shape[-1])
    own = (sight.own[at, endings] - sight.reservation[at]).reshape(flat)
    other = (sight.other[at, endings] - sight.other_reservation[at]).reshape(flat)
    chosen = best((own >= 0) & (other >= 0), own * other, own + other).reshape(endings.shape[:2])
    return np.take_along_axis(endings, np.maximum(chosen, 0)[..., None], axis=-1)[..., 0]


def _on_this_issue(history: History, shape: tuple[int, ...], issue: int) -> History:
    """What was offered since the last issue was closed, as levels of this one."""
    stride = int(np.prod(shape[issue + 1 :], dtype=np.int64))
    closed = (history.mover == NOBODY) & (history.package >= 0)
    since = closed[:, ::-1].cumsum(-1)[:, ::-1] == 0
    kept = since & (history.package >= 0)
    return History(*(np.where(kept, a, -1) for a in (history.package // stride % shape[issue], history.mover)))


def _narrowed(sight: TalkSight, where: Index, endings: Index, fallback: Index | None) -> TalkSight:
    """A sight in worlds `where` on the levels of one issue, each judged by what it is expected to lead to (w, L, C);
    failure means `fallback` (w,) where that is better."""
    small = replace(sight, own=sight.own[:, :1], other=sight.other[:, :1], types=sight.types[..., :1]).of(where)
    rows, kinds = where[:, None], np.arange(sight.types.shape[1])
    levels = _expected(sight, rows, endings)
    part = replace(
        small,
        own=sight.own[rows, levels],
        other=sight.other[rows, levels],
        types=sight.types[rows[..., None], kinds[None, :, None], levels[:, None, :]],
    )
    if fallback is None:
        return part
    return replace(
        part,
        reservation=np.maximum(part.reservation, sight.own[where, fallback]),
        other_reservation=np.maximum(part.other_reservation, sight.other[where, fallback]),
        types_reservation=np.maximum(part.types_reservation, sight.types[rows, kinds, fallback[:, None]]),
    )


def _staying(sight: TalkSight) -> TalkSight:
    """A sight of who does not think of leaving."""
    nowhere = np.full_like(sight.outside, -np.inf)
    return replace(sight, outside=nowhere, other_outside=nowhere)


def _exchange(part: Meeting, levels: Index, said: History, mover: Index, k: int) -> tuple[Index, Flags, Index]:
    """The package (w,) that the mover offers on this issue, whether all others accept it, and who leaves after it."""
    sights = tuple(part.sight(side, slice(k, k + 1), said) for side in range(part.parties))
    level = np.full(part.worlds, NO_OFFER)
    for side in np.unique(mover):  # strategies are slow, and only whose turn it is need think
        plan = not_below_outside(sights[side], part.strategies[side].propose(sights[side]))
        level = np.where(mover == side, plan[:, 0], level)
    accepted = everybody_accepts(part, sights, level[:, None], mover[:, None])[:, 0]
    package = np.take_along_axis(levels, np.maximum(level, 0)[:, None], axis=-1)[:, 0]
    leaver = walks_out(part, sights, level[:, None], mover[:, None])[:, 0]
    return np.where(level >= 0, package, NO_OFFER), accepted, leaver
