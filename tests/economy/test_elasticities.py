"""Elasticities are stated as theta or sigma, become theta in one place, and stay visible."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.economy.samples import random_economy

from tariffsim.economy import Economy, solve
from tariffsim.economy.elasticities import ElasticitySet
from tariffsim.economy.loading import load_economy, load_elasticities
from tariffsim.errors import EconomyError


def test_the_same_elasticity_stated_as_theta_and_as_sigma_gives_the_same_economy() -> None:
    economy = random_economy(3)
    as_theta = economy.with_elasticities(3.0)
    as_sigma = economy.with_elasticities(4.0, definition="sigma")
    assert as_theta.content_hash() == as_sigma.content_hash()
    tariffs = economy.tariffs + 0.2 * (1.0 - np.eye(4))[:, :, None]
    np.testing.assert_array_equal(solve(as_theta, tariffs).real_income, solve(as_sigma, tariffs).real_income)


def test_from_arrays_takes_either_definition() -> None:
    flows, none = [[[7.0, 5.0], [3.0, 1.0]], [[3.0, 2.0], [7.0, 4.0]]], np.zeros((2, 2, 2))
    assert Economy.from_arrays(flows, none, [5.0, 3.0], definition="sigma").theta.tolist() == [4.0, 2.0]
    assert Economy.from_arrays(flows, none, [5.0, 3.0]).theta.tolist() == [5.0, 3.0]


def test_imports_without_duties_fall_by_sigma_per_log_tariff() -> None:
    flows = np.full((3, 3, 1), 5.0)
    flows[0, 1] = flows[1, 0] = 1e-6  # so small a trade that nothing else moves
    economy = Economy.from_arrays(flows, np.zeros((3, 3, 1)), 1.5)
    tariffs = np.zeros((2, 3, 3, 1))
    tariffs[1, 0, 1] = 0.01
    before, after = solve(economy, tariffs, tolerance=1e-13).trade[:, 0, 1, 0]
    np.testing.assert_allclose(-np.log(after / before) / np.log(1.01), 2.5, rtol=1e-5)
    assert economy.with_elasticities(2.5, "sigma").theta[0] == 1.5


def test_an_economy_says_which_elasticities_it_was_given() -> None:
    assert str(load_economy(elasticities="U4").elasticity_set) == "U4, stated as theta, theta 4 (theta_U4)"
    assert str(load_economy(elasticities="BLP").elasticity_set) == "BLP, stated as sigma, theta 1 (sigma_BLP)"
    assert str(load_economy(elasticities="LL").elasticity_set).startswith("LL, stated as theta, theta 0.636 to 7.75")
    assert str(random_economy(1).with_elasticities(2.0, name="mine").elasticity_set) == "mine, stated as theta, theta 2"


def test_a_set_of_one_economy_can_be_given_to_another() -> None:
    blp = load_elasticities()["BLP"]
    economy = load_economy().with_elasticities(blp)
    assert economy.elasticity_set is blp
    assert economy.content_hash() == load_economy(elasticities="BLP").content_hash()


def test_stated_values_are_read_only_and_apart_from_what_the_user_holds() -> None:
    mine = np.array([4.0, 5.0, 6.0])
    economy = random_economy(1).with_elasticities(mine, "sigma")
    mine[0] = 99.0
    assert economy.theta.tolist() == [3.0, 4.0, 5.0]
    for array in (economy.theta, economy.elasticity_set.values):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"values": 1.0, "definition": "sigma"}, r"elasticities \(sigma\) must be > 1 and below inf; got 1 at \(0,\)"),
        ({"values": [4.0, 0.0, 4.0]}, r"elasticities \(theta\) must be > 0 and below inf; got 0 at \(1,\)"),
        ({"values": np.inf}, r"elasticities \(theta\) must be > 0 and below inf; got inf at \(0,\)"),
        ({"values": 4.0, "definition": "sigmas"}, r"unknown definition of elasticities 'sigmas'. Did you mean 'sigma'"),
        ({"values": [4.0, 4.0]}, r"elasticities has shape \(2,\), but \[sector\] asks for \(3,\)"),
        ({"values": [4.0, np.nan, 4.0]}, r"elasticities holds NaN in 1 cells, first at \(1,\)"),
        ({"values": "U4"}, "elasticities must be an array of numbers, got str"),
        (
            {"values": ElasticitySet("two", "theta", np.array([1.0, 2.0]))},
            r"elasticity set two has shape \(2,\), but \[sector\] asks for \(3,\)",
        ),
        (
            {"values": ElasticitySet("three", "theta", np.array([1.0, 2.0, 3.0])), "definition": "sigma"},
            "elasticity set three is stated as theta, not sigma",
        ),
    ],
)
def test_elasticities_that_are_wrong_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(EconomyError, match=message):
        random_economy(1).with_elasticities(**arguments)
