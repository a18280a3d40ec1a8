"""Scores of forecasts and of the baselines, one row for each forecast, quantity and score."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tariffsim.analysis.baselines import baselines
from tariffsim.analysis.forecasts import Forecast
from tariffsim.analysis.quantities import QUANTITIES, Key
from tariffsim.analysis.scoring_rules import INTERVALS, Floats, brier, covered, crps, log_score, pinball
from tariffsim.errors import DataError

NUMBERS, EVENTS = "all numbers", "all events"
SIZES = ("crps", "pinball", "brier", "log")
"""Scores in which smaller is better, so that skill can be told."""
UNITLESS = ("coverage", "brier", "log")
"""Scores that may be averaged over quantities of different units."""


@dataclass(frozen=True)
class Score:
    """One cell of the table: the mean of a score over `rows` forecasts, of `facts` known for the quantity.

    `baseline` is the best of the naive forecasts on the same rows and `baseline_value` its score; `skill` is
    1 - value / baseline_value: 1 is perfect, 0 as good as that baseline, below 0 worse. All three are None for
    coverage, the share of facts inside the interval, which is good where it's near the interval's own; `skill` is None
    too where the baseline is perfect.
    """

    forecast: str
    made: str
    sha256: str
    quantity: str
    score: str
    value: float
    rows: int
    facts: int
    baseline: str | None
    baseline_value: float | None
    skill: float | None


def score_table(forecasts: Sequence[Forecast], facts: Mapping[Key, float]) -> list[Score]:
    """Scores of the forecasts, in order, then of the four baselines, which know what the earliest of them knew.

    Raises DataError if a forecast speaks about none of the facts, or the record is too short for a baseline.
    """
    known = {key for forecast in forecasts for key in forecast.keys & facts.keys()}
    naive = baselines(min(forecast.made for forecast in forecasts), known)
    table: list[Score] = []
    for forecast in forecasts:
        if not forecast.keys & facts.keys():
            raise DataError(f"{forecast.name} has no row for any of the {len(facts)} facts; nothing can be scored.")
        table += _scores_of(forecast, facts, naive)
    for forecast in naive.values():
        table += _scores_of(forecast, facts, naive)
    return table


def _scores_of(forecast: Forecast, facts: Mapping[Key, float], naive: Mapping[str, Forecast]) -> list[Score]:
    found = []
    for name, asked in _groups(facts).items():
        keys = [key for key in asked if key in forecast.keys]
        if not keys:
            continue
        mine = _values(forecast, keys, facts)
        theirs = {other: _values(base, keys, facts) for other, base in naive.items()}
        for score, value in mine.items():
            if name not in {NUMBERS, EVENTS} or score.startswith(UNITLESS):
                best = min(theirs, key=lambda other: theirs[other][score]) if score in SIZES else None
                reference = None if best is None else theirs[best][score]
                stamps = (forecast.name, str(forecast.made), forecast.sha256)
                sizes = (value, len(keys), len(asked))
                found.append(Score(*stamps, name, score, *sizes, best, reference, _skill(value, reference)))
    return found


def _groups(facts: Mapping[Key, float]) -> dict[str, list[Key]]:
    """Keys of the facts by quantity, in the order of the format, and those of all numbers and all events."""
    groups = {name: sorted(key for key in facts if key.quantity == name) for name in QUANTITIES}
    groups[NUMBERS] = sorted(key for key in facts if not QUANTITIES[key.quantity].event)
    groups[EVENTS] = sorted(key for key in facts if QUANTITIES[key.quantity].event)
    return groups


def _skill(value: float, reference: float | None) -> float | None:
    return None if not reference else 1.0 - value / reference


def _values(forecast: Forecast, keys: Sequence[Key], facts: Mapping[Key, float]) -> dict[str, float]:
    """Mean scores over keys that are all numbers or all events."""
    observed = np.array([facts[key] for key in keys])
    if QUANTITIES[keys[0].quantity].event:
        probability = np.array([forecast.probabilities[key] for key in keys])
        return {"brier": _mean(brier, probability, observed), "log": _mean(log_score, probability, observed)}
    quantiles = np.array([forecast.quantiles[key] for key in keys])
    found = {"crps": _mean(crps, quantiles, observed), "pinball": _mean(pinball, quantiles, observed)}
    return found | {f"coverage{p}": float(covered(quantiles, observed, p).mean()) for p in INTERVALS}


def _mean(rule: Callable[[Floats, Floats], Floats], forecast: Floats, observed: Floats) -> float:
    return float(rule(forecast, observed).mean())
