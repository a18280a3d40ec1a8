"""The configuration folder: every number says what it is and where it comes from; every plug-in has its file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tariffsim.errors import DataError
from tariffsim.negotiation.bargaining import STRATEGIES
from tariffsim.negotiation.escalating import ESCALATIONS
from tariffsim.negotiation.meeting import PROTOCOLS
from tariffsim.scenario.loading import conf_directory, load_scenario, names_in
from tariffsim.scenario.provenance import provenance_of

FILES = sorted(conf_directory().rglob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(conf_directory())))
def test_every_number_has_unit_date_and_source(path: Path) -> None:
    for entry in provenance_of(path):
        assert re.fullmatch(r"-|\d{4}(-\d{2}(-\d{2})?)?", entry.date), entry


def test_a_number_without_a_source_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("a:\n  b: 3\n")
    with pytest.raises(DataError, match=r"x.yaml line 2: a.b has no"):
        provenance_of(tmp_path / "x.yaml")


def test_nothing_in_the_configuration_is_dated_after_the_eve_of_the_talks() -> None:
    dates = {e.date for path in FILES for e in provenance_of(path) if len(e.date) == 10}
    observed = {d for d in dates if d > "2025-06-09"}
    # days that were known before they came: expiry of the truce, end of the pause, the what-if's own date
    assert observed <= {"2025-08-12", "2025-06-16"}


@pytest.mark.parametrize("registry", [STRATEGIES, ESCALATIONS, PROTOCOLS], ids=lambda r: r.kind)
def test_every_plug_in_has_its_file_and_every_file_its_plug_in(registry) -> None:  # type: ignore[no-untyped-def]
    group = registry.package.rsplit(".", 1)[1].removesuffix("s").replace("strategie", "strategy")
    assert names_in(group) == registry.names()


@pytest.mark.parametrize("name", names_in("scenario"))
def test_every_scenario_loads(name: str) -> None:
    assert load_scenario(name).name == name
