"""Bilateral flows recovered from costs, prices and spending: the kernel does not store them.

Arrays have one row per world.
"""

from __future__ import annotations

import numpy as np

from tariffsim.economy.primitives import Array, Policies, Primitives


def spending_by_source(
    base: Primitives, policies: Policies, log_cost: Array, log_prices: Array, spending: Array
) -> tuple[Array, Array]:
    """pi' X' and the ration wedge mu, both (worlds, N, N, S); ln ch and ln Ph (worlds, N, S)."""
    log_cost = log_cost[:, None]
    value = _kernel(base, policies) * np.exp(-base.theta * (log_cost - log_prices[:, :, None]))
    if policies.cap.shape[1:] == base.share.shape:
        free_flow = value * spending[:, :, None] * per_unit(policies)
        mu = _ration_wedge(base, policies.cap, free_flow, log_cost)
        value = np.where(np.isinf(mu), 0.0, value * (1.0 + np.where(np.isinf(mu), 0.0, mu)) ** -base.theta)
    else:
        mu = np.zeros_like(value)
    total = value.sum(axis=2, keepdims=True)
    shares = np.divide(value, total, out=np.zeros_like(value), where=total > 0.0)
    return spending[:, :, None] * shares, mu


def per_unit(policies: Policies) -> Array:
    """1 / ((1+t')(1+x')) (worlds or 1, N, N, S): what is left of spending after duty and export tax."""
    return np.asarray(1.0 / ((1.0 + policies.tariffs) * (1.0 + policies.export_tax)))


def duty_share(policies: Policies) -> Array:
    """t' / (1+t') (worlds or 1, N, N, S): duty in spending at user prices."""
    return np.asarray(policies.tariffs / (1.0 + policies.tariffs))


def new_flows(
    base: Primitives, policies: Policies, log_cost: Array, log_prices: Array, spending: Array
) -> tuple[Array, Array]:
    """M' and pi' (N, N, S) of one world (arrays with one row)."""
    spent, mu = spending_by_source(base, policies, log_cost, log_prices, spending)
    flows = spent * per_unit(policies)
    if policies.rent < 2:
        flows = np.where(np.isinf(mu), 0.0, flows / (1.0 + np.where(np.isinf(mu), 1.0, mu)))
    total = spending[0][:, None]
    share = np.divide(spent[0], total, out=np.zeros_like(spent[0]), where=total > 0.0)
    return flows[0], share


def _kernel(base: Primitives, policies: Policies) -> Array:
    """pi0 kh^-theta, with kh = d (1+x') (1+t')/(1+t0), before the ration wedge."""
    hat = (1.0 + policies.tariffs) / (1.0 + base.tariffs) * (1.0 + policies.export_tax) * policies.iceberg
    power = np.where(np.isinf(hat), 0.0, np.where(np.isinf(hat), 1.0, hat) ** -base.theta)
    return np.asarray(base.share * power)


def _ration_wedge(base: Primitives, cap: Array, free_flow: Array, log_cost: Array) -> Array:
    """mu >= 0 that brings the quantity (free flow / M0) / ch down to the cap; infinite at a cap of 0."""
    quantity = np.divide(free_flow, base.flows, out=np.zeros_like(free_flow), where=base.flows > 0.0)
    quantity = quantity * np.exp(-log_cost)
    ratio = np.divide(quantity, cap, out=np.full_like(quantity, np.inf), where=cap > 0.0)
    ratio = np.where(quantity > 0.0, ratio, 0.0)
    mu: Array = np.where(ratio > 1.0, ratio ** (1.0 / (1.0 + base.theta)) - 1.0, 0.0)
    return mu
