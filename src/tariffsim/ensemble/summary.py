"""The summary: one tidy table of probabilities and medians.

Columns: quantity, subject, partner, item (input or term), horizon, date, unit; probability with low and high (95 %
Wilson interval); median with q10 and q90 (the middle 80 % of worlds); n, the worlds a row is about.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tariffsim.ensemble.dataset import split_pairs, split_supply
from tariffsim.ensemble.findings import Findings
from tariffsim.ensemble.variables import BY_NAME, Values
from tariffsim.negotiation.letters import STANCES

if TYPE_CHECKING:
    import pandas as pd

WORDS = ("quantity", "subject", "partner", "item", "horizon", "date", "unit")
NUMBERS = ("probability", "low", "high", "median", "q10", "q90", "n")
Z95 = 1.959963984540054  # normal quantile of .975
EVENTS = ("deal", "rejection", "breach", "lapse", "snapback", "renewal")
MEASURES = ("deal_gain", "reciprocity_gap", "mfn_excess", "win_set", "home_win_set")  # of first deals
RATES = ("statutory", "applied", "effective")
Row = dict[str, Any]


def summarise(results: Findings) -> pd.DataFrame:
    """Outcomes first, then medians at the end of the run and terms of the first deals."""
    return _table([*_events(results), *_failures(results), *_partners(results), *_medians(results), *_terms(results)])


def outcomes(results: Findings) -> pd.DataFrame:
    """The rows that are probabilities."""
    return _table([*_events(results), *_failures(results), *_partners(results)])


def headline(results: Findings) -> list[Row]:
    """The few rows a user wants first: outcomes by the end, the parties' add-ons, short-run real income of deciders."""
    last, parties = results.labels.time[-1], results.scenario.talks.parties
    rows = [row for row in _events(results) if row["date"] == last]
    pairs = [f"{a}>{b}" for a, b in (parties, parties[::-1])]
    rows += [row for row in _of_pairs(results, "addon", results.labels.addon_pair) if _pair_of(row) in pairs]
    deciders = set(results.scenario.governments)
    return rows + [row for row in _incomes(results) if row["subject"] in deciders and row["horizon"] == "short"]


def _pair_of(row: Row) -> str:
    return f"{row['subject']}>{row['partner']}"


