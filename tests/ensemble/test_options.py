"""Every model option changes a result, every execution option changes none, labels change only words.

The list of settings is the composed default configuration itself: a new setting without a row in `options.py` fails.
"""

from __future__ import annotations

import copy
import dataclasses
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest
from tests.ensemble.options import (
    ALONE,
    CHANGES,
    EXECUTION,
    IDENTITY,
    LABELS,
    OPTIONAL,
    REFUSED,
    SITUATIONS,
    change_of,
    is_long,
    is_one_of,
)
from tests.ensemble.shared import nobody
from tests.world.shared import SMALL

from tariffsim.ensemble import run_ensemble
from tariffsim.ensemble.chunks import Chunk, run_chunk
from tariffsim.errors import TariffsimError
from tariffsim.instruments.book import Book
from tariffsim.scenario.loading import compose, flatten, scenario_from_config
from tariffsim.scenario.schema import Execution, Output, Scenario
from tariffsim.world.model import open_book

Arrays = Mapping[str, np.ndarray]
DRAWN = ("discount", "economy_draw")  # what was put in isn't evidence that it matters
# These make other equilibria; runs that have them in common may share a book.
PRICED = re.compile(
    r"economy\.(?!horizon\.adj).*|inputs\.\w+\.(substitution.*|owner|ration.*|rent)|policy\..*|start|governments\.\w+\.groups\.\w+\.sectors|partners\.\w+_with|partners\.sender"
)
BOOKS: dict[object, Book] = {}


@cache
def composed(situation: str) -> Mapping[str, Any]:
    return compose(SITUATIONS[situation].overrides)


def book_of(config: Mapping[str, Any]) -> Book:
    """The book of a configuration and of all others with the same economy and levers."""
    priced = [(path, repr(value)) for path, value in flatten(config).items() if PRICED.fullmatch(path)]
    key = (*priced, *config["partners"].get("letters", ()))
    if key not in BOOKS:
        BOOKS[key] = open_book(scenario_from_config(config))
    return BOOKS[key]


@cache
def found_in(situation: str) -> Arrays:
    return played(composed(situation), situation)


def played(config: Mapping[str, Any], situation: str) -> Arrays:
    scenario = scenario_from_config(config)
    worlds = SITUATIONS[situation].worlds if scenario.ensemble.worlds == 200 else scenario.ensemble.worlds
    return run_chunk(scenario, Chunk(0, worlds), book_of(config), nobody).arrays


def changed(config: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of a configuration with one setting changed."""
    found: dict[str, Any] = copy.deepcopy(dict(config))
    *folders, last = path.split(".")
    place = found
    for folder in folders:
        place = place[folder]
    place[last] = value
    return found


def different(one: Arrays, two: Arrays) -> list[str]:
    """Variables that differ in any bit."""
    return [name for name in one if name not in DRAWN and one[name].tobytes() != two[name].tobytes()]


SETTINGS = {path: value for path, value in flatten(compose([])).items() if value != {}}
WORDS = [path for path in SETTINGS if is_one_of(path, LABELS)]
MODEL = [path for path in SETTINGS if path not in (*WORDS, *EXECUTION, *REFUSED) and not is_one_of(path, IDENTITY)]
TINY = (*SMALL, *ALONE, "ticks=2", "ensemble.worlds=4")


def when(situation: str | None) -> list[pytest.MarkDecorator]:
    """The default suite keeps to short situations; all are run in the long one."""
    return [pytest.mark.slow] if situation is not None and is_long(situation) else []


@pytest.mark.parametrize(
    "path", [pytest.param(path, marks=when(c.situation if (c := change_of(path)) else None)) for path in MODEL]
)
def test_every_model_option_changes_a_result(path: str) -> None:
    change = change_of(path)
    assert change is not None, f"{path} has no row in options.py"
    before = composed(change.situation)
    old = flatten(before)[path]
    after = played(changed(before, path, change.value(old)), change.situation)
    found = different(after, found_in(change.situation))
    assert found, f"{path}: nothing changed in {change.situation!r}"


@pytest.mark.parametrize(
    ("path", "situation", "value"), [pytest.param(*row, id=row[0], marks=when(row[1])) for row in OPTIONAL]
)
def test_options_that_the_default_leaves_out_change_a_result(path: str, situation: str, value: Any) -> None:
    config = changed(composed(situation), path, value)
    if path == "events.rise.owner":
        config = changed(config, "events.rise.target", "USA")  # Korea's add-on on the US
    found = different(played(config, situation), found_in(situation))
    assert found, f"{path}: nothing changed in {situation!r}"


@pytest.mark.parametrize("path", REFUSED)
def test_an_option_with_one_value_refuses_others(path: str) -> None:
    scenario = scenario_from_config(changed(composed("quiet"), path, REFUSED[path]))
    with pytest.raises(TariffsimError, match=REFUSED[path]):
        open_book(scenario)


@cache
def tiny() -> tuple[Mapping[str, Any], Arrays]:
    config = compose(TINY)
    return config, run_ensemble(scenario_from_config(config), progress=False).arrays


def bits_changed(config: Mapping[str, Any]) -> list[str]:
    """Variables in which an ensemble differs from the tiny one."""
    found = run_ensemble(scenario_from_config(config), progress=False).arrays
    return [name for name, array in tiny()[1].items() if array.tobytes() != found[name].tobytes()]


def relabelled(path: str, old: str) -> str:
    return "2025-05-02" if path.startswith("setting.dates") else f"<another> {old}"


def test_all_execution_options_together_change_no_bit() -> None:
    config, _ = tiny()
    for path, value in EXECUTION.items():
        assert SETTINGS[path] != value
        config = changed(config, path, value)
    assert bits_changed(config) == []


def test_all_labels_together_change_no_number() -> None:
    config, _ = tiny()
    for path, old in flatten(config).items():
        if path in WORDS:
            config = changed(config, path, relabelled(path, old))
    assert bits_changed(config) == []


@pytest.mark.slow
@pytest.mark.parametrize("path", EXECUTION)
def test_no_execution_option_changes_a_bit(path: str) -> None:
    assert bits_changed(changed(tiny()[0], path, EXECUTION[path])) == []


@pytest.mark.slow
@pytest.mark.parametrize("path", WORDS)
def test_no_label_changes_a_number(path: str) -> None:
    config, _ = tiny()
    assert bits_changed(changed(config, path, relabelled(path, flatten(config)[path]))) == []


def test_the_schema_labels_the_execution_options_and_no_others() -> None:
    labelled = [f"execution.{f.name}" for f in dataclasses.fields(Execution) if f.metadata["execution"]]
    labelled += [f"output.{f.name}" for f in dataclasses.fields(Output) if f.metadata["execution"]]
    assert labelled == list(EXECUTION)
    assert [f.name for f in dataclasses.fields(Scenario) if f.metadata["execution"]] == []


def test_every_row_of_the_table_is_used() -> None:
    used = [change_of(path) for path in MODEL]
    assert [change.paths for change in CHANGES if change not in used] == []
    visited = {change.situation for change in CHANGES} | {situation for _, situation, _ in OPTIONAL}
    assert sorted(visited) == sorted(SITUATIONS)
