"""What protocols share: values as each side sees its own, and rounds in which all speak at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import NO_OFFER, Flags, Index, impasse, least, not_below_outside, rather_leaves
from tariffsim.negotiation.meeting import History, Meeting, Outcome, first_to_leave


def own_values(meeting: Meeting) -> Array:
    """Value (W, Q, n) of every package to each party as it sees it itself."""
    return np.stack([sight.own for sight in meeting.sights], axis=-1)


def own_reservations(meeting: Meeting) -> Array:
    """Value (W, n) of disagreement to each party as it sees it itself."""
    return np.stack([sight.reservation for sight in meeting.sights], axis=-1)


def own_impasse(meeting: Meeting) -> Array:
    """Value (W, n) of talks that go on for ever to each party as it sees it itself (`bargaining.impasse`)."""
    return np.stack([impasse(sight.reservation, sight.inside, sight.discount) for sight in meeting.sights], axis=-1)


def least_signed(meeting: Meeting) -> Array:
    """Least (W, n) that each party signs (`bargaining.least`)."""
    return np.stack([least(sight) for sight in meeting.sights], axis=-1)


def acceptable(meeting: Meeting) -> Flags:
    """Packages (W, Q) that nobody values below disagreement or its outside option."""
    return np.asarray((own_values(meeting) >= least_signed(meeting)[:, None, :]).all(-1), dtype=np.bool_)


def not_below(meeting: Meeting, plans: Index) -> Index:
    """What all name (W, n) if their plans are `plans` (W, n): nothing worth less than leaving to who names it."""
    named = [not_below_outside(sight, plans[:, side, None]) for side, sight in enumerate(meeting.sights)]
    return np.concatenate(named, axis=-1)


def who_leaves(meeting: Meeting, plans: Index) -> Index:
    """Side (W,) that leaves once nothing is agreed and all would ask for `plans` (W, n), -1 if none does."""
    wants = [rather_leaves(sight, plans[:, side, None]) for side, sight in enumerate(meeting.sights)]
    return first_to_leave(meeting, np.concatenate(wants, axis=-1))


def simultaneous(meeting: Meeting) -> Callable[[int, History], Index]:
    """How to ask all parties at once: packages (W, n), NO_OFFER where a party has none, by round and history."""
    if meeting.foreseeable:
        plans = _ask(meeting, slice(0, meeting.offers), meeting.history)
        return lambda k, _history: plans[:, k]
    return lambda k, history: _ask(meeting, slice(k, k + 1), history)[:, 0]


def _ask(meeting: Meeting, moments: slice, history: History) -> Index:
    sights = [meeting.sight(side, moments, history) for side in range(meeting.parties)]
    return np.stack([s.propose(view) for s, view in zip(meeting.strategies, sights, strict=True)], axis=-1)


def put_on_record(
    outcome: Outcome, history: History, package: Index, mover: Index, where: Flags
) -> tuple[Outcome, History]:
    """Add packages (W, B) said by movers (W, B) in worlds `where` (W,) to what was said, now and ever."""
    said = np.where(where[:, None], package, NO_OFFER)
    if (said == NO_OFFER).all():
        return outcome, history
    return replace(outcome, said=outcome.said.add(said, mover)), history.add(said, mover)


def at(values: Array, package: Index) -> Array:
    """Values (W, n) of a package (W,) in a table (W, Q, n); of the first where there is none."""
    return np.take_along_axis(values, np.maximum(package, 0)[:, None, None], axis=1)[:, 0]


def best(allowed: Flags, *scores: Array) -> Index:
    """The allowed package (W,) with the best score (W, Q), in ties by the next score, then the lowest number.

    NO_OFFER where none is allowed.
    """
    kept = allowed
    for score in scores:
        kept = kept & (score == np.where(kept, score, -np.inf).max(-1, keepdims=True))
    return np.where(allowed.any(-1), kept.argmax(-1), NO_OFFER)
