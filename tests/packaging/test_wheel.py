"""A wheel in an environment of its own runs from any directory and takes a user's scenarios from outside."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

MY_SCENARIO = """\
# @package _global_
defaults:
  - london_2025
name: mine
title: A scenario from outside the package
"""


def run(command: list[str], cwd: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run a command with nothing of the checkout in its environment; show its output if it fails."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(command, cwd=cwd, env=kept, capture_output=True, text=True, check=False)
    assert done.returncode == code, f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def build(repository: Path, kind: str, target: Path) -> Path:
    command = [sys.executable, "-m", "build", f"--{kind}", "--no-isolation", "--outdir", str(target), "."]
    run(command, cwd=repository)
    return next(target.glob("*.whl" if kind == "wheel" else "*.tar.gz"))


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(repository, "wheel", tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a new environment that holds the wheel; our dependencies come by a path file.

    A path file isn't followed into another, so the editable install of this checkout stays out of reach.
    """
    home = tmp_path_factory.mktemp("elsewhere") / "an environment"
    run([sys.executable, "-m", "venv", "--without-pip", str(home)], cwd=home.parent)
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    where = run([str(python), "-c", code], cwd=home).stdout.strip()
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    run([*pip, "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)], cwd=home)
    Path(where, "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return python


def test_the_wheel_holds_configuration_data_types_and_licence(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "tariffsim/conf/config.yaml" in names
    assert "tariffsim/py.typed" in names
    assert any(name.startswith("tariffsim/data/") and name.endswith(".csv") for name in names)
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_wheel_holds_nothing_but_the_package(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert tops == {"tariffsim", "tariffsim-0.1.0.dist-info"}


def test_a_wheel_built_from_the_source_archive_holds_the_same_files(
    repository: Path, wheel: Path, tmp_path: Path
) -> None:
    import tarfile

    archive = build(repository, "sdist", tmp_path)
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    again = build(tmp_path / "tariffsim-0.1.0", "wheel", tmp_path / "again")
    assert sorted(zipfile.ZipFile(again).namelist()) == sorted(zipfile.ZipFile(wheel).namelist())


def test_the_installed_package_is_the_wheel_not_the_checkout(installed: Path, tmp_path: Path) -> None:
    done = run([str(installed), "-c", "import tariffsim; print(tariffsim.__file__)"], cwd=tmp_path)
    assert Path(done.stdout.strip()).is_relative_to(installed.parents[1])


def test_a_users_own_scenario_runs_from_another_directory(installed: Path, tmp_path: Path) -> None:
    mine = tmp_path / "my scenarios" / "scenario" / "mine.yaml"
    mine.parent.mkdir(parents=True)
    mine.write_text(MY_SCENARIO, encoding="utf-8")
    elsewhere = tmp_path / "somewhere else"
    elsewhere.mkdir()
    options = ["--config-dir", str(mine.parents[1]), "scenario=mine", "ensemble.worlds=2", "ticks=2"]
    done = run([str(installed), "-m", "tariffsim", *options], cwd=elsewhere)
    assert "mine" in done.stdout
    assert list((elsewhere / "results").rglob("*.parquet"))
    assert list((elsewhere / "results").rglob("*.html"))


def test_a_misspelt_scenario_of_the_users_own_is_one_line_and_code_2(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "scenario").mkdir()
    (tmp_path / "scenario" / "mine.yaml").write_text(MY_SCENARIO, encoding="utf-8")
    command = [str(installed), "-m", "tariffsim", "--config-dir", str(tmp_path), "scenario=mnie"]
    done = run(command, cwd=tmp_path, code=2)
    assert "mine" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
