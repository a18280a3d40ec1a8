"""Solution concepts of bargaining on finite tables of packages, for many worlds at once.

`u` (..., Q, n) are the values of Q packages to n parties, `d` (..., n) what each has without agreement; gains are
u - d. A package is individually rational if nobody gains less than zero. Every concept picks one of the individually
rational packages and that one is Pareto-efficient. -1 says that there is none. (docs/explanation/solutions.md)

Scores that differ by less than rounding are ties. What is left of a tie goes to the lowest index, and from there to a
package that dominates it, if rounding hid one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tariffsim.errors import ConfigError
from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import Flags, Index

NO_PACKAGE = -1  # no package is individually rational
TIES = 1e-12  # scores this close, relative to the ideal gains, are equal


class _Bargain(NamedTuple):
    """A table of packages seen from the disagreement point."""

    values: Array  # (..., Q, n)
    allowed: Flags  # (..., Q) individually rational, and among those asked for
    gains: Array  # (..., Q, n), zero where not allowed
    ideal: Array  # (..., n) most a party gains from an allowed package, zero where there is none
    shares: Array  # (..., Q, n) gains / ideal, one where the ideal is zero

    @property
    def slack(self) -> Array:
        """Rounding allowed in sums of gains (..., 1)."""
        return np.asarray(TIES * self.ideal.max(-1, keepdims=True))


def pareto_front(u: npt.ArrayLike) -> Flags:
    """Which packages are Pareto-efficient.

    A package is efficient if no other is worth at least as much to everybody and more to somebody. Packages of equal
    values to all are efficient together. Returns a mask (..., Q) of `u` (..., Q, n), n >= 2.

    Raises ConfigError if `u` has no such shape or a value is not finite.
    """
    values = finite_values(u)
    return _front_of_two(values) if values.shape[-1] == 2 else _front_of_many(values)


def values_at(x: Array, package: Index) -> Array:
    """Values (..., n) of packages (...) in `x` (..., Q, n); those of the first where there is none."""
    return np.take_along_axis(x, np.maximum(package, 0)[..., None, None], axis=-2)[..., 0, :]


def win_set(u: npt.ArrayLike, d: npt.ArrayLike) -> Flags:
    """Win-set of every party: the packages it would rather have than no agreement (Putnam 1988).

    Returns a mask (..., Q, n), u >= d. The zone of agreement is the intersection, ``win_set(u, d).all(-1)``.

    Raises ConfigError if shapes don't fit or a value is not finite.
    """
    values = finite_values(u)
    return np.asarray(values >= disagreement_of(values, d)[..., None, :], dtype=np.bool_)


def nash_bargaining(
    u: npt.ArrayLike, d: npt.ArrayLike, weights: npt.ArrayLike | None = None, *, among: npt.ArrayLike | None = None
) -> Index:
    """The individually rational package with the largest Nash product, prod (u - d)^w (Nash 1950; Kalai 1977 for w).

    A party that gains from no package is left out of the product. Where no package lets all others gain, every
    product is zero, and the largest sum of gains in units of the ideal gains decides. Ties go to the lowest index:
    a rule that looked at other packages would break the independence of irrelevant alternatives.

    `u` (..., Q, n): values of Q packages to n >= 2 parties; `d` (..., n): values of no agreement. `weights` (n,) or
    (..., n): bargaining powers, positive; only their ratios matter (default: equal). `among` (..., Q): packages that
    may be chosen, for instance a win-set that is tighter than u >= d (default: all). Returns the index (...) of the
    package, -1 where none is individually rational.

    Raises ConfigError if shapes don't fit, a value is not finite, or a weight is not positive.
    """
    table = _bargain(u, d, among)
    positive = table.shares > 0
    terms = _weights(weights, table) * np.log(np.where(positive, table.shares, 1.0))
    product = np.where(_all(positive), _total(terms), -np.inf)
    nothing = ~(table.allowed & _all(positive)).any(-1, keepdims=True)
    return _choose(table, (product, np.where(nothing, _total(table.shares), 0.0)), TIES)


def kalai_smorodinsky(u: npt.ArrayLike, d: npt.ArrayLike, *, among: npt.ArrayLike | None = None) -> Index:
    """The individually rational package with the largest smallest share of the ideal gain (Kalai and Smorodinsky 1975).

    The ideal gain of a party is the most it gains from an individually rational package. On a grid no package need give
    all the same share; the smallest share is maximised, then the second smallest and so on (leximin, Imai 1983).
    A party whose ideal gain is zero has its share whatever is chosen. Ties go to the lowest index.

    Parameters, result and errors are those of `nash_bargaining`.
    """
    table = _bargain(u, d, among)
    return _choose(table, _leximin(table.shares), TIES)


def egalitarian(u: npt.ArrayLike, d: npt.ArrayLike, *, among: npt.ArrayLike | None = None) -> Index:
    """The individually rational package with the largest smallest gain, then the second smallest (Kalai 1977).

    Gains are compared between parties, so the units of `u` matter. Ties go to the lowest index.

    Parameters, result and errors are those of `nash_bargaining`.
    """
    table = _bargain(u, d, among)
    return _choose(table, _leximin(table.gains), table.slack)


def utilitarian(
    u: npt.ArrayLike, d: npt.ArrayLike, weights: npt.ArrayLike | None = None, *, among: npt.ArrayLike | None = None
) -> Index:
    """The individually rational package with the largest sum of gains, sum w (u - d).

    Gains are compared between parties, so the units of `u` matter. Of equal sums the one with the larger smallest gain
    is taken, then the lowest index.

    Parameters, result and errors are those of `nash_bargaining`.
    """
    table = _bargain(u, d, among)
    return _choose(table, (_total(_weights(weights, table) * table.gains), *_leximin(table.gains)), table.slack)


@dataclass(frozen=True, eq=False)
class SolutionPoints:
    """What every concept picks, index (...), -1 where no package is individually rational."""

    nash: Index
    kalai_smorodinsky: Index
    egalitarian: Index
    utilitarian: Index
    front: Flags  # (..., Q) efficient and individually rational
    ideal: Array  # (..., n) most a party gains from an individually rational package; 0 where there is none


def solution_points(u: npt.ArrayLike, d: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> SolutionPoints:
    """All concepts at once; `weights` are those of the Nash product and of the sum of gains.

    Parameters and errors are those of `nash_bargaining`.
    """
    table = _bargain(u, d, None)
    return SolutionPoints(
        nash=nash_bargaining(u, d, weights),
        kalai_smorodinsky=kalai_smorodinsky(u, d),
        egalitarian=egalitarian(u, d),
        utilitarian=utilitarian(u, d, weights),
        front=pareto_front(table.values) & table.allowed,
        ideal=table.ideal,
    )


@dataclass(frozen=True, eq=False)
class Distances:
    """How far deals (...) are from what the concepts pick; NaN without a deal or an individually rational package.

    Euclidean, gains of each party in units of its ideal gain; a party whose ideal gain is zero has no unit and is left
    out. `front`: to the nearest efficient and individually rational package. `efficiency`: sum of gains over the
    largest sum of an individually rational package, at most 1 for such packages; NaN too where nobody can gain.
    """

    nash: Array
    kalai_smorodinsky: Array
    egalitarian: Array
    utilitarian: Array
    front: Array
    efficiency: Array


def distances(
    u: npt.ArrayLike, d: npt.ArrayLike, package: npt.ArrayLike, weights: npt.ArrayLike | None = None
) -> Distances:
    """Distances of the deals `package` (...), -1 for no deal, from every solution and from the Pareto front.

    Other parameters are those of `nash_bargaining`. Raises ConfigError also if a package is not in the table.
    """
    table, points = _bargain(u, d, None), solution_points(u, d, weights)
    deal = deals_of(package, table.values)
    known = (deal >= 0) & table.allowed.any(-1)
    gains = table.values - disagreement_of(table.values, d)[..., None, :]
    unit = np.where(table.ideal > 0, table.ideal, np.inf)  # gain / inf = 0: without unit, left out
    at = values_at(gains, deal) / unit

    def to(pick: Index) -> Array:
        return np.where(known, _length(at - values_at(gains, pick) / unit), np.nan)

    to_each = _length(at[..., None, :] - table.gains / unit[..., None, :])
    to_front = np.where(points.front, to_each, np.inf).min(-1)
    most = _total(table.gains).max(-1)
    share = _total(values_at(gains, deal)) / np.where(most > 0, most, 1.0)
    return Distances(
        nash=to(points.nash),
        kalai_smorodinsky=to(points.kalai_smorodinsky),
        egalitarian=to(points.egalitarian),
        utilitarian=to(points.utilitarian),
        front=np.where(known, to_front, np.nan),
        efficiency=np.where(known & (most > 0), share, np.nan),
    )


def finite_values(u: npt.ArrayLike) -> Array:
    """`u` (..., Q, n) as an array; ConfigError if its shape or a value can't be."""
    values = np.asarray(u, dtype=np.float64)
    if values.ndim < 2 or values.shape[-1] < 2 or values.shape[-2] < 1:
        raise ConfigError(f"u has shape {values.shape}; expected (..., packages, parties), at least 1 and 2")
    if not np.isfinite(values).all():
        raise ConfigError("u has values that are not finite; leave such packages out, or out of `among`")
    return values


