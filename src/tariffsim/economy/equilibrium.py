"""The answer to `solve`: what is new relative to the base year, one entry per world of the batch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tariffsim.economy.costs import Costs, unit_costs
from tariffsim.economy.economy import Economy
from tariffsim.economy.node_accounts import NodeAccounts, node_accounts
from tariffsim.economy.primitives import Array, Policies, Solution
from tariffsim.economy.trade import duty_share, per_unit, spending_by_source

STATUS = ("converged", "not_converged", "no_equilibrium")


@dataclass(frozen=True, eq=False)
class Equilibrium:
    """New equilibria; `...` are the batch axes of the wedges. Money in million USD, world value added fixed.

    Where `status` is no_equilibrium every number is NaN: embargoes leave a market or a debtor without trade, or incomes
    vanish on the walk to the policy. Where it is not_converged the last iterate stands and must not
    be used as an answer; it may hold NaN.
    """

    economy: Economy
    wages: Array  # (..., N) wh
    prices: Array  # (..., N, S) Ph at user prices; 1 where n buys no j
    scarcity_price: Array  # (..., N, Z) p >= 1 of critical inputs under market rationing
    expenditure: Array  # (..., N, S) X'
    output: Array  # (..., N, S) Y'
    value_added: Array  # (..., N) wh w L
    income: Array  # (..., N) I'
    importer_take: Array  # (..., N) duties, and ration rents if importers get them
    price_index: Array  # (..., N) prod_j Ph_j^a_j
    real_income: Array  # (..., N) Wh - 1, a fraction of base real income
    status: npt.NDArray[np.int8]  # (...) position in STATUS
    iterations: npt.NDArray[np.int32]  # (...)
    residual: Array  # (...) largest relative gap over price, demand and all N labour equations
    policies: Policies  # what the kernel was given, one row per world

    @property
    def converged(self) -> npt.NDArray[np.bool_]:
        """(...) True where every equation holds to the tolerance."""
        return np.asarray(self.status == 0)

    @cached_property
    def _log_prices(self) -> Array:
        """ln Ph (worlds, N, S)."""
        return self._by_world(np.log(self.prices))

    @cached_property
    def _log_scarcity(self) -> Array:
        """ln p (worlds, N, Z)."""
        return self._by_world(np.log(self.scarcity_price))

    @cached_property
    def _costs(self) -> Costs:
        """Unit costs and the shares of critical inputs in them, one row per world."""
        base, log_wages = self.economy.primitives, self._by_world(np.log(self.wages))
        productivity = self.policies.log_productivity
        return unit_costs(base, log_wages, self._log_prices, self._log_scarcity, productivity)

    @cached_property
    def _spent(self) -> tuple[Array, Array]:
        """Spending by source pi' X' and ration wedge mu, both (worlds, N, N, S)."""
        base, spending = self.economy.primitives, self._by_world(self.expenditure)
        return spending_by_source(base, self.policies, self._costs.log_cost, self._log_prices, spending)

    @cached_property
    def ration_wedge(self) -> Array:
        """mu (..., N, N, S) >= 0: the premium a binding cap puts on the price; 0 where none binds."""
        return self._shaped(self._spent[1])

    @cached_property
    def trade(self) -> Array:
        """M' (..., N, N, S): what the exporter's producers are paid, million USD."""
        return self._shaped(self._flows)

    @cached_property
    def _flows(self) -> Array:
        spent, mu = self._spent
        flows: Array = spent * per_unit(self.policies)
        return flows if self.policies.rent == 2 else np.where(np.isinf(mu), 0.0, flows / (1.0 + mu))

    @cached_property
    def duties(self) -> Array:
        """Duties by pair (..., N, N, S), million USD, collected by the importer."""
        spent, mu = self._spent
        paid: Array = spent * duty_share(self.policies)
        return self._shaped(paid if self.policies.rent != 1 else np.where(np.isinf(mu), 0.0, paid / (1.0 + mu)))

    @cached_property
    def revenue(self) -> Array:
        """Duties (..., N) collected by each importer, million USD."""
        capped = (self.policies.cap < np.inf).any(axis=(1, 2, 3)) & (self.policies.rent == 1)
        shared = np.broadcast_to(capped, self.status.size).reshape(self.status.shape)[..., None]
        return (
            np.where(shared, self.duties.sum(axis=(-2, -1)), self.importer_take) if capped.any() else self.importer_take
        )

    @cached_property
    def export_tax_revenue(self) -> Array:
        """Export taxes (..., N) collected by each exporter, million USD."""
        return self._shaped((self._flows * self.policies.export_tax).sum(axis=(1, 3)))

    @cached_property
    def rents(self) -> Array:
        """Ration rents (..., N) received, million USD; zero when they are lost."""
        spent, mu = self._spent
        scarce = mu / (1.0 + np.where(np.isinf(mu), 1.0, mu))
        if self.policies.rent == 0:
            return self._shaped((spent * (1.0 - duty_share(self.policies)) * scarce).sum(axis=(1, 3)))
        received = (spent * scarce).sum(axis=(2, 3))
        return self._shaped(received if self.policies.rent == 1 else np.zeros_like(received))

    @cached_property
    def _nodes(self) -> NodeAccounts:
        """Bills, uses and rents of critical inputs, one row per world."""
        base, output = self.economy.primitives, self._by_world(self.output)
        return node_accounts(base, self.policies, self._costs, self._log_prices, self._log_scarcity, output)

    @cached_property
    def unit_cost(self) -> Array:
        """ch (..., N, S) hat of what producers are paid per unit: cost at new wages, prices and productivity."""
        return self._shaped(np.exp(self._costs.log_cost))

    @cached_property
    def sector_value_added(self) -> Array:
        """VA' = gn b0 Y' (..., N, S), million USD; sums over sectors to wh w L.

        gn is the wage share of what is left of cost when critical inputs are paid, b0 the share of that rest;
        without critical inputs gn b0 is g.
        """
        return np.asarray(
            self._shaped(self.economy.primitives.value_added_share * self._costs.rest_share) * self.output
        )

    @cached_property
    def input_price(self) -> Array:
        """p r (..., N, Z) hats: user price of critical inputs of market form."""
        sectors = self.economy.primitives.nodes.sector
        return np.asarray(self.scarcity_price * self.prices[..., sectors])

    @cached_property
    def input_use(self) -> Array:
        """u (..., N, Z) hats: quantity used of critical inputs of market form."""
        return self._shaped(self._nodes.use)

    @cached_property
    def input_bill(self) -> Array:
        """B (..., N, Z) what users pay for critical inputs of market form, million USD."""
        return self._shaped(self._nodes.bill)

    @cached_property
    def input_rent(self) -> Array:
        """R (..., N, Z) what of the bill is scarcity rent, whoever gets it, million USD."""
        return self._shaped(self._nodes.rent)

    @cached_property
    def input_rents_received(self) -> Array:
        """(..., N) rents on critical inputs that a region earns, million USD."""
        return self._shaped(self._nodes.received)

    @cached_property
    def input_rents_paid(self) -> Array:
        """(..., N) rents on critical inputs that users pay to those who earn them, million USD."""
        return self._shaped(self._nodes.paid)

    @cached_property
    def input_sales(self) -> Array:
        """E (..., N, Z) what of the bill buys the goods the inputs are slices of, million USD."""
        return self._shaped(self._nodes.suppliers)

    def effective_tariff(self) -> Array:
        """(..., N) duties over imports from others at the border value duties are levied on."""
        away = ~np.eye(len(self.economy.regions), dtype=bool)[:, :, None]
        duties = (self.duties * away).sum(axis=(-2, -1))
        imports = (self.border_value * away).sum(axis=(-2, -1))
        return np.asarray(np.divide(duties, imports, out=np.zeros_like(duties), where=imports > 0.0))

    @cached_property
    def border_value(self) -> Array:
        """(..., N, N, S) what duties are levied on: with export tax, and the rent if the exporter's."""
        spent, mu = self._spent
        paid = spent * (1.0 - duty_share(self.policies))
        return self._shaped(paid if self.policies.rent != 1 else np.where(np.isinf(mu), 0.0, paid / (1.0 + mu)))

    def _by_world(self, array: Array) -> Array:
        """Batch axes as one axis of worlds."""
        return array.reshape(self.status.size, *array.shape[self.status.ndim :])

    def _shaped(self, rows: Array) -> Array:
        """(worlds, ...) back to the batch axes of the wedges."""
        return rows.reshape(*self.status.shape, *rows.shape[1:])


def assemble(economy: Economy, policies: Policies, solution: Solution, batch: tuple[int, ...]) -> Equilibrium:
    """The kernel's rows as an Equilibrium, with the exact welfare measure Wh = Ih / prod Ph^a."""
    log_index = np.einsum("nj,bnj->bn", economy.final_share, solution.log_prices)
    ratio = solution.income / economy.income
    positive = ratio > 0.0  # or the world did not converge
    log_real = np.where(positive, np.log(np.where(positive, ratio, 1.0)), np.nan) - log_index

    def shaped(rows: Array) -> Array:
        return rows.reshape(*batch, *rows.shape[1:])

    return Equilibrium(
        economy,
        shaped(np.exp(solution.log_wages)),
        shaped(np.exp(solution.log_prices)),
        shaped(np.exp(solution.log_scarcity)),
        shaped(solution.spending),
        shaped(solution.output),
        shaped(solution.value_added),
        shaped(solution.income),
        shaped(solution.importer_take),
        shaped(np.exp(log_index)),
        shaped(np.expm1(log_real)),
        solution.status.reshape(batch),
        solution.iterations.reshape(batch),
        solution.residual.reshape(batch),
        policies,
    )
