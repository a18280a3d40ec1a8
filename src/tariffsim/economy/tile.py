"""Sixteen worlds side by side: the arrays a solve works in, and how policies get into them.

Axes: market (n, j) is importer n's market for good j; source i sells into it. Arrays of cells are
[n, j, i, lane], so that everything about one market is contiguous.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tariffsim.economy.lanes import LANES, exp_lanes, log_lanes
from tariffsim.economy.primitives import Array, Policies, Primitives

from numba import njit  # isort: skip  (after lanes, which chooses the cache directory)

MEMORY = 3  # past steps in Anderson's method
Single = npt.NDArray[np.float32]


class Tables(NamedTuple):
    """One economy as the kernel reads it."""

    theta: Array  # (S,)
    tariffs: Array  # (N, N, S)
    share: Array  # (N, N, S)
    flows: Array  # (N, N, S)
    value_added_share: Array  # (N, S)
    cost: Array  # (N, S, S+1) weights of ln P_i1..ln P_iS and ln w_i in the ln cost of (i, j)
    io: Array  # (N, S, S) G[n, k, j]
    final_share: Array  # (N, S)
    value_added: Array  # (N,)
    deficits: Array  # (N,)
    spending: Array  # (N, S) X0
    gdp: float  # world value added and duties
    closure: int
    wide: Array  # (4, N S LANES) theta, X0, 1/X0 (0 where there is no market), 1 (0 there)


# Rows of Tables.wide, each a number per market repeated for every lane
WIDE_THETA, WIDE_SPENDING, WIDE_UNIT, WIDE_LIVE = range(4)
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
    EXPORTS,  # exporters' takes
    BOUND,  # share of capped sources in a market
    WORK1,
    WORK2,
    WORK3,
) = range(14)
# Rows of Tile.region, each (N, LANES)
VALUE_ADDED, TAKE, TAXES, INCOME, LABOUR_GAP, SMALL1, SMALL2 = range(7)
# Rows of Tile.unknown, each (V, LANES): ln w, ln P, X / X0
Z, Z_NEW, Z_OLD, STEP, STEP_OLD, CHANGES, MOVES = 0, 1, 2, 3, 4, 5, 5 + MEMORY
# Rows of Tile.lane, each (1, LANES)
WORST, BEST, WORLD, EXCESS, SHIFT, SPARE = range(6)
# Rows of Tile.cell, each (N, S, N, LANES)
SPEND, FLOW, TAX = range(3)
# Rows of Caps.number, each (C, LANES)
LOG_FREE, FREE_SPEND, FREE_FLOW, EXPORT_TAX, LOG_SHRINK, LOG_WEDGE, SHRINK, WEDGE, CAP_WORK = range(9)


class Tile(NamedTuple):
    """Working arrays of 16 worlds, few and large because every array costs compile time."""

    cell: Array  # (2 or 3, N, S, N, LANES) SPEND pi0 kh^-theta (1+mu)^-theta, and its parts FLOW and TAX
    market: Array  # (14, N, S, LANES)
    flat: Array  # (14, N S LANES), the same memory
    region: Array  # (7, N, LANES)
    unknown: Array  # (5 + 2 MEMORY, V, LANES)
    vector: Array  # (5 + 2 MEMORY, V LANES), the same memory
    gram: Array  # (MEMORY, MEMORY, 1, LANES)
    combination: Array  # (MEMORY, 1, LANES)
    lane: Array  # (6, 1, LANES)
    inputs: Array  # (S+1, LANES)
    gaps: Single  # (N + N S, LANES) what the blocks multiply
    response: Single  # (2 N S, LANES) what comes out


class Caps(NamedTuple):
    """Cells under a quantity cap in some lane, and what they are without the ration wedge."""

    cells: npt.NDArray[np.int64]  # (C, 3) n, i, j
    number: Array  # (9, C, LANES)


def make_tables(base: Primitives) -> Tables:
    """Tables of one economy. Copies, because read-only arrays would be another type to compile for."""
    n, s = base.value_added_share.shape
    cost = np.concatenate([base.io.transpose(0, 2, 1), base.value_added_share[:, :, None]], axis=2)
    unit = np.divide(1.0, base.spending, out=np.zeros((n, s)), where=base.spending > 0.0)

    live = np.where(base.spending > 0.0, 1.0, 0.0)
    theta = np.broadcast_to(base.theta, (n, s))
    wide = np.stack([theta, base.spending, unit, live]).reshape(4, n * s)
    return Tables(
        theta=np.array(base.theta),
        tariffs=np.array(base.tariffs),
        share=np.array(base.share),
        flows=np.array(base.flows),
        value_added_share=np.array(base.value_added_share),
        cost=np.ascontiguousarray(cost),
        io=np.array(base.io),
        final_share=np.array(base.final_share),
        value_added=np.array(base.value_added),
        deficits=np.array(base.deficits),
        spending=np.array(base.spending),
        gdp=float(base.value_added.sum()) + base.revenue,
        closure=base.closure,
        wide=np.ascontiguousarray(np.repeat(wide, LANES, axis=1)),
    )


def make_tile(n: int, s: int, *, taxed: bool) -> Tile:
    """Working arrays for N regions and S sectors; `taxed` if exporters may take something."""
    v, unknowns = n + 2 * n * s, 5 + 2 * MEMORY
    market = np.zeros((14, n, s, LANES))
    unknown = np.zeros((unknowns, v, LANES))
    return Tile(
        np.zeros((3 if taxed else 2, n, s, n, LANES)),
        market,
        market.reshape(14, -1),
        np.zeros((7, n, LANES)),
        unknown,
        unknown.reshape(unknowns, -1),
        np.zeros((MEMORY, MEMORY, 1, LANES)),
        np.zeros((MEMORY, 1, LANES)),
        np.zeros((6, 1, LANES)),
        np.zeros((s + 1, LANES)),
        np.zeros((n + n * s, LANES), np.float32),
        np.zeros((2 * n * s, LANES), np.float32),
    )


def make_caps(n: int, s: int, *, capped: bool) -> Caps:
    """Room for every cell if there are caps, for none otherwise."""
    c = n * n * s if capped else 1
    return Caps(np.zeros((c, 3), np.int64), np.zeros((9, c, LANES)))


@njit(nogil=True, error_model="numpy")
def of_world(array: Array, row: int) -> Array:
    """Row of a batch, or the only row there is; -1 - row stands for a row that only keeps company."""
    world: Array = array[0 if array.shape[0] == 1 else row if row >= 0 else -1 - row]
    return world


@njit(nogil=True, error_model="numpy")
def load_policies(tables: Tables, policies: Policies, rows: npt.NDArray[np.int64], tile: Tile) -> None:
    """Fill spend, flow, tax and log_a; powers are taken only for pairs where something changed."""
    regions, sectors = tables.value_added_share.shape
    always = policies.export_tax.shape[1] > 1 or policies.iceberg.shape[1] > 1
    for n in range(regions):
        for i in range(regions):
            if always or _pair_changed(tables, policies, rows, n, i):
                _load_changed_pair(tables, policies, rows, tile, n, i)
                continue
            for j in range(sectors):
                share = tables.share[n, i, j]
                flow = share / (1.0 + tables.tariffs[n, i, j])
                for lane in range(LANES):
                    tile.cell[SPEND, n, j, i, lane] = share
                    tile.cell[FLOW, n, j, i, lane] = flow
    if tile.cell.shape[0] > TAX and policies.export_tax.shape[1] == 1:
        tile.cell[TAX] = 0.0
    for lane in range(LANES):
        log_a = of_world(policies.log_productivity, rows[lane])
        for i in range(regions):
            for j in range(sectors):
                tile.market[LOG_A, i, j, lane] = log_a[min(i, log_a.shape[0] - 1), min(j, log_a.shape[1] - 1)]


@njit(nogil=True, error_model="numpy")
def _pair_changed(tables: Tables, policies: Policies, rows: npt.NDArray[np.int64], n: int, i: int) -> bool:
    sectors = tables.theta.size
    for lane in range(LANES):
        t = of_world(policies.tariffs, rows[lane])[n, i]
        for j in range(sectors):
            if t[j] != tables.tariffs[n, i, j]:
                return True
    return False


@njit(nogil=True, error_model="numpy")
def _load_changed_pair(
    tables: Tables, policies: Policies, rows: npt.NDArray[np.int64], tile: Tile, n: int, i: int
) -> None:
    """spend = pi0 kh^-theta with kh = d (1+x')(1+t')/(1+t0); an embargo (d infinite) gives exactly 0."""
    sectors = tables.theta.size
    taxed, iceberg = policies.export_tax.shape[1] > 1, policies.iceberg.shape[1] > 1
    hat, log_hat = tile.market[WORK1, 0], tile.market[WORK2, 0]
    power, work = tile.market[WORK3, 0], tile.market[COST, 0]
    for lane in range(LANES):
        t = of_world(policies.tariffs, rows[lane])[n, i]
        for j in range(sectors):
            hat[j, lane] = (1.0 + t[j]) / (1.0 + tables.tariffs[n, i, j])
            if taxed:
                hat[j, lane] *= 1.0 + of_world(policies.export_tax, rows[lane])[n, i, j]
            if iceberg:
                hat[j, lane] *= of_world(policies.iceberg, rows[lane])[n, i, j]
    log_lanes(hat, log_hat, work)
    for j in range(sectors):
        for lane in range(LANES):
            log_hat[j, lane] *= -tables.theta[j]
    exp_lanes(log_hat, power, work)
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
            if taxed:
                tile.cell[TAX, n, j, i, lane] = x * flow


@njit(nogil=True, error_model="numpy")
def load_caps(tables: Tables, policies: Policies, rows: npt.NDArray[np.int64], tile: Tile, caps: Caps) -> int:
    """List the capped cells, close those with a cap of 0; returns how many are listed."""
    regions, sectors = tables.value_added_share.shape
    count = 0
    if policies.cap.shape[1] == 1:
        return count
    for n in range(regions):
        for i in range(regions):
            for j in range(sectors):
                listed = False
                for lane in range(LANES):
                    cap = of_world(policies.cap, rows[lane])[n, i, j]
                    if cap == 0.0:
                        tile.cell[SPEND, n, j, i, lane] = 0.0
                        tile.cell[FLOW, n, j, i, lane] = 0.0
                        if tile.cell.shape[0] > TAX:
                            tile.cell[TAX, n, j, i, lane] = 0.0
                    elif cap < math.inf and tables.share[n, i, j] > 0.0:
                        listed = True
                if listed:
                    caps.cells[count, 0] = n
                    caps.cells[count, 1] = i
                    caps.cells[count, 2] = j
                    count += 1
    for c in range(count):
        _load_cap(tables, policies, rows, tile, caps, c)
    return count


@njit(nogil=True, error_model="numpy")
def _load_cap(tables: Tables, policies: Policies, rows: npt.NDArray[np.int64], tile: Tile, caps: Caps, c: int) -> None:
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
