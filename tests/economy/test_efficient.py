"""Tariffs that governments would agree on: symmetric cases, first-order conditions, and what no agreement leaves."""

from __future__ import annotations

import numpy as np
import pytest
from tests.economy.samples import between_two, random_economy, two_countries

from tariffsim.economy import PoliticalWeights, efficient_tariffs, nash_tariffs, real_income_gradient, solve
from tariffsim.economy.efficient import CRITERIA
from tariffsim.economy.tariff_levels import BY
from tariffsim.errors import EconomyError


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize(("theta", "home"), [(4.0, 0.7), (2.0, 0.7)])
def test_two_alike_leave_a_tariff_war_for_free_trade(criterion: str, theta: float, home: float) -> None:
    economy = two_countries(theta, home)
    war = nash_tariffs(economy)
    peace = efficient_tariffs(economy, status_quo=war.policy, criterion=criterion)
    assert peace.pareto_gains
    assert peace.unique
    np.testing.assert_allclose(peace.tariffs, 0.0, atol=1e-6)
    np.testing.assert_allclose(peace.gains, -100.0 * np.log1p(war.real_income), atol=1e-8)
    np.testing.assert_allclose(peace.real_income, 0.0, atol=1e-10)


@pytest.mark.parametrize("criterion", CRITERIA)
def test_from_free_trade_two_alike_cannot_both_gain(criterion: str) -> None:
    economy = two_countries(4.0, 0.7)
    same = efficient_tariffs(economy, criterion=criterion)
    assert not same.pareto_gains
    assert not same.at_bound
    np.testing.assert_array_equal(same.policy, economy.tariffs)
    np.testing.assert_array_equal(same.gains, 0.0)


@pytest.mark.parametrize("by", BY)
def test_everybody_gains_from_a_nash_product(by: str) -> None:
    economy = random_economy(6)
    deal = efficient_tariffs(economy, ["R1", "R3", "R0"], by=by)
    assert deal.pareto_gains
    assert (deal.gains > 0.0).all()
    assert deal.starts[0].slope < 1e-6
    assert deal.unique
    answer = solve(economy, deal.policy, tolerance=1e-12)
    np.testing.assert_allclose(answer.real_income, deal.real_income, atol=1e-12)
    before = solve(economy, tolerance=1e-12)
    assert (answer.real_income > before.real_income)[[0, 1, 3]].all()
    changed = np.any(deal.policy != economy.tariffs, axis=-1)
    assert not changed[2].any()
    assert not changed[:, 2].any()


def test_slopes_of_the_product_of_gains_vanish_pair_by_pair() -> None:
    economy = random_economy(6)
    deal = efficient_tariffs(economy, [1, 3])
    answer = solve(economy, deal.policy, tolerance=1e-12)
    worth = 100.0 * economy.income / economy.value_added
    gradient = real_income_gradient(answer, [1, 3]) * worth[[1, 3], None, None, None]
    total = (gradient / deal.gains[:, None, None, None]).sum(axis=0)
    np.testing.assert_allclose([total[1, 3].sum(), total[3, 1].sum()], 0.0, atol=1e-7)


def test_equal_gains_are_equal_and_no_smaller_than_the_smallest_of_the_product() -> None:
    economy = random_economy(6)
    product, equal = (efficient_tariffs(economy, [1, 3, 0], criterion=c) for c in CRITERIA)
    np.testing.assert_allclose(equal.gains, equal.gains[0], atol=1e-8)
    assert equal.gains.min() > product.gains.min() + 0.01
    assert np.log(product.gains).sum() > np.log(equal.gains).sum() + 1e-4
    assert equal.starts[0].slope < 1e-5


def test_a_worse_status_quo_changes_the_deal() -> None:
    economy = random_economy(6)
    war = nash_tariffs(economy, [1, 3])
    peace, deal = efficient_tariffs(economy, [1, 3], status_quo=war.policy), efficient_tariffs(economy, [1, 3])
    assert np.abs(peace.tariffs - deal.tariffs).max() > 1e-3
    np.testing.assert_array_equal(peace.policy[1, [0, 2]], war.policy[1, [0, 2]])
    np.testing.assert_allclose(peace.payoffs - peace.gains, war.payoffs, atol=1e-9)


def test_political_weights_change_the_deal() -> None:
    economy = random_economy(6)
    lambdas = np.ones(economy.value_added_share.shape)
    lambdas[1, 0] = 2.0
    plain, taste = (efficient_tariffs(economy, [1, 3], weights=w) for w in (None, PoliticalWeights(lambdas)))
    assert np.abs(taste.tariffs - plain.tariffs).max() > 1e-3


def test_bounds_that_hold_back_are_reported() -> None:
    economy = two_countries(4.0, 0.7)
    peace = efficient_tariffs(economy, status_quo=between_two(0.3, 0.3), bounds=(0.1, 0.5))
    assert peace.at_bound
    np.testing.assert_allclose(peace.tariffs, 0.1, atol=1e-9)


def test_bad_input_is_named_in_one_line() -> None:
    economy = random_economy(6)
    with pytest.raises(EconomyError, match="players must be different regions, at least two"):
        efficient_tariffs(economy, ["R1"])
    with pytest.raises(EconomyError, match=r"unknown criterion 'equal_gain'\. Did you mean 'equal_gains'"):
        efficient_tariffs(economy, criterion="equal_gain")
    with pytest.raises(EconomyError, match="unknown start 'nash'"):
        efficient_tariffs(economy, starts=["nash"])
