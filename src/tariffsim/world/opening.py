"""The state of all worlds on the scenario's first day."""

from __future__ import annotations

import datetime as dt

import numpy as np

from tariffsim.errors import ConfigError
from tariffsim.instruments.base import Array, Lever
from tariffsim.negotiation.meeting import History
from tariffsim.negotiation.truce import NEVER, STATES, Days
from tariffsim.scenario.schema import Scenario
from tariffsim.world.acts import Acts
from tariffsim.world.appraisal import CONCEPTS
from tariffsim.world.base import WorldModel
from tariffsim.world.delivering import prior_trust
from tariffsim.world.state import Firsts, PairState, Said, State, SupplyState, offers_a_tick
from tariffsim.world.supply import SupplyMap, set_levers, usable_now


def opening_state(model: WorldModel) -> State:
    """Everything as it stands before the first tick."""
    worlds, scenario = model.worlds, model.scenario
    policy = np.repeat(model.space.opening[None, :], worlds, axis=0)
    supply = _supply(model)
    state = State(
        policy=policy,
        seen=policy.copy(),
        rises=np.zeros(policy.shape),
        risen=np.zeros(policy.shape, dtype=bool),
        war_weeks=np.zeros(policy.shape),
        stress=np.zeros((worlds, len(model.governments))),
        rows=np.zeros(worlds, dtype=np.int64),
        pair=_pair(model, supply.approved),
        said=Said.nothing(worlds, offers_a_tick(scenario)),
        acts=Acts.nothing(worlds),
        supply=supply,
        firsts=_firsts(worlds, len(model.space.levers)),
        stance=np.zeros((worlds, len(model.letters)), dtype=np.int8),
        executed=np.zeros((worlds, len(model.letters)), dtype=bool),
        log_flow=np.repeat(np.log1p([[f.start_change for f in scenario.trade.flows.values()]]), worlds, axis=0),
    )
    set_levers(state, model.supply_map)
    state.rows = model.book.rows(model.types.economy, state.policy)
    return state


def _supply(model: WorldModel) -> SupplyState:
    worlds, chart = model.worlds, model.supply_map
    approved = np.repeat(_approved(model.scenario, chart)[None, :], worlds, axis=0)
    stock = np.stack([_stock(model, lever) for lever in chart.levers], axis=-1)
    office = np.maximum(model.types.capacity_start[:, None], approved)
    capacity = np.where(chart.immediate, 1.0, office)
    waiting = np.zeros(approved.shape, dtype=np.int64)
    supply = SupplyState(approved, approved.copy(), capacity, waiting, stock, approved.copy())
    supply.usable = usable_now(supply, chart)
    return supply


def _approved(scenario: Scenario, chart: SupplyMap) -> Array:
    shares = []
    for lever, immediate in zip(chart.levers, chart.immediate, strict=True):
        if immediate:
            shares.append(1 - scenario.policy.controls[lever.owner][lever.target].strictness)
        else:
            shares.append(scenario.policy.licences[lever.owner][lever.input].approved[lever.target])
    return np.array(shares)


def _stock(model: WorldModel, lever: Lever) -> Array:
    key = (lever.input, lever.target)
    if key not in model.types.stock:
        raise ConfigError(
            f"inputs.{lever.input}.stock_months.{lever.target} is missing: give months of normal use in stock."
        )
    return model.types.stock[key]


def _pair(model: WorldModel, approved: Array) -> PairState:
    scenario, worlds = model.scenario, model.worlds
    truce = scenario.truce
    running = truce.status != "cold"
    expiry = _day(scenario, truce.expires) if running else NEVER
    snapback = [float(round(truce.snapback.get(p, 0.0))) for p in scenario.talks.parties]

    def days(value: int) -> Days:
        return np.full(worlds, value, dtype=np.int64)

    return PairState(
        status=np.full(worlds, STATES.index(truce.status), dtype=np.int8),
        expiry=days(expiry),
        snapback=np.repeat(np.array([snapback]), worlds, axis=0),
        promised=np.full(worlds, truce.promised_licence),
        stake=np.zeros((worlds, 2)),
        chance=np.ones((worlds, 2)),
        before=np.full(worlds, STATES.index(truce.status), dtype=np.int8),
        contract=np.zeros(worlds, dtype=bool),
        compliance=np.ones(worlds),
        trust=prior_trust(model),
        watched_from=days(0),
        probation_end=days(NEVER),  # a breach called before the start has no date of its own
        fallback=approved.copy(),
        window=days(NEVER),
        deadline=days(NEVER),
        silent_until=days(0),
        signed=days(-1),
        in_force_on=days(NEVER),
        threat=np.full((worlds, 2), np.nan),
        demand=np.full((worlds, 2, 2), np.nan),
        bought=np.zeros((worlds, model.table.packages.purchases.shape[1])),
        beliefs=_beliefs(model),
        offers=History.empty(worlds),
    )


def _beliefs(model: WorldModel) -> tuple[Array, Array]:
    """What each party believes at the start: every type of the other is equally likely, or known."""
    if model.scenario.talks.information == "complete":
        first, second = (np.eye(len(k))[model.types.kind[:, s]] for s, k in enumerate(model.types.kinds))
    else:
        first, second = (np.full((model.worlds, len(kinds)), 1 / len(kinds)) for kinds in model.types.kinds)
    return second, first


def _firsts(worlds: int, levers: int) -> Firsts:
    def never() -> Days:
        return np.full(worlds, NEVER, dtype=np.int64)

    return Firsts(
        deal=never(),
        force=never(),
        threat_executed=never(),
        threat_dropped=never(),
        audience_paid=np.zeros((worlds, 2)),
        breach=never(),
        rejection=never(),
        lapse=never(),
        snapback=never(),
        renewal=never(),
        package=np.full(worlds, -1, dtype=np.int64),
        values=np.zeros((worlds, 2)),
        distance=np.full((worlds, len(CONCEPTS)), np.nan),
        frontier=np.full((worlds, len(CONCEPTS)), np.nan),
        win_set=np.full((worlds, 2), np.nan),
        zone=np.full(worlds, np.nan),
        home_win_set=np.full((worlds, 2), np.nan),
        background=np.zeros((worlds, levers), dtype=np.int16),
        linkage=np.full((worlds, 2), np.nan),
        critical_rate=np.full((worlds, 2), np.nan),
        critical_discount=np.full((worlds, 2), np.nan),
        lag=np.full(worlds, np.nan),
        noisy_rate=np.full((worlds, 2), np.nan),
        punishment=np.full((worlds, 2), np.nan),
        sustained=np.full(worlds, np.nan),
        sustainable=np.full(worlds, -1, dtype=np.int64),
        sustainable_punishment=np.full((worlds, 2), np.nan),
        meetings=np.zeros(worlds, dtype=np.int64),
    )


def _day(scenario: Scenario, date: dt.date | None) -> int:
    assert date is not None
    return (date - scenario.start).days
