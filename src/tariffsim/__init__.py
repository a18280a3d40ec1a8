"""Scenario simulation of tariff negotiations.

The names below are the public face; everything else may move. Each is imported when it is first
used, because mesa, pandas, numba and hydra together cost seconds and a worker or a `--help` needs none.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tariffsim.economy import Economy as Economy
    from tariffsim.economy import Equilibrium as Equilibrium
    from tariffsim.economy import PoliticalWeights as PoliticalWeights
    from tariffsim.economy import Wedges as Wedges
    from tariffsim.economy import best_response as best_response
    from tariffsim.economy import both_horizons as both_horizons
    from tariffsim.economy import efficient_tariffs as efficient_tariffs
    from tariffsim.economy import nash_tariffs as nash_tariffs
    from tariffsim.economy import optimal_tariff as optimal_tariff
    from tariffsim.economy import solve as solve
    from tariffsim.economy.loading import load_economy as load_economy
    from tariffsim.economy.loading import load_nodes as load_nodes
    from tariffsim.ensemble import Results as Results
    from tariffsim.ensemble import load_results as load_results
    from tariffsim.ensemble import run_ensemble as run_ensemble
    from tariffsim.ensemble.acts import load_events as load_events
    from tariffsim.ensemble.interactive import TariffModel as TariffModel
    from tariffsim.ensemble.tournament import Tournament as Tournament
    from tariffsim.ensemble.tournament import run_tournament as run_tournament
    from tariffsim.errors import TariffsimError as TariffsimError
    from tariffsim.negotiation.each_world import each_world as each_world
    from tariffsim.negotiation.reciprocity import mfn_violation as mfn_violation
    from tariffsim.negotiation.reciprocity import reciprocity_gap as reciprocity_gap
    from tariffsim.negotiation.solutions import egalitarian as egalitarian
    from tariffsim.negotiation.solutions import kalai_smorodinsky as kalai_smorodinsky
    from tariffsim.negotiation.solutions import nash_bargaining as nash_bargaining
    from tariffsim.negotiation.solutions import pareto_front as pareto_front
    from tariffsim.negotiation.solutions import utilitarian as utilitarian
    from tariffsim.scenario.loading import load_scenario as load_scenario
    from tariffsim.world.bargaining_table import bargaining_table as bargaining_table

__version__: Final = "0.1.0"

_HOME: Final[dict[str, str]] = {
    "Economy": "tariffsim.economy",
    "Equilibrium": "tariffsim.economy",
    "PoliticalWeights": "tariffsim.economy",
    "Results": "tariffsim.ensemble",
    "TariffModel": "tariffsim.ensemble.interactive",
    "TariffsimError": "tariffsim.errors",
    "Tournament": "tariffsim.ensemble.tournament",
    "Wedges": "tariffsim.economy",
    "bargaining_table": "tariffsim.world.bargaining_table",
    "best_response": "tariffsim.economy",
    "both_horizons": "tariffsim.economy",
    "each_world": "tariffsim.negotiation.each_world",
    "efficient_tariffs": "tariffsim.economy",
    "egalitarian": "tariffsim.negotiation.solutions",
    "kalai_smorodinsky": "tariffsim.negotiation.solutions",
    "load_economy": "tariffsim.economy.loading",
    "load_events": "tariffsim.ensemble.acts",
    "load_nodes": "tariffsim.economy.loading",
    "load_results": "tariffsim.ensemble",
    "load_scenario": "tariffsim.scenario.loading",
    "mfn_violation": "tariffsim.negotiation.reciprocity",
    "nash_bargaining": "tariffsim.negotiation.solutions",
    "nash_tariffs": "tariffsim.economy",
    "optimal_tariff": "tariffsim.economy",
    "pareto_front": "tariffsim.negotiation.solutions",
    "reciprocity_gap": "tariffsim.negotiation.reciprocity",
    "run_ensemble": "tariffsim.ensemble",
    "run_tournament": "tariffsim.ensemble.tournament",
    "solve": "tariffsim.economy",
    "utilitarian": "tariffsim.negotiation.solutions",
}

__all__ = ["__version__", *_HOME]  # noqa: PLE0604  (the table above is the list)


def __getattr__(name: str) -> Any:
    """Import a public name from its home the first time it is asked for."""
    if name not in _HOME:
        known = ", ".join(sorted(_HOME))
        raise AttributeError(f"module 'tariffsim' has no attribute {name!r}; public: {known}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, for tab completion and documentation."""
    return sorted(__all__)
