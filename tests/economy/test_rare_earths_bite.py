"""The study on Chinese magnet licences still finds what its README says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from experiments.rare_earths_bite import show, study

if TYPE_CHECKING:
    from pathlib import Path

TABLES = show.read()
SOME = [
    study.Case("short", "market", "user", 0.1, 30.0),
    study.Case("short", "market", "owner", 0.3, np.inf),
    study.Case("long", "quota", "", 0.05, 200.0),
]


def assert_same(found: list[study.Row], stated: list[study.Row]) -> None:
    """Equal but for the last of the four digits that are kept."""
    assert len(found) == len(stated) > 0
    for ours, theirs in zip(found, stated, strict=True):
        assert list(ours) == list(theirs)
        for column, text in theirs.items():
            try:
                assert float(ours[column]) == pytest.approx(float(text), rel=2e-3, abs=1e-5), (column, theirs)
            except ValueError:
                assert ours[column] == text


def test_the_readme_shows_what_the_script_prints(repository: Path) -> None:
    readme = (repository / "experiments" / "rare_earths_bite" / "README.md").read_text(encoding="utf-8")
    stated = re.search(r"^```text\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    assert stated is not None
    assert stated[1].splitlines() == show.report(TABLES)


@pytest.mark.parametrize("case", SOME, ids=lambda case: f"{case.horizon} {case.rationing} {case.rho} {case.backstop}")
def test_solving_again_gives_the_stored_tables(case: study.Case) -> None:
    economy = study.with_magnets(study.base_economy(case.horizon), case)
    assert_same(study.rows_of(case, economy), show.pick(TABLES["cases"], **case.keys))
    if study.has_weeks(case):
        assert_same(study.weekly(case, economy), show.pick(TABLES["weeks"], backstop=case.keys["backstop"]))
    if study.has_leverage(case):
        assert_same(study.leverage_rows(case, economy), show.pick(TABLES["leverage"], rationing="market", rent="user"))


def test_small_tables_are_those_of_the_data() -> None:
    assert_same(study.stock_rows(), TABLES["stock_out"])
    assert_same(study.price_facts(), TABLES["price_facts"])
    assert_same(study.implied_rho(), TABLES["implied_rho"])
    assert_same(study.sector_level("long"), show.pick(TABLES["sector_level"], horizon="long"))


def test_without_the_node_the_cut_is_invisible() -> None:
    cap = show.pick(TABLES["sector_level"], horizon="short", policy="magnets withheld, as a cap on fabricated metals")
    node = show.pick(TABLES["cases"], horizon="short", region="USA", backstop="30")
    assert abs(float(cap[0]["USA_bp"])) < 0.005
    assert len(node) == 15
    assert max(float(row["real_income_bp"]) for row in node) < -1.7


@pytest.mark.slow  # 120 economies of the full size
def test_every_stored_number_is_solved_again() -> None:
    tables = study.solve_all()
    assert set(tables) == set(TABLES)
    for name, rows in tables.items():
        assert_same(rows, TABLES[name])


@pytest.mark.slow  # four figures
@pytest.mark.parametrize("draw", [show.prices, show.losses, show.stocks, show.visibility])
def test_figures_are_drawn(draw: object, tmp_path: Path) -> None:
    assert callable(draw)
    draw(TABLES).savefig(tmp_path / "figure.svg")
    assert (tmp_path / "figure.svg").stat().st_size > 10_000
