"""Optimal and Nash tariffs against closed forms, first-order conditions, and tariffs nearby."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq
from tests.economy.samples import between_two, random_economy, two_countries

from tariffsim.economy import (
    Economy,
    PoliticalWeights,
    best_response,
    nash_tariffs,
    optimal_tariff,
    real_income_gradient,
    solve,
)
from tariffsim.economy.tariff_levels import BY
from tariffsim.errors import EconomyError, SolveError

CASES = [(4.0, 0.7, 0.309672, 0.281055), (4.0, 0.9, 0.266491, 0.258789), (2.0, 0.7, 0.622684, 0.556794)]


def symmetric_nash(theta: float, home: float) -> float:
    """t with t = 1 / (theta (1 - (1-q) lambda_f)), q = t lambda_h / (1 + t lambda_h), from expenditure shares alone."""

    def gap(t: float) -> float:
        weights = home, (1.0 - home) * (1.0 + t) ** -theta
        at_home = weights[0] / sum(weights)
        q = t * at_home / (1.0 + t * at_home)
        return t - 1.0 / (theta * (1.0 - (1.0 - q) * (1.0 - at_home)))

    return float(brentq(gap, 0.01, 2.0, xtol=1e-14))


@pytest.mark.parametrize(("theta", "home", "optimum", "nash"), CASES)
def test_two_country_tariffs_are_the_closed_forms(theta: float, home: float, optimum: float, nash: float) -> None:
    economy = two_countries(theta, home)
    best, both = optimal_tariff(economy, "R0"), nash_tariffs(economy)
    assert best.tariff == pytest.approx(optimum, abs=1e-6)
    assert not best.at_bound
    assert best.unique
    np.testing.assert_allclose(both.tariffs, nash, atol=1e-6)
    np.testing.assert_allclose(both.tariffs, symmetric_nash(theta, home), atol=1e-9)
    assert both.residual < 1e-7
    assert both.regret < 1e-9
    assert "autarky is another" in both.selected
    answer = solve(economy, between_two(*both.tariffs))
    np.testing.assert_allclose(both.real_income, answer.real_income, atol=1e-9)


@pytest.mark.parametrize(("theta", "home"), [(4.0, 0.7), (2.0, 0.6)])
def test_the_optimum_is_one_over_theta_times_the_foreign_home_share(theta: float, home: float) -> None:
    economy = two_countries(theta, home)
    best = optimal_tariff(economy, 0)
    answer = solve(economy, between_two(best.tariff, 0.0), tolerance=1e-13)
    foreign_home_share = answer.trade[1, 1, 0] / answer.expenditure[1, 0]
    assert best.tariff == pytest.approx(1.0 / (theta * foreign_home_share), abs=1e-9)


def test_no_tariff_near_the_optimum_is_better() -> None:
    economy = random_economy(5)
    best = optimal_tariff(economy, 2, partners=[0, 1], sectors=["S0", "S2"])
    for shift in (-0.01, 0.01):
        tariffs = economy.tariffs.copy()
        for partner in (0, 1):
            tariffs[2, partner, [0, 2]] = best.tariff + shift
        assert solve(economy, tariffs).real_income[2] < best.real_income[2]


@pytest.mark.parametrize("by", BY)
def test_slopes_vanish_at_an_optimum(by: str) -> None:
    economy = random_economy(6)
    best = optimal_tariff(economy, "R1", by=by)
    assert not best.at_bound
    assert best.slope < 1e-8
    answer = solve(economy, best.policy, tolerance=1e-12)
    gradient = real_income_gradient(answer, ["R1"])[0]
    away = [0, 2, 3]
    axes = {"uniform": (0, 1), "partner": (1,), "sector": (0,), "partner_and_sector": ()}[by]
    np.testing.assert_allclose(gradient[1, away].sum(axis=axes), 0.0, atol=1e-9)
    np.testing.assert_allclose(best.real_income, answer.real_income, atol=1e-12)
    untouched = np.delete(np.arange(4), 1)
    np.testing.assert_array_equal(best.policy[untouched], economy.tariffs[untouched])


def test_finer_instruments_are_worth_more() -> None:
    economy = random_economy(6)
    worth = {by: optimal_tariff(economy, 1, by=by).payoff for by in BY}
    for coarse, fine in (("uniform", "partner"), ("uniform", "sector"), ("partner", "partner_and_sector")):
        assert worth[fine] > worth[coarse] + 1e-6


def test_every_start_of_a_search_is_reported_with_what_it_was_worth() -> None:
    best = optimal_tariff(random_economy(6), 1, by="partner")
    assert {start.name for start in best.starts} == {"status quo", "zero", "high", "best uniform"}
    assert best.unique
    assert best.labels == ("R1 on R0", "R1 on R2", "R1 on R3")
    for start in best.starts:
        assert start.payoff == pytest.approx(best.payoff, abs=1e-9)


def with_a_transfer() -> Economy:
    """A deficit that does not shrink with trade: prohibitive tariffs pay, one peak is inside and one at the bound."""
    flows = np.array([[80.0, 22.0], [18.0, 80.0]])[:, :, None]
    return Economy.from_arrays(flows, np.zeros((2, 2, 1)), 4.0, closure="fixed")


def test_two_peaks_are_told_apart() -> None:
    economy = with_a_transfer()
    best = optimal_tariff(economy, 0, bounds=(-0.3, 3.0))
    assert best.at_bound
    assert best.tariff == pytest.approx(3.0)
    assert not best.unique
    inside = min(best.starts, key=lambda start: float(start.tariffs[0]))
    assert inside.payoff < best.payoff
    assert optimal_tariff(economy, 0, bounds=(-0.3, 1.0)).tariff == pytest.approx(float(inside.tariffs[0]), abs=1e-7)


def test_a_best_response_is_the_optimum_against_those_tariffs() -> None:
    economy = random_economy(6)
    tariffs = economy.tariffs + 0.2 * (1.0 - np.eye(4))[:, :, None]
    reply = best_response(economy, "R2", tariffs, by="sector")
    np.testing.assert_array_equal(reply.policy[[0, 1, 3]], tariffs[[0, 1, 3]])
    own_ignored = tariffs.copy()
    own_ignored[2, [0, 1, 3]] = 0.4
    np.testing.assert_allclose(best_response(economy, "R2", own_ignored, by="sector").tariffs, reply.tariffs, atol=1e-8)
    assert np.abs(reply.tariffs - optimal_tariff(economy, "R2", by="sector").tariffs).max() > 1e-4


def test_nash_tariffs_of_some_leave_the_others_where_they_are() -> None:
    economy = random_economy(6)
    nash = nash_tariffs(economy, ["R1", "R3"])
    assert nash.players == ("R1", "R3")
    assert nash.residual < 1e-6
    tariffs = economy.tariffs.copy()
    away = ~np.eye(4, dtype=bool)
    for n, level in zip((1, 3), nash.tariffs, strict=True):
        tariffs[n, away[n]] = level
    np.testing.assert_allclose(nash.policy, tariffs, atol=1e-15)
    np.testing.assert_allclose(solve(economy, tariffs).real_income, nash.real_income, atol=1e-9)
    assert "autarky" not in nash.selected


@pytest.mark.parametrize("by", BY)
def test_nash_tariffs_are_best_responses_to_one_another(by: str) -> None:
    economy = random_economy(6)
    nash = nash_tariffs(economy, ["R1", "R3"], by=by)
    assert nash.residual < 1e-6
    assert nash.slope < 1e-6
    assert nash.candidates[0].starts == ("status quo", "zero", "high")
    for player in nash.players:
        reply = best_response(economy, player, nash.policy, by=by)
        mine = [label == player or label.startswith(f"{player} on ") for label in nash.labels]
        np.testing.assert_allclose(reply.tariffs, nash.tariffs[mine], atol=1e-6)


def test_names_and_their_order_change_no_tariff() -> None:
    economy = random_economy(6)
    order = np.array([2, 0, 3, 1])
    moved = Economy.from_arrays(
        economy.flows[np.ix_(order, order)],
        economy.tariffs[np.ix_(order, order)],
        economy.theta,
        economy.io[order],
        regions=[f"R{k}" for k in order],
    )
    here, there = nash_tariffs(economy, ["R1", "R3"]), nash_tariffs(moved, ["R3", "R1"])
    np.testing.assert_allclose(there.tariffs, here.tariffs[::-1], atol=1e-7)
    partner = optimal_tariff(economy, "R1", by="partner"), optimal_tariff(moved, "R1", by="partner")
    levels = [dict(zip(best.labels, best.tariffs, strict=True)) for best in partner]
    assert levels[0].keys() == levels[1].keys()
    for label, level in levels[0].items():
        assert levels[1][label] == pytest.approx(level, abs=1e-8)


def test_a_profile_that_somebody_would_leave_is_not_called_an_equilibrium() -> None:
    economy = with_a_transfer()
    inside = nash_tariffs(economy, starts=["status quo"], bounds=(-0.3, 3.0))
    assert "not an equilibrium" in inside.selected
    assert inside.residual > 1.0
    assert inside.regret > 0.1
    every = nash_tariffs(economy, bounds=(-0.3, 3.0))
    assert len(every.candidates) == 2
    assert every.candidates[0].starts == ("high",)
    assert every.tariffs[0] == pytest.approx(3.0)
    assert every.residual < 1e-6
    unverified = nash_tariffs(economy, starts=["status quo"], bounds=(-0.3, 3.0), verify=False)
    assert np.isnan(unverified.residual)
    assert "not searched" in unverified.selected


def test_a_government_that_favours_a_sector_protects_it() -> None:
    economy = random_economy(6)
    lambdas = np.ones(economy.value_added_share.shape)
    lambdas[1, 0] = 2.0
    plain = optimal_tariff(economy, 1, by="sector")
    taste = optimal_tariff(economy, 1, by="sector", weights=PoliticalWeights(lambdas), bounds=(-0.3, 3.0))
    assert taste.tariffs[0] > plain.tariffs[0] + 0.01
    assert taste.real_income[1] < plain.real_income[1]
    game = [nash_tariffs(economy, [1, 3], weights=w).tariffs for w in (None, PoliticalWeights(lambdas))]
    assert np.abs(game[1] - game[0]).max() > 1e-3


def test_scarce_public_funds_raise_a_tariff_that_is_below_the_revenue_peak() -> None:
    economy = two_countries(4.0, 0.7)
    funds = PoliticalWeights(np.ones((2, 1)), public_funds=0.3)
    assert optimal_tariff(economy, 0, weights=funds).tariff > optimal_tariff(economy, 0).tariff + 0.01


def test_tariffs_on_goods_that_are_not_traded_are_left_out() -> None:
    economy = random_economy(5)
    some = economy.flows[2].any(axis=1)
    best = optimal_tariff(economy, 2, by="partner")
    assert len(best.labels) == some.sum() - 1
    assert not some.all()
    with pytest.raises(EconomyError, match="R2 has no base-year trade"):
        optimal_tariff(economy, 2, partners=[int(np.flatnonzero(~some)[0])])


def test_an_optimum_beyond_the_search_is_said_to_be_at_the_bound() -> None:
    best = optimal_tariff(two_countries(2.0, 0.7), 0, bounds=(0.0, 0.3))
    assert best.at_bound
    assert best.tariff == pytest.approx(0.3)


def test_a_search_where_nothing_has_an_equilibrium_says_so() -> None:
    economy = random_economy(71, closure="fixed")
    prohibitive = np.where(np.eye(4)[:, :, None] > 0.0, 0.0, 1e5) * np.ones(3)
    assert solve(economy, prohibitive).status == 2
    with pytest.raises(SolveError, match="no tariff of R0 between 1000 and 2000 has an equilibrium"):
        optimal_tariff(economy, 0, tariffs=prohibitive, bounds=(1000.0, 2000.0), grid=3)


def test_players_must_be_different_regions() -> None:
    with pytest.raises(EconomyError, match="players must be different regions"):
        nash_tariffs(random_economy(5), ["R0", 0])
    with pytest.raises(EconomyError, match="unknown region 'R9'"):
        nash_tariffs(random_economy(5), ["R9"])


def test_bad_input_is_named_in_one_line() -> None:
    economy = random_economy(5)
    with pytest.raises(EconomyError, match=r"unknown way to set tariffs 'partners'\. Did you mean 'partner'"):
        optimal_tariff(economy, 0, by="partners")
    with pytest.raises(EconomyError, match=r"bounds must be two tariffs with -1 < low < high.*got \(0.5, 0.1\)"):
        nash_tariffs(economy, bounds=(0.5, 0.1))
    with pytest.raises(EconomyError, match="unknown start 'base'"):
        nash_tariffs(economy, starts=["base"])
    with pytest.raises(EconomyError, match=r"tariffs has shape \(4, 4\)"):
        best_response(economy, 0, np.zeros((4, 4)))
    with pytest.raises(EconomyError, match="there are 3 levels; read `tariffs`"):
        _ = optimal_tariff(random_economy(6), 1, by="partner").tariff
    with pytest.raises(EconomyError, match="grid must be at least 2 points"):
        optimal_tariff(economy, 0, grid=1)
