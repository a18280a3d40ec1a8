"""Tariffs that some governments would agree on: the Nash product of gains, or the largest smallest gain.

Gains are over a status quo, in percent of base-year GDP. The smallest gain is raised by sequential quadratic
programming on exact gradients; from where everybody gains, the product is climbed. (Nash 1950; Kalai 1977;
docs/explanation/model.md)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tariffsim.economy.economy import Economy
from tariffsim.economy.objectives import Payoff, PoliticalWeights
from tariffsim.economy.primitives import Array
from tariffsim.economy.strategic import BOUNDS, STARTS, Start, search_starts
from tariffsim.economy.tariff_game import APART, Slopes, TariffGame, climb
from tariffsim.economy.tariff_levels import Names, check_bounds, check_tariffs, levels_of, player_indices
from tariffsim.errors import EconomyError, SolveError, unknown_name

CRITERIA = ("nash", "equal_gains")
SMALLEST_GAIN = 1e-6  # percent of GDP; less is not called a gain


@dataclass(frozen=True, eq=False)
class EfficientTariffs:
    """Tariffs of players on one another from which not all of them can gain; all else is as in the status quo."""

    players: tuple[str, ...]
    criterion: str
    labels: tuple[str, ...]  # (V,) what each level is set on
    tariffs: Array  # (V,) ad valorem levels, fractions; the status quo's means if there are no gains
    policy: Array  # (N, N, S) all tariffs
    gains: Array  # (P,) over the status quo, percent of base-year GDP
    payoffs: Array  # (P,) percent of base-year GDP
    real_income: Array  # (N,) Wh - 1 of every region
    pareto_gains: bool  # every player gains; if False `policy` is the status quo and gains are 0
    at_bound: bool  # a level is at the edge of the search
    starts: tuple[Start, ...]  # best first; `payoff` is the criterion: the sum of ln gains, or the smallest gain

    @property
    def unique(self) -> bool:
        """True if every start led to the same tariffs."""
        first = np.log1p(self.starts[0].tariffs)
        return all(bool(np.abs(np.log1p(start.tariffs) - first).max() < APART) for start in self.starts)


def efficient_tariffs(
    economy: Economy,
    players: Sequence[str | int] | None = None,
    *,
    status_quo: npt.ArrayLike | None = None,
    criterion: str = "nash",
    by: str = "partner",
    sectors: Names = None,
    bounds: tuple[float, float] = BOUNDS,
    weights: PoliticalWeights | None = None,
    starts: Sequence[str] = STARTS,
) -> EfficientTariffs:
    """Efficient tariffs of `players` (default: all regions) on one another, without transfers.

    `status_quo` (N, N, S): tariffs without an agreement, base year's by default; `nash_tariffs(...).policy` is
    another. `criterion`: "nash" maximises the product of gains, "equal_gains" the smallest gain. `by`: one level
    of each player on each "partner" (default), or "uniform", "sector", "partner_and_sector" as in
    `optimal_tariff`. Raises EconomyError for unknown names and fewer than two players, SolveError if the status
    quo has no equilibrium.
    """
    index = player_indices(economy, players, least=2)
    low, high = check_bounds(bounds)
    for kind, names, allowed in (("criterion", [criterion], CRITERIA), ("start", starts, STARTS)):
        for name in names:
            if name not in allowed:
                raise EconomyError(unknown_name(kind, name, allowed))
    background = check_tariffs(economy, status_quo)
    levels = levels_of(economy, index, by, [[i for i in index if i != n] for n in index], sectors, background)
    game = TariffGame(economy, levels, Payoff(economy, tuple(index), weights))
    before = game.payoff.value(game.as_it_is())
    if np.isnan(before).any():
        raise SolveError("the status quo has no equilibrium, or it did not converge.")
    points = {name: point for name, point in search_starts(game, low, high).items() if name in starts}
    units = game.units(game.levels.of_tariffs(background, economy.flows))
    ends = [_agree(game, before, criterion, name, point, units, low, high) for name, point in points.items()]
    return _result(game, before, criterion, sorted(ends, key=lambda end: -end.payoff), low, high)


def _agree(
    game: TariffGame, before: Array, criterion: str, name: str, start: Array, units: Array, low: float, high: float
) -> Start:
    """Where one start leads; `payoff` is minus infinity for a product of gains that are not all positive."""
    if criterion == "equal_gains":
        s, least, slope = _raise_smallest(game, before, start, units, low, high, 1e-11)
        return Start(name, np.expm1(s), least, slope)
    s, least, slope = start, float(np.min(game.payoffs(start) - before)), 0.0
    if not least > SMALLEST_GAIN:  # first to where everybody gains
        s, least, slope = _raise_smallest(game, before, start, units, low, high, 1e-4)
    if not least > SMALLEST_GAIN:
        return Start(name, np.expm1(s), -np.inf, slope)
    end = climb(_log_product(game, before), s, low, high, game.units(s, lambda value: _sum_of_logs(value - before)))
    assert end is not None  # everybody gains at s
    return Start(name, np.expm1(end.s), end.value, end.slope)


def _log_product(game: TariffGame, before: Array) -> Slopes:
    """sum_k ln gain_k and its slope; NaN where somebody does not gain."""

    def slopes(s: Array) -> tuple[float, Array]:
        value, slope = game.slopes(s)
        total = float(_sum_of_logs(value - before))
        return total, (slope / (value - before)[:, None]).sum(axis=0) if np.isfinite(total) else np.full(len(s), np.nan)

    return slopes


def _sum_of_logs(gains: Array) -> Array:
    """sum_k ln gain_k (...); NaN where a gain is not positive."""
    return np.asarray(np.log(np.where(gains > 0.0, gains, np.nan)).sum(axis=-1))


def _raise_smallest(
    game: TariffGame, before: Array, start: Array, units: Array, low: float, high: float, tolerance: float
) -> tuple[Array, float, float]:
    """max g such that every gain is at least g: s, g, and what of the slopes no weights on the players cancel."""
    from scipy.optimize import NonlinearConstraint, minimize  # heavy

    size, seen = len(start), _Gains(game, before, units, low, high)
    down = np.append(np.zeros(size), -1.0)

    def falls(z: Array) -> tuple[float, Array]:
        return -float(z[size]), down

    above = NonlinearConstraint(
        lambda z: seen.at(z[:size])[0] - z[size],
        0.0,
        np.inf,
        jac=lambda z: np.column_stack([seen.at(z[:size])[1], np.full(len(before), -1.0)]),
    )
    found = minimize(
        falls,
        np.append(start / units, 0.0),
        jac=True,
        method="SLSQP",
        bounds=[*((low / unit, high / unit) for unit in units), (None, None)],
        constraints=above,
        options={"maxiter": 200, "ftol": tolerance},
    )
    s, (gains, slopes) = seen.s(found.x[:size]), seen.at(found.x[:size])
    return s, float(gains.min()), _left_over(s, gains, slopes / units, low, high)


class _Gains:
    """Gains (P,) and slopes (P, V) by s / units; the last point is remembered, because SLSQP asks twice."""

    def __init__(self, game: TariffGame, before: Array, units: Array, low: float, high: float) -> None:
        self.game, self.before, self.units, self.low, self.high = game, before, units, low, high
        self._last: tuple[Array, tuple[Array, Array]] | None = None

    def s(self, u: Array) -> Array:
        return np.asarray(np.clip(u * self.units, self.low, self.high))

    def at(self, u: Array) -> tuple[Array, Array]:
        if self._last is None or not np.array_equal(self._last[0], u):
            value, slope = self.game.slopes(self.s(u))
            if np.isnan(value).any():  # a loss so large that the line search turns back
                value, slope = self.before - 1e3, np.zeros_like(slope)
            self._last = (u.copy(), (value - self.before, slope * self.units))
        return self._last[1]


def _left_over(s: Array, gains: Array, slopes: Array, low: float, high: float) -> float:
    """Largest slope, over levels inside the bounds, of the weighted mean of the smallest gains that is flattest."""
    from scipy.optimize import nnls  # heavy

    smallest = slopes[gains < gains.min() + 1e-4]
    free = (s > low) & (s < high)
    if not free.any():
        return 0.0
    heavy = 1e3 * np.abs(slopes).max()  # the weights add up to 1
    rows, right = (
        np.vstack([smallest[:, free].T, np.full(len(smallest), heavy)]),
        np.append(np.zeros(free.sum()), heavy),
    )
    weights, _ = nnls(rows, right)
    return float(np.abs(weights @ smallest[:, free]).max())


def _result(
    game: TariffGame, before: Array, criterion: str, ends: list[Start], low: float, high: float
) -> EfficientTariffs:
    s = np.log1p(ends[0].tariffs)
    policy, equilibrium = game.levels.tariffs(s), game.equilibria(s)
    payoffs = game.payoff.value(equilibrium)
    better = bool(np.min(payoffs - before) > SMALLEST_GAIN)
    if not better:
        s = game.levels.of_tariffs(game.levels.background, game.economy.flows)
        policy, equilibrium, payoffs = game.levels.background, game.as_it_is(), before
    return EfficientTariffs(
        players=tuple(game.economy.regions[n] for n in game.payoff.regions),
        criterion=criterion,
        labels=game.levels.labels,
        tariffs=np.expm1(s),
        policy=policy,
        gains=payoffs - before,
        payoffs=payoffs,
        real_income=equilibrium.real_income,
        pareto_gains=better,
        at_bound=better and bool(np.any((s <= low) | (s >= high))),
        starts=tuple(ends),
    )
