"""Anybody's data from tidy CSV files: what is read, and how each mistake is told by file and row."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.economy.samples import random_economy

from tariffsim.economy import Economy, solve
from tariffsim.economy.loading import load_economy
from tariffsim.economy.nodes import Node
from tariffsim.errors import DataError, EconomyError

FLOWS = """\
importer,exporter,sector,flow,tariff
USA,USA,STEEL,70,0
USA,CHN,STEEL,30,0.25
USA,USA,SERV,50,0
USA,CHN,SERV,10,0
CHN,USA,STEEL,20,0.1
CHN,CHN,STEEL,80,0
CHN,USA,SERV,15,0
CHN,CHN,SERV,40,0
"""
ELASTICITIES = "sector,value,definition\nSTEEL,5,sigma\nSERV,3,sigma\n"
IO = """\
region,input,user,coefficient
USA,STEEL,STEEL,0.2
USA,SERV,STEEL,0.1
USA,STEEL,SERV,0.05
USA,SERV,SERV,0.3
CHN,STEEL,STEEL,0.3
CHN,SERV,STEEL,0.1
CHN,STEEL,SERV,0.1
CHN,SERV,SERV,0.2
"""


def folder_with(tmp_path: Path, **files: str) -> Path:
    for name, text in ({"flows": FLOWS, "elasticities": ELASTICITIES} | files).items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return tmp_path


def without(text: str, start: str) -> str:
    """The text without the line that begins so."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(start))


def test_flows_alone_are_an_economy(tmp_path: Path) -> None:
    path = tmp_path / "trade 2022.csv"
    path.write_text(FLOWS.replace(",tariff", "").replace(",0\n", "\n").replace(",0.25", "").replace(",0.1", ""))
    economy = Economy.from_csv(path, 4.0)
    assert economy.regions == ("USA", "CHN")
    assert economy.sectors == ("STEEL", "SERV")
    assert economy.flows[0, 1].tolist() == [30.0, 10.0]
    assert not economy.tariffs.any()
    assert not economy.io.any()
    assert economy.theta.tolist() == [4.0, 4.0]


def test_every_file_is_read(tmp_path: Path) -> None:
    orders = {"regions": "region,name\nCHN,China\nUSA,United States\n", "sectors": "sector\nSERV\nSTEEL\n"}
    economy = Economy.from_csv(folder_with(tmp_path, io=IO, **orders))
    assert economy.regions == ("CHN", "USA")
    assert economy.sectors == ("SERV", "STEEL")
    assert economy.flows[1, 0].tolist() == [10.0, 30.0]
    assert economy.tariffs[1, 0].tolist() == [0.0, 0.25]
    assert economy.io[0].tolist() == [[0.2, 0.1], [0.1, 0.3]]
    assert economy.theta.tolist() == [2.0, 4.0]
    assert str(economy.elasticity_set) == "given, stated as sigma, theta 2 to 4"
    assert solve(economy).converged


def test_inputs_in_money_are_divided_by_the_output_of_their_user(tmp_path: Path) -> None:
    coefficients = Economy.from_csv(folder_with(tmp_path, io=IO))
    output = {"USA": {"STEEL": 90.0, "SERV": 65.0}, "CHN": {"STEEL": 110.0, "SERV": 50.0}}
    rows = [line.split(",") for line in IO.splitlines()[1:]]
    money = [f"{r},{k},{j},{float(g) * output[r][j]!r}\n" for r, k, j, g in rows]
    values = Economy.from_csv(folder_with(tmp_path, io="region,input,user,value\n" + "".join(money)))
    np.testing.assert_allclose(values.io, coefficients.io, rtol=1e-15)


def test_tariffs_may_have_a_file_of_their_own_without_own_trade(tmp_path: Path) -> None:
    flows = "".join(line.rpartition(",")[0] + "\n" for line in FLOWS.splitlines())
    tariffs = "importer,exporter,sector,tariff\nUSA,CHN,STEEL,0.25\nUSA,CHN,SERV,0\nCHN,USA,STEEL,0.1\nCHN,USA,SERV,0\n"
    together = Economy.from_csv(folder_with(tmp_path))
    apart = Economy.from_csv(folder_with(tmp_path, flows=flows, tariffs=tariffs))
    assert apart.content_hash() == together.content_hash()


