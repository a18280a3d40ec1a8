"""Critical inputs: ranges in order, suppliers that sum to one, carve-outs that fit."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import tariffsim as ts
from tariffsim.data import data_directory
from tariffsim.economy.chokepoints import VARIABLE_COST_SHARE
from tariffsim.economy.critical_data import LEVELS, CriticalInput, all_caps
from tariffsim.economy.loading import load_critical_inputs, load_economy
from tariffsim.errors import DataError

ECONOMY = load_economy()
NAMES = (
    "rare_earth_magnets",
    "rare_earth_compounds",
    "chips_advanced",
    "chip_design_software_and_tools",
    "jet_engines",
    "ethane",
)
R, S = ECONOMY.region_index, ECONOMY.sector_index


@pytest.fixture(scope="module")
def inputs() -> dict[str, CriticalInput]:
    return load_critical_inputs(ECONOMY)


def test_six_inputs_sit_in_their_supplier_sectors(inputs: dict[str, CriticalInput]) -> None:
    assert {name: inputs[name].supplier_sector for name in inputs} == dict(
        zip(NAMES, ("FABM", "CHEM", "ELEC", "SERV", "OTRN", "FUEL"), strict=True)
    )


@pytest.mark.parametrize("name", NAMES)
def test_ranges_are_in_order(inputs: dict[str, CriticalInput], name: str) -> None:
    z = inputs[name]
    for part in (z.rho, z.stock_months, z.substitution_months, z.variable_cost_share):
        assert 0.0 <= part.low <= part.central <= part.high
    assert z.variable_cost_share.high <= 1.0
    for band in (z.cost_share, z.supplier_share):
        assert (band.low <= band.central).all()
        assert (band.central <= band.high).all()
        assert not band.central.flags.writeable


@pytest.mark.parametrize("name", NAMES)
def test_suppliers_of_every_user_sum_to_one(inputs: dict[str, CriticalInput], name: str) -> None:
    assert np.abs(inputs[name].supplier_share.central.sum(axis=1) - 1.0).max() < 1e-12


@pytest.mark.parametrize("name", NAMES)
def test_every_carve_out_fits_into_the_purchases_of_its_supplier_sector(
    inputs: dict[str, CriticalInput], name: str
) -> None:
    z = inputs[name]
    assert (z.cost_share.high <= ECONOMY.io[:, S(z.supplier_sector), :]).all()
    assert z.cost_share.central.max() > 0.0


def test_only_ethane_of_north_america_asks_for_more_than_its_users_buy(inputs: dict[str, CriticalInput]) -> None:
    cuts = all_caps(inputs)
    assert sorted((cap.input, cap.user, cap.sector, cap.level) for cap in cuts) == sorted(
        ("ethane", user, "CHEM", level) for user in ("USA", "CAN") for level in LEVELS
    )
    for cap in cuts:
        assert cap.allowed == ECONOMY.io[R(cap.user), S("FUEL"), S("CHEM")]
        assert 0.5 * cap.asked < cap.allowed < cap.asked


def test_known_shares_are_carried_over(inputs: dict[str, CriticalInput]) -> None:
    magnets = inputs["rare_earth_magnets"]
    assert magnets.supplier_share.central[R("USA"), R("CHN")] == 0.795
    assert magnets.supplier_share.central[R("KOR"), R("CHN")] == 0.88
    assert magnets.supplier_share.low[R("KOR"), R("CHN")] == 0.78
    assert (magnets.rho.low, magnets.rho.central, magnets.rho.high) == (0.05, 0.15, 0.3)
    assert magnets.stock_months.central == 2.0
    assert magnets.variable_cost_share.central == VARIABLE_COST_SHARE


def test_users_of_magnets_spend_what_customs_report(inputs: dict[str, CriticalInput]) -> None:
    spent = (inputs["rare_earth_magnets"].cost_share.central * ECONOMY.output).sum(axis=1)
    assert spent[R("USA")] == pytest.approx(323.9, abs=0.1)
    assert spent[R("CHN")] == pytest.approx(7600, rel=1e-3)


def test_china_buys_engines_and_ethane_for_what_the_press_reports(inputs: dict[str, CriticalInput]) -> None:
    engines, ethane = inputs["jet_engines"], inputs["ethane"]
    c919, arj21 = 10 * 2 * 13.75 * 0.6, 27 * 2 * 3.0  # aircraft x engines x million USD
    spent = (engines.cost_share.central * ECONOMY.output)[R("CHN")]
    assert spent[S("OTRN")] == pytest.approx(c919 + arj21, rel=1e-3) == spent.sum()
    imports, own = 0.46 * 0.492 * 366 / 17.66, 1.4 / 0.8  # million tonnes: share x mb/d x days / barrels a tonne
    spent = (ethane.cost_share.central * ECONOMY.output)[R("CHN")]
    assert spent[S("CHEM")] == pytest.approx((imports + own) * 4206 / 1.2601 / 7.2, rel=1e-3) == spent.sum()
    assert ethane.supplier_share.central[R("CHN"), R("USA")] == pytest.approx(imports / (imports + own), abs=1e-3)


@pytest.mark.parametrize("name", ["jet_engines", "ethane"])
def test_the_new_inputs_have_suppliers_for_every_user_and_no_user_without(
    inputs: dict[str, CriticalInput], name: str
) -> None:
    used = inputs[name].cost_share.high.sum(axis=1) > 0.0
    assert {basis for basis, uses in zip(inputs[name].supplier_basis, used, strict=True) if uses} == {"stated"}
    assert used[[R("USA"), R("EU"), R("CHN"), R("CAN"), R("BRA")]].all()


def test_users_without_own_data_get_world_shares_and_say_so(inputs: dict[str, CriticalInput]) -> None:
    compounds, chips = inputs["rare_earth_compounds"], inputs["chips_advanced"]
    assert compounds.supplier_basis[R("USA")] == "stated"
    assert compounds.supplier_basis[R("KOR")] == "stated and world"
    assert compounds.supplier_basis[R("BRA")] == "world"
    assert compounds.supplier_share.central[R("BRA"), R("CHN")] == 0.91
    assert set(chips.supplier_basis) == {"world"}
    assert chips.supplier_share.central[R("USA"), R("TWN")] == 0.69


def test_confidence_is_that_of_the_weakest_row(inputs: dict[str, CriticalInput]) -> None:
    assert inputs["rare_earth_magnets"].confidence["supplier_share"] == "low"
    assert inputs["rare_earth_magnets"].confidence["rho"] == "medium"


# ---------------------------------------------------------------------- corrupted copies
def edited(tmp_path: Path, change: Callable[[list[dict[str, str]]], object]) -> Path:
    shutil.copytree(data_directory() / "baseline", tmp_path / "baseline")
    path = tmp_path / "baseline" / "critical_inputs.csv"
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    header = list(rows[0])
    change(rows)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return tmp_path


def first(rows: list[dict[str, str]], **keys: str) -> dict[str, str]:
    return next(row for row in rows if all(row[key] == value for key, value in keys.items()))


def test_a_carve_out_that_does_not_fit_is_cut_and_listed(tmp_path: Path) -> None:
    keys = {"quantity": "cost_share", "input": "rare_earth_magnets", "user": "USA", "sector": "AUTO"}
    folder = edited(tmp_path, lambda rows: first(rows, **keys).update(central="0.5", high="0.6"))
    z = load_critical_inputs(ECONOMY, directory=folder)["rare_earth_magnets"]
    room = ECONOMY.io[R("USA"), S("FABM"), S("AUTO")]
    assert z.cost_share.central[R("USA"), S("AUTO")] == room
    assert [(cap.user, cap.sector, cap.level, cap.asked) for cap in z.caps] == [
        ("USA", "AUTO", "central", 0.5),
        ("USA", "AUTO", "high", 0.6),
    ]
    assert {cap.allowed for cap in z.caps} == {room}


def test_inputs_of_one_supplier_sector_are_cut_in_proportion_to_fit_together(tmp_path: Path) -> None:
    chips, tools = NAMES[2:4]
    keys = {"quantity": "cost_share", "input": chips, "user": "KOR", "sector": "ELEC"}
    folder = edited(tmp_path, lambda rows: first(rows, **keys).update(high="0.6"))
    nodes = folder / "baseline" / "critical_nodes.csv"
    nodes.write_text(nodes.read_text(encoding="utf-8").replace("SERV,CPA 62", "ELEC,CPA 62"), encoding="utf-8")
    found = load_critical_inputs(ECONOMY, directory=folder)
    cuts = {(cap.input, cap.level): cap for cap in all_caps(found) if (cap.user, cap.sector) == ("KOR", "ELEC")}
    assert set(cuts) == {(chips, "high"), (tools, "high")}
    kept = [cap.allowed / cap.asked for cap in cuts.values()]
    assert kept[0] == pytest.approx(kept[1])
    room = ECONOMY.io[R("KOR"), S("ELEC"), S("ELEC")]
    assert sum(cap.allowed for cap in cuts.values()) == pytest.approx(room)
    ECONOMY.with_nodes(ts.load_nodes(ECONOMY, "high", directory=folder))


MISTAKES: dict[str, tuple[dict[str, str], str]] = {
    "order": (
        {"low": "0.99"},
        r"critical_inputs.csv row 2: low 0.99, central 0.94, high 0.9588 are out of order",
    ),
    "input": ({"input": "rare_earth_magnet"}, r"row 2: unknown critical input 'rare_earth_magnet'. Did you"),
    "supplier": ({"supplier": "CHM"}, r"row 2: unknown supplier 'CHM'. Did you mean 'CHN'\?"),
    "confidence": ({"confidence": "sure"}, r"row 2: unknown confidence 'sure'"),
    "sum": ({"central": "0.93"}, r"world shares of rare_earth_magnets sum to 0.99, expected 1"),
    "number": ({"central": "nan"}, r"row 2: central is 'nan', expected a finite number"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_corrupted_row_is_refused_with_its_number(name: str, tmp_path: Path) -> None:
    change, message = MISTAKES[name]
    folder = edited(tmp_path, lambda rows: rows[0].update(change))
    with pytest.raises(DataError, match=message):
        load_critical_inputs(ECONOMY, directory=folder)


def test_a_missing_elasticity_is_named(tmp_path: Path) -> None:
    keys = {"quantity": "rho", "input": "chips_advanced"}
    folder = edited(tmp_path, lambda rows: rows.remove(first(rows, **keys)))
    with pytest.raises(DataError, match=r"chips_advanced has 0 rows of rho, expected 1"):
        load_critical_inputs(ECONOMY, directory=folder)


def test_a_cost_share_given_twice_is_named(tmp_path: Path) -> None:
    keys = {"quantity": "cost_share", "input": "rare_earth_magnets"}
    folder = edited(tmp_path, lambda rows: rows.append(dict(first(rows, **keys))))
    with pytest.raises(DataError, match=r"duplicate of critical_inputs.csv row"):
        load_critical_inputs(ECONOMY, directory=folder)
