"""Adjoint gradients of equilibria against differences of equilibria solved again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.economy.samples import random_economy, random_wedges, with_inputs

from tariffsim.economy import Economy, Wedges, solve
from tariffsim.economy.gradients import linearise_world, real_income_gradient, tariff_gradient
from tariffsim.economy.objectives import Payoff, PoliticalWeights, sector_value_added
from tariffsim.economy.primitives import CLOSURES, RENTS, Array
from tariffsim.economy.residual import BINDING, SLACK
from tariffsim.errors import EconomyError

WIDTH = 2e-4  # in ln(1+t), of four-point differences
CELLS = [(0, 1, 0), (1, 2, 2), (3, 0, 1), (2, 3, 0)]


def one_world(economy: Economy, seed: int, rent: str) -> Wedges:
    wedges = random_wedges(economy, seed, 1, rent)
    names = ("tariffs", "export_taxes", "iceberg", "productivity", "rations")
    return replace(wedges, **{name: np.asarray(getattr(wedges, name))[0] for name in names})


def weights(economy: Economy, seed: int = 1) -> PoliticalWeights:
    rng = np.random.default_rng(seed)
    lambdas = rng.lognormal(0.0, 0.5, economy.value_added_share.shape)
    return PoliticalWeights(lambdas, 0.4, rng.uniform(0.0, 0.5, len(economy.regions)))


def moved(tariffs: Array, cell: tuple[int, int, int], step: float) -> Array:
    new = np.array(tariffs)
    new[cell] = (1.0 + new[cell]) * np.exp(step) - 1.0
    return new


@pytest.mark.parametrize("closure", CLOSURES)
@pytest.mark.parametrize("rent", RENTS)
def test_gradients_are_those_of_equilibria_solved_again(closure: str, rent: str) -> None:
    economy = random_economy(3, closure=closure)
    wedges, objective = one_world(economy, 7, rent), Payoff(economy, (0, 1, 2, 3), weights(economy))
    answer = solve(economy, wedges=wedges, tolerance=1e-13)
    assert answer.converged
    assert (answer.ration_wedge > 0.0).any()
    incomes, payoffs = real_income_gradient(answer), tariff_gradient(answer, objective)
    for cell in CELLS:
        batch = np.stack([moved(np.asarray(wedges.tariffs), cell, k * WIDTH) for k in (-2, -1, 1, 2)])
        again = solve(economy, wedges=replace(wedges, tariffs=batch), tolerance=1e-13)
        for exact, value in ((incomes, np.log1p(again.real_income)), (payoffs, objective.value(again))):
            difference = np.array([1.0, -8.0, 8.0, -1.0]) @ value / (12.0 * WIDTH)
            np.testing.assert_allclose(exact[:, *cell], difference, rtol=1e-6, atol=1e-8 * np.abs(exact).max())


def scarce(economy: Economy) -> Wedges:
    """Licences that make some critical inputs scarce, and leave others free."""
    n, z = len(economy.regions), len(economy.nodes)
    licences = np.ones((n, n, z))
    licences[:, 1] = 0.3
    licences[2:, 0] = 0.6
    return Wedges(economy.tariffs, licences=licences)


@pytest.mark.parametrize("closure", CLOSURES)
def test_gradients_hold_with_scarce_critical_inputs(closure: str) -> None:
    economy = with_inputs(random_economy(3, closure=closure), 4)
    objective, wedges = Payoff(economy, (0, 1, 2, 3), weights(economy)), scarce(economy)
    answer = solve(economy, wedges=wedges, tolerance=1e-13)
    assert answer.converged
    assert set(linearise_world(answer).now.state.ravel().tolist()) >= {SLACK, BINDING}
    exact = tariff_gradient(answer, objective)
    for cell in CELLS:
        batch = np.stack([moved(economy.tariffs, cell, k * WIDTH) for k in (-2, -1, 1, 2)])
        again = solve(economy, wedges=replace(wedges, tariffs=batch), tolerance=1e-13)
        assert again.converged.all()
        difference = np.array([1.0, -8.0, 8.0, -1.0]) @ objective.value(again) / (12.0 * WIDTH)
        np.testing.assert_allclose(exact[:, *cell], difference, rtol=1e-6, atol=1e-8 * np.abs(exact).max())


def test_gradients_of_a_batch_keep_its_shape_and_leave_failed_worlds_out() -> None:
    economy = random_economy(71, closure="fixed")
    embargo = np.ones(economy.flows.shape)
    embargo[0, 1:] = embargo[1:, 0] = np.inf
    answer = solve(economy, wedges=Wedges(iceberg=np.stack([np.ones_like(embargo), embargo])), tolerance=1e-12)
    gradient = real_income_gradient(answer, ["R2", 0])
    assert gradient.shape == (2, 2, *economy.flows.shape)
    assert np.isnan(gradient[1]).all()
    alone = solve(economy, tolerance=1e-12)
    np.testing.assert_allclose(gradient[0], real_income_gradient(alone)[[2, 0]], atol=1e-13)


def test_without_taste_the_payoff_is_real_income_in_percent_of_gdp() -> None:
    economy = random_economy(5)
    answer = solve(economy, economy.tariffs + 0.1 * (1.0 - np.eye(4))[:, :, None], tolerance=1e-12)
    expected = 100.0 * economy.income / economy.value_added * np.log1p(answer.real_income)
    np.testing.assert_allclose(Payoff(economy, (0, 1, 2, 3)).value(answer), expected, rtol=1e-12)
    equal = PoliticalWeights(np.full(economy.value_added_share.shape, 7.0))
    np.testing.assert_allclose(Payoff(economy, (0, 1, 2, 3), equal).value(answer), expected, rtol=1e-12)


def test_the_payoff_is_the_sum_of_its_written_terms() -> None:
    economy = random_economy(5)
    answer = solve(economy, economy.tariffs + 0.1 * (1.0 - np.eye(4))[:, :, None], tolerance=1e-12)
    taste, gdp = weights(economy), economy.value_added
    base = economy.value_added_share * economy.output
    lambdas = taste.sectors * base.sum(axis=1, keepdims=True) / (taste.sectors * base).sum(axis=1, keepdims=True)
    added = economy.value_added_share * answer.output / answer.price_index[:, None] - base
    expected = 100.0 * economy.income / gdp * np.log1p(answer.real_income)
    expected += 100.0 * 0.4 * ((lambdas - 1.0) * added).sum(axis=1) / gdp
    expected += 100.0 * taste.public_funds * (answer.revenue / answer.price_index - economy.revenue) / gdp
    np.testing.assert_allclose(Payoff(economy, (2, 1), taste).value(answer), expected[[2, 1]], rtol=1e-11)


def test_value_added_of_sectors_adds_up_to_the_wage_bill() -> None:
    economy = random_economy(5)
    answer = solve(economy, wedges=random_wedges(economy, 6, 3), tolerance=1e-12)
    np.testing.assert_allclose(sector_value_added(answer).sum(axis=-1), answer.value_added, rtol=1e-10)


def test_value_added_of_sectors_leaves_out_what_is_paid_for_critical_inputs() -> None:
    economy = with_inputs(random_economy(3), 4)
    answer = solve(economy, wedges=scarce(economy), tolerance=1e-13)
    np.testing.assert_allclose(sector_value_added(answer).sum(axis=-1), answer.value_added, rtol=1e-11)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"sectors": np.zeros((4, 3))}, "sectors must be > 0"),
        ({"sectors": np.ones((4, 3)), "specific_share": 1.5}, "specific_share must be >= 0 and below 1"),
        ({"sectors": np.ones((4, 3)), "public_funds": -0.1}, "public_funds must be >= 0"),
    ],
)
def test_political_weights_out_of_range_are_refused(bad: dict[str, Array], message: str) -> None:
    with pytest.raises(EconomyError, match=message):
        PoliticalWeights(**bad)


def test_political_weights_have_the_shape_of_the_economy() -> None:
    economy = random_economy(5)
    with pytest.raises(EconomyError, match=r"sectors of the political weights has shape \(3, 4\)"):
        Payoff(economy, (0,), PoliticalWeights(np.ones((3, 4)))).value(solve(economy))
