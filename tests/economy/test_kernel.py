"""The parts of the fast solver: polynomials, sums, blocks, walks, and its robustness on the shipped data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba import njit
from tests.economy.samples import random_economy, random_wedges, two_countries, with_inputs

from tariffsim.economy import Wedges, solve
from tariffsim.economy.accounts import closing_gaps
from tariffsim.economy.chord import base_chord, inverse
from tariffsim.economy.kernel import _solve_tiles, base_start, solve_rows
from tariffsim.economy.lanes import LANES, add_scaled, exp_lanes, log_lanes, multiply, sum_products
from tariffsim.economy.loading import load_economy
from tariffsim.economy.policies import prepare
from tariffsim.economy.primitives import CLOSURES, empty_solution


@njit
def _sums(a: np.ndarray, b: np.ndarray, out: np.ndarray, more: np.ndarray) -> None:
    sum_products(a, b, out)
    add_scaled(a, out, more)


@njit
def _exp(x: np.ndarray, out: np.ndarray) -> None:
    exp_lanes(x, out)


@njit
def _log(x: np.ndarray, out: np.ndarray) -> None:
    log_lanes(x, out)


def _lanes(x: np.ndarray) -> np.ndarray:
    """Rows of lanes, the last one filled up with ones."""
    return np.concatenate([x, np.ones(-len(x) % LANES)]).reshape(-1, LANES)


def test_exp_and_log_of_lanes_are_exact_to_an_ulp() -> None:
    rng = np.random.default_rng(1)
    x = _lanes(np.concatenate([rng.uniform(-690.0, 690.0, 5000), rng.normal(0.0, 1e-3, 5000), [0.0, -1e-18]]))
    out = np.empty_like(x)
    _exp(x, out)
    np.testing.assert_allclose(out, np.exp(x), rtol=4e-16)
    assert out[x == 0.0] == 1.0
    y = _lanes(np.concatenate([np.exp(rng.uniform(-600.0, 600.0, 5000)), 1.0 + rng.normal(0.0, 1e-3, 5000), [2.0]]))
    out = np.empty_like(y)
    _log(y, out)
    np.testing.assert_allclose(out, np.log(y), rtol=4e-16, atol=4e-19)
    np.testing.assert_array_equal(out[y == 1.0], 0.0)


def test_exp_of_lanes_keeps_nan_and_does_not_overflow() -> None:
    x, out = _lanes(np.array([0.0, np.nan, np.inf, -np.inf])), np.empty((1, LANES))
    _exp(x, out)
    np.testing.assert_array_equal(np.isnan(out[0, :4]), [False, True, False, False])
    assert np.isfinite(out[0, 2])
    assert 0.0 <= out[0, 3] < 1e-300


@pytest.mark.parametrize("rows", [1, 3, 7, 8, 9, 16, 20, 23])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_products_with_lanes_are_sums_in_order(rows: int, dtype: Any) -> None:
    rng = np.random.default_rng(rows)
    m, x = rng.normal(size=(rows, 5)).astype(dtype), rng.normal(size=(5, LANES)).astype(dtype)
    out, expected = np.empty((rows, LANES), dtype), np.zeros((rows, LANES), dtype)
    multiply(m, x, out)
    for c in range(5):
        expected += m[:, c : c + 1] * x[c]
    np.testing.assert_allclose(out, expected, rtol=0.0, atol=8 * np.finfo(dtype).eps)  # products are not rounded here
    alone = np.empty((1, LANES), dtype)
    for r in range(rows):  # a row has the same bits with and without company
        multiply(m[r : r + 1], x, alone)
        np.testing.assert_array_equal(alone[0], out[r])


def test_sums_over_rows_respect_strides() -> None:
    rng = np.random.default_rng(2)
    a, wide = rng.normal(size=(6, LANES)), rng.normal(size=(6, 3, LANES))
    out, more = np.empty((1, LANES)), np.ones((6, 2, LANES))
    _sums(a, wide[:, 1], out, more[:, 0])
    np.testing.assert_allclose(out[0], (a * wide[:, 1]).sum(axis=0), rtol=1e-14)
    np.testing.assert_allclose(more[:, 0], 1.0 + a * out, rtol=1e-14)
    np.testing.assert_array_equal(more[:, 1], 1.0)
    single, column = a.astype(np.float32), a[:, 0].copy()
    _sums(single, wide[:, 1], out, more[:, 0])
    np.testing.assert_allclose(out[0], (single.astype(float) * wide[:, 1]).sum(axis=0), rtol=1e-14)
    _sums(column, wide[:, 1], out, more[:, 0])
    np.testing.assert_allclose(out[0], (column[:, None] * wide[:, 1]).sum(axis=0), rtol=1e-14)


def test_the_inverse_is_one_even_if_pivots_must_move() -> None:
    matrix = np.array([[0.0, 2.0, 1.0], [1.0, 0.0, 3.0], [4.0, 1.0, 0.0]])
    np.testing.assert_allclose(inverse(matrix) @ matrix, np.eye(3), atol=1e-14)


@pytest.mark.parametrize("closure", CLOSURES)
def test_one_chord_step_leaves_an_error_of_second_order(closure: str) -> None:
    economy = random_economy(14, closure=closure)
    left, chord = [], base_chord(economy.primitives, directions=12)  # all there are
    for size in (1e-3, 1e-4):
        tariffs = economy.tariffs + size * (1.0 - np.eye(4))[:, :, None]
        policies, _ = prepare(economy, Wedges(tariffs))
        found = empty_solution(1, economy.primitives)
        ready = economy.prepared
        solve_rows(ready.tables, chord, policies, base_start(ready.tables), 1e-15, 2, 1, found)
        left.append(found.residual[0])
    assert left[1] < 1e-6
    assert left[0] / left[1] > 50.0  # a hundred, but for the blocks' single precision


@pytest.mark.parametrize(
    ("level", "theta", "closure"),
    [
        (10.0, 1.0, "world_gdp_share"),
        (-0.5, 3.0, "balanced"),
        (-0.5, 0.1, "world_gdp_share"),
        pytest.param(10.0, 0.1, "balanced", marks=pytest.mark.slow),
        pytest.param(10.0, 3.0, "world_gdp_share", marks=pytest.mark.slow),
        pytest.param(-0.5, 1.0, "world_gdp_share", marks=pytest.mark.slow),
    ],
)
def test_tariffs_of_one_on_all_from_minus_50_to_1000_percent_converge(level: float, theta: float, closure: str) -> None:
    economy = load_economy()
    economy = economy.with_elasticities(economy.theta * theta).with_closure(closure)
    tariffs = economy.tariffs.copy()
    tariffs[0, 1:] = level
    answer = solve(economy, tariffs)
    assert answer.converged
    assert all(gap < 1e-9 for gap in closing_gaps(answer))


def test_where_deficits_eat_up_a_region_on_the_way_there_is_no_equilibrium() -> None:
    all_regions = load_economy()
    goods = all_regions.aggregate(sectors={"GOODS": all_regions.sectors[:-1], "SERV": all_regions.sectors[-1:]})
    economy = goods.with_closure("fixed")
    own = np.arange(len(economy.regions))
    levels = np.stack([np.full(economy.tariffs.shape, level) for level in (2.0, 6.0, 10.0)])
    levels[:, own, own] = economy.tariffs[own, own]
    answer = solve(economy, levels)
    taiwan = answer.income[:, economy.region_index("TWN")]
    assert answer.status.tolist() == [0, 0, 2]
    assert taiwan[0] > 5.0 * taiwan[1] > 0.0


def test_a_market_without_any_source_has_no_equilibrium() -> None:
    economy = random_economy(15, closure="balanced")
    caps = np.full(economy.flows.shape, np.inf)
    caps[2, :, 1] = 0.0
    assert solve(economy, wedges=Wedges(rations=caps)).status == 2


def test_a_block_keeps_regions_whole_and_the_strongest_of_the_rest() -> None:
    shipped, s = load_economy(), 8
    groups = {f"S{k}": shipped.sectors[k::s] for k in range(s)}
    base = shipped.aggregate({f"R{k}": shipped.regions[k::8] for k in range(8)}, groups).primitives
    all_of_it, few = base_chord(base, directions=8 * s).prices, base_chord(base).prices
    np.testing.assert_array_equal(few.near[:, :, :s], all_of_it.near[:, :, :s])
    rest, kept = (
        np.concatenate(block.near[:, :, s:].astype(float)) @ block.far.astype(float) for block in (all_of_it, few)
    )
    largest = np.linalg.svd(rest, compute_uv=False)
    missing = np.linalg.svd(rest - kept, compute_uv=False)
    assert largest[0] > 5.0 * largest[8]
    assert missing[0] < 1.2 * largest[8]  # no matrix of rank 8 leaves less than the ninth


def test_economies_of_any_size_with_and_without_inputs_run_the_same_compiled_code() -> None:
    before = len(_solve_tiles.signatures)
    plain = random_economy(18)
    for economy in (plain, with_inputs(plain, 19), two_countries(4.0, 0.7), random_economy(20, 2, 1, io=False)):
        solve(economy)
        solve(economy, wedges=random_wedges(economy, 21, 3))
    assert len(_solve_tiles.signatures) == max(before, 1)
