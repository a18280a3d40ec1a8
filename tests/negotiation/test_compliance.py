"""Compliance: closed forms against a fine grid, corners by hand, laws of deterrence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tariffsim.errors import ConfigError
from tariffsim.negotiation.compliance import (
    Deterrence,
    best_compliance,
    best_compliance_on_grid,
    delivery,
)

GRID = np.linspace(0, 1, 2001)
PLAIN = Deterrence(years=0.25, rate=0.0, lag=0.5, intensity=np.log(2), stake=1.0)


def objective(deterrence: Deterrence, temptation: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.asarray(deterrence.years * (1 - GRID) * temptation - deterrence.expected_loss(GRID))


def test_all_or_nothing_by_hand() -> None:
    # who delivers nothing is found out with probability 1 - exp(-ln 2) = 1/2 and loses 1: worth 1/2;
    # a quarter of a year of temptation 2 gains exactly that, and a tie is broken for compliance
    assert PLAIN.expected_loss(0.0) == pytest.approx(0.5, abs=1e-15)
    assert best_compliance(PLAIN, np.array([1.9, 2.1])).tolist() == [1, 0]
    exact = replace(PLAIN, intensity=0.0)
    assert best_compliance(exact, np.array([0.0, 1e-9])).tolist() == [1, 0]


def test_a_later_discovery_weighs_less() -> None:
    # e^{-.4 * .5} / 2 = .409 against .25 * 1.7 = .425
    assert best_compliance(PLAIN, 1.7) == 1
    assert best_compliance(replace(PLAIN, rate=0.4), 1.7) == 0
    assert best_compliance(replace(PLAIN, rate=0.4, lag=0.1), 1.7) == 1


def test_who_wants_to_be_rid_of_the_deal_withholds_up_to_a_point() -> None:
    # dt G falls by .25 * .8 = .2 (1 - c), being rid of it is worth 1: rho exp(-rho x) = .2, x = ln(5 rho) / rho
    glad = Deterrence(years=0.25, rate=0.0, lag=0.5, intensity=4.0, stake=-1.0)
    assert best_compliance(glad, -0.8) == pytest.approx(1 - np.log(20) / 4, abs=1e-12)
    assert best_compliance(replace(glad, intensity=0.1), -0.8) == 1
    assert best_compliance(replace(glad, intensity=1.5), -0.8) == 0  # ln(7.5) / 1.5 = 1.34 > 1
    assert best_compliance(glad, 0.8) == 0


@given(
    st.floats(0.01, 1.0),
    st.floats(0.0, 1.0),
    st.floats(0.0, 1.0),
    st.floats(0.0, 8.0),
    st.floats(-2.0, 2.0),
    st.floats(-3.0, 3.0),
)
def test_the_closed_form_is_never_beaten_on_a_fine_grid(
    years: float, rate: float, lag: float, intensity: float, stake: float, temptation: float
) -> None:
    deterrence = Deterrence(years, rate, lag, intensity, stake)
    best = best_compliance(deterrence, temptation)
    assert 0 <= best <= 1
    value = years * (1 - best) * temptation - deterrence.expected_loss(best)
    assert value >= objective(deterrence, temptation).max() - 1e-12


@given(st.floats(0.0, 8.0), st.floats(0.0, 2.0), st.floats(-3.0, 3.0))
def test_grid_and_closed_form_agree_where_the_answer_is_a_corner(
    intensity: float, stake: float, temptation: float
) -> None:
    deterrence = replace(PLAIN, intensity=intensity, stake=stake)
    assume(abs(0.25 * temptation - float(deterrence.expected_loss(0.0))) > 1e-9)
    on_grid = best_compliance_on_grid(deterrence, GRID, (1 - GRID) * temptation)
    assert on_grid == best_compliance(deterrence, temptation)


def test_a_flow_with_falling_temptation_has_a_best_in_between() -> None:
    # G = sqrt(x), x = 1 - c, no monitoring beyond a slope: .25 sqrt(x) - (1 - 2^-x); derivative 0 near x = .034
    flows = np.sqrt(1 - GRID)
    best = float(best_compliance_on_grid(PLAIN, GRID, flows))
    x = 1 - best
    slope = 0.125 / np.sqrt(x) - np.log(2) * 2**-x
    curvature = 0.0625 * x**-1.5
    assert 0 < x < 1
    assert abs(slope) <= curvature * 0.0005  # within one step of the grid


def test_of_equals_the_most_compliant_is_chosen() -> None:
    levels = np.array([0.0, 0.5, 1.0])
    free = replace(PLAIN, stake=0.0)
    assert best_compliance_on_grid(free, levels, np.array([1.0, 1.0, 0.0])) == 0.5
    assert best_compliance_on_grid(free, levels, np.zeros(3)) == 1
    assert best_compliance(free, 0.0) == 1


@given(st.floats(0.0, 5.0), st.floats(0.0, 2.0), st.floats(0.0, 2.0), st.floats(0.0, 2.0))
def test_more_at_stake_and_closer_monitoring_never_lower_compliance(
    temptation: float, stake: float, more: float, closer: float
) -> None:
    before = best_compliance(replace(PLAIN, stake=stake), temptation)
    assert best_compliance(replace(PLAIN, stake=stake + more), temptation) >= before
    assert best_compliance(replace(PLAIN, stake=stake, intensity=np.log(2) + closer), temptation) >= before


@pytest.mark.parametrize("levels", [[0.0, 0.5, 0.5], [0.5, 0.0], [0.0, 1.1], [-0.1, 1.0]])
def test_levels_out_of_order_or_range_are_refused(levels: list[float]) -> None:
    with pytest.raises(ConfigError, match=r"compliance levels .* allowed: rising, from 0 to 1"):
        best_compliance_on_grid(PLAIN, np.array(levels), np.zeros(len(levels)))


def test_the_office_caps_what_the_will_lets_go() -> None:
    assert delivery(np.array([1.0, 0.5, 0.5]), 0.8, np.array([0.3, 0.3, 0.9])).tolist() == [0.3, 0.3, 0.4]


def test_a_world_in_a_batch_is_the_world_alone() -> None:
    rng = np.random.default_rng(2)
    years, rate, lag, intensity = rng.uniform(0.1, 2, size=(4, 30))
    stake, temptation = rng.normal(size=(2, 30))
    deterrence = Deterrence(years, rate, lag, intensity, stake)
    flows = rng.normal(size=(30, 5))
    levels = np.linspace(0, 1, 5)
    closed, searched = best_compliance(deterrence, temptation), best_compliance_on_grid(deterrence, levels, flows)
    assert len(set(searched.tolist())) > 2
    for k in range(30):
        alone = Deterrence(*(a[k : k + 1] for a in (years, rate, lag, intensity, stake)))
        assert best_compliance(alone, temptation[k : k + 1])[0] == closed[k]
        assert best_compliance_on_grid(alone, levels, flows[k : k + 1])[0] == searched[k]
