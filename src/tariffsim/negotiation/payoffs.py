"""What a government wants, per year and in percent of its baseline GDP (docs/explanation/negotiation.md).

G_i = 100 b_i ln Wh_i + 100 sf_i sum_g (lambda_g - 1) (VA'_g / P'_i - VA0_g) / GDP0_i
    + 100 m_i (R'_i / P'_i - R0_i) / GDP0_i + omega_i z_i,
with b_i = I0 / GDP0, g the domestic groups (Grossman and Helpman 1994, American Economic Review 84(4), 833-850), z the
strictness of the government's own export control.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from tariffsim.errors import ConfigError
from tariffsim.instruments.base import Array, Integers
from tariffsim.instruments.book import Book
from tariffsim.instruments.groups import Groups

Index = npt.NDArray[np.int64]


class Payoffs:
    """Payoff flows of governments, read from the equilibrium book."""

    def __init__(self, book: Book, groups: Groups, specific_share: Mapping[str, float]) -> None:
        economy = book.draws[0].economies[0]
        if groups.names != book.groups.names or not np.array_equal(groups.members, book.groups.members):
            raise ConfigError("the equilibrium book was opened for other domestic groups: open one for this scenario.")
        self.book, self.groups = book, groups
        self.specific_share = dict(specific_share)
        self.regions = economy.regions
        self._income_share = economy.income / economy.value_added
        self._gdp = economy.value_added
        self._revenue = economy.revenue

    def gdp(self, region: str) -> float:
        """Base-year GDP in million USD."""
        return float(self._gdp[self.regions.index(region)])

    def flow(self, region: str, rows: Index) -> Array:
        """What book rows (...) bring a region a year in percent of GDP: (..., 2, 2), [horizon, income | duties].

        Income is real income, and what the government adds to the income of groups it favours.

        `weighed` adds duties with the premium a government puts on them.
        """
        n = self.regions.index(region)
        page = self.book.page
        welfare = 100 * self._income_share[n] * np.log1p(page.real_income[rows, :, n])
        mine = self.groups.of(n)
        if len(mine):
            change = page.group_income[rows][..., mine] - self.groups.value_added[mine]
            favoured = (self.groups.favour[mine] * change).sum(-1) / self._gdp[n]
            welfare = welfare + 100 * self.specific_share[region] * favoured
        duties = page.revenue[rows, :, n] / page.price_index[rows, :, n] - self._revenue[n]
        return np.stack([welfare, 100 * duties / self._gdp[n]], axis=-1)

    def group_change(self, region: str, rows: Index) -> Array:
        """u_g (..., G) of a region's groups in the short run: percent change of real income since the base year.

        A share sf of it is rent of the group's sectors, the rest moves as everybody's real income.
        """
        n = self.regions.index(region)
        mine, share = self.groups.of(n), self.specific_share[region]
        page, base = self.book.page, self.groups.value_added[mine]
        rent = np.log(page.group_income[rows, 0][..., mine] / base)
        return np.asarray(100 * ((1 - share) * np.log1p(page.real_income[rows, 0, n])[..., None] + share * rent))

    def log_income(self, region: str, rows: Index) -> Array:
        """100 ln of a region's real income (..., 2) by horizon in book rows (...)."""
        return 100 * np.log1p(self.book.page.real_income[rows][..., self.regions.index(region)])


def weighed(flow: Array, premium: Array) -> Array:
    """Payoff flow (W, ..., 2) by horizon from `Payoffs.flow` (W, ..., 2, 2) and each world's revenue premium (W,)."""
    return np.asarray(flow[..., 0] + premium.reshape(-1, *[1] * (flow.ndim - 2)) * flow[..., 1])


def withheld(policy: Integers, columns: tuple[int, ...]) -> Array:
    """z: mean share withheld over supply levers `columns` of policies (..., L); 0 if there are none."""
    if not columns:
        return np.zeros(policy.shape[:-1])
    return np.asarray(1 - policy[..., list(columns)].mean(-1) / 100)
