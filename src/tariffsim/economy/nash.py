"""Nash equilibria in tariffs: first-order conditions on exact gradients, then every best response searched anew.

From each start, rounds of Newton's method on each level alone bring the profile near an equilibrium; Broyden's
method on the players' exact slopes ends there. Mutual best responses are then verified over all of `bounds`.
(docs/explanation/model.md)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tariffsim.economy.economy import Economy
from tariffsim.economy.equilibrium import Equilibrium
from tariffsim.economy.objectives import Payoff, PoliticalWeights
from tariffsim.economy.primitives import Array
from tariffsim.economy.replies import best_replies
from tariffsim.economy.strategic import BOUNDS, STARTS, search_starts
from tariffsim.economy.tariff_game import APART, LONGEST_STEP, PRECISION, STEERING, TariffGame, inside, newton_alone
from tariffsim.economy.tariff_levels import Names, check_bounds, check_tariffs, levels_of, player_indices
from tariffsim.errors import EconomyError, SolveError, unknown_name

NEAR = 0.02  # a step in ln(1+t) after which exact slopes take over
ROUNDS, STEPS = 12, 150  # of each level alone, of all together
FLAT = 1e-6  # own slope, percent of GDP per unit of ln(1+t), that counts as zero: 1e-8 of real income
ROUGH = 1e-4  # slope above which solves need not be at full precision
MUTUAL = 1e-5  # largest |best response - tariff| of what is called an equilibrium


class _Settled(NamedTuple):
    starts: tuple[str, ...]  # that led there
    s: Array  # (V,) ln(1+t)
    slope: float  # largest that no bound explains
    equilibrium: Equilibrium


@dataclass(frozen=True, eq=False)
class NashCandidate:
    """A profile that satisfies every player's first-order conditions."""

    starts: tuple[str, ...]  # that led there
    tariffs: Array  # (V,) fractions
    payoffs: Array  # (P,) percent of base-year GDP
    real_income: Array  # (N,) Wh - 1
    slope: float  # largest |d own payoff / d ln(1+t)| that no bound explains, percent of GDP
    residual: float  # max |best response - tariff|, best responses searched anew; NaN if not verified
    regret: float  # the most a player gains by its best response, percent of GDP; NaN if not verified


@dataclass(frozen=True, eq=False)
class NashTariffs:
    """Tariffs that are best responses to one another; the selected equilibrium, and every other that was found."""

    players: tuple[str, ...]
    labels: tuple[str, ...]  # (V,) what each level is set on
    tariffs: Array  # (V,) ad valorem levels, fractions; by="uniform": (P,)
    policy: Array  # (N, N, S) all tariffs
    payoffs: Array  # (P,) percent of base-year GDP
    real_income: Array  # (N,) Wh - 1
    residual: float  # max |best response - tariff|; large: no equilibrium within bounds was found
    regret: float  # the most a player gains by its best response, percent of GDP
    slope: float
    selected: str  # which equilibrium this is, and why
    candidates: tuple[NashCandidate, ...]  # all that starts led to, the selected first


def nash_tariffs(
    economy: Economy,
    players: Sequence[str | int] | None = None,
    *,
    by: str = "uniform",
    sectors: Names = None,
    tariffs: npt.ArrayLike | None = None,
    bounds: tuple[float, float] = BOUNDS,
    weights: PoliticalWeights | None = None,
    starts: Sequence[str] = STARTS,
    verify: bool = True,
) -> NashTariffs:
    """Nash equilibrium in import tariffs of `players` (default: all regions); others keep theirs.

    `by`, `sectors`, `bounds` and `weights` are those of `optimal_tariff`; `tariffs` (N, N, S) are the tariffs of
    those who do not play (default: the base year's). `starts`: where searches begin, of "status quo", "zero" and
    "high". Of several equilibria the one that the first start leads to is selected; all are in `candidates`. This
    is the equilibrium with trade: if all regions play, autarky (everybody prohibitive) is always another.
    `verify=False` leaves out the search for best responses: then `residual` and `regret` are NaN.

    Raises EconomyError for unknown or repeated players or starts, SolveError if no start settles.
    """
    index = player_indices(economy, players)
    low, high = check_bounds(bounds)
    for name in starts:
        if name not in STARTS:
            raise EconomyError(unknown_name("start", name, STARTS))
    everybody = [range(len(economy.regions))] * len(index)
    levels = levels_of(economy, index, by, everybody, sectors, check_tariffs(economy, tariffs))
    game = TariffGame(economy, levels, Payoff(economy, tuple(index), weights))
    points = {name: point for name, point in search_starts(game, low, high).items() if name in starts}
    found = _settle_all(game, points, low, high)
    if not found:
        raise SolveError("from none of the starts do the players' moves settle; narrow `bounds`.")
    return _selected(game, [_candidate(game, end, low, high, verify) for end in found])


