"""The plain equations against the kernel, their Jacobian against differences, and linear systems against themselves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.economy.samples import random_economy, random_wedges, with_inputs

from tariffsim.economy import Economy, Wedges, solve
from tariffsim.economy.derivatives import PolicyStep
from tariffsim.economy.gradients import linearise_world
from tariffsim.economy.jacobian import Linearisation, linearise
from tariffsim.economy.policies import prepare
from tariffsim.economy.primitives import CLOSURES, RENTS, Array, Policies, no_change
from tariffsim.economy.residual import BACKSTOP, BINDING, SLACK, Point, evaluate, point_at, point_of, residual

WIDTH = 1e-6


def everything_on(seed: int, closure: str, rent: str) -> tuple[Economy, Policies, Point]:
    """An economy with critical inputs, a policy that uses all wedges, and a point that is no equilibrium."""
    rng = np.random.default_rng(seed)
    economy = with_inputs(random_economy(seed, closure=closure), seed + 1)
    n, s, z = *economy.value_added_share.shape, len(economy.nodes)
    licences = np.where(rng.random((1, n, n, z)) < 0.3, 1.0, rng.uniform(0.0, 1.0, (1, n, n, z)))
    stocks = rng.uniform(0.0, 0.1, (1, n, z))
    wedges = replace(random_wedges(economy, seed + 2, 1, rent), licences=licences, stocks=stocks)
    policy, _ = prepare(economy, wedges)
    scarcity = np.abs(rng.normal(0.0, 1.5, (n, z))) * (rng.random((n, z)) < 0.8)
    prices, spending = rng.normal(0.0, 0.2, (n, s)), rng.lognormal(0.0, 0.2, (n, s))
    point = Point(rng.normal(0.0, 0.1, (n,)), prices, spending, scarcity)
    return economy, policy, point


def at(seed: int, closure: str, rent: str) -> tuple[Linearisation, Policies]:
    economy, policy, point = everything_on(seed, closure, rent)
    return linearise(economy.primitives, policy, point), policy


def identity(lin: Linearisation) -> Array:
    return np.eye(lin.residual.size)


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.sampled_from(CLOSURES), st.sampled_from(RENTS))
def test_the_jacobian_is_the_limit_of_differences(seed: int, closure: str, rent: str) -> None:
    economy, policy, point = everything_on(seed, closure, rent)
    lin = linearise(economy.primitives, policy, point)
    z, exact = point.vector(), lin.apply(identity(lin))

    def gaps(v: Array) -> Array:
        return residual(economy.primitives, policy, point_at(economy.primitives, v))

    unit = identity(lin)
    differences = np.stack([(gaps(z + WIDTH * u) - gaps(z - WIDTH * u)) / (2.0 * WIDTH) for u in unit], axis=1)
    np.testing.assert_allclose(exact, differences, rtol=1e-6, atol=1e-6 * np.abs(differences).max(axis=0).min())


def test_all_states_and_binding_caps_are_among_the_samples() -> None:
    states = set()
    for seed in range(5):
        lin, _ = at(seed, "world_gdp_share", "exporter")
        states |= set(lin.now.state.ravel().tolist())
        assert lin.now.binding.any()
        assert (lin.now.binding == 0.0).any()
    assert states == {SLACK, BINDING, BACKSTOP}


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.sampled_from(CLOSURES), st.sampled_from(RENTS))
def test_transposed_products_are_products_of_the_transpose(seed: int, closure: str, rent: str) -> None:
    lin, _ = at(seed, closure, rent)
    np.testing.assert_allclose(lin.apply_transposed(identity(lin)), lin.apply(identity(lin)).T, atol=1e-13)


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.sampled_from(CLOSURES), st.sampled_from(RENTS))
def test_linear_systems_are_solved_both_ways(seed: int, closure: str, rent: str) -> None:
    lin, _ = at(seed, closure, rent)
    right = np.random.default_rng(seed).normal(size=(lin.residual.size, 3))
    scale = np.abs(lin.solve(right)).max()
    np.testing.assert_allclose(lin.apply(lin.solve(right)), right, atol=1e-12 * scale)
    np.testing.assert_allclose(lin.apply_transposed(lin.adjoint(right)), right, atol=1e-12 * scale)
    one = lin.solve(right[:, 0])
    assert one.shape == (lin.residual.size,)
    np.testing.assert_allclose(one, lin.solve(right)[:, 0], atol=1e-12 * scale)


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.sampled_from(CLOSURES), st.sampled_from(RENTS))
def test_slopes_by_policy_are_the_limit_of_differences(seed: int, closure: str, rent: str) -> None:
    economy, policy, point = everything_on(seed, closure, rent)
    lin, rng = linearise(economy.primitives, policy, point), np.random.default_rng(seed)
    pair, users = economy.flows.shape, policy.available.shape[1:]
    t, x, cap = rng.normal(size=(3, *pair, 1))
    step = PolicyStep(t, x, cap, rng.normal(size=(*users, 1)))

    def gaps(size: float) -> Array:
        moved = policy._replace(
            tariffs=(1.0 + policy.tariffs) * np.exp(size * step.tariffs[None, ..., 0]) - 1.0,
            export_tax=(1.0 + policy.export_tax) * np.exp(size * step.export_tax[None, ..., 0]) - 1.0,
            cap=policy.cap * np.exp(size * step.cap[None, ..., 0]),
            available=policy.available * np.exp(size * step.available[None, ..., 0]),
        )
        return residual(economy.primitives, moved, point)

    differences = (gaps(WIDTH) - gaps(-WIDTH)) / (2.0 * WIDTH)
    effect = lin.policy_effect(step)
    np.testing.assert_allclose(effect[:, 0], differences, rtol=1e-6, atol=1e-8 * np.abs(differences).max())
    weights = rng.normal(size=(lin.residual.size, 2))
    rows = lin.rows(weights)
    total = lin.derivatives.by_available(rows).reshape(-1, 2).T @ step.available.ravel()
    for of, part in (("tariffs", t), ("export_tax", x), ("cap", cap)):
        total = total + lin.derivatives.by_wedge(rows, of).reshape(2, -1) @ part.ravel()
    np.testing.assert_allclose(total, (weights.T @ effect)[:, 0], rtol=1e-10, atol=1e-12 * np.abs(differences).max())


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.sampled_from(CLOSURES), st.sampled_from(RENTS))
def test_walras_law_holds_at_any_point(seed: int, closure: str, rent: str) -> None:
    economy, policy, point = everything_on(seed, closure, rent)
    now = evaluate(economy.primitives, policy, point)
    world = now.value_added.sum()
    labour = (now.value_added * now.residual.log_wages).sum() + world * (world / economy.value_added.sum() - 1.0)
    assert labour + (economy.expenditure * now.residual.spending).sum() == pytest.approx(0.0, abs=1e-10 * world)


@pytest.mark.parametrize("closure", CLOSURES)
@pytest.mark.parametrize("rent", RENTS)
def test_the_kernels_equilibrium_solves_the_equations(closure: str, rent: str) -> None:
    economy = random_economy(3, closure=closure)
    answer = solve(economy, wedges=random_wedges(economy, 7, 2, rent), tolerance=1e-13)
    assert answer.converged.all()
    for world in range(2):
        lin = linearise_world(answer, world)
        assert np.abs(lin.residual).max() < 1e-12
        np.testing.assert_allclose(lin.now.flows, answer.trade[world], rtol=1e-11, atol=1e-12)
        np.testing.assert_allclose(lin.now.income, answer.income[world], rtol=1e-11)


def test_closed_cells_and_missing_markets_are_part_of_the_equations() -> None:
    economy = random_economy(4, closure="balanced")
    iceberg, caps = np.ones(economy.flows.shape), np.full(economy.flows.shape, np.inf)
    iceberg[0, 1, 0], caps[2, 3] = np.inf, 0.0
    answer = solve(economy, wedges=Wedges(iceberg=iceberg, rations=caps), tolerance=1e-13)
    lin = linearise_world(answer)
    assert np.abs(lin.residual).max() < 1e-12
    np.testing.assert_array_equal(lin.now.flows[2, 3], 0.0)
    right = np.ones(lin.residual.size)
    np.testing.assert_allclose(lin.apply(lin.solve(right)), right, atol=1e-10)

    flows = np.array(economy.flows)
    flows[:, :, 2] = 0.0  # nobody makes or uses the last good
    gone = linearise_world(solve(Economy.from_arrays(flows, economy.tariffs, economy.theta), tolerance=1e-13))
    assert np.abs(gone.residual).max() < 1e-12
    np.testing.assert_allclose(gone.apply(gone.solve(right)), right, atol=1e-10)


@pytest.mark.parametrize("closure", CLOSURES)
def test_newtons_method_reaches_the_kernels_equilibrium(closure: str) -> None:
    economy = random_economy(4, closure=closure)
    wedges = replace(random_wedges(economy, 8, 1), rations=None)
    policy, _ = prepare(economy, wedges)
    answer = solve(economy, wedges=wedges, tolerance=1e-13)
    n, s = economy.value_added_share.shape
    z = np.concatenate([np.zeros(n + n * s), np.ones(n * s)])
    for _ in range(8):
        z = z + linearise(economy.primitives, policy, point_at(economy.primitives, z)).newton_step()
    point = point_at(economy.primitives, z)
    np.testing.assert_allclose(np.exp(point.log_wages), answer.wages[0], rtol=1e-11)
    np.testing.assert_allclose(np.exp(point.log_prices), answer.prices[0], rtol=1e-11)


@pytest.mark.parametrize("inputs", [False, True])
def test_the_base_year_solves_the_equations_when_nothing_changes(inputs: bool) -> None:
    economy = with_inputs(random_economy(5), 6) if inputs else random_economy(5)
    base = economy.primitives
    point = Point(
        np.zeros(len(economy.regions)),
        np.zeros_like(base.spending),
        np.ones_like(base.spending),
        np.zeros(base.nodes.normal.shape),
    )
    assert np.abs(residual(base, no_change(base), point)).max() < 1e-13


def test_a_row_of_a_solution_becomes_a_point_and_vectors_go_both_ways() -> None:
    economy = random_economy(6)
    base, ready = economy.primitives, economy.prepared
    from tariffsim.economy.prepared import solve_policies

    policy, _ = prepare(economy, random_wedges(economy, 9, 2))
    solution = solve_policies(ready, policy, 1e-12, 600, 1)
    point = point_of(base, solution, 1)
    assert np.abs(residual(base, policy.world(1), point)).max() < 1e-11
    for part, again in zip(point, point_at(base, point.vector()), strict=True):
        np.testing.assert_array_equal(part, again)
