"""The model's equations for one world in plain NumPy: what is left of each at any point.

The unknowns are z = (ln w, ln P, x = X/X0, ln p). Caps are taken out in closed form, as in the kernel:
where one binds at z, ln (1+mu) = [ln (free quantity at z / cap)] / (1+theta). Everything between z and
the residuals is kept, because derivatives (`jacobian.py`) and objectives (`objectives.py`) need it.
(docs/explanation/model.md; Caliendo & Parro 2015)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tariffsim.economy.primitives import Array, NodeTables, Policies, Primitives, Solution
from tariffsim.economy.trade import duty_share, per_unit

SLACK, BINDING, BACKSTOP = 0, 1, 2  # states of a critical input
EXPORTER, IMPORTER, LOST = 0, 1, 2  # positions in RENTS


class Point(NamedTuple):
    """The unknowns of one world; also a residual or a derivative by each of them."""

    log_wages: Array  # (N,)
    log_prices: Array  # (N, S)
    spending: Array  # (N, S) X/X0
    log_scarcity: Array  # (N, Z)

    def vector(self) -> Array:
        """All in one row, in the order of the fields."""
        return np.concatenate([part.ravel() for part in self])


class Mix(NamedTuple):
    """Unit cost and what it is made of, by sector."""

    log_cost: Array  # (..., N, S) ln c
    rest: Array  # (..., N, S) b0, share of everything else
    bill: Array  # (..., Z, N, S) bs
    step: Array  # (..., Z, N, S) beta: share at the step at which the input is joined


class Snapshot(NamedTuple):
    """One world's accounts at a point. Money in million USD."""

    point: Point
    mix: Mix
    share: Array  # (N, N, S) pi'
    binding: Array  # (N, N, S) 1 where a cap binds, else 0
    spent: Array  # (N, N, S) pi' X'
    flows: Array  # (N, N, S) M'
    output: Array  # (N, S) Y'
    bill: Array  # (N, Z) B
    state: npt.NDArray[np.int64]  # (N, Z) SLACK, BINDING or BACKSTOP
    supplied: Array  # (N, Z) lambda: share of use that is the input itself, not its backstop
    rents: Array  # (N, Z) R
    value_added: Array  # (N,) w L
    income: Array  # (N,) I'
    residual: Point  # of labour, prices, spending and critical inputs


def point_of(base: Primitives, solution: Solution, row: int) -> Point:
    """Where the kernel left world `row`; markets that do not exist have ln P = 0 and X/X0 = 1."""
    return point_from(
        base, solution.log_wages[row], solution.log_prices[row], solution.spending[row], solution.log_scarcity[row]
    )


def point_from(base: Primitives, log_wages: Array, log_prices: Array, spending: Array, log_scarcity: Array) -> Point:
    """A point from ln w (N,), ln P (N, S), X' (N, S) in million USD and ln p (N, Z)."""
    ratio = np.divide(spending, base.spending, out=np.ones_like(spending), where=base.spending > 0.0)
    return Point(log_wages, np.where(base.spending > 0.0, log_prices, 0.0), ratio, log_scarcity)


def point_at(base: Primitives, vector: Array) -> Point:
    """The inverse of `Point.vector`."""
    (n, s), size = base.value_added_share.shape, base.value_added_share.size
    parts = np.split(vector, np.cumsum([n, size, size]))
    return Point(parts[0], parts[1].reshape(n, s), parts[2].reshape(n, s), parts[3].reshape(n, -1))


def residual(base: Primitives, policy: Policies, point: Point) -> Array:
    """F(z; policy), (N + 2 N S + N Z,), of a policy of one world; the order is that of `Point`.

    labour:   wages that sectors pay / w L - 1 - (world value added / base - 1), the numeraire being added
              to each row: the sum of wage bill times gap is zero by Walras' law, so all N gaps vanish
    prices:   ln of the CES of all sources - ln P;   spending: (demand at these prices and incomes) / X0 - x
    inputs:   -min(ln p, max(ln p - ln p_bar, ln A - ln u)), where the input is used; elsewhere -ln p
    """
    return evaluate(base, policy, point).residual.vector()


