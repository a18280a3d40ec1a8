"""How one world's markets respond: derivatives of prices, output and trade income, and their transposes.

For a cell (importer n, exporter i, sector j), with m = 1 where a cap binds, r = m theta/(1+theta),
s = m/(1+theta), f = 1 unless ration rents are lost, and v = ln (1+t) or ln (1+x):

    user price   d q   = (1-m) (d ln c_ij + d v) + r d ln P_nj + s (d ln X_nj - d ln cap)
    price index  d lnP = sum_i pi d q
    spending     d ln(pi X) = d ln X_nj - theta (d q - d lnP)
    flow         d ln M = d ln(pi X) - d v - f d ln(1+mu),  d ln(1+mu) = d q - d ln c_ij - d v

Everything is linear, so each response is a table of (N, N, S) numbers, whatever the number of unknowns.
Arrays of directions or of multipliers have them on their last axis, K of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from tariffsim.economy.primitives import Array, Policies, Primitives
from tariffsim.economy.residual import EXPORTER, IMPORTER, LOST, IncomeWeights, Snapshot, income_weights


class Table(NamedTuple):
    """d (target region i, sector j) by what happens in market or source region m: arrays [j, i, m], None for zeros."""

    cost: Array  # by ln c of m
    price: Array | None  # by ln P of m, at given costs: only where caps bind
    spending: Array | None  # by ln X of m


class Marks(NamedTuple):
    """Multipliers of what markets bring about, K on the last axis."""

    price: Array  # (N, S, K) of ln P from all sources
    output: Array  # (N, S, K) of Y'
    income: Array  # (N, K) of duties, export taxes and ration rents received
    duties: Array  # (N, K)

    def column(self, k: int) -> Marks:
        """The k-th of the K, without the last axis."""
        return Marks(*(part[..., k] for part in self))


class Responses:
    """Tables of one snapshot; see the module's docstring for the formulas."""

    def __init__(self, base: Primitives, policy: Policies, now: Snapshot) -> None:
        self.theta, self.policy, self.now = base.theta, policy, now
        self.falls = 0.0 if policy.rent == LOST else 1.0  # f
        self.capped = bool(now.binding.any())
        self.free = 1.0 - now.binding
        self.by_price = now.binding * (base.theta / (1.0 + base.theta))  # r
        self.by_spending = now.binding / (1.0 + base.theta)  # s
        self.weights: IncomeWeights = income_weights(policy)

    @cached_property
    def price(self) -> Table:
        """Of ln P from all sources; only the market's own price and spending matter."""
        cost = _by_sector(self.now.share * self.free)
        if not self.capped:
            return Table(cost, None, None)
        return Table(cost, _diagonal(self._mean(self.by_price)), _diagonal(self._mean(self.by_spending)))

    @cached_property
    def output(self) -> Table:
        """Of Y', million USD."""
        return self._to_exporters(np.zeros((1, 1, 1)), self.now.flows)

    @cached_property
    def income(self) -> Table:
        """Of each sector's part in the trade income of region i, million USD: duties, export taxes, ration rents."""
        w, spent, flows = self.weights, self.now.spent, self.now.flows
        received = self._to_importers(w.importer_spent * spent, w.importer_flows * flows)
        if not self.capped and not self.policy.export_tax.any():
            return received  # what users pay less duties is what producers get
        paid_out = self._to_exporters(w.exporter_spent * spent, w.exporter_flows * flows)
        price = None if received.price is None or paid_out.price is None else received.price + paid_out.price
        assert received.spending is not None
        assert paid_out.spending is not None
        return Table(received.cost + paid_out.cost, price, received.spending + paid_out.spending)

    @cached_property
    def duties(self) -> Table:
        """Of each sector's part in the duties of region i, million USD."""
        return self._to_importers(self.weights.duty_spent * self.now.spent, self.weights.duty_flows * self.now.flows)

    def duties_collected(self) -> Array:
        """Duties (N,), million USD."""
        w = self.weights
        return np.asarray((w.duty_spent * self.now.spent + w.duty_flows * self.now.flows).sum(axis=(1, 2)))

    def _mean(self, cells: Array) -> Array:
        """sum_i pi of cells (N, N, S): (N, S)."""
        return np.asarray((self.now.share * cells).sum(axis=1))

    def _slopes(self, spent: Array, flows: Array) -> tuple[Array, Array, Array, Array]:
        """d (spent x ln(pi X) + flows x ln M) of each cell by its own ln c, ln P, ln X, and by the price index."""
        theta, fall = self.theta, self.falls * flows
        both = spent + flows
        cost = fall * self.now.binding - theta * self.free * both
        shared = theta * both
        price = shared * self._mean(self.by_price)[:, None] - self.by_price * (shared + fall)
        by_mean = theta * self._mean(self.by_spending)[:, None]
        spending = both * (1.0 - theta * self.by_spending + by_mean) - fall * self.by_spending
        return cost, price, spending, shared

    def _to_exporters(self, spent: Array, flows: Array) -> Table:
        """Sums over importers of weights on pi X and M."""
        cost, price, spending, shared = self._slopes(spent, flows)
        table = np.matmul(_by_sector(shared).swapaxes(1, 2), _by_sector(self.now.share * self.free))
        own = np.arange(table.shape[1])
        table[:, own, own] += cost.sum(axis=0).T
        own_price = _by_sector(price).swapaxes(1, 2) if self.capped else None
        return Table(table, own_price, _by_sector(spending).swapaxes(1, 2))

    def _to_importers(self, spent: Array, flows: Array) -> Table:
        """Sums over exporters of weights on pi X and M."""
        cost, price, spending, shared = self._slopes(spent, flows)
        table = cost + shared.sum(axis=1)[:, None] * self.now.share * self.free
        own_price = _diagonal(price.sum(axis=1)) if self.capped else None
        return Table(_by_sector(table), own_price, _diagonal(spending.sum(axis=1)))

    # ------------------------------------------------------------------ by policy
    def by_policy(self, tariffs: Array, export_tax: Array, cap: Array) -> tuple[Array, Array, Array]:
        """d ln P and d Y' (N, S, K), d trade income (N, K) from d ln(1+t), d ln(1+x), d ln cap (N, N, S, K)."""
        w, rates = self.weights, tariffs + export_tax
        user = _k(self.free) * rates - _k(self.by_spending) * cap
        price = (_k(self.now.share) * user).sum(axis=1)
        log_spent = -self.theta[:, None] * (user - price[:, None])
        flows = _k(self.now.flows) * (log_spent - rates - self.falls * (user - rates))
        spent = _k(self.now.spent) * log_spent
        importer = _k(w.importer_spent) * spent + _k(w.importer_flows) * flows
        exporter = _k(w.exporter_spent) * spent + _k(w.exporter_flows) * flows
        for of, step in (("tariffs", tariffs), ("export_tax", export_tax)):
            more = self._rates(of)
            importer, exporter = importer + _k(more[0]) * step, exporter + _k(more[1]) * step
        return price, flows.sum(axis=0), importer.sum(axis=(1, 2)) + exporter.sum(axis=(0, 2))

    def by_wedge(self, marks: Marks, of: str, importers: Sequence[int] | slice = slice(None)) -> Array:
        """(R, N, S) of one weighted sum by ln(1+t) ("tariffs"), ln(1+x) ("export_tax") or ln cap ("cap").

        `marks` have no last axis here; R rows are those of `importers`, all by default.
        """

        def rows(cells: Array) -> Array:
            return cells[importers] if len(cells) > 1 else cells

        w, falls = IncomeWeights(*(rows(weight) for weight in self.weights)), self.falls
        importer, exporter = marks.income[importers, None, None], marks.income[:, None]
        duties = marks.duties[importers, None, None]
        spent = w.importer_spent * importer + w.exporter_spent * exporter + w.duty_spent * duties
        flows = w.importer_flows * importer + w.exporter_flows * exporter + w.duty_flows * duties
        spent, flows = rows(self.now.spent) * spent, rows(self.now.flows) * (flows + marks.output)
        both = self.theta * (spent + flows)
        rise = rows(self.now.share) * (marks.price[importers] + both.sum(axis=1))[:, None] - both
        if of == "cap":
            return np.asarray(rows(self.by_spending) * (falls * flows - rise))
        more = [rows(rate) for rate in self._rates(of)]
        direct = more[0] * importer + more[1] * exporter + more[2] * duties
        return np.asarray(rows(self.free) * rise - (1.0 - falls * rows(self.now.binding)) * flows + direct)

    def _rates(self, of: str) -> tuple[Array, Array, Array]:
        """What importer, exporter and customs collect more per ln of the rate, flows given: (N, N, S) or (1, 1, 1)."""
        none, rent = np.zeros((1, 1, 1)), self.policy.rent
        rate = 1.0 + self.policy.tariffs[0]
        border = (1.0 + self.policy.export_tax[0]) * self.now.flows
        if of == "tariffs":
            net = self.now.spent / rate
            if rent == IMPORTER:
                return none, none, rate * border
            return net, (-net if rent == EXPORTER else none), net
        if rent == EXPORTER:
            return none, none, none
        return (-border, border, (rate - 1.0) * border) if rent == IMPORTER else (none, border, none)


