"""The war that escalation rules lead to, as transcripts derived on paper."""

from __future__ import annotations

import numpy as np
import pytest
from tests.negotiation.wars import NERVOUS, Paper, bounded, configured, theatre

from tariffsim.negotiation.escalating import ESCALATIONS, Escalation, GovernmentRule
from tariffsim.negotiation.escalation.attrition import Attrition
from tariffsim.negotiation.escalation.best_response import BestResponse
from tariffsim.negotiation.escalation.graduated import Graduated
from tariffsim.negotiation.escalation.grim import Grim
from tariffsim.negotiation.escalation.hold import Hold
from tariffsim.negotiation.escalation.market_retreat import MarketRetreat
from tariffsim.negotiation.escalation.match import Match
from tariffsim.negotiation.war_path import Standoff, lapse, stress_path, war_path


def at(first: float, second: float, rises: tuple[float, float] = (0.0, 0.0)) -> Standoff:
    return Standoff(np.array([[first, second]], dtype=float), np.array([rises], dtype=float))


def both(rule: Escalation) -> list[GovernmentRule]:
    return [bounded(rule), bounded(rule, ceiling=125)]


def test_matching_after_a_lapse_climbs_to_both_ceilings() -> None:
    # 30/10 lapse to 54/34: both rose by 24, so each answers 24 every week: 78/58, 102/82, 126/106, then the
    # ceilings cut the step to 19 and 19: 145/125, where it ends
    path = war_path(lapse(np.array([[30.0, 10.0]]), np.array([[54.0, 34.0]])), both(Match(1.0)), 6, theatre())
    assert path[0].tolist() == [[78, 58], [102, 82], [126, 106], [145, 125], [145, 125], [145, 125], [145, 125]]


def test_a_single_provocation_is_answered_in_turns() -> None:
    # only the first side rose, by 20: the second answers 20, then the first answers that
    path = war_path(at(30, 10, (20, 0)), both(Match(1.0)), 3, theatre())
    assert path[0].tolist() == [[30, 30], [50, 30], [50, 50], [70, 50]]


def test_half_ratios_let_a_war_die_out() -> None:
    # rises of 16 halve each week on both sides: 8, 4, 2, 1, then .5 rounds to 0 (to even)
    path = war_path(at(20, 20, (16, 16)), both(Match(0.5)), 6, theatre())
    assert path[0, :, 0].tolist() == [28, 32, 34, 35, 35, 35, 35]


def test_nobody_moves_under_hold() -> None:
    path = war_path(at(54, 34, (24, 24)), both(Hold()), 3, theatre())
    assert (path == np.array([54.0, 34.0])).all()


def test_one_who_holds_ends_a_war_with_one_who_matches() -> None:
    # the second rose by 20, the first answers once; nobody answers that
    path = war_path(at(10, 30, (0, 20)), [bounded(Match(1.0)), bounded(Hold())], 2, theatre())
    assert path[0].tolist() == [[30, 30], [30, 30], [30, 30]]


def test_one_who_holds_stays_where_it_is_while_the_other_goes_to_its_best_add_on() -> None:
    # peak at 70 whatever the holder does; 10 levels from 10 to 145 are 15 apart, 70 is one of them
    paper = Paper(peak=(-1.0, 0.0), best=(70.0, 0.0))
    path = war_path(at(30, 50), [bounded(BestResponse("short", 10)), bounded(Hold())], 1, theatre(paper))
    assert path[0].tolist() == [[70, 50], [70, 50]]


def test_graduated_sides_climb_one_rung_a_week_after_a_lapse() -> None:
    # both rose by 24, the rung is 10: 64/44, 74/54, 84/64; the answers never grow
    path = war_path(lapse(np.array([[30.0, 10.0]]), np.array([[54.0, 34.0]])), both(Graduated(10.0)), 2, theatre())
    assert path[0].tolist() == [[64, 44], [74, 54], [84, 64]]


