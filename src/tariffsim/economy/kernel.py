"""Block chord iteration with Anderson's method: about eight steps to 1e-10 instead of eighty.

One step: (1) price gaps times the inverse price block give new prices, at which everything is evaluated
again: the residual is that of this point; (2) demand gaps times the inverse spending block; (3) labour
gaps and (2) give wages; (4) their first-order effect on prices and spending; (5) Anderson (type II) on
the whole vector. The blocks belong to the economy, so a start and its path depend on the policy alone.
Sixteen worlds go side by side and share nothing; one that converges is written out and left alone.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tariffsim.economy.chord import Chord
from tariffsim.economy.equations import gaps, incomes, is_sound, prices, sales
from tariffsim.economy.lanes import LANES, add_scaled, exp_lanes, log_lanes, multiply, sum_products
from tariffsim.economy.numba_cache import CACHE
from tariffsim.economy.primitives import Array, Policies, Solution
from tariffsim.economy.tile import (
    BEST,
    BOUND,
    CHANGES,
    DEMAND_GAP,
    INCOME,
    LABOUR_GAP,
    MEMORY,
    MOVES,
    OUTPUT,
    PRICE_GAP,
    SHIFT,
    SMALL1,
    SMALL2,
    SPARE,
    STEP,
    STEP_OLD,
    TAKE,
    TOTAL,
    VALUE_ADDED,
    WIDE_THETA,
    WORK1,
    WORLD,
    WORST,
    Z_NEW,
    Z_OLD,
    Caps,
    Single,
    Tables,
    Tile,
    Z,
    load_caps,
    load_policies,
    make_caps,
    make_tile,
)

from numba import njit  # isort: skip  (after lanes, which chooses the cache directory)

CONVERGED, NOT_CONVERGED, NO_EQUILIBRIUM = 0, 1, 2
LARGEST_WAGE_STEP = np.float32(0.5)  # in logs
SMALLEST_SPENDING = 0.2  # of the spending before the step: positive, but free to fall on
FORGET = 100.0  # a residual this much above the best one so far clears Anderson's memory
Rows = npt.NDArray[np.int64]


@njit(nogil=True, error_model="numpy")
def _price_step(tables: Tables, chord: Chord, tile: Tile, capped: bool) -> None:
    """Z_NEW's ln P = Z's + prices^-1 gap; a cap makes its market's implied price follow the price itself."""
    regions, sectors = tables.value_added_share.shape
    first, size = regions * LANES, regions * sectors
    gap, work = tile.flat[PRICE_GAP], tile.flat[WORK1]
    if capped:
        bound, total, theta = tile.flat[BOUND], tile.flat[TOTAL], tables.wide[WIDE_THETA]
        for q in range(gap.size):
            gap[q] /= 1.0 - bound[q] / total[q] * theta[q] / (1.0 + theta[q])
    _to_single(tile.market[PRICE_GAP], tile.gaps, 0)
    multiply(chord.prices, tile.gaps[:size], tile.response[:size])
    _from_single(tile.response[:size], tile.market[WORK1])
    old, new = tile.vector[Z, first:], tile.vector[Z_NEW, first:]
    for q in range(work.size):
        new[q] = old[q] + work[q]


@njit(nogil=True, error_model="numpy")
def _to_single(source: Array, target: Single, first: int) -> None:
    for n in range(source.shape[0]):
        for j in range(source.shape[1]):
            for lane in range(LANES):
                target[first + n * source.shape[1] + j, lane] = source[n, j, lane]


@njit(nogil=True, error_model="numpy")
def _from_single(source: Single, target: Array) -> None:
    for n in range(target.shape[0]):
        for j in range(target.shape[1]):
            for lane in range(LANES):
                target[n, j, lane] = source[n * target.shape[1] + j, lane]


@njit(nogil=True, error_model="numpy")
def _other_steps(tables: Tables, chord: Chord, tile: Tile) -> None:
    """Spending, wages, and what wages do to prices and spending, from Z to Z_NEW."""
    regions, sectors = tables.value_added_share.shape
    size = regions * sectors
    last = regions + size
    z, new, gaps_in, response = tile.unknown[Z], tile.unknown[Z_NEW], tile.gaps, tile.response
    _to_single(tile.market[DEMAND_GAP], gaps_in, 0)
    multiply(chord.spending, gaps_in[:size], response[size:])
    for v in range(size):
        for lane in range(LANES):
            gaps_in[regions + v, lane] = response[size + v, lane]
            new[last + v, lane] = z[last + v, lane] + response[size + v, lane]
    for n in range(regions):
        for lane in range(LANES):
            gaps_in[n, lane] = tile.region[LABOUR_GAP, n, lane]
    multiply(chord.wages, gaps_in, response[:regions])
    for n in range(regions):
        for lane in range(LANES):
            step = min(max(response[n, lane], -LARGEST_WAGE_STEP), LARGEST_WAGE_STEP)
            gaps_in[n, lane] = step
            new[n, lane] = z[n, lane] + step
    multiply(chord.response, gaps_in[:regions], response)
    for v in range(2 * size):
        for lane in range(LANES):
            new[regions + v, lane] += response[v, lane]
    for v in range(last, last + size):
        for lane in range(LANES):
            new[v, lane] = max(new[v, lane], SMALLEST_SPENDING * z[v, lane])
    _fix_numeraire(tables, tile)


