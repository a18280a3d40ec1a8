"""Results that depend on nothing but a row of whole numbers, worked out once, whoever asks and however often."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from tariffsim.instruments.base import Integers
from tariffsim.instruments.rows import distinct_rows
from tariffsim.negotiation.payoffs import Index

Results = tuple[npt.NDArray[Any], ...]
AGE = np.int64(2**32)  # more than a store can hold


class Once:
    """A store of results, emptied when it holds more than `most` of them; since what is in it depends on its keys only,
    when it was filled or emptied can't matter."""

    def __init__(self, most: int) -> None:
        self._most, self._age = most, 0
        self._number: dict[bytes, int] = {}
        self._stored: Results = ()

    def of(self, rows: Integers, work_out: Callable[[Index], Results]) -> tuple[Index, Results]:
        """Number (R,) of the result of each row (R, K), and all results in store, each array (N, ...).

        `work_out` gives the results (M, ...) of the rows at M positions, which are all different.
        """
        first, inverse = distinct_rows(rows)
        keys = [row.tobytes() for row in np.ascontiguousarray(rows[first])]
        if len(self._number) > self._most:
            self._number, self._stored, self._age = {}, (), self._age + 1
        fresh = [k for k, key in enumerate(keys) if key not in self._number]
        if fresh:
            found = work_out(first[fresh])
            self._number |= {keys[k]: len(self._number) + n for n, k in enumerate(fresh)}
            both = zip(self._stored, found, strict=True) if self._stored else ()
            self._stored = tuple(np.concatenate(pair) for pair in both) or found
        return np.array([self._number[key] for key in keys], dtype=np.int64)[inverse], self._stored

    def lasting(self, number: Index) -> Index:
        """Numbers that stay apart when the store has been emptied in between."""
        return number + self._age * AGE
