"""Random: propose any package not worth less than disagreement, each as likely, and accept such offers by lot.

x uniform on {x: V(x) >= D}; an offer x with V(x) >= D is accepted with probability p. A floor for comparisons: the
random walker of Hindriks, Jonker and Tykhonov 2007, with the probability of acceptance of NegMAS's RandomNegotiator,
which may also end the talks; this one does not. One draw a moment decides on both, as who proposes isn't asked to
accept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tariffsim.negotiation.bargaining import STRATEGIES, Drawn, Flags, Index, OfferStrategy, TalkSight, value_of
from tariffsim.negotiation.choosing import pick
from tariffsim.scenario.reading import spec


@STRATEGIES.register("random")
@dataclass(frozen=True)
class Random(OfferStrategy):
    """Propose and accept by lot."""

    sees: ClassVar[tuple[str, ...]] = ("own", "reservation", "uniform")
    stochastic: ClassVar[bool] = True
    source: ClassVar[str] = (
        "Hindriks, Jonker, Tykhonov 2007, Negotiation Dynamics, IEEE/WIC/ACM International Conference on Intelligent "
        "Agent Technology; Mohammad, Nakadai, Greenwald 2021, PRIMA 2020, 343-351 (NegMAS)"
    )

    acceptance: Drawn = spec("p, probability of accepting what isn't worth less than disagreement", low=0, high=1)

    def propose(self, sight: TalkSight) -> Index:
        """Any package not worth less than disagreement."""
        return pick(sight.own >= sight.reservation[:, None], sight.uniform)

    def accepts(self, sight: TalkSight, offer: Index) -> Flags:
        """By lot, if it isn't worth less than disagreement."""
        chance = np.asarray(self.acceptance, dtype=np.float64).reshape(-1, 1)
        return (value_of(sight.own, offer) >= sight.reservation[:, None]) & (sight.uniform < chance)
