"""The laws of critical inputs, on random economies with every other feature on as well.

Prices, uses, bills and rents are computed again from what an equilibrium reports, by the oracle's own nest.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.economy.strategies import (
    Case,
    assert_same,
    cases,
    connected_economy,
    random_nodes,
    settled,
    untaxed,
)
from tests.oracle import join

from tariffsim.economy import Economy, Equilibrium, Wedges, solve
from tariffsim.economy.costs import unit_costs
from tariffsim.economy.nodes import Node
from tariffsim.economy.primitives import Array
from tariffsim.economy.quota import quota_productivity


def markets(economy: Economy) -> list[int]:
    """Positions of the inputs under market rationing."""
    return [z for z, node in enumerate(economy.nodes) if node.rationing == "market"]


def allowed(economy: Economy, wedges: Wedges) -> Array:
    """What of each input can be had (worlds, N, Z): the words of the specification as loops."""
    licences, stocks = np.asarray(wedges.licences), np.asarray(wedges.stocks)
    result = np.array(stocks)
    for z, node in enumerate(economy.nodes):
        for n in range(len(economy.regions)):
            shares = [(node.supplier_share[n, i], licences[:, n, i, z]) for i in range(len(economy.regions))]
            result[:, n, z] += sum(share * licence for share, licence in shares)
            free = np.all([licence == 1.0 for share, licence in shares if share > 0.0], axis=0)
            result[:, n, z] = np.where(free, np.inf, result[:, n, z])
    return result


def productivity(economy: Economy, wedges: Wedges, k: int) -> Array:
    """Productivity of world k, quotas included (N, S)."""
    hats, amounts = np.array(np.asarray(wedges.productivity)[k]), allowed(economy, wedges)[k]
    for z, node in enumerate(economy.nodes):
        if node.rationing == "quota":
            delivered = np.minimum(amounts[:, z], 1.0)
            hats = hats * quota_productivity(node.cost_share, delivered, node.rho, node.backstop_price)
    return hats


def bills(answer: Equilibrium, wedges: Wedges, k: int) -> tuple[Array, Array]:
    """Unit cost (N, S) and bills (N, Z) of world k from its wages, prices and scarcity prices."""
    economy = answer.economy
    nodes = [economy.nodes[z] for z in markets(economy)]
    market = replace(economy, nodes=tuple(nodes))
    good = [economy.sectors.index(node.sector) for node in nodes]
    slices = np.array([node.cost_share for node in nodes]).reshape(-1, *economy.output.shape)
    technology, left = np.array(economy.io), 1.0 - slices.sum(axis=0)
    for z, k_z in enumerate(good):
        technology[:, k_z] -= slices[z]
    prices, wages, hats = answer.prices[k], answer.wages[k], productivity(economy, wedges, k)
    logs = economy.value_added_share * np.log(wages)[:, None] + np.einsum("nkj,nk->nj", technology, np.log(prices))
    cost, share = join(market, np.exp(logs / left) / hats, prices[:, good], answer.scarcity_price[k])
    return cost, np.asarray((share * answer.output[k]).sum(axis=2).T)


@settings(max_examples=15)
@given(cases(io=True, inputs=(1, 4)))
def test_the_three_states_of_an_input(case: Case) -> None:
    """p = 1 and enough, or use is what there is, or p is the backstop price; bill, use and rent from the reports."""
    economy, wedges = case.economy, case.wedges
    answer = settled(economy, wedges)
    assume(answer.converged.any())
    nodes, z = [economy.nodes[z] for z in markets(economy)], markets(economy)
    ceiling = np.array([node.backstop_price for node in nodes])
    good = [economy.sectors.index(node.sector) for node in nodes]
    normal = np.array([(node.cost_share * economy.output).sum(axis=1) for node in nodes]).reshape(
        -1, len(economy.regions)
    )
    needed = normal.T > 0.0
    for k in np.flatnonzero(answer.converged):
        p, limit = answer.scarcity_price[k], allowed(economy, wedges)[k][:, z]
        cost, bill = bills(answer, wedges, int(k))
        np.testing.assert_allclose(cost, answer.unit_cost[k], rtol=1e-10)
        np.testing.assert_allclose(bill, answer.input_bill[k], rtol=1e-10, atol=1e-12 * economy.output.max())
        use = np.where(needed, bill / (p * answer.prices[k][:, good] * np.where(needed, normal.T, 1.0)), 1.0)
        np.testing.assert_allclose(use, answer.input_use[k], rtol=1e-10)
        assert np.all((p >= 1.0) & (p <= ceiling * (1.0 + 1e-12)))
        np.testing.assert_array_equal(p[~needed], 1.0)
        at_backstop = (p >= ceiling * (1.0 - 1e-12)) & needed
        between = (p > 1.0) & ~at_backstop & needed
        np.testing.assert_allclose(use[between], limit[between], rtol=1e-9)
        assert np.all(use[(p == 1.0) & needed] <= limit[(p == 1.0) & needed] * (1.0 + 1e-9))
        assert np.all(use[at_backstop] >= limit[at_backstop] * (1.0 - 1e-9))
        licensed = np.where(at_backstop, np.minimum(1.0, limit / use), 1.0)
        np.testing.assert_allclose(answer.input_rent[k], bill * (1.0 - 1.0 / p) * licensed, rtol=1e-9, atol=1e-12)


@settings(max_examples=15)
@given(cases(io=True, inputs=(1, 4)))
def test_what_users_pay_as_rents_somebody_earns(case: Case) -> None:
    economy, wedges = case.economy, case.wedges
    answer = settled(economy, wedges)
    good = answer.converged
    assume(good.any())
    rent, licences = answer.input_rent, np.asarray(wedges.licences)
    received, paid = np.zeros((2, *answer.income.shape))
    for position, z in enumerate(markets(economy)):
        node, mine = economy.nodes[z], rent[..., position]
        if node.rent == "lost":
            np.testing.assert_array_equal(answer.input_sales[..., position], answer.input_bill[..., position])
            continue
        paid += mine
        for n in range(len(economy.regions)):
            got = {"user": np.eye(len(economy.regions))[n] + 0.0 * licences[:, n, :, z]}
            got["owner"] = node.supplier_share[n] * (licences[:, n, :, z] < 1.0)
            got["split"] = node.supplier_share[n] * licences[:, n, :, z]
            to = got[node.rent]
            received += mine[:, n, None] * to / np.maximum(to.sum(axis=-1, keepdims=True), 1e-300)
    assert_same(received, answer.input_rents_received, good)
    assert_same(paid, answer.input_rents_paid, good)
    total, sums = answer.input_rents_received.sum(axis=-1), answer.input_rents_paid.sum(axis=-1)
    np.testing.assert_allclose(total[good], sums[good], rtol=1e-12, atol=1e-15)


@given(cases(io=True, inputs=(1, 3)))
def test_a_licence_of_one_is_no_licence_bit_for_bit(case: Case) -> None:
    economy, wedges = case.economy, replace(case.wedges, licences=None, stocks=None)
    n, z = len(economy.regions), len(economy.nodes)
    nobody = np.stack([node.supplier_share == 0.0 for node in economy.nodes], axis=-1)
    free = solve(economy, wedges=wedges)
    for licences in (np.ones((n, n, z)), np.where(nobody, 0.3, 1.0)):  # nobody's licence restricts nobody
        given_free = solve(economy, wedges=replace(wedges, licences=licences, stocks=np.full((n, z), 0.1)))
        for name in ("real_income", "scarcity_price", "expenditure", "iterations", "residual"):
            np.testing.assert_array_equal(getattr(given_free, name), getattr(free, name), err_msg=name)


@given(cases(io=True, inputs=(1, 3)))
def test_a_licence_that_leaves_enough_changes_nothing(case: Case) -> None:
    economy = case.economy
    free = replace(case.wedges, licences=None, stocks=None)
    here = settled(economy, free)
    assume(here.converged.any())
    use = np.ones((*here.income.shape, len(economy.nodes)))
    use[..., markets(economy)] = here.input_use
    enough = replace(free, licences=np.zeros((*use.shape[:2], *use.shape[1:])), stocks=1.05 * np.maximum(use, 1.0))
    there = settled(economy, enough)
    both = here.converged & there.converged
    assume(both.any())
    assert_same(here.real_income, there.real_income, both)
    np.testing.assert_array_equal(there.scarcity_price[both], 1.0)


@given(cases(io=True, inputs=(1, 3)))
def test_an_idle_input_of_unit_elasticity_is_as_if_it_were_not_there(case: Case) -> None:
    nodes = [replace(node, rho=1.0) for node in case.economy.nodes]
    there, plain = case.economy.with_nodes(nodes), case.economy.with_nodes(())
    # no productivity either: the model makes everything but the input more productive, so the carve-out shows
    wedges = replace(case.wedges, licences=None, stocks=None, productivity=None)
    here, other = settled(plain, wedges), settled(there, wedges)
    both = here.converged & other.converged
    assume(both.any())
    for name in ("real_income", "trade", "expenditure", "unit_cost", "sector_value_added"):
        assert_same(getattr(here, name), getattr(other, name), both)
    np.testing.assert_array_equal(other.input_rent[both], 0.0)


@given(cases(io=True, inputs=(1, 3), rationings=("quota",)))
def test_an_idle_quota_of_any_elasticity_is_as_if_it_were_not_there(case: Case) -> None:
    wedges = replace(case.wedges, licences=None, stocks=None)
    here, other = solve(case.economy.with_nodes(()), wedges=wedges), solve(case.economy, wedges=wedges)
    np.testing.assert_array_equal(other.real_income, here.real_income)


@given(cases(io=True, inputs=(1, 4)))
def test_base_year_accounts_do_not_see_the_inputs_and_the_carve_out_counts_nothing_twice(case: Case) -> None:
    economy, plain = case.economy, case.economy.with_nodes(())
    for name in ("expenditure", "output", "value_added", "income", "revenue", "deficits", "shares", "final_share"):
        np.testing.assert_array_equal(getattr(economy, name), getattr(plain, name))
    carved, total = economy.carved_out, np.array(plain.io) * 0.0
    for z in markets(economy):
        total[:, economy.sectors.index(economy.nodes[z].sector)] += economy.nodes[z].cost_share
    left = 1.0 - total.sum(axis=1)
    np.testing.assert_allclose(carved.io * left[:, None] + total, plain.io, atol=1e-14)
    np.testing.assert_allclose(carved.value_added_share * left, plain.value_added_share, atol=1e-14)
    np.testing.assert_allclose(carved.io.sum(axis=1) + carved.value_added_share, 1.0, atol=1e-12)
    still = solve(economy)
    np.testing.assert_allclose(still.sector_value_added, plain.value_added_share * plain.output, rtol=1e-9, atol=1e-12)
    normal = np.array([(economy.nodes[z].cost_share * plain.output).sum(axis=1) for z in markets(economy)])
    np.testing.assert_allclose(still.input_bill, normal.reshape(-1, len(economy.regions)).T, rtol=1e-9, atol=1e-14)


@settings(max_examples=5)
@given(cases(io=True, inputs=(2, 3), rationings=("market",), size=0.5), st.sampled_from([0.0, 0.1, 1.0, 1.7]))
def test_the_order_of_inputs_of_equal_elasticity_does_not_matter(case: Case, rho: float) -> None:
    nodes = [replace(node, rho=rho, backstop_price=min(node.backstop_price, 50.0)) for node in case.economy.nodes]
    order = case.rng().permutation(len(nodes))
    moved = case.economy.with_nodes([nodes[z] for z in order])
    licences, stocks = np.asarray(case.wedges.licences)[..., order], np.asarray(case.wedges.stocks)[..., order]
    here = settled(case.economy.with_nodes(nodes), case.wedges)
    there = settled(moved, replace(case.wedges, licences=licences, stocks=stocks))
    both = here.converged & there.converged
    assume(both.any())
    assert_same(here.real_income, there.real_income, both)
    assert_same(here.scarcity_price[..., order], there.scarcity_price, both)
    assert_same(here.input_rents_received, there.input_rents_received, both)


def two_inputs(rho: tuple[float, float]) -> Economy:
    """Two critical inputs that the same sectors use, slices of two goods."""
    economy, n = connected_economy(11, 3, 3), 3
    owners = np.tile(np.eye(n)[1], (n, 1))
    slices = [0.2 * economy.io[:, k] for k in (0, 1)]
    return economy.with_nodes([Node(f"input{z}", economy.sectors[z], slices[z], rho[z], owners) for z in (0, 1)])


def test_with_different_elasticities_the_order_moves_costs_to_second_order_only_but_scarcity_prices_at_once() -> None:
    """All orders have the same bills in the base year, so the same slopes of cost, but other slopes of demand."""
    economy = two_inputs((0.1, 1.5))
    turned = economy.with_nodes(economy.nodes[::-1])
    wages, prices, none = np.zeros((1, 3)), np.zeros((1, 3, 3)), np.zeros((1, 1, 1))
    scarcity = np.random.default_rng(1).uniform(0.5, 1.0, (1, 3, 2))
    gaps, sizes = [], []
    for step in (0.02, 0.01):
        here = unit_costs(economy.primitives, wages, prices, step * scarcity, none).log_cost
        there = unit_costs(turned.primitives, wages, prices, step * scarcity[..., ::-1], none).log_cost
        gaps.append(np.abs(here - there).max())
        sizes.append(here.max())
    assert gaps[0] / gaps[1] == pytest.approx(4.0, rel=0.05)
    assert sizes[0] / sizes[1] == pytest.approx(2.0, rel=0.05)

    gaps = []
    for cut in (0.02, 0.01):
        first, second = (settled(e, Wedges(licences=np.full((3, 3, 2), 1.0 - cut))) for e in (economy, turned))
        gaps.append(np.abs(first.scarcity_price - second.scarcity_price[:, ::-1]).max())
    assert gaps[0] / gaps[1] == pytest.approx(2.0, rel=0.15)


def test_the_order_does_not_matter_where_no_sector_uses_two() -> None:
    economy = two_inputs((0.1, 1.5))
    first, second = economy.nodes
    apart = [
        replace(first, cost_share=first.cost_share * [1.0, 0.0, 1.0]),
        replace(second, cost_share=second.cost_share * [0.0, 1.0, 0.0]),
    ]
    licences = np.full((3, 3, 2), 0.5)
    here, there = (settled(economy.with_nodes(nodes), Wedges(licences=licences)) for nodes in (apart, apart[::-1]))
    np.testing.assert_allclose(there.real_income, here.real_income, atol=1e-12)
    np.testing.assert_allclose(there.scarcity_price[:, ::-1], here.scarcity_price, rtol=1e-10)


@settings(max_examples=12)
@given(cases(io=True, inputs=(1, 3), rationings=("market",)))
def test_without_substitution_the_use_per_unit_of_output_is_fixed(case: Case) -> None:
    """rho = 0 exactly: quantity used follows the output of the users, whatever the price; and rho -> 0 leads there."""
    tight, close = (
        case.economy.with_nodes([replace(node, rho=rho, backstop_price=5.0) for node in case.economy.nodes])
        for rho in (0.0, 1e-8)
    )
    here, near = settled(tight, case.wedges), settled(close, case.wedges)
    assume(here.converged.any())
    made = here.output / np.where(tight.output > 0.0, tight.output, 1.0) / here.unit_cost
    for z, node in enumerate(tight.nodes):
        weight = node.cost_share * tight.output
        used = weight.sum(axis=1) > 0.0
        expected = (weight * made).sum(axis=-1) / np.where(used, weight.sum(axis=1), 1.0)
        good = here.converged
        np.testing.assert_allclose(here.input_use[good][:, used, z], expected[good][:, used], rtol=1e-9)
    assert_same(here.real_income, near.real_income, here.converged & near.converged, 1e-6)


@given(cases(io=True, inputs=(1, 1), rationings=("quota",)))
def test_a_quota_without_substitution_takes_the_smaller_of_input_and_everything_else(case: Case) -> None:
    (node,) = case.economy.nodes
    node = replace(node, rho=0.0, backstop_price=np.inf)
    amounts = np.minimum(allowed(case.economy, case.wedges)[..., 0], 1.0)
    smaller = np.where(node.cost_share > 0.0, amounts[..., None], 1.0)
    here = solve(case.economy.with_nodes([node]), wedges=case.wedges)
    hats = np.asarray(case.wedges.productivity) * smaller
    plain = replace(case.wedges, productivity=hats, licences=None, stocks=None)
    there = solve(case.economy.with_nodes(()), wedges=plain)
    assert_same(here.real_income, there.real_income, here.converged & there.converged, 1e-8)


@settings(max_examples=25)
@given(cases(io=True, inputs=(1, 3), rationings=("market",), rents=("user",), size=0.5))
def test_who_owns_what_he_uses_earns_its_rent_by_any_name(case: Case) -> None:
    n = len(case.economy.regions)
    answers = [
        settled(case.economy.with_nodes([replace(z, supplier_share=np.eye(n), rent=rent) for z in nodes]), case.wedges)
        for nodes in [case.economy.nodes]
        for rent in ("user", "owner", "split")
    ]
    for other in answers[1:]:
        both = answers[0].converged & other.converged
        assert_same(answers[0].real_income, other.real_income, both)
        assert_same(answers[0].input_rents_received, other.input_rents_received, both)


@settings(max_examples=30)
@given(cases(io=True, inputs=(1, 3), closures=("balanced",)))
def test_without_taxes_no_licence_or_cap_makes_everybody_better_off(case: Case) -> None:
    """The first welfare theorem: with balanced trade and no taxes the base year is efficient."""
    economy = untaxed(case.economy)
    wedges = Wedges(
        rations=np.asarray(case.wedges.rations),
        ration_rent=case.wedges.ration_rent,
        licences=case.wedges.licences,
        stocks=case.wedges.stocks,
    )
    answer = settled(economy, wedges)
    assume(answer.converged.any())
    assert np.all(answer.real_income[answer.converged].min(axis=-1) < 1e-9)


def closed_economy(seed: int, rent: str, rho: float) -> Economy:
    """One region alone, three goods, one input that all sectors use."""
    rng = np.random.default_rng(seed)
    io = rng.uniform(0.0, 0.2, (1, 3, 3))
    flows = np.array([[[10.0, 8.0, 4.0]]])
    plain = Economy.from_arrays(flows, np.zeros((1, 1, 3)), rng.uniform(1.0, 6.0, 3), io)
    share = rng.uniform(0.01, 0.1, (1, 3)) * io[:, 1]
    return plain.with_nodes([Node("input", "S1", share, rho, np.ones((1, 1)), np.inf, "market", rent)])


@given(st.integers(0, 10_000), st.floats(0.02, 2.0))
def test_a_closed_economy_without_taxes_loses_by_every_tighter_licence_and_more_if_rents_are_lost(
    seed: int, rho: float
) -> None:
    """One country, so no terms of trade: a cap is efficient given itself, and a smaller cap allows less."""
    licences = np.linspace(1.0, 0.2, 9)[:, None, None, None]
    kept, lost = (settled(closed_economy(seed, rent, rho), Wedges(licences=licences)) for rent in ("user", "lost"))
    assert kept.converged.all()
    assert lost.converged[:3].all()  # where rents are lost, almost everything may be: no equilibrium is left
    income, melted = kept.real_income[:, 0], lost.real_income[:, 0]
    assert np.all(np.diff(income) < 0.0)
    assert np.all(np.diff(kept.scarcity_price[:, 0, 0]) > 0.0)
    both = lost.converged & (np.arange(9) > 0)
    assert np.all(melted[both] < income[both])


def test_a_tighter_licence_may_help_its_user_among_others() -> None:
    """Why the law above needs a closed economy: scarce inputs make exports dear, as an export tax would."""
    economy = random_nodes(connected_economy(5, 3, 2, closure="balanced"), 5, 1, ("user",), ("market",))
    licences = np.ones((3, 3, 3, 1))
    licences[:, 2] = np.array([0.98, 0.95, 0.9])[:, None, None]
    answer = settled(economy, Wedges(licences=licences))
    assert answer.converged.all()
    assert np.all(np.diff(answer.real_income[:, 2], prepend=0.0) > 1e-5)