def test_a_provocation_below_a_rung_is_answered_in_kind() -> None:
    # 4 points are less than a rung of 10: the second answers 4, the first then 4, and so on in turns
    path = war_path(at(34, 10, (4, 0)), both(Graduated(10.0)), 2, theatre())
    assert path[0].tolist() == [[34, 14], [38, 14], [38, 18]]


def test_a_cut_is_reciprocated_one_rung_at_a_time_down_to_the_floor() -> None:
    # the second has cut by 30: the first goes down a rung of 10 to 15, the second down one to 20; then the first has
    # only 5 left to its floor of 10, which the second answers with 5 of its own at 15; nothing is left to answer
    path = war_path(at(25, 30, (0, -30)), both(Graduated(10.0)), 5, theatre())
    assert path[0].tolist() == [[15, 30], [15, 20], [10, 20], [10, 15], [10, 15], [10, 15]]


def test_best_responses_meet_in_the_nash_equilibrium_of_the_grid() -> None:
    # best add-ons 40 + .5 b and 20 + .5 a; both weigh whole points from 0 to 100. From 0/0: 40/20, then 50/40, 60/45,
    # 62.5 -> of the equally good 62 and 63 the lower: 62/50, 65/51, 65.5 -> 65/52 (52.5 likewise), 66/52, 66/53,
    # 66.5 -> 66/53: rest
    paper = Paper(peak=(-1.0, -1.0), best=(40.0, 20.0), slope=(0.5, 0.5))
    sides = [bounded(BestResponse("short", 101), ceiling=100, floor=0) for _ in range(2)]
    path = war_path(at(0, 0), sides, 9, theatre(paper))
    assert path[0].tolist() == [
        [40, 20], [50, 40], [60, 45], [62, 50], [65, 51], [65, 52], [66, 52], [66, 53], [66, 53], [66, 53],
    ]  # fmt: skip


def test_a_best_response_may_be_a_cut_and_stops_at_the_floor() -> None:
    # the first loses by every point of its own add-on, the second gains by it: floor 10 and ceiling 125
    paper = Paper(own=(-0.01, 0.01))
    path = war_path(at(145, 50), both(BestResponse("long", 2)), 1, theatre(paper))
    assert path[0].tolist() == [[10, 125], [10, 125]]


def test_a_coarse_grid_takes_the_nearest_level_that_pays_most() -> None:
    # peak at 70, levels 10, 55, 100, 145: 55 misses by 15, 100 by 30
    paper = Paper(peak=(-1.0, 0.0), best=(70.0, 0.0))
    path = war_path(at(30, 50), [bounded(BestResponse("short", 4)), bounded(Hold())], 0, theatre(paper))
    assert path[0].tolist() == [[55, 50]]


def test_one_small_rise_sends_two_grim_sides_to_their_ceilings() -> None:
    # the first rose by 1: the second goes to 125 at once; that is a rise to the first, which goes to 145
    path = war_path(at(11, 10, (1, 0)), both(Grim()), 3, theatre())
    assert path[0].tolist() == [[11, 125], [145, 125], [145, 125], [145, 125]]


def test_grim_sides_that_nobody_provokes_stay_where_they_are() -> None:
    path = war_path(at(54, 34), both(Grim()), 3, theatre())
    assert (path == np.array([54.0, 34.0])).all()


def test_a_grim_side_does_not_forgive_a_cut() -> None:
    # the first rose by 20 to 30, loses by every point of it and takes it back; grim goes to 125 and stays there
    sides = [bounded(BestResponse("short", 2)), bounded(Grim(), ceiling=125)]
    path = war_path(at(30, 10, (20, 0)), sides, 2, theatre(Paper(own=(-0.01, 0.0))))
    assert path[0].tolist() == [[10, 125], [10, 125], [10, 125]]


