"""Present values: a policy of age h is worth (1-v) G(short) + v G(long), v = 1 - exp(-h/T), discounted at r.

All integrals are closed forms. Unit of a value: percent of baseline GDP x years (docs/explanation/negotiation.md).
"""

from __future__ import annotations

import numpy as np

from tariffsim.instruments.base import Array


def annuity(rate: Array, start: Array | float, stop: Array | float) -> Array:
    """Integral of exp(-rate t) from `start` to `stop` in years; zero if stop <= start. Arguments broadcast."""
    stop = np.maximum(start, stop)
    return np.asarray((np.exp(-rate * start) - np.exp(-rate * stop)) / rate)


def horizon_weights(rate: Array, start: Array | float, stop: Array | float, adjustment_years: float) -> Array:
    """Weights (..., 2) of the short- and long-run payoff flow between `start` and `stop` years from now.

    Short: integral of exp(-(r + 1/T) t); long: integral of exp(-r t) minus that.
    """
    short = annuity(rate + 1 / adjustment_years, start, stop)
    return np.stack([short, annuity(rate, start, stop) - short], axis=-1)


def path_weights(rate: Array, start: Array, step: float, periods: int, end: float, adjustment_years: float) -> Array:
    """Weights (W, K+1, 2) of a path of flows: K periods of `step` years from `start` (W,), the last flow to `end`."""
    edges = np.minimum(start[:, None] + step * np.arange(periods + 1), end)
    stops = np.concatenate([edges[:, 1:], np.full((len(edges), 1), end)], axis=1)
    return horizon_weights(rate[:, None], edges, stops, adjustment_years)
