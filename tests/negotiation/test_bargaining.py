"""Offer strategies and alternating offers, as plays derived on paper, and contracts over every registered one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tariffsim.negotiation.bargaining import NO_OFFER, STRATEGIES, OfferStrategy, TalkSight
from tariffsim.negotiation.meeting import PROTOCOLS, Meeting
from tariffsim.negotiation.protocols.alternating_offers import AlternatingOffers
from tariffsim.negotiation.strategies.boulware import Boulware
from tariffsim.negotiation.strategies.conceder import Conceder
from tariffsim.negotiation.strategies.linear import Linear
from tariffsim.scenario.loading import load_scenario
from tariffsim.scenario.reading import read

# A cake cut in fifths: package k gives the first party k and the second 5 - k; both have D = 0
FIRST = np.arange(6.0)
SECOND = 5 - FIRST


def sight(side: int, time: float = 0.0, later: float = 0.0, worlds: int = 1, reservation: float = 0.0) -> TalkSight:
    own, other = (FIRST, SECOND) if side == 0 else (SECOND, FIRST)
    return TalkSight(
        own=np.tile(own, (worlds, 1)),
        other=np.tile(other, (worlds, 1)),
        reservation=np.full(worlds, reservation),
        other_reservation=np.full(worlds, reservation),
        time=np.full(worlds, time),
        next_time=np.full(worlds, later),
    )


def linear(start: float = 0.0) -> Linear:
    return Linear(np.array([1.0]), np.array([start]))


def make(name: str, worlds: int = 1) -> OfferStrategy:
    strategy = read(STRATEGIES.get(name), load_scenario().strategies[name])
    return strategy.drawn(lambda _, uncertain: np.full(worlds, uncertain.middle))


def test_linear_asks_for_what_is_left_of_its_range() -> None:
    # target 5 (1 - t): 5 at 0, 3 at .4, 2.5 at .5 (so the package worth 3), 0 at 1
    offers = [int(linear().propose(sight(0, t))[0]) for t in (0.0, 0.4, 0.5, 1.0)]
    assert offers == [5, 3, 3, 0]


def test_boulware_holds_out_and_conceder_gives_in() -> None:
    # at half time: beta .2 has alpha .5^5 = 1/32, target 4.84; beta 5 has alpha .5^.2 = .87, target .65
    assert Boulware(np.array([0.2]), np.array([0.0])).propose(sight(0, 0.5))[0] == 5
    assert Conceder(np.array([5.0]), np.array([0.0])).propose(sight(0, 0.5))[0] == 1


def test_a_start_above_zero_is_conceded_at_once() -> None:
    assert linear(start=0.4).propose(sight(0, 0.0))[0] == 3  # target 5 (1 - .4) = 3


def test_acceptance_looks_at_the_own_next_target() -> None:
    # at .6 the next target is 2: an offer of 2 is taken, 1 is not
    strategy = linear()
    view = sight(0, 0.4, 0.6)
    assert strategy.accepts(view, np.array([2]))[0]
    assert not strategy.accepts(view, np.array([1]))[0]


def test_nothing_below_the_war_path_is_offered_or_taken() -> None:
    strategy = linear()
    assert strategy.propose(sight(0, 1.0, 1.0, reservation=6.0))[0] == NO_OFFER
    assert not strategy.accepts(sight(0, 1.0, 1.0, reservation=2.5), np.array([2]))[0]


def meeting(first: int, time: list[float], offers: int, worlds: int = 1, uniform: float = 0.9) -> Meeting:
    def at(k: int) -> tuple[TalkSight, TalkSight]:
        now, later = time[k], time[k + 1]
        return sight(0, now, later, worlds), sight(1, now, later, worlds)

    strategies = (linear(), linear())
    return Meeting(strategies, at, np.full(worlds, first), offers, lambda _: np.full(worlds, uniform))


def test_two_linear_bargainers_split_the_cake_when_their_targets_cross() -> None:
    # times 0, .2, .4, .6: the first asks 5, the second asks 4 for itself (gives 1), the first asks 3 (gives 2);
    # the second's next target at .6 is 2, so it accepts: 3 to 2
    outcome = AlternatingOffers(0.0).run(meeting(0, [0.0, 0.2, 0.4, 0.6, 0.8], 4))
    assert outcome.agreed[0]
    assert outcome.package[0] == 3
    assert outcome.proposer[0] == 0


def test_swapping_who_opens_mirrors_the_outcome() -> None:
    outcome = AlternatingOffers(0.0).run(meeting(1, [0.0, 0.2, 0.4, 0.6, 0.8], 4))
    assert outcome.package[0] == 2
    assert outcome.proposer[0] == 1


def test_a_meeting_that_breaks_up_ends_without_agreement() -> None:
    outcome = AlternatingOffers(0.5).run(meeting(0, [0.0, 0.2, 0.4, 0.6, 0.8], 4, uniform=0.1))
    assert not outcome.agreed[0]
    assert outcome.package[0] == -1


@pytest.mark.parametrize("name", STRATEGIES.names())
def test_a_strategy_in_a_batch_is_the_strategy_alone(name: str) -> None:
    rng = np.random.default_rng(1)
    own, other = rng.normal(size=(2, 7, 12))
    fixed = rng.normal(size=(2, 7)) - 1
    time = np.linspace(0, 0.9, 7)
    view = TalkSight(own, other, fixed[0], fixed[1], time, time + 0.1)
    strategy = make(name, 7)
    offers = strategy.propose(view)
    answers = strategy.accepts(view, np.maximum(offers, 0))
    for k in range(7):
        alone = TalkSight(*(np.asarray(getattr(view, f))[k : k + 1] for f in TalkSight.__dataclass_fields__))
        single = strategy.of(np.array([k]))
        assert single.propose(alone)[0] == offers[k]
        assert single.accepts(alone, np.maximum(offers[k : k + 1], 0))[0] == answers[k]


@pytest.mark.parametrize("name", STRATEGIES.names())
def test_what_a_strategy_does_not_see_cannot_matter(name: str) -> None:
    strategy = make(name)
    view = sight(0, 0.3, 0.4)
    unseen = [f for f in TalkSight.__dataclass_fields__ if f not in strategy.sees]
    other = replace(view, **{f: np.full_like(getattr(view, f), 9.0) for f in unseen})
    assert strategy.propose(view)[0] == strategy.propose(other)[0]
    assert strategy.source
    assert set(strategy.sees) <= set(TalkSight.__dataclass_fields__)


@pytest.mark.parametrize("name", PROTOCOLS.names())
def test_worlds_that_have_closed_stay_as_they_are(name: str) -> None:
    protocol = read(PROTOCOLS.get(name), load_scenario().protocols[name])
    short = protocol.run(meeting(0, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.0], 4, worlds=3))
    longer = protocol.run(meeting(0, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.0], 6, worlds=3))
    assert (longer.package[short.agreed] == short.package[short.agreed]).all()
    assert (longer.agreed >= short.agreed).all()
    assert protocol.source
