"""The model's equations for sixteen worlds (Caliendo & Parro 2015; docs/explanation/model.md).

Every function fills rows of the tile. Loops run over flat arrays where they can: that is what the
compiler vectorises.
"""

from __future__ import annotations

from tariffsim.economy.lanes import LANES, add_scaled, exp_lanes, log_lanes, multiply, sum_products
from tariffsim.economy.primitives import Array
from tariffsim.economy.tile import (
    BOUND,
    CAP_WORK,
    COST,
    DEMAND_GAP,
    EXCESS,
    EXPORT_TAX,
    EXPORTS,
    FLOW,
    FREE_FLOW,
    FREE_SPEND,
    HOME,
    INCOME,
    LABOUR_GAP,
    LOG_A,
    LOG_FREE,
    LOG_SHRINK,
    LOG_WEDGE,
    OUTPUT,
    PER_TOTAL,
    PRICE_GAP,
    SHRINK,
    SMALL1,
    SPARE,
    SPEND,
    TAKE,
    TAX,
    TAXES,
    TOTAL,
    VALUE_ADDED,
    WEDGE,
    WEIGHT,
    WIDE_LIVE,
    WIDE_SPENDING,
    WIDE_THETA,
    WIDE_UNIT,
    WORK1,
    WORK2,
    WORK3,
    WORLD,
    WORST,
    Caps,
    Tables,
    Tile,
)

from numba import njit  # isort: skip  (after lanes, which chooses the cache directory)


@njit(nogil=True, error_model="numpy")
def prices(tables: Tables, rent: int, tile: Tile, caps: Caps, count: int, at: int, prices_at: int) -> None:
    """ln c, c^-theta, the sums over sources, and PRICE_GAP = implied ln P - ln P.

    Wages and spending are those of the vector `at`, prices those of the vector `prices_at`.
    """
    regions, sectors = tables.value_added_share.shape
    first = regions
    ln_w, ln_p = tile.unknown[at], tile.unknown[prices_at]
    for i in range(regions):
        for k in range(sectors):
            for lane in range(LANES):
                tile.inputs[k, lane] = ln_p[first + i * sectors + k, lane]
        for lane in range(LANES):
            tile.inputs[sectors, lane] = ln_w[i, lane]
        multiply(tables.cost[i], tile.inputs, tile.market[COST, i])
    cost, log_a, theta = tile.flat[COST], tile.flat[LOG_A], tables.wide[WIDE_THETA]
    exponent = tile.flat[WORK2]
    for q in range(cost.size):
        cost[q] -= log_a[q]
        exponent[q] = -theta[q] * cost[q]
    exp_lanes(tile.flat[WORK2], tile.flat[WEIGHT], tile.flat[WORK1])
    if count > 0:
        apply_caps(tables, rent, tile, caps, count, at, prices_at)
    for n in range(regions):
        for j in range(sectors):
            sum_products(tile.cell[SPEND, n, j], tile.market[WEIGHT, :, j], tile.market[TOTAL, n, j : j + 1])
    total, live = tile.flat[TOTAL], tables.wide[WIDE_LIVE]
    for q in range(total.size):  # where there is no market: total 1, P = 1
        total[q] += 1.0 - live[q]
    log_lanes(tile.flat[TOTAL], tile.flat[WORK2], tile.flat[WORK1])
    gap = tile.flat[PRICE_GAP]
    price = tile.vector[prices_at, first * LANES :]
    for q in range(gap.size):
        gap[q] = -exponent[q] / theta[q] - price[q]


