"""Proper scoring rules; smaller is better (Gneiting & Raftery 2007, J. Am. Stat. Assoc. 102(477)).

Quantile forecasts hold the levels `LEVELS` on the last axis; the other axes are those of what is observed.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEVELS: tuple[float, ...] = (0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95)
INTERVALS: Mapping[int, tuple[int, int]] = MappingProxyType({50: (2, 4), 80: (1, 5), 90: (0, 6)})
"""Central intervals, percent -> positions of their ends in `LEVELS`."""

CERTAIN = 0.01
"""The logarithmic score reads probabilities below it, or above 1 minus it, as if they were it: one row costs at most
-ln(0.01) = 4.6, and the score is proper for true probabilities between the two."""


def pinball(quantiles: Floats, observed: Floats) -> Floats:
    """Pinball (quantile) loss at each level, `[..., level]`, in the unit of what is observed.

    Twice its mean over the levels is the weighted interval score of these seven quantiles (Bracher et al. 2021,
    PLoS Comput. Biol. 17(2), e1008618).
    """
    levels = np.array(LEVELS)
    gap = np.asarray(observed)[..., None] - quantiles
    return np.where(gap >= 0.0, levels * gap, (levels - 1.0) * gap)


def crps(quantiles: Floats, observed: Floats) -> Floats:
    """Continuous ranked probability score from seven quantiles, `[...]`, in the unit of what is observed.

    The score is twice the integral of the pinball loss over all levels (Laio & Tamea 2007, Hydrol. Earth Syst. Sci.
    11). Each level stands for the levels nearest to it: .05 for 0 to .075, .10 for .075 to .175, and so on. The levels
    aren't equally spaced, so a plain mean, as in the weighted interval score, gives the tails too much weight: for a
    normal forecast it is up to .29 standard deviations off the exact score, this one .04. It's proper, as every
    weighted sum of pinball losses, and equals the absolute error where all quantiles coincide.
    """
    levels = np.array(LEVELS)
    edges = np.concatenate([[0.0], (levels[1:] + levels[:-1]) / 2.0, [1.0]])
    return np.asarray(2.0 * (pinball(quantiles, observed) * np.diff(edges)).sum(axis=-1))


def brier(probability: Floats, happened: Floats) -> Floats:
    """Squared distance of a probability from 1 (it happened) or 0 (Brier 1950), `[...]`."""
    return (np.asarray(probability) - happened) ** 2


def log_score(probability: Floats, happened: Floats) -> Floats:
    """Minus the natural logarithm of the probability given to what came about (Good 1952), `[...]`; see `CERTAIN`."""
    kept = np.clip(probability, CERTAIN, 1.0 - CERTAIN)
    return -np.log(np.where(np.asarray(happened) == 1.0, kept, 1.0 - kept))


def covered(quantiles: Floats, observed: Floats, percent: int) -> Floats:
    """1 where the central interval of so many percent, ends included, holds what is observed, else 0, `[...]`."""
    low, high = INTERVALS[percent]
    return ((quantiles[..., low] <= observed) & (observed <= quantiles[..., high])).astype(np.float64)
