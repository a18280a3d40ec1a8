"""What critical inputs cost at an equilibrium and who earns it, recovered like the flows (`nodes.py`)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tariffsim.economy.costs import Costs
from tariffsim.economy.primitives import Array, Policies, Primitives


class NodeAccounts(NamedTuple):
    """One row per world; Z inputs of market form. Money in million USD."""

    bill: Array  # (worlds, N, Z) B, what the sectors of n pay
    use: Array  # (worlds, N, Z) u, quantity used relative to the base year
    rent: Array  # (worlds, N, Z) R = B (1 - 1/p) lambda, what of the bill the scarcity price adds
    suppliers: Array  # (worlds, N, Z) E, sales of the goods the inputs are slices of
    received: Array  # (worlds, N) rents earned
    paid: Array  # (worlds, N) rents that users pay to whoever earns them; none where they are lost


def node_accounts(
    base: Primitives, policies: Policies, cost: Costs, log_prices: Array, log_scarcity: Array, output: Array
) -> NodeAccounts:
    """Accounts of W worlds; ln Ph, Y' (W, N, S), ln p (W, N, Z)."""
    nodes = base.nodes
    bill = np.zeros_like(log_scarcity)
    for e, (z, n, j) in enumerate(nodes.entries):
        bill[:, n, z] += cost.bill_share[:, e] * output[:, n, j]
    price, resource = np.exp(log_scarcity), np.exp(log_prices[:, :, nodes.sector])
    normal = np.where(nodes.normal > 0.0, nodes.normal, 1.0)
    use = np.where(nodes.normal > 0.0, bill / (price * resource * normal), 1.0)
    at_ceiling = log_scarcity >= np.log(nodes.ceiling)
    fits = np.divide(policies.available, use, out=np.ones_like(use), where=at_ceiling & (use > policies.available))
    rent = bill * (1.0 - 1.0 / price) * fits
    handed_on = np.where(nodes.lost, 0.0, rent)
    receivers = np.broadcast_to(policies.receivers, (len(bill), *policies.receivers.shape[1:]))
    received = np.einsum("bnz,bzni->bi", handed_on, receivers)
    return NodeAccounts(bill, use, rent, bill - handed_on, received, handed_on.sum(axis=-1))
