"""The talk phase: pairs that meet value every package and the war path, and run their protocol."""

from __future__ import annotations

from dataclasses import fields
from typing import NamedTuple

import numpy as np

from tariffsim.instruments.base import Array, Integers
from tariffsim.negotiation.bargaining import TalkSight, value_of
from tariffsim.negotiation.beliefs import posterior
from tariffsim.negotiation.meeting import History, Meeting, Outcome
from tariffsim.negotiation.payoffs import Index
from tariffsim.negotiation.table import YEAR, Ending, Table
from tariffsim.negotiation.tastes import Outlook, Seen
from tariffsim.negotiation.truce import NEVER, SIGNED, may_talk
from tariffsim.negotiation.war_path import Standoff
from tariffsim.world.appraisal import appraise
from tariffsim.world.base import WorldModel
from tariffsim.world.outlooks import ending, outlook_of
from tariffsim.world.ratifying import chances, days_to_force, foreseen
from tariffsim.world.state import Flags, Said, offers_a_tick
from tariffsim.world.threats import disagreement, heard_in_public, on_record, settled, talks_over, threaten


def talk(model: WorldModel) -> None:
    """Hold the meetings of this tick; what is agreed is signed and waits for ratification."""
    model.state.said = Said.nothing(model.worlds, offers_a_tick(model.scenario))
    _close_windows(model)
    where = np.flatnonzero(_meets(model))
    if not len(where):
        return
    _open_windows(model, where)
    model.state.firsts.meetings[where] += 1
    chance = chances(model, where)
    sights, in_force = _sights(model, where, chance)
    known = _Known(chance, in_force, model.state.pair.demand[where])
    meeting = _meeting(model, where, sights)
    outcome = model.protocol.run(meeting)
    _remember(model, where, outcome, sights)
    _sign(model, where, meeting, outcome, known)


class _Known(NamedTuple):
    """What sides knew when they valued packages (W, Q, 2): chances of ratification, gains once in force by side; and
    the public demands (W, 2, 2) already made."""

    chance: Array | None
    in_force: tuple[Array, Array]
    demands: Array


def first_meeting(model: WorldModel) -> Meeting:
    """The first meeting of the first negotiation, as if all worlds met today; its windows are open then."""
    where = np.arange(model.worlds)
    _open_windows(model, where)
    return _meeting(model, where, _sights(model, where, chances(model, where))[0])


def _meets(model: WorldModel) -> Flags:
    pair, talks = model.state.pair, model.scenario.talks
    able = may_talk(pair.status) & (pair.silent_until <= model.day) & model.protocol.meets
    if any(model.falls_now(day) for day in talks.rounds):
        return able
    if model.today < talks.not_before:
        return np.zeros(model.worlds, dtype=bool)
    chance = 1 - np.exp(-model.types.meeting_rate * model.scenario.tick_days / 7)
    return able & (model.draws.uniform("talks", "meeting", model.tick) < chance)


def _close_windows(model: WorldModel) -> None:
    """A negotiation past its deadline has failed; the parties fall silent for a while."""
    pair = model.state.pair
    if not model.scenario.talks.deadline:
        return
    failed = np.flatnonzero(pair.deadline <= model.day)
    pause = model.day + model.scenario.talks.pause_days
    pair.silent_until[failed] = np.maximum(pair.silent_until[failed], pause)
    talks_over(model, failed)


def _open_windows(model: WorldModel, where: Index) -> None:
    """A first meeting opens a negotiation; it must end before a running truce does."""
    pair = model.state.pair
    fresh = where[pair.window[where] == NEVER]
    running = pair.expiry[fresh] != NEVER
    limit = np.minimum(pair.expiry[fresh], pair.probation_end[fresh])
    pair.window[fresh] = model.day
    pair.offers = pair.offers.forget(fresh)
    pair.deadline[fresh] = np.where(running, limit, model.day + model.scenario.talks.window_days)
    threaten(model, fresh, lambda worlds: _sights(model, worlds, chances(model, worlds))[0])


def _sights(
    model: WorldModel, where: Index, chance: Array | None
) -> tuple[tuple[TalkSight, TalkSight], tuple[Array, Array]]:
    """What both sides know at the table in worlds `where`, and the gain (W, Q) to each of every package over
    disagreement once it is in force: ratified, and with what its signature costs in public paid."""
    policy, draw = model.valued_policy()[where], model.types.economy[where]
    stakes = model.table.stakes(draw, policy, returning_addons(model, where))
    found, gains = [], []
    for side in range(2):
        outlook = outlook_of(model, side, where)
        values, without = model.table.values(stakes, outlook), reservation(model, where, policy, outlook)
        gains.append(values.own - without.own[:, None])
        values = on_record(model, where, foreseen(values, without, chance), outlook)
        found.append(_sight(model, outlook, values, without, where))
    return (found[0], found[1]), (gains[0], gains[1])


