"""Policies too far from the base year for its blocks: walk there, renewing the blocks on the way.

The walk goes along ln(1+t), ln(1+x), ln d, ln A and ln qbar in steps that halve when one fails. Each
step starts from the one before; all begins at the base year, so the answer depends on the policy alone.
"""

from __future__ import annotations

import numpy as np

from tariffsim.economy.chord import Chord, make_chord, technology
from tariffsim.economy.costs import unit_costs
from tariffsim.economy.kernel import CONVERGED, NO_EQUILIBRIUM, NOT_CONVERGED, base_start, solve_rows, start_at
from tariffsim.economy.primitives import Array, Policies, Primitives, Solution, empty_solution
from tariffsim.economy.tables import Tables
from tariffsim.economy.trade import new_flows

FIRST_STEP, SHORTEST_STEP, LONGEST_STEP = 0.1, 0.002, 0.25
ROUNDS, ITERATIONS = 12, 10  # of one step before it is halved: blocks are renewed after each round
DIRECTIONS = 64  # of what regions do to one another: blocks that are used once had better be good
LOOSE = 1e-8  # tolerance of all steps but the last


def continue_rows(
    base: Primitives, tables: Tables, policies: Policies, tolerance: float, most: int, solution: Solution
) -> None:
    """Give every unsettled world a walk of about `most` iterations; `solution` is changed in place."""
    for row in np.flatnonzero(solution.status == NOT_CONVERGED) if most > 0 else ():
        answer = _walk(base, tables, policies.world(int(row)), tolerance, most)
        solution.iterations[row] += answer.iterations[0]
        if answer.status[0] == NOT_CONVERGED:
            continue  # what the direct attempt reached is at least about this policy
        for field in set(Solution._fields) - {"iterations"}:
            getattr(solution, field)[row] = getattr(answer, field)[0]


def _walk(base: Primitives, tables: Tables, policy: Policies, tolerance: float, most: int) -> Solution:
    """From the base year to the policy; status no_equilibrium if income or spending vanish on the way."""
    places, step, used = [(0.0, base_start(tables).vector)], FIRST_STEP, 0
    while True:
        here = places[-1][0]
        target = 1.0 if here + step > 1.0 - 1e-9 else here + step
        precision = tolerance if target == 1.0 else max(LOOSE, tolerance)
        start = _predict(places, target, base)
        found = _reach(base, tables, _partial(base, policy, target), start, precision)
        used += int(found.iterations[0])
        if found.status[0] == CONVERGED:
            places.append((target, _vector(base, found)))
            step = min(2.0 * step, LONGEST_STEP)
        else:
            step *= 0.5
        if places[-1][0] == 1.0 or step < SHORTEST_STEP or used >= most:
            break
    found.iterations[0] = used
    if places[-1][0] < 1.0:
        found.status[0] = NO_EQUILIBRIUM if np.isinf(found.residual[0]) else NOT_CONVERGED
    return found


def _predict(places: list[tuple[float, Array]], target: float, base: Primitives) -> Array:
    """Where the line through the last two places leads; spending falls to a half of the last at most, p to 1."""
    share, last = places[-1]
    if len(places) == 1:
        return last
    before, previous = places[-2]
    guess = last + (target - share) / (share - before) * (last - previous)
    n, size = base.value_added.size, base.spending.size
    spending, scarcity = slice(n + size, n + 2 * size), slice(n + 2 * size, None)
    guess[spending] = np.maximum(guess[spending], 0.5 * last[spending])
    ceiling = np.broadcast_to(np.log(base.nodes.ceiling), base.nodes.normal.shape).ravel()
    guess[scarcity] = np.clip(guess[scarcity], 0.0, ceiling)
    return guess


def _reach(base: Primitives, tables: Tables, policy: Policies, start: Array, tolerance: float) -> Solution:
    """Rounds of a few iterations, each with the blocks of where the last one ended: nearly Newton's method."""
    used, before = 0, np.inf
    for _ in range(ROUNDS):
        found = empty_solution(1, base)
        solve_rows(tables, _chord_at(base, policy, start), policy, start_at(start), tolerance, ITERATIONS, 1, found)
        used += int(found.iterations[0])
        residual = found.residual[0]
        if found.status[0] == CONVERGED or not residual < before:
            break
        start, before = _vector(base, found), residual
    found.iterations[0] = used
    return found


def _partial(base: Primitives, policy: Policies, share: float) -> Policies:
    """The policy to the power `share`, counted from the base year; embargoes are there from the start."""
    if share == 1.0:
        return policy
    log_t = np.log1p(base.tariffs) * (1.0 - share) + np.log1p(policy.tariffs) * share
    iceberg = np.where(np.isinf(policy.iceberg), np.inf, np.exp(share * np.log(_finite(policy.iceberg))))
    return policy._replace(
        tariffs=np.expm1(log_t),
        export_tax=np.expm1(share * np.log1p(policy.export_tax)),
        iceberg=iceberg,
        log_productivity=share * policy.log_productivity,
        cap=_power(policy.cap, share),
        available=_power(policy.available, share),
    )


def _power(limit: Array, share: float) -> Array:
    """limit^share; 0 and infinity stay what they are."""
    inside = (limit > 0.0) & ~np.isinf(limit)
    return np.where(inside, np.where(inside, limit, 1.0) ** share, limit)


def _finite(array: Array) -> Array:
    return np.where(np.isinf(array), 1.0, array)


def _vector(base: Primitives, solution: Solution) -> Array:
    """ln w, ln P, X / X0, ln p of a solution of one world."""
    ratio = np.divide(solution.spending[0], base.spending, out=np.ones_like(base.spending), where=base.spending > 0.0)
    logs = solution.log_prices[0].ravel(), ratio.ravel(), solution.log_scarcity[0].ravel()
    return np.concatenate([solution.log_wages[0], *logs])


def _chord_at(base: Primitives, policy: Policies, vector: Array) -> Chord:
    """The blocks of the place `vector` as if it were a base year."""
    (n, s), size = base.value_added_share.shape, base.spending.size
    log_wages, log_prices = vector[None, :n], vector[None, n : n + size].reshape(1, n, s)
    spending = base.spending * vector[n + size : n + 2 * size].reshape(n, s)
    scarcity = vector[n + 2 * size :].reshape(1, *base.nodes.normal.shape)
    costs = unit_costs(base, log_wages, log_prices, scarcity, policy.log_productivity)
    flows, share = new_flows(base, policy, costs.log_cost, log_prices, spending[None])
    take = float((share * spending[:, None]).sum() - flows.sum())
    value_added = base.value_added * np.exp(log_wages[0])
    point = base._replace(share=share, flows=flows, value_added=value_added, spending=spending, revenue=take)
    return make_chord(point, technology(base, costs, scarcity[0]), base.spending, DIRECTIONS)
