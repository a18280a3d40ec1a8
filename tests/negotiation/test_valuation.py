"""Present values against closed forms and against numerical integration."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from tariffsim.negotiation.valuation import annuity, horizon_weights, path_weights


def test_a_perpetual_flow_is_worth_one_over_r() -> None:
    assert np.isclose(annuity(np.array([0.05]), 0.0, 1e4)[0], 20.0, rtol=1e-12)


def test_an_annuity_that_never_runs_is_worth_nothing() -> None:
    assert annuity(np.array([0.1]), 2.0, 1.0)[0] == 0.0


@given(r=st.floats(0.01, 2), start=st.floats(0, 5), length=st.floats(0, 5), years=st.floats(0.5, 10))
def test_horizon_weights_are_the_integrals_they_stand_for(r: float, start: float, length: float, years: float) -> None:
    short, long = horizon_weights(np.array([r]), start, start + length, years)[0]
    expected = [
        quad(lambda t: np.exp(-r * t - t / years), start, start + length)[0],
        quad(lambda t: np.exp(-r * t) * (1 - np.exp(-t / years)), start, start + length)[0],
    ]
    assert np.allclose([short, long], expected, atol=1e-9)


@given(r=st.floats(0.05, 1), start=st.floats(0, 6), step=st.floats(0.01, 0.2), periods=st.integers(1, 30))
def test_the_weights_of_a_path_cover_start_to_end_once(r: float, start: float, step: float, periods: int) -> None:
    rate, end = np.array([r]), 4.5
    weights = path_weights(rate, np.array([start]), step, periods, end, 5.0)
    whole = horizon_weights(rate, min(start, end), end, 5.0)
    assert weights.shape == (1, periods + 1, 2)
    assert np.allclose(weights.sum(1), whole, atol=1e-12)
