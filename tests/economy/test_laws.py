"""The laws of the model on random economies with every feature at once, each under its hypotheses.

Regions, sectors, closures, taxes, trade costs, rations, and critical inputs of both institutions: what must hold
whatever they are. What concerns critical inputs alone is in test_laws_inputs.py, bits in test_laws_batches.py.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from tests.economy.strategies import (
    Case,
    assert_same,
    cases,
    connected_economy,
    random_nodes,
    random_policies,
    relabelled,
    settled,
    split_sector,
    world,
)

from tariffsim.economy import Equilibrium, Wedges, compile_kernel, solve
from tariffsim.economy.accounts import closing_gaps
from tariffsim.economy.gradients import linearise_world
from tariffsim.economy.policies import prepare
from tariffsim.economy.primitives import Array
from tariffsim.economy.residual import residual

HATS = ("wages", "prices", "price_index", "scarcity_price", "input_use", "unit_cost")


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    compile_kernel()


@settings(max_examples=60)
@given(cases(batch=4))
def test_books_close_with_everything_on(case: Case) -> None:
    answer = solve(case.economy, wedges=case.wedges, tolerance=1e-11)
    good = answer.converged
    assume(good.any())
    for name, gap in closing_gaps(answer)._asdict().items():
        assert np.abs(gap[good]).max() < 1e-9, name
    for k in np.flatnonzero(good):
        assert np.abs(linearise_world(answer, int(k)).residual).max() < 2e-11  # the plain equations agree
    received = answer.value_added + answer.revenue + answer.export_tax_revenue + answer.rents
    total = (received + answer.input_rents_received).sum(axis=-1)
    np.testing.assert_allclose(answer.income.sum(axis=-1)[good], total[good], rtol=1e-9)
    np.testing.assert_allclose(answer.duties.sum(axis=(-2, -1))[good], answer.revenue[good], rtol=1e-8, atol=1e-9)


@given(cases())
def test_hats_are_one_when_nothing_changes(case: Case) -> None:
    economy = case.economy
    (n, s), z = economy.value_added_share.shape, len(economy.nodes)
    free, stocked = np.ones((n, n, z)), np.full((n, z), 0.2)
    still = (
        Wedges(),
        Wedges(economy.tariffs, licences=free, stocks=stocked),
        Wedges(rations=np.full((n, n, s), 1.5), licences=free),
        Wedges(rations=np.full((n, n, s), 1.0 + 1e-12), ration_rent=case.wedges.ration_rent),
        Wedges(licences=np.full((n, n, z), 0.9), stocks=stocked),
    )
    for wedges in still:
        answer = solve(economy, wedges=wedges)
        assert answer.converged
        for name in HATS:
            np.testing.assert_allclose(getattr(answer, name), 1.0, atol=1e-10, err_msg=name)
        np.testing.assert_allclose(answer.real_income, 0.0, atol=1e-10)
        np.testing.assert_allclose(answer.trade, economy.flows, rtol=1e-9)
        np.testing.assert_array_equal(answer.ration_wedge, 0.0)
        np.testing.assert_array_equal(answer.input_rent, 0.0)


@settings(max_examples=15)
@given(cases())
def test_relabelling_regions_and_sectors_permutes_the_results(case: Case) -> None:
    rng, (n, s) = case.rng(), case.economy.value_added_share.shape
    r, k = rng.permutation(n), rng.permutation(s)
    here, there = settled(case.economy, case.wedges), settled(*relabelled(case.economy, case.wedges, r, k))
    both = here.converged & there.converged
    assume(both.any())
    assert_same(here.real_income[:, r], there.real_income, both)
    assert_same(here.output[:, r][:, :, k], there.output, both)
    assert_same(here.trade[:, r][:, :, r][..., k], there.trade, both)
    assert_same(here.scarcity_price[:, r], there.scarcity_price, both)
    assert_same(here.input_rents_received[:, r], there.input_rents_received, both)


@settings(max_examples=12)
@given(cases())
def test_the_unit_of_money_changes_nothing(case: Case) -> None:
    richer = replace(case.economy, flows=case.economy.flows * 1e6)
    here, there = settled(case.economy, case.wedges), settled(richer, case.wedges)
    both = here.converged & there.converged
    assume(both.any())
    for name in ("real_income", *HATS):
        assert_same(getattr(here, name), getattr(there, name), both)
    for name in ("income", "trade", "input_bill", "input_rents_received"):
        assert_same(getattr(here, name), getattr(there, name) / 1e6, both)


@given(cases())
def test_splitting_a_sector_into_two_alike_changes_nothing(case: Case) -> None:
    goods = len(case.economy.sectors)
    which = int(case.rng().integers(goods))
    here, there = settled(case.economy, case.wedges), settled(*split_sector(case.economy, case.wedges, which, 0.6))
    both = here.converged & there.converged
    assume(both.any())
    assert_same(here.real_income, there.real_income, both)
    assert_same(here.output[..., which], there.output[..., which : which + 2].sum(axis=-1), both)
    assert_same(here.input_rents_received, there.input_rents_received, both)


@given(cases(closures=("balanced",), rents=("user", "lost")))
def test_lerner_an_import_tariff_is_an_export_tax_when_trade_is_balanced(case: Case) -> None:
    rng, n = case.rng(), len(case.economy.regions)
    by, country = rng.uniform(-0.15, 0.3), int(rng.integers(n))
    imports, exports = lerner_pair(case.wedges, country, by)
    here, there = settled(case.economy, imports), settled(case.economy, exports)
    both = here.converged & there.converged
    assume(both.any())
    for name in ("real_income", "scarcity_price", "input_use"):
        assert_same(getattr(here, name), getattr(there, name), both)


def lerner_pair(wedges: Wedges, country: int, by: float) -> tuple[Wedges, Wedges]:
    """All tariffs of a country up by a factor 1 + `by`, and all its export taxes."""
    t, x = np.array(wedges.tariffs), np.array(wedges.export_taxes)
    others = np.arange(t.shape[-2]) != country
    more_t, more_x = t.copy(), x.copy()
    more_t[:, country, others] = (1.0 + t[:, country, others]) * (1.0 + by) - 1.0
    more_x[:, others, country] = (1.0 + x[:, others, country]) * (1.0 + by) - 1.0
    return replace(wedges, tariffs=more_t), replace(wedges, export_taxes=more_x)


def test_rents_that_cross_borders_are_transfers_and_break_lerner() -> None:
    economy = random_nodes(connected_economy(5, 4, 3, closure="balanced"), 6, 2, ("owner",), ("market",))
    imports, exports = lerner_pair(random_policies(economy, 7, 1, "exporter"), 0, 0.2)
    here, there = settled(economy, imports), settled(economy, exports)
    assert here.input_rents_received.any()
    assert np.abs(here.real_income - there.real_income).max() > 1e-6


@settings(max_examples=30)
@given(cases())
def test_a_cap_binds_or_its_price_is_zero(case: Case) -> None:
    economy, wedges = case.economy, case.wedges
    answer = settled(economy, wedges)
    good = answer.converged
    assume(good.any())
    mu, cap = answer.ration_wedge, np.broadcast_to(np.asarray(wedges.rations), answer.trade.shape)
    quantity = quantities(answer) / (1.0 + mu if wedges.ration_rent == "lost" else 1.0)
    quantity, cap, mu = quantity[good], cap[good], mu[good]
    assert np.all(mu >= 0.0)
    assert np.all(quantity <= cap * (1.0 + 1e-9))
    np.testing.assert_allclose(quantity[mu > 0.0], cap[mu > 0.0], rtol=1e-9)


def quantities(answer: Equilibrium) -> Array:
    """(M'/M0)/ch, 0 where there is no trade; ch from reported wages, prices and scarcity prices."""
    flows = answer.economy.flows
    hats = np.divide(answer.trade, flows, out=np.zeros_like(answer.trade), where=flows > 0.0)
    return np.asarray(hats / answer.unit_cost[..., None, :, :])


@settings(max_examples=25)
@given(cases())
def test_an_equilibrium_is_one_with_caps_that_leave_enough(case: Case) -> None:
    free = replace(case.wedges, rations=None)
    here = settled(case.economy, free)
    good = here.converged
    assume(good.any())
    capped, _ = prepare(case.economy, replace(free, rations=idle_caps(here)))
    for k in np.flatnonzero(good):
        left = residual(case.economy.primitives, capped.world(int(k)), linearise_world(here, int(k)).now.point)
        assert np.abs(left).max() < 1e-11


@given(cases(size=0.3))
def test_an_idle_ration_changes_nothing(case: Case) -> None:
    """Of policies so small that there is one equilibrium: tight caps may add others (see the next test)."""
    free = replace(case.wedges, rations=None)
    here = settled(case.economy, free)
    assume(here.converged.all())
    there = settled(case.economy, replace(free, rations=idle_caps(here)))
    assert there.converged.all()
    assert_same(here.real_income, there.real_income, there.converged)
    np.testing.assert_array_equal(there.ration_wedge, 0.0)


def test_a_cap_above_what_is_traded_may_hold_a_second_equilibrium() -> None:
    """Importers who earn the rents keep their terms of trade at the cap, so both sides of it support themselves."""
    economy = random_nodes(connected_economy(222, 2, 1), 222, 1)
    free = replace(world(random_policies(economy, 222, 3, "importer"), 2), rations=None)
    here = settled(economy, free)
    caps = 1.05 * quantities(here)
    there = settled(economy, replace(free, rations=caps))
    assert here.converged
    assert there.converged
    assert there.ration_wedge.max() > 1.0
    first = residual(economy.primitives, there.policies, linearise_world(here).now.point)
    assert np.abs(first).max() < 1e-11


def idle_caps(answer: Equilibrium) -> Array:
    """A twentieth above what is traded between regions; where nothing is, any."""
    own = np.eye(len(answer.economy.regions), dtype=bool)[:, :, None]
    enough = np.where(answer.economy.flows > 0.0, 1.05 * quantities(answer), 1.0)
    return np.asarray(np.where(own, np.inf, enough))


@settings(max_examples=12)
@given(cases(batch=2))
def test_an_embargo_is_a_cap_of_zero(case: Case) -> None:
    rng, (n, s) = case.rng(), case.economy.value_added_share.shape
    closed = (rng.random((n, n, s)) < 0.1) & ~np.eye(n, dtype=bool)[:, :, None]
    iceberg = np.where(closed, np.inf, np.asarray(case.wedges.iceberg))
    caps = np.where(closed, 0.0, np.asarray(case.wedges.rations))
    here = settled(case.economy, replace(case.wedges, iceberg=iceberg))
    there = settled(case.economy, replace(case.wedges, rations=caps))
    np.testing.assert_array_equal(here.status == 2, there.status == 2)
    both = here.converged & there.converged
    assume(both.any())
    assert_same(here.real_income, there.real_income, both)
    np.testing.assert_array_equal(there.trade[both][:, closed], 0.0)


@settings(max_examples=25)
@given(cases(batch=1))
def test_ration_rents_and_closures_are_the_only_difference_between_their_options(case: Case) -> None:
    """Where no cap binds the receiver is nobody; with balanced trade all other closures agree."""
    open_trade = replace(case.wedges, rations=None)
    receivers = [settled(case.economy, replace(open_trade, ration_rent=r)) for r in ("exporter", "importer", "lost")]
    for other in receivers[1:]:
        np.testing.assert_array_equal(other.real_income, receivers[0].real_income)
    balanced = case.economy.with_closure("balanced")
    answers = [settled(balanced.with_closure(c), case.wedges) for c in ("balanced", "fixed", "world_gdp_share")]
    for other in answers[1:]:
        assert_same(answers[0].real_income, other.real_income, answers[0].converged & other.converged, 1e-7)


@settings(max_examples=30)
@given(cases(batch=1))
def test_world_k_is_a_policy_of_one_world(case: Case) -> None:
    alone, row = solve(case.economy, wedges=world(case.wedges, 0)), solve(case.economy, wedges=case.wedges)
    assert alone.real_income.shape == (len(case.economy.regions),)
    np.testing.assert_array_equal(alone.real_income, row.real_income[0])


def test_the_samples_reach_every_corner() -> None:
    """What the laws above are tried on: caps and inputs in all their states, gaps in trade, every kind of node."""
    seen: set[object] = set()
    for seed in range(30):
        economy = random_nodes(connected_economy(seed, 3, 3), seed, 3)
        answer = settled(economy, random_policies(economy, seed, 2, "exporter"))
        if not answer.converged.all():
            continue
        ceilings = economy.primitives.nodes.ceiling
        p = answer.scarcity_price
        seen |= {("cap binds", bool(b)) for b in (answer.ration_wedge > 0.0).ravel()}
        seen |= {("p", "one" if v == 1.0 else "between") for v in p.ravel()}
        seen |= {("p", "backstop")} if (np.isclose(p, ceilings, rtol=1e-12) & (p > 1.0)).any() else set()
        seen |= {(z.rationing, z.rent, z.rho == 1.0, z.rho > 1.0, np.isinf(z.backstop_price)) for z in economy.nodes}
        seen.add(("gap", bool((economy.flows == 0.0).any())))
    assert {("cap binds", True), ("cap binds", False), ("gap", True)} <= seen
    assert {("p", state) for state in ("one", "between", "backstop")} <= seen
    assert len([s for s in seen if isinstance(s, tuple) and s[0] == "market" and len(s) == 5]) >= 10
