"""Contributions of groups of shocks: they sum, do not depend on order, and treat equals equally."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.economy.samples import random_economy, random_wedges, two_countries

from tariffsim.economy import Economy, Equilibrium, Wedges, measures, solve
from tariffsim.economy import subtotals as module
from tariffsim.economy.nodes import Node
from tariffsim.economy.subtotals import subtotals
from tariffsim.errors import EconomyError, SolveError

if TYPE_CHECKING:
    from collections.abc import Callable


def real_income(equilibrium: Equilibrium) -> np.ndarray:
    return equilibrium.real_income


def raised(economy: Economy, importer: int, exporter: int, points: float) -> np.ndarray:
    tariffs = economy.tariffs.copy()
    tariffs[importer, exporter] += points
    return tariffs


@pytest.fixture(scope="module")
def economy() -> Economy:
    """Four regions, three sectors, one critical input that everybody buys from region 1."""
    plain = random_economy(3)
    suppliers = np.zeros((4, 4))
    suppliers[:, 1] = 1.0
    node = Node("magnets", "S0", 0.2 * plain.io[:, 0], 0.2, suppliers, backstop_price=20.0, rationing="quota")
    return plain.with_nodes([node])


@pytest.fixture(scope="module")
def groups(economy: Economy) -> dict[str, Wedges | np.ndarray]:
    """One group for each instrument, and an answer that overlaps with the first."""
    every = random_wedges(economy, 7, 1)
    licences = np.ones((4, 4, 1))
    licences[:, 1] = 0.3
    caps = np.where(np.asarray(every.rations)[0] < 1.0, 0.8, np.inf)
    return {
        "tariffs": raised(economy, 0, 1, 0.5),
        "answer": np.maximum(raised(economy, 1, 0, 0.4), raised(economy, 0, 1, 0.1)),
        "export taxes": Wedges(export_taxes=np.asarray(every.export_taxes)[0]),
        "trade costs": Wedges(iceberg=np.asarray(every.iceberg)[0]),
        "productivity": Wedges(productivity=np.asarray(every.productivity)[0]),
        "rations": Wedges(rations=caps, ration_rent="importer"),
        "licences": Wedges(licences=licences, stocks=np.full((4, 1), 0.1)),
    }


RESULTS: dict[str, Callable[[Equilibrium], np.ndarray]] = {
    "real income": real_income,
    "duties": lambda e: e.revenue,
    "flows": lambda e: e.trade,
    "one number": lambda e: e.real_income[..., 0],
    "deadweight loss": lambda e: measures.deadweight_loss(e).loss,
}


# ---------------------------------------------------------------------- Shapley
@pytest.mark.parametrize("name", RESULTS)
def test_shapley_contributions_sum_to_the_total(name: str, economy: Economy, groups: dict[str, Wedges]) -> None:
    found = subtotals(economy, groups, RESULTS[name])
    scale = np.abs(found.total).max()
    assert scale > 0.0
    np.testing.assert_allclose(found.remainder, 0.0, atol=1e-13 * max(scale, np.abs(found.contributions).max()))
    assert found.solves == 2 ** len(groups)
    np.testing.assert_array_equal(found.standard_error, 0.0)


def test_the_total_is_all_groups_together_against_the_base_year(economy: Economy, groups: dict[str, Wedges]) -> None:
    two = {"tariffs": groups["tariffs"], "productivity": groups["productivity"]}
    found = subtotals(economy, two, real_income)
    both = Wedges(np.asarray(groups["tariffs"]), productivity=groups["productivity"].productivity)
    np.testing.assert_allclose(found.total, solve(economy, wedges=both, tolerance=1e-12).real_income, atol=1e-11)


def test_shapley_is_the_mean_over_all_orders(economy: Economy, groups: dict[str, Wedges]) -> None:
    three = {name: groups[name] for name in ("tariffs", "rations", "licences")}
    found = subtotals(economy, three, real_income)
    subsets = [s for size in (1, 2, 3) for s in itertools.combinations(sorted(three), size)]
    worth = {s: subtotals(economy, {n: three[n] for n in s}, real_income).total for s in subsets}
    worth[()] = np.zeros(4)
    for group in three:
        gains = []
        for order in itertools.permutations(three):
            before = tuple(sorted(order[: order.index(group)]))
            gains.append(worth[tuple(sorted((*before, group)))] - worth[before])
        assert len(gains) == math.factorial(3)
        np.testing.assert_allclose(found[group], np.mean(gains, axis=0), atol=1e-11)


def test_the_order_in_which_groups_are_named_does_not_matter(economy: Economy, groups: dict[str, Wedges]) -> None:
    for method in ("shapley", "path"):
        few = dict(list(groups.items())[:4])
        here = subtotals(economy, few, real_income, method=method, steps=2)
        there = subtotals(economy, dict(reversed(few.items())), real_income, method=method, steps=2)
        for name in few:
            np.testing.assert_allclose(here[name], there[name], atol=1e-11)


@pytest.mark.parametrize("method", ["shapley", "path"])
def test_a_group_that_does_nothing_gets_nothing(method: str, economy: Economy, groups: dict[str, Wedges]) -> None:
    idle = Wedges(economy.tariffs, rations=np.full(economy.flows.shape, np.inf), ration_rent="importer")
    with_idle = {"tariffs": groups["tariffs"], "empty": Wedges(), "idle": idle}
    found = subtotals(economy, with_idle, real_income, method=method, steps=3)
    np.testing.assert_array_equal(found["empty"], 0.0)
    np.testing.assert_allclose(found["idle"], 0.0, atol=1e-12)
    np.testing.assert_allclose(found["tariffs"], found.total, atol=1e-12)


@pytest.mark.parametrize("method", ["shapley", "path"])
def test_groups_of_mirrored_regions_get_mirrored_contributions(method: str) -> None:
    economy = two_countries(4.0, 0.7)
    found = subtotals(
        economy,
        {"first": raised(economy, 0, 1, 0.3), "second": raised(economy, 1, 0, 0.3)},
        real_income,
        method=method,
    )
    np.testing.assert_allclose(found["first"], found["second"][::-1], atol=1e-12)
    assert found["first"][0] > 0.0 > found["second"][0]


def test_equal_groups_on_one_cell_get_equal_contributions(economy: Economy) -> None:
    half = raised(economy, 0, 1, 0.2)
    found = subtotals(economy, {"one": half, "other": half.copy()}, real_income)
    np.testing.assert_allclose(found["one"], found["other"], atol=1e-12)
    whole = solve(economy, raised(economy, 0, 1, 0.4), tolerance=1e-12).real_income
    np.testing.assert_allclose(found.total, whole, atol=1e-11)


# ---------------------------------------------------------------------- sampled orders
def many(economy: Economy) -> dict[str, np.ndarray]:
    pairs = [(n, i) for n in range(4) for i in range(4) if n != i][:11]
    return {f"{n} on {i}": raised(economy, n, i, 0.1 + 0.05 * k) for k, (n, i) in enumerate(pairs)}


def test_more_than_ten_groups_are_sampled_and_still_sum(economy: Economy) -> None:
    found = subtotals(economy, many(economy), real_income, orders=30)
    np.testing.assert_allclose(found.remainder, 0.0, atol=1e-12)
    assert found.solves < 2**11
    assert np.all(found.standard_error.max(axis=1) > 0.0)
    again, other = (subtotals(economy, many(economy), real_income, orders=30, seed=seed) for seed in (0, 1))
    np.testing.assert_array_equal(found.contributions, again.contributions)
    assert np.any(found.contributions != other.contributions)


def test_the_stated_error_of_sampling_is_the_error(economy: Economy, monkeypatch: pytest.MonkeyPatch) -> None:
    found = subtotals(economy, many(economy), real_income, orders=60)
    monkeypatch.setattr(module, "EXACT_GROUPS", 11)
    exact = subtotals(economy, many(economy), real_income)
    assert exact.solves == 2**11
    off = (found.contributions - exact.contributions) / found.standard_error
    assert 0.5 < off.std() < 1.5  # 44 numbers that depend on one another
    assert np.abs(off).max() < 4.0


# ---------------------------------------------------------------------- the path
def test_the_path_of_one_or_two_groups_sums_exactly(economy: Economy, groups: dict[str, Wedges]) -> None:
    for names in (("rations",), ("tariffs", "licences")):
        found = subtotals(economy, {n: groups[n] for n in names}, real_income, method="path", steps=3)
        np.testing.assert_allclose(found.remainder, 0.0, atol=1e-12)


def test_the_remainder_of_a_path_falls_with_the_square_of_the_steps(
    economy: Economy, groups: dict[str, Wedges]
) -> None:
    smooth = {name: groups[name] for name in ("tariffs", "answer", "export taxes", "trade costs", "productivity")}
    left = [
        np.abs(subtotals(economy, smooth, real_income, method="path", steps=steps).remainder).max() for steps in (4, 8)
    ]
    assert left[0] > 1e-9
    assert left[0] / left[1] == pytest.approx(4.0, rel=0.1)


def test_a_path_splits_a_product_of_hats_by_their_logs() -> None:
    closed = Economy.from_arrays([[[5.0]]], np.zeros((1, 1, 1)), 4.0)
    hats = {"a": Wedges(productivity=[[1.5]]), "b": Wedges(productivity=[[0.9]])}
    found = subtotals(closed, hats, lambda e: np.log1p(e.real_income), method="path", steps=4)
    np.testing.assert_allclose(found.contributions[:, 0], np.log([1.5, 0.9]), atol=1e-10)


def test_every_instrument_rises_along_the_path_to_its_full_size(economy: Economy, groups: dict[str, Wedges]) -> None:
    full = subtotals(economy, groups, real_income)
    path = subtotals(economy, groups, real_income, method="path", steps=32)
    np.testing.assert_array_equal(path.total, full.total)
    assert np.abs(path.remainder).max() < 1e-2 * np.abs(path.contributions).max()  # caps that begin to bind are kinks
    for name in groups:
        assert np.abs(path[name]).max() > 0.0
        assert np.any(path[name] != full[name])


def test_an_embargo_can_be_a_group() -> None:
    economy = random_economy(5, closure="balanced")
    stop = np.ones(economy.flows.shape)
    stop[0, 1] = np.inf
    parts = {"embargo": Wedges(iceberg=stop), "tariffs": Wedges(raised(economy, 1, 0, 0.3))}
    for method in ("shapley", "path"):
        np.testing.assert_allclose(subtotals(economy, parts, real_income, method=method).remainder, 0.0, atol=1e-12)


# ---------------------------------------------------------------------- mistakes
def test_mistakes_are_named(economy: Economy, groups: dict[str, Wedges]) -> None:
    fine = {"tariffs": groups["tariffs"]}
    batch = np.stack([economy.tariffs, economy.tariffs])
    lost = Wedges(rations=np.full(economy.flows.shape, 0.9), ration_rent="lost")
    with pytest.raises(EconomyError, match=r"unknown method of subtotals 'shaply'. Did you mean 'shapley'"):
        subtotals(economy, fine, real_income, method="shaply")
    with pytest.raises(EconomyError, match="groups is empty"):
        subtotals(economy, {}, real_income)
    with pytest.raises(EconomyError, match="steps must be at least 1"):
        subtotals(economy, fine, real_income, method="path", steps=0)
    with pytest.raises(EconomyError, match=r"group 'bad': tariffs has shape \(2, 2\)"):
        subtotals(economy, {"bad": np.zeros((2, 2))}, real_income)
    with pytest.raises(EconomyError, match=r"group 'both' is a batch of shape \(2,\)"):
        subtotals(economy, {"both": batch}, real_income)
    with pytest.raises(EconomyError, match="must agree on ration_rent; got importer, lost"):
        subtotals(economy, {"a": groups["rations"], "b": lost}, real_income)
    with pytest.raises(EconomyError, match=r"result has shape \(\), but its first axis must be the batch"):
        subtotals(economy, fine, lambda e: e.real_income.sum())
    with pytest.raises(EconomyError, match=r"unknown group 'tarifs'. Did you mean 'tariffs'"):
        subtotals(economy, fine, real_income)["tarifs"]


def test_groups_without_an_equilibrium_are_named() -> None:
    economy = random_economy(71, closure="fixed")
    closed = np.ones(economy.flows.shape)
    closed[0, 1:] = closed[1:, 0] = np.inf
    parts = {"tariffs": Wedges(raised(economy, 1, 2, 0.1)), "embargo": Wedges(iceberg=closed)}
    with pytest.raises(SolveError, match=r"with this in force: embargo \(1\)"):
        subtotals(economy, parts, real_income)
