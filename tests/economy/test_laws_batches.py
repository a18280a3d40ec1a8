"""A world is the same world alone, in any company and on any thread, bit for bit: with caps and critical inputs too."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from tests.economy.strategies import (
    FIELDS,
    Case,
    cases,
    connected_economy,
    random_nodes,
    random_policies,
    world,
)

from tariffsim.economy import Economy, Equilibrium, Wedges, solve
from tariffsim.economy.lanes import LANES

BITS = (
    "real_income",
    "wages",
    "prices",
    "scarcity_price",
    "expenditure",
    "output",
    "income",
    "revenue",
    "status",
    "iterations",
    "residual",
    "trade",
    "ration_wedge",
    "input_use",
    "input_rent",
    "input_rents_received",
)


def mixed(economy: Economy, seed: int, batch: int, rent: str = "exporter") -> Wedges:
    """Worlds of every kind side by side: with and without caps, with and without licences, at peace."""
    wedges, kind = random_policies(economy, seed, batch, rent), np.arange(batch) % 5
    tariffs, caps = np.array(wedges.tariffs), np.array(wedges.rations)
    licences, stocks = np.array(wedges.licences), np.array(wedges.stocks)
    caps[kind % 2 == 0] = np.inf
    licences[kind < 3] = 1.0
    tariffs[kind == 0] = economy.tariffs
    return replace(wedges, tariffs=tariffs, rations=caps, licences=licences, stocks=stocks)


def taken(wedges: Wedges, rows: list[int]) -> Wedges:
    """Some worlds of a batch, in this order."""
    some: dict[str, Any] = {name: np.asarray(getattr(wedges, name))[rows] for name in FIELDS}
    return replace(wedges, **some)


def assert_same_bits(here: Equilibrium, there: Equilibrium, rows: list[int], positions: list[int]) -> None:
    for name in BITS:
        np.testing.assert_array_equal(
            getattr(here, name)[rows], getattr(there, name)[positions], err_msg=name, strict=True
        )


@settings(max_examples=4)
@given(cases(io=True, inputs=(1, 3), batch=1))
def test_any_world_alone_is_that_world_in_a_mixed_batch(case: Case) -> None:
    wedges = mixed(case.economy, case.seed, LANES + 5, case.wedges.ration_rent)
    together = solve(case.economy, wedges=wedges)
    for k in (0, 1, 2, 3, 4, LANES, LANES + 4):
        alone = solve(case.economy, wedges=world(wedges, k))
        for name in BITS:
            np.testing.assert_array_equal(getattr(alone, name), getattr(together, name)[k], err_msg=name)


@settings(max_examples=4)
@given(cases(io=True, inputs=(1, 3), batch=1))
def test_the_order_of_worlds_and_their_number_change_no_bit(case: Case) -> None:
    wedges = mixed(case.economy, case.seed, 2 * LANES + 3, case.wedges.ration_rent)
    together, order = solve(case.economy, wedges=wedges), case.rng().permutation(2 * LANES + 3).tolist()
    assert_same_bits(together, solve(case.economy, wedges=taken(wedges, order)), order, list(range(len(order))))
    assert_same_bits(together, solve(case.economy, wedges=taken(wedges, order[:7])), order[:7], list(range(7)))


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_threads_change_no_bit(threads: int) -> None:
    economy = random_nodes(connected_economy(7, 4, 3), 7, 3)
    wedges = mixed(economy, 8, 5 * LANES + 1)
    rows = list(range(5 * LANES + 1))
    single, several = solve(economy, wedges=wedges), solve(economy, wedges=wedges, threads=threads)
    assert_same_bits(single, several, rows, rows)


@pytest.mark.parametrize("closure", ["fixed", "balanced"])
def test_neighbours_that_fail_leave_no_trace(closure: str) -> None:
    """Beside worlds without an equilibrium, worlds that do not converge, and worlds of enormous numbers."""
    economy = random_nodes(connected_economy(9, 3, 3, closure=closure), 9, 2, ("user", "owner"), ("market",))
    calm = random_policies(economy, 10, 8, "importer", 0.3)
    wild = hopeless(economy, taken(calm, [0] * 8))
    trio = [{name: np.asarray(getattr(w, name)) for name in FIELDS} for w in (wild, calm, wild)]
    both: dict[str, Any] = {name: np.concatenate([part[name] for part in trio]) for name in FIELDS}
    among = replace(calm, **both)
    alone, company = solve(economy, wedges=calm), solve(economy, wedges=among)
    assert set(company.status[:8].tolist()) == {1, 2}
    assert alone.converged.all()
    assert_same_bits(alone, company, list(range(8)), list(range(8, 16)))


def hopeless(economy: Economy, wedges: Wedges) -> Wedges:
    """Eight worlds: four have no equilibrium, four ask for what cannot be reached."""
    d, caps, a = np.array(wedges.iceberg), np.array(wedges.rations), np.array(wedges.productivity)
    own = np.arange(len(economy.regions))
    d[:2, 0, :, 0] = np.inf  # a market without any source
    caps[2:4, 0, :, 0] = 0.0
    caps[4:6, own, own] = 1e-3  # nobody may work for the own market, abroad may buy little
    caps[4:6, 0, 1:], caps[4:6, 1:, 0] = 1e-3, 1e-3
    a[6:, 0] = 1e-300
    return replace(wedges, iceberg=d, rations=caps, productivity=a)


def test_what_was_solved_before_leaves_no_trace() -> None:
    economy = random_nodes(connected_economy(16, 4, 3), 16, 3)
    wild, calm = random_policies(economy, 17, LANES, "exporter", 2.0), mixed(economy, 18, 6)
    before = solve(economy, wedges=calm)
    solve(economy, wedges=wild)
    assert_same_bits(before, solve(economy, wedges=calm), list(range(6)), list(range(6)))
