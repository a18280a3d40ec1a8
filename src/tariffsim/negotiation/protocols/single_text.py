"""Single text: a mediator changes one issue of a draft at a time; what all vote for becomes the draft.

The change is drawn among all other levels of all issues. Who loses L by it votes yes with probability exp(-L / T), T =
temperature (1 - t), t the share of the window that has passed; who loses nothing votes yes. At temperature 0 the
parties are hill climbers, and the draft never gets worse for anybody. After `votes` votes, counted over the meetings of
a negotiation, the draft is signed as soon as nobody values it below disagreement or its outside option, the best
alternative of Fisher and Ury. Who has an option better than disagreement waits for the draft to reach it as long as
votes are left, and leaves when none is, as far as it can tell. Votes count losses only: an option that the text reaches
changes nothing. Strategies play no part. On record is the draft after each vote, as nobody's offer.

Fisher and Ury 1981, Getting to Yes (one-text procedure); Raiffa 1982, The Art and Science of Negotiation (single
negotiating text); Klein, Faratin, Sayama and Bar-Yam 2003, Group Decision and Negotiation 12(2), 111-125 (mutations,
votes, annealing); the acceptance probability: Kirkpatrick, Gelatt and Vecchi 1983, Science 220, 671-680.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import NO_OFFER, Flags, Index
from tariffsim.negotiation.meeting import PROTOCOLS, Meeting, Outcome, Protocol
from tariffsim.negotiation.rounds import acceptable, put_on_record, who_leaves
from tariffsim.scenario.reading import spec

NEVER = 700.0  # exp(-700) is below every draw and still a number
NOBODY = -1


@PROTOCOLS.register("single_text")
@dataclass(frozen=True)
class SingleText(Protocol):
    """A mediator's draft, changed by votes."""

    meets: ClassVar[bool] = True
    source: ClassVar[str] = "Fisher and Ury 1981; Raiffa 1982; Klein, Faratin, Sayama, Bar-Yam 2003"

    temperature: float = spec("percent of GDP x years at the opening; 0 for hill climbers", low=0)
    votes: int = spec("votes before the draft can be signed", low=1)
    start: str = spec(
        "first draft: nearest to what is in force, or the middle level of each issue", choices=("status_quo", "middle")
    )

    def run(self, meeting: Meeting) -> Outcome:
        outcome, history = Outcome.none(meeting.worlds), meeting.history
        draft, allowed, rows = self._draft(meeting), acceptable(meeting), np.arange(meeting.worlds)
        held = ((history.mover == NOBODY) & (history.package >= 0)).sum(-1)
        open_, nothing = np.ones(meeting.worlds, dtype=bool), np.full((meeting.worlds, meeting.parties), NO_OFFER)
        for k in range(meeting.offers):
            changed = _changed(meeting.shape, draft, meeting.uniform("protocol", k))
            passed = self._passes(meeting, draft, changed, k)
            draft = np.where(open_ & passed, changed, draft)
            outcome, history = put_on_record(outcome, history, draft[:, None], np.full((len(rows), 1), NOBODY), open_)
            signed = open_ & (held + k + 1 >= self.votes) & allowed[rows, draft]
            outcome = outcome.settled(signed, draft)
            open_ &= ~signed
            over = open_ & (k == meeting.offers - 1) & (meeting.offers_left[:, k] <= 1)
            outcome = replace(outcome, left=np.where(over, who_leaves(meeting, nothing), outcome.left))
            open_ = open_ & (passed | ~meeting.breaks(slice(k, k + 1))[:, 0])
            if not open_.any():
                break
        return outcome

    def _draft(self, meeting: Meeting) -> Index:
        """Where the mediator starts (W,): from the last draft of this negotiation, if there is one."""
        if self.start == "middle":
            middle = np.ravel_multi_index([size // 2 for size in meeting.shape], meeting.shape)
            first = np.full(meeting.worlds, middle, dtype=np.int64)
        else:
            first = meeting.status_quo
        if not meeting.history.package.shape[1]:
            return first
        last = np.where(meeting.history.mover[:, -1] == NOBODY, meeting.history.package[:, -1], NO_OFFER)
        return np.where(last >= 0, last, first)

    def _passes(self, meeting: Meeting, draft: Index, changed: Index, k: int) -> Flags:
        """Whether (W,) all vote for the change; the draw of a vote is the party's own of this moment."""
        rows, passed = np.arange(meeting.worlds), np.ones(meeting.worlds, dtype=bool)
        warmth: Array = self.temperature * (1 - meeting.times[:, k])
        for side, sight in enumerate(meeting.sights):
            loss = np.maximum(sight.own[rows, draft] - sight.own[rows, changed], 0.0)
            cold = np.where(warmth > 0, np.minimum(loss, NEVER * warmth) / np.where(warmth > 0, warmth, 1.0), NEVER)
            passed &= (loss == 0) | (meeting.uniform(f"strategy/{side}", k) < np.exp(-cold))
        return passed


def _changed(shape: tuple[int, ...], draft: Index, uniform: Array) -> Index:
    """The draft (W,) with one issue at another level, every such change with the same probability."""
    others = np.array(shape) - 1
    if not others.sum():
        return draft
    pick = np.minimum((uniform * others.sum()).astype(np.int64), others.sum() - 1)
    issue = np.searchsorted(others.cumsum(), pick, side="right")
    levels = np.stack(np.unravel_index(draft, shape), axis=-1)
    now = np.take_along_axis(levels, issue[:, None], axis=-1)[:, 0]
    new = pick - (others.cumsum() - others)[issue]
    new = new + (new >= now)  # the level it has is left out
    strides = np.array([np.prod(shape[i + 1 :], dtype=np.int64) for i in range(len(shape))])
    return np.asarray(draft + (new - now) * strides[issue])
