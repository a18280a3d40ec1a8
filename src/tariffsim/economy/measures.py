"""What an equilibrium means: welfare and its parts, quantities, winners and losers, who sells instead of whom.

Pure functions of an `Equilibrium`; `...` are its batch axes. n is the importer or the region, i the exporter, j
the sector. A hat (ch) is new over base year, a prime the new level. Levels are million USD, in the numeraire
(world value added fixed) unless "at base-year prices" is said; a world without an equilibrium gives NaN.
Exact real income, price indices, wages, output, duties and the effective tariff are on `Equilibrium` itself.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tariffsim.economy.equilibrium import Equilibrium
from tariffsim.economy.primitives import Array


class DeadweightLoss(NamedTuple):
    """Million USD at base-year prices, (..., N) each.

    burden: loss of income other than government's and rents. revenue: more duties, export taxes and ration rents
    received. loss: `burden` - `revenue`, what no revenue matches.
    """

    burden: Array
    revenue: Array
    loss: Array


class TradeDiversion(NamedTuple):
    """Million USD, (..., N, N, S) each; own trade is 0.

    change: of imports from a partner, `creation` + `diversion`. creation: the partner's base-year share of the
    change in all imports of the good. diversion: what its share changed; sums to 0 over partners.
    """

    change: Array
    creation: Array
    diversion: Array


class SectorGains(NamedTuple):
    """Fractions, (..., N, S) each.

    change: of real value added, 0 where the sector does not exist. contribution: change weighted with the sector's
    share of the region's base-year value added; sums over sectors to `real_wage`.
    """

    change: Array
    contribution: Array


# ---------------------------------------------------------------------- welfare
def equivalent_variation(equilibrium: Equilibrium) -> Array:
    """EV_n = I_n (Wh_n - 1), (..., N), million USD at base-year prices.

    The income that would have been worth as much as the new equilibrium at the prices of the base year; exact,
    since preferences are homothetic. I_n is base-year income, Wh_n - 1 is `Equilibrium.real_income`.
    """
    return np.asarray(equilibrium.economy.income * equilibrium.real_income)


def terms_of_trade(equilibrium: Equilibrium) -> Array:
    """ToT_nij = [M_inj (ch_nj - 1) - M_nij (ch_ij - 1)] / I_n, (..., N, N, S), fraction of base income.

    By partner i and sector j, with base-year flows and income; sum over i and j for the region. Own trade
    gives 0, and I_n ToT_nij = -I_i ToT_inj. First order only: the measure that Caliendo & Parro (2015,
    Review of Economic Studies 82(1)) print, which is not exact real income.
    """
    economy, rise = equilibrium.economy, equilibrium.unit_cost - 1.0
    sold = economy.flows.swapaxes(0, 1) * rise[..., :, None, :]
    bought = economy.flows * rise[..., None, :, :]
    return np.asarray((sold - bought) / economy.income[:, None, None])


def volume_of_trade(equilibrium: Equilibrium) -> Array:
    """VoT_nij = t_nij M_nij [(Mh_nij - 1) - (ch_ij - 1)] / I_n, (..., N, N, S), fraction of base income.

    The base-year duty on each flow times its change in volume, to first order (Caliendo & Parro 2015); zero
    wherever the base-year tariff is.
    """
    economy = equilibrium.economy
    volume = equilibrium.trade - economy.flows * equilibrium.unit_cost[..., None, :, :]
    return np.asarray(economy.tariffs * volume / economy.income[:, None, None])


def first_order_welfare(equilibrium: Equilibrium) -> Array:
    """sum_ij (ToT_nij + VoT_nij), (..., N), fraction of base income: the welfare that Caliendo & Parro print.

    Equals real income to first order for small changes of tariffs if deficits stay what they are (closures
    `balanced` and `fixed`). Changes of deficits, productivity, trade costs, export taxes, rations and critical
    inputs have terms of their own that it leaves out, and for large changes it can be far off.
    """
    parts = terms_of_trade(equilibrium) + volume_of_trade(equilibrium)
    return np.asarray(parts.sum(axis=(-2, -1)))


def real_wage(equilibrium: Equilibrium) -> Array:
    """wh_n / Ph_n - 1, (..., N), fraction; Ph_n is the consumer price index prod_j Ph_nj^a_nj."""
    return np.asarray(equilibrium.wages / equilibrium.price_index - 1.0)


def log_real_wage(equilibrium: Equilibrium) -> Array:
    """ln(wh_n / Ph_n), (..., N), log points."""
    return np.asarray(np.log(equilibrium.wages / equilibrium.price_index))


def deadweight_loss(equilibrium: Equilibrium) -> DeadweightLoss:
    """Real income lost and not matched by revenue, (..., N), million USD at base-year prices.

    With R all duties, export taxes and ration rents received, and B = I - R the rest of income:

        burden_n = B_n - B'_n / Ph_n,   revenue_n = R'_n / Ph_n - R_n,   loss_n = burden_n - revenue_n = -EV_n

    (excess burden: Auerbach 1985, Handbook of Public Economics 1, ch. 2; for tariffs: Amiti, Redding &
    Weinstein 2019, Journal of Economic Perspectives 33(4)). A region's own loss also holds what it takes from
    others through the terms of trade and may be negative; in the sum over regions, the loss of the world that
    no transfer between regions could make good, the terms of trade cancel to first order (Harberger 1971,
    Journal of Economic Literature 9(3)).
    """
    economy, index = equilibrium.economy, equilibrium.price_index
    taken = equilibrium.revenue + equilibrium.export_tax_revenue + equilibrium.rents
    revenue = taken / index - economy.revenue
    burden = economy.income - economy.revenue - (equilibrium.income - taken) / index
    return DeadweightLoss(np.asarray(burden), np.asarray(revenue), np.asarray(burden - revenue))


# ---------------------------------------------------------------------- quantities and sectors
def real_output(equilibrium: Equilibrium) -> Array:
    """Y'_nj / ch_nj, (..., N, S), million USD at base-year prices: the quantity produced.

    Nominal output Y' is `Equilibrium.output`; Y' / (ch Y) is the hat of the quantity.
    """
    return np.asarray(equilibrium.output / equilibrium.unit_cost)


def winners_and_losers(equilibrium: Equilibrium) -> SectorGains:
    """Real value added by sector and what each adds to the region's real wage, (..., N, S), fractions.

        change_nj = VA'_nj / (Ph_n VA_nj) - 1,   contribution_nj = (VA'_nj / Ph_n - VA_nj) / sum_k VA_nk

    Value added is deflated with the consumer price index: what the factors employed in the sector can buy. With
    one mobile factor a sector wins by employing more of it.
    """
    economy = equilibrium.economy
    before = economy.value_added_share * economy.output
    gain = equilibrium.sector_value_added / equilibrium.price_index[..., None] - before
    change = np.divide(gain, before, out=np.zeros_like(gain), where=before > 0.0)
    return SectorGains(change, np.asarray(gain / economy.value_added[:, None]))


# ---------------------------------------------------------------------- trade
def trade_diversion(equilibrium: Equilibrium) -> TradeDiversion:
    """Change of imports by partner and sector, split into creation and diversion, (..., N, N, S), million USD.

    With T_nj = sum_{i != n} M_nij all imports of a good (net of duties) and s_nij = M_nij / T_nj the partner's share,

        M'_nij - M_nij = s_nij (T'_nj - T_nj)  [creation]  +  (s'_nij - s_nij) T'_nj  [diversion],

    exactly, also after summing over sectors or partners (a shift-share split; trade creation and diversion are
    Viner's terms, 1950). Under a tariff on one partner, creation is negative as a rule and diversion positive for
    third countries.
    """
    economy = equilibrium.economy
    away = ~np.eye(len(economy.regions), dtype=np.bool_)[:, :, None]
    before, after = economy.flows * away, equilibrium.trade * away
    total, new_total = before.sum(axis=-2, keepdims=True), after.sum(axis=-2, keepdims=True)
    share = np.divide(before, total, out=np.zeros_like(before), where=total > 0.0)
    creation = share * (new_total - total)
    return TradeDiversion(after - before, creation, after - share * new_total)