def disagreement_of(u: Array, d: npt.ArrayLike) -> Array:
    """`d` (..., n) as an array that can be repeated to the worlds of `u`; ConfigError otherwise."""
    base, shape = np.asarray(d, dtype=np.float64), u.shape
    if base.ndim < 1 or base.shape[-1] != shape[-1] or not _fits(base.shape[:-1], shape[:-2]):
        raise ConfigError(f"d has shape {base.shape}; for u of shape {shape} expected {(*shape[:-2], shape[-1])}")
    if not np.isfinite(base).all():
        raise ConfigError("d has values that are not finite; no agreement must be worth something to everybody")
    return base


def _fits(shape: tuple[int, ...], onto: tuple[int, ...]) -> bool:
    """Whether an array can be repeated to a shape."""
    try:
        return np.broadcast_shapes(shape, onto) == onto
    except ValueError:
        return False


def _bargain(u: npt.ArrayLike, d: npt.ArrayLike, among: npt.ArrayLike | None) -> _Bargain:
    values = finite_values(u)
    gains = values - disagreement_of(values, d)[..., None, :]
    allowed = _all(gains >= 0)
    if among is not None:
        mask = np.asarray(among)
        if mask.dtype != np.bool_ or not _fits(mask.shape, allowed.shape):
            raise ConfigError(f"among is {mask.dtype} of shape {mask.shape}; expected bool of shape {allowed.shape}")
        allowed = allowed & mask
    inside = np.where(allowed[..., None], gains, 0.0)
    ideal = inside.max(-2)
    unit = ideal[..., None, :]
    shares = np.where(unit > 0, inside / np.where(unit > 0, unit, 1.0), 1.0)
    return _Bargain(values, allowed, inside, ideal, shares)


