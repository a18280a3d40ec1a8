"""Tariffs on a date: the steps of 2025, four rates that differ, averages near published ones."""

from __future__ import annotations

import csv
import datetime as dt
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tariffsim.data import data_directory, load_facts, load_sources
from tariffsim.economy.loading import load_calibration
from tariffsim.errors import DataError, EconomyError
from tariffsim.instruments.schedule import (
    Comparison,
    TariffSchedule,
    compare_with_published,
    load_schedule,
    main,
)

C = load_calibration()
FLOWS = C.flows
GOODS = np.asarray(C.goods)
USA, CHN, KOR, ROW = (C.regions.index(name) for name in ("USA", "CHN", "KOR", "ROW"))
BORDERS = ("2025-02-04", "2025-03-04", "2025-04-05", "2025-04-09", "2025-04-10", "2025-05-14")


@pytest.fixture(scope="module")
def schedule() -> TariffSchedule:
    return load_schedule()


def addon(schedule: TariffSchedule, date: str, importer: str, exporter: str) -> list[float]:
    """The add-ons of a pair over goods, percent, different values only."""
    at = C.regions.index(importer), C.regions.index(exporter)
    return sorted({round(float(rate), 6) for rate in 100 * schedule.on(date).addon[at][GOODS]})


# ---------------------------------------------------------------------- the base year
def test_the_base_tariff_is_the_schedule_of_the_first_of_july_2022(schedule: TariffSchedule) -> None:
    assert np.abs(schedule.on("2022-07-01").applied - C.tariffs).max() < 1e-12


def test_nothing_is_added_on_before_20_january_2025(schedule: TariffSchedule) -> None:
    for date in ("2022-07-01", "2024-12-31", "2025-01-20"):
        assert schedule.on(date).addon.max() == 0.0


# ---------------------------------------------------------------------- headline steps
@pytest.mark.parametrize(
    ("date", "percent"),
    [
        ("2025-01-20", 0),
        ("2025-02-04", 10),
        ("2025-03-04", 20),
        ("2025-04-05", 30),
        ("2025-04-09", 104),
        ("2025-04-10", 145),
        ("2025-05-13", 145),
        ("2025-05-14", 30),
        ("2025-06-09", 30),
    ],
)
def test_the_american_addon_on_china_takes_its_dated_steps(schedule: TariffSchedule, date: str, percent: float) -> None:
    assert addon(schedule, date, "USA", "CHN") == [percent]


@pytest.mark.parametrize(
    ("date", "percent"),
    [
        ("2025-01-20", 0),
        ("2025-02-10", 0),
        ("2025-03-10", 0),
        ("2025-04-09", 0),
        ("2025-04-10", 84),
        ("2025-04-12", 125),
        ("2025-05-14", 10),
    ],
)
def test_the_chinese_addon_on_the_united_states_takes_its_dated_steps(
    schedule: TariffSchedule, date: str, percent: float
) -> None:
    assert addon(schedule, date, "CHN", "USA") == [percent]


def test_every_headline_row_of_the_facts_is_met_on_its_day(schedule: TariffSchedule) -> None:
    checked = 0
    for row in load_facts("headline_tariffs"):
        if row["scope"].startswith("headline") and row["target"] in C.regions:
            if (row["target"], row["date"]) == ("KOR", "2025-04-09"):
                continue  # the fact is the rate after midday, the schedule has the country rate of the day
            assert addon(schedule, row["date"], row["actor"], row["target"]) == [float(row["rate_percent"])]
            checked += 1
    assert checked >= 20


def test_country_rates_above_ten_are_in_force_for_one_day(schedule: TariffSchedule) -> None:
    days = {day: addon(schedule, f"2025-04-{day:02d}", "USA", "KOR") for day in (4, 5, 8, 9, 10)}
    assert days == {4: [0.0], 5: [10.0], 8: [10.0], 9: [26.0], 10: [10.0]}