@njit(nogil=True, error_model="numpy")
def apply_caps(tables: Tables, rent: int, tile: Tile, caps: Caps, count: int, at: int, prices_at: int) -> None:
    """Ration wedges mu at these prices, costs and spending, put into SPEND, FLOW and TAX.

    Quantity falls with (1+mu)^-(1+theta), whoever gets the rent, so the cap inverts in closed form.
    """
    regions, sectors = tables.value_added_share.shape
    size = regions * sectors
    log_lanes(tile.vector[at, (regions + size) * LANES :], tile.flat[WORK3], tile.flat[WORK1])
    tile.flat[BOUND, :] = 0.0
    number = caps.number
    for c in range(count):
        n, i, j = caps.cells[c, 0], caps.cells[c, 1], caps.cells[c, 2]
        theta = tables.theta[j]
        for lane in range(LANES):
            cost, price = tile.market[COST, i, j, lane], tile.unknown[prices_at, regions + n * sectors + j, lane]
            free = number[LOG_FREE, c, lane] + tile.market[WORK3, n, j, lane] - cost
            wedge = max((free + theta * (price - cost)) / (1.0 + theta), 0.0)  # ln (1+mu)
            number[LOG_SHRINK, c, lane] = -theta * wedge
            number[LOG_WEDGE, c, lane] = -wedge
    exp_lanes_of(number[LOG_SHRINK], number[SHRINK], number[CAP_WORK], count)
    exp_lanes_of(number[LOG_WEDGE], number[WEDGE], number[CAP_WORK], count)
    for c in range(count):
        n, i, j = caps.cells[c, 0], caps.cells[c, 1], caps.cells[c, 2]
        for lane in range(LANES):
            shrink = number[SHRINK, c, lane]
            spend, free_flow = number[FREE_SPEND, c, lane] * shrink, number[FREE_FLOW, c, lane] * shrink
            if number[LOG_WEDGE, c, lane] < 0.0:
                tile.market[BOUND, n, j, lane] += spend * tile.market[WEIGHT, i, j, lane]
            flow = free_flow if rent == 2 else free_flow * number[WEDGE, c, lane]
            tile.cell[SPEND, n, j, i, lane] = spend
            tile.cell[FLOW, n, j, i, lane] = flow
            if tile.cell.shape[0] > TAX:
                x = number[EXPORT_TAX, c, lane]
                scarcity = (1.0 + x) * (free_flow - flow) if rent == 0 else 0.0
                tile.cell[TAX, n, j, i, lane] = x * flow + scarcity


@njit(nogil=True, error_model="numpy")
def exp_lanes_of(x: Array, out: Array, work: Array, count: int) -> None:
    """exp_lanes of the first `count` rows."""
    for c in range(count):
        exp_lanes(x[c], out[c], work[c])


@njit(nogil=True, error_model="numpy")
def sales(tables: Tables, tile: Tile) -> None:
    """Producers' sales Y and what importing and exporting regions take (duties, taxes, rents)."""
    regions, sectors = tables.value_added_share.shape
    taxed = tile.cell.shape[0] > TAX
    per_total, total, base = tile.flat[PER_TOTAL], tile.flat[TOTAL], tables.wide[WIDE_SPENDING]
    x = tile.vector[0, (regions + regions * sectors) * LANES :]
    output, exports = tile.flat[OUTPUT], tile.flat[EXPORTS]
    for q in range(total.size):
        per_total[q] = base[q] * x[q] / total[q]
        output[q] = 0.0
        exports[q] = 0.0
    for n in range(regions):
        for j in range(sectors):
            factor, weight = tile.market[PER_TOTAL, n, j : j + 1], tile.market[WEIGHT, :, j]
            add_scaled(tile.cell[FLOW, n, j], factor, tile.market[OUTPUT, :, j])
            sum_products(tile.cell[FLOW, n, j], weight, tile.market[HOME, n, j : j + 1])
            if taxed:
                add_scaled(tile.cell[TAX, n, j], factor, tile.market[EXPORTS, :, j])
                sum_products(tile.cell[TAX, n, j], weight, tile.lane[SPARE])
                for lane in range(LANES):
                    tile.market[HOME, n, j, lane] += tile.lane[SPARE, 0, lane]
    weight, home = tile.flat[WEIGHT], tile.flat[HOME]
    for q in range(output.size):
        output[q] *= weight[q]
        home[q] = total[q] - home[q]
    for n in range(regions):
        sum_products(tile.market[HOME, n], tile.market[PER_TOTAL, n], tile.region[TAKE, n : n + 1])
        sum_products(tile.market[EXPORTS, n], tile.market[WEIGHT, n], tile.region[TAXES, n : n + 1])