# Both sides lose .001 by each point of their own add-on and .003 by each point of the other's. At 100/100 with floors
# of 0: now -.1 - .3 = -.4, win -.1, lose -.3. So waiting costs .1 a year, winning is worth .2, and at r = .2 the hazard
# is .2 * .1 / .2 = .1 a year.
ATTRITION = Paper(own=(-0.001, -0.001), other=(-0.003, -0.003))
TENTH_YEAR = -np.expm1(-0.1 * 0.2)  # u with T = -ln(1 - u) / .1 = .2 years, 10.4 weeks


def fighters(*uniforms: float) -> list[GovernmentRule]:
    return [bounded(Attrition("long"), floor=0, uniform=u) for u in uniforms]


def test_the_weaker_of_two_in_a_war_of_attrition_gives_in_when_its_time_has_come() -> None:
    # .2 years are 10.4 weeks: the second gives in at the move of week 11; the first has won and keeps its add-on
    path = war_path(at(100, 100), fighters(0.5, TENTH_YEAR), 14, theatre(ATTRITION))
    assert path[0].tolist() == [[100, 100]] * 11 + [[100, 0]] * 4


def test_two_median_sides_outlast_half_a_year() -> None:
    # T = ln 2 / .1 = 6.9 years
    path = war_path(at(100, 100), fighters(0.5, 0.5), 26, theatre(ATTRITION))
    assert (path == 100).all()


def test_a_side_with_nothing_to_win_gives_in_at_once() -> None:
    # the first loses .004 by each point of its own and .003 by the other's: now -.7, win -.4, lose -.3; it would rather
    # have no add-on than win. The second then loses nothing any more by its own: it has won and stays
    paper = Paper(own=(-0.004, -0.001), other=(-0.003, -0.003))
    path = war_path(at(100, 100), fighters(0.5, 0.5), 2, theatre(paper))
    assert path[0].tolist() == [[0, 100], [0, 100], [0, 100]]


def test_a_side_that_loses_by_waiting_gives_in_at_once_to_one_that_does_not() -> None:
    # the second gains by its own add-on, so it never gives in; waiting costs the first .1 a year for nothing
    paper = Paper(own=(-0.001, 0.001), other=(-0.003, -0.003))
    path = war_path(at(100, 100), fighters(0.5, TENTH_YEAR), 2, theatre(paper))
    assert path[0].tolist() == [[0, 100], [0, 100], [0, 100]]


def test_two_sides_that_lose_nothing_by_waiting_fight_for_ever() -> None:
    paper = Paper(own=(0.001, 0.001), other=(-0.003, -0.003))
    path = war_path(at(100, 100), fighters(TENTH_YEAR, TENTH_YEAR), 26, theatre(paper))
    assert (path == 100).all()


# Real income falls by .01 percent a point of the other's add-on. With r = ln 2 and one year to the end, a rise of 20
# costs 20 * .01 * .7213 = .1443 percent x years; a market of sensitivity 100 falls by 14.4 percent.
LOSING = Paper(other=(-0.01, -0.01))


def watcher(threshold: float = 10.0, cut: float = 1.0) -> GovernmentRule:
    return bounded(MarketRetreat(1.0, threshold, cut), market=NERVOUS, discount=float(np.log(2)))


def test_a_fall_of_the_market_turns_an_answer_into_a_retreat() -> None:
    # the second rose by 20 and is matched: 30/30. The market of the first falls by 14.4 > 10: back to its floor of 10,
    # while the second matches the rise of 20: 50. S = 14.4 / 2 + 14.4 = 21.6, 10.8, 5.4, all over 10 but the last; by
    # then the second has long stood still
    path = war_path(at(10, 30, (0, 20)), [watcher(), bounded(Match(1.0))], 4, theatre(LOSING))
    assert path[0].tolist() == [[30, 30], [10, 50], [10, 50], [10, 50], [10, 50]]


