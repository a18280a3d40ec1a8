"""What is at stake, whoever looks at it: payoff flows of packages and of the wars after them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.compiled import undominated
from tariffsim.negotiation.disagreement import Bargains
from tariffsim.negotiation.once import Once, Results
from tariffsim.negotiation.payoffs import Index, weighed
from tariffsim.negotiation.tastes import Tastes, View


@dataclass(frozen=True)
class Path:
    """What D war paths bring both sides (D, H + 1, 2, 2), unweighed, the stress (D, H + 1) of its stock market, which
    paths (W, P) may be walked in each world, and the share (W,) each side withholds there."""

    flows: tuple[Array, Array]
    stress: tuple[Array, Array]
    index: Index
    shares: tuple[Array, Array]


@dataclass(frozen=True)
class Deals:
    """What every package brings both sides while it is in force (B, Q, 2, 2), unweighed, and shares withheld (B, Q), on
    B backgrounds; the background (W,) of each world, and a number (W,) for it that no other ever has."""

    flows: tuple[Array, Array]
    shares: tuple[Array, Array]
    index: Index
    lasting: Index

    def weighed(self, taste: Tastes, side: int) -> Array:
        """Payoff flows (W, Q, 2) by horizon to a side with these tastes."""
        return self._flows(side, self.index, taste.revenue_premium, taste.control_value)

    def bargains(self, view: View, known: Once) -> Bargains:
        """What two sides with these tastes (W * T,) may agree, each combination of tastes and background once."""
        world = np.repeat(np.arange(len(self.index)), len(view[0].discount) // len(self.index))
        traits = [trait for taste in view for trait in (taste.revenue_premium, taste.control_value)]
        bits = [np.ascontiguousarray(trait).view(np.int64) for trait in traits]

        def work_out(rows: Index) -> Results:
            background = self.index[world[rows]]
            one, two = (
                self._flows(side, background, taste.revenue_premium[rows], taste.control_value[rows])
                for side, taste in enumerate(view)
            )
            return one, two, *undominated(one, two)

        number, (one, two, count, which) = known.of(np.column_stack([self.lasting[world], *bits]), work_out)
        return Bargains((one, two), number, count, which)

    def _flows(self, side: int, background: Index, premium: Array, control: Array) -> Array:
        held = control[:, None] * self.shares[side][background]
        return np.asarray(weighed(self.flows[side][background], premium) + held[..., None])


@dataclass(frozen=True)
class Stakes:
    """What every package brings, and the wars after each pair of agreed add-ons."""

    deals: Deals
    after: Path
