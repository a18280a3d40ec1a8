"""Somewhere else to go: an outside option bounds what is signed under every protocol, and where it does not bind it
changes nothing. Each play is derived on paper, once with an option that binds and once with one that is slack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from tests.negotiation.shared import CAKE, make, meet
from tests.negotiation.test_protocols import FIFTHS, FOUR, TEXT, Scripted, drawn, linear, rounds

from tariffsim.negotiation.bargaining import OfferStrategy
from tariffsim.negotiation.meeting import Meeting, Outcome
from tariffsim.negotiation.protocols.agenda import Agenda
from tariffsim.negotiation.protocols.alternating_offers import AlternatingOffers
from tariffsim.negotiation.protocols.imposed import Imposed
from tariffsim.negotiation.protocols.monotonic_concession import MonotonicConcession
from tariffsim.negotiation.protocols.nash_demand import NashDemand
from tariffsim.negotiation.protocols.no_talks import NoTalks
from tariffsim.negotiation.protocols.single_text import SingleText
from tariffsim.negotiation.protocols.ultimatum import Ultimatum

NOWHERE = -np.inf


def with_options(
    meeting: Meeting, outside: Sequence[float] = (NOWHERE, NOWHERE), inside: Sequence[float] = (0.0, 0.0)
) -> Meeting:
    """The meeting of two who know each other's options."""
    sights = [
        replace(
            sight,
            outside=np.array([outside[side]]),
            other_outside=np.array([outside[1 - side]]),
            inside=np.array([inside[side]]),
            other_inside=np.array([inside[1 - side]]),
        )
        for side, sight in enumerate(meeting.sights)
    ]
    return replace(meeting, sights=tuple(sights))


def pair(
    one: OfferStrategy | None = None,
    other: OfferStrategy | None = None,
    *,
    times: Sequence[float] = FIFTHS,
    outside: Sequence[float] = (NOWHERE, NOWHERE),
    inside: Sequence[float] = (0.0, 0.0),
    **kwargs: object,
) -> Meeting:
    """Two linear bargainers over a cake of 5 who both have 0 without agreement, unless told otherwise."""
    strategies = [one or linear(), other or linear()]
    return with_options(meet(strategies, times, **kwargs), outside, inside)  # type: ignore[arg-type]


def same(one: Outcome, two: Outcome) -> bool:
    """Whether two meetings went the same way."""
    names = ("agreed", "package", "proposer", "left")
    return all((getattr(one, name) == getattr(two, name)).all() for name in names) and bool(
        (one.said.package == two.said.package).all()
    )


# ------------------------------------------------------------------ alternating offers
def test_in_alternating_offers_nobody_accepts_or_asks_for_less_than_its_outside_option() -> None:
    # targets 5 (1 - t), offers to the second 0, 4, 2: it takes the 2 at .4, being content with 5 (1 - .6) = 2.
    # With 2.5 elsewhere it refuses, stays as it would ask 3, and at .6 asks 3 and not 2; the first wants 1 and takes 2
    free = AlternatingOffers().run(pair())
    assert (free.package[0], free.proposer[0]) == (3, 0)
    bound = AlternatingOffers().run(pair(outside=(NOWHERE, 2.5)))
    assert (bound.package[0], bound.proposer[0], bound.left[0]) == (2, 1, -1)
    assert same(AlternatingOffers().run(pair(outside=(NOWHERE, 2.0))), free)


def test_what_the_time_between_offers_brings_keeps_a_party_at_the_table() -> None:
    # refusing at the opening the second would ask 5: 5.1 elsewhere is better, but not than 5 and .2 meanwhile
    assert AlternatingOffers().run(pair(times=[0.0, 0.2], outside=(NOWHERE, 5.1))).left[0] == 1
    stays = AlternatingOffers().run(pair(times=[0.0, 0.2], outside=(NOWHERE, 5.1), inside=(0.0, 0.2)))
    assert stays.left[0] == -1