def _settle_all(game: TariffGame, points: dict[str, Array], low: float, high: float) -> list[_Settled]:
    """The different profiles at which starts settle."""
    near, bend = _approach(game, np.stack(list(points.values())), low, high)
    found: list[_Settled] = []
    for k, name in enumerate(points):
        end = _settle(game, near[k], bend[k], low, high, found) if np.isfinite(near[k]).all() else None
        if end is None:
            continue
        same = [m for m, other in enumerate(found) if np.abs(other.s - end.s).max() < APART]
        if same:
            found[same[0]] = found[same[0]]._replace(starts=(*found[same[0]].starts, name))
        else:
            found.append(end._replace(starts=(name,)))
    return found


def _approach(game: TariffGame, near: Array, low: float, high: float) -> tuple[Array, Array]:
    """Profiles (M, V) after rounds in which each level moves alone, and own curvatures there; NaN: no equilibrium."""
    bend = np.full_like(near, -1.0)
    for _ in range(ROUNDS):
        alive = np.flatnonzero(np.isfinite(near).all(axis=1))
        if not len(alive):
            break
        first, second = game.bends(near[alive])
        moved = np.clip(near[alive] + newton_alone(first, second), low, high)
        bend[alive] = np.where(second < 0.0, second, bend[alive])
        longest = np.abs(moved - near[alive]).max(axis=1)
        near[alive] = moved
        if not (longest > NEAR).any():
            break
    return near, bend


def _settle(game: TariffGame, s: Array, bend: Array, low: float, high: float, known: list[_Settled]) -> _Settled | None:
    """Where all own slopes vanish, by Broyden's method; a known profile as soon as it is near; None if neither."""
    inverse, precision = np.diag(1.0 / bend), STEERING
    equilibrium, slope = game.own_slopes(s, precision)
    for _ in range(STEPS):
        if np.isnan(slope).any():
            return None
        free = inside(s, slope, low, high)
        left = float(np.abs(slope[free]).max(initial=0.0))
        if left <= FLAT and precision == PRECISION:
            return _Settled((), s, left, equilibrium)
        step = np.clip(-inverse @ np.where(free, slope, 0.0), -LONGEST_STEP, LONGEST_STEP)
        there = np.clip(s + step, low, high)
        for other in known:
            if max(np.abs(there - other.s).max(), np.abs(there - s).max()) < APART:
                return other
        precision = STEERING if left > ROUGH else PRECISION
        equilibrium, new = game.own_slopes(there, precision)
        move, change = there - s, new - slope
        back = inverse @ change
        scale = float(move @ back)
        if scale != 0.0:
            inverse += np.outer(move - back, move @ inverse) / scale
        s, slope = there, new
    return None


def _candidate(game: TariffGame, end: _Settled, low: float, high: float, verify: bool) -> NashCandidate:
    value, residual, regret = game.payoff.value(end.equilibrium), np.nan, np.nan
    if verify:
        replies, gains = best_replies(game, end.s, value, low, high)
        residual, regret = np.abs(np.expm1(replies) - np.expm1(end.s)).max(), gains.max()
    return NashCandidate(
        end.starts, np.expm1(end.s), value, end.equilibrium.real_income, end.slope, float(residual), float(regret)
    )


def _selected(game: TariffGame, candidates: list[NashCandidate]) -> NashTariffs:
    """Mutual best responses first, in the order of the starts; else what players gain least by leaving."""
    mutual = [c for c in candidates if c.residual <= MUTUAL]
    ranked = [*mutual, *sorted((c for c in candidates if c not in mutual), key=lambda c: c.regret)]
    first, reached = ranked[0], ", ".join(ranked[0].starts)
    if np.isnan(first.residual):
        reason = f"first-order conditions hold, reached from {reached}; best responses were not searched"
    elif not mutual:
        reason = f"not an equilibrium: no start ends in mutual best responses; the least regret, reached from {reached}"
    elif len(mutual) > 1:
        reason = f"the first of {len(mutual)} different equilibria in the order of the starts, reached from {reached}"
    else:
        reason = f"the only one found, reached from {reached}"
    if len(game.payoff.regions) == len(game.economy.regions):
        reason += "; autarky is another"
    return NashTariffs(
        players=tuple(game.economy.regions[n] for n in game.payoff.regions),
        labels=game.levels.labels,
        tariffs=first.tariffs,
        policy=game.levels.tariffs(np.log1p(first.tariffs)),
        payoffs=first.payoffs,
        real_income=first.real_income,
        residual=first.residual,
        regret=first.regret,
        slope=first.slope,
        selected=reason,
        candidates=tuple(ranked),
    )
