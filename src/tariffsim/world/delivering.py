"""Deliveries under a deal: how much the owner means to deliver, and what the public makes of what arrives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tariffsim.economy.adjustment import share_closed
from tariffsim.instruments.base import Array, supply_setting
from tariffsim.negotiation.compliance import Deterrence, best_compliance_on_grid
from tariffsim.negotiation.monitoring import Belief, Capacities, prior_belief
from tariffsim.negotiation.payoffs import Index, weighed, withheld
from tariffsim.negotiation.table import YEAR
from tariffsim.world.base import WorldModel

LEVELS = np.array([0.0, 0.25, 0.5, 0.75, 1.0])  # compliance considered: the grid of licence shares is coarser
STRATA = np.array([1 / 6, 1 / 2, 5 / 6])  # public prior over capacity: the middle of each third


def prior_trust(model: WorldModel) -> Belief:
    """What the public believes about deliveries before it has looked: capacities as in the scenario, nine paths."""
    spec = model.scenario.enforcement
    start, kappa = spec.capacity_start.quantile(STRATA), spec.capacity_growth.quantile(STRATA)
    grown = share_closed(kappa, model.scenario.tick_days / 7)
    paths = [np.repeat(a.reshape(1, -1), model.worlds, axis=0) for a in np.meshgrid(start, grown, indexing="ij")]
    even = np.ones_like(paths[0])
    bad = np.repeat(np.array([spec.unwilling_compliance]), model.worlds, axis=0)
    prior = np.full(model.worlds, spec.prior_unwilling)
    return prior_belief(prior, Capacities(paths[0], paths[1], even, even), bad, np.ones_like(bad))


def forgiven(model: WorldModel, where: Index, trust: Belief) -> Belief:
    """The belief with what was seen in worlds `where` set aside: a new deal is a new promise, offices stay as grown."""
    weight = trust.log_weight.copy()
    weight[where] = prior_trust(model).log_weight[where]
    return replace(trust, log_weight=weight)


def chosen_compliance(model: WorldModel, where: Index, promised: Array, years: Array) -> Array:
    """c* (W,) of the licence owner for a truce of `years` (W,) in worlds `where`, add-ons and controls in force.

    What it gains a year by withholding is compared with losing the deal if it is found out
    (docs/explanation/enforcement.md).
    """
    scenario, types, table = model.scenario, model.types, model.table
    owner = scenario.talks.licence_owner
    if not owner:  # nothing is promised
        return np.ones(len(where))
    side = scenario.talks.parties.index(owner)
    policy = np.repeat(model.valued_policy()[where][:, None], len(LEVELS), axis=1)
    shares = supply_setting(promised[:, None] * LEVELS, scenario.policy.availability_step)
    for column in table.levers.licences:
        policy[:, :, column] = shares
    draw = np.repeat(types.economy[where], len(LEVELS))
    rows = model.book.rows(draw, policy.reshape(len(draw), -1)).reshape(len(where), -1)
    taste = types.tastes[side].of(where)
    flows = weighed(model.payoffs.flow(owner, rows), taste.revenue_premium)[..., 0]
    held = withheld(policy, table.own_controls[side])
    deterrence = Deterrence(
        years=years,
        rate=taste.discount,
        lag=types.detection_weeks[where] * 7 / YEAR,
        intensity=types.detection_intensity[where],
        stake=model.state.pair.stake[where, side],
    )
    return best_compliance_on_grid(deterrence, LEVELS, flows + taste.control_value[:, None] * held)
