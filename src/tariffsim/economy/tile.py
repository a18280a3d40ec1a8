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

from tariffsim.economy.lanes import LANES, exp_lanes, inner, log_lanes
from tariffsim.economy.primitives import Array, Policies
from tariffsim.economy.tables import Tables

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
WITHIN, BILL_SHARE = range(2)
# Rows of Tile.pair, each (N Z, LANES)
BILL, SPENT, GAP = range(3)
# Rows of Caps.number, each (C, LANES)
LOG_FREE, FREE_SPEND, FREE_FLOW, EXPORT_TAX, LOG_SHRINK, LOG_WEDGE, SHRINK, WEDGE = range(8)


class Tile(NamedTuple):
    """Working arrays of 16 worlds, few and large because every array costs compile time."""

    wide: npt.NDArray[np.int64]  # (N,) 1 where some world's policy moves the importer's cells
    cell: Array  # (2 or 3, N, S, N, LANES) SPEND pi0 kh^-theta (1+mu)^-theta, and its parts FLOW and TAX
    market: Array  # (16, N, S, LANES)
    by_market: Array  # (16, N S, LANES), the same memory
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
    stack: Single  # (S + N S, LANES) of which a block uses S and its rank
    entry: Array  # (2, E, LANES)
    pair: Array  # (3, N Z, LANES)
    work: Array  # (4, LANES)
    slope: Array  # (Z, Z, LANES) of the scarcity prices of one region
    right: Array  # (Z, LANES)


class Caps(NamedTuple):
    """Cells under a quantity cap in some lane, and what they are without the ration wedge."""

    cells: npt.NDArray[np.int64]  # (C, 3) n, i, j
    number: Array  # (8, C, LANES)
    marks: npt.NDArray[np.bool_]  # (N N S,) which cells are


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
    (n, s), z, v = tables.value_added_share.shape, len(tables.nodes.sector), unknowns_of(tables)
    market, unknown = np.zeros((16, n, s, LANES)), np.zeros((5, v, LANES))
    past = np.zeros((2 * MEMORY, v, LANES), np.float32)
    return Tile(
        np.zeros(n, np.int64),
        np.zeros((3 if taxed else 2, n, s, n, LANES)),
        market,
        market.reshape(16, -1, LANES),
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
        np.zeros((s + n * s, LANES), np.float32),
        np.zeros((2, len(tables.nodes.entries), LANES)),
        np.zeros((3, tables.nodes.normal.size, LANES)),
        np.zeros((4, LANES)),
        np.zeros((z, z, LANES)),
        np.zeros((z, LANES)),
    )


def make_caps(n: int, s: int, *, capped: bool) -> Caps:
    """Room for every cell if there are caps, for none otherwise."""
    c = n * n * s if capped else 1
    return Caps(np.zeros((c, 3), np.int64), np.zeros((8, c, LANES)), np.zeros(c, np.bool_))


def make_shortages(tables: Tables, *, short: bool) -> Shortages:
    """Room for every region and input if anything is under licence, for none otherwise."""
    n = len(tables.value_added)
    c = tables.nodes.normal.size if short else 0
    return Shortages(np.zeros((c, 2), np.int64), np.zeros((c, LANES)), np.zeros((c, n, LANES)))


@inner
def of_world(array: Array, row: int) -> Array:
    """Row of a batch, or the only row there is; -1 - row stands for a row that only keeps company."""
    world: Array = array[0 if array.shape[0] == 1 else row if row >= 0 else -1 - row]
    return world


@inner
def load_policies(tables: Tables, policies: Policies, rows: Rows, tile: Tile) -> None:
    """Fill spend, flow and tax of the importers whose policy moves, and log_a."""
    regions, sectors = tables.value_added_share.shape
    for n in range(regions):
        tile.wide[n] = 0
        for lane in range(LANES):
            tile.wide[n] = max(tile.wide[n], _is_changed(tables, policies, rows[lane], n, 0, regions))
        if tile.wide[n] == 1:
            fill_importer(tables, tile, n)
            for i in range(regions):
                if _pair_changed(tables, policies, rows, n, i):
                    _fill_changed_pair(tables, policies, rows, tile, n, i)
    tile.flat[LOG_A, :] = 0.0
    if policies.log_productivity.shape[1:] == tables.value_added_share.shape:
        for lane in range(LANES):
            log_a = of_world(policies.log_productivity, rows[lane])
            for i in range(regions):
                for j in range(sectors):
                    tile.market[LOG_A, i, j, lane] = log_a[i, j]


@inner
def _is_changed(tables: Tables, policies: Policies, row: int, n: int, first: int, last: int) -> int:
    """1 if the tariffs, export taxes or trade costs of n on the exporters first..last differ from the base year's."""
    t, base, changed = of_world(policies.tariffs, row)[n, first:last], tables.tariffs[n, first:last], 0
    left, right = t.reshape(-1), base.reshape(-1)
    for q in range(left.size):
        changed += left[q] != right[q]
    if policies.export_tax.shape[1:] == tables.tariffs.shape:
        for x in of_world(policies.export_tax, row)[n, first:last].flat:
            changed += x != 0.0
    if policies.iceberg.shape[1:] == tables.tariffs.shape:
        for d in of_world(policies.iceberg, row)[n, first:last].flat:
            changed += d != 1.0
    return min(changed, 1)