# ---------------------------------------------------------------------- four different columns
def test_the_four_rates_of_china_differ_on_9_june(schedule: TariffSchedule) -> None:
    table = schedule.on("2025-06-09")
    statutory, added, applied = (
        100 * rates[USA, CHN][GOODS].mean() for rates in (table.statutory, table.addon, table.applied)
    )
    effective = 100 * table.effective(FLOWS)[USA, CHN]
    assert added == pytest.approx(30.0)
    assert added < effective < applied < statutory
    assert applied - effective > 1.0
    # what the law charges and nobody pays: the exempt share of the add-on layers
    duties = np.sum([layer.duty for layer in schedule.headline("2025-06-09").layers], axis=0)
    assert statutory - applied == pytest.approx(added - 100 * duties[USA, CHN][GOODS].mean())
    assert statutory - applied > 3.0


@pytest.mark.parametrize("date", ["2022-07-01", *BORDERS, "2025-06-09"])
def test_statutory_rates_are_never_below_applied_ones_except_for_hong_kong(schedule: TariffSchedule, date: str) -> None:
    table = schedule.on(date)
    gap = table.statutory - table.applied
    gap[USA, ROW] = 0.0
    assert gap.min() > -1e-12
    assert table.statutory[CHN, USA].max() >= table.applied[CHN, USA].max()


def test_services_and_own_trade_carry_no_layer(schedule: TariffSchedule) -> None:
    table = schedule.on("2025-04-15")
    for rates in (table.statutory, table.addon, table.applied):
        assert np.array_equal(rates[:, :, ~GOODS], schedule.mfn_pref[:, :, ~GOODS] * (rates is not table.addon))
        assert np.einsum("iij->ij", rates).max() == 0.0


def test_the_effective_rate_is_duties_over_imports(schedule: TariffSchedule) -> None:
    table = schedule.on("2025-05-20")
    duties = (table.applied[USA, CHN] * FLOWS[USA, CHN])[GOODS].sum()
    assert table.effective(FLOWS)[USA, CHN] == pytest.approx(duties / FLOWS[USA, CHN][GOODS].sum(), rel=1e-12)
    partners = [i for i in range(16) if i != USA]
    imports = FLOWS[USA, partners][:, GOODS]
    mean = (table.applied[USA, partners][:, GOODS] * imports).sum() / imports.sum()
    assert table.effective_by_importer(FLOWS)[USA] == pytest.approx(mean, rel=1e-12)


def test_a_pair_without_trade_has_no_effective_rate(schedule: TariffSchedule) -> None:
    flows = FLOWS.copy()
    flows[USA, KOR] = 0.0
    effective = schedule.on("2025-05-20").effective(flows)
    assert np.isnan(effective[USA, KOR])
    assert np.isfinite(effective[USA, CHN])


def test_hong_kong_rows_move_with_the_layer_but_not_the_addon_of_the_rest(schedule: TariffSchedule) -> None:
    before, after = schedule.on("2025-05-13"), schedule.on("2025-05-14")
    assert (before.applied[USA, ROW] > after.applied[USA, ROW]).any()
    assert np.array_equal(before.addon[USA, ROW], after.addon[USA, ROW])
    assert 100 * before.addon[USA, ROW][GOODS].max() == pytest.approx(10.0)


# ---------------------------------------------------------------------- the split for levers
@pytest.mark.parametrize("date", ["2022-07-01", "2025-04-02", *BORDERS, "2025-06-09", "2026-01-01"])
def test_background_and_headline_duties_add_up_to_the_applied_tariff(schedule: TariffSchedule, date: str) -> None:
    split = schedule.headline(date)
    total = split.background + sum(layer.duty for layer in split.layers)
    assert np.abs(total - schedule.on(date).applied).max() < 1e-12


