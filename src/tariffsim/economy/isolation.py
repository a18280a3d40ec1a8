"""Worlds that cannot have an equilibrium: regions cut off from the rest that still owe or are owed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tariffsim.economy.primitives import CLOSURES, Policies, Primitives

NEGLIGIBLE = 1e-9  # of a region's value added


def without_equilibrium(base: Primitives, policies: Policies) -> npt.NDArray[np.bool_]:
    """(worlds,) True where embargoes isolate regions whose deficits do not add up to zero.

    Border imports minus border exports of regions that trade only among themselves are zero, so no
    wages can deliver D'. (Under `value_added_share` only at wages of zero outside, or by coincidence.)
    """
    closed = np.zeros(policies.worlds, dtype=bool)
    if CLOSURES[base.closure] == "balanced" or not _embargoes(base, policies):
        return closed
    open_cells = (policies.kernel > 0.0) & ((policies.cap > 0.0) | (base.share == 0.0))
    linked = open_cells.any(axis=-1)
    linked = linked | linked.swapaxes(-1, -2) | np.eye(base.value_added.size, dtype=bool)
    for _ in range(int(np.ceil(np.log2(base.value_added.size))) + 1):
        linked = (linked[:, :, :, None] & linked[:, None]).any(axis=2)
    owed = np.where(linked, base.deficits, 0.0).sum(axis=-1)
    size = np.where(linked, base.value_added, 0.0).sum(axis=-1)
    return np.asarray(closed | (np.abs(owed) > NEGLIGIBLE * size).any(axis=-1))


def _embargoes(base: Primitives, policies: Policies) -> bool:
    """Is there any cell with trade in the base year that may have none now?"""
    return bool(np.any((policies.kernel == 0.0) & (base.share > 0.0)) or np.any(policies.cap == 0.0))
