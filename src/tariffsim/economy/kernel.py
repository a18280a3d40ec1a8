"""The equilibrium of one world after another, compiled (Caliendo & Parro 2015, exact hat algebra).

Unknowns of a world: ln wages (N), ln prices (N, S), ln spending (N, S). One evaluation maps them to
the values the equations imply; Anderson's method (type II) accelerates the fixed point. Rows share
nothing and every row starts from the base year, so world k of a batch is world k alone, bit for bit.
Numba ignores `np.seterr` and its `max` swallows NaN: the residual is checked by hand.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from tariffsim.economy.isolation import without_equilibrium
from tariffsim.economy.numba_cache import choose_cache_directory
from tariffsim.economy.primitives import Array, Policies, Primitives, Solution, empty_solution

CACHE = choose_cache_directory()

from numba import njit  # noqa: E402  (the cache directory must be chosen first)

CONVERGED, NOT_CONVERGED, NO_EQUILIBRIUM = 0, 1, 2
MEMORY = 6  # Anderson columns
HOPELESS = -60.0  # ln of a spending hat below which a market has vanished


@njit(nogil=True, cache=CACHE, error_model="numpy")
def _costs(base, policies, row, lnw, lnp, lnc, weight):
    """ln c_ij = g ln w + sum_k G ln P_k - ln A, and weight_ij = c_ij^-theta_j."""
    regions, sectors = lnc.shape
    a = row if policies.log_productivity.shape[0] > 1 else 0
    for i in range(regions):
        for j in range(sectors):
            lnc[i, j] = base.value_added_share[i, j] * lnw[i] - policies.log_productivity[a, i, j]
        for k in range(sectors):
            for j in range(sectors):
                lnc[i, j] += base.io[i, k, j] * lnp[i, k]
        for j in range(sectors):
            weight[i, j] = math.exp(-base.theta[j] * lnc[i, j])


@njit(nogil=True, cache=CACHE, error_model="numpy")
def _ration(base, policies, row, n, j, lnp, lnx, lnc, one_plus_mu):
    """1 + mu of each capped source of market (n, j), given its price index and spending.

    Quantity falls with (1+mu)^-(1+theta), whoever gets the rent, so the cap inverts in closed form.
    """
    theta = base.theta[j]
    k = row if policies.kernel.shape[0] > 1 else 0
    r = row if policies.per_unit.shape[0] > 1 else 0
    q = row if policies.cap.shape[0] > 1 else 0
    for i in range(one_plus_mu.shape[0]):
        one_plus_mu[i] = 1.0
        cap = policies.cap[q, n, i, j]
        kernel = policies.kernel[k, n, i, j]
        if kernel == 0.0 or cap == math.inf:
            continue
        if cap == 0.0:
            one_plus_mu[i] = math.inf
            continue
        free = kernel * policies.per_unit[r, n, i, j] * base.spending[n, j] / base.flows[n, i, j]
        log_free = math.log(free)
        log_free += -theta * (lnc[i, j] - lnp) + lnx - lnc[i, j]
        excess = (log_free - math.log(cap)) / (1.0 + theta)
        if not excess <= 0.0:
            one_plus_mu[i] = math.exp(excess)


@njit(nogil=True, cache=CACHE, error_model="numpy")
def _market_prices(base, policies, row, lnp, lnx, lnc, weight, spend, wedge, lnp_new):
    """spend = K c^-theta (shares before division), wedge = 1 + mu, and the implied ln P.

    Returns the largest |change of ln P| (NaN and infinity become infinity). With caps the step
    solves the linearised market: raising ln P by one raises the implied ln P by theta/(1+theta) times
    the capped share.
    """
    regions, sectors = lnc.shape
    k = row if policies.kernel.shape[0] > 1 else 0
    capped = policies.cap.shape[1] > 1
    worst = 0.0
    for n in range(regions):
        for j in range(sectors):
            theta = base.theta[j]
            if base.spending[n, j] == 0.0:
                lnp_new[n, j] = 0.0
                continue
            if capped:
                _ration(base, policies, row, n, j, lnp[n, j], lnx[n, j], lnc, wedge[n, :, j])
            total = 0.0
            bound = 0.0
            for i in range(regions):
                value = policies.kernel[k, n, i, j] * weight[i, j]
                if capped and wedge[n, i, j] != 1.0:
                    value *= wedge[n, i, j] ** -theta
                    bound += value
                spend[n, i, j] = value
                total += value
            change = -math.log(total) / theta - lnp[n, j]
            if not abs(change) < worst:
                worst = abs(change) if math.isfinite(change) else math.inf
            slope = 1.0 - bound / total * theta / (1.0 + theta)
            lnp_new[n, j] = lnp[n, j] + change / slope
            for i in range(regions):
                spend[n, i, j] /= total
    return worst


@njit(nogil=True, cache=CACHE, error_model="numpy")
def _sales(policies, row, x, spend, wedge, output, duties, other):
    """Producers' sales Y, duties, and other receipts (export taxes and ration rents) of each region."""
    regions, sectors = output.shape
    r = row if policies.per_unit.shape[0] > 1 else 0
    d = row if policies.duty_share.shape[0] > 1 else 0
    e = row if policies.export_tax.shape[0] > 1 else 0
    capped, taxed = policies.cap.shape[1] > 1, policies.export_tax.shape[1] > 1
    output[:] = 0.0
    duties[:] = 0.0
    other[:] = 0.0
    for n in range(regions):
        for i in range(regions):
            for j in range(sectors):
                value = spend[n, i, j] * x[n, j]
                if value == 0.0:
                    continue
                duty = value * policies.duty_share[d, n, i, j]
                flow = value * policies.per_unit[r, n, i, j]
                if capped and policies.rent < 2 and wedge[n, i, j] != 1.0:
                    scarce = 1.0 - 1.0 / wedge[n, i, j]
                    flow -= flow * scarce
                    if policies.rent == 0:
                        other[i] += (value - duty) * scarce
                    else:
                        other[n] += value * scarce
                        duty -= duty * scarce
                output[i, j] += flow
                duties[n] += duty
                if taxed:
                    other[i] += flow * policies.export_tax[e, n, i, j]


