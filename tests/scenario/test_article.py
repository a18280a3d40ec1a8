"""Everything the founding article states (AFP, 10 June 2025) has its place in the default scenario."""

from __future__ import annotations

import datetime as dt

import pytest

from tariffsim.data import load_facts
from tariffsim.scenario.loading import load_scenario
from tariffsim.scenario.schema import Scenario

LONDON, GENEVA = load_scenario("london_2025"), load_scenario("geneva_2025")


def test_talks_began_on_monday_the_ninth_at_lancaster_house() -> None:
    assert LONDON.start == dt.date(2025, 6, 9) == LONDON.talks.rounds[0]
    assert LONDON.start.weekday() == 0
    assert "Lancaster House" in LONDON.setting.place


def test_geneva_took_the_add_ons_from_145_and_125_to_30_and_10() -> None:
    def pair(scenario: Scenario) -> tuple[float, float]:
        return scenario.policy.addons["USA"]["CHN"], scenario.policy.addons["CHN"]["USA"]

    assert pair(GENEVA) == (145, 125)
    assert pair(LONDON) == (30, 10)
    assert LONDON.setting.dates["truce_in_force"] == dt.date(2025, 5, 14)
    assert LONDON.truce.expires == dt.date(2025, 8, 12)


def test_magnets_were_promised_and_came_slowly() -> None:
    assert LONDON.truce.promised_licence == 1.0
    assert LONDON.policy.licences["CHN"]["rare_earth_magnets"].approved["USA"] < 0.1
    assert LONDON.enforcement.capacity_start.high < 0.5


def test_a_breach_had_been_called() -> None:
    assert LONDON.truce.status == "probation"
    assert LONDON.setting.dates["breach_called"] == dt.date(2025, 5, 30)


def test_export_curbs_and_rare_earths_are_in_one_package() -> None:
    assert {"licence", "control", "addon_by_first", "addon_by_second"} <= set(LONDON.talks.issues)
    assert LONDON.policy.controls["USA"]["CHN"].strictness > 0


def test_ten_percent_on_friend_and_foe_and_dated_threats_against_partners() -> None:
    assert all(rate == 10 for name, rate in LONDON.policy.addons["USA"].items() if name != "CHN")
    assert {name: letter.threat for name, letter in LONDON.partners.letters.items()} == {"KOR": 25, "JPN": 24, "EU": 20}
    assert all(letter.date == dt.date(2025, 7, 9) for letter in LONDON.partners.letters.values())


def test_chinas_exports_fell_by_12_7_percent_on_the_month_and_34_5_on_the_year() -> None:
    months = {
        row["date"]: float(row["value"])
        for row in load_facts("trade_monthly")
        if row["flow"] == "CHN_to_USA_exports_GACC" and row["value"]
    }
    assert months["2025-05-31"] / months["2025-04-30"] - 1 == pytest.approx(-0.127, abs=0.0005)
    assert months["2025-05-31"] / months["2024-05-31"] - 1 == pytest.approx(-0.345, abs=0.0005)
    assert LONDON.trade.flows["CHN_USA"].start_change == pytest.approx(-0.345)


def test_the_monthly_norms_are_those_of_the_record() -> None:
    record = {
        row["date"][:7]: float(row["value"])
        for row in load_facts("trade_monthly")
        if row["flow"] == "CHN_to_USA_exports_GACC" and row["date"] < "2025" and row["value"]
    }
    norm = LONDON.trade.flows["CHN_USA"].monthly_norm
    for month in ("03", "04", "05", "06", "07", "08", "09", "10", "11"):
        assert norm[str(int(month))] == pytest.approx(record[f"2024-{month}"])


def test_china_courts_japan_and_south_korea() -> None:
    assert LONDON.partners.hedge_with == "CHN"
    assert {"KOR", "JPN"} <= set(LONDON.partners.letters)
    assert "South Korea" in LONDON.setting.notes["front"]


def test_the_delegations_are_named() -> None:
    named = " ".join(LONDON.setting.delegations.values())
    for person in ("He Lifeng", "Wang Wentao", "Li Chenggang", "Bessent", "Lutnick", "Greer"):
        assert person in named


@pytest.mark.parametrize("note", ["embargo", "rare_earths", "breach", "expectations", "uses", "markets"])
def test_what_is_only_told_is_told_in_the_setting(note: str) -> None:
    assert LONDON.setting.notes[note]
