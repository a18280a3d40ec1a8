"""MiCRO: go down the own ranking one package at a time, as long as the other keeps coming up with new ones.

m distinct packages made, n distinct ones heard. If m <= n the best package not yet made is proposed, unless it is worth
less than disagreement; otherwise one of those made before, each as likely. Accepted is what is worth at least
disagreement and the least that it is willing to propose: the next package where m <= n, else the last made. It reads
nothing of the other's values and has no parameters (de Jonge 2022). Of packages worth the same, first in the table is
first in the ranking.

A step an offer is slow: after N offers each has gone down N/2 packages, so two of them agree within N only on a package
among the N/2 + 1 best of both. On a table of many more packages than there are offers they hold out to the end. Given
time, two of them end at an optimal agreement in balanced domains (de Jonge 2024).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tariffsim.negotiation.bargaining import STRATEGIES, Flags, Index, OfferStrategy, TalkSight, value_of
from tariffsim.negotiation.behaviour import and_then
from tariffsim.negotiation.choosing import ever_said, pick


@STRATEGIES.register("micro")
@dataclass(frozen=True)
class Micro(OfferStrategy):
    """One step for every new offer."""

    sees: ClassVar[tuple[str, ...]] = ("own", "reservation", "made", "heard", "uniform")
    stochastic: ClassVar[bool] = True
    source: ClassVar[str] = (
        "de Jonge 2022, IJCAI 2022, 223-229; de Jonge 2024, Autonomous Agents and Multi-Agent Systems 38"
    )

    def propose(self, sight: TalkSight) -> Index:
        """A new package in reply to a new one, else one of those made before."""
        fresh, made, ready = _position(sight, sight.heard)
        again = made & (sight.own >= sight.reservation[:, None])
        return np.where(ready, fresh, pick(again, sight.uniform))

    def accepts(self, sight: TalkSight, offer: Index) -> Flags:
        """What is worth the least that it has proposed or would propose now."""
        fresh, made, ready = _position(sight, and_then(sight.heard, offer))
        lowest = np.where(made, sight.own, np.inf).min(-1)[:, None]
        floor = np.maximum(np.where(ready, value_of(sight.own, fresh), lowest), sight.reservation[:, None])
        return value_of(sight.own, offer) >= floor


def _position(sight: TalkSight, heard: Index) -> tuple[Index, Flags, Flags]:
    """The best package (W, 1) not made yet, which are made (W, Q), and whether (W, 1) a new one is due."""
    packages = sight.own.shape[1]
    made = ever_said(sight.made, packages)
    left = np.where(made | (sight.own < sight.reservation[:, None]), -np.inf, sight.own)
    due = (made.sum(-1) <= ever_said(heard, packages).sum(-1)) & (left.max(-1) > -np.inf)
    return left.argmax(-1)[:, None], made, due[:, None]
