"""The checks for plug-ins find what is broken and say what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pytest

from tariffsim.negotiation.bargaining import (
    NO_OFFER,
    STRATEGIES,
    Drawn,
    Flags,
    Index,
    OfferStrategy,
    TalkSight,
    value_of,
)
from tariffsim.negotiation.each_world import each_world
from tariffsim.negotiation.escalating import Escalation, EscalationSight
from tariffsim.negotiation.escalation.match import Match
from tariffsim.negotiation.meeting import History, Meeting, Outcome, Protocol
from tariffsim.negotiation.protocols.alternating_offers import AlternatingOffers
from tariffsim.negotiation.rounds import put_on_record
from tariffsim.negotiation.strategies.boulware import Boulware
from tariffsim.scenario.reading import Uncertain, spec
from tariffsim.testing import check_escalation, check_protocol, check_strategy


@dataclass(frozen=True)
class Good(OfferStrategy):
    """The own best package; accepts whatever isn't worse than disagreement."""

    sees: ClassVar[tuple[str, ...]] = ("own", "reservation")
    stochastic: ClassVar[bool] = False
    source: ClassVar[str] = "this test"

    def propose(self, sight: TalkSight) -> Index:
        best = np.where(sight.own.max(-1) >= sight.reservation, sight.own.argmax(-1), NO_OFFER)
        return np.repeat(best[:, None], sight.time.shape[1], axis=1)

    def accepts(self, sight: TalkSight, offer: Index) -> Flags:
        return value_of(sight.own, offer) >= sight.reservation[:, None]


def writes(self: Good, sight: TalkSight) -> Index:
    sight.own[:] = np.sort(sight.own)
    return Good.propose(self, sight)


def counts(self: Good, sight: TalkSight) -> Index:
    said.append(1)
    return np.full(sight.time.shape, NO_OFFER if len(said) % 2 else Good.propose(self, sight))


def flips_a_coin(self: Good, sight: TalkSight) -> Index:
    return np.where(np.random.default_rng().uniform(size=sight.time.shape) < 0.5, Good.propose(self, sight), NO_OFFER)


def looks_at_the_neighbours(self: Good, sight: TalkSight) -> Index:
    return np.where(sight.reservation[:, None] >= sight.reservation.mean(), Good.propose(self, sight), NO_OFFER)


def peeks(self: Good, sight: TalkSight) -> Index:
    return np.where(sight.other.max(-1)[:, None] > 1, Good.propose(self, sight), NO_OFFER)


def looks_ahead(self: Good, sight: TalkSight) -> Index:
    return np.where(sight.time.max(-1)[:, None] < 0.5, Good.propose(self, sight), NO_OFFER)


def counts_empty_memory(self: Good, sight: TalkSight) -> Index:
    return Good.propose(self, sight) if sight.made.shape[1] < 6 else np.full(sight.time.shape, NO_OFFER)


def divides_by_zero(self: Good, sight: TalkSight) -> Index:
    return np.asarray(sight.own[:, :1] / 0.0 > 0, dtype=np.int64)


said: list[int] = []
BROKEN_PROPOSALS: dict[str, tuple[Callable[..., object], dict[str, object], str]] = {
    "it writes into its sight": (writes, {}, r"propose raised ValueError.*read-only.*work on a copy"),
    "it counts its calls": (counts, {}, "when asked twice"),
    "it has a generator of its own": (flips_a_coin, {}, "when asked twice"),
    "worlds mix": (looks_at_the_neighbours, {}, "worlds must not mix"),
    "it reads what it does not declare": (peeks, {}, "other matters to Broken, but sees does not name it"),
    "it reads what is later": (looks_ahead, {"sees": ("own", "reservation", "time")}, "moments interfere"),
    "it counts empty memory": (
        counts_empty_memory,
        {"sees": ("own", "reservation", "made")},
        "empty memory matters to Broken",
    ),
    "packages are floats": (lambda s, v: Good.propose(s, v) * 1.0, {}, "must return int64, got float64"),
    "packages are NaN": (lambda _, v: np.full(v.time.shape, np.nan), {}, "must return int64, got float64"),
    "moments are missing": (lambda s, v: Good.propose(s, v)[:, 0], {}, r"must return shape \(7, 4\), got \(7,\)"),
    "nothing is returned": (lambda _s, _v: None, {}, "must return an array, got NoneType"),
    "packages do not exist": (lambda _, v: np.full(v.time.shape, 12), {}, "packages run from 0 to 11"),
    "it divides by zero": (divides_by_zero, {}, "propose raised FloatingPointError"),
    "it offers what it would not want": (
        lambda _, v: np.repeat(v.own.argmin(-1)[:, None], v.time.shape[1], axis=1),
        {},
        r"Broken offers package \d+, worth -.*less than its own reservation value",
    ),
}


