"""The inverses that one chord step uses: the model's Jacobian at one point, block by block.

Order of elimination: prices given wages, spending given prices and wages, then wages. What regions do to
themselves is kept whole, what they do to one another in its few strongest directions: that costs a ninth
of the full matrices and a twentieth more steps. No BLAS: its results may depend on the number of threads,
and these blocks steer the last bits of every solve.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tariffsim.economy.costs import Costs, unit_costs
from tariffsim.economy.numba_cache import CACHE
from tariffsim.economy.primitives import Array, Primitives

from numba import njit  # isort: skip  (the cache directory must be chosen first)

Single = npt.NDArray[np.float32]
SUBSPACE_STEPS = 3
DIRECTIONS = 8  # at the base year: with none it takes eleven steps instead of eight and a half, with all eight


class Block(NamedTuple):
    """A matrix (NS, NS) as its blocks of one region each plus a matrix of rank R, left @ right."""

    near: Single  # (N, S, S+R) block of the region, and its rows of left
    far: Single  # (R, NS) right


class Chord(NamedTuple):
    """Float32: they steer the iteration, they do not enter the equations."""

    prices: Block  # (I - dlnP/dlnP)^-1
    spending: Block  # (I - dX/dX)^-1, spending relative to the base year's
    wages: Single  # (N, N + NS) d ln w per labour gap and per spending step
    response: Single  # (2 NS, N) d (ln P, X) per d ln w


class Technology(NamedTuple):
    """How costs and purchases depend on wages, prices and output at one point, critical inputs included."""

    wage: Array  # (N, S) d ln c / d ln w, also the share of output paid as wages
    io: Array  # (N, S, S) [n, k, j] d ln c_j / d ln P_k
    purchases: Array  # (N, S, S) spending on k per unit of output j: io without scarcity rents


def technology(base: Primitives, costs: Costs, log_scarcity: Array) -> Technology:
    """Of one world with scarcity prices ln p (N, Z)."""
    nodes, bill_share, rest = base.nodes, costs.bill_share[0], costs.rest_share[0]
    io, purchases = (base.io * rest[:, None] for _ in range(2))
    z, n, j = nodes.entries.T
    worth = np.where(nodes.lost[z], 1.0, np.exp(-log_scarcity[n, z]))
    np.add.at(io, (n, nodes.sector[z], j), bill_share)
    np.add.at(purchases, (n, nodes.sector[z], j), bill_share * worth)
    return Technology(base.value_added_share * rest, io, purchases)


def base_chord(base: Primitives, directions: int = DIRECTIONS) -> Chord:
    """The blocks at the base year; some ten milliseconds for 16 x 20."""
    (n, s), inputs = base.spending.shape, base.nodes.normal.shape
    costs = unit_costs(base, np.zeros((1, n)), np.zeros((1, n, s)), np.zeros((1, *inputs)), np.zeros((1, 1, 1)))
    return make_chord(base, technology(base, costs, np.zeros(inputs)), base.spending, directions)


def make_chord(point: Primitives, tech: Technology, unit: Array, directions: int) -> Chord:
    """The blocks at one equilibrium `point`; `unit` (N, S) is what spending is measured in, million USD.

    `directions`: rank of what is kept of the effects of regions on one another.
    """
    n, s = point.value_added_share.shape
    size = n * s
    price, price_wage = _price_blocks(point, tech)
    price_inverse = inverse(np.eye(size) - price)
    p_u = np.einsum("ab,bu->au", price_inverse, price_wage)  # d ln P / d ln w once all prices have adjusted
    output_x, output_u, take_x, take_u = _sales_blocks(point, tech, p_u)
    measure = np.divide(unit, point.spending, out=np.zeros((n, s)), where=point.spending > 0.0).reshape(-1)
    output_x, take_x = output_x * measure, take_x * measure
    income_x, income_u = _income_blocks(point, take_x, take_u)
    scale = np.divide(1.0, unit, out=np.zeros((n, s)), where=unit > 0.0)
    spending_inverse = inverse(np.eye(size) - _demand(point, tech, scale, output_x, income_x))
    x_u = np.einsum("ab,bu->au", spending_inverse, _demand(point, tech, scale, output_u, income_u))
    paid = tech.wage[:, :, None] / point.value_added[:, None, None]
    labour_x = (paid * output_x.reshape(n, s, size)).sum(axis=1)
    labour_u = (paid * output_u.reshape(n, s, n)).sum(axis=1) - np.eye(n)
    numeraire = np.outer(np.ones(n), point.value_added) / point.value_added.sum()
    gain = -inverse(labour_u + np.einsum("nx,xu->nu", labour_x, x_u) - numeraire)
    wages = np.concatenate([gain, np.einsum("nm,mx->nx", gain, labour_x)], axis=1)
    response = np.concatenate([p_u, x_u])
    prices, spending = (_split(matrix, n, min(directions, size)) for matrix in (price_inverse, spending_inverse))
    return Chord(prices, spending, _single(wages), _single(response))


def _single(array: Array) -> Single:
    return np.ascontiguousarray(array, np.float32)


def _split(matrix: Array, regions: int, directions: int) -> Block:
    """Blocks of one region each, and the strongest directions of the rest, by subspace iteration."""
    size, s = len(matrix), len(matrix) // regions
    own = np.arange(regions)
    parts = matrix.reshape(regions, s, regions, s).copy()
    near = parts[own, :, own].copy()
    parts[own, :, own] = 0.0
    rest = parts.reshape(size, size)
    found = np.cos(np.outer(np.arange(size), np.arange(1, directions + 1)))  # any start will do
    for _ in range(SUBSPACE_STEPS):
        found = _orthonormal(np.einsum("ab,bk->ak", rest, found))
        found = _orthonormal(np.einsum("ba,bk->ak", rest, found))
    left = _orthonormal(np.einsum("ab,bk->ak", rest, found))
    right = np.einsum("ak,ab->kb", left, rest)
    near = np.concatenate([near, left.reshape(regions, s, directions)], axis=2)
    return Block(_single(near), _single(right))


def _orthonormal(columns: Array) -> Array:
    """Gram and Schmidt; a column that adds nothing becomes zero."""
    result = columns.copy()
    for k in range(columns.shape[1]):
        size = np.sqrt((result[:, k] ** 2).sum())
        for before in range(k):
            result[:, k] -= (result[:, before] * result[:, k]).sum() * result[:, before]
        left = np.sqrt((result[:, k] ** 2).sum())
        result[:, k] = result[:, k] / left if left > 1e-12 * size else 0.0
    return result


@njit(nogil=True, cache=CACHE, error_model="numpy")
def inverse(matrix: Array) -> Array:
    """Inverse by Gauss and Jordan with row pivots; a singular matrix gives infinities."""
    size = matrix.shape[0]
    left, right = matrix.copy(), np.eye(size)
    for c in range(size):
        pivot = c + np.argmax(np.abs(left[c:, c]))
        if pivot != c:
            for k in range(size):
                left[c, k], left[pivot, k] = left[pivot, k], left[c, k]
                right[c, k], right[pivot, k] = right[pivot, k], right[c, k]
        scale = 1.0 / left[c, c]
        for k in range(size):
            left[c, k] *= scale
            right[c, k] *= scale
        for r in range(size):
            factor = left[r, c]
            if r != c and factor != 0.0:
                for k in range(c, size):
                    left[r, k] -= factor * left[c, k]
                for k in range(size):
                    right[r, k] -= factor * right[c, k]
    return right


def _price_blocks(base: Primitives, tech: Technology) -> tuple[Array, Array]:
    """d ln P (NS) by ln P (NS) and by ln w (N): pi times the cost shares of the source."""
    n, s = base.value_added_share.shape
    by_price = np.einsum("nij,ikj->njik", base.share, tech.io).reshape(n * s, n * s)
    by_wage = np.einsum("nij,ij->nji", base.share, tech.wage).reshape(n * s, n)
    return by_price, by_wage


def _sales_blocks(base: Primitives, tech: Technology, p_u: Array) -> tuple[Array, Array, Array, Array]:
    """dY (NS) and d duties (N) by relative spending (NS) and by ln w (N)."""
    n, s = base.value_added_share.shape
    q = p_u.reshape(n, s, n)  # of market (n, j), by wage
    cost = np.einsum("ikj,iku->iju", tech.io, q)
    cost += tech.wage[:, :, None] * np.eye(n)[:, None]
    flows, take = base.flows, base.share * base.spending[:, None] - base.flows
    theta = base.theta[:, None]
    output_x = np.einsum("nij,jl->ijnl", flows, np.eye(s)).reshape(n * s, n * s)
    output_u = theta * (np.einsum("nij,nju->iju", flows, q) - flows.sum(axis=0)[:, :, None] * cost)
    take_x = np.einsum("nij,nm->nmj", take, np.eye(n)).reshape(n, n * s)
    take_u = np.einsum("nij,j,nju->nu", take, base.theta, q) - np.einsum("nij,j,iju->nu", take, base.theta, cost)
    return output_x, output_u.reshape(n * s, n), take_x, take_u


def _income_blocks(base: Primitives, take_x: Array, take_u: Array) -> tuple[Array, Array]:
    """dI (N) by relative spending and by ln w, with D' by the closure."""
    income_x, income_u = take_x.copy(), take_u + np.diag(base.value_added)
    if base.closure == 0:
        scale = base.deficits / (base.value_added.sum() + base.revenue)
        income_x += np.outer(scale, take_x.sum(axis=0))
        income_u += np.outer(scale, take_u.sum(axis=0) + base.value_added)
    elif base.closure == 3:
        share = base.value_added / base.value_added.sum()
        income_u += np.diag(base.deficits) - np.outer(share, base.deficits)
    return income_x, income_u


def _demand(base: Primitives, tech: Technology, scale: Array, output: Array, income: Array) -> Array:
    """d spending relative to the base year's: final by income, intermediate by output."""
    n, s = base.value_added_share.shape
    change = base.final_share[:, :, None] * income[:, None]
    change = change + np.einsum("nkj,njx->nkx", tech.purchases, output.reshape(n, s, -1))
    return np.asarray((scale[:, :, None] * change).reshape(n * s, -1))
