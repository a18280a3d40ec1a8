"""Escalation rules: how a government that is not bound by a truce answers the other side's add-on.

A rule is one file in `tariffsim.negotiation.escalation`; it declares what it sees, whether it is stochastic, and
its source. It returns a wish; the ceiling and the whole-point grid are applied here, once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.registry import Registry

ESCALATIONS: Registry[Escalation] = Registry("escalation rule", "tariffsim.negotiation.escalation")


@dataclass(frozen=True)
class EscalationSight:
    """What a government may know when it moves, for W worlds, in percentage points.

    own_addon, other_addon (W,): in force; other_rise (W,): rise of the other's add-on since it last looked.
    """

    own_addon: Array
    other_addon: Array
    other_rise: Array


class Escalation(ABC):
    """A rule for unilateral moves."""

    sees: ClassVar[tuple[str, ...]]
    stochastic: ClassVar[bool]
    source: ClassVar[str]

    @abstractmethod
    def wish(self, sight: EscalationSight) -> Array:
        """Rise of the own add-on (W,) in percentage points, at or above 0."""


@dataclass(frozen=True)
class GovernmentRule:
    """A rule with its government's ceiling and the grid of add-ons."""

    rule: Escalation
    ceiling: float
    step: int

    def rise(self, sight: EscalationSight) -> Array:
        """Rise (W,) in percentage points that keeps to the ceiling, on the grid."""
        wish = np.round(self.rule.wish(sight) / self.step) * self.step
        return np.maximum(0.0, np.minimum(wish, self.ceiling - sight.own_addon))
