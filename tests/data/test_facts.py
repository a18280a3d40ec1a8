"""Facts and sources: every column explained, every source resolved, nothing after 9 June 2025."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from tariffsim.data import available_facts, data_directory, load_facts, load_sources
from tariffsim.data.tables import read_table
from tariffsim.errors import DataError

LAST = "2025-06-09"
OPEN = "9999-12-31"
TABLES = sorted(data_directory().rglob("*.csv"))
ISO = re.compile(r"(?<!\d)20\d\d-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?(?!\d)")
MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
WORDS = re.compile(rf"(?:(\d{{1,2}})[ -])?({MONTHS})[a-z]*\.? (20\d\d)", re.IGNORECASE)


def name_of(path: Path) -> str:
    return path.relative_to(data_directory()).as_posix()


def later_dates(text: str) -> list[str]:
    """Dates after the cut-off, in numbers or in words (the founding article's own date excepted)."""
    numbers = [found for found in ISO.findall(text) if found > LAST[: len(found)]]
    words = []
    for day, month, year in WORDS.findall(text):
        number = MONTHS.split("|").index(month.lower()) + 1
        if (int(year), number, int(day or 1)) > (2025, 6, 9):
            words.append(f"{day} {month} {year}".strip())
    return numbers + words


@pytest.mark.parametrize("path", TABLES, ids=name_of)
def test_no_table_holds_a_date_after_the_cut_off(path: Path) -> None:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        allowed = line.startswith("afp_2025_06_10,")  # the source itself, which describes the day before
        assert not later_dates(line) or allowed, f"{path.name} row {number}: {later_dates(line)}"


def test_the_search_for_late_dates_finds_them() -> None:
    assert later_dates("see 2025-06-10") == ["2025-06-10"]
    assert later_dates("in 2025-07") == ["2025-07"]
    assert later_dates("on 27 June 2025") == ["27 Jun 2025"]
    assert later_dates("in Oct 2025") == ["Oct 2025"]
    assert later_dates("2025-06-09, May 2025, 9 June 2025, 2025-06, 9999-12-31") == []


@pytest.mark.parametrize("name", available_facts())
def test_every_dated_fact_is_inside_the_period(name: str) -> None:
    columns = [key for key in load_facts(name)[0] if key in ("date", "end_date", "start", "end")]
    days = [row[key] for row in load_facts(name) for key in columns if row[key]]
    assert all(dt.date.fromisoformat(day) <= dt.date.fromisoformat(LAST) for day in days)


def test_the_london_round_has_no_result() -> None:
    london = next(row for row in load_facts("rounds") if row["place"] == "London")
    assert london["status"] == "under way"
    assert london["start"] == LAST
    for key in ("end", "us_conceded", "chn_conceded", "rate_after_us", "rate_after_chn", "truce_days"):
        assert not london[key]
    events = [row for row in load_facts("events") if row["date"] == LAST]
    assert [(row["kind"], row["end_date"], row["to_level"]) for row in events] == [("round", "", "")]


def test_no_table_mentions_what_came_of_london() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in TABLES).lower()
    assert "after london" not in text
    assert "at london" not in text
    assert '"55%' not in text
    assert "55% vs" not in text


def test_columns_csv_describes_every_column_once() -> None:
    described = [(row["file"], row["column"]) for row in read_table(data_directory() / "columns.csv").records()]
    actual = [(name_of(path), column) for path in TABLES for column in read_table(path).header]
    assert sorted(described) == sorted(actual)
    assert len(set(described)) == len(described)


def test_every_source_resolves_and_every_listed_source_is_used() -> None:
    used = {"row", "layers.csv"}
    for path in TABLES:
        table = read_table(path)
        if "source" in table.header:
            used |= {name for cell in table.column("source") for name in cell.split(";")}
    assert used - {"row", "layers.csv"} == set(load_sources())


def test_every_source_has_title_year_and_licence() -> None:
    for source in load_sources().values():
        assert source["title"]
        assert re.fullmatch(r"20\d\d", source["year"])
        assert source["licence"]
        assert source["tier"] in ("A", "B", "C", "M")
        assert source["url"] == "" or source["url"].startswith("https://")


def test_every_row_of_the_facts_has_source_and_confidence() -> None:
    for name in available_facts():
        assert all(row["source"] and row["confidence"] in ("high", "medium", "low") for row in load_facts(name))


def test_may_exports_to_the_united_states_fell_on_month_and_year() -> None:
    rows = [r for r in load_facts("trade_monthly") if r["flow"] == "CHN_to_USA_exports_GACC"]
    may = next(row for row in rows if row["date"] == "2025-05-31")
    assert (may["value"], may["yoy_percent"], may["mom_percent"]) == ("28.8", "-34.5", "-12.7")


def test_a_misspelt_facts_table_gets_the_nearest_name() -> None:
    with pytest.raises(DataError, match=r"unknown facts table 'event'. Did you mean 'events'\?"):
        load_facts("event")


def test_sources_md_mentions_every_table() -> None:
    text = (data_directory() / "SOURCES.md").read_text(encoding="utf-8")
    for path in TABLES:
        assert path.name in text or path.parent.name == "facts"
    assert "9 June 2025" in text


def test_the_shipped_data_stay_small() -> None:
    assert sum(path.stat().st_size for path in TABLES) < 900_000
