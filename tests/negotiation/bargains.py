"""Tables of packages that bargaining laws are tried on: small whole numbers, so that ties are exact and frequent."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

Array = npt.NDArray[np.float64]


class Bargain(NamedTuple):
    """Values (Q, n) and what no agreement is worth (n,)."""

    u: Array
    d: Array


def whole(low: int, high: int, *shape: int) -> st.SearchStrategy[Array]:
    """Arrays of whole numbers."""
    return hnp.arrays(np.int64, shape, elements=st.integers(low, high)).map(lambda x: x.astype(np.float64))


@st.composite
def bargains(draw: st.DrawFn, parties: int | None = None, low: int = -5, high: int = 20) -> Bargain:
    """Gains mostly from `low` to `high` over a disagreement point anywhere."""
    n = parties or draw(st.integers(2, 4))
    gains = draw(whole(low, high, draw(st.integers(1, 12)), n))
    d = draw(whole(-30, 30, n))
    return Bargain(gains + d, d)


def added(*issues: npt.ArrayLike) -> Array:
    """Values (Q, n) of all combinations of issues' levels (L_k, n), last issue fastest, adding up."""
    tables = [np.asarray(issue, dtype=np.float64) for issue in issues]
    total = tables[0]
    for table in tables[1:]:
        total = (total[:, None, :] + table[None, :, :]).reshape(-1, table.shape[-1])
    return total


# Nash (1950), Econometrica 18(2), p. 161: what Bill's and then Jack's things are worth to each
NASH_BILL = np.array([2, 2, 2, 2, 4, 10, 4, 6, 2])  # book, whip, ball, bat, box; pen, toy, knife, hat
NASH_JACK = np.array([4, 2, 1, 2, 1, 1, 1, 2, 2])
GIVER = np.array([0] * 5 + [1] * 4)


def nash_1950() -> list[Array]:
    """The nine things as issues: kept (level 0) or handed over (level 1)."""
    bill = np.where(GIVER == 0, -NASH_BILL, NASH_BILL)
    jack = np.where(GIVER == 1, -NASH_JACK, NASH_JACK)
    return [np.array([[0.0, 0.0], [b, j]]) for b, j in zip(bill, jack, strict=True)]
