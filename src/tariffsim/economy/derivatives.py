"""First derivatives of one world's equations at a point, as products: J v, J' y, and the same by policy.

J is never formed as a whole. It is known through tables of (N, N, S) numbers (`responses.py`,
`input_responses.py`), through what one region's changes do to its own accounts, and through two dense
blocks that `jacobian.py` needs. K directions or multipliers stand on the last axis everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from tariffsim.economy.input_responses import InputResponses
from tariffsim.economy.primitives import Array, Policies, Primitives
from tariffsim.economy.residual import Point, Snapshot
from tariffsim.economy.responses import Marks, Responses, move, pull


class Multipliers(NamedTuple):
    """Weights on what a point implies: on the rows of F and on what objectives look at."""

    labour: Array  # (N, K) of the labour rows
    price: Array  # (N, S, K) of ln P from all sources
    demand: Array  # (N, S, K) of X', per million USD
    inputs: Array  # (N, Z, K) of the rows of critical inputs
    income: Array  # (N, K) of I', per million USD
    paid: Array  # (N, S, K) of b0 Y', sales less bills of critical inputs, per million USD
    duties: Array  # (N, K) per million USD
    own: Point  # of the unknowns themselves

    def less(self, other: Multipliers) -> Multipliers:
        """The difference of two."""
        own = Point(*(a - b for a, b in zip(self.own, other.own, strict=True)))
        return Multipliers(
            self.labour - other.labour,
            self.price - other.price,
            self.demand - other.demand,
            self.inputs - other.inputs,
            self.income - other.income,
            self.paid - other.paid,
            self.duties - other.duties,
            own,
        )


class PolicyStep(NamedTuple):
    """A change of policy in K directions."""

    tariffs: Array  # (N, N, S, K) d ln (1+t)
    export_tax: Array  # (N, N, S, K) d ln (1+x)
    cap: Array  # (N, N, S, K) d ln cap
    available: Array  # (N, Z, K) d ln A


@dataclass(frozen=True, eq=False)
class Derivatives:
    """Products with the Jacobian of F at one point of one world."""

    base: Primitives
    policy: Policies
    now: Snapshot

    @cached_property
    def markets(self) -> Responses:
        """Derivatives of prices, output and trade income."""
        return Responses(self.base, self.policy, self.now)

    @cached_property
    def inputs(self) -> InputResponses:
        """Derivatives of what is paid for critical inputs."""
        return InputResponses(self.base, self.policy, self.now)

    # ------------------------------------------------------------------ forward
    def forward(self, v: Point) -> Point:
        """J v."""
        base, inputs, mix = self.base, self.inputs, self.now.mix
        cost, resource, unit, spending = self._moves(v)
        price = move(self.markets.price, unit, v.log_prices, spending)
        output = move(self.markets.output, unit, v.log_prices, spending)
        income = move(self.markets.income, unit, v.log_prices, spending).sum(axis=1)
        bill = inputs.bills(output, cost, resource)
        rents = inputs.rents(bill, v.log_prices[:, base.nodes.sector], v.log_scarcity)
        by_cost, by_resource = inputs.paid_slopes
        paid = mix.rest[..., None] * output + by_cost[..., None] * cost + by_resource @ resource
        use = inputs.use_by_bill[..., None] * bill - inputs.binding[..., None] * resource
        rows = self._rows(price, paid, income, bill, rents, use, v.log_wages)
        return Point(
            rows.log_wages,
            rows.log_prices - v.log_prices,
            rows.spending - v.spending,
            rows.log_scarcity - (1.0 - inputs.binding)[..., None] * v.log_scarcity,
        )

    def price_rows(self, v: Point) -> Array:
        """(N, S, K): the price rows of J v for the changes in wages, spending and scarcity alone."""
        _, _, unit, spending = self._moves(v._replace(log_prices=np.zeros_like(v.spending)))
        return move(self.markets.price, unit, 0.0 * spending, spending)

    def by_policy(self, step: PolicyStep) -> Point:
        """dF by policy at given unknowns."""
        price, output, income = self.markets.by_policy(step.tariffs, step.export_tax, step.cap)
        inputs, nothing = self.inputs, np.zeros_like(step.available)
        bill = inputs.bills(output, np.zeros_like(output), nothing)
        rents = inputs.rents(bill, nothing, nothing) + inputs.rent_by_available[..., None] * step.available
        use = inputs.use_by_bill[..., None] * bill - inputs.binding[..., None] * step.available
        paid = self.now.mix.rest[..., None] * output
        return self._rows(price, paid, income, bill, rents, use, np.zeros_like(income))

    def _moves(self, v: Point) -> tuple[Array, Array, Array, Array]:
        """d ln cb, d ln r of inputs, d ln c, d ln X."""
        base = self.base
        cost = base.value_added_share[..., None] * v.log_wages[:, None] + base.io.swapaxes(1, 2) @ v.log_prices
        resource = v.log_scarcity + v.log_prices[:, base.nodes.sector]
        unit = self.now.mix.rest[..., None] * cost + np.moveaxis(self.now.mix.bill, 0, 2) @ resource
        return cost, resource, unit, v.spending / self.now.point.spending[..., None]

    def _rows(
        self, price: Array, paid: Array, income: Array, bill: Array, rents: Array, use: Array, wages: Array
    ) -> Point:
        """Rows of F from changes in prices, payments, trade income, bills, rents, use and wages."""
        base, nodes = self.base, self.base.nodes
        received = income + np.einsum("zni,nzk->ik", self.inputs.receivers, rents)
        new = self.income_by_received @ received + self._income_by_wages @ wages
        demand = base.final_share[..., None] * new[:, None] + base.io @ paid
        sales = bill - self.inputs.kept[:, None] * rents
        np.add.at(demand.swapaxes(0, 1), nodes.sector, sales.swapaxes(0, 1))
        labour = (self._wage_share[..., None] * paid).sum(axis=1) - self._wages_paid[:, None] * wages
        return Point(labour - (self._numeraire @ wages), price, self.scale[..., None] * demand, use)

    # ------------------------------------------------------------------ backward
    def rows(self, y: Point) -> Multipliers:
        """The multipliers that weigh the rows of F by y and look at nothing else."""
        nothing, other = np.zeros_like(y.log_wages), np.zeros_like(y.spending)
        own = Point(nothing, -y.log_prices, -y.spending, -(1.0 - self.inputs.binding)[..., None] * y.log_scarcity)
        demand = self.scale[..., None] * y.spending
        return Multipliers(y.log_wages, y.log_prices, demand, y.log_scarcity, nothing, other, nothing, own)

    def backward(self, m: Multipliers) -> Point:
        """Derivatives of the weighted sum by the unknowns; of `rows(y)` it is J' y."""
        base, inputs, now = self.base, self.inputs, self.now
        marks, paid, rents, bill = self._marks(m)
        unit, prices, spending = self._pull_markets(marks)
        (paid_cost, paid_resource), (_, bill_cost, bill_resource) = inputs.paid_slopes, inputs.bill_slopes
        cost = now.mix.rest[..., None] * unit + paid_cost[..., None] * paid + bill_cost.swapaxes(1, 2) @ bill
        resource = np.einsum("znj,njk->nzk", now.mix.bill, unit) + paid_resource.swapaxes(1, 2) @ paid
        resource = resource + bill_resource.swapaxes(1, 2) @ bill - inputs.binding[..., None] * m.inputs
        prices = prices + base.io @ cost + m.own.log_prices
        by_price = resource + inputs.rent_by_resource[..., None] * rents
        np.add.at(prices.swapaxes(0, 1), base.nodes.sector, by_price.swapaxes(0, 1))
        wages = np.einsum("nj,njk->nk", base.value_added_share, cost) + m.own.log_wages
        wages = wages + self._income_by_wages.T @ self._income_marks(m) - self._wages_paid[:, None] * m.labour
        return Point(
            wages - np.outer(self._numeraire, m.labour.sum(axis=0)),
            prices,
            spending / now.point.spending[..., None] + m.own.spending,
            resource + inputs.rent_by_scarcity[..., None] * rents + m.own.log_scarcity,
        )

    def price_backward(self, y: Array) -> Point:
        """Derivatives by wages, spending and scarcity of y (N, S, K) times the price rows; by prices: zero."""
        unit, _, by_spending = pull(self.markets.price, y)
        spending = np.zeros_like(y) if by_spending is None else by_spending
        cost = self.now.mix.rest[..., None] * unit
        wages = np.einsum("nj,njk->nk", self.base.value_added_share, cost)
        resource = np.einsum("znj,njk->nzk", self.now.mix.bill, unit)
        return Point(wages, np.zeros_like(y), spending / self.now.point.spending[..., None], resource)

    def by_wedge(self, m: Multipliers, of: str) -> Array:
        """(K, N, N, S): derivatives of the weighted sum by ln(1+t) ("tariffs"), ln(1+x) ("export_tax"), ln cap ("cap").

        At given unknowns. Caps that do not bind have slope zero.
        """
        marks = self._marks(m)[0]
        return np.stack([self.markets.by_wedge(marks.column(k), of) for k in range(marks.income.shape[1])])

    def by_own_tariffs(self, m: Multipliers, importers: Sequence[int]) -> Array:
        """(K, N, S): of the k-th weighted sum by ln(1+t) of the k-th importer alone."""
        marks = self._marks(m)[0]
        rows = [self.markets.by_wedge(marks.column(k), "tariffs", [n])[0] for k, n in enumerate(importers)]
        return np.stack(rows)

    def by_available(self, m: Multipliers) -> Array:
        """(N, Z, K): derivatives of the weighted sum by ln A of critical inputs, at given unknowns."""
        rents = self._marks(m)[2]
        slopes = self.inputs.rent_by_available[..., None] * rents - self.inputs.binding[..., None] * m.inputs
        return np.asarray(slopes)

    def _marks(self, m: Multipliers) -> tuple[Marks, Array, Array, Array]:
        """Multipliers of markets, of b0 Y' (N, S, K), of rents and of bills (N, Z, K)."""
        inputs, received = self.inputs, self.income_by_received.T @ self._income_marks(m)
        paid = self.base.io.swapaxes(1, 2) @ m.demand + self._wage_share[..., None] * m.labour[:, None] + m.paid
        sales = m.demand[:, self.base.nodes.sector]
        rents = np.einsum("zni,ik->nzk", inputs.receivers, received) - inputs.kept[:, None] * sales
        bill = sales + inputs.rent_by_bill[..., None] * rents + inputs.use_by_bill[..., None] * m.inputs
        output = self.now.mix.rest[..., None] * paid + inputs.bill_slopes[0].swapaxes(1, 2) @ bill
        return Marks(m.price, output, received, m.duties), paid, rents, bill

    def _income_marks(self, m: Multipliers) -> Array:
        return np.asarray(np.einsum("nj,njk->nk", self.base.final_share, m.demand) + m.income)

    def _pull_markets(self, marks: Marks) -> tuple[Array, Array, Array]:
        """Derivatives (N, S, K) by ln c, ln P and ln X."""
        markets, shape = self.markets, marks.price.shape
        parts = [pull(markets.price, marks.price), pull(markets.output, marks.output)]
        parts.append(pull(markets.income, np.broadcast_to(marks.income[:, None], shape)))
        if marks.duties.any():
            parts.append(pull(markets.duties, np.broadcast_to(marks.duties[:, None], shape)))
        unit, prices, spending = np.zeros((3, *shape))
        for by_unit, by_price, by_spending in parts:
            unit += by_unit
            if by_price is not None:
                prices += by_price
            if by_spending is not None:
                spending += by_spending
        return unit, prices, spending

    # ------------------------------------------------------------------ dense blocks
    def price_block(self) -> Array:
        """(NS, NS) of the price rows by ln P, at given spending, wages and scarcity; transposed: [column, row]."""
        table, (n, s) = self.markets.price, self.now.output.shape
        cost = self.now.mix.rest[:, None] * self.base.io + self.inputs.cost_by_price  # [i, k, j]
        block = np.empty((n, s, n, s))
        np.multiply(cost[:, :, None], table.cost.transpose(2, 1, 0)[:, None], out=block)  # [i, k, n, j]
        own = np.zeros((n, s)) if table.price is None else np.diagonal(table.price, axis1=1, axis2=2).T
        return _with_diagonal(block, own - 1.0)

    def spending_block(self) -> Array:
        """(NS, NS) of the spending rows by x, at given prices; transposed: [column, row]."""
        output, (n, s) = self.markets.output.spending, self.now.output.shape
        assert output is not None
        assert self.markets.income.spending is not None
        bought = self.now.mix.rest[:, None] * self.base.io + self.inputs.sales_by_output  # [n, k, j]
        income = self.markets.income.spending + self.inputs.income_by_output @ output
        income = np.matmul(self.income_by_received, income)  # [j, n, m]
        block, part = np.empty((n, s, n, s)), np.empty((s, n, s))
        for m in range(n):  # [m, j, n, k]
            np.multiply(bought.transpose(2, 0, 1), output[:, :, m, None], out=block[m])
            np.multiply(self.base.final_share, income[:, :, m, None], out=part)
            block[m] += part
            block[m] *= self.scale
            block[m] /= self.now.point.spending[m, :, None, None]
        return _with_diagonal(block, np.full((n, s), -1.0))

    # ------------------------------------------------------------------ incomes
    @cached_property
    def scale(self) -> Array:
        """1 / X0 (N, S); 0 where there is no market."""
        base = self.base
        return np.divide(1.0, base.spending, out=np.zeros_like(base.spending), where=base.spending > 0.0)

    @cached_property
    def income_by_received(self) -> Array:
        """(N, N) dI'_i per million USD of duties, taxes and rents received by m."""
        base, n = self.base, len(self.base.value_added)
        if base.closure != 0:
            return np.eye(n)
        share = base.deficits / (base.value_added.sum() + base.revenue)
        return np.asarray(np.eye(n) + share[:, None])

    @cached_property
    def _income_by_wages(self) -> Array:
        """(N, N) dI'_i by ln w_m at given other income."""
        base, bill = self.base, self.now.value_added
        if base.closure != 3:
            return np.asarray(self.income_by_received * bill)
        own, share = base.deficits * bill / base.value_added, bill / bill.sum()
        spread = np.outer(share, own.sum() * share - own)
        return np.asarray(np.diag(bill + own - own.sum() * share) + spread)

    @cached_property
    def _wage_share(self) -> Array:
        """(N, S) d labour row per million USD of b0 Y'."""
        return np.asarray(self.base.value_added_share / self.now.value_added[:, None])

    @cached_property
    def _wages_paid(self) -> Array:
        """(N,) wages that sectors pay over the wage bill."""
        return np.asarray((self._wage_share * self.now.mix.rest * self.now.output).sum(axis=1))

    @cached_property
    def _numeraire(self) -> Array:
        """(N,) derivatives of world value added over the base year's by ln w."""
        return np.asarray(self.now.value_added / self.base.value_added.sum())


def _with_diagonal(block: Array, own: Array) -> Array:
    """(N, S, N, S) as a matrix, `own` (N, S) added to its diagonal."""
    matrix = block.reshape(own.size, own.size)
    matrix[np.diag_indices(own.size)] += own.ravel()
    return matrix
