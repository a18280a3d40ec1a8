"""Flows that adjust, and shipments ahead of an announced rise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariffsim.economy.adjustment import (
    adjust_flows,
    adjust_logs,
    adjustment_path,
    carry_over,
    front_loading,
    share_closed,
)
from tariffsim.errors import EconomyError

FLOWS = np.array([[[4.0, 9.0], [0.0, 2.0]], [[1.0, 5.0], [3.0, 8.0]]])  # two worlds
TARGETS = np.array([[[1.0, 9.0], [7.0, 0.0]], [[2.0, 0.5], [6.0, 4.0]]])
WEEKS = np.arange(41.0)


def test_a_share_of_the_log_gap_is_closed_in_every_period() -> None:
    new = adjust_flows(FLOWS, TARGETS, 0.25)
    there = (FLOWS > 0.0) & (TARGETS > 0.0)
    logs = np.log(FLOWS[there]) + 0.25 * (np.log(TARGETS[there]) - np.log(FLOWS[there]))
    np.testing.assert_allclose(new[there], np.exp(logs), rtol=1e-14)
    np.testing.assert_allclose(adjust_logs(np.log(FLOWS[there]), np.log(TARGETS[there]), 0.25), logs, rtol=1e-15)


def test_a_flow_that_does_not_exist_stays_zero_and_an_embargo_stops_a_flow_at_once() -> None:
    new = adjust_flows(FLOWS, TARGETS, 0.25)
    assert new[0, 1].tolist() == [0.0, 0.0]


def test_full_speed_jumps_and_no_speed_stays_to_the_last_bit() -> None:
    jumped = adjust_flows(FLOWS, TARGETS, 1.0)
    np.testing.assert_array_equal(jumped, np.where(FLOWS > 0.0, TARGETS, 0.0))
    np.testing.assert_array_equal(adjust_flows(FLOWS, TARGETS, 0.0), FLOWS)


def test_every_world_has_a_speed_of_its_own() -> None:
    both = adjust_flows(FLOWS, TARGETS, [0.1, 0.9])
    for world, phi in enumerate([0.1, 0.9]):
        np.testing.assert_array_equal(both[world], adjust_flows(FLOWS[world], TARGETS[world], phi))


def test_days_add_up_to_weeks() -> None:
    by_day = adjustment_path(FLOWS, np.repeat(TARGETS[..., None], 7, axis=-1), share_closed(0.3, 1 / 7))
    np.testing.assert_allclose(by_day[..., -1], adjust_flows(FLOWS, TARGETS, 0.3), rtol=1e-13)
    np.testing.assert_allclose(share_closed([0.3, 0.5], 2), [0.51, 0.75], rtol=1e-15)


def test_a_path_ends_at_a_target_that_stays() -> None:
    path = adjustment_path(FLOWS[1], np.repeat(TARGETS[1, ..., None], 200, axis=-1), 0.2)
    assert path.shape == (2, 2, 200)
    np.testing.assert_allclose(path[..., -1], TARGETS[1], rtol=1e-13)
    np.testing.assert_allclose(path[..., 0], adjust_flows(FLOWS[1], TARGETS[1], 0.2), rtol=1e-15)


@given(st.floats(0.0, 10.0), st.floats(0.5, 12.0), st.floats(4.0, 13.0), st.floats(0.0, 2.0), st.integers(2, 200))
def test_what_is_shipped_ahead_is_missing_afterwards(
    announced: float, notice: float, payback: float, months: float, periods: int
) -> None:
    edges = np.linspace(0.0, 40.0, periods + 1)
    moved = front_loading(edges, announced, announced + notice, months, payback)
    np.testing.assert_allclose(moved.sum(), 0.0, atol=1e-14 * (1.0 + months))
    ahead = np.cumsum(moved)
    assert -1e-14 <= ahead.min() <= ahead.max() <= months + 1e-14


def test_a_month_is_shipped_ahead_evenly_and_missing_evenly() -> None:
    moved = front_loading(WEEKS, 2.0, 4.0, 4.0, 8.0)
    assert moved[:2].tolist() == [0.0, 0.0]
    np.testing.assert_allclose(moved[2:4], 2.0, rtol=1e-15)
    np.testing.assert_allclose(moved[4:12], -0.5, rtol=1e-15)
    assert not moved[12:].any()


def test_a_rise_in_the_middle_of_a_week_divides_it() -> None:
    moved = front_loading(WEEKS, 2.5, 3.25, 0.75, 4.0)
    np.testing.assert_allclose(moved[2:4], [0.5, 0.25 - 0.75 * 0.75 / 4.0], rtol=1e-14)


def test_nothing_shipped_ahead_is_exactly_nothing() -> None:
    flows = np.random.default_rng(1).lognormal(size=40)
    moved = front_loading(WEEKS, 1.0, 6.0, 0.0, 8.0)
    assert not moved.any()
    np.testing.assert_array_equal(carry_over(flows, moved), flows)


def test_every_world_has_a_rush_of_its_own() -> None:
    moved = front_loading(WEEKS, [1.0, 2.0], 6.0, [0.3, 0.1], [4.0, 13.0])
    assert moved.shape == (2, 40)
    np.testing.assert_array_equal(moved[1], front_loading(WEEKS, 2.0, 6.0, 0.1, 13.0))


@given(st.integers(0, 10_000), st.floats(0.0, 3.0))
def test_flows_never_turn_negative_and_nothing_is_lost(seed: int, amount: float) -> None:
    flows = np.random.default_rng(seed).lognormal(-1.0, 1.0, (3, 40))
    moved = front_loading(WEEKS, 1.0, 3.0, amount, 4.0)
    moved = moved * flows.mean(axis=-1, keepdims=True)
    result = carry_over(flows, moved)
    assert (result >= 0.0).all()
    np.testing.assert_allclose(result.sum(axis=-1), flows.sum(axis=-1), rtol=1e-12)


def test_what_a_week_is_too_small_to_pay_back_the_next_ones_do() -> None:
    assert carry_over([1.0, 1.0, 1.0, 1.0], [1.5, -1.5, 0.0, 0.0]).tolist() == [2.5, 0.0, 0.5, 1.0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: adjust_flows([-1.0], [1.0], 0.5), r"flows must be >= 0.*got -1 at \(0,\)"),
        (lambda: adjust_flows([1.0], [np.nan], 0.5), r"targets must be >= 0.*got nan at \(0,\)"),
        (lambda: adjust_flows([1.0], [1.0], 1.5), r"phi must be >= 0 and below 1; got 1.5 at \(\)"),
        (lambda: front_loading([0.0], 0.0, 1.0, 0.1, 4.0), "edges must be at least two increasing times"),
        (lambda: front_loading([0.0, 1.0, 1.0], 0.0, 1.0, 0.1, 4.0), "edges must be at least two increasing times"),
        (lambda: front_loading(WEEKS, 3.0, 3.0, 0.1, 4.0), "a rise must be announced before it starts; without notice"),
        (lambda: front_loading(WEEKS, 1.0, 3.0, 0.1, 0.0), r"payback must be > 0.*got 0 at \(0,\)"),
    ],
)
def test_adjustment_that_makes_no_sense_is_refused(call: Any, message: str) -> None:
    with pytest.raises(EconomyError, match=message):
        call()
