"""Economy draws: a finite set of values for the uncertain numbers of the economy, shared by all worlds.

Stratified: with K draws each uncertain number takes one value in each K-quantile, in an order of its own; a
single draw is the median of everything. The set does not depend on the seed, so solved equilibria serve every run.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tariffsim.economy import Economy
from tariffsim.economy.horizons import short_run
from tariffsim.economy.loading import load_economy
from tariffsim.instruments.base import Ground
from tariffsim.instruments.book import EconomyDraw
from tariffsim.scenario.reading import Uncertain
from tariffsim.scenario.schema import Scenario
from tariffsim.world.draws import Array, Draws


def long_run_economy(scenario: Scenario) -> Economy:
    """The calibrated economy with the scenario's long-run elasticities; raises DataError or ConfigError."""
    spec = scenario.economy
    return load_economy(spec.data, elasticities=spec.elasticities, closure=spec.closure)


def economy_draws(scenario: Scenario, economy: Economy, ground: Ground) -> list[EconomyDraw]:
    """The scenario's economy draws, the first of K first; critical inputs with the rho and backstop of each draw."""
    count = scenario.economy.draws
    short = strata("short_theta", scenario.economy.horizon.short_theta, count)
    backstop = strata("backstop_price", scenario.economy.backstop_price, count)
    goods = [int(j) for j in np.flatnonzero(ground.all_goods)]  # services keep the long-run elasticity
    rho = {name: strata(name, spec.substitution, count) for name, spec in scenario.inputs.items()}
    draws = []
    for k in range(count):
        nodes = [replace(z, rho=float(rho[z.name][k]), backstop_price=float(backstop[k])) for z in ground.nodes]
        long = economy.with_nodes(nodes)
        draws.append(EconomyDraw((short_run(long, float(short[k]), goods), long)))
    return draws


def purchase_premiums(scenario: Scenario) -> dict[str, Array]:
    """chi (K,), the premium of directed buying, by economy draw for each issue of kind purchases."""
    return {
        name: strata(f"purchase_premium/{name}", issue.premium, scenario.economy.draws)
        for name, issue in scenario.talks.issues.items()
        if issue.premium is not None
    }


def strata(name: str, uncertain: Uncertain, count: int) -> Array:
    """One value (K,) from the middle of each K-quantile, in an order keyed by the name."""
    order = np.argsort(Draws(0, np.arange(count)).uniform("economy", name))
    return uncertain.quantile((order + 0.5) / count)