def broken(**changes: object) -> type[OfferStrategy]:
    return dataclass(frozen=True)(type("Broken", (Good,), {**changes, "__annotations__": {}}))


def test_a_good_strategy_passes_as_a_class_and_as_an_object() -> None:
    check_strategy(Good)
    check_strategy(Good())


@pytest.mark.parametrize("fault", BROKEN_PROPOSALS)
def test_a_strategy_is_found_out_if(fault: str) -> None:
    propose, declared, message = BROKEN_PROPOSALS[fault]
    with pytest.raises(AssertionError, match=message):
        check_strategy(broken(propose=propose, **declared))


ANSWERS: dict[str, tuple[Callable[..., object], str]] = {
    "it accepts anything": (lambda _s, _v, offer: offer >= 0, "Broken accepts package .*sight.reservation first"),
    "it answers in numbers": (lambda s, v, offer: Good.accepts(s, v, offer) * 1, "must return bool, got int64"),
    "it writes into the offer": (lambda _s, _v, offer: offer.sort(), "accepts raised ValueError.*read-only"),
}


@pytest.mark.parametrize("fault", ANSWERS)
def test_answers_are_found_out_if(fault: str) -> None:
    accepts, message = ANSWERS[fault]
    with pytest.raises(AssertionError, match=message):
        check_strategy(broken(accepts=accepts))


DECLARATIONS: dict[str, tuple[dict[str, object], str]] = {
    "no source": ({"source": " "}, "source is empty: name the paper"),
    "a field that no sight has": ({"sees": ("own", "reservation", "mood")}, r"sees names \['mood'\]"),
    "a text for a tuple": ({"sees": "own"}, "sees must be a tuple of names, got 'own'"),
    "chance that is not seen": ({"stochastic": True}, "stochastic is True, but sees does not name 'uniform'"),
    "chance that is not declared": ({"sees": ("own", "reservation", "uniform")}, "stochastic is False, but sees names"),
}


@pytest.mark.parametrize("fault", DECLARATIONS)
def test_declarations_are_found_out_with(fault: str) -> None:
    changes, message = DECLARATIONS[fault]
    with pytest.raises(AssertionError, match=message):
        check_strategy(broken(**changes))


class Undecorated(Good):
    firmness: Drawn = spec("share", low=0, high=1)


class Unfinished(OfferStrategy):
    sees: ClassVar[tuple[str, ...]] = ()


