"""Solution concepts of two parties on the continuous frontier: lotteries over packages.

The feasible set is the convex hull of the packages, with free disposal down to the disagreement point; its Pareto
frontier is a chain of straight segments between packages, on each of which every solution is a closed form. Worlds are
taken one after the other: their frontiers have different numbers of corners. (docs/explanation/solutions.md)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tariffsim.errors import ConfigError
from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import Index
from tariffsim.negotiation.solutions import (
    NO_PACKAGE,
    TIES,
    Distances,
    deals_of,
    disagreement_of,
    finite_values,
    pareto_front,
)


@dataclass(frozen=True, eq=False)
class Lottery:
    """A point of the frontier, and how to get there; NaN and -1 where no lottery is individually rational.

    point (..., 2): values to both; packages (..., 2): the two that are mixed, equal where one suffices;
    probability (...): of the second.
    """

    point: Array
    packages: Index
    probability: Array


@dataclass(frozen=True, eq=False)
class FrontierPoints:
    """Every solution concept on the frontier."""

    nash: Lottery
    kalai_smorodinsky: Lottery
    egalitarian: Lottery
    utilitarian: Lottery


class _Chain(NamedTuple):
    """The individually rational part of a frontier: M segments, the first party gaining along each.

    low, high (M, 2): gains at the ends; packages (M, 2): what is mixed; start, stop (M,): probability of the second
    package at the ends. A frontier of one point is one segment of length zero.
    """

    low: Array
    high: Array
    packages: Index
    start: Array
    stop: Array


class _Spot(NamedTuple):
    """A point of a chain, `along` in [0, 1] of a segment; gains differ from the chain's where some are thrown away."""

    segment: int
    along: float
    gains: Array


def frontier_vertices(u: npt.ArrayLike) -> Index:
    """Corners of the Pareto frontier of lotteries over the packages of one world.

    Takes values `u` (Q, 2) and returns package indices, from the best for the second party to the best for the first.
    Packages on a straight line between others are no corners; of equal packages the lowest index is taken.

    Raises ConfigError if `u` has no such shape or a value is not finite.
    """
    values = _pairs(u)
    if values.ndim != 2:
        raise ConfigError(f"u has shape {values.shape}; a frontier is that of one world, (packages, 2)")
    front = np.flatnonzero(pareto_front(values))
    order = front[np.lexsort((front, values[front, 0]))]
    corners: list[int] = []
    for k in order:
        if corners and (values[corners[-1]] == values[k]).all():
            continue
        while len(corners) > 1 and not _bends(values[corners[-2]], values[corners[-1]], values[k]):
            corners.pop()
        corners.append(int(k))
    return np.array(corners, dtype=np.int64)


