"""Public words: threats made, carried out, dropped and paid for; demands that cost something to go back on."""

from __future__ import annotations

import numpy as np
import pytest
from tests.world.shared import CONTESTED, addon_path, arrays, played, shared_book, small

from tariffsim.errors import ConfigError
from tariffsim.negotiation.table import Ending
from tariffsim.negotiation.tastes import Outlook, Seen
from tariffsim.negotiation.truce import NEVER, PROBATION, SNAPBACK
from tariffsim.world.aftermath import watch
from tariffsim.world.model import TariffModel
from tariffsim.world.outlooks import outlook_of
from tariffsim.world.ratifying import chances
from tariffsim.world.talking import _sights, reservation
from tariffsim.world.threats import come_due, settled

# talks that open in the first week, cannot agree on anything, and fail when their window closes after three weeks
STUBBORN = (
    "governments.USA.strategy=hardliner",
    "governments.CHN.strategy=hardliner",
    "talks.issues.addon_by_first.levels=[10,54]",
    "truce.status=cold",
    "talks.window_days=21",
    "talks.first_mover=USA",
    "governments.USA.escalation=hold",
    "governments.CHN.escalation=hold",
)
THREAT = ("governments.USA.threat=80",)


def failed_talks(*overrides: str) -> dict[str, np.ndarray]:
    recorded = arrays(played(*STUBBORN, *overrides, worlds=6, ticks=8))
    none = recorded["deal_day"] == NEVER
    assert none.any()
    return {name: values[none] for name, values in recorded.items()}


def test_a_threat_that_costs_much_to_drop_is_carried_out_when_talks_fail() -> None:
    costly = "governments.USA.audience_cost=1.0"
    recorded = failed_talks(*THREAT, costly)
    assert (recorded["threat_executed_day"] == 21).all()
    assert (recorded["audience_paid"] == 0).all()
    model = played(*STUBBORN, *THREAT, costly, worlds=6, ticks=8)
    none = model.state.firsts.deal == NEVER
    assert (addon_path(model, "USA", "CHN")[none, -1] == 80).all()


def test_a_threat_that_costs_nothing_to_drop_is_dropped_by_a_government_it_would_hurt() -> None:
    cheap = ("governments.USA.audience_cost=0", "governments.USA.revenue_premium=0", "governments.USA.control_value=0")
    recorded = failed_talks(*THREAT, *cheap)
    assert (recorded["threat_dropped_day"] == 21).all()
    assert (recorded["threat_executed_day"] == NEVER).all()
    assert (recorded["audience_paid"] == 0).all()


def test_who_drops_a_threat_pays_by_the_point() -> None:
    # 50 points above the 30 in force at 1e-6 a point: .00005
    small = ("governments.USA.audience_cost=0.000001", "governments.USA.revenue_premium=0")
    recorded = failed_talks(*THREAT, *small, "governments.USA.control_value=0")
    assert (recorded["threat_dropped_day"] == 21).all()
    assert np.allclose(recorded["audience_paid"], [[50e-6, 0]], rtol=1e-12, atol=0)


def test_a_credible_threat_lowers_what_both_sides_get_if_nobody_ever_talks_again() -> None:
    # where talks may resume it need not: what is agreed then depends on who suffers more meanwhile
    costly = ("governments.USA.audience_cost=1.0",)
    calm = arrays(played(*STUBBORN, worlds=6, ticks=1))["reservation"][:, 1]
    tense = arrays(played(*STUBBORN, *THREAT, *costly, worlds=6, ticks=1))["reservation"][:, 1]
    assert (tense < calm).all()  # it hurts the sender too: that is what the audience is for


def test_a_threat_below_what_is_in_force_is_no_threat() -> None:
    recorded = failed_talks("governments.USA.threat=20")
    assert (recorded["threat_executed_day"] == NEVER).all()
    assert (recorded["threat_dropped_day"] == NEVER).all()


def test_public_demands_make_concessions_costly_and_private_ones_do_not() -> None:
    costly = ("governments.USA.audience_cost=0.001", "governments.CHN.audience_cost=0.001")
    public = arrays(played(*CONTESTED, *costly, "talks.publicity=public", worlds=8, ticks=10))
    private = arrays(played(*CONTESTED, *costly, worlds=8, ticks=10))
    assert (private["audience_paid"] == 0).all()
    assert (public["audience_paid"] > 0).any()
    assert public["offer"].tobytes() != private["offer"].tobytes()


