"""The short and the long run of one policy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from tests.economy.samples import random_economy

from tariffsim.economy import Economy, Wedges, solve
from tariffsim.economy.horizons import both_horizons, short_run, value_at_age
from tariffsim.economy.loading import load_economy
from tariffsim.errors import EconomyError
from tariffsim.negotiation.valuation import horizon_weights


def test_the_short_run_has_one_elasticity_where_it_is_asked_for() -> None:
    economy = load_economy(elasticities="CP")
    goods = [name for name in economy.sectors if name != "SERV"]
    early = short_run(economy, 0.76, goods)
    assert set(early.theta[:-1]) == {0.76}
    assert early.theta[-1] == economy.theta[-1] == 4.0
    assert str(early.elasticity_set) == "short run 0.76, others CP, stated as theta, theta 0.76 to 4"
    assert set(short_run(economy, 0.76).theta) == {0.76}
    np.testing.assert_array_equal(early.flows, economy.flows)


def test_both_horizons_are_two_solves() -> None:
    economy = random_economy(6)
    tariffs = economy.tariffs + np.linspace(0.0, 0.5, 5)[:, None, None, None] * (1.0 - np.eye(4))[:, :, None]
    both = both_horizons(economy, 0.5, tariffs, sectors=["S0", 1])
    np.testing.assert_array_equal(both.long.real_income, solve(economy, tariffs).real_income)
    np.testing.assert_array_equal(
        both.short.real_income, solve(short_run(economy, 0.5, ["S0", "S1"]), tariffs).real_income
    )
    assert np.abs(both.short.real_income[-1] - both.long.real_income[-1]).max() > 1e-3


def test_both_horizons_take_wedges() -> None:
    economy = random_economy(6)
    wedges = Wedges(productivity=np.full((4, 3), 0.9))
    both = both_horizons(economy, 0.5, wedges=wedges)
    np.testing.assert_array_equal(both.long.real_income, solve(economy, wedges=wedges).real_income)


def test_which_horizon_prices_a_policy_can_turn_its_sign() -> None:
    economy = load_economy()
    tariffs, usa = np.array(economy.tariffs), economy.region_index("USA")
    goods = [name for name in economy.sectors if name != "SERV"]
    others = np.arange(16) != usa
    tariffs[usa, others, :-1] += 0.4
    both = both_horizons(economy, 0.4, tariffs, sectors=goods)
    assert both.short.real_income[usa] > 0.0 > both.long.real_income[usa]


def test_a_policy_moves_from_its_short_to_its_long_value_as_it_ages() -> None:
    early, late = np.array([[1.0, -2.0], [3.0, 0.5]]), np.array([[0.0, 4.0], [3.0, 1.0]])
    np.testing.assert_array_equal(value_at_age(early, late, 0.0, 5.0), early)
    np.testing.assert_allclose(value_at_age(early, late, np.inf, 5.0), late, rtol=1e-15)
    v = 1.0 - np.exp(-1.0)
    np.testing.assert_allclose(value_at_age(early, late, 5.0, 5.0), (1.0 - v) * early + v * late, rtol=1e-15)
    by_world = value_at_age(early, late, [0.0, 5.0], 5.0)  # an age for each world
    np.testing.assert_array_equal(by_world[0], early[0])
    np.testing.assert_allclose(by_world[1], (1.0 - v) * early[1] + v * late[1], rtol=1e-15)


def test_both_horizons_know_the_value_in_between() -> None:
    both = both_horizons(random_economy(6), 0.5, random_economy(6).tariffs * 2.0)
    middle = both.real_income_at(3.0, 5.0)
    np.testing.assert_array_equal(middle, value_at_age(both.short.real_income, both.long.real_income, 3.0, 5.0))
    assert middle.shape == (4,)


def test_the_closed_form_of_the_valuation_is_the_integral_of_the_value_by_age() -> None:
    rate, stop, years = 0.07, 6.5, 4.0
    weights = horizon_weights(np.array(rate), 0.0, stop, years)

    def flow(age: float) -> float:
        return float(value_at_age(1.3, -0.4, age, years) * np.exp(-rate * age))

    np.testing.assert_allclose(weights @ [1.3, -0.4], quad(flow, 0.0, stop)[0], rtol=1e-10)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.0,), r"elasticities \(theta\) must be > 0"),
        ((0.5, ["S7"]), r"unknown sector 'S7'\. Did you mean"),
        ((0.5, [3]), "sector 3 is out of range"),
    ],
)
def test_a_short_run_that_is_wrong_is_refused(arguments: tuple[Any, ...], message: str) -> None:
    economy: Economy = random_economy(1)
    with pytest.raises(EconomyError, match=message):
        short_run(economy, *arguments)


@pytest.mark.parametrize(
    ("age", "years", "message"),
    [
        (-1.0, 5.0, r"age must be >= 0; got -1"),
        (1.0, 0.0, r"adjustment_years must be positive, got 0.0: T of v = 1 - exp\(-age/T\)"),
        ("old", 5.0, "age must be an array of numbers, got str"),
    ],
)
def test_an_age_that_is_wrong_is_refused(age: Any, years: float, message: str) -> None:
    with pytest.raises(EconomyError, match=message):
        value_at_age(0.0, 1.0, age, years)
