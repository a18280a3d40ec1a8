"""The space of policies of one scenario: a row of whole numbers, and the wedges it stands for."""

from __future__ import annotations

import numpy as np

from tariffsim.economy.wedges import Wedges
from tariffsim.errors import ConfigError, unknown_name
from tariffsim.instruments.base import INSTRUMENTS, Draft, Ground, Instrument, Integers, Lever
from tariffsim.scenario.schema import Scenario


class LeverSpace:
    """All levers of a scenario in a fixed order; policies are (..., L) arrays of whole numbers."""

    def __init__(self, scenario: Scenario, ground: Ground) -> None:
        self.ground = ground
        self.instruments: list[Instrument] = [INSTRUMENTS.get(name)(scenario, ground) for name in INSTRUMENTS.names()]
        self.levers: tuple[Lever, ...] = tuple(lever for i in self.instruments for lever in i.levers)
        self.opening: Integers = np.array([s for i in self.instruments for s in i.opening(scenario)], dtype=np.int16)
        self._column = {lever.key: k for k, lever in enumerate(self.levers)}

    def column(self, kind: str, owner: str, target: str, input: str = "") -> int:
        """Position of a lever in a policy row; raises ConfigError with the nearest lever."""
        key = Lever(kind, owner, target, "", input).key
        if key not in self._column:
            raise ConfigError(unknown_name("lever", key, self._column))
        return self._column[key]

    def columns(self, kind: str) -> list[int]:
        """Positions of all levers of one kind."""
        return [k for k, lever in enumerate(self.levers) if lever.kind == kind]

    def wedges(self, policies: Integers) -> Wedges:
        """Wedges of W policies (W, L) on an economy with the ground's critical inputs."""
        worlds, ground = len(policies), self.ground
        regions = len(ground.regions)
        tariffs = np.broadcast_to(ground.background, (worlds, *ground.background.shape)).copy()
        draft = Draft(tariffs, np.ones((worlds, regions, regions, len(ground.nodes))))
        start = 0
        for instrument in self.instruments:
            stop = start + len(instrument.levers)
            instrument.draft(policies[:, start:stop], draft)
            start = stop
        return Wedges(tariffs=draft.tariffs, licences=draft.licences)