def _weights(weights: npt.ArrayLike | None, table: _Bargain) -> Array:
    """Weights (..., 1, n) that add up to one."""
    shape = table.ideal.shape
    given = np.ones(shape[-1]) if weights is None else np.asarray(weights, dtype=np.float64)
    if not _fits(given.shape, shape) or given.shape[-1:] != shape[-1:]:
        raise ConfigError(f"weights have shape {given.shape}; expected {shape[-1:]} or {shape}")
    if not (np.isfinite(given) & (given > 0)).all():
        raise ConfigError("weights must be positive and finite; to leave a party out, leave it out of u and d")
    return np.asarray(given / _total(given)[..., None])[..., None, :]


def deals_of(package: npt.ArrayLike, u: Array) -> Index:
    """Deals (...) of `u` (..., Q, n) as an array; ConfigError if one is not in the table."""
    deal, (*worlds, count) = np.asarray(package), u.shape[:-1]
    if not _fits(deal.shape, tuple(worlds)):
        raise ConfigError(f"package has shape {deal.shape}; expected {tuple(worlds)}")
    if not np.issubdtype(deal.dtype, np.integer) or (deal < NO_PACKAGE).any() or (deal >= count).any():
        raise ConfigError(f"package must be whole numbers from -1 (no deal) to {count - 1}")
    return np.broadcast_to(deal.astype(np.int64), worlds)


