"""Tariffs that are best for one government, everybody else's given.

Payoffs are climbed along exact gradients (`gradients.py`) from several starts. Real income is the default
objective; `PoliticalWeights` add a government's taste (`objectives.py`). (docs/explanation/model.md)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tariffsim.economy.economy import Economy
from tariffsim.economy.objectives import Payoff, PoliticalWeights
from tariffsim.economy.primitives import Array
from tariffsim.economy.tariff_game import APART, Peak, TariffGame, climb
from tariffsim.economy.tariff_levels import (
    Names,
    check_bounds,
    check_tariffs,
    levels_of,
)
from tariffsim.errors import EconomyError, SolveError

BOUNDS = (-0.3, 1.0)
STARTS = ("status quo", "zero", "high")


@dataclass(frozen=True, eq=False)
class Start:
    """One start of a search and where it led."""

    name: str
    tariffs: Array  # (V,) where it ended, fractions
    payoff: float  # there, percent of base-year GDP
    slope: float  # largest |d payoff / d ln(1+t)| left that no bound explains; percent of GDP


@dataclass(frozen=True, eq=False)
class OptimalTariff:
    """Tariffs that maximise one government's payoff, everybody else's given."""

    region: str
    labels: tuple[str, ...]  # (V,) what each level is set on
    tariffs: Array  # (V,) ad valorem levels, fractions
    policy: Array  # (N, N, S) all tariffs, these included
    payoff: float  # percent of base-year GDP; for real income 100 b ln Wh
    real_income: Array  # (N,) Wh - 1 of every region, relative to the base year
    at_bound: bool  # a level is at the edge of the search: widen `bounds` or read it as "no optimum"
    slope: float  # largest |d payoff / d ln(1+t)| that no bound explains
    starts: tuple[Start, ...]  # every start that has an equilibrium, best first

    @property
    def tariff(self) -> float:
        """The level where there is one; EconomyError if there are several."""
        if len(self.tariffs) != 1:
            raise EconomyError(f"there are {len(self.tariffs)} levels; read `tariffs`, named by `labels`.")
        return float(self.tariffs[0])

    @property
    def unique(self) -> bool:
        """True if every start led to the same tariffs; if not, `starts` says what each was worth."""
        first = np.log1p(self.tariffs)
        return all(bool(np.abs(np.log1p(start.tariffs) - first).max() < APART) for start in self.starts)


def optimal_tariff(
    economy: Economy,
    region: str | int,
    *,
    by: str = "uniform",
    partners: Names = None,
    sectors: Names = None,
    tariffs: npt.ArrayLike | None = None,
    bounds: tuple[float, float] = BOUNDS,
    weights: PoliticalWeights | None = None,
    grid: int = 34,
) -> OptimalTariff:
    """The best tariffs of `region` on imports from `partners` of `sectors` (default: all).

    `by`: one "uniform" level, or one for each "partner", "sector", or "partner_and_sector". `tariffs` (N, N, S)
    are everybody's other tariffs (default: the base year's), `bounds` the lowest and highest level that is
    searched. A uniform level starts from every peak of a grid of `grid` points; several levels start from the
    status quo, zero, high tariffs and the best uniform level. The best end is returned, all are listed.

    With deficits that do not shrink with trade, very high tariffs can pay (the transfer must still be spent
    abroad): `bounds` keep the search sensible. Raises EconomyError for unknown names and bad bounds,
    SolveError if no start has an equilibrium.
    """
    n = economy.region_index(region)
    low, high = check_bounds(bounds)
    if grid < 2:
        raise EconomyError(f"grid must be at least 2 points, got {grid}.")
    others = range(len(economy.regions)) if partners is None else [economy.region_index(p) for p in partners]
    background = check_tariffs(economy, tariffs)
    payoff = Payoff(economy, (n,), weights)

    def game(way: str) -> TariffGame:
        return TariffGame(economy, levels_of(economy, [n], way, [others], sectors, background), payoff)

    uniform = game("uniform")
    ends = climb_all(uniform, grid_peaks(uniform, np.linspace(low, high, grid)), low, high)
    if by == "uniform":
        return _optimum(uniform, n, ends, low, high)
    many = game(by)
    best_uniform = np.full(len(many.levels.labels), ends[0][1].s[0])
    starts = search_starts(many, low, high) | {"best uniform": best_uniform}
    return _optimum(many, n, climb_all(many, starts, low, high), low, high)


def best_response(
    economy: Economy,
    region: str | int,
    tariffs: npt.ArrayLike,
    *,
    by: str = "uniform",
    partners: Names = None,
    sectors: Names = None,
    bounds: tuple[float, float] = BOUNDS,
    weights: PoliticalWeights | None = None,
) -> OptimalTariff:
    """`optimal_tariff` against the `tariffs` (N, N, S) that everybody sets; those that `region` chooses are ignored.

    Raises what `optimal_tariff` raises.
    """
    return optimal_tariff(
        economy, region, by=by, partners=partners, sectors=sectors, tariffs=tariffs, bounds=bounds, weights=weights
    )


def search_starts(game: TariffGame, low: float, high: float) -> dict[str, Array]:
    """Points from which searches in several levels begin: s (V,)."""
    size = len(game.levels.labels)
    status_quo = game.levels.of_tariffs(game.levels.background, game.economy.flows)
    points = (status_quo, np.zeros(size), np.full(size, 0.2 * low + 0.8 * high))
    return {name: np.clip(point, low, high) for name, point in zip(STARTS, points, strict=True)}


def grid_peaks(game: TariffGame, points: Array) -> dict[str, Array]:
    """The grid points (G,) at which one level beats its neighbours; SolveError if none has an equilibrium."""
    value = game.payoffs(points[:, None])[:, 0]
    if np.isnan(value).all():
        span = f"{np.expm1(points[0]):g} and {np.expm1(points[-1]):g}"
        raise SolveError(f"no tariff of {game.levels.labels[0]} between {span} has an equilibrium.")
    padded = np.concatenate([[-np.inf], np.where(np.isnan(value), -np.inf, value), [-np.inf]])
    peaks = (padded[1:-1] >= padded[:-2]) & (padded[1:-1] >= padded[2:]) & np.isfinite(padded[1:-1])
    return {f"grid at {np.expm1(points[k]):.3g}": points[k : k + 1] for k in np.flatnonzero(peaks)}


def climb_all(game: TariffGame, starts: dict[str, Array], low: float, high: float) -> list[tuple[str, Peak]]:
    """The peaks of the first payoff above all starts, best first; SolveError if no start has an equilibrium."""

    def slopes(s: Array) -> tuple[float, Array]:
        value, slope = game.slopes(s)
        return float(value[0]), slope[0]

    units = game.units(next(iter(starts.values())))
    ends = [(name, climb(slopes, start, low, high, units)) for name, start in starts.items()]
    found = [(name, end) for name, end in ends if end is not None]
    if not found:
        raise SolveError("none of the starts of the search has an equilibrium; narrow `bounds`.")
    return sorted(found, key=lambda pair: -pair[1].value)


def _optimum(game: TariffGame, region: int, ends: list[tuple[str, Peak]], low: float, high: float) -> OptimalTariff:
    best = ends[0][1]
    return OptimalTariff(
        region=game.economy.regions[region],
        labels=game.levels.labels,
        tariffs=np.expm1(best.s),
        policy=game.levels.tariffs(best.s),
        payoff=best.value,
        real_income=game.equilibria(best.s).real_income,
        at_bound=bool(np.any((best.s <= low) | (best.s >= high))),
        slope=best.slope,
        starts=tuple(Start(name, np.expm1(end.s), end.value, end.slope) for name, end in ends),
    )
