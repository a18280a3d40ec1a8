"""What a solve is compared with: SciPy on the same equations, and the bare arithmetic of one solve."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from benchmarks._timing import best_seconds
from scipy.optimize import root

from tariffsim.economy import Economy
from tariffsim.economy.chord import DIRECTIONS
from tariffsim.economy.lanes import LANES, add_scaled, exp_lanes, log_lanes, multiply, sum_products
from tariffsim.economy.tile import MEMORY

from numba import njit  # isort: skip  (after lanes, which chooses the cache directory)

Array = npt.NDArray[np.float64]
Single = npt.NDArray[np.float32]
ROUNDS = 10


def by_scipy(economy: Economy, tariffs: Array) -> Array:
    """ln w, ln P and X / X0 by scipy.optimize.root, from the same start."""
    base = economy.primitives
    n, s = base.value_added_share.shape
    kernel = base.share * ((1.0 + tariffs) / (1.0 + base.tariffs)) ** -base.theta

    def gaps(z: Array) -> Array:
        ln_w, ln_p, x = z[:n], z[n : n + n * s].reshape(n, s), z[n + n * s :].reshape(n, s) * base.spending
        cost = base.value_added_share * ln_w[:, None] + np.einsum("ikj,ik->ij", base.io, ln_p)
        value = kernel * np.exp(-base.theta * cost)
        total = value.sum(axis=1)
        spent = value / total[:, None] * x[:, None]
        flows = spent / (1.0 + tariffs)
        output, value_added = flows.sum(axis=0), np.exp(ln_w) * base.value_added
        duties = (spent - flows).sum(axis=(1, 2))
        gdp = (value_added + duties).sum() / (base.value_added.sum() + base.revenue)
        income = value_added + duties + base.deficits * gdp
        new = base.final_share * income[:, None] + np.einsum("nkj,nj->nk", base.io, output)
        labour = (base.value_added_share * output).sum(axis=1) / value_added - 1.0
        labour[-1] = value_added.sum() / base.value_added.sum() - 1.0  # one market is redundant: the numeraire
        return np.concatenate(
            [labour, (-np.log(total) / base.theta - ln_p).ravel(), ((new - x) / base.spending).ravel()]
        )

    found = root(gaps, np.concatenate([np.zeros(n + n * s), np.ones(n * s)]), tol=1e-10)
    if not found.success:
        raise RuntimeError(f"scipy.optimize.root: {found.message}")
    return np.asarray(found.x)


@njit(nogil=True, error_model="numpy")
def _prices(cost: Array, inputs: Array, square: Array, market: Array) -> None:
    """Unit costs, their powers, sums over sources in every market, logs."""
    for i in range(market.shape[1]):
        multiply(cost[i], inputs, market[0, i])
    exp_lanes(market[0], market[1])
    for j in range(market.shape[2]):
        multiply(square, market[1, :, j], market[2, :, j])
    log_lanes(market[2], market[3])


@njit(nogil=True, error_model="numpy")
def _demand(square: Array, io: Array, market: Array) -> None:
    """Duties and output, what producers buy, what their workers are paid."""
    for j in range(market.shape[2]):
        multiply(square, market[1, :, j], market[0, :, j])
        for n in range(market.shape[1]):
            add_scaled(square[n], market[2, n, j : j + 1], market[3, :, j])
    for n in range(market.shape[1]):
        multiply(io[n], market[3, n], market[0, n])
        sum_products(io[n, 0], market[3, n], market[0, n, :1])


@njit(nogil=True, error_model="numpy")
def _blocks(near: Single, far: Single, wages: Single, response: Single, x: Single, out: Single) -> None:
    """The two blocks of prices and spending, wages, and what follows from wages."""
    regions, sectors, width = near.shape
    for _ in range(2):
        multiply(far, x[: regions * sectors], out[: width - sectors])
        for n in range(regions):
            multiply(near[n], x[:width], out[n * sectors : (n + 1) * sectors])
    multiply(wages, x, out[:regions])
    multiply(response, x[:regions], out)


@njit(nogil=True, error_model="numpy")
def _iterate(
    rounds: int,
    cost: Array,
    inputs: Array,
    square: Array,
    io: Array,
    market: Array,
    near: Single,
    far: Single,
    wages: Single,
    response: Single,
    x: Single,
    out: Single,
    past: Single,
    z: Array,
    sums: Array,
) -> None:
    """The arithmetic of `rounds` iterations of sixteen worlds."""
    for _ in range(rounds):
        _prices(cost, inputs, square, market)
        _prices(cost, inputs, square, market)
        _demand(square, io, market)
        _blocks(near, far, wages, response, x, out)
        for a in range(MEMORY):  # Anderson's method
            sum_products(past[0], past[a], sums)
            sum_products(past[a], z, sums)
            add_scaled(past[MEMORY + a], sums, z)


def arithmetic_seconds(regions: int, sectors: int, iterations: float) -> float:
    """Seconds a world of the multiply-adds, powers and logs of so many iterations, and of nothing else.

    They are those of `tariffsim.economy.kernel` without critical inputs where every importer's policy is the base
    year's: reading policies, whatever they add, checks and the moving of numbers come on top.
    """
    rng, n, s, v = np.random.default_rng(1), regions, sectors, regions * (1 + 2 * sectors)
    io, cost, inputs, square = (
        rng.random((n, s, s)),
        rng.random((n, s, s + 1)),
        rng.random((s + 1, LANES)),
        rng.random((n, n)),
    )
    market, z, sums = np.ones((4, n, s, LANES)), np.zeros((v, LANES)), np.zeros((1, LANES))
    single = [(n, s, s + DIRECTIONS), (DIRECTIONS, n * s), (n, n + n * s), (2 * n * s, n)]
    blocks = [rng.random(shape).astype(np.float32) for shape in single]
    rows = [np.zeros(shape, np.float32) for shape in ((n + n * s, LANES), (2 * n * s, LANES), (2 * MEMORY, v, LANES))]

    def work() -> None:
        _iterate(ROUNDS, cost, inputs, square, io, market, *blocks, *rows, z, sums)

    work()
    return best_seconds(work, 50) * iterations / (ROUNDS * LANES)