def test_a_layer_not_yet_in_force_has_its_first_coverage_and_no_rate(schedule: TariffSchedule) -> None:
    before = schedule.headline("2025-04-02")["ieepa_reciprocal_CHN"]
    first = schedule.headline("2025-04-05")["ieepa_reciprocal_CHN"]
    assert before.rate.max() == 0.0
    assert first.rate.max() > 0.0
    assert np.array_equal(before.coverage, first.coverage)


def test_a_layer_that_has_ended_keeps_its_last_coverage_and_no_rate(schedule: TariffSchedule) -> None:
    during = schedule.headline("2025-04-09")["ieepa_reciprocal_annexI_extra"]
    after = schedule.headline("2025-06-09")["ieepa_reciprocal_annexI_extra"]
    assert after.rate.max() == 0.0
    assert np.array_equal(during.coverage, after.coverage)


def test_chinese_waivers_end_with_the_high_rates(schedule: TariffSchedule) -> None:
    chips = C.sectors.index("ELEC")
    assert schedule.headline("2025-04-02")["chn_reciprocal"].coverage[CHN, USA, chips] == 0.75
    assert schedule.headline("2025-06-09")["chn_reciprocal"].coverage[CHN, USA, chips] == 1.0


def test_headline_layers_know_whom_they_aim_at(schedule: TariffSchedule) -> None:
    split = schedule.headline("2025-06-09")
    aimed = {layer.name for layer in split.layers if layer.aims_at("USA", "CHN") and layer.coverage[USA, CHN].any()}
    assert aimed == {"ieepa_fentanyl_CHN", "ieepa_reciprocal_CHN"}
    assert not split["ieepa_fentanyl_CHN"].aims_at("USA", "ROW")
    assert split["ieepa_fentanyl_CHN"].coverage[USA, ROW].max() > 0.0


def test_a_misspelt_layer_gets_the_nearest_name(schedule: TariffSchedule) -> None:
    with pytest.raises(EconomyError, match=r"Did you mean 'ieepa_fentanyl_CHN'\?"):
        schedule.headline("2025-06-09")["fentanyl_CHN"]
    with pytest.raises(EconomyError, match=r"Did you mean 's232_autos'\?"):
        schedule.layer("s232_auto")


def test_the_layers_of_a_cell_can_be_listed(schedule: TariffSchedule) -> None:
    rows = schedule.layers_in_force("2025-06-09", "USA", "KOR", "STEEL")
    assert [(row.layer, row.rate) for row in rows] == [("s232_steel_alu", 0.5)]
    assert schedule.layer("s232_steel_alu").legal_basis == "Trade Expansion Act 1962 s.232"


# ---------------------------------------------------------------------- dates
def test_a_later_date_sees_the_layers_of_9_june_unchanged(schedule: TariffSchedule) -> None:
    assert np.array_equal(schedule.on("2026-06-09").applied, schedule.on(dt.date(2025, 6, 9)).applied)


def test_an_early_or_malformed_date_is_refused(schedule: TariffSchedule) -> None:
    with pytest.raises(EconomyError, match=r"2020-01-01, but tariff layers are complete only from 2022-07-01"):
        schedule.on("2020-01-01")
    with pytest.raises(EconomyError, match=r"date is '9 June', expected year-month-day"):
        schedule.headline("9 June")


def test_rates_change_only_on_the_dates_of_rows(schedule: TariffSchedule) -> None:
    starts = {row.start for row in schedule.rows} | {
        row.end + dt.timedelta(1) for row in schedule.rows if row.end.year < 9999
    }
    days = [dt.date(2025, 1, 1) + dt.timedelta(n) for n in range(160)]
    tables = [schedule.on(day).applied for day in days]
    for (_, before), (day, after) in pairwise(zip(days, tables, strict=True)):
        assert np.array_equal(before, after) == (day not in starts)


