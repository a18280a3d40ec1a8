"""What every plug-in must keep to, as functions that raise AssertionError: for your own strategies and protocols.

The contract tests of tariffsim run them over every registered plug-in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import NO_OFFER, Flags, Index, OfferStrategy, TalkSight
from tariffsim.negotiation.meeting import History, Meeting, Outcome, Protocol

BY_MOMENT = ("time", "next_time", "offers_left", "uniform")


def sample_sight(worlds: int, seed: int = 0, *, packages: int = 12, types: int = 3, moments: int = 1) -> TalkSight:
    """A random sight: some packages beat disagreement for both sides, offers have been made, types are uncertain."""
    rng = np.random.default_rng(seed)
    own, other = rng.normal(size=(2, worlds, packages))
    by_type = other[:, None] + rng.normal(scale=0.3, size=(worlds, types, packages))
    belief = rng.dirichlet(np.ones(types), size=worlds)
    time = np.sort(rng.uniform(0, 0.9, size=(worlds, moments)), axis=-1)
    said = [rng.integers(0, packages, size=(worlds, 5)) for _ in range(2)]
    for array in said:
        array[: worlds // 2, :3] = -1  # some have said less
    return TalkSight(
        own=own,
        other=other,
        reservation=rng.normal(-1, 0.5, size=worlds),
        other_reservation=rng.normal(-1, 0.5, size=worlds),
        outside=np.where(rng.uniform(size=worlds) < 0.5, -np.inf, -0.5),
        other_outside=np.where(rng.uniform(size=worlds) < 0.5, -np.inf, -0.5),
        inside=rng.normal(0, 0.01, size=worlds),
        other_inside=rng.normal(0, 0.01, size=worlds),
        discount=rng.uniform(0.8, 1, size=worlds),
        other_discount=rng.uniform(0.8, 1, size=worlds),
        types=by_type,
        types_reservation=rng.normal(-1, 0.5, size=(worlds, types)),
        belief=belief,
        time=time,
        next_time=time + 0.1,
        offers_left=rng.integers(1, 9, size=(worlds, moments)),
        made=said[0],
        heard=said[1],
        uniform=rng.uniform(size=(worlds, moments)),
    )


def check_strategy(strategy: OfferStrategy, *, worlds: int = 7, seed: int = 0) -> None:
    """Raise AssertionError unless the strategy (with parameters drawn, (W,) = `worlds` or scalar) keeps its contract.

    It declares what it sees, whether chance plays a part, and its source; what it doesn't see cannot matter; world k of
    a batch is world k alone, bit for bit; how far back empty memory reaches cannot matter; it offers a package on the
    table or NO_OFFER, never one worth less to it than disagreement; who plans ahead says the same moment by moment;
    without `stochastic` the draws cannot matter.
    """
    names = {field.name for field in fields(TalkSight)}
    assert strategy.source, "source is empty: name the paper or the rule's origin"
    assert set(strategy.sees) <= names, f"sees names {set(strategy.sees) - names}, which no sight has"
    assert strategy.stochastic == ("uniform" in strategy.sees), "stochastic must say whether `uniform` is seen"
    moments = 4 if strategy.plans_ahead else 1
    sight = sample_sight(worlds, seed, moments=moments)
    offers, answers = _said(strategy, sight)
    assert offers.shape == (worlds, moments), f"propose must return {(worlds, moments)}, got {offers.shape}"
    assert answers.shape == (worlds, moments), f"accepts must return {(worlds, moments)}, got {answers.shape}"
    assert ((offers >= NO_OFFER) & (offers < sight.own.shape[-1])).all(), "an offer is no package of the table"
    made = np.where(offers >= 0, np.take_along_axis(sight.own, np.maximum(offers, 0), axis=-1), np.inf)
    assert (made >= sight.reservation[:, None]).all(), "it offers less than its own reservation value"
    for k in range(worlds):
        alone = _said(strategy.of(np.array([k])), sight.of(np.array([k])))
        assert (alone[0][0] == offers[k]).all(), f"world {k} alone offers {alone[0][0]}, in a batch {offers[k]}"
        assert (alone[1][0] == answers[k]).all(), f"world {k} alone answers differently from the batch"
    for name in sorted(names - set(strategy.sees)):
        unseen: Any = {name: _scrambled(getattr(sight, name))}
        changed = replace(sight, **unseen)
        assert _equal(_said(strategy, changed), (offers, answers)), f"{name} matters, but sees does not name it"
    longer = {name: np.pad(getattr(sight, name), ((0, 0), (3, 0)), constant_values=-1) for name in ("made", "heard")}
    assert _equal(_said(strategy, replace(sight, **longer)), (offers, answers)), "empty memory matters"
    for b in range(moments if strategy.plans_ahead else 0):
        moment = replace(sight, **{name: getattr(sight, name)[:, b : b + 1] for name in BY_MOMENT})
        assert _equal(_said(strategy, moment), (offers[:, b : b + 1], answers[:, b : b + 1])), "moments interfere"


def check_protocol(protocol: Protocol, strategies: Sequence[OfferStrategy], *, worlds: int = 6, seed: int = 0) -> None:
    """Raise AssertionError unless the protocol keeps its contract when these strategies, one a party, play it.

    World k of a batch is world k alone; worlds that have closed stay closed in a longer meeting; relabelling two
    parties and who opens swaps the outcome; agreements are packages of the table that nobody values below disagreement
    by its own belief; what was said is on record.
    """
    assert protocol.source, "source is empty: name the paper or the rule's origin"
    meeting = sample_meeting(strategies, worlds, seed, offers=8)
    outcome = protocol.run(meeting)
    _check_outcome(meeting, outcome)
    for k in range(worlds):
        _same(protocol.run(meeting.of(np.array([k]))), outcome, k)
    longer = protocol.run(sample_meeting(strategies, worlds, seed, offers=12))
    if not any({"offers_left", "next_time", "time"} & set(s.sees) for s in strategies):
        assert (longer.package[outcome.agreed] == outcome.package[outcome.agreed]).all(), "a closed world moved"
    if len(strategies) == 2:
        swapped = protocol.run(_swapped(meeting))
        assert (swapped.package == outcome.package).all(), "relabelling the parties changes the agreement"
        named = np.where(swapped.proposer >= 0, 1 - swapped.proposer, -1)
        assert (named == outcome.proposer).all(), "relabelling the parties does not relabel the proposer"


def sample_meeting(strategies: Sequence[OfferStrategy], worlds: int, seed: int = 0, *, offers: int = 8) -> Meeting:
    """A random meeting of these strategies; every side believes what is true, up to its uncertainty about types."""
    rng = np.random.default_rng(seed)
    n = len(strategies)
    values = rng.normal(size=(n, worlds, 12))
    reservation = rng.normal(-1, 0.3, size=(n, worlds))
    sights = [_seat(side, values, reservation, sample_sight(worlds, seed + side)) for side in range(n)]
    times = np.repeat(np.arange(offers + 1)[None] / 12, worlds, axis=0)
    left = np.repeat(np.arange(12, 12 - offers, -1)[None], worlds, axis=0)
    draws = rng.uniform(size=(n + 2, 12, worlds))
    channels = {"breakdown": n, "protocol": n + 1, **{f"strategy/{side}": side for side in range(n)}}
    return Meeting(
        strategies=tuple(strategies),
        sights=tuple(sights),
        times=times,
        offers_left=left,
        first=rng.integers(0, n, size=worlds),
        breakdown=0.05,
        history=History.empty(worlds),
        uniform=lambda channel, k: draws[channels[channel], k],
        issues=(3, 4),
        reference=rng.integers(0, 12, size=worlds),
    )


def _seat(side: int, values: Array, reservation: Array, sample: TalkSight) -> TalkSight:
    """The sight of one party: with two it sees the other's values, with more the gain of whoever gains least."""
    others = [s for s in range(len(values)) if s != side]
    if len(others) == 1:
        other, other_reservation = values[others[0]], reservation[others[0]]
    else:
        other = (values[others] - reservation[others][..., None]).min(0)
        other_reservation = np.zeros(reservation.shape[1])
    return replace(
        sample,
        own=values[side],
        other=other,
        reservation=reservation[side],
        other_reservation=other_reservation,
        outside=np.full(len(other), -np.inf),
        other_outside=np.full(len(other), -np.inf),
        types=np.repeat(other[:, None], 3, axis=1),
        types_reservation=np.repeat(other_reservation[:, None], 3, axis=1),
        made=np.full((len(other), 0), -1),
        heard=np.full((len(other), 0), -1),
    )


