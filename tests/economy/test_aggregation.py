"""Merging regions and sectors: accounts add up, bits stay where nothing merges, equals merge without loss."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.economy.samples import random_economy

from tariffsim.economy import Economy, solve
from tariffsim.economy.loading import load_economy
from tariffsim.economy.nodes import Node
from tariffsim.errors import EconomyError

AMERICA = {"NA": ["USA", "CAN", "MEX"]}
METALS = {"METALS": ["STEEL", "NFM", "FABM"]}


def summed(array: np.ndarray, axis: int, members: list[list[int]]) -> np.ndarray:
    return np.stack([array.take(group, axis).sum(axis) for group in members], axis)


def with_two_nodes(economy: Economy, seed: int) -> Economy:
    """Two inputs that take up to a third of what their users buy of two sectors."""
    rng = np.random.default_rng(seed)
    n, s = economy.value_added_share.shape
    shares = rng.dirichlet(np.ones(n), (2, n))
    slices = [economy.io[:, k] * rng.uniform(0.0, 0.33, (n, s)) for k in (0, 1)]
    return economy.with_nodes(
        [Node(f"z{k}", economy.sectors[k], slices[k], 0.1 + 0.1 * k, shares[k], 30.0) for k in (0, 1)]
    )


@given(st.integers(0, 10_000), st.booleans())
def test_every_account_is_the_sum_over_the_members(seed: int, io: bool) -> None:
    economy = with_two_nodes(random_economy(seed, regions=5, sectors=4, io=io), seed)
    merged = economy.aggregate({"X": ["R3", "R1"], "Y": ["R0"]}, {"T": ["S0", "S2", "S3"]})
    regions, sectors = [[0], [1, 3], [2], [4]], [[0, 2, 3], [1]]
    assert merged.regions == ("Y", "X", "R2", "R4")
    assert merged.sectors == ("T", "S1")
    scale = economy.income.sum()
    for name in ("value_added", "revenue", "income", "deficits"):
        np.testing.assert_allclose(
            getattr(merged, name), summed(getattr(economy, name), 0, regions), atol=1e-14 * scale, err_msg=name
        )
    for name in ("expenditure", "output"):
        total = summed(summed(getattr(economy, name), 0, regions), 1, sectors)
        np.testing.assert_allclose(getattr(merged, name), total, rtol=1e-14, err_msg=name)
    final = summed(summed(economy.final_share * economy.income[:, None], 0, regions), 1, sectors)
    np.testing.assert_allclose(merged.final_share * merged.income[:, None], final, rtol=1e-13)
    use = np.einsum("nkj,nj->nkj", economy.io, economy.output)
    total = summed(summed(summed(use, 0, regions), 1, sectors), 2, sectors)
    np.testing.assert_allclose(np.einsum("nkj,nj->nkj", merged.io, merged.output), total, rtol=1e-13)
    np.testing.assert_allclose(merged.value_added_share + merged.io.sum(axis=1), 1.0, rtol=1e-14)
    assert merged.with_nodes(merged.nodes).nodes == merged.nodes  # every slice fits, every row adds up to 1
    for old, new in zip(economy.nodes, merged.nodes, strict=True):
        normal = old.cost_share * economy.output
        mine = summed(summed(normal, 0, regions), 1, sectors)
        np.testing.assert_allclose(new.cost_share * merged.output, mine, rtol=1e-13)
        supplied = summed(summed(normal.sum(axis=1)[:, None] * old.supplier_share, 0, regions), 1, regions)
        np.testing.assert_allclose(new.supplier_share * mine.sum(axis=1)[:, None], supplied, rtol=1e-13)


def test_duties_of_every_new_pair_add_up() -> None:
    economy = load_economy()
    merged = economy.aggregate(AMERICA, METALS)
    duties = economy.flows * economy.tariffs
    america = [economy.region_index(name) for name in AMERICA["NA"]]
    metals = [economy.sector_index(name) for name in METALS["METALS"]]
    new = merged.flows * merged.tariffs
    n, k = merged.region_index("NA"), merged.sector_index("METALS")
    china, was = merged.region_index("CHN"), economy.region_index("CHN")
    np.testing.assert_allclose(new[n, china, k], duties[np.ix_(america, [was], metals)].sum(), rtol=1e-14)
    np.testing.assert_allclose(new[n, n, k], duties[np.ix_(america, america, metals)].sum(), rtol=1e-14)
    np.testing.assert_allclose(new.sum(), duties.sum(), rtol=1e-14)


@pytest.mark.parametrize("alone", [False, True])
def test_merging_nothing_keeps_every_bit(alone: bool) -> None:
    for economy in (load_economy(elasticities="LL"), with_two_nodes(random_economy(8), 8)):
        groups = ({name: [name] for name in names} for names in (economy.regions[:2], economy.sectors[-1:]))
        same = economy.aggregate(*groups) if alone else economy.aggregate()
        assert same.content_hash() == economy.content_hash()
        assert same.elasticity_set is economy.elasticity_set


def test_a_name_alone_is_a_new_name() -> None:
    economy = random_economy(2)
    renamed = economy.aggregate({"home": ["R2"]}, {"wheat": ["S0"]})
    assert renamed.regions == ("R0", "R1", "home", "R3")
    assert renamed.sectors == ("wheat", "S1", "S2")
    np.testing.assert_array_equal(renamed.flows, economy.flows)


def test_merging_in_two_steps_is_merging_at_once() -> None:
    economy = with_two_nodes(load_economy(elasticities="CP"), 1)
    twice = economy.aggregate({"US and Canada": ["USA", "CAN"]}).aggregate({"NA": ["US and Canada", "MEX"]})
    once = economy.aggregate(AMERICA)
    assert twice.regions == once.regions
    for name in ("flows", "tariffs", "value_added_share", "io", "final_share", "theta"):
        np.testing.assert_allclose(getattr(twice, name), getattr(once, name), rtol=1e-13, atol=1e-18, err_msg=name)
    for two, one in zip(twice.nodes, once.nodes, strict=True):
        np.testing.assert_allclose(two.supplier_share, one.supplier_share, rtol=1e-13)


@given(st.integers(0, 10_000), st.sampled_from(["world_gdp_share", "fixed", "value_added_share"]))
def test_sectors_of_equal_theta_and_technology_merge_without_loss(seed: int, closure: str) -> None:
    economy = random_economy(seed, closure=closure)
    cut = np.array([0.3, 0.7])
    flows = np.concatenate([economy.flows[..., :2], economy.flows[..., 2:] * cut], axis=2)
    tariffs = np.repeat(economy.tariffs, [1, 1, 2], axis=2)
    rows = np.concatenate([economy.io[:, :2], economy.io[:, 2:] * cut[:, None]], axis=1)
    theta = np.repeat(economy.theta, [1, 1, 2])
    split = Economy.from_arrays(flows, tariffs, theta, np.repeat(rows, [1, 1, 2], axis=2), closure=closure)
    merged = split.aggregate(sectors={"S2": ["S2", "S3"]})
    new = tariffs + 0.25 * (1.0 - np.eye(4))[:, :, None]
    parts, whole = solve(split, new, tolerance=1e-12), solve(merged, new[..., :3], tolerance=1e-12)
    assert parts.converged == whole.converged
    if whole.converged:
        np.testing.assert_allclose(whole.real_income, parts.real_income, atol=1e-9)
        np.testing.assert_allclose(whole.trade[..., 2], parts.trade[..., 2:].sum(axis=-1), rtol=1e-8)


def test_the_elasticity_of_merged_sectors_is_the_trade_weighted_mean_or_what_is_given() -> None:
    economy = load_economy(elasticities="CP")
    merged = economy.aggregate(sectors=METALS)
    places = [economy.sector_index(name) for name in METALS["METALS"]]
    abroad = economy.flows[~np.eye(16, dtype=bool)].sum(axis=0)[places]
    k = merged.sector_index("METALS")
    np.testing.assert_allclose(merged.theta[k], (abroad * economy.theta[places]).sum() / abroad.sum(), rtol=1e-14)
    assert merged.elasticity_set.name == "CP, trade-weighted"
    np.testing.assert_array_equal(np.delete(merged.theta, k), np.delete(economy.theta, places))
    assert economy.aggregate(sectors=METALS, theta=4.0).theta.tolist() == [4.0] * 18


def test_trade_inside_a_new_region_gives_an_elasticity_no_weight() -> None:
    economy = random_economy(4, regions=3, sectors=2).with_elasticities([2.0, 6.0])
    one = economy.aggregate({"W": ["R0", "R1", "R2"]}, {"all": ["S0", "S1"]})
    by_output = economy.output.sum(axis=0)
    np.testing.assert_allclose(one.theta[0], (by_output * [2.0, 6.0]).sum() / by_output.sum(), rtol=1e-14)


def test_a_mean_of_sigmas_is_a_sigma() -> None:
    economy = random_economy(4)
    groups = {"T": ["S0", "S1"]}
    as_sigma = economy.with_elasticities(economy.theta + 1.0, "sigma").aggregate(sectors=groups)
    assert as_sigma.elasticity_set.definition == "sigma"
    np.testing.assert_allclose(as_sigma.theta, economy.aggregate(sectors=groups).theta, rtol=1e-14)


def test_a_merged_economy_stands_still_when_nothing_changes_and_answers_when_something_does() -> None:
    merged = load_economy().aggregate(AMERICA, METALS)
    np.testing.assert_allclose(solve(merged).real_income, 0.0, atol=1e-10)
    tariffs = np.array(merged.tariffs)
    tariffs[merged.region_index("NA"), merged.region_index("CHN")] += 0.3
    answer = solve(merged, tariffs)
    assert answer.converged
    assert answer.real_income[merged.region_index("CHN")] < 0.0


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({"regions": {"X": ["R0", "R9"]}}, r"group 'X': unknown region 'R9'\. Did you mean"),
        ({"sectors": {"X": ["STEEL"]}}, r"group 'X': unknown sector 'STEEL'\. Allowed: S0, S1, S2"),
        ({"regions": {"X": ["R0", "R1"], "Y": ["R1"]}}, "region 'R1' is in two groups, 'X' and 'Y'"),
        ({"sectors": {"X": ["S0", "S0"]}}, "sector 'S0' is in two groups, 'X' and 'X'"),
        ({"regions": {"X": []}}, r"group 'X' of regions needs a list of names, got \[\]"),
        ({"regions": {"X": "R0"}}, "group 'X' of regions needs a list of names, got 'R0'"),
        ({"regions": {"R3": ["R0", "R1"]}}, "region 'R3' exists and is not in the group of that name; choose another"),
        ({"sectors": {"X": ["S0", "S1"]}, "theta": [4.0] * 3}, r"elasticities has shape \(3,\), but .* for \(2,\)"),
    ],
)
def test_groups_that_are_wrong_are_refused(groups: dict[str, Any], message: str) -> None:
    with pytest.raises(EconomyError, match=message):
        random_economy(1).aggregate(**groups)
