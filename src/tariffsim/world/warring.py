"""Wars in a world: what governments remember and see when they move, and how markets take the news."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.escalating import EscalationSight
from tariffsim.negotiation.forecast import BookForecast
from tariffsim.negotiation.letters import CONCEDE
from tariffsim.negotiation.markets import stress_after, surprise_loss
from tariffsim.negotiation.payoffs import Index
from tariffsim.negotiation.truce import NEVER, bound
from tariffsim.world.base import WorldModel
from tariffsim.world.government import Government
from tariffsim.world.state import Flags


def free(model: WorldModel, name: str, opponent: str) -> Flags:
    """Worlds (W,) in which a government may move its add-on on an opponent."""
    pair, parties = model.state.pair, model.scenario.talks.parties
    if name in parties and opponent in parties:
        return ~bound(pair.status, pair.expiry != NEVER)
    names = [letter.partner for letter in model.letters]
    unbound: Flags = model.state.stance[:, names.index(name)] != CONCEDE
    return unbound


def change_of(model: WorldModel, government: Government, opponent: str) -> Array:
    """Change (W,) of a government's add-on on an opponent in percentage points, from what it saw last."""
    state, (mine, theirs) = model.state, government.columns(opponent)
    sight = replace(
        EscalationSight.blank(model.worlds),
        own_addon=state.seen[:, mine].astype(np.float64),
        other_addon=state.seen[:, theirs].astype(np.float64),
        other_rise=state.rises[:, theirs],
        provoked=state.risen[:, theirs],
        weeks=state.war_weeks[:, mine],
        stress=state.stress[:, list(model.governments).index(government.name)],
        uniform=government.toughness,
    )
    other = model.governments[opponent].rule
    believed = np.full(model.worlds, other.middle.revenue_premium)
    forecast = BookForecast(
        model.payoffs,
        model.types.economy,
        model.valued_policy(),
        (government.name, opponent),
        (mine, theirs),
        (government.revenue_premium, believed),
    )
    return government.rule.rise(government.rule.informed(sight, 0, other, forecast))


def remember(model: WorldModel) -> None:
    """Note which add-ons have risen since no truce has bound the pair."""
    model.state.risen |= model.state.rises > 0


def pass_time(model: WorldModel) -> None:
    """Count the weeks for which each government has been free to move; a truce ends a war and what rose in it."""
    state, weeks = model.state, model.scenario.tick_days / 7
    for government in model.governments.values():
        for opponent in government.opponents:
            mine, theirs = government.columns(opponent)
            at_war = free(model, government.name, opponent)
            state.war_weeks[:, mine] = np.where(at_war, state.war_weeks[:, mine] + weeks, 0.0)
            state.risen[:, theirs] &= at_war


def spread_news(model: WorldModel, before: Index) -> None:
    """Stock markets take the change of equilibrium since book rows `before` (W,) for lasting news."""
    state, clock = model.state, model.clock
    for k, government in enumerate(model.governments.values()):
        income = [model.payoffs.log_income(government.name, rows) for rows in (before, state.rows)]
        loss = surprise_loss(income[1] - income[0], government.discount, clock.end, clock.adjustment_years)
        state.stress[:, k] = stress_after(state.stress[:, k], model.scenario.tick_days / 7, loss, government.market)
