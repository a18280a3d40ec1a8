"""Delivery of licensed inputs: approval, capacity, lag, stocks (docs/explanation/model.md, supply over time).

delivered_t = min(approved, capacity_t), up only after the lag;   capacity_{t+1} = capacity + kappa (1 - capacity)
a shortage draws on the stock, months of use per month; full delivery rebuilds it

One step of one kind of supply each; `supply_path.py` runs them for all suppliers of an input, the simulation for its
levers. Worlds W are the first axis, K what is delivered, by lever or by user.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tariffsim.economy.primitives import Array


def grow(capacity: Array, kappa: Array, most: Array | float = 1.0) -> Array:
    """Capacity a period later, `kappa` in [0, 1] of the gap to `most` closed; arguments broadcast."""
    return np.asarray(capacity + kappa * (most - capacity))


def deliver(delivered: Array, approved: Array, capacity: Array, waiting: npt.NDArray[np.int64]) -> Array:
    """Share delivered (W, K): cuts bite at once, releases wait for `waiting` periods and keep to capacity."""
    released = np.maximum(delivered, np.minimum(approved, capacity))
    raised = np.where(waiting > 0, delivered, released)
    return np.minimum(raised, approved)


def use_stock(
    delivered: Array, stock: Array, normal: Array, rebuild: Array, months: float, owner_share: Array
) -> tuple[Array, Array]:
    """What users can use (W, K), as a share of the owner's normal supply, and the stock left (months of total use).

    A missing share owner_share * (1 - delivered) of total use is met from the stock while it lasts. `normal` is the
    stock that full delivery rebuilds to (months of total use), by `rebuild` (share of a month's use per month).
    """
    missing = owner_share * (1.0 - delivered)
    drawn = np.minimum(missing * months, stock)
    usable = np.minimum(1.0, delivered + _share(drawn, owner_share * months))
    room = np.maximum(normal - (stock - drawn), 0.0)
    refill = np.where(missing <= 0.0, np.minimum(rebuild * months, room), 0.0)
    return usable, stock - drawn + refill


def _share(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
