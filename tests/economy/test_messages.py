"""Mistakes in arrays are told in one line: what came, where, and what is allowed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.economy.samples import random_economy

from tariffsim.economy import Economy, Wedges, solve
from tariffsim.economy.nodes import Node
from tariffsim.errors import EconomyError

FLOWS = np.array([[[7.0, 5.0], [3.0, 1.0]], [[3.0, 2.0], [7.0, 4.0]]])
NONE = np.zeros((2, 2, 2))


def changed(array: np.ndarray, where: tuple[int, ...], value: float) -> np.ndarray:
    copy = array.copy()
    copy[where] = value
    return copy


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"flows": FLOWS[0]}, r"flows has shape \(2, 2\), but \[importer, exporter, sector\] asks for"),
        ({"flows": "many"}, "flows must be an array of numbers, got str"),
        ({"flows": changed(FLOWS, (0, 1, 1), np.nan)}, r"flows holds NaN in 1 cells, first at \(0, 1, 1\)"),
        ({"flows": changed(FLOWS, (1, 0, 0), -2.0)}, r"flows must be >= 0.*got -2 at \(1, 0, 0\)"),
        ({"tariffs": np.zeros((2, 2))}, r"tariffs has shape \(2, 2\)"),
        ({"tariffs": changed(NONE, (0, 1, 0), -1.0)}, r"tariffs must be > -1.*got -1 at \(0, 1, 0\)"),
        ({"elasticities": [4.0]}, r"elasticities has shape \(1,\), but \[sector\] asks for \(2,\)"),
        ({"elasticities": [4.0, 0.0]}, r"elasticities \(theta\) must be > 0.*got 0 at \(1,\)"),
        ({"io": np.full((2, 2, 2), 0.5)}, r"value added share 1 - sum\(io over inputs\) must be > 0"),
        ({"io": np.full((2, 2, 2), -0.1)}, r"io must be >= 0.*got -0.1"),
        ({"io": changed(NONE, (0, 1, 0), 0.9)}, "R0 buys 6 of S1 but its sectors use 9"),
        (
            {"value_added": [16.0, 13.0]},
            "unbalanced: value_added of R0, all is 16, but flows, tariffs and io imply 17",
        ),
        ({"final_demand": [[10.0, 6.0], [10.0, 6.1]]}, "unbalanced: final_demand of R1, S1 is 6.1"),
        (
            {"deficits": [0.0, 0.0]},
            "unbalanced: deficits of R0, all is 0, but flows, tariffs and io imply -1",
        ),
        ({"regions": ["USA", "USA"]}, "regions: 2 different names are needed, got 1"),
        ({"closure": "balance"}, r"unknown deficit closure 'balance'\. Did you mean 'balanced'\?"),
    ],
)
def test_an_economy_that_is_wrong_is_refused_with_its_cell(arguments: dict[str, Any], message: str) -> None:
    good: dict[str, Any] = {"flows": FLOWS, "tariffs": NONE, "elasticities": 4.0}
    assert Economy.from_arrays(**good).regions == ("R0", "R1")
    with pytest.raises(EconomyError, match=message):
        Economy.from_arrays(**(good | arguments))


@pytest.mark.parametrize(
    ("wedges", "message"),
    [
        (
            {"tariffs": np.zeros((4, 3))},
            r"tariffs has shape \(4, 3\), but \[..., importer, exporter, sector\]",
        ),
        ({"tariffs": np.full((4, 4, 3), -1.5)}, "tariffs must be > -1"),
        ({"tariffs": np.full((4, 4, 3), np.nan)}, "tariffs holds NaN in 48 cells"),
        ({"tariffs": np.full((4, 4, 3), np.inf)}, "tariffs must be > -1 and below inf"),
        ({"export_taxes": np.full((4, 4, 3), -1.0)}, "export_taxes must be > -1"),
        ({"iceberg": np.zeros((4, 4, 3))}, "iceberg must be > 0"),
        ({"productivity": np.zeros((4, 3))}, "productivity must be > 0"),
        ({"productivity": np.ones((3, 4))}, r"productivity has shape \(3, 4\), but \[..., region, sector\]"),
        ({"rations": np.full((4, 4, 3), -0.1)}, "rations must be >= 0"),
        ({"tariffs": np.zeros((2, 4, 4, 3)), "iceberg": np.ones((3, 4, 4, 3))}, "do not broadcast"),
        ({"ration_rent": "exporters"}, r"unknown ration rent 'exporters'\. Did you mean 'exporter'\?"),
    ],
)
def test_wedges_that_are_wrong_are_refused(wedges: dict[str, Any], message: str) -> None:
    with pytest.raises(EconomyError, match=message):
        solve(random_economy(1), wedges=Wedges(**wedges))


def magnets(**changes: Any) -> Node:
    """A critical input that fits FLOWS with a tenth of each good made of S0."""
    given: dict[str, Any] = {
        "name": "magnets",
        "sector": "S0",
        "cost_share": np.full((2, 2), 0.02),
        "rho": 0.1,
        "supplier_share": np.array([[0.5, 0.5], [0.0, 1.0]]),
    }
    return Node(**(given | changes))


def with_magnets(**changes: Any) -> Economy:
    return Economy.from_arrays(FLOWS, NONE, 4.0, np.full((2, 2, 2), 0.1)).with_nodes([magnets(**changes)])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rho": -0.1}, "rho of magnets must be a number >= 0; got -0.1"),
        ({"rho": np.nan}, "rho of magnets must be a number >= 0; got nan"),
        ({"rho": "low"}, "rho of magnets must be a number >= 0; got 'low'"),
        ({"backstop_price": 0.5}, "backstop_price of magnets must be a number >= 1; got 0.5"),
        ({"backstop_price": np.nan}, "backstop_price of magnets must be a number >= 1; got nan"),
        (
            {"cost_share": np.full((2, 3), 0.02)},
            r"cost_share of magnets has shape \(2, 3\), but \[region, user",
        ),
        ({"cost_share": np.full((2, 2), np.nan)}, "cost_share of magnets holds NaN in 4 cells"),
        ({"cost_share": np.full((2, 2), -0.1)}, r"cost_share of magnets must be >= 0.*got -0.1 at \(0, 0\)"),
        ({"cost_share": np.full((2, 2), 0.2)}, "cost share 0.2 of R0, S0 exceeds what it buys from S0, 0.1"),
        ({"supplier_share": np.eye(3)}, r"supplier_share of magnets has shape \(3, 3\)"),
        ({"supplier_share": np.full((2, 2), 0.4)}, "supplier_share of magnets must add up to 1 for every user; R0's"),
        ({"supplier_share": np.full((2, 2), 1.4)}, r"supplier_share of magnets must be >= 0 and below 1; got 1.4"),
        ({"sector": "S7"}, r"magnets: unknown sector 'S7'\."),
        ({"rationing": "markets"}, r"magnets: unknown rationing 'markets'\. Did you mean 'market'\?"),
        ({"rent": "owners"}, r"magnets: unknown rent 'owners'\. Did you mean 'owner'\?"),
    ],
)
def test_a_critical_input_that_is_wrong_is_refused(changes: dict[str, Any], message: str) -> None:
    assert len(with_magnets().nodes) == 1
    with pytest.raises(EconomyError, match=message):
        with_magnets(**changes)


def test_critical_inputs_must_differ_in_name_and_share_what_their_users_buy() -> None:
    economy = with_magnets()
    with pytest.raises(EconomyError, match=r"different names, got \['magnets', 'magnets'\]"):
        economy.with_nodes([magnets(), magnets()])
    half = {"cost_share": np.full((2, 2), 0.06)}
    with pytest.raises(EconomyError, match=r"compounds: cost share 0\.06 of R0, S0 exceeds what it buys from S0, 0\.0"):
        economy.with_nodes([magnets(**half), magnets(name="compounds", **half)])


@pytest.mark.parametrize(
    ("wedges", "message"),
    [
        ({"licences": np.ones((2, 2))}, r"licences has shape \(2, 2\), but \[..., user, supplier, critical input\]"),
        ({"licences": np.full((2, 2, 1), 1.2)}, r"licences must be >= 0 and below 1; got 1.2 at \(0, 0, 0\)"),
        ({"licences": np.full((2, 2, 1), -0.2)}, "licences must be >= 0"),
        ({"licences": np.full((2, 2, 1), np.nan)}, "licences holds NaN in 4 cells"),
        ({"stocks": np.full((2, 1), -1.0)}, "stocks must be >= 0"),
        ({"stocks": np.zeros((2, 2, 2))}, r"stocks has shape \(2, 2, 2\), but \[..., user, critical input\]"),
        (
            {"licences": np.zeros((2, 2, 1))},
            "magnets: nothing is available and nothing replaces it; give it a",
        ),
        ({"licences": np.ones((3, 2, 2, 1)), "stocks": np.zeros((2, 2, 1))}, "do not broadcast"),
    ],
)
def test_licences_and_stocks_that_are_wrong_are_refused(wedges: dict[str, Any], message: str) -> None:
    with pytest.raises(EconomyError, match=message):
        solve(with_magnets(), wedges=Wedges(**wedges))


def test_tariffs_and_wedges_together_are_refused() -> None:
    economy = random_economy(1)
    with pytest.raises(EconomyError, match="give tariffs or wedges, not both"):
        solve(economy, economy.tariffs, wedges=Wedges())


def test_a_tariff_on_own_trade_is_refused() -> None:
    economy = random_economy(1)
    with pytest.raises(EconomyError, match="own trade"):
        solve(economy, economy.tariffs + 0.1)


@pytest.mark.parametrize("options", [{"tolerance": 0.0}, {"max_iterations": 0}, {"threads": 0}])
def test_options_of_solve_must_be_positive(options: dict[str, Any]) -> None:
    with pytest.raises(EconomyError, match="must be positive"):
        solve(random_economy(1), **options)


def test_names_are_found_or_the_nearest_is_offered() -> None:
    economy = Economy.from_arrays(FLOWS, NONE, 4.0, regions=["USA", "CHN"], sectors=["STEEL", "SERV"])
    assert (economy.region_index("CHN"), economy.region_index(0), economy.sector_index("SERV")) == (1, 0, 1)
    with pytest.raises(EconomyError, match=r"unknown region 'CHNA'\. Did you mean 'CHN'\?"):
        economy.region_index("CHNA")
    with pytest.raises(EconomyError, match="sector 2 is out of range: positions run from 0 to 1"):
        economy.sector_index(2)


def test_arrays_of_an_economy_are_read_only_and_its_hash_sees_every_change() -> None:
    economy = random_economy(1)
    with pytest.raises(ValueError, match="read-only"):
        economy.flows[0, 0, 0] = 1.0
    hashes = {e.content_hash() for e in (economy, economy.with_elasticities(4.0), economy.with_closure("fixed"))}
    assert len(hashes) == 3
    assert random_economy(1).content_hash() == economy.content_hash()


def test_rounding_within_the_tolerance_is_taken_out_so_that_nothing_still_changes_nothing() -> None:
    io = np.array([[[0.5, 0.0], [0.0, 0.2]]] * 2)
    io[0, 1, 0] = (6.0 - 0.2 * 7.0) / 10.0 * (1.0 + 1e-8)  # uses all of S1, and a hair more
    economy = Economy.from_arrays(FLOWS, NONE, 4.0, io)
    np.testing.assert_allclose(solve(economy).real_income, 0.0, atol=1e-10)
