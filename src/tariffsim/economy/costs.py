"""Unit costs and cost shares at given wages and prices, in plain NumPy: what the kernel uses and does not store."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tariffsim.economy.primitives import Array, Primitives


class Costs(NamedTuple):
    """Costs of B worlds; by Shephard's lemma the shares are slopes of `log_cost`."""

    log_cost: Array  # (B, N, S) ln ch
    bill_share: Array  # (B, E) of each use of a critical input in the cost of its sector, in the order of entries
    rest_share: Array  # (B, N, S) b0: of everything else in cost; 1 without critical inputs


def unit_costs(
    base: Primitives, log_wages: Array, log_prices: Array, log_scarcity: Array, log_productivity: Array
) -> Costs:
    """Costs at ln wh (B, N), ln Ph (B, N, S), ln p (B, N, Z) and ln Ah (B or 1, N, S or 1s).

        ln cb_nj = gn_nj ln wh_n + sum_k Gn_kj ln Ph_nk - ln Ah_nj,

    then each critical input is joined by a CES of its own elasticity, in the order of `base.nodes.entries`
    (docs/explanation/model.md, critical inputs).
    """
    nodes, (regions, sectors) = base.nodes, base.value_added_share.shape
    log_cost = base.value_added_share * log_wages[:, :, None] + np.einsum("ikj,bik->bij", base.io, log_prices)
    log_cost = np.array(np.broadcast_to(log_cost - log_productivity, (len(log_wages), regions, sectors)))
    joined = np.zeros((len(log_wages), len(nodes.share)))  # beta: share in the cost of what is joined so far
    for rows in _runs(nodes.entries[:, 0]):
        z, n, j = nodes.entries[rows].T
        share, rho = nodes.share[rows], nodes.rho[z]
        relative = log_scarcity[:, n, z] + log_prices[:, n, nodes.sector[z]] - log_cost[:, n, j]
        dearer = share * np.expm1((1.0 - rho) * relative)  # written so that rho near 1 loses no digits
        unit = rho == 1.0
        power = np.log1p(dearer) / np.where(unit, 1.0, 1.0 - rho)
        log_cost[:, n, j] += np.where(unit, share * relative, power)
        joined[:, rows] = (share + dearer) / (1.0 + dearer)
    bill, rest = np.zeros_like(joined), np.ones_like(log_cost)
    for rows in reversed(_runs(nodes.entries[:, 0])):
        _, n, j = nodes.entries[rows].T
        bill[:, rows] = joined[:, rows] * rest[:, n, j]
        rest[:, n, j] *= 1.0 - joined[:, rows]
    return Costs(log_cost, bill, rest)


def _runs(node: npt.NDArray[np.int64]) -> list[slice]:
    """Stretches of entries of one critical input: within one, no sector of a region appears twice."""
    cuts = np.flatnonzero(np.diff(node)) + 1
    edges = [0, *cuts.tolist(), len(node)] if len(node) else []
    return [slice(a, b) for a, b in itertools.pairwise(edges)]
