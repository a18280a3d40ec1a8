"""From data to nodes: all options, for all inputs or by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tariffsim as ts
from tariffsim.economy.loading import load_critical_inputs
from tariffsim.errors import DataError, EconomyError

ECONOMY = ts.load_economy()
INPUTS = load_critical_inputs(ECONOMY)
R = ECONOMY.region_index


@pytest.mark.parametrize("level", ["low", "central", "high"])
def test_all_inputs_fit_into_the_economy_at_every_level(level: str) -> None:
    economy = ECONOMY.with_nodes(ts.load_nodes(ECONOMY, level))
    assert tuple(node.name for node in economy.nodes) == tuple(INPUTS)
    for node in economy.nodes:
        np.testing.assert_array_equal(node.cost_share, getattr(INPUTS[node.name].cost_share, level))


def test_without_options_a_node_is_a_market_whose_users_keep_the_rent_and_has_no_backstop() -> None:
    for node in ts.load_nodes(ECONOMY):
        z = INPUTS[node.name]
        assert (node.rationing, node.rent, node.backstop_price) == ("market", "user", np.inf)
        assert (node.sector, node.rho) == (z.supplier_sector, z.rho.central)
        np.testing.assert_array_equal(node.supplier_share, z.supplier_share.central)


def test_names_choose_inputs_and_their_order() -> None:
    nodes = ts.load_nodes(ECONOMY, names=["ethane", "rare_earth_magnets"])
    assert [node.name for node in nodes] == ["ethane", "rare_earth_magnets"]
    assert ts.load_nodes(ECONOMY, names=[]) == ()


@pytest.mark.parametrize(
    ("option", "value"), [("rationing", "quota"), ("rent", "owner"), ("rho", 0.2), ("backstop_price", 30.0)]
)
def test_an_option_holds_for_all_inputs_or_for_the_named_ones(option: str, value: Any) -> None:
    plain = {node.name: getattr(node, option) for node in ts.load_nodes(ECONOMY)}
    for_all: dict[str, Any] = {option: value}
    for_one: dict[str, Any] = {option: {"ethane": value}}
    for node in ts.load_nodes(ECONOMY, **for_all):
        assert getattr(node, option) == value
    for node in ts.load_nodes(ECONOMY, **for_one):
        assert getattr(node, option) == (value if node.name == "ethane" else plain[node.name])


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "level": ({"level": "middle"}, r"unknown level 'middle'"),
    "names": ({"names": ["ethan"]}, r"unknown critical input 'ethan'. Did you mean 'ethane'\?"),
    "rho": ({"rho": {"magnets": 0.1}}, r"unknown critical input 'magnets'"),
    "backstop": ({"backstop_price": {"jet_engine": 5.0}}, r"Did you mean 'jet_engines'\?"),
    "data": ({"data": "elsewhere"}, r"critical_nodes.csv"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_refused_with_the_nearest_name(name: str) -> None:
    options, message = MISTAKES[name]
    with pytest.raises(DataError, match=message):
        ts.load_nodes(ECONOMY, **options)


def test_what_a_node_refuses_is_refused() -> None:
    with pytest.raises(EconomyError, match=r"rare_earth_magnets: unknown rent 'thief'"):
        ts.load_nodes(ECONOMY, rent="thief")


def test_a_cut_of_engines_or_ethane_costs_china_basis_points_not_per_cents() -> None:
    """Full cuts by the United States, quota form: the orders of magnitude that rho was chosen for."""
    economy = ECONOMY.with_nodes(
        ts.load_nodes(ECONOMY, rationing="quota", backstop_price=30.0, names=["jet_engines", "ethane"])
    )
    licences = np.ones((2, len(ECONOMY.regions), len(ECONOMY.regions), 2))
    licences[0, R("CHN"), :, 0] = 0.1
    licences[1, R("CHN"), R("USA"), 1] = 0.0
    found = ts.solve(economy, wedges=ts.Wedges(licences=licences))
    loss = -found.real_income[:, R("CHN")]
    assert found.converged.all()
    assert (loss > 3e-5).all()
    assert (loss < 5e-4).all()
