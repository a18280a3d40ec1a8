"""Governments' payoffs as functions of the tariff levels they set, with exact slopes, and a search for peaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tariffsim.economy.economy import Economy
from tariffsim.economy.equilibrium import Equilibrium
from tariffsim.economy.gradients import linearise_world, own_gradient, world_gradient
from tariffsim.economy.objectives import Payoff
from tariffsim.economy.primitives import Array
from tariffsim.economy.solving import solve
from tariffsim.economy.tariff_levels import TariffLevels

PRECISION = 1e-12  # of solves, so that slopes are exact to about 1e-10
FLAT = 1e-8  # slope, percent of GDP per unit of ln(1+t), that counts as zero
LONGEST_STEP = 0.25  # in ln(1+t)
STEERING = 1e-10  # precision of solves that only steer a search
BATCH = 512  # worlds solved at a time, for memory
WIDTH = 0.005  # in ln(1+t), of differences that only steer a search
APART = 1e-3  # two solutions whose ln(1+t) differ by less are one

Mask = npt.NDArray[np.bool_]
Worth = Callable[[Array], Array]  # of payoffs (..., K): (...)
Slopes = Callable[[Array], tuple[float, Array]]  # of s: value (NaN: no equilibrium) and slope (V,)


@dataclass(frozen=True, eq=False)
class TariffGame:
    """Payoffs of K governments in V levels; s = ln(1+t) of the levels."""

    economy: Economy
    levels: TariffLevels
    payoff: Payoff

    def equilibria(self, s: Array, precision: float = PRECISION) -> Equilibrium:
        """At levels s (..., V)."""
        return solve(self.economy, self.levels.tariffs(s), tolerance=precision)

    def as_it_is(self) -> Equilibrium:
        """At the background tariffs."""
        return solve(self.economy, self.levels.background, tolerance=PRECISION)

    def payoffs(self, s: Array, precision: float = PRECISION) -> Array:
        """(..., K) percent of GDP; NaN where nothing converged."""
        rows = s.reshape(-1, s.shape[-1])
        parts = [self.payoff.value(self.equilibria(rows[k : k + BATCH], precision)) for k in range(0, len(rows), BATCH)]
        return np.concatenate(parts).reshape(*s.shape[:-1], -1)

    @property
    def player(self) -> npt.NDArray[np.intp]:
        """(V,) position among the payoffs of the government that sets each level."""
        return np.array([self.payoff.regions.index(n) for n in self.levels.owner])

    def along(self, s: Array, points: Array, precision: float = PRECISION) -> Array:
        """Each owner's payoff (V, G) when its level alone moves from s (V,) to `points` (V, G)."""
        profiles = np.broadcast_to(s, (*points.shape, len(s))).copy()
        own = np.arange(len(s))
        profiles[own, :, own] = points
        return self.payoffs(profiles, precision)[own, :, self.player]

    def slopes(self, s: Array) -> tuple[Array, Array]:
        """Payoffs (K,) and their derivatives by s, (K, V), at s (V,); NaN where nothing converged."""
        equilibrium = self.equilibria(s)
        value = self.payoff.value(equilibrium)
        if not equilibrium.converged:
            return value, np.full((len(value), len(s)), np.nan)
        return value, self.levels.gather(world_gradient(linearise_world(equilibrium), self.payoff))

    def own_slopes(self, s: Array, precision: float = PRECISION) -> tuple[Equilibrium, Array]:
        """The equilibrium at s (V,), and slopes (V,) of owners' payoffs by their levels: zero at a Nash equilibrium."""
        equilibrium = self.equilibria(s, precision)
        if not equilibrium.converged:
            return equilibrium, np.full(len(s), np.nan)
        cells, players = np.zeros(self.economy.flows.shape), list(self.payoff.regions)
        cells[players] = own_gradient(linearise_world(equilibrium), self.payoff, players)
        return equilibrium, self.levels.gather(cells)

    def bends(self, s: Array, worth: Worth | None = None) -> tuple[Array, Array]:
        """First and second derivative (M, V) of each owner's payoff by its level alone, at M points s (M, V).

        `worth` of all payoffs in place of the owner's, if given. From differences over WIDTH, one batch for all,
        to steer searches; NaN where an equilibrium is missing.
        """
        size = len(self.levels.labels)
        steps = WIDTH * np.concatenate([np.zeros((1, size)), np.eye(size), -np.eye(size)])
        value = self.payoffs(s[:, None] + steps, STEERING)
        value = value[..., self.player] if worth is None else np.repeat(worth(value)[..., None], size, axis=-1)
        own = np.arange(size)
        middle, up, down = value[:, 0], value[:, 1 + own, own], value[:, 1 + size + own, own]
        return (up - down) / (2.0 * WIDTH), (up - 2.0 * middle + down) / WIDTH**2

    def units(self, s: Array, worth: Worth | None = None) -> Array:
        """(V,) steps of ln(1+t) that matter about equally, from curvatures at s (V,): searches are quicker in them."""
        bend = np.abs(self.bends(s[None], worth)[1][0])
        if not np.isfinite(bend).all() or not bend.any():
            return np.ones(len(s))
        return np.asarray(1.0 / np.sqrt(np.maximum(bend, 1e-7 * bend.max())))


