"""The kernel against the oracle, closed forms, accounting identities and invariances."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.economy.samples import between_two, random_economy, random_wedges, two_countries
from tests.oracle import Shock, solve_plainly

from tariffsim.economy import Economy, Wedges, compile_kernel, solve
from tariffsim.economy.accounts import closing_gaps
from tariffsim.economy.primitives import CLOSURES, RENTS

FIELDS = ("real_income", "wages", "prices", "expenditure", "output", "income", "revenue", "trade", "residual")


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    compile_kernel()


def one(wedges: Wedges, k: int) -> Wedges:
    """World k of a batch of wedges in which every field is given."""
    return Wedges(
        np.asarray(wedges.tariffs)[k],
        np.asarray(wedges.export_taxes)[k],
        np.asarray(wedges.iceberg)[k],
        np.asarray(wedges.productivity)[k],
        np.asarray(wedges.rations)[k],
        wedges.ration_rent,
    )


def shock_of(wedges: Wedges) -> Shock:
    parts = (wedges.tariffs, wedges.export_taxes, wedges.iceberg, wedges.productivity, wedges.rations)
    t, x, d, a, cap = (np.asarray(part, dtype=float) for part in parts)
    return Shock(t, x, d, a, cap, wedges.ration_rent)


@pytest.mark.parametrize("closure", CLOSURES)
@pytest.mark.parametrize("rent", RENTS)
def test_the_kernel_agrees_with_the_plain_solver(closure: str, rent: str) -> None:
    economy = random_economy(3, closure=closure)
    wedges = one(random_wedges(economy, 5, 1, rent), 0)
    answer, plain = solve(economy, wedges=wedges, tolerance=1e-12), solve_plainly(economy, shock_of(wedges))
    assert answer.converged
    for name, value in plain.items():
        scale = np.abs(value).max()
        np.testing.assert_allclose(getattr(answer, name) / scale, value / scale, atol=3e-9, err_msg=name)


@pytest.mark.parametrize("closure", CLOSURES)
@pytest.mark.parametrize("io", [True, False])
def test_nothing_changes_when_nothing_changes(closure: str, io: bool) -> None:
    economy = random_economy(11, io=io, closure=closure)
    caps = np.full(economy.flows.shape, 1.0)
    for wedges in (
        Wedges(),
        Wedges(economy.tariffs),
        Wedges(rations=caps * 1.5),
        Wedges(rations=caps + 1e-12),
    ):
        answer = solve(economy, wedges=wedges)
        for hat in (answer.wages, answer.prices, answer.price_index, 1.0 + answer.real_income):
            np.testing.assert_allclose(hat, 1.0, atol=1e-10)
        np.testing.assert_allclose(answer.trade, economy.flows, rtol=1e-9)
        np.testing.assert_array_equal(answer.ration_wedge, 0.0)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.sampled_from(CLOSURES), st.sampled_from(RENTS), st.booleans())
def test_accounts_close_with_every_wedge_on(seed: int, closure: str, rent: str, io: bool) -> None:
    economy = random_economy(seed, io=io, closure=closure)
    answer = solve(economy, wedges=random_wedges(economy, seed + 1, 4, rent))
    good = answer.converged
    assert good.mean() >= 0.5  # with such shocks a deficit may exceed a region's means
    for gap in closing_gaps(answer):
        assert np.all(np.abs(gap[good]) < 1e-9)
    revenue = answer.duties.sum(axis=(-2, -1))
    np.testing.assert_allclose(revenue[good], answer.revenue[good], rtol=1e-7, atol=1e-9)


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.sampled_from(RENTS))
def test_a_cap_binds_or_its_price_is_zero(seed: int, rent: str) -> None:
    economy = random_economy(seed, closure="balanced")
    wedges = random_wedges(economy, seed, 3, rent)
    answer = solve(economy, wedges=wedges, tolerance=1e-12)
    log_cost = np.einsum("ikj,bik->bij", economy.io, np.log(answer.prices))
    log_cost += economy.value_added_share * np.log(answer.wages)[..., None]
    cost = np.exp(log_cost) / np.asarray(wedges.productivity)
    flows = np.where(economy.flows > 0.0, economy.flows, 1.0)
    mu, cap = answer.ration_wedge, np.asarray(wedges.rations)
    quantity = answer.trade / flows / cost[:, None] / (1.0 + mu if rent == "lost" else 1.0)
    good = answer.converged
    assert np.all(quantity[good] <= cap[good] * (1.0 + 1e-9))
    binds = mu > 0.0
    np.testing.assert_allclose(quantity[good][binds[good]], cap[good][binds[good]], rtol=1e-9)


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
        alone = solve(economy, wedges=one(wedges, k))
        for name in (*FIELDS, "iterations", "status", "ration_wedge"):
            np.testing.assert_array_equal(getattr(alone, name), getattr(together, name)[k], err_msg=name)


def test_threads_change_no_bit() -> None:
    economy = random_economy(7)
    wedges = random_wedges(economy, 9, 37)
    single, several = solve(economy, wedges=wedges), solve(economy, wedges=wedges, threads=3)
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(single, name), getattr(several, name), err_msg=name)


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


def test_relabelling_regions_and_sectors_changes_nothing() -> None:
    economy, wedges = random_economy(21), one(random_wedges(random_economy(21), 22, 1), 0)
    r, s = np.array([2, 0, 3, 1]), np.array([1, 2, 0])
    pairs = np.ix_(r, r, s)
    moved = Economy.from_arrays(
        economy.flows[pairs], economy.tariffs[pairs], economy.theta[s], economy.io[np.ix_(r, s, s)]
    )
    parts = (wedges.tariffs, wedges.export_taxes, wedges.iceberg, wedges.rations)
    t, x, d, cap = (np.asarray(part)[pairs] for part in parts)
    there = Wedges(t, x, d, np.asarray(wedges.productivity)[np.ix_(r, s)], cap)
    here, other = solve(economy, wedges=wedges, tolerance=1e-12), solve(moved, wedges=there, tolerance=1e-12)
    np.testing.assert_allclose(other.real_income, here.real_income[r], atol=1e-9)
    np.testing.assert_allclose(other.trade, here.trade[pairs], rtol=1e-8)


@pytest.mark.parametrize("closure", CLOSURES)
def test_the_unit_of_money_changes_nothing(closure: str) -> None:
    economy = random_economy(31, closure=closure)
    richer = replace(economy, flows=economy.flows * 1e6)
    wedges = random_wedges(economy, 32, 3, "importer")
    here, there = (solve(e, wedges=wedges, tolerance=1e-12) for e in (economy, richer))
    np.testing.assert_allclose(there.real_income, here.real_income, atol=1e-9)
    np.testing.assert_allclose(there.income, here.income * 1e6, rtol=1e-9)


def test_splitting_a_sector_into_two_alike_changes_nothing() -> None:
    economy = random_economy(41)
    cut = np.array([0.3, 0.7])
    flows = np.concatenate([economy.flows[..., :2], economy.flows[..., 2:] * cut], axis=2)
    tariffs = np.repeat(economy.tariffs, [1, 1, 2], axis=2)
    rows = np.concatenate([economy.io[:, :2], economy.io[:, 2:] * cut[:, None]], axis=1)
    split = Economy.from_arrays(flows, tariffs, np.repeat(economy.theta, [1, 1, 2]), np.repeat(rows, [1, 1, 2], axis=2))
    new = tariffs + 0.25 * (1.0 - np.eye(4))[:, :, None]
    whole, parts = solve(economy, new[..., :3], tolerance=1e-12), solve(split, new, tolerance=1e-12)
    np.testing.assert_allclose(parts.real_income, whole.real_income, atol=1e-9)
    np.testing.assert_allclose(parts.trade[..., 2:].sum(axis=-1), whole.trade[..., 2], rtol=1e-8)


@pytest.mark.parametrize("scale", [0.2, -0.1])
def test_lerner_an_import_tariff_is_an_export_tax_when_trade_is_balanced(scale: float) -> None:
    economy = random_economy(51, closure="balanced")
    start = one(random_wedges(economy, 52, 1), 0)
    t, x = np.array(start.tariffs), np.array(start.export_taxes)
    others = np.arange(4) != 1
    more_t, more_x = t.copy(), x.copy()
    more_t[1, others] = (1.0 + t[1, others]) * (1.0 + scale) - 1.0
    more_x[others, 1] = (1.0 + x[others, 1]) * (1.0 + scale) - 1.0
    imports = solve(economy, wedges=Wedges(more_t, x), tolerance=1e-12)
    exports = solve(economy, wedges=Wedges(t, more_x), tolerance=1e-12)
    np.testing.assert_allclose(imports.real_income, exports.real_income, atol=1e-9)


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
