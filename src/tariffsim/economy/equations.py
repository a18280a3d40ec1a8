"""The model's equations for sixteen worlds (Caliendo & Parro 2015; docs/explanation/model.md).

Every function fills rows of the tile. Loops run over flat arrays where they can: that is what the
compiler vectorises.
"""

from __future__ import annotations

import math

from tariffsim.economy.lanes import (
    LANES,
    add_scaled,
    exp_lanes,
    inner,
    log_lanes,
    multiply,
    sum_products,
)
from tariffsim.economy.node_equations import add_input_demand, join_inputs, scarcity_gap, scarcity_row, spend_on_inputs
from tariffsim.economy.primitives import Array
from tariffsim.economy.tables import WIDE_LIVE, WIDE_SPENDING, WIDE_THETA, WIDE_UNIT, Tables
from tariffsim.economy.tile import (
    BOUND,
    COST,
    DEMAND_GAP,
    EXCESS,
    EXPORT_TAX,
    EXPORTS,
    FLOW,
    FREE_FLOW,
    FREE_SPEND,
    GAP,
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
    RECEIVED,
    REST_OUTPUT,
    SHRINK,
    SPARE,
    SPEND,
    SPENT,
    TAKE,
    TAX,
    TOTAL,
    VALUE_ADDED,
    WEDGE,
    WEIGHT,
    WORK1,
    WORK2,
    WORK3,
    WORLD,
    WORST,
    Caps,
    Shortages,
    Tile,
)


@inner
def prices(tables: Tables, rent: int, tile: Tile, caps: Caps, count: int, at: Array, log_prices: Array) -> None:
    """ln c, c^-theta, the sums over sources, and PRICE_GAP = implied ln P - ln P.

    Wages, spending and scarcity prices are those of the unknowns `at` (V, LANES); ln P is (N S, LANES).
    """
    regions, sectors = tables.value_added_share.shape
    for i in range(regions):
        tile.inputs[:sectors] = log_prices[i * sectors : (i + 1) * sectors]
        tile.inputs[sectors] = at[i]
        multiply(tables.cost[i], tile.inputs, tile.market[COST, i])
    cost, log_a, theta = tile.flat[COST], tile.flat[LOG_A], tables.wide[WIDE_THETA]
    for q in range(cost.size):
        cost[q] -= log_a[q]
    join_inputs(tables, tile, at, log_prices)
    exponent = tile.flat[WORK2]
    for q in range(cost.size):
        exponent[q] = -theta[q] * cost[q]
    exp_lanes(tile.flat[WORK2], tile.flat[WEIGHT])
    if count > 0:
        apply_caps(tables, rent, tile, caps, count, at, log_prices)
    for j in range(sectors):
        multiply(tables.share_by_good[j], tile.market[WEIGHT, :, j], tile.market[TOTAL, :, j])
        for n in range(regions):
            if tile.wide[n] == 1:
                sum_products(tile.cell[SPEND, n, j], tile.market[WEIGHT, :, j], tile.market[TOTAL, n, j : j + 1])
    total, live = tile.flat[TOTAL], tables.wide[WIDE_LIVE]
    for q in range(total.size):  # where there is no market: total 1, P = 1
        total[q] += 1.0 - live[q]
    log_lanes(tile.flat[TOTAL], tile.flat[WORK2])
    gap = tile.flat[PRICE_GAP]
    price = log_prices.reshape(-1)
    for q in range(gap.size):
        gap[q] = -exponent[q] / theta[q] - price[q]