class Peak(NamedTuple):
    """Where a climb ended."""

    s: Array  # (V,)
    value: float
    slope: float  # largest |slope| that no bound explains, percent of GDP per unit of ln(1+t)


def climb(slopes: Slopes, start: Array, low: float, high: float, units: Array) -> Peak | None:
    """A local maximum between bounds: quasi-Newton (L-BFGS-B), then Newton's method; None without equilibrium at start.

    `units` (V,) are the steps in which the search counts.
    """
    from scipy.optimize import minimize  # heavy

    value, _ = slopes(start)
    if np.isnan(value):
        return None
    worst = 1e3 + abs(value)  # what a place without equilibrium counts as: the line search turns back

    def falls(u: Array) -> tuple[float, Array]:
        value, slope = slopes(np.clip(u * units, low, high))
        return (worst, np.zeros_like(u)) if np.isnan(value) else (-float(value), -slope * units)

    found = minimize(
        falls,
        start / units,
        jac=True,
        method="L-BFGS-B",
        bounds=[(low / unit, high / unit) for unit in units],
        options={"maxiter": 500, "maxfun": 1000, "ftol": 1e-13, "gtol": 1e-7},
    )
    return _polish(slopes, np.clip(found.x * units, low, high), low, high, units)


def newton_alone(first: Array, second: Array) -> Array:
    """Each level's own step in ln(1+t) from derivatives by it: Newton's where its payoff is concave, uphill elsewhere.

    Newton's method counts in t/(1+t), the share of duty in the price, in which payoffs are closer to parabolas:
    -ln(1 - x) with x = -G' / (G'' + G').
    """
    bend = first + second
    concave = bend < 0.0
    x = np.clip(-first / np.where(concave, bend, -1.0), -1.0, 0.5)
    step = np.where(concave, -np.log1p(-x), LONGEST_STEP * np.sign(first))
    return np.asarray(np.clip(step, -LONGEST_STEP, LONGEST_STEP))


def inside(s: Array, slope: Array, low: float, high: float) -> Mask:
    """(V,) False where a bound holds the level back."""
    return np.asarray(~(((s <= low) & (slope <= 0.0)) | ((s >= high) & (slope >= 0.0))))


def _polish(slopes: Slopes, s: Array, low: float, high: float, units: Array, rounds: int = 4) -> Peak:
    """Newton's method with Hessian products from differences of exact slopes; stops when it no longer helps."""
    value, slope = slopes(s)
    for _ in range(rounds):
        free = inside(s, slope, low, high)
        left = float(np.abs(slope[free]).max(initial=0.0))
        if left <= FLAT:
            break
        step = _newton_step(slopes, s, slope, np.where(free, units, 0.0))
        there = np.clip(s + np.clip(step, -LONGEST_STEP, LONGEST_STEP), low, high)
        new_value, new_slope = slopes(there)
        new_left = float(np.abs(new_slope[inside(there, new_slope, low, high)]).max(initial=0.0))
        if np.isnan(new_value) or not new_left < left:
            break
        s, value, slope = there, new_value, new_slope
    free = inside(s, slope, low, high)
    return Peak(s, float(value), float(np.abs(slope[free]).max(initial=0.0)))


def _newton_step(slopes: Slopes, s: Array, slope: Array, units: Array, most: int = 40) -> Array:
    """Step by conjugate gradients on levels with units above 0; stops where the payoff is not concave."""
    step, left = np.zeros_like(s), units * slope
    direction, size = left.copy(), float(left @ left)
    enough = 1e-6 * size
    for _ in range(min(most, int((units > 0.0).sum()))):
        width = 1e-4 / np.abs(units * direction).max()
        curve = units * (slope - slopes(s + width * units * direction)[1]) / width
        bend = float(direction @ curve)
        if not bend > 0.0:
            break
        length = size / bend
        step, left = step + length * direction, left - length * curve
        size, before = float(left @ left), size
        if size <= enough:
            break
        direction = left + size / before * direction
    return units * step
