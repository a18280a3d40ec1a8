"""After the handshake: entry into force, monitoring, breach, probation, snapback, renewal and lapse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.monitoring import Monitor, advance, breached, observe
from tariffsim.negotiation.payoffs import Index
from tariffsim.negotiation.table import YEAR
from tariffsim.negotiation.truce import LAPSED, NEVER, PROBATION, SIGNED, SNAPBACK, TRUCE
from tariffsim.negotiation.war_path import lapse
from tariffsim.world import supply as supplies
from tariffsim.world.base import WorldModel
from tariffsim.world.delivering import chosen_compliance, forgiven
from tariffsim.world.outlooks import ending, outlook_of
from tariffsim.world.ratifying import vote
from tariffsim.world.state import Flags
from tariffsim.world.threats import come_due


def enter_into_force(model: WorldModel) -> None:
    """Deals whose day has come and that are ratified: add-ons, licences and controls become what was signed, licences
    as far as their owner means to keep its promise."""
    vote(model)
    state, pair, table = model.state, model.state.pair, model.table
    where = (pair.status == SIGNED) & (pair.in_force_on < model.day + model.scenario.tick_days)
    if not where.any():
        return
    chosen, length = table.packages.split(np.maximum(pair.signed, 0))
    licence, days = table.packages.licence[chosen], table.packages.days[length].astype(np.int64)
    addons = state.policy[:, list(table.levers.addons)].astype(np.float64)
    fresh = where & (pair.expiry == NEVER)
    pair.snapback = np.where(fresh[:, None], addons, pair.snapback)
    pair.fallback = np.where(where[:, None], state.supply.approved, pair.fallback)
    agreed = np.round(table.packages.settled(chosen, addons)).astype(np.int16)
    for side, column in enumerate(table.levers.addons):
        state.policy[where, column] = agreed[where, side]
    rows = np.flatnonzero(where)
    if model.scenario.enforcement.contracts == "enforceable":
        pair.compliance[rows], pair.contract[rows] = 1.0, True
    else:
        pair.compliance[rows] = chosen_compliance(model, rows, licence[rows], days[rows] / YEAR)
    supplies.approve(state.supply, where, _promised(model, chosen), model.licence_lag)
    state.supply.usable = supplies.usable_now(state.supply, model.supply_map)
    pair.promised = np.where(where, licence, pair.promised)
    pair.bought = np.where(where[:, None], table.packages.purchases[chosen], pair.bought)
    pair.expiry = np.where(where, pair.in_force_on + days, pair.expiry)
    pair.trust = forgiven(model, rows, pair.trust)
    pair.watched_from = np.where(where, model.day + model.scenario.enforcement.licence_lag_days, pair.watched_from)
    for name in ("window", "deadline", "in_force_on", "probation_end"):
        getattr(pair, name)[where] = NEVER
    pair.signed[where] = -1
    pair.status[where] = TRUCE
    state.mark("force", where, model.day)


def _promised(model: WorldModel, chosen: Index) -> Array:
    """Approved shares (W, K) under terms (W,): the licence issue is a floor, controls become what was agreed."""
    shares, packages = model.state.supply.approved.copy(), model.table.packages
    licensed, _ = model.talk_positions
    kept = model.state.pair.compliance[:, None] * packages.licence[chosen][:, None]
    shares[:, licensed] = np.maximum(shares[:, licensed], kept)
    columns = list(model.supply_map.columns)
    for k, issue in enumerate(packages.issues):
        if issue.kind == "control":
            shares[:, [columns.index(c) for c in issue.columns]] = 1 - packages.terms[chosen, k][:, None]
    return shares


def watch(model: WorldModel) -> None:
    """Look at deliveries through noise; call a breach, cure it, or let the old rates snap back."""
    pair, types, spec = model.state.pair, model.types, model.scenario.enforcement
    licensed, _ = model.talk_positions
    noise = types.noise * model.draws.normal("monitor", "delivery", model.tick)
    delivered = model.state.supply.delivered[:, licensed].min(-1) if licensed else pair.promised  # nothing to watch
    observed = delivered + noise
    monitor = Monitor(types.noise, types.tolerance, np.full(model.worlds, spec.suspicion))
    looked = pair.watched_from <= model.day
    seen = observe(pair.trust, monitor, pair.promised, observed)
    weight = np.where(looked[:, None], seen.log_weight, pair.trust.log_weight)
    pair.trust = advance(replace(pair.trust, log_weight=weight))
    short = pair.promised - observed > types.tolerance
    called = looked & (pair.status == TRUCE) & ~pair.contract & breached(pair.trust, monitor, pair.promised, observed)
    cured = (pair.status == PROBATION) & ~short
    buyer = np.array([party != model.scenario.talks.licence_owner for party in model.scenario.talks.parties])
    model.state.mark("breach", called[:, None] & buyer, model.day)
    model.state.acts.note("cure", cured[:, None] & buyer)
    pair.status = np.where(called, PROBATION, np.where(cured, TRUCE, pair.status)).astype(np.int8)
    pair.probation_end = np.where(called, model.day + np.ceil(7 * types.probation).astype(np.int64), pair.probation_end)
    pair.probation_end = np.where(pair.status == TRUCE, NEVER, pair.probation_end)
    ended = (pair.status == PROBATION) & (pair.probation_end <= model.day)
    model.state.mark("snapback", ended, model.day)
    _end(model, ended, SNAPBACK)
    come_due(model, np.flatnonzero(ended))
    # who has left for good stays away
    pair.silent_until[ended] = np.maximum(pair.silent_until[ended], model.day + model.scenario.talks.pause_days)


def expire(model: WorldModel) -> None:
    """Truces that run out: renewed if that is worth no less to both than letting the rates return, else lapsed."""
    pair = model.state.pair
    due = (pair.expiry <= model.day + model.scenario.tick_days) & ((pair.status == TRUCE) | (pair.status == PROBATION))
    if not due.any():
        return
    renewed = due.copy()
    free = due & ~pair.contract
    if free.any():
        renewed[free] = _worth_renewing(model, np.flatnonzero(free))
    pair.expiry = np.where(renewed, pair.expiry + model.scenario.enforcement.renewal_days, pair.expiry)
    pair.window[renewed] = NEVER
    pair.deadline[renewed] = NEVER
    model.state.mark("renewal", renewed, model.day)
    model.state.mark("lapse", due & ~renewed, model.day)
    _end(model, due & ~renewed, LAPSED)
    come_due(model, np.flatnonzero(due & ~renewed))
    come_due(model, np.flatnonzero(due & renewed), bind=True)


def _worth_renewing(model: WorldModel, where: Index) -> Flags:
    """Whether both sides value another term no less than letting the written rates return."""
    table, pair = model.table, model.state.pair
    draw, policy = model.types.economy[where], model.valued_policy()[where]
    addons = policy[:, list(table.levers.addons)].astype(np.float64)
    renewed_until = pair.expiry[where] + model.scenario.enforcement.renewal_days
    terms, after = ending(model, where, renewed_until), model.valued_policy(fallen_back=True)[where]
    agreed = np.ones(len(where), dtype=bool)
    for side in range(2):
        outlook = outlook_of(model, side, where)
        renewed = table.standing(draw, policy, terms, outlook)
        lapsed = table.war(draw, after, lapse(addons, pair.snapback[where]), outlook)
        agreed &= renewed.own >= lapsed.own
    return agreed


def _end(model: WorldModel, where: Flags, status: int) -> None:
    """A truce ends: add-ons return to the written rates, approvals to what they were before it."""
    if not where.any():
        return
    state, pair = model.state, model.state.pair
    for side, column in enumerate(model.table.levers.addons):
        returned = np.maximum(state.policy[:, column], np.round(pair.snapback[:, side])).astype(np.int16)
        state.policy[:, column] = np.where(where, returned, state.policy[:, column])
    supplies.approve(state.supply, where, np.minimum(state.supply.approved, pair.fallback), model.licence_lag)
    pair.status[where] = status
    pair.bought[where] = 0.0
    for name in ("expiry", "probation_end", "window", "deadline"):
        getattr(pair, name)[where] = NEVER
