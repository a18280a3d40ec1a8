"""What a deal is worth: gains over disagreement, and how far it is from what bargaining theory would pick."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import NO_OFFER, Flags, Index
from tariffsim.negotiation.solutions import distances, values_at


@dataclass(frozen=True, eq=False)
class Judged:
    """Deals in G games and W worlds, by the values of W worlds' tables.

    package (G, W), -1 without a deal; gain (G, W, 2) over disagreement, percent of GDP x years, 0 without a deal; ideal
    (W, 2): most each party gains from a package that neither values below disagreement; efficiency (G, W): sum of gains
    over the largest sum of such a package, 0 without a deal, NaN where nobody can gain; front, nash (G, W): distance to
    the nearest efficient package and to Nash's, gains in units of ideal gains, NaN without a deal.
    """

    package: Index
    gain: Array
    ideal: Array
    efficiency: Array
    front: Array
    nash: Array


def judge(u: Array, d: Array, package: Index) -> Judged:
    """Judge the deals `package` (G, W) by values `u` (W, Q, 2) and disagreement `d` (W, 2)."""
    gains = u - d[:, None, :]
    allowed = np.asarray((gains >= 0).all(-1))
    ideal = np.where(allowed[..., None], gains, 0.0).max(1)
    deal = package >= 0
    gain = np.where(deal[..., None], np.stack([values_at(gains, row) for row in package]), 0.0)
    efficiency, front, nash = _measured(u, d, package)
    possible = np.where(allowed, gains.sum(-1), 0.0).max(-1) > 0
    efficiency = np.where(deal, efficiency, np.where(possible, 0.0, np.nan))
    return Judged(package, gain, ideal, efficiency, front, nash)


def _measured(u: Array, d: Array, package: Index) -> tuple[Array, Array, Array]:
    """Efficiency and distances (G, W); each deal that a world has seen is measured once, on the packages that count."""
    told = np.zeros((len(u), u.shape[1]), dtype=bool)
    for row in package:
        worlds = np.flatnonzero(row >= 0)
        told[worlds, row[worlds]] = True
    kept = _leftmost(told | np.asarray((u >= d[:, None, :]).all(-1)))
    few = np.take_along_axis(u, kept[..., None], axis=1)
    place = np.zeros(told.shape, dtype=np.int64)
    np.put_along_axis(place, kept[:, ::-1], np.arange(kept.shape[1])[::-1][None].repeat(len(u), 0), axis=1)
    table = np.full((3, *told.shape), np.nan)
    worlds = np.arange(len(u))
    for column in _leftmost(told).T if told.any() else ():
        found = distances(few, d, np.where(told[worlds, column], place[worlds, column], NO_OFFER))
        for k, values in enumerate((found.efficiency, found.front, found.nash)):
            table[k, worlds, column] = values
    at = np.where(package >= 0, table[:, worlds, np.maximum(package, 0)], np.nan)
    return at[0], at[1], at[2]


def _leftmost(mask: Flags) -> Index:
    """Places (W, K) of what is set in `mask` (W, Q), K the most in any world; shorter rows repeat their first place."""
    most = max(int(mask.sum(-1).max()), 1)
    order = np.argsort(~mask, axis=-1, kind="stable")[:, :most]
    return np.where(np.take_along_axis(mask, order, axis=-1), order, order[:, :1])