@njit(nogil=True, cache=CACHE, error_model="numpy")
def _income(base, value_added, duties, other, income):
    """I = wages + duties + export taxes + rents + D', with D' by the closure; world D' is zero."""
    scale = 1.0
    if base.closure == 0:  # world_gdp_share: GDP at market prices, as in the national accounts
        gdp = value_added.sum() + duties.sum() + other.sum()
        scale = gdp / (base.value_added.sum() + base.revenue)
    surplus = 0.0
    if base.closure == 3:  # value_added_share: what does not add up is shared by value added
        for n in range(income.shape[0]):
            surplus += base.deficits[n] * value_added[n] / base.value_added[n]
    for n in range(income.shape[0]):
        deficit = base.deficits[n] * scale
        if base.closure == 2:
            deficit = 0.0
        elif base.closure == 3:
            deficit *= value_added[n] / base.value_added[n]
            deficit -= surplus * value_added[n] / value_added.sum()
        income[n] = value_added[n] + duties[n] + other[n] + deficit


@njit(nogil=True, cache=CACHE, error_model="numpy")
def _demand(base, x, output, income, lnx, lnx_new):
    """ln X implied by income and output; returns the largest relative gap (inf if spending is <= 0)."""
    regions, sectors = output.shape
    worst = 0.0
    for n in range(regions):
        for k in range(sectors):
            if base.spending[n, k] == 0.0:
                lnx_new[n, k] = 0.0
                continue
            new = base.final_share[n, k] * income[n]
            for j in range(sectors):
                new += base.io[n, k, j] * output[n, j]
            if new > 0.0 and income[n] > 0.0:
                lnx_new[n, k] = math.log(new / base.spending[n, k])
                gap = abs(new / x[n, k] - 1.0)
            else:  # no floor: halve, and never call it converged
                lnx_new[n, k] = lnx[n, k] - math.log(2.0)
                gap = math.inf
            if not gap < worst:
                worst = gap if math.isfinite(gap) else math.inf
    return worst


