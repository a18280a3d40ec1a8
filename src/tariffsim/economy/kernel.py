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
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tariffsim.economy.chord import Block, Chord
from tariffsim.economy.equations import gaps, incomes, is_sound, prices, sales
from tariffsim.economy.lanes import (
    LANES,
    add_rows,
    add_scaled,
    exp_lanes,
    inner,
    keep_above,
    log_lanes,
    multiply,
    record_step,
    sum_products,
    to_single,
)
from tariffsim.economy.node_equations import keep_scarcity, scarcity_row, start_scarcity, step_scarcity
from tariffsim.economy.numba_cache import CACHE
from tariffsim.economy.primitives import Array, Policies, Solution
from tariffsim.economy.tables import WIDE_THETA, Tables, start_grid
from tariffsim.economy.tile import (
    BEST,
    BOUND,
    CHANGES,
    DEMAND_GAP,
    INCOME,
    LABOUR_GAP,
    MEMORY,
    MOVES,
    NEW_OLD,
    OUTPUT,
    PRICE_GAP,
    SHIFT,
    SMALL1,
    STEP,
    TAKE,
    TOTAL,
    VALUE_ADDED,
    WORLD,
    WORST,
    Z_NEW,
    Caps,
    Rows,
    Shortages,
    Single,
    Tile,
    Z,
    load_caps,
    load_policies,
    load_shortages,
    make_caps,
    make_shortages,
    make_tile,
)

from numba import njit  # isort: skip  (after lanes, which chooses the cache directory)

CONVERGED, NOT_CONVERGED, NO_EQUILIBRIUM = 0, 1, 2
SOURCES = ("chord", "equations", "kernel", "lanes", "node_equations", "node_lanes", "primitives", "tables", "tile")
LARGEST_WAGE_STEP = np.float32(0.5)  # in logs
SMALLEST_SPENDING = 0.2  # of the spending before the step: positive, but free to fall on
FORGET = 100.0  # a residual this much above the best one so far clears Anderson's memory


@inner
def _price_step(tables: Tables, chord: Chord, tile: Tile, capped: bool) -> None:
    """Z_NEW's ln P = Z's + prices^-1 gap; a cap makes its market's implied price follow the price itself."""
    regions, sectors = tables.value_added_share.shape
    first, size = regions, regions * sectors
    gap = tile.flat[PRICE_GAP]
    if capped:
        bound, total, theta = tile.flat[BOUND], tile.flat[TOTAL], tables.wide[WIDE_THETA]
        for q in range(gap.size):
            gap[q] /= 1.0 - bound[q] / total[q] * theta[q] / (1.0 + theta[q])
    to_single(tile.by_market[PRICE_GAP], tile.gaps[:size])
    _apply(chord.prices, tile.gaps[:size], tile.response[:size], tile.stack)
    add_rows(tile.unknown[Z, first : first + size], tile.response[:size], tile.unknown[Z_NEW, first : first + size])


@inner
def _apply(block: Block, x: Single, out: Single, stack: Single) -> None:
    """out (NS, LANES) = block @ x."""
    regions, sectors, width = block.near.shape
    stacked = stack[:width]
    multiply(block.far, x, stacked[sectors:])
    for n in range(regions):
        mine = slice(n * sectors, (n + 1) * sectors)
        stacked[:sectors] = x[mine]
        multiply(block.near[n], stacked, out[mine])


@inner
def _other_steps(tables: Tables, chord: Chord, tile: Tile, shortages: Shortages, short: int) -> None:
    """Spending, wages, what wages do to prices and spending, and scarcity prices: from Z to Z_NEW."""
    regions, sectors = tables.value_added_share.shape
    size = regions * sectors
    last = regions + size
    z, new, gaps_in, response = tile.unknown[Z], tile.unknown[Z_NEW], tile.gaps, tile.response
    to_single(tile.by_market[DEMAND_GAP], gaps_in[:size])
    _apply(chord.spending, gaps_in[:size], response[size:], tile.stack)
    gaps_in[regions:] = response[size:]
    to_single(tile.region[LABOUR_GAP], gaps_in[:regions])
    add_rows(z[last : last + size], response[size:], new[last : last + size])
    multiply(chord.wages, gaps_in, response[:regions])
    for n in range(regions):
        for lane in range(LANES):
            step = min(max(response[n, lane], -LARGEST_WAGE_STEP), LARGEST_WAGE_STEP)
            gaps_in[n, lane] = step
            new[n, lane] = z[n, lane] + step
    multiply(chord.response, gaps_in[:regions], response)
    both = slice(regions, regions + 2 * size)
    add_rows(new[both], response, new[both])
    keep_above(new[last : last + size], z[last : last + size], SMALLEST_SPENDING)
    step_scarcity(tables, tile, shortages, short)
    _fix_numeraire(tables, tile)


