"""Supply of a critical input over time: layers, lags, capacity, stocks, diversification."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.economy.samples import random_economy, with_inputs

from tariffsim.economy import Wedges, solve
from tariffsim.economy.nodes import Node
from tariffsim.economy.supply_path import Layer, drifted_shares, risen_elasticity, simulate_supply
from tariffsim.errors import EconomyError

SHARES = np.array([[0.1, 0.8, 0.1], [0.0, 1.0, 0.0], [0.2, 0.7, 0.1]])
NODE = Node("magnets", "S0", np.full((3, 2), 0.01), 0.1, SHARES)
OWNER = 1
T = 12


def approvals(seed: int, worlds: int = 4) -> np.ndarray:
    """Approved shares (worlds, T, N) that jump between full supply and any cut."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random((worlds, T, 3)) < 0.4, rng.random((worlds, T, 3)), 1.0)


def test_no_layer_is_full_supply() -> None:
    path = simulate_supply(NODE, [], T, 0.25, stock_months=2.0, rebuild_share=0.1, half_life=12.0, rho_long=1.0)
    np.testing.assert_array_equal(path.licences, 1.0)
    np.testing.assert_array_equal(path.available, 1.0)
    np.testing.assert_array_equal(path.stocks, 0.0)
    np.testing.assert_array_equal(path.stock, 2.0)
    np.testing.assert_array_equal(path.rho, NODE.rho)


def test_a_cut_is_met_from_stock_until_it_runs_out() -> None:
    path = simulate_supply(NODE, [Layer(OWNER, 0.25)], 4, 1.0, stock_months=[1.5, 1.5, 0.6])
    # .8 x .75 = .6 of use is missing at home of region 0, .525 at region 2; owners need no licence
    np.testing.assert_allclose(path.available[:, 0], [1.0, 1.0, 0.7, 0.4])
    np.testing.assert_allclose(path.drawn[:, 0], [0.6, 0.6, 0.3, 0.0])
    np.testing.assert_allclose(path.stock[:, 2], [0.6, 0.075, 0.0, 0.0, 0.0], atol=1e-15)
    np.testing.assert_array_equal(path.available[:, OWNER], 1.0)
    np.testing.assert_array_equal(path.licences[:, [0, 2], OWNER], 0.25)
    np.testing.assert_array_equal(path.licences[:, :, [0, 2]], 1.0)


def test_a_month_is_a_month_whatever_the_length_of_periods() -> None:
    coarse = simulate_supply(NODE, [Layer(OWNER, 0.1)], 3, 1.0, stock_months=1.3, half_life=24.0)
    fine = simulate_supply(NODE, [Layer(OWNER, 0.1)], 12, 0.25, stock_months=1.3, half_life=24.0)
    coarse_days = simulate_supply(NODE, [Layer(OWNER, 0.1)], 300, 0.01, stock_months=1.3, half_life=24.0)
    np.testing.assert_allclose(coarse.drawn.sum(axis=0), 0.25 * fine.drawn.sum(axis=0), atol=1e-12)
    np.testing.assert_allclose(fine.supplier_share[-1], coarse_days.supplier_share[275], atol=1e-3)


@given(seed=st.integers(0, 200), stock=st.floats(0.0, 3.0), rebuild=st.floats(0.0, 1.0))
def test_stocks_are_conserved(seed: int, stock: float, rebuild: float) -> None:
    layers = [Layer(OWNER, approvals(seed)), Layer(0, approvals(seed + 1))]
    path = simulate_supply(NODE, layers, T, 0.25, stock_months=stock, stock_normal=2.0, rebuild_share=rebuild)
    change = np.diff(path.stock, axis=-2)
    rebuilt = change + 0.25 * path.drawn
    np.testing.assert_allclose(rebuilt[path.available < 1.0], 0.0, atol=1e-12)
    assert (rebuilt >= -1e-12).all()
    assert (rebuilt <= 0.25 * rebuild + 1e-12).all()
    assert (path.stock >= 0.0).all()
    assert (path.stock <= max(stock, 2.0) + 1e-12).all()
    np.testing.assert_allclose(path.available, 1.0 - (SHARES * (1.0 - path.licences)).sum(axis=-1) + path.stocks)


@given(seed=st.integers(0, 200), lag=st.sampled_from([0.0, 0.3, 0.5]), capacity=st.floats(0.0, 1.0))
def test_one_more_layer_never_means_more_supply(seed: int, lag: float, capacity: float) -> None:
    layers = [Layer(OWNER, approvals(seed)), Layer(2, approvals(seed + 1))]
    more = [*layers, Layer(OWNER, approvals(seed + 2), lag, capacity)]
    few, many = (
        simulate_supply(NODE, given_layers, T, 0.25, stock_months=0.5, rebuild_share=0.3)
        for given_layers in (layers, more)
    )
    for name in ("licences", "available", "stock"):
        assert (getattr(many, name) <= getattr(few, name) + 1e-12).all()


def test_layers_of_one_owner_multiply() -> None:
    both = simulate_supply(NODE, [Layer(OWNER, 0.5), Layer(OWNER, 0.4)], 2, 1.0, stock_months=0.0)
    one = simulate_supply(NODE, [Layer(OWNER, 0.2)], 2, 1.0, stock_months=0.0)
    np.testing.assert_array_equal(both.licences, one.licences)


