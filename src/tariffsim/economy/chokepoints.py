"""What a restriction of critical inputs does: prices, rents and who gets them, the target's loss, the owner's cost.

Market form (`nodes.py`) and quota form (`quota.py`) side by side. All comparisons are with the same policy in which
only this input's licences are free again. A plant that stops is output lost here, never a second damage on top of
the equilibrium. (docs/explanation/model.md, what a restriction costs)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tariffsim.economy import checks
from tariffsim.economy.economy import Economy
from tariffsim.economy.equilibrium import Equilibrium
from tariffsim.economy.measures import real_output
from tariffsim.economy.nodes import Node
from tariffsim.economy.policies import prepare
from tariffsim.economy.primitives import Array
from tariffsim.economy.solving import solve
from tariffsim.economy.supply import available
from tariffsim.economy.wedges import Wedges
from tariffsim.errors import EconomyError, unknown_name

# Cost of goods over revenue of the largest maker of magnets, all of 2020-24 (data: variable_cost_share, where the
# other inputs have theirs). Depreciation is in it, so it is rather too high and the owner's cost too low.
VARIABLE_COST_SHARE = 0.84


@dataclass(frozen=True, eq=False)
class ChokepointReport:
    """One entry per critical input, Z = all `economy.nodes`; `...` are the batch axes of the wedges.

    Money is million USD a year, for as long as the restriction stands. n is the user, i a supplier or receiver.
    """

    names: tuple[str, ...]
    scarcity_price: Array  # (..., N, Z) p >= 1; quota: shadow price min(u^(-1/rho), p_bar), u the share delivered
    input_price: Array  # (..., N, Z) p Ph_{n,J_z}, hat of what a unit costs or, under quotas, would be worth
    use: Array  # (..., N, Z) u, hat of the quantity; quota: per unit of activity, backstop units included
    bill: Array  # (..., N, Z) B; quota: sum_j s_nj Y'_nj, the input at its normal price
    rent: Array  # (..., N, Z) R = B (1 - 1/p) lambda that users pay; quota: 0, a licence cannot be sold
    rents_received: Array  # (..., N, Z) of all users' rents what region i earns; sums over i to `rent`, unless lost
    output_lost: Array  # (..., N, S, Z) 1 - quantity / quantity without the restriction, in using sectors, else 0
    output_lost_value: Array  # (..., N, Z) sum over using sectors, at output without the restriction
    loss: Array  # (..., N, Z) 1 - Wh / Wh without the restriction, a fraction of real income; owners' too
    loss_value: Array  # (..., N, Z) I0 (Wh without - Wh), at base-year prices
    lost_sales: Array  # (..., N, N, Z) [n, i] E0_nz m_ni (1 - licence_ni), at base-year prices
    own_cost: Array  # (..., N, N, Z) lost sales net of variable cost
    leverage: Array  # (..., N, N, Z) loss_value of n - own_cost of i where i withholds from n, else 0
    converged: npt.NDArray[np.bool_]  # (..., Z) whether both equilibria that are compared converged


def chokepoint_report(
    economy: Economy,
    wedges: Wedges,
    *,
    variable_cost_share: float | Mapping[str, float] = VARIABLE_COST_SHARE,
    threads: int = 1,
) -> ChokepointReport:
    """Reports of all critical inputs of `economy` at a policy or a batch of policies.

    `variable_cost_share`: what an owner does not spend on a unit that it does not sell, a fraction of its price, one
    for all inputs or by name (a name left out keeps the default, a figure for magnets). Own cost is what is lost on
    the licensed sales alone, at base-year prices; what else the owner gains or loses, rents included, is its own
    entry in `loss`. Where several owners withhold from one user, its loss is that of all of them together. Raises
    EconomyError as `solve` does, for an unknown name and for shares outside [0, 1].
    """
    if not economy.nodes:
        raise EconomyError("this economy has no critical inputs; put them in with economy.with_nodes(...).")
    variable = _variable_cost(economy, variable_cost_share)
    licences, stocks = _supply(economy, wedges)
    now = solve(economy, wedges=wedges, threads=threads)
    free = _without(economy, wedges, licences, now, threads)
    market = _Market(*(np.stack(parts, axis=-1) for parts in zip(*_markets(now, licences, stocks), strict=True)))
    uses = np.stack([node.cost_share > 0.0 for node in economy.nodes], axis=-1)
    kept = np.divide(real_output(now)[..., None], free.made, out=np.ones_like(free.made), where=free.made > 0.0)
    lost = np.where(uses, 1.0 - kept, 0.0)
    fall = free.real_income - now.real_income[..., None]
    loss_value = economy.income[:, None] * fall
    lost_sales = _normal_sales(economy) * (1.0 - licences)
    own_cost = lost_sales * (1.0 - variable)
    return ChokepointReport(
        names=tuple(node.name for node in economy.nodes),
        scarcity_price=market.scarcity_price,
        input_price=market.input_price,
        use=market.use,
        bill=market.bill,
        rent=market.rent,
        rents_received=market.received,
        output_lost=lost,
        output_lost_value=(lost * free.output).sum(axis=-2),
        loss=fall / (1.0 + free.real_income),
        loss_value=loss_value,
        lost_sales=lost_sales,
        own_cost=own_cost,
        leverage=np.where(lost_sales > 0.0, loss_value[..., :, None, :] - own_cost, 0.0),
        converged=free.converged,
    )


class _Market(NamedTuple):
    """Of one input (..., N), of all of them (..., N, Z)."""

    scarcity_price: Array
    input_price: Array
    use: Array
    bill: Array
    rent: Array
    received: Array


class _Free(NamedTuple):
    """The same policy with one input free at a time."""

    real_income: Array  # (..., N, Z) Wh - 1
    output: Array  # (..., N, S, Z) Y'
    made: Array  # (..., N, S, Z) Y' / ch
    converged: npt.NDArray[np.bool_]  # (..., Z) and the policy itself


def _variable_cost(economy: Economy, given: float | Mapping[str, float]) -> Array:
    """(Z,) in the order of the nodes."""
    names = [node.name for node in economy.nodes]
    by_name = given if isinstance(given, Mapping) else dict.fromkeys(names, given)
    for name in by_name:
        if name not in names:
            raise EconomyError(unknown_name("critical input", name, names))
    shares = checks.number_array("variable_cost_share", [by_name.get(name, VARIABLE_COST_SHARE) for name in names])
    checks.above("variable_cost_share", shares, 0.0, inclusive=True, upper=1.0)
    return shares


def _supply(economy: Economy, wedges: Wedges) -> tuple[Array, Array]:
    """Licences (..., N, N, Z) and stocks (..., N, Z) with the batch axes of the policy, checked."""
    n, z_all = len(economy.regions), len(economy.nodes)
    _, batch = prepare(economy, wedges)
    licences = np.ones((n, n, z_all)) if wedges.licences is None else np.asarray(wedges.licences, dtype=np.float64)
    stocks = np.zeros((n, z_all)) if wedges.stocks is None else np.asarray(wedges.stocks, dtype=np.float64)
    return np.broadcast_to(licences, (*batch, n, n, z_all)), np.broadcast_to(stocks, (*batch, n, z_all))


def _normal_sales(economy: Economy) -> Array:
    """(N, N, Z) [user, supplier] base-year value of each input by supplier, million USD."""
    used = [(node.cost_share * economy.output).sum(axis=1)[:, None] * node.supplier_share for node in economy.nodes]
    return np.stack(used, axis=-1)


def _without(economy: Economy, wedges: Wedges, licences: Array, now: Equilibrium, threads: int) -> _Free:
    """Equilibria without each restriction; inputs that no world restricts share the equilibrium there is."""
    z_all = licences.shape[-1]
    restricted = np.flatnonzero((licences < 1.0).any(axis=tuple(range(licences.ndim - 1))))
    income, output, made = ([v] * z_all for v in (now.real_income, now.output, real_output(now)))
    converged = [now.converged] * z_all
    if len(restricted):
        free = np.stack([np.where(np.arange(z_all) == z, 1.0, licences) for z in restricted])
        found = solve(economy, wedges=replace(wedges, licences=free), threads=threads)
        quantity = real_output(found)
        for k, z in enumerate(restricted):
            income[z], output[z], made[z] = found.real_income[k], found.output[k], quantity[k]
            converged[z] = found.converged[k] & now.converged
    welfare, sold, quantities = (np.stack(v, axis=-1) for v in (income, output, made))
    return _Free(welfare, sold, quantities, np.stack(converged, axis=-1))


def _markets(now: Equilibrium, licences: Array, stocks: Array) -> Iterator[_Market]:
    """Each input, in the order of the nodes."""
    position = 0  # among those of market form
    for z, node in enumerate(now.economy.nodes):
        if node.rationing == "quota":
            supply = available(node.supplier_share, licences[..., z], stocks[..., z])
            yield _quota_market(now, node, np.minimum(supply, 1.0))
            continue
        rent = now.input_rent[..., position]
        yield _Market(
            now.scarcity_price[..., position],
            now.input_price[..., position],
            now.input_use[..., position],
            now.input_bill[..., position],
            rent,
            _received(rent, now.policies.receivers[:, position]),
        )
        position += 1


def _received(rent: Array, receivers: Array) -> Array:
    """(..., N) from rents paid by user (..., N) and the receivers' shares (worlds or 1, N, N) [user, receiver]."""
    rows = rent.reshape(-1, rent.shape[-1])
    return np.asarray((rows[:, :, None] * receivers).sum(axis=1).reshape(rent.shape))


def _quota_market(now: Equilibrium, node: Node, delivered: Array) -> _Market:
    """An input under quotas, for a share delivered (..., N) of normal use per unit of activity."""
    price = shadow_price(delivered, node.rho, node.backstop_price)
    resource = now.prices[..., now.economy.sectors.index(node.sector)]
    bought = 0.0 if np.isinf(node.backstop_price) else node.backstop_price**-node.rho
    bill = (node.cost_share * now.output).sum(axis=-1)
    nothing = np.zeros_like(bill)
    return _Market(price, price * resource, np.maximum(delivered, bought), bill, nothing, nothing)


def shadow_price(delivered: Array, rho: float, backstop_price: float) -> Array:
    """What a unit is worth to a user who gets the share u (...) of normal use: min(u^(-1/rho), p_bar) times normal.

    The marginal product of the input over that of everything else, both at normal cost. rho = 0: the backstop price
    as soon as anything is missing.
    """
    with np.errstate(divide="ignore", over="ignore"):
        free = np.where(delivered < 1.0, np.inf, 1.0) if rho == 0.0 else np.asarray(delivered) ** (-1.0 / rho)
    return np.asarray(np.minimum(free, backstop_price))
