"""The disagreement point: the war that both escalation rules would fight if nobody talked.

D^0: along H weeks each side applies its rule to what it sees, then the last flow is kept for T_end years. Depth m > 0
(talks that resume with some hazard) is a later layer on the same path.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tariffsim.instruments.base import Array
from tariffsim.negotiation.escalating import EscalationSight, GovernmentRule


@dataclass(frozen=True)
class Standoff:
    """Where two sides stand in a war, for W worlds: add-ons (W, 2) in force and rises (W, 2) not yet answered, in
    percentage points."""

    addons: Array
    rises: Array

    def take(self, rows: npt.NDArray[np.int64]) -> Standoff:
        """The standoffs of some rows."""
        return Standoff(self.addons[rows], self.rises[rows])


def lapse(addons: Array, returning: Array) -> Standoff:
    """Add-ons (W, 2) give way to `returning` (W, 2) where those are higher; each side sees the other's rise."""
    after = np.maximum(addons, returning)
    return Standoff(after, after - addons)


def war_path(standoff: Standoff, rules: Sequence[GovernmentRule], ticks: int) -> Array:
    """Add-ons (W, ticks + 1, 2) along the path; entry k is in force in tick k, the last one for ever after."""
    addons, rises = standoff.addons, standoff.rises
    path = []
    for _ in range(ticks + 1):
        rose = np.stack([_rise(side, addons, rises, rules[side]) for side in range(2)], axis=-1)
        addons, rises = addons + rose, rose
        path.append(addons)
    return np.stack(path, axis=1)


def _rise(side: int, addons: Array, rises: Array, rule: GovernmentRule) -> Array:
    sight = EscalationSight(own_addon=addons[:, side], other_addon=addons[:, 1 - side], other_rise=rises[:, 1 - side])
    return rule.rise(sight)
