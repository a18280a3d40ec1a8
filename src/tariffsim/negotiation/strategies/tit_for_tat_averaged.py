"""Averaged tit for tat: concede by the percentage by which the other conceded over its last gamma offers.

target = g_{gamma+1} / g_1 * h, between 0 and the best gain; with gamma = 1 it is relative tit for tat with delta = 1.
In the notation of the paper x^{t_{n-2 gamma}} / x^{t_n} times the own x^{t_{n-1}}. Worthless offers are treated as
there. Gains, opening, acceptance and source: `tariffsim.negotiation.behaviour`; equation: averaged tit for tat of
Faratin, Sierra and Jennings 1998.
"""

from __future__ import annotations

from dataclasses import dataclass

from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import STRATEGIES
from tariffsim.negotiation.behaviour import BehaviourDependent, in_percent
from tariffsim.scenario.reading import spec


@STRATEGIES.register("tit_for_tat_averaged")
@dataclass(frozen=True)
class TitForTatAveraged(BehaviourDependent):
    """Imitate percentages over a window."""

    window: int = spec("gamma, steps of the other that are looked at together", low=1)

    @property
    def compared(self) -> tuple[int, int]:
        return self.window + 1, 1

    def answer(self, last: Array, older: Array, newer: Array) -> Array:
        return in_percent(last, older, newer)