@njit(nogil=True, error_model="numpy")
def incomes(tables: Tables, tile: Tile) -> None:
    """I = wages + takes + D', with D' by the closure; the world's D' add up to zero."""
    regions = tables.value_added.size
    region, world, excess = tile.region, tile.lane[WORLD, 0], tile.lane[EXCESS, 0]
    for lane in range(LANES):
        world[lane] = 0.0
        excess[lane] = 0.0
    for n in range(regions):
        exp_lanes(tile.unknown[0, n], region[VALUE_ADDED, n], region[SMALL1, n])
        for lane in range(LANES):
            excess[lane] += tables.deficits[n] * region[VALUE_ADDED, n, lane]
            region[VALUE_ADDED, n, lane] *= tables.value_added[n]
            world[lane] += region[VALUE_ADDED, n, lane]
            if tables.closure == 0:  # GDP at market prices, as in the national accounts
                world[lane] += region[TAKE, n, lane] + region[TAXES, n, lane]
    for n in range(regions):
        for lane in range(LANES):
            deficit = tables.deficits[n]
            if tables.closure == 0:
                deficit *= world[lane] / tables.gdp
            elif tables.closure == 2:
                deficit = 0.0
            elif tables.closure == 3:  # what does not add up is shared by value added
                own = deficit / tables.value_added[n]
                deficit = (own - excess[lane] / world[lane]) * region[VALUE_ADDED, n, lane]
            received = region[TAKE, n, lane] + region[TAXES, n, lane] + deficit
            region[INCOME, n, lane] = region[VALUE_ADDED, n, lane] + received


@njit(nogil=True, error_model="numpy")
def gaps(tables: Tables, tile: Tile) -> None:
    """DEMAND_GAP = implied X/X0 - X/X0, LABOUR_GAP = wages paid over wage bill - 1, WORST of all."""
    regions, sectors = tables.value_added_share.shape
    market, region, worst = tile.market, tile.region, tile.lane[WORST, 0]
    for lane in range(LANES):
        worst[lane] = 0.0
    for n in range(regions):
        multiply(tables.io[n], market[OUTPUT, n], market[WORK2, n])
        for j in range(sectors):
            share = tables.final_share[n, j]
            for lane in range(LANES):
                market[WORK2, n, j, lane] += share * region[INCOME, n, lane]
    new, x = tile.flat[WORK2], tile.vector[0, (regions + regions * sectors) * LANES :]
    unit, live = tables.wide[WIDE_UNIT], tables.wide[WIDE_LIVE]
    gap, price, relative = tile.flat[DEMAND_GAP], tile.flat[PRICE_GAP], tile.flat[WORK1]
    for q in range(gap.size):
        gap[q] = new[q] * unit[q] - x[q] * live[q]
        relative[q] = max(abs(gap[q]) / x[q], abs(price[q]))
    for n in range(regions):
        for lane in range(LANES):
            paid = 0.0
            for j in range(sectors):
                paid += tables.value_added_share[n, j] * market[OUTPUT, n, j, lane]
                worst[lane] = max(worst[lane], market[WORK1, n, j, lane])
            region[LABOUR_GAP, n, lane] = paid / region[VALUE_ADDED, n, lane] - 1.0
            worst[lane] = max(worst[lane], abs(region[LABOUR_GAP, n, lane]))


@njit(nogil=True, error_model="numpy")
def is_sound(tables: Tables, tile: Tile, lane: int) -> bool:
    """Checked before a world is called converged, because maxima swallow NaN and logs of 0 are clipped."""
    regions, sectors = tables.value_added_share.shape
    first = regions + regions * sectors
    everything = 0.0
    for n in range(regions):
        everything += tile.region[LABOUR_GAP, n, lane]
        if not tile.region[INCOME, n, lane] > 0.0:
            return False
        for j in range(sectors):
            everything += tile.market[DEMAND_GAP, n, j, lane] + tile.market[PRICE_GAP, n, j, lane]
            x = tile.unknown[0, first + n * sectors + j, lane]
            if not (tile.market[TOTAL, n, j, lane] > 1e-290 and x > 0.0):
                return False
    return everything - everything == 0.0
