"""A small London for tests: one economy draw, two levels an issue, equilibria shared by all tests of a session."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import OverrideType

from tariffsim.instruments.book import Book
from tariffsim.scenario.loading import compose, load_scenario, scenario_from_config
from tariffsim.scenario.schema import Scenario
from tariffsim.world.model import TariffModel, open_book

SMALL = (
    "ensemble.counterfactuals=false",
    "economy.draws=1",
    "disagreement.depth=0",  # with a second chance so close, parties agree at once on a table as coarse as this one
    "talks.issues.addon_by_first.levels=[10,30,54]",
    "talks.issues.addon_by_second.levels=[0,10,34]",
    "talks.issues.licence.levels=[0.25,1.0]",
    "talks.issues.control.levels=[0.0,1.0]",
    "talks.issues.truce_days.levels=[90,365]",
)

CONTESTED = (  # nothing but add-ons on the table, and both sides want duties of their own
    "talks.issues.licence.levels=[0.25]",
    "talks.issues.control.levels=[1.0]",
    "talks.issues.addon_by_first.levels=[0,10,20,30,40,54]",
    "talks.issues.addon_by_second.levels=[0,5,10,20,34]",
    "talks.issues.truce_days.levels=[90]",
    *(f"governments.{party}.revenue_premium=0.6" for party in ("USA", "CHN")),
    *(f"governments.{party}.strategy=linear" for party in ("USA", "CHN")),
)


def market(rent: str = "user") -> tuple[str, ...]:
    """Overrides that give every critical input one scarcity price in each country."""
    names = load_scenario("london_2025").inputs
    return tuple(f"inputs.{name}.{key}" for name in names for key in ("rationing=market", f"rent={rent}"))


@cache
def small(*overrides: str, name: str = "london_2025") -> Scenario:
    """The small scenario with further overrides, composed anew only where one does more than set a value."""
    config = copy.deepcopy(_composed(name))
    for override in OverridesParser.create().parse_overrides(list(overrides)):
        *folders, last = override.key_or_group.split(".")
        place: Any = config
        for folder in folders:
            place = place.get(folder, {}) if isinstance(place, Mapping) else {}
        value = override.value()
        sets = override.type is OverrideType.CHANGE and last in place and not isinstance(value, Mapping)
        if not sets or override.key_or_group == "talks.parties":  # other settings refer to the parties
            return load_scenario(name, [*SMALL, *overrides])
        place[last] = value
    return scenario_from_config(config)


@cache
def _composed(name: str) -> dict[str, Any]:
    return compose([f"scenario={name}", *SMALL])


@cache
def shared_book(name: str = "london_2025") -> Book:
    """One equilibrium book for all tests whose levers and economy are those of the small scenario."""
    return open_book(small(name=name))


def played(
    *overrides: str, worlds: int = 6, ticks: int = 8, name: str = "london_2025", first_world: int = 0, seed: int = 7
) -> TariffModel:
    """A small model after some ticks, on the shared book."""
    scenario = small(*overrides, f"ticks={ticks}", name=name)
    return TariffModel(scenario, worlds=worlds, seed=seed, first_world=first_world, book=shared_book(name)).run()


def arrays(model: TariffModel) -> dict[str, np.ndarray]:
    """What the model recorded."""
    return model.record.trajectories(model).arrays


def equal_bits(one: dict, two: dict, skip: Sequence[str] = ()) -> list[str]:  # type: ignore[type-arg]
    """Names of arrays that differ in any bit."""
    assert one.keys() == two.keys()
    return [k for k in one if k not in skip and one[k].tobytes() != two[k].tobytes()]


def addon_path(model: TariffModel, importer: str, exporter: str) -> np.ndarray:
    """Add-on (world, time) of one pair in percentage points."""
    keys = [(lever.owner, lever.target) for lever in model.space.levers if lever.kind == "addon"]
    return arrays(model)["addon"][..., keys.index((importer, exporter))]
