"""The equilibrium book: each distinct policy is solved once, under the two elasticities of its economy draw.

A row is a function of its key alone (draw, policy): the solver starts from the baseline, never from a neighbour.
So an empty, a full and a private book give equal bits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from tariffsim.economy import Economy, Equilibrium, Wedges, solve
from tariffsim.errors import SolveError
from tariffsim.instruments.base import Array, Integers
from tariffsim.instruments.groups import Groups
from tariffsim.instruments.levers import LeverSpace
from tariffsim.instruments.rows import distinct_rows
from tariffsim.instruments.schedule import average_by_pair

HORIZONS = ("short", "long")
SLICE = 512  # policies solved at a time: bounds the memory of wedges and flows


@dataclass(frozen=True)
class EconomyDraw:
    """One set of uncertain numbers: the economy at both horizons, its critical inputs with their rho and backstop."""

    economies: tuple[Economy, Economy]


@dataclass(frozen=True)
class Page:
    """Results of R solved policies; axis 1 is the horizon (short, long).

    real_income, price_index (R, 2, N): hats minus 1, hats; revenue (R, 2, N): duties, million USD;
    imports, duties (R, 2, N, N): goods, million USD at basic prices, [importer, exporter]; applied (R, N, N): applied
    tariff averaged over goods with base-year weights, fraction, NaN where nothing is traded; group_income (R, 2, G):
    real value added of domestic groups, million USD.
    """

    real_income: Array
    price_index: Array
    revenue: Array
    imports: Array
    duties: Array
    applied: Array
    group_income: Array


class Book:
    """Equilibria by (economy draw, policy); `rows` solves what is missing in one batch."""

    def __init__(self, space: LeverSpace, draws: Sequence[EconomyDraw], groups: Groups, threads: int = 1) -> None:
        self.space = space
        self.draws = list(draws)
        self.groups = groups
        self.threads = threads
        self.solved = 0
        self.looked_up = 0
        self._row_of: dict[bytes, int] = {}
        self._loose: list[Page] = []
        self._shelf: tuple[Array, ...] = ()  # the fields of a page, with room for more rows than are filled
        self._shelved = 0
        self._goods = np.flatnonzero(space.ground.all_goods)

    @property
    def page(self) -> Page:
        """All rows solved so far."""
        if not self.solved:
            raise SolveError("the equilibrium book is empty: ask for rows first.")
        if self._loose:
            self._shelf, self._shelved = _shelved(self._shelf, self._shelved, self._loose)
            self._loose = []
        return Page(*(array[: self._shelved] for array in self._shelf))

    def rows(self, draw: npt.NDArray[np.int64], policies: Integers) -> npt.NDArray[np.int64]:
        """Row numbers (W,) of policies (W, L) under economy draws (W,); raises SolveError if one has no equilibrium."""
        keyed = np.column_stack([draw.astype(np.int16), policies.astype(np.int16)])
        first, inverse = distinct_rows(keyed)
        unique = keyed[first]
        keys = [row.tobytes() for row in unique]
        missing = [k for k, key in enumerate(keys) if key not in self._row_of]
        if missing:
            self._add(unique[missing])
        self.looked_up += len(keyed)
        found = np.array([self._row_of[key] for key in keys], dtype=np.int64)
        return found[inverse]

    def reference_rows(self, tariffs: Array) -> npt.NDArray[np.int64]:
        """Rows (K,), one per economy draw, of given tariffs (N, N, S) with every critical input in full supply."""
        rows = []
        for k in range(len(self.draws)):
            key = b"reference" + k.to_bytes(2, "little") + tariffs.tobytes()
            if key not in self._row_of:
                self._row_of[key] = self.solved
                self.solved += 1
                self._loose.append(self._priced(k, Wedges(tariffs=tariffs[None]), "the reference date"))
            rows.append(self._row_of[key])
        return np.array(rows, dtype=np.int64)

    def _add(self, keyed: Integers) -> None:
        for k in range(len(self.draws)):
            mine = keyed[keyed[:, 0] == k]
            for start in range(0, len(mine), SLICE):
                self._append(mine[start : start + SLICE], self._solve(k, mine[start : start + SLICE, 1:]))

    def _append(self, keyed: Integers, page: Page) -> None:
        for offset, row in enumerate(keyed):
            self._row_of[row.tobytes()] = self.solved + offset
        self.solved += len(keyed)
        self._loose.append(page)

    def _solve(self, k: int, policies: Integers) -> Page:
        return self._priced(k, self.space.wedges(policies), lambda row: self._named(policies[row]))

    def _priced(self, k: int, wedges: Wedges, name: Callable[[int], str] | str) -> Page:
        economies = self.draws[k].economies
        found = [solve(economy, wedges=wedges, threads=self.threads) for economy in economies]
        for horizon, equilibrium in zip(HORIZONS, found, strict=True):
            _insist(equilibrium, name, horizon)
        goods = self._goods
        tariffs = np.asarray(wedges.tariffs, dtype=np.float64)[..., goods]
        return Page(
            real_income=_pair(found, lambda e: e.real_income),
            price_index=_pair(found, lambda e: e.price_index),
            revenue=_pair(found, lambda e: e.revenue),
            imports=_pair(found, lambda e: e.trade[..., goods].sum(-1)),
            duties=_pair(found, lambda e: e.duties[..., goods].sum(-1)),
            group_income=_pair(found, lambda e: self.groups.income(e.sector_value_added, e.price_index)),
            applied=average_by_pair(tariffs, economies[0].flows[..., goods]),
        )

    def _named(self, policy: Integers) -> str:
        moved = zip(self.space.levers, policy, self.space.opening, strict=True)
        return ", ".join(f"{lever.key}={int(v)}" for lever, v, was in moved if v != was) or "the opening policy"


def _insist(equilibrium: Equilibrium, name: Callable[[int], str] | str, horizon: str) -> None:
    """Raise SolveError for the first policy without a converged equilibrium."""
    bad = np.flatnonzero(~equilibrium.converged)
    if len(bad):
        which = name if isinstance(name, str) else name(int(bad[0]))
        raise SolveError(
            f"no equilibrium was found for {len(bad)} policies at the {horizon} horizon, the first being {which} "
            f"(residual {float(equilibrium.residual[bad[0]]):.1e}). Lower the rates or choose another deficit closure."
        )


def _pair(found: Sequence[Equilibrium], take: Callable[[Equilibrium], Array]) -> Array:
    return np.stack([take(e) for e in found], axis=1)


def _shelved(shelf: tuple[Array, ...], filled: int, loose: Sequence[Page]) -> tuple[tuple[Array, ...], int]:
    """The shelf with loose pages added after what is filled, and how much then is; it doubles when it is full, so that
    adding row by row costs no more than adding all at once."""
    found = []
    total = filled + sum(len(page.applied) for page in loose)
    for k, field in enumerate(fields(Page)):
        arrays = [getattr(page, field.name) for page in loose]
        room = shelf[k] if shelf else arrays[0][:0]
        if total > len(room):
            larger = np.empty((max(total, 2 * len(room)), *arrays[0].shape[1:]))
            larger[:filled] = room[:filled]
            room = larger
        room[filled:total] = np.concatenate(arrays)
        found.append(room)
    return tuple(found), total
