"""Hold: never move. The Korean, Japanese and European stance of spring 2025: no layer of theirs was in force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.escalating import ESCALATIONS, Escalation, EscalationSight


@ESCALATIONS.register("hold")
@dataclass(frozen=True)
class Hold(Escalation):
    """No answer."""

    sees: ClassVar[tuple[str, ...]] = ()
    stochastic: ClassVar[bool] = False
    source: ClassVar[str] = "data/tariff_layers.csv: no answering layer of KOR, JPN or EU in force"

    def wish(self, sight: EscalationSight) -> Array:
        return np.zeros_like(sight.own_addon)
