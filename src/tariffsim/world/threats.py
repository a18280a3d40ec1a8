"""Commitment by public word: threats that cost something to drop, and demands that cost something to go back on.

Who drops a public threat, or settles for less than it demanded in public, pays an audience cost once: a times the
points between word and deed (Fearon 1994, American Political Science Review 88(3), 577-592). What is said behind closed
doors costs nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tariffsim.instruments.base import Array, Integers
from tariffsim.negotiation.bargaining import Flags, TalkSight, value_of
from tariffsim.negotiation.packages import KEPT
from tariffsim.negotiation.payoffs import Index
from tariffsim.negotiation.solutions import nash_bargaining
from tariffsim.negotiation.table import Ending
from tariffsim.negotiation.tastes import Outlook, Seen
from tariffsim.negotiation.threat_game import threats
from tariffsim.negotiation.truce import NEVER, bound
from tariffsim.negotiation.war_path import lapse
from tariffsim.world.base import WorldModel
from tariffsim.world.outlooks import outlook_of

Sights = Callable[[Index], tuple[TalkSight, TalkSight]]


def threaten(model: WorldModel, where: Index, sights: Sights) -> None:
    """When a negotiation opens, governments that threaten say what add-on they will set if it fails.

    sights: what both sides would see at the table in some worlds, given the threats that are outstanding there.
    """
    pair, governments = model.state.pair, [model.scenario.governments[p] for p in model.scenario.talks.parties]
    pair.demand[where] = np.nan
    levels = np.array([np.nan if g.threat is None else g.threat for g in governments])
    said = np.where(_addons(model, where) < levels, levels, np.nan)  # below what is in force it is no threat
    chooses = ~np.isnan(said) & np.array([g.threatens == "chosen" for g in governments])
    rows = np.flatnonzero(chooses.any(-1))
    if len(rows):
        said[rows] = _chosen(model, where[rows], said[rows], chooses[rows], sights)
    pair.threat[where] = said
    uttered = np.zeros((model.worlds, 2), dtype=bool)
    uttered[where] = ~np.isnan(said)
    model.state.acts.note("threat", uttered)


def _chosen(model: WorldModel, where: Index, level: Array, chooses: Flags, sights: Sights) -> Array:
    """Threats (W, 2) of `level` (W, 2), NaN for none, as governments that choose theirs decide (`threat_game`)."""
    able = ~np.isnan(level)
    allowed = np.stack([~able | chooses, able], axis=-1)
    payoff = np.zeros((len(where), 2, 2, 2))
    for acts in itertools.product((0, 1), repeat=2):
        rows = np.flatnonzero(allowed[:, 0, acts[0]] & allowed[:, 1, acts[1]])
        if len(rows):
            model.state.pair.threat[where[rows]] = np.where(np.array(acts, dtype=bool), level[rows], np.nan)
            both = sights(where[rows])
            for side in range(2):
                payoff[rows, side, acts[0], acts[1]] = _bargained(both[side])
    parties, opener = model.scenario.talks.parties, model.types.first_mover[where]
    uniform = np.stack([model.draws.uniform(p, "threat", model.tick)[where] for p in parties], axis=-1)
    return np.where(threats(payoff, allowed, opener, uniform), level, np.nan)


def _bargained(sight: TalkSight) -> Array:
    """What a side expects (W,) of the talks: the Nash solution of what it knows, or disagreement if there is none."""
    values = np.stack([sight.own, sight.other], axis=-1)
    package = nash_bargaining(values, np.stack([sight.reservation, sight.other_reservation], axis=-1))
    return np.where(package >= 0, value_of(sight.own, package[:, None])[:, 0], sight.reservation)


def settled(model: WorldModel, where: Index, package: Index, known: Array) -> Array:
    """A deal is signed: threats are met, and who got less than it demanded in public pays for it.

    Returns what (W, 2) sides pay for demands made since those `known` (W, 2, 2) when they valued the package.
    """
    pair, packages = model.state.pair, model.table.packages
    addons = packages.settled(packages.split(package)[0], _addons(model, where))
    gap = np.stack([_given_up(pair.demand[where, side], addons, side) for side in range(2)], axis=-1)
    paid = _cost(model, where) * gap
    model.state.firsts.audience_paid[where] += paid
    pair.threat[where], pair.demand[where] = np.nan, np.nan
    return np.where(np.isnan(known).all(-1), paid, 0.0)


def talks_over(model: WorldModel, where: Index) -> None:
    """A negotiation has ended without a deal in worlds `where`, at its deadline or because somebody left or called it
    off: threats come due, where a truce binds not before it ends."""
    pair = model.state.pair
    come_due(model, where[~bound(pair.status[where], pair.expiry[where] != NEVER)])
    pair.window[where] = NEVER
    pair.deadline[where] = NEVER


def come_due(model: WorldModel, where: Index, *, bind: bool = False) -> None:
    """Talks have failed in worlds `where`: each threat is carried out, or dropped at a cost, whichever is worth more;
    where a truce still binds (`bind`), it is dropped. A threat that add-ons have overtaken is neither."""
    pair, firsts = model.state.pair, model.state.firsts
    pair.threat[where] = np.where(pair.threat[where] > _addons(model, where), pair.threat[where], np.nan)
    where = where[~np.isnan(pair.threat[where]).all(-1)]
    if not len(where):
        return
    addons, threat = _addons(model, where), pair.threat[where]
    decided = [np.zeros(len(where), dtype=bool) if bind else _carried_out(model, s, where, addons) for s in range(2)]
    done = np.stack(decided, axis=-1)
    for side, column in enumerate(model.table.levers.addons):
        new = np.where(done[:, side], np.nan_to_num(threat[:, side]), addons[:, side])
        model.state.policy[where, column] = np.round(new).astype(np.int16)
    dropped = ~done & ~np.isnan(threat)
    gap = np.where(dropped, np.nan_to_num(threat) - addons, 0.0)
    firsts.audience_paid[where] += _cost(model, where) * np.maximum(gap, 0.0)
    for act, happened in (("threat_executed", done), ("threat_dropped", dropped)):
        flags = np.zeros(pair.threat.shape, dtype=bool)
        flags[where] = happened
        model.state.mark(act, flags, model.day)
    pair.threat[where] = np.nan


def disagreement(
    model: WorldModel, where: Index, policy: Integers, outlook: Outlook, ending: Ending, without: Seen
) -> Seen:
    """D where threats are outstanding: what follows when talks fail at the `ending` and each side does what is worth
    more to it, supposing that the other drops its own threat. `without`: D of worlds in which nobody threatens."""
    threat = model.state.pair.threat[where]
    if np.isnan(threat).all():
        return without
    returning, sides = ending.returning, (outlook.side, 1 - outlook.side)
    found = {}
    speaks = [(False,) if np.isnan(threat[:, side]).all() else (False, True) for side in range(2)]
    for acts in itertools.product(*speaks):
        executed = np.array(acts) & ~np.isnan(threat)
        raised = np.where(executed, _raised(returning, threat), returning)
        after = replace(ending, returning=raised, renewable=ending.renewable & ~executed.any(-1))
        found[acts] = model.table.standing(model.types.economy[where], policy, after, outlook)
    gap = np.maximum(_raised(returning, threat) - returning, 0.0)
    late = [np.exp(-outlook.own.discount * ending.years)]
    late.append(outlook.expected(np.stack([np.exp(-t.discount * ending.years) for t in outlook.others], axis=1)))
    costs = [outlook.own.audience_cost, outlook.expected(np.stack([t.audience_cost for t in outlook.others], axis=1))]
    acts_of = []
    for k, side in enumerate(sides):
        if len(speaks[side]) == 1:
            acts_of.append(np.zeros(len(where), dtype=bool))
            continue
        alone = (side == 0, side == 1)
        gain = _worth(found[alone], k, outlook) - _worth(found[False, False], k, outlook)
        acts_of.append((gain >= -costs[k] * gap[:, side] * late[k]) & ~np.isnan(threat[:, side]))
    chosen = [acts_of[sides.index(side)] for side in range(2)]
    own, other = without.own, without.other
    for acts, seen in found.items():
        if not any(acts):  # words that nobody would act on leave things as they are, but for what dropping them costs
            continue
        here = (chosen[0] == acts[0]) & (chosen[1] == acts[1]) & ~np.isnan(threat).all(-1)
        own, other = np.where(here, seen.own, own), np.where(here[:, None], seen.other, other)
    dropped = [~acts_of[k] * np.nan_to_num(gap[:, side]) * costs[k] * late[k] for k, side in enumerate(sides)]
    return Seen(np.asarray(own - dropped[0]), np.asarray(other - dropped[1][:, None]))


def on_record(model: WorldModel, where: Index, values: Seen, outlook: Outlook) -> Seen:
    """Values of packages where offers are public: settling for less than the first demand costs either side."""
    if model.scenario.talks.publicity == "private":
        return values
    packages, demand = model.table.packages, model.state.pair.demand[where]
    agreed = np.repeat(packages.addons, len(packages.days), axis=0)
    addons = np.where(agreed == KEPT, _addons(model, where)[:, None], agreed)  # (W, Q, 2)
    mine, theirs = (_given_up(demand[:, s, None], addons, s) for s in (outlook.side, 1 - outlook.side))  # (W, Q)
    costs = np.stack([t.audience_cost for t in outlook.others], axis=1)
    own = values.own - outlook.own.audience_cost[:, None] * mine
    return Seen(own, values.other - costs[..., None] * theirs[:, None])


def heard_in_public(model: WorldModel, where: Index, side: int, first_offer: Index) -> None:
    """Note the add-ons of a side's first offer (W,), -1 where it made none."""
    demand, packages = model.state.pair.demand, model.table.packages
    addons = packages.settled(packages.split(np.maximum(first_offer, 0))[0], _addons(model, where))
    fresh = np.isnan(demand[where, side]) & (first_offer >= 0)[:, None]
    demand[where, side] = np.where(fresh, addons, demand[where, side])


