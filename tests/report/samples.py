"""Made-up results in the shape of real ones, so that pages and figures are tested without solving anything."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from tariffsim.ensemble.failures import CAUSES
from tariffsim.ensemble.labels import Labels, times
from tariffsim.ensemble.provenance import Provenance
from tariffsim.ensemble.results import Results
from tariffsim.ensemble.variables import VARIABLES
from tariffsim.negotiation.packages import term_units
from tariffsim.report.view import View
from tariffsim.scenario.loading import load_scenario
from tariffsim.scenario.schema import Scenario
from tariffsim.world.appraisal import CONCEPTS

Values = npt.NDArray[Any]
WORLDS = 40
REGIONS = (
    "USA", "CHN", "KOR", "JPN", "TWN", "EU", "GBR", "CAN", "MEX", "VNM", "IND", "AUS", "BRA", "RUS", "ASE", "ROW",
)  # fmt: skip
ADDONS = ("USA>CHN", "USA>KOR", "USA>JPN", "USA>EU", "USA>others", "CHN>USA", "KOR>USA", "JPN>USA", "EU>USA")
SUPPLY = tuple(f"CHN>{buyer}:rare_earth_magnets" for buyer in ("USA", "KOR", "JPN", "EU", "others"))
RANGES: Mapping[str, tuple[float, float]] = {
    "statutory": (0, 150), "applied": (0, 40), "effective": (0, 40), "imports": (0, 30), "real_income": (-1, 0.2),
    "exports": (5, 40), "exports_yoy": (-60, 10), "approved": (0, 1), "delivered": (0, 1), "usable": (0, 1),
    "stock": (0, 4), "strictness": (0, 1), "deal_gain": (-0.1, 0.6), "discount": (0.1, 0.6),
}  # fmt: skip


@cache
def scenario() -> Scenario:
    """The default scenario with eight weeks and the sample's number of worlds."""
    return load_scenario(overrides=["ticks=8", f"ensemble.worlds={WORLDS}"])


def labels(asked: Scenario) -> Labels:
    return Labels(
        time=tuple(day.isoformat() for day in times(asked)),
        country=REGIONS,
        horizon=("short", "long"),
        addon_pair=ADDONS,
        pair=tuple(name for name in ADDONS if "others" not in name),
        supply=SUPPLY,
        control=("USA>CHN",),
        control_supply=(0,),
        flow=("CHN_USA", "USA_CHN", "KOR_USA"),
        partner=tuple(asked.partners.letters),
        party=asked.talks.parties,
        term=tuple(term_units(asked.talks.issues)),
        term_units=tuple(term_units(asked.talks.issues).values()),
        offer_number=tuple(str(k + 1) for k in range(2 * asked.talks.offers_per_meeting)),
        kind=("0", "1"),
        cause=tuple(CAUSES),
        concept=CONCEPTS,
        depth=("0", "1", "2"),
        war_tick=tuple(str(k) for k in range(27)),
    )


def arrays(asked: Scenario, names: Labels, deals: bool) -> dict[str, Values]:
    """Random values in plausible ranges; every third world has no deal, or all if `deals` is false."""
    rng = np.random.default_rng(11)
    found: dict[str, Values] = {}
    for variable in VARIABLES:
        lengths = [WORLDS, *(names.size(dim) for dim in variable.dims[1:])]
        low, high = RANGES.get(variable.name, (0, 1))
        found[variable.name] = rng.uniform(low, high, lengths)
    shape = found["status"].shape
    found["status"] = rng.choice(6, shape, p=(0.1, 0.1, 0.4, 0.2, 0.1, 0.1)).astype(np.int8)
    found["stance"] = rng.choice(4, found["stance"].shape, p=(0, 0.5, 0.3, 0.2)).astype(np.int8)
    found["addon"] = rng.choice((10, 20, 30, 54), found["addon"].shape).astype(np.int16)
    found["failed"] = found["failed"] < 0.3
    found["restored"] = np.where(found["failed"][:, None], found["restored"] < 0.4, np.nan)
    found["executed"] = found["executed"] < 0.25
    found["economy_draw"] = np.arange(WORLDS) % 4
    found["meetings"] = np.full(WORLDS, 3)
    signed = (np.arange(WORLDS) % 3 > 0) & deals
    found |= _events(asked, names, rng, signed)
    found["deal_terms"] = np.where(signed[:, None], _terms(asked, rng), np.nan)
    return found


def _events(asked: Scenario, names: Labels, rng: np.random.Generator, signed: Values) -> dict[str, Values]:
    found = {}
    for event in ("deal", "threat_executed", "threat_dropped", "rejection", "breach", "lapse", "snapback", "renewal"):
        days = np.array(names.time, dtype="datetime64[ns]")[rng.integers(1, len(names.time), WORLDS)]
        happened = signed if event == "deal" else rng.uniform(size=WORLDS) < 0.2
        found[f"{event}_date"] = np.where(happened, days, np.datetime64("NaT", "ns"))
    return found


def _terms(asked: Scenario, rng: np.random.Generator) -> Values:
    issues = asked.talks.issues
    return np.column_stack([rng.choice(issue.levels, WORLDS) for issue in issues.values()])


def results(deals: bool = True, **changes: Any) -> Results:
    """Sample results; `changes` replace fields of the scenario."""
    asked = dataclasses.replace(scenario(), **changes)
    names = labels(asked)
    made = Provenance(
        "inline", 1, 500, 1234, 5678, 2.5, 0.5, "python -m tariffsim ticks=8", "2025-06-09", {"tariffsim": "0"}
    )
    return Results(asked, names, arrays(asked, names, deals), made)


def view(deals: bool = True) -> View:
    found = results(deals)
    return View(found.dataset, found.scenario)