def test_files_may_lie_anywhere(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, io=IO)
    economy = Economy.from_csv(
        {"flows": folder / "flows.csv", "io": str(folder / "io.csv")}, [5.0, 3.0], definition="sigma"
    )
    assert economy.content_hash() == Economy.from_csv(folder).content_hash()


def test_columns_may_stand_in_any_order_and_a_spreadsheet_may_mark_its_encoding(tmp_path: Path) -> None:
    lines = [",".join(reversed(line.split(","))) for line in FLOWS.splitlines()]
    turned = Economy.from_csv(folder_with(tmp_path, flows="\ufeff" + "\n".join(lines) + "\n"))
    np.testing.assert_array_equal(turned.tariffs, Economy.from_csv(folder_with(tmp_path)).tariffs)


def test_absent_rows_are_zero_when_that_is_asked_for(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, flows=without(FLOWS, "USA,CHN,SERV"), io=without(IO, "USA,SERV,STEEL"))
    economy = Economy.from_csv(folder, missing="zero")
    assert economy.flows[0, 1, 1] == 0.0
    assert economy.io[0, 1, 0] == 0.0
    assert solve(economy).trade[0, 1, 1] == 0.0


def test_a_set_is_chosen_by_name(tmp_path: Path) -> None:
    rows = "high,STEEL,8,theta\nlow,SERV,2.5,sigma\nhigh,SERV,8,theta\nlow,STEEL,2.5,sigma\n"
    folder = folder_with(tmp_path, elasticities="set,sector,value,definition\n" + rows)
    assert Economy.from_csv(folder, "high").theta.tolist() == [8.0, 8.0]
    assert Economy.from_csv(folder, "low").theta.tolist() == [1.5, 1.5]
    with pytest.raises(DataError, match=r"elasticities.csv holds high, low: choose one with elasticities="):
        Economy.from_csv(folder)
    with pytest.raises(DataError, match=r"unknown elasticity set 'lo'\. Did you mean 'low'\?"):
        Economy.from_csv(folder, "lo")


@pytest.mark.parametrize("closure", ["world_gdp_share", "balanced"])
def test_an_economy_that_is_written_is_read_again_to_the_last_bit(tmp_path: Path, closure: str) -> None:
    economy = random_economy(5, closure=closure)
    economy.to_csv(tmp_path / "new" / "folder")
    again = Economy.from_csv(tmp_path / "new" / "folder", closure=closure)
    for name in ("flows", "tariffs", "theta"):
        np.testing.assert_array_equal(getattr(again, name), getattr(economy, name))
    np.testing.assert_allclose(again.io, economy.io, rtol=1e-14)
    np.testing.assert_allclose(again.final_share, economy.final_share, atol=1e-11)


def test_the_baseline_survives_a_round_trip(tmp_path: Path) -> None:
    economy = load_economy(elasticities="BLP")
    economy.to_csv(tmp_path)
    again = Economy.from_csv(tmp_path)
    assert again.content_hash() == economy.content_hash()
    assert str(again.elasticity_set) == str(economy.elasticity_set)


def test_a_large_table_is_read_in_seconds(tmp_path: Path) -> None:
    regions, sectors = [f"R{k}" for k in range(60)], [f"S{k}" for k in range(40)]
    flows = np.random.default_rng(0).lognormal(size=60 * 60 * 40).tolist()
    rows = (f"{n},{i},{j},{m!r}\n" for (n, i, j), m in zip(product(regions, regions, sectors), flows, strict=True))
    (tmp_path / "flows.csv").write_text("importer,exporter,sector,flow\n" + "".join(rows), encoding="utf-8")
    start = time.process_time()  # others may use the machine
    economy = Economy.from_csv(tmp_path, 4.0)
    assert time.process_time() - start < 3.0
    assert economy.flows.shape == (60, 60, 40)
    assert economy.flows.ravel().tolist() == flows