@pytest.mark.parametrize(
    ("plug", "message"),
    [
        (Undecorated, r"\['firmness'\] of Undecorated are no parameters yet: decorate it with @dataclass"),
        (Unfinished, "Unfinished lacks accepts, propose"),
        (Match, "Match does not derive from OfferStrategy"),
        (3, "3 is not an OfferStrategy: give a class or an object"),
        ("boulwar", "unknown strategy 'boulwar'. Did you mean 'boulware'"),
        (Boulware(np.ones(3), np.zeros(7)), r"exponent has shape \(3,\): give a number, or one for each of worlds=7"),
    ],
)
def test_what_is_no_strategy_is_refused(plug: Any, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        check_strategy(plug)


def test_uncertain_parameters_are_drawn() -> None:
    check_strategy(Boulware(Uncertain(0.1, 0.5), Uncertain(0.0, 0.2)))


@dataclass(frozen=True)
class MixesParameters(Good):
    margin: Drawn = spec("percent of GDP x years", low=0, high=1)

    def accepts(self, sight: TalkSight, offer: Index) -> Flags:
        return value_of(sight.own, offer) - sight.reservation[:, None] >= float(np.max(np.asarray(self.margin)))


def test_parameters_of_other_worlds_must_not_matter() -> None:
    check_strategy(MixesParameters(np.full(7, 0.2)))
    with pytest.raises(AssertionError, match=r"world \d alone answers.*reshape parameters to \(-1, 1\)"):
        check_strategy(MixesParameters)


# ---------------------------------------------------------------------- escalation rules
@dataclass(frozen=True)
class Answer(Escalation):
    """A rise for a rise."""

    sees: ClassVar[tuple[str, ...]] = ("other_rise",)
    stochastic: ClassVar[bool] = False
    source: ClassVar[str] = "this test"

    def wish(self, sight: EscalationSight) -> np.ndarray:
        return np.maximum(0.0, sight.other_rise)


WISHES: dict[str, tuple[Callable[..., object], str]] = {
    "it writes into its sight": (lambda _, v: np.clip(v.other_rise, 0, 1, out=v.other_rise), "read-only"),
    "wishes are NaN": (lambda _, v: np.where(v.other_rise > 0, np.nan, 0.0), "wish returns nan: wishes must be finite"),
    "wishes are whole numbers": (lambda _, v: v.other_rise.astype(int), "must return float64, got int64"),
    "worlds mix": (lambda _, v: v.other_rise - v.other_rise.mean(), r"world \d+ alone wishes"),
    "it reads what it does not declare": (lambda _, v: v.other_rise + v.stress, "stress matters to Broken"),
    "it has a generator of its own": (
        lambda _, v: v.other_rise + np.random.default_rng().uniform(size=len(v.other_rise)),
        "when asked twice",
    ),
}


@pytest.mark.parametrize("fault", WISHES)
def test_an_escalation_rule_is_found_out_if(fault: str) -> None:
    check_escalation(Answer)
    wish, message = WISHES[fault]
    with pytest.raises(AssertionError, match=message):
        check_escalation(type("Broken", (Answer,), {"wish": wish}))


def test_levels_that_are_no_numbers_are_found_out() -> None:
    levels = {"levels_between": lambda *_: np.array([np.nan])}
    with pytest.raises(AssertionError, match="levels_between must return finite add-ons"):
        check_escalation(type("Broken", (Answer,), levels))


# ---------------------------------------------------------------------- protocols
@dataclass(frozen=True)
class OneOffer(Protocol):
    """Who opens makes one offer."""

    meets: ClassVar[bool] = True
    source: ClassVar[str] = "this test"

    def run(self, meeting: Meeting) -> Outcome:
        plain = AlternatingOffers().run(_first_offer(meeting))
        return self.ended(meeting, plain)

    def ended(self, _meeting: Meeting, outcome: Outcome) -> Outcome:
        return outcome


def _first_offer(meeting: Meeting) -> Meeting:
    return replace(meeting, times=meeting.times[:, :2], offers_left=meeting.offers_left[:, :1])


def imposes(_: OneOffer, meeting: Meeting, outcome: Outcome) -> Outcome:
    worst = meeting.sights[0].own.argmin(-1)
    return Outcome.none(meeting.worlds).settled(outcome.agreed | True, worst)


def favours_the_first(_: OneOffer, meeting: Meeting, outcome: Outcome) -> Outcome:
    sights = meeting.sights
    rational = np.all([s.own >= s.reservation[:, None] for s in sights], axis=0)
    best = np.where(rational, sights[0].own, -np.inf).argmax(-1)
    return Outcome.none(meeting.worlds).settled(rational.any(-1), best)


def forgets_the_record(_: OneOffer, meeting: Meeting, outcome: Outcome) -> Outcome:
    return replace(outcome, said=History.empty(meeting.worlds))


def looks_at_the_length(_: OneOffer, meeting: Meeting, outcome: Outcome) -> Outcome:
    return outcome if meeting.offers < 10 else replace(Outcome.none(meeting.worlds), said=outcome.said)


def asks_for_later_draws(_: OneOffer, meeting: Meeting, outcome: Outcome) -> Outcome:
    meeting.uniform("protocol", meeting.offers)
    return outcome


def asks_for_draws_of_the_weather(_: OneOffer, meeting: Meeting, outcome: Outcome) -> Outcome:
    meeting.uniform("weather", 0)
    return outcome


def sorts_what_it_is_given(_: OneOffer, meeting: Meeting, outcome: Outcome) -> Outcome:
    meeting.sights[0].own.sort()
    return outcome


def closes_if_most_agree(_: OneOffer, meeting: Meeting, outcome: Outcome) -> Outcome:
    return outcome if outcome.agreed.all() or len(outcome.agreed) == 1 else Outcome.none(meeting.worlds)


def tosses_a_coin(_: OneOffer, meeting: Meeting, outcome: Outcome) -> Outcome:
    leaver = np.random.default_rng().integers(0, meeting.parties, meeting.worlds)
    return replace(outcome, left=np.where(outcome.agreed, -1, leaver))


def blames_the_first(_: OneOffer, _meeting: Meeting, outcome: Outcome) -> Outcome:
    return replace(outcome, left=np.where(outcome.agreed, -1, 0))


def repeats_itself(_: OneOffer, meeting: Meeting, outcome: Outcome) -> Outcome:
    nobody = np.full((meeting.worlds, 1), -1)
    late, _history = put_on_record(
        outcome, outcome.said, np.zeros((meeting.worlds, 1), dtype=np.int64), nobody, outcome.agreed
    )
    return late


ENDINGS: dict[str, tuple[Callable[..., object], str]] = {
    "it signs what a party does not want": (imposes, "signs what it values below disagreement; ask everybody_accepts"),
    "one side is favoured": (favours_the_first, "relabelling the parties changes the agreement"),
    "the record is lost": (forgets_the_record, "not the last offer on record; add every offer to said"),
    "the record goes on": (repeats_itself, "not the last offer on record"),
    "it looks at the length": (looks_at_the_length, "in a meeting of 12 offers something else is agreed.*looks ahead"),
    "it asks for later draws": (asks_for_later_draws, "draw 8 was asked for; in a meeting of 8 offers"),
    "it asks for unknown draws": (asks_for_draws_of_the_weather, "there are no draws called 'weather'; ask for one of"),
    "it writes into a sight": (sorts_what_it_is_given, "run raised ValueError.*read-only"),
    "worlds mix": (closes_if_most_agree, r"world \d alone and in a batch, has agreed"),
    "it has a generator of its own": (tosses_a_coin, "(asked twice|alone and in a batch), has left"),  # by chance
    "the first is blamed": (blames_the_first, "relabelling the parties does not relabel left"),
    "agreements are numbers": (lambda _s, _m, o: replace(o, agreed=o.agreed * 1), "as agreed, must return bool"),
    "packages do not exist": (lambda _s, _m, o: replace(o, package=o.package + 12), r"package is \[.*\], allowed are"),
    "nobody agrees on something": (
        lambda _s, _m, o: replace(o, package=np.maximum(o.package, 0)),
        "package must be -1 exactly where nothing was agreed",
    ),
    "nothing is returned": (lambda _s, _m, _o: None, "run must return an Outcome, got NoneType"),
}


def test_a_good_protocol_passes_as_a_class_and_as_an_object() -> None:
    check_protocol(OneOffer)
    check_protocol(OneOffer(), ["hardliner", Good])


@pytest.mark.parametrize("fault", ENDINGS)
def test_a_protocol_is_found_out_if(fault: str) -> None:
    ended, message = ENDINGS[fault]
    with pytest.raises(AssertionError, match=message):
        check_protocol(type("Broken", (OneOffer,), {"ended": ended}), [Good, "hardliner"])


def test_a_protocol_that_does_not_meet_agrees_on_nothing() -> None:
    with pytest.raises(AssertionError, match="says that nobody meets, but somebody agrees"):
        check_protocol(type("Broken", (OneOffer,), {"meets": False}))


def test_a_protocol_says_whether_anybody_meets() -> None:
    with pytest.raises(AssertionError, match=r"Broken.meets must be True or False"):
        check_protocol(type("Broken", (OneOffer,), {"meets": None}))


def test_strategies_of_a_check_may_be_scalar_rules() -> None:
    check_protocol("alternating_offers", [each_world(Patient(0.5)), "boulware"])


@dataclass(frozen=True)
class Patient:
    """Accepts a share of the way from disagreement to its best package."""

    sees: ClassVar[tuple[str, ...]] = ("own", "reservation")
    stochastic: ClassVar[bool] = False
    source: ClassVar[str] = "this test"

    share: float = spec("share", low=0, high=1)

    def propose(self, sight: Any) -> int | None:
        return int(sight.own.argmax()) if sight.own.max() >= sight.reservation else None

    def accepts(self, sight: Any, offer: int) -> bool:
        top = max(float(sight.own.max()), sight.reservation)
        return bool(sight.own[offer] >= sight.reservation + self.share * (top - sight.reservation))


def test_registered_names_are_looked_up() -> None:
    assert "boulware" in STRATEGIES.names()
    check_strategy("boulware", samples=1)
    check_escalation("match")
