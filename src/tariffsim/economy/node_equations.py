"""Critical inputs inside the equilibrium, for sixteen worlds (`nodes.py` has the equations).

Entries are (input, user region, user sector); the inputs of one sector are joined to its cost one after
the other, the last of the list first. A pair is (user region, input): it has one scarcity price.
"""

from __future__ import annotations

from tariffsim.economy.lanes import LANES, exp_lanes, log_lanes
from tariffsim.economy.primitives import Array
from tariffsim.economy.tables import STARTS, Tables
from tariffsim.economy.tile import (
    BILL,
    COST,
    GAP,
    LOG_MIX,
    MIX,
    OUTPUT,
    RATIO,
    RECEIVED,
    REST,
    REST_OUTPUT,
    SLOPE,
    SPARE,
    WORK2,
    Z_NEW,
    Shortages,
    Tile,
    Z,
)

from numba import njit  # isort: skip  (after lanes, which chooses the cache directory)

LARGEST_STEP = 2.0  # in ln p


@njit(nogil=True, error_model="numpy")
def scarcity_row(tables: Tables, n: int, z: int) -> int:
    """Where ln p of a pair stands in the vector of unknowns."""
    regions, sectors = tables.value_added_share.shape
    return int(regions + 2 * regions * sectors + n * tables.nodes.normal.shape[1] + z)


@njit(nogil=True, error_model="numpy")
def join_inputs(tables: Tables, tile: Tile, at: int, prices_at: int) -> None:
    """From ln cb to ln c in COST; RATIO over MIX is the share of each input in what has been joined."""
    regions, sectors = tables.value_added_share.shape
    entries, cost, entry = tables.nodes.entries, tile.market[COST], tile.entry
    for z in range(tables.nodes.sector.size - 1, -1, -1):
        first, last, power = tables.block[z, 0], tables.block[z, 1], 1.0 - tables.nodes.rho[z]
        for e in range(first, last):
            n, j = entries[e, 1], entries[e, 2]
            scarcity = tile.unknown[at, scarcity_row(tables, n, z)]
            price = tile.unknown[prices_at, regions + n * sectors + tables.nodes.sector[z]]
            for lane in range(LANES):
                relative = scarcity[lane] + price[lane] - cost[n, j, lane]
                entry[LOG_MIX, e, lane] = relative * (tables.nodes.share[e] if power == 0.0 else power)
        if power == 0.0:  # Cobb and Douglas
            for e in range(first, last):
                entry[RATIO, e] = tables.nodes.share[e]
                entry[MIX, e] = 1.0
        else:
            exp_lanes(entry[LOG_MIX, first:last], entry[RATIO, first:last])
            for e in range(first, last):
                share = tables.nodes.share[e]
                for lane in range(LANES):
                    entry[RATIO, e, lane] *= share
                    entry[MIX, e, lane] = 1.0 - share + entry[RATIO, e, lane]
            log_lanes(entry[MIX, first:last], entry[LOG_MIX, first:last])
        for e in range(first, last):
            here = cost[entries[e, 1], entries[e, 2]]
            for lane in range(LANES):
                here[lane] += entry[LOG_MIX, e, lane] / (1.0 if power == 0.0 else power)


