"""The ground a scenario's policies stand on: dated tariffs, exemptions, and dependence on critical inputs."""

from __future__ import annotations

import numpy as np

from tariffsim.economy import Economy
from tariffsim.economy.critical_data import CriticalInput
from tariffsim.economy.loading import load_critical_inputs
from tariffsim.errors import ConfigError, unknown_name
from tariffsim.instruments.base import Array, Ground, Layer
from tariffsim.instruments.schedule import HeadlineLayer, TariffSchedule
from tariffsim.scenario.schema import Scenario

SPECIAL = "ieepa_fentanyl_CHN"  # carries at most its own rate, above the universal rate
UNIVERSAL = "ieepa_reciprocal_10"  # what everybody pays comes first: a low add-on on China is no other than this
UNUSED = (
    "ieepa_reciprocal_annexI_extra"  # in force for one day; add-ons above 10 ride on the reciprocal layer's coverage
)


def ground_of(scenario: Scenario, economy: Economy, schedule: TariffSchedule) -> Ground:
    """The ground on the scenario's start date; raises ConfigError for inputs that the data do not know."""
    split = schedule.headline(scenario.start)
    table = schedule.on(scenario.start)
    inputs = load_critical_inputs(economy)
    for name in scenario.inputs:
        if name not in inputs:
            raise ConfigError(unknown_name("critical input in inputs", name, inputs))
    return Ground(
        regions=economy.regions,
        mfn=schedule.mfn_pref,
        background=split.background,
        statutory=table.statutory - table.addon,
        headline=_carriers(split.layers, economy.regions),
        cost_share={name: inputs[name].cost_share.central for name in scenario.inputs},
        owner_share={name: _owner_share(name, scenario, economy, inputs[name]) for name in scenario.inputs},
        all_goods=np.array([float(g) for g in schedule.goods]),
    )


def _carriers(layers: tuple[HeadlineLayer, ...], regions: tuple[str, ...]) -> dict[tuple[str, str], tuple[Layer, ...]]:
    rates = {headline.name: float(headline.rate.max()) for headline in layers}
    found: dict[tuple[str, str], list[Layer]] = {}
    for headline in sorted(layers, key=lambda h: h.name != SPECIAL):
        if headline.name == UNUSED:
            continue
        importer = headline.layer.importer
        limit = rates[SPECIAL] if headline.name == SPECIAL else np.inf
        targets = regions if headline.layer.target == "each" else (headline.layer.target,)
        for target in targets:
            coverage = _masked(headline, importer, target, regions)
            if coverage.any():
                found.setdefault((importer, target), []).append(Layer(headline.name, limit, coverage))
    return {pair: _in_order(carriers, rates) for pair, carriers in found.items()}


def _in_order(carriers: list[Layer], rates: dict[str, float]) -> tuple[Layer, ...]:
    """Where a special layer stands beside a general one: the general one up to the universal rate as far as it is in
    force, then the special one, then the general one without limit."""
    if carriers[0].name != SPECIAL or len(carriers) == 1:
        return tuple(carriers)
    special, general = carriers
    common = min(rates[UNIVERSAL], rates[general.name])
    return (Layer(general.name, common, general.coverage), special, general)


def _masked(headline: HeadlineLayer, importer: str, target: str, regions: tuple[str, ...]) -> Array:
    """Coverage of what moves with an add-on on `target`: its cells, and Hong Kong's inside ROW for layers on China."""
    if headline.layer.target != "each":
        return headline.coverage
    coverage = np.zeros_like(headline.coverage)
    n, i = regions.index(importer), regions.index(target)
    coverage[n, i] = headline.coverage[n, i]
    return coverage


def _owner_share(name: str, scenario: Scenario, economy: Economy, data: CriticalInput) -> Array:
    """Share (N,) of each user's supply that the owner of the input can withhold; 0 for the owner itself."""
    spec = scenario.inputs[name]
    shares = np.array(data.supplier_share.central[:, economy.region_index(spec.owner)])
    for target, control in scenario.policy.controls.get(spec.owner, {}).items():
        if name in control.withheld:
            shares[:] = 0.0
            shares[economy.region_index(target)] = control.withheld[name]
    shares[economy.region_index(spec.owner)] = 0.0
    return shares
