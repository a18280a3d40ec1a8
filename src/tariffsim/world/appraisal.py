"""What a signed deal is like: how far from the solutions of bargaining theory, what linking the issues brought, and
whether it keeps itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import Flags
from tariffsim.negotiation.linkage import linkage_gain
from tariffsim.negotiation.meeting import Meeting
from tariffsim.negotiation.monitoring import Monitor, alarm_probability
from tariffsim.negotiation.payoffs import Index
from tariffsim.negotiation.self_enforcement import deterrent, punishment_length, self_enforcement
from tariffsim.negotiation.solutions import distances
from tariffsim.negotiation.table import YEAR
from tariffsim.negotiation.valuation import annuity
from tariffsim.world.base import WorldModel

CONCEPTS = ("nash", "kalai_smorodinsky", "egalitarian", "utilitarian", "front", "efficiency")


@dataclass(frozen=True)
class Appraisal:
    """Of signed deals in W worlds, each side's values by its own belief.

    distance (W, 6): in the order of CONCEPTS, to each solution and the Pareto front in units of ideal gains, and
    efficiency; linkage (W, 2): gain over settling issue by issue, percent of GDP x years; critical_rate and
    critical_discount (W, 2): least patience that keeps the deal, per year and per `lag` (W,) years; noisy_rate (W, 2):
    the same where breaches are seen through noise; punishment (W, 2): fewest lags of war that deter a side as patient
    as it is, infinite if none do.
    """

    distance: Array
    linkage: Array
    critical_rate: Array
    critical_discount: Array
    lag: Array
    noisy_rate: Array
    punishment: Array


def appraise(
    model: WorldModel, where: Index, package: Index, meeting: Meeting, done: Flags, returning: Array
) -> Appraisal:
    """Appraise the deals `package` (W,) signed in worlds `where`, those of the meeting that are `done`; when a deal
    ends, add-ons go back to `returning` (W, 2)."""
    sights = [sight.of(np.flatnonzero(done)) for sight in meeting.sights]
    assert meeting.reference is not None
    u = np.stack([sight.own for sight in sights], axis=-1)
    d = np.stack([sight.reservation for sight in sights], axis=-1)
    found = distances(u, d, package)
    levels = np.stack(np.unravel_index(meeting.reference[done], meeting.issues), axis=-1)
    linked = linkage_gain(u, d, meeting.issues, levels)
    temptation, loss = _incentives(model, where, package, returning)
    lag = model.types.detection_weeks[where] * 7 / YEAR
    kept = self_enforcement(temptation, loss, np.maximum(lag, 1 / YEAR)[:, None])
    distance = np.stack([getattr(found, concept) for concept in CONCEPTS], axis=-1)
    deterred = self_enforcement(temptation, _noisy(model, where, package, temptation, loss), kept.lag)
    patience = np.stack([np.exp(-taste.discount[where] * kept.lag[:, 0]) for taste in model.types.tastes], axis=-1)
    length = punishment_length(patience, temptation, loss)
    return Appraisal(distance, linked.gain, kept.rate, kept.discount, kept.lag[:, 0], deterred.rate, length)


def _noisy(model: WorldModel, where: Index, package: Index, temptation: Array, loss: Array) -> Array:
    """What takes the place of the loss (W, 2) where a look at deliveries raises false alarms and misses breaches."""
    types, spec = model.types, model.scenario.enforcement
    monitor = Monitor(types.noise[where], types.tolerance[where], np.full(len(where), spec.suspicion))
    promised = model.table.packages.licence[model.table.packages.split(package)[0]]
    alarms = [
        alarm_probability(monitor, promised, delivered)[:, None] for delivered in (promised, np.zeros(len(where)))
    ]
    return deterrent(temptation, loss, alarms[0], alarms[1])


def _incentives(model: WorldModel, where: Index, package: Index, returning: Array) -> tuple[Array, Array]:
    """Temptation and loss (W, 2), percent of GDP a year: what the best deviation on its own issues brings a side in the
    short run while the other keeps the terms, and what war costs it, averaged to the common end."""
    table, types = model.table, model.types
    policy, draw = model.valued_policy()[where], types.economy[where]
    terms, _ = table.packages.split(package)
    addons = table.packages.settled(terms, policy[:, list(table.levers.addons)].astype(np.float64))
    wars = table.fought_over(draw, policy, addons, returning, [types.tastes[s].of(where) for s in range(2)])
    temptation, loss = [], []
    for side in range(2):
        taste = types.tastes[side].of(where)
        flows = table.deal_flows(draw, policy, taste, side)
        at = flows[np.arange(len(where)), terms]
        best = _best_deviation(model, side, flows[..., 0])[np.arange(len(where)), terms]
        years = annuity(taste.discount, 0.0, table.clock.end)
        kept = table.kept_to_the_end(at, taste)
        temptation.append(best - at[:, 0])
        loss.append((kept - wars[side]) / years)
    return np.stack(temptation, axis=-1), np.stack(loss, axis=-1)


def _best_deviation(model: WorldModel, side: int, flows: Array) -> Array:
    """Best flow (W, Q) a side reaches from each package by moving the levels that are its own to set."""
    packages = model.table.packages
    own = packages.owned(model.scenario.talks.parties[side])
    grid = flows.reshape(len(flows), *packages.sizes[:-1])
    best = grid.max(axis=tuple(axis + 1 for axis in own), keepdims=True)
    return np.broadcast_to(best, grid.shape).reshape(flows.shape)
