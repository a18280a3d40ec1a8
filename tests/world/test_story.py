"""What happens in a world: escalation, deals, slow licences, breach, renewal, lapse, letters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.world.shared import addon_path, arrays, played, shared_book, small

from tariffsim.errors import ConfigError
from tariffsim.negotiation.letters import CONCEDE, HOLD
from tariffsim.negotiation.truce import LAPSED, NEVER, PROBATION, STATES, TRUCE
from tariffsim.world.aftermath import watch
from tariffsim.world.model import PHASES, TariffModel

QUIET = ("talks.protocol=no_talks",)


def test_the_phases_run_in_the_printed_order() -> None:
    names = [name for name, _ in PHASES]
    assert names == ["events", "observe", "move", "talk", "settle", "flow", "monitor", "record"]


def test_the_opening_is_the_scenario() -> None:
    model = TariffModel(small(), worlds=2, book=shared_book())
    addons = dict(zip([lv.key for lv in model.space.levers], model.state.policy[0], strict=True))
    assert addons["addon:USA>CHN"] == 30
    assert addons["addon:CHN>USA"] == 10
    assert addons["addon:USA>others"] == 10
    assert STATES[model.state.pair.status[0]] == "probation"
    assert (model.state.pair.expiry == 64).all()  # 9 June to 12 August


def test_opening_tariffs_equal_the_dated_schedule() -> None:
    model = TariffModel(small(), worlds=1, book=shared_book())
    from tariffsim.instruments.schedule import load_schedule

    policy = model.space.opening[None, :]
    wedges = model.space.wedges(policy)
    assert np.abs(np.asarray(wedges.tariffs)[0] - load_schedule().on("2025-06-09").applied).max() < 1e-12


def test_the_spiral_of_april_climbs_to_the_ceilings_and_stops() -> None:
    model = played(*QUIET, name="liberation_day_2025", worlds=2, ticks=8)
    us, china = addon_path(model, "USA", "CHN")[0], addon_path(model, "CHN", "USA")[0]
    # 34 points on 9 April, matched in the same week; then each answers, a week later, the other's last rise of 34,
    # until the ceilings of 145 and 125 leave 23 points to answer with 23
    assert us.tolist() == [20, 20, 54, 88, 88, 122, 122, 145, 145]
    assert china.tolist() == [0, 0, 34, 34, 68, 68, 102, 102, 125]


def test_with_hold_nobody_answers() -> None:
    hold = ("governments.USA.escalation=hold", "governments.CHN.escalation=hold")
    model = played(*QUIET, *hold, name="liberation_day_2025", worlds=1, ticks=6)
    assert (addon_path(model, "CHN", "USA") == 0).all()
    assert (addon_path(model, "USA", "CHN")[0, 2:] == 54).all()


def test_without_talks_the_geneva_truce_is_renewed_or_lapses_to_its_written_rates() -> None:
    model = played(*QUIET, worlds=6, ticks=12)
    recorded = arrays(model)
    addon, status = addon_path(model, "USA", "CHN"), recorded["status"]
    assert (recorded["deal_day"] == NEVER).all()
    assert ((recorded["renewal_day"] != NEVER) ^ (recorded["lapse_day"] != NEVER)).all()
    lapsed = recorded["lapse_day"] != NEVER
    assert (status[~lapsed][:, -1] != LAPSED).all()
    assert (addon[~lapsed][:, -1] == 30).all()
    assert (addon[lapsed][:, -1] >= 54).all()


def test_every_deal_is_worth_no_less_than_the_war_path_to_both_sides() -> None:
    recorded = arrays(played(worlds=12, ticks=12))
    signed = recorded["deal_day"] != NEVER
    assert signed.any()
    assert (recorded["deal_gain"][signed] >= 0).all()
    assert np.isnan(recorded["deal_terms"][~signed]).all()


def test_terms_enter_into_force_and_licences_arrive_late() -> None:
    model = played(worlds=12, ticks=12)
    recorded = arrays(model)
    k = int(np.flatnonzero((recorded["deal_day"] != NEVER) & (recorded["deal_terms"][:, 2] == 1.0))[0])
    tick = int(recorded["deal_day"][k]) // 7
    assert addon_path(model, "USA", "CHN")[k, tick + 1] == recorded["deal_terms"][k, 0]
    magnets = model.supply_map.positions("CHN", "rare_earth_magnets", "USA")[0]
    delivered = recorded["delivered"][k, :, magnets]
    assert recorded["approved"][k, tick + 1, magnets] == 1.0
    assert delivered[tick + 1] < 0.5  # two weeks of lag, then only as much as the office can process
    assert delivered[-1] <= 1.0
    assert (np.diff(delivered[tick + 1 :]) >= 0).all()


def test_slow_delivery_is_called_a_breach_and_can_be_cured() -> None:
    strict = ("enforcement.suspicion=0.0", "enforcement.tolerance=0.05", "enforcement.probation_weeks=200")
    recorded = arrays(played(*strict, worlds=12, ticks=26))
    promised_all = recorded["deal_terms"][:, 2] == 1.0
    called = recorded["breach_day"] != NEVER
    assert called[promised_all & (recorded["deal_day"] < 100)].all()
    easy = arrays(played("enforcement.suspicion=1.0", worlds=12, ticks=26))
    assert (easy["breach_day"] == NEVER).all()


def test_opening_tariffs_of_every_scenario_equal_the_dated_schedule() -> None:
    from tariffsim.instruments.schedule import load_schedule

    for name in ("geneva_2025", "liberation_day_2025"):
        model = TariffModel(small(name=name), worlds=1, book=shared_book(name))
        wedges = model.space.wedges(model.space.opening[None, :])
        dated = load_schedule().on(model.scenario.start).applied
        assert np.abs(np.asarray(wedges.tariffs)[0] - dated).max() < 1e-12


def test_a_renewal_does_not_stop_a_probation_that_has_begun() -> None:
    # nobody ever delivers in full, a breach is called in the first week, probation lasts 10 weeks, truces end before
    strict = ("enforcement.suspicion=0.0", "enforcement.tolerance=0.0", "enforcement.probation_weeks=10")
    slow = ("enforcement.capacity_growth=0.0", "enforcement.observation_noise=0.001", "truce.status=truce")
    recorded = arrays(played(*QUIET, *strict, *slow, "truce.expires=2025-07-07", worlds=4, ticks=14))
    assert (recorded["breach_day"] == 0).all()
    assert (recorded["renewal_day"] == 21).all()
    assert (recorded["snapback_day"] == 70).all()


def test_stocks_refill_once_supply_is_full_again() -> None:
    quick = ("enforcement.capacity_growth=0.5", "enforcement.licence_lag_days=0", "enforcement.suspicion=1.0")
    rebuild = "inputs.rare_earth_magnets.rebuild_share=1.0"
    lever = "owner: CHN, target: USA, input: rare_earth_magnets"
    event = f"+events.release={{date: 2025-06-16, kind: licence, {lever}, value: 1.0, base: of_normal}}"
    model = played(*QUIET, *quick, rebuild, event, "truce.expires=2026-06-30", worlds=4, ticks=20)
    magnets = model.supply_map.positions("CHN", "rare_earth_magnets", "USA")[0]
    recorded = arrays(model)
    stock, delivered = recorded["stock"][..., magnets], recorded["delivered"][..., magnets]
    assert (delivered[:, -1] == 1.0).all()
    assert (stock[:, -1] > stock.min(-1)).all()
    assert np.allclose(stock[:, -1], 2.0)


def test_a_new_licence_regime_is_limited_by_its_office() -> None:
    model = played(*QUIET, "enforcement.capacity_growth=0.0", name="liberation_day_2025", worlds=3, ticks=2)
    magnets = model.supply_map.positions("CHN", "rare_earth_magnets", "USA")[0]
    office = np.maximum(model.types.capacity_start, 0.3)  # or the 30 percent that the event approves
    assert np.array_equal(model.state.supply.capacity[:, magnets], office)


def test_a_short_probation_ends_in_snapback() -> None:
    strict = ("enforcement.suspicion=0.0", "enforcement.tolerance=0.02", "enforcement.probation_weeks=1")
    slow = ("enforcement.capacity_growth=0.0",)
    model = played(*strict, *slow, worlds=12, ticks=26)
    recorded = arrays(model)
    hit = recorded["snapback_day"] != NEVER
    assert hit.any()
    k = int(np.flatnonzero(hit)[0])
    tick = int(recorded["snapback_day"][k]) // 7
    assert STATES[recorded["status"][k, tick + 1]] == "snapback"
    assert addon_path(model, "USA", "CHN")[k, tick + 1] >= 54


def test_a_partner_that_expects_the_threat_concedes_and_one_that_does_not_holds() -> None:
    sure = [f"partners.letters.{p}.follow_through=1.0" for p in ("KOR", "JPN", "EU")]
    cheap = [f"partners.letters.{p}.purchases=0" for p in ("KOR", "JPN", "EU")]
    unsure = [f"partners.letters.{p}.follow_through=0.0" for p in ("KOR", "JPN", "EU")]
    free = [f"partners.letters.{p}.hedge_cost=5.0" for p in ("KOR", "JPN", "EU")]
    believes = arrays(played(*QUIET, *sure, *cheap, *free, worlds=3, ticks=6))["stance"][:, -1]
    doubts = arrays(played(*QUIET, *unsure, *free, worlds=3, ticks=6))["stance"][:, -1]
    assert (believes == CONCEDE).all()
    assert (doubts == HOLD).all()


def test_a_threat_that_was_not_met_is_carried_out_by_a_sender_who_always_does() -> None:
    stubborn = [f"partners.letters.{p}.follow_through=0.0" for p in ("KOR", "JPN", "EU")]
    stubborn += [f"partners.letters.{p}.hedge_cost=5.0" for p in ("KOR", "JPN", "EU")]
    model = played(*QUIET, *stubborn, "partners.execution=1.0", worlds=2, ticks=6)
    assert (addon_path(model, "USA", "KOR")[:, -1] == 25).all()
    assert (addon_path(model, "USA", "JPN")[:, -1] == 24).all()
    assert (addon_path(model, "USA", "EU")[:, -1] == 20).all()


def test_an_answering_partner_raises_its_own_rate_up_to_its_ceiling() -> None:
    stubborn = ["partners.letters.KOR.follow_through=0.0", "partners.letters.KOR.hedge_cost=5.0"]
    answering = "governments.KOR.escalation=match"
    model = played(*QUIET, *stubborn, answering, "partners.execution=1.0", worlds=2, ticks=8)
    assert (addon_path(model, "KOR", "USA")[:, -1] == 15).all()  # the rise from 10 to 25


def test_halving_magnet_licences_halves_what_korea_gets_and_costs_it_real_income() -> None:
    base = played(*QUIET, worlds=3, ticks=6)
    halved = played(*QUIET, "what_if=halve_magnet_licences", worlds=3, ticks=6)
    magnets = base.supply_map.positions("CHN", "rare_earth_magnets", "KOR")[0]
    assert np.allclose(arrays(base)["approved"][:, -1, magnets], 0.25)
    assert np.allclose(arrays(halved)["approved"][:, -1, magnets], 0.125)
    korea = base.economy.region_index("KOR")
    loss = arrays(halved)["real_income"][..., korea] - arrays(base)["real_income"][..., korea]
    assert (loss[:, -1, 0] < 0).all()


def test_talks_that_collapse_bring_no_deal_while_the_silence_lasts() -> None:
    recorded = arrays(played("what_if=talks_collapse", worlds=6, ticks=12))
    assert (recorded["meetings"] == 0).all()
    assert (recorded["deal_day"] == NEVER).all()


def test_a_called_breach_opens_talks_and_a_truce_in_good_standing_does_not() -> None:
    good = played("truce.status=truce", "enforcement.suspicion=1.0", worlds=4, ticks=6)
    assert (arrays(good)["meetings"] == 0).all()
    assert set(np.unique(arrays(good)["status"])) == {TRUCE}
    called = played(worlds=4, ticks=1)
    assert (arrays(called)["meetings"] == 1).all()
    assert arrays(called)["status"][0, 0] == PROBATION


def test_flows_move_a_share_phi_of_the_gap_each_week() -> None:
    model = played("trade.adjustment_per_week=0.1", *QUIET, worlds=2, ticks=1)
    flow = arrays(model)["log_flow"]
    gap = model.equilibrium_flows() - flow[:, 0]
    assert np.allclose(flow[:, 1] - flow[:, 0], 0.1 * gap, rtol=1e-12, atol=0)


def test_an_event_that_reaches_no_lever_is_refused_before_the_first_tick() -> None:
    act = "date: 2025-06-16, kind: control, owner: CHN, target: USA, value: 0.5"
    with pytest.raises(ConfigError, match="CHN has no technology control on 'USA'"):
        TariffModel(small(f"+events.x={{{act}}}"), worlds=1, book=shared_book())
    act = "date: 2025-06-16, kind: licence, owner: CHN, target: FRA, input: rare_earth_magnets, value: 0.5"
    with pytest.raises(ConfigError, match="no licence of CHN on rare_earth_magnets for 'FRA'"):
        TariffModel(small(f"+events.x={{{act}}}"), worlds=1, book=shared_book())


VOTING = ("governments.USA.ratification.form=legislature", "governments.USA.ratification.days=20")


def test_a_deal_that_the_legislature_rejects_leaves_things_as_they_were() -> None:
    hopeless = ("governments.USA.ratification.quota=1.0", "governments.USA.ratification.width=0.001")
    recorded = arrays(played(*VOTING, *hopeless, worlds=6, ticks=8))
    assert (recorded["deal_gain"][recorded["deal_day"] != NEVER] < 1e-6).all()  # worth nothing by those odds
    signed = recorded["deal_day"] != NEVER
    assert (recorded["rejection_day"][signed & (recorded["deal_day"] < 20)] != NEVER).all()
    assert (recorded["status"] != STATES.index("truce")).all()


def test_a_deal_that_needs_a_vote_and_passes_enters_into_force_when_the_slower_side_is_ready() -> None:
    sure = ("governments.USA.ratification.quota=0.0", "governments.USA.ratification.width=0.001")
    recorded = arrays(played(*VOTING, *sure, worlds=6, ticks=14))
    early = recorded["deal_day"] < 70
    assert early.any()
    assert (recorded["rejection_day"] == NEVER).all()
    k = int(np.flatnonzero(early)[0])
    tick = (int(recorded["deal_day"][k]) + 20) // 7
    assert STATES[recorded["status"][k, tick]] == "signed"
    assert STATES[recorded["status"][k, tick + 1]] == "truce"


def test_a_statute_lets_small_cuts_through_without_a_vote() -> None:
    # the vote is hopeless, so negotiators keep to add-ons of 30 or more, which need none
    hopeless = ("governments.USA.ratification.quota=1.0", "governments.USA.ratification.width=0.001")
    law = ("governments.USA.ratification.form=statute", "governments.USA.ratification.allowed_addon=30")
    recorded = arrays(played(*law, *hopeless, worlds=12, ticks=12))
    signed = (recorded["deal_day"] != NEVER) & (recorded["deal_gain"] > 1e-6).all(-1)
    assert signed.any()
    assert (recorded["deal_terms"][signed, 0] >= 30).all()
    assert (recorded["rejection_day"][signed] == NEVER).all()


def test_an_owner_that_values_withholding_enough_promises_and_does_not_deliver() -> None:
    def compliance(value: float, intensity: float) -> Any:
        tempted = (f"governments.CHN.control_value={value}", f"enforcement.detection_intensity={intensity}")
        recorded = arrays(played(*tempted, worlds=12, ticks=6))
        return recorded["compliance"][recorded["deal_day"] < 30, -1]

    assert (compliance(0.0, 3.0) == 1.0).all()
    assert (compliance(3.0, 0.0) == 0.0).all()  # never found out


def test_an_able_office_that_is_slow_is_told_from_an_unwilling_one() -> None:
    # both promise everything; one office is slow and grows, the other is kept from delivering anything
    slow = ("enforcement.capacity_growth=0.1", "enforcement.licence_lag_days=0", "governments.CHN.control_value=0")
    bad = ("governments.CHN.control_value=0.05", "enforcement.detection_intensity=0", "enforcement.licence_lag_days=0")
    whole = "talks.issues.licence.levels=[1.0]"
    able, unwilling = (arrays(played(*case, whole, worlds=12, ticks=16)) for case in (slow, bad))
    signed = able["deal_day"] < 70
    assert signed.any()
    assert (able["suspicion"][signed, -1] < 0.3).all()
    cheated = unwilling["deal_day"] < 70
    assert cheated.any()
    assert (unwilling["breach_day"][cheated] != NEVER).all()


def test_who_has_left_the_talks_for_good_is_not_called_back_by_a_snapback() -> None:
    model = TariffModel(small("ticks=1"), worlds=2, seed=7, book=shared_book())
    pair = model.state.pair
    pair.silent_until[0], pair.probation_end[:] = NEVER, 0
    pair.promised[:] = 2.0  # short whatever arrives: not cured
    watch(model)
    assert [STATES[status] for status in pair.status] == ["snapback", "snapback"]
    assert pair.silent_until.tolist() == [NEVER, model.scenario.talks.pause_days]


def test_what_a_ratified_deal_is_worth_to_keep_does_not_depend_on_how_likely_ratification_was() -> None:
    # a vote that is nearly a toss on each side: when the deal is signed about a quarter of its gain is weighed, P1 P2
    # (V - D); what its owner would lose by breaking it once it is in force is all of it, V - D
    tossed = [
        f"governments.{party}.ratification.{key}"
        for party in ("USA", "CHN")
        for key in ("form=legislature", "quota=0.5", "width=1.0", "days=60")
    ]
    model = played(*tossed, worlds=8, ticks=8)
    pair, firsts = model.state.pair, model.state.firsts
    signed = firsts.deal != NEVER
    assert signed.any()
    weighed, chance = firsts.values[signed], pair.chance[signed].prod(-1)[:, None]
    assert (chance < 0.5).all()
    assert np.allclose(pair.stake[signed] * chance, weighed, rtol=1e-9, atol=1e-12)
