"""What two rational sides can agree on: packages that nobody vetoes and that no other package dominates, in order.

Along the set one side's gain falls as the other's rises, both strictly, so every rule that looks for "the best for one
among those good enough for the other" is a search along it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tariffsim.errors import ConfigError
from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import NO_OFFER, Index


@dataclass(frozen=True)
class NegotiationSet:
    """The sets of W worlds, padded to the longest.

    package (W, F): index into the table, best for side 0 first, NO_OFFER after the last; gains (2, W, F): over the
    disagreement point, side 0's falling and side 1's rising, -inf after the last.
    """

    package: Index
    gains: Array


def negotiation_set(gains: Array, floor: float | Array = 0.0) -> NegotiationSet:
    """Undominated packages that give both sides at least `floor`, from gains (W, Q, 2) over disagreement.

    floor: a number or (W, 2). Of packages that are worth the same to both sides the one of lowest index is kept.
    """
    minimum = np.broadcast_to(floor, (len(gains), 2))
    allowed = (gains[..., 0] >= minimum[:, :1]) & (gains[..., 1] >= minimum[:, 1:])
    package, ranked = _pick(allowed, np.tile(np.arange(gains.shape[1]), (len(gains), 1)), np.moveaxis(gains, -1, 0))
    order = np.argsort(-ranked[0], axis=-1, kind="stable")
    package = np.take_along_axis(package, order, axis=-1)
    ranked = np.take_along_axis(ranked, order[None], axis=-1)
    best = np.maximum.accumulate(ranked[1], axis=-1)
    package, ranked = _pick(ranked[1] > _shifted(best, 1), package, ranked)
    # Of packages with the same gain for side 0 each that beats the one before is here still; only the last counts.
    last = (ranked[0] > _shifted(ranked[0], -1)) & (package != NO_OFFER)
    return NegotiationSet(*_pick(last, package, ranked))


def checked_table(u: npt.ArrayLike, d: npt.ArrayLike) -> tuple[Array, Array]:
    """Values u (..., Q, 2) and disagreement points d (..., 2) spread over the batch; ConfigError if they don't fit."""
    u, d = np.asarray(u, dtype=np.float64), np.asarray(d, dtype=np.float64)
    if u.ndim < 2 or u.shape[-1] != 2 or u.shape[-2] < 1:
        raise ConfigError(f"u must have shape (..., packages, 2 sides), got {u.shape}.")
    return u, spread(d, u.shape[:-2], "d")


def checked_side(side: npt.ArrayLike, batch: tuple[int, ...], name: str) -> Index:
    """A side, 0 or 1, for every world of a batch (W,); ConfigError if it is none."""
    sides = np.asarray(side)
    if not np.isin(sides, (0, 1)).all():
        raise ConfigError(f"{name} must be side 0 or 1, got {sides.min()} to {sides.max()}.")
    return np.broadcast_to(sides, batch).reshape(-1).astype(np.int64)


def spread(values: npt.ArrayLike, batch: tuple[int, ...], name: str) -> Array:
    """Values of both sides over a batch (..., 2); ConfigError if their shape doesn't fit."""
    array = np.asarray(values, dtype=np.float64)
    try:
        return np.broadcast_to(array, (*batch, 2))
    except ValueError:
        raise ConfigError(f"{name} must fit (..., 2 sides) = {(*batch, 2)}, got {array.shape}.") from None


def _shifted(values: Array, by: int) -> Array:
    """values (W, F) moved along the last axis, -inf where nothing comes in."""
    moved = np.full_like(values, -np.inf)
    if by > 0:
        moved[:, by:] = values[:, :-by]
    else:
        moved[:, :by] = values[:, -by:]
    return moved


def _pick(chosen: npt.NDArray[np.bool_], package: Index, gains: Array) -> tuple[Index, Array]:
    """The chosen entries of each row moved to its front, padded to the longest row (at least 1)."""
    count = chosen.sum(-1)
    row, column = np.nonzero(chosen)
    place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    width = max(1, int(count.max(initial=0)))
    picked = np.full((len(chosen), width), NO_OFFER)
    values = np.full((2, len(chosen), width), -np.inf)
    picked[row, place] = package[row, column]
    values[:, row, place] = gains[:, row, column]
    return picked, values
