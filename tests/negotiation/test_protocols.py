"""Protocols as plays derived on paper: demands and concessions at once, a mediator's text, a letter, a solution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pytest
from tests.negotiation.shared import CAKE, make, meet, standard

from tariffsim.errors import ConfigError
from tariffsim.negotiation.bargaining import Flags, Index, OfferStrategy, TalkSight, value_of
from tariffsim.negotiation.meeting import PROTOCOLS, History, Meeting, Outcome, Protocol
from tariffsim.negotiation.protocols.imposed import Imposed
from tariffsim.negotiation.protocols.monotonic_concession import MonotonicConcession
from tariffsim.negotiation.protocols.nash_demand import NashDemand
from tariffsim.negotiation.protocols.single_text import SingleText
from tariffsim.negotiation.protocols.ultimatum import Ultimatum
from tariffsim.negotiation.strategies.linear import Linear
from tariffsim.scenario.reading import read
from tariffsim.testing import sample_meeting

FIFTHS = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
# gains of both sides; the largest sum 10.8 is in row 0, the largest product 20 in row 1
FOUR = np.array([[9.0, 1.8], [8.0, 2.5], [6.5, 3.0], [4.0, 4.0]])


@dataclass(frozen=True)
class Scripted(OfferStrategy):
    """Says what it is told, one package a tenth of the window, and takes whatever beats disagreement."""

    sees: ClassVar[tuple[str, ...]] = ("own", "reservation", "time")
    stochastic: ClassVar[bool] = False
    source: ClassVar[str] = "test"

    script: tuple[int, ...]

    def propose(self, sight: TalkSight) -> Index:
        return np.array(self.script)[np.round(10 * sight.time).astype(np.int64)]

    def accepts(self, sight: TalkSight, offer: Index) -> Flags:
        return value_of(sight.own, offer) >= sight.reservation[:, None]


def linear(start: float = 0.0) -> Linear:
    return Linear(np.array([1.0]), np.array([start]))


def rounds(outcome: Outcome, parties: int = 2) -> list[list[int]]:
    """What was said in a world, round by round."""
    said = outcome.said.package[0]
    return said[said >= 0].reshape(-1, parties).tolist()  # type: ignore[no-any-return]


def drawn(meeting: Meeting, **channels: Sequence[float]) -> Meeting:
    """The meeting with draws by channel ("protocol", "side_0", "side_1") and offer number."""
    names = {"strategy/0": "side_0", "strategy/1": "side_1"}
    return replace(meeting, uniform=lambda name, k: np.array([channels[names.get(name, name)][k]]))


def three(table: npt.NDArray[np.float64], strategies: Sequence[OfferStrategy], times: Sequence[float]) -> Meeting:
    """Three parties on a table (Q, 3), all with D = 0; each knows the gain of whichever of the others gains least."""
    base = meet(strategies[:2], times, table=np.zeros((len(table), 2)))
    sights = []
    for side in range(3):
        least = table[:, [s for s in range(3) if s != side]].min(-1)
        sights.append(replace(base.sights[0], own=table[None, :, side], other=least[None], types=least[None, None]))
    return replace(base, strategies=tuple(strategies), sights=tuple(sights))


def conf(name: str, **params: object) -> Protocol:
    return read(PROTOCOLS.get(name), {**standard().protocols[name], **params})


# ------------------------------------------------------------------ all
CHANGES: dict[str, list[dict[str, Any]]] = {
    "agenda": [
        *({"implementation": name} for name in ("package", "issue_by_issue", "early_harvest")),
        {"order": [1, 0]},
    ],
    "imposed": [{"solution": name} for name in ("kalai_smorodinsky", "egalitarian", "utilitarian")],
    "monotonic_concession": [{"who_concedes": "zeuthen"}],
    "nash_demand": [{"width": 1.0}, {"width": 0.0}],
    "single_text": [{"temperature": 2.0}, {"votes": 3}, {"start": "middle"}],
    "ultimatum": [{"answer_share": 0.9}],
}
CASES = [(name, change) for name, changes in CHANGES.items() for change in changes]


@pytest.mark.parametrize(("name", "change"), CASES, ids=str)
def test_every_parameter_of_a_protocol_changes_some_agreement(name: str, change: dict[str, Any]) -> None:
    meeting = sample_meeting([make("linear", 200), make("conceder", 200)], 200)
    before, after = conf(name).run(meeting), conf(name, **change).run(meeting)
    assert (before.package != after.package).any()


def test_no_parameter_is_left_out() -> None:
    listed = {name: {key for change in changes for key in change} for name, changes in CHANGES.items()}
    declared = {name: {f.name for f in fields(PROTOCOLS.get(name))} for name in PROTOCOLS.names()}  # type: ignore[arg-type]
    assert listed == {name: params for name, params in declared.items() if params}


@pytest.mark.parametrize("name", sorted({"alternating_offers", *CHANGES}))
def test_two_and_three_parties_reach_agreements_in_many_worlds(name: str) -> None:
    for names in (["linear", "conceder"], ["conceder", "linear", "conceder"]):
        outcome = conf(name).run(sample_meeting([make(n, 100) for n in names], 100))
        assert outcome.agreed.sum() > 10


# ------------------------------------------------------------------ Nash demand
def test_demands_close_as_soon_as_some_package_meets_them_all() -> None:
    # both ask 5, 4, 3, 2 at 0, .2, .4, .6; the cake has 5: only 2 and 2 can be met, by packages 2 and 3, whose
    # products of gains are 6 and 6: the lower number
    outcome = NashDemand(width=0.0).run(meet([linear(), linear()], FIFTHS))
    assert rounds(outcome) == [[5, 0], [4, 1], [3, 2], [2, 3]]
    assert (outcome.package[0], outcome.proposer[0]) == (2, -1)


def test_incompatible_demands_close_with_a_chance_that_falls_with_the_share_that_is_missing() -> None:
    # both ask for 4; the middle package gives 3 to each and lacks a quarter of what was asked:
    # exp(-(.25 / .25)^2) = .368, exp(-(.25 / .2)^2) = .210
    table = np.array([[4.0, 1.0], [3.0, 3.0], [1.0, 4.0]])

    def signed(width: float, draw: float) -> int:
        meeting = meet([linear(), linear()], [0.0, 0.1], table=table, uniform=draw)
        return int(NashDemand(width).run(meeting).package[0])

    assert signed(0.25, 0.367) == 1
    assert signed(0.25, 0.369) == -1
    assert signed(0.2, 0.209) == 1
    assert signed(0.2, 0.211) == -1
    assert signed(0.0, 0.001) == -1


def test_of_packages_that_meet_all_demands_the_largest_product_of_gains_is_signed() -> None:
    # both demand 2 by naming rows 0 and 4; rows 1 to 3 give both more: products 8, 9 and 6
    table = np.array([[2.0, 0.0], [4.0, 2.0], [3.0, 3.0], [2.0, 3.0], [0.0, 2.0]])
    outcome = NashDemand(0.0).run(meet([Scripted((0,)), Scripted((4,))], [0.0, 0.1], table=table))
    assert outcome.package[0] == 2


def test_a_party_that_names_nothing_keeps_the_talks_open() -> None:
    outcome = NashDemand(10.0).run(meet([Scripted((-1, 5)), Scripted((2, 0))], [0.0, 0.1, 0.2], uniform=0.01))
    assert outcome.said.package[0].tolist() == [-1, 2, 5, 0]
    assert outcome.agreed[0]


@dataclass(frozen=True)
class Demand(OfferStrategy):
    """Names one package (W,)."""

    sees: ClassVar[tuple[str, ...]] = ()
    stochastic: ClassVar[bool] = False
    source: ClassVar[str] = "test"

    package: Index

    def propose(self, sight: TalkSight) -> Index:
        return self.package[:, None]

    def accepts(self, sight: TalkSight, offer: Index) -> Flags:
        return np.zeros(offer.shape, dtype=bool)


def equilibria(frontier: npt.NDArray[np.float64], width: float, draws: int) -> npt.NDArray[np.float64]:
    """Expected gains (E, 2) in the equilibria of one round over packages on a `frontier` (Q, 2), D = 0.

    Every pair of packages is named in a world of its own, and luck is the mean over evenly spread draws.
    """
    size = len(frontier)
    named = [a.reshape(-1) for a in np.indices((size, size))]
    meeting = meet([Demand(packages) for packages in named], [0.0, 0.1], table=frontier, worlds=size * size)
    total = np.zeros((size * size, 2))
    for draw in (np.arange(draws) + 0.5) / draws:
        played = NashDemand(width).run(_with_luck(meeting, np.full(size * size, draw)))
        total += np.where(played.agreed[:, None], frontier[np.maximum(played.package, 0)], 0.0)
    pay = total.reshape(size, size, 2) / draws
    best = (pay[..., 0] == pay[..., 0].max(0, keepdims=True)) & (pay[..., 1] == pay[..., 1].max(1, keepdims=True))
    return np.asarray(pay[best & (pay > 0).all(-1)])


def _with_luck(meeting: Meeting, luck: npt.NDArray[np.float64]) -> Meeting:
    return replace(meeting, uniform=lambda _channel, _k: luck)


def test_smoothing_leaves_only_equilibria_near_the_nash_solution() -> None:
    # frontier (x, 1 - x^2): the product x - x^3 is largest at x = 1 / sqrt(3): gains .577 and .667. Without smoothing
    # every split with gains for both is an equilibrium (39 of 41 packages); with a width that is wide against the grid
    # (steps of .025 in x) what is left is a step away at most
    x = np.linspace(0, 1, 41)
    frontier = np.stack([x, 1 - x**2], axis=-1)
    assert len(equilibria(frontier, 0.0, draws=1)) == 39
    left = equilibria(frontier, 0.2, draws=100)
    assert len(left) > 0
    assert np.abs(left[:, 0] - 1 / np.sqrt(3)).max() < 0.026
    assert np.abs(left[:, 1] - 2 / 3).max() < 0.03


# ------------------------------------------------------------------ monotonic concession
def test_proposals_come_closer_until_one_gives_what_the_other_asks() -> None:
    # as in the demand game; at .6 each offers the other 3 and asks 2: both proposals will do and a draw decides
    def play(draw: float, first: int = 0) -> Outcome:
        return MonotonicConcession("strategies").run(meet([linear(), linear()], FIFTHS, uniform=draw, first=first))

    assert rounds(play(0.4)) == [[5, 0], [4, 1], [3, 2], [2, 3]]
    assert [int(play(0.4).package[0]), int(play(0.6).package[0])] == [2, 3]
    assert [int(play(0.4, first=1).package[0]), int(play(0.6, first=1).package[0])] == [3, 2]


def test_a_round_in_which_nobody_concedes_ends_the_meeting() -> None:
    # 5 and 0; then nothing new: conflict, though both would have met in the fourth round
    outcome = MonotonicConcession("strategies").run(
        meet([Scripted((5, 5, 5, 2)), Scripted((0, 0, 0, 2))], [0.0, 0.1, 0.2, 0.3, 0.4])
    )
    assert rounds(outcome) == [[5, 0], [5, 0]]
    assert not outcome.agreed[0]


def test_a_concession_is_never_taken_back() -> None:
    # the first falls to 3, would like 4 again and is held to 3; the second comes to 2, then to 3
    outcome = MonotonicConcession("strategies").run(
        meet([Scripted((5, 3, 4, 4)), Scripted((0, 1, 2, 3))], [0.0, 0.1, 0.2, 0.3, 0.4])
    )
    assert rounds(outcome) == [[5, 0], [3, 1], [3, 2], [3, 3]]
    assert outcome.package[0] == 3


def test_proposals_of_an_earlier_meeting_still_stand() -> None:
    meeting = meet([Scripted((5, 5)), Scripted((3, 3))], [0.0, 0.1, 0.2])
    said = History.empty(1).add(np.array([[3, 1]]), np.array([[0, 1]]))
    outcome = MonotonicConcession("strategies").run(replace(meeting, history=said))
    assert rounds(outcome) == [[3, 3]]  # 5 would take back the 3 of before
    assert outcome.package[0] == 3


def test_with_zeuthen_who_risks_less_concedes_just_enough() -> None:
    # gains of packages 0 to 5 multiply to 0 4 6 6 4 0. 5 against 0: equal, so who opens concedes, to 4 (product 4);
    # now the second has the smaller product 0 and needs more than 4: package 2 (product 6); the first finds none
    # above 6 and takes it
    meeting = meet([linear(), linear()], FIFTHS)
    outcome = MonotonicConcession("zeuthen").run(meeting)
    assert rounds(outcome) == [[5, 0], [4, 0], [4, 2], [2, 2]]
    assert outcome.package[0] == 2
    assert MonotonicConcession("zeuthen").run(replace(meeting, first=np.array([1]))).package[0] == 3


@pytest.mark.parametrize("seed", range(20))
def test_zeuthen_ends_at_the_largest_nash_product_when_all_open_at_their_best(seed: int) -> None:
    # integers: products are exact
    values = np.random.default_rng(seed).integers(-3, 12, size=(25, 2)).astype(float)
    outcome = MonotonicConcession("zeuthen").run(
        meet([linear(), linear()], list(np.linspace(0, 0.5, 40)), table=values)
    )
    products = np.where((values >= 0).all(-1), values.prod(-1), -1.0)
    assert products.max() > 0
    assert products[outcome.package[0]] == products.max()


def test_zeuthen_is_for_two() -> None:
    strategies = [make("linear", 3)] * 3
    with pytest.raises(ConfigError, match=r"zeuthen compares two parties, got 3.*try who_concedes=strategies"):
        MonotonicConcession("zeuthen").run(sample_meeting(strategies, 3))


def test_three_concede_only_when_no_other_loses() -> None:
    # from row 0 the first may go to 2, where both others gain, but not to 1, where the third loses: it repeats itself
    table = np.array([[6.0, 1.0, 1.0], [5.0, 3.0, 0.0], [4.0, 2.0, 2.0], [3.0, 2.0, 1.0], [3.0, 3.0, 3.0]])

    def play(*first: int) -> Outcome:
        scripts = [Scripted(first), Scripted((1, 1, 1)), Scripted((4, 4, 4))]
        return MonotonicConcession("strategies").run(three(table, scripts, [0.0, 0.1, 0.2, 0.3]))

    assert rounds(play(0, 1, 4), 3) == [[0, 1, 4], [0, 1, 4]]
    # then to 4: the second asks for 3 by its row 1, the third for 3 by its row 4, and both have it there
    assert rounds(play(0, 2, 4), 3) == [[0, 1, 4], [2, 1, 4], [4, 1, 4]]
    assert play(0, 2, 4).package[0] == 4


# ------------------------------------------------------------------ single text
# two issues of 2 and 3 levels, package 3 a + b. Changes: a (draws below 1/3), b to its lower other level (to 2/3), or
# its higher one
TEXT = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, -1.0], [-1.0, 2.0], [3.0, 1.5], [0.0, 4.0]])


def mediated(protocol: SingleText, draws: Sequence[float], votes: float = 0.99, **kwargs: Any) -> Outcome:
    meeting = meet([linear(), linear()], list(np.linspace(0, 1, len(draws) + 1)), table=TEXT, **kwargs)
    parts = {"protocol": draws, "side_0": [votes] * len(draws), "side_1": [votes] * len(draws)}
    return protocol.run(replace(drawn(meeting, **parts), issues=(2, 3)))


def test_a_draft_is_changed_where_all_gain() -> None:
    # from 0: b to 2 (draw .9) gives (2, -1): the second votes no; b to 1 (.5) gives (1, 1): yes; a to 1 (.1) gives
    # (3, 1.5): yes; b to 0 (.5) gives (-1, 2): the first votes no
    outcome = mediated(SingleText(0.0, votes=4, start="status_quo"), [0.9, 0.5, 0.1, 0.5])
    assert outcome.said.package[0].tolist() == [0, 1, 4, 4]
    assert (outcome.said.mover == -1).all()
    assert (outcome.package[0], outcome.proposer[0]) == (4, -1)


def test_who_loses_votes_yes_at_times_while_the_talks_are_warm() -> None:
    # b to 2 costs the second 1. At time 0: exp(-1 / 1) = .368; at time .5 the temperature is .5: exp(-2) = .135
    warm = SingleText(1.0, votes=9, start="status_quo")
    assert mediated(warm, [0.9, 0.1], votes=0.367).said.package[0, 0] == 2
    assert mediated(warm, [0.9, 0.1], votes=0.369).said.package[0, 0] == 0
    assert mediated(warm, [0.7, 0.9], votes=0.1).said.package[0].tolist() == [2, 1]


def test_the_draft_is_signed_after_its_votes_once_it_beats_disagreement_for_all() -> None:
    # D = (.5, .5): the draft 0 can't be signed, 1 can
    early = mediated(SingleText(0.0, votes=1, start="status_quo"), [0.9, 0.5, 0.1], disagreement=(0.5, 0.5))
    assert early.said.package[0].tolist() == [0, 1]
    assert early.package[0] == 1
    late = mediated(SingleText(0.0, votes=3, start="status_quo"), [0.9, 0.5, 0.1], disagreement=(0.5, 0.5))
    assert late.package[0] == 4
    assert not mediated(SingleText(0.0, votes=4, start="status_quo"), [0.9, 0.5, 0.1]).agreed[0]


def test_the_mediator_starts_from_what_is_in_force_or_the_middle_and_goes_on_from_the_last_meeting() -> None:
    # middle levels of 2 and 3 are 1 and 1: package 4
    meeting = drawn(meet([linear(), linear()], [0.0, 0.1], table=TEXT), protocol=[0.5], side_0=[0.99], side_1=[0.99])
    meeting = replace(meeting, issues=(2, 3), reference=np.array([5]))

    def draft(start: str, at: Meeting) -> int:
        return int(SingleText(0.0, votes=9, start=start).run(at).said.package[0, -1])

    assert draft("status_quo", meeting) == 5  # to b = 1 the second would lose 2.5
    assert draft("middle", meeting) == 4
    earlier = replace(meeting, history=History.empty(1).add(np.array([[0, 1]]), np.array([[-1, -1]])))
    assert draft("middle", earlier) == 1  # from 1, b to 0 makes both lose


@pytest.mark.parametrize("seed", range(5))
def test_with_hill_climbers_no_draft_is_worse_than_the_one_before_for_anybody(seed: int) -> None:
    for names in (["linear"] * 2, ["linear"] * 3):
        meeting = sample_meeting([make(n, 50) for n in names], 50, seed, offers=12)
        said = SingleText(0.0, votes=100, start="status_quo").run(meeting).said.package
        path = np.concatenate([meeting.status_quo[:, None], said], axis=1)
        moved = 0
        for sight in meeting.sights:
            for world, drafts in enumerate(path):
                values = sight.own[world, drafts[drafts >= 0]]
                assert (np.diff(values) >= 0).all()
                moved += int((np.diff(values) > 0).sum())
        assert moved > 0


# ------------------------------------------------------------------ ultimatum
def test_the_sender_keeps_what_the_other_would_not_fight_for() -> None:
    # D of the second is 1.5: of a cake of 5 it must get 2, the sender keeps 3
    outcome = Ultimatum(0.0).run(meet([linear(), linear()], FIFTHS, disagreement=(0.0, 1.5)))
    assert (outcome.package[0], outcome.proposer[0]) == (3, 0)
    assert outcome.said.package[0].tolist() == [3]
    second = Ultimatum(0.0).run(meet([linear(), linear()], FIFTHS, disagreement=(0.0, 1.5), first=1))
    assert (second.package[0], second.proposer[0]) == (0, 1)


@pytest.mark.parametrize("seed", range(20))
def test_the_outcome_is_subgame_perfect_when_the_sender_knows_what_the_other_wants(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(8, 2)) - 0.7
    outcome = Ultimatum(0.0).run(meet([linear(), linear()], [0.0, 0.3], table=values))
    # backward induction: the second takes what is worth 0 or more, the first the best of that for itself, if it gains
    taken = np.where(values[:, 1] >= 0, values[:, 0], -np.inf)
    best = int(taken.argmax())
    assert outcome.package[0] == (best if taken[best] >= 0 else -1)


def test_a_letter_is_answered_by_its_date_and_never_again() -> None:
    # date: half the window. The second aspires to 5 (1 - s), s the share of the time to the date: 2.5 at the first
    # answer (next: .25 of .5), 0 at the second; the letter gives it 0
    meeting = meet([linear(), linear()], [0.0, 0.25, 0.5])
    assert Ultimatum(0.5).run(meeting).package[0] == 5
    short = replace(meeting, times=meeting.times[:, :2], offers_left=meeting.offers_left[:, :1])
    waiting = Ultimatum(0.5).run(short)
    assert (waiting.agreed[0], waiting.said.package[0].tolist()) == (False, [5])
    later = replace(short, times=meeting.times[:, 1:], history=waiting.said)
    answered = Ultimatum(0.5).run(later)
    assert (answered.package[0], answered.proposer[0]) == (5, 0)
    stubborn = replace(later, sights=(later.sights[0], replace(later.sights[1], reservation=np.array([1.0]))))
    refused = Ultimatum(0.5).run(stubborn)
    assert not refused.agreed[0]
    over = replace(later, history=waiting.said.add(refused.said.package, refused.said.mover))
    assert not Ultimatum(0.5).run(over).agreed[0]


def test_who_refuses_leaves_for_an_outside_option_above_disagreement() -> None:
    # the sender believes that D of the second is 0; it is 1
    def left(outside: float) -> int:
        meeting = meet([linear(), linear()], [0.0, 0.2])
        second = replace(meeting.sights[1], reservation=np.array([1.0]), outside=np.array([outside]))
        return int(Ultimatum(0.0).run(replace(meeting, sights=(meeting.sights[0], second))).left[0])

    assert left(0.9) == -1
    assert left(1.1) == 1


def test_a_letter_to_two_must_be_accepted_by_both() -> None:
    table = np.array([[5.0, 2.0, -1.0], [4.0, 1.0, 1.0], [3.0, 3.0, 3.0]])
    assert Ultimatum(0.0).run(three(table, [Scripted((0,))] * 3, [0.0, 0.1])).package[0] == -1
    assert Ultimatum(0.0).run(three(table, [linear()] * 3, [0.0, 0.1])).package[0] == 1


# ------------------------------------------------------------------ imposed
def test_each_solution_picks_its_own_package() -> None:
    # sums 10.8 10.5 9.5 8; products 16.2 20 19.5 16; smallest gains 1.8 2.5 3 4;
    # smallest shares of the ideal gains 9 and 4: .45 .625 .722 .444
    meeting = meet([linear(), linear()], [0.0, 0.1], table=FOUR)
    picks = ("utilitarian", "nash", "kalai_smorodinsky", "egalitarian")
    assert [int(Imposed(name).run(meeting).package[0]) for name in picks] == [0, 1, 2, 3]


def test_where_nothing_beats_disagreement_nothing_is_imposed() -> None:
    outcome = Imposed("nash").run(meet([linear(), linear()], [0.0, 0.1], disagreement=(3.0, 3.0)))
    assert (outcome.agreed[0], outcome.package[0]) == (False, -1)


@pytest.mark.parametrize("solution", ["nash", "kalai_smorodinsky", "egalitarian", "utilitarian"])
def test_what_is_imposed_is_efficient_by_everybodys_own_values(solution: str) -> None:
    for n in (2, 3):
        meeting = sample_meeting([make("linear", 60)] * n, 60)
        outcome = Imposed(solution).run(meeting)
        values = np.stack([s.own for s in meeting.sights], axis=-1)
        floor = np.stack([s.reservation for s in meeting.sights], axis=-1)
        got = np.take_along_axis(values, np.maximum(outcome.package, 0)[:, None, None], axis=1)
        dominated = ((values >= got).all(-1) & (values > got).any(-1)).any(-1)
        assert not (dominated & outcome.agreed).any()
        assert (outcome.agreed == (values >= floor[:, None]).all(-1).any(-1)).all()


def test_believing_wrongly_does_not_change_what_is_imposed() -> None:
    meeting = meet([linear(), linear()], [0.0, 0.1], table=CAKE)
    fooled = replace(meeting.sights[0], other=-meeting.sights[0].other, other_reservation=np.array([-9.0]))
    played = Imposed("nash").run(replace(meeting, sights=(fooled, meeting.sights[1])))
    assert played.package[0] == Imposed("nash").run(meeting).package[0]
