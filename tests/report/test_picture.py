"""The picture of the front page, from saved results, by the command anyone can run."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.report.samples import results, view

from tariffsim.errors import ResultsError
from tariffsim.report.charts.cover import PASSIVE, cover
from tariffsim.report.readme_picture import main, write_picture


def test_the_cover_shows_both_tariffs_the_outcomes_and_deciders_with_the_largest_losers() -> None:
    sample = view()
    chart = cover(sample)
    titles = [axes.get_title(loc="left") for axes in chart.figure.axes]
    assert titles[:2] == ["Add-on: United States on China, points", "Add-on: China on United States, points"]
    names = [label.get_text() for label in chart.figure.axes[3].get_yticklabels()]
    assert names[:5] == ["United States", "China", "South Korea", "Japan", "European Union"]
    assert len(names) == 5 + PASSIVE
    deals = round(100 * sample.happened("deal").mean())
    assert f"{deals}\u00a0% of 40 worlds see a deal" in chart.finding


def test_the_command_draws_saved_results_the_same_way_every_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = results().save(tmp_path / "run")
    first, second = tmp_path / "one.svg", tmp_path / "two.svg"
    for path in (first, second):
        assert main([str(path), "--results", str(folder)]) == 0
    assert capsys.readouterr().out.splitlines() == [str(first), str(second)]
    assert first.read_bytes() == second.read_bytes()
    assert b"<svg" in first.read_bytes()


def test_a_missing_run_is_one_clear_line_and_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "a.svg"), "--results", str(tmp_path / "nowhere")]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1
    assert told[0].startswith("error: no result in")


def test_a_picture_of_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=r"cannot write a picture as \.gif\. Allowed: \.svg, \.png"):
        write_picture(results(), tmp_path / "a.gif")
