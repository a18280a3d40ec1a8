"""The disagreement point: the war that both escalation rules would fight if nobody talked.

D^0: along H weeks each side applies its rule to what it sees, then the last flow is kept for T_end years. Depth m > 0
(talks that resume with some hazard) is a later layer on the same path. Both sides are taken to be of their middle type,
with the median draw and calm markets at the start: what each believes of the other, so the path is one for both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tariffsim.instruments.base import Array
from tariffsim.negotiation.escalating import EscalationSight, Forecast, GovernmentRule
from tariffsim.negotiation.markets import stress_after, surprise_loss


@dataclass(frozen=True)
class Standoff:
    """Where two sides stand in a war, for W worlds: add-ons (W, 2) in force and rises (W, 2) not yet answered, in
    percentage points."""

    addons: Array
    rises: Array

    def take(self, rows: npt.NDArray[np.int64]) -> Standoff:
        """The standoffs of some rows."""
        return Standoff(self.addons[rows], self.rises[rows])


@dataclass(frozen=True)
class Theatre:
    """What a war is fought on: prices of add-ons, weeks of a tick, years to the common end, T of the horizons."""

    forecast: Forecast
    weeks: float
    end: float
    adjustment_years: float


def lapse(addons: Array, returning: Array) -> Standoff:
    """Add-ons (W, 2) give way to `returning` (W, 2) where those are higher; each side sees the other's rise."""
    after = np.maximum(addons, returning)
    return Standoff(after, after - addons)


def war_path(standoff: Standoff, rules: Sequence[GovernmentRule], ticks: int, theatre: Theatre) -> Array:
    """Add-ons (W, ticks + 1, 2) along the path; entry k is in force in tick k, the last one for ever after."""
    addons, rises = standoff.addons, standoff.rises
    provoked, stress, before = np.zeros(rises.shape, dtype=bool), np.zeros(rises.shape), addons - rises
    blank = [_blank(len(addons), rule) for rule in rules]
    timeless = not any(rule.sees("weeks", "stress") for rule in rules)
    path = []
    for tick in range(ticks + 1):
        provoked = provoked | (rises > 0)
        rose = np.empty_like(addons)
        for side, rule in enumerate(rules):
            sight = replace(
                blank[side],
                own_addon=addons[:, side],
                other_addon=addons[:, 1 - side],
                other_rise=rises[:, 1 - side],
                provoked=provoked[:, 1 - side],
                weeks=np.full(len(addons), tick * theatre.weeks),
                stress=stress[:, side],
            )
            rose[:, side] = rule.rise(rule.informed(sight, side, rules[1 - side], theatre.forecast))
        if timeless and not rose.any() and not rises.any():  # the next tick would be this one again
            path += [addons] * (ticks + 1 - tick)
            break
        addons, rises = addons + rose, rose
        path.append(addons)
        stress, before = _stress(stress, before, addons, rules, theatre), addons
    return np.stack(path, axis=1)


def stress_path(standoff: Standoff, path: Array, rules: Sequence[GovernmentRule], theatre: Theatre) -> Array:
    """Stress (W, H + 1, 2) of both stock markets on a path (W, H + 1, 2): what each tick's change of add-ons tells
    markets that were calm before."""
    before = (standoff.addons - standoff.rises)[:, None]
    found = np.zeros(path.shape)
    for side, rule in enumerate(rules):
        income = theatre.forecast.income(side, np.concatenate([before, path], axis=1))
        change, stress = np.diff(income, axis=1), np.zeros(len(path))
        discount = np.full(change[..., 0].size, rule.middle.discount)
        loss = surprise_loss(change.reshape(-1, 2), discount, theatre.end, theatre.adjustment_years)
        for tick, lost in enumerate(loss.reshape(path.shape[:2]).T):
            stress = stress_after(stress, theatre.weeks, lost, rule.middle.market)
            found[:, tick, side] = stress
    return found


def _blank(worlds: int, rule: GovernmentRule) -> EscalationSight:
    return replace(EscalationSight.blank(worlds), uniform=np.full(worlds, rule.middle.uniform))


def _stress(stress: Array, before: Array, after: Array, rules: Sequence[GovernmentRule], theatre: Theatre) -> Array:
    """Stress (W, 2) of both stock markets after a tick; zeros for a side whose rule does not look at it."""
    found = np.zeros_like(stress)
    for side, rule in enumerate(rules):
        if rule.sees("stress"):
            income = theatre.forecast.income(side, np.stack([before, after], axis=1))
            discount = np.full(len(stress), rule.middle.discount)
            loss = surprise_loss(income[:, 1] - income[:, 0], discount, theatre.end, theatre.adjustment_years)
            found[:, side] = stress_after(stress[:, side], theatre.weeks, loss, rule.middle.market)
    return found
