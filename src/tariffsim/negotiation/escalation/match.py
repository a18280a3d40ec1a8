"""Match: answer a rise of the other side's add-on by one of the same size.

rise = ratio * other's rise; cuts are not answered. Tit for tat in steps: China answered 34, 50 and 41 points with 34,
50 and 41 in April 2025 (data/backtest_targets.csv, BT03); Axelrod, The Evolution of Cooperation, 1984.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.escalating import ESCALATIONS, Escalation, EscalationSight
from tariffsim.scenario.reading import spec


@ESCALATIONS.register("match")
@dataclass(frozen=True)
class Match(Escalation):
    """Tit for tat in steps."""

    sees: ClassVar[tuple[str, ...]] = ("other_rise",)
    stochastic: ClassVar[bool] = False
    source: ClassVar[str] = "Axelrod 1984; data/backtest_targets.csv BT03"

    ratio: float = spec("own rise per point of the other's", low=0, high=10)

    def wish(self, sight: EscalationSight) -> Array:
        return self.ratio * np.maximum(0.0, sight.other_rise)