@njit(nogil=True, error_model="numpy")
def _fix_numeraire(tables: Tables, tile: Tile) -> None:
    """Shift ln w so that world value added is what it was in the base year."""
    regions = tables.value_added.size
    world, shift = tile.lane[WORLD, 0], tile.lane[SHIFT, 0]
    total = 0.0
    for lane in range(LANES):
        world[lane] = 0.0
    for n in range(regions):
        total += tables.value_added[n]
        exp_lanes(tile.unknown[Z_NEW, n], tile.region[SMALL1, n], tile.region[SMALL2, n])
        for lane in range(LANES):
            world[lane] += tile.region[SMALL1, n, lane] * tables.value_added[n]
    for lane in range(LANES):
        world[lane] /= total
    log_lanes(world, shift, tile.lane[SPARE, 0])
    for n in range(regions):
        for lane in range(LANES):
            tile.unknown[Z_NEW, n, lane] -= shift[lane]


@njit(nogil=True, error_model="numpy")
def _accelerate(tile: Tile, iteration: int) -> None:
    """Z <- Z_NEW minus the combination of past moves that best explains the step Z_NEW - Z."""
    z, step, new = tile.vector[Z], tile.vector[STEP], tile.vector[Z_NEW]
    z_old, step_old = tile.vector[Z_OLD], tile.vector[STEP_OLD]
    columns = min(iteration, MEMORY)
    for q in range(z.size):
        step[q] = new[q] - z[q]
    if iteration > 0:
        slot = (iteration - 1) % MEMORY
        change, move = tile.vector[CHANGES + slot], tile.vector[MOVES + slot]
        for q in range(z.size):
            change[q] = step[q] - step_old[q]
            move[q] = z[q] - z_old[q]
        for a in range(columns):
            sum_products(tile.unknown[CHANGES + slot], tile.unknown[CHANGES + a], tile.gram[slot, a])
            sum_products(tile.unknown[CHANGES + a], tile.unknown[STEP], tile.combination[a])
            for lane in range(LANES):
                tile.gram[a, slot, 0, lane] = tile.gram[slot, a, 0, lane]
    for q in range(z.size):
        z_old[q] = z[q]
        step_old[q] = step[q]
        z[q] = new[q]
    _combine(tile, columns)
    for a in range(columns):
        add_scaled(tile.unknown[CHANGES + a], tile.combination[a], tile.unknown[Z])
        add_scaled(tile.unknown[MOVES + a], tile.combination[a], tile.unknown[Z])


@njit(nogil=True, error_model="numpy")
def _combine(tile: Tile, columns: int) -> None:
    """Minus the least-squares weights of the past steps, lane by lane (a hair of ridge, Gauss)."""
    matrix, right = np.empty((MEMORY, MEMORY)), np.empty(MEMORY)
    for lane in range(LANES):
        for a in range(columns):
            for b in range(columns):
                matrix[a, b] = tile.gram[a, b, 0, lane]
            matrix[a, a] += 1e-10 * matrix[a, a] + 1e-300
            right[a] = tile.combination[a, 0, lane]
        for a in range(columns):
            for b in range(a + 1, columns):
                factor = matrix[b, a] / matrix[a, a]
                for c in range(a, columns):
                    matrix[b, c] -= factor * matrix[a, c]
                right[b] -= factor * right[a]
        for a in range(columns - 1, -1, -1):
            for b in range(a + 1, columns):
                right[a] -= matrix[a, b] * right[b]
            right[a] /= matrix[a, a]
            tile.combination[a, 0, lane] = -right[a]


@njit(nogil=True, error_model="numpy")
def _keep_sane(tables: Tables, tile: Tile) -> None:
    """Spending stays positive; a lane that got much worse forgets its past steps."""
    regions, sectors = tables.value_added_share.shape
    first = (regions + regions * sectors) * LANES
    x, old = tile.vector[Z, first:], tile.vector[Z_OLD, first:]
    for q in range(x.size):
        x[q] = max(x[q], SMALLEST_SPENDING * old[q])
    for lane in range(LANES):
        worst, best = tile.lane[WORST, 0, lane], tile.lane[BEST, 0, lane]
        if worst <= FORGET * best:
            tile.lane[BEST, 0, lane] = min(best, worst)
            continue
        tile.lane[BEST, 0, lane] = math.inf
        for a in range(MEMORY):
            for v in range(tile.unknown.shape[1]):
                tile.unknown[CHANGES + a, v, lane] = 0.0
                tile.unknown[MOVES + a, v, lane] = 0.0
            for b in range(MEMORY):
                tile.gram[a, b, 0, lane] = 0.0


