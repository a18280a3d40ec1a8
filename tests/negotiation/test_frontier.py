"""Solutions on the continuous frontier: closed forms on paper, a linear programme as an oracle, and laws."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import linprog
from tests.negotiation.bargains import Bargain, bargains, whole

from tariffsim.errors import ConfigError
from tariffsim.negotiation.frontier import (
    FrontierPoints,
    Lottery,
    frontier_distances,
    frontier_points,
    frontier_vertices,
)
from tariffsim.negotiation.solutions import distances, nash_bargaining

ZERO = np.zeros(2)
NAMES = tuple(field.name for field in fields(FrontierPoints))
ROUNDING = 1e-9  # of the linear programme; values are of the order of ten
pairs = bargains(parties=2)


def point(lottery: Lottery) -> list[float]:
    return [float(x) for x in lottery.point]


def found(bargain: Bargain) -> FrontierPoints:
    """The solutions of a bargain that has some."""
    solutions = frontier_points(*bargain)
    assume(solutions.nash.packages[0] >= 0)
    return solutions


def most(gains: Any, direction: Any) -> float:
    """The largest t such that some lottery gives everybody t x direction: by linear programming."""
    q = len(gains)
    answer: Any = linprog(
        np.append(np.zeros(q), -1.0),
        A_ub=np.column_stack([-gains.T, direction]),
        b_ub=np.zeros(2),
        A_eq=[np.append(np.ones(q), 0.0)],
        b_eq=[1.0],
        bounds=[(0, None)] * q + [(None, None)],
    )
    return float(answer.x[-1])


def most_of(gains: Any, weights: Any) -> float:
    """The largest weighted sum of an individually rational lottery: by linear programming."""
    ones = np.ones((1, len(gains)))
    answer: Any = linprog(-(gains @ weights), A_ub=-gains.T, b_ub=np.zeros(2), A_eq=ones, b_eq=[1.0])
    return float(-answer.fun)


# ---------------------------------------------------------------------- derived on paper
def test_on_a_straight_frontier_power_is_the_share() -> None:
    # x + y = 10: Nash (10 w, 10 (1 - w)); ideals 10 and 10; every point has the same sum, the middle is taken
    u = np.array([[10, 0], [0, 10]])
    solutions = frontier_points(u, ZERO)
    assert [point(getattr(solutions, name)) for name in NAMES] == [[5, 5]] * 4
    weighted = frontier_points(u, ZERO, (3, 1))
    assert point(weighted.nash) == [7.5, 2.5]
    assert point(weighted.utilitarian) == [10, 0]
    assert weighted.nash.packages.tolist() == [1, 0]  # from the best for the second to the best for the first
    assert float(weighted.nash.probability) == 0.75


def test_the_four_concepts_part_ways_on_a_frontier_with_a_corner() -> None:
    # corners (0,12) (6,9) (8,0), d = 0: slopes 1/2, then 9/2.
    # Nash, second line: x-intercept 8, half is 4 < 6; first line: x-intercept 24, half is 12 > 6: the corner (6,9).
    # KS: y = 1.5 x: at the corner 9 = 1.5 x 6, the corner. Equal gains: past it, x = 36 - 4.5 x: 72/11.
    # Sum: 15 at the corner against 12 and 8
    solutions = frontier_points([[6, 9], [0, 12], [8, 0]], ZERO)
    assert frontier_vertices([[6, 9], [0, 12], [8, 0]]).tolist() == [1, 0, 2]
    assert point(solutions.nash) == [6, 9]
    assert point(solutions.kalai_smorodinsky) == [6, 9]
    assert point(solutions.utilitarian) == [6, 9]
    assert point(solutions.egalitarian) == pytest.approx([72 / 11, 72 / 11], rel=1e-14)
    assert solutions.egalitarian.packages.tolist() == [0, 2]
    assert float(solutions.egalitarian.probability) == pytest.approx((72 / 11 - 6) / 2, rel=1e-14)


def test_when_the_frontier_shifts_out_nash_may_take_away_and_kalai_smorodinsky_does_not() -> None:
    # The objection of Kalai and Smorodinsky (1975) to Nash. Corners (0,1) (.75,.75) (1,0): all at (.75,.75).
    # Corners (0,1) (1,.7): the second can have more whatever the first has. Nash: x-intercept 10/3, half of it
    # is past the end, so (1,.7): the second falls from .75 to .7. KS: x = 1 - .3 x: both 1/1.3 = .77
    before = frontier_points([[0.0, 1.0], [0.75, 0.75], [1.0, 0.0]], ZERO)
    after = frontier_points([[0.0, 1.0], [1.0, 0.7]], ZERO)
    assert point(before.nash) == point(before.kalai_smorodinsky) == [0.75, 0.75]
    assert point(after.nash) == [1, 0.7]
    assert point(after.kalai_smorodinsky) == pytest.approx([1 / 1.3, 1 / 1.3], rel=1e-15)


def test_a_lottery_of_packages_that_each_harm_somebody_can_serve_both() -> None:
    # (3,-1) and (-1,3): no grid solution; half and half gives (1,1)
    u = np.array([[3, -1], [-1, 3]])
    assert int(nash_bargaining(u, ZERO)) == -1
    for name in NAMES:
        assert point(getattr(frontier_points(u, ZERO), name)) == [1, 1]


def test_where_no_lottery_is_rational_there_is_no_point() -> None:
    solutions = frontier_points([[3.0, -1.0], [-1.0, 0.2]], ZERO)  # at x = 0 the line is at -.1
    for name in NAMES:
        lottery = getattr(solutions, name)
        assert np.isnan(lottery.point).all()
        assert lottery.packages.tolist() == [-1, -1]
        assert np.isnan(lottery.probability)


def test_equal_gains_may_take_throwing_away() -> None:
    # only (5,1): the equal point is (1,1), by the package that gives the first 5
    solutions = frontier_points([[5, 1]], ZERO)
    assert point(solutions.egalitarian) == [1, 1]
    assert solutions.egalitarian.packages.tolist() == [0, 0]
    assert point(solutions.kalai_smorodinsky) == point(solutions.nash) == [5, 1]


def test_a_frontier_that_only_touches_the_disagreement_point_is_that_point() -> None:
    tables: Any = ([[0, 0]], [[0, 0], [-1, 3]], [[-1, 3], [0, 0], [2, -9]])
    for u in tables:
        for name in NAMES:
            assert point(getattr(frontier_points(u, ZERO), name)) == [0, 0]


def test_a_party_that_cannot_gain_leaves_the_other_its_best() -> None:
    solutions = frontier_points([[0, 5], [0, 1], [-3, 6]], ZERO)
    for name in ("nash", "kalai_smorodinsky", "utilitarian"):
        assert point(getattr(solutions, name)) == [0, 5]


def test_packages_on_a_line_are_no_corners() -> None:
    assert frontier_vertices([[0, 4], [1, 3], [2, 2], [2, 2], [4, 0], [1, 1]]).tolist() == [0, 4]
    assert frontier_vertices([[0.1, 0.3], [0.2, 0.2], [0.3, 0.1]]).tolist() == [0, 2]
    assert frontier_vertices([[1, 1], [1, 1]]).tolist() == [0]


@pytest.mark.parametrize(
    ("u", "d", "weights", "message"),
    [
        ([[1, 2, 3]], ZERO, None, r"needs \(\.\.\., packages, 2\)"),
        ([[1, np.inf]], ZERO, None, "not finite"),
        ([[1, 2]], [0], None, r"d has shape \(1,\); .* expected \(2,\)"),
        ([[1, 2]], np.zeros((3, 2)), None, r"d has shape \(3, 2\)"),
        ([[1, 2]], ZERO, (1, 0), "two positive numbers"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(u: Any, d: Any, weights: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        frontier_points(u, d, weights)


# ---------------------------------------------------------------------- laws
@given(pairs, st.sampled_from([(1, 1), (2, 1), (1, 3)]))
def test_at_the_nash_point_no_package_is_above_the_tangent(bargain: Bargain, weights: tuple[int, int]) -> None:
    # concave maximum over a convex set: sum w v / x <= sum w for every package's gains v, x the gains at the point
    gains = frontier_points(*bargain, weights).nash.point - bargain.d
    assume((gains > 1e-6).all())
    tangent = np.array(weights) / gains
    assert ((bargain.u - bargain.d) @ tangent <= sum(weights) * (1 + 1e-12)).all()


@given(pairs)
def test_a_linear_programme_finds_the_same_points(bargain: Bargain) -> None:
    gains = bargain.u - bargain.d
    solutions = found(bargain)
    equal = solutions.egalitarian.point - bargain.d
    assert equal[0] == pytest.approx(equal[1], abs=1e-12)
    assert equal[0] == pytest.approx(max(most(gains, np.ones(2)), 0), abs=ROUNDING)
    ideal = np.array([most_of(gains, np.eye(2)[side]) for side in range(2)])
    if (ideal > 1e-6).all():
        share = (solutions.kalai_smorodinsky.point - bargain.d) / ideal
        assert share == pytest.approx([most(gains, ideal)] * 2, abs=ROUNDING)
    assert (solutions.utilitarian.point - bargain.d).sum() == pytest.approx(most_of(gains, np.ones(2)), abs=ROUNDING)


@given(pairs)
def test_the_lottery_yields_the_point(bargain: Bargain) -> None:
    solutions = found(bargain)
    for name in NAMES:
        lottery = getattr(solutions, name)
        first, second = bargain.u[lottery.packages]
        worth = first + float(lottery.probability) * (second - first)
        assert (worth >= lottery.point - 1e-12).all()
        if name != "egalitarian":
            assert worth == pytest.approx(lottery.point, abs=1e-12)
        assert (lottery.point >= bargain.d).all()


@given(pairs)
def test_lotteries_make_the_nash_product_at_least_as_large(bargain: Bargain) -> None:
    chosen = int(nash_bargaining(*bargain))
    assume(chosen >= 0)
    product = float(np.prod(frontier_points(*bargain).nash.point - bargain.d))
    assert product >= np.prod(bargain.u[chosen] - bargain.d) * (1 - 1e-12)


@given(pairs, whole(1, 9, 2), whole(-20, 20, 2))
def test_nash_and_kalai_smorodinsky_do_not_see_units_or_zeros_of_value(
    bargain: Bargain, scale: Any, shift: Any
) -> None:
    before = found(bargain)
    after = frontier_points(bargain.u * scale + shift, bargain.d * scale + shift)
    for name in ("nash", "kalai_smorodinsky"):
        want = getattr(before, name).point * scale + shift
        assert getattr(after, name).point == pytest.approx(want, abs=1e-10)


@given(pairs)
def test_swapping_the_parties_swaps_the_point(bargain: Bargain) -> None:
    before = found(bargain)
    after = frontier_points(bargain.u[:, ::-1], bargain.d[::-1])
    for name in NAMES:
        assert getattr(after, name).point[::-1] == pytest.approx(getattr(before, name).point, abs=1e-12)


@given(whole(0, 20, 5, 2))
def test_on_a_symmetric_frontier_everybody_gets_the_same(gains: Any) -> None:
    solutions = frontier_points(np.concatenate([gains, gains[:, ::-1]]), ZERO)
    for name in NAMES:
        first, second = getattr(solutions, name).point
        assert first == pytest.approx(second, abs=1e-12)


@given(whole(0, 20, 5, 2), whole(0, 20, 4, 2))
def test_kalai_smorodinsky_is_monotone_on_the_convex_hull(gains: Any, more: Any) -> None:
    # the first's ideal stays, the second can have at least as much whatever the first has: the second doesn't lose
    more = np.minimum(more, [gains[:, 0].max(), np.inf])
    before = frontier_points(gains, ZERO).kalai_smorodinsky.point
    after = frontier_points(np.concatenate([gains, more]), ZERO).kalai_smorodinsky.point
    assume(gains[:, 0].max() > 0)
    assert after[1] >= before[1] - 1e-12


@given(pairs, whole(-5, 20, 4, 2))
def test_equal_gains_never_fall_when_there_is_more_to_choose_from(bargain: Bargain, more: Any) -> None:
    # strong monotonicity (Kalai 1977): with free disposal the sets are comprehensive
    before = found(bargain).egalitarian.point
    after = frontier_points(np.concatenate([bargain.u, more + bargain.d]), bargain.d).egalitarian.point
    assert (after >= before - 1e-12).all()


@given(pairs, whole(-5, 20, 4, 2))
def test_adding_what_the_nash_product_does_not_choose_changes_nothing(bargain: Bargain, more: Any) -> None:
    before = found(bargain).nash.point
    assume((before - bargain.d > 1e-6).all())
    after = frontier_points(np.concatenate([bargain.u, more + bargain.d]), bargain.d).nash
    assume((after.packages < len(bargain.u)).all())  # still a lottery over the old packages
    assert after.point == pytest.approx(before, abs=1e-10)


def test_a_world_in_a_batch_is_the_world_alone() -> None:
    rng = np.random.default_rng(3)
    u, d = rng.normal(size=(2, 5, 20, 2)), rng.normal(size=(2, 5, 2)) - 0.5
    together = frontier_points(u, d, (2, 1))
    for k in np.ndindex(2, 5):
        alone = frontier_points(u[k], d[k], (2, 1))
        for name in NAMES:
            many, one = getattr(together, name), getattr(alone, name)
            assert np.array_equal(many.point[k], one.point, equal_nan=True)
            assert np.array_equal(many.packages[k], one.packages)
            assert np.array_equal(many.probability[k], one.probability, equal_nan=True)


def test_no_worlds_are_no_points() -> None:
    assert frontier_points(np.zeros((0, 3, 2)), np.zeros((0, 2))).nash.point.shape == (0, 2)


def test_distances_of_a_deal_from_the_continuous_frontier_by_hand() -> None:
    # corners (0,12) (6,9) (8,0), d = 0, the deal (4,4): ideal gains 8 and 12, so the deal is at (1/2, 1/3).
    # Nash, KS and the sum pick (6,9), that is (3/4, 3/4): 1/4 and 5/12 away. Equal gains 72/11: (9/11, 6/11).
    # Frontier in these units: x + 3y = 3 down to (3/4, 3/4), then 3x + y = 3; the second is nearer,
    # (3 - 3/2 - 1/3) / sqrt(10), its foot (.85, .45) on the segment. 8 of 15 are had together.
    far = frontier_distances([[6, 9], [0, 12], [8, 0], [4, 4]], ZERO, 3)
    corner = np.hypot(1 / 4, 5 / 12)
    assert [float(x) for x in (far.nash, far.kalai_smorodinsky, far.utilitarian)] == pytest.approx([corner] * 3)
    assert float(far.egalitarian) == pytest.approx(np.hypot(9 / 11 - 1 / 2, 6 / 11 - 1 / 3), rel=1e-14)
    assert float(far.front) == pytest.approx(7 / 6 / np.sqrt(10), rel=1e-14)
    assert float(far.efficiency) == pytest.approx(8 / 15, rel=1e-14)


def test_a_package_that_is_efficient_on_the_grid_can_be_off_the_frontier_of_lotteries() -> None:
    # (4,4) is dominated by no package, but half of (10,0) and half of (0,10) gives (5,5): .1 of 10 short on both sides
    u = np.array([[10, 0], [0, 10], [4, 4]])
    assert float(distances(u, ZERO, 2).front) == 0
    assert float(frontier_distances(u, ZERO, 2).front) == pytest.approx(np.hypot(0.1, 0.1), rel=1e-14)


def test_without_a_deal_or_a_rational_lottery_there_is_no_distance() -> None:
    # second world: where the first no longer loses, at 1/3 of (2,-7), the second has 2 - 9/3 = -1
    u = np.array([[[10, 0], [0, 10]], [[-1, 2], [2, -7]], [[10, 0], [0, 10]]])
    far = frontier_distances(u, ZERO, np.array([-1, 0, 0]))
    for name in (*NAMES, "front", "efficiency"):
        assert np.isnan(getattr(far, name)).tolist() == [True, True, False]


@given(st.integers(0, 2**32 - 1))
def test_corners_are_on_the_frontier_and_distances_don_t_depend_on_units(seed: int) -> None:
    rng = np.random.default_rng(seed)
    u = rng.integers(0, 30, (9, 2)).astype(np.float64)
    corners = frontier_vertices(u)
    far = frontier_distances(np.broadcast_to(u, (len(corners), 9, 2)), ZERO, corners)
    np.testing.assert_allclose(far.front, 0, atol=1e-12)
    other = frontier_distances(np.broadcast_to(u * [2, 3] + [1, -4], (len(corners), 9, 2)), [1, -4], corners)
    for name in ("nash", "kalai_smorodinsky", "front"):
        np.testing.assert_allclose(getattr(other, name), getattr(far, name), rtol=0, atol=1e-12)
    alone = frontier_distances(u, ZERO, corners[0])
    assert all(getattr(alone, n).tobytes() == getattr(far, n)[0].tobytes() for n in (*NAMES, "front", "efficiency"))


@pytest.mark.parametrize("package", [2, -2, 0.5])
def test_distances_want_a_package_of_the_table(package: float) -> None:
    with pytest.raises(ConfigError, match="package must be whole numbers"):
        frontier_distances([[10, 0], [0, 10]], ZERO, package)
