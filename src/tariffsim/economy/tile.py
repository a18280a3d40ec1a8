"""Sixteen worlds side by side: the arrays a solve works in, and how policies get into them.

Axes: market (n, j) is importer n's market for good j; source i sells into it. Arrays of cells are
[n, j, i, lane], so that everything about one market is contiguous. Importers whose policy is the base
year's in all sixteen worlds are not `wide`: their cells stand in the economy's tables, once.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tariffsim.economy.lanes import LANES, exp_lanes, log_lanes
from tariffsim.economy.primitives import Array, Policies
from tariffsim.economy.tables import Tables

from numba import njit  # isort: skip  (after lanes, which chooses the cache directory)

MEMORY = 3  # past steps in Anderson's method
Single = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

# Rows of Tile.market, each (N, S, LANES)
(
    LOG_A,  # ln A
    COST,  # ln c
    WEIGHT,  # c^-theta
    TOTAL,  # sum of spend * weight over sources
    HOME,  # what of it stays with the importer: its duties, and rents if importers get them
    PER_TOTAL,  # X' / total
    PRICE_GAP,  # implied ln P - ln P
    DEMAND_GAP,  # implied X / X0 - X / X0
    OUTPUT,  # Y'
    REST,  # b0, share of cost that is no critical input
    REST_OUTPUT,  # b0 Y'
    EXPORTS,  # exporters' takes
    BOUND,  # share of capped sources in a market
    WORK1,
    WORK2,
    WORK3,
) = range(16)
# Rows of Tile.region, each (N, LANES)
VALUE_ADDED, TAKE, RECEIVED, INCOME, LABOUR_GAP, SMALL1 = range(6)
# Rows of Tile.unknown, each (V, LANES): ln w, ln P, X / X0, ln p
Z, Z_NEW, NEW_OLD, STEP, STEP_OLD = range(5)
# Rows of Tile.past, each (V, LANES): MEMORY changes of the step, MEMORY changes of where it led
CHANGES, MOVES = 0, MEMORY
# Rows of Tile.lane, each (1, LANES)
WORST, BEST, WORLD, EXCESS, SHIFT, SPARE = range(6)
# Rows of Tile.cell, each (N, S, N, LANES)
SPEND, FLOW, TAX = range(3)
# Rows of Tile.entry, each (E, LANES)
RATIO, MIX, LOG_MIX = range(3)
# Rows of Tile.pair, each (N, Z, LANES)
BILL, SLOPE, GAP = range(3)
# Rows of Caps.number, each (C, LANES)
LOG_FREE, FREE_SPEND, FREE_FLOW, EXPORT_TAX, LOG_SHRINK, LOG_WEDGE, SHRINK, WEDGE = range(8)


class Tile(NamedTuple):
    """Working arrays of 16 worlds, few and large because every array costs compile time."""

    wide: npt.NDArray[np.int64]  # (N,) 1 where some world's policy moves the importer's cells
    cell: Array  # (2 or 3, N, S, N, LANES) SPEND pi0 kh^-theta (1+mu)^-theta, and its parts FLOW and TAX
    market: Array  # (16, N, S, LANES)
    flat: Array  # (16, N S LANES), the same memory
    region: Array  # (6, N, LANES)
    unknown: Array  # (5, V, LANES)
    vector: Array  # (5, V LANES), the same memory
    past: Single  # (2 MEMORY, V, LANES)
    flat_past: Single  # (2 MEMORY, V LANES), the same memory
    gram: Array  # (MEMORY, MEMORY, 1, LANES)
    combination: Array  # (MEMORY, 1, LANES)
    lane: Array  # (6, 1, LANES)
    inputs: Array  # (S+1, LANES)
    gaps: Single  # (N + N S, LANES) what the blocks multiply
    response: Single  # (2 N S, LANES) what comes out
    entry: Array  # (3, E, LANES)
    pair: Array  # (3, N, Z, LANES)
    work: Array  # (4, LANES)


class Caps(NamedTuple):
    """Cells under a quantity cap in some lane, and what they are without the ration wedge."""

    cells: npt.NDArray[np.int64]  # (C, 3) n, i, j
    number: Array  # (8, C, LANES)


class Shortages(NamedTuple):
    """Regions under licence for a critical input in some lane."""

    pairs: npt.NDArray[np.int64]  # (C, 2) n, z
    log_available: Array  # (C, LANES)
    receivers: Array  # (C, N, LANES) who gets the rent


def unknowns_of(tables: Tables) -> int:
    """V: wages, prices, spending and scarcity prices."""
    n, s = tables.value_added_share.shape
    return int(n + 2 * n * s + tables.nodes.normal.size)


def make_tile(tables: Tables, *, taxed: bool) -> Tile:
    """Working arrays for one economy; `taxed` if exporters may take something."""
    (n, s), v = tables.value_added_share.shape, unknowns_of(tables)
    market, unknown = np.zeros((16, n, s, LANES)), np.zeros((5, v, LANES))
    past = np.zeros((2 * MEMORY, v, LANES), np.float32)
    return Tile(
        np.zeros(n, np.int64),
        np.zeros((3 if taxed else 2, n, s, n, LANES)),
        market,
        market.reshape(16, -1),
        np.zeros((6, n, LANES)),
        unknown,
        unknown.reshape(5, -1),
        past,
        past.reshape(2 * MEMORY, -1),
        np.zeros((MEMORY, MEMORY, 1, LANES)),
        np.zeros((MEMORY, 1, LANES)),
        np.zeros((6, 1, LANES)),
        np.zeros((s + 1, LANES)),
        np.zeros((n + n * s, LANES), np.float32),
        np.zeros((2 * n * s, LANES), np.float32),
        np.zeros((3, len(tables.nodes.entries), LANES)),
        np.zeros((3, *tables.nodes.normal.shape, LANES)),
        np.zeros((4, LANES)),
    )


def make_caps(n: int, s: int, *, capped: bool) -> Caps:
    """Room for every cell if there are caps, for none otherwise."""
    c = n * n * s if capped else 1
    return Caps(np.zeros((c, 3), np.int64), np.zeros((8, c, LANES)))


def make_shortages(tables: Tables, *, short: bool) -> Shortages:
    """Room for every region and input if anything is under licence, for none otherwise."""
    n = len(tables.value_added)
    c = tables.nodes.normal.size if short else 0
    return Shortages(np.zeros((c, 2), np.int64), np.zeros((c, LANES)), np.zeros((c, n, LANES)))


@njit(nogil=True, error_model="numpy")
def of_world(array: Array, row: int) -> Array:
    """Row of a batch, or the only row there is; -1 - row stands for a row that only keeps company."""
    world: Array = array[0 if array.shape[0] == 1 else row if row >= 0 else -1 - row]
    return world


@njit(nogil=True, error_model="numpy")
def load_policies(tables: Tables, policies: Policies, rows: Rows, tile: Tile) -> None:
    """Fill spend, flow and tax of the importers whose policy moves, and log_a."""
    regions, sectors = tables.value_added_share.shape
    for n in range(regions):
        tile.wide[n] = 0
        for i in range(regions):
            if tile.wide[n] == 0 and _pair_changed(tables, policies, rows, n, i):
                tile.wide[n] = 1
        if tile.wide[n] == 1:
            fill_importer(tables, policies, rows, tile, n)
    for i in range(regions):
        for j in range(sectors):
            for lane in range(LANES):
                log_a = of_world(policies.log_productivity, rows[lane])
                tile.market[LOG_A, i, j, lane] = log_a[min(i, log_a.shape[0] - 1), min(j, log_a.shape[1] - 1)]


@njit(nogil=True, error_model="numpy")
def _pair_changed(tables: Tables, policies: Policies, rows: Rows, n: int, i: int) -> bool:
    """Does any world's tariff, export tax or trade cost differ from the base year's?"""
    for lane in range(LANES):
        t, base, changed = of_world(policies.tariffs, rows[lane])[n, i], tables.tariffs[n, i], 0
        for j in range(base.size):
            changed += t[j] != base[j]
        if policies.export_tax.shape[1] > 1:
            x = of_world(policies.export_tax, rows[lane])[n, i]
            for j in range(base.size):
                changed += x[j] != 0.0
        if policies.iceberg.shape[1] > 1:
            d = of_world(policies.iceberg, rows[lane])[n, i]
            for j in range(base.size):
                changed += d[j] != 1.0
        if changed > 0:
            return True
    return False


@njit(nogil=True, error_model="numpy")
def fill_importer(tables: Tables, policies: Policies, rows: Rows, tile: Tile, n: int) -> None:
    """Cells of one importer; powers are taken only for pairs where something changed."""
    regions, sectors = tables.value_added_share.shape
    for i in range(regions):
        if _pair_changed(tables, policies, rows, n, i):
            _fill_changed_pair(tables, policies, rows, tile, n, i)
            continue
        for j in range(sectors):
            for lane in range(LANES):
                tile.cell[SPEND, n, j, i, lane] = tables.share_by_good[j, n, i]
                tile.cell[FLOW, n, j, i, lane] = tables.flow_by_good[j, n, i]
                if tile.cell.shape[0] > TAX:
                    tile.cell[TAX, n, j, i, lane] = 0.0


@njit(nogil=True, error_model="numpy")
def _fill_changed_pair(tables: Tables, policies: Policies, rows: Rows, tile: Tile, n: int, i: int) -> None:
    """spend = pi0 kh^-theta with kh = d (1+x')(1+t')/(1+t0); an embargo (d infinite) gives exactly 0."""
    sectors = tables.theta.size
    taxed, iceberg = policies.export_tax.shape[1] > 1, policies.iceberg.shape[1] > 1
    hat, log_hat, power = tile.market[WORK1, 0], tile.market[WORK2, 0], tile.market[WORK3, 0]
    for lane in range(LANES):
        t = of_world(policies.tariffs, rows[lane])[n, i]
        for j in range(sectors):
            hat[j, lane] = (1.0 + t[j]) / (1.0 + tables.tariffs[n, i, j])
            if taxed:
                hat[j, lane] *= 1.0 + of_world(policies.export_tax, rows[lane])[n, i, j]
            if iceberg:
                hat[j, lane] *= of_world(policies.iceberg, rows[lane])[n, i, j]
    log_lanes(hat, log_hat)
    for j in range(sectors):
        for lane in range(LANES):
            log_hat[j, lane] *= -tables.theta[j]
    exp_lanes(log_hat, power)
    for lane in range(LANES):
        t = of_world(policies.tariffs, rows[lane])[n, i]
        for j in range(sectors):
            spend = tables.share[n, i, j] * power[j, lane]
            if hat[j, lane] == math.inf:
                spend = 0.0
            x = of_world(policies.export_tax, rows[lane])[n, i, j] if taxed else 0.0
            flow = spend / ((1.0 + t[j]) * (1.0 + x))
            tile.cell[SPEND, n, j, i, lane] = spend
            tile.cell[FLOW, n, j, i, lane] = flow
            if tile.cell.shape[0] > TAX:
                tile.cell[TAX, n, j, i, lane] = x * flow


@njit(nogil=True, error_model="numpy")
def load_caps(tables: Tables, policies: Policies, rows: Rows, tile: Tile, caps: Caps) -> int:
    """List the capped cells, close those with a cap of 0; returns how many are listed."""
    regions, sectors = tables.value_added_share.shape
    count = 0
    if policies.cap.shape[1] == 1:
        return count
    for n in range(regions):
        for i in range(regions):
            for j in range(sectors):
                low, high = math.inf, 0.0
                for lane in range(LANES):
                    cap = of_world(policies.cap, rows[lane])[n, i, j]
                    low = min(low, cap)
                    high = max(high, cap if cap < math.inf else 0.0)
                if low == math.inf or tables.share[n, i, j] == 0.0:
                    continue
                if tile.wide[n] == 0:
                    tile.wide[n] = 1
                    fill_importer(tables, policies, rows, tile, n)
                if low == 0.0:
                    _close(policies, rows, tile, n, i, j)
                if high > 0.0:
                    caps.cells[count, 0], caps.cells[count, 1], caps.cells[count, 2] = n, i, j
                    _load_cap(tables, policies, rows, tile, caps, count)
                    count += 1
    return count


@njit(nogil=True, error_model="numpy")
def _close(policies: Policies, rows: Rows, tile: Tile, n: int, i: int, j: int) -> None:
    for lane in range(LANES):
        if of_world(policies.cap, rows[lane])[n, i, j] == 0.0:
            for part in range(tile.cell.shape[0]):
                tile.cell[part, n, j, i, lane] = 0.0


@njit(nogil=True, error_model="numpy")
def _load_cap(tables: Tables, policies: Policies, rows: Rows, tile: Tile, caps: Caps, c: int) -> None:
    n, i, j = caps.cells[c, 0], caps.cells[c, 1], caps.cells[c, 2]
    taxed = policies.export_tax.shape[1] > 1
    for lane in range(LANES):
        cap = of_world(policies.cap, rows[lane])[n, i, j]
        flow = tile.cell[FLOW, n, j, i, lane]
        caps.number[FREE_SPEND, c, lane] = tile.cell[SPEND, n, j, i, lane]
        caps.number[FREE_FLOW, c, lane] = flow
        tax = of_world(policies.export_tax, rows[lane])[n, i, j] if taxed else 0.0
        caps.number[EXPORT_TAX, c, lane] = tax
        caps.number[LOG_FREE, c, lane] = -math.inf
        if flow > 0.0 and cap > 0.0:
            free = flow * tables.spending[n, j] / tables.flows[n, i, j]
            caps.number[LOG_FREE, c, lane] = math.log(free / cap)


@njit(nogil=True, error_model="numpy")
def load_shortages(tables: Tables, policies: Policies, rows: Rows, shortages: Shortages) -> int:
    """List the pairs of region and critical input under licence in some lane; returns how many."""
    regions, inputs = tables.nodes.normal.shape
    count = 0
    if shortages.pairs.shape[0] == 0:
        return count
    for n in range(regions):
        for z in range(inputs):
            least = math.inf
            for lane in range(LANES):
                amount = of_world(policies.available, rows[lane])[n, z]
                least = min(least, amount)
                shortages.log_available[count, lane] = math.log(amount)
            if least == math.inf or tables.nodes.normal[n, z] == 0.0:
                continue
            shortages.pairs[count, 0], shortages.pairs[count, 1] = n, z
            for lane in range(LANES):
                receivers = of_world(policies.receivers, rows[lane])[z, n]
                for i in range(regions):
                    shortages.receivers[count, i, lane] = receivers[i]
            count += 1
    return count