def _swapped(meeting: Meeting) -> Meeting:
    names = {"strategy/0": "strategy/1", "strategy/1": "strategy/0"}
    uniform: Callable[[str, int], Array] = meeting.uniform
    return replace(
        meeting,
        strategies=meeting.strategies[::-1],
        sights=meeting.sights[::-1],
        first=1 - meeting.first,
        uniform=lambda channel, k: uniform(names.get(channel, channel), k),
    )


def _check_outcome(meeting: Meeting, outcome: Outcome) -> None:
    agreed, package = outcome.agreed, outcome.package
    assert ((package >= 0) == agreed).all(), "package must be -1 exactly where nothing was agreed"
    assert (outcome.proposer[~agreed] == -1).all(), "proposer must be -1 where nothing was agreed"
    assert not (agreed & (outcome.left >= 0)).any(), "somebody left a meeting that agreed"
    for side, sight in enumerate(meeting.sights):
        value = np.take_along_axis(sight.own, np.maximum(package, 0)[:, None], axis=1)[:, 0]
        worse = agreed & (value < sight.reservation)
        assert not worse.any(), f"party {side} signs what it values below disagreement"
    by_side = agreed & (outcome.proposer >= 0)
    if by_side.any():
        last = outcome.said.package[by_side, -1]
        assert (last == package[by_side]).all(), "what was accepted is not the last offer on record"


def _same(alone: Outcome, batch: Outcome, k: int) -> None:
    for name in ("agreed", "package", "proposer", "left"):
        got, expected = getattr(alone, name)[0], getattr(batch, name)[k]
        assert got == expected, f"world {k} alone has {name} = {got}, in a batch {expected}"
    said = [h.package[h.package >= 0].tolist() for h in (alone.said, batch.said.of(np.array([k])))]
    assert said[0] == said[1], f"world {k} alone heard {said[0]}, in a batch {said[1]}"


def _said(strategy: OfferStrategy, sight: TalkSight) -> tuple[Index, Flags]:
    offers = strategy.propose(sight)
    return offers, strategy.accepts(sight, np.full(sight.time.shape, 2))


def _scrambled(values: Array | Index) -> Array | Index:
    """Something else of the same shape and kind: no probabilities or packages need to make sense."""
    return np.zeros_like(values) if np.issubdtype(values.dtype, np.integer) else np.full_like(values, 0.123)


def _equal(one: tuple[Index, Flags], two: tuple[Index, Flags]) -> bool:
    return all(bool((a == b).all()) for a, b in zip(one, two, strict=True))
