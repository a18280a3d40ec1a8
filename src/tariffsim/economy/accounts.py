"""Do the books of an equilibrium close? Recomputed from flows, apart from the kernel's own residual."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tariffsim.economy.equilibrium import Equilibrium
from tariffsim.economy.primitives import Array


class Accounts(NamedTuple):
    """Largest relative gap per world (...); each is 0 up to the tolerance of the solve."""

    labour: Array  # all N labour markets: wages the sectors pay against wh w L
    trade_balance: Array  # imports - exports at the border against D', over income
    walras: Array  # world spending against world income, over world income


def closing_gaps(equilibrium: Equilibrium) -> Accounts:
    """Gaps in labour markets, trade balances (rents included) and the world sum (NaN: no equilibrium)."""
    economy, trade = equilibrium.economy, equilibrium.trade
    share = equilibrium.sector_value_added / np.where(equilibrium.output > 0.0, equilibrium.output, 1.0)
    paid = (share * trade.sum(axis=-3)).sum(axis=-1)
    labour = np.abs(paid / (equilibrium.wages * economy.value_added) - 1.0).max(axis=-1)
    border = equilibrium.border_value
    imports, exports = border.sum(axis=(-2, -1)), border.sum(axis=(-3, -1))
    net_rents = equilibrium.input_rents_received - equilibrium.input_rents_paid
    gap = imports - exports - new_deficits(equilibrium) - net_rents
    balance = np.abs(gap / equilibrium.income).max(axis=-1)
    inputs = (equilibrium.output - equilibrium.sector_value_added).sum(axis=-1) - equilibrium.input_rents_paid
    income = equilibrium.income.sum(axis=-1)
    spent = (equilibrium.expenditure.sum(axis=-1) - inputs).sum(axis=-1)
    return Accounts(labour, balance, np.abs(spent / income - 1.0))


def new_deficits(equilibrium: Equilibrium) -> Array:
    """D' (..., N) by the closure, million USD."""
    economy, value_added = equilibrium.economy, equilibrium.value_added
    deficits = np.broadcast_to(economy.deficits, value_added.shape)
    if economy.closure == "balanced":
        return np.zeros_like(deficits)
    if economy.closure == "fixed":
        return deficits
    if economy.closure == "value_added_share":
        own = deficits * value_added / economy.value_added
        share = value_added / value_added.sum(axis=-1, keepdims=True)
        return np.asarray(own - own.sum(axis=-1, keepdims=True) * share)
    rents = equilibrium.rents + equilibrium.input_rents_received
    gdp = value_added + equilibrium.revenue + equilibrium.export_tax_revenue + rents
    scale = gdp.sum(axis=-1) / (economy.value_added + economy.revenue).sum()
    return np.asarray(deficits * scale[..., None])
