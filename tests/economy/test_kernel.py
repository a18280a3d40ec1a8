"""The parts of the fast solver: polynomials, sums, blocks, walks, and its robustness on the shipped data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numba import njit
from tests.economy.samples import random_economy, random_wedges, two_countries, with_inputs

from tariffsim.economy import Economy, Wedges, solve
from tariffsim.economy.accounts import closing_gaps
from tariffsim.economy.chord import base_chord, inverse
from tariffsim.economy.gradients import linearise_world
from tariffsim.economy.kernel import _solve_tiles, base_start, solve_rows
from tariffsim.economy.lanes import LANES, add_scaled, exp_lanes, log_lanes, multiply, sum_products
from tariffsim.economy.loading import load_economy, load_nodes
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


def assert_right_or_said(economy: Economy, wedges: Wedges, *, least: int) -> None:
    """At least so many worlds converge, all of them to what the plain equations call a solution."""
    answer = solve(economy, wedges=wedges)
    assert int(answer.converged.sum()) >= least
    for name in ("real_income", "wages", "prices", "output", "scarcity_price"):
        assert np.isfinite(getattr(answer, name)[answer.status != 2]).all(), name
    for name, gap in closing_gaps(answer)._asdict().items():
        assert np.abs(gap[answer.converged]).max(initial=0.0) < 1e-9, name
    for k in np.flatnonzero(answer.converged):
        assert np.abs(linearise_world(answer, int(k)).residual).max() < 2e-10


@pytest.mark.parametrize(
    ("theta", "closure", "least"),
    [
        (0.3, "balanced", 6),
        (4.0, "world_gdp_share", 5),  # who is cut off with a deficit has no equilibrium
        pytest.param(4.0, "balanced", 6, marks=pytest.mark.slow),
        pytest.param(0.3, "world_gdp_share", 4, marks=pytest.mark.slow),  # incomes of third parties vanish at 600 %
        pytest.param(20.0, "balanced", 4, marks=pytest.mark.slow),  # at -50 % the subsidies exceed all income
        pytest.param(20.0, "world_gdp_share", 4, marks=pytest.mark.slow),
    ],
)
def test_what_is_extreme_converges_or_says_so(theta: float, closure: str, least: int) -> None:
    """-50 % and 1,000 % on everybody, a ration of a tenth, a country cut off, magnets cut by 99 %: one by one."""
    plain = load_economy().with_elasticities(theta).with_closure(closure)
    rigid = [replace(node, rho=0.02, backstop_price=np.inf) for node in load_nodes(plain)]
    economy = plain.with_nodes(rigid)
    n, own, usa, china = len(economy.regions), np.arange(len(economy.regions)), 0, economy.region_index("CHN")
    tariffs = np.repeat(economy.tariffs[None], 6, axis=0)
    caps, iceberg = np.full(tariffs.shape, np.inf), np.ones(tariffs.shape)
    licences = np.ones((6, n, n, len(rigid)))
    tariffs[0, usa], tariffs[1, usa] = -0.5, 10.0
    caps[2, usa] = 0.1
    iceberg[3, 5, own != 5] = iceberg[3, own != 5, 5] = np.inf
    licences[4, usa, china, 0] = 0.01
    tariffs[5, usa, china], licences[5, :, china, 0] = 1.45, 0.01
    licences[5, china, china, 0] = 1.0
    tariffs[:, own, own] = economy.tariffs[own, own]
    caps[:, own, own] = np.inf
    assert_right_or_said(economy, Wedges(tariffs, iceberg=iceberg, rations=caps, licences=licences), least=least)


def some_policies(economy: Economy, seed: int, worlds: int) -> Wedges:
    """Half: tariffs on all goods and pairs from -30 to 300 %; a quarter: one pair up to 1,000 %; a quarter: rations
    of up to 90 % on up to a third of all flows, and licences of up to a third of all suppliers of critical inputs."""
    rng = np.random.default_rng(seed)
    n, s, z, own = len(economy.regions), len(economy.sectors), len(economy.nodes), np.arange(len(economy.regions))
    tariffs = np.repeat(economy.tariffs[None], worlds, axis=0)
    caps, licences = np.full(tariffs.shape, np.inf), np.ones((worlds, n, n, z))
    for k in range(worlds):
        if k % 4 < 2:
            tariffs[k, :, :, : s - 1] = rng.uniform(-0.3, 3.0, (n, n, s - 1))
        elif k % 4 == 2:
            importer, exporter = rng.choice(n, 2, replace=False)
            tariffs[k, importer, exporter, : s - 1] = rng.uniform(0.0, 10.0)
        else:
            some, few = (rng.random(shape) < rng.uniform(0.01, 0.3) for shape in ((n, n, s), (n, n, z)))
            some[own, own] = False
            caps[k][some] = rng.uniform(0.1, 1.0, int(some.sum()))
            licences[k][few] = rng.uniform(0.0, 1.0, int(few.sum()))
    tariffs[:, own, own] = economy.tariffs[own, own]
    return Wedges(tariffs, rations=caps, licences=licences)


@pytest.mark.slow
def test_999_of_1000_random_policies_converge_with_all_critical_inputs_and_their_books_close() -> None:
    plain = load_economy()
    economy = plain.with_nodes(load_nodes(plain, backstop_price=30.0))
    worlds, good, short, gaps = 10_000, 0, 0, 0.0
    for start in range(0, worlds, 500):
        answer = solve(economy, wedges=some_policies(economy, start, 500), tolerance=1e-10)
        assert np.isfinite(answer.real_income[answer.status != 2]).all()
        good += int(answer.converged.sum())
        short += int((answer.scarcity_price > 1.0).any(axis=(1, 2)).sum())
        gaps = max(gaps, *(float(gap[answer.converged].max()) for gap in closing_gaps(answer)))
    assert good >= 0.999 * worlds
    assert short > 0.2 * worlds
    assert gaps < 1e-9