@inner
def _fix_numeraire(tables: Tables, tile: Tile) -> None:
    """Shift ln w so that world value added is what it was in the base year."""
    regions = tables.value_added.size
    world, shift, wages = tile.lane[WORLD, 0], tile.lane[SHIFT], tile.unknown[Z_NEW, :regions]
    total = 0.0
    for lane in range(LANES):
        world[lane] = 0.0
    exp_lanes(wages, tile.region[SMALL1])
    for n in range(regions):
        total += tables.value_added[n]
        for lane in range(LANES):
            world[lane] += tile.region[SMALL1, n, lane] * tables.value_added[n]
    for lane in range(LANES):
        world[lane] /= total
    log_lanes(tile.lane[WORLD], shift)
    for n in range(regions):
        for lane in range(LANES):
            wages[n, lane] -= shift[0, lane]


@inner
def _accelerate(tables: Tables, tile: Tile, iteration: int) -> None:
    """Z <- Z_NEW minus the combination of past moves that best explains the step Z_NEW - Z."""
    z, new, past = tile.unknown[Z], tile.unknown[Z_NEW], tile.past
    now, columns, slot = STEP + iteration % 2, min(iteration, MEMORY), (iteration + MEMORY - 1) % MEMORY
    step, step_old = tile.unknown[now], tile.unknown[STEP + 1 - iteration % 2]
    record_step(z, new, tile.unknown[NEW_OLD], step, step_old, past[CHANGES + slot], past[MOVES + slot])
    for a in range(columns):
        sum_products(past[CHANGES + slot], past[CHANGES + a], tile.gram[slot, a])
        sum_products(past[CHANGES + a], step, tile.combination[a])
        tile.gram[a, slot] = tile.gram[slot, a]
    _combine(tile, columns)
    for a in range(columns):
        add_scaled(past[MOVES + a], tile.combination[a], new)
    regions, sectors = tables.value_added_share.shape
    first, last = regions * (1 + sectors), regions * (1 + 2 * sectors)
    keep_above(new[first:last], z[first:last], SMALLEST_SPENDING)
    tile.vector[Z, :] = tile.vector[Z_NEW]


@inner
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


@inner
def _forget_detours(tile: Tile) -> None:
    """A lane that got much worse than it has been forgets its past steps."""
    for lane in range(LANES):
        worst, best = tile.lane[WORST, 0, lane], tile.lane[BEST, 0, lane]
        if worst <= FORGET * best:
            tile.lane[BEST, 0, lane] = min(best, worst)
            continue
        tile.lane[BEST, 0, lane] = math.inf
        for a in range(MEMORY):
            tile.past[CHANGES + a, :, lane] = 0.0
            tile.past[MOVES + a, :, lane] = 0.0
            tile.gram[a, :, 0, lane] = 0.0


@inner
def _write(tables: Tables, tile: Tile, lane: int, row: int, solution: Solution) -> None:
    """Copy one world out of its lane: wages, spending and scarcity of Z, the prices they were checked with."""
    regions, sectors = tables.value_added_share.shape
    first = regions + regions * sectors
    for n in range(regions):
        solution.log_wages[row, n] = tile.unknown[Z, n, lane]
        solution.value_added[row, n] = tile.region[VALUE_ADDED, n, lane]
        solution.income[row, n] = tile.region[INCOME, n, lane]
        solution.importer_take[row, n] = tile.region[TAKE, n, lane]
        for z in range(tables.nodes.normal.shape[1]):
            solution.log_scarcity[row, n, z] = tile.unknown[Z, scarcity_row(tables, n, z), lane]
        for j in range(sectors):
            cell = n * sectors + j
            solution.log_prices[row, n, j] = tile.unknown[Z_NEW, regions + cell, lane]
            solution.spending[row, n, j] = tables.spending[n, j] * tile.unknown[Z, first + cell, lane]
            solution.output[row, n, j] = tile.market[OUTPUT, n, j, lane]


@inner
def _solve_tile(
    tables: Tables,
    policies: Policies,
    chord: Chord,
    start: Start,
    rows: Rows,
    tolerance: float,
    max_iterations: int,
    tile: Tile,
    caps: Caps,
    shortages: Shortages,
    solution: Solution,
) -> None:
    """Solve the worlds rows[lane]; lanes of a negative row are company for others and not reported."""
    left = 0
    for lane in range(LANES):
        left += 1 if rows[lane] >= 0 else 0
    load_policies(tables, policies, rows, tile)
    count = load_caps(tables, policies, rows, tile, caps)
    short = load_shortages(tables, policies, rows, shortages)
    tile.lane[BEST, 0, :] = math.inf
    for v in range(start.vector.size):
        tile.unknown[Z, v] = start.vector[v]
    tile.unknown[Z_NEW, start.vector.size - tables.nodes.normal.size :] = 0.0
    if start.from_base:
        start_scarcity(tables, tile, shortages, short, start.grid)
    regions, sectors = tables.value_added_share.shape
    at, log_prices = tile.unknown[Z], slice(regions, regions * (1 + sectors))
    for iteration in range(max_iterations):
        prices(tables, policies.rent, tile, caps, count, at, at[log_prices])
        _price_step(tables, chord, tile, count > 0)
        prices(tables, policies.rent, tile, caps, count, at, tile.unknown[Z_NEW, log_prices])
        sales(tables, tile, shortages, short)
        incomes(tables, tile)
        gaps(tables, tile, shortages, short)
        for lane in range(LANES):
            row, last = rows[lane], iteration + 1 == max_iterations
            if row < 0 or solution.status[row] == CONVERGED:
                continue
            solution.iterations[row] += 1
            if tile.lane[WORST, 0, lane] > tolerance and not last:
                continue
            sound = is_sound(tables, tile, shortages, short, lane)
            solution.residual[row] = tile.lane[WORST, 0, lane] if sound else math.inf
            if solution.residual[row] <= tolerance:
                solution.status[row] = CONVERGED
                left -= 1
            if solution.status[row] == CONVERGED or last:
                _write(tables, tile, lane, row, solution)
        if left == 0:
            return
        _other_steps(tables, chord, tile, shortages, short)
        _accelerate(tables, tile, iteration)
        keep_scarcity(tables, tile, shortages, short)
        _forget_detours(tile)