def evaluate(base: Primitives, policy: Policies, point: Point) -> Snapshot:
    """All accounts at `point` under a policy of one world."""
    mix = mix_inputs(base, policy.log_productivity[0], *point[:2], point.log_scarcity)
    spending = base.spending * point.spending
    price, share, binding, wedge = _markets(base, policy, mix.log_cost, point.log_prices, spending)
    spent = share * spending[:, None]
    flows = spent * per_unit(policy)[0]
    if policy.rent != LOST:
        flows = flows * np.exp(-wedge)
    output = flows.sum(axis=0)
    bill = np.einsum("znj,nj->nz", mix.bill, output)
    state, supplied, gap = _inputs(base.nodes, policy, point, bill)
    rents = bill * (1.0 - np.exp(-point.log_scarcity)) * supplied
    value_added = np.exp(point.log_wages) * base.value_added
    received = trade_income(policy, spent, flows) + np.einsum("zni,nz->i", policy.receivers[0], rents)
    income = value_added + received + closing_deficits(base, value_added, received)
    paid = mix.rest * output
    demand = base.final_share * income[:, None] + np.einsum("nkj,nj->nk", base.io, paid)
    np.add.at(demand.T, base.nodes.sector, (bill - rents * ~base.nodes.lost).T)
    numeraire = value_added.sum() / base.value_added.sum() - 1.0
    labour = (base.value_added_share * paid).sum(axis=1) / value_added - 1.0 - numeraire
    new = np.divide(demand, base.spending, out=np.ones_like(demand), where=base.spending > 0.0)
    left = Point(labour, price - point.log_prices, new - point.spending, gap)
    return Snapshot(
        point, mix, share, binding, spent, flows, output, bill, state, supplied, rents, value_added, income, left
    )


def mix_inputs(base: Primitives, log_a: Array, log_w: Array, log_p: Array, log_scarcity: Array) -> Mix:
    """Costs and bill shares from ln A (..., N, S), ln w (..., N), ln P (..., N, S), ln p (..., N, Z)."""
    nodes = base.nodes
    log_cost = base.value_added_share * log_w[..., None] + np.einsum("nkj,...nk->...nj", base.io, log_p) - log_a
    resource = log_scarcity + log_p[..., nodes.sector]  # ln of what a unit of the input costs its user
    bill = np.zeros((*log_cost.shape[:-2], len(nodes.sector), *log_cost.shape[-2:]))
    step, rest = np.zeros_like(bill), np.ones_like(log_cost)
    for z in joining_order(nodes):
        share = dense_shares(base, z)
        gain = resource[..., :, z, None] - log_cost
        if nodes.rho[z] == 1.0:
            beta, log_cost = share + 0.0 * gain, log_cost + share * gain
        else:
            power = share * np.exp((1.0 - nodes.rho[z]) * gain)
            total = (1.0 - share) + power
            beta, log_cost = power / total, log_cost + np.log(total) / (1.0 - nodes.rho[z])
        bill *= 1.0 - beta[..., None, :, :]
        rest = rest * (1.0 - beta)
        bill[..., z, :, :] = step[..., z, :, :] = beta
    return Mix(log_cost, rest, bill, step)


def joining_order(nodes: NodeTables) -> list[int]:
    """Critical inputs in the order in which they are joined to a sector's cost."""
    return list(dict.fromkeys(nodes.entries[:, 0].tolist()))


def dense_shares(base: Primitives, z: int) -> Array:
    """(N, S) share of input z in the cost of what is joined so far and z."""
    share, mine = np.zeros(base.value_added_share.shape), base.nodes.entries[:, 0] == z
    share[base.nodes.entries[mine, 1], base.nodes.entries[mine, 2]] = base.nodes.share[mine]
    return share


def trade_income(policy: Policies, spent: Array, flows: Array) -> Array:
    """Duties, export taxes and ration rents (N,) received, from pi' X' and M' (N, N, S)."""
    weights = income_weights(policy)
    to_importer = (weights.importer_spent * spent + weights.importer_flows * flows).sum(axis=(1, 2))
    return np.asarray(to_importer + (weights.exporter_spent * spent + weights.exporter_flows * flows).sum(axis=(0, 2)))


