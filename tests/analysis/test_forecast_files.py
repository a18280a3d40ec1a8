"""Forecast and fact files: what is wrong is said in one line that names the row and the column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.analysis.files import CHANCES, FACTS, HEADER, RATES, facts_file, forecast_file

from tariffsim.analysis.forecasts import forecast_text, read_facts, read_forecast, stamp
from tariffsim.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

RATE, CHANCE = RATES[1], CHANCES[1]


def test_a_forecast_written_again_is_the_same_forecast(tmp_path: Path) -> None:
    first = read_forecast(forecast_file(tmp_path))
    (tmp_path / "b.csv").write_text(forecast_text(first), encoding="utf-8")
    second = read_forecast(tmp_path / "b.csv")
    assert (second.made, second.quantiles, second.probabilities) == (first.made, first.quantiles, first.probabilities)
    assert second.means == first.means
    assert second.sha256 == stamp(first)


def test_the_hash_covers_the_date(tmp_path: Path) -> None:
    here = read_forecast(forecast_file(tmp_path))
    there = read_forecast(forecast_file(tmp_path, made="# made: 2025-04-16"))
    assert here.sha256 != there.sha256


def test_a_spreadsheet_mark_and_columns_in_another_order_are_read(tmp_path: Path) -> None:
    path = facts_file(tmp_path)
    lines = [",".join(reversed(line.split(","))) for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    path.write_bytes("\n".join(lines).encode("utf-8-sig"))
    assert sorted(read_facts(path).values()) == [0.0, 1.0, 60.0, 145.0]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [RATE.replace("addon_rate", "adon_rate")],
            r"a\.csv row 3: unknown quantity 'adon_rate'\. Did you mean 'addon_",
        ),
        (
            [RATE.replace("CHN", "JNP")],
            r"row 3: unknown partner of addon_rate USA 'JNP'\. Did you mean 'JPN'\? Allowed: ",
        ),
        ([RATE.replace("USA", "KOR")], r"row 3: unknown subject of addon_rate 'KOR'\. .*Allowed: CHN, USA\."),
        ([RATE, RATE], r"row 4: duplicate of a\.csv row 3 \(addon_rate USA CHN 2025-05-31\)"),
        ([RATE.replace("10,20", "20,10")], r"row 3: q25 is 10, below q10 = 20; quantiles cross"),
        ([RATE.replace("0,10", "-1,10")], r"row 3: q05 is -1, expected at least 0"),
        ([RATE.replace(",20,", ",nan,")], r"row 3: q25 is 'nan', expected a number"),
        ([RATE.replace(",20,", ",,")], r"row 3: q25 is '', expected a number"),
        ([RATE.replace("percent", "points")], r"row 3: unit is 'points', expected 'percent' for addon_rate"),
        ([RATE + "0.5"], r"row 3: probability is given, expected an empty cell; addon_rate is a number"),
        ([RATE.replace("05-31", "05-30")], r"row 3: date is 2025-05-30, expected the end of a month; .* 2025-05-31"),
        ([RATE.replace("2025-05-31", "May")], r"row 3: date is 'May', expected a day as 2025-06-08"),
        ([RATE.replace("05-31", "03-31")], r"row 3: date is 2025-03-31, expected a day after 2025-04-15, when a\.csv"),
        ([CHANCE.replace("0.6", "1.2")], r"row 3: probability is 1\.2, expected 0 to 1"),
        ([CHANCE.replace("0.6", "")], r"row 3: probability is '', expected a number"),
        ([CHANCE.replace(",,0.6", ",3,0.6")], r"row 3: q95 is given, expected an empty cell; agreement_by is an event"),
        (
            [CHANCES[0], CHANCE.replace("0.6", "0.1")],
            r"row 4: probability is 0\.1, below 0\.2 of a\.csv row 3; .*undone",
        ),
        ([RATE + ",1"], r"row 3: 15 cells, expected 14"),
    ],
)
def test_a_bad_row_of_a_forecast_is_named(tmp_path: Path, rows: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        read_forecast(forecast_file(tmp_path, *rows))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("made", "header", "message"),
    [
        ("# by me", HEADER, r"a\.csv doesn't say when it was made: put a line '# made: 2025-06-08' above the header"),
        ("# made: today", HEADER, r"a\.csv: made is 'today', expected a day as 2025-06-08"),
        ("# made: 2025-04-15", HEADER.replace("q25,", ""), r"a\.csv row 2: column 'q25' is missing"),
        ("# made: 2025-04-15", HEADER.replace("q25", "q2.5"), r"row 2: unknown column 'q2\.5'\. Did you mean 'q25'\?"),
        ("# made: 2025-04-15", HEADER.replace("q25", "q05"), r"row 2: column 'q05' is there twice"),
    ],
)
def test_a_bad_head_of_a_forecast_is_named(tmp_path: Path, made: str, header: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_forecast(forecast_file(tmp_path, made=made, header=header))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            ["tariff,USA,CHN,2025-04-30,1"],
            r"facts\.csv row 3: unknown quantity 'tariff'.*Allowed: addon_cut_by, addon_rate",
        ),
        ([FACTS[0], FACTS[0]], r"row 4: duplicate of facts\.csv row 3 \(addon_rate USA CHN 2025-04-30\)"),
        ([FACTS[3].replace(",1", ",0.5")], r"row 3: value is 0\.5, expected 0 or 1: agreement_by is an event"),
        (
            [FACTS[2].replace(",0", ",1"), FACTS[3].replace(",1", ",0")],
            r"row 4: value is 0, below 1 of facts\.csv row 3",
        ),
        ([FACTS[1].replace("60", "-5")], r"row 3: value is -5, expected at least 0"),
        ([FACTS[1].replace("60", "low")], r"row 3: value is 'low', expected a number"),
    ],
)
def test_a_bad_row_of_the_facts_is_named(tmp_path: Path, rows: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_facts(facts_file(tmp_path, *rows))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"quantity,subject,partner,date,value\nna\xefve\n", r"facts\.csv is not UTF-8 comma-separated text"),
        (b'quantity,subject,partner,date,value\n"open', r"facts\.csv is not UTF-8 comma-separated text"),
        (b"quantity,subject,partner,date\nx,y,z,w\n", r"facts\.csv row 1: column 'value' is missing"),
        (b"quantity,subject,partner,date,value\n", r"facts\.csv has no rows"),
        (b"", r"facts\.csv has no rows"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "facts.csv").write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_facts(tmp_path / "facts.csv")


def test_a_file_that_is_not_there_or_is_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.csv does not exist"):
        read_facts(tmp_path / "none.csv")
    with pytest.raises(DataError, match=r"cannot be read"):
        read_facts(tmp_path)
