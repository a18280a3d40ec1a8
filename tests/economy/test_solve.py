"""The kernel against the oracle, closed forms, accounting identities and invariances."""

from __future__ import annotations

import numpy as np
import pytest
from tests.economy.samples import between_two, random_economy, random_wedges, two_countries, with_inputs
from tests.economy.strategies import world
from tests.oracle import Shock, solve_plainly

from tariffsim.economy import Economy, Wedges, compile_kernel, solve
from tariffsim.economy.policies import prepare
from tariffsim.economy.primitives import CLOSURES, RENTS

FIELDS = ("real_income", "wages", "prices", "expenditure", "output", "income", "revenue", "trade", "residual")


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    compile_kernel()


def assert_the_plain_solver_agrees(economy: Economy, wedges: Wedges, tolerance: float) -> None:
    answer, supply = solve(economy, wedges=wedges, tolerance=1e-12), prepare(economy, wedges)[0]
    parts = (wedges.tariffs, wedges.export_taxes, wedges.iceberg, wedges.productivity, wedges.rations)
    t, x, d, a, cap = (np.asarray(part, dtype=float) for part in parts)
    shock = Shock(t, x, d, a, cap, wedges.ration_rent, supply.available[0], supply.receivers[0])
    plain = solve_plainly(economy, shock)
    assert answer.converged
    for name, value in plain.items():
        scale = max(np.abs(value).max(), 1e-9)
        np.testing.assert_allclose(getattr(answer, name) / scale, value / scale, atol=tolerance, err_msg=name)


@pytest.mark.parametrize(
    ("closure", "rent"),
    [
        pytest.param(closure, rent, marks=[] if k % len(RENTS) == r else [pytest.mark.slow])
        for k, closure in enumerate(CLOSURES)
        for r, rent in enumerate(RENTS)
    ],
)
def test_the_kernel_agrees_with_the_plain_solver(closure: str, rent: str) -> None:
    economy = random_economy(3, closure=closure)
    wedges = world(random_wedges(economy, 5, 1, rent), 0)
    assert_the_plain_solver_agrees(economy, wedges, 3e-9)


SCARCE = [
    ("fixed", "importer", 4, ("user", "lost")),
    ("world_gdp_share", "exporter", 3, ("user", "owner", "split", "lost")),
    ("value_added_share", "lost", 5, ("user", "owner", "split", "lost")),
    ("balanced", "exporter", 6, ("user", "owner", "split", "lost")),
]


@pytest.mark.parametrize(
    ("closure", "rent", "seed", "rents"),
    [pytest.param(*case, marks=[pytest.mark.slow] if k else []) for k, case in enumerate(SCARCE)],
)
def test_the_kernel_agrees_with_the_plain_solver_on_critical_inputs(
    closure: str, rent: str, seed: int, rents: tuple[str, ...]
) -> None:
    economy = with_inputs(random_economy(seed, 3, 2, closure=closure), seed, rents)
    wedges = world(random_wedges(economy, seed, 1, rent), 0)
    answer = solve(economy, wedges=wedges)
    assert (answer.scarcity_price > 1.0).any()
    assert (answer.ration_wedge > 0.0).any()
    assert_the_plain_solver_agrees(economy, wedges, 1e-9)


@pytest.mark.parametrize(
    ("theta", "home", "tariffs", "welfare"),
    [
        (4.0, 0.7, (0.309672, 0.0), (1.019368, 0.964973)),
        (4.0, 0.7, (0.281055, 0.281055), (0.978564, 0.978564)),
        (4.0, 0.9, (0.266491, 0.0), (1.005602, 0.989683)),
        (4.0, 0.9, (0.258789, 0.258789), (0.993259, 0.993259)),
        (2.0, 0.7, (0.622684, 0.0), (1.036174, 0.933679)),
        (2.0, 0.7, (0.556794, 0.556794), (0.959172, 0.959172)),
    ],
)
def test_two_country_real_incomes_are_the_closed_forms(
    theta: float, home: float, tariffs: tuple[float, float], welfare: tuple[float, float]
) -> None:
    answer = solve(two_countries(theta, home), between_two(*tariffs))
    np.testing.assert_allclose(1.0 + answer.real_income, welfare, atol=1e-6)


@pytest.mark.parametrize(("theta", "home"), [(4.0, 0.7), (4.0, 0.9), (2.0, 0.7)])
def test_autarky_costs_the_home_share_to_one_over_theta(theta: float, home: float) -> None:
    closed = between_two(1.0, 1.0)
    iceberg = np.where(closed > 0.0, np.inf, 1.0)
    by_cost = solve(two_countries(theta, home), wedges=Wedges(iceberg=iceberg))
    by_cap = solve(two_countries(theta, home), wedges=Wedges(rations=np.where(closed > 0.0, 0.0, np.inf)))
    np.testing.assert_allclose(1.0 + by_cost.real_income, home ** (1.0 / theta), atol=1e-9)
    np.testing.assert_allclose(by_cap.real_income, by_cost.real_income, atol=1e-9)


