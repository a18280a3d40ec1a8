"""Graduated: one rung per act of the other side, up for a rise and down for a cut, and never more than it did itself.

change = max(-rung, min(rung, other's rise)). Kahn's ladder, climbed one rung at a time (On Escalation, 1965), with the
two halves of Osgood's GRIT (An Alternative to War or Surrender, 1962): a provocation is answered, but by no more than
it was, so that the answers of a pair that plays this never grow; a reduction is reciprocated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.escalating import ESCALATIONS, Escalation, EscalationSight
from tariffsim.scenario.reading import spec


@ESCALATIONS.register("graduated")
@dataclass(frozen=True)
class Graduated(Escalation):
    """A ladder with rungs of equal height."""

    sees: ClassVar[tuple[str, ...]] = ("other_rise",)
    stochastic: ClassVar[bool] = False
    source: ClassVar[str] = "Kahn 1965, On Escalation; Osgood 1962, An Alternative to War or Surrender"

    rung: float = spec("percentage points between two rungs of the ladder", low=0, high=1000)

    def wish(self, sight: EscalationSight) -> Array:
        return np.asarray(np.clip(sight.other_rise, -self.rung, self.rung))
