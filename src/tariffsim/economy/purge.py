"""The base year with every trade deficit removed (Caliendo & Parro 2015, the 'balanced' experiments)."""

from __future__ import annotations

from tariffsim.economy.costs import unit_costs
from tariffsim.economy.kernel import CONVERGED
from tariffsim.economy.prepared import prepare_economy, solve_policies
from tariffsim.economy.primitives import CLOSURES, Array, Primitives, no_change
from tariffsim.economy.trade import new_flows
from tariffsim.errors import SolveError

PRECISION = 1e-12  # what is left of the deficits, relative to spending


def balanced_flows(base: Primitives) -> Array:
    """Flows (N, N, S), million USD, of the equilibrium with D' = 0 and nothing else changed."""
    ready = prepare_economy(base._replace(closure=CLOSURES.index("balanced")))
    policies = no_change(base)
    solution = solve_policies(ready, policies, PRECISION, 100, 1)
    if solution.status[0] != CONVERGED:
        raise SolveError("deficits cannot be purged: the base year has no equilibrium with balanced trade.")
    hats = solution.log_wages, solution.log_prices, solution.log_scarcity
    cost = unit_costs(base, *hats, policies.log_productivity).log_cost
    return new_flows(base, policies, cost, solution.log_prices, solution.spending)[0]