def _given_up(demand: Array, addons: Array, side: int) -> Array:
    """Points (...) by which add-ons (..., 2) fall short of what a side demanded (..., 2): its own kept lower, or the
    other's left higher; 0 where nothing was demanded."""
    short = demand - addons
    own, other = short[..., side], -short[..., 1 - side]
    return np.asarray(np.nan_to_num(np.maximum(own, 0.0) + np.maximum(other, 0.0)))


def _carried_out(model: WorldModel, side: int, where: Index, addons: Array) -> Flags:
    """Whether (W,) a side carries out its threat, the other staying where it is."""
    threat, draw, policy = (
        model.state.pair.threat[where, side],
        model.types.economy[where],
        model.valued_policy()[where],
    )
    outlook = outlook_of(model, side, where)
    raised = addons.copy()
    raised[:, side] = np.fmax(addons[:, side], threat)
    fought = model.table.war(draw, policy, lapse(addons, raised), outlook).own
    dropped = model.table.war(draw, policy, lapse(addons, addons), outlook).own
    cost = outlook.own.audience_cost * (raised - addons)[:, side]
    return np.asarray(~np.isnan(threat) & (fought >= dropped - cost))


def _worth(seen: Seen, k: int, outlook: Outlook) -> Array:
    return np.asarray(seen.own if k == 0 else outlook.expected(seen.other))


def _raised(addons: Array, threat: Array) -> Array:
    return np.asarray(np.fmax(addons, threat))


def _addons(model: WorldModel, where: Index) -> Array:
    return np.asarray(model.state.policy[np.ix_(where, np.array(model.table.levers.addons))], dtype=np.float64)


def _cost(model: WorldModel, where: Index) -> Array:
    return np.stack([taste.audience_cost[where] for taste in model.types.tastes], axis=-1)