class IncomeWeights(NamedTuple):
    """What importers and exporters receive per unit of pi' X' and of M', and duties alone."""

    importer_spent: Array
    importer_flows: Array
    exporter_spent: Array
    exporter_flows: Array
    duty_spent: Array
    duty_flows: Array


def income_weights(policy: Policies) -> IncomeWeights:
    """(N, N, S) each, or (1, 1, 1) where all are alike: who gets what lies between pi' X' and M'."""
    none, one = np.zeros((1, 1, 1)), np.ones((1, 1, 1))
    duty, tax, t = duty_share(policy)[0], policy.export_tax[0], policy.tariffs[0]
    if policy.rent == EXPORTER:
        return IncomeWeights(duty, none, 1.0 - duty, -one, duty, none)
    if policy.rent == IMPORTER:
        return IncomeWeights(one, -(1.0 + tax), none, tax, none, t * (1.0 + tax))
    return IncomeWeights(duty, none, none, tax, duty, none)


def closing_deficits(base: Primitives, value_added: Array, received: Array) -> Array:
    """D' (N,) by the closure, from w L and all other income."""
    if base.closure == 0:
        return np.asarray(base.deficits * (value_added + received).sum() / (base.value_added.sum() + base.revenue))
    if base.closure == 3:
        own = base.deficits * value_added / base.value_added
        return np.asarray(own - own.sum() * value_added / value_added.sum())
    return base.deficits if base.closure == 1 else np.zeros_like(base.deficits)


def _markets(
    base: Primitives, policy: Policies, log_cost: Array, log_prices: Array, spending: Array
) -> tuple[Array, Array, Array, Array]:
    """ln P (N, S) from all sources; pi', 1 where a cap binds, and ln (1+mu), each (N, N, S)."""
    hat = policy.iceberg[0] * (1.0 + policy.export_tax[0]) * (1.0 + policy.tariffs[0]) / (1.0 + base.tariffs)
    open_cell = np.isfinite(hat) & (policy.cap[0] > 0.0) & (base.share > 0.0)
    log_value = -base.theta * (np.log(np.where(open_cell, hat, 1.0)) + log_cost)
    value = np.where(open_cell, base.share, 0.0) * np.exp(log_value)
    wedge = np.zeros_like(value)
    capped = open_cell & np.isfinite(policy.cap[0])
    if capped.any():
        n, i, j = np.nonzero(capped)
        limit = base.flows * np.where(capped, policy.cap[0], 1.0)
        free = (base.share * spending[:, None] * per_unit(policy)[0])[n, i, j] / limit[n, i, j]
        excess = np.log(free) + log_value[n, i, j] + base.theta[j] * log_prices[n, j] - log_cost[i, j]
        wedge[n, i, j] = np.maximum(excess / (1.0 + base.theta[j]), 0.0)
        value = value * np.exp(-base.theta * wedge)
    total = value.sum(axis=1)
    some = np.where(total > 0.0, total, 1.0)
    price = np.where(total > 0.0, -np.log(some) / base.theta, np.where(base.spending > 0.0, np.inf, 0.0))
    return price, value / some[:, None], (wedge > 0.0).astype(np.float64), wedge


def _inputs(
    nodes: NodeTables, policy: Policies, point: Point, bill: Array
) -> tuple[npt.NDArray[np.int64], Array, Array]:
    """State, lambda and residual (N, Z) of every critical input."""
    log_p = point.log_scarcity
    used = (nodes.normal > 0.0) & (bill > 0.0)
    resource = np.exp(log_p + point.log_prices[:, nodes.sector])
    use = np.divide(bill, resource * nodes.normal, out=np.ones_like(bill), where=used)
    some = used & (policy.available[0] > 0.0)
    ratio = np.divide(policy.available[0], use, out=np.zeros_like(use), where=some)  # A / u
    short = np.where(ratio > 0.0, np.log(np.where(ratio > 0.0, ratio, 1.0)), -np.inf)
    over = log_p - np.where(np.isinf(nodes.ceiling), np.inf, np.log(nodes.ceiling))
    market = np.maximum(over, short)
    state = np.where(~used | (log_p <= market), SLACK, np.where(over >= short, BACKSTOP, BINDING))
    gap = -np.where(state == SLACK, log_p, market)
    return state, np.where(state == BACKSTOP, ratio, 1.0), gap