def _entry(fingerprint: int) -> Any:
    """The one function that is cached on disk; the fingerprint of all its sources is part of its key.

    Numba itself looks at one file only and would go on using old code of the others.
    """

    @njit(nogil=True, cache=CACHE, error_model="numpy")
    def solve_tiles(
        tables: Tables,
        policies: Policies,
        chord: Chord,
        start: Start,
        rows: Rows,
        tolerance: float,
        max_iterations: int,
        tile: Tile,
        caps: Caps,
        shortages: Shortages,
        solution: Solution,
    ) -> None:
        """Solve the worlds rows[k, lane], one tile after the other."""
        for k in range(rows.shape[0] + fingerprint * 0):
            _solve_tile(
                tables, policies, chord, start, rows[k], tolerance, max_iterations, tile, caps, shortages, solution
            )

    return solve_tiles


def _fingerprint() -> int:
    digest = hashlib.sha256()
    for name in SOURCES:
        digest.update((Path(__file__).parent / f"{name}.py").read_bytes())
    return int.from_bytes(digest.digest()[:7], "big")


_solve_tiles = _entry(_fingerprint())
TOGETHER = 16  # tiles of one call: calls are dear, but Ctrl-C is only heard between them


class Start(NamedTuple):
    """Where the worlds of a batch begin."""

    vector: Array  # (V,) ln w, ln P, X / X0, ln p
    grid: Array  # (STARTS,) of ln p in the economy's table of first guesses
    from_base: bool  # scarcity prices begin where that table says


def solve_rows(
    tables: Tables,
    chord: Chord,
    policies: Policies,
    start: Start,
    tolerance: float,
    max_iterations: int,
    threads: int,
    solution: Solution,
) -> None:
    """Solve every world whose status is not settled; threads take whole tiles and change no bit."""
    capped, short = policies.cap.shape[1:] == tables.tariffs.shape, not bool(np.isinf(policies.available).all())
    taxed = policies.export_tax.shape[1:] == tables.tariffs.shape or (capped and policies.rent == 0)
    rows = _tiles(solution, policies)
    parts = max(1, min(threads, len(rows)))

    def work(part: int) -> None:
        tile = make_tile(tables, taxed=taxed)
        caps, shortages = make_caps(*tables.final_share.shape, capped=capped), make_shortages(tables, short=short)
        mine = np.ascontiguousarray(rows[part::parts])
        for k in range(0, len(mine), TOGETHER):
            few = mine[k : k + TOGETHER]
            _solve_tiles(
                tables, policies, chord, start, few, tolerance, max_iterations, tile, caps, shortages, solution
            )

    if parts == 1:
        work(0)
        return
    with ThreadPoolExecutor(parts) as pool:
        list(pool.map(work, range(parts)))


def _tiles(solution: Solution, policies: Policies) -> Rows:
    """(tiles, LANES) worlds that are to be solved, those under rations or licences apart from the others.

    Lanes left over hold -1 minus a world to keep company.
    """
    worlds = np.flatnonzero(solution.status == NOT_CONVERGED)
    kind = np.zeros(policies.worlds, np.int64)
    for limit in (policies.cap, policies.available):
        kind = 2 * kind + (limit < np.inf).any(axis=tuple(range(1, limit.ndim)))
    worlds = worlds[np.argsort(kind[worlds], kind="stable")]
    padded = np.full(-(-len(worlds) // LANES) * LANES, -1 - worlds[-1] if len(worlds) else 0)
    padded[: len(worlds)] = worlds
    return padded.reshape(-1, LANES)


def base_start(tables: Tables) -> Start:
    """ln w = 0, ln P = 0, X / X0 = 1: where every solve begins."""
    regions, sectors = tables.value_added_share.shape
    size = regions * sectors
    vector = np.concatenate([np.zeros(regions + size), np.ones(size), np.zeros(tables.nodes.normal.size)])
    return Start(vector, start_grid(), True)


def start_at(vector: Array) -> Start:
    """From a given place."""
    return Start(vector, start_grid(), False)
