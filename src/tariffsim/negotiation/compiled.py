"""Compiled loops behind the values of packages and wars: world by world, so that a batch is its worlds one by one.

What they compute is said where they are called (`table`, `disagreement`, `markets`). Views are looks at both sides:
V = W * T rows, world-major, one for each type that the other side may be of. Numba checks neither bounds nor floating
point here, so callers see to shapes and to finite numbers.
"""

from __future__ import annotations

import math

import numpy as np

from tariffsim.economy.numba_cache import CACHE
from tariffsim.instruments.base import Array
from tariffsim.negotiation.payoffs import Index

from numba import njit  # isort: skip  (the cache directory must be chosen first)


@njit(nogil=True, cache=CACHE, error_model="numpy")
def falls(carried: Array, fall: Array, anticipation: float, threshold: Array, halvings: int, cap: float) -> Array:
    """The one root S (W,) of S = c + f (1 - pi(S)) by bisection of [c, c + f]; c carried, f fall, both (W,)."""
    found = np.empty(len(carried))
    for w in range(len(carried)):
        low, high = carried[w], carried[w] + fall[w]
        if anticipation * max(0.0, high - threshold[w]) == 0.0:  # nobody expects a retreat
            found[w] = high
            continue
        for _ in range(halvings):
            middle = (low + high) / 2
            if middle <= low or middle >= high:  # neighbours already
                break
            excess = anticipation * max(0.0, middle - threshold[w])
            if middle >= carried[w] + fall[w] * math.exp(-min(excess, cap)):
                high = middle
            else:
                low = middle
        found[w] = (low + high) / 2
    return found


@njit(nogil=True, cache=CACHE, error_model="numpy")
def _weighed(flow: Array, premium: float, held: float) -> tuple[float, float]:
    """Payoff by horizon of a flow (2, 2), income | duties, with duties weighed and what is held added."""
    return flow[0, 0] + premium * flow[0, 1] + held, flow[1, 0] + premium * flow[1, 1] + held


