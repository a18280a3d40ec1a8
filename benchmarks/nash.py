"""Strategic tariffs of the shipped economy: six governments' Nash tariffs, and exact gradients against differences.

The Nash time is for the equilibrium itself; the search of every best response that verifies it, and the two
other starts, are timed apart. Ratios and the time of one solve, because absolute times differ between machines.
One core: LAPACK's threads gain nothing at this size, and on a busy machine they wait for one another.
Run from the checkout: python -m benchmarks.nash
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported: it reads this once

import numpy as np
import numpy.typing as npt
from benchmarks._timing import best_seconds

from tariffsim.economy import Economy, compile_kernel, nash_tariffs, solve
from tariffsim.economy.gradients import linearise_world, world_gradient
from tariffsim.economy.jacobian import linearise
from tariffsim.economy.loading import load_economy
from tariffsim.economy.objectives import RealIncome

Array = npt.NDArray[np.float64]
PLAYERS = ("USA", "CHN", "EU", "JPN", "KOR", "MEX")
WIDTH = 1e-3  # in ln(1+t), of four-point differences


def exact(economy: Economy, tariffs: Array, players: tuple[int, ...]) -> Array:
    """d ln W (K) by ln(1+t) of every pair in all goods (N, N), from one solve and one adjoint."""
    answer = solve(economy, tariffs, tolerance=1e-12)
    return world_gradient(linearise_world(answer), RealIncome(players)).sum(axis=-1)


def differences(economy: Economy, tariffs: Array, players: tuple[int, ...]) -> Array:
    """The same for the players' own tariffs (K, N), from four more solves for each."""
    n = len(economy.regions)
    pairs = [(i, j) for i in players for j in range(n) if i != j]
    batch = np.repeat(tariffs[None, None], 4, axis=0).repeat(len(pairs), axis=1)
    for a, shift in enumerate((-2, -1, 1, 2)):
        for k, (i, j) in enumerate(pairs):
            batch[a, k, i, j] = (1.0 + tariffs[i, j]) * np.exp(shift * WIDTH) - 1.0
    value = np.log1p(solve(economy, batch, tolerance=1e-12).real_income)
    slope = np.einsum("a,akn->kn", np.array([1.0, -8.0, 8.0, -1.0]) / (12.0 * WIDTH), value)
    own = np.zeros((len(players), n))
    for k, (i, j) in enumerate(pairs):
        own[players.index(i), j] = slope[k, i]
    return own


def nash_times(economy: Economy, players: tuple[str, ...]) -> Array:
    """Print the table of Nash tariffs; their policy."""
    nash = nash_tariffs(economy, players)
    one = best_seconds(lambda: solve(economy, nash.policy, tolerance=1e-12))
    fast = best_seconds(lambda: nash_tariffs(economy, players, starts=["status quo"], verify=False))
    verified = best_seconds(lambda: nash_tariffs(economy, players, starts=["status quo"]))
    every = best_seconds(lambda: nash_tariffs(economy, players), 3)
    listed = ", ".join(f"{p} {t:.1%}" for p, t in zip(players, nash.tariffs, strict=True))
    print(f"uniform Nash tariffs: {listed}")
    print(f"max |best response - t| {nash.residual:.1e}, largest own slope {nash.slope:.1e} % of GDP; {nash.selected}")
    print(f"one solve at these tariffs to 1e-12      {1e3 * one:8.2f} ms")
    print(f"the equilibrium, from one start          {1e3 * fast:8.1f} ms, {fast / one:6.1f} solves")
    print(f"searching every best response anew       {1e3 * (verified - fast):8.1f} ms")
    print(f"two more starts                          {1e3 * (every - verified):8.1f} ms")
    return nash.policy


def gradient_times(economy: Economy, players: tuple[int, ...], tariffs: Array) -> None:
    """Print the table of slopes."""
    at = linearise_world(solve(economy, tariffs, tolerance=1e-12))
    policy, point, objective = at.derivatives.policy, at.now.point, RealIncome(players)
    slopes, check = exact(economy, tariffs, players), differences(economy, tariffs, players)
    own = slopes[np.arange(len(players)), list(players)] * (1.0 - np.eye(len(economy.regions))[list(players)])
    error = np.abs(own - check).max() / np.abs(check).max()
    alone = best_seconds(lambda: world_gradient(linearise(economy.primitives, policy, point), objective), 20)
    both = best_seconds(lambda: exact(economy, tariffs, players))
    slow = best_seconds(lambda: differences(economy, tariffs, players), 1)
    count, some = economy.flows.size, check.size - len(players)
    print(f"slopes of {len(players)} real incomes by {count} tariffs  {1e3 * alone:8.2f} ms")
    print(f"the solve and these slopes               {1e3 * both:8.2f} ms")
    print(f"by {some} tariffs, from differences         {1e3 * slow:8.1f} ms, {slow / both:6.1f} times as long")
    print(f"largest relative difference              {error:8.1e}")


def main() -> None:
    """Print both tables."""
    compile_kernel()
    economy = load_economy()
    tariffs = nash_times(economy, PLAYERS)
    gradient_times(economy, tuple(economy.region_index(p) for p in PLAYERS), tariffs)


if __name__ == "__main__":
    main()
