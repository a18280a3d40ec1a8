"""The double auction by best replies on a grid, its efficiency by integration, and mechanisms by linear programme."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import dblquad
from scipy.optimize import linprog

from tariffsim.errors import ConfigError
from tariffsim.negotiation.theory.double_auction import (
    FIRST_BEST,
    LinearRule,
    budget,
    gains_from_trade,
    linear_equilibrium,
    second_best_margin,
)

Array = npt.NDArray[np.float64]
TYPES = (np.arange(1_000_000) + 0.5) / 1_000_000  # midpoints: the other side's types, equally likely
PRICES = np.linspace(0, 1, 2_001)


class Asks:
    """Equally likely sellers, as a buyer sees them; no calculus."""

    def __init__(self, asks: Array) -> None:
        self.asks = np.sort(asks)
        self.total = np.concatenate([[0.0], np.cumsum(self.asks)])

    def payoff(self, value: float, bid: npt.ArrayLike, weight: float) -> Array:
        """Expected payoff of a buyer's bids."""
        met = np.searchsorted(self.asks, bid, side="right")
        paid = weight * met * np.asarray(bid) + (1 - weight) * self.total[met]
        return np.asarray((met * value - paid) / len(self.asks))


def test_best_replies_from_the_truth_lead_to_the_rules_of_chatterjee_and_samuelson() -> None:
    found = linear_equilibrium()
    assert np.allclose([found.bid.slope, found.bid.intercept], [2 / 3, 1 / 12], atol=1e-15)
    assert np.allclose([found.ask.slope, found.ask.intercept], [2 / 3, 1 / 4], atol=1e-15)


@given(weight=st.floats(0, 1))
def test_the_fixed_point_has_its_closed_form_at_every_weight(weight: float) -> None:
    # intercepts k (1 - k) / (2 (1 + k)) and (1 - k) / 2 (Chatterjee and Samuelson 1983, example 1)
    found = linear_equilibrium(weight)
    assert np.isclose(found.bid.intercept, weight * (1 - weight) / (2 * (1 + weight)), atol=1e-14)
    assert np.isclose(found.ask.intercept, (1 - weight) / 2, atol=1e-14)


@pytest.mark.parametrize("weight", [0.25, 0.5, 0.8])
def test_no_bid_on_a_fine_grid_is_better_than_the_rule(weight: float) -> None:
    rules = linear_equilibrium(weight)
    sellers, step = Asks(rules.ask(TYPES)), PRICES[1]
    for value in np.linspace(0, 1, 41):
        payoffs = sellers.payoff(value, PRICES, weight)
        assert payoffs.max() <= sellers.payoff(value, rules.bid(value), weight) + 1e-6
        if value > rules.ask.intercept + step:  # below the lowest ask every bid is as good
            assert abs(PRICES[payoffs.argmax()] - rules.bid(value)) <= 2 * step


@pytest.mark.parametrize("weight", [0.25, 0.5, 0.8])
def test_no_ask_on_a_fine_grid_is_better_than_the_rule(weight: float) -> None:
    # seen in the mirror (price p -> 1 - p) the seller is a buyer of value 1 - c who faces asks 1 - bid at weight 1 - k
    rules = linear_equilibrium(weight)
    buyers, step = Asks(1 - rules.bid(TYPES)), PRICES[1]
    for cost in np.linspace(0, 1, 41):
        payoffs = buyers.payoff(1 - cost, PRICES, 1 - weight)
        assert payoffs.max() <= buyers.payoff(1 - cost, 1 - rules.ask(cost), 1 - weight) + 1e-6
        if cost < rules.bid(1.0) - step:
            assert abs(1 - PRICES[payoffs.argmax()] - rules.ask(cost)) <= 2 * step


def test_telling_the_truth_is_no_equilibrium() -> None:
    # against asks c a bid b of the value .9 earns b (.9 - b / 2 - b / 4): .27 at b = .6, .2025 at .9
    payoffs = Asks(LinearRule(1.0, 0.0)(TYPES)).payoff(0.9, PRICES, 0.5)
    assert abs(PRICES[payoffs.argmax()] - 0.6) <= PRICES[1]
    assert np.allclose([payoffs.max(), np.interp(0.9, PRICES, payoffs)], [0.27, 0.2025], atol=1e-6)


