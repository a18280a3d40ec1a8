"""The disagreement point: the war that both escalation rules would fight if nobody talked (model, section 4).

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
    """Where two sides stand, for W worlds: add-ons (W, 2) and unanswered rises (W, 2) in percentage points,
    ticks until a running truce lapses (W,) (0: none runs), rates after the lapse (W, 2)."""

    addons: Array
    rises: Array
    clock: npt.NDArray[np.int64]
    snapback: Array

    def take(self, rows: npt.NDArray[np.int64]) -> Standoff:
        """The standoffs of some rows."""
        return Standoff(self.addons[rows], self.rises[rows], self.clock[rows], self.snapback[rows])


def lapse(addons: Array, returning: Array, clock: npt.NDArray[np.int64]) -> Standoff:
    """Add-ons (W, 2) give way to `returning` (W, 2) where those are higher; each side sees the other's rise."""
    after = np.maximum(addons, returning)
    return Standoff(after, after - addons, clock, returning)


def war_path(standoff: Standoff, rules: Sequence[GovernmentRule], ticks: int) -> Array:
    """Add-ons (W, ticks + 1, 2) along the path; entry k is in force in tick k, the last one for ever after."""
    addons, rises = standoff.addons, standoff.rises
    path = []
    for k in range(ticks + 1):
        lapsing = standoff.clock == k
        bound = standoff.clock > k
        before = addons
        moved = np.stack([_moved(side, addons, rises, rules[side]) for side in range(2)], axis=-1)
        returned = np.maximum(addons, standoff.snapback)
        after = np.where(lapsing[:, None] & (standoff.clock[:, None] > 0), returned, moved)
        addons = np.where(bound[:, None], before, after)
        rises = addons - before
        path.append(addons)
    return np.stack(path, axis=1)


def _moved(side: int, addons: Array, rises: Array, rule: GovernmentRule) -> Array:
    sight = EscalationSight(own_addon=addons[:, side], other_addon=addons[:, 1 - side], other_rise=rises[:, 1 - side])
    return addons[:, side] + rule.rise(sight)
