"""What a government maximises: real income, or real income with political weights and scarce public funds.

    G_i = 100 b_i ln W_i + 100 sf_i sum_j (lambda_ij - 1) (VA'_ij / P'_i - VA0_ij) / GDP0_i
          + 100 m_i (R'_i / P'_i - R0_i) / GDP0_i                    percent of base-year GDP a year

with b = I0/GDP0, GDP0 value added, P' the hat of the price index, R duties. Each objective gives
its value at equilibria and its derivatives by what an equilibrium consists of.
(docs/explanation/model.md; lambda: Grossman & Helpman 1994)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from tariffsim.economy import checks
from tariffsim.economy.derivatives import Multipliers
from tariffsim.economy.economy import Economy
from tariffsim.economy.equilibrium import Equilibrium
from tariffsim.economy.jacobian import Linearisation
from tariffsim.economy.primitives import Array
from tariffsim.economy.residual import Point, mix_inputs


class Objective(Protocol):
    """K numbers that somebody wants large."""

    def value(self, equilibrium: Equilibrium) -> Array:
        """(..., K), NaN where an equilibrium did not converge."""
        ...

    def multipliers(self, at: Linearisation) -> Multipliers:
        """Derivatives of the K values by income, duties, payments and unknowns, at one world's equilibrium."""
        ...


@dataclass(frozen=True, eq=False)
class PoliticalWeights:
    """What governments care about beyond real income.

    sectors: lambda (N, S) > 0, the weight of a sector's factor income (Grossman & Helpman 1994).
    specific_share: sf in [0, 1], share of value added that is rent of the sector; a number or (N,).
    public_funds: m >= 0, marginal cost of public funds less 1; a number or (N,).

    Of lambda only ratios within a region count: it is scaled so that its mean, weighted with base value added, is 1.
    """

    sectors: Array
    specific_share: float | Array = 0.3
    public_funds: float | Array = 0.0

    def __post_init__(self) -> None:
        for name, low, inclusive, high in (
            ("sectors", 0.0, False, np.inf),
            ("specific_share", 0.0, True, 1.0),
            ("public_funds", 0.0, True, np.inf),
        ):
            array = checks.number_array(name, getattr(self, name))
            checks.no_nan(name, array)
            checks.above(name, array, low, inclusive=inclusive, upper=high)
            object.__setattr__(self, name, array)

    def scaled(self, economy: Economy) -> Array:
        """lambda - 1 (N, S), weighted mean 0; EconomyError unless sectors are (N, S)."""
        shape = economy.value_added_share.shape
        checks.shape("sectors of the political weights", np.asarray(self.sectors), shape, "[region, sector]")
        added = economy.value_added_share * economy.output
        mean = (self.sectors * added).sum(axis=1, keepdims=True) / added.sum(axis=1, keepdims=True)
        return np.asarray(self.sectors / mean - 1.0)


@dataclass(frozen=True, eq=False)
class RealIncome:
    """ln Wh of some regions."""

    regions: tuple[int, ...]

    def value(self, equilibrium: Equilibrium) -> Array:
        """ln Wh (..., K)."""
        good = equilibrium.converged[..., None]
        return np.asarray(np.log1p(np.where(good, equilibrium.real_income[..., list(self.regions)], np.nan)))

    def multipliers(self, at: Linearisation) -> Multipliers:
        """d ln W_i = d I_i / I_i - sum_j a_ij d ln P_ij."""
        income = _select(at, self.regions) / at.now.income[:, None]
        return _multipliers(at, income, 0.0 * income, -_prices(at, self.regions))


@dataclass(frozen=True, eq=False)
class Payoff:
    """G of some governments, percent of base-year GDP a year; without weights 100 b ln W."""

    economy: Economy
    regions: tuple[int, ...]
    weights: PoliticalWeights | None = None

    def value(self, equilibrium: Equilibrium) -> Array:
        """G (..., K)."""
        scale = 100.0 * self.economy.income / self.economy.value_added
        value = scale * RealIncome(tuple(range(len(scale)))).value(equilibrium)
        if self.weights is not None:
            rents, funds = self._terms()
            base = self.economy.value_added_share * self.economy.output
            index = equilibrium.price_index
            added = sector_value_added(equilibrium) / index[..., None] - base
            value = value + (rents * added).sum(axis=-1)
            value = value + funds * (equilibrium.revenue / index - self.economy.revenue)
        return np.asarray(value[..., list(self.regions)])

    def multipliers(self, at: Linearisation) -> Multipliers:
        """Derivatives of `value`."""
        chosen, prices = _select(at, self.regions), _prices(at, self.regions)
        worth = 100.0 * self.economy.income / self.economy.value_added
        income = (worth / at.now.income)[:, None] * chosen
        if self.weights is None:
            return _multipliers(at, income, 0.0 * income, -worth[:, None, None] * prices)
        rents, funds = self._terms()
        base, now = self.economy.primitives, at.now
        index = np.exp((base.final_share * now.point.log_prices).sum(axis=1))
        of_paid = rents * base.value_added_share / index[:, None]
        duties = at.derivatives.markets.duties_collected()
        falls = worth + (of_paid * now.mix.rest * now.output).sum(axis=1) + funds * duties / index
        weights = _multipliers(at, income, (funds / index)[:, None] * chosen, -falls[:, None, None] * prices)
        return weights._replace(paid=of_paid[..., None] * chosen[:, None])

    def _terms(self) -> tuple[Array, Array]:
        """Percent of GDP per million USD: of real value added (N, S) and of real duties (N,)."""
        assert self.weights is not None
        gdp = self.economy.value_added
        share = np.broadcast_to(self.weights.specific_share, gdp.shape)
        funds = np.broadcast_to(self.weights.public_funds, gdp.shape)
        return 100.0 * (share / gdp)[:, None] * self.weights.scaled(self.economy), 100.0 * funds / gdp


def sector_value_added(equilibrium: Equilibrium) -> Array:
    """VA' (..., N, S) = gn b0 Y', million USD: sales less what is paid for other goods and critical inputs."""
    base, lead = equilibrium.economy.primitives, equilibrium.status.shape
    added = base.value_added_share * equilibrium.output
    if not len(base.nodes.sector):
        return np.asarray(added)
    log_a = equilibrium.policies.log_productivity
    log_a = log_a.reshape(*(lead if len(log_a) > 1 else ()), *log_a.shape[1:])
    logs = (np.log(part) for part in (equilibrium.wages, equilibrium.prices, equilibrium.scarcity_price))
    return np.asarray(added * mix_inputs(base, log_a, *logs).rest)


def _select(at: Linearisation, regions: tuple[int, ...]) -> Array:
    """(N, K) of ones where column k is region n."""
    return np.asarray(np.eye(len(at.now.income))[:, list(regions)])


def _prices(at: Linearisation, regions: tuple[int, ...]) -> Array:
    """(N, S, K): d ln of the price index of region k by ln P."""
    return np.asarray(at.derivatives.base.final_share[..., None] * _select(at, regions)[:, None])


def _multipliers(at: Linearisation, income: Array, duties: Array, log_prices: Array) -> Multipliers:
    """Weights on income, duties and ln P, none on the rest."""
    none, inputs = np.zeros_like(log_prices), np.zeros((*at.now.bill.shape, income.shape[1]))
    own = Point(np.zeros_like(income), log_prices, none, inputs)
    return Multipliers(np.zeros_like(income), none, none, inputs, income, none, duties, own)
