"""Absolute tit for tat: concede as much as the other conceded delta offers ago.

target = h + (g_{delta+1} - g_delta), between 0 and the best gain. Random absolute tit for tat of Faratin, Sierra and
Jennings 1998 without its random step: they add a draw R(M) from 0 to M, to get out of local minima; here M = 0. Gains,
opening, acceptance and source: `tariffsim.negotiation.behaviour`.
"""

from __future__ import annotations

from dataclasses import dataclass

from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import STRATEGIES
from tariffsim.negotiation.behaviour import BehaviourDependent
from tariffsim.scenario.reading import spec


@STRATEGIES.register("tit_for_tat_absolute")
@dataclass(frozen=True)
class TitForTatAbsolute(BehaviourDependent):
    """Imitate amounts."""

    lag: int = spec("delta, offers of the other since the concession that is answered, 1 the latest", low=1)

    @property
    def compared(self) -> tuple[int, int]:
        return self.lag + 1, self.lag

    def answer(self, last: Array, older: Array, newer: Array) -> Array:
        return last + (older - newer)