def test_a_market_that_falls_too_little_changes_nothing() -> None:
    # 14.4 stays below 15: matched as by match, 30/30, 30/50, 50/50, 50/70
    calm, matching = watcher(threshold=22.0), bounded(Match(1.0))
    path = war_path(at(10, 30, (0, 20)), [calm, matching], 3, theatre(LOSING))
    assert path[0].tolist() == [[30, 30], [30, 50], [50, 50], [50, 70]]


def test_half_a_cut_goes_half_of_the_way_that_is_left_each_week() -> None:
    # as in the first play, from 30: stress over 10 in weeks 1, 2 and 3: 20, 15, 12.5 -> 2.5 rounds to 2 (to even): 13
    path = war_path(at(10, 30, (0, 20)), [watcher(cut=0.5), bounded(Match(1.0))], 4, theatre(LOSING))
    assert path[0, :, 0].tolist() == [30, 20, 15, 13, 13]


@pytest.mark.parametrize("name", ESCALATIONS.names())
def test_relabelling_the_parties_swaps_the_path(name: str) -> None:
    paper = Paper((-0.001, -0.002), (-0.02, -0.03), (-1e-5, -2e-5), (40.0, 20.0), (0.3, 0.6))
    sides = [bounded(configured(name), market=NERVOUS), bounded(configured(name), 125, market=NERVOUS, uniform=0.001)]
    start = Standoff(np.array([[54.0, 34.0], [145.0, 125.0], [30.0, 10.0]]), np.array([[24.0, 24], [0, 0], [0, -9]]))
    path = war_path(start, sides, 20, theatre(paper))
    turned = Standoff(start.addons[:, ::-1], start.rises[:, ::-1])
    assert np.array_equal(war_path(turned, sides[::-1], 20, theatre(paper.swapped())), path[:, :, ::-1])
    assert name == "hold" or (path != start.addons[:, None, :]).any()


@pytest.mark.parametrize("name", ESCALATIONS.names())
def test_a_war_in_a_batch_is_the_war_alone(name: str) -> None:
    rng = np.random.default_rng(3)
    paper = Paper((-0.001, -0.002), (-0.02, -0.03), (-1e-5, -2e-5), (40.0, 20.0), (0.3, 0.6))
    sides = [bounded(configured(name), market=NERVOUS), bounded(configured(name), 125, market=NERVOUS)]
    addons = rng.integers(10, 125, size=(9, 2)).astype(float)
    start = Standoff(addons, rng.integers(-20, 20, size=(9, 2)).astype(float))
    path = war_path(start, sides, 12, theatre(paper))
    for k in range(9):
        assert np.array_equal(war_path(start.take(np.array([k])), sides, 12, theatre(paper))[0], path[k])


def test_markets_fall_with_each_rise_that_costs_income_and_recover_once_nothing_moves() -> None:
    # income falls by .0001 per point of the other's add-on; sensitivity 100, discount .2, end 1 year: a change of x
    # points is worth .0001 x (1 - e^-.2) / .2 = .0000906 x; S = c + 100 L. The first matches 20, later 0: half a week
    rules = [bounded(Match(1.0), market=NERVOUS), bounded(Hold(), market=NERVOUS)]
    standoff, paper = at(10, 30, (0, 20)), theatre(Paper(other=(-1e-4, -1e-4)))
    path = war_path(standoff, rules, 3, paper)
    assert path[0].tolist() == [[30, 30], [30, 30], [30, 30], [30, 30]]
    stress = stress_path(standoff, path, rules, paper)[0]
    worth = (1 - np.exp(-0.2)) / 0.2
    # both see 20 points more of the other's in the first tick; a half-life of one week halves it every week after
    first = 100 * 1e-4 * 20 * worth
    np.testing.assert_allclose(stress[:, 0], first * np.array([1, 0.5, 0.25, 0.125]), rtol=1e-9)
    np.testing.assert_allclose(stress[:, 1], stress[:, 0], rtol=1e-12)
