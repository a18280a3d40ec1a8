"""What pairs of add-ons would bring, read from the equilibrium book; everything else as in each world's policy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tariffsim.instruments.base import Array, Integers
from tariffsim.negotiation.payoffs import Index, Payoffs, weighed


@dataclass(frozen=True)
class BookForecast:
    """The forecast of a pair in W worlds.

    draw (W,): economy draw; policy (W, L): all other levers; sides: the two regions; columns: levers of the add-on of
    the first on the second and back; premiums: revenue premium (W,) of each side as the mover knows or believes it.
    """

    payoffs: Payoffs
    draw: Index
    policy: Integers
    sides: tuple[str, str]
    columns: tuple[int, int]
    premiums: tuple[Array, Array]

    def rows(self, addons: Array) -> Index:
        """Book rows (W, C) with add-ons (W, C, 2) in force."""
        worlds, count = addons.shape[:2]
        policies = np.repeat(self.policy[:, None, :], count, axis=1)
        for side, column in enumerate(self.columns):
            policies[:, :, column] = np.round(addons[..., side])
        flat = policies.reshape(worlds * count, -1)
        return self.payoffs.book.rows(np.repeat(self.draw, count), flat).reshape(worlds, count)

    def flows(self, side: int, addons: Array) -> Array:
        """Payoff flow (W, C, 2) of a side by horizon, percent of GDP a year, without the value of its controls."""
        return weighed(self.payoffs.flow(self.sides[side], self.rows(addons)), self.premiums[side])

    def income(self, side: int, addons: Array) -> Array:
        """100 ln of real income (W, C, 2) of a side by horizon."""
        return self.payoffs.log_income(self.sides[side], self.rows(addons))