def test_a_release_waits_for_the_lag_and_keeps_to_the_capacity_of_the_office() -> None:
    approved = np.array([0.1, 0.1, 1.0, 1.0, 1.0, 0.3])[:, None]
    capacity = np.array([0.2, 0.2, 0.2, 0.3, 0.5, 0.6])[:, None]
    plain, late, slow = (
        simulate_supply(NODE, [layer], 6, 0.5, stock_months=0.0).licences[:, 0, OWNER]
        for layer in (Layer(OWNER, approved), Layer(OWNER, approved, 0.9), Layer(OWNER, approved, 0.0, capacity))
    )
    np.testing.assert_array_equal(plain, approved[:, 0])
    np.testing.assert_array_equal(late, [0.1, 0.1, 0.1, 0.1, 1.0, 0.3])
    np.testing.assert_array_equal(slow, [0.1, 0.1, 0.2, 0.3, 0.5, 0.3])


def test_without_a_half_life_shares_and_elasticity_stay_what_they_are() -> None:
    path = simulate_supply(NODE, [Layer(OWNER, 0.1)], T, 1.0, stock_months=1.0, rho_long=1.0)
    np.testing.assert_array_equal(path.supplier_share, np.broadcast_to(SHARES, (T, 3, 3)))
    np.testing.assert_array_equal(path.rho, NODE.rho)


def test_every_use_of_the_weapon_blunts_it() -> None:
    approved = np.ones((48, 1))
    approved[:12] = approved[24:36] = 0.0  # two embargoes of a year, a year apart
    path = simulate_supply(NODE, [Layer(OWNER, approved)], 48, 1.0, stock_months=0.0, half_life=24.0, rho_long=1.0)
    np.testing.assert_allclose(path.available[24, 0], 1.0 - 0.8 * 0.5**0.5)
    assert path.available[0, 0] < path.available[24, 0]
    assert (np.diff(path.rho[:, 0]) >= 0.0).all()
    np.testing.assert_allclose(path.supplier_share.sum(axis=-1), 1.0)
    np.testing.assert_allclose(drifted_shares(SHARES, np.full((3, 3), 24.0), 24.0)[0], [0.55, 0.4, 0.05])
    np.testing.assert_allclose(risen_elasticity(0.1, 1.0, np.array([0.0, 24.0, 1e9]), 24.0), [0.1, 0.55, 1.0])


def test_worlds_of_a_batch_are_the_worlds_alone() -> None:
    path = simulate_supply(NODE, [Layer(OWNER, approvals(5), 0.5, 0.6)], T, 0.25, stock_months=0.4, half_life=9.0)
    alone = simulate_supply(NODE, [Layer(OWNER, approvals(5)[2], 0.5, 0.6)], T, 0.25, stock_months=0.4, half_life=9.0)
    for name in ("licences", "stocks", "stock", "supplier_share", "rho"):
        np.testing.assert_array_equal(getattr(path, name)[2], getattr(alone, name))


def test_a_path_is_what_the_wedges_of_each_period_ask_for() -> None:
    economy = with_inputs(random_economy(2), 3, ("user", "lost"))
    node = economy.nodes[0]
    path = simulate_supply(node, [Layer(1, 0.2)], 6, 1.0, stock_months=1.0, half_life=18.0)
    licences, stocks = np.ones((6, 4, 4, 2)), np.zeros((6, 4, 2))
    licences[..., 0], stocks[..., 0] = path.licences, path.stocks
    together = solve(economy, wedges=Wedges(licences=licences, stocks=stocks))
    assert together.converged.all()
    short = np.flatnonzero(together.scarcity_price[-1, :, 0] > 1.0 + 1e-9)
    assert len(short) > 0
    np.testing.assert_allclose(together.input_use[-1, short, 0], path.available[-1, short], rtol=1e-8)
    np.testing.assert_allclose(together.scarcity_price[0], 1.0, atol=1e-9)  # the stock still covers it


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"layers": [Layer(3, 0.5)]}, "owner 3 of a layer is no region: positions run from 0 to 2"),
        ({"layers": [Layer(1, 1.5)]}, "approved must be >= 0 and below 1; got 1.5"),
        ({"layers": [Layer(1, 0.5, -1.0)]}, "lag_months of a layer must be at least 0, got -1"),
        ({"layers": [Layer(1, 0.5, 0.0, np.nan)]}, "capacity holds NaN"),
        ({"layers": [Layer(1, np.ones((4, 3)))]}, r"approved has shape \(4, 3\), but \(..., periods, users\) asks for"),
        ({"stock_months": -1.0}, "stock_months must be >= 0"),
        ({"stock_months": [1.0, 1.0]}, r"stocks has shape \(2,\), but \(..., users\) asks for"),
        ({"stock_months": np.ones((5, 3)), "layers": [Layer(1, np.ones((4, 2, 3)))]}, "world axes .* do not broadcast"),
        ({"periods": 0}, "periods must be positive, got 0"),
        ({"half_life": -2.0}, "half_life must be positive, got -2"),
    ],
)
def test_what_cannot_be_is_refused(arguments: dict[str, object], message: str) -> None:
    given_values: dict[str, object] = {"layers": [], "periods": 2, "months": 1.0, "stock_months": 1.0} | arguments
    with pytest.raises(EconomyError, match=message):
        simulate_supply(NODE, **given_values)  # type: ignore[arg-type]
