"""What an instrument is: levers with whole-number settings, and the wedges they put into the economy.

An instrument is one file: it lists its levers for a scenario and writes its part into a `Draft`. Parts add up
(tariffs, in levels) or multiply (licences), so the order of instruments cannot matter.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tariffsim.economy.nodes import Node
from tariffsim.registry import Registry
from tariffsim.scenario.schema import Scenario

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int16]

INSTRUMENTS: Registry[Instrument] = Registry("instrument", "tariffsim.instruments.kinds")


@dataclass(frozen=True)
class Lever:
    """One dimension of policy; its setting is a whole number in `unit`."""

    kind: str
    owner: str
    target: str
    unit: str
    input: str = ""

    @property
    def key(self) -> str:
        """Readable name, for instance ``addon:USA>CHN`` or ``licence:CHN>EU:rare_earth_magnets``."""
        return f"{self.kind}:{self.owner}>{self.target}" + (f":{self.input}" if self.input else "")


def supply_setting(share: Array, step: int) -> Integers:
    """Setting in percent, on a grid of `step`, of the share of normal supply that users can use."""
    return np.asarray(np.round(100 * share / step) * step).astype(np.int16)


@dataclass(frozen=True)
class Layer:
    """What carries an add-on: `coverage` (N, N, S), the share of trade hit; `limit`, the most it carries (fraction)."""

    name: str
    limit: float
    coverage: Array


@dataclass(frozen=True)
class Ground:
    """What policy stands on, on one date: the world without headline add-ons, and who depends on whom.

    regions (N names); mfn, background, statutory: (N, N, S) fractions [importer, exporter, sector], background being
    the applied tariff without headline layers and statutory the same without exemptions; `headline` maps
    (importer, exporter) to the layers that carry its add-on; `nodes`: the critical inputs, one scarcity price or quotas
    as the scenario says, at central elasticities and without a backstop; `owner_share[z]` (N,): share of a user's
    supply of input z that its owner can withhold; all_goods (S,): 1 for goods, 0 for services.
    """

    regions: tuple[str, ...]
    mfn: Array
    background: Array
    statutory: Array
    headline: Mapping[tuple[str, str], tuple[Layer, ...]]
    nodes: tuple[Node, ...]
    owner_share: Mapping[str, Array]
    all_goods: Array

    def headline_of(self, importer: str, target: str, *, dated_only: bool = False) -> tuple[Layer, ...]:
        """Layers that carry an add-on of `importer` on `target`; all goods where no dated layer exists."""
        dated = self.headline.get((importer, target), ())
        if dated or dated_only:
            return dated
        n, i = self.regions.index(importer), self.regions.index(target)
        coverage = np.zeros_like(self.background)
        coverage[n, i] = self.all_goods
        return (Layer("all goods", np.inf, coverage),)


@dataclass(frozen=True)
class Draft:
    """Wedges under construction for W policies: tariffs (W, N, N, S) in levels, licences (W, N, N, Z) in shares."""

    tariffs: Array
    licences: Array  # [user, supplier, input] over `Ground.nodes`


class Instrument(ABC):
    """One kind of policy. Plug-ins live in `tariffsim.instruments.kinds` and register themselves."""

    levers: tuple[Lever, ...]

    @abstractmethod
    def __init__(self, scenario: Scenario, ground: Ground) -> None:
        """List the levers this scenario has; raises ConfigError for names the economy does not know."""

    @abstractmethod
    def draft(self, settings: Integers, draft: Draft) -> None:
        """Write the wedges of `settings` (W, levers of this instrument) into `draft`, in place."""

    @abstractmethod
    def opening(self, scenario: Scenario) -> list[int]:
        """Settings in force on the start date, in lever order."""
