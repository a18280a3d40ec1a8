"""The replication meets every published number, and its README shows what it prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from experiments.bargaining_theory.replicate import Row, main, report, rows

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def found() -> list[Row]:
    return rows()


def test_every_published_number_is_met(found: list[Row]) -> None:
    assert [row.what for row in found if not row.met] == []
    assert len(found) > 15
    assert all(np.isfinite([row.published, row.ours, row.within]).all() for row in found)


def test_the_readme_shows_what_is_printed(repository: Path) -> None:
    readme = (repository / "experiments" / "bargaining_theory" / "README.md").read_text(encoding="utf-8")
    assert "\n".join(report()) in readme


def test_a_number_that_is_missed_is_marked_and_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = Row("section", "what", 1.0, 2.0, 0.5)
    monkeypatch.setattr("experiments.bargaining_theory.replicate.rows", lambda: [wrong])
    assert main() == 1
    assert "NOT MET" in capsys.readouterr().out