def test_world_k_of_a_batch_is_world_k_alone_bit_for_bit() -> None:
    economy = random_economy(7)
    wedges = random_wedges(economy, 8, 21, "importer")
    together = solve(economy, wedges=wedges)
    for k in (0, 6, 15, 16, 20):
        alone = solve(economy, wedges=world(wedges, k))
        for name in (*FIELDS, "iterations", "status", "ration_wedge"):
            np.testing.assert_array_equal(getattr(alone, name), getattr(together, name)[k], err_msg=name)


def test_batch_axes_broadcast_between_wedges() -> None:
    economy = random_economy(2)
    base = random_wedges(economy, 4, 6)
    tariffs = np.asarray(base.tariffs)[:2, None]
    productivity = np.asarray(base.productivity)[None, :3]
    grid = solve(economy, wedges=Wedges(tariffs, productivity=productivity))
    single = solve(economy, wedges=Wedges(tariffs[1, 0], productivity=productivity[0, 2]))
    assert grid.real_income.shape == (2, 3, 4)
    np.testing.assert_array_equal(grid.real_income[1, 2], single.real_income)
    np.testing.assert_array_equal(grid.trade[1, 2], single.trade)


def test_trade_that_does_not_exist_stays_zero() -> None:
    economy = random_economy(61)
    answer = solve(economy, wedges=random_wedges(economy, 62, 5))
    assert np.any(economy.flows == 0.0)
    np.testing.assert_array_equal(answer.trade[:, economy.flows == 0.0], 0.0)


@pytest.mark.parametrize("closure", ["fixed", "world_gdp_share", "value_added_share"])
def test_a_country_cut_off_with_a_deficit_has_no_equilibrium(closure: str) -> None:
    economy = random_economy(71, closure=closure)
    embargo = np.ones(economy.flows.shape)
    embargo[0, 1:] = embargo[1:, 0] = np.inf
    both = Wedges(iceberg=np.stack([np.ones_like(embargo), embargo]))
    answer = solve(economy, wedges=both)
    assert answer.status.tolist() == [0, 2]
    assert np.isnan(answer.real_income[1]).all()
    np.testing.assert_allclose(answer.real_income[0], 0.0, atol=1e-10)


def test_a_country_cut_off_with_balanced_trade_lives_in_autarky() -> None:
    economy = random_economy(71, io=False, closure="balanced")
    embargo = np.ones(economy.flows.shape)
    embargo[0, 1:] = embargo[1:, 0] = np.inf
    answer = solve(economy, wedges=Wedges(iceberg=embargo))
    own = economy.shares[0, 0] ** (economy.final_share[0] / economy.theta)
    base = economy.value_added[0] / economy.income[0]
    assert answer.converged
    np.testing.assert_allclose(1.0 + answer.real_income[0], base * own.prod(), rtol=1e-9)


def test_closures_rents_and_elasticities_change_results() -> None:
    economy = random_economy(81)
    tariffs = economy.tariffs + 0.5 * (1.0 - np.eye(4))[:, :, None]
    caps = np.where(np.eye(4)[:, :, None] > 0.0, np.inf, 0.4) * np.ones(3)
    results = [solve(economy.with_closure(name), tariffs).real_income for name in CLOSURES]
    results += [solve(economy, wedges=Wedges(rations=caps, ration_rent=rent)).real_income for rent in RENTS]
    results += [solve(economy.with_elasticities(3.0), tariffs).real_income]
    for a in range(len(results)):
        for b in range(a):
            assert np.abs(results[a] - results[b]).max() > 1e-5


def test_a_tolerance_out_of_reach_is_reported_not_hidden() -> None:
    economy = random_economy(91)
    answer = solve(economy, economy.tariffs + 0.5 * (1.0 - np.eye(4))[:, :, None], tolerance=1e-18)
    assert answer.status == 1
    assert 1e-18 < answer.residual < 1e-13
    assert np.isfinite(answer.real_income).all()


def test_few_iterations_leave_the_last_iterate_and_say_so() -> None:
    economy = random_economy(91)
    answer = solve(economy, economy.tariffs + 0.5 * (1.0 - np.eye(4))[:, :, None], max_iterations=2)
    assert answer.status == 1
    assert answer.residual > 1e-10
    assert np.isfinite(answer.real_income).all()


def test_far_policies_are_reached_by_walking_and_agree_with_the_plain_solver(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    economy = random_economy(92, closure="balanced")
    high = economy.tariffs + 9.0 * (1.0 - np.eye(4))[:, :, None]
    direct = solve(economy, high)
    monkeypatch.setattr("tariffsim.economy.prepared.DIRECT", 1)
    walked = solve(economy, high)
    ones, none = np.ones(economy.flows.shape), np.full(economy.flows.shape, np.inf)
    shock = Shock(high, 0.0 * ones, ones, np.ones((4, 3)), none)
    assert direct.converged
    assert walked.converged
    np.testing.assert_allclose(walked.real_income, direct.real_income, atol=1e-8)
    np.testing.assert_allclose(walked.real_income, solve_plainly(economy, shock)["real_income"], atol=1e-8)
