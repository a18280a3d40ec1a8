"""Measures of an equilibrium: identities, closed forms, orders of approximation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.economy.samples import between_two, random_economy, random_wedges, two_countries

from tariffsim.economy import Economy, Equilibrium, Wedges, measures, optimal_tariff, solve
from tariffsim.economy.costs import unit_costs
from tariffsim.economy.nodes import Node
from tariffsim.economy.primitives import CLOSURES, RENTS

if TYPE_CHECKING:
    from collections.abc import Callable

AWAY = ~np.eye(4, dtype=bool)[:, :, None]
MEASURES: dict[str, Callable[[Equilibrium], np.ndarray]] = {
    "equivalent variation": measures.equivalent_variation,
    "terms of trade": measures.terms_of_trade,
    "volume of trade": measures.volume_of_trade,
    "first-order welfare": measures.first_order_welfare,
    "real wage": measures.real_wage,
    "log real wage": measures.log_real_wage,
    "unit costs": lambda e: e.unit_cost,
    "real output": measures.real_output,
    "sector value added": lambda e: e.sector_value_added,
    "burden": lambda e: measures.deadweight_loss(e).burden,
    "real revenue": lambda e: measures.deadweight_loss(e).revenue,
    "deadweight loss": lambda e: measures.deadweight_loss(e).loss,
    "sector gains": lambda e: measures.winners_and_losers(e).change,
    "sector contributions": lambda e: measures.winners_and_losers(e).contribution,
    "change of imports": lambda e: measures.trade_diversion(e).change,
    "trade creation": lambda e: measures.trade_diversion(e).creation,
    "trade diversion": lambda e: measures.trade_diversion(e).diversion,
}


@pytest.fixture(scope="module", params=RENTS)
def answer(request: pytest.FixtureRequest) -> Equilibrium:
    """Five worlds with every wedge on."""
    economy = random_economy(3)
    return solve(economy, wedges=random_wedges(economy, 4, 5, request.param), tolerance=1e-12)


def small_rise(economy: Economy, size: float) -> Equilibrium:
    """Every tariff between regions higher by `size` times a fixed pattern."""
    pattern = np.random.default_rng(0).uniform(0.0, 1.0, economy.flows.shape)
    away = ~np.eye(len(economy.regions), dtype=bool)[:, :, None]
    return solve(economy, economy.tariffs + size * pattern * away, tolerance=1e-13)


# ---------------------------------------------------------------------- all of them
@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_is_zero_or_the_base_year_when_nothing_changes(name: str) -> None:
    economy = random_economy(8)
    value = MEASURES[name](solve(economy, tolerance=1e-13))
    levels = {
        "unit costs": np.ones((4, 3)),
        "real output": economy.output,
        "sector value added": economy.value_added_share * economy.output,
    }
    np.testing.assert_allclose(value, levels.get(name, np.zeros(value.shape)), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", MEASURES)
def test_world_k_of_a_batch_is_world_k_alone(name: str) -> None:
    economy = random_economy(3)
    t = np.asarray(random_wedges(economy, 4, 3).tariffs)
    together, alone = MEASURES[name](solve(economy, t)), MEASURES[name](solve(economy, t[1]))
    np.testing.assert_array_equal(together[1], alone)


@pytest.mark.parametrize("name", MEASURES)
def test_a_world_without_equilibrium_is_nan_and_harms_no_other(name: str) -> None:
    economy = random_economy(71, closure="fixed")
    embargo = np.ones(economy.flows.shape)
    embargo[0, 1:] = embargo[1:, 0] = np.inf
    value = MEASURES[name](solve(economy, wedges=Wedges(iceberg=np.stack([np.ones_like(embargo), embargo]))))
    assert np.isnan(value[1]).any()
    assert not np.isnan(value[0]).any()


# ---------------------------------------------------------------------- welfare
@pytest.mark.parametrize("closure", ["balanced", "fixed"])
def test_the_first_order_measure_misses_real_income_by_the_square_of_the_shock(closure: str) -> None:
    economy = random_economy(14, closure=closure)
    gaps = []
    for size in (1e-3, 5e-4):
        answer = small_rise(economy, size)
        gaps.append(np.abs(measures.first_order_welfare(answer) - answer.real_income))
        assert np.all(gaps[-1] < 50.0 * size**2)
        assert np.abs(answer.real_income).max() > 1e-2 * size
    np.testing.assert_allclose(gaps[0] / gaps[1], 4.0, rtol=0.05)


def test_what_one_wins_through_the_terms_of_trade_another_loses(answer: Equilibrium) -> None:
    money = measures.terms_of_trade(answer) * answer.economy.income[:, None, None]
    np.testing.assert_allclose(money, -money.swapaxes(-2, -3), atol=1e-12 * answer.economy.income.max())
    assert np.abs(money).max() > 0.0


def test_own_trade_adds_nothing_to_terms_or_volume_of_trade(answer: Equilibrium) -> None:
    own = np.arange(4)
    np.testing.assert_array_equal(measures.terms_of_trade(answer)[:, own, own], 0.0)
    np.testing.assert_array_equal(measures.volume_of_trade(answer)[:, own, own], 0.0)


def test_the_volume_of_trade_counts_only_under_base_year_tariffs() -> None:
    free = two_countries(4.0, 0.7)
    answer = solve(free, between_two(0.2, 0.0))
    np.testing.assert_array_equal(measures.volume_of_trade(answer), 0.0)
    np.testing.assert_allclose(measures.first_order_welfare(answer), measures.terms_of_trade(answer).sum(axis=(1, 2)))


def test_equivalent_variation_is_real_income_in_money() -> None:
    economy = random_economy(9)
    answer = small_rise(economy, 0.3)
    worth = measures.equivalent_variation(answer)
    np.testing.assert_allclose(economy.income + worth, answer.income / answer.price_index, rtol=1e-12)


def test_the_two_real_wages_are_one_number_in_two_units(answer: Equilibrium) -> None:
    np.testing.assert_allclose(np.expm1(measures.log_real_wage(answer)), measures.real_wage(answer), atol=1e-14)


def test_the_deadweight_loss_is_what_no_revenue_matches(answer: Equilibrium) -> None:
    burden, revenue, loss = measures.deadweight_loss(answer)
    np.testing.assert_allclose(loss, burden - revenue)
    scale = answer.economy.income.max()
    np.testing.assert_allclose(loss, -measures.equivalent_variation(answer), atol=1e-11 * scale)
    earned = answer.income - answer.revenue - answer.export_tax_revenue - answer.rents
    before = answer.economy.value_added + answer.economy.deficits
    np.testing.assert_allclose(burden, before - earned / answer.price_index, atol=1e-11 * scale)


def test_the_best_tariff_is_no_loss_to_its_owner_and_one_to_the_world() -> None:
    economy = two_countries(4.0, 0.7)
    answer = solve(economy, between_two(optimal_tariff(economy, 0).tariff, 0.0))
    _, revenue, loss = measures.deadweight_loss(answer)
    assert loss[0] < 0.0 < loss[1]
    assert loss.sum() > 0.0
    assert revenue[0] > 0.0
    assert revenue[1] == 0.0


def test_a_small_tariff_from_free_trade_costs_the_world_a_triangle() -> None:
    economy = two_countries(4.0, 0.7)
    answers = (solve(economy, between_two(t, 0.0), tolerance=1e-14) for t in (0.02, 0.01))
    wide, narrow = (measures.deadweight_loss(answer).loss.sum() for answer in answers)
    assert wide / narrow == pytest.approx(4.0, rel=0.05)


# ---------------------------------------------------------------------- costs, quantities, sectors
def test_more_productivity_in_autarky_is_more_output_and_nothing_else() -> None:
    closed = Economy.from_arrays([[[5.0, 3.0]]], np.zeros((1, 1, 2)), 4.0)
    answer = solve(closed, wedges=Wedges(productivity=[[1.1, 1.0]]))
    np.testing.assert_allclose(answer.unit_cost, [[1.0 / 1.1, 1.0]], rtol=1e-10)
    np.testing.assert_allclose(measures.real_output(answer), [[5.5, 3.0]], rtol=1e-10)
    np.testing.assert_allclose(answer.output, [[5.0, 3.0]], rtol=1e-10)


def test_a_binding_cap_holds_the_quantity_sold() -> None:
    economy = random_economy(5, closure="balanced")
    caps = np.where(AWAY & (economy.flows > 0.0), 0.5, np.inf)
    answer = solve(economy, wedges=Wedges(rations=caps), tolerance=1e-12)
    quantity = answer.trade / answer.unit_cost
    binds = answer.ration_wedge > 0.0
    assert binds.any()
    np.testing.assert_allclose(quantity[binds], 0.5 * economy.flows[binds], rtol=1e-9)


def test_value_added_of_sectors_sums_to_the_wage_bill(answer: Equilibrium) -> None:
    np.testing.assert_allclose(answer.sector_value_added.sum(axis=-1), answer.value_added, rtol=1e-9)


def test_contributions_of_sectors_sum_to_the_real_wage(answer: Equilibrium) -> None:
    change, contribution = measures.winners_and_losers(answer)
    np.testing.assert_allclose(contribution.sum(axis=-1), measures.real_wage(answer), atol=1e-9)
    weight = answer.economy.value_added_share * answer.economy.output / answer.economy.value_added[:, None]
    np.testing.assert_allclose(change * weight, contribution, atol=1e-12)


def test_a_protected_sector_wins_and_the_others_lose() -> None:
    economy = random_economy(12, io=False, closure="balanced")
    tariffs = economy.tariffs.copy()
    tariffs[0, 1:, 0] += 0.5
    gains = measures.winners_and_losers(solve(economy, tariffs)).change[0]
    assert gains[0] > 0.0 > gains[1:].max()


# ---------------------------------------------------------------------- trade
def test_creation_and_diversion_add_up_and_diversion_cancels_between_partners(answer: Equilibrium) -> None:
    change, creation, diversion = measures.trade_diversion(answer)
    scale = answer.economy.flows.max()
    np.testing.assert_allclose(creation + diversion, change, atol=1e-12 * scale)
    np.testing.assert_allclose(diversion.sum(axis=-2), 0.0, atol=1e-12 * scale)
    np.testing.assert_allclose(change * ~AWAY, 0.0)
    np.testing.assert_allclose(change, (answer.trade - answer.economy.flows) * AWAY, atol=1e-12 * scale)


def test_a_tariff_on_one_partner_diverts_imports_to_the_others() -> None:
    economy = random_economy(12, io=False, closure="balanced")
    tariffs = economy.tariffs.copy()
    tariffs[0, 1] += 0.5
    _, creation, diversion = measures.trade_diversion(solve(economy, tariffs))
    traded = economy.flows[0, 1:] > 0.0
    assert np.all(diversion[0, 1][traded[0]] < 0.0)
    assert np.all(diversion[0, 2:][traded[1:]] > 0.0)
    assert creation[0, 1].sum() < 0.0


@pytest.mark.parametrize("rent", RENTS)
def test_the_effective_tariff_is_duties_over_what_they_are_levied_on(rent: str) -> None:
    economy = random_economy(3)
    wedges = random_wedges(economy, 4, 2, rent)
    answer = solve(economy, wedges=wedges, tolerance=1e-12)
    rates = np.asarray(wedges.tariffs)
    base = (1.0 + np.asarray(wedges.export_taxes)) * answer.trade
    base = base * (1.0 + answer.ration_wedge) if rent == "exporter" else base
    average = (rates * base * AWAY).sum(axis=(2, 3)) / (base * AWAY).sum(axis=(2, 3))
    np.testing.assert_allclose(answer.effective_tariff(), average, rtol=1e-12)


# ---------------------------------------------------------------------- unit costs with critical inputs
def economy_with_inputs(rho: tuple[float, float]) -> Economy:
    economy = random_economy(3)
    nodes = [
        Node(f"input {z}", economy.sectors[k], 0.2 * economy.io[:, k], rho[z], np.eye(4), 10.0)
        for z, k in enumerate((0, 0))
    ]
    return economy.with_nodes(nodes)


def logs(seed: int, economy: Economy) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    shapes = ((2, 4), (2, 4, 3), (2, 4, 2), (2, 4, 3))
    return [0.2 * rng.normal(size=shape) for shape in shapes]


@pytest.mark.parametrize("rho", [(0.1, 0.3), (1.0, 0.2), (2.0, 1.0)])
def test_costs_are_one_when_nothing_changes_and_shares_those_of_the_base_year(rho: tuple[float, float]) -> None:
    economy = economy_with_inputs(rho)
    still = [np.zeros_like(a) for a in logs(0, economy)]
    log_cost, bill, rest = unit_costs(economy.primitives, *still)
    np.testing.assert_allclose(log_cost, 0.0, atol=1e-15)
    np.testing.assert_allclose(rest, np.broadcast_to(1.0 - 0.4 * economy.io[:, 0], rest.shape), rtol=1e-12)
    z, n, j = economy.primitives.nodes.entries.T
    shares = np.stack([node.cost_share for node in economy.nodes])[z, n, j]
    np.testing.assert_allclose(bill, np.broadcast_to(shares, bill.shape), rtol=1e-12)


@pytest.mark.parametrize("rho", [(0.1, 0.3), (1.0, 0.2), (2.0, 1.0)])
def test_shares_in_cost_are_its_slopes(rho: tuple[float, float]) -> None:
    economy = economy_with_inputs(rho)
    base, point, step = economy.primitives, logs(1, economy), 1e-5
    found = unit_costs(base, *point)
    z, n, j = base.nodes.entries.T
    for node in range(2):
        ends = []
        for sign in (1.0, -1.0):
            scarcity = point[2].copy()
            scarcity[..., node] += sign * step
            ends.append(unit_costs(base, point[0], point[1], scarcity, point[3]).log_cost)
        slope = (ends[0] - ends[1]) / (2.0 * step)
        np.testing.assert_allclose(found.bill_share[:, z == node], slope[:, n, j][:, z == node], atol=1e-9)
    wages, prices, scarcity, productivity = point
    ends = [unit_costs(base, wages, prices, scarcity, productivity - sign * step).log_cost for sign in (1.0, -1.0)]
    np.testing.assert_allclose(found.rest_share, (ends[0] - ends[1]) / (2.0 * step), atol=1e-9)


def test_two_inputs_of_equal_elasticity_are_one_ces() -> None:
    economy, rho = economy_with_inputs((0.4, 0.4)), 0.4
    wages, prices, scarcity, productivity = logs(2, economy)
    base = economy.primitives
    cost = unit_costs(base, wages, prices, scarcity, productivity).log_cost
    rest = base.value_added_share * wages[..., None] + np.einsum("ikj,bik->bij", base.io, prices) - productivity
    s = np.stack([node.cost_share for node in economy.nodes])
    user = scarcity + prices[..., :1]
    ces = (1.0 - s.sum(axis=0)) * np.exp((1 - rho) * rest)
    ces = ces + sum(s[z] * np.exp((1 - rho) * user[..., z])[..., None] for z in range(2))
    np.testing.assert_allclose(cost, np.log(ces) / (1 - rho), atol=1e-12)


@pytest.mark.parametrize("closure", CLOSURES)
def test_unit_costs_are_those_at_which_the_kernel_clears_markets(closure: str) -> None:
    economy = random_economy(6, closure=closure)
    t = np.asarray(random_wedges(economy, 4, 1).tariffs)[0]
    answer = solve(economy, t, tolerance=1e-13)
    user = answer.unit_cost[None] * (1.0 + t) / (1.0 + economy.tariffs)
    price = (economy.shares * user**-economy.theta).sum(axis=1) ** (-1.0 / economy.theta)
    np.testing.assert_allclose(price, answer.prices, rtol=1e-10)
