"""Attrition: keep the add-on until the time to give in has come, then go down to the floor and stay there.

T = -ln(1 - u) / h,   h = r_o (F_o(lose) - F_o(now)) / (F_o(win) - F_o(lose))

The hazard h of giving in leaves the other side (o) indifferent between waiting and giving in: what waiting costs it a
year, over what it gains if this side gives in (Abreu and Gul 2000, Econometrica 68(1), 85-117: r_j (1 - a_i) / (a_i +
a_j - 1) for shares a of a cake; Kennan and Wilson 1989, Journal of Applied Econometrics 4, S87-S130). u in (0, 1) is
the type: the larger, the tougher; one keyed draw per world and government, its median .5 in valuations of the war path.

Where there is no such war nobody waits: a side that loses nothing by waiting stays, as it does once the other is down
or would gain nothing by winning; a side that loses by waiting gives in at once if it has nothing to win, or if the
other loses nothing by waiting. The rule never raises: it is for a war that is on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.escalating import ESCALATIONS, HORIZONS, LOSE, NOW, WIN, Escalation, EscalationSight
from tariffsim.scenario.reading import spec

WEEKS = 365.25 / 7  # in a year


@ESCALATIONS.register("attrition")
@dataclass(frozen=True)
class Attrition(Escalation):
    """War of attrition with concession times that depend on the type."""

    sees: ClassVar[tuple[str, ...]] = (
        "own_addon", "other_addon", "floor", "other_floor", "weeks", "uniform", "other_discount", "own_stakes",
        "other_stakes",
    )  # fmt: skip
    stochastic: ClassVar[bool] = True
    source: ClassVar[str] = "Kennan, Wilson 1989; Abreu, Gul 2000"

    horizon: str = spec("horizon at which the war is valued", choices=HORIZONS)

    def wish(self, sight: EscalationSight) -> Array:
        at = HORIZONS.index(self.horizon)
        cost, prize = _cost_and_prize(sight.own_stakes[..., at])
        other_cost, other_prize = _cost_and_prize(sight.other_stakes[..., at])
        hopeless = (prize <= 0) | (other_cost <= 0)
        waiting = ~hopeless & (other_prize > 0)
        hazard = np.where(waiting, sight.other_discount * other_cost / np.where(waiting, other_prize, 1.0), 0.0)
        due = waiting & (hazard * sight.weeks / WEEKS >= -np.log1p(-sight.uniform))
        at_war = sight.other_addon > sight.other_floor
        gives_in = at_war & (cost > 0) & (hopeless | due)
        return np.where(gives_in, np.minimum(0.0, sight.floor - sight.own_addon), 0.0)


def _cost_and_prize(stakes: Array) -> tuple[Array, Array]:
    """What waiting costs a side a year against giving in (W,), and what winning is worth against giving in (W,)."""
    return stakes[:, LOSE] - stakes[:, NOW], stakes[:, WIN] - stakes[:, LOSE]
