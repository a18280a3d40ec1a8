"""Pool forecasts with equal weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from tariffsim.analysis.forecasts import Forecast, stamp
from tariffsim.errors import DataError

POOL = "pool"


def pool(forecasts: Sequence[Forecast]) -> Forecast:
    """The equally weighted pool of what all the forecasts speak about, made on the latest of their days.

    Events: the mean of the probabilities, a linear opinion pool (Stone 1961, Ann. Math. Stat. 32(4)). Numbers: the mean
    of the quantiles level by level (Vincentization), which needs no guess of the tails beyond the seven levels that a
    mixture would need, keeps location-scale families, and is sharper than a mixture with the same mean (Lichtendahl,
    Grushka-Cockayne & Winkler 2013, Manage. Sci. 59(7)). DataError if the forecasts share no row.
    """
    shared = sorted(frozenset.intersection(*(forecast.keys for forecast in forecasts)))
    if not shared:
        raise DataError(f"no row is in all of {', '.join(f.name for f in forecasts)}: there is nothing to pool.")
    numbers = [key for key in shared if key in forecasts[0].quantiles]
    quantiles = {key: _means([f.quantiles[key] for f in forecasts]) for key in numbers}
    probabilities = {key: _mean([f.probabilities[key] for f in forecasts]) for key in shared if key not in quantiles}
    means = {key: _mean([f.means[key] for f in forecasts]) for key in numbers if all(key in f.means for f in forecasts)}
    pooled = Forecast(POOL, max(forecast.made for forecast in forecasts), quantiles, probabilities, means)
    return replace(pooled, sha256=stamp(pooled))


def _means(rows: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    return tuple(_mean(column) for column in zip(*rows, strict=True))


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
