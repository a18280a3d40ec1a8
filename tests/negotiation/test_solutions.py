"""Solution concepts on grids: derived on paper, one published, and the laws each concept is known by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.negotiation.bargains import Bargain, added, bargains, nash_1950, whole

import tariffsim as ts
from tariffsim.errors import ConfigError
from tariffsim.negotiation.solutions import (
    distances,
    egalitarian,
    kalai_smorodinsky,
    nash_bargaining,
    pareto_front,
    solution_points,
    utilitarian,
    win_set,
)

Concept = Callable[..., Any]
CONCEPTS = (nash_bargaining, kalai_smorodinsky, egalitarian, utilitarian)
ORDERINGS = (nash_bargaining, egalitarian, utilitarian)  # the best by an order of packages that no other can change
each_concept = pytest.mark.parametrize("concept", CONCEPTS)

ZERO = np.zeros(2)
CAKE = np.stack([np.arange(6.0), 5 - np.arange(6.0)], axis=-1)  # in fifths: k to the first, 5 - k to the second


def picks(u: Any, d: Any = ZERO) -> tuple[int, int, int, int]:
    """What Nash, Kalai-Smorodinsky, egalitarian and utilitarian choose."""
    points = solution_points(u, d)
    return int(points.nash), int(points.kalai_smorodinsky), int(points.egalitarian), int(points.utilitarian)


# ---------------------------------------------------------------------- derived on paper
def test_the_four_concepts_part_ways_on_one_table() -> None:
    # gains (1,20) (4,8) (6,5.5) (12,1), ideals 12 and 20.
    # products 20, 32, 33, 12; shares (.08,1) (.33,.4) (.5,.275) (1,.05): smallest .33 at 1;
    # smallest gains 1, 4, 5.5, 1; sums 21, 12, 11.5, 13
    assert picks([[1, 20], [4, 8], [6, 5.5], [12, 1]]) == (2, 1, 2, 0)


def test_of_equal_smallest_gains_the_next_smallest_decides() -> None:
    # gains (2,9) (4,6) (5,4) (8,0), ideals 8 and 9. Products 18, 24, 20, 0; shares (.25,1) (.5,.67) (.625,.44) (1,0);
    # smallest gains 2, 4, 4, 0, and 6 beats 5; sums 11, 10, 9, 8
    assert picks([[2, 9], [4, 6], [5, 4], [8, 0]]) == (1, 1, 1, 0)


def test_nash_1950_example_of_bill_and_jack() -> None:
    # Published: Bill hands over book, whip, ball and bat, Jack pen, toy and knife; gains 12 and 5
    u = added(*nash_1950())
    chosen = int(nash_bargaining(u, ZERO))
    assert u[chosen].tolist() == [12, 5]
    assert [int(k) for k in np.unravel_index(chosen, (2,) * 9)] == [1, 1, 1, 1, 0, 1, 1, 1, 0]


def test_bargaining_power_moves_the_split() -> None:
    # k^w (5-k)^(1-w): w = .6 gives 3; w = .8 gives 4; equal power ties 2 and 3, and the lower index is taken
    assert int(nash_bargaining(CAKE, ZERO)) == 2
    assert int(nash_bargaining(CAKE, ZERO, (3, 2))) == 3
    assert int(nash_bargaining(CAKE, ZERO, (8, 2))) == 4
    assert nash_bargaining(np.stack([CAKE, CAKE]), ZERO, [[3, 2], [2, 3]]).tolist() == [3, 2]


def test_weights_of_the_sum_decide_whose_gain_counts() -> None:
    # sums 5 everywhere: the smallest gain decides, 2 and 3 tie; weight 2 on the first: 10 at 5; on the second: at 0
    assert int(utilitarian(CAKE, ZERO)) == 2
    assert int(utilitarian(CAKE, ZERO, (2, 1))) == 5
    assert int(utilitarian(CAKE, ZERO, (1, 2))) == 0


def test_products_that_rounding_tells_apart_are_ties() -> None:
    # (2,6), (3,4) and (1,12) all have product 12; the logarithms differ in the last bit
    for order in ([0, 1, 2], [1, 2, 0], [2, 0, 1]):
        assert int(nash_bargaining(np.array([[2, 6], [3, 4], [1, 12]])[order], ZERO)) == 0


def test_where_nobody_can_agree_the_answer_is_minus_one() -> None:
    u = np.array([[[3.0, -1.0], [-1.0, 3.0]], [[3.0, -1.0], [1.0, 3.0]]])
    points = solution_points(u, ZERO)
    for name in ("nash", "kalai_smorodinsky", "egalitarian", "utilitarian"):
        assert getattr(points, name).tolist() == [-1, 1]
    assert points.ideal.tolist() == [[0, 0], [1, 3]]
    assert points.front.tolist() == [[False, False], [False, True]]


def test_a_party_that_cannot_gain_is_left_out_of_the_product() -> None:
    # the second gains nowhere: the first takes its best, by every concept
    assert picks([[1, 0], [3, 0], [5, -1]]) == (1, 1, 1, 1)
    # three parties, the third gains nowhere: 3 x 2 beats 5 x 1 and 1 x 4
    u = [[5, 1, 0], [3, 2, 0], [1, 4, 0]]
    assert int(nash_bargaining(u, np.zeros(3))) == 1
    assert int(kalai_smorodinsky(u, np.zeros(3))) == 1  # shares (1,.25) (.6,.5) (.2,1)
    assert int(egalitarian(u, np.zeros(3))) == 1  # smallest gain 0 everywhere, second smallest 1, 2, 1


def test_where_no_package_lets_both_gain_shares_of_the_ideal_decide() -> None:
    # products all zero; gains (0,5) (1,0) (3,0): shares 1, 1/3, 1, the first of the two is taken
    assert int(nash_bargaining([[0, 5], [1, 0], [3, 0]], ZERO)) == 0
    assert int(nash_bargaining([[1, 0], [3, 0], [0, 5]], ZERO)) == 1


def test_no_agreement_itself_may_be_all_there_is() -> None:
    assert picks([[0, 0], [-1, 4]]) == (0, 0, 0, 0)
    far = distances([[0, 0], [-1, 4]], ZERO, 0)
    assert float(far.nash) == 0
    assert np.isnan(far.efficiency)  # nothing to gain


def test_equals_are_efficient_together_and_the_dominated_are_not() -> None:
    u = [[1, 3], [3, 1], [3, 1], [3, 0], [2, 1], [2, 2], [0, 3]]
    assert pareto_front(u).tolist() == [True, True, True, False, False, True, False]


def test_win_sets_are_what_each_party_would_rather_have() -> None:
    sets = win_set([[3, -1], [1, 3], [0, 0]], ZERO)
    assert sets.tolist() == [[True, False], [True, True], [True, True]]


def test_distances_are_in_units_of_the_ideal_gains() -> None:
    # Nash of the cake: package 2, shares (.4, .6); deal 5 has (1, 0): apart (.6, .6). All of the front, all sums equal
    far = distances(CAKE, ZERO, 5)
    assert float(far.nash) == pytest.approx(np.hypot(0.6, 0.6), rel=1e-15)
    assert float(far.front) == 0
    assert float(far.efficiency) == 1


def test_the_front_is_measured_to_its_nearest_package() -> None:
    # ideals 10 and 10; (2,2) is .3 and .4 from (5,6), (.2,.8) from (4,10)
    far = distances([[5, 6], [4, 10], [10, 0], [2, 2]], ZERO, 3)
    assert float(far.front) == pytest.approx(0.5, rel=1e-15)
    assert float(far.efficiency) == pytest.approx(4 / 14, rel=1e-15)


def test_without_a_deal_there_is_no_distance() -> None:
    u = np.stack([CAKE, CAKE, CAKE - 9])
    far = distances(u, ZERO, np.array([-1, 2, 2]))
    for field in fields(far):
        assert np.isnan(getattr(far, field.name)).tolist() == [True, False, True]


def test_a_deal_that_harms_somebody_has_its_distance_too() -> None:
    # ideals (2,2); only (2,2) is rational, with shares (1,1); the deal (-2,4) has (-1,2)
    far = distances([[2, 2], [-2, 4]], ZERO, 1)
    assert float(far.nash) == pytest.approx(np.hypot(2, 1), rel=1e-15)
    assert float(far.efficiency) == 0.5


def test_tiny_large_and_negative_values_are_all_the_same() -> None:
    for unit in (1e-6, 1.0, 1e9):
        u, d = np.array([[2, 9], [4, 6], [5, 4], [8, 0]]) * unit - 3 * unit, np.full(2, -3 * unit)
        with np.errstate(all="raise"):
            assert picks(u, d) == (1, 1, 1, 0)


# ---------------------------------------------------------------------- what is refused
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nash_bargaining([1.0, 2.0], ZERO), r"u has shape \(2,\)"),
        (lambda: nash_bargaining([[1.0], [2.0]], [0.0]), r"u has shape \(2, 1\)"),
        (lambda: pareto_front([[np.nan, 1.0]]), "not finite"),
        (lambda: egalitarian(CAKE, np.zeros(3)), r"d has shape \(3,\); .* expected \(2,\)"),
        (lambda: egalitarian(CAKE, np.zeros((4, 2))), r"d has shape \(4, 2\)"),
        (lambda: egalitarian(CAKE, [-np.inf, 0.0]), "d has values that are not finite"),
        (lambda: nash_bargaining(CAKE, ZERO, (1, 0)), "weights must be positive"),
        (lambda: nash_bargaining(CAKE, ZERO, (1, 1, 1)), r"weights have shape \(3,\)"),
        (lambda: nash_bargaining(CAKE, ZERO, among=[1, 2]), "among is int64 of shape"),
        (lambda: distances(CAKE, ZERO, [1, 2]), r"package has shape \(2,\); expected \(\)"),
        (lambda: distances(CAKE, ZERO, 6), r"from -1 \(no deal\) to 5"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        call()


# ---------------------------------------------------------------------- laws
@given(bargains())
@each_concept
def test_what_is_chosen_is_efficient_and_rational_and_found_wherever_something_is(
    concept: Concept, bargain: Bargain
) -> None:
    rational = np.asarray((bargain.u >= bargain.d).all(-1))
    chosen = int(concept(*bargain))
    assert (chosen >= 0) == rational.any()
    if chosen >= 0:
        assert rational[chosen]
        assert pareto_front(bargain.u)[chosen]


@given(st.integers(0, 2**32 - 1))
@each_concept
def test_rounding_never_hides_a_better_package(concept: Concept, seed: int) -> None:
    # packages that differ in the last bits only, far from the disagreement point
    rng = np.random.default_rng(seed)
    u = 1 + rng.integers(0, 4, (8, 3)) * 2.0**-52
    chosen = int(concept(u, np.array([-1e3, 0.0, 0.5])))
    assert pareto_front(u)[chosen]


@given(bargains())
def test_the_front_is_what_its_definition_says(bargain: Bargain) -> None:
    u = bargain.u
    worse = [any((v >= w).all() and (v > w).any() for v in u) for w in u]
    assert pareto_front(u).tolist() == [not x for x in worse]


@given(bargains(), st.data())
@pytest.mark.parametrize("concept", [nash_bargaining, kalai_smorodinsky])
def test_nash_and_kalai_smorodinsky_do_not_see_units_or_zeros_of_value(
    concept: Concept, bargain: Bargain, data: st.DataObject
) -> None:
    n = len(bargain.d)
    scale, shift = data.draw(whole(1, 9, n)), data.draw(whole(-20, 20, n))
    assert concept(bargain.u * scale + shift, bargain.d * scale + shift) == concept(*bargain)


def test_equal_gains_and_the_sum_do_see_units() -> None:
    u = np.array([[1.0, 4.0], [2.0, 2.0], [3.0, 1.0]])
    # smallest gains 1, 2, 1; the first in tenths: (10,4) (20,2) (30,1): 4, 2, 1. Sums 5, 4, 4 and 14, 22, 31
    assert int(egalitarian(u, ZERO)) == 1
    assert int(egalitarian(u * [10, 1], ZERO)) == 0
    assert int(utilitarian(u, ZERO)) == 0
    assert int(utilitarian(u * [10, 1], ZERO)) == 2


@given(bargains(), st.data())
@each_concept
def test_parties_in_another_order_settle_on_the_same_package(
    concept: Concept, bargain: Bargain, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(bargain.d))))
    assert concept(bargain.u[:, order], bargain.d[order]) == concept(*bargain)


@given(bargains(), st.data())
def test_weights_go_with_their_party(bargain: Bargain, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(bargain.d))))
    weights = data.draw(whole(1, 5, len(bargain.d)))
    for concept in (nash_bargaining, utilitarian):
        assert concept(bargain.u[:, order], bargain.d[order], weights[order]) == concept(*bargain, weights)


@given(bargains(), st.data())
@pytest.mark.parametrize("concept", ORDERINGS)
def test_leaving_out_what_was_not_chosen_changes_nothing(
    concept: Concept, bargain: Bargain, data: st.DataObject
) -> None:
    # independence of irrelevant alternatives; for Nash where everybody gains, as Nash (1950) has it
    chosen = int(concept(*bargain))
    assume(chosen >= 0 and (bargain.u[chosen] > bargain.d).all())
    among = np.array(data.draw(st.lists(st.booleans(), min_size=len(bargain.u), max_size=len(bargain.u))))
    among[chosen] = True
    assert int(concept(*bargain, among=among)) == chosen


def test_kalai_smorodinsky_depends_on_what_is_not_chosen() -> None:
    # ideals 10 and 10: smallest shares of (6,5) and (4,6) are .5 and .4. Without (10,0) the first's ideal is 6:
    # shares (1,.5) and (.67,.6), so (4,6) wins
    u = np.array([[6, 5], [4, 6], [0, 10], [10, 0]])
    assert int(kalai_smorodinsky(u, ZERO)) == 0
    assert int(kalai_smorodinsky(u, ZERO, among=[True, True, True, False])) == 1


def test_kalai_smorodinsky_is_not_monotone_on_a_grid() -> None:
    # ideals stay 10 and 10; (4,6) has smallest share .4, the new (5,5) has .5: more to choose from, the second loses
    u = np.array([[10, 0], [0, 10], [4, 6], [5, 5]])
    assert u[kalai_smorodinsky(u[:3], ZERO)].tolist() == [4, 6]
    assert u[kalai_smorodinsky(u, ZERO)].tolist() == [5, 5]


@given(bargains(low=0), st.data())
def test_the_smallest_gain_and_share_never_fall_when_packages_are_added(bargain: Bargain, data: st.DataObject) -> None:
    more = np.concatenate([bargain.u, data.draw(whole(0, 20, 3, len(bargain.d))) + bargain.d])
    before, after = bargain.u[egalitarian(*bargain)], more[egalitarian(more, bargain.d)]
    assert (after - bargain.d).min() >= (before - bargain.d).min()


def test_equal_gains_on_a_grid_are_not_strongly_monotone() -> None:
    # all whole gains below (1,5): (1,5). Adding all below (2,2): (2,2), the second loses (ties go by the larger gain)
    below = [(a, b) for a in range(2) for b in range(6)]
    u = np.array([*below, (2, 0), (2, 1), (2, 2)])
    assert u[egalitarian(u[: len(below)], ZERO)].tolist() == [1, 5]
    assert u[egalitarian(u, ZERO)].tolist() == [2, 2]


@given(bargains(parties=2), st.integers(-5, 50))
@each_concept
def test_schelling_a_tighter_win_set_raises_ones_value_in_agreement(
    concept: Concept, bargain: Bargain, least: int
) -> None:
    # complete information, and the win-set is an upper contour set of the party's value: all packages worth `least`
    before = int(concept(*bargain))
    assume(before >= 0 and (bargain.u[before] > bargain.d).all())
    after = int(concept(*bargain, among=bargain.u[:, 0] >= least + bargain.d[0]))
    if after >= 0:
        assert bargain.u[after, 0] >= bargain.u[before, 0]


@given(st.lists(bargains(parties=2), min_size=1, max_size=6), st.integers(-5, 20), st.integers(0, 10))
@each_concept
def test_schelling_a_tighter_win_set_loses_deals(
    concept: Concept, worlds: list[Bargain], least: int, more: int
) -> None:
    def deals(bound: int) -> int:
        return sum(int(concept(*world, among=world.u[:, 0] >= bound + world.d[0])) >= 0 for world in worlds)

    assert deals(least + more) <= deals(least)


@each_concept
def test_a_win_set_that_is_no_upper_contour_set_can_hurt_its_owner(concept: Concept) -> None:
    # the first's legislature would ratify (1,2) but not (3,3)
    u = np.array([[3.0, 3.0], [1.0, 2.0]])
    assert u[concept(u, ZERO), 0] == 3
    assert u[concept(u, ZERO, among=[False, True]), 0] == 1


@pytest.mark.parametrize("parties", [2, 3])
def test_a_world_in_a_batch_is_the_world_alone(parties: int) -> None:
    rng = np.random.default_rng(5)
    u, d = rng.normal(size=(3, 4, 30, parties)), rng.normal(size=(3, 4, parties)) - 1
    weights, deal = rng.uniform(0.5, 2, (3, 4, parties)), rng.integers(-1, 30, (3, 4))
    together: tuple[Any, Any] = (solution_points(u, d, weights), distances(u, d, deal, weights))
    for k in np.ndindex(3, 4):
        alone: tuple[Any, Any] = (solution_points(u[k], d[k], weights[k]), distances(u[k], d[k], deal[k], weights[k]))
        for many, one in zip(together, alone, strict=True):
            for field in fields(many):
                got, want = getattr(many, field.name)[k], getattr(one, field.name)
                assert np.array_equal(got, want, equal_nan=np.issubdtype(want.dtype, np.floating)), field.name
        assert np.array_equal(pareto_front(u)[k], pareto_front(u[k]))


@given(bargains(), st.data())
def test_distances_say_zero_at_the_solution_and_at_most_one_for_efficiency(
    bargain: Bargain, data: st.DataObject
) -> None:
    rational = np.flatnonzero((bargain.u >= bargain.d).all(-1))
    assume(len(rational))
    points = solution_points(*bargain)
    for name in ("nash", "kalai_smorodinsky", "egalitarian", "utilitarian"):
        far = distances(*bargain, getattr(points, name))
        assert getattr(far, name) == 0
        assert far.front == 0
    far = distances(*bargain, data.draw(st.sampled_from(rational.tolist())))
    assert not far.efficiency > 1
    assert far.front <= min(far.nash, far.kalai_smorodinsky, far.egalitarian, far.utilitarian)
    assert far.front <= np.sqrt(len(bargain.d))


def test_the_public_names_are_these() -> None:
    assert ts.nash_bargaining(CAKE, ZERO) == 2
    assert ts.kalai_smorodinsky(CAKE, ZERO) == ts.egalitarian(CAKE, ZERO) == ts.utilitarian(CAKE, ZERO) == 2
    assert ts.pareto_front(CAKE).all()
