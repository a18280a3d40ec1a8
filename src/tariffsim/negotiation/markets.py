"""Market stress: how far a government's stock market falls on news, when markets expect it to retreat if they fall.

S = sig L (1 - pi),   pi = 1 - exp(-k max(0, S - S0)),   L = max(0, -expected discounted 100 dln W of the surprise)

(docs/explanation/negotiation.md). The right side falls in S and the left side rises, so there is exactly one root; it
is found by bisection, because plain iteration can cycle. What is left of earlier stress, c, counts as well:
S = c + sig L (1 - pi), with a share of S gone each week.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.compiled import falls
from tariffsim.negotiation.valuation import horizon_weights

HALVINGS = 64  # of [c, c + sig L]: far below 1e-9 percent for any loss that has an equilibrium
LARGEST_EXPONENT = 700.0  # exp(-700) is still a normal number
NOTHING = 1e-9  # percent; less is no stress


@dataclass(frozen=True)
class Market:
    """A stock market; (W,) or one number for all worlds.

    sensitivity: sig, percent of fall per percent of GDP x years lost; anticipation: k, per percent; threshold: S0,
    percent of fall beyond which a retreat is expected; half_life: weeks in which half of the stress is gone.
    """

    sensitivity: Array | float
    anticipation: float
    threshold: Array | float
    half_life: float


def surprise_loss(change: Array, discount: Array, end: float, adjustment_years: float) -> Array:
    """L (W,) in percent x years from the change (W, 2) of 100 ln real income by horizon, expected to last to `end`."""
    weights = horizon_weights(discount, 0.0, end, adjustment_years)
    return np.maximum(0.0, -(weights[:, 0] * change[:, 0] + weights[:, 1] * change[:, 1]))


def drawdown(loss: Array, market: Market, carried: Array) -> Array:
    """The one root S (W,) in percent of S = c + sig L (1 - pi(S)), for a loss L and carried stress c (W,)."""
    fall = np.asarray(market.sensitivity * loss, dtype=np.float64)
    threshold = np.zeros(fall.shape) + market.threshold
    return falls(carried.astype(np.float64), fall, market.anticipation, threshold, HALVINGS, LARGEST_EXPONENT)


def stress_after(stress: Array, weeks: float, loss: Array, market: Market) -> Array:
    """Stress (W,) in percent `weeks` later, once the news that costs `loss` (W,) is out."""
    carried = stress * math.exp(-min(weeks * math.log(2) / market.half_life, LARGEST_EXPONENT))
    return drawdown(loss, market, np.where(carried < NOTHING, 0.0, carried))