@njit(nogil=True, cache=CACHE, error_model="numpy")
def _labour(base, value_added, output, step, lnw, lnw_new):
    """Wages rise where sales pay for more labour than there is; returns the largest relative gap."""
    worst = 0.0
    world = 0.0
    for n in range(lnw.shape[0]):
        paid = 0.0
        for j in range(output.shape[1]):
            paid += base.value_added_share[n, j] * output[n, j]
        ratio = paid / value_added[n]
        gap = abs(ratio - 1.0)
        if not gap < worst:
            worst = gap if math.isfinite(gap) else math.inf
        lnw_new[n] = lnw[n] + step[n] * min(max(math.log(ratio), -1.0), 1.0)
        world += base.value_added[n] * math.exp(lnw_new[n])
    shift = math.log(world / base.value_added.sum())  # numeraire: world value added
    for n in range(lnw.shape[0]):
        lnw_new[n] -= shift
    return worst


@njit(nogil=True, cache=CACHE, error_model="numpy")
def _evaluate(base, policies, row, step, z, z_new, room):
    """One evaluation at z = (ln w, ln P, ln X): fills z_new and `room`, returns the residual."""
    lnc, weight, spend, wedge, x, output, value_added, duties, other, income = room
    regions, sectors = lnc.shape
    cells = regions * sectors
    lnw, lnw_new = z[:regions], z_new[:regions]
    lnp = z[regions : regions + cells].reshape(regions, sectors)
    lnp_new = z_new[regions : regions + cells].reshape(regions, sectors)
    lnx = z[regions + cells :].reshape(regions, sectors)
    lnx_new = z_new[regions + cells :].reshape(regions, sectors)
    for n in range(regions):
        value_added[n] = base.value_added[n] * math.exp(lnw[n])
        for j in range(sectors):
            x[n, j] = base.spending[n, j] * math.exp(lnx[n, j])
    _costs(base, policies, row, lnw, lnp, lnc, weight)
    price_gap = _market_prices(base, policies, row, lnp, lnx, lnc, weight, spend, wedge, lnp_new)
    _sales(policies, row, x, spend, wedge, output, duties, other)
    _income(base, value_added, duties, other, income)
    demand_gap = _demand(base, x, output, income, lnx, lnx_new)
    labour_gap = _labour(base, value_added, output, step, lnw, lnw_new)
    return max(price_gap, demand_gap, labour_gap)  # each is finite or +inf, never NaN


@njit(nogil=True, cache=CACHE, error_model="numpy")
def _accelerate(count, steps, moves, z, f, gram, right, z_next):
    """Anderson: z + f minus the combination of past moves that best explains f (ridge for safety)."""
    m = min(count, MEMORY)
    for a in range(m):
        for b in range(a + 1):
            gram[a, b] = gram[b, a] = (steps[a] * steps[b]).sum()
        right[a] = (steps[a] * f).sum()
    for a in range(m):
        gram[a, a] *= 1.0 + 1e-12
        if not gram[a, a] > 0.0:
            m = 0
            break
    z_next[:] = z + f
    if m == 0:
        return
    for a in range(m):  # Gauss without pivoting: the matrix is positive definite
        for b in range(a + 1, m):
            factor = gram[b, a] / gram[a, a]
            for c in range(a, m):
                gram[b, c] -= factor * gram[a, c]
            right[b] -= factor * right[a]
    for a in range(m - 1, -1, -1):
        for b in range(a + 1, m):
            right[a] -= gram[a, b] * right[b]
        right[a] /= gram[a, a]
        z_next -= right[a] * (moves[a] + steps[a])


@njit(nogil=True, cache=CACHE, error_model="numpy")
def _solve_row(base, policies, row, step, tolerance, max_iterations, memory, z, room, gram, right):
    """Fixed point from the base year; returns (status, iterations, residual), solution in z and room."""
    size = z.size
    z[:] = 0.0
    vectors = np.zeros((5, size))
    z_new, f, f_old, z_old, z_next = vectors[0], vectors[1], vectors[2], vectors[3], vectors[4]
    steps, moves = np.zeros((MEMORY, size)), np.zeros((MEMORY, size))
    count, best = 0, math.inf
    residual = math.inf
    for iteration in range(1, max_iterations + 1):
        residual = _evaluate(base, policies, row, step, z, z_new, room)
        if residual <= tolerance:
            return CONVERGED, iteration, residual
        f[:] = z_new - z
        size_f = np.abs(f).max()
        if not math.isfinite(f.sum()) or size_f > 1e3 or z[size - room[0].size :].min() < HOPELESS:
            return NO_EQUILIBRIUM, iteration, residual
        if not memory or residual == math.inf or (best < math.inf and residual > 1e2 * best):
            count, best = 0, math.inf
        elif count > 0 or best < math.inf:
            slot = count % MEMORY
            steps[slot] = f - f_old
            moves[slot] = z - z_old
            count += 1
        best = min(best, residual)
        f_old[:] = f
        z_old[:] = z
        _accelerate(count, steps, moves, z, f, gram, right, z_next)
        z[:] = z_next
    return (NO_EQUILIBRIUM if residual == math.inf else NOT_CONVERGED), max_iterations, residual