def move(table: Table, cost: Array, price: Array, spending: Array) -> Array:
    """What d ln c, d ln P and d ln X (N, S, K) do, (N, S, K)."""
    total = table.cost @ cost.swapaxes(0, 1)
    for slopes, change in ((table.price, price), (table.spending, spending)):
        if slopes is not None:
            total += slopes @ change.swapaxes(0, 1)
    return total.swapaxes(0, 1)


def pull(table: Table, marks: Array) -> tuple[Array, Array | None, Array | None]:
    """The transpose of `move`: multipliers (N, S, K) of what the table gives back to ln c, ln P and ln X."""
    by_sector = marks.swapaxes(0, 1)

    def back(slopes: Array) -> Array:
        return (slopes.swapaxes(1, 2) @ by_sector).swapaxes(0, 1)

    price = None if table.price is None else back(table.price)
    return back(table.cost), price, None if table.spending is None else back(table.spending)


def _by_sector(cells: Array) -> Array:
    """(N, N, S) as (S, N, N), contiguous."""
    return np.ascontiguousarray(np.moveaxis(cells, 2, 0))


def _diagonal(own: Array) -> Array:
    """(N, S) as (S, N, N) with zeros off the diagonal."""
    n, s = own.shape
    table, at = np.zeros((s, n, n)), np.arange(n)
    table[:, at, at] = own.T
    return table


def _k(cells: Array) -> Array:
    return cells[..., None]
