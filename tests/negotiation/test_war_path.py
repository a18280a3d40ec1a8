"""Escalation rules and the war they lead to, as transcripts derived on paper."""

from __future__ import annotations

import numpy as np

from tariffsim.negotiation.escalating import ESCALATIONS, EscalationSight, GovernmentRule
from tariffsim.negotiation.escalation.hold import Hold
from tariffsim.negotiation.escalation.match import Match
from tariffsim.negotiation.war_path import Standoff, lapse, war_path


def rules(ratio: float = 1.0) -> list[GovernmentRule]:
    return [GovernmentRule(Match(ratio), 145, 1), GovernmentRule(Match(ratio), 125, 1)]


def test_matching_after_a_lapse_climbs_to_both_ceilings() -> None:
    # 30/10 lapse to 54/34: both rose by 24, so each answers 24 every week: 78/58, 102/82, 126/106, then the
    # ceilings cut the step to 19 and 19: 145/125, where it ends
    path = war_path(lapse(np.array([[30.0, 10.0]]), np.array([[54.0, 34.0]])), rules(), 6)
    assert path[0].tolist() == [[78, 58], [102, 82], [126, 106], [145, 125], [145, 125], [145, 125], [145, 125]]


def test_a_single_provocation_is_answered_in_turns() -> None:
    # only the first side rose, by 20: the second answers 20, then the first answers that
    path = war_path(Standoff(np.array([[30.0, 10.0]]), np.array([[20.0, 0.0]])), rules(), 3)
    assert path[0].tolist() == [[30, 30], [50, 30], [50, 50], [70, 50]]


def test_half_ratios_let_a_war_die_out() -> None:
    # rises of 16 halve each week on both sides: 8, 4, 2, 1, then .5 rounds to 0 (to even)
    path = war_path(Standoff(np.array([[20.0, 20.0]]), np.array([[16.0, 16.0]])), rules(0.5), 6)
    assert path[0, :, 0].tolist() == [28, 32, 34, 35, 35, 35, 35]


def test_nobody_moves_under_hold() -> None:
    still = [GovernmentRule(Hold(), 145, 1), GovernmentRule(Hold(), 125, 1)]
    path = war_path(Standoff(np.array([[54.0, 34.0]]), np.array([[24.0, 24.0]])), still, 3)
    assert (path == np.array([54.0, 34.0])).all()


def test_a_rate_above_the_ceiling_is_not_lowered() -> None:
    sight = EscalationSight(np.array([150.0]), np.array([0.0]), np.array([10.0]))
    assert GovernmentRule(Match(1.0), 145, 1).rise(sight).tolist() == [0.0]


def test_rises_keep_to_the_grid() -> None:
    sight = EscalationSight(np.array([10.0]), np.array([0.0]), np.array([13.0]))
    assert GovernmentRule(Match(1.0), 145, 5).rise(sight).tolist() == [15.0]


def test_every_rule_declares_what_it_sees_and_where_it_is_from() -> None:
    for name in ESCALATIONS:
        rule = ESCALATIONS.get(name)
        assert set(rule.sees) <= set(EscalationSight.__dataclass_fields__)
        assert rule.source
        assert rule.stochastic in (True, False)