def _choose(table: _Bargain, scores: tuple[Array, ...], slack: float | Array) -> Index:
    """The allowed package that is best by the first of `scores` (..., Q), in ties by the next, then the lowest."""
    kept = table.allowed
    for score in scores:
        best = np.where(kept, score, -np.inf).max(-1, keepdims=True)
        kept = kept & (score >= best - slack)
    chosen = np.where(kept.any(-1), kept.argmax(-1), NO_PACKAGE)
    while True:  # each round moves up; packages are finite
        above = _dominate(table.values, values_at(table.values, chosen)[..., None, :]) & table.allowed
        above &= (chosen >= 0)[..., None]
        if not above.any():
            return chosen
        chosen = np.where(above.any(-1), above.argmax(-1), chosen)


# Sums, orders and tests over parties go party by party: few against many packages, and the same bits in any batch.


def _all(mask: Flags) -> Flags:
    """Whether something holds for all parties."""
    found = mask[..., 0]
    for k in range(1, mask.shape[-1]):
        found = found & mask[..., k]
    return np.asarray(found)


def _dominate(x: Array, y: Array) -> Flags:
    """Whether `x` is worth at least as much as `y` to all and more to one."""
    return np.asarray(_all(x >= y) & ~_all(x == y))


def _rising(x: Array) -> list[Array]:
    """Entries (...) of `x` (..., n) from the smallest to the largest."""
    if x.shape[-1] == 2:
        return [np.minimum(x[..., 0], x[..., 1]), np.maximum(x[..., 0], x[..., 1])]
    ordered = np.sort(x, axis=-1)
    return [ordered[..., k] for k in range(x.shape[-1])]


def _leximin(x: Array) -> tuple[Array, ...]:
    """Scores whose lexicographic order is leximin: the smallest entry (..., Q) of `x` (..., Q, n), the second ..."""
    return tuple(_rising(x))


def _total(x: Array) -> Array:
    """Sum over parties, the same bits in whatever order the parties stand."""
    total, *others = _rising(x)
    for term in others:
        total = total + term
    return np.asarray(total)


def _length(x: Array) -> Array:
    """Euclidean length over parties, the same bits in whatever order the parties stand."""
    length, *others = _rising(np.abs(x))
    for side in others:
        length = np.hypot(length, side)
    return np.asarray(length)


def _front_of_two(values: Array) -> Flags:
    """Down from the best of the first party, what beats all before for the second is efficient; so are its equals."""
    order = np.lexsort((-values[..., 1], -values[..., 0]), axis=-1)
    first, second = (np.take_along_axis(values[..., side], order, axis=-1) for side in range(2))
    record = np.ones(order.shape, dtype=bool)
    record[..., 1:] = second[..., 1:] > np.maximum.accumulate(second, axis=-1)[..., :-1]
    new = np.ones(order.shape, dtype=bool)
    new[..., 1:] = (first[..., 1:] != first[..., :-1]) | (second[..., 1:] != second[..., :-1])
    leader = np.maximum.accumulate(np.where(new, np.arange(order.shape[-1]), 0), axis=-1)
    front = np.empty(order.shape, dtype=bool)
    np.put_along_axis(front, order, np.take_along_axis(record, leader, axis=-1), axis=-1)
    return front


def _front_of_many(values: Array) -> Flags:
    """Strike out what some package dominates; one pass over packages, memory of one table."""
    front = np.ones(values.shape[:-1], dtype=bool)
    for k in range(values.shape[-2]):
        front &= ~_dominate(values[..., k : k + 1, :], values)
    return front
