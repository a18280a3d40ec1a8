"""What is at stake, whoever looks at it: payoff flows of packages and of the wars after them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import Flags
from tariffsim.negotiation.payoffs import Index, weighed
from tariffsim.negotiation.tastes import Tastes
from tariffsim.negotiation.war_path import Standoff, Theatre


@dataclass(frozen=True)
class Path:
    """What war paths bring both sides (W, P, H+1, 2, 2), unweighed, the share (W,) each withholds, and the stress
    (W, P, H+1) of its stock market."""

    flows: list[Array]
    shares: list[Array]
    stress: list[Array]


@dataclass(frozen=True)
class Walked:
    """D distinct war paths: where they begin, add-ons (D, H + 1, 2), book rows (D, H + 1), what they are fought on, and
    which of them each standoff (W * P,) takes."""

    standoff: Standoff
    addons: Array
    rows: Index
    theatre: Theatre
    inverse: Index


@dataclass(frozen=True)
class Deals:
    """What every package brings both sides while it is in force (W, Q, 2, 2), unweighed, and shares withheld (W, Q)."""

    flows: list[Array]
    shares: list[Array]

    def weighed(self, taste: Tastes, side: int) -> Array:
        """Payoff flows (W, Q, 2) by horizon to a side with these tastes."""
        held = taste.control_value[:, None] * self.shares[side]
        return np.asarray(weighed(self.flows[side], taste.revenue_premium) + held[..., None])


@dataclass(frozen=True)
class Stakes:
    """What every package brings, and the wars after each pair of agreed add-ons."""

    deals: Deals
    after: Path


@dataclass(frozen=True)
class Worth:
    """Packages to one side: value (W, Q, 1) of the terms for good, value (W, Q, D) of a truce that is not renewed, and
    whether (W, Q, D) it would renew."""

    whole: Array
    ended: Array
    renews: Flags