def frontier_points(u: npt.ArrayLike, d: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> FrontierPoints:
    """Nash, Kalai-Smorodinsky, egalitarian and utilitarian solution over lotteries of packages.

    `u` (..., Q, 2): values of Q packages to two parties; `d` (..., 2): values of no agreement. A lottery may mix
    packages that are not individually rational by themselves. `weights` (2,): of the Nash product and of the sum of
    gains, positive (default: equal).

    The Kalai-Smorodinsky point is where the line from `d` to the ideal point meets the frontier (Kalai and Smorodinsky
    1975); the egalitarian point is the best at which both gain the same (Kalai 1977), and where that takes throwing
    away, the lottery gives one party more than the point says. Where a whole segment has the largest sum of gains, the
    utilitarian point is its middle.

    Raises ConfigError if shapes don't fit, a value is not finite, or a weight is not positive.
    """
    values, powers = _pairs(u), _powers(weights)
    worlds, (tables, bases) = values.shape[:-2], _flat(values, d)
    chains = [_chain(table, point) for table, point in zip(tables, bases, strict=True)]

    def each(concept: _Concept) -> Lottery:
        found = [_lottery(chain, concept, powers, point) for chain, point in zip(chains, bases, strict=True)]
        points, packages, probability = zip(*found, strict=True) if found else ((), (), ())
        return Lottery(
            np.array(points, dtype=np.float64).reshape(*worlds, 2),
            np.array(packages, dtype=np.int64).reshape(*worlds, 2),
            np.array(probability, dtype=np.float64).reshape(worlds),
        )

    return FrontierPoints(**{name: each(concept) for name, concept in _CONCEPTS.items()})


def frontier_distances(
    u: npt.ArrayLike, d: npt.ArrayLike, package: npt.ArrayLike, weights: npt.ArrayLike | None = None
) -> Distances:
    """How far the deals `package` (...), -1 for no deal, are from every solution over lotteries and from the frontier.

    The frontier is the piecewise linear one of the packages, exact for lotteries over them. As `solutions.distances`,
    but in units of what each party gains at most on the frontier, never less than what it gains on the grid. `front`:
    to the nearest individually rational point of the frontier. `efficiency`: sum of gains over that of the utilitarian
    point with equal weights.

    Other parameters are those of `frontier_points`. Raises ConfigError also if a package is not in the table.
    """
    values, powers = _pairs(u), _powers(weights)
    deal, (tables, bases) = deals_of(package, values), _flat(values, d)
    found = np.full((len(tables), len(_CONCEPTS) + 2), np.nan)
    for k, signed in enumerate(deal.reshape(-1)):
        chain = _chain(tables[k], bases[k]) if signed >= 0 else None
        if chain is not None:
            found[k] = _far(chain, tables[k, signed] - bases[k], powers)
    names = (*_CONCEPTS, "front", "efficiency")
    return Distances(**{name: found[:, k].reshape(deal.shape) for k, name in enumerate(names)})


def _flat(values: Array, d: npt.ArrayLike) -> tuple[Array, Array]:
    """Tables (W, Q, 2) and disagreement points (W, 2), world after world."""
    bases = np.broadcast_to(disagreement_of(values, d), (*values.shape[:-2], 2)).reshape(-1, 2)
    return values.reshape(-1, *values.shape[-2:]), bases


def _far(chain: _Chain, gains: Array, powers: Array) -> list[float]:
    """Distances of a deal's `gains` (2,) from each concept and from the chain, and its efficiency."""
    ideal = _ideal(chain)
    unit = np.where(ideal > 0, ideal, np.inf)  # gain / inf = 0: without unit, left out
    far = [_norm((gains - concept(chain, powers).gains) / unit) for concept in _CONCEPTS.values()]
    low, step = chain.low / unit, (chain.high - chain.low) / unit
    ahead, length = gains / unit - low, (step**2).sum(-1)
    along = np.clip((ahead * step).sum(-1) / _or_one(length), 0.0, 1.0)
    nearest = min(_norm(gap) for gap in ahead - along[:, None] * step)
    most = float(_utilitarian(chain, _powers(None)).gains.sum())
    return [*far, nearest, float(gains.sum()) / most if most > 0 else np.nan]


def _norm(gap: Array) -> float:
    return float(np.hypot(gap[0], gap[1]))


def _ideal(chain: _Chain) -> Array:
    """Most each party gains (2,) on the chain."""
    return np.array([chain.high[-1, 0], chain.low[0, 1]])


def _pairs(u: npt.ArrayLike) -> Array:
    values = finite_values(u)
    if values.shape[-1] != 2:
        raise ConfigError(f"u has shape {values.shape}; a frontier needs (..., packages, 2)")
    return values


def _powers(weights: npt.ArrayLike | None) -> Array:
    powers = np.ones(2) if weights is None else np.asarray(weights, dtype=np.float64)
    if powers.shape != (2,) or not (np.isfinite(powers) & (powers > 0)).all():
        raise ConfigError(f"weights are {powers.tolist()}; expected two positive numbers")
    return np.asarray(powers / powers.sum())


def _bends(a: Array, b: Array, c: Array) -> bool:
    """Whether the frontier turns down at `b`, by more than rounding."""
    rise, run = (b[1] - a[1]) * (c[0] - a[0]), (b[0] - a[0]) * (c[1] - a[1])
    return bool(rise - run > TIES * (abs(rise) + abs(run)))


def _chain(values: Array, base: Array) -> _Chain | None:
    """The frontier's individually rational part, or None if there is none."""
    corners = frontier_vertices(values)
    gains = values[corners] - base
    if len(corners) == 1:
        corners, gains = np.repeat(corners, 2), np.repeat(gains, 2, axis=0)
    a, b = gains[:-1], gains[1:]
    # On a segment the first party's gain rises and the second's falls, so each of the two ends one side of it.
    start = np.where(a[:, 0] < 0, -a[:, 0] / _or_one(b[:, 0] - a[:, 0]), 0.0)
    stop = np.where(b[:, 1] < 0, a[:, 1] / _or_one(a[:, 1] - b[:, 1]), 1.0)
    inside = (b[:, 0] >= 0) & (a[:, 1] >= 0) & (start <= stop + TIES)
    if not inside.any():
        return None
    # A segment of length zero has no slope; it is kept only where the whole chain is one point.
    longer = inside & (start < stop)
    kept = longer if longer.any() else inside & (np.cumsum(inside) == 1)
    low, high = _mix(a, b, start), _mix(a, b, stop)
    low[a[:, 0] < 0, 0], high[b[:, 1] < 0, 1] = 0.0, 0.0
    packages = np.stack([corners[:-1], corners[1:]], axis=-1)
    low, high = np.maximum(low, 0.0), np.maximum(high, 0.0)
    return _Chain(low[kept], high[kept], packages[kept], start[kept], stop[kept])


def _or_one(x: Array) -> Array:
    """What to divide by where a length may be zero and the result isn't used."""
    return np.where(x != 0, x, 1.0)


def _mix(a: Array, b: Array, share: Array) -> Array:
    """Gains (M, 2) with `share` (M,) of `b`; exact at both ends."""
    along = share[:, None]
    return np.where(along == 1.0, b, a + along * (b - a))


def _spot(chain: _Chain, segment: int, along: float) -> _Spot:
    a, b = chain.low[segment], chain.high[segment]
    return _Spot(segment, along, b if along == 1.0 else a + along * (b - a))


def _nash(chain: _Chain, powers: Array) -> _Spot:
    """On a line the Nash product is largest where each party has its power's part of where the line meets its axis.

    With gains x from a to b and y = a2 - (x - a1) slope, x = w1 (a1 + a2 / slope): as a part of the segment,
    (w1 a2 / (a2 - b2) - w2 a1 / (b1 - a1)). The product is concave along the frontier, so the first segment at whose
    end it falls has the maximum.
    """
    length = chain.high - chain.low
    one, two = _or_one(length[:, 0]), _or_one(-length[:, 1])
    best = powers[0] * chain.low[:, 1] / two - powers[1] * chain.low[:, 0] / one
    return _first(chain, best, best <= 1)


def _on_ray(chain: _Chain, direction: Array) -> _Spot:
    """Where gains are proportional to `direction`; if the ray misses the chain, what is over is thrown away."""
    if (direction == 0).any():  # somebody gains nowhere: the chain is one point
        return _spot(chain, 0, 0.0)
    low, high = chain.low / direction, chain.high / direction
    if low[0, 0] > low[0, 1]:
        return _Spot(0, 0.0, low[0, 1] * direction)
    if high[-1, 0] < high[-1, 1]:
        return _Spot(len(low) - 1, 1.0, high[-1, 0] * direction)
    ahead, span = low[:, 1] - low[:, 0], (high - low)[:, 0] - (high - low)[:, 1]
    return _first(chain, ahead / _or_one(span), high[:, 0] >= high[:, 1])


def _utilitarian(chain: _Chain, powers: Array) -> _Spot:
    """The corner after which the weighted sum falls, or the middle of a segment on which it stays the same."""
    rise, fall = powers[0] * (chain.high - chain.low)[:, 0], powers[1] * (chain.low - chain.high)[:, 1]
    same = np.abs(rise - fall) <= TIES * (rise + fall)
    return _first(chain, np.where(same, 0.5, np.where(rise > fall, 1.0, 0.0)), same | (rise < fall))


_Concept = Callable[[_Chain, Array], _Spot]  # of a chain and the weights (2,)
_CONCEPTS: Mapping[str, _Concept] = {
    "nash": _nash,
    "kalai_smorodinsky": lambda chain, _: _on_ray(chain, _ideal(chain)),
    "egalitarian": lambda chain, _: _on_ray(chain, np.ones(2)),
    "utilitarian": _utilitarian,
}


def _first(chain: _Chain, along: Array, ends: npt.NDArray[np.bool_]) -> _Spot:
    """The spot `along` (M,) the first segment on which the search `ends` (M,), or the end of the last."""
    if not ends.any():
        return _spot(chain, len(along) - 1, 1.0)
    segment = int(ends.argmax())
    return _spot(chain, segment, float(np.clip(along[segment], 0.0, 1.0)))


def _lottery(
    chain: _Chain | None, concept: _Concept, powers: Array, base: Array
) -> tuple[Array, tuple[int, int], float]:
    """Point, packages and probability of the second."""
    if chain is None:
        return np.full(2, np.nan), (NO_PACKAGE, NO_PACKAGE), np.nan
    spot = concept(chain, powers)
    first, second = (int(k) for k in chain.packages[spot.segment])
    start, stop = float(chain.start[spot.segment]), float(chain.stop[spot.segment])
    probability = stop if spot.along == 1.0 else start + spot.along * (stop - start)
    if probability == 0.0:
        second = first
    elif probability == 1.0:
        first = second
    return base + spot.gains, (first, second), 0.0 if first == second else probability
