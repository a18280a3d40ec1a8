"""Exact gradients of equilibrium outcomes by every tariff cell, by one adjoint solve for all outcomes of a world.

With F(z; t) = 0 and an objective O(z, t), J' y = dO/dz gives dO/dln(1+t) - y' dF/dln(1+t): one linear
system a world, whatever the number of tariffs (`jacobian.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tariffsim.economy.derivatives import Multipliers
from tariffsim.economy.equilibrium import Equilibrium
from tariffsim.economy.jacobian import Linearisation, linearise
from tariffsim.economy.objectives import Objective, RealIncome
from tariffsim.economy.primitives import Array
from tariffsim.economy.residual import Point, point_from


def real_income_gradient(equilibrium: Equilibrium, regions: Sequence[str | int] | None = None) -> Array:
    """d ln Wh_k / d ln(1+t_nij), (..., K, N, N, S), of K regions (default: all) by every tariff.

    [..., region, importer, exporter, sector]; NaN where an equilibrium did not converge. At a cap that just
    begins to bind it is the slope of the side that the equilibrium is on. Raises EconomyError for unknown regions.
    """
    economy = equilibrium.economy
    index = [economy.region_index(r) for r in (economy.regions if regions is None else regions)]
    return tariff_gradient(equilibrium, RealIncome(tuple(index)))


def tariff_gradient(equilibrium: Equilibrium, objective: Objective) -> Array:
    """d objective_k / d ln(1+t_nij), (..., K, N, N, S), by every tariff; NaN where nothing converged."""
    worlds, converged = equilibrium.status.size, equilibrium.converged.ravel()
    rows = [world_gradient(linearise_world(equilibrium, w), objective) if converged[w] else None for w in range(worlds)]
    some = next((row for row in rows if row is not None), None)
    if some is None:
        size = objective.value(equilibrium).shape[-1]
        some = np.full((size, *equilibrium.economy.flows.shape), np.nan)
    filled = [np.full_like(some, np.nan) if row is None else row for row in rows]
    return np.stack(filled).reshape(*equilibrium.status.shape, *some.shape)


def world_gradient(at: Linearisation, objective: Objective) -> Array:
    """(K, N, N, S) at the equilibrium of one world."""
    return at.derivatives.by_wedge(_total(at, objective), "tariffs")


def own_gradient(at: Linearisation, objective: Objective, importers: Sequence[int]) -> Array:
    """(K, N, S): of the k-th number by the tariffs of the k-th importer, at the equilibrium of one world."""
    return at.derivatives.by_own_tariffs(_total(at, objective), importers)


def _total(at: Linearisation, objective: Objective) -> Multipliers:
    """Weights whose derivatives by policy are those of the equilibrium: dO - y' dF."""
    direct = objective.multipliers(at)
    return direct.less(at.adjoint_of(direct))


def linearise_world(equilibrium: Equilibrium, world: int = 0) -> Linearisation:
    """The equations of one world of a batch (counted along flattened batch axes) at its equilibrium."""
    base = equilibrium.economy.primitives
    return linearise(base, equilibrium.policies.world(world), point_of_world(equilibrium, world))


def point_of_world(equilibrium: Equilibrium, world: int = 0) -> Point:
    """Where one world of a batch (counted along flattened batch axes) ended."""
    n, s = equilibrium.economy.value_added_share.shape
    return point_from(
        equilibrium.economy.primitives,
        np.log(equilibrium.wages.reshape(-1, n)[world]),
        np.log(equilibrium.prices.reshape(-1, n, s)[world]),
        equilibrium.expenditure.reshape(-1, n, s)[world],
        np.log(equilibrium.scarcity_price.reshape(equilibrium.status.size, n, -1)[world]),
    )
