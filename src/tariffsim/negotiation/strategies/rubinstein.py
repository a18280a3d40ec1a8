"""Rubinstein: subgame-perfect alternating offers until the deadline, as if both sides knew each other's values.

A refusal is worth b + delta (V - b) to a side, V being what the talks are worth to it at the next offer, and b after
the last; an outside option that is worth more is taken instead. b = D + c / (1 - delta) is disagreement with an inside
option of c per offer, for as long as nothing is agreed (without cost of delay, delta = 1, c has no finite value and is
left out). Proposed is the best package for itself that is worth a refusal to the other; accepted what is worth a
refusal to itself, and not less than D. Backward induction: `tariffsim.negotiation.theory.finite_game`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tariffsim.negotiation.bargaining import STRATEGIES, Flags, Index, OfferStrategy, TalkSight, impasse, value_of
from tariffsim.negotiation.theory.finite_game import SubgamePerfect, backward_induction


@STRATEGIES.register("rubinstein")
@dataclass(frozen=True)
class Rubinstein(OfferStrategy):
    """Ask for what the other's cost of waiting allows."""

    sees: ClassVar[tuple[str, ...]] = (
        "own",
        "other",
        "reservation",
        "other_reservation",
        "outside",
        "other_outside",
        "inside",
        "other_inside",
        "discount",
        "other_discount",
        "offers_left",
    )
    stochastic: ClassVar[bool] = False
    source: ClassVar[str] = (
        "Rubinstein 1982, Econometrica 50(1), 97-109; with a deadline: Stahl 1972, Bargaining Theory; outside and "
        "inside options: Muthoo 1999, Bargaining Theory with Applications, chapters 5 and 6"
    )

    def propose(self, sight: TalkSight) -> Index:
        """What subgame-perfect play proposes with so many offers left."""
        now = sight.offers_left.max() - sight.offers_left
        rows = np.arange(len(now))[:, None]
        return np.asarray(_play(sight).package[now % 2, rows, now])

    def accepts(self, sight: TalkSight, offer: Index) -> Flags:
        """What is worth a refusal, after which it would make the next offer."""
        after = sight.offers_left.max() - sight.offers_left + 1
        rows = np.arange(len(after))[:, None]
        base = impasse(sight.reservation, sight.inside, sight.discount)[:, None]
        ahead = _play(sight).value[after % 2, rows, after, 0] - base
        refusal = np.maximum(sight.discount[:, None] * ahead, sight.outside[:, None] - base)
        worth = value_of(sight.own, offer)
        return np.asarray((worth - base >= refusal) & (worth >= sight.reservation[:, None]))


def _play(sight: TalkSight) -> SubgamePerfect:
    """Play (2, W, ...) over the longest time left, opened by itself (0) or by the other side (1); it is side 0."""
    values = np.stack([sight.own, sight.other], axis=-1)
    floor = np.stack([sight.reservation, sight.other_reservation], axis=-1)
    agreeable = (values >= floor[:, None, :]).all(-1, keepdims=True)
    base = (
        impasse(sight.reservation, sight.inside, sight.discount),
        impasse(sight.other_reservation, sight.other_inside, sight.other_discount),
    )
    shape = (2, len(values))
    return backward_induction(
        np.broadcast_to(np.where(agreeable, values, -np.inf), (*shape, *values.shape[1:])),
        np.stack(base, axis=-1),
        np.stack([sight.discount, sight.other_discount], axis=-1),
        int(sight.offers_left.max()),
        np.broadcast_to(np.array([[0], [1]]), shape),
        np.stack([sight.outside, sight.other_outside], axis=-1),
    )
