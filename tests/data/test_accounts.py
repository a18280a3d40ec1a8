"""The shipped base year balances, and a wrong cell in a copy of it is named by file and row."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tariffsim.data import data_directory
from tariffsim.economy.loading import (
    available_elasticities,
    load_calibration,
    load_economy,
    load_elasticities,
)
from tariffsim.errors import DataError

Rows = list[list[str]]
TOLERANCE = 1e-9


def relative(found: np.ndarray, stated: np.ndarray) -> float:
    return float(np.max(np.abs(found - stated) / np.maximum(np.abs(stated), 1e-300)))


def test_every_accounting_identity_holds_to_a_billionth() -> None:
    c = load_calibration()
    use = (c.io * c.output[:, None, :]).sum(axis=2)
    assert relative(c.flows.sum(axis=0), c.output) < TOLERANCE
    assert relative(((1 + c.tariffs) * c.flows).sum(axis=1), c.absorption) < TOLERANCE
    assert relative(c.final_demand + use, c.absorption) < TOLERANCE
    assert relative(c.value_added_share + c.io.sum(axis=1), np.ones_like(c.output)) < TOLERANCE
    assert relative(c.final_share.sum(axis=1), np.ones(16)) < TOLERANCE
    assert relative(c.final_share * c.income[:, None], c.final_demand) < TOLERANCE
    assert relative((c.value_added_share * c.output).sum(axis=1), c.value_added) < TOLERANCE
    assert relative((c.tariffs * c.flows).sum(axis=(1, 2)), c.revenue) < TOLERANCE
    assert relative(c.value_added + c.revenue + c.deficits, c.income) < TOLERANCE
    deficit = c.flows.sum(axis=(1, 2)) - c.flows.sum(axis=(0, 2))
    assert np.abs(deficit - c.deficits).max() < TOLERANCE * c.income.min()
    assert abs(c.deficits.sum()) < TOLERANCE * np.abs(c.deficits).sum()
    assert np.abs(c.tariff_mfn_pref + c.tariff_layers - c.tariffs).max() < TOLERANCE


def test_shapes_signs_and_own_trade_are_as_documented() -> None:
    c = load_calibration()
    assert c.flows.shape == (16, 16, 20)
    assert c.flows.min() >= 0.0
    assert c.io.min() >= 0.0
    assert 0.0 <= c.tariffs.min() <= c.tariffs.max() < 0.5
    assert np.einsum("iij->ij", c.tariffs).max() == 0.0
    assert c.final_demand.min() > 0.0
    assert [name for name, good in zip(c.sectors, c.goods, strict=True) if not good] == ["SERV"]


def test_the_economy_carries_the_calibration_exactly() -> None:
    c, economy = load_calibration(), load_economy()
    assert economy.regions == c.regions
    assert economy.sectors == c.sectors
    assert np.array_equal(economy.flows, c.flows)
    assert np.array_equal(economy.tariffs, c.tariffs)
    assert np.array_equal(economy.io, c.io)
    assert economy.closure == "world_gdp_share"
    assert relative(economy.final_share, c.final_share) < TOLERANCE
    assert relative(economy.income, c.income) < TOLERANCE


def test_arrays_of_the_calibration_are_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        load_calibration().flows[0, 0, 0] = 1.0


# ---------------------------------------------------------------------- elasticities
def test_sigma_becomes_theta_by_subtracting_one() -> None:
    sets = load_elasticities()
    assert sets["BLP"].definition == "sigma"
    assert np.array_equal(sets["BLP"].theta, np.full(20, 1.0))
    assert sets["U4"].definition == "theta"
    assert np.array_equal(load_economy(elasticities="U4").theta, np.full(20, 4.0))


def test_each_elasticity_set_gives_another_economy() -> None:
    names = available_elasticities()
    assert len({load_economy(elasticities=name).content_hash() for name in names}) == len(names) == 9


def test_a_misspelt_elasticity_set_gets_the_nearest_name() -> None:
    with pytest.raises(DataError, match=r"unknown elasticity set 'FG0'. Did you mean 'FGO'\?"):
        load_economy(elasticities="FG0")


def test_a_misspelt_economy_gets_the_nearest_name() -> None:
    with pytest.raises(DataError, match=r"unknown economy 'basline'. Did you mean 'baseline'\?"):
        load_economy("basline")


# ---------------------------------------------------------------------- corrupted copies
def copy_of_baseline(tmp_path: Path) -> Path:
    shutil.copytree(data_directory() / "baseline", tmp_path / "baseline")
    return tmp_path


def edit(folder: Path, file: str, change: Callable[[Rows], object]) -> None:
    path = folder / "baseline" / file
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.reader(stream))
    change(rows)
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)


def cell(row: int, column: str, value: str) -> Callable[[Rows], None]:
    """Set the cell in editor row `row` (header: 1)."""

    def change(rows: Rows) -> None:
        rows[row - 1][rows[0].index(column)] = value

    return change


def header(name: str) -> Callable[[Rows], None]:
    def change(rows: Rows) -> None:
        rows[0][-1] = name

    return change


def both_tariffs(row: int, value: str) -> Callable[[Rows], None]:
    """Change a tariff and its total alike: only the sums over exporters can tell."""

    def change(rows: Rows) -> None:
        cell(row, "tariff_mfn_pref", value)(rows)
        cell(row, "tariff_base", value)(rows)

    return change


CORRUPTIONS: dict[str, tuple[str, Callable[[Rows], object], str]] = {
    "a changed flow": (
        "flows.csv",
        cell(1234, "flow", "99999.5"),
        r"flows.csv row 1234 \(importer .*, exporter .*, sector .*\): flow 99999.5 does not fit",
    ),
    "a changed own flow": (
        "flows.csv",
        cell(2, "flow", "600000"),
        r"flows.csv row 2 \(importer USA, exporter USA, sector AGR\): flow 600000 does not fit",
    ),
    "a changed part of a tariff": (
        "flows.csv",
        cell(345, "tariff_mfn_pref", "0.25"),
        r"flows.csv row 345 \(.*\): tariff_base .* is not tariff_mfn_pref 0.25 \+ tariff_layers",
    ),
    "a changed base tariff": (
        "flows.csv",
        cell(345, "tariff_base", "0.49"),
        r"flows.csv row 345 \(.*\): tariff_base 0.49 is not",
    ),
    "a changed tariff with its total": (
        "flows.csv",
        both_tariffs(43, "0.45"),
        r"flows.csv row 43 \(importer KOR, .*\) or another exporter to it: purchases of KOR",
    ),
    "a changed input coefficient": (
        "io_coefficients.csv",
        cell(777, "coefficient", "0.31"),
        r"io_coefficients.csv row 777 \(region .*, input .*, user .*\): coefficient 0.31 does not fit",
    ),
    "a changed gross output": (
        "region_sector.csv",
        cell(33, "gross_output", "123456"),
        r"region_sector.csv row 33 \(region .*, sector .*\): gross_output 123456 is not the sales",
    ),
    "a changed value-added share": (
        "region_sector.csv",
        cell(34, "value_added_share", "0.5"),
        r"region_sector.csv row 34 \(.*\): value_added_share 0.5 is not 1 minus the inputs",
    ),
    "a changed absorption": (
        "region_sector.csv",
        cell(35, "absorption", "777"),
        r"region_sector.csv row 35 \(.*\): absorption 777 is not the purchases",
    ),
    "a changed final demand": (
        "region_sector.csv",
        cell(36, "final_demand", "777"),
        r"region_sector.csv row 36 \(.*\): final_demand 777 is not absorption minus",
    ),
    "a changed final share": (
        "region_sector.csv",
        cell(37, "final_share", "0.9"),
        r"region_sector.csv row 37 \(.*\): final_share 0.9 is not final_demand over income",
    ),
    "a changed value added": (
        "regions.csv",
        cell(4, "value_added", "5"),
        r"regions.csv row 4 \(region KOR\): value_added 5 is not the 1646916",
    ),
    "a changed revenue": (
        "regions.csv",
        cell(4, "tariff_revenue", "5"),
        r"regions.csv row 4 \(region KOR\): tariff_revenue 5 is not",
    ),
    "a changed deficit": (
        "regions.csv",
        cell(4, "trade_deficit", "5"),
        r"regions.csv row 4 \(region KOR\): trade_deficit 5 is not",
    ),
    "a changed income": (
        "regions.csv",
        cell(4, "income", "5"),
        r"regions.csv row 4 \(region KOR\): income 5 is not",
    ),
    "a missing flow": (
        "flows.csv",
        lambda rows: rows.pop(1),
        r"flows.csv: no row for USA, USA, AGR; every combination is needed once",
    ),
    "a flow given twice": (
        "flows.csv",
        lambda rows: rows.append(rows[9]),
        r"flows.csv row 5122: duplicate of row 10 \(",
    ),
    "a region given twice": (
        "regions.csv",
        lambda rows: rows.append(rows[1]),
        r"regions.csv row 18: duplicate of row 2 \(USA\)",
    ),
    "a NaN": (
        "flows.csv",
        cell(50, "flow", "nan"),
        r"flows.csv row 50: flow is 'nan', expected a finite number",
    ),
    "an infinite number": (
        "io_coefficients.csv",
        cell(50, "coefficient", "inf"),
        r"io_coefficients.csv row 50: coefficient is 'inf', expected a finite number",
    ),
    "a word where a number belongs": (
        "flows.csv",
        cell(51, "flow", "much"),
        r"flows.csv row 51: flow is 'much', expected a number",
    ),
    "a negative flow": (
        "flows.csv",
        cell(52, "flow", "-1.5"),
        r"flows.csv row 52: flow is -1.5, expected at least 0",
    ),
    "an unknown region": (
        "flows.csv",
        cell(53, "exporter", "CHM"),
        r"flows.csv row 53: unknown exporter 'CHM'. Did you mean 'CHN'\?",
    ),
    "a wrong header": (
        "flows.csv",
        header("tarif_base"),
        r"flows.csv row 1: wrong header: missing tariff_base; unexpected tarif_base; expected importer",
    ),
    "a short row": (
        "region_sector.csv",
        lambda rows: rows[7].pop(),
        r"region_sector.csv row 8: 6 cells, expected 7",
    ),
    "an empty file": ("io_coefficients.csv", lambda rows: rows.clear(), r"io_coefficients.csv is empty"),
    "an unknown kind of sector": (
        "sectors.csv",
        cell(3, "kind", "ware"),
        r"sectors.csv row 3: kind is 'ware', expected goods or services",
    ),
    "a mixed elasticity set": (
        "elasticities.csv",
        cell(3, "definition", "sigma"),
        r"elasticities.csv: set U4 has several definitions: sigma, theta",
    ),
}


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_corrupted_copy_is_refused_in_one_line_that_names_the_row(name: str, tmp_path: Path) -> None:
    file, change, message = CORRUPTIONS[name]
    folder = copy_of_baseline(tmp_path)
    edit(folder, file, change)
    with pytest.raises(DataError, match=message) as caught:
        load_economy("baseline", directory=folder)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder = copy_of_baseline(tmp_path)
    (folder / "baseline" / "regions.csv").unlink()
    with pytest.raises(DataError, match=r"regions.csv does not exist"):
        load_economy("baseline", directory=folder)


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    folder = copy_of_baseline(tmp_path)
    (folder / "baseline" / "regions.csv").write_bytes("région,naïve\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"regions.csv is not UTF-8"):
        load_economy("baseline", directory=folder)


def test_an_edited_file_is_read_again(tmp_path: Path) -> None:
    folder = copy_of_baseline(tmp_path)
    before = load_economy("baseline", directory=folder)
    edit(folder, "elasticities.csv", lambda rows: [row.__setitem__(2, "5.5") for row in rows[1:]])
    assert before.theta[0] == 4.0
    assert load_economy("baseline", directory=folder).theta[0] == 5.5
