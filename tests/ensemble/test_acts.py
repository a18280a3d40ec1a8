"""Acts as data: what is in the table, in which columns, and that every row is what the record says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from tests.ensemble.shared import quick, with_talks
from tests.world.shared import small

import tariffsim as ts
from tariffsim.data import data_directory, load_facts, load_sources
from tariffsim.ensemble import Results, load_results, run_ensemble
from tariffsim.ensemble.acts import COLUMNS, KINDS
from tariffsim.ensemble.story import Story
from tariffsim.ensemble.transcript import SENTENCES
from tariffsim.errors import ResultsError
from tariffsim.negotiation.packages import level_table
from tariffsim.negotiation.truce import LAPSED, PROBATION, SIGNED, SNAPBACK, STATES, TRUCE

if TYPE_CHECKING:
    from pathlib import Path

COLD = STATES.index("cold")


def staged(status: list[int], **changed: Any) -> Results:
    """One world of four that never meet, with a made-up story: status by time, and other arrays by (time, value)."""
    one = quick()
    arrays = {name: values[:1].copy() for name, values in one.arrays.items()}
    arrays["status"][0] = status
    for name, values in changed.items():
        arrays[name][...] = values
    return Results(one.scenario, one.labels, arrays, one.provenance)


def day(tick: int) -> np.datetime64:
    """First day of a tick, as the record dates events."""
    return quick().labels.dates[tick]  # type: ignore[no-any-return]


def rows(table: pd.DataFrame) -> list[Any]:
    """Rows of a table, with a name for each cell."""
    return list(table.itertuples())


def told(results: Results) -> list[tuple[str, str, str]]:
    """Kind, signal and date of acts other than barriers and answers to letters."""
    acts = results.acts()
    mine = acts[~acts["kind"].isin(["tariff", "export_control"]) & ~acts["actor"].str.contains("KOR|JPN|EU")]
    return [(a.kind, a.signal, str(a.date.date())) for a in rows(mine)]


# ---------------------------------------------------------------------- the code book
def test_columns_are_those_of_the_real_record() -> None:
    assert tuple(load_facts("events")[0]) == COLUMNS
    assert tuple(with_talks().acts().columns) == ("world", *COLUMNS)
    assert tuple(ts.load_events().columns[: len(COLUMNS)]) == COLUMNS


def test_both_records_have_the_same_types() -> None:
    real, simulated = ts.load_events().dtypes, with_talks().acts().dtypes
    assert {name: simulated[name] for name in COLUMNS} == {name: real[name] for name in COLUMNS}


def test_every_kind_and_unit_of_both_records_is_in_the_code_book() -> None:
    book = (data_directory() / "SOURCES.md").read_text(encoding="utf-8").split("## Acts")[1].split("\n## ")[0]
    acts = pd.concat([with_talks().acts(), ts.load_events()])
    assert [kind for kind in {*acts["kind"], *SENTENCES} if f"`{kind}`" not in book] == []
    assert [unit for unit in set(acts["unit"]) if unit and f"`{unit}`" not in book] == []
    assert set(acts["signal"]) == {"escalate", "deescalate", "neutral"}


def test_the_real_record_is_read_as_dates_and_numbers_with_its_sources() -> None:
    record, rows = ts.load_events(), load_facts("events")
    assert len(record) == len(rows)
    peak = record[(record["actor"] == "USA") & (record["date"] == pd.Timestamp("2025-04-10"))].iloc[0]
    assert (peak["from_level"], peak["to_level"], peak["kind"]) == (104.0, 145.0, "tariff")
    geneva = record[(record["kind"] == "round") & (record["date"] == pd.Timestamp("2025-05-10"))].iloc[0]
    assert geneva["end_date"] == pd.Timestamp("2025-05-11")
    assert geneva["source_title"] == load_sources()["joint_statement"]["title"]
    assert record["end_date"].isna().sum() == sum(not row["end_date"] for row in rows)


# ---------------------------------------------------------------------- barriers
def test_tariff_rows_lead_from_the_opening_to_the_close_of_every_pair() -> None:
    results, acts = with_talks(), with_talks().acts()
    moved = acts[acts["kind"] == "tariff"]
    steps = (moved["to_level"] - moved["from_level"]).groupby([moved["world"], moved["actor"], moved["target"]]).sum()
    for k, pair in enumerate(results.labels.addon_pair):
        whole = results.arrays["addon"][..., k].astype(float)
        for world in range(results.worlds):
            assert steps.get((world, *pair.split(">")), 0.0) == whole[world, -1] - whole[world, 0]
    assert len(moved) == (np.diff(results.arrays["addon"].astype(float), axis=1) != 0).sum()


def test_a_tariff_escalates_where_it_rises_and_a_licence_where_it_falls() -> None:
    acts = with_talks().acts()
    rise = acts["to_level"] > acts["from_level"]
    for unit in ("percent_addon", "strictness"):
        mine = (acts["unit"] == unit) & (acts["kind"] != "offer")
        assert mine.any()
        assert ((acts["signal"] == "escalate") == rise)[mine].all()
    licences = acts["unit"] == "licence_share"
    assert licences.any()
    assert ((acts["signal"] == "deescalate") == rise)[licences].all()


def test_a_licence_that_is_cut_is_an_escalatory_export_control() -> None:
    column = quick().labels.supply.index("CHN>USA:rare_earth_magnets")
    approved = quick().arrays["approved"][:1].copy()
    approved[0, 2:, column] = 0.02
    acts = staged([PROBATION] * 4, approved=approved).acts()
    (act,) = acts[acts["kind"] == "export_control"].itertuples()
    assert (act.actor, act.target, act.instrument) == ("CHN", "USA", "licences of rare_earth_magnets")
    assert (act.from_level, act.to_level, act.signal) == (0.08, 0.02, "escalate")
    assert act.date == pd.Timestamp(day(1))  # between the first and the second time: the second tick


# ---------------------------------------------------------------------- the table
def test_there_is_a_round_for_every_meeting() -> None:
    results, acts = with_talks(), with_talks().acts()
    held = acts[acts["kind"] == "round"].groupby("world").size().reindex(range(results.worlds), fill_value=0)
    assert held.tolist() == results.arrays["meetings"].tolist()
    assert held.sum() > 0


def test_every_offer_on_record_is_a_row_with_its_mover_its_add_on_and_what_it_was_worth() -> None:
    results, acts = with_talks(), with_talks().acts()
    offers = acts[acts["kind"] == "offer"]
    where = np.nonzero(results.arrays["offer"].astype(np.int64) >= 0)
    assert len(offers) == len(where[0]) > 0
    table = level_table(results.scenario.talks.issues)
    for act, world, time, number in zip(rows(offers), *where, strict=True):
        side = int(results.arrays["offer_mover"][world, time, number])
        package = int(results.arrays["offer"][world, time, number])
        assert (act.world, act.actor, act.target) == (world, ("USA", "CHN")[side], ("CHN", "USA")[side])
        assert act.to_level == table[package, side]
        gain = results.arrays["offer_value"][world, time, number] - results.arrays["reservation"][world, time]
        assert act.note == f"above disagreement: USA {gain[0]:+.4g}, CHN {gain[1]:+.4g} percent of GDP x years"


@pytest.mark.parametrize(
    ("terms", "side", "signal"),
    [  # in force: add-ons 30 and 10, licences .08 at least, control .6, the mover's own decide
        ((10, 10, 0.25, 1.0), 0, "neutral"),  # a lower add-on, a stricter control
        ((10, 34, 0.25, 0.0), 0, "deescalate"),
        ((54, 0, 1.0, 1.0), 0, "escalate"),
        ((54, 10, 0.25, 0.0), 1, "deescalate"),  # more licences at the same add-on
        ((10, 34, 0.25, 0.0), 1, "neutral"),  # a higher add-on, more licences
    ],
)
def test_an_offer_is_judged_by_the_barriers_its_mover_holds(terms: tuple[float, ...], side: int, signal: str) -> None:
    row = np.flatnonzero((level_table(quick().scenario.talks.issues)[:, :4] == np.array(terms)).all(-1))[0]
    offer, mover = (np.full_like(quick().arrays[name][:1], -1) for name in ("offer", "offer_mover"))
    offer[0, 1, 0], mover[0, 1, 0] = row, side
    acts = staged([PROBATION] * 4, offer=offer, offer_mover=mover).acts()
    (act,) = acts[acts["kind"] == "offer"].itertuples()
    assert act.signal == signal


def test_the_draft_of_a_mediator_has_both_parties_as_actors() -> None:
    offer = np.full_like(quick().arrays["offer"][:1], -1)
    offer[0, 1, 0] = 0
    results = staged([PROBATION] * 4, offer=offer, offer_mover=-1)
    acts = results.acts()
    (act,) = acts[acts["kind"] == "offer"].itertuples()
    assert (act.actor, act.target, act.signal, act.unit) == ("USA;CHN", "", "neutral", "")
    assert "USA and CHN have a draft before them: add-ons 10 (by USA) and 0 (by CHN)" in results.transcript(0)


# ---------------------------------------------------------------------- from signature to snapback
def test_the_first_event_of_each_kind_in_every_world_is_a_row_on_its_date() -> None:
    results, acts = with_talks(), with_talks().acts()
    for kind in ("deal", "breach", "rejection", "snapback", "lapse", "renewal"):
        mine = acts[(acts["kind"] == kind) & acts["actor"].isin(["USA;CHN", "USA"])]
        first = mine.groupby("world")["date"].min().reindex(range(results.worlds)).to_numpy("datetime64[ns]")
        np.testing.assert_array_equal(first, results.arrays[f"{kind}_date"])


def test_terms_and_worth_of_the_first_deal_are_in_its_row() -> None:
    results, acts = with_talks(), with_talks().acts()
    deals = acts[(acts["kind"] == "deal") & (acts["actor"] == "USA;CHN")].groupby("world").first()
    assert len(deals) > 0
    for world, (_, act) in zip(deals.index.astype(int), deals.iterrows(), strict=True):
        first, second, licence, control, days = (f"{term:g}" for term in results.arrays["deal_terms"][world])
        words = f"{first} (by USA) and {second} (by CHN), licences {licence}, control {control}, {days} days"
        assert act["instrument"] == f"add-ons {words}"
        assert f"USA {results.arrays['deal_gain'][world, 0]:+.4g}" in act["note"]


@pytest.mark.parametrize(
    ("status", "kinds"),
    [
        ([COLD, COLD, COLD, COLD], []),
        ([COLD, SIGNED, SIGNED, TRUCE], [("deal", 0), ("truce", 2)]),
        ([COLD, TRUCE, TRUCE, TRUCE], [("deal", 0), ("truce", 0)]),  # signed and in force within a tick
        ([LAPSED, SIGNED, LAPSED, LAPSED], [("deal", 0), ("rejection", 1)]),
        ([TRUCE, PROBATION, TRUCE, TRUCE], [("breach", 0), ("breach", 1)]),  # called, cured
        ([TRUCE, PROBATION, SNAPBACK, SNAPBACK], [("breach", 0), ("snapback", 1)]),
        ([TRUCE, TRUCE, LAPSED, SIGNED], [("lapse", 1), ("deal", 2)]),
        ([PROBATION, SIGNED, PROBATION, LAPSED], [("deal", 0), ("rejection", 1), ("lapse", 2)]),
    ],
)
def test_changes_of_status_are_acts(status: list[int], kinds: list[tuple[str, int]]) -> None:
    days = [str(day(tick).astype("datetime64[D]")) for _, tick in kinds]
    assert [(kind, date) for kind, _, date in told(staged(status))] == list(
        zip([k for k, _ in kinds], days, strict=True)
    )


def test_a_breach_is_called_by_the_buyer_and_a_cure_takes_it_back() -> None:
    acts = staged([TRUCE, PROBATION, TRUCE, TRUCE]).acts()
    calls = acts[acts["kind"] == "breach"]
    assert list(zip(calls["actor"], calls["target"], calls["signal"], strict=True)) == [
        ("USA", "CHN", "escalate"),
        ("USA", "CHN", "deescalate"),
    ]


def test_a_deal_under_a_called_breach_is_told_from_a_cure_by_its_date() -> None:
    status = [PROBATION, TRUCE, TRUCE, TRUCE]
    assert told(staged(status)) == [("breach", "deescalate", "2025-06-09")]
    dates = np.array([day(0)])
    assert told(staged(status, deal_date=dates)) == [
        ("deal", "deescalate", "2025-06-09"),
        ("truce", "deescalate", "2025-06-09"),
    ]


def test_a_deal_that_fails_in_the_tick_of_its_signature_is_seen_if_it_is_the_first() -> None:
    found = told(staged([COLD] * 4, deal_date=np.array([day(1)]), rejection_date=np.array([day(1)])))
    assert found == [("deal", "deescalate", "2025-06-16"), ("rejection", "neutral", "2025-06-16")]


def test_a_renewal_is_a_row_of_both() -> None:
    found = told(staged([TRUCE] * 4, renewal_date=np.array([day(2)])))
    assert found == [("renewal", "deescalate", "2025-06-23")]


# ---------------------------------------------------------------------- partners
def test_answers_to_letters_are_deals_or_refusals_once_a_partner() -> None:
    results, acts = with_talks(), with_talks().acts()
    for k, partner in enumerate(results.labels.partner):
        stance = results.arrays["stance"][:, -1, k]
        mine = acts[acts["kind"].isin(["deal", "rejection"])]
        counts = [(mine["actor"] == actor).sum() for actor in (f"USA;{partner}", partner, f"{partner};CHN")]
        assert counts == [(stance == code).sum() for code in (1, 2, 3)]


# ---------------------------------------------------------------------- bits, selections, errors
def test_the_table_does_not_depend_on_chunks() -> None:
    again = run_ensemble(small("ticks=8"), worlds=12, chunk=5, progress=False)
    pd.testing.assert_frame_equal(again.acts(), with_talks().acts(), check_exact=True)


def test_some_worlds_have_the_rows_they_have_among_all() -> None:
    acts = with_talks().acts()
    for wanted in ([7, 3], [11], range(4), []):
        part = with_talks().acts(wanted)
        expected = pd.concat([acts[:0], *(acts[acts["world"] == world] for world in wanted)], ignore_index=True)
        pd.testing.assert_frame_equal(part, expected, check_exact=True)
    pd.testing.assert_frame_equal(with_talks().acts(7), with_talks().acts([7]), check_exact=True)


def test_rows_are_in_order_of_world_and_date() -> None:
    acts = with_talks().acts()
    assert acts.equals(acts.sort_values(["world", "date"], kind="stable"))


def test_results_from_disk_have_the_same_acts(tmp_path: Path) -> None:
    again = load_results(with_talks().save(tmp_path / "run"))
    pd.testing.assert_frame_equal(again.acts(), with_talks().acts(), check_exact=True)


@pytest.mark.parametrize("world", [-1, 12])
def test_a_world_that_is_not_there_is_named(world: int) -> None:
    with pytest.raises(ResultsError, match=rf"no world {world}: this result has worlds 0 to 11\."):
        with_talks().acts([0, world])
    with pytest.raises(ResultsError, match=rf"no world {world}: "):
        with_talks().transcript(world)


# ---------------------------------------------------------------------- the transcript
def test_the_transcript_has_a_line_for_every_act_and_each_date_once() -> None:
    signed = int(np.flatnonzero(~np.isnat(with_talks().arrays["deal_date"]))[0])
    acts, lines = with_talks().acts(signed), with_talks().transcript(signed).splitlines()
    assert lines[0] == f"The London talks, June 2025: world {signed} of 12, seed 7, from 2025-06-09"
    assert len(lines) == 1 + len(acts)
    dates = [line[:10] for line in lines[1:] if line[0] != " "]
    assert dates == sorted(set(acts["date"].dt.date.astype(str)))


def test_the_transcript_says_who_offered_what_and_what_it_was_worth() -> None:
    offers = with_talks().acts()
    offers = offers[offers["kind"] == "offer"]
    for act in rows(offers.head(5)):
        assert f"{act.actor} offers: {act.instrument} ({act.note})" in with_talks().transcript(act.world)


def test_threats_made_carried_out_and_dropped_are_acts_and_sentences() -> None:
    # the US threatens 80 in the first week; when talks fail in the third it does it (add-on 80), or does not (30)
    threat = np.full_like(quick().arrays["threat"][:1], np.nan)
    threat[0, 1:3, 0] = 80
    addon = quick().arrays["addon"][:1].copy()
    column = quick().labels.addon_pair.index("USA>CHN")
    addon[0, 3, column] = 80
    carried = staged([COLD] * 4, threat=threat, addon=addon, threat_executed_date=day(2))
    dropped = staged([COLD] * 4, threat=threat, threat_dropped_date=day(2))
    for results, signal, word in ((carried, "escalate", "carried out"), (dropped, "deescalate", "dropped")):
        acts = results.acts()
        threats = rows(acts[acts["kind"] == "threat"])
        assert [(a.actor, a.signal, a.instrument, str(a.date.date())) for a in threats] == [
            ("USA", "escalate", "if talks fail", "2025-06-09"),
            ("USA", signal, word, "2025-06-23"),
        ]
        assert "USA threatens CHN in public with 80 points if talks fail" in results.transcript(0)
        assert f"USA's threat is {word}" in results.transcript(0)


def test_who_walks_out_is_an_act() -> None:
    gone = np.full_like(quick().arrays["walked_out"][:1], -1)
    gone[0, 2] = 1
    results = staged([COLD] * 4, walked_out=gone)
    acts = results.acts()
    assert [(a.actor, a.target, a.kind) for a in rows(acts[acts["kind"] == "walkout"])] == [("CHN", "USA", "walkout")]
    assert "CHN leaves the talks for good" in results.transcript(0)


def test_every_kind_of_act_has_its_sentence() -> None:
    acts = staged([TRUCE, PROBATION, SNAPBACK, SIGNED]).transcript(0)
    assert "USA calls a breach by CHN" in acts
    assert "The truce between USA and CHN ends: old rates snap back" in acts
    story = Story(with_talks(), np.arange(12))
    found = {kind for make in KINDS for rows in make(story) for kind in rows.column("kind", "")}
    assert found <= set(SENTENCES)
