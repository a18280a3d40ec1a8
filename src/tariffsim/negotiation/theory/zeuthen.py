"""Zeuthen's principle: whoever has more to lose from a breakdown gives way.

Both start from what is best for themselves. Side i's risk limit is the highest probability of breakdown that it would
run rather than accept the other's offer, (u_i(own) - u_i(other's)) / (u_i(own) - d_i). The lower one concedes, just
enough that its risk isn't the lower one any more; so it goes until one accepts. (Zeuthen 1930, "Problems of Monopoly
and Economic Warfare"; Harsanyi 1956, Econometrica 24(2), 144-157; as a protocol for machines: Rosenschein and Zlotkin
1994, "Rules of Encounter".)

Harsanyi's observation: risk_i <= risk_j iff the Nash product of i's offer is at most that of j's. So the path is
followed here on products, without division, and ends at the largest product exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import NO_OFFER, Index
from tariffsim.negotiation.theory.negotiation_set import NegotiationSet, checked_side, checked_table, negotiation_set


def risk(own: npt.ArrayLike, other: npt.ArrayLike, disagreement: npt.ArrayLike) -> Array:
    """Risk limit in [0, 1], elementwise, from one side's own values.

    own, other: value *to this side* of its own offer and of the other's; disagreement: of a breakdown. 0 where the
    other's offer is worth at least as much; 1 where the own offer isn't worth more than a breakdown: nothing to lose.
    """
    own, other, floor = (np.asarray(x, dtype=np.float64) for x in (own, other, disagreement))
    own, other, floor = np.broadcast_arrays(own, other, floor)
    at_stake = own - floor
    limit = np.ones(own.shape)
    np.divide(own - other, at_stake, out=limit, where=at_stake > 0)
    return np.asarray(np.where(other >= own, 0.0, np.clip(limit, 0.0, 1.0)))


@dataclass(frozen=True)
class ZeuthenPath:
    """The course of talks.

    offers (..., S + 1, 2): package that each side has on the table after 0 ... S concessions, S being the longest of
    the batch (others stay where they ended); concessions (...): how many were made; package (...): the agreement, or
    NO_OFFER where no package is worth at least the disagreement point to both.
    """

    offers: Index
    concessions: Index
    package: Index


def zeuthen_path(u: npt.ArrayLike, d: npt.ArrayLike, yields: npt.ArrayLike = 0) -> ZeuthenPath:
    """Follow Zeuthen's principle over the negotiation set of a table under complete information (`ZeuthenPath`).

    u (..., Q, 2), d (..., 2). The side with the lower risk makes the smallest concession after which its risk is at
    least the other's; at equal risks the side yields (...), 0 or 1, concedes. A rule is needed there: two offers of
    the same, maximal product tie; if both sides conceded they would only change places, if neither did they would part.
    The agreement has the largest Nash product; of several such, the best for the side that doesn't yield.

    Raises ConfigError if u hasn't two sides or yields is no side.
    """
    u, d = checked_table(u, d)
    batch = u.shape[:-2]
    tie = checked_side(yields, batch, "yields")
    table = negotiation_set((u - d[..., None, :]).reshape(-1, *u.shape[-2:]))
    places = _concede(table, tie)
    offers = np.take_along_axis(table.package[:, None, :], places, axis=-1)
    concessions = (places[:, 1:] != places[:, :-1]).any(-1).sum(-1)
    return ZeuthenPath(
        offers.reshape(*batch, *offers.shape[1:]), concessions.reshape(batch), offers[:, -1, 0].reshape(batch)
    )


def _concede(table: NegotiationSet, tie: Index) -> Index:
    """Places (W, S + 1, 2) of both offers in the negotiation set, until they meet."""
    inside = table.package != NO_OFFER
    product = np.where(inside, np.where(inside, table.gains, 0.0).prod(0), -np.inf)
    place = np.arange(product.shape[-1])
    now = np.stack([np.zeros_like(tie), np.maximum(inside.sum(-1) - 1, 0)], axis=-1)
    path = [now]
    while (now[:, 0] != now[:, 1]).any():
        stake = np.take_along_axis(product, now, axis=-1)
        mover = np.where(stake[:, 0] == stake[:, 1], tie, stake[:, 0] > stake[:, 1])
        wanted = np.where(mover == 0, stake[:, 1], stake[:, 0])
        between = (place >= now[:, :1]) & (place <= now[:, 1:]) & (place != np.take_along_axis(now, mover[:, None], 1))
        enough = between & (product >= wanted[:, None])
        nearest = np.where(mover == 0, enough.argmax(-1), len(place) - 1 - enough[:, ::-1].argmax(-1))
        talking = now[:, 0] != now[:, 1]
        now = np.where(talking[:, None] & (mover[:, None] == (0, 1)), nearest[:, None], now)
        path.append(now)
    return np.stack(path, axis=1)
