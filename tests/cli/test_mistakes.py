"""Every mistake gets one clear line and exit code 2; nothing is written."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.cli.shared import tariffsim, write_scenario

from tariffsim.cli import main

MISTAKES = {
    "talks.issues={}": "take entries out one by one: '~talks.issues.",
    "scenario=londn_2025": "unknown scenario 'londn_2025'. Did you mean 'london_2025'? Allowed: geneva_2025, ",
    "scenario=../../etc/passwd": "unknown scenario '../../etc/passwd'.",
    "what_if=collapse": "unknown what_if 'collapse'.",
    "tiks=3": "there is no setting 'tiks'. Did you mean 'ticks'?",
    "governments.CHN.strategi=linear": "Did you mean 'governments.CHN.strategy'?",
    "governments.CHN.strategy=linaer": "unknown governments.CHN.strategy 'linaer'. Did you mean 'linear'?",
    "governments.CNH.ceiling=3": "Did you mean 'governments.CHN.ceiling'?",
    "talks.protocol=chat": "unknown talks.protocol 'chat'.",
    "protocols.agenda.implementation=packge": (
        "unknown protocols.agenda.implementation 'packge'. Did you mean 'package'?"
    ),
    "escalations.graduated.rung=-3": "escalations.graduated.rung must lie between 0 and 1000, got -3.",
    "+strategies.micro.exponent=2": "unknown key in strategies.micro 'exponent'.",
    "+governments.USA.strategy_params.exponnt=5": (
        "unknown key in governments.USA.strategy_params 'exponnt'. Did you mean 'exponent'?"
    ),
    "+governments.CHN.escalation_params.ratio=-5": "governments.CHN.escalation_params.ratio must lie between 0 and 10",
    "talks.issues.licence.levels=[0.5,1.0,0.5]": "talks.issues.licence.levels has 0.5 twice: leave one of them out.",
    "talks.issues.addon_by_first.levels=[10,33.3]": (
        "talks.issues.addon_by_first.levels are whole percentage points, got 33.3; try 33."
    ),
    "talks.meeting_rate=0": "talks.meeting_rate must lie between 0.001 and 7, got 0.",
    "ticks=abc": "ticks must be a whole number, got 'abc'.",
    "ticks=": "ticks must be a whole number, got ''.",
    "ticks=0": "ticks must lie between 1 and 5200, got 0.",
    "seed=1.5": "seed must be a whole number, got 1.5.",
    "seed=-1": "seed must lie ",
    "ensemble.worlds=0": "ensemble.worlds must lie between 1 and ",
    "output.report=maybe": "output.report must be true or false, got 'maybe'.",
    "execution.engine=proceses": "unknown execution.engine 'proceses'. Did you mean 'processes'?",
    "start=2030-01-01": "start 2030-01-01 is outside the dated tariff record",
    "start=yesterday": "start must be a date as YYYY-MM-DD, got 'yesterday'.",
    "truce.expires=2025-13-45": "truce.expires must be a date as YYYY-MM-DD, got '2025-13-45'.",
    "talks.rounds=[soon]": "talks.rounds[0] must be a date as YYYY-MM-DD, got 'soon'.",
    "policy.licences.CHN.rare_earth_magnets.approved.USA=1.5": "must lie between 0 and 1, got 1.5.",
    "economy.closure=open": "unknown economy.closure 'open'.",
    "economy.elasticities=U5": "unknown elasticity set 'U5'. Did you mean 'U4'?",
    "economy.data=mars": "unknown economy 'mars'. Allowed: baseline.",
    "+policy.addons.USA.MARS=3": "unknown region in policy.addons 'MARS'.",
    "+events.x.date=2025-07-01": "events.x.kind is missing",
    "output.name=../up": "output.name '../up' must be a plain name",
    "london_2025": "'london_2025' is not of the form key=value, for instance scenario=london_2025.",
    "a=[": "the override 'a=[' could not be read.",
    "ticks=1,2": "'ticks=1,2' names several values of ticks: add -m to run each, or write [...] for a list.",
    "hydra.run.dir=x": "'hydra.run.dir=x' would change nothing",
    "--multrun": "unknown option '--multrun'. Did you mean --multirun?",
    "--config-dir": "expected one argument",
    "--config-dir=/no/such/folder": "--config-dir '/no/such/folder' is not a folder.",
    "--cfg=hydra": "invalid choice: 'hydra'",
    "-m ticks=interval(1,2)": "is a continuous range: give values, as in ticks=1,2,3 or ticks=range(1,4).",
    "-m ticks=1,2 talks.protocol=no_talks,chat": "job 2 of 4 (ticks=1, talks.protocol=chat): unknown ",
    "-m seed=1,2 --cfg job": "--cfg shows one configuration",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_is_one_line_and_code_2(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code = main(words.split())
    said = capsys.readouterr().err
    assert code == 2
    assert MISTAKES[words] in said
    assert len(said.splitlines()) == 1
    assert said.startswith("tariffsim: ")
    assert not list(tmp_path.rglob("*.parquet"))


FILES = {
    "broken": ["name: [broken"],
    "twice": ["name: twice", "name: again"],
    "hostile": ['name: !!python/object/apply:os.system ["touch hacked"]'],
    "stranger": ["name: stranger", "talks:", "  partys: [USA]"],
    "dangling": ["name: dangling", "title: ${nowhere}"],
}
SAYINGS = {
    "broken": r"broken.yaml, line 5: expected ',' or ']'",
    "twice": r"twice.yaml, line 5: found duplicate key name.",
    "hostile": r"could not determine a constructor for the tag",
    "stranger": "unknown key in talks 'partys'. Did you mean 'parties'?",
    "dangling": "'nowhere' not found",
}


@pytest.mark.parametrize("name", FILES)
def test_a_mistake_in_a_users_file_names_the_place(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = write_scenario(tmp_path / "mine", name, FILES[name])
    assert main(["--config-dir", str(folder), f"scenario={name}"]) == 2
    said = capsys.readouterr().err
    assert SAYINGS[name] in said
    assert len(said.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_scenario(tmp_path, "latin", ["name: latin"])
    path = folder / "scenario" / "latin.yaml"
    path.write_bytes(path.read_bytes() + b"title: \xff\n")
    assert main(["--config-dir", str(folder), "scenario=latin"]) == 2
    assert "latin.yaml is not encoded in UTF-8" in capsys.readouterr().err


def test_a_misspelt_scenario_of_ones_own_is_suggested(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_scenario(tmp_path, "mine", ["name: mine"])
    assert main(["--config-dir", str(folder), "scenario=mnie"]) == 2
    assert "Did you mean 'mine'?" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_said_before_anything_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert main(["output.directory=file/results"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("tariffsim: cannot write file/results/london_2025-seed7: ")
    assert len(said.splitlines()) == 1


def test_a_mistake_has_no_traceback_in_a_process_either(tmp_path: Path) -> None:
    done = tariffsim(tmp_path, "governments.CHN.strategy=linaer")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_nobody_reading_is_no_traceback(tmp_path: Path) -> None:
    from tests.cli.shared import command

    with subprocess.Popen(command("--help"), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert said == b""
    assert process.returncode == 141
