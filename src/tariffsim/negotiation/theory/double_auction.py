"""Two-sided private information: the sealed-bid double auction, and the best that any mechanism can do.

Buyer's value and seller's cost are independent and uniform on [0, 1]. Each names a price; if the bid is at least the
ask they trade at weight * bid + (1 - weight) * ask. Linear equilibrium: Chatterjee and Samuelson 1983, Operations
Research 31(5), 835-851. Bound: Myerson and Satterthwaite 1983, Journal of Economic Theory 29(2), 265-281; with weight
1/2 the linear equilibrium attains it. The impossibility of full efficiency is a theorem about *continuous* types: with
finitely many, efficient mechanisms can exist (Flesch, Schroeder and Vermeulen 2016, Mathematical Social Sciences 84,
68-75).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tariffsim.errors import ConfigError
from tariffsim.instruments.base import Array

FIRST_BEST = 1 / 6  # E max(value - cost, 0) for two independent uniforms


@dataclass(frozen=True)
class LinearRule:
    """A price as a linear function of the own type, where trade is possible."""

    slope: float
    intercept: float

    def __call__(self, types: npt.ArrayLike) -> Array:
        """Prices (...) of types (...)."""
        return np.asarray(self.slope * np.asarray(types, dtype=np.float64) + self.intercept)


@dataclass(frozen=True)
class LinearEquilibrium:
    """The rules of both sides, best replies to one another."""

    bid: LinearRule
    ask: LinearRule


def best_bid(lowest_ask: float, weight: float = 0.5) -> LinearRule:
    """The buyer's best reply to asks spread evenly upwards from `lowest_ask`.

    A higher bid wins one more trade at (value - bid) and costs weight * (bid - lowest_ask) on those it has already:
    bid = (value + weight * lowest_ask) / (1 + weight).
    """
    return LinearRule(1 / (1 + weight), weight * lowest_ask / (1 + weight))


def best_ask(highest_bid: float, weight: float = 0.5) -> LinearRule:
    """The seller's best reply to bids spread evenly downwards from `highest_bid`, the mirror image of `best_bid`."""
    return LinearRule(1 / (2 - weight), (1 - weight) * highest_bid / (2 - weight))


def linear_equilibrium(weight: float = 0.5) -> LinearEquilibrium:
    """The linear equilibrium, found by best replies that answer one another until neither moves.

    A round of replies shrinks the distance to it by weight (1 - weight) / ((1 + weight) (2 - weight)) <= 1/9. With
    weight 1/2: bids 2/3 v + 1/12, asks 2/3 c + 1/4. Raises ConfigError if weight isn't in [0, 1].
    """
    if not 0 <= weight <= 1:
        raise ConfigError(f"weight of the bid in the price must be in [0, 1], got {weight:g}.")
    bid, ask = LinearRule(1.0, 0.0), LinearRule(1.0, 0.0)  # from the truth
    while True:
        answer = best_bid(ask.intercept, weight)
        reply = best_ask(float(answer(1.0)), weight)
        if (answer, reply) == (bid, ask):
            return LinearEquilibrium(bid, ask)
        bid, ask = answer, reply


def gains_from_trade(margin: float) -> float:
    """Expected gains if trade takes place iff value - cost >= margin, in [0, 1]; over FIRST_BEST: the efficiency."""
    value, cost, weight = _trades(margin)
    return float((weight * (value - cost)).sum())


def budget(margin: float) -> float:
    """What is left to pay for incentives: E of virtual value minus virtual cost over the trades of `gains_from_trade`.

    Virtual value v - (1 - F)/f = 2 v - 1, virtual cost c + F/f = 2 c. The trades can be had from self-interested,
    privately informed parties without a subsidy iff this isn't negative (Myerson and Satterthwaite 1983, theorem 1).
    """
    value, cost, weight = _trades(margin)
    return float((weight * ((2 * value - 1) - 2 * cost)).sum())


def second_best_margin(tolerance: float = 1e-12) -> float:
    """The margin of the best mechanism: the smallest with a budget of at least 0 (their theorem 2), by bisection."""
    low, high = 0.0, 0.5  # budget -1/6 at 0, above 0 at 1/2
    while high - low > tolerance:
        middle = (low + high) / 2
        low, high = (middle, high) if budget(middle) < 0 else (low, middle)
    return high


def _trades(margin: float) -> tuple[Array, Array, Array]:
    """Gauss-Legendre nodes (value, cost, weight) on the triangle value - cost >= margin; exact for low powers."""
    nodes, weights = np.polynomial.legendre.leggauss(4)
    nodes, weights = (nodes + 1) / 2, weights / 2
    cost = (1 - margin) * nodes[:, None]
    width = 1 - margin - cost
    return cost + margin + width * nodes, cost, (1 - margin) * weights[:, None] * width * weights
