"""Tariffs that governments who only look at real income would set: best responses and Nash equilibria.

A uniform tariff is searched on a grid (solved as one batch), then polished by Newton's method on
d ln W / d ln(1+t), taken from a five-point stencil of exact solves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tariffsim.economy.economy import Economy
from tariffsim.economy.primitives import Array
from tariffsim.economy.solving import solve
from tariffsim.errors import EconomyError, SolveError

STENCIL = np.arange(-2, 3)
FIRST = np.array([1.0, -8.0, 0.0, 8.0, -1.0]) / 12.0
SECOND = np.array([-1.0, 16.0, -30.0, 16.0, -1.0]) / 12.0
WIDTH = 0.01  # of the stencil in ln(1+t): its own error is about 1e-9, far below the solver's 1e-12 / WIDTH
PRECISION = 1e-12  # of the solves, so that differences between them mean something
NEWTON_STEPS, NASH_ROUNDS = 30, 200
LARGEST_STEP = 0.25  # in ln(1+t)

Mask = npt.NDArray[np.bool_]
Names = Sequence[str | int] | None


@dataclass(frozen=True)
class OptimalTariff:
    """The uniform tariff that maximises one region's real income, everybody else's tariffs given."""

    region: str
    tariff: float  # ad valorem level, a fraction
    real_income: Array  # (N,) Wh - 1 of every region, relative to the base year
    at_bound: bool  # the best tariff is at the edge of the search: raise `bounds` or read it as "no optimum"


@dataclass(frozen=True)
class NashTariffs:
    """Uniform tariffs that are best responses to one another.

    This is the interior equilibrium, with trade; autarky (everyone prohibitive) is always another.
    """

    players: tuple[str, ...]
    tariffs: Array  # (P,) ad valorem levels, fractions
    real_income: Array  # (N,) Wh - 1
    residual: float  # max |best response - tariff|, best responses searched anew over all of `bounds`
    selected: str = "interior"


def optimal_tariff(
    economy: Economy,
    region: str | int,
    *,
    partners: Names = None,
    sectors: Names = None,
    tariffs: npt.ArrayLike | None = None,
    bounds: tuple[float, float] = (-0.3, 3.0),
    grid: int = 34,
) -> OptimalTariff:
    """The best uniform level for `region` on imports from `partners` of `sectors` (default: all).

    `tariffs` (N, N, S) are everybody's other tariffs (default: the base year's). The best of `grid`
    points between `bounds` is polished to about 1e-7. With deficits that do not shrink with trade, very
    high tariffs can pay (the transfer must still be spent abroad): `bounds` keep the search sensible.
    Raises EconomyError for unknown names, SolveError if no point of the grid has an equilibrium.
    """
    n = economy.region_index(region)
    cells = _cells(economy, n, partners, sectors)
    background = np.array(economy.tariffs if tariffs is None else tariffs, dtype=np.float64)
    low, high = np.log1p(bounds[0]), np.log1p(bounds[1])
    points = np.linspace(low, high, grid)
    value = _log_income(economy, background, [cells] * grid, points)[:, n]
    if np.all(np.isnan(value)):
        raise SolveError(f"no uniform tariff of {economy.regions[n]} within {bounds} has an equilibrium.")
    best = int(np.nanargmax(value))
    at_bound = best in (0, grid - 1)
    s = points[best] if at_bound else _polish(economy, background, cells, n, points[best])
    income = np.expm1(_log_income(economy, background, [cells], np.array([s]))[0])
    return OptimalTariff(economy.regions[n], float(np.expm1(s)), income, at_bound)


def nash_tariffs(
    economy: Economy,
    players: Sequence[str | int] | None = None,
    *,
    sectors: Names = None,
    bounds: tuple[float, float] = (-0.3, 3.0),
    tolerance: float = 1e-8,
) -> NashTariffs:
    """Nash equilibrium in uniform import tariffs of `players` (default: all regions); others keep theirs.

    All players move at once by their own Newton step until no ln(1+t) moves by more than `tolerance`.
    Raises EconomyError for unknown or repeated players, SolveError if the moves do not settle.
    """
    index = [economy.region_index(p) for p in (economy.regions if players is None else players)]
    if len(set(index)) != len(index) or not index:
        raise EconomyError(f"players must be different regions, at least one; got {players!r}.")
    masks = [_cells(economy, n, None, sectors) for n in index]
    s = np.zeros(len(index))
    for _ in range(NASH_ROUNDS):
        first, second = _slopes(economy, economy.tariffs, masks, index, s)
        step = _newton_step(first, second)
        s = np.clip(s + step, np.log1p(bounds[0]), np.log1p(bounds[1]))
        if np.abs(step).max() < tolerance:
            break
    else:
        raise SolveError(f"Nash tariffs do not settle: last step {np.abs(step).max():.2g} in ln(1+t).")
    profile = _with_levels(economy.tariffs, masks, s)
    replies = [optimal_tariff(economy, n, sectors=sectors, tariffs=profile, bounds=bounds).tariff for n in index]
    income = solve(economy, profile, tolerance=PRECISION).real_income
    residual = float(np.abs(np.array(replies) - np.expm1(s)).max())
    return NashTariffs(tuple(economy.regions[n] for n in index), np.expm1(s), income, residual)


def _cells(economy: Economy, importer: int, partners: Names, sectors: Names) -> Mask:
    """(N, N, S) True where the importer's uniform tariff applies; never on own trade."""
    n, s = len(economy.regions), len(economy.sectors)
    from_whom = range(n) if partners is None else [economy.region_index(p) for p in partners]
    what = range(s) if sectors is None else [economy.sector_index(j) for j in sectors]
    cells = np.zeros((n, n, s), dtype=bool)
    cells[importer, np.array(from_whom)[:, None], np.array(what)] = True
    cells[importer, importer] = False
    return cells