def test_what_was_demanded_in_public_and_not_got_is_paid_for_by_the_point() -> None:
    # the US demanded 54 for itself and 0 for China, China 10 and 0; agreed are 30 and 10.
    # The US falls short by 24 of its own and by 10 of China's; China's own is above what it asked, but the US keeps 20
    model = TariffModel(
        small("ticks=1", "governments.USA.audience_cost=0.001", "governments.CHN.audience_cost=0.0001"), 1
    )
    model.state.pair.demand[0] = [[54, 0], [10, 0]]
    packages = model.table.packages
    package = int(np.flatnonzero((packages.addons == [30, 10]).all(-1))[0]) * len(packages.days)
    # the US made its demand before it valued the package, China in the same meeting: only China's was not foreseen
    known = np.array([[[54, 0], [np.nan, np.nan]]])
    unforeseen = settled(model, np.array([0]), np.array([package]), known)
    assert np.allclose(model.state.firsts.audience_paid, [[34e-3, 20e-4]], rtol=1e-12, atol=0)
    assert np.allclose(unforeseen, [[0.0, 20e-4]], rtol=1e-12, atol=0)


def test_a_deal_that_undercuts_a_demand_of_the_same_meeting_counts_what_that_costs() -> None:
    loud = ("talks.publicity=public", "governments.USA.strategy=random", "governments.CHN.strategy=random")
    dear = ("governments.USA.audience_cost=0.01", "governments.CHN.audience_cost=0.01")
    recorded = arrays(played(*CONTESTED, *loud, *dear, "talks.protocol=nash_demand", worlds=24, ticks=1))
    cheap = arrays(played(*CONTESTED, *loud, "talks.protocol=nash_demand", worlds=24, ticks=1))
    signed = (recorded["deal_day"] == 0) & (recorded["audience_paid"] > 0).any(-1)
    assert signed.any()  # a first meeting: no demand was known when packages were valued
    free = cheap["deal_gain"][signed] + cheap["audience_paid"][signed]
    assert np.allclose(recorded["deal_gain"][signed] + recorded["audience_paid"][signed], free, rtol=0, atol=1e-9)


def test_a_threat_that_add_ons_have_overtaken_is_neither_carried_out_nor_dropped() -> None:
    model = TariffModel(small("ticks=1"), 1)
    model.state.pair.threat[0] = [80.0, np.nan]
    model.state.policy[0, model.table.levers.addons[0]] = 90
    come_due(model, np.array([0]))
    assert model.state.policy[0, model.table.levers.addons[0]] == 90
    assert np.isnan(model.state.pair.threat).all()
    assert (model.state.firsts.audience_paid == 0).all()


# ------------------------------------------------------------------ when a threat comes due
OPEN_END = ("talks.deadline=false", "governments.USA.audience_cost=1.0")
CALLED_OFF = "+events.off={date: 2025-07-07, kind: talks_fail, owner: USA, target: CHN, value: 14}"  # day 28
CHEAP = (
    "governments.USA.audience_cost=0.000001",
    "governments.USA.revenue_premium=0",
    "governments.USA.control_value=0",
)


def test_without_a_deadline_a_threat_waits_until_talks_fail_for_another_reason() -> None:
    waiting = failed_talks(*THREAT, *OPEN_END)
    assert (waiting["threat_executed_day"] == NEVER).all()
    assert (waiting["threat_dropped_day"] == NEVER).all()
    called_off = failed_talks(*THREAT, *OPEN_END, CALLED_OFF)
    assert (called_off["threat_executed_day"] == 28).all()


def test_a_negotiation_that_is_called_off_before_its_deadline_has_failed() -> None:
    # called off on the 28th day, its window would close on the 35th
    called_off = failed_talks(*THREAT, "governments.USA.audience_cost=1.0", "talks.window_days=35", CALLED_OFF)
    assert (called_off["threat_executed_day"] == 28).all()


def test_when_a_party_leaves_threats_come_due_that_day_and_never_again() -> None:
    # 100 elsewhere: the US refuses the first offer of China's and leaves. It drops its threat, at 50 points once
    model = played(*STUBBORN, *THREAT, *CHEAP, "+talks.outside.USA=100", "talks.first_mover=CHN", worlds=6, ticks=8)
    recorded = arrays(model)
    left = (recorded["walked_out"] == 0).any(-1)
    assert left.all()
    day = 7 * ((recorded["walked_out"] == 0).argmax(-1) - 1)  # entry 0 is the opening
    assert (recorded["threat_dropped_day"] == day).all()
    assert np.allclose(recorded["audience_paid"], [[50e-6, 0]], rtol=1e-12, atol=0)
    assert np.isnan(model.state.pair.threat).all()


