"""The replication of Caliendo & Parro (2015), and checks of its measures on data that are always there."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest
from experiments.caliendo_parro_2015.replicate import (
    CLOSURES,
    MEMBERS,
    VARIABLE,
    after_nafta,
    base_year,
    main,
    measured,
    published,
    read_data,
    report,
)
from tests.economy.samples import random_economy

from tariffsim.economy import measures, solve
from tariffsim.economy.loading import load_economy
from tariffsim.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from tariffsim.economy import Equilibrium

EXACT = {"Mexico": 0.007, "Canada": -0.110, "USA": 0.074}  # real income of the balanced solution, percent
SCRIPT = "experiments/caliendo_parro_2015/replicate.py"


# ---------------------------------------------------------------------- with the authors' data
@pytest.fixture(scope="module")
def solved() -> dict[str, Equilibrium]:
    """What the script solves, by closure."""
    path = os.environ.get(VARIABLE)
    if not path:
        pytest.skip(f"{VARIABLE} does not name cp2015_nafta.npz; see experiments/caliendo_parro_2015/README.md")
    data = read_data(path)
    return {closure: after_nafta(data, closure) for closure in CLOSURES}


@pytest.mark.parametrize("closure", CLOSURES)
def test_every_printed_cell_is_met_within_its_rounding(closure: str, solved: dict[str, Equilibrium]) -> None:
    economy, ours = solved[closure].economy, measured(solved[closure])
    theirs = {key[1:]: percent for key, percent in published().items() if key[0] == closure}
    assert len(theirs) == 12
    assert solved[closure].converged
    gaps = {key: ours[key[1]][economy.region_index(key[0])] - percent for key, percent in theirs.items()}
    assert {key: gap for key, gap in gaps.items() if abs(gap) > 0.006} == {}


def test_exact_real_income_is_another_number(solved: dict[str, Equilibrium]) -> None:
    economy, ours = solved["balanced"].economy, measured(solved["balanced"])["real_income"]
    found = {region: ours[economy.region_index(region)] for region in MEMBERS}
    assert found == pytest.approx(EXACT, abs=6e-4)


def test_the_readme_states_what_the_script_prints(solved: dict[str, Equilibrium], repository: Path) -> None:
    readme = (repository / "experiments" / "caliendo_parro_2015" / "README.md").read_text(encoding="utf-8")
    stated = re.search(r"^```text\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    assert stated is not None
    assert stated[1].splitlines() == report(solved)


# ---------------------------------------------------------------------- without them
@pytest.fixture
def small_file(tmp_path: Path) -> Path:
    """A file of the same form for four regions and three sectors, whose accounts do not close either."""
    economy = random_economy(5)
    cut = economy.tariffs.copy()
    cut[:3, :3] *= 0.3
    inputs = economy.io * economy.output[:, None, :]
    demand = economy.final_share * economy.income[:, None]
    demand[0, 0] = 0.0
    np.savez(
        tmp_path / "small.npz",
        regions=np.array([*MEMBERS, "Row"]),
        sectors=np.array(economy.sectors),
        theta=economy.theta,
        trade_net=economy.flows,
        tariff93=economy.tariffs,
        tariff_nafta=cut,
        ic=inputs,
        va=economy.value_added_share * economy.output,
        fd=demand,
    )
    return tmp_path / "small.npz"


@pytest.mark.parametrize("closure", CLOSURES)
def test_the_base_year_keeps_shares_and_technology_and_closes(closure: str, small_file: Path) -> None:
    data = read_data(small_file)
    economy = base_year(data, closure)
    demand = np.asarray(data["fd"], dtype=float)
    np.testing.assert_allclose(economy.final_share, demand / demand.sum(axis=1, keepdims=True), atol=1e-9)
    np.testing.assert_allclose(economy.io, random_economy(5).io, rtol=1e-12)
    wanted = random_economy(5).deficits if closure == "fixed" else np.zeros(4)
    np.testing.assert_allclose(economy.deficits, wanted, atol=1e-8)
    still = solve(economy)
    np.testing.assert_allclose(still.real_income, 0.0, atol=1e-9)


def test_the_script_prints_both_closures_beside_the_published_table(
    small_file: Path, python: str, repository: Path
) -> None:
    command = [python, str(repository / SCRIPT), str(small_file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines if line.startswith(MEMBERS)] == [*MEMBERS, *MEMBERS]
    assert "[ 1.31]" in lines[4]
    assert "exact real income" in lines[3]


def test_without_the_file_the_script_says_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, small_file: Path
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert main([]) == 2
    assert f"in {VARIABLE}" in capsys.readouterr().err
    assert main([str(tmp_path / "none.npz")]) == 2
    assert "README.md says how to make one" in capsys.readouterr().err
    with np.load(small_file) as file:
        arrays = dict(file)
    np.savez(tmp_path / "part.npz", **{name: array for name, array in arrays.items() if name != "va"})
    with pytest.raises(DataError, match="lacks the arrays va"):
        read_data(tmp_path / "part.npz")
    np.savez(tmp_path / "turned.npz", **(arrays | {"va": arrays["va"].T}))
    with pytest.raises(DataError, match=r"va has shape \(3, 4\), expected \(4, 3\)"):
        read_data(tmp_path / "turned.npz")


# ---------------------------------------------------------------------- on the shipped data
@pytest.mark.parametrize("closure", CLOSURES)
def test_on_the_shipped_data_the_printed_measure_is_real_income_to_first_order(closure: str) -> None:
    economy = load_economy(closure=closure)
    usa, chn = economy.region_index("USA"), economy.region_index("CHN")
    gaps, incomes = [], []
    for points in (0.01, 0.005):
        tariffs = economy.tariffs.copy()
        tariffs[usa, chn] += points
        answer = solve(economy, tariffs, tolerance=1e-13)
        gaps.append(np.abs(measures.first_order_welfare(answer) - answer.real_income).max())
        incomes.append(np.abs(answer.real_income).max())
    assert gaps[0] < 0.05 * incomes[0]
    assert gaps[0] / gaps[1] == pytest.approx(4.0, rel=0.05)
    assert incomes[0] / incomes[1] == pytest.approx(2.0, rel=0.05)


def test_on_the_shipped_data_the_parts_have_the_signs_of_a_tariff_and_add_up() -> None:
    economy = load_economy(closure="balanced")
    usa, chn = economy.region_index("USA"), economy.region_index("CHN")
    tariffs = economy.tariffs.copy()
    tariffs[usa, chn] += 0.2
    answer = solve(economy, tariffs, tolerance=1e-12)
    terms, volume = measures.terms_of_trade(answer), measures.volume_of_trade(answer)
    money = (terms * economy.income[:, None, None]).sum(axis=(1, 2))
    assert money[usa] > 0.0 > money[chn]
    assert abs(money.sum()) < 1e-12 * economy.income.sum()
    assert volume[usa, chn].sum() < 0.0 < volume[usa].sum() - volume[usa, chn].sum()
    both = (terms + volume).sum(axis=(1, 2))
    np.testing.assert_allclose(both, measures.first_order_welfare(answer), atol=1e-15)
