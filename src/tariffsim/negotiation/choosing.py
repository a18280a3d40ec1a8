"""Choosing among packages by a draw, and which packages have been said."""

from __future__ import annotations

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import NO_OFFER, Flags, Index


def pick(allowed: Flags, uniform: Array) -> Index:
    """One of the allowed packages (W, Q), each as likely, by draws (W, B) in (0, 1): (W, B), NO_OFFER if there is none.

    The draw u takes number floor(u n) of the n allowed.
    """
    count = allowed.sum(-1)[:, None]
    rank = np.minimum(np.floor(uniform * count).astype(np.int64), count - 1)
    in_order = np.argsort(~allowed, axis=-1, kind="stable")
    chosen = np.take_along_axis(in_order, np.maximum(rank, 0), axis=-1)
    return np.where(count > 0, chosen, NO_OFFER)


def ever_said(said: Index, packages: int) -> Flags:
    """Whether (W, Q) each package is among those said (W, H); NO_OFFER is none."""
    found = np.zeros((len(said), packages + 1), dtype=bool)
    np.put_along_axis(found, np.where(said >= 0, said, packages), True, axis=-1)
    return found[:, :packages]