@inner
def _pair_changed(tables: Tables, policies: Policies, rows: Rows, n: int, i: int) -> bool:
    for lane in range(LANES):  # noqa: SIM110  (Numba knows no generators)
        if _is_changed(tables, policies, rows[lane], n, i, i + 1) == 1:
            return True
    return False


@inner
def fill_importer(tables: Tables, tile: Tile, n: int) -> None:
    """Cells of one importer as in the base year."""
    regions, sectors = tables.value_added_share.shape
    spend, flow = tile.cell[SPEND, n], tile.cell[FLOW, n]
    for j in range(sectors):
        for i in range(regions):
            share, paid = tables.share_by_good[j, n, i], tables.flow_by_good[j, n, i]
            for lane in range(LANES):
                spend[j, i, lane] = share
                flow[j, i, lane] = paid
    if tile.cell.shape[0] > TAX:
        tile.cell[TAX, n] = 0.0


@inner
def _fill_changed_pair(tables: Tables, policies: Policies, rows: Rows, tile: Tile, n: int, i: int) -> None:
    """spend = pi0 kh^-theta with kh = d (1+x')(1+t')/(1+t0); an embargo (d infinite) gives exactly 0."""
    hat, power, paid = tile.market[WORK1, 0], tile.market[WORK2, 0], tile.market[WORK3, 0]
    tax = tile.market[COST, 0]
    _read_pair(tables, policies, rows, n, i, hat, paid, tax)
    log_lanes(hat, power)
    for j in range(tables.theta.size):
        for lane in range(LANES):
            power[j, lane] *= -tables.theta[j]
    exp_lanes(power, power)
    for j in range(tables.theta.size):
        spend, flow, share = tile.cell[SPEND, n, j, i], tile.cell[FLOW, n, j, i], tables.share[n, i, j]
        for lane in range(LANES):
            spend[lane] = share * power[j, lane] if hat[j, lane] < math.inf else 0.0
            flow[lane] = spend[lane] / paid[j, lane]
        if tile.cell.shape[0] > TAX:
            for lane in range(LANES):
                tile.cell[TAX, n, j, i, lane] = tax[j, lane] * flow[lane]


@inner
def _read_pair(
    tables: Tables, policies: Policies, rows: Rows, n: int, i: int, hat: Array, paid: Array, tax: Array
) -> None:
    """The hat of what users pay, paid = (1+t')(1+x') and tax = x', each (S, LANES)."""
    sectors = tables.theta.size
    hat[:] = 1.0
    tax[:] = 0.0
    for lane in range(LANES):
        t = of_world(policies.tariffs, rows[lane])[n, i]
        for j in range(sectors):
            paid[j, lane] = 1.0 + t[j]
        if policies.export_tax.shape[1:] == tables.tariffs.shape:
            x = of_world(policies.export_tax, rows[lane])[n, i]
            for j in range(sectors):
                tax[j, lane] = x[j]
                paid[j, lane] *= 1.0 + x[j]
        if policies.iceberg.shape[1:] == tables.tariffs.shape:
            d = of_world(policies.iceberg, rows[lane])[n, i]
            for j in range(sectors):
                hat[j, lane] = d[j]
    for j in range(sectors):
        for lane in range(LANES):
            hat[j, lane] *= paid[j, lane] / (1.0 + tables.tariffs[n, i, j])


@inner
def load_caps(tables: Tables, policies: Policies, rows: Rows, tile: Tile, caps: Caps) -> int:
    """List the capped cells, close those with a cap of 0; returns how many are listed."""
    regions, sectors = tables.value_added_share.shape
    if policies.cap.shape[1:] != tables.tariffs.shape:
        return 0
    count = np.int64(0)
    for q in _capped_cells(policies, rows, caps):
        n, i, j = q // (regions * sectors), q // sectors % regions, q % sectors
        if tables.share[n, i, j] == 0.0:
            continue
        if tile.wide[n] == 0:
            tile.wide[n] = 1
            fill_importer(tables, tile, n)
        if _close(policies, rows, tile, n, i, j) < LANES:
            caps.cells[count, 0], caps.cells[count, 1], caps.cells[count, 2] = n, i, j
            _load_cap(tables, policies, rows, tile, caps, count)
            count += 1
    return int(count)


@inner
def _capped_cells(policies: Policies, rows: Rows, caps: Caps) -> Rows:
    """Positions, in order, of the cells under a cap in some lane."""
    caps.marks[:] = False
    for lane in range(LANES):
        limits = of_world(policies.cap, rows[lane]).reshape(-1)
        for q in range(limits.size):
            caps.marks[q] |= limits[q] < math.inf
    return np.flatnonzero(caps.marks)


@inner
def _close(policies: Policies, rows: Rows, tile: Tile, n: int, i: int, j: int) -> int:
    """Empty the cell in worlds where its cap is 0; returns in how many."""
    closed = 0
    for lane in range(LANES):
        if of_world(policies.cap, rows[lane])[n, i, j] == 0.0:
            closed += 1
            for part in range(tile.cell.shape[0]):
                tile.cell[part, n, j, i, lane] = 0.0
    return closed


@inner
def _load_cap(tables: Tables, policies: Policies, rows: Rows, tile: Tile, caps: Caps, c: int) -> None:
    n, i, j = caps.cells[c, 0], caps.cells[c, 1], caps.cells[c, 2]
    taxed = policies.export_tax.shape[1:] == tables.tariffs.shape
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


@inner
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
