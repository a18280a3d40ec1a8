"""Scores: worked by hand, and nobody does better than by saying what they believe."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariffsim.analysis.scoring_rules import CERTAIN, LEVELS, Floats, brier, covered, crps, log_score, pinball

STEPS = np.arange(7.0)  # quantiles 0, 1, ..., 6
values = st.floats(-200.0, 200.0)
chances = st.floats(0.0, 1.0)


def test_pinball_of_a_fact_above_the_median_is_as_by_hand() -> None:
    # observed 4; below it level times distance, above it (1 - level) times distance
    expected = [0.05 * 4, 0.10 * 3, 0.25 * 2, 0.50 * 1, 0.0, 0.10 * 1, 0.05 * 2]
    assert pinball(STEPS, np.array(4.0)) == pytest.approx(expected)


def test_crps_weights_each_level_by_the_levels_nearest_to_it() -> None:
    # widths .075 .1 .2 .25 .2 .1 .075: 2 (.015 + .03 + .1 + .125 + 0 + .01 + .0075) = .575
    assert crps(STEPS, np.array(4.0)) == pytest.approx(0.575)


def test_twice_the_mean_pinball_loss_is_the_weighted_interval_score() -> None:
    # Bracher et al. 2021: (1/2 |y - median| + sum of alpha/2 times the interval score) / (3 + 1/2), no fact outside
    by_intervals = (0.5 * 1 + 0.25 * 2 + 0.10 * 4 + 0.05 * 6) / 3.5
    assert 2.0 * pinball(STEPS, np.array(4.0)).mean() == pytest.approx(by_intervals)


@given(values, values)
def test_crps_of_a_point_is_the_absolute_error(point: float, observed: float) -> None:
    assert crps(np.full(7, point), np.array(observed)) == pytest.approx(abs(point - observed), abs=1e-9)


@pytest.mark.parametrize("observed", [-4.0, -2.0, -1.0, 0.0, 0.5, 1.64, 3.0])
def test_crps_of_a_normal_is_within_a_twenty_fifth_of_its_deviation_from_the_closed_form(observed: float) -> None:
    # Gneiting & Raftery 2007, eq. 21, for mean 0 and deviation 1
    normal = NormalDist()
    exact = observed * (2 * normal.cdf(observed) - 1) + 2 * normal.pdf(observed) - 1 / math.sqrt(math.pi)
    quantiles = np.array([normal.inv_cdf(level) for level in LEVELS])
    assert crps(quantiles, np.array(observed)) == pytest.approx(exact, abs=1 / 25)


def true_quantiles(outcomes: list[tuple[float, int]]) -> Floats:
    """Left quantiles of a discrete distribution with whole weights."""
    points = sorted(point for point, weight in outcomes for _ in range(weight))
    return np.array([points[max(0, math.ceil(round(level * len(points), 9)) - 1)] for level in LEVELS])


@given(
    st.lists(st.tuples(values, st.integers(1, 20)), min_size=1, max_size=6), st.lists(values, min_size=7, max_size=7)
)
def test_nobody_expects_a_better_crps_than_from_the_true_quantiles(
    outcomes: list[tuple[float, int]], said: list[float]
) -> None:
    points, weights = (np.array(column, dtype=float) for column in zip(*outcomes, strict=True))

    def expected(quantiles: Floats) -> float:
        return float((weights * crps(np.tile(quantiles, (len(points), 1)), points)).sum() / weights.sum())

    assert expected(true_quantiles(outcomes)) <= expected(np.sort(said)) + 1e-9


def test_brier_and_log_scores_are_as_by_hand() -> None:
    said, happened = np.array([0.2, 0.6]), np.array([0.0, 1.0])
    assert brier(said, happened) == pytest.approx([0.04, 0.16])
    assert log_score(said, happened) == pytest.approx([-math.log(0.8), -math.log(0.6)])


@pytest.mark.parametrize(("said", "happened"), [(0.0, 1.0), (1.0, 0.0), (0.001, 1.0)])
def test_a_certainty_that_fails_costs_the_log_of_a_hundred_and_not_infinity(said: float, happened: float) -> None:
    assert log_score(np.array(said), np.array(happened)) == pytest.approx(math.log(100.0))


@given(chances, chances)
def test_nobody_expects_a_better_brier_score_than_from_the_true_probability(truth: float, said: float) -> None:
    def expected(p: float) -> float:
        return float(truth * brier(np.array(p), np.array(1.0)) + (1 - truth) * brier(np.array(p), np.array(0.0)))

    assert expected(truth) <= expected(said) + 1e-12


@given(st.floats(CERTAIN, 1.0 - CERTAIN), chances)
def test_nobody_expects_a_better_log_score_than_from_a_true_probability_short_of_certainty(
    truth: float, said: float
) -> None:
    def expected(p: float) -> float:
        happens, fails = log_score(np.array([p, p]), np.array([1.0, 0.0]))
        return float(truth * happens + (1 - truth) * fails)

    assert expected(truth) <= expected(said) + 1e-12


def test_an_interval_covers_its_ends_and_nothing_beyond() -> None:
    observed = np.array([0.0, 0.9, 2.0, 4.1, 6.1])
    said = np.tile(STEPS, (5, 1))
    assert covered(said, observed, 50).tolist() == [0, 0, 1, 0, 0]
    assert covered(said, observed, 80).tolist() == [0, 0, 1, 1, 0]
    assert covered(said, observed, 90).tolist() == [1, 1, 1, 1, 0]
