"""Critical inputs inside the equilibrium, for sixteen worlds (`nodes.py` has the equations).

Entries are (input, user region, user sector); the inputs of one sector are joined to its cost one after
the other, the last of the list first. A pair is (user region, input): it has one scarcity price.
"""

from __future__ import annotations

import numpy as np

from tariffsim.economy.lanes import LANES, exp_lanes, inner, log_lanes
from tariffsim.economy.node_lanes import join_ces, take_bill
from tariffsim.economy.primitives import Array
from tariffsim.economy.tables import STARTS, Tables
from tariffsim.economy.tile import (
    BILL,
    BILL_SHARE,
    COST,
    GAP,
    OUTPUT,
    RECEIVED,
    REST,
    REST_OUTPUT,
    SPARE,
    SPENT,
    WITHIN,
    WORK2,
    Z_NEW,
    Shortages,
    Tile,
    Z,
)

LARGEST_STEP = 2.0  # in ln p


@inner
def scarcity_row(tables: Tables, n: int, z: int) -> int:
    """Where ln p of a pair stands in the vector of unknowns."""
    regions, sectors = tables.value_added_share.shape
    return int(regions + 2 * regions * sectors + n * tables.nodes.normal.shape[1] + z)


@inner
def join_inputs(tables: Tables, tile: Tile, unknown: Array, prices: Array) -> None:
    """From ln cb to ln c in COST, and in WITHIN the share of each input in what has been joined with it."""
    cost, within = tile.by_market[COST], tile.entry[WITHIN]
    first = scarcity_row(tables, 0, 0)
    for e in range(tables.nodes.share.size):
        share, power = tables.nodes.share[e], 1.0 - tables.nodes.rho[tables.nodes.entries[e, 0]]
        row, price, pair = tables.place[e, 0], tables.place[e, 1], tables.place[e, 2]
        if power != 0.0:
            join_ces(unknown, first + pair, prices, price, cost, row, within, e, share, power)
            continue
        for lane in range(LANES):  # Cobb and Douglas
            relative = unknown[first + pair, lane] + prices[price, lane] - cost[row, lane]
            cost[row, lane] += share * relative
            within[e, lane] = share


@inner
def spend_on_inputs(tables: Tables, tile: Tile, shortages: Shortages, short: int) -> None:
    """Bills B of all pairs, b0 Y', and for pairs under licence the gap of their scarcity price and the rents.

    At the end BILL holds what suppliers are paid, B less the rents that others receive.
    """
    if tables.nodes.share.size == 0:
        return
    rest, output = tile.by_market[REST], tile.by_market[OUTPUT]
    within, shares, bills = tile.entry[WITHIN], tile.entry[BILL_SHARE], tile.pair[BILL]
    tile.flat[REST, :] = 1.0
    tile.pair[BILL] = 0.0
    for e in range(tables.nodes.share.size - 1, -1, -1):  # outermost first
        take_bill(within, e, rest, output, tables.place[e, 0], shares, bills, tables.place[e, 2])
    used, b0, sold_flat = tile.flat[REST_OUTPUT], tile.flat[REST], tile.flat[OUTPUT]
    for q in range(used.size):
        used[q] = b0[q] * sold_flat[q]
    for c in range(short):
        _settle_pair(tables, tile, shortages, c)


@inner
def _settle_pair(tables: Tables, tile: Tile, shortages: Shortages, c: int) -> None:
    """GAP of one pair (complementarity of p - 1 and what is left unused), its rent, and who receives it."""
    n, z = shortages.pairs[c, 0], shortages.pairs[c, 1]
    regions, sectors = tables.value_added_share.shape
    scarcity = tile.unknown[Z, scarcity_row(tables, n, z)]
    price = tile.unknown[Z_NEW, regions + n * sectors + tables.nodes.sector[z]]
    pair = n * tables.nodes.normal.shape[1] + z
    bill, gap = tile.pair[BILL, pair], tile.pair[GAP, pair]
    spare, work = tile.lane[SPARE], tile.work
    tile.pair[SPENT, pair] = bill
    ceiling, normal = tables.log_ceiling[z], tables.nodes.normal[n, z]
    for lane in range(LANES):
        spare[0, lane] = bill[lane] / normal
    log_lanes(spare, work[0:1])
    for lane in range(LANES):
        gap[lane] = work[0, lane] - scarcity[lane] - price[lane] - shortages.log_available[c, lane]
        # units beyond what is available cost the backstop price in real resources and bear no rent
        work[0, lane] = -max(gap[lane], 0.0) if scarcity[lane] >= ceiling else 0.0
        work[1, lane] = work[0, lane] - scarcity[lane]
    exp_lanes(work[0:2], work[2:4])
    for lane in range(LANES):
        spare[0, lane] = bill[lane] * (work[2, lane] - work[3, lane])  # B (1 - 1/p) lambda
    if not tables.nodes.lost[z]:
        for lane in range(LANES):
            bill[lane] -= spare[0, lane]
        for i in range(regions):
            for lane in range(LANES):
                tile.region[RECEIVED, i, lane] += shortages.receivers[c, i, lane] * spare[0, lane]


@inner
def add_input_demand(tables: Tables, tile: Tile) -> None:
    """Sales of critical inputs are spending on the goods they are slices of (WORK2)."""
    regions, inputs = tables.nodes.normal.shape
    for n in range(regions):
        for z in range(inputs):
            spent, bill = tile.market[WORK2, n, tables.nodes.sector[z]], tile.pair[BILL, n * inputs + z]
            for lane in range(LANES):
                spent[lane] += bill[lane]


