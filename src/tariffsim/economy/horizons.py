"""Two horizons: the same policy under short-run and long-run elasticities, and its value in between.

Evidence for the years after a change lies far below long-run estimates (Boehm, Levchenko & Pandalai-Nayar 2023),
and which of the two prices a policy can turn the sign of a result: so results are shown at both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tariffsim.economy import checks
from tariffsim.economy.economy import Economy
from tariffsim.economy.elasticities import ElasticitySet
from tariffsim.economy.equilibrium import Equilibrium
from tariffsim.economy.primitives import Array
from tariffsim.economy.solving import solve
from tariffsim.economy.wedges import Wedges
from tariffsim.errors import EconomyError


@dataclass(frozen=True, eq=False)
class Horizons:
    """The equilibria of one policy, or of one batch, in the short and in the long run."""

    short: Equilibrium
    long: Equilibrium

    def real_income_at(self, age: npt.ArrayLike, adjustment_years: float) -> Array:
        """Real income (..., N) of a policy in force for `age` years, a fraction of base real income."""
        return value_at_age(self.short.real_income, self.long.real_income, age, adjustment_years)


def short_run(economy: Economy, theta: float, sectors: Sequence[str | int] | None = None) -> Economy:
    """The same base year with one elasticity theta in `sectors`, names or positions (None: in all of them).

    The other sectors, services for example, keep theirs. Raises EconomyError for theta <= 0 or an unknown sector.
    """
    chosen = range(len(economy.sectors)) if sectors is None else [economy.sector_index(sector) for sector in sectors]
    values = np.array(economy.theta)
    values[list(chosen)] = theta
    name = f"short run {theta:g}" + ("" if sectors is None else f", others {economy.elasticity_set.name}")
    return economy.with_elasticities(ElasticitySet(name, "theta", values))


def both_horizons(
    economy: Economy,
    theta_short: float,
    tariffs: npt.ArrayLike | None = None,
    *,
    wedges: Wedges | None = None,
    sectors: Sequence[str | int] | None = None,
    threads: int = 1,
) -> Horizons:
    """Solve a policy or a batch at both horizons: theta_short in `sectors` (`short_run`), the economy's own theta.

    Other arguments and errors as in `solve`. Under `closure="balanced"` both start from the base year as the
    economy has it, purged at its own elasticities.
    """
    early = short_run(economy, theta_short, sectors)
    return Horizons(
        solve(early, tariffs, wedges=wedges, threads=threads), solve(economy, tariffs, wedges=wedges, threads=threads)
    )


def value_at_age(short: npt.ArrayLike, long: npt.ArrayLike, age: npt.ArrayLike, adjustment_years: float) -> Array:
    """(1 - v) short + v long with v = 1 - exp(-age / adjustment_years), age and T in years.

    `age` has the leading axes of `short` and `long`, or is a number. Raises EconomyError for a negative age and
    unless T > 0. Discounted sums of it in closed form: `negotiation.valuation.horizon_weights`.
    """
    if not adjustment_years > 0.0:
        raise EconomyError(f"adjustment_years must be positive, got {adjustment_years}: T of v = 1 - exp(-age/T).")
    early, late = np.asarray(short, dtype=np.float64), np.asarray(long, dtype=np.float64)
    years = checks.number_array("age", age)
    checks.above("age", years, 0.0, inclusive=True)
    v = -np.expm1(-years / adjustment_years)
    v = v.reshape(*v.shape, *(1,) * (early.ndim - v.ndim)) if v.ndim else v
    return np.asarray(early + v * (late - early))
