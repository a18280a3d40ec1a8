"""Zeuthen: whoever has more to lose from a breakdown concedes, just enough to have less to lose than the other.

risk_i = (g_i(x_i) - g_i(x_j)) / g_i(x_i), with g the gain over disagreement, x_i the own last offer and x_j the
other's. It opens with its best package of the negotiation set (undominated, and worth at least disagreement to both)
and concedes iff its risk is at most the other's: to the best for itself of the packages after which the other has to
concede (Rosenschein and Zlotkin's minimal sufficient concession). By Harsanyi's observation risk_i <= risk_j iff
g_i(x_i) g_j(x_i) <= g_i(x_j) g_j(x_j), so products are compared and nothing is divided. Accepted is what is worth at
least the own next offer. Two of them end at the largest product of gains if they see the same values and have time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import NO_OFFER, STRATEGIES, Flags, Index, OfferStrategy, TalkSight, value_of
from tariffsim.negotiation.behaviour import and_then, said_ago
from tariffsim.negotiation.theory.negotiation_set import NegotiationSet, negotiation_set


@STRATEGIES.register("zeuthen")
@dataclass(frozen=True)
class Zeuthen(OfferStrategy):
    """Concede while the own risk limit is the lower one."""

    sees: ClassVar[tuple[str, ...]] = ("own", "other", "reservation", "other_reservation", "made", "heard")
    stochastic: ClassVar[bool] = False
    source: ClassVar[str] = (
        "Zeuthen 1930, Problems of Monopoly and Economic Warfare; Harsanyi 1956, Econometrica 24(2), 144-157; "
        "Rosenschein, Zlotkin 1994, Rules of Encounter"
    )

    def propose(self, sight: TalkSight) -> Index:
        """The last offer again, or the smallest concession that hands the next one to the other side."""
        return _demand(_gains(sight), sight.made, sight.heard)

    def accepts(self, sight: TalkSight, offer: Index) -> Flags:
        """What is worth at least what it would propose in reply."""
        gains = _gains(sight)
        reply = _demand(gains, sight.made, and_then(sight.heard, offer))
        return value_of(gains[0], offer) >= value_of(gains[0], reply)


def _gains(sight: TalkSight) -> Array:
    """Own and the other's gains (2, W, Q) over disagreement."""
    return np.stack([sight.own - sight.reservation[:, None], sight.other - sight.other_reservation[:, None]])


def _demand(gains: Array, made: Index, heard: Index) -> Index:
    """Package (W, 1) to propose after what has been made and heard."""
    table = negotiation_set(np.moveaxis(gains, 0, -1))
    inside = table.package != NO_OFFER
    product = np.where(inside, np.where(inside, table.gains, 0.0).prod(0), -np.inf)
    place = _place(table, gains[0], said_ago(made, 1))
    theirs, its_product = _theirs(table, product, gains, said_ago(heard, 1))
    further = inside & (np.arange(inside.shape[1]) > place)
    enough = further & (table.gains[0] >= theirs) & (product >= its_product)
    yields = (said_ago(made, 1) != NO_OFFER) & (np.take_along_axis(product, place, -1) <= its_product)
    place = np.where(yields & enough.any(-1, keepdims=True), enough.argmax(-1)[:, None], place)
    return np.take_along_axis(table.package, place, axis=-1)


def _place(table: NegotiationSet, own: Array, last: Index) -> Index:
    """Place (W, 1) in the set of the own last offer, or of the next better one; 0 before the first."""
    level = np.where(last == NO_OFFER, np.inf, value_of(own, last))
    return np.asarray(np.maximum((table.gains[0] >= level).sum(-1) - 1, 0)[:, None])


def _theirs(table: NegotiationSet, product: Array, gains: Array, last: Index) -> tuple[Array, Array]:
    """Own gain and product of gains (W, 1) of the other's last offer; before the first, of its best in the set."""
    worst = np.maximum((table.package != NO_OFFER).sum(-1) - 1, 0)[:, None]
    own, other = (value_of(side, last) for side in gains)
    heard = last != NO_OFFER
    return (
        np.where(heard, own, np.take_along_axis(table.gains[0], worst, -1)),
        np.where(heard, np.maximum(own, 0.0) * np.maximum(other, 0.0), np.take_along_axis(product, worst, -1)),
    )