def _sight(model: WorldModel, outlook: Outlook, values: Seen, disagreement: Seen, where: Index) -> TalkSight:
    """A side's sight in worlds `where` but for its moments, from its values of packages and of disagreement."""
    sides, count = (outlook.side, 1 - outlook.side), len(where)
    parties, talks = model.scenario.talks.parties, model.scenario.talks
    outside = [np.full(count, talks.outside.get(parties[s], -np.inf)) for s in sides]
    years = _years_per_offer(model, where)
    inside = [talks.inside.get(parties[s], 0.0) * years for s in sides]
    factors = [np.exp(-model.types.tastes[s].discount[where] * years) * (1 - talks.breakdown) for s in sides]
    if outlook.belief.shape[1] > 1:  # the other's discount is known through its type only
        by_type = np.stack([np.exp(-taste.discount * years) for taste in outlook.others], axis=1)
        factors[1] = outlook.expected(by_type) * (1 - talks.breakdown)
    nothing = np.zeros((count, 0), dtype=np.int64)
    return TalkSight(
        own=values.own,
        other=outlook.expected(values.other),
        reservation=disagreement.own,
        other_reservation=outlook.expected(disagreement.other),
        outside=outside[0],
        other_outside=outside[1],
        inside=inside[0],
        other_inside=inside[1],
        discount=factors[0],
        other_discount=factors[1],
        types=values.other,
        types_reservation=disagreement.other,
        belief=outlook.belief,
        time=np.zeros((count, 0)),
        next_time=np.zeros((count, 0)),
        offers_left=nothing,
        made=nothing,
        heard=nothing,
        uniform=np.zeros((count, 0)),
    )


def _years_per_offer(model: WorldModel, where: Index) -> Array:
    """Years (W,) between two offers at the expected pace of meetings."""
    return np.asarray(7 / YEAR / (model.types.meeting_rate[where] * model.scenario.talks.offers_per_meeting))


def reservation(
    model: WorldModel, where: Index, policy: Integers, outlook: Outlook, at_table: Table | None = None
) -> Seen:
    """D: the running truce left alone, or the war path where none runs; threats that are outstanding included."""
    state, pair, table = model.state, model.state.pair, at_table or model.table
    draw, columns = model.types.economy[where], np.array(table.levers.addons)
    addons, seen = (array[np.ix_(where, columns)].astype(np.float64) for array in (state.policy, state.seen))
    running = pair.expiry[where] != NEVER
    truce = ending(model, where, pair.expiry[where])
    standoff = Standoff(addons, np.maximum(addons - seen, 0.0))
    if running.all():
        plain = table.standing(draw, policy, truce, outlook)
    else:
        plain = table.war(draw, policy, standoff, outlook)
        if running.any():
            standing = table.standing(draw, policy, truce, outlook)
            own = np.where(running, standing.own, plain.own)
            plain = Seen(own, np.where(running[:, None], standing.other, plain.other))
    # without a truce what was threatened comes when the talks' window closes
    years = np.where(running, truce.years, np.maximum(pair.deadline[where] - model.day, 0) / YEAR)
    returning = np.where(running[:, None], truce.returning, addons)
    after = np.where(running[:, None], truce.policy, policy)
    failed = Ending(years, returning, after, truce.renewable & running, truce.bought)
    return disagreement(model, where, policy, outlook, failed, plain)


def returning_addons(model: WorldModel, where: Index) -> Array:
    """Add-ons (W, 2) that return when a deal signed now ends: a running truce's snapback, else the rates in force."""
    pair = model.state.pair
    addons = model.state.policy[np.ix_(where, np.array(model.table.levers.addons))].astype(np.float64)
    return np.where((pair.expiry[where] != NEVER)[:, None], pair.snapback[where], addons)


def _meeting(model: WorldModel, where: Index, sights: tuple[TalkSight, TalkSight]) -> Meeting:
    parties, talks, pair = model.scenario.talks.parties, model.scenario.talks, model.state.pair
    strategies = [s.of(where) for s in (model.governments[p].strategy for p in parties) if s is not None]
    span = np.maximum(pair.deadline[where] - pair.window[where], 1).astype(np.float64)
    elapsed = (model.day - pair.window[where]).astype(np.float64)
    moments = np.arange(talks.offers_per_meeting + 1) * model.scenario.tick_days / talks.offers_per_meeting
    ahead = (pair.deadline[where] - model.day) / 7 * model.types.meeting_rate[where] * talks.offers_per_meeting
    left = np.maximum(1, np.round(ahead).astype(np.int64))[:, None] - np.arange(talks.offers_per_meeting)
    return Meeting(
        strategies=(strategies[0], strategies[1]),
        sights=sights,
        times=np.clip((elapsed[:, None] + moments) / span[:, None], 0.0, 1.0),
        offers_left=np.maximum(left, 1),
        first=model.types.first_mover[where],
        breakdown=talks.breakdown,
        history=pair.offers.of(where),
        uniform=lambda channel, k: model.draws.uniform("talks", f"{channel}/{k}", model.tick)[where],
        issues=model.table.packages.sizes,
        reference=_status_quo(model, where),
        rationality=talks.learning.rationality,
        error=talks.learning.error,
    )


