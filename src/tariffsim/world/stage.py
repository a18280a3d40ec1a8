"""What a bargaining table is priced on: levers, the policy in force, economies, and what governments want."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tariffsim.economy import Economy
from tariffsim.economy.wedges import Wedges
from tariffsim.errors import ConfigError
from tariffsim.instruments.base import Ground, Integers, Lever, supply_setting
from tariffsim.instruments.book import EconomyDraw
from tariffsim.instruments.ground import ground_of
from tariffsim.instruments.groups import Groups, groups_of
from tariffsim.instruments.levers import LeverSpace
from tariffsim.instruments.schedule import load_schedule
from tariffsim.negotiation.table import YEAR
from tariffsim.scenario.issues import IssueSpec
from tariffsim.scenario.schema import Scenario
from tariffsim.world.economies import economy_draws, long_run_economy

STEP = 1  # percent: grid of supply levers where no scenario gives one


@dataclass(frozen=True)
class Stage:
    """What packages are priced on: levers, the policy in force, economies, and what governments want."""

    space: LeverSpace
    policy: Integers
    economies: EconomyDraw
    groups: Groups
    step: int
    withheld: Callable[[str, str], Sequence[str]]
    specific_share: Mapping[str, float]
    revenue_premium: Mapping[str, float]
    control_value: Mapping[str, float]
    discount: Mapping[str, float]
    years: float | None
    adjustment_years: float
    draws: int
    draw: int


# ---------------------------------------------------------------------- on a scenario
def on_scenario(scenario: Scenario, specs: Mapping[str, IssueSpec], draw: int) -> Stage:
    """A scenario's start date, one of its economy draws, and its governments' middle types; ConfigError if unknown."""
    if not 0 <= draw < scenario.economy.draws:
        raise ConfigError(f"draw must lie between 0 and {scenario.economy.draws - 1} (economy.draws), got {draw}.")
    economy = long_run_economy(scenario)
    ground = ground_of(scenario, economy, load_schedule(scenario.economy.data))
    scenario = _with_addons(scenario, specs, ground)
    space = LeverSpace(scenario, ground)
    spec, known = scenario.disagreement, scenario.governments
    controls = scenario.policy.controls
    return Stage(
        space=space,
        policy=_in_force(scenario, space),
        economies=economy_draws(scenario, economy, ground)[draw],
        groups=groups_of(scenario, economy),
        step=scenario.policy.availability_step,
        withheld=lambda by, target: tuple(c.withheld) if (c := controls.get(by, {}).get(target)) else (),
        specific_share={n: g.specific_share for n, g in known.items()},
        revenue_premium={n: g.revenue_premium.middle for n, g in known.items()},
        control_value={n: g.control_value.middle for n, g in known.items() if g.control_value is not None},
        discount={n: g.discount.middle for n, g in known.items()},
        years=spec.weeks * 7 / YEAR + spec.final_years,
        adjustment_years=scenario.economy.horizon.adjustment_years,
        draws=scenario.economy.draws,
        draw=draw,
    )


def _with_addons(scenario: Scenario, specs: Mapping[str, IssueSpec], ground: Ground) -> Scenario:
    """The scenario with an add-on lever for every pair on the table, at the rate in force for 'others', or zero."""
    rates = {importer: dict(targets) for importer, targets in scenario.policy.addons.items()}
    for spec in specs.values():
        if spec.kind == "addon" and spec.by in ground.regions and spec.target in ground.regions:
            named = rates.setdefault(spec.by, {})
            covered = bool(ground.headline_of(spec.by, spec.target, dated_only=True))
            named.setdefault(spec.target, named.get("others", 0.0) if covered else 0.0)
    return replace(scenario, policy=replace(scenario.policy, addons=rates))


def _in_force(scenario: Scenario, space: LeverSpace) -> Integers:
    """The policy row on the start date, what is approved being delivered."""
    policy, step = space.opening.copy(), scenario.policy.availability_step
    for k, lever in enumerate(space.levers):
        if lever.kind != "licence":
            continue
        control = scenario.policy.controls.get(lever.owner, {}).get(lever.target)
        if control and lever.input in control.withheld:
            share = 1 - control.strictness
        else:
            share = scenario.policy.licences[lever.owner][lever.input].approved[lever.target]
        policy[k] = supply_setting(np.array(share), step)
    return policy


# ---------------------------------------------------------------------- on an economy
class _Pairs(LeverSpace):
    """Levers of an economy without a scenario: an add-on for every pair of parties, a licence for every node."""

    def __init__(self, economy: Economy, parties: tuple[str, ...]) -> None:
        regions = economy.regions
        self.economy, self.instruments = economy, []
        pairs = [(a, b) for a in parties for b in parties if a != b and a in regions and b in regions]
        levers = [Lever("addon", a, b, "percentage points") for a, b in pairs]
        levers += [Lever("licence", a, b, "percent", node.name) for node in economy.nodes for a, b in pairs]
        self.levers = tuple(levers)
        self.opening = np.array([0 if lever.kind == "addon" else 100 for lever in levers], dtype=np.int16)
        self._column = {lever.key: k for k, lever in enumerate(levers)}
        t = economy.tariffs
        self.ground = Ground(regions, t, t, t, {}, economy.nodes, {}, np.ones(len(economy.sectors)))

    def wedges(self, policies: Integers) -> Wedges:
        economy, n = self.economy, len(self.economy.regions)
        tariffs = np.repeat(economy.tariffs[None], len(policies), axis=0)
        licences = np.ones((len(policies), n, n, len(economy.nodes)))
        nodes = [node.name for node in economy.nodes]
        for k, lever in enumerate(self.levers):
            one, two = economy.region_index(lever.owner), economy.region_index(lever.target)
            if lever.kind == "addon":
                tariffs[:, one, two] += policies[:, k, None] / 100
            else:
                licences[:, two, one, nodes.index(lever.input)] = policies[:, k] / 100
        return Wedges(tariffs=tariffs, licences=licences)


def _nothing(_by: str, _target: str) -> tuple[str, ...]:
    return ()


def on_economy(economy: Economy, parties: tuple[str, ...]) -> Stage:
    """An economy in its base year, real income being all that counts."""
    space = _Pairs(economy, parties)
    nobody = Groups((), np.zeros(0, dtype=np.int64), np.zeros((0, len(economy.sectors))), *[np.zeros(0)] * 3)
    return Stage(
        space=space,
        policy=space.opening,
        economies=EconomyDraw((economy, economy)),
        groups=nobody,
        step=STEP,
        withheld=_nothing,
        specific_share={},
        revenue_premium={},
        control_value={},
        discount={},
        years=None,
        adjustment_years=1.0,  # both horizons are the same economy
        draws=1,
        draw=0,
    )
