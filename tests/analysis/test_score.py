"""The scoring command: a table that can be checked by hand, pools, and mistakes that leave nothing behind."""

from __future__ import annotations

import csv
import hashlib
import math
import subprocess
from typing import TYPE_CHECKING

import pytest
from tests.analysis.files import CHANCES, RATES, facts_file, forecast_file

from tariffsim.analysis.forecasts import read_forecast
from tariffsim.analysis.pooling import pool
from tariffsim.analysis.quantities import US_ON_CHINA, Key, month_end
from tariffsim.analysis.score import main
from tariffsim.analysis.score_table import score_table
from tariffsim.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

POINT = ("addon_rate,USA,CHN,2025-05-31,percent,65,65,65,65,65,65,65,65,",)
OTHER = (
    "addon_rate,USA,CHN,2025-05-31,percent,75,70,70,70,75,80,80,80,",
    "agreement_by,USA,CHN,2025-05-31,probability,,,,,,,,,0.8",
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    facts_file(tmp_path)
    return tmp_path


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def cell(rows: list[dict[str, str]], forecast: str, quantity: str, score: str) -> dict[str, str]:
    (found,) = (r for r in rows if (r["forecast"], r["quantity"], r["score"]) == (forecast, quantity, score))
    return found


def test_the_table_is_as_by_hand(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    forecast_file(folder, RATES[0], *POINT, *CHANCES)
    assert main(["a.csv", "facts.csv"]) == 0
    table = rows_of(folder / "scores.csv")
    rates = cell(table, "a.csv", "addon_rate", "crps")
    # Two points, 140 for 145 and 65 for 60: errors of 5. The fade starts at 145 on 15 April and has 214, then 183 of
    # 229 days left: errors of 145 15/229 and 145 183/229 - 60. The others stay near 145.
    fade = (145 * 15 / 229 + 145 * 183 / 229 - 60) / 2
    assert float(rates["value"]) == pytest.approx(5.0)
    assert rates["baseline"] == "fade"
    assert float(rates["baseline_value"]) == pytest.approx(fade)
    assert float(rates["skill"]) == pytest.approx(1 - 5 / fade)
    assert (rates["rows"], rates["facts"]) == ("2", "2")
    assert float(cell(table, "a.csv", "addon_rate", "coverage90")["value"]) == 0.0
    assert float(cell(table, "a.csv", "all events", "brier")["value"]) == pytest.approx((0.04 + 0.16) / 2)
    expected = -(math.log(0.8) + math.log(0.6)) / 2
    assert float(cell(table, "a.csv", "agreement_by", "log")["value"]) == pytest.approx(expected)
    assert float(cell(table, "fade", "addon_rate", "crps")["skill"]) == 0.0
    assert "all numbers" not in {row["quantity"] for row in table if row["score"] == "crps"}
    assert "+0.85" in capsys.readouterr().out


def test_the_stamp_is_the_hash_of_the_file_beside_its_name_and_date(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = forecast_file(folder)
    assert main(["a.csv", "facts.csv"]) == 0
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert capsys.readouterr().out.splitlines()[0] == f"a.csv  made 2025-04-15  sha256 {digest}"
    assert cell(rows_of(folder / "scores.csv"), "a.csv", "addon_rate", "crps")["sha256"] == digest


def test_a_pool_averages_quantiles_and_probabilities_of_the_rows_that_all_have(folder: Path) -> None:
    forecast_file(folder, *POINT, *CHANCES)
    forecast_file(folder, *OTHER, name="b.csv")
    assert main(["a.csv", "facts.csv", "--pool", "b.csv", "--pool-out", "pool.csv", "--out", "t.csv"]) == 0
    pooled = read_forecast(folder / "pool.csv")
    rate, chance = sorted(pooled.keys)
    assert pooled.quantiles == {rate: (67.5, 67.5, 67.5, 70.0, 72.5, 72.5, 72.5)}
    assert pooled.means == {rate: 70.0}
    assert pooled.probabilities == {chance: pytest.approx(0.7)}
    row = cell(rows_of(folder / "t.csv"), "pool", "agreement_by", "brier")
    assert (row["sha256"], row["rows"], row["facts"]) == (pooled.sha256, "1", "2")
    assert float(row["value"]) == pytest.approx(0.09)


def test_a_pool_of_one_forecast_twice_is_that_forecast(folder: Path) -> None:
    one = read_forecast(forecast_file(folder))
    twice = pool([one, one])
    assert (twice.quantiles, twice.probabilities) == (one.quantiles, one.probabilities)


def test_a_perfect_baseline_leaves_no_skill_to_tell(folder: Path) -> None:
    forecast = read_forecast(forecast_file(folder, RATES[0]))
    key = Key("addon_rate", *US_ON_CHINA, month_end(forecast.made))
    (score,) = (row for row in score_table([forecast], {key: 145.0})[:1] if row.score == "crps")
    assert (score.baseline, score.baseline_value, score.skill) == ("status_quo", 0.0, None)


def test_forecasts_that_share_no_row_cannot_be_pooled(folder: Path) -> None:
    first = read_forecast(forecast_file(folder, *RATES))
    second = read_forecast(forecast_file(folder, *CHANCES, name="b.csv"))
    with pytest.raises(DataError, match=r"no row is in all of a\.csv, b\.csv"):
        pool([first, second])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["a.csv"], "the following arguments are required: facts"),
        (["a.csv", "facts.csv", "--pol", "b.csv"], "unrecognized arguments: --pol b.csv"),
        (["none.csv", "facts.csv"], "none.csv does not exist"),
        (["a.csv", "a.csv"], "a.csv row 2: unknown column 'unit'"),
        (["a.csv", "facts.csv", "--pool", "copy.csv"], "copy.csv and a.csv are the same file"),
        (["a.csv", "facts.csv", "--pool", "b/a.csv"], "two files are called a.csv"),
        (
            ["a.csv", "facts.csv", "--pool", "late.csv"],
            "late.csv was made on 2025-04-16, a.csv on 2025-04-15: agreement_by",
        ),
        (["may.csv", "facts.csv"], "may.csv has no row for any of the 4 facts"),
        (["a.csv", "facts.csv", "--out", "facts.csv"], "facts.csv would be overwritten"),
        (["a.csv", "facts.csv", "--pool", "other.csv", "--out", "x", "--pool-out", "x"], "x would be overwritten"),
        (["a.csv", "facts.csv", "--pool-out", "x"], "there is none: add --pool"),
        (["a.csv", "facts.csv", "--out", "facts.csv/x"], "Choose another file with --out"),
    ],
)
def test_a_mistake_is_one_line_and_exit_2_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    forecast_file(folder)
    (folder / "b").mkdir()
    forecast_file(folder / "b", *OTHER)
    forecast_file(folder, name="copy.csv")
    forecast_file(folder, name="late.csv", made="# made: 2025-04-16")
    forecast_file(folder, *OTHER, name="other.csv")
    forecast_file(folder, POINT[0].replace("2025-05-31", "2025-06-30"), name="may.csv")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert main(words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert message in said.err
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_the_command_runs_by_its_name_and_loads_no_heavy_library_for_help(folder: Path, python: str) -> None:
    forecast_file(folder)
    done = subprocess.run(
        [python, "-m", "tariffsim.analysis.score", "a.csv", "facts.csv"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    heavy_ones = {"numba", "pandas", "xarray", "scipy", "matplotlib", "mesa"}
    code = f"import sys, tariffsim.analysis.score; print(sorted({heavy_ones} & set(sys.modules)))"
    assert subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
