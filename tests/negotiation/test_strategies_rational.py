"""Strategies that reason about the other side: Zeuthen, subgame-perfect play and Bayesian best response."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.negotiation.plays import QUARTERS, cake, offered, play, script, taken
from tests.negotiation.shared import make, seat

from tariffsim.negotiation.bargaining import NO_OFFER, OfferStrategy, TalkSight
from tariffsim.negotiation.beliefs import posterior
from tariffsim.negotiation.theory.finite_game import backward_induction
from tariffsim.negotiation.theory.rubinstein import proposer_shares
from tariffsim.negotiation.theory.zeuthen import zeuthen_path

Table = npt.NDArray[np.float64]


tables = st.lists(st.tuples(st.integers(-3, 9), st.integers(-3, 9)), min_size=1, max_size=9).map(
    lambda rows: np.array(rows, dtype=np.float64)
)

# ---------------------------------------------------------------------- Zeuthen
# A (10, 1), B (8, 4), C (6, 6), D (3, 8), E (1, 9), a dominated (5, 5), and one that the second vetoes
DEALS = np.array([[10.0, 1], [8, 4], [6, 6], [3, 8], [1, 9], [5, 5], [12, -1]])


def zeuthen() -> OfferStrategy:
    return make("zeuthen")


def test_zeuthen_opens_with_its_best_undominated_deal_that_nobody_vetoes() -> None:
    assert offered(zeuthen(), seat(0, DEALS)) == 0
    assert offered(zeuthen(), seat(1, DEALS, heard=[0])) == 4
    assert offered(zeuthen(), seat(0, DEALS, disagreement=(11.0, 0.0))) == NO_OFFER


def test_whoever_has_the_lower_risk_limit_concedes_just_enough() -> None:
    # A against E: risks (10 - 1) / 10 = .9 and (9 - 1) / 9 = .89, so the second concedes, to D: risk (8 - 1) / 8 = .875
    # is now above the first's (10 - 3) / 10 = .7
    assert offered(zeuthen(), seat(0, DEALS, made=[0], heard=[4])) == 0
    assert offered(zeuthen(), seat(1, DEALS, made=[4], heard=[0])) == 3
    # then the first: to B, (8 - 3) / 8 = .625 against (8 - 4) / 8 = .5
    assert offered(zeuthen(), seat(0, DEALS, made=[0], heard=[3])) == 1


def test_zeuthen_measures_risk_from_disagreement() -> None:
    # with D = (2, 0) deal A gains 8 (product 8) and E is vetoed; D gains 1: product 8, equal risks .875: it concedes to
    # the first deal whose product is at least 8: B (6 x 4 = 24)
    assert offered(zeuthen(), seat(0, DEALS, made=[0], heard=[3], disagreement=(2.0, 0.0))) == 1


def test_zeuthen_accepts_what_it_would_propose_in_reply() -> None:
    # B against C: products 32 and 36, it would go to C itself. Against D (24) it stays at B
    assert taken(zeuthen(), seat(0, DEALS, made=[1], heard=[3]), 2)
    assert not taken(zeuthen(), seat(0, DEALS, made=[1]), 3)


def test_two_zeuthens_walk_to_the_largest_product() -> None:
    # A; E; A stays (10 > 9); D (24 >= 10); B (32 >= 24); C (36 >= 32); accepted, as the first would go to C too
    outcome = play(zeuthen(), zeuthen(), np.linspace(0, 1, 10).tolist(), table=DEALS)
    assert script(outcome) == [0, 4, 0, 3, 1, 2]
    assert outcome.package[0] == 2


def test_zeuthen_gives_a_hardliner_what_it_wants_only_where_that_is_the_larger_product() -> None:
    # the hardliner's A has the smallest product but one: the second goes E, D, and stays there
    outcome = play(make("hardliner"), zeuthen(), np.linspace(0, 1, 9).tolist(), table=DEALS)
    assert script(outcome) == [0, 4, 0, 3, 0, 3, 0, 3]
    assert not outcome.agreed[0]


@given(table=tables, first=st.integers(0, 1))
def test_two_zeuthens_end_at_the_largest_nash_product(table: Table, first: int) -> None:
    # law: under complete information, given time for every concession
    outcome = play(zeuthen(), zeuthen(), np.linspace(0, 1, 2 * len(table) + 5).tolist(), table=table, first=first)
    agreeable = (table >= 0).all(-1)
    assert outcome.agreed[0] == agreeable.any()
    if outcome.agreed[0]:
        assert table[outcome.package[0]].prod() == table[agreeable].prod(-1).max()
        assert table[outcome.package[0]].prod() == table[zeuthen_path(table, (0.0, 0.0)).package].prod()


# ---------------------------------------------------------------------- Rubinstein
def rubinstein() -> OfferStrategy:
    return make("rubinstein")


def asks(left: int, discount: Sequence[float], **kwargs: object) -> int:
    return offered(rubinstein(), seat(0, cake(10), offers_left=left, discount=discount, **kwargs))  # type: ignore[arg-type]


def test_rubinstein_works_back_from_the_deadline() -> None:
    # 10 pieces, delta 1/2: the last offer asks 10; before it a refusal is worth 10 / 2 = 5 to the other; before that
    # 5 / 2 = 2.5, so the other must get 3
    assert [asks(left, (0.5, 0.5)) for left in (1, 2, 3)] == [10, 5, 7]


def test_the_patient_side_gets_more() -> None:
    # delta .9 against .5: with 2 offers left the other, who makes the last, has 10 / 2; with 3 it would have 10 - 9 = 1
    # next, 1 / 2 now
    assert asks(2, (0.9, 0.5)) == 5
    assert asks(3, (0.9, 0.5)) == 9


def test_two_rubinsteins_agree_at_the_first_offer() -> None:
    # three offers, delta 1/2: 10 - 3 as above, and the second takes its 3
    outcome = play(rubinstein(), rubinstein(), (0.0, 0.3, 0.6, 0.9), table=cake(10), discount=(0.5, 0.5))
    assert (script(outcome), outcome.package[0]) == ([7], 7)


def test_rubinstein_gets_nothing_from_who_does_not_reckon() -> None:
    # a hardliner wants all 10: it refuses 3, offers none (a refusal is worth 10 / 2 to the first), refuses all
    outcome = play(rubinstein(), make("hardliner"), (0.0, 0.3, 0.6, 0.9), table=cake(10), discount=(0.5, 0.5))
    assert script(outcome) == [7, 0, 10]
    assert not outcome.agreed[0]


def test_if_breakdown_is_all_that_hurries_the_gains_over_it_are_split() -> None:
    # Binmore, Rubinstein and Wolinsky: breakdown with probability .02 leaves 3,000 and 1,000 of 10,000. Gains of 6,000:
    # who proposes has 6,000 / (1 + .98) = 3,030 of them, towards a half
    setting = seat(0, cake(10_000), offers_left=1201, discount=(0.98, 0.98), disagreement=(3000.0, 1000.0))
    assert abs(offered(rubinstein(), setting) - (3000 + 6000 / 1.98)) <= 2 / (1 - 0.98**2)


def test_rubinstein_accepts_what_a_refusal_is_worth() -> None:
    # three offers left: after a refusal the second would get 5 next, so 2.5 now: 3 is accepted, 2 not; at the last any
    sight = seat(1, cake(10), offers_left=3, discount=(0.5, 0.5))
    assert taken(rubinstein(), sight, 7)
    assert not taken(rubinstein(), sight, 8)
    assert taken(rubinstein(), replace(sight, offers_left=np.array([[1]])), 10)


def test_an_outside_option_of_the_other_is_met_exactly() -> None:
    # at the last offer the other leaves for 4 rather than take less
    sight = replace(seat(0, cake(10), offers_left=1), other_outside=np.array([4.0]))
    assert offered(rubinstein(), sight) == 6
    own = replace(seat(1, cake(10), offers_left=1), outside=np.array([4.0]))
    assert taken(rubinstein(), own, 6)
    assert not taken(rubinstein(), own, 7)


def test_an_inside_option_is_worth_what_it_brings_until_there_is_an_agreement() -> None:
    # 1 piece an offer, delta 1/2: 1 / (1 - 1/2) = 2 for ever. At the last offer the other must get 2
    sight = seat(0, cake(10), offers_left=1, discount=(0.5, 0.5))
    assert offered(rubinstein(), replace(sight, other_inside=np.array([1.0]))) == 8
    own = replace(seat(1, cake(10), offers_left=1, discount=(0.5, 0.5)), inside=np.array([1.0]))
    assert taken(rubinstein(), own, 8)
    assert not taken(rubinstein(), own, 9)


def test_an_inside_option_that_costs_does_not_push_it_below_disagreement() -> None:
    # -10 an offer is -20 for ever, far below its D of 3: it would agree to anything, but not below D
    sight = seat(0, cake(10), offers_left=2, discount=(0.5, 0.5), disagreement=(3.0, 0.0))
    hurt = replace(sight, inside=np.array([-10.0]))
    assert offered(rubinstein(), hurt) >= 3
    assert not taken(rubinstein(), hurt, 2)


def test_without_cost_of_delay_whoever_makes_the_last_offer_has_it_all() -> None:
    assert [asks(left, (1.0, 1.0)) for left in (1, 2, 3, 4)] == [10, 0, 10, 0]


@given(
    table=tables,
    delta=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    offers=st.integers(1, 6),
    first=st.integers(0, 1),
)
def test_two_of_them_play_backward_induction_and_agree_at_once(
    table: Table, delta: tuple[float, float], offers: int, first: int
) -> None:
    times = np.linspace(0, 1, offers + 1).tolist()
    outcome = play(rubinstein(), rubinstein(), times, table=table, discount=delta, first=first)
    expected = backward_induction(table, (0.0, 0.0), delta, offers, first)
    assert outcome.package[0] == expected.package[0]
    assert len(script(outcome)) == outcome.agreed[0]


@pytest.mark.parametrize("pieces", [100, 1000, 10_000])
def test_on_a_fine_cake_far_from_the_deadline_the_split_is_rubinsteins(pieces: int) -> None:
    # each of the offers ahead rounds by a piece at most, and is discounted: 1 / (1 - delta_1 delta_2) pieces a pair
    delta = np.array([0.9, 0.8])
    share = offered(rubinstein(), seat(0, cake(pieces), offers_left=201, discount=delta.tolist())) / pieces
    assert abs(share - proposer_shares(delta)[0]) <= 2 / (1 - delta.prod()) / pieces


# ---------------------------------------------------------------------- Bayesian
# Own value 0 to 4. The soft type gains what is left of 4; the tough one gains 4, 2, 0 and loses by the last two
SOFT, TOUGH = np.array([4.0, 3, 2, 1, 0]), np.array([4.0, 2, 0, -1, -1])


def bayesian() -> OfferStrategy:
    return make("bayesian", exponent=1.0)


def facing(soft: float = 1.0, *, left: int = 4, discount: float = 1.0, time: float = 0.0) -> TalkSight:
    """A seat with these odds of a soft type."""
    return seat(
        0,
        cake(4),
        time=time,
        offers_left=left,
        discount=(discount, 1.0),
        types=[SOFT, TOUGH],
        belief=[soft, 1 - soft],
    )


def test_a_patient_bayesian_names_what_the_other_will_take_in_the_end() -> None:
    # a soft type takes package k once k / 4 of the window has passed; without discounting it waits for package 4
    assert offered(bayesian(), facing()) == 4
    assert not taken(bayesian(), facing(), 3)


def test_discounting_makes_it_ask_for_what_is_worth_waiting_for() -> None:
    # delta 1/2, values if offered when accepted: 1 at the next offer .5, 2 then 1.0, 3 one later .75, 4 two later .5.
    # now only 0 and 1 would be accepted, and 1 - 1 gains nothing: it names 2, and would take 1
    assert offered(bayesian(), facing(discount=0.5)) == 2
    assert taken(bayesian(), facing(discount=0.5), 1)
    assert not taken(bayesian(), facing(discount=0.5), 0)


def test_an_impatient_bayesian_takes_what_can_be_had_now() -> None:
    # delta 1/4: waiting is worth 2 / 4; package 1, accepted now, 1
    assert offered(bayesian(), facing(discount=0.25)) == 1
    assert taken(bayesian(), facing(discount=0.25), 1)


def test_at_the_last_offer_it_weighs_a_high_demand_against_its_chance() -> None:
    # asking 4 works with the soft type only, 2 with both: 4 p against 2
    assert offered(bayesian(), facing(0.4, left=1)) == 2
    assert offered(bayesian(), facing(0.6, left=1)) == 4


def test_with_nothing_to_gain_it_offers_nothing() -> None:
    assert offered(bayesian(), replace(facing(0.0), reservation=np.array([3.0]))) == NO_OFFER


def test_an_offer_that_only_a_soft_type_would_make_raises_what_it_asks() -> None:
    # package 2, beta 1, eps .05 over 5 packages: soft .01 + .95 (.0858) = .0915, tough .01 + .95 (.0157) = .0249;
    # odds of .4 become .4 (.0915) / (.4 (.0915) + .6 (.0249)) = .71
    before = facing(0.4, left=1)
    learned = posterior(before.belief, before.types, np.array([[2]]), 1.0, 0.05)
    assert np.isclose(learned[0, 0], 0.71, atol=0.005)
    assert offered(bayesian(), before) == 2
    assert offered(bayesian(), replace(before, belief=learned)) == 4


def test_where_all_types_look_alike_nothing_is_learned_and_belief_does_not_matter() -> None:
    belief = np.array([[0.3, 0.7]])
    alike = np.stack([SOFT, SOFT])[None]
    assert np.allclose(posterior(belief, alike, np.array([[0, 3, 1]]), 5.0, 0.05), belief, atol=1e-15)
    sights = [replace(facing(p, discount=0.5), types=alike) for p in (0.0, 0.3, 1.0)]
    assert [offered(bayesian(), sight) for sight in sights] == [2, 2, 2]


@given(true=st.integers(0, 1), offers=st.lists(st.integers(0, 4), min_size=1, max_size=4))
def test_belief_moves_towards_the_type_that_offers_what_is_likelier_from_it(true: int, offers: list[int]) -> None:
    # law: where every offer heard is at least as likely from the true type, its probability doesn't fall
    types = np.stack([SOFT, TOUGH])
    likely = np.exp(types) / np.exp(types).sum(-1, keepdims=True)
    favourable = [package for package in offers if likely[true, package] >= likely[1 - true, package]]
    belief = np.array([[0.5, 0.5]])
    learned = posterior(belief, types[None], np.array([favourable], dtype=np.int64), 1.0, 0.05)
    assert learned[0, true] >= 0.5 - 1e-12


def test_a_patient_bayesian_waits_out_a_linear_bargainer() -> None:
    # it names 4; linear leaves 1 at .25, has 0 < 1 at the next, leaves 3 at .75: at the last offer that is accepted
    outcome = play(bayesian(), make("linear"), QUARTERS, table=cake(4))
    assert script(outcome) == [4, 1, 4, 3]
    assert outcome.package[0] == 3


def test_an_impatient_bayesian_settles_with_a_linear_bargainer_at_once() -> None:
    # it offers 1; linear would ask 3 at .25 and has been offered 3
    outcome = play(bayesian(), make("linear"), QUARTERS, table=cake(4), discount=(0.25, 0.25))
    assert script(outcome) == [1]
    assert outcome.package[0] == 1


@given(soft=st.floats(0, 1), left=st.integers(1, 6), discount=st.floats(0.05, 1), time=st.floats(0, 1))
def test_what_it_offers_to_settle_now_it_would_also_accept(
    soft: float, left: int, discount: float, time: float
) -> None:
    sight = facing(soft, left=left, discount=discount, time=time)
    package = offered(bayesian(), sight)
    assert package == NO_OFFER or taken(bayesian(), sight, package)
