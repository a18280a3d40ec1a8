"""Acts as data: what is in the table, in which columns, and that every row is what the record says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from tests.ensemble.shared import quick, with_breaches, with_talks
from tests.world.shared import small

import tariffsim as ts
from tariffsim.data import data_directory, load_facts, load_sources
from tariffsim.ensemble import Results, load_results, run_ensemble
from tariffsim.ensemble.acts import COLUMNS, KINDS
from tariffsim.ensemble.story import Story
from tariffsim.ensemble.transcript import SENTENCES
from tariffsim.errors import ResultsError
from tariffsim.negotiation.packages import level_table
from tariffsim.world.acts import BITS

if TYPE_CHECKING:
    from pathlib import Path


def staged(*acts: tuple[int, str, str], **changed: Any) -> Results:
    """One world of four that never meet, with a made-up story: acts (tick, name, by whom), other arrays by time."""
    one = quick()
    arrays = {name: values[:1].copy() for name, values in one.arrays.items()}
    for name, values in changed.items():
        arrays[name][...] = values
    for tick, act, by in acts:
        for party in by.split(";"):
            arrays["acted"][0, tick + 1, one.labels.party.index(party)] |= BITS[act]
    return Results(one.scenario, one.labels, arrays, one.provenance)


def day(tick: int) -> np.datetime64:
    """First day of a tick, as the record dates events."""
    return quick().labels.dates[tick]  # type: ignore[no-any-return]


def numbers(results: Results, name: str) -> npt.NDArray[np.int64]:
    """A variable of whole numbers."""
    return results.arrays[name].astype(np.int64)


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
    acts = staged(approved=approved).acts()
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
    acts = staged(offer=offer, offer_mover=mover).acts()
    (act,) = acts[acts["kind"] == "offer"].itertuples()
    assert act.signal == signal


def test_the_draft_of_a_mediator_has_both_parties_as_actors() -> None:
    offer = np.full_like(quick().arrays["offer"][:1], -1)
    offer[0, 1, 0] = 0
    results = staged(offer=offer, offer_mover=-1)
    acts = results.acts()
    (act,) = acts[acts["kind"] == "offer"].itertuples()
    assert (act.actor, act.target, act.signal, act.unit) == ("USA;CHN", "", "neutral", "")
    assert "USA and CHN have a draft before them: add-ons 10 (by USA) and 0 (by CHN)" in results.transcript(0)


# ---------------------------------------------------------------------- from signature to snapback
def test_the_first_event_of_each_kind_in_every_world_is_a_row_on_its_date() -> None:
    for results in (with_talks(), with_breaches()):
        acts = results.acts()
        for kind in ("deal", "breach", "rejection", "snapback", "lapse", "renewal"):
            mine = acts[(acts["kind"] == kind) & acts["actor"].isin(["USA;CHN", "USA"])]
            first = mine.groupby("world")["date"].min().reindex(range(results.worlds)).to_numpy("datetime64[ns]")
            np.testing.assert_array_equal(first, results.arrays[f"{kind}_date"])


def test_terms_and_worth_of_the_first_deal_are_in_its_row() -> None:
    results, acts = with_breaches(), with_breaches().acts()
    deals = acts[(acts["kind"] == "deal") & (acts["actor"] == "USA;CHN")].groupby("world").first()
    assert len(deals) > 0
    for world, (_, act) in zip(deals.index.astype(int), deals.iterrows(), strict=True):
        first, second, licence, control, days = (f"{term:g}" for term in results.arrays["deal_terms"][world])
        words = f"{first} (by USA) and {second} (by CHN), licences {licence}, control {control}, {days} days"
        assert act["instrument"] == f"add-ons {words}"
        assert f"USA {results.arrays['deal_gain'][world, 0]:+.4g}" in act["note"]


def test_a_deal_that_is_broken_and_the_deal_after_it_are_both_on_record() -> None:
    # nobody is ever found out, so licences are withheld from the start of a deal: breach, ten weeks, snapback, new deal
    results, acts = with_breaches(), with_breaches().acts()
    acts = acts[acts["actor"].isin(["USA;CHN", "USA", "CHN"])]
    told = acts[acts["kind"].isin(["deal", "truce", "breach", "snapback", "renewal", "lapse"])]
    kinds = told.groupby("world")["kind"].agg(list)
    sequence = ["deal", "truce", "breach", "snapback", "deal", "truce"]
    world = next(w for w in range(results.worlds) if kinds.get(w) == sequence)
    mine = told[told["world"] == world]
    deals, truces = mine[mine["kind"] == "deal"], mine[mine["kind"] == "truce"]
    table, signed = level_table(results.scenario.talks.issues), numbers(results, "signed")[world]
    assert [str(date) for date in deals["date"]] == [str(pd.Timestamp(day)) for day in signing_days(results, world)]
    packages = table[signed[signed >= 0]]
    for act, into, terms in zip(rows(deals), rows(truces), packages, strict=True):
        first, second, licence, control, days = (f"{term:g}" for term in terms)
        words = f"{first} (by USA) and {second} (by CHN), licences {licence}, control {control}, {days} days"
        assert act.instrument == f"add-ons {words}"
        assert into.to_level == terms[-1]
        now = results.labels.dates == into.date.to_datetime64()
        closed = results.arrays["addon"][world][np.roll(now, 1)][0]  # the end of the tick that opens on this date
        pairs = [results.labels.addon_pair.index(pair) for pair in ("USA>CHN", "CHN>USA")]
        assert closed[pairs].tolist() == terms[:2].tolist()
    assert results.arrays["deal_terms"][world].tolist() == packages[0].tolist()
    assert results.transcript(world).count(" agree: add-ons") == 2


def signing_days(results: Results, world: int) -> Any:
    """First days of the ticks in which something was signed."""
    return results.labels.dates[:-1][numbers(results, "signed")[world, 1:] >= 0]


def test_gains_are_on_record_where_something_was_signed_and_nowhere_else() -> None:
    arrays = with_breaches().arrays
    signed = numbers(with_breaches(), "signed") >= 0
    assert signed.any(axis=1).sum() < signed.sum()  # some world signed twice
    np.testing.assert_array_equal(np.isnan(arrays["signed_gain"]), ~np.repeat(signed[..., None], 2, axis=-1))
    deals = numbers(with_breaches(), "acted") & BITS["deal"] != 0
    np.testing.assert_array_equal(deals, np.repeat(signed[..., None], 2, axis=-1))


@pytest.mark.parametrize(
    ("acts", "rows_of"),
    [
        ([], []),
        ([(0, "deal"), (2, "force")], [("deal", 0), ("truce", 2)]),
        ([(0, "deal"), (0, "force")], [("deal", 0), ("truce", 0)]),
        ([(0, "deal"), (1, "rejection")], [("deal", 0), ("rejection", 1)]),
        ([(1, "deal"), (1, "rejection"), (1, "lapse")], [("deal", 1), ("rejection", 1), ("lapse", 1)]),
        ([(0, "renewal"), (1, "renewal"), (2, "lapse")], [("renewal", 0), ("renewal", 1), ("lapse", 2)]),
    ],
)
def test_every_joint_act_is_a_row_of_its_tick(acts: list[tuple[int, str]], rows_of: list[tuple[str, int]]) -> None:
    days = [str(day(tick).astype("datetime64[D]")) for _, tick in rows_of]
    found = told(staged(*((tick, act, "USA;CHN") for tick, act in acts)))
    assert [(kind, date) for kind, _, date in found] == list(zip([k for k, _ in rows_of], days, strict=True))


def test_two_deals_in_sequence_are_told_with_the_terms_of_each() -> None:
    # package 0 is signed and in force at once, broken, cured, snapped back; the last one is signed in the tick after
    issues = quick().scenario.talks.issues
    last, both = len(level_table(issues)) - 1, "USA;CHN"
    first = [(0, "deal", both), (0, "force", both), (0, "breach", "USA"), (1, "cure", "USA"), (1, "snapback", both)]
    signed, gain = (np.full_like(quick().arrays[name][:1], -1) for name in ("signed", "signed_gain"))
    signed[0, 1], signed[0, 3] = 0, last
    gain[0, 1], gain[0, 3] = (0.25, 0.5), (0.125, 1)
    results = staged(*first, (2, "deal", both), (2, "force", both), signed=signed, signed_gain=gain)
    acts = results.acts()
    acts["to_level"] = acts["to_level"].fillna(-1)
    mine = acts[acts["actor"].isin([both, "USA"]) & acts["kind"].isin(["deal", "truce", "breach", "snapback"])]
    assert [(a.kind, a.actor, a.signal, str(a.date.date()), a.to_level) for a in rows(mine)] == [
        ("deal", both, "deescalate", "2025-06-09", -1),
        ("truce", both, "deescalate", "2025-06-09", 90),
        ("breach", "USA", "escalate", "2025-06-09", -1),
        ("breach", "USA", "deescalate", "2025-06-16", -1),
        ("snapback", both, "escalate", "2025-06-16", -1),
        ("deal", both, "deescalate", "2025-06-23", -1),
        ("truce", both, "deescalate", "2025-06-23", 365),
    ]
    lines = results.transcript(0)
    low, high = "add-ons 10 (by USA) and 0 (by CHN), licences 0.25, control 0, 90 days", "add-ons 54 (by USA) and 34"
    assert f"USA and CHN agree: {low} (above disagreement: USA +0.25, CHN +0.5 percent of GDP x years)" in lines
    assert f"USA and CHN agree: {high} (by CHN), licences 1, control 1, 365 days (above" in lines
    assert "Truce between USA and CHN in force for 365 days" in lines


def test_a_renewal_says_for_how_long() -> None:
    acts = staged((2, "renewal", "USA;CHN")).acts()
    (act,) = rows(acts[acts["kind"] == "renewal"])
    assert (act.to_level, act.unit) == (quick().scenario.enforcement.renewal_days, "days")


def test_the_log_of_acts_costs_a_few_bytes_a_world_and_week() -> None:
    # two parties' bits of 2 bytes, a package of 4, two gains of 8
    arrays = with_breaches().arrays
    names = ("acted", "signed", "signed_gain")
    assert sum(arrays[name].nbytes for name in names) == 24 * arrays["signed"].size


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
    # made in the first week; when talks fail in the third, the add-on becomes 80, or stays at 30
    addon = quick().arrays["addon"][:1].copy()
    column = quick().labels.addon_pair.index("USA>CHN")
    addon[0, 3, column] = 80
    made = (0, "threat", "USA")
    carried = staged(made, (2, "threat_executed", "USA"), addon=addon)
    dropped = staged(made, (2, "threat_dropped", "USA"))
    for results, signal, word in ((carried, "escalate", "carried out"), (dropped, "deescalate", "dropped")):
        acts = results.acts()
        threats = rows(acts[acts["kind"] == "threat"])
        assert [(a.actor, a.signal, a.instrument, str(a.date.date())) for a in threats] == [
            ("USA", "escalate", "if talks fail", "2025-06-09"),
            ("USA", signal, word, "2025-06-23"),
        ]
        assert f"USA's threat is {word}" in results.transcript(0)


def test_every_threat_of_a_world_is_told_with_its_level_also_one_that_is_met_at_once() -> None:
    results = run_ensemble(
        small("ticks=2", "governments.USA.threat=80", "talks.protocol=imposed"), worlds=6, progress=False
    )
    acts = results.acts()
    threats = acts[acts["kind"] == "threat"]
    made = threats[threats["instrument"] == "if talks fail"]
    assert (made["to_level"] == 80).all()
    opened = acts[acts["kind"] == "round"].groupby("world")["date"].min()
    assert made.groupby("world")["date"].min().equals(opened)  # the first meeting opens a negotiation
    at_once = np.isnan(results.arrays["threat"][:, 1:, 0]) & (numbers(results, "signed")[:, 1:] >= 0)
    assert (at_once & (numbers(results, "acted")[:, 1:, 0] & BITS["threat"] != 0)).any()


def test_who_walks_out_is_an_act() -> None:
    gone = np.full_like(quick().arrays["walked_out"][:1], -1)
    gone[0, 2] = 1
    results = staged(walked_out=gone)
    acts = results.acts()
    assert [(a.actor, a.target, a.kind) for a in rows(acts[acts["kind"] == "walkout"])] == [("CHN", "USA", "walkout")]
    assert "CHN leaves the talks for good" in results.transcript(0)


def test_every_kind_of_act_has_its_sentence() -> None:
    acts = staged((0, "breach", "USA"), (1, "snapback", "USA;CHN")).transcript(0)
    assert "USA calls a breach by CHN" in acts
    assert "The truce between USA and CHN ends: old rates snap back" in acts
    story = Story(with_talks(), np.arange(12))
    found = {kind for make in KINDS for rows in make(story) for kind in rows.column("kind", "")}
    assert found <= set(SENTENCES)
