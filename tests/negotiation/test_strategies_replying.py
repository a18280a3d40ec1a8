"""Strategies that go by the clock, by what was said, or by neither: plays and whole meetings derived on paper."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.negotiation.plays import QUARTERS, cake, offered, play, script, taken
from tests.negotiation.shared import CAKE, make, seat

from tariffsim.negotiation.bargaining import NO_OFFER, OfferStrategy, TalkSight
from tariffsim.negotiation.choosing import pick
from tariffsim.negotiation.strategies.boulware import Boulware
from tariffsim.negotiation.strategies.conceder import Conceder


# ---------------------------------------------------------------------- by the clock
def boulware() -> Boulware:
    return Boulware(np.array([0.5]), np.array([0.0]))  # alpha = t^2


def conceder() -> Conceder:
    return Conceder(np.array([2.0]), np.array([0.0]))  # alpha = t^.5


def test_faratins_polynomial_with_a_first_concession_of_a_fifth() -> None:
    # alpha(.5) = .2 + .8 (.5)^2 = .4: target 5 (.6) = 3
    assert offered(Boulware(np.array([0.5]), np.array([0.2])), seat(0, time=0.5)) == 3


def test_boulware_gets_most_of_the_cake_from_conceder() -> None:
    # 16 pieces. t 0: 16; conceder's next target 16 (1 - .5) = 8. t .25: it asks 8, leaves 8; boulware's next target is
    # 16 (1 - .25) = 12. t .5: it asks 12, leaves 4; conceder's next target 16 (1 - .866) = 2.1: accepted
    outcome = play(boulware(), conceder(), QUARTERS, table=cake(16))
    assert script(outcome) == [16, 8, 12]
    assert outcome.package[0] == 12


def test_two_conceders_agree_at_the_second_offer() -> None:
    # t .25: the second asks 8, leaves 8; the first's next target is 16 (1 - .707) = 4.7
    outcome = play(conceder(), conceder(), QUARTERS, table=cake(16))
    assert script(outcome) == [16, 8]
    assert outcome.package[0] == 8


def test_two_boulwares_agree_at_the_last_offer() -> None:
    # asked: 16, 15, 12 (leaves 4, next target 7), at .75 the second asks 16 (7/16) = 7, leaves 9; at 1 the target is 0
    outcome = play(boulware(), boulware(), QUARTERS, table=cake(16))
    assert script(outcome) == [16, 1, 12, 9]
    assert outcome.package[0] == 9


@given(best=st.floats(0.01, 9), disagreement=st.floats(-9, 0))
def test_before_any_time_has_passed_the_best_that_both_prefer_is_asked_for(best: float, disagreement: float) -> None:
    # law: D + (V_max - D) isn't V_max in every rounding, but what is asked for is; the other vetoes package 1
    table = np.array([[best, 1.0], [10.0, -1.0]])
    assert offered(boulware(), seat(0, table, disagreement=(disagreement, 0.0))) == 0


# ---------------------------------------------------------------------- tit for tat
def relative(lag: int = 1) -> OfferStrategy:
    return make("tit_for_tat_relative", lag=lag)


def absolute(lag: int = 1) -> OfferStrategy:
    return make("tit_for_tat_absolute", lag=lag)


def averaged(window: int = 2) -> OfferStrategy:
    return make("tit_for_tat_averaged", window=window)


def after(made: Sequence[int], heard: Sequence[int], disagreement: Sequence[float] = (0.0, 0.0)) -> TalkSight:
    return seat(0, cake(12), made=made, heard=heard, disagreement=disagreement)


@pytest.mark.parametrize("strategy", [relative(), absolute(), averaged()])
def test_tit_for_tat_opens_with_the_best_that_both_prefer_to_disagreement(strategy: OfferStrategy) -> None:
    assert offered(strategy, after([], [3, 4])) == 12
    assert offered(strategy, after([], [3, 4], disagreement=(0.0, 2.0))) == 10
    assert offered(strategy, after([12], [3])) == 12  # one offer is no concession yet


def test_relative_tit_for_tat_gives_up_the_same_percentage() -> None:
    # Faratin, Sierra and Jennings' formula: 3 / 4 of 12 = 9; a lag of 2 looks at 2 / 3 of 12 = 8 instead of 3 / 6
    assert offered(relative(), after([12], [3, 4])) == 9
    assert offered(relative(lag=2), after([12], [2, 3, 6])) == 8
    assert offered(relative(), after([12], [2, 3, 6])) == 6


def test_relative_tit_for_tat_answers_ten_percent_with_the_same_factor() -> None:
    # 110 pieces, offers of the other up from 10 to 11: x (10 / 11), so from 110 to 100 and from 99 to 90
    asked = [offered(relative(), seat(0, cake(110), made=[own], heard=[10, 11])) for own in (110, 99)]
    assert asked == [100, 90]


def test_relative_tit_for_tat_counts_from_the_disagreement_point() -> None:
    # with D = 1 the offers gain 2 and 3, the last own one 11: target gain 22 / 3 = 7.3, so the package that gains 8
    assert offered(relative(), after([12], [3, 4], disagreement=(1.0, 0.0))) == 9


def test_relative_tit_for_tat_takes_back_what_the_other_takes_back() -> None:
    assert offered(relative(), after([6], [4, 3])) == 8  # 4 / 3 of 6
    assert offered(relative(), after([6], [3, 0])) == 12  # a retreat to nothing
    assert offered(relative(), after([6], [0, 3])) == 6  # no percentage of nothing


def test_relative_tit_for_tat_accepts_what_it_would_ask_next() -> None:
    # after 3 and 6 it would ask 3 / 6 of 12 = 6; after 3 and 4 it would ask 9
    assert taken(relative(), after([12], [3]), 6)
    assert not taken(relative(), after([12], [3]), 4)


def test_absolute_tit_for_tat_gives_up_the_same_amount_within_its_range() -> None:
    assert offered(absolute(), after([12], [3, 4])) == 11
    assert offered(absolute(), after([12], [2, 3, 6])) == 9
    assert offered(absolute(lag=2), after([12], [2, 3, 6])) == 11
    assert offered(absolute(), after([12], [4, 3])) == 12  # 13 isn't to be had
    assert offered(absolute(), after([2], [1, 9])) == 0  # not below disagreement


def test_absolute_tit_for_tat_accepts_what_it_would_ask_next() -> None:
    # after 3 and 7 it would ask 10 - 4 = 6; after 3 and 6 it would ask 7
    assert taken(absolute(), after([10], [3]), 7)
    assert not taken(absolute(), after([10], [3]), 6)


def test_averaged_tit_for_tat_looks_over_its_window() -> None:
    # 2 / 4 of 12 = 6 over two steps; over one it is relative tit for tat; three steps haven't been heard
    assert offered(averaged(), after([12], [2, 3, 4])) == 6
    assert offered(averaged(window=1), after([12], [2, 3, 4])) == offered(relative(), after([12], [2, 3, 4])) == 9
    assert offered(averaged(window=3), after([12], [2, 3, 4])) == 12


def test_absolute_tit_for_tat_meets_a_linear_bargainer_halfway_and_a_bit() -> None:
    # 8 pieces, time in eighths: linear leaves 1, 3, 5. The first repeats 8 until it has heard two offers, then gives
    # up 2: 6. After 5 it would ask 4: accepts 5
    outcome = play(absolute(), make("linear"), [k / 8 for k in range(9)], table=cake(8))
    assert script(outcome) == [8, 1, 8, 3, 6, 5]
    assert (outcome.package[0], outcome.proposer[0]) == (5, 1)


def test_relative_tit_for_tat_answers_a_worthless_opening_too_generously() -> None:
    # from 1 to 3 the offers have tripled: it would ask 8 / 3 next and accepts 3
    assert script(play(relative(), make("linear"), [k / 8 for k in range(9)], table=cake(8))) == [8, 1, 8, 3]


def test_averaged_tit_for_tat_waits_for_its_window() -> None:
    # only after 1, 3, 5 it has two steps: 8 (1 / 5) = 1.6, so 5 is accepted
    assert script(play(averaged(), make("linear"), [k / 8 for k in range(9)], table=cake(8))) == [8, 1, 8, 3, 8, 5]


@pytest.mark.parametrize("strategy", [relative(), absolute(), averaged()])
def test_two_tit_for_tats_wait_for_each_other(strategy: OfferStrategy) -> None:
    outcome = play(strategy, strategy, QUARTERS)
    assert script(outcome) == [5, 0, 5, 0]
    assert not outcome.agreed[0]


@given(
    made=st.lists(st.integers(0, 12), min_size=1, max_size=4),
    heard=st.lists(st.integers(0, 12), min_size=3, max_size=6),
)
def test_tit_for_tat_asks_for_less_the_more_it_has_just_been_given(made: list[int], heard: list[int]) -> None:
    # law: while the older offers gain something, the target falls in the newest one
    heard = [max(1, package) for package in heard]
    for strategy in (relative(), absolute(), averaged()):
        asked = [offered(strategy, after(made, [*heard[:-1], newest])) for newest in range(13)]
        assert asked == sorted(asked, reverse=True)


# ---------------------------------------------------------------------- MiCRO
def test_two_micros_meet_in_the_middle_of_a_symmetric_cake() -> None:
    # both go down one by one: 6, 5, 4, 3 against 6, 5, 4. Having heard four and made three the second would go on to
    # its own 3, which is what it has just been offered
    outcome = play(make("micro"), make("micro"), np.linspace(0, 1, 9).tolist(), table=cake(6))
    assert script(outcome) == [6, 0, 5, 1, 4, 2, 3]
    assert (outcome.package[0], outcome.proposer[0]) == (3, 0)


def test_two_micros_need_an_offer_for_every_package_between_them() -> None:
    # 20 pieces: after 20 offers the first has asked for 20 ... 11 and been offered 0 ... 9, its next is 10; the 21st
    # offer is that one, and the second, at 9, 8, ... of its own and due to go on to 10, takes it
    runs = {n: play(make("micro"), make("micro"), np.linspace(0, 1, n + 1).tolist(), table=cake(20)) for n in (20, 21)}
    assert script(runs[20]) == [package for k in range(10) for package in (20 - k, k)]
    assert not runs[20].agreed[0]
    assert runs[21].package[0] == 10


def test_micro_stops_conceding_when_it_hears_nothing_new() -> None:
    # one package heard again and again: it makes two, then repeats one of them, here (draw .9) the later in the table
    outcome = play(make("micro"), make("hardliner"), np.linspace(0, 1, 7).tolist(), table=cake(6))
    assert script(outcome) == [6, 0, 5, 0, 6, 0]
    again = play(make("micro"), make("hardliner"), np.linspace(0, 1, 7).tolist(), table=cake(6), uniform=0.4)
    assert script(again) == [6, 0, 5, 0, 5, 0]


def test_micro_ranks_by_its_own_value_only() -> None:
    table = np.array([[1.0, 9.0], [3.0, 0.0], [2.0, -5.0]])
    ranked = [
        offered(make("micro"), seat(0, table, made=made, heard=[0, 2][: len(made)])) for made in ([], [1], [1, 2])
    ]
    assert ranked == [1, 2, 0]


def test_micro_accepts_what_it_would_propose_next_or_has_proposed() -> None:
    # made 6 and 5, heard 0: with a new offer (two each) it would go on to 4; if 0 comes again it stays at 5
    sight = seat(0, cake(6), made=[6, 5], heard=[0])
    assert taken(make("micro"), sight, 4)
    assert not taken(make("micro"), sight, 3)
    assert not taken(make("micro"), seat(0, cake(6), made=[6, 5], heard=[4]), 4)


def test_micro_never_goes_below_disagreement() -> None:
    # 10, 9, 8 are made, four heard, the next would be 7 < D = 8: one of the three again, and 8 is accepted, 7 not
    sight = seat(0, cake(10), made=[10, 9, 8], heard=[0, 1, 2, 3], disagreement=(8.0, 0.0), uniform=0.9)
    assert offered(make("micro"), sight) == 10
    assert taken(make("micro"), sight, 8)
    assert not taken(make("micro"), sight, 7)


@given(pieces=st.integers(1, 8), first=st.integers(0, 1))
def test_two_micros_split_every_even_cake_equally(pieces: int, first: int) -> None:
    times = np.linspace(0, 1, 4 * pieces + 3).tolist()
    outcome = play(make("micro"), make("micro"), times, table=cake(2 * pieces), first=first)
    assert outcome.package[0] == pieces


# ---------------------------------------------------------------------- hardliner and random
def test_hardliner_asks_for_the_best_that_both_prefer_to_disagreement_whatever_the_time() -> None:
    assert [offered(make("hardliner"), seat(0, time=t)) for t in (0.0, 0.9, 1.0)] == [5, 5, 5]
    assert offered(make("hardliner"), seat(0, disagreement=(0.0, 2.0))) == 3
    assert offered(make("hardliner"), seat(0, disagreement=(6.0, 0.0))) == NO_OFFER


def test_hardliner_accepts_its_demand_and_nothing_less() -> None:
    sight = seat(0, later=1.0, disagreement=(0.0, 2.0))
    assert taken(make("hardliner"), sight, 3)
    assert not taken(make("hardliner"), sight, 2)


def test_hardliner_gets_everything_from_who_concedes_by_the_deadline() -> None:
    # linear's targets: 3.75 at .25 (leaves 1), 1.25 at .75 (leaves 3); at 1 it takes 0
    outcome = play(make("hardliner"), make("linear"), (*QUARTERS, 1.0))
    assert script(outcome) == [5, 1, 5, 3, 5]
    assert outcome.package[0] == 5


def test_two_hardliners_part() -> None:
    outcome = play(make("hardliner"), make("hardliner"), QUARTERS)
    assert script(outcome) == [5, 0, 5, 0]
    assert not outcome.agreed[0]


def test_random_draws_evenly_from_what_is_not_worse_than_disagreement() -> None:
    # D = 2 leaves four packages, 2 to 5: a quarter of the draws each
    draws = [offered(make("random"), seat(0, disagreement=(2.0, 0.0), uniform=u)) for u in (0.1, 0.3, 0.6, 0.9)]
    assert draws == [2, 3, 4, 5]
    assert offered(make("random"), seat(0, disagreement=(6.0, 0.0))) == NO_OFFER


def test_random_accepts_with_its_probability_and_never_below_disagreement() -> None:
    strategy = make("random", acceptance=0.15)
    assert taken(strategy, seat(0, disagreement=(2.0, 0.0), uniform=0.1), 2)
    assert not taken(strategy, seat(0, disagreement=(2.0, 0.0), uniform=0.2), 2)
    assert not taken(strategy, seat(0, disagreement=(2.0, 0.0), uniform=0.1), 1)


def test_random_bargainers_in_a_meeting() -> None:
    # draw .1: the first of six packages, accepted as .1 < .15; draw .9: the last of six each time, nothing accepted
    lucky = play(make("random"), make("random"), QUARTERS, uniform=0.1)
    assert (script(lucky), lucky.package[0]) == ([0], 0)
    unlucky = play(make("random"), make("random"), QUARTERS, uniform=0.9)
    assert (script(unlucky), unlucky.agreed[0]) == ([5, 5, 5, 5], False)


@given(count=st.integers(1, 12), draw=st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_every_allowed_package_has_its_share_of_the_draws(count: int, draw: float) -> None:
    allowed = np.zeros((1, 2 * count), dtype=bool)
    allowed[0, 1::2] = True
    package = int(pick(allowed, np.array([[draw]]))[0, 0])
    assert package % 2 == 1
    share = (package - 1) / 2
    assert share <= draw * count + 1e-9
    assert draw * count <= share + 1 + 1e-9


def test_the_largest_draw_below_one_picks_the_last_package() -> None:
    allowed = np.ones((1, 525), dtype=bool)
    assert pick(allowed, np.array([[1 - 2.0**-53]]))[0, 0] == 524  # 525 (1 - 2^-53) rounds to 525


def test_the_cake_of_fifths_is_the_one_of_five_pieces() -> None:
    assert (cake(5) == CAKE).all()
