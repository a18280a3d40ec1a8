"""Phases of a tick (docs/explanation/negotiation.md); their order is `tariffsim.world.model.PHASES`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tariffsim.economy.adjustment import adjust_logs, share_closed
from tariffsim.errors import ConfigError
from tariffsim.negotiation.letters import CONCEDE, HEDGE, UNDECIDED, answer
from tariffsim.negotiation.payoffs import Index
from tariffsim.negotiation.table import YEAR
from tariffsim.scenario.schema import EventSpec
from tariffsim.world import supply as supplies
from tariffsim.world.acts import Acts
from tariffsim.world.aftermath import enter_into_force, expire, watch
from tariffsim.world.base import WorldModel
from tariffsim.world.threats import talks_over
from tariffsim.world.warring import change_of, free, pass_time, remember, spread_news


def events(model: WorldModel) -> None:
    """A tick opens: dated acts that fall into it, and letters whose day has come."""
    model.state.acts = Acts.nothing(model.worlds)
    for event in model.scenario.events.values():
        if model.falls_now(event.date):
            _ACTS[event.kind](model, event)
    for k, letter in enumerate(model.letters):
        if model.falls_now(letter.spec.date):
            _execute(model, k)


def check_events(model: WorldModel) -> None:
    """Raise ConfigError for an event that names no lever of the scenario, before anything is simulated."""
    for event in model.scenario.events.values():
        if event.kind == "addon":
            model.space.column("addon", event.owner, event.target)
        elif event.kind == "licence":
            model.supply_positions(event.owner, event.input, event.target)
        elif event.kind == "control":
            _controlled(model, event)


def observe(model: WorldModel) -> None:
    """Every government sees the add-ons in force and how they rose since it last looked."""
    state = model.state
    state.rises = (state.policy.astype(np.int64) - state.seen).astype(np.float64)
    state.seen = state.policy.copy()
    remember(model)


def move(model: WorldModel) -> None:
    """Unilateral moves, all decided on the same sight before any takes effect."""
    changes = [
        (
            government.columns(opponent)[0],
            change_of(model, government, opponent),
            free(model, government.name, opponent),
        )
        for government in model.governments.values()
        for opponent in government.opponents
    ]
    answers = [(k, *_answers(model, k)) for k in range(len(model.letters))]
    for column, change, able in changes:
        model.state.policy[:, column] += np.where(able, change, 0).astype(np.int16)
    pass_time(model)
    for k, where, stance in answers:
        _take_stance(model, k, where, stance)


def settle(model: WorldModel) -> None:
    """Signed deals enter into force; policies become equilibria, solved where they are new.

    Stock markets take the change for news.
    """
    enter_into_force(model)
    supplies.set_levers(model.state, model.supply_map)
    before, model.state.rows = model.state.rows, model.book.rows(model.types.economy, model.state.policy)
    spread_news(model, before)


def flow(model: WorldModel) -> None:
    """Trade flows move toward the equilibrium; licences, deliveries and stocks move one tick."""
    weeks = model.scenario.tick_days / 7
    phi = share_closed(model.types.adjustment, weeks)
    state = model.state
    state.log_flow = adjust_logs(state.log_flow, model.equilibrium_flows(), phi)
    kappa = share_closed(model.types.capacity_growth, weeks)
    supplies.advance(state.supply, model.supply_map, kappa)


def monitor(model: WorldModel) -> None:
    """Deliveries are watched, breaches called, truces renewed or lapsed."""
    watch(model)
    expire(model)


def _act_addon(model: WorldModel, event: EventSpec) -> None:
    column = model.space.column("addon", event.owner, event.target)
    model.state.policy[:, column] = round(event.value)


def _act_licence(model: WorldModel, event: EventSpec) -> None:
    positions = model.supply_positions(event.owner, event.input, event.target)
    supply = model.state.supply
    shares = supply.approved.copy()
    new = (
        event.value * shares[:, positions]
        if event.base == "of_current"
        else np.full_like(shares[:, positions], event.value)
    )
    shares[:, positions] = np.minimum(1.0, new)
    supplies.restrict(supply, positions, shares[:, positions], model.types.capacity_start)
    supplies.approve(supply, np.ones(model.worlds, dtype=bool), shares, model.licence_lag)
    supply.usable = supplies.usable_now(supply, model.supply_map)


def _act_control(model: WorldModel, event: EventSpec) -> None:
    positions, supply = _controlled(model, event), model.state.supply
    shares = supply.approved.copy()
    shares[:, positions] = 1 - event.value
    supplies.approve(supply, np.ones(model.worlds, dtype=bool), shares, model.licence_lag)
    supply.usable = supplies.usable_now(supply, model.supply_map)


def _controlled(model: WorldModel, event: EventSpec) -> list[int]:
    found = [k for k in model.supply_positions(event.owner, None, event.target) if model.supply_map.immediate[k]]
    if not found:
        raise ConfigError(
            f"{event.owner} has no technology control on {event.target!r} in policy.controls: nothing to set."
        )
    return found


def _act_talks_fail(model: WorldModel, event: EventSpec) -> None:
    pair = model.state.pair
    pair.silent_until[:] = np.maximum(pair.silent_until, model.day + round(event.value))
    talks_over(model, np.arange(model.worlds))


_ACTS: dict[str, Callable[[WorldModel, EventSpec], None]] = {
    "addon": _act_addon,
    "licence": _act_licence,
    "control": _act_control,
    "talks_fail": _act_talks_fail,
}


def _execute(model: WorldModel, k: int) -> None:
    """The sender carries out a letter that was not met, with the probability of its type."""
    letter, state = model.letters[k], model.state
    chance = model.types.execution + np.where(state.stance[:, k] == HEDGE, letter.spec.hedge_penalty, 0.0)
    drawn = model.draws.uniform(letter.partner, "execution") < chance
    where = drawn & (state.stance[:, k] != CONCEDE)
    state.policy = np.where(where[:, None], letter.executed(state.policy), state.policy)
    state.executed[:, k] = where


def _answers(model: WorldModel, k: int) -> tuple[Index, Index]:
    """Worlds in which a partner answers its letter this tick, and how."""
    letter, state = model.letters[k], model.state
    left = (letter.spec.date - model.today).days
    if left <= 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    chance = 1 - np.exp(-model.types.decision_rate[letter.partner] * model.scenario.tick_days / 7)
    last = left < 2 * model.scenario.tick_days
    ready = (model.draws.uniform(letter.partner, "decision", model.tick) < chance) | last
    where = np.flatnonzero(ready & (state.stance[:, k] == UNDECIDED))
    if not len(where):
        return where, where
    draw, policy = model.types.economy[where], state.policy[where]
    tastes = model.types.partners[letter.partner].of(where)
    third = model.scenario.partners.hedge_with
    stance, _ = answer(letter, third, model.payoffs, draw, policy, tastes, left / YEAR, model.clock)
    return where, stance


def _take_stance(model: WorldModel, k: int, where: Index, stance: Index) -> None:
    letter, state = model.letters[k], model.state
    state.stance[where, k] = stance
    conceded, hedged = where[stance == CONCEDE], where[stance == HEDGE]
    state.policy[conceded] = letter.conceded(state.policy[conceded])
    state.policy[hedged] = letter.hedged(state.policy[hedged])
