"""Escalation rules, move by move; what every registered rule keeps to is in test_contracts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.negotiation.wars import Paper, bounded, configured

from tariffsim.data import load_facts
from tariffsim.negotiation.escalating import ESCALATIONS, EscalationSight
from tariffsim.negotiation.escalation.attrition import Attrition
from tariffsim.negotiation.escalation.graduated import Graduated
from tariffsim.negotiation.escalation.hold import Hold
from tariffsim.negotiation.escalation.market_retreat import MarketRetreat
from tariffsim.negotiation.escalation.match import Match
from tariffsim.testing import sample_escalation_sight

COSTLY = ("levels", "level_payoffs", "own_stakes", "other_stakes")
rule_names = st.sampled_from(ESCALATIONS.names())


def seen(worlds: int = 1, **values: float) -> EscalationSight:
    known = {name: np.full(worlds, value) for name, value in values.items()}
    return replace(EscalationSight.blank(worlds), **known)


def test_china_matched_the_three_american_steps_of_april_2025() -> None:
    # 34 announced on 2 April, then 84 - 34 = 50 and 125 - 84 = 41; China from 0: 34, 34 + 50 = 84, 84 + 41 = 125
    target = next(row for row in load_facts("backtest_targets") if row["id"] == "BT03")
    assert "34/34, 50/50, 41/41" in target["target"]
    china, level, levels = bounded(Match(float(target["observed"])), ceiling=125, floor=0), 0.0, []
    for step in (34.0, 50.0, 41.0):
        level += china.rise(seen(own_addon=level, other_rise=step))[0]
        levels.append(level)
    assert levels == [34, 84, 125]


def test_a_cut_is_not_matched() -> None:
    assert bounded(Match(1.0)).rise(seen(own_addon=50.0, other_rise=-20.0)).tolist() == [0.0]


def test_holding_answers_neither_rises_nor_cuts() -> None:
    for rise in (-30.0, 0.0, 30.0):
        assert bounded(Hold()).rise(seen(own_addon=50.0, other_rise=rise)).tolist() == [0.0]


def test_a_rate_above_the_ceiling_is_not_lowered_by_an_answer() -> None:
    assert bounded(Match(1.0)).rise(seen(own_addon=150.0, other_rise=10.0)).tolist() == [0.0]


def test_a_rate_below_the_floor_is_not_raised_by_a_cut() -> None:
    assert bounded(Graduated(10.0), floor=10).rise(seen(own_addon=0.0, other_rise=-10.0)).tolist() == [0.0]


def test_rises_keep_to_the_grid() -> None:
    # 13 points on a grid of 5 are 15, a cut by 13 is one by 15
    assert bounded(Match(1.0), step=5).rise(seen(own_addon=10.0, other_rise=13.0)).tolist() == [15.0]
    assert bounded(Graduated(13.0), step=5).rise(seen(own_addon=50.0, other_rise=-20.0)).tolist() == [-15.0]


def test_a_retreat_goes_to_the_floor_and_a_calm_market_leaves_a_matching_rule() -> None:
    rule = bounded(MarketRetreat(1.0, 10.0, 1.0))
    nervous = seen(own_addon=104.0, other_rise=50.0, floor=10.0, stress=12.0)
    assert rule.rise(nervous).tolist() == [-94.0]  # 104 to 10
    assert rule.rise(replace(nervous, stress=np.array([10.0]))).tolist() == [41.0]  # 50, cut short by 145
    assert rule.rise(replace(nervous, own_addon=np.array([0.0]))).tolist() == [0.0]  # below the floor already


@given(u=st.floats(0.001, 0.999), weeks=st.floats(0, 2000), rate=st.floats(0.01, 2), cost=st.floats(0.01, 1))
def test_the_time_to_give_in_is_exponential(u: float, weeks: float, rate: float, cost: float) -> None:
    # win 1, lose 0, now -cost: h = rate * cost / 1
    stakes = np.tile(np.array([-cost, 1.0, 0.0])[None, :, None], (1, 1, 2))
    sight = seen(own_addon=50.0, other_addon=50.0, weeks=weeks, uniform=u, other_discount=rate)
    given_in = Attrition("short").wish(replace(sight, own_stakes=stakes, other_stakes=stakes))[0] < 0
    time = -np.log(1 - u) / (rate * cost) * 365.25 / 7
    assert given_in == (weeks >= time) or np.isclose(weeks, time, rtol=1e-9)


@pytest.mark.parametrize("name", ESCALATIONS.names())
def test_what_a_rule_sees_does_matter(name: str) -> None:
    rule, sight = configured(name), sample_escalation_sight(4000, 0)
    for field in rule.sees:
        other = replace(sight, **{field: getattr(sample_escalation_sight(4000, 1), field)})
        assert (rule.wish(other) != rule.wish(sight)).any(), field


@given(name=rule_names, seed=st.integers(0, 10_000), step=st.sampled_from([1, 5]))
def test_the_result_is_on_the_grid_and_between_floor_and_ceiling(name: str, seed: int, step: int) -> None:
    rule, sight = bounded(configured(name), 125, step=step), sample_escalation_sight(30, seed)
    sight = replace(sight, own_addon=np.round(sight.own_addon / 5) * 5, floor=np.full(30, 10.0))
    after = sight.own_addon + rule.rise(sight)
    assert (after >= 10).all()
    assert (after <= 125).all()
    assert (after % step == 0).all()


class Closed:
    """An forecast that must not be asked."""

    def flows(self, side: int, addons: np.ndarray) -> np.ndarray:
        raise AssertionError("asked for payoffs that nobody sees")

    income = flows


@pytest.mark.parametrize("name", ESCALATIONS.names())
def test_what_is_costly_is_worked_out_only_for_rules_that_see_it(name: str) -> None:
    rule, other = bounded(configured(name)), bounded(Hold(), floor=20)
    sight = seen(2, own_addon=50.0, other_addon=30.0)
    asks = set(rule.rule.sees) & set(COSTLY)
    found = rule.informed(sight, 0, other, Paper(own=(-1.0, -2.0)) if asks else Closed())
    for field in COSTLY:
        assert getattr(found, field).any() == (field in rule.rule.sees), field
    assert (found.floor.tolist(), found.other_floor.tolist(), found.ceiling.tolist()) == (
        [10, 10],
        [20, 20],
        [145, 145],
    )


@pytest.mark.parametrize("side", [0, 1])
def test_the_stakes_are_now_win_and_lose(side: int) -> None:
    # own add-on 50 over a floor of 10, the other's 30 over 20; G = 1 a + .1 b for either side
    paper, rule = Paper(own=(1.0, 1.0), other=(0.1, 0.1)), bounded(Attrition("short"))
    found = rule.informed(seen(own_addon=50.0, other_addon=30.0), side, bounded(Hold(), floor=20), paper)
    assert np.allclose(found.own_stakes[0, :, 0], [53, 52, 13])  # 50/30, 50/20, 10/30
    assert np.allclose(found.other_stakes[0, :, 0], [35, 31, 25])  # 30/50, 30/10, 20/50
