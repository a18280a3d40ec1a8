"""How one world's critical inputs respond: derivatives of bill shares, bills, rents and suppliers' sales.

Everything is local to the user region n: it moves with ln cb_nj (cost of everything else), ln r_nz = ln p + ln P
of the input's sector, and output. At a step that joins an input, d ln L = (1-beta) d ln L_before + beta d ln r and
d beta = (1-rho) beta (1-beta) (d ln r - d ln L_before); shares in the whole bill follow by the product rule.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from tariffsim.economy.primitives import Array, Policies, Primitives
from tariffsim.economy.residual import BACKSTOP, BINDING, Snapshot, joining_order


class InputResponses:
    """Slopes of one snapshot; K directions or multipliers on the last axis of arguments."""

    def __init__(self, base: Primitives, policy: Policies, now: Snapshot) -> None:
        nodes, p = base.nodes, np.exp(now.point.log_scarcity)
        self.nodes, self.mix, self.output, self.bill = nodes, now.mix, now.output, now.bill
        self.receivers = policy.receivers[0]
        self.binding = (now.state == BINDING).astype(np.float64)
        backstop = now.state == BACKSTOP
        self.rent_by_bill = np.where(backstop, 0.0, 1.0 - 1.0 / p)
        resource = np.exp(now.point.log_prices[:, nodes.sector]) * nodes.normal
        ceiling = np.where(backstop, policy.available[0], 0.0) * resource * p  # what is available, at its price
        self.rent_by_resource = self.rent_by_available = np.where(backstop, now.rents, 0.0)
        self.rent_by_scarcity = np.where(backstop, ceiling, now.bill / p)
        self.kept = (~nodes.lost).astype(np.float64)  # rents that are not suppliers' sales
        self.use_by_bill = np.divide(self.binding, now.bill, out=np.zeros_like(now.bill), where=self.binding > 0.0)

    @cached_property
    def _shares(self) -> tuple[Array, Array]:
        """d rest (N, S, 1+Z) and d bill shares (Z, N, S, 1+Z) by (ln cb, ln r)."""
        z_all = len(self.nodes.sector)
        cost = np.zeros((*self.mix.rest.shape, 1 + z_all))
        cost[..., 0] = 1.0
        rest, bill, shares = np.zeros_like(cost), np.zeros((z_all, *cost.shape)), np.zeros_like(self.mix.bill)
        whole = np.ones_like(self.mix.rest)
        for z in joining_order(self.nodes):
            beta = self.mix.step[z]
            gain = -cost
            gain[..., 1 + z] += 1.0
            slope = ((1.0 - self.nodes.rho[z]) * beta * (1.0 - beta))[..., None] * gain
            cost += beta[..., None] * gain
            bill *= (1.0 - beta)[..., None]
            bill -= shares[..., None] * slope
            rest = rest * (1.0 - beta)[..., None] - whole[..., None] * slope
            shares *= 1.0 - beta
            whole = whole * (1.0 - beta)
            bill[z], shares[z] = slope, beta
        return rest, bill

    @cached_property
    def paid_slopes(self) -> tuple[Array, Array]:
        """d (b0 Y') by ln cb (N, S) and by ln r (N, S, Z) at given output, million USD."""
        rest = self._shares[0] * self.output[..., None]
        return rest[..., 0], rest[..., 1:]

    @cached_property
    def bill_slopes(self) -> tuple[Array, Array, Array]:
        """d B by Y' (N, Z, S), by ln cb (N, Z, S) and by ln r (N, Z, Z)."""
        bill = self._shares[1] * self.output[..., None]
        by_resource = bill[..., 1:].sum(axis=2).swapaxes(0, 1)
        return np.moveaxis(self.mix.bill, 0, 1), np.moveaxis(bill[..., 0], 0, 1), by_resource

    @cached_property
    def cost_by_price(self) -> Array:
        """(N, S, S) of ln c_j by ln P_k that comes through the inputs alone: [n, k, j]."""
        table = np.zeros((*self.mix.rest.shape, self.mix.rest.shape[1]))
        for z, k in enumerate(self.nodes.sector):
            table[:, k] += self.mix.bill[z]
        return table

    @cached_property
    def sales_by_output(self) -> Array:
        """(N, S, S) of suppliers' sales of good k by output j of the user: [n, k, j], million USD."""
        table = np.zeros((*self.mix.rest.shape, self.mix.rest.shape[1]))
        for z, k in enumerate(self.nodes.sector):
            table[:, k] += self.mix.bill[z] * (1.0 - self.kept[z] * self.rent_by_bill[:, z, None])
        return table

    @cached_property
    def income_by_output(self) -> Array:
        """(S, N, N) of rents received by i by output j of user n: [j, i, n], million USD."""
        earned = np.einsum("znj,nz->znj", self.mix.bill, self.rent_by_bill)
        return np.ascontiguousarray(np.einsum("zni,znj->jin", self.receivers, earned))

    def bills(self, output: Array, cost: Array, resource: Array) -> Array:
        """d B (N, Z, K) from d Y' (N, S, K), d ln cb (N, S, K), d ln r (N, Z, K)."""
        by_output, by_cost, by_resource = self.bill_slopes
        return by_output @ output + by_cost @ cost + by_resource @ resource

    def rents(self, bill: Array, resource: Array, scarcity: Array) -> Array:
        """d R (N, Z, K) from d B, d ln P of the input's sector and d ln p."""
        from_price = self.rent_by_resource[..., None] * resource + self.rent_by_scarcity[..., None] * scarcity
        return self.rent_by_bill[..., None] * bill + from_price