def test_nobody_leaves_for_less_than_disagreement() -> None:
    # nothing on the table is worth the 6 of disagreement to the second: it names nothing, and stays for it
    silent = Scripted((-1,))
    poor = pair(Scripted((5,)), silent, times=[0.0, 0.1], outside=(NOWHERE, 5.9), disagreement=(0.0, 6.0))
    rich = pair(Scripted((5,)), silent, times=[0.0, 0.1], outside=(NOWHERE, 6.1), disagreement=(0.0, 6.0))
    assert AlternatingOffers().run(poor).left[0] == -1
    assert AlternatingOffers().run(rich).left[0] == 1


# ------------------------------------------------------------------ ultimatum
def test_an_ultimatum_offers_the_outside_option_and_not_a_share_of_what_is_above_it() -> None:
    # one letter: the second takes what is worth its option of 1.5, so 2 of 5 and not 1.5 + half of 3.5
    def letter(option: float) -> int:
        rational = [make("rubinstein"), make("rubinstein")]
        return int(Ultimatum(0.0).run(pair(*rational, outside=(NOWHERE, option))).package[0])

    assert [letter(NOWHERE), letter(0.0), letter(1.5)] == [5, 5, 3]


def test_an_ultimatum_below_the_outside_option_is_refused_and_never_sent() -> None:
    # a linear sender overlooks the option of the second and sends 5, which leaves it 0
    refused = Ultimatum(0.0).run(pair(outside=(NOWHERE, 1.5)))
    assert (refused.agreed[0], refused.left[0]) == (False, 1)
    assert same(Ultimatum(0.0).run(pair(outside=(NOWHERE, -1.0))), Ultimatum(0.0).run(pair()))
    # who would send 1, with 2.5 elsewhere, sends 3
    sent = Ultimatum(0.0).run(pair(Scripted((1,)), Scripted((1,)), times=[0.0, 0.1], outside=(2.5, NOWHERE)))
    assert sent.said.package[0].tolist() == [3]


# ------------------------------------------------------------------ Nash demand
def test_a_demand_below_the_outside_option_is_never_made() -> None:
    # demands 5, 4, 3, 2 each; at .6 both ask 2 and the lower of two even products is signed. With 2.5 elsewhere the
    # first asks 3 then, and 3 + 2 is the cake
    free = NashDemand(0.0).run(pair())
    assert free.package[0] == 2
    bound = NashDemand(0.0).run(pair(outside=(2.5, NOWHERE)))
    assert rounds(bound) == [[5, 0], [4, 1], [3, 2], [3, 3]]
    assert bound.package[0] == 3
    assert same(NashDemand(0.0).run(pair(outside=(2.0, NOWHERE))), free)


def test_who_has_come_down_to_its_outside_option_leaves_after_a_failed_round() -> None:
    # with 4.5 elsewhere: 5 is asked at 0; at .2 the plan is 4, asked is 5 again, and after that round there is nothing
    # better to hope for. If both have 4.5 who opens goes first
    left = NashDemand(0.0).run(pair(outside=(4.5, NOWHERE)))
    assert rounds(left) == [[5, 0], [5, 1]]
    assert left.left[0] == 0
    assert NashDemand(0.0).run(pair(outside=(4.5, 4.5), first=1)).left[0] == 1


def test_a_gap_between_demands_is_never_closed_below_an_outside_option() -> None:
    # both ask for 4; of rows 0, 1, 2 the middle one is nearest (3 each) and signed on a lucky draw, unless the first
    # has 3.5 elsewhere: then only its own row 0 is left, which lacks three quarters of what the second asked
    table = np.array([[4.0, 1.0], [3.0, 3.0], [1.0, 4.0]])

    def signed(option: float) -> int:
        return int(
            NashDemand(1.0).run(pair(times=[0.0, 0.1], table=table, uniform=0.3, outside=(option, 0.0))).package[0]
        )

    assert [signed(NOWHERE), signed(3.0), signed(3.5)] == [1, 1, 0]


