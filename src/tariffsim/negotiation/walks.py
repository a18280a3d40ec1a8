"""War paths that have been walked: each is walked once, whoever asks for it and however often."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tariffsim.instruments.base import Array, Integers
from tariffsim.instruments.rows import distinct_rows
from tariffsim.negotiation.payoffs import Index
from tariffsim.negotiation.war_path import Standoff

MOST = 50_000  # paths kept, about 3 kB each: beyond that the store is emptied

# Add-ons (D, H + 1, 2), flows of either side (D, H + 1, 2, 2), stress of either market (D, H + 1) from draw (D,),
# policy (D, L) and standoff (D).
Walk = Callable[[Index, Integers, Standoff], tuple[Array, ...]]


class Walks:
    """A store of war paths; what is in it depends on its keys only, so when it was filled can't matter."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._number: dict[bytes, int] = {}
        self._stored: tuple[Array, ...] = ()

    def of(self, draw: Index, policy: Integers, standoff: Standoff) -> tuple[Index, tuple[Array, ...]]:
        """Number (R,) of the path from each of R standoffs, and what `walk` gave for every path in store.

        draw (R,), policy (R, L) with the add-ons of both sides set to zero: the standoff has them.
        """
        moving = np.column_stack([standoff.addons, standoff.rises]).astype(np.int64)
        rows = np.column_stack([draw, policy, moving])
        first, inverse = distinct_rows(rows)
        keys = [row.tobytes() for row in np.ascontiguousarray(rows[first])]
        if len(self._number) > MOST:
            self._number, self._stored = {}, ()
        fresh = np.array([k for k, key in enumerate(keys) if key not in self._number], dtype=np.int64)
        if len(fresh):
            new = first[fresh]
            found = self._walk(draw[new], policy[new], standoff.take(new))
            self._number |= {keys[k]: len(self._number) + n for n, k in enumerate(fresh)}
            both = zip(self._stored, found, strict=True) if self._stored else ()
            self._stored = tuple(np.concatenate(pair) for pair in both) or found
        return np.array([self._number[key] for key in keys], dtype=np.int64)[inverse], self._stored
