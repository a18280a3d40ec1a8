"""Bilateral spending recovered from an equilibrium's wages, prices and spending."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tariffsim.economy.primitives import Array

if TYPE_CHECKING:
    from tariffsim.economy.equilibrium import Equilibrium


def spending_by_source(equilibrium: Equilibrium) -> tuple[Array, Array]:
    """pi' X' and the ration wedge mu, both (worlds, N, N, S), with one row per world."""
    base, policies = equilibrium.economy.primitives, equilibrium.policies
    regions, sectors = base.value_added_share.shape
    log_cost = _log_cost(equilibrium)[:, None]
    log_price = np.log(equilibrium.prices).reshape(-1, regions, 1, sectors)
    spending = equilibrium.expenditure.reshape(-1, regions, 1, sectors)
    value = policies.kernel * np.exp(-base.theta * (log_cost - log_price))
    if policies.cap.shape[1] > 1:
        mu = _ration_wedge(equilibrium, value * spending * policies.per_unit, log_cost)
        value = np.where(np.isinf(mu), 0.0, value * (1.0 + np.where(np.isinf(mu), 0.0, mu)) ** -base.theta)
    else:
        mu = np.zeros_like(value)
    total = value.sum(axis=2, keepdims=True)
    return spending * np.divide(value, total, out=np.zeros_like(value), where=total > 0.0), mu


def _log_cost(equilibrium: Equilibrium) -> Array:
    """ln ch (worlds, N, S) = g ln wh + sum_k G ln Ph_k - ln Ah."""
    base, policies = equilibrium.economy.primitives, equilibrium.policies
    regions, sectors = base.value_added_share.shape
    log_wage = np.log(equilibrium.wages).reshape(-1, regions, 1)
    log_price = np.log(equilibrium.prices).reshape(-1, regions, sectors)
    inputs: Array = np.einsum("ikj,bik->bij", base.io, log_price)
    return base.value_added_share * log_wage + inputs - policies.log_productivity


def _ration_wedge(equilibrium: Equilibrium, free_flow: Array, log_cost: Array) -> Array:
    """mu >= 0 that brings the quantity (free flow / M0) / ch down to the cap; infinite at a cap of 0."""
    base, cap = equilibrium.economy.primitives, equilibrium.policies.cap
    quantity = np.divide(free_flow, base.flows, out=np.zeros_like(free_flow), where=base.flows > 0.0)
    quantity = quantity * np.exp(-log_cost)
    ratio = np.divide(quantity, cap, out=np.full_like(quantity, np.inf), where=cap > 0.0)
    ratio = np.where(quantity > 0.0, ratio, 0.0)
    mu: Array = np.where(ratio > 1.0, ratio ** (1.0 / (1.0 + base.theta)) - 1.0, 0.0)
    return mu