def _status_quo(model: WorldModel, where: Index) -> Index:
    """Package (W,) nearest to the policy in force."""
    packages, pair = model.table.packages, model.state.pair
    return packages.nearest(model.state.policy[where], pair.bought[where], model.table.levers.step)


def _remember(model: WorldModel, where: Index, outcome: Outcome, sights: tuple[TalkSight, TalkSight]) -> None:
    """Offers are remembered until the negotiation ends, and each side learns from the other's; who left stays away, and
    has ended it."""
    pair, learning = model.state.pair, model.scenario.talks.learning
    package, mover = (np.full((model.worlds, outcome.said.package.shape[1]), -1) for _ in range(2))
    package[where], mover[where] = outcome.said.package, outcome.said.mover
    pair.offers = pair.offers.add(package, mover)
    _write_down(model.state.said, where, outcome, sights)
    for side, sight in enumerate(sights):
        heard = outcome.said.heard_by(side)
        pair.beliefs[side][where] = posterior(sight.belief, sight.types, heard, learning.rationality, learning.error)
        if model.scenario.talks.publicity == "public":
            heard_in_public(model, where, side, _first_said(outcome.said, side))
    gone = where[outcome.left >= 0]
    pair.silent_until[gone] = NEVER
    talks_over(model, gone)


def _first_said(said: History, side: int) -> Index:
    """First package (W,) that a side proposed, -1 if none."""
    packages = said.by(side)
    if not packages.shape[1]:
        return np.full(len(packages), -1, dtype=np.int64)
    first = (packages >= 0).argmax(-1)  # flush right: what is there ends the row
    return np.take_along_axis(packages, first[:, None], axis=1)[:, 0]


def _write_down(said: Said, where: Index, outcome: Outcome, sights: tuple[TalkSight, TalkSight]) -> None:
    """Offers in order from the left, with what each side made of them."""
    count = (outcome.said.package >= 0).sum(-1)
    length = outcome.said.package.shape[1]
    source = np.arange(said.package.shape[1]) + (length - count)[:, None]  # flush right becomes flush left
    there = source < length
    taken = np.minimum(source, length - 1) if length else np.zeros(source.shape, dtype=np.int64)
    for into, values in ((said.package, outcome.said.package), (said.mover, outcome.said.mover)):
        if length:
            into[where] = np.where(there, np.take_along_axis(values, taken, axis=1), -1)
    for side, sight in enumerate(sights):
        worth = value_of(sight.own, said.package[where])
        said.value[where, :, side] = np.where(said.package[where] >= 0, worth, np.nan)
        said.reservation[where, side] = sight.reservation
    said.left[where] = outcome.left


def _sign(model: WorldModel, where: Index, meeting: Meeting, outcome: Outcome, known: _Known) -> None:
    state, pair, done = model.state, model.state.pair, outcome.agreed
    agreed, package = where[done], outcome.package[done]
    if not len(agreed):
        return
    gains = np.stack([s.own[done, package] - s.reservation[done] for s in meeting.sights], axis=-1)
    gains = gains - settled(model, agreed, package, known.demands[done])
    _note(model, meeting, outcome, where, gains, known.chance)
    pair.before[agreed] = pair.status[agreed]
    pair.status[agreed] = SIGNED
    pair.signed[agreed] = package
    pair.in_force_on[agreed] = model.day + days_to_force(model)
    pair.chance[agreed] = 1.0 if known.chance is None else known.chance[done, package]
    pair.stake[agreed] = np.stack([gain[done, package] for gain in known.in_force], axis=-1)
    state.acts.package[agreed], state.acts.gain[agreed] = package, gains
    signed = np.zeros(model.worlds, dtype=bool)
    signed[agreed] = True
    state.mark("deal", signed, model.day)


def _note(
    model: WorldModel, meeting: Meeting, outcome: Outcome, where: Index, gains: Array, chance: Array | None
) -> None:
    """Write down the first deal of each world: its terms, what it is worth, and what it is like."""
    firsts = model.state.firsts
    fresh = outcome.agreed & (firsts.deal[where] == NEVER)
    worlds, package = where[fresh], outcome.package[fresh]
    if not len(worlds):
        return
    firsts.package[worlds] = package
    firsts.values[worlds] = gains[fresh[outcome.agreed]]
    found = appraise(model, worlds, package, meeting, fresh, returning_addons(model, worlds), chance)
    for field in fields(found):
        getattr(firsts, field.name)[worlds] = getattr(found, field.name)
