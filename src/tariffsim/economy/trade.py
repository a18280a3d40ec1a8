"""Bilateral spending recovered from wages, prices and spending: `kernel` does not store it."""

from __future__ import annotations

import numpy as np

from tariffsim.economy.primitives import Array, Policies, Primitives


def spending_by_source(
    base: Primitives, policies: Policies, wages: Array, prices: Array, spending: Array
) -> tuple[Array, Array]:
    """pi' X' and the ration wedge mu, both (worlds, N, N, S), from hats with one row per world."""
    log_cost = _log_cost(base, policies, np.log(wages), np.log(prices))[:, None]
    value = policies.kernel * np.exp(-base.theta * (log_cost - np.log(prices)[:, :, None]))
    if policies.cap.shape[1] > 1:
        free_flow = value * spending[:, :, None] * policies.per_unit
        mu = _ration_wedge(base, policies.cap, free_flow, log_cost)
        value = np.where(np.isinf(mu), 0.0, value * (1.0 + np.where(np.isinf(mu), 0.0, mu)) ** -base.theta)
    else:
        mu = np.zeros_like(value)
    total = value.sum(axis=2, keepdims=True)
    shares = np.divide(value, total, out=np.zeros_like(value), where=total > 0.0)
    return spending[:, :, None] * shares, mu


def _log_cost(base: Primitives, policies: Policies, log_wage: Array, log_price: Array) -> Array:
    """ln ch (worlds, N, S) = g ln wh + sum_k G ln Ph_k - ln Ah."""
    inputs: Array = np.einsum("ikj,bik->bij", base.io, log_price)
    return base.value_added_share * log_wage[:, :, None] + inputs - policies.log_productivity


def _ration_wedge(base: Primitives, cap: Array, free_flow: Array, log_cost: Array) -> Array:
    """mu >= 0 that brings the quantity (free flow / M0) / ch down to the cap; infinite at a cap of 0."""
    quantity = np.divide(free_flow, base.flows, out=np.zeros_like(free_flow), where=base.flows > 0.0)
    quantity = quantity * np.exp(-log_cost)
    ratio = np.divide(quantity, cap, out=np.full_like(quantity, np.inf), where=cap > 0.0)
    ratio = np.where(quantity > 0.0, ratio, 0.0)
    mu: Array = np.where(ratio > 1.0, ratio ** (1.0 / (1.0 + base.theta)) - 1.0, 0.0)
    return mu
