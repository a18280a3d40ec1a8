"""One economy made ready for its solves, and the solve of a batch from end to end."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from tariffsim.economy.chord import Chord, base_chord
from tariffsim.economy.continuation import continue_rows
from tariffsim.economy.isolation import without_equilibrium
from tariffsim.economy.kernel import NO_EQUILIBRIUM, base_start, solve_rows
from tariffsim.economy.lanes import LANES
from tariffsim.economy.primitives import Policies, Primitives, Solution, empty_solution
from tariffsim.economy.tables import Tables, make_tables

DIRECT = 40  # iterations with the base year's blocks, before a world walks; nearly all need 8 to 20


class Prepared(NamedTuple):
    """What every solve of one economy shares."""

    base: Primitives
    tables: Tables
    chord: Chord


class _ByContent:
    """Primitives that are the same key as others with the same bits."""

    def __init__(self, base: Primitives) -> None:
        self.base = base
        self.content = _content(base)

    def __hash__(self) -> int:
        return hash(self.content)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByContent) and self.content == other.content


def _content(value: object) -> Hashable:
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    return tuple(map(_content, value)) if isinstance(value, tuple) else (type(value), repr(value))


def prepare_economy(base: Primitives) -> Prepared:
    """Tables and blocks of one economy; some ten milliseconds for 16 x 20, once for economies that are alike."""
    return _prepared(_ByContent(base))


@lru_cache(maxsize=16)  # two horizons of the draws of a run, less than a megabyte each
def _prepared(key: _ByContent) -> Prepared:
    return Prepared(key.base, make_tables(key.base, LANES), base_chord(key.base))


def solve_policies(
    ready: Prepared, policies: Policies, tolerance: float, max_iterations: int, threads: int
) -> Solution:
    """Every world: hopeless ones are named, most converge directly, the rest walk."""
    solution = empty_solution(policies.worlds, ready.base)
    solution.status[without_equilibrium(ready.base, policies)] = NO_EQUILIBRIUM
    start = base_start(ready.tables)
    direct = min(DIRECT, max_iterations)
    solve_rows(ready.tables, ready.chord, policies, start, tolerance, direct, threads, solution)
    continue_rows(ready.base, ready.tables, policies, tolerance, max_iterations - direct, solution)
    lost = solution.status == NO_EQUILIBRIUM
    for array in solution[:-3]:
        array[lost] = np.nan
    return solution