def test_when_a_truce_lapses_or_is_renewed_threats_come_due_with_or_without_a_deadline() -> None:
    # talks on probation that cannot agree; the truce ends on the 28th day, which the tick from day 21 looks ahead to
    ending = ("truce.status=probation", "truce.expires=2025-07-07", "governments.USA.audience_cost=1.0")
    for deadline in ("true", "false"):
        recorded = failed_talks(*THREAT, *ending, f"talks.deadline={deadline}")
        over = np.minimum(recorded["lapse_day"], recorded["renewal_day"])
        due = np.minimum(recorded["threat_executed_day"], recorded["threat_dropped_day"])
        assert (over == 21).all()
        assert (due == 21).all()


def test_when_old_rates_snap_back_threats_come_due() -> None:
    # deliveries of .25 fall short of a promise of 1 on the last day of probation
    model = TariffModel(small("ticks=1", "governments.USA.audience_cost=1.0", "truce.expires=2025-12-01"), 4)
    pair = model.state.pair
    pair.status[:], pair.probation_end[:], pair.promised[:] = PROBATION, 0, 1.0
    pair.threat[:, 0] = 80
    watch(model)
    assert (pair.status == SNAPBACK).all()
    assert (model.state.firsts.threat_executed == 0).all()
    assert np.isnan(pair.threat).all()


# ------------------------------------------------------------------ chosen threats
def said(*overrides: str) -> np.ndarray:
    """Threats (worlds, sides) outstanding once talks have opened."""
    return played(*STUBBORN, *overrides, worlds=6, ticks=1).state.pair.threat


def bargained(threat: float, *overrides: str) -> np.ndarray:
    """What China expects of the talks if it threatens, NaN for not: the Nash solution by its own sight."""
    model = TariffModel(small(*STUBBORN, "ticks=1", *overrides), 6, seed=7, book=shared_book())
    where, pair = np.arange(6), model.state.pair
    pair.window[:], pair.deadline[:], pair.threat[:, 1] = 0, 21, threat
    sight = _sights(model, where, chances(model, where))[0][1]
    gains = np.stack([sight.own - sight.reservation[:, None], sight.other - sight.other_reservation[:, None]])
    product = np.where((gains >= 0).all(0), gains.prod(0), -1.0)
    return np.where(product.max(-1) >= 0, sight.own[where, product.argmax(-1)], sight.reservation)


@pytest.mark.parametrize(("cost", "expected"), [("0.0003", (0, 0)), ("0.01", (1, 5))])
def test_who_chooses_threatens_where_it_gets_more_by_the_bargain_over_the_threat(
    cost: str, expected: tuple[int, int]
) -> None:
    # China's threat isn't believed where dropping it costs little. Where it is, it hurts both; in some worlds the
    # bargain over that disagreement point gives China more
    audience = f"governments.CHN.audience_cost={cost}"
    better = bargained(80, audience) > bargained(np.nan, audience)
    uttered = ~np.isnan(said("governments.CHN.threat=80", "governments.CHN.threatens=chosen", audience)[:, 1])
    assert (uttered == better).all()
    assert expected[0] <= better.sum() <= expected[1]


def test_without_a_second_threat_only_two_futures_are_weighed(monkeypatch: pytest.MonkeyPatch) -> None:
    model = TariffModel(small(*STUBBORN, "ticks=1", *THREAT), 2, seed=7, book=shared_book())
    model.state.pair.threat[:, 0] = 80
    model.state.pair.window[:], model.state.pair.deadline[:] = 0, 21
    asked: list[Ending] = []
    standing = model.table.standing

    def noted(draw: np.ndarray, policy: np.ndarray, ending: Ending, outlook: Outlook) -> Seen:
        asked.append(ending)
        return standing(draw, policy, ending, outlook)

    monkeypatch.setattr(model.table, "standing", noted)
    where = np.arange(2)
    reservation(model, where, model.valued_policy()[where], outlook_of(model, 0, where))
    assert len(asked) == 2


def test_choosing_needs_a_threat_to_choose() -> None:
    with pytest.raises(ConfigError, match=r"governments.CHN.threatens=chosen would change nothing: set governments"):
        small("governments.CHN.threatens=chosen")
