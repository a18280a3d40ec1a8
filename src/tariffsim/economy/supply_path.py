"""Supply of a critical input over time: licences in layers, stocks, and users who turn away from the owner.

    licence_ni,t  = product over the layers l of owner i in force of delivered_l,ni,t          (`delivery.py`)
    missing_n,t   = sum_i m_ni,t (1 - licence_ni,t),   met from the stock while it lasts
    h_ni,t+1      = h_ni,t + (1 - licence_ni,t) dt,    months of supply that i has withheld from n, never forgotten
    m_ni,t        = m_ni 2^(-h_ni,t / T) for i other than n;  n's own makers, whom nobody licenses, get what is lost
    rho_n,t       = rho_long + (rho - rho_long) 2^(-H_n,t / T),   H the months of its whole use that n was denied

T is the half-life in months of withheld supply: an embargo of T months halves what the owner can ever withhold.
Every use of the weapon blunts it. (docs/explanation/model.md, supply over time)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tariffsim.economy import checks
from tariffsim.economy.delivery import deliver, use_stock
from tariffsim.economy.nodes import Node
from tariffsim.economy.primitives import Array
from tariffsim.errors import EconomyError


@dataclass(frozen=True, eq=False)
class Layer:
    """One licensing regime for exports of an owner; several of the same owner multiply. Its own users need none.

    owner: position of the supplier. approved: share of normal trade that is approved, a number or (..., T, N) by
    period and user. lag_months: months from approval to delivery; a cut bites at once. capacity: what the office can
    clear of trade that was cut, a share of normal trade, like `approved`; what never stopped needs no clearing.
    """

    owner: int
    approved: npt.ArrayLike
    lag_months: float = 0.0
    capacity: npt.ArrayLike = 1.0


@dataclass(frozen=True, eq=False)
class SupplyPath:
    """T periods of supply; worlds first, then time, then the axes of `Wedges`. Shares are of a user's normal use.

    `licences` and `stocks` are one input of `Wedges.licences` and `Wedges.stocks` with time as a batch axis, for the
    node with its base-year supplier shares.
    """

    licences: Array  # (..., T, N, N) [user, supplier] delivered share of normal trade
    stocks: Array  # (..., T, N) what comes on top: drawn from stock, and from suppliers that users turned to
    available: Array  # (..., T, N) in [0, 1]: everything users can have
    drawn: Array  # (..., T, N) from stock
    stock: Array  # (..., T+1, N) months of normal use at the start of each period, and at the end
    supplier_share: Array  # (..., T, N, N) m, rows sum to 1
    rho: Array  # (..., T, N) elasticity that each user has reached; a `Node` has one for all


def simulate_supply(
    node: Node,
    layers: Sequence[Layer],
    periods: int,
    months: float,
    *,
    stock_months: npt.ArrayLike,
    stock_normal: npt.ArrayLike | None = None,
    rebuild_share: npt.ArrayLike = 0.0,
    half_life: float = math.inf,
    rho_long: float | None = None,
) -> SupplyPath:
    """Supply of `node` in T = `periods` periods of `months` each, from full supply before the first.

    Parameters
    ----------
    layers: licensing regimes; none is full supply.
    stock_months: stock at the start, months of normal use, a number or (..., N). Users draw what is missing.
    stock_normal: what full supply rebuilds it to, like `stock_months` (None: the stock at the start).
    rebuild_share: of a month's normal use that goes into the stock per month of full supply, like `stock_months`.
    half_life: T in months of withheld supply, for example `substitution_months` of the data; infinity, the
        default, turns diversification off.
    rho_long: elasticity that users approach with time under restriction (None: it stays `node.rho`).

    Raises EconomyError for shares outside [0, 1], negative months, an owner that is no region, or shapes that
    do not broadcast to (..., T, N).
    """
    n = len(node.supplier_share)
    _positive(periods=periods, months=months, half_life=half_life)
    delivered = _licences(layers, n, periods, months)
    stock = _amount("stock_months", stock_months)
    normal = stock if stock_normal is None else _amount("stock_normal", stock_normal)
    rebuild = _amount("rebuild_share", rebuild_share)
    lead = _broadcast([delivered.shape[:-3], *(np.atleast_1d(array).shape[:-1] for array in (stock, normal, rebuild))])
    licences = np.broadcast_to(delivered, (*lead, periods, n, n))
    stock, normal, rebuild = (_users(array, (*lead, n)) for array in (stock, normal, rebuild))
    withheld = months * (1.0 - licences)
    share = drifted_shares(node.supplier_share, np.cumsum(withheld, axis=-3) - withheld, half_life)
    missing = (share * (1.0 - licences)).sum(axis=-1)
    found = ((node.supplier_share - share) * (1.0 - licences)).sum(axis=-1)  # of what base-year suppliers withhold
    usable, left = np.empty_like(missing), [stock]
    for t in range(periods):
        at_hand = 1.0 - missing[..., t, :], left[-1], normal, rebuild
        usable[..., t, :], after = use_stock(*at_hand, months, np.ones_like(stock))
        left.append(after)
    denied = months * missing
    rho = risen_elasticity(node.rho, rho_long, np.cumsum(denied, axis=-2) - denied, half_life)
    drawn = usable - (1.0 - missing)
    return SupplyPath(licences, drawn + found, usable, drawn, np.stack(left, axis=-2), share, rho)


def drifted_shares(share: Array, withheld: Array, half_life: float) -> Array:
    """Supplier shares (..., N, N) after suppliers withheld so many months of supply (..., N, N) [user, supplier].

    A foreign supplier keeps 2^(-withheld / half_life) of its share, the user's own region gets the rest.
    """
    others = 1.0 - np.eye(len(share))
    lost = others * share * -np.expm1(-math.log(2.0) * withheld / half_life)
    return np.asarray(share - lost + np.eye(len(share)) * lost.sum(axis=-1, keepdims=True))


def risen_elasticity(rho: float, rho_long: float | None, denied: Array, half_life: float) -> Array:
    """Elasticity (...) after so many months of normal use were denied: half of the way to `rho_long` in a half-life."""
    target = rho if rho_long is None else rho_long
    return np.asarray(rho - (target - rho) * np.expm1(-math.log(2.0) * denied / half_life))


def _licences(layers: Sequence[Layer], regions: int, periods: int, months: float) -> Array:
    """Delivered shares (..., T, N, N): layers of one owner multiplied, 1 where there is none."""
    result = np.ones((periods, regions, regions))
    for layer in layers:
        if not 0 <= layer.owner < regions:
            raise EconomyError(f"owner {layer.owner} of a layer is no region: positions run from 0 to {regions - 1}.")
        shares = _delivered(layer, regions, periods, months)
        lead = _broadcast([result.shape[:-3], shares.shape[:-2]])
        result = np.array(np.broadcast_to(result, (*lead, periods, regions, regions)))
        foreign = np.arange(regions) != layer.owner
        result[..., foreign, layer.owner] *= shares[..., foreign]
    return result


def _delivered(layer: Layer, regions: int, periods: int, months: float) -> Array:
    """Delivered share (..., T, N) of one layer: the least approved within the lag, up only as capacity allows."""
    approved, capacity = (
        _by_period(name, value, periods, regions)
        for name, value in (("approved", layer.approved), ("capacity", layer.capacity))
    )
    if not layer.lag_months >= 0.0:
        raise EconomyError(f"lag_months of a layer must be at least 0, got {layer.lag_months}.")
    lag = math.ceil(layer.lag_months / months - 1e-9)
    path = np.empty(np.broadcast_shapes(approved.shape, capacity.shape))
    before, at_once = np.ones_like(path[..., 0, :]), np.zeros(regions, np.int64)
    for t in range(periods):
        arrived = approved[..., max(t - lag, 0) : t + 1, :].min(axis=-2)
        before = deliver(before, arrived, capacity[..., t, :], at_once)
        path[..., t, :] = before
    return path


def _by_period(name: str, value: npt.ArrayLike, periods: int, regions: int) -> Array:
    """A share in [0, 1] as (..., T, N)."""
    array = checks.number_array(name, value)
    checks.no_nan(name, array)
    checks.above(name, array, 0.0, inclusive=True, upper=1.0)
    return _fit(name, array, (periods, regions), "(..., periods, users)")


def _amount(name: str, value: npt.ArrayLike) -> Array:
    array = checks.number_array(name, value)
    checks.no_nan(name, array)
    checks.above(name, array, 0.0, inclusive=True)
    return array


def _users(array: Array, shape: tuple[int, ...]) -> Array:
    return np.array(_fit("stocks", array, shape, "(..., users)"))


def _fit(name: str, array: Array, tail: tuple[int, ...], axes: str) -> Array:
    try:
        return np.asarray(np.broadcast_to(array, np.broadcast_shapes(array.shape, tail)))
    except ValueError:
        raise EconomyError(f"{name} has shape {array.shape}, but {axes} asks for (..., {tail}).") from None


def _broadcast(leads: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(*leads)
    except ValueError:
        raise EconomyError(f"world axes of layers and stocks do not broadcast: {list(leads)}.") from None


def _positive(**values: float) -> None:
    for name, value in values.items():
        if not value > 0:
            raise EconomyError(f"{name} must be positive, got {value}.")
