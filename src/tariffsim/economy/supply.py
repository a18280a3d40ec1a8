"""From licences and stocks to what users of critical inputs can have, and who earns its scarcity rent."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tariffsim.economy.nodes import Node
from tariffsim.economy.primitives import Array
from tariffsim.economy.quota import quota_productivity
from tariffsim.errors import EconomyError


class Supply(NamedTuple):
    """Critical inputs of market form (Z of them) and the productivity that quotas of the others cost."""

    available: Array  # (..., N, Z) hats; infinity where no supplier is under licence
    receivers: Array  # (..., Z, N, N) share of user n's rent that i receives: [z, n, i]
    quota: Array | None  # (..., N, S) productivity hats


def available(share: Array, licences: Array, stocks: Array) -> Array:
    """sum over suppliers of share x licence, plus stocks; infinity where nobody's licence is below 1.

    share (N, N) [user, supplier]; licences (..., N, N); stocks (..., N): result (..., N).
    """
    restricted = ((share > 0.0) & (licences < 1.0)).any(axis=-1)
    return np.asarray(np.where(restricted, (share * licences).sum(axis=-1) + stocks, np.inf))


def supply_of(nodes: tuple[Node, ...], licences: Array, stocks: Array) -> Supply:
    """The policy in critical inputs: licences (..., N, N, Z) and stocks (..., N, Z) over all `nodes`.

    Raises EconomyError where nothing is available and nothing else can be had (no backstop price).
    """
    regions = licences.shape[-3]
    lead = np.broadcast_shapes(licences.shape[:-3], stocks.shape[:-2])
    granted = np.ascontiguousarray(np.moveaxis(licences, -1, 0))
    amounts, rents = [np.zeros((*lead, regions, 0))], [np.zeros((0, regions, regions))]
    quota = None
    for z, node in enumerate(nodes):
        amount = np.broadcast_to(available(node.supplier_share, granted[z], stocks[..., z]), (*lead, regions))
        _insist(node, amount)
        if node.rationing == "market":
            amounts.append(amount[..., None])
            rents.append(_receivers(node, granted[z])[..., None, :, :])
            continue
        hat = quota_productivity(node.cost_share, np.minimum(amount, 1.0), node.rho, node.backstop_price)
        quota = hat if quota is None else quota * hat
    shape = np.broadcast_shapes(*(rent.shape[:-3] for rent in rents))
    receivers = [np.broadcast_to(rent, (*shape, *rent.shape[-3:])) for rent in rents]
    return Supply(np.concatenate(amounts, axis=-1), np.concatenate(receivers, axis=-3), quota)


def _insist(node: Node, amount: Array) -> None:
    used = (node.cost_share > 0.0).any(axis=1)
    if np.isinf(node.backstop_price) and ((amount == 0.0) & used).any():
        raise EconomyError(f"{node.name}: nothing is available and nothing replaces it; give it a backstop_price.")


def _receivers(node: Node, licences: Array) -> Array:
    """(..., N, N) [user, receiver]; rows add up to 1, or to 0 where rents are lost."""
    regions = len(node.supplier_share)
    if node.rent == "user":
        return np.eye(regions)
    if node.rent == "lost":
        return np.zeros((regions, regions))
    held = node.supplier_share * ((licences < 1.0) if node.rent == "owner" else licences)
    total = held.sum(axis=-1, keepdims=True)
    # nobody delivers or nobody is under licence: there is no rent to hand out, or all of it is the owners'
    shares = np.divide(held, total, out=np.zeros_like(held), where=total > 0.0)
    return np.asarray(np.where(total > 0.0, shares, node.supplier_share))
