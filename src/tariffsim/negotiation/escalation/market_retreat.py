"""Market retreat: match, but cut the add-on back while the own stock market has fallen too far.

change = -cut * (own add-on - floor) where stress > threshold, else ratio * other's rise. On 9 April 2025, after the
S&P 500 had lost 12 percent in four sessions, the US put its country rates (China's apart) back to the universal rate
for 90 days; on 22 April it announced that the rate on China would come down substantially (data/facts/events.csv,
data/facts/political.csv).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.escalating import ESCALATIONS, Escalation, EscalationSight
from tariffsim.scenario.reading import spec


@ESCALATIONS.register("market_retreat")
@dataclass(frozen=True)
class MarketRetreat(Escalation):
    """Tit for tat of a government that watches its stock market."""

    sees: ClassVar[tuple[str, ...]] = ("own_addon", "other_rise", "floor", "stress")
    stochastic: ClassVar[bool] = False
    source: ClassVar[str] = "data/facts/events.csv, 9 and 22 April 2025"

    ratio: float = spec("own rise per point of the other's, while markets are calm", low=0, high=10)
    threshold: float = spec("percent of fall of the own stock market beyond which it retreats", low=0, high=100)
    cut: float = spec("share of the way down to the floor, each week that stress lasts", low=0, high=1)

    def wish(self, sight: EscalationSight) -> Array:
        retreat = self.cut * np.minimum(0.0, sight.floor - sight.own_addon)
        answer = self.ratio * np.maximum(0.0, sight.other_rise)
        return np.where(sight.stress > self.threshold, retreat, answer)
