"""Reciprocity and most-favoured-nation treatment (Bagwell and Staiger 1999) on economies one can reason about."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariffsim.economy import Economy, Equilibrium, solve
from tariffsim.errors import EconomyError
from tariffsim.negotiation.reciprocity import mfn_violation, reciprocity_gap


def alike(regions: int = 2, rate: float = 0.3, home: float = 0.7) -> Economy:
    """Countries that differ in nothing but their names, one good, the same tariff on all imports."""
    paid = np.full((regions, regions), (1 - home) / (regions - 1))
    np.fill_diagonal(paid, home)
    tariffs = rate * (1 - np.eye(regions))
    return Economy.from_arrays((paid / (1 + tariffs))[..., None], tariffs[..., None], 4.0, closure="balanced")


def under(economy: Economy, rates: dict[tuple[int, int], float]) -> Equilibrium:
    """The equilibrium when some tariffs [importer, exporter] are changed."""
    tariffs = np.array(economy.tariffs)
    for (n, i), rate in rates.items():
        tariffs[n, i] = rate
    return solve(economy, tariffs)


BOTH = {(0, 1): 0.1, (1, 0): 0.1}


def test_equal_cuts_of_equal_countries_are_reciprocal() -> None:
    economy = alike()
    before, after = solve(economy, economy.tariffs), under(economy, BOTH)
    np.testing.assert_allclose(before.unit_cost[1] / before.unit_cost[0], 1, rtol=1e-10)
    np.testing.assert_allclose(after.unit_cost[1] / after.unit_cost[0], 1, rtol=1e-10)  # the world price stays
    assert after.trade[0, 1, 0] > 1.5 * before.trade[0, 1, 0]  # and trade doesn't
    np.testing.assert_allclose(reciprocity_gap(before, after), 0, atol=1e-8)


def test_who_cuts_alone_lets_its_exports_grow_by_more_than_its_imports() -> None:
    economy = alike()
    gap = reciprocity_gap(solve(economy, economy.tariffs), under(economy, {(0, 1): 0.1}))
    assert gap[0] < -0.1
    assert gap[1] > 0.1


def test_a_gap_above_zero_is_a_gain_in_terms_of_trade() -> None:
    economy = alike()
    before, after = solve(economy, economy.tariffs), under(economy, {(0, 1): 0.1})
    # with balanced trade the gap is -(change of prices) . (net imports of both goods): country 1 sells dearer
    own, foreign = after.unit_cost[1, 0] / before.unit_cost[1, 0], after.unit_cost[0, 0] / before.unit_cost[0, 0]
    imports, exports = after.trade[1, 0, 0] / foreign, after.trade[0, 1, 0] / own
    by_hand = 100 * ((own - 1) * exports - (foreign - 1) * imports) / economy.value_added[1]
    assert reciprocity_gap(before, after)[1] == pytest.approx(by_hand, abs=1e-8)


@given(st.lists(st.floats(0, 0.6), min_size=6, max_size=6))
def test_gaps_add_up_to_zero_in_money(rates: list[float]) -> None:
    economy = alike(3)
    pairs = [(n, i) for n in range(3) for i in range(3) if n != i]
    gap = reciprocity_gap(solve(economy, economy.tariffs), under(economy, dict(zip(pairs, rates, strict=True))))
    assert (gap * economy.value_added).sum() == pytest.approx(0, abs=1e-9)


def test_only_ratios_to_the_prices_before_count() -> None:
    economy = alike()
    first, second = under(economy, {(0, 1): 0.1}), under(economy, BOTH)
    there, back = reciprocity_gap(first, second), reciprocity_gap(second, first)
    assert np.sign(there).tolist() == (-np.sign(back)).tolist()
    np.testing.assert_array_equal(reciprocity_gap(first, first), 0)


def test_a_batch_of_packages_is_each_of_them_alone() -> None:
    economy = alike(3)
    before = solve(economy, economy.tariffs)
    tariffs = np.stack([economy.tariffs, np.where(economy.tariffs > 0, 0.1, 0.0)])
    tariffs[1, 0, 1] = 0.0
    batch = reciprocity_gap(before, solve(economy, tariffs))
    for k in range(2):
        np.testing.assert_array_equal(batch[k], reciprocity_gap(before, solve(economy, tariffs[k])))


def test_equilibria_of_two_economies_are_refused() -> None:
    one, two = alike(), alike(home=0.8)
    with pytest.raises(EconomyError, match="of different economies"):
        reciprocity_gap(solve(one, one.tariffs), solve(two, two.tariffs))


def test_a_most_favoured_cut_keeps_to_mfn_and_a_free_trade_agreement_does_not() -> None:
    economy = alike(3)
    cut, agreement = np.array(economy.tariffs), np.array(economy.tariffs)
    cut[0, [1, 2]] = 0.05
    agreement[0, 1] = agreement[1, 0] = 0.0
    np.testing.assert_array_equal(mfn_violation(economy, cut).excess, 0)
    np.testing.assert_array_equal(mfn_violation(economy, cut).spread, 0)
    found = mfn_violation(economy, agreement)
    # half of the imports of 0 and 1 pay 30 points more than the other half: excess 15, spread |15 - 0|, |15 - 30| = 15
    np.testing.assert_allclose(found.excess, [15, 15, 0], rtol=1e-12)
    np.testing.assert_allclose(found.spread, [15, 15, 0], rtol=1e-12)


def test_violations_are_weighted_by_trade() -> None:
    flows = np.array([[7.0, 3.0, 1.0], [2.0, 8.0, 2.0], [2.0, 1.0, 8.0]])[..., None]
    economy = Economy.from_arrays(flows, np.zeros((3, 3, 1)), 4.0)
    tariffs = np.zeros((3, 3, 1))
    tariffs[0, 2] = 0.4
    found = mfn_violation(economy, tariffs)
    assert found.excess[0] == pytest.approx(10)  # a quarter of 40 points
    assert found.spread[0] == pytest.approx(15)  # mean 10: three quarters are off by 10, a quarter by 30
    assert found.excess[1:].tolist() == [0, 0]


def test_a_region_without_imports_of_a_good_does_not_count() -> None:
    flows = np.array([[7.0, 3.0], [3.0, 7.0]])[..., None]
    with_good = np.concatenate([flows, np.diag([5.0, 5.0])[..., None]], axis=-1)
    economy = Economy.from_arrays(with_good, np.zeros((2, 2, 2)), 4.0)
    tariffs = np.zeros((2, 2, 2))
    tariffs[0, 1] = 0.2  # one supplier: nobody to be treated worse than
    assert mfn_violation(economy, tariffs).excess.tolist() == [0, 0]


def test_tariffs_of_another_shape_are_refused() -> None:
    with pytest.raises(EconomyError, match=r"asks for \(..., \(2, 2, 1\)\)"):
        mfn_violation(alike(), np.zeros((2, 2)))