Files = dict[str, str]
MISTAKES: dict[str, tuple[Files, str]] = {
    "a missing pair": (
        {"flows": without(FLOWS, "USA,CHN,SERV")},
        r'flows.csv: no row for USA, CHN, SERV; add it, or read absent rows as 0 with missing="zero"\.',
    ),
    "missing pairs": (
        {"flows": without(FLOWS, "CHN,")},
        r"flows.csv: no row for CHN, USA, STEEL and 3 more; add it",
    ),
    "a pair given twice": ({"flows": FLOWS + "USA,CHN,SERV,1,0\n"}, r"flows.csv row 10: duplicate of row 5 \(USA, CHN"),
    "a NaN": ({"flows": FLOWS.replace("30,", "nan,")}, "flows.csv row 3: flow is 'nan', expected a finite number"),
    "an empty cell": ({"flows": FLOWS.replace("30,", ",")}, "flows.csv row 3: flow is '', expected a number"),
    "a word for a number": ({"flows": FLOWS.replace("30,", "n/a,")}, "flows.csv row 3: flow is 'n/a', expected a num"),
    "a negative flow": ({"flows": FLOWS.replace("30,", "-30,")}, "flows.csv row 3: flow is -30, expected at least 0"),
    "a short row": ({"flows": FLOWS + "USA,CHN\n"}, "flows.csv row 10: 2 cells, expected 5"),
    "no rows": ({"flows": "importer,exporter,sector,flow\n"}, "flows.csv has a header and no rows"),
    "a wrong header": (
        {"flows": FLOWS.replace("flow", "value")},
        "flows.csv row 1: wrong header: missing flow; unexpected value; expected importer,exporter,sector,flow and, if "
        "you like, tariff",
    ),
    "a column given twice": (
        {"flows": FLOWS.replace("tariff", "flow")},
        "flows.csv row 1: wrong header: a column given twice; expected importer",
    ),
    "a tariff of -100 %": (
        {"flows": FLOWS.replace("0.25", "-1")},
        r"flows.csv row 3 \(importer USA, exporter CHN, sector STEEL\): tariff is -1, expected a fraction above -1",
    ),
    "tariffs given twice": (
        {"tariffs": "importer,exporter,sector,tariff\n"},
        "tariffs are given twice: in flows.csv and in tariffs.csv; keep one of them",
    ),
    "an unknown region": (
        {"regions": "region\nUSA\nCHIN\n"},
        r"flows.csv row 6: unknown importer 'CHN'. Did you mean 'CHIN'\? Allowed: USA, CHIN",
    ),
    "an unknown sector": (
        {"sectors": "sector\nSTEEL\nSERVICES\n"},
        r"flows.csv row 4: unknown sector 'SERV'. Did you mean 'SERVICES'\?",
    ),
    "a region given twice": ({"regions": "region\nUSA\nCHN\nUSA\n"}, r"regions.csv row 4: duplicate of row 2 \(USA\)"),
    "regions without names": ({"regions": "name\nUSA\nCHN\n"}, "regions.csv row 1: no column 'region', got name"),
    "inputs without amounts": (
        {"io": "region,input,user\n"},
        "io.csv row 1: give one of the columns coefficient and value, not 0",
    ),
    "a missing input": ({"io": without(IO, "CHN,SERV,SERV")}, "io.csv: no row for CHN, SERV, SERV; add it"),
    "an unknown user": ({"io": IO.replace("CHN,SERV,SERV", "CHN,SERV,SER")}, "io.csv row 9: unknown user 'SER'"),
    "a negative input": ({"io": IO.replace("0.05", "-0.1")}, "io.csv row 4: coefficient is -0.1, expected at least 0"),
    "inputs above output": (
        {"io": IO.replace("CHN,STEEL,STEEL,0.3", "CHN,STEEL,STEEL,0.95")},
        r"io.csv: inputs of CHN, STEEL add up to 1.05 of its output, which leaves no value added; the largest is row 6 "
        r"\(region CHN, input STEEL, user STEEL\)",
    ),
    "a mixed set": (
        {"elasticities": ELASTICITIES.replace("3,sigma", "3,theta")},
        "elasticities.csv: set given has several definitions: sigma, theta",
    ),
    "an unknown definition": (
        {"elasticities": ELASTICITIES.replace("sigma", "sigmma")},
        r"elasticities.csv: set given: unknown definition of elasticities 'sigmma'. Did you mean 'sigma'\?",
    ),
    "a sigma below 1": (
        {"elasticities": ELASTICITIES.replace("3,", "0.9,")},
        r"elasticities.csv: set given: elasticities \(sigma\) must be > 1 and below inf; got 0.9 at \(1,\)",
    ),
    "a sector without elasticity": (
        {"elasticities": "sector,value,definition\nSTEEL,5,sigma\n"},
        "elasticities.csv: no row for SERV; every combination is needed once",
    ),
    "an elasticity in words": (
        {"elasticities": ELASTICITIES.replace("3,", "high,")},
        "elasticities.csv row 3: value is 'high', expected a number",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_file_is_told_in_one_line_that_names_the_row(mistake: str, tmp_path: Path) -> None:
    files, message = MISTAKES[mistake]
    folder = folder_with(tmp_path, **files)
    with pytest.raises(DataError, match=message) as caught:
        Economy.from_csv(folder)
    assert "\n" not in str(caught.value)


def test_a_user_of_inputs_that_makes_nothing_is_named(tmp_path: Path) -> None:
    flows = FLOWS.replace("USA,USA,SERV,50", "USA,USA,SERV,0").replace("CHN,USA,SERV,15", "CHN,USA,SERV,0")
    values = "region,input,user,value\nUSA,STEEL,SERV,7\n"
    with pytest.raises(DataError, match=r"io.csv row 2 \(.*user SERV\): value is 7, but flows show no output of this"):
        Economy.from_csv(folder_with(tmp_path, flows=flows, io=values), missing="zero")


def test_unbalanced_inputs_are_named_by_cell(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, io=IO.replace("USA,SERV,STEEL,0.1", "USA,SERV,STEEL,0.7"))
    with pytest.raises(EconomyError, match=r"USA buys 60 of SERV but its sectors use 82.5 \(most of it in STEEL\)"):
        Economy.from_csv(folder)


def test_an_absent_tariff_between_regions_is_refused(tmp_path: Path) -> None:
    flows = "".join(line.rpartition(",")[0] + "\n" for line in FLOWS.splitlines())
    folder = folder_with(tmp_path, flows=flows, tariffs="importer,exporter,sector,tariff\nUSA,CHN,STEEL,0.25\n")
    with pytest.raises(DataError, match=r"tariffs.csv: no row for USA, CHN, SERV and 2 more; add it"):
        Economy.from_csv(folder)
    assert Economy.from_csv(folder, missing="zero").tariffs.sum() == 0.25


def no_flows(tmp_path: Path) -> Any:
    return tmp_path


def no_file(tmp_path: Path) -> Any:
    return tmp_path / "flow.csv"


def another_name(tmp_path: Path) -> Any:
    return {"flow": folder_with(tmp_path) / "flows.csv"}


def only_flows(tmp_path: Path) -> Any:
    return {"flows": folder_with(tmp_path) / "flows.csv"}


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        (no_flows, {}, r"there is no flows.csv in .*; it needs the columns importer,exporter,sector,flow"),
        (no_file, {}, r"flow.csv does not exist"),
        (another_name, {}, r"unknown file of an economy 'flow'. Did you mean 'flows'\?"),
        (only_flows, {}, r"there are no elasticities: add elasticities.csv \(sector,value,definition\) or pass"),
        (only_flows, {"missing": "zeros"}, r"unknown value of missing 'zeros'. Did you mean 'zero'\?"),
    ],
)
def test_files_that_cannot_be_found_are_told(
    source: Callable[[Path], Any], options: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=message):
        Economy.from_csv(source(tmp_path), **options)


def test_critical_inputs_are_not_dropped_silently(tmp_path: Path) -> None:
    economy = random_economy(1)
    node = Node("magnets", "S0", np.zeros((4, 3)), 0.2, np.eye(4))
    with pytest.raises(EconomyError, match="critical inputs have no place in CSV files"):
        economy.with_nodes([node]).to_csv(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"the economy cannot be written to .*file/folder: Not a directory"):
        random_economy(1).to_csv(tmp_path / "file" / "folder")
