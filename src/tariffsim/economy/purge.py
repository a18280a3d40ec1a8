"""The base year with every trade deficit removed (Caliendo & Parro 2015, the 'balanced' experiments)."""

from __future__ import annotations

import numpy as np

from tariffsim.economy.kernel import CONVERGED, run
from tariffsim.economy.primitives import CLOSURES, Array, Primitives, no_change
from tariffsim.errors import SolveError


def balanced_flows(base: Primitives, tariffs: Array) -> Array:
    """Flows (N, N, S), million USD, of the equilibrium with D' = 0 and nothing else changed."""
    balanced = base._replace(closure=CLOSURES.index("balanced"))
    solution = run(balanced, no_change(base, tariffs), 1e-13, 2000, 1)
    if solution.status[0] != CONVERGED and solution.residual[0] > 1e-11:
        raise SolveError("deficits cannot be purged: the base year has no equilibrium with balanced trade.")
    inputs = np.einsum("ikj,ik->ij", base.io, solution.log_prices[0])
    log_cost = base.value_added_share * solution.log_wages[0][:, None] + inputs
    weight = np.exp(-base.theta * (log_cost[None] - solution.log_prices[0][:, None]))
    return np.asarray(base.share * weight * solution.spending[0][:, None] / (1.0 + tariffs))
