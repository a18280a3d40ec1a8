"""The two pillars of GATT as numbers: how far a change of policy is from reciprocity, and tariffs from MFN treatment.

Bagwell and Staiger (1999), American Economic Review 89(1), 215-248: tariff changes conform to reciprocity if the value
of a country's imports rises by as much as the value of its exports, both at the world prices from before. With
balanced trade and two goods that is so exactly if world prices stay; with many goods constant world prices suffice
(Raimondos and Woodland 2011, Reciprocity, World Prices and Welfare, CESifo Working Paper 3607).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tariffsim.economy import Economy, Equilibrium
from tariffsim.errors import EconomyError
from tariffsim.instruments.base import Array


def reciprocity_gap(before: Equilibrium, after: Equilibrium) -> Array:
    """Change in the value of imports less that of exports at world prices of `before`: (..., N), percent of base GDP.

    World prices are what producers are paid, ch_ij, so a flow of M' is M' ch0/ch1 at the prices from before:

        gap_n = sum_{i != n, j} (M1_nij ch0_ij / ch1_ij - M0_nij) - sum_{m != n, j} (M1_mnj ch0_nj / ch1_nj - M0_mnj)

    Zero under reciprocity; with balanced trade, what the change of world prices is worth at the new flows: above zero
    where they have moved in a region's favour. In USD it adds up to zero over regions. Batch axes broadcast. Raises
    EconomyError if the two are not of one economy.
    """
    _same(before.economy, after.economy)
    away = ~np.eye(len(before.economy.regions), dtype=bool)[:, :, None]
    price = before.unit_cost / after.unit_cost
    change = (after.trade * price[..., None, :, :] - before.trade) * away
    imports, exports = change.sum(axis=(-2, -1)), change.sum(axis=(-3, -1))
    return np.asarray(100 * (imports - exports) / before.economy.value_added)


class MFNViolation(NamedTuple):
    """Percentage points, (..., N): `excess` over the most favoured supplier, `spread` around the average."""

    excess: Array
    spread: Array


def mfn_violation(economy: Economy, tariffs: npt.ArrayLike) -> MFNViolation:
    """How far applied `tariffs` (..., N, N, S), fractions, treat suppliers of one good differently.

    With w_nij the share of supplier i and good j in the base-year imports of n, over suppliers i != n of some of j:

        excess_n = 100 sum_ij w_nij (t_nij - min_i t_nij),   spread_n = 100 sum_ij w_nij |t_nij - mean_i t_nij|,

    the mean weighted by w. Both are 0 exactly where all suppliers of each good pay the same (MFN; GATT, Article I).
    What Article XXIV allows, free trade areas, counts as well. Raises EconomyError for a wrong shape.
    """
    rates = np.asarray(tariffs, dtype=np.float64)
    if rates.shape[-3:] != economy.flows.shape:
        raise EconomyError(f"tariffs have shape {rates.shape}, this economy asks for (..., {economy.flows.shape}).")
    away = ~np.eye(len(economy.regions), dtype=bool)[:, :, None]
    imports = economy.flows * away
    total, by_good = imports.sum(axis=(1, 2), keepdims=True), imports.sum(axis=1, keepdims=True)
    weight = np.divide(imports, total, out=np.zeros_like(imports), where=total > 0)
    within = np.divide(imports, by_good, out=np.zeros_like(imports), where=by_good > 0)
    lowest = np.where(imports > 0, rates, np.inf).min(axis=-2, keepdims=True)
    above = np.where(imports > 0, rates - np.where(np.isfinite(lowest), lowest, 0.0), 0.0)
    # deviations of `above`, not of the rates: the average of equal numbers may differ from them by rounding
    off = np.abs(above - (within * above).sum(axis=-2, keepdims=True))
    return MFNViolation(*(100 * (weight * x).sum(axis=(-2, -1)) for x in (above, off)))


def _same(one: Economy, two: Economy) -> None:
    if one.regions != two.regions or one.sectors != two.sectors or not np.array_equal(one.flows, two.flows):
        raise EconomyError("the two equilibria are of different economies: solve both on one.")
