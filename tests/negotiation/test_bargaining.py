"""Time-dependent strategies and alternating offers, as plays derived on paper."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from tests.negotiation.shared import make, meet, seat

from tariffsim.negotiation.bargaining import NO_OFFER, best_for_other
from tariffsim.negotiation.concession import TimeDependent
from tariffsim.negotiation.meeting import History
from tariffsim.negotiation.protocols.alternating_offers import AlternatingOffers
from tariffsim.negotiation.strategies.boulware import Boulware
from tariffsim.negotiation.strategies.conceder import Conceder
from tariffsim.negotiation.strategies.linear import Linear


def linear(start: float = 0.0) -> Linear:
    return Linear(np.array([1.0]), np.array([start]))


def asked(strategy: TimeDependent, time: float, disagreement: float = 0.0) -> int:
    return int(strategy.propose(seat(0, time=time, disagreement=(disagreement, 0.0)))[0, 0])


def test_linear_asks_for_what_is_left_of_its_range() -> None:
    # target 5 (1 - t): 5 at 0, 3 at .4, 2.5 at .5 (so the package worth 3), 0 at 1
    assert [asked(linear(), t) for t in (0.0, 0.4, 0.5, 1.0)] == [5, 3, 3, 0]


def test_boulware_holds_out_and_conceder_gives_in() -> None:
    # at half time: beta .2 has alpha .5^5 = 1/32, target 4.84; beta 5 has alpha .5^.2 = .87, target .65
    assert asked(Boulware(np.array([0.2]), np.array([0.0])), 0.5) == 5
    assert asked(Conceder(np.array([5.0]), np.array([0.0])), 0.5) == 1


def test_a_start_above_zero_is_conceded_at_once() -> None:
    assert asked(linear(start=0.4), 0.0) == 3  # target 5 (1 - .4) = 3


def test_acceptance_looks_at_the_own_next_target() -> None:
    # at .6 the next target is 2: an offer of 2 is taken, 1 is not
    view = seat(0, time=0.4, later=0.6)
    assert linear().accepts(view, np.array([[2]]))[0, 0]
    assert not linear().accepts(view, np.array([[1]]))[0, 0]


def test_nothing_below_disagreement_is_offered_or_taken() -> None:
    assert asked(linear(), 1.0, disagreement=6.0) == NO_OFFER
    assert not linear().accepts(seat(0, later=1.0, disagreement=(2.5, 0.0)), np.array([[2]]))[0, 0]


def test_two_linear_bargainers_split_the_cake_when_their_targets_cross() -> None:
    # times 0, .2, .4, .6: the first asks 5, the second asks 4 for itself (gives 1), the first asks 3 (gives 2);
    # the second's next target at .6 is 2, so it accepts: 3 to 2
    outcome = AlternatingOffers().run(meet([linear(), linear()], [0.0, 0.2, 0.4, 0.6, 0.8]))
    assert outcome.agreed[0]
    assert outcome.package[0] == 3
    assert outcome.proposer[0] == 0
    assert outcome.said.package[0, -3:].tolist() == [5, 1, 3]
    assert outcome.said.mover[0, -3:].tolist() == [0, 1, 0]


def test_swapping_who_opens_mirrors_the_outcome() -> None:
    outcome = AlternatingOffers().run(meet([linear(), linear()], [0.0, 0.2, 0.4, 0.6, 0.8], first=1))
    assert outcome.package[0] == 2
    assert outcome.proposer[0] == 1


def test_a_meeting_that_breaks_up_ends_without_agreement() -> None:
    setting = meet([linear(), linear()], [0.0, 0.2, 0.4, 0.6, 0.8], breakdown=0.5, uniform=0.1)
    outcome = AlternatingOffers().run(setting)
    assert not outcome.agreed[0]
    assert outcome.package[0] == -1
    assert outcome.said.package[0].tolist().count(-1) == len(outcome.said.package[0]) - 1  # one offer was made


def test_a_refusing_party_leaves_for_an_outside_option_that_beats_what_it_would_ask() -> None:
    # refusing at the opening, the second would itself ask 5: it stays for an outside option of 4.9, leaves for 5.1
    def left(outside: float) -> int:
        setting = meet([linear(), linear()], [0.0, 0.2])
        second = replace(setting.sights[1], outside=np.array([outside]))
        return int(AlternatingOffers().run(replace(setting, sights=(setting.sights[0], second))).left[0])

    assert left(4.9) == -1
    assert left(5.1) == 1


def test_among_packages_worth_the_target_the_best_for_the_other_is_found_and_ties_go_to_the_own_value() -> None:
    own = np.array([[3.0, 2.0, 1.0, 2.5]])
    other = np.array([[0.0, 4.0, 4.0, 4.0]])
    # worth 1 or more: packages 1, 2, 3 give the other 4; of these 3 is worth most to the mover
    found = best_for_other(own, other, np.array([[3.5, 3.0, 2.6, 2.2, 1.0]]))
    assert found[0].tolist() == [NO_OFFER, 0, 0, 3, 3]


def test_a_shared_table_and_its_copies_give_the_same_offers() -> None:
    rng = np.random.default_rng(3)
    own, other = rng.normal(size=(2, 1, 40))
    target = rng.normal(size=(9, 6))
    copied = best_for_other(np.repeat(own, 9, axis=0), np.repeat(other, 9, axis=0), target)
    assert (best_for_other(own, other, target) == copied).all()


def test_history_keeps_offers_in_order_and_skips_silence() -> None:
    said = History.empty(2).add(np.array([[4, 1], [3, -1]]), np.array([[0, 1], [0, 1]]))
    said = said.add(np.array([[-1, 2], [5, -1]]), np.array([[0, 1], [1, 0]]))
    assert said.package.tolist() == [[-1, 4, 1, 2], [-1, -1, 3, 5]]
    assert said.by(0)[:, -2:].tolist() == [[-1, 4], [-1, 3]]
    assert said.heard_by(0)[:, -2:].tolist() == [[1, 2], [-1, 5]]


def test_conf_parameters_make_every_time_dependent_strategy() -> None:
    assert make("boulware").exponent < make("linear").exponent < make("conceder").exponent  # type: ignore[attr-defined]
