"""Relative tit for tat: concede by the percentage by which the other conceded delta offers ago.

target = g_{delta+1} / g_delta * h, between 0 and the best gain: if what it heard has become worth twice as much, it
asks for half. In the notation of the paper, with x^{t_n} the last offer heard, x^{t_{n-2 delta}} / x^{t_{n-2 delta+2}}
times the own x^{t_{n-1}}. An older offer that gained nothing has no percentage and is answered with the own last
target, a retreat to nothing with the opening. Gains, opening, acceptance and source: `tariffsim.negotiation.behaviour`;
equation: relative tit for tat of Faratin, Sierra and Jennings 1998.
"""

from __future__ import annotations

from dataclasses import dataclass

from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import STRATEGIES
from tariffsim.negotiation.behaviour import BehaviourDependent, in_percent
from tariffsim.scenario.reading import spec


@STRATEGIES.register("tit_for_tat_relative")
@dataclass(frozen=True)
class TitForTatRelative(BehaviourDependent):
    """Imitate percentages."""

    lag: int = spec("delta, offers of the other since the concession that is answered, 1 the latest", low=1)

    @property
    def compared(self) -> tuple[int, int]:
        return self.lag + 1, self.lag

    def answer(self, last: Array, older: Array, newer: Array) -> Array:
        return in_percent(last, older, newer)
