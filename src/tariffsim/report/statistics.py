"""Quantiles over worlds, and how far chance alone may move what an ensemble says."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from tariffsim.ensemble.summary import Z95

Array = npt.NDArray[np.float64]
LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Quantiles drawn in fan charts: the 80 and 50 percent bands around the median."""


def fan(samples: Array) -> Array:
    """Quantiles (5, ...) at `LEVELS` over the world axis of samples (W, ...)."""
    return np.quantile(samples, LEVELS, axis=0)


def median_interval(samples: Array) -> tuple[float, float]:
    """Distribution-free 95 percent interval for the median of samples (W,): two order statistics."""
    ordered, n = np.sort(samples), len(samples)
    below = math.floor((n - Z95 * math.sqrt(n)) / 2)
    low = max(0, below - 1)
    return float(ordered[low]), float(ordered[n - 1 - low])


def share_between(samples: Array, group: npt.NDArray[np.int64]) -> float:
    """Share of the variance of samples (W,) that lies between groups; nan where nothing varies."""
    total = float(samples.var())
    if total <= 1e-24:
        return math.nan
    means = np.array([samples[group == g].mean() for g in np.unique(group)])
    sizes = np.array([(group == g).sum() for g in np.unique(group)])
    return float((sizes * (means - samples.mean()) ** 2).sum() / sizes.sum() / total)
