"""Random sights and meetings. Their arrays are read-only, so that a plug-in that writes into them is found out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import OfferStrategy, TalkSight
from tariffsim.negotiation.escalating import EscalationSight
from tariffsim.negotiation.meeting import History, Meeting

D = TypeVar("D")
MOST_OFFERS = 12  # in a sampled meeting; also the length of the negotiation window


def read_only(record: D) -> D:
    """A dataclass with copies of its arrays that nobody can write to."""
    copies = {}
    for field in fields(record):  # type: ignore[arg-type]
        value = getattr(record, field.name)
        if isinstance(value, np.ndarray):
            copies[field.name] = value.copy()
            copies[field.name].flags.writeable = False
    return replace(record, **copies)  # type: ignore[type-var]


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
    sight = TalkSight(
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
    return read_only(sight)


def sample_escalation_sight(worlds: int, seed: int = 0) -> EscalationSight:
    """A random sight of an escalation rule in which everything is known: add-ons and rises in whole points."""
    rng = np.random.default_rng(seed)
    blank = EscalationSight.blank(worlds)
    values: dict[str, Any] = {f.name: rng.normal(size=getattr(blank, f.name).shape) for f in fields(blank)}
    values |= {name: rng.integers(10, 120, worlds).astype(float) for name in ("own_addon", "other_addon")}
    values |= {
        "other_rise": rng.integers(-40, 40, worlds).astype(float),
        "weeks": rng.integers(0, 200, worlds).astype(float),
        "uniform": rng.uniform(0.01, 0.99, worlds),
        "stress": rng.uniform(0, 20, worlds),
        "other_discount": rng.uniform(0.1, 0.5, worlds),
        "levels": rng.integers(10, 120, (worlds, 6)).astype(float),
        "level_payoffs": rng.normal(size=(worlds, 6, 2)),
        "floor": rng.integers(0, 20, worlds).astype(float),
        "other_floor": rng.integers(0, 60, worlds).astype(float),
        "ceiling": rng.integers(120, 145, worlds).astype(float),
        "provoked": rng.uniform(size=worlds) < 0.5,
    }
    return read_only(replace(blank, **values))


def sample_meeting(strategies: Sequence[OfferStrategy], worlds: int, seed: int = 0, *, offers: int = 8) -> Meeting:
    """A random meeting of these strategies; every side believes what is true, up to its uncertainty about types.

    A meeting of more offers is the same at those it shares with a shorter one.
    """
    rng = np.random.default_rng(seed)
    n = len(strategies)
    values = rng.normal(size=(n, worlds, 12))
    reservation = rng.normal(-1, 0.3, size=(n, worlds))
    sights = [_seat(side, values, reservation, sample_sight(worlds, seed + side)) for side in range(n)]
    times = np.repeat(np.arange(offers + 1)[None] / MOST_OFFERS, worlds, axis=0)
    left = np.repeat(np.arange(MOST_OFFERS, MOST_OFFERS - offers, -1)[None], worlds, axis=0)
    draws = rng.uniform(size=(n + 2, MOST_OFFERS, worlds))
    draws.flags.writeable = False
    meeting = Meeting(
        strategies=tuple(strategies),
        sights=tuple(sights),
        times=times,
        offers_left=left,
        first=rng.integers(0, n, size=worlds),
        breakdown=0.05,
        history=History.empty(worlds),
        uniform=_draws(draws, n, offers),
        issues=(3, 4),
        reference=rng.integers(0, 12, size=worlds),
    )
    return read_only(meeting)


def _draws(draws: Array, parties: int, offers: int) -> Callable[[str, int], Array]:
    """Draws by channel and offer number; what a meeting doesn't have cannot be asked for."""
    channels = {**{f"strategy/{side}": side for side in range(parties)}, "breakdown": parties, "protocol": parties + 1}

    def uniform(channel: str, k: int) -> Array:
        assert channel in channels, f"there are no draws called {channel!r}; ask for one of {sorted(channels)}"
        assert 0 <= k < offers, f"draw {k} was asked for; in a meeting of {offers} offers they run from 0"
        return np.asarray(draws[channels[channel], k])

    return uniform


def _seat(side: int, values: Array, reservation: Array, sample: TalkSight) -> TalkSight:
    """The sight of one party: with two it sees the other's values, with more the gain of whoever gains least."""
    others = [s for s in range(len(values)) if s != side]
    if len(others) == 1:
        other, other_reservation = values[others[0]], reservation[others[0]]
    else:
        other = (values[others] - reservation[others][..., None]).min(0)
        other_reservation = np.zeros(reservation.shape[1])
    sight = replace(
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
    return read_only(sight)