@inner
def apply_caps(tables: Tables, rent: int, tile: Tile, caps: Caps, count: int, at: Array, log_prices: Array) -> None:
    """Ration wedges mu at these prices, costs and spending, put into SPEND, FLOW and TAX.

    Quantity falls with (1+mu)^-(1+theta), whoever gets the rent, so the cap inverts in closed form.
    """
    regions, sectors = tables.value_added_share.shape
    for n in range(regions):
        if tile.wide[n] == 1:  # as every importer under a cap is
            first = regions * (1 + sectors) + n * sectors
            log_lanes(at[first : first + sectors], tile.market[WORK3, n])
    tile.flat[BOUND, :] = 0.0
    number = caps.number
    for c in range(count):
        n, i, j = caps.cells[c, 0], caps.cells[c, 1], caps.cells[c, 2]
        theta = tables.theta[j]
        cost, spending = tile.market[COST, i, j], tile.market[WORK3, n, j]
        price = log_prices[n * sectors + j]
        for lane in range(LANES):
            free = number[LOG_FREE, c, lane] + spending[lane] - cost[lane]
            wedge = max((free + theta * (price[lane] - cost[lane])) / (1.0 + theta), 0.0)  # ln (1+mu)
            number[LOG_SHRINK, c, lane] = -theta * wedge
            number[LOG_WEDGE, c, lane] = -wedge
    exp_lanes(number[LOG_SHRINK, :count], number[SHRINK, :count])
    exp_lanes(number[LOG_WEDGE, :count], number[WEDGE, :count])
    taxed = tile.cell.shape[0] > TAX
    for c in range(count):
        n, i, j = caps.cells[c, 0], caps.cells[c, 1], caps.cells[c, 2]
        weight, bound = tile.market[WEIGHT, i, j], tile.market[BOUND, n, j]
        for lane in range(LANES):
            shrink = number[SHRINK, c, lane]
            spend, free_flow = number[FREE_SPEND, c, lane] * shrink, number[FREE_FLOW, c, lane] * shrink
            if number[LOG_WEDGE, c, lane] < 0.0:
                bound[lane] += spend * weight[lane]
            flow = free_flow if rent == 2 else free_flow * number[WEDGE, c, lane]
            tile.cell[SPEND, n, j, i, lane] = spend
            tile.cell[FLOW, n, j, i, lane] = flow
            if taxed:
                x = number[EXPORT_TAX, c, lane]
                scarcity = (1.0 + x) * (free_flow - flow) if rent == 0 else 0.0
                tile.cell[TAX, n, j, i, lane] = x * flow + scarcity


@inner
def sales(tables: Tables, tile: Tile, shortages: Shortages, short: int) -> None:
    """Producers' sales Y, and what regions take: duties (TAKE), export taxes and rents (RECEIVED)."""
    regions, sectors = tables.value_added_share.shape
    per_total, total, base = tile.flat[PER_TOTAL], tile.flat[TOTAL], tables.wide[WIDE_SPENDING]
    x = tile.vector[0, (regions + regions * sectors) * LANES :]
    for q in range(total.size):
        per_total[q] = base[q] * x[q] / total[q]
    _sell(tables, tile)
    output, weight, home = tile.flat[OUTPUT], tile.flat[WEIGHT], tile.flat[HOME]
    for q in range(output.size):
        output[q] *= weight[q]
        home[q] = total[q] - home[q]
    for n in range(regions):
        sum_products(tile.market[HOME, n], tile.market[PER_TOTAL, n], tile.region[TAKE, n : n + 1])
        sum_products(tile.market[EXPORTS, n], tile.market[WEIGHT, n], tile.region[RECEIVED, n : n + 1])
    spend_on_inputs(tables, tile, shortages, short)


@inner
def _sell(tables: Tables, tile: Tile) -> None:
    """OUTPUT and EXPORTS per c^-theta, summed over importers; what importers pay away per spending in HOME."""
    regions, sectors = tables.value_added_share.shape
    taxed = tile.cell.shape[0] > TAX
    tile.flat[OUTPUT, :] = 0.0
    tile.flat[EXPORTS, :] = 0.0
    for j in range(sectors):
        weight, output, exports = tile.market[WEIGHT, :, j], tile.market[OUTPUT, :, j], tile.market[EXPORTS, :, j]
        multiply(tables.flow_by_good[j], weight, tile.market[HOME, :, j])
        for n in range(regions):
            factor, home = tile.market[PER_TOTAL, n, j : j + 1], tile.market[HOME, n, j : j + 1]
            if tile.wide[n] == 0:
                add_scaled(tables.flow_by_good[j, n], factor, output)
                continue
            add_scaled(tile.cell[FLOW, n, j], factor, output)
            sum_products(tile.cell[FLOW, n, j], weight, home)
            if taxed:
                add_scaled(tile.cell[TAX, n, j], factor, exports)
                sum_products(tile.cell[TAX, n, j], weight, tile.lane[SPARE])
                for lane in range(LANES):
                    home[0, lane] += tile.lane[SPARE, 0, lane]


