"""Issues one after the other, as plays derived on paper; what a package deal brings over them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.negotiation.shared import make, meet

from tariffsim.errors import ConfigError
from tariffsim.negotiation.meeting import History, Meeting, Outcome
from tariffsim.negotiation.protocols.agenda import Agenda
from tariffsim.negotiation.protocols.alternating_offers import AlternatingOffers
from tariffsim.negotiation.strategies.linear import Linear
from tariffsim.testing import sample_meeting

# Two issues of three levels, level 0 in force, values that add up. On the first issue A the first party has much to
# gain from level 1, on the second issue B the second party; package 3 a + b
FIRST = np.array([[0.0, 0.0], [6.0, 1.0], [3.0, 3.0]])
SECOND = np.array([[0.0, 0.0], [1.0, 6.0], [3.0, 3.0]])
LOGS = (FIRST[:, None] + SECOND[None, :]).reshape(9, 2)
IMPLEMENTATIONS = ("package", "single_undertaking", "issue_by_issue", "early_harvest")
TENTHS = [k / 10 for k in range(11)]


def log_rolling(times: list[float] = TENTHS) -> Meeting:
    strategies = [Linear(np.array([1.0]), np.array([0.0])) for _ in range(2)]
    return replace(meet(strategies, times, table=LOGS), issues=(3, 3), reference=np.array([0]))


def talk(implementation: str, order: tuple[int, ...] = (), meeting: Meeting | None = None) -> Outcome:
    return Agenda(implementation, order).run(meeting or log_rolling())


def offers(outcome: Outcome) -> list[tuple[int, int]]:
    said = outcome.said
    return [(int(p), int(m)) for p, m in zip(said.package[0], said.mover[0], strict=True) if p >= 0]


def test_as_a_package_each_gives_way_where_it_cares_less() -> None:
    # the first asks 9 = A1 B2 (package 5), the second 9 = A2 B1 (7). At .3 the second's target is 6.3 and of what is
    # worth that the first likes A1 B1 (4) best, 7 and 7; its own next target is 5.4
    assert offers(talk("package")) == [(5, 0), (7, 1), (5, 0), (4, 1)]


def test_issue_by_issue_the_first_issue_is_closed_before_the_second_is_opened() -> None:
    # A with B at 0: the first asks for A1 (3) worth 6, the second for A2 (6) worth 3, until at .5 the first's next
    # target 2.4 lets it take 3. B with A at 2 is worth (3,3) (4,9) (6,6): at .6 the first wants 2.4 of 6 and offers
    # what is best for the second, B1 (7), worth 4 and 9
    outcome = talk("issue_by_issue")
    assert offers(outcome) == [(3, 0), (6, 1), (3, 0), (6, 1), (3, 0), (6, 1), (6, -1), (7, 0)]
    assert (outcome.package[0], outcome.proposer[0]) == (7, 0)


def test_what_has_been_harvested_is_the_new_disagreement() -> None:
    # as before up to A2, worth 3 and 3 from now on. At .6 the first wants 3 + .4 (6 - 3) = 4.2: only B2 (8), worth 6
    # and 6; the second wants 3 + .3 (9 - 3) = 4.8
    outcome = talk("early_harvest")
    assert offers(outcome)[-1] == (8, 0)
    assert outcome.package[0] == 8
    assert (LOGS[4] > LOGS[8]).all()  # the package deal is better for both


def test_who_looks_ahead_trades_one_issue_for_the_other() -> None:
    # on A, level 0 leads to A0 B2 (3, 3: product 9 against 6 and 0), level 1 to A1 B1 (7, 7), level 2 to A2 B1 (4, 9:
    # 36, as A2 B2, but 13 in all against 12). The first asks for A1 (3), the second, who wants 8.1 at .1, for A2 (6).
    # At .2 the second's next target is 9 (.7) = 6.3: A1. On B with A at 1, (6, 1) (7, 7) (9, 4), the second wants
    # 7 (.7) = 4.9 and offers B1 (4), and the first, whose next target is 9 (.6) = 5.4, takes it
    outcome = talk("single_undertaking")
    assert offers(outcome) == [(3, 0), (6, 1), (3, 0), (3, -1), (4, 1)]
    assert (outcome.package[0], outcome.proposer[0]) == (4, 1)


# Issue A costs the second party 1 and brings the first 5, issue B the other way round; package 2 a + b
ONE_SIDED = np.array([[0.0, 0.0], [-1.0, 5.0], [5.0, -1.0], [4.0, 4.0]])


def one_sided() -> Meeting:
    return replace(log_rolling(), sights=meet(log_rolling().strategies, TENTHS, table=ONE_SIDED).sights, issues=(2, 2))


def test_issues_that_help_one_side_only_are_not_moved_one_by_one() -> None:
    # A1 leaves the second at -1 < 0: only A0 can be agreed, and then only B0
    assert talk("issue_by_issue", meeting=one_sided()).package[0] == 0


def test_issues_that_help_one_side_only_are_moved_if_all_must_be_agreed() -> None:
    # A0 leads to A0 B0 (0, 0), as B1 alone is below the first's 0; A1 leads to A1 B1 (4, 4), more than the second's
    # next target of 3.6. On B with A at 1, (5, -1) (4, 4), the second offers B1: 4, the first's next target being 3.2
    outcome = talk("single_undertaking", meeting=one_sided())
    assert offers(outcome) == [(2, 0), (2, -1), (3, 1)]
    assert outcome.package[0] == 3


@given(
    table=st.lists(st.tuples(st.integers(-3, 9), st.integers(-3, 9)), min_size=12, max_size=12),
    order=st.permutations(range(3)),
    first=st.integers(0, 1),
)
def test_two_zeuthens_who_look_ahead_end_at_the_nash_solution_in_whatever_order(
    table: list[tuple[int, int]], order: list[int], first: int
) -> None:
    # law: hypotheses are complete information, time for every concession, and something to gain for both
    values = np.array(table, dtype=np.float64)
    products = np.where((values >= 0).all(-1), values.prod(-1), 0.0)
    assume(products.max() > 0)
    setting = meet([make("zeuthen"), make("zeuthen")], np.linspace(0, 1, 40).tolist(), table=values, first=first)
    meeting = replace(setting, issues=(2, 3, 2), reference=np.array([0]))
    package = talk("single_undertaking", tuple(order), meeting).package[0]
    assert products[package] == products.max()


def test_the_order_of_issues_matters() -> None:
    # B first: at .4 the second's next target is 3 and it takes B2. A with B at 2 is worth (3,3) (9,4) (6,6): at .5
    # the second wants 3 of 6 and offers what is best for the first, A1 (5), worth 9 and 4
    outcome = talk("issue_by_issue", order=(1, 0))
    assert offers(outcome)[-3:] == [(2, 0), (2, -1), (5, 1)]
    assert outcome.package[0] == 5


def test_when_the_meeting_ends_early_only_the_harvest_is_signed() -> None:
    # six offers close A only
    short = log_rolling(TENTHS[:7])
    assert not talk("issue_by_issue", meeting=short).agreed[0]
    harvest = talk("early_harvest", meeting=short)
    assert (harvest.package[0], harvest.proposer[0]) == (6, -1)


def test_the_next_meeting_goes_on_with_the_next_issue() -> None:
    begun = talk("issue_by_issue", meeting=log_rolling(TENTHS[:7]))
    later = replace(log_rolling(TENTHS[6:]), history=begun.said)
    outcome = talk("issue_by_issue", meeting=later)
    assert offers(outcome) == [(7, 0)]
    assert outcome.package[0] == 7


def test_who_remembers_is_told_only_what_was_said_on_the_issue() -> None:
    heard = []

    class Listener(Linear):
        sees = (*Linear.sees, "heard", "made")

        def propose(self, sight):  # type: ignore[no-untyped-def]
            heard.append((sight.own.shape[1], sight.made[0, -2:].tolist(), sight.heard[0, -2:].tolist()))
            return super().propose(sight)

    strategies = (Listener(np.array([1.0]), np.array([0.0])), Linear(np.array([1.0]), np.array([0.0])))
    talk("issue_by_issue", meeting=replace(log_rolling(), strategies=strategies))
    # levels, not packages: it asked for level 1 of A and heard level 2, twice; of B nothing has been said
    assert heard[2] == (3, [1, 1], [2, 2])
    assert heard[3] == (3, [-1, -1], [-1, -1])


def test_a_package_deal_is_what_alternating_offers_bring() -> None:
    meeting = sample_meeting([make("linear", 50), make("conceder", 50)], 50)
    one, other = talk("package", meeting=meeting), AlternatingOffers().run(meeting)
    assert (one.package == other.package).all()
    assert (one.proposer == other.proposer).all()
    assert one.agreed.any()


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS[1:])
@pytest.mark.parametrize("seed", range(4))
def test_no_agenda_is_better_for_both_than_the_package_deal_of_bargainers_who_trade_off(
    implementation: str, seed: int
) -> None:
    # hypotheses: complete information, and every offer is the best for the other of what is worth the mover's target,
    # so that package deals are efficient; nothing is assumed of the values
    meeting = replace(sample_meeting([make("linear", 60), make("conceder", 60)], 60, seed, offers=12), breakdown=0.0)
    package, agenda = (talk(name, meeting=meeting) for name in ("package", implementation))
    both = package.agreed & agenda.agreed
    values = np.stack([s.own for s in meeting.sights], axis=-1)
    rows = np.arange(60)
    gain = values[rows, agenda.package] - values[rows, package.package]
    assert both.any()
    assert not ((gain >= 0).all(-1) & (gain > 0).any(-1) & both).any()


def test_in_some_worlds_the_agenda_is_worse_for_both() -> None:
    meeting = sample_meeting([make("linear", 100), make("conceder", 100)], 100, offers=12)
    package, agenda = (talk(name, meeting=meeting) for name in ("package", "issue_by_issue"))
    worse = [s.own[np.arange(100), agenda.package] < s.own[np.arange(100), package.package] for s in meeting.sights]
    assert (worse[0] & worse[1] & package.agreed & agenda.agreed).any()


def test_with_one_issue_the_agenda_is_the_package() -> None:
    meeting = replace(sample_meeting([make("linear", 30), make("conceder", 30)], 30), issues=(12,))
    packages = [talk(name, meeting=meeting).package for name in IMPLEMENTATIONS]
    assert all((packages[0] == other).all() for other in packages[1:])


def test_a_harvest_is_never_below_disagreement() -> None:
    # an earlier meeting closed A at 1, now worth less to the second than its new D = 2: nothing is signed
    said = History.empty(1).add(np.array([[3, 3]]), np.array([[0, -1]]))
    meeting = replace(log_rolling([0.0, 0.1]), history=said)
    poorer = [replace(s, reservation=np.array([d])) for s, d in zip(meeting.sights, (0.0, 2.0), strict=True)]
    assert not talk("early_harvest", meeting=replace(meeting, sights=tuple(poorer))).agreed[0]


@pytest.mark.parametrize("order", [(0,), (0, 0), (1, 2)])
def test_an_order_that_leaves_an_issue_out_is_refused(order: tuple[int, ...]) -> None:
    with pytest.raises(ConfigError, match=r"protocols.agenda.order must name each of 0 to 1 once.*try \[\]"):
        talk("issue_by_issue", order)
