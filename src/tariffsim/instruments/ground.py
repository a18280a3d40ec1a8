"""The ground a scenario's policies stand on: dated tariffs, exemptions, and dependence on critical inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tariffsim.economy import Economy
from tariffsim.economy.critical_data import CriticalInput
from tariffsim.economy.loading import load_critical_inputs, load_nodes
from tariffsim.economy.nodes import Node
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
    inputs = load_critical_inputs(economy, scenario.economy.data)
    for name in scenario.inputs:
        if name not in inputs:
            raise ConfigError(unknown_name("critical input in inputs", name, inputs))
    owner_share = {name: _owner_share(name, scenario, economy, inputs[name]) for name in scenario.inputs}
    return Ground(
        regions=economy.regions,
        mfn=schedule.mfn_pref,
        background=split.background,
        statutory=table.statutory - table.addon,
        headline=_carriers(split.layers, economy.regions),
        nodes=_nodes(scenario, economy, [name for name in inputs if name in scenario.inputs], owner_share),
        owner_share=owner_share,
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
    owner = scenario.inputs[name].owner
    controls = scenario.policy.controls.get(owner, {})
    controlled = {target: spec.withheld[name] for target, spec in controls.items() if name in spec.withheld}
    shares = np.array(data.supplier_share.central[:, economy.region_index(owner)])
    if controlled:
        shares[:] = 0.0
    for target, share in controlled.items():
        shares[economy.region_index(target)] = share
    shares[economy.region_index(owner)] = 0.0
    return shares


def _nodes(
    scenario: Scenario, economy: Economy, names: list[str], owner_share: Mapping[str, Array]
) -> tuple[Node, ...]:
    """The critical inputs in the order of the data: joined in the same order however the scenario lists them."""
    specs = scenario.inputs
    nodes = load_nodes(
        economy,
        rationing={name: specs[name].rationing for name in names},
        rent={name: specs[name].rent for name in names},
        names=names,
        data=scenario.economy.data,
    )
    owners = [economy.region_index(specs[node.name].owner) for node in nodes]
    return tuple(
        replace(node, supplier_share=_as_owned(node.supplier_share, owner, owner_share[node.name]))
        for node, owner in zip(nodes, owners, strict=True)
    )


def _as_owned(supplier_share: Array, owner: int, withheld: Array) -> Array:
    """Supplier shares (N, N) [user, supplier] in which the owner has exactly what it can withhold (N,).

    A licence l for the owner then leaves 1 - m (1 - l). The rest comes from the other suppliers in the proportions of
    the data, from the user itself where these name nobody else.
    """
    others = np.array(supplier_share)
    others[:, owner] = 0.0
    total = others.sum(axis=1, keepdims=True)
    rest = np.where(total > 0.0, others / np.where(total > 0.0, total, 1.0), np.eye(len(others)))
    shares = (1.0 - withheld[:, None]) * rest
    shares[:, owner] += withheld
    return shares