@inner
def incomes(tables: Tables, tile: Tile) -> None:
    """I = wages + takes + D', with D' by the closure; the world's D' add up to zero."""
    regions = tables.value_added.size
    region, world, excess = tile.region, tile.lane[WORLD, 0], tile.lane[EXCESS, 0]
    exp_lanes(tile.unknown[0, :regions], region[VALUE_ADDED])
    for lane in range(LANES):
        world[lane] = 0.0
        excess[lane] = 0.0
    for n in range(regions):
        for lane in range(LANES):
            excess[lane] += tables.deficits[n] * region[VALUE_ADDED, n, lane]
            region[VALUE_ADDED, n, lane] *= tables.value_added[n]
            world[lane] += region[VALUE_ADDED, n, lane]
            if tables.closure == 0:  # GDP at market prices, as in the national accounts
                world[lane] += region[TAKE, n, lane] + region[RECEIVED, n, lane]
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
            received = region[TAKE, n, lane] + region[RECEIVED, n, lane] + deficit
            region[INCOME, n, lane] = region[VALUE_ADDED, n, lane] + received


@inner
def gaps(tables: Tables, tile: Tile, shortages: Shortages, short: int) -> None:
    """DEMAND_GAP = implied X/X0 - X/X0, LABOUR_GAP = wages paid over wage bill - 1, and the WORST of all gaps."""
    regions, sectors = tables.value_added_share.shape
    market, region, worst = tile.market, tile.region, tile.lane[WORST, 0]
    used = REST_OUTPUT if tables.nodes.share.size > 0 else OUTPUT
    for n in range(regions):
        multiply(tables.io[n], market[used, n], market[WORK2, n])
        add_scaled(tables.final_share[n], region[INCOME, n : n + 1], market[WORK2, n])
        sum_products(tables.value_added_share[n], market[used, n], region[LABOUR_GAP, n : n + 1])
    if tables.nodes.share.size > 0:
        add_input_demand(tables, tile)
    new, x = tile.flat[WORK2], tile.vector[0, (regions + regions * sectors) * LANES :]
    unit, live = tables.wide[WIDE_UNIT], tables.wide[WIDE_LIVE]
    gap, price, relative = tile.flat[DEMAND_GAP], tile.flat[PRICE_GAP], tile.flat[WORK1]
    for q in range(gap.size):
        gap[q] = new[q] * unit[q] - x[q] * live[q]
        relative[q] = max(abs(gap[q]) / x[q], abs(price[q]))
    paid, wages = region[LABOUR_GAP].reshape(-1), region[VALUE_ADDED].reshape(-1)
    for q in range(paid.size):
        paid[q] = paid[q] / wages[q] - 1.0
    for lane in range(LANES):
        worst[lane] = 0.0
    for row in range(regions * sectors):
        for lane in range(LANES):
            worst[lane] = max(worst[lane], relative[row * LANES + lane])
    for n in range(regions):
        for lane in range(LANES):
            worst[lane] = max(worst[lane], abs(region[LABOUR_GAP, n, lane]))
    for c in range(short):
        n, z = shortages.pairs[c, 0], shortages.pairs[c, 1]
        scarcity, gap = (
            tile.unknown[0, scarcity_row(tables, n, z)],
            tile.pair[GAP, n * tables.nodes.normal.shape[1] + z],
        )
        for lane in range(LANES):
            worst[lane] = max(worst[lane], abs(scarcity_gap(scarcity[lane], gap[lane], tables.log_ceiling[z])))


@inner
def is_sound(tables: Tables, tile: Tile, shortages: Shortages, short: int, lane: int) -> bool:
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
    for c in range(short):
        n, z = shortages.pairs[c, 0], shortages.pairs[c, 1]
        scarcity = tile.unknown[0, scarcity_row(tables, n, z), lane]
        pair = n * tables.nodes.normal.shape[1] + z
        gap = tile.pair[GAP, pair, lane]  # may be infinite where nothing is available, or nothing asked for
        everything += scarcity_gap(scarcity, gap, tables.log_ceiling[z])
        if math.isnan(gap) or not tile.pair[SPENT, pair, lane] > 0.0:
            return False
    return everything - everything == 0.0