@njit(nogil=True, error_model="numpy")
def spend_on_inputs(tables: Tables, tile: Tile, shortages: Shortages, short: int) -> None:
    """Bills B of all pairs, b0 Y', and for pairs under licence the gap of their scarcity price and the rents.

    At the end BILL holds what suppliers are paid, B less the rents that others receive.
    """
    if tables.nodes.share.size == 0:
        return
    entries, entry, pair = tables.nodes.entries, tile.entry, tile.pair
    rest, output = tile.market[REST], tile.market[OUTPUT]
    tile.flat[REST, :] = 1.0
    pair[BILL:GAP] = 0.0
    for z in range(tables.nodes.sector.size):  # outermost first
        power = 1.0 - tables.nodes.rho[z]
        for e in range(tables.block[z, 0], tables.block[z, 1]):
            n, j, yielding = entries[e, 1], entries[e, 2], tables.yielding[e]
            left, sold, bills, slopes = rest[n, j], output[n, j], pair[BILL, n, z], pair[SLOPE, n, z]
            for lane in range(LANES):
                within = entry[RATIO, e, lane] / entry[MIX, e, lane]
                share = within * left[lane]
                bill = share * sold[lane]
                left[lane] -= share
                bills[lane] += bill
                slopes[lane] += bill * (1.0 - power * (1.0 - within) + yielding * share)
    used, b0, sold_flat = tile.flat[REST_OUTPUT], tile.flat[REST], tile.flat[OUTPUT]
    for q in range(used.size):
        used[q] = b0[q] * sold_flat[q]
    for c in range(short):
        _settle_pair(tables, tile, shortages, c)


@njit(nogil=True, error_model="numpy")
def _settle_pair(tables: Tables, tile: Tile, shortages: Shortages, c: int) -> None:
    """GAP of one pair (complementarity of p - 1 and what is left unused), its rent, and who receives it."""
    n, z = shortages.pairs[c, 0], shortages.pairs[c, 1]
    regions, sectors = tables.value_added_share.shape
    scarcity = tile.unknown[Z, scarcity_row(tables, n, z)]
    price = tile.unknown[Z_NEW, regions + n * sectors + tables.nodes.sector[z]]
    bill, slope, gap = tile.pair[BILL, n, z], tile.pair[SLOPE, n, z], tile.pair[GAP, n, z]
    spare, work = tile.lane[SPARE], tile.work
    ceiling, normal = tables.log_ceiling[z], tables.nodes.normal[n, z]
    for lane in range(LANES):
        spare[0, lane] = bill[lane] / normal
        slope[lane] /= bill[lane]
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


@njit(nogil=True, error_model="numpy")
def add_input_demand(tables: Tables, tile: Tile) -> None:
    """Sales of critical inputs are spending on the goods they are slices of (WORK2)."""
    regions, inputs = tables.nodes.normal.shape
    for n in range(regions):
        for z in range(inputs):
            spent, bill = tile.market[WORK2, n, tables.nodes.sector[z]], tile.pair[BILL, n, z]
            for lane in range(LANES):
                spent[lane] += bill[lane]


@njit(nogil=True, error_model="numpy")
def scarcity_gap(scarcity: float, gap: float, ceiling: float) -> float:
    """0 iff p = 1 and use fits, or use is what is available, or p is the backstop price and use is at least that."""
    return min(gap, ceiling - scarcity) if gap > 0.0 else max(gap, -scarcity)


@njit(nogil=True, error_model="numpy")
def step_scarcity(tables: Tables, tile: Tile, shortages: Shortages, short: int) -> None:
    """Newton's step of each scarcity price on its own, with the users' sales giving way as they do at first."""
    for c in range(short):
        n, z = shortages.pairs[c, 0], shortages.pairs[c, 1]
        row, ceiling = scarcity_row(tables, n, z), tables.log_ceiling[z]
        for lane in range(LANES):
            step = tile.pair[GAP, n, z, lane] / tile.pair[SLOPE, n, z, lane]
            step = min(max(step, -LARGEST_STEP), LARGEST_STEP)
            tile.unknown[Z_NEW, row, lane] = min(max(tile.unknown[Z, row, lane] + step, 0.0), ceiling)


@njit(nogil=True, error_model="numpy")
def keep_scarcity(tables: Tables, tile: Tile, shortages: Shortages, short: int) -> None:
    """1 <= p <= backstop price, whatever Anderson's method made of it."""
    for c in range(short):
        n, z = shortages.pairs[c, 0], shortages.pairs[c, 1]
        scarcity, ceiling = tile.unknown[Z, scarcity_row(tables, n, z)], tables.log_ceiling[z]
        for lane in range(LANES):
            scarcity[lane] = min(max(scarcity[lane], 0.0), ceiling)


@njit(nogil=True, error_model="numpy")
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
