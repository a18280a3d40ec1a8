"""Runs, sweeps and interruptions of the command line, each as a process of its own."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.cli.shared import COARSE, QUICK, command, tariffsim, write_scenario

import tariffsim as ts
from tariffsim.cli import main


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A good run with report in a folder whose name has a space and an umlaut."""
    place = tmp_path_factory.mktemp("run") / "my räume"
    place.mkdir()
    return place, tariffsim(place, *QUICK[:-1], "output.name=first")


def last_words(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What a process says until it ends; one that does not end is killed, so that a red test does not hang."""
    try:
        return process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        raise


def test_a_run_ends_well_and_says_nothing_on_standard_error(
    ran: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    assert (ran[1].returncode, ran[1].stderr) == (0, "")


def test_a_run_says_the_outcome_where_it_is_how_long_it_took_and_how_to_repeat_it(
    ran: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    said = ran[1].stdout
    assert said.startswith("The London talks, June 2025: 3 worlds, 2025-06-09 to 2025-06-23 in 2 ticks, seed 7\n")
    for part in (
        "USA and CHN sign a deal",
        "0 to 56   95 % interval",
        "add-on of USA on CHN",
        "real income of KOR, short run",
        "results  results/first\n",
        "report   results/first/report.html\n",
        "s compilation before it",
        "distinct equilibria",
        "repeat   python -m tariffsim economy.draws=1 talks.protocol=no_talks",
    ):
        assert part in said


def test_a_run_leaves_tables_a_manifest_and_a_report_and_nothing_else(
    ran: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    place = ran[0]
    assert [path.name for path in place.iterdir()] == ["results"]
    assert [path.name for path in (place / "results").iterdir()] == ["first"]
    assert {"manifest.json", "outcomes.parquet", "report.html"} <= {p.name for p in (place / "results/first").iterdir()}


def test_results_of_a_run_equal_those_of_the_function(ran: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    saved = ts.load_results(ran[0] / "results" / "first")
    again = ts.run_ensemble(saved.scenario, progress=False)
    assert [name for name in again.arrays if again.arrays[name].tobytes() != saved.arrays[name].tobytes()] == []
    assert saved.provenance.command.startswith("python -m tariffsim economy.draws=1")


def test_a_second_run_keeps_the_first(
    ran: tuple[Path, subprocess.CompletedProcess[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(ran[0])
    before = Path("results/first/manifest.json").read_bytes()
    assert main([*QUICK, "output.name=first"]) == 0
    assert "results  results/first-2\n" in capsys.readouterr().out
    assert Path("results/first/manifest.json").read_bytes() == before


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_nothing_is_written_if_nothing_is_wanted(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*QUICK, "output.parquet=false"]) == 0
    assert "not written" in capsys.readouterr().out
    assert list(here.iterdir()) == []


def test_a_sweep_has_one_folder_a_job_and_a_table(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-m", *QUICK, "governments.CHN.ceiling=50,125", "seed=1"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert "job 2 of 2 (governments.CHN.ceiling=125)" in said.out
    top = here / "results" / "london_2025-seed1-sweep"
    names = sorted(path.name for path in top.iterdir())
    assert names == ["1_governments.CHN.ceiling=50", "2_governments.CHN.ceiling=125", "sweep.csv"]
    with (top / "sweep.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["governments.CHN.ceiling"] for row in rows] == ["50", "125"]
    assert rows[0]["deal_USA_CHN_probability"] == "0.0"
    assert ts.load_results(top / names[0]).scenario.governments["CHN"].ceiling == 50


def test_a_sweep_over_scenarios_takes_a_pattern(here: Path) -> None:
    assert main(["-m", *QUICK, "ensemble.worlds=1", "scenario=glob(l*)"]) == 0
    names = sorted(path.name for path in (here / "results" / "scenarios-sweep").iterdir())
    assert names == ["1_scenario=liberation_day_2025", "2_scenario=london_2025", "sweep.csv"]


def test_an_error_in_the_middle_of_a_sweep_says_which_job_and_keeps_the_others(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["-m", *QUICK, "economy.elasticities=U4,U5"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("tariffsim: job 2 of 2 (economy.elasticities=U5): unknown elasticity set 'U5'.")
    assert len(said.splitlines()) == 1
    names = sorted(path.name for path in (here / "results" / "london_2025-seed7-sweep").iterdir())
    assert names == ["1_economy.elasticities=U4", "sweep.csv"]


def test_a_users_own_scenario_is_run_from_its_folder(tmp_path: Path) -> None:
    folder = write_scenario(tmp_path / "mine", "mine", ["name: my/own", "title: Öl & <Gas>"])
    words = ("--config-dir", str(folder), "scenario=mine", *QUICK)
    done = tariffsim(tmp_path, *words, LC_ALL="C", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert done.stdout.startswith("?l & <Gas>: 3 worlds")
    assert (tmp_path / "results" / "my_own-seed7" / "manifest.json").is_file()


def test_help_lists_scenarios_groups_options_and_examples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_scenario(tmp_path / "mine", "mine", ["name: mine", "title: My talks"])
    assert main(["--config-dir", str(folder), "--help"]) == 0
    said = capsys.readouterr().out
    for part in (
        "london_2025           The London talks, June 2025 (from 2025-06-09, default)",
        "mine                  My talks (from the date of its parent)",
        "halve_magnet_licences",
        "boulware",
        "match",
        "alternating_offers",
        "model options (each can change results",
        "execution options (none changes a result)",
        "execution.engine      inline, processes",
        "examples",
    ):
        assert part in said


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"tariffsim {ts.__version__}\n"


def test_the_resolved_configuration_is_yaml_that_can_be_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    import yaml

    from tariffsim.scenario.loading import scenario_from_config

    assert main(["--cfg", "job", "scenario=geneva_2025", "ticks=3"]) == 0
    assert scenario_from_config(yaml.safe_load(capsys.readouterr().out)) == ts.load_scenario("geneva_2025", ["ticks=3"])


@pytest.mark.parametrize("engine", ["inline", pytest.param("processes", marks=pytest.mark.slow)])
def test_ctrl_c_is_one_line_code_130_and_leaves_nothing(tmp_path: Path, engine: str) -> None:
    words = ("ensemble.worlds=20000", f"execution.engine={engine}", "execution.workers=2")
    with subprocess.Popen(
        command(*words),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("The London talks")
        time.sleep(3)  # into the simulation
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to every process of the group
        _, said = last_words(process)
    assert process.returncode == 130
    assert said == "tariffsim: interrupted: nothing was written.\n"
    assert list((tmp_path / "results").glob("*")) == []


def test_ctrl_c_inside_code_made_of_text_is_code_130_too(tmp_path: Path) -> None:
    (tmp_path / "interrupted.py").write_text(
        "import tariffsim.cli as cli\n"
        "code = 'import os, signal; os.kill(os.getpid(), signal.SIGINT); print(1)'\n"
        "cli._answer = lambda request: exec(code)\n"
        "raise SystemExit(cli.main())\n"
    )
    words = (sys.executable, "-m", "interrupted")
    ran = subprocess.run(words, check=False, cwd=tmp_path, capture_output=True, text=True)
    said = "tariffsim: interrupted: nothing was written.\n"
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", said)


@pytest.mark.parametrize(
    ("module", "called", "words"),
    [
        ("tariffsim.world.talking", "_sights", COARSE),
        pytest.param("tariffsim.ensemble.failures", "_played", (), marks=pytest.mark.slow),
        pytest.param(
            "tariffsim.ensemble.tournament",
            "judge",
            ("+experiment=tournament", "tournament.strategies=[boulware]", *COARSE),
            marks=pytest.mark.slow,
        ),
    ],
    ids=["in the talks", "in the replays of what failed", "in the tournament"],
)
def test_ctrl_c_at_a_chosen_moment_is_one_line_code_130_and_leaves_nothing(
    tmp_path: Path, module: str, called: str, words: tuple[str, ...]
) -> None:
    (tmp_path / "struck.py").write_text(
        "import os, signal, sys\n"
        f"import {module} as module\n"
        "import tariffsim.cli as cli\n"
        f"true = module.{called}\n"
        "def struck(*given, **named):\n"
        "    print('here')\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    return true(*given, **named)\n"
        f"module.{called} = struck\n"
        f"sys.argv[1:] = {['economy.draws=1', 'ticks=2', 'ensemble.worlds=3', *words]}\n"
        "raise SystemExit(cli.main())\n"  # a process of its own: it has the handlers of one
    )
    ran = subprocess.run((sys.executable, "-m", "struck"), check=False, cwd=tmp_path, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (130, "tariffsim: interrupted: nothing was written.\n")
    assert ran.stdout.splitlines()[1:] == ["here"]  # after the title
    assert list((tmp_path / "results").glob("*")) == []


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [("SIGINT", 130, "tariffsim: interrupted: nothing was written.\n"), ("SIGTERM", 143, "")],
)
def test_a_signal_that_strikes_inside_a_destructor_is_not_lost(
    tmp_path: Path, number: str, code: int, said: str
) -> None:
    (tmp_path / "swallowed.py").write_text(
        "import os, signal\n"
        "import tariffsim.cli as cli\n"
        "from tariffsim.errors import stop_if_asked\n"
        "class Last:\n"
        "    def __del__(self):\n"
        f"        os.kill(os.getpid(), signal.{number})\n"
        "        print(1)\n"
        "cli._answer = lambda request: (Last(), None)[1] or stop_if_asked()\n"
        "raise SystemExit(cli.main())\n"
    )
    words = (sys.executable, "-m", "swallowed")
    ran = subprocess.run(words, check=False, cwd=tmp_path, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == (code, "", said)


def test_a_run_that_is_ended_leaves_nothing(tmp_path: Path) -> None:
    with subprocess.Popen(
        command("ensemble.worlds=20000"), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("The London talks")
        time.sleep(1)
        process.terminate()
        _, said = last_words(process)
    assert (process.returncode, said) == (143, "")
    assert list((tmp_path / "results").glob("*")) == []


def test_ctrl_c_in_a_sweep_keeps_the_jobs_that_were_done(tmp_path: Path) -> None:
    words = ("-m", *QUICK[:2], "ticks=2,5200", "ensemble.worlds=200", "output.report=false")
    with subprocess.Popen(
        command(*words), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("job 2"):
                break
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, said = last_words(process)
    assert process.returncode == 130
    assert said.startswith("tariffsim: interrupted in job 2 of 2 (ticks=5200); 1 finished jobs are in results/")
    (top,) = (tmp_path / "results").iterdir()
    assert sorted(path.name for path in top.iterdir()) == ["1_ticks=2", "sweep.csv"]
