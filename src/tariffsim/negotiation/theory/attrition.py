"""The war of attrition: each side waits for the other to give in, and waiting costs both.

If the other gives in, side i gets its `prize`; if i gives in, its `concession`; until then it has a flow. In the
equilibrium in which both may still give in at any time, i is indifferent at every moment:

    h_j (prize_i - concession_i) = r_i concession_i - flow_i,

the gain from the other's giving in, at hazard h_j, pays for the delay (Hendricks, Weiss and Wilson 1988, International
Economic Review 29(4), 663-680; flow costs alone: Kennan and Wilson 1989, Journal of Applied Econometrics 4, S87-S130).
So it is *i's* cost of waiting that sets how fast j gives in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tariffsim.errors import ConfigError
from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import Flags, Index

NOBODY = -1


def concession_hazard(
    prize: npt.ArrayLike, concession: npt.ArrayLike, rate: npt.ArrayLike = 0.0, flow: npt.ArrayLike = 0.0
) -> Array:
    """Hazard (..., 2), per year, at which each side gives in, from what the *other* side has at stake.

    prize, concession (..., 2): value to each side if the other gives in, and if it gives in itself; rate: its discount
    rate per year; flow: what it has per year while the contest lasts, negative if that hurts. With prize a_i,
    concession 1 - a_j and no flow, j's hazard is r_i (1 - a_j) / (a_i + a_j - 1) (Abreu and Gul 2000, Econometrica
    68(1), 85-117).

    Raises ConfigError unless prize > concession and delay costs something, rate * concession - flow >= 0.
    """
    prize, concession = np.broadcast_arrays(_numbers(prize), _numbers(concession))
    cost = _numbers(rate) * concession - _numbers(flow)
    if not (prize > concession).all():
        raise ConfigError("a war of attrition needs prize > concession for both sides; elsewhere one gives in at once.")
    if not (cost >= 0).all():
        raise ConfigError(f"delay must not pay: rate * concession - flow is {cost.min():g}, allowed is 0 or more.")
    return np.asarray((cost / (prize - concession))[..., ::-1])


@dataclass(frozen=True)
class Reputation:
    """Equilibrium with sides that may be unable to give in.

    end (...): time by which everyone who can has given in; at_once (..., 2): probability of giving in at time 0, more
    than 0 for at most one side.
    """

    end: Array
    at_once: Array


def reputation(stubborn: npt.ArrayLike, hazard: npt.ArrayLike) -> Reputation:
    """The war of attrition in which side i never gives in with probability stubborn (..., 2), in (0, 1).

    Both sides' reputation must be complete at the same time T = min_i (-ln z_i / h_i); the side that is too slow makes
    up for it at time 0, with probability 1 - z_i exp(h_i T) (Abreu and Gul 2000). hazard (..., 2), above 0.
    Raises ConfigError outside those ranges.
    """
    stubborn, hazard = _numbers(stubborn), _numbers(hazard)
    if not ((stubborn > 0) & (stubborn < 1)).all() or not (hazard > 0).all():
        raise ConfigError("reputation needs probabilities of stubbornness inside (0, 1) and hazards above 0.")
    alone = -np.log(stubborn) / hazard
    end = alone.min(-1)
    slow = alone > end[..., None]
    return Reputation(end, np.where(slow, 1 - stubborn * np.exp(hazard * end[..., None]), 0.0))


def concedes(uniform: npt.ArrayLike, hazard: npt.ArrayLike, dt: npt.ArrayLike) -> Flags:
    """Whether a side gives in within dt years: uniform < 1 - exp(-hazard dt), elementwise; uniform in [0, 1)."""
    return np.asarray(_numbers(uniform) < -np.expm1(-_numbers(hazard) * _numbers(dt)))


@dataclass(frozen=True)
class Ending:
    """Who (...) gave in first within the tick, 0 or 1, or NOBODY; time (...): years into the tick, dt if nobody did."""

    who: Index
    time: Array


def first_to_concede(uniform: npt.ArrayLike, hazard: npt.ArrayLike, dt: npt.ArrayLike) -> Ending:
    """Who gives in first inside one tick of dt years, and when.

    uniform, hazard (..., 2), uniform in [0, 1): each side's time is exponential, -ln(1 - u) / h, and the earlier one
    counts, side 0 if they are equal. Drawn inside the tick, the length of the war has mean 1 / (h_0 + h_1) whatever dt;
    counted in whole ticks it is longer (`expected_length`).
    """
    uniform, hazard = np.broadcast_arrays(_numbers(uniform), _numbers(hazard))
    times = np.full(uniform.shape, np.inf)
    np.divide(-np.log1p(-uniform), hazard, out=times, where=hazard > 0)
    who, time = times.argmin(-1), times.min(-1)
    ended = time < _numbers(dt)
    return Ending(np.where(ended, who, NOBODY), np.where(ended, time, dt))


def expected_length(hazard: npt.ArrayLike, dt: npt.ArrayLike = 0.0) -> Array:
    """Mean length (...) of the war in years, for constant hazards (..., 2) of which one is above 0.

    1 / (h_0 + h_1) in continuous time (dt = 0). Counted in whole ticks of dt years, the one in which it ends included,
    dt / (1 - exp(-(h_0 + h_1) dt)): the mean of a geometric number of ticks.
    """
    total = _numbers(hazard).sum(-1)
    dt = _numbers(dt)
    chance = -np.expm1(-total * dt)
    ticks = np.where(chance > 0, chance, 1.0)
    return np.asarray(np.where(dt > 0, dt / ticks, 1 / total))


def _numbers(values: npt.ArrayLike) -> Array:
    return np.asarray(values, dtype=np.float64)
