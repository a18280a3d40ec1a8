"""One equilibrium of the shipped economy: milliseconds in a batch, against the tests' oracle and SciPy in the same run.

Policies: US add-ons of 0-30 points on everybody, 0-145 more on China, Chinese add-ons of 0-125 on the US, all goods.
Everything starts cold and ends at 1e-10. Ratios, because absolute times differ between machines; the last line says
how far the time is from the bare arithmetic of one solve. Run from the checkout: python -m benchmarks.solve [worlds]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import root

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the oracle lives with the tests

from tests.oracle import Shock, solve_plainly

from tariffsim.economy import Economy, Wedges, compile_kernel, solve
from tariffsim.economy.lanes import LANES, exp_lanes, log_lanes, multiply, sum_products
from tariffsim.economy.loading import load_economy

from numba import njit  # isort: skip

Array = npt.NDArray[np.float64]
REPEATS = 5
ITERATIONS = 8


def policies(economy: Economy, worlds: int, seed: int = 7) -> Array:
    """(worlds, N, N, S) tariff levels; the last sector, services, pays none."""
    rng = np.random.default_rng(seed)
    tariffs = np.repeat(economy.tariffs[None], worlds, axis=0)
    usa, china = economy.region_index("USA"), economy.region_index("CHN")
    goods = slice(0, len(economy.sectors) - 1)
    tariffs[:, usa, :, goods] += rng.uniform(0.0, 0.30, (worlds, 1, 1))
    tariffs[:, usa, usa] = economy.tariffs[usa, usa]
    tariffs[:, usa, china, goods] += rng.uniform(0.0, 1.45, (worlds, 1))
    tariffs[:, china, usa, goods] += rng.uniform(0.0, 1.25, (worlds, 1))
    return tariffs


def best_seconds(work: Callable[[], object], repeats: int = REPEATS) -> float:
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def by_scipy(economy: Economy, tariffs: Array) -> bool:
    """The same equations in ln w, ln P and X / X0, handed to scipy.optimize.root from the same start."""
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

    start = np.concatenate([np.zeros(n + n * s), np.ones(n * s)])
    return bool(root(gaps, start, tol=1e-10).success)


@njit(nogil=True, error_model="numpy")
def arithmetic(
    rounds: int,
    cost: Array,
    inputs: Array,
    cells: Array,
    weight: Array,
    market: Array,
    square: npt.NDArray[np.float32],
    single: npt.NDArray[np.float32],
    out: npt.NDArray[np.float32],
) -> None:
    """The multiply-adds and powers of `rounds` iterations of 16 worlds, and nothing else."""
    n, s = market.shape[1], market.shape[2]
    for _ in range(rounds):
        for _ in range(2):
            for i in range(n):
                multiply(cost[i], inputs, market[0, i])
            exp_lanes(market[0], market[1])
            for i in range(n):
                for j in range(s):
                    sum_products(cells[i, j], weight[:, j], market[3, i, j : j + 1])
            log_lanes(market[3], market[1])
        for _ in range(2):
            for i in range(n):
                for j in range(s):
                    sum_products(cells[i, j], weight[:, j], market[3, i, j : j + 1])
        multiply(square, single, out)
        multiply(square, single, out)


def arithmetic_seconds(n: int, s: int) -> float:
    """Seconds a world of the arithmetic alone."""
    rng = np.random.default_rng(1)
    cells, weight = rng.random((n, s, n, LANES)), rng.random((n, s, LANES))
    square = rng.random((n * s, n * s)).astype(np.float32)
    single, out = np.zeros((2, n * s, LANES), np.float32)
    parts = (rng.random((n, s, s + 1)), rng.random((s + 1, LANES)), cells, weight, np.ones((4, n, s, LANES)))

    def work() -> None:
        arithmetic(ITERATIONS, *parts, square, single, out)

    work()
    return best_seconds(work, 20) / LANES


def main(worlds: int) -> None:
    """Print the table."""
    began = time.perf_counter()
    compile_kernel()
    print(f"compilation or loading it from the cache {time.perf_counter() - began:8.2f} s")
    economy = load_economy()
    n, s = len(economy.regions), len(economy.sectors)
    tariffs = policies(economy, worlds)
    answer = solve(economy, tariffs)
    ones, none = np.ones_like(economy.flows), np.full_like(economy.flows, np.inf)
    shock = Shock(tariffs[0], 0.0 * ones, ones, np.ones((n, s)), none)
    ours = best_seconds(lambda: solve(economy, tariffs)) / worlds
    two = best_seconds(lambda: solve(economy, tariffs, threads=2)) / worlds
    alone = best_seconds(lambda: solve(economy, tariffs[0]))
    capped = np.where(np.arange(worlds)[:, None, None, None] % 2 == 0, 0.7, np.inf) * ones
    capped[:, np.arange(n), np.arange(n)] = np.inf
    capped[:, 2:] = np.inf  # caps on all imports of the first two regions, in half of the worlds
    rationed = best_seconds(lambda: solve(economy, wedges=Wedges(tariffs, rations=capped)), 2) / worlds
    oracle = best_seconds(lambda: solve_plainly(economy, shock, tol=1e-10), 1)
    scipy = best_seconds(lambda: by_scipy(economy, tariffs[0]), 1)
    floor = arithmetic_seconds(n, s)
    print(f"{worlds} policies, {n} x {s}: {int((~answer.converged).sum())} not converged, "
          f"{answer.iterations.mean():.1f} iterations, real income included")  # fmt: skip
    print(f"one core                                 {1e3 * ours:8.3f} ms a solve")
    print(f"two threads                              {1e3 * two:8.3f} ms")
    print(f"quantity caps in half of the worlds      {1e3 * rationed:8.3f} ms")
    print(f"a batch of one                           {1e3 * alone:8.3f} ms")
    print(f"the tests' plain solver                  {1e3 * oracle:8.1f} ms, {oracle / ours:7.0f} times ours")
    print(f"scipy.optimize.root                      {1e3 * scipy:8.1f} ms, {scipy / ours:7.0f} times ours")
    print(f"arithmetic of {ITERATIONS} iterations alone          {1e3 * floor:8.3f} ms, {floor / ours:7.2f} of ours")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