def wilson(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a probability after `hits` in `n` (Wilson 1927, JASA 22)."""
    if n < 1:
        return math.nan, math.nan
    p, z2 = hits / n, Z95 * Z95
    centre, half = p + z2 / (2 * n), Z95 * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    low, high = (centre - half) / (1 + z2 / n), (centre + half) / (1 + z2 / n)
    return (0.0 if hits == 0 else low), (1.0 if hits == n else high)


def month_ends(start: dt.date, end: dt.date) -> list[dt.date]:
    """Last days of months from `start` on, before `end`."""
    found: list[dt.date] = []
    day = start
    while True:
        following = (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
        last = following - dt.timedelta(days=1)
        if last >= end:
            return found
        found.append(last)
        day = following


def _table(rows: list[Row]) -> pd.DataFrame:
    import pandas as pd

    blank = dict.fromkeys(WORDS, "")
    frame = pd.DataFrame([{**blank, **row} for row in rows], columns=[*WORDS, *NUMBERS])
    return frame.astype({**dict.fromkeys(NUMBERS, "float64"), "n": "int64"})


def _probability(happened: npt.NDArray[np.bool_], quantity: str, **words: str) -> Row:
    n, hits = len(happened), int(np.count_nonzero(happened))
    low, high = wilson(hits, n)
    numbers = {"probability": hits / n, "low": low, "high": high, "n": n}
    return {"quantity": quantity, **words, "unit": "probability", **numbers}


def _median(values: Values, quantity: str, unit: str, **words: str) -> Row:
    """NaN quantiles if no world has a value."""
    known = values[~np.isnan(values.astype(np.float64))].astype(np.float64)
    q10, median, q90 = np.quantile(known, (0.1, 0.5, 0.9)).tolist() if len(known) else (math.nan,) * 3
    return {"quantity": quantity, **words, "unit": unit, "median": median, "q10": q10, "q90": q90, "n": len(known)}


def _events(results: Findings) -> Iterator[Row]:
    first, second = results.scenario.talks.parties
    days = results.labels.time
    end = dt.date.fromisoformat(days[-1])
    for event in EVENTS:
        dates = results.arrays[f"{event}_date"]
        for day in month_ends(results.scenario.start, end) if event == "deal" else ():
            yield _probability(
                np.asarray(dates <= np.datetime64(day, "ns")),
                "deal",
                subject=first,
                partner=second,
                date=day.isoformat(),
            )
        yield _probability(~np.isnat(dates), event, subject=first, partner=second, date=days[-1])


def _failures(results: Findings) -> Iterator[Row]:
    """How often talks fail, and in what share of the failures removing one cause restores agreement."""
    (first, second), last = results.scenario.talks.parties, results.labels.time[-1]
    words = {"subject": first, "partner": second, "date": last}
    failed = results.arrays["failed"].astype(bool)
    yield _probability(failed, "failure", **words)
    if not np.isnan(results.arrays["restored"]).all():
        for k, cause in enumerate(results.labels.cause):
            yield _probability(results.arrays["restored"][failed, k] == 1, "restored_without", item=cause, **words)


def _partners(results: Findings) -> Iterator[Row]:
    sender, last = results.scenario.partners.sender, results.labels.time[-1]
    for k, name in enumerate(results.labels.partner):
        stance = results.arrays["stance"][:, -1, k]
        for code, word in enumerate(STANCES):
            if word != "undecided" or (stance == code).any():
                yield _probability(np.asarray(stance == code), word, subject=name, partner=sender, date=last)
        yield _probability(
            results.arrays["executed"][:, k].astype(bool), "threat_executed", subject=sender, partner=name, date=last
        )


def _medians(results: Findings) -> Iterator[Row]:
    yield from _of_pairs(results, "addon", results.labels.addon_pair)
    for name in RATES:
        yield from _of_pairs(results, name, results.labels.pair)
    yield from _incomes(results)
    last = results.labels.time[-1]
    for name in ("exports", "exports_yoy"):
        for k, flow in enumerate(results.labels.flow):
            exporter, _, importer = flow.partition("_")
            words = {"subject": exporter, "partner": importer, "date": last}
            yield _median(results.arrays[name][:, -1, k], name, BY_NAME[name].units, **words)
    for name in ("approved", "delivered", "stock"):
        yield from _of_supply(results, name)
    for k, control in enumerate(results.labels.control):
        owner, _, target = control.partition(">")
        words = {"subject": owner, "partner": target, "date": last}
        yield _median(results.arrays["strictness"][:, -1, k], "strictness", BY_NAME["strictness"].units, **words)


def _incomes(results: Findings) -> Iterator[Row]:
    last = results.labels.time[-1]
    for h, horizon in enumerate(results.labels.horizon):
        for n, country in enumerate(results.labels.country):
            values = results.arrays["real_income"][:, -1, h, n]
            yield _median(values, "real_income", "percent", subject=country, horizon=horizon, date=last)


def _of_pairs(results: Findings, name: str, pairs: tuple[str, ...]) -> Iterator[Row]:
    for k, (importer, exporter) in enumerate(zip(*split_pairs(pairs), strict=True)):
        words = {"subject": str(importer), "partner": str(exporter), "date": results.labels.time[-1]}
        yield _median(results.arrays[name][:, -1, k], name, BY_NAME[name].units, **words)


def _of_supply(results: Findings, name: str) -> Iterator[Row]:
    for k, (owner, buyer, item) in enumerate(zip(*split_supply(results.labels.supply), strict=True)):
        words = {"subject": str(owner), "partner": str(buyer), "item": str(item), "date": results.labels.time[-1]}
        yield _median(results.arrays[name][:, -1, k], name, BY_NAME[name].units, **words)


def _terms(results: Findings) -> Iterator[Row]:
    first, second = results.scenario.talks.parties
    signed = ~np.isnat(results.arrays["deal_date"])
    for k, (term, unit) in enumerate(zip(results.labels.term, results.labels.term_units, strict=True)):
        values = results.arrays["deal_terms"][signed, k]
        yield _median(values, "deal_term", unit, subject=first, partner=second, item=term)
    for name in MEASURES:
        for k, party in enumerate(results.labels.party):
            yield _median(results.arrays[name][signed, k], name, BY_NAME[name].units, subject=party)
