"""Alternating offers: the parties propose in turns; a refusal may break up the meeting.

Rubinstein 1982, Econometrica 50(1), 97-109, with a risk of breakdown after each refusal (Binmore, Rubinstein and
Wolinsky 1986, RAND Journal of Economics 17(2), 176-188); here the meeting ends, the negotiation may go on at the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tariffsim.negotiation.bargaining import NO_OFFER
from tariffsim.negotiation.meeting import PROTOCOLS, Meeting, Outcome, Protocol
from tariffsim.scenario.reading import spec


@PROTOCOLS.register("alternating_offers")
@dataclass(frozen=True)
class AlternatingOffers(Protocol):
    """Offers in turns, at most `Meeting.offers` of them."""

    meets: ClassVar[bool] = True
    source: ClassVar[str] = "Rubinstein 1982; Binmore, Rubinstein, Wolinsky 1986"

    breakdown: float = spec("probability per refused offer", low=0, high=1)

    def run(self, meeting: Meeting) -> Outcome:
        outcome = Outcome.none(len(meeting.first))
        open_ = np.ones(len(meeting.first), dtype=bool)
        for k in range(meeting.offers):
            sights = meeting.sights(k)
            mover = (meeting.first + k) % 2
            offers = [s.propose(view) for s, view in zip(meeting.strategies, sights, strict=True)]
            offer = np.where(mover == 0, offers[0], offers[1])
            answers = [s.accepts(view, offer) for s, view in zip(meeting.strategies, sights, strict=True)]
            accepted = open_ & (offer != NO_OFFER) & np.where(mover == 0, answers[1], answers[0])
            outcome = Outcome(
                outcome.agreed | accepted,
                np.where(accepted, offer, outcome.package),
                np.where(accepted, mover, outcome.proposer),
            )
            open_ = open_ & ~accepted & (meeting.uniform(k) >= self.breakdown)
        return outcome
