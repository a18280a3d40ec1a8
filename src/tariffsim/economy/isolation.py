"""Worlds that cannot have an equilibrium: markets without a source, regions cut off with debts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tariffsim.economy.primitives import CLOSURES, Policies, Primitives

NEGLIGIBLE = 1e-9  # of a region's value added


def without_equilibrium(base: Primitives, policies: Policies) -> npt.NDArray[np.bool_]:
    """(worlds,) True where embargoes leave a market without any source, or isolate regions in debt.

    Border imports minus border exports of regions that trade only among themselves are zero, so no
    wages can deliver deficits that do not add up to zero among them. (Under `value_added_share` only
    wages of zero outside could, or a coincidence.)
    """
    hopeless = np.zeros(policies.worlds, dtype=bool)
    if not (np.isinf(policies.iceberg).any() or (policies.cap == 0.0).any()):
        return hopeless
    open_cells = (base.share > 0.0) & ~np.isinf(policies.iceberg) & (policies.cap > 0.0)
    empty = ((base.spending > 0.0) & ~open_cells.any(axis=2)).any(axis=(1, 2))
    if CLOSURES[base.closure] == "balanced":
        return np.asarray(hopeless | empty)
    linked = _linked(np.asarray(open_cells.any(axis=-1)))
    owed = np.where(linked, base.deficits, 0.0).sum(axis=-1)
    size = np.where(linked, base.value_added, 0.0).sum(axis=-1)
    return np.asarray(hopeless | empty | (np.abs(owed) > NEGLIGIBLE * size).any(axis=-1))


def _linked(trade: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """(worlds, N, N) True where two regions are connected by trade, directly or through others."""
    regions = trade.shape[-1]
    linked: npt.NDArray[np.bool_] = trade | trade.swapaxes(-1, -2) | np.eye(regions, dtype=bool)
    for _ in range(int(np.ceil(np.log2(regions))) + 1):
        linked = np.asarray((linked[:, :, :, None] & linked[:, None]).any(axis=2))
    return linked
