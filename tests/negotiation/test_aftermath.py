"""Delivery, stocks, and the judgement of a truce, step by step."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tariffsim.economy.delivery import deliver, grow, use_stock
from tariffsim.negotiation.truce import COLD, LAPSED, PROBATION, SIGNED, SNAPBACK, TRUCE, bound, may_talk


def a(*values: float) -> np.ndarray:
    return np.array([values])


def test_capacity_closes_its_gap_by_the_same_share_every_period() -> None:
    # .25 towards .9 at .2: gap .65, .52, .416: capacity .38, .484
    once = grow(a(0.25), a(0.2), 0.9)
    assert np.allclose(once, 0.38, rtol=0, atol=1e-15)
    assert np.allclose(grow(once, a(0.2), 0.9), 0.484, rtol=0, atol=1e-15)
    assert grow(a(0.25, 0.25, 0.25), a(0.0, 1.0, 0.5)).tolist() == [[0.25, 1.0, 0.625]]


def test_a_cut_bites_at_once_and_a_release_waits_for_lag_and_capacity() -> None:
    none, two = np.array([[0]]), np.array([[2]])
    assert deliver(a(0.8), a(0.3), a(1.0), none)[0, 0] == 0.3
    assert deliver(a(0.1), a(1.0), a(0.4), two)[0, 0] == 0.1
    assert deliver(a(0.1), a(1.0), a(0.4), none)[0, 0] == 0.4
    assert deliver(a(0.5), a(1.0), a(0.4), none)[0, 0] == 0.5  # what already flows does not stop


def test_a_shortage_drains_the_stock_and_then_bites() -> None:
    # 80 % of use at stake, a quarter delivered: .6 of a month's use is missing each month; .9 months in stock
    usable, stock = use_stock(a(0.25), a(0.9), a(2.0), a(0.1), 1.0, a(0.8))
    assert np.allclose([usable[0, 0], stock[0, 0]], [1.0, 0.3])
    usable, stock = use_stock(a(0.25), stock, a(2.0), a(0.1), 1.0, a(0.8))
    assert np.allclose([usable[0, 0], stock[0, 0]], [0.25 + 0.3 / 0.8, 0.0])


def test_full_delivery_rebuilds_the_stock_to_normal() -> None:
    _, stock = use_stock(a(1.0), a(1.95), a(2.0), a(0.1), 1.0, a(0.8))
    assert np.allclose(stock, 2.0)


@given(d=st.floats(0, 1), stock=st.floats(0, 5), share=st.floats(0, 1), months=st.floats(0.1, 2))
def test_stocks_never_run_negative_and_use_never_exceeds_normal(
    d: float, stock: float, share: float, months: float
) -> None:
    usable, left = use_stock(a(d), a(stock), a(2.0), a(0.1), months, a(share))
    assert 0 <= usable[0, 0] <= 1
    assert usable[0, 0] >= d
    assert left[0, 0] >= 0


def test_a_truce_binds_and_a_war_does_not() -> None:
    states = np.array([COLD, SIGNED, TRUCE, PROBATION, LAPSED, SNAPBACK], dtype=np.int8)
    running = np.ones(6, dtype=bool)
    assert bound(states, running).tolist() == [False, True, True, True, False, False]
    assert bound(states, ~running).tolist() == [False, False, True, True, False, False]
    assert may_talk(states).tolist() == [True, False, False, True, True, True]
