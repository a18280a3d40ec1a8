"""Optimal and Nash tariffs against closed forms and against themselves."""

from __future__ import annotations

import numpy as np
import pytest
from tests.economy.samples import between_two, random_economy, two_countries

from tariffsim.economy import nash_tariffs, optimal_tariff, solve
from tariffsim.errors import EconomyError

CASES = [(4.0, 0.7, 0.309672, 0.281055), (4.0, 0.9, 0.266491, 0.258789), (2.0, 0.7, 0.622684, 0.556794)]


@pytest.mark.parametrize(("theta", "home", "optimum", "nash"), CASES)
def test_two_country_tariffs_are_the_closed_forms(theta: float, home: float, optimum: float, nash: float) -> None:
    economy = two_countries(theta, home)
    best, both = optimal_tariff(economy, "R0"), nash_tariffs(economy)
    assert best.tariff == pytest.approx(optimum, abs=1e-6)
    assert not best.at_bound
    np.testing.assert_allclose(both.tariffs, nash, atol=1e-6)
    assert both.residual < 1e-6
    answer = solve(economy, between_two(*both.tariffs))
    np.testing.assert_allclose(both.real_income, answer.real_income, atol=1e-9)


@pytest.mark.parametrize(("theta", "home"), [(4.0, 0.7), (2.0, 0.6)])
def test_the_optimum_is_one_over_theta_times_the_foreign_home_share(theta: float, home: float) -> None:
    economy = two_countries(theta, home)
    best = optimal_tariff(economy, 0)
    answer = solve(economy, between_two(best.tariff, 0.0))
    foreign_home_share = answer.trade[1, 1, 0] / answer.expenditure[1, 0]
    assert best.tariff == pytest.approx(1.0 / (theta * foreign_home_share), abs=1e-6)


def test_no_tariff_near_the_optimum_is_better() -> None:
    economy = random_economy(5)
    best = optimal_tariff(economy, 2, partners=[0, 1], sectors=["S0", "S2"])
    for shift in (-0.01, 0.01):
        tariffs = economy.tariffs.copy()
        for partner in (0, 1):
            tariffs[2, partner, [0, 2]] = best.tariff + shift
        assert solve(economy, tariffs).real_income[2] < best.real_income[2]


def test_nash_tariffs_of_some_leave_the_others_where_they_are() -> None:
    economy = random_economy(6)
    nash = nash_tariffs(economy, ["R1", "R3"])
    assert nash.players == ("R1", "R3")
    assert nash.residual < 1e-6
    tariffs = economy.tariffs.copy()
    away = ~np.eye(4, dtype=bool)
    for n, level in zip((1, 3), nash.tariffs, strict=True):
        tariffs[n, away[n]] = level
    np.testing.assert_allclose(solve(economy, tariffs).real_income, nash.real_income, atol=1e-9)


def test_an_optimum_beyond_the_search_is_said_to_be_at_the_bound() -> None:
    best = optimal_tariff(two_countries(2.0, 0.7), 0, bounds=(0.0, 0.3))
    assert best.at_bound
    assert best.tariff == pytest.approx(0.3)


def test_players_must_be_different_regions() -> None:
    with pytest.raises(EconomyError, match="players must be different regions"):
        nash_tariffs(random_economy(5), ["R0", 0])
    with pytest.raises(EconomyError, match="unknown region 'R9'"):
        nash_tariffs(random_economy(5), ["R9"])
