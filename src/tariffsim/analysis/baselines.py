"""Four naive forecasts, built from the dated record up to the day a forecast was made: what skill is measured against.

status_quo    every number stays as it is, and no event happens. A truce in force is therefore renewed at its expiry,
              and a month sees a round of talks if the last complete month did.
lapse         the status quo, until the truce of Geneva runs out on 2025-08-12 and add-ons return to 145 and 125.
random_walk   numbers: the last value plus independent Gaussian steps, as many as months to go, of mean zero and the
              root mean square of the recorded monthly steps; values below the possible are moved to the lowest one.
              Events: recorded events are a Poisson process whose rate has Jeffreys' prior.
fade          numbers move in a straight line from the day until 2025-11-30 to where they would be without a trade war:
              add-ons and changes to 0, shares to 1; whoever has an add-on cuts it. Other events as in the status quo.

A forecast that is sure of an event says 0.99 or 0.01 (`CERTAIN`). Nothing is drawn.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable
from statistics import NormalDist

from tariffsim.analysis.forecasts import Forecast
from tariffsim.analysis.quantities import QUANTITIES, US_ON_CHINA, Key
from tariffsim.analysis.record import EXPIRY, Record, record_of
from tariffsim.analysis.scoring_rules import CERTAIN, LEVELS

Quantiles = tuple[float, ...]
Rule = tuple[Callable[[Record, Key], Quantiles], Callable[[Record, Key], float]]

PEAK = {"USA": 145.0, "CHN": 125.0}
"""Add-ons on one another in April 2025, percent."""
HIGH = 100.0
FADED = dt.date(2025, 11, 30)
"""The last date the format asks for (the forecast of June 2025 looks half a year ahead)."""


def baselines(made: dt.date, keys: Iterable[Key]) -> dict[str, Forecast]:
    """The four baselines for these keys, by name; raises DataError where the record up to `made` is too short."""
    record, asked = record_of(made), sorted(set(keys))
    numbers = [key for key in asked if not QUANTITIES[key.quantity].event]
    events = [key for key in asked if QUANTITIES[key.quantity].event]
    return {
        name: Forecast(
            name, made, {key: number(record, key) for key in numbers}, {key: event(record, key) for key in events}
        )
        for name, (number, event) in _RULES.items()
    }


def _sure(happens: bool) -> float:
    return 1.0 - CERTAIN if happens else CERTAIN


def _point(value: float) -> Quantiles:
    return (value,) * len(LEVELS)


# ---------------------------------------------------------------------- status quo
def _same_number(record: Record, key: Key) -> Quantiles:
    return _point(record.level(key.quantity, key.pair))


def _same_event(record: Record, key: Key) -> float:
    if key.quantity == "truce_renewed_by":
        return _sure(record.truce and key.date >= EXPIRY)
    if key.quantity == "return_above_100_by":
        return _sure(record.level("addon_rate", key.pair) > HIGH)
    if key.quantity == "round_in_month":
        before = record.last_month("addon_rate", key.pair)
        return _sure(any((day.year, day.month) == (before.year, before.month) for day in record.events(*_what(key))))
    return CERTAIN


def _what(key: Key) -> tuple[str, tuple[str, str]]:
    return key.quantity, key.pair


# ---------------------------------------------------------------------- lapse
def _lapsed_number(record: Record, key: Key) -> Quantiles:
    between_the_two = {key.subject, key.partner} == set(PEAK)
    if key.quantity == "addon_rate" and between_the_two and key.date >= EXPIRY:
        return _point(PEAK[key.subject])
    return _same_number(record, key)


def _lapsed_event(record: Record, key: Key) -> float:
    if key.date >= EXPIRY and key.quantity == "truce_renewed_by":
        return CERTAIN
    if key.date >= EXPIRY and key.quantity in {"truce_lapsed_by", "return_above_100_by", "new_us_addon_executed_by"}:
        return 1.0 - CERTAIN
    return _same_event(record, key)


# ---------------------------------------------------------------------- random walk
def _walk(record: Record, key: Key) -> tuple[float, float]:
    """Where the walk starts and its standard deviation at the date."""
    steps = record.steps(key.quantity, key.pair)
    last = record.last_month(key.quantity, key.pair)
    months = 12 * (key.date.year - last.year) + key.date.month - last.month
    variance = months * sum(step * step for step in steps) / len(steps)
    return record.level(key.quantity, key.pair), math.sqrt(variance)


def _walked_number(record: Record, key: Key) -> Quantiles:
    start, deviation = _walk(record, key)
    least = QUANTITIES[key.quantity].least or 0.0
    return tuple(max(least, start + deviation * NormalDist().inv_cdf(level)) for level in LEVELS)


def _walked_event(record: Record, key: Key) -> float:
    if key.quantity == "return_above_100_by":
        return _above(record, key)
    days = (key.date - record.day).days
    if key.quantity == "round_in_month":
        days = min(days, key.date.day)
    # With n events in T days the rate is Gamma(n + 1/2, T) a posteriori; none in t days has (T / (T + t))^(n + 1/2).
    return 1.0 - math.pow(record.days / (record.days + days), _count(record, key) + 0.5)


def _count(record: Record, key: Key) -> int:
    if key.quantity == "new_us_addon_executed_by":
        return record.moves(US_ON_CHINA, 1)
    if key.quantity == "addon_cut_by":
        return record.moves(key.pair, -1)
    return len(record.events(*_what(key)))


def _above(record: Record, key: Key) -> float:
    """The chance that the walk is above 100 on some day: twice that of ending there (reflection principle)."""
    start, deviation = _walk(record, key._replace(quantity="addon_rate"))
    if start > HIGH or deviation == 0.0:
        return _sure(start > HIGH)
    return min(max(2.0 * (1.0 - NormalDist(start, deviation).cdf(HIGH)), CERTAIN), 1.0 - CERTAIN)


# ---------------------------------------------------------------------- fade
def _faded_number(record: Record, key: Key) -> Quantiles:
    start, normal = record.level(key.quantity, key.pair), QUANTITIES[key.quantity].normal
    whole = (FADED - record.day).days
    left = max(0, (FADED - key.date).days) / whole
    return _point(normal + (start - normal) * left)


def _faded_event(record: Record, key: Key) -> float:
    if key.quantity == "addon_cut_by":
        return _sure(record.level("addon_rate", key.pair) > 0.0)
    return _same_event(record, key)


_RULES: dict[str, Rule] = {
    "status_quo": (_same_number, _same_event),
    "lapse": (_lapsed_number, _lapsed_event),
    "random_walk": (_walked_number, _walked_event),
    "fade": (_faded_number, _faded_event),
}