@njit(nogil=True, error_model="numpy")
def _write(tables: Tables, tile: Tile, lane: int, row: int, solution: Solution) -> None:
    """Copy one world out of its lane: wages and spending of Z, the prices they were checked with."""
    regions, sectors = tables.value_added_share.shape
    first = regions + regions * sectors
    for n in range(regions):
        solution.log_wages[row, n] = tile.unknown[Z, n, lane]
        solution.value_added[row, n] = tile.region[VALUE_ADDED, n, lane]
        solution.income[row, n] = tile.region[INCOME, n, lane]
        solution.importer_take[row, n] = tile.region[TAKE, n, lane]
        for j in range(sectors):
            cell = n * sectors + j
            solution.log_prices[row, n, j] = tile.unknown[Z_NEW, regions + cell, lane]
            solution.spending[row, n, j] = tables.spending[n, j] * tile.unknown[Z, first + cell, lane]
            solution.output[row, n, j] = tile.market[OUTPUT, n, j, lane]


def _entry(fingerprint: int) -> Callable[..., None]:
    """The one function that is cached on disk; the fingerprint of all its sources is part of its key.

    Numba itself looks at one file only and would go on using old code of the others.
    """

    @njit(nogil=True, cache=CACHE, error_model="numpy")
    def solve_tile(
        tables: Tables,
        policies: Policies,
        chord: Chord,
        start: Array,
        rows: Rows,
        tolerance: float,
        max_iterations: int,
        tile: Tile,
        caps: Caps,
        solution: Solution,
    ) -> None:
        """Solve the worlds rows[lane]; lanes of a negative row are company for others and not reported."""
        left = fingerprint * 0
        for lane in range(LANES):
            left += 1 if rows[lane] >= 0 else 0
        load_policies(tables, policies, rows, tile)
        count = load_caps(tables, policies, rows, tile, caps)
        for lane in range(LANES):
            tile.lane[BEST, 0, lane] = math.inf
            for v in range(start.size):
                tile.unknown[Z, v, lane] = start[v]
        for iteration in range(max_iterations):
            prices(tables, policies.rent, tile, caps, count, Z, Z)
            _price_step(tables, chord, tile, count > 0)
            prices(tables, policies.rent, tile, caps, count, Z, Z_NEW)
            sales(tables, tile)
            incomes(tables, tile)
            gaps(tables, tile)
            for lane in range(LANES):
                row, last = rows[lane], iteration + 1 == max_iterations
                if row < 0 or solution.status[row] == CONVERGED:
                    continue
                solution.iterations[row] += 1
                if tile.lane[WORST, 0, lane] > tolerance and not last:
                    continue
                sound = is_sound(tables, tile, lane)
                solution.residual[row] = tile.lane[WORST, 0, lane] if sound else math.inf
                if solution.residual[row] <= tolerance:
                    solution.status[row] = CONVERGED
                    left -= 1
                if solution.status[row] == CONVERGED or last:
                    _write(tables, tile, lane, row, solution)
            if left == 0:
                return
            _other_steps(tables, chord, tile)
            _accelerate(tile, iteration)
            _keep_sane(tables, tile)

    return solve_tile


def _fingerprint() -> int:
    digest = hashlib.sha256()
    for name in ("chord", "equations", "kernel", "lanes", "primitives", "tile"):
        digest.update((Path(__file__).parent / f"{name}.py").read_bytes())
    return int.from_bytes(digest.digest()[:7], "big")


_solve_tile = _entry(_fingerprint())


def solve_rows(
    tables: Tables,
    chord: Chord,
    policies: Policies,
    start: Array,
    tolerance: float,
    max_iterations: int,
    threads: int,
    solution: Solution,
) -> None:
    """Solve every world whose status is not settled; threads take whole tiles and change no bit."""
    regions, sectors = tables.value_added_share.shape
    capped = policies.cap.shape[1] > 1
    taxed = policies.export_tax.shape[1] > 1 or (capped and policies.rent == 0)
    rows = _tiles(solution)
    parts = max(1, min(threads, len(rows)))

    def work(part: int) -> None:
        tile, caps = make_tile(regions, sectors, taxed=taxed), make_caps(regions, sectors, capped=capped)
        for k in range(part, len(rows), parts):
            _solve_tile(tables, policies, chord, start, rows[k], tolerance, max_iterations, tile, caps, solution)

    if parts == 1:
        work(0)
        return
    with ThreadPoolExecutor(parts) as pool:
        list(pool.map(work, range(parts)))


def _tiles(solution: Solution) -> Rows:
    """(tiles, LANES) worlds that are to be solved; lanes left over hold -1 minus a world to keep company."""
    worlds = np.flatnonzero(solution.status == NOT_CONVERGED)
    padded = np.full(-(-len(worlds) // LANES) * LANES, -1 - worlds[-1] if len(worlds) else 0)
    padded[: len(worlds)] = worlds
    return padded.reshape(-1, LANES)


def base_start(regions: int, sectors: int) -> Array:
    """ln w = 0, ln P = 0, X / X0 = 1: where every solve begins."""
    size = regions * sectors
    return np.concatenate([np.zeros(regions + size), np.ones(size)])
