"""Ratification: what each party's groups make of a package, and the vote on what was signed."""

from __future__ import annotations

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.packages import KEPT
from tariffsim.negotiation.payoffs import Index
from tariffsim.negotiation.ratification import Electorate, Procedure, passes, probability, support
from tariffsim.negotiation.tastes import Seen
from tariffsim.negotiation.truce import NEVER, SIGNED
from tariffsim.scenario.domestic import RatificationSpec
from tariffsim.world.base import WorldModel


def chances(model: WorldModel, where: Index) -> Array | None:
    """Probability (W, Q, 2) that each party ratifies each package; None where nobody votes on anything."""
    specs = [_procedure(model, party) for party in model.scenario.talks.parties]
    if all(spec.form == "executive" for spec in specs):
        return None
    draw, policy, days = model.types.economy[where], model.valued_policy()[where], len(model.table.packages.days)
    now, changes = model.book.rows(draw, policy), model.table.group_changes(draw, policy)
    found = []
    for side, (party, spec) in enumerate(zip(model.scenario.talks.parties, specs, strict=True)):
        procedure = Procedure(spec.form, np.array([spec.quota]), np.array([spec.width]), np.array([spec.days]))
        before = model.payoffs.group_change(party, now)
        votes = support(changes[side], before, _electorate(model, party))
        addon = model.table.packages.addons[:, side]
        within = (addon == KEPT) | (addon >= spec.allowed_addon)
        chance = probability(votes, procedure, np.broadcast_to(within, votes.shape))
        found.append(np.repeat(chance, days, axis=1))
    return np.stack(found, axis=-1)


def foreseen(values: Seen, disagreement: Seen, chance: Array | None) -> Seen:
    """Values of packages as negotiators see them who know how likely each is to be ratified (W, Q, 2)."""
    if chance is None:
        return values
    both = chance.prod(-1)
    own, other = disagreement.own[:, None], disagreement.other[..., None]
    return Seen(own + both * (values.own - own), other + both[:, None] * (values.other - other))


def days_to_force(model: WorldModel) -> int:
    """Days from signature to force: as long as the slower party takes."""
    return max(_procedure(model, party).days for party in model.scenario.talks.parties)


def vote(model: WorldModel) -> None:
    """Signed deals whose day has come are ratified, or fail and leave things as they were before the signature."""
    pair, talks = model.state.pair, model.scenario.talks
    due = (pair.status == SIGNED) & (pair.in_force_on < model.day + model.scenario.tick_days)
    if not due.any():
        return
    passed = np.ones(model.worlds, dtype=bool)
    for side, party in enumerate(talks.parties):
        passed &= passes(pair.chance[:, side], model.draws.uniform(party, "ratify", model.tick))
    failed = due & ~passed
    model.state.mark("rejection", failed, model.day)
    pair.status = np.where(failed, pair.before, pair.status).astype(np.int8)
    pause = np.maximum(pair.silent_until, model.day + talks.pause_days)
    pair.silent_until = np.where(failed, pause, pair.silent_until)
    pair.signed = np.where(failed, -1, pair.signed)
    for name in ("window", "deadline", "in_force_on"):
        getattr(pair, name)[failed] = NEVER


def _procedure(model: WorldModel, party: str) -> RatificationSpec:
    spec = model.scenario.governments[party].ratification
    assert spec is not None
    return spec


def _electorate(model: WorldModel, party: str) -> Electorate:
    groups = model.payoffs.groups
    mine = groups.of(model.economy.region_index(party))
    return Electorate(groups.value_added[mine] / groups.value_added[mine].sum(), groups.spread[mine])
