"""solve(economy, tariffs) -> Equilibrium: the one entry to the general equilibrium."""

from __future__ import annotations

import numpy.typing as npt

from tariffsim.economy.economy import Economy
from tariffsim.economy.equilibrium import Equilibrium, assemble
from tariffsim.economy.policies import prepare
from tariffsim.economy.prepared import solve_policies
from tariffsim.economy.wedges import Wedges
from tariffsim.errors import EconomyError


def solve(
    economy: Economy,
    tariffs: npt.ArrayLike | None = None,
    *,
    wedges: Wedges | None = None,
    tolerance: float = 1e-10,
    max_iterations: int = 600,
    threads: int = 1,
) -> Equilibrium:
    """Equilibria of a policy or a batch of policies (docs/explanation/model.md).

    `tariffs` (..., N, N, S) are new ad valorem levels as fractions; `wedges` says more than tariffs
    (give one of the two). `tolerance` bounds the largest relative gap of any equation, `max_iterations`
    the work for one world; `threads` never changes a bit. A world that fails says so in `status`;
    nothing is raised for it. Raises EconomyError on wrong shapes, NaN, or t <= -1.
    """
    if tariffs is not None and wedges is not None:
        raise EconomyError("give tariffs or wedges, not both; put the tariffs into Wedges(tariffs=...).")
    if not tolerance > 0.0 or max_iterations < 1 or threads < 1:
        raise EconomyError(
            f"tolerance, max_iterations and threads must be positive; got {tolerance}, {max_iterations}, {threads}."
        )
    policies, batch = prepare(economy, wedges if wedges is not None else Wedges(tariffs=tariffs))
    solution = solve_policies(economy.prepared, policies, tolerance, max_iterations, threads)
    return assemble(economy, policies, solution, batch)


def compile_kernel() -> None:
    """Compile (or load from the cache) what `solve` runs, so that callers can time it apart."""
    solve(Economy.from_arrays([[[7.0], [3.0]], [[3.0], [7.0]]], [[[0.0]] * 2] * 2, 4.0))