@njit(nogil=True, cache=CACHE, error_model="numpy")
def _write(solution, row, z, room):
    """Copy one world out of the working arrays."""
    output, value_added, duties, income = room[5], room[6], room[7], room[9]
    regions, sectors = output.shape
    cells = regions * sectors
    solution.log_wages[row] = z[:regions]
    solution.log_prices[row] = z[regions : regions + cells].reshape(regions, sectors)
    solution.spending[row] = room[4]
    solution.output[row] = output
    solution.value_added[row] = value_added
    solution.duties[row] = duties
    solution.income[row] = income


@njit(nogil=True, cache=CACHE, error_model="numpy")
def solve_rows(base, policies, step, first, last, tolerance, max_iterations, solution):
    """Solve worlds first..last-1; a world that resists Anderson gets short plain steps instead."""
    regions, sectors = base.value_added_share.shape
    room = (
        np.zeros((regions, sectors)),
        np.zeros((regions, sectors)),
        np.zeros((regions, regions, sectors)),
        np.ones((regions, regions, sectors)),
        np.zeros((regions, sectors)),
        np.zeros((regions, sectors)),
        np.zeros(regions),
        np.zeros(regions),
        np.zeros(regions),
        np.zeros(regions),
    )
    z = np.zeros(regions + 2 * regions * sectors)
    gram, right = np.zeros((MEMORY, MEMORY)), np.zeros(MEMORY)
    for row in range(first, last):
        if solution.status[row] == NO_EQUILIBRIUM:
            continue
        limit = max_iterations
        status, used, residual = _solve_row(base, policies, row, step, tolerance, limit, True, z, room, gram, right)
        if status != CONVERGED:
            status, more, residual = _solve_row(
                base, policies, row, 0.3 * step, tolerance, 10 * limit, False, z, room, gram, right
            )
            used += more
        solution.status[row] = status
        solution.iterations[row] = used
        solution.residual[row] = residual
        if status != NO_EQUILIBRIUM:
            _write(solution, row, z, room)


def run(base: Primitives, policies: Policies, tolerance: float, max_iterations: int, threads: int) -> Solution:
    """Solve every world; threads take contiguous rows and change no bit."""
    solution = empty_solution(policies.worlds, *base.value_added_share.shape)
    edges = np.linspace(0, policies.worlds, max(1, min(threads, policies.worlds)) + 1).astype(int)
    solution.status[without_equilibrium(base, policies)] = NO_EQUILIBRIUM
    step = _wage_step(base)

    def work(part: int) -> None:
        solve_rows(base, policies, step, edges[part], edges[part + 1], tolerance, max_iterations, solution)

    if len(edges) == 2:
        work(0)
    else:
        with ThreadPoolExecutor(len(edges) - 1) as pool:
            list(pool.map(work, range(len(edges) - 1)))
    return solution


def _wage_step(base: Primitives) -> Array:
    """Inverse of a rough elasticity of labour demand: 1 + theta x the share sold abroad or contested."""
    output = base.flows.sum(axis=0)
    paid = base.value_added_share * output
    contested = (base.flows * (1.0 - base.share)).sum(axis=0)
    contested = np.divide(contested, output, out=np.zeros_like(output), where=output > 0.0)
    elasticity: Array = (paid * base.theta * contested).sum(axis=1) / paid.sum(axis=1)
    step: Array = 1.0 / (1.0 + elasticity)
    return step
