"""Supply levers in time: how approvals become deliveries, stocks and lever settings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tariffsim.economy.delivery import deliver, grow, use_stock
from tariffsim.instruments.base import Array, Integers, Lever, supply_setting
from tariffsim.instruments.levers import LeverSpace
from tariffsim.scenario.schema import Scenario
from tariffsim.world.state import State, SupplyState

MONTH = 365.25 / 12


@dataclass(frozen=True)
class SupplyMap:
    """The K supply levers: where they sit in a policy row, and the constants of their buyers.

    immediate (K,): technology controls, which act without licence capacity or lag; owner_share (K,): share of the
    buyer's supply at stake (mean over buyers for 'others'); normal (K,) months, rebuild (K,) share of use per month;
    months: length of a tick; step: grid of the levers in percent.
    """

    columns: npt.NDArray[np.int64]
    levers: tuple[Lever, ...]
    immediate: npt.NDArray[np.bool_]
    owner_share: Array
    normal: Array
    rebuild: Array
    months: float
    step: int

    def positions(self, owner: str, input: str | None, target: str) -> list[int]:
        """Supply levers of an owner for one input (None: any) and one buyer ('all': any)."""
        return [
            k
            for k, lever in enumerate(self.levers)
            if lever.owner == owner and input in (None, lever.input) and target in ("all", lever.target)
        ]


def supply_map(scenario: Scenario, space: LeverSpace) -> SupplyMap:
    """Collect the supply levers of a scenario."""
    columns = space.columns("licence")
    levers = tuple(space.levers[c] for c in columns)
    specs = [scenario.inputs[lever.input] for lever in levers]
    controlled = [lever.input in _withheld(scenario, lever) for lever in levers]
    return SupplyMap(
        np.array(columns, dtype=np.int64),
        levers,
        np.array(controlled, dtype=bool),
        np.array([_owner_share(lever, levers, space) for lever in levers]),
        np.array([spec.stock_normal for spec in specs]),
        np.array([spec.rebuild_share for spec in specs]),
        scenario.tick_days / MONTH,
        scenario.policy.availability_step,
    )


def _withheld(scenario: Scenario, lever: Lever) -> dict[str, float]:
    control = scenario.policy.controls.get(lever.owner, {}).get(lever.target)
    return control.withheld if control else {}


def _owner_share(lever: Lever, levers: tuple[Lever, ...], space: LeverSpace) -> float:
    regions, shares = space.ground.regions, space.ground.owner_share[lever.input]
    if lever.target != "others":
        return float(shares[regions.index(lever.target)])
    named = {other.target for other in levers if other.input == lever.input} | {lever.owner}
    return float(np.mean([share for region, share in zip(regions, shares, strict=True) if region not in named]))


def usable_now(supply: SupplyState, chart: SupplyMap) -> Array:
    """What users can use (W, K) in the coming tick, stocks included."""
    return use_stock(supply.delivered, supply.stock, chart.normal, chart.rebuild, chart.months, chart.owner_share)[0]


def advance(supply: SupplyState, chart: SupplyMap, kappa: Array) -> None:
    """One tick of deliveries and stocks, in place; `kappa` (W,) is the growth of capacity per tick."""
    supply.stock = use_stock(
        supply.delivered, supply.stock, chart.normal, chart.rebuild, chart.months, chart.owner_share
    )[1]
    capacity = grow(supply.capacity, kappa[:, None])
    # what the grid of the levers takes for full supply is full: else capacity would approach 1 and stocks never refill
    capacity = np.where(capacity >= 1 - chart.step / 200, 1.0, capacity)
    supply.capacity = np.where(chart.immediate, 1.0, capacity)
    supply.waiting = np.maximum(supply.waiting - 1, 0)
    supply.delivered = deliver(supply.delivered, supply.approved, supply.capacity, supply.waiting)
    supply.usable = usable_now(supply, chart)


def approve(supply: SupplyState, where: npt.NDArray[np.bool_], shares: Array, lag: npt.NDArray[np.int64]) -> None:
    """Set approved shares (W, K) in worlds `where`; raises wait `lag` (K,) ticks, cuts bite at once."""
    raised = where[:, None] & (shares > supply.approved)
    supply.approved = np.where(where[:, None], shares, supply.approved)
    supply.waiting = np.where(raised, lag, supply.waiting)
    supply.delivered = np.minimum(supply.delivered, supply.approved)
    supply.delivered = np.where(raised & (lag == 0), np.minimum(supply.approved, supply.capacity), supply.delivered)


def restrict(supply: SupplyState, positions: list[int], shares: Array, office: Array) -> None:
    """A new licence regime on supply levers `positions`: where it cuts, its office clears at first no more than it can
    process, `office` (W,), or than the `shares` (W, k) it approves, whichever is larger."""
    cut = shares < supply.approved[:, positions]
    least = np.maximum(office[:, None], shares)
    supply.capacity[:, positions] = np.where(
        cut, np.minimum(supply.capacity[:, positions], least), supply.capacity[:, positions]
    )


def set_levers(state: State, chart: SupplyMap) -> None:
    """Put what users can use into the policy rows."""
    state.policy[:, chart.columns] = supply_setting(state.supply.usable, chart.step)


def steady_policy(state: State, chart: SupplyMap, approved: Array) -> Integers:
    """Policies as governments value them: approvals (W, K) delivered in full, stocks used up."""
    policy = state.policy.copy()
    policy[:, chart.columns] = supply_setting(approved, chart.step)
    return policy
