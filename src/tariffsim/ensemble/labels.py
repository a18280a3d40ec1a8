"""Names of every axis of a result, taken from the model once: arrays stay unlabelled until the end."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tariffsim.ensemble.failures import CAUSES
from tariffsim.errors import ConfigError
from tariffsim.instruments.book import HORIZONS
from tariffsim.negotiation.packages import term_units
from tariffsim.scenario.schema import Scenario
from tariffsim.world.appraisal import CONCEPTS
from tariffsim.world.foundations import DEPTHS
from tariffsim.world.model import TariffModel
from tariffsim.world.state import offers_a_tick


@dataclass(frozen=True)
class Labels:
    """Axes other than the world's; plain text and numbers, so that a manifest can hold them.

    time: ISO dates 0..T, the opening first; addon_pair, pair: 'IMPORTER>EXPORTER' with and without the rest of the
    world as 'others'; supply: 'OWNER>BUYER:input'; control: 'OWNER>TARGET' and, in `control_supply`, the position of
    one of its supply levers; flow: 'EXPORTER_IMPORTER' as in the scenario; offer_number: 1, 2, ... in a tick; kind: a
    party's types 0, 1, ...; cause: of failure; depth: m of the disagreement point; war_tick: ticks
    of the war path.
    """

    time: tuple[str, ...]
    country: tuple[str, ...]
    horizon: tuple[str, ...]
    addon_pair: tuple[str, ...]
    pair: tuple[str, ...]
    supply: tuple[str, ...]
    control: tuple[str, ...]
    control_supply: tuple[int, ...]
    flow: tuple[str, ...]
    partner: tuple[str, ...]
    party: tuple[str, ...]
    term: tuple[str, ...]
    term_units: tuple[str, ...]
    offer_number: tuple[str, ...]
    kind: tuple[str, ...]
    cause: tuple[str, ...]
    concept: tuple[str, ...]
    depth: tuple[str, ...]
    war_tick: tuple[str, ...]

    def size(self, dim: str) -> int:
        """Length of one axis."""
        return len(self.names(dim))

    def names(self, dim: str) -> tuple[str, ...]:
        """Labels along one axis."""
        found: tuple[str, ...] = getattr(self, dim)
        return found

    @property
    def dates(self) -> npt.NDArray[np.datetime64]:
        """The time axis as datetime64[ns]."""
        return np.array(self.time, dtype="datetime64[ns]")


def labels_of(model: TariffModel) -> Labels:
    """The axes of a model's record."""
    scenario, chart = model.scenario, model.supply_map
    addons = [lever for lever in model.space.levers if lever.kind == "addon"]
    controls: dict[str, int] = {}
    for k, (lever, immediate) in enumerate(zip(chart.levers, chart.immediate, strict=True)):
        if immediate:
            controls.setdefault(f"{lever.owner}>{lever.target}", k)
    return Labels(
        time=tuple(day.isoformat() for day in times(scenario)),
        country=tuple(model.economy.regions),
        horizon=HORIZONS,
        addon_pair=tuple(f"{lever.owner}>{lever.target}" for lever in addons),
        pair=tuple(f"{lever.owner}>{lever.target}" for lever in addons if lever.target != "others"),
        supply=tuple(f"{lever.owner}>{lever.target}:{lever.input}" for lever in chart.levers),
        control=tuple(controls),
        control_supply=tuple(controls.values()),
        flow=tuple(scenario.trade.flows),
        partner=tuple(letter.partner for letter in model.letters),
        party=tuple(scenario.talks.parties),
        term=tuple(term_units(scenario.talks.issues)),
        term_units=tuple(term_units(scenario.talks.issues).values()),
        offer_number=tuple(str(k + 1) for k in range(offers_a_tick(scenario))),
        cause=tuple(CAUSES),
        concept=CONCEPTS,
        depth=tuple(str(m) for m in DEPTHS),
        war_tick=tuple(str(k) for k in range(model.clock.war_ticks + 1)),
        kind=tuple(str(k) for k in range(max(len(kinds) for kinds in model.types.kinds))),
    )


def times(scenario: Scenario) -> list[dt.date]:
    """Dates of the opening and of the close of each tick."""
    return [scenario.start + dt.timedelta(days=k * scenario.tick_days) for k in range(scenario.ticks + 1)]


def monthly_norms(scenario: Scenario) -> npt.NDArray[np.float64]:
    """Billion USD (T+1, F) of each followed flow in the month of each time; raises ConfigError if one is missing."""
    norms = []
    for day in times(scenario):
        for key, flow in scenario.trade.flows.items():
            if str(day.month) not in flow.monthly_norm:
                raise ConfigError(
                    f"trade.flows.{key}.monthly_norm has no month {day.month}, which the run reaches on {day}. "
                    f"Given: {', '.join(flow.monthly_norm) or 'none'}."
                )
        norms.append([flow.monthly_norm[str(day.month)] for flow in scenario.trade.flows.values()])
    return np.array(norms, dtype=np.float64).reshape(len(norms), len(scenario.trade.flows))
