"""Experiments of the command line: chosen by +experiment=NAME, checked before anything is computed, written whole."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pandas as pd
import pytest
from tests.cli.shared import command, tariffsim, write_scenario
from tests.world.shared import SMALL

from tariffsim.cli import main
from tariffsim.cli.experiment import EXPERIMENTS
from tariffsim.scenario.loading import names_in

TINY = (*SMALL, "+experiment=tournament", "tournament.strategies=[boulware,linear]", "tournament.offers=4")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    place = tmp_path_factory.mktemp("tournament")
    return place, tariffsim(place, *TINY, "ensemble.worlds=4", "tournament.protocols=[alternating_offers,imposed]")


def test_a_tournament_prints_a_ranking_for_each_protocol_and_how_to_repeat_it(
    ran: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    done = ran[1]
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    games = "2 strategies, alternating_offers, imposed, 4 offers, 4 worlds"
    assert lines[0] == f"The London talks, June 2025: tournament of {games}, seed 7"
    for protocol in ("alternating_offers", "imposed"):
        (head,) = [k for k, line in enumerate(lines) if line.startswith(f"{protocol}  ")]
        assert {lines[head + k].split()[0] for k in (1, 2)} == {"boulware", "linear"}
    for part in (
        "of 4 worlds count",
        "results  results/london_2025-seed7-tournament\n",
        "heat-map results/london_2025-seed7-tournament/heatmap.png\n",
        "distinct equilibria",
        "repeat   python -m tariffsim ensemble.counterfactuals=false",
    ):
        assert part in done.stdout


def test_a_tournament_leaves_tables_a_manifest_and_the_heat_map(
    ran: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    (folder,) = (ran[0] / "results").iterdir()
    assert sorted(path.name for path in folder.iterdir()) == [
        "heatmap.csv", "heatmap.png", "heatmap.svg", "manifest.json", "pairs.csv", "ranking.csv", "worlds.parquet",
    ]  # fmt: skip
    assert len(pd.read_csv(folder / "pairs.csv")) == 8
    assert len(pd.read_parquet(folder / "worlds.parquet")) == 32
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["tournament"] == {
        "strategies": ["boulware", "linear"], "protocols": ["alternating_offers", "imposed"], "offers": 4,
    }  # fmt: skip
    assert manifest["provenance"]["command"].endswith("imposed]'")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_sweep_of_tournaments_has_a_row_for_each(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-m", *TINY[:-1], "tournament.offers=2,8", "ensemble.worlds=2", "output.parquet=false"]) == 0
    assert "job 2 of 2 (tournament.offers=8)" in capsys.readouterr().out
    top = here / "results" / "london_2025-seed7-tournament-sweep"
    assert sorted(path.name for path in top.iterdir()) == [
        "1_tournament.offers=2",
        "2_tournament.offers=8",
        "sweep.csv",
    ]
    table = pd.read_csv(top / "sweep.csv")
    assert table["tournament.offers"].tolist() == [2, 8]
    assert table["alternating_offers_linear_score"].between(0, 1).all()
    assert [path.name for path in sorted((top / "1_tournament.offers=2").iterdir())] == [
        "heatmap.csv", "heatmap.png", "heatmap.svg",
    ]  # fmt: skip


def test_nothing_is_written_if_nothing_is_wanted(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*TINY, "ensemble.worlds=2", "output.parquet=false", "output.report=false"]) == 0
    assert "not written" in capsys.readouterr().out
    assert list(here.iterdir()) == []


MISTAKES = {
    "+experiment=tournamnt": "unknown experiment 'tournamnt'. Did you mean 'tournament'?",
    "+experiment=tournament tournament.strategies=[linaer]": "unknown tournament.strategies 'linaer'. Did you mean ",
    "+experiment=tournament tournament.strategies=[]": "tournament.strategies is empty",
    "+experiment=tournament tournament.strategies=linear": "tournament.strategies must be a list, got 'linear'.",
    "+experiment=tournament tournament.protocols=[no_talks]": "unknown tournament.protocols 'no_talks'.",
    "+experiment=tournament tournament.offers=0": "tournament.offers must lie between 1 and 10000, got 0.",
    "+experiment=tournament ensemble.worlds=0": "ensemble.worlds must lie between 1 and ",
    "+experiment=tournament strategies.linear.exponent=-1": "strategies.linear.exponent must lie between ",
    "+experiment=tournament +tournament.winner=x": "unknown key in tournament 'winner'.",
    "+tournament.offers=3": "tournament.strategies is missing",
    "-m +experiment=tournament tournament.offers=3,0": "job 2 of 2 (tournament.offers=0): tournament.offers must ",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_is_one_line_and_code_2(words: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words.split()) == 2
    said = capsys.readouterr().err
    assert MISTAKES[words] in said
    assert len(said.splitlines()) == 1
    assert list(here.iterdir()) == []


def test_every_experiment_has_its_file_and_the_help_lists_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(EXPERIMENTS) <= set(names_in("experiment"))
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    assert "+experiment=NAME" in said
    for name in EXPERIMENTS:
        assert f"  {name:<21} " in said


def test_ones_own_file_sets_up_an_experiment(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_scenario(here / "mine", "mine", ["name: mine"]) / "experiment"
    folder.mkdir()
    text = "# @package _global_\ntournament: {strategies: [micro, zeuthen], protocols: [nash_demand], offers: 2}\n"
    (folder / "duel.yaml").write_text(text, encoding="utf-8")
    words = ["--config-dir", "mine", *SMALL, "+experiment=duel", "ensemble.worlds=2", "output.report=false"]
    assert main([*words, "output.parquet=false"]) == 0
    assert "tournament of 2 strategies, nash_demand, 2 offers, 2 worlds" in capsys.readouterr().out


def test_the_configuration_shows_the_experiment(capsys: pytest.CaptureFixture[str]) -> None:
    import yaml

    assert main(["--cfg", "job", "+experiment=tournament"]) == 0
    shown = yaml.safe_load(capsys.readouterr().out)
    assert shown["tournament"] == {"strategies": ["all"], "protocols": ["alternating_offers"], "offers": 20}
    assert shown["ensemble"]["worlds"] == 100


@pytest.mark.slow  # a run in test_runs.py takes the same way out
def test_ctrl_c_is_one_line_code_130_and_leaves_nothing(tmp_path: Path) -> None:
    with subprocess.Popen(
        command("+experiment=tournament", "ensemble.worlds=2000"),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("The London talks")
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        try:
            _, said = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert process.returncode == 130
    assert said == "tariffsim: interrupted: nothing was written.\n"
    assert list((tmp_path / "results").glob("*")) == []