def _with_levels(background: Array, masks: Sequence[Mask], log_levels: Array) -> Array:
    """The background with one uniform level in each mask."""
    tariffs = background.copy()
    for mask, level in zip(masks, np.expm1(log_levels), strict=True):
        tariffs[mask] = level
    return tariffs


def _log_income(economy: Economy, background: Array, masks: Sequence[Mask], points: Array) -> Array:
    """ln Wh (B, N) of B policies, each with one level in one mask; NaN where nothing converged."""
    batch = np.stack([_with_levels(background, [m], p[None]) for m, p in zip(masks, points, strict=True)])
    equilibrium = solve(economy, batch, tolerance=PRECISION)
    good = equilibrium.converged[:, None]
    return np.asarray(np.log1p(np.where(good, equilibrium.real_income, np.nan)))


def _slopes(
    economy: Economy, tariffs: Array, masks: Sequence[Mask], index: Sequence[int], s: Array
) -> tuple[Array, Array]:
    """First and second derivative (P,) of each player's ln W in its own ln(1+t) at the profile s."""
    profile = _with_levels(tariffs, masks, s)
    points = (s[:, None] + WIDTH * STENCIL).ravel()
    repeated = [mask for mask in masks for _ in STENCIL]
    value = _log_income(economy, profile, repeated, points).reshape(len(index), len(STENCIL), -1)
    own = value[np.arange(len(index)), :, list(index)]
    if np.isnan(own).any():
        raise SolveError("near the tariffs that are searched an equilibrium does not exist or did not converge.")
    return (own * FIRST).sum(axis=1) / WIDTH, (own * SECOND).sum(axis=1) / WIDTH**2


def _newton_step(first: Array, second: Array) -> Array:
    """Newton where the payoff is concave, uphill elsewhere; never more than LARGEST_STEP."""
    step = np.where(second < 0.0, -first / np.where(second < 0.0, second, -1.0), np.sign(first))
    return np.clip(step, -LARGEST_STEP, LARGEST_STEP)


def _polish(economy: Economy, background: Array, cells: Mask, n: int, start: float) -> float:
    """ln(1+t) where the payoff's slope is zero, from a grid point next to it."""
    s = np.array([start])
    for _ in range(NEWTON_STEPS):
        step = _newton_step(*_slopes(economy, background, [cells], [n], s))
        s = s + step
        if abs(step[0]) < 1e-9:
            break
    return float(s[0])
