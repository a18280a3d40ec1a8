"""Reports on chokepoints: what a restriction costs whom, in both forms of rationing."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from tests.economy.samples import random_economy, random_licences, with_inputs

from tariffsim.economy import Economy, Wedges, measures, solve
from tariffsim.economy.chokepoints import VARIABLE_COST_SHARE, ChokepointReport, chokepoint_report, shadow_price
from tariffsim.economy.quota import quota_productivity
from tariffsim.errors import EconomyError

ARRAYS = [field.name for field in fields(ChokepointReport) if field.name != "names"]


def mixed(seed: int = 4) -> Economy:
    """Four inputs, one for each kind of rent, and the same four as quotas of half the size."""
    economy = with_inputs(random_economy(seed), seed + 1)
    market = [replace(node, cost_share=0.5 * node.cost_share) for node in economy.nodes]
    quota = [replace(node, name=node.name + "q", rationing="quota", backstop_price=7.0) for node in market]
    return economy.with_nodes([*market, *quota])


def policy(economy: Economy, batch: int = 3) -> Wedges:
    """Tariffs and random licences."""
    licences, stocks = random_licences(economy, 7, batch)
    tariffs = economy.tariffs + 0.2 * ~np.eye(len(economy.regions), dtype=bool)[:, :, None]
    return Wedges(tariffs=tariffs, licences=licences, stocks=stocks)


@pytest.fixture(scope="module")
def economy() -> Economy:
    return mixed()


@pytest.fixture(scope="module")
def report(economy: Economy) -> ChokepointReport:
    return chokepoint_report(economy, policy(economy))


def test_without_a_restriction_nobody_loses_anything(economy: Economy) -> None:
    free = chokepoint_report(economy, replace(policy(economy), licences=None))
    for name in ("loss", "loss_value", "output_lost", "output_lost_value", "lost_sales", "own_cost", "leverage"):
        np.testing.assert_array_equal(getattr(free, name), 0.0)
    np.testing.assert_array_equal(free.scarcity_price, 1.0)
    np.testing.assert_array_equal(free.rent, 0.0)
    assert free.converged.all()


@pytest.mark.parametrize("z", range(8))
def test_losses_compare_with_the_same_policy_where_this_input_is_free(
    z: int, economy: Economy, report: ChokepointReport
) -> None:
    wedges = policy(economy)
    licences = np.array(wedges.licences)
    licences[..., z] = 1.0
    now, free = solve(economy, wedges=wedges), solve(economy, wedges=replace(wedges, licences=licences))
    gained = measures.equivalent_variation(free) - measures.equivalent_variation(now)
    np.testing.assert_allclose(report.loss_value[..., z], gained, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(report.loss[..., z], 1 - (1 + now.real_income) / (1 + free.real_income), atol=1e-14)
    lost = 1.0 - measures.real_output(now) / measures.real_output(free)
    uses = economy.nodes[z].cost_share > 0.0
    np.testing.assert_allclose(report.output_lost[..., z], np.where(uses, lost, 0.0), atol=1e-14)
    value = (np.where(uses, lost, 0.0) * free.output).sum(axis=-1)
    np.testing.assert_allclose(report.output_lost_value[..., z], value, rtol=1e-12, atol=1e-12)
    assert report.converged[..., z].all()


def test_market_columns_are_those_of_the_equilibrium(economy: Economy, report: ChokepointReport) -> None:
    now = solve(economy, wedges=policy(economy))
    for name, found in (
        ("scarcity_price", now.scarcity_price),
        ("input_price", now.input_price),
        ("use", now.input_use),
        ("bill", now.input_bill),
        ("rent", now.input_rent),
    ):
        np.testing.assert_array_equal(getattr(report, name)[..., :4], found)
    np.testing.assert_allclose(report.rents_received.sum(axis=-1), now.input_rents_received, rtol=1e-12)
    assert (report.scarcity_price[..., :4] > 1.0).any()


def test_rents_go_to_whom_the_node_says(economy: Economy, report: ChokepointReport) -> None:
    user, owner, split, lost = range(4)  # the order of `with_inputs`
    np.testing.assert_allclose(report.rents_received[..., user], report.rent[..., user], rtol=1e-12)
    np.testing.assert_array_equal(report.rents_received[..., lost], 0.0)
    assert report.rent[..., lost].max() > 0.0
    for z in (owner, split):
        np.testing.assert_allclose(report.rents_received[..., z].sum(-1), report.rent[..., z].sum(-1), rtol=1e-12)
    withholds = (np.array(policy(economy).licences)[..., owner] < 1.0).any(axis=-2)
    np.testing.assert_array_equal(report.rents_received[..., owner][~withholds], 0.0)


def test_quotas_are_worth_their_shadow_price_and_bear_no_rent(economy: Economy, report: ChokepointReport) -> None:
    wedges = policy(economy)
    licences, stocks = np.array(wedges.licences), np.array(wedges.stocks)
    for z in range(4, 8):
        node = economy.nodes[z]
        held = (node.supplier_share * licences[..., z]).sum(axis=-1) + stocks[..., z]
        delivered = np.where((licences[..., z] < 1.0).any(axis=-1), np.minimum(held, 1.0), 1.0)
        price = np.minimum(delivered ** (-1.0 / node.rho), node.backstop_price)
        np.testing.assert_allclose(report.scarcity_price[..., z], price, rtol=1e-12)
        np.testing.assert_allclose(report.use[..., z], np.maximum(delivered, 7.0**-node.rho), rtol=1e-12)
    assert (report.scarcity_price[..., 4:] == 7.0).any()
    for name in ("rent", "rents_received"):
        np.testing.assert_array_equal(getattr(report, name)[..., 4:], 0.0)
    now = solve(economy, wedges=wedges)
    bill = (economy.nodes[5].cost_share * now.output).sum(axis=-1)
    np.testing.assert_allclose(report.bill[..., 5], bill, rtol=1e-12)
    resource = now.prices[..., economy.sector_index(economy.nodes[5].sector)]
    np.testing.assert_allclose(report.input_price[..., 5], report.scarcity_price[..., 5] * resource, rtol=1e-12)


@pytest.mark.parametrize("rho", [0.1, 0.5, 2.0])
def test_the_shadow_price_is_the_marginal_product_over_that_of_everything_else(rho: float) -> None:
    share, step = 0.2, 1e-6
    u = np.array([0.3, 0.7])

    def made(delivered: np.ndarray) -> np.ndarray:
        return quota_productivity([[share]], delivered[:, None], rho, np.inf)[:, 0, 0]

    slope = (made(u + step) - made(u - step)) / (2 * step)
    relative = slope / share / ((made(u) - u * slope) / (1.0 - share))
    np.testing.assert_allclose(shadow_price(u, rho, np.inf), relative, rtol=1e-6)


def test_shadow_prices_at_the_ends() -> None:
    np.testing.assert_array_equal(shadow_price(np.array([0.0, 0.5, 1.0]), 0.0, 30.0), [30.0, 30.0, 1.0])
    np.testing.assert_array_equal(shadow_price(np.array([0.0, 1.0]), 0.2, np.inf), [np.inf, 1.0])
    np.testing.assert_array_equal(shadow_price(np.array([0.9]), 0.0, np.inf), [np.inf])


def test_own_cost_is_lost_sales_net_of_what_is_not_spent_on_them(economy: Economy) -> None:
    wedges = policy(economy)
    node, licences = economy.nodes[1], np.array(wedges.licences)[..., 1]
    sales = (node.cost_share * economy.output).sum(axis=1)[:, None] * node.supplier_share * (1.0 - licences)
    found = chokepoint_report(economy, wedges, variable_cost_share={node.name: 0.3})
    np.testing.assert_allclose(found.lost_sales[..., 1], sales, rtol=1e-12)
    np.testing.assert_allclose(found.own_cost[..., 1], 0.7 * sales, rtol=1e-12)
    np.testing.assert_allclose(found.own_cost[..., 2], (1 - VARIABLE_COST_SHARE) * found.lost_sales[..., 2], rtol=1e-12)
    assert (sales > 0.0).any()
    wanted = found.loss_value[..., :, None, 1] - found.own_cost[..., 1]
    np.testing.assert_allclose(found.leverage[..., 1], np.where(sales > 0.0, wanted, 0.0), rtol=1e-12)
    dear = chokepoint_report(economy, wedges, variable_cost_share=1.0)
    np.testing.assert_array_equal(dear.own_cost, 0.0)


@pytest.mark.parametrize("name", ARRAYS)
def test_a_world_of_a_batch_is_the_world_alone(name: str, economy: Economy, report: ChokepointReport) -> None:
    wedges = policy(economy)
    alone = replace(wedges, licences=np.array(wedges.licences)[1], stocks=np.array(wedges.stocks)[1])
    np.testing.assert_array_equal(getattr(report, name)[1], getattr(chokepoint_report(economy, alone), name))


def test_any_region_can_be_owner_and_any_can_be_user(economy: Economy, report: ChokepointReport) -> None:
    order = np.array([2, 0, 3, 1])
    across = np.ix_(order, order)
    nodes = [
        replace(node, cost_share=node.cost_share[order], supplier_share=node.supplier_share[across])
        for node in economy.nodes
    ]
    relabelled = Economy.from_arrays(
        economy.flows[across], economy.tariffs[across], economy.theta, economy.io[order]
    ).with_nodes(nodes)
    wedges = policy(economy)
    licences, tariffs = np.array(wedges.licences)[:, order][:, :, order], np.array(wedges.tariffs)[across]
    moved = chokepoint_report(relabelled, Wedges(tariffs, licences=licences, stocks=np.array(wedges.stocks)[:, order]))
    np.testing.assert_allclose(moved.loss, report.loss[:, order], atol=1e-9)
    np.testing.assert_allclose(moved.leverage, report.leverage[:, order][:, :, order], atol=1e-8)
    np.testing.assert_allclose(moved.rents_received, report.rents_received[:, order], atol=1e-8)


def test_a_report_needs_critical_inputs_and_shares_it_can_use(economy: Economy) -> None:
    with pytest.raises(EconomyError, match=r"no critical inputs; put them in with economy.with_nodes"):
        chokepoint_report(economy.with_nodes(()), Wedges())
    with pytest.raises(EconomyError, match=r"critical input .inputt0..*input0"):
        chokepoint_report(economy, Wedges(), variable_cost_share={"inputt0": 0.5})
    with pytest.raises(EconomyError, match=r"variable_cost_share must be >= 0 and below 1; got 1\.5"):
        chokepoint_report(economy, Wedges(), variable_cost_share=1.5)