# ------------------------------------------------------------------ monotonic concession
def test_nobody_concedes_below_its_outside_option() -> None:
    # as in the demand game; at .6 the draw takes the proposal of who opens. With 2.5 elsewhere the first stays at 3,
    # and the second comes to it
    rules = MonotonicConcession("strategies")
    free = rules.run(pair(uniform=0.4))
    assert free.package[0] == 2
    bound = rules.run(pair(uniform=0.4, outside=(2.5, NOWHERE)))
    assert rounds(bound) == [[5, 0], [4, 1], [3, 2], [3, 3]]
    assert bound.package[0] == 3
    assert same(rules.run(pair(uniform=0.4, outside=(2.0, NOWHERE))), free)


def test_who_can_concede_no_further_leaves_when_nobody_concedes() -> None:
    # the second repeats 0; at .2 the first would go to 4 and has 4.5 elsewhere: nobody concedes. With 3.5 it goes to 4
    stubborn = Scripted((0,) * 11)
    rules = MonotonicConcession("strategies")
    left = rules.run(pair(other=stubborn, times=FIFTHS[:3], outside=(4.5, NOWHERE)))
    assert (rounds(left), left.left[0]) == ([[5, 0], [5, 0]], 0)
    assert rules.run(pair(other=stubborn, times=FIFTHS[:3], outside=(3.5, NOWHERE))).left[0] == -1


def test_under_zeuthen_the_outside_option_bounds_concessions_and_leaves_risk_limits_alone() -> None:
    # products of gains 0 4 6 6 4 0. Free: 5 0, 4 0, 4 2, 2 2. With 2.5 elsewhere package 2 is not to be had: the second
    # gets past the product of 4 by 3 only, and the first, which finds no product above 6, takes it
    rules = MonotonicConcession("zeuthen")
    bound = rules.run(pair(outside=(2.5, NOWHERE)))
    assert rounds(bound) == [[5, 0], [4, 0], [4, 3], [3, 3]]
    assert bound.package[0] == 3
    assert same(rules.run(pair(outside=(2.0, NOWHERE))), rules.run(pair()))


# ------------------------------------------------------------------ single text
def mediated(votes: int, outside: Sequence[float]) -> Outcome:
    """Drafts 0, 1 and 4, worth (0, 0), (1, 1) and (3, 1.5), by hill climbers with .5 without agreement."""
    meeting = meet([linear(), linear()], [0.0, 0.3, 0.6, 1.0], table=TEXT, disagreement=(0.5, 0.5))
    meeting = drawn(meeting, protocol=[0.9, 0.5, 0.1], side_0=[0.99] * 3, side_1=[0.99] * 3)
    return SingleText(0.0, votes=votes, start="status_quo").run(replace(with_options(meeting, outside), issues=(2, 3)))


def test_a_text_below_an_outside_option_is_not_signed() -> None:
    # the second draft beats disagreement; with 2 elsewhere the first waits for the third
    free = mediated(1, (NOWHERE, NOWHERE))
    assert free.package[0] == 1
    assert mediated(1, (2.0, NOWHERE)).package[0] == 4
    assert same(mediated(1, (1.0, NOWHERE)), free)


def test_who_has_waited_for_the_text_in_vain_leaves() -> None:
    # the last draft is worth 1.5 to the second
    waited = mediated(1, (NOWHERE, 2.0))
    assert (waited.agreed[0], waited.left[0]) == (False, 1)
    assert mediated(1, (NOWHERE, 0.4)).left[0] == -1


# ------------------------------------------------------------------ imposed
def imposed(solution: str, outside: Sequence[float], **kwargs: object) -> Outcome:
    meeting = meet([linear(), linear()], [0.0, 1.0], table=FOUR, discount=(0.9, 0.9))
    return Imposed(solution).run(with_options(meeting, outside, **kwargs))  # type: ignore[arg-type]


