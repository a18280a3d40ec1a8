"""Policies of any size: a world converges or says that it did not, and what converged solves the plain equations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.economy.strategies import connected_economy, random_nodes, random_policies, world

from tariffsim.economy import Economy, Equilibrium, Wedges, solve
from tariffsim.economy.accounts import closing_gaps
from tariffsim.economy.gradients import point_of_world
from tariffsim.economy.loading import load_economy, load_nodes
from tariffsim.economy.primitives import CLOSURES, RENTS
from tariffsim.economy.residual import residual


@pytest.fixture(scope="module")
def shipped() -> Economy:
    """The shipped base year with all its critical inputs on a market."""
    economy = load_economy()
    return economy.with_nodes(load_nodes(economy, backstop_price=30.0))


def largest_gap(answer: Equilibrium, world: int) -> float:
    """What the plain equations, written apart from the solver, leave in one world of a batch."""
    left = residual(answer.economy.primitives, answer.policies.world(world), point_of_world(answer, world))
    return float(np.abs(left).max())


def assert_right_or_refused(answer: Equilibrium, tolerance: float = 1e-9) -> None:
    """No world that is called converged holds a NaN or leaves more than the tolerance in an equation or a book."""
    good = answer.converged
    for name in ("real_income", "wages", "prices", "scarcity_price", "expenditure", "income", "trade", "input_rent"):
        assert np.isfinite(getattr(answer, name)[good]).all(), name
    for k in np.flatnonzero(good):
        assert largest_gap(answer, int(k)) < tolerance
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):  # of worlds that did not converge
        gaps = closing_gaps(answer)
    for name, gap in gaps._asdict().items():
        assert gap[good].max(initial=0.0) < tolerance, name


def war_of_all(economy: Economy, rng: np.random.Generator, worlds: int) -> Wedges:
    """Tariffs of -30 to 300 % on every pair and goods sector."""
    tariffs, own = np.repeat(economy.tariffs[None], worlds, axis=0), np.arange(len(economy.regions))
    tariffs[..., :-1] = rng.uniform(-0.3, 3.0, tariffs[..., :-1].shape)
    tariffs[:, own, own] = economy.tariffs[own, own]
    return Wedges(tariffs)


def war_of_two(economy: Economy, rng: np.random.Generator, worlds: int) -> Wedges:
    """One importer's tariff on one exporter, up to 1,000 %."""
    tariffs = np.repeat(economy.tariffs[None], worlds, axis=0)
    for k in range(worlds):
        importer, exporter = rng.choice(len(economy.regions), 2, replace=False)
        tariffs[k, importer, exporter, :-1] = rng.uniform(0.0, 10.0)
    return Wedges(tariffs)


def cuts(economy: Economy, rng: np.random.Generator, worlds: int) -> Wedges:
    """Rations of up to 90 % on 1-30 % of all cells, 5-50 % of suppliers license 0-100 % of what they sell abroad."""
    (n, s), z = economy.value_added_share.shape, len(economy.nodes)
    own = np.arange(n)
    caps, licences = np.full((worlds, n, n, s), np.inf), np.ones((worlds, n, n, z))
    for k in range(worlds):
        capped = rng.random((n, n, s)) < rng.uniform(0.01, 0.3)
        caps[k][capped] = rng.uniform(0.1, 1.0, int(capped.sum()))
        limited = rng.random((n, z)) < rng.uniform(0.05, 0.5)
        licences[k] = np.where(limited, rng.random((n, z)), 1.0)
    caps[:, own, own], licences[:, own, own] = np.inf, 1.0
    return Wedges(rations=caps, licences=licences)


def test_a_world_whose_income_turns_negative_says_so_and_raises_nothing() -> None:
    rng = np.random.default_rng(519)
    economy = connected_economy(
        519, int(rng.integers(2, 7)), int(rng.integers(1, 6)), closure=str(rng.choice(CLOSURES))
    )
    economy = random_nodes(economy, 519, int(rng.integers(0, 4)))
    answer = solve(economy, wedges=world(random_policies(economy, 519, 3, str(rng.choice(RENTS))), 2))
    assert answer.status == 1
    assert (answer.income < 0.0).any()
    np.testing.assert_array_equal(np.isnan(answer.real_income), answer.income < 0.0)


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
    answer = solve(economy, wedges=Wedges(tariffs, iceberg=iceberg, rations=caps, licences=licences))
    assert_right_or_refused(answer)
    assert int(answer.converged.sum()) >= least


@pytest.mark.slow
def test_999_of_1000_random_policies_converge_and_their_books_close(shipped: Economy) -> None:
    rng, worlds, good, short = np.random.default_rng(3), 0, 0, 0
    for _ in range(20):
        for policies, count in ((war_of_all, 250), (war_of_two, 125), (cuts, 125)):
            answer = solve(shipped, wedges=policies(shipped, rng, count), tolerance=1e-10)
            assert_right_or_refused(answer)
            assert np.isfinite(answer.real_income[answer.status != 2]).all()
            good += int(answer.converged.sum())
            short += int((answer.scarcity_price > 1.0).any(axis=(1, 2)).sum())
            worlds += count
    assert worlds == 10_000
    assert good >= 0.999 * worlds
    assert short > 0.2 * worlds  # licences bind