# ---------------------------------------------------------------------- published averages
ALLOWED = {"average_world_exports": 7.0, "average": 3.0, "increase_since_2024": 5.0, "revenue": 10.0}
OPEN_QUESTION = (
    "2025-04-11",
    "increase_since_2024",
)  # the published figure implies another coverage: SOURCES.md
COMPARISONS = compare_with_published()


@pytest.mark.parametrize("c", COMPARISONS, ids=lambda c: f"{c.date}-{c.importer}-{c.exporter}-{c.measure}")
def test_our_averages_are_within_the_stated_distance_of_published_ones(c: Comparison) -> None:
    allowed = 23.0 if (c.date, c.measure) == OPEN_QUESTION else ALLOWED[c.measure]
    assert abs(c.ours - c.published) < allowed
    assert c.gap
    assert c.source in load_sources()


def test_averages_of_the_readme_hold(schedule: TariffSchedule) -> None:
    table = schedule.on("2022-07-01")
    assert 100 * table.effective_by_importer(FLOWS)[USA] == pytest.approx(3.8, abs=0.05)
    assert 100 * table.effective(FLOWS)[USA, CHN] == pytest.approx(13.6, abs=0.05)
    assert 100 * table.effective(FLOWS)[CHN, USA] == pytest.approx(19.5, abs=0.05)
    assert C.revenue[USA] / 1000 == pytest.approx(95.7, abs=0.05)


def test_published_figures_equal_the_facts_they_quote() -> None:
    facts = {
        (r["series"], r["date"], r["actor"], r["target"]): r["rate_percent"] for r in load_facts("average_tariffs")
    }
    with (data_directory() / "baseline" / "published.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["series"]]
    assert len(rows) == 27
    for row in rows:
        assert row["published"] == facts[row["series"], row["fact_date"], row["importer"], row["exporter"]]


def test_the_command_prints_four_rates_and_the_comparison(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--date", "2025-05-20"]) == 0
    out = capsys.readouterr().out
    assert "in force on 2025-05-20" in out
    assert "statutory     add-on    applied  effective" in out
    assert "126.5 published" in out


def test_the_command_says_that_a_later_date_is_beyond_the_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--date", "2026-05-20"]) == 0
    assert "layers open on 2025-06-09 stay" in capsys.readouterr().out


def test_the_command_refuses_a_bad_date_with_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--date", "tomorrow"]) == 2
    assert "expected year-month-day" in capsys.readouterr().err


# ---------------------------------------------------------------------- corrupted copies
@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("layer", "s232_auto", r"tariff_layers.csv row 7: unknown layer 's232_auto'"),
        ("importer", "CHN", r"tariff_layers.csv row 7: unknown importer 'CHN'"),
        ("exporter", "CHM", r"tariff_layers.csv row 7: unknown exporter 'CHM'"),
        ("sector", "FOOT", r"tariff_layers.csv row 7: unknown sector 'FOOT'"),
        ("date_from", "2025-02-30", r"row 7: date_from is '2025-02-30', expected year-month-day"),
        ("date_to", "2001-01-01", r"row 7: date_to 2001-01-01 is before date_from"),
        ("rate_percent", "-5", r"row 7: rate_percent is -5, expected at least 0"),
        ("rate_percent", "nan", r"row 7: rate_percent is 'nan', expected a finite number"),
        ("coverage", "1.2", r"row 7: coverage is 1.2, expected a share"),
        ("sector", "AGR", r"tariff_layers.csv row 7: overlaps row 2 of the same layer and cell"),
    ],
)
def test_a_corrupted_layer_is_refused_with_its_row(column: str, value: str, message: str, tmp_path: Path) -> None:
    shutil.copytree(data_directory() / "baseline", tmp_path / "baseline")
    path = tmp_path / "baseline" / "tariff_layers.csv"
    rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    rows[6][rows[0].index(column)] = value
    path.write_text("\n".join(",".join(row) for row in rows) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=message):
        load_schedule("baseline", tmp_path)
