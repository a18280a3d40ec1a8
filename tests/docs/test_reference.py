"""Pages that describe the code are in step with it."""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import re
from types import ModuleType
from typing import Any

import pytest
from tests.docs.pages import ROOT

import tariffsim
from tariffsim.scenario.loading import compose, flatten

DOCS = ROOT / "docs"
NOTATION = DOCS / "explanation" / "notation.md"
NAMES = re.findall(r"\| `([\w.]+)` \|$", NOTATION.read_text(encoding="utf-8"), re.MULTILINE)
EQUATION = re.compile(r"^\$\$ \(([\w-]+)\)$", re.MULTILINE)


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def found(name: str) -> Any:
    """The object, or the dataclass field, that a dotted name below `tariffsim` stands for."""
    parts = name.split(".")
    for split in range(len(parts), 0, -1):
        try:
            here: Any = importlib.import_module(".".join(["tariffsim", *parts[:split]]))
        except ModuleNotFoundError:
            continue
        for part in parts[split:]:
            fields = {f.name: f for f in dataclasses.fields(here)} if dataclasses.is_dataclass(here) else {}
            here = fields[part] if part in fields else getattr(here, part)
        return here
    raise AssertionError(f"no module in {name}")


def test_generated_pages_say_what_the_code_says_now(generate: ModuleType) -> None:
    assert generate.stale() == [], "run: python docs/generate.py"


def test_the_notation_page_names_the_code() -> None:
    assert len(NAMES) > 40


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_the_notation_page_exists(name: str) -> None:
    assert found(name) is not None


def test_every_setting_of_the_default_scenario_is_in_the_table(generate: ModuleType) -> None:
    patterns = [re.compile(re.escape(p).replace("<name>", r"[^.]+") + r"(\.\w+)*") for p, *_ in generate.settings()]
    paths = [path for path, value in flatten(compose([])).items() if value != {} and not path.startswith("hydra")]
    assert [path for path in paths if not any(pattern.fullmatch(path) for pattern in patterns)] == []


def test_every_public_name_is_on_the_python_page() -> None:
    page = (DOCS / "reference" / "python.md").read_text(encoding="utf-8")
    named = set(re.findall(r":: tariffsim\.(\w+)$", page, re.MULTILINE))
    assert set(tariffsim._HOME) - {"TariffsimError"} - named == set()


def test_every_displayed_equation_has_a_label_of_its_own() -> None:
    labels = []
    for page in DOCS.rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        labels += EQUATION.findall(text)
        assert len(re.findall(r"^\$\$", text, re.MULTILINE)) == 2 * len(EQUATION.findall(text)), page
    assert len(labels) == len(set(labels))
    assert labels


def test_every_equation_that_is_cited_exists() -> None:
    texts = [page.read_text(encoding="utf-8") for page in DOCS.rglob("*.md")]
    labels = {label for text in texts for label in EQUATION.findall(text)}
    cited = {label for text in texts for label in re.findall(r"\{eq\}`([\w-]+)`", text)}
    assert cited - labels == set()
