"""The command that prints how a headline moves over elasticity sets, closures, horizons and critical inputs."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tariffsim.economy import Wedges, solve
from tariffsim.economy.loading import available_elasticities, load_calibration, load_economy, load_nodes
from tariffsim.economy.nodes import NODE_RENTS
from tariffsim.economy.primitives import CLOSURES
from tariffsim.economy.sensitivity import Question, Row, main, report, sensitivity
from tariffsim.scenario.loading import load_scenario

if TYPE_CHECKING:
    from pathlib import Path

LONDON = Question("USA", "CHN", 145.0, 125.0, ("USA", "CHN", "KOR"), {"rare_earth_magnets": 0.1})
COMMAND = ("-m", "tariffsim.economy.sensitivity")


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return sensitivity(LONDON, load_scenario())


def rows_of(rows: list[Row], varied: str) -> dict[str, Row]:
    return {row.value: row for row in rows if row.varied == varied}


def test_every_elasticity_set_closure_horizon_rationing_and_rho_has_a_row(rows: list[Row]) -> None:
    assert list(rows_of(rows, "elasticity set")) == available_elasticities()
    assert tuple(rows_of(rows, "closure")) == CLOSURES
    assert list(rows_of(rows, "horizon")) == ["short, theta 0.75", "short, theta 1", "short, theta 1.25", "long"]
    forms = ["quota", *(f"market, rent: {rent}" for rent in NODE_RENTS)]
    assert list(rows_of(rows, "rationing")) == forms
    assert list(rows_of(rows, "rho of rare_earth_magnets")) == ["0.05", "0.15", "0.3"]
    assert list(rows_of(rows, "backstop price")) == ["5 x normal", "30 x normal", "200 x normal"]


def test_the_row_of_the_scenario_itself_is_what_solve_gives(rows: list[Row]) -> None:
    economy, goods = load_economy(), np.array(load_calibration().goods)
    usa, chn, kor = (economy.region_index(region) for region in LONDON.regions)
    tariffs = np.array(economy.tariffs)
    tariffs[usa, chn, goods] += 1.45
    tariffs[chn, usa, goods] += 1.25
    answer = solve(economy, tariffs)
    first = rows[0]
    np.testing.assert_allclose(first.real_income, 100.0 * answer.real_income[[usa, chn, kor]], rtol=1e-12)
    revenue = (answer.revenue - economy.revenue)[[usa, chn, kor]] / 1000.0
    np.testing.assert_allclose(first.duties, revenue, rtol=1e-12)
    bought = answer.trade[usa, chn, goods].sum() / economy.flows[usa, chn, goods].sum()
    assert first.imports[0] == pytest.approx(100.0 * (bought - 1.0), rel=1e-12)


def test_rows_that_repeat_the_scenario_repeat_its_numbers(rows: list[Row]) -> None:
    again = (("elasticity set", "U4"), ("closure", "world_gdp_share"), ("horizon", "long"))
    for varied, value in again:
        np.testing.assert_array_equal(rows_of(rows, varied)[value].headlines, rows[0].headlines)
    licensed = rows_of(rows, "with licences")["central rho and backstop"].headlines
    np.testing.assert_array_equal(rows_of(rows, "rationing")["quota"].headlines, licensed)
    np.testing.assert_array_equal(rows_of(rows, "rho of rare_earth_magnets")["0.15"].headlines, licensed)
    np.testing.assert_array_equal(rows_of(rows, "backstop price")["30 x normal"].headlines, licensed)


@pytest.mark.parametrize("varied", ["elasticity set", "closure", "horizon", "rationing", "rho of rare_earth_magnets"])
def test_whatever_varies_moves_every_headline(varied: str, rows: list[Row]) -> None:
    numbers = np.array([row.headlines for row in rows_of(rows, varied).values()])
    distinct = [len(np.unique(column)) for column in numbers.T]
    assert distinct == [len(numbers)] * len(distinct)


def test_harder_to_replace_and_dearer_ways_out_hurt_the_buyer_more(rows: list[Row]) -> None:
    by_rho = [row.real_income[0] for row in rows_of(rows, "rho of rare_earth_magnets").values()]
    by_price = [row.real_income[0] for row in rows_of(rows, "backstop price").values()]
    assert by_rho == sorted(by_rho)
    assert by_price == sorted(by_price, reverse=True)
    assert rows_of(rows, "with licences")["central rho and backstop"].real_income[0] < rows[0].real_income[0]


def test_who_earns_the_scarcity_rent_decides_who_loses(rows: list[Row]) -> None:
    usa, china, korea = np.array([row.real_income for row in rows_of(rows, "rationing").values()]).T
    quota, user, owner, split, lost = range(5)
    for buyer in (usa, korea):
        assert buyer[user] > buyer[split] > buyer[owner]
        assert buyer[user] > buyer[lost]
    assert china[owner] > china[split] > china[user]
    assert len({*korea}) == 5
    assert korea[quota] != korea[user]


def test_a_row_on_a_market_is_the_economy_of_the_nodes_in_the_data(rows: list[Row]) -> None:
    economy, goods = load_economy(), np.array(load_calibration().goods)
    economy = economy.with_nodes(load_nodes(economy, rent="owner", backstop_price=30.0, names=["rare_earth_magnets"]))
    usa, chn, kor = (economy.region_index(region) for region in LONDON.regions)
    tariffs, licences = np.array(economy.tariffs), np.ones((16, 16, 1))
    tariffs[usa, chn, goods] += 1.45
    tariffs[chn, usa, goods] += 1.25
    licences[np.arange(16) != chn, chn] = 0.1
    answer = solve(economy, wedges=Wedges(tariffs, licences=licences))
    row = rows_of(rows, "rationing")["market, rent: owner"]
    np.testing.assert_allclose(row.real_income, 100.0 * answer.real_income[[usa, chn, kor]], rtol=1e-12)


def test_rows_with_licences_take_the_form_that_the_scenario_chooses() -> None:
    question = Question("USA", "CHN", 30.0, 10.0, ("KOR",), {"rare_earth_magnets": 0.1})
    scenario = load_scenario(overrides=[f"inputs.rare_earth_magnets.{x}" for x in ("rationing=market", "rent=lost")])
    rows = sensitivity(question, scenario)
    licensed = rows_of(rows, "with licences")["central rho and backstop"].headlines
    np.testing.assert_array_equal(rows_of(rows, "rationing")["market, rent: lost"].headlines, licensed)


def test_the_report_ends_with_the_lowest_and_the_highest(rows: list[Row]) -> None:
    lines = report(LONDON, rows)
    every = np.array([row.headlines for row in rows])
    for line, numbers in zip(lines[-2:], (every.min(axis=0), every.max(axis=0)), strict=True):
        np.testing.assert_allclose([float(word) for word in line.split()[1:]], numbers, atol=5.01e-4)
    assert len({len(line) for line in lines[5:-3]}) == 1


def test_a_setting_without_equilibrium_says_so_and_leaves_the_extremes_alone(rows: list[Row]) -> None:
    missing = Row("closure", "fixed", *(np.full(size, np.nan) for size in (3, 3, 2)))
    lines = report(LONDON, [rows[0], missing])
    assert lines[-4].endswith("no equilibrium found")
    assert lines[-1].split()[1:] == lines[-2].split()[1:]


def test_without_licences_there_are_no_rows_on_critical_inputs() -> None:
    question = Question("KOR", "JPN", 10.0, 0.0, ("KOR",))
    rows = sensitivity(question, load_scenario())
    assert [row.varied for row in rows if "rho" in row.varied or "backstop" in row.varied] == []
    assert "Licences" not in "\n".join(report(question, rows))


def test_the_command_prints_the_table(python: str, tmp_path: Path) -> None:
    words = "--importer USA --exporter CHN --rate 145 --answer 125 --region USA --licence rare_earth_magnets=0.1"
    done = subprocess.run([python, *COMMAND, *words.split()], cwd=tmp_path, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("USA +145 points on CHN, CHN +125 points on USA")
    assert sum(line.startswith("elasticity set") for line in lines) == len(available_elasticities())
    assert lines[-1].startswith("highest")
    assert done.stderr == ""


MISTAKES = {
    "--importer USA --exporter CHM --rate 10": "unknown region 'CHM'. Did you mean 'CHN'?",
    "--importer USA --exporter USA --rate 10": "importer and exporter are both USA; name two regions.",
    "--importer USA --exporter CHN --rate ten": "argument --rate: invalid float value: 'ten'. Try --help.",
    "--importer USA --exporter CHN --rate -300": "tariffs must be > -1",
    "--importer USA --exporter CHN --rate nan": "tariffs holds NaN",
    "--importer USA --rate 10": "the following arguments are required: --exporter. Try --help.",
    "--importer USA --exporter CHN --rate 10 --region MARS": "unknown region 'MARS'.",
    "--importer USA --exporter CHN --rate 10 --licence magnets": "--licence 'magnets' is not INPUT=SHARE",
    "--importer USA --exporter CHN --rate 10 --licence rare_earths=0.1": "Did you mean 'rare_earth_magnets'?",
    "--importer USA --exporter CHN --rate 10 --licence rare_earth_magnets=2": "licences must be >= 0",
    "--importer USA --exporter CHN --rate 10 --scenario londn_2025": "unknown scenario 'londn_2025'.",
    "--importer USA --exporter CHN --rate 10 --rates 3": "unrecognized arguments: --rates 3. Try --help.",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_is_one_line_and_code_2(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words.split()) == 2
    said = capsys.readouterr()
    assert MISTAKES[words] in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert said.out == ""


def test_a_mistake_ends_the_process_with_code_2(python: str, tmp_path: Path) -> None:
    words = "--importer USA --exporter CHM --rate 10"
    done = subprocess.run([python, *COMMAND, *words.split()], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("unknown region 'CHM'")


def test_licences_bind_for_foreign_buyers_only() -> None:
    question = Question("USA", "CHN", 0.0, 0.0, ("USA", "CHN"), {"rare_earth_magnets": 0.1})
    rows = sensitivity(question, load_scenario())
    plain, licensed = rows[0], rows_of(rows, "with licences")["central rho and backstop"]
    np.testing.assert_allclose(plain.real_income, 0.0, atol=1e-8)
    assert licensed.real_income[0] < -0.01
    assert abs(licensed.real_income[1]) < 0.2 * abs(licensed.real_income[0])
