"""Market stress: one root, its limits, and how it fades."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from tariffsim.negotiation.markets import Market, drawdown, stress_after, surprise_loss

losses, rates = st.floats(0, 3), st.floats(0, 300)
slopes, thresholds, carried = st.floats(0, 5), st.floats(0, 15), st.floats(0, 30)


def one(value: float) -> np.ndarray:
    return np.array([value])


@given(loss=losses, sig=rates, k=slopes, s0=thresholds, c=carried)
def test_the_market_fixed_point_is_the_one_root(loss: float, sig: float, k: float, s0: float, c: float) -> None:
    def gap(s: float) -> float:
        return s - c - sig * loss * math.exp(-min(k * max(0.0, s - s0), 700))

    found = drawdown(one(loss), Market(sig, k, s0, 1.0), one(c))[0]
    root = brentq(gap, c - 1, c + sig * loss + 1, xtol=1e-12, rtol=1e-14)
    assert abs(found - root) < 1e-9
    grid = np.linspace(c - 1, c + sig * loss + 1, 300)
    assert np.count_nonzero(np.diff(np.sign([gap(s) for s in grid])) != 0) <= 2  # one crossing, may be met on the grid


@given(loss=losses, c=carried, s0=thresholds, k=slopes)
def test_without_sensitivity_or_anticipation_no_retreat_is_expected(loss: float, c: float, s0: float, k: float) -> None:
    assert drawdown(one(loss), Market(100.0, 0.0, s0, 1.0), one(c))[0] == c + 100.0 * loss
    assert drawdown(one(loss), Market(0.0, k, s0, 1.0), one(min(c, s0)))[0] == min(c, s0)


def test_a_fall_below_the_threshold_is_the_loss_times_the_sensitivity() -> None:
    assert drawdown(one(0.05), Market(100.0, 0.5, 8.0, 1.0), one(0.0))[0] == 100.0 * 0.05


def test_a_fall_beyond_the_threshold_is_softened_by_the_retreat_it_makes_likely() -> None:
    # S = 12: pi = 1 - exp(-.1 (12 - 8)) = .3297; sig L = 12 / exp(-.4) = 17.9019
    market = Market(100.0, 0.1, 8.0, 1.0)
    stress = drawdown(one(0.179019), market, one(0.0))[0]
    assert np.isclose(stress, 12.0, atol=1e-4)
    assert np.isclose(1 - stress / 17.9019, 0.3297, atol=1e-4)


@given(sig=rates, k=slopes, s0=thresholds, loss=losses, more=st.floats(0, 1))
def test_a_larger_loss_never_means_a_smaller_fall(sig: float, k: float, s0: float, loss: float, more: float) -> None:
    small, large = drawdown(np.array([loss, loss + more]), Market(sig, k, s0, 1.0), np.zeros(2))
    assert large >= small - 1e-9


def test_stress_halves_in_a_half_life() -> None:
    market = Market(100.0, 0.1, 8.0, 1.2)
    assert np.isclose(stress_after(one(12.0), 1.2, one(0.0), market)[0], 6.0, rtol=1e-12)
    assert stress_after(one(1e-9), 1.2, one(0.0), market)[0] == 0.0


def test_the_loss_of_a_surprise_is_its_discounted_real_income() -> None:
    # -.1 a year at both horizons for one year at r = ln 2: .1 * .5 / ln 2
    change = np.array([[-0.1, -0.1], [0.1, 0.1]])
    loss = surprise_loss(change, np.full(2, np.log(2)), 1.0, 5.0)
    assert np.allclose(loss, [0.05 / np.log(2), 0.0], rtol=1e-12)


@given(c=st.lists(st.floats(0, 30), min_size=2, max_size=6), k=slopes, s0=thresholds)
def test_a_market_in_a_batch_is_the_market_alone(c: list[float], k: float, s0: float) -> None:
    market, losses_ = Market(90.0, k, s0, 1.0), np.linspace(0, 0.5, len(c))
    together = drawdown(losses_, market, np.array(c))
    assert [drawdown(losses_[i : i + 1], market, one(c[i]))[0] for i in range(len(c))] == together.tolist()
