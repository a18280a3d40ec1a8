"""Which part of a policy did it? Contributions of groups of shocks to any result of the equilibrium.

A result f of several shocks at once is not the sum of what each does alone. Two ways to share it out:

    shapley   phi_g = sum over subsets T without g of |T|! (K-|T|-1)! / K! [f(T + g) - f(T)]
              the mean over all orders in which K groups can come into force (Shapley 1953); sums exactly
    path      integral of df/da_g da along the straight line on which all groups rise from nothing (a = 0) to
              their full size (a = 1) together (Harrison, Horridge & Pearson 2000); sums up to what is reported

Groups combine as policies do: changes of tariffs and export taxes add up, hats of trade costs and productivity
and licences multiply, the tightest ration holds, stocks add up.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tariffsim.economy.combining import Parts, parts_of
from tariffsim.economy.economy import Economy
from tariffsim.economy.equilibrium import Equilibrium
from tariffsim.economy.primitives import Array
from tariffsim.economy.solving import solve
from tariffsim.economy.wedges import Wedges
from tariffsim.errors import EconomyError, SolveError, unknown_name

METHODS = ("shapley", "path")
EXACT_GROUPS = 10  # 2^10 equilibria; beyond, orders are sampled
CHUNK = 256  # equilibria in memory at a time

Result = Callable[[Equilibrium], npt.ArrayLike]


@dataclass(frozen=True, eq=False)
class Subtotals:
    """Contributions in the unit of the result; `...` are the axes of the result of one world."""

    method: str
    groups: tuple[str, ...]
    contributions: Array  # (K, ...)
    total: Array  # (...) result with all groups in force minus result with none
    standard_error: Array  # (K, ...) of sampled orders; 0 where every order counts
    solves: int

    @property
    def remainder(self) -> Array:
        """What contributions (...) leave of the total; rounding for shapley, error of integration for path."""
        return np.asarray(self.total - self.contributions.sum(axis=0))

    def __getitem__(self, group: str) -> Array:
        """The contribution (...) of one group; EconomyError with the nearest name."""
        if group not in self.groups:
            raise EconomyError(unknown_name("group", group, self.groups))
        return np.asarray(self.contributions[self.groups.index(group)])


def subtotals(
    economy: Economy,
    groups: Mapping[str, Wedges | npt.ArrayLike],
    result: Result,
    *,
    method: str = "shapley",
    steps: int = 16,
    orders: int = 200,
    seed: int = 0,
    tolerance: float = 1e-12,
    threads: int = 1,
) -> Subtotals:
    """What each group adds to `result`, a function Equilibrium -> array whose first axis is the batch.

    groups: name -> Wedges of one world, or tariffs (N, N, S), as if the group were alone on top of the base
        year: full levels, no batch axes. Groups may overlap in cells and instruments; those with rations must
        agree on `ration_rent`.
    method: "shapley", exact for at most 10 groups; for more, `orders` random orders drawn with `seed` are
        averaged and `standard_error` says how sure that is (the sum stays exact). Or "path", in `steps`
        steps: tariffs, export taxes, trade costs and productivity move in ln(1+t), ln(1+x), ln d and ln A,
        rations, licences and stocks in levels. In a step each group gets the mean of its effect as the
        first and as the last to move, so `remainder` is 0 for one or two groups and falls with 1/steps^2 for
        more, only with 1/steps where rations begin or cease to bind on the way.

    K groups take 2^K, at most orders x K, or about steps x 2K equilibria, each solved to `tolerance`. Infinite
    trade costs are in force in full from the first step of a path on. Raises EconomyError for bad groups or a
    result of the wrong shape, SolveError where groups have no equilibrium.
    """
    _check(groups, method, steps, orders)
    results = _Results(economy, parts_of(economy, groups), result, tuple(groups), tolerance, threads)
    if method == "path":
        contributions, error = _along_path(results, len(groups), steps)
    elif len(groups) <= EXACT_GROUPS:
        contributions, error = _over_subsets(results, len(groups))
    else:
        contributions, error = _over_orders(results, len(groups), orders, seed)
    none, everything = results.at(np.repeat([[0.0], [1.0]], len(groups), axis=1))
    return Subtotals(method, tuple(groups), contributions, everything - none, error, len(results.known))


def _check(groups: Mapping[str, Wedges | npt.ArrayLike], method: str, steps: int, orders: int) -> None:
    if method not in METHODS:
        raise EconomyError(unknown_name("method of subtotals", method, METHODS))
    if not groups:
        raise EconomyError("groups is empty; give at least one, as in {'US tariffs': Wedges(tariffs=...)}.")
    if steps < 1 or orders < 2:
        raise EconomyError(f"steps must be at least 1 and orders at least 2; got {steps} and {orders}.")


# ---------------------------------------------------------------------- results at points of the unit cube
@dataclass
class _Results:
    """Results where group g is in force to the degree a_g; no point is solved twice."""

    economy: Economy
    parts: Parts
    result: Result
    groups: tuple[str, ...]
    tolerance: float
    threads: int
    known: dict[bytes, Array] = field(default_factory=dict)

    def find(self, points: Array) -> None:
        """Solve what is not known of points (B, K)."""
        new = {p.tobytes(): p for p in points if p.tobytes() not in self.known}
        keys, wanted = list(new), list(new.values())
        for start in range(0, len(new), CHUNK):
            found = self._solved(np.stack(wanted[start : start + CHUNK]))
            self.known |= dict(zip(keys[start : start + CHUNK], found, strict=True))

    def at(self, points: Array) -> Array:
        """Results (B, ...) at points (B, K)."""
        self.find(points)
        return np.stack([self.known[point.tobytes()] for point in points])

    def _solved(self, points: Array) -> Array:
        wedges = self.parts.wedges(points)
        answer = solve(self.economy, wedges=wedges, tolerance=self.tolerance, threads=self.threads)
        if not answer.converged.all():
            bad = points[int(np.argmin(answer.converged))]
            active = [f"{name} ({a:.3g})" for name, a in zip(self.groups, bad, strict=True) if a > 0.0]
            raise SolveError(f"no equilibrium was found with this in force: {', '.join(active) or 'nothing'}.")
        values = np.asarray(self.result(answer), dtype=np.float64)
        if values.shape[:1] != (len(points),):
            raise EconomyError(
                f"the result has shape {values.shape}, but its first axis must be the batch, here {len(points)} worlds."
            )
        return values


# ---------------------------------------------------------------------- the three ways
def _over_subsets(results: _Results, count: int) -> tuple[Array, Array]:
    """Shapley values from all 2^K subsets."""
    subsets = np.array(list(itertools.product((0.0, 1.0), repeat=count)))
    values = results.at(subsets)
    size = subsets.sum(axis=1).astype(int)
    weight = np.array([1.0 / (count * math.comb(count - 1, t)) for t in range(count)])
    contributions = []
    for g in range(count):
        without = np.flatnonzero(subsets[:, g] == 0.0)
        gain = values[without + 2 ** (count - 1 - g)] - values[without]
        contributions.append(np.tensordot(weight[size[without]], gain, axes=1))
    found = np.stack(contributions)
    return found, np.zeros_like(found)


def _over_orders(results: _Results, count: int, orders: int, seed: int) -> tuple[Array, Array]:
    """Means over random orders and their standard errors."""
    rng = np.random.default_rng(seed)
    place = rng.permuted(np.tile(np.arange(count), (orders, 1)), axis=1)  # of each group in each order
    ladders = (np.arange(count + 1)[:, None] > place[:, None]).astype(np.float64)
    results.find(ladders.reshape(-1, count))
    drawn = np.stack([np.diff(results.at(a), axis=0)[p] for a, p in zip(ladders, place, strict=True)])
    return drawn.mean(axis=0), drawn.std(axis=0, ddof=1) / math.sqrt(orders)


def _along_path(results: _Results, count: int, steps: int) -> tuple[Array, Array]:
    """Mean of first-to-move and last-to-move effects, summed over the steps."""
    ladder = np.linspace(0.0, 1.0, steps + 1)
    low, high = (np.repeat(ends[:, None], count, axis=1) for ends in (ladder[:-1], ladder[1:]))
    here = results.at(np.repeat(ladder[:, None], count, axis=1))
    contributions = []
    for g in range(count):
        first, last = low.copy(), high.copy()
        first[:, g], last[:, g] = ladder[1:], ladder[:-1]
        gains = results.at(first) - here[:-1] + here[1:] - results.at(last)
        contributions.append(gains.sum(axis=0) / 2.0)
    found = np.stack(contributions)
    return found, np.zeros_like(found)
