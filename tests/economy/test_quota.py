"""Quota productivity: limits, the formula, and the backstop."""

from __future__ import annotations

import numpy as np
import pytest
from tests.economy.samples import random_economy

from tariffsim.economy import Economy, Wedges, solve
from tariffsim.economy.nodes import Node
from tariffsim.economy.quota import quota_productivity
from tariffsim.errors import EconomyError

SHARE = np.array([[0.0, 0.01, 0.2], [0.3, 0.001, 1e-5]])
SHORT = np.array([0.1, 0.5])


@pytest.mark.parametrize("rho", [0.05, 0.3, 0.999, 1.5, 3.0])
def test_without_a_backstop_it_is_the_ces_of_the_input_and_the_rest(rho: float) -> None:
    e = (rho - 1.0) / rho
    expected = ((1.0 - SHARE) + SHARE * SHORT[:, None] ** e) ** (1.0 / e)
    np.testing.assert_allclose(quota_productivity(SHARE, SHORT, rho, np.inf), expected, rtol=1e-9)


@pytest.mark.parametrize("rho", [0.0, 0.05, 0.3, 1.0, 2.0])
@pytest.mark.parametrize("price", [1.0, 30.0, np.inf])
def test_full_delivery_changes_nothing_exactly(rho: float, price: float) -> None:
    np.testing.assert_array_equal(quota_productivity(SHARE, [1.0, 1.0], rho, price), 1.0)


def test_without_substitution_the_scarcest_input_rules() -> None:
    expected = np.where(SHARE > 0.0, SHORT[:, None], 1.0)
    np.testing.assert_allclose(quota_productivity(SHARE, SHORT, 0.0, np.inf), expected, rtol=1e-14)
    nearly = quota_productivity(SHARE, SHORT, 1e-8, np.inf)
    np.testing.assert_allclose(nearly, expected, atol=1e-6)


def test_unit_elasticity_is_cobb_douglas() -> None:
    np.testing.assert_allclose(quota_productivity(SHARE, SHORT, 1.0, np.inf), SHORT[:, None] ** SHARE, rtol=1e-12)


def test_users_buy_missing_units_at_the_backstop_price_and_pay_for_them() -> None:
    rho, price = 0.2, 30.0
    enough = price**-rho  # where the shadow price u^(-1/rho) is the backstop price
    e = (rho - 1.0) / rho
    ces = ((1.0 - SHARE) + SHARE * enough**e) ** (1.0 / e)
    expected = ces / (1.0 + SHARE * price * (enough - SHORT[:, None]))
    short = quota_productivity(SHARE, SHORT, rho, price)
    np.testing.assert_allclose(short[0], expected[0], rtol=1e-9)
    slack = quota_productivity(SHARE, [0.9, 0.9], rho, price)
    np.testing.assert_array_equal(slack, quota_productivity(SHARE, [0.9, 0.9], rho, np.inf))


def test_no_delivery_at_all_is_survived_with_a_backstop_only() -> None:
    assert np.all(quota_productivity(SHARE, [0.0, 0.0], 0.1, 30.0) > 0.0)
    with pytest.raises(EconomyError, match="give a backstop_price"):
        quota_productivity(SHARE, [0.0, 0.0], 0.1, np.inf)


def test_batches_of_shares_and_elasticities_broadcast() -> None:
    delivered = np.array([[0.1, 0.5], [1.0, 0.2], [0.3, 0.3]])
    rho, price = np.array([0.05, 0.1, 0.3]), np.array([5.0, 30.0, np.inf])
    together = quota_productivity(SHARE, delivered, rho, price)
    assert together.shape == (3, 2, 3)
    for k in range(3):
        np.testing.assert_array_equal(together[k], quota_productivity(SHARE, delivered[k], rho[k], price[k]))


def _quota(economy: Economy, name: str, sector: int, share: float, rho: float, price: float) -> Node:
    """A fraction `share` of what everybody buys from a sector, all of it supplied by the second region."""
    supplier = np.tile(np.eye(len(economy.regions))[1], (len(economy.regions), 1))
    slices = share * economy.io[:, sector]
    return Node(name, economy.sectors[sector], slices, rho, supplier, price, rationing="quota")


def test_a_shortage_costs_its_users_real_income_and_hats_of_two_inputs_multiply() -> None:
    plain = random_economy(3)
    magnets, chips = _quota(plain, "magnets", 1, 0.05, 0.1, 30.0), _quota(plain, "chips", 2, 0.1, 0.3, np.inf)
    economy = plain.with_nodes([magnets, chips])
    licences = np.ones((2, 4, 4, 2))
    licences[:, 0, 1, 0] = 0.1
    licences[1, :2, 1, 1] = 0.5
    found = solve(economy, wedges=Wedges(licences=licences))
    assert found.real_income[1, 0] < found.real_income[0, 0] < -1e-4
    hat = [
        quota_productivity(node.cost_share, delivered, node.rho, node.backstop_price)
        for node, delivered in ((magnets, [0.1, 1.0, 1.0, 1.0]), (chips, [0.5, 0.5, 1.0, 1.0]))
    ]
    plainly = solve(plain, wedges=Wedges(productivity=np.stack([hat[0], hat[0] * hat[1]])))
    np.testing.assert_allclose(found.real_income, plainly.real_income, atol=1e-9)


def test_a_slice_larger_than_the_purchases_it_is_cut_from_is_refused() -> None:
    economy = random_economy(3)
    fits, too_much = _quota(economy, "magnets", 1, 0.5, 0.1, 30.0), _quota(economy, "more", 1, 0.6, 0.1, 30.0)
    economy.with_nodes([fits])
    with pytest.raises(EconomyError, match=r"more: cost share .* of R0, S0 exceeds what it buys from S1"):
        economy.with_nodes([fits, too_much])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((SHARE, [0.1, 1.2], 0.1, 30.0), "delivered must be >= 0 and below 1; got 1.2"),
        ((-SHARE, SHORT, 0.1, 30.0), "cost_share must be >= 0"),
        ((SHARE, SHORT, -0.1, 30.0), "rho must be >= 0"),
        ((SHARE, SHORT, 0.1, 0.5), "backstop_price must be >= 1"),
        ((SHARE, [np.nan, 1.0], 0.1, 30.0), "delivered holds NaN"),
    ],
)
def test_values_out_of_range_are_refused(arguments: tuple[np.ndarray, list[float], float, float], message: str) -> None:
    with pytest.raises(EconomyError, match=message):
        quota_productivity(*arguments)
