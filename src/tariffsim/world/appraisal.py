"""What a signed deal is like: how far from the solutions of bargaining theory and from the two pillars of GATT, what
linking the issues brought, what else would have been agreeable, and whether it keeps itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tariffsim.economy import solve
from tariffsim.instruments.base import Array, Integers
from tariffsim.instruments.rows import distinct_rows
from tariffsim.negotiation.bargaining import Flags
from tariffsim.negotiation.frontier import frontier_distances
from tariffsim.negotiation.linkage import linkage_gain
from tariffsim.negotiation.meeting import Meeting
from tariffsim.negotiation.monitoring import Monitor, alarm_probability
from tariffsim.negotiation.payoffs import Index
from tariffsim.negotiation.reciprocity import mfn_violation, reciprocity_gap
from tariffsim.negotiation.self_enforcement import (
    deterrent,
    most_cooperative_of,
    punishment_length,
    self_enforcement,
)
from tariffsim.negotiation.solutions import distances, values_at, win_set
from tariffsim.negotiation.table import YEAR
from tariffsim.negotiation.valuation import annuity
from tariffsim.world.base import WorldModel

LIKELY = 0.5  # a package at least as likely to pass as not is in the win-set at home
CONCEPTS = ("nash", "kalai_smorodinsky", "egalitarian", "utilitarian", "front", "efficiency")


@dataclass(frozen=True)
class Appraisal:
    """Of signed deals in W worlds, each side's values by its own belief.

    distance (W, 6): in the order of CONCEPTS, to each solution and the Pareto front in units of ideal gains, and
    efficiency; frontier (W, 6): the same on the continuous frontier; win_set (W, 2): share of the packages that a side
    would rather have than no agreement, zone (W,): that both would; home_win_set (W, 2): share that its groups at home
    are as likely to ratify as not, NaN where they have no vote; background (W, L): policy by which the deal was valued;
    linkage (W, 2): gain over settling issue by issue, percent of GDP x years; critical_rate and
    critical_discount (W, 2): least patience that keeps the deal, per year and per `lag` (W,) years; noisy_rate (W, 2):
    the same where breaches are seen through noise; punishment (W, 2): fewest lags of war that deter a side as patient
    as it is, infinite if none do. sustained (W,): share of the terms on the table that keep themselves at the sides'
    own discount rates and the lag; sustainable (W,): those of them with the largest joint gain over war, -1 if none;
    sustainable_punishment (W, 2): fewest lags of war that keep a side to them, NaN if none.
    """

    distance: Array
    frontier: Array
    win_set: Array
    zone: Array
    home_win_set: Array
    background: Integers
    linkage: Array
    critical_rate: Array
    critical_discount: Array
    lag: Array
    noisy_rate: Array
    punishment: Array
    sustained: Array
    sustainable: Index
    sustainable_punishment: Array


def appraise(
    model: WorldModel,
    where: Index,
    package: Index,
    meeting: Meeting,
    done: Flags,
    returning: Array,
    chance: Array | None,
) -> Appraisal:
    """Appraise the deals `package` (W,) signed in worlds `where`, those of the meeting that are `done`; when a deal
    ends, add-ons go back to `returning` (W, 2). `chance`: of each package to be ratified (`ratifying.chances`)."""
    sights = [sight.of(np.flatnonzero(done)) for sight in meeting.sights]
    assert meeting.reference is not None
    u = np.stack([sight.own for sight in sights], axis=-1)
    d = np.stack([sight.reservation for sight in sights], axis=-1)
    found, continuous = distances(u, d, package), frontier_distances(u, d, package)
    levels = np.stack(np.unravel_index(meeting.reference[done], meeting.issues), axis=-1)
    linked = linkage_gain(u, d, meeting.issues, levels)
    wanted = win_set(u, d)
    tempted, lost = _incentives(model, where, returning)
    terms, _ = model.table.packages.split(package)
    temptation, loss = values_at(tempted, terms), values_at(lost, terms)
    lag = np.maximum(model.types.detection_weeks[where] * 7 / YEAR, 1 / YEAR)
    kept = self_enforcement(temptation, loss, lag[:, None])
    deterred = self_enforcement(temptation, _noisy(model, where, package, temptation, loss), kept.lag)
    rates = np.stack([taste.discount[where] for taste in model.types.tastes], axis=-1)
    patience = np.exp(-rates * kept.lag)
    best = most_cooperative_of(tempted, lost, rates, lag[:, None, None])
    at_best = punishment_length(patience, values_at(tempted, best.package), values_at(lost, best.package))
    return Appraisal(
        distance=np.stack([getattr(found, concept) for concept in CONCEPTS], axis=-1),
        frontier=np.stack([getattr(continuous, concept) for concept in CONCEPTS], axis=-1),
        win_set=wanted.mean(-2),
        zone=wanted.all(-1).mean(-1),
        home_win_set=_home_win_set(model, None if chance is None else chance[done], len(where)),
        background=model.valued_policy()[where],
        linkage=linked.gain,
        critical_rate=kept.rate,
        critical_discount=kept.discount,
        lag=kept.lag[:, 0],
        noisy_rate=deterred.rate,
        punishment=punishment_length(patience, temptation, loss),
        sustained=best.sustained.mean(-1),
        sustainable=best.package,
        sustainable_punishment=np.where((best.package >= 0)[:, None], at_best, np.nan),
    )


def _home_win_set(model: WorldModel, chance: Array | None, worlds: int) -> Array:
    """Share (W, 2) of the packages that each side's groups at home would let pass, from probabilities (W, Q, 2)."""
    if chance is None:
        return np.full((worlds, 2), np.nan)
    forms = [model.scenario.governments[party].ratification for party in model.scenario.talks.parties]
    voting = np.array([spec is not None and spec.form != "executive" for spec in forms])
    return np.where(voting, (chance >= LIKELY).mean(-2), np.nan)


