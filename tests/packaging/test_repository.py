"""The files around the code agree with one another."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")


@pytest.fixture(scope="module")
def project(repository: Path) -> dict[str, Any]:
    """The [project] table of pyproject.toml."""
    table = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert isinstance(table, dict)
    return table


def pins(path: Path) -> dict[str, str]:
    """The name by 'name==version' of every requirement, without markers and hashes."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {line.split()[0]: line.split("==")[0] for line in lines if line[:1].isalnum()}


def names(requirements: list[str]) -> set[str]:
    found = (NAME.match(entry) for entry in requirements)
    return {match.group().lower() for match in found if match}


def test_every_core_dependency_is_pinned_for_runs(repository: Path, project: dict[str, Any]) -> None:
    pinned = set(pins(repository / "requirements" / "run.txt").values())
    assert names(project["dependencies"]) - pinned == set()


def test_every_test_dependency_is_pinned_for_tests(repository: Path, project: dict[str, Any]) -> None:
    pinned = set(pins(repository / "requirements" / "test.txt").values())
    assert names(project["optional-dependencies"]["test"]) - pinned == set()


@pytest.mark.parametrize("larger", ["test.txt", "docs.txt"])
def test_the_larger_lock_repeats_every_pin_of_a_run(repository: Path, larger: str) -> None:
    run, more = (pins(repository / "requirements" / name) for name in ("run.txt", larger))
    assert run.keys() - more.keys() == set()


@pytest.mark.parametrize("lock", ["run.txt", "test.txt", "docs.txt"])
def test_every_pin_has_a_hash_and_no_address(repository: Path, lock: str) -> None:
    text = (repository / "requirements" / lock).read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert "://" not in text


def test_the_version_is_the_same_in_every_file(repository: Path, project: dict[str, Any]) -> None:
    version = re.escape(str(project["version"]))
    for name, line in {
        "src/tariffsim/__init__.py": f'__version__: Final = "{version}"',
        "CITATION.cff": f"version: {version}",
        "CHANGELOG.md": f"## {version}",
    }.items():
        assert re.search(line, (repository / name).read_text(encoding="utf-8")), name


def test_the_makefile_names_every_extra_it_could_install(repository: Path, project: dict[str, Any]) -> None:
    makefile = (repository / "Makefile").read_text(encoding="utf-8")
    asked = set(re.findall(r"--extra (\w+)", makefile))
    assert asked == {"test", "docs"}
    assert asked <= project["optional-dependencies"].keys()
