"""Grim: once the other side has raised its add-on, go to the ceiling and stay there.

change = ceiling - own add-on where provoked, else 0. A signed truce wipes the slate clean: what rose before it is part
of what was settled. The trigger strategy of Friedman 1971, Review of Economic Studies 38(1), 1-12.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.escalating import ESCALATIONS, Escalation, EscalationSight


@ESCALATIONS.register("grim")
@dataclass(frozen=True)
class Grim(Escalation):
    """The trigger strategy."""

    sees: ClassVar[tuple[str, ...]] = ("own_addon", "provoked", "ceiling")
    stochastic: ClassVar[bool] = False
    source: ClassVar[str] = "Friedman 1971, Review of Economic Studies 38(1), 1-12"

    def wish(self, sight: EscalationSight) -> Array:
        return np.where(sight.provoked, sight.ceiling - sight.own_addon, 0.0)