def test_an_outside_option_bounds_the_nash_solution_and_does_not_move_its_disagreement_point() -> None:
    # products of gains 16.2, 20, 19.5, 16. With 2 elsewhere the second has 2.5 in row 1 already, and stays there; if 2
    # were its disagreement point, products would be -1.8, 4, 6.5, 8. With 2.8 the best product is in row 2
    free = imposed("nash", (NOWHERE, NOWHERE))
    assert free.package[0] == 1
    assert same(imposed("nash", (NOWHERE, 2.0)), free)
    assert imposed("nash", (NOWHERE, 2.8)).package[0] == 2
    assert imposed("nash", (NOWHERE, 3.5)).package[0] == 3


def test_an_inside_option_moves_the_disagreement_point() -> None:
    # .2 an offer for ever at .9 is .2 / .1 = 2: the products above, 8 in row 3
    assert imposed("nash", (NOWHERE, NOWHERE), inside=(0.0, 0.2)).package[0] == 3


@pytest.mark.parametrize(
    ("solution", "row"), [("nash", 1), ("kalai_smorodinsky", 2), ("egalitarian", 3), ("utilitarian", 0)]
)
def test_an_option_that_a_solution_meets_changes_nothing_whatever_the_solution(solution: str, row: int) -> None:
    # Kalai-Smorodinsky: shares of the ideals 9 and 4 are (1, .45), (.89, .63), (.72, .75), (.44, 1): the largest
    # smallest is row 2. Sums 10.8, 10.5, 9.5, 8; smallest gains 1.8, 2.5, 3, 4
    assert imposed(solution, (NOWHERE, NOWHERE)).package[0] == row
    assert imposed(solution, tuple(FOUR[row] - 0.01)).package[0] == row


def test_where_nothing_gives_all_their_options_who_has_one_leaves() -> None:
    nothing = imposed("nash", (NOWHERE, 4.5))
    assert (nothing.package[0], nothing.left[0]) == (-1, 1)
    assert imposed("nash", (5.0, 3.5)).left[0] == 0  # both would; the first opens


# ------------------------------------------------------------------ agenda
def two_issues() -> npt.NDArray[np.float64]:
    """Package 6 a + k: level 1 of the first issue brings each 1, the second issue cuts the cake."""
    return np.concatenate([CAKE, CAKE + 1])


def on_the_agenda(implementation: str, outside: Sequence[float], times: Sequence[float] = FIFTHS) -> Outcome:
    meeting = replace(pair(times=times, table=two_issues(), outside=outside), issues=(2, 6))
    return Agenda(implementation, ()).run(meeting)


def test_on_the_last_issue_nobody_accepts_or_asks_for_less_than_its_outside_option() -> None:
    # issue 1, the cake being all the second's: the first offers level 1 (6 to the second) at 0 and it is taken. Then
    # 1 + k and 6 - k, targets 6 (1 - t): at .2 the second asks 5, refused; at .4 the first asks 4 and the second takes
    # 3, its target being 2.4. With 3.5 elsewhere it refuses, stays as it would ask 4, and at .6 asks 4 and not 3
    free = on_the_agenda("issue_by_issue", (NOWHERE, NOWHERE))
    assert (free.package[0], free.proposer[0]) == (9, 0)
    bound = on_the_agenda("issue_by_issue", (NOWHERE, 3.5))
    assert (bound.package[0], bound.proposer[0]) == (8, 1)
    assert same(on_the_agenda("issue_by_issue", (NOWHERE, 3.0)), free)


def test_on_the_last_issue_who_would_ask_for_less_than_its_option_leaves() -> None:
    # refusing at .4 the second would ask 4
    assert on_the_agenda("issue_by_issue", (NOWHERE, 4.1)).left[0] == 1


def test_a_harvest_below_an_outside_option_is_left_on_the_field() -> None:
    # after one offer the first issue is agreed: worth 1 to the first
    assert on_the_agenda("early_harvest", (1.0, NOWHERE), [0.0, 0.2]).package[0] == 6
    assert on_the_agenda("early_harvest", (2.0, NOWHERE), [0.0, 0.2]).package[0] == -1


# ------------------------------------------------------------------ no talks
def test_without_talks_nobody_refuses_and_nobody_leaves() -> None:
    assert same(NoTalks().run(pair(outside=(9.0, 9.0))), NoTalks().run(pair()))