@njit(nogil=True, cache=CACHE, error_model="numpy")
def war_slices(
    flows: Array, stress: Array, index: Index, premium: Array, held: Array, weights: Array, felt: Array
) -> Array:
    """Value (V, H + 1) of each tick of the war path `index` (W,) of D.

    flows (D, H + 1, 2, 2) by horizon, income | duties; stress (D, H + 1); premium, held (V,): weight of duties, flow
    from controls; weights (V, H + 1, 2); felt (V, H + 1): cost of a percent of stress.
    """
    views, ticks = weights.shape[0], weights.shape[1]
    per_world = views // len(index)
    found = np.empty((views, ticks))
    for v in range(views):
        path = index[v // per_world]
        for k in range(ticks):
            short, long = _weighed(flows[path, k], premium[v], held[v])
            found[v, k] = weights[v, k, 0] * short + weights[v, k, 1] * long - felt[v, k] * stress[path, k]
    return found


@njit(nogil=True, cache=CACHE, error_model="numpy")
def wars_worth(
    flows: Array, stress: Array, index: Index, premium: Array, held: Array, weights: Array, felt: Array
) -> Array:
    """Value (V, P) of P war paths `index` (W, P) each, as `war_slices` added up."""
    views, ticks = weights.shape[0], weights.shape[1]
    per_world, count = views // len(index), index.shape[1]
    found = np.empty((views, count))
    for v in range(views):
        for p in range(count):
            path, total = index[v // per_world, p], 0.0
            for k in range(ticks):
                short, long = _weighed(flows[path, k], premium[v], held[v])
                total += weights[v, k, 0] * short + weights[v, k, 1] * long - felt[v, k] * stress[path, k]
            found[v, p] = total
    return found


@njit(nogil=True, cache=CACHE, error_model="numpy")
def undominated(first: Array, second: Array) -> tuple[Index, Index]:
    """Packages that no other beats or equals in all four flows: how many (U,), and which (U, Q), in order.

    first, second (U, Q, 2): flows by horizon to both sides. Of equal packages the first is kept.
    """
    rows, packages = first.shape[0], first.shape[1]
    count, which = np.zeros(rows, dtype=np.int64), np.zeros((rows, packages), dtype=np.int64)
    for u in range(rows):
        kept = 0
        for q in range(packages):
            beaten = False
            for f in range(kept):
                beaten = beaten or _at_least(first[u], second[u], which[u, f], q)
            if beaten:
                continue
            left = 0
            for f in range(kept):
                if not _at_least(first[u], second[u], q, which[u, f]):
                    which[u, left] = which[u, f]
                    left += 1
            which[u, left] = q
            kept = left + 1
        count[u] = kept
    return count, which


@njit(nogil=True, cache=CACHE, error_model="numpy")
def _at_least(first: Array, second: Array, k: int, q: int) -> bool:
    """Whether package k gives both sides at least what q does at both horizons."""
    one: bool = first[k, 0] >= first[q, 0] and first[k, 1] >= first[q, 1]
    two: bool = second[k, 0] >= second[q, 0] and second[k, 1] >= second[q, 1]
    return one and two


@njit(nogil=True, cache=CACHE, error_model="numpy")
def resumptions(
    slices: tuple[Array, Array],
    deals: tuple[Array, Array],
    weights: tuple[Array, Array],
    table: Index,
    count: Index,
    which: Index,
    resume: float,
    depth: int,
) -> tuple[Array, Array]:
    """D^m (V,) of both sides (`disagreement.resumed_talks`).

    slices (V, H + 1) and weights (V, H, 2) by side; deals (U, Q, 2) by side, of which a view uses number `table` (V,),
    the first `count` (U,) packages of `which` (U, Q).
    """
    views, ticks = slices[0].shape[0], slices[0].shape[1] - 1
    found = (np.empty(views), np.empty(views))
    below, reached = np.empty((2, ticks + 1)), np.empty((2, ticks + 1))
    for v in range(views):
        u = table[v]
        for side in range(2):
            below[side, ticks] = slices[side][v, ticks]
            for k in range(ticks - 1, -1, -1):
                below[side, k] = slices[side][v, k] + below[side, k + 1]
        for _ in range(depth):
            for side in range(2):
                reached[side, ticks] = below[side, ticks]
            for k in range(ticks - 1, -1, -1):
                a, b = weights[0][v, k], weights[1][v, k]
                best, mine, yours = -1.0, reached[0, k + 1], reached[1, k + 1]
                for f in range(count[u]):
                    q = which[u, f]
                    one = a[0] * deals[0][u, q, 0] + a[1] * deals[0][u, q, 1]
                    two = b[0] * deals[1][u, q, 0] + b[1] * deals[1][u, q, 1]
                    gain, other = one - below[0, k + 1], two - below[1, k + 1]
                    if gain >= 0 and other >= 0 and gain * other > best:
                        best, mine, yours = gain * other, one, two
                reached[0, k] = slices[0][v, k] + (1 - resume) * reached[0, k + 1] + resume * mine
                reached[1, k] = slices[1][v, k] + (1 - resume) * reached[1, k + 1] + resume * yours
            below, reached = reached, below
        found[0][v], found[1][v] = below[0, 0], below[1, 0]
    return found


@njit(nogil=True, cache=CACHE, error_model="numpy")
def package_values(
    flows: tuple[Array, Array],
    shares: tuple[Array, Array],
    index: Index,
    tastes: tuple[Array, Array],
    weights: tuple[Array, Array],
    after: tuple[Array, Array],
    war_of: Index,
    belief: Array,
    binding: bool,
) -> tuple[Array, Array]:
    """Values (W, Q * D) of every package to oneself, and (W, T, Q * D) to the other by its type (`Table.values`).

    The first of each pair is one's own side, the second the other's by type. flows (B, Q, 2, 2), shares (B, Q) of
    background `index` (W,); tastes (W, T, 2): weight of duties, value of controls, one type for oneself; weights
    (W, T, D + 1, 2) of D truces and of terms for good; after (W, T, D, P) of P wars, of which a package is followed by
    number `war_of` (Q,); belief (W, T).
    """
    worlds, types = belief.shape
    packages, truces = len(war_of), after[0].shape[2]
    own = np.zeros((worlds, packages * truces))
    other = np.empty((worlds, types, packages * truces))
    whole, ended = np.empty(packages), np.empty((packages, truces))
    renews = np.empty((packages, truces), dtype=np.bool_)
    for w in range(worlds):
        b = index[w]
        for t in range(-1, types):  # oneself first
            side, k = (0, 0) if t < 0 else (1, t)
            premium, control = tastes[side][w, k, 0], tastes[side][w, k, 1]
            weight, war = weights[side][w, k], after[side][w, k]
            for q in range(packages):
                short, long = _weighed(flows[side][b, q], premium, control * shares[side][b, q])
                kept_for_good = weight[truces, 0] * short + weight[truces, 1] * long
                for d in range(truces):
                    kept = weight[d, 0] * short + weight[d, 1] * long
                    later = war[d, war_of[q]]
                    again = kept_for_good - kept >= later
                    if t < 0:
                        whole[q], ended[q, d], renews[q, d] = kept_for_good, kept + later, again
                        continue
                    renewed = binding or (again and renews[q, d])
                    other[w, t, q * truces + d] = kept_for_good if renewed else kept + later
                    own[w, q * truces + d] += belief[w, t] * (whole[q] if renewed else ended[q, d])
    return own, other


def compile_loops() -> None:
    """Compile, or load from the cache, every loop here, so that callers can time it apart."""
    one, two, four = (np.zeros((1,) * axes) for axes in (1, 2, 4))
    flows, first, binding = np.zeros((1, 1, 2, 2)), np.zeros(1, dtype=np.int64), False
    falls(one, one, 0.0, one, 1, 1.0)
    war_slices(flows, two, first, one, one, np.zeros((1, 1, 2)), two)
    wars_worth(flows, two, first[:, None], one, one, np.zeros((1, 1, 2)), two)
    count, which = undominated(np.zeros((1, 1, 2)), np.zeros((1, 1, 2)))
    pair = np.zeros((1, 1, 2)), np.zeros((1, 1, 2))
    resumptions((np.zeros((1, 2)), np.zeros((1, 2))), pair, pair, first, count, which, 0.0, 1)
    weights, tastes = np.zeros((1, 1, 2, 2)), np.zeros((1, 1, 2))
    package_values(
        (flows, flows), (two, two), first, (tastes, tastes), (weights, weights), (four, four), first, two, binding
    )