@inner
def scarcity_gap(scarcity: float, gap: float, ceiling: float) -> float:
    """0 iff p = 1 and use fits, or use is what is available, or p is the backstop price and use is at least that."""
    return min(gap, ceiling - scarcity) if gap > 0.0 else max(gap, -scarcity)


@inner
def step_scarcity(tables: Tables, tile: Tile, shortages: Shortages, short: int) -> None:
    """Newton's step of the scarcity prices of each region, as far as its users alone answer.

    -d ln u_z / d ln p_y = rho_z 1{z=y} + sum_j (share of j in the use of z) (1 - rho_z + yielding_j) bs_yj
                           + passed_on_k bs_yk,  k = J_z: the good of which z is a slice gets dearer too
    """
    first = np.int64(0)
    while first < short:
        last = first + 1
        while last < short and shortages.pairs[last, 0] == shortages.pairs[first, 0]:
            last += 1
        for a in range(first, last):
            for b in range(first, last):
                _slope(tables, tile, shortages, a, b, tile.slope[a - first, b - first])
        _solve_region(tables, tile, shortages, first, last)
        first = last


@inner
def _slope(tables: Tables, tile: Tile, shortages: Shortages, a: int, b: int, slope: Array) -> None:
    """Minus the slope (LANES,) of use a by scarcity price b of the same region."""
    shares, n, z, y = tile.entry[BILL_SHARE], shortages.pairs[a, 0], shortages.pairs[a, 1], shortages.pairs[b, 1]
    spent = tile.pair[SPENT, n * tables.nodes.normal.shape[1] + z]
    slope[:] = 0.0
    for e in range(tables.span[n, z, 0], tables.span[n, z, 1]):
        j = tables.nodes.entries[e, 2]
        other, output = tables.entry_of[y, n, j], tile.market[OUTPUT, n, j]
        if other >= 0:
            factor = 1.0 - tables.nodes.rho[z] + tables.yielding[e]
            for lane in range(LANES):
                slope[lane] += factor * shares[e, lane] * output[lane] * shares[other, lane]
    dearer = tables.entry_of[y, n, tables.nodes.sector[z]]
    for lane in range(LANES):
        slope[lane] = slope[lane] / spent[lane] + (tables.nodes.rho[z] if a == b else 0.0)
        if dearer >= 0:
            slope[lane] += tables.passed_on[dearer] * shares[dearer, lane]


@inner
def _solve_region(tables: Tables, tile: Tile, shortages: Shortages, first: int, last: int) -> None:
    """The step of one region's prices (Gauss); those that stay at a bound are left out."""
    count, inputs, matrix, right = last - first, tables.nodes.normal.shape[1], tile.slope, tile.right
    for a in range(count):
        n, z = shortages.pairs[first + a, 0], shortages.pairs[first + a, 1]
        scarcity, gap = tile.unknown[Z, scarcity_row(tables, n, z)], tile.pair[GAP, n * inputs + z]
        for lane in range(LANES):
            right[a, lane] = scarcity_gap(scarcity[lane], gap[lane], tables.log_ceiling[z])
            if right[a, lane] != gap[lane]:
                for b in range(count):
                    matrix[a, b, lane] = 1.0 if a == b else 0.0
    for a in range(count):
        for b in range(a + 1, count):
            for lane in range(LANES):
                factor = matrix[b, a, lane] / matrix[a, a, lane]
                right[b, lane] -= factor * right[a, lane]
                for d in range(a, count):
                    matrix[b, d, lane] -= factor * matrix[a, d, lane]
    for a in range(count - 1, -1, -1):
        n, z = shortages.pairs[first + a, 0], shortages.pairs[first + a, 1]
        row, ceiling = scarcity_row(tables, n, z), tables.log_ceiling[z]
        for lane in range(LANES):
            step = right[a, lane]
            for b in range(a + 1, count):
                step -= matrix[a, b, lane] * right[b, lane]
            right[a, lane] = step / matrix[a, a, lane]
            step = min(max(right[a, lane], -LARGEST_STEP), LARGEST_STEP)
            tile.unknown[Z_NEW, row, lane] = min(max(tile.unknown[Z, row, lane] + step, 0.0), ceiling)


@inner
def keep_scarcity(tables: Tables, tile: Tile, shortages: Shortages, short: int) -> None:
    """1 <= p <= backstop price, whatever Anderson's method made of it."""
    for c in range(short):
        n, z = shortages.pairs[c, 0], shortages.pairs[c, 1]
        scarcity, ceiling = tile.unknown[Z, scarcity_row(tables, n, z)], tables.log_ceiling[z]
        for lane in range(LANES):
            scarcity[lane] = min(max(scarcity[lane], 0.0), ceiling)


@inner
def start_scarcity(tables: Tables, tile: Tile, shortages: Shortages, short: int, grid: Array) -> None:
    """ln p at which use would fit if nothing but the users' own sales answered, from the economy's table."""
    for c in range(short):
        n, z = shortages.pairs[c, 0], shortages.pairs[c, 1]
        row, use = scarcity_row(tables, n, z), tables.start[n, z]
        for lane in range(LANES):
            wanted, k = shortages.log_available[c, lane], 1
            if wanted >= 0.0:
                continue
            while k < STARTS - 1 and use[k] > wanted:
                k += 1
            part = (use[k - 1] - wanted) / (use[k - 1] - use[k])
            found = grid[k - 1] + min(part, 1.0) * (grid[k] - grid[k - 1])
            tile.unknown[Z, row, lane] = min(max(found, 0.0), tables.log_ceiling[z])
