"""Best response: go to the add-on that pays most if the other side stays where it is.

change = argmax_a G_own(a, other's add-on now) - own add-on, over `levels` add-ons at equal distances from the floor to
the ceiling; of equals the lowest. Myopic (Cournot) adjustment, one of whose rest points is the Nash equilibrium of the
tariff game (Johnson 1953, Review of Economic Studies 21(2), 142-153); G from exact equilibria at the horizon named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.escalating import ESCALATIONS, HORIZONS, Escalation, EscalationSight
from tariffsim.scenario.reading import spec


@ESCALATIONS.register("best_response")
@dataclass(frozen=True)
class BestResponse(Escalation):
    """Myopic best response."""

    sees: ClassVar[tuple[str, ...]] = ("own_addon", "levels", "level_payoffs")
    stochastic: ClassVar[bool] = False
    source: ClassVar[str] = "Johnson 1953, Review of Economic Studies 21(2), 142-153"

    horizon: str = spec("horizon at which add-ons are valued", choices=HORIZONS)
    levels: int = spec("add-ons that are weighed, floor and ceiling among them", low=2, high=200)

    def levels_between(self, floor: float, ceiling: float) -> Array:
        return np.linspace(floor, max(floor, ceiling), self.levels)

    def wish(self, sight: EscalationSight) -> Array:
        best = sight.level_payoffs[..., HORIZONS.index(self.horizon)].argmax(-1)
        return np.take_along_axis(sight.levels, best[:, None], axis=1)[:, 0] - sight.own_addon
