"""The disagreement point of depth m: a war in which talks may resume (docs/explanation/negotiation.md).

D^0 is the war path without talks. In D^m talks resume with a chance q a tick and yield the Nash bargaining solution
whose own disagreement point is D^(m-1), where a package gains both sides; else the war goes on. Truncated on purpose:
the fixed point of this recursion is not unique, so m is part of the answer.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tariffsim.instruments.base import Array


def resumed_talks(
    first: Array, second: Array, settled: Callable[[int], Array], resume: float, depth: int
) -> tuple[Array, Array]:
    """D^m (W,) of both sides.

    first, second (W, H + 1): present value of each tick of the war path to the two sides; settled(side) gives the
    present value (W, H, Q) of every package agreed at tick 1, ..., H and kept; resume: chance q a tick; depth: m at or
    above 0.
    """
    below = [_tails(first), _tails(second)]
    slices, ticks = (first, second), first.shape[1] - 1
    deals = [settled(side) for side in range(2)] if depth else []
    for _ in range(depth):
        agreed = _nash(deals, [tail[:, 1:] for tail in below])
        there = agreed >= 0
        worth = [np.take_along_axis(v, np.maximum(agreed, 0)[..., None], axis=-1)[..., 0] for v in deals]
        reached = [tail.copy() for tail in below]
        for side in range(2):
            for k in range(ticks - 1, -1, -1):
                fought = reached[side][:, k + 1]
                settles = np.where(there[:, k], worth[side][:, k], fought)
                reached[side][:, k] = slices[side][:, k] + (1 - resume) * fought + resume * settles
        below = reached
    return below[0][:, 0], below[1][:, 0]


def _tails(slices: Array) -> Array:
    """Value (W, H + 1) of the path from each tick on."""
    return np.asarray(np.cumsum(slices[:, ::-1], axis=1)[:, ::-1]).copy()


def _nash(deals: list[Array], disagreement: list[Array]) -> Array:
    """Package (W, H) with the largest product of gains, the lowest number among equals; -1 where none gains both."""
    gains = [deals[side] - disagreement[side][..., None] for side in range(2)]
    rational = (gains[0] >= 0) & (gains[1] >= 0)
    product = np.where(rational, gains[0] * gains[1], -1.0)
    return np.where(rational.any(-1), product.argmax(-1), -1)