def test_the_auction_gets_27_of_32_parts_of_the_gains() -> None:
    # trade iff 2/3 v + 1/12 >= 2/3 c + 1/4, v - c >= 1/4: integral of g (1 - g) from 1/4 to 1 = 9/64, of 1/6
    rules = linear_equilibrium()

    def gain(c: float, v: float) -> float:
        return v - c

    def most_cost(v: float) -> float:
        return float((rules.bid(v) - rules.ask.intercept) / rules.ask.slope)

    reached = dblquad(gain, most_cost(1.0) - 0.5, 1.0, 0.0, most_cost)[0]
    assert abs(reached / FIRST_BEST - 0.84375) < 1e-6
    assert abs(gains_from_trade(0.25) / FIRST_BEST - 0.84375) < 1e-12


def test_no_mechanism_does_better() -> None:
    margin = second_best_margin()
    assert abs(margin - 0.25) < 1e-6
    assert abs(gains_from_trade(margin) / FIRST_BEST - 0.84375) < 1e-6


def test_full_efficiency_would_need_a_subsidy_of_all_the_gains() -> None:
    # E over v >= c of 2 v - 1 - 2 c = 2 / 6 - 1 / 2 = -1/6
    assert np.isclose(budget(0.0), -1 / 6, atol=1e-14)
    assert np.isclose(gains_from_trade(0.0), FIRST_BEST, atol=1e-14)


def test_a_weight_outside_its_range_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"in \[0, 1\], got 1.5"):
        linear_equilibrium(1.5)


# ---------------------------------------------------------------------- finitely many types
def best_mechanism(values: Array, costs: Array) -> float:
    """Share of the gains that the best direct mechanism reaches, types of a side equally likely.

    Unknowns: probability of trade q[v, c] and payment t[v, c]. Truth-telling and taking part are best on average over
    the other's types.
    """
    n, m = len(values), len(costs)
    gain = np.subtract.outer(values, costs)
    rows: list[Array] = []

    def payoff(own: int, said: int, buyer: bool) -> Array:
        """Coefficients of a side's expected payoff if its type is `own` and it says `said`."""
        q, t = np.zeros((n, m)), np.zeros((n, m))
        if buyer:
            q[said], t[said] = values[own] / m, -1 / m
        else:
            q[:, said], t[:, said] = -costs[own] / n, 1 / n
        return np.concatenate([q.ravel(), t.ravel()])

    for buyer, size in ((True, n), (False, m)):
        for own in range(size):
            truth = payoff(own, own, buyer)
            rows.append(-truth)
            rows += [payoff(own, said, buyer) - truth for said in range(size) if said != own]
    objective = np.concatenate([-gain.ravel(), np.zeros(n * m)])
    bounds = [(0, 1)] * (n * m) + [(None, None)] * (n * m)
    found = linprog(objective, np.array(rows), np.zeros(len(rows)), bounds=bounds)
    assert found.status == 0
    return float(-(objective @ found.x) / np.maximum(gain, 0).sum())


def test_with_finitely_many_types_an_efficient_mechanism_can_exist() -> None:
    # Value .4 or 1, cost 0 or .6; only (.4, .6) shouldn't trade. The weak ones, .4 and .6, get nothing more than their
    # due. A buyer of 1 who says .4 gets (1 - .4) / 2 = .3, so it must be left .3, and a seller of 0 likewise: on
    # average .3 in all. There is (1 + .4 + .4) / 4 = .45
    assert np.isclose(best_mechanism(np.array([0.4, 1.0]), np.array([0.0, 0.6])), 1.0, atol=1e-9)


def test_with_weaker_weak_types_none_does() -> None:
    # .2 and .8 instead: the strong must be left .4 q if they trade with the weak with probability q; there is
    # (1 + .4 q) / 4, enough up to q = 5/6. So 1/3 of .35 can be had, 20/21
    assert np.isclose(best_mechanism(np.array([0.2, 1.0]), np.array([0.0, 0.8])), 20 / 21, atol=1e-9)


def test_many_types_approach_the_bound_from_above() -> None:
    shares = [best_mechanism(grid, grid) for grid in ((np.arange(n) + 0.5) / n for n in (5, 8, 12))]
    assert np.isclose(shares[0], 1, atol=1e-9)  # five types each: still efficient
    assert (np.diff(shares) < 0).all()
    assert shares[-1] > 0.84375