def _noisy(model: WorldModel, where: Index, package: Index, temptation: Array, loss: Array) -> Array:
    """What stands for the loss (W, 2) of the side that promised licences: deliveries are looked at every tick
    of the detection lag, and a look may raise a false alarm or miss a breach. Tariffs are seen as they are."""
    types, spec, packages = model.types, model.scenario.enforcement, model.table.packages
    monitor = Monitor(types.noise[where], types.tolerance[where], np.full(len(where), spec.suspicion))
    promised = packages.licence[packages.split(package)[0]]
    looks = np.maximum(np.round(types.detection_weeks[where] * 7 / model.scenario.tick_days), 1.0)
    alarms = [
        (1 - (1 - alarm_probability(monitor, promised, delivered)) ** looks)[:, None]
        for delivered in (promised, np.zeros(len(where)))
    ]
    owners = [issue.by for issue in packages.issues if issue.kind == "licence"]
    seen = [party not in owners for party in model.scenario.talks.parties]
    exact = np.array(seen) | (promised == 0)[:, None]
    return np.where(exact, loss, deterrent(temptation, loss, alarms[0], alarms[1]))


def _incentives(model: WorldModel, where: Index, returning: Array) -> tuple[Array, Array]:
    """Temptation and loss (W, Q, 2) under all terms on the table, percent of GDP a year: what the best deviation on its
    own issues brings a side in the short run while the other keeps the terms, and what war costs it, averaged to the
    common end."""
    table, types = model.table, model.types
    policy, draw = model.valued_policy()[where], types.economy[where]
    wars = table.fought_over(draw, policy, returning, [taste.of(where) for taste in types.tastes])
    temptation, loss = [], []
    for side in range(2):
        taste = types.tastes[side].of(where)
        flows = table.deal_flows(draw, policy, taste, side)
        years = annuity(taste.discount, 0.0, table.clock.end)
        temptation.append(_best_deviation(model, side, flows[..., 0]) - flows[..., 0])
        loss.append((table.kept_to_the_end(flows, taste) - wars[side]) / years[:, None])
    return np.stack(temptation, axis=-1), np.stack(loss, axis=-1)


def _best_deviation(model: WorldModel, side: int, flows: Array) -> Array:
    """Best flow (W, Q) a side reaches from each package by moving the levels that are its own to set."""
    packages = model.table.packages
    own = packages.owned(model.scenario.talks.parties[side])
    grid = flows.reshape(len(flows), *packages.sizes[:-1])
    best = grid.max(axis=tuple(axis + 1 for axis in own), keepdims=True)
    return np.broadcast_to(best, grid.shape).reshape(flows.shape)


def pillars(model: WorldModel) -> dict[str, Array]:
    """The two pillars of GATT in the first deals of a run (`negotiation.reciprocity`), NaN in worlds without one.

    reciprocity_gap (W, 2): change of each party's imports less that of its exports at old world prices from the policy
    by which the deal was valued to its terms, in the long run, percent of base GDP. mfn_excess, mfn_spread (W, 2): how
    far its tariffs under the deal treat suppliers differently, and mfn_change (W, 2) what the deal adds to the excess,
    percentage points. Each distinct deal of an economy draw is solved once.
    """
    firsts, table = model.state.firsts, model.table
    signed = np.flatnonzero(firsts.package >= 0)
    found = np.full((4, model.worlds, 2), np.nan)
    if len(signed):
        before, draw = firsts.background[signed], model.types.economy[signed]
        terms, _ = table.packages.split(firsts.package[signed])
        after = np.concatenate([table.levers.place(before[k], table.packages.terms[[q]]) for k, q in enumerate(terms)])
        first, inverse = distinct_rows(np.column_stack([draw.astype(np.int16), before, after]))
        found[:, signed] = _pillars(model, draw[first], before[first], after[first])[:, inverse]
    return dict(zip(("reciprocity_gap", "mfn_excess", "mfn_spread", "mfn_change"), found, strict=True))


def _pillars(model: WorldModel, draw: Index, before: Integers, after: Integers) -> Array:
    """The four measures (4, R, 2) of distinct changes of policy."""
    places = [model.economy.region_index(party) for party in model.scenario.talks.parties]
    found = np.empty((4, len(draw), 2))
    for k in np.unique(draw):
        mine, economy = np.flatnonzero(draw == k), model.book.draws[k].economies[1]
        wedges = [model.space.wedges(policy[mine]) for policy in (before, after)]
        old, new = (solve(economy, wedges=w, threads=model.book.threads) for w in wedges)
        was, now = (mfn_violation(economy, np.asarray(w.tariffs, dtype=np.float64)) for w in wedges)
        measures = (reciprocity_gap(old, new), now.excess, now.spread, now.excess - was.excess)
        found[:, mine] = np.stack(measures)[..., places]
    return found
