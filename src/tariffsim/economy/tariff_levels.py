"""Which tariffs a government sets, and how many numbers it sets them with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tariffsim.economy.economy import Economy
from tariffsim.economy.primitives import Array
from tariffsim.errors import EconomyError, unknown_name

BY = ("uniform", "partner", "sector", "partner_and_sector")

Names = Sequence[str | int] | None


@dataclass(frozen=True, eq=False)
class TariffLevels:
    """V levels t, each the ad valorem tariff on all its cells; other cells keep the background's.

    Everything is a function of s = ln (1+t), (..., V).
    """

    background: Array  # (N, N, S)
    cells: npt.NDArray[np.intp]  # (N, N, S) position of the level that sets the cell, -1 for none
    labels: tuple[str, ...]  # (V,)
    owner: npt.NDArray[np.intp]  # (V,) region that sets it

    def tariffs(self, s: Array) -> Array:
        """(..., N, N, S)."""
        return np.asarray(np.where(self.cells >= 0, np.expm1(s)[..., self.cells], self.background))

    def gather(self, slopes: Array) -> Array:
        """(..., V): sums of slopes by ln(1+t) of cells (..., N, N, S)."""
        mine = self.cells >= 0
        sums = np.zeros((len(self.labels), *slopes.shape[:-3]))
        np.add.at(sums, self.cells[mine], np.moveaxis(slopes[..., mine], -1, 0))
        return np.moveaxis(sums, 0, -1)

    def only(self, importer: int, background: Array) -> TariffLevels:
        """The levels of one importer alone, over other background tariffs."""
        mine = self.owner == importer
        position = np.append(np.where(mine, np.cumsum(mine) - 1, -1), -1)  # the last is that of cells with no level
        labels = tuple(label for label, own in zip(self.labels, mine, strict=True) if own)
        return TariffLevels(background, position[self.cells], labels, self.owner[mine])

    def of_tariffs(self, tariffs: Array, weights: Array) -> Array:
        """s (V,): the mean of ln(1+t) over each level's cells, weighted with trade (N, N, S)."""
        size, mine = len(self.labels), self.cells >= 0
        total = np.bincount(self.cells[mine], weights[mine], size)
        return np.asarray(np.bincount(self.cells[mine], (weights * np.log1p(tariffs))[mine], size) / total)


def levels_of(
    economy: Economy,
    importers: Sequence[int],
    by: str,
    partners: Sequence[Sequence[int]],
    sectors: Names,
    background: Array,
) -> TariffLevels:
    """Levels of some importers, each on its own list of partners; a level without base-year trade is left out.

    Raises EconomyError for unknown `by` or sectors, and if an importer is left with none.
    """
    if by not in BY:
        raise EconomyError(unknown_name("way to set tariffs", by, BY))
    names, goods = economy.regions, economy.sectors
    what = range(len(goods)) if sectors is None else [economy.sector_index(j) for j in sectors]
    groups: dict[str, tuple[int, list[tuple[int, int]]]] = {}
    for n, from_whom in zip(importers, partners, strict=True):
        for i in from_whom:
            for j in what:
                if i != n:
                    label = names[n] + (f" on {names[i]}" if "partner" in by else "")
                    label += (", " if "partner" in by else " on ") + goods[j] if "sector" in by else ""
                    groups.setdefault(label, (n, []))[1].append((i, j))
    cells = np.full(economy.flows.shape, -1, dtype=np.intp)
    labels: list[str] = []
    for label, (n, pairs) in groups.items():
        i, j = np.array(pairs).T
        if economy.flows[n, i, j].any():
            cells[n, i, j] = len(labels)
            labels.append(label)
    owner = [groups[label][0] for label in labels]
    for n in importers:
        if n not in owner:
            raise EconomyError(f"{names[n]} has no base-year trade that these tariffs would fall on.")
    return TariffLevels(background, cells, tuple(labels), np.array(owner, dtype=np.intp))


def player_indices(economy: Economy, players: Names, least: int = 1) -> list[int]:
    """Positions of different regions, all by default; EconomyError for repeated ones or fewer than `least`."""
    index = [economy.region_index(p) for p in (economy.regions if players is None else players)]
    if len(set(index)) != len(index) or len(index) < least:
        wanted = "one" if least == 1 else "two"
        raise EconomyError(f"players must be different regions, at least {wanted}; got {players!r}.")
    return index


def check_bounds(bounds: tuple[float, float]) -> tuple[float, float]:
    """ln(1+t) at both bounds; EconomyError unless -1 < low < high < infinity."""
    low, high = bounds
    if not -1.0 < low < high < np.inf:
        raise EconomyError(f"bounds must be two tariffs with -1 < low < high, as in (-0.3, 1.0); got {bounds}.")
    return float(np.log1p(low)), float(np.log1p(high))


def check_tariffs(economy: Economy, tariffs: npt.ArrayLike | None) -> Array:
    """Background tariffs (N, N, S), the base year's if None; EconomyError for another shape."""
    array = np.array(economy.tariffs if tariffs is None else tariffs, dtype=np.float64)
    if array.shape != economy.flows.shape:
        raise EconomyError(
            f"tariffs has shape {array.shape}, but [importer, exporter, sector] asks for {economy.flows.shape}."
        )
    return array
