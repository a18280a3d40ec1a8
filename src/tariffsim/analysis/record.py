"""The dated record up to a day, as naive forecasters need it: levels, monthly steps, counts of events.

Everything is read from the shipped facts, which end before the London talks. Rows are dated by what they describe:
figures of a month were published some nine days after its end, so a reader of the record knows them a little early.
"""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tariffsim.analysis.quantities import CHINA_ON_US, US_ON_CHINA, Pair, month_end
from tariffsim.data import load_facts
from tariffsim.data.tables import read_table
from tariffsim.errors import DataError

FIRST_DAY, LAST_DAY = dt.date(2025, 1, 20), dt.date(2025, 6, 8)
"""The record of a second term begins with it; it ends on the eve of the London talks."""
EXPIRY = dt.date(2025, 8, 12)
"""The truce of Geneva runs for 90 days from 14 May 2025, when it took effect."""
SERIES = {CHINA_ON_US: "CHN_to_USA_exports_GACC", ("KOR", "USA"): "KOR_to_USA_exports_MOTIE"}
DAYS_A_MONTH = 365.25 / 12.0

Point = tuple[dt.date, float]


@dataclass(frozen=True)
class Record:
    """What is on record on `day` (the last recorded day where that is earlier)."""

    day: dt.date

    def level(self, quantity: str, pair: Pair) -> float:
        """The value in force on the day, or of the last month known; raises DataError where there is none."""
        if quantity == "addon_rate":
            return _in_force(_path(pair), self.day)
        return self._known(quantity, pair)[-1][1]

    def last_month(self, quantity: str, pair: Pair) -> dt.date:
        """The end of the last complete month that is known."""
        return self._known(quantity, pair)[-1][0]

    def steps(self, quantity: str, pair: Pair) -> list[float]:
        """Changes from one month known to the next; raises DataError if there is no pair of them."""
        known = [value for _, value in self._known(quantity, pair)]
        if len(known) < 2:
            raise DataError(f"{self._no_record(quantity, pair)} for a step from month to month.")
        return [after - before for before, after in itertools.pairwise(known)]

    def moves(self, pair: Pair, direction: int) -> int:
        """How often the add-on rose (1) or fell (-1) up to the day."""
        levels = [0.0, *(value for date, value in _path(pair) if date <= self.day)]
        return sum(direction * (after - before) > 0.0 for before, after in itertools.pairwise(levels))

    def events(self, quantity: str, pair: Pair) -> list[dt.date]:
        """Days up to the day on which an event is recorded."""
        return [date for name, where, date in _events() if (name, where) == (quantity, pair) and date <= self.day]

    @property
    def days(self) -> int:
        """Length of the record of events."""
        return (self.day - FIRST_DAY).days

    @property
    def truce(self) -> bool:
        """Whether the truce of Geneva is in force: agreed, and not yet at its expiry."""
        return bool(self.events("agreement_by", US_ON_CHINA)) and self.day < EXPIRY

    def _known(self, quantity: str, pair: Pair) -> list[Point]:
        if quantity == "addon_rate":
            known = [(month, _in_force(_path(pair), month)) for month in _months(self.day)]
        else:
            series = _magnets() if quantity == "magnets_share_of_normal" else _exports(pair)
            known = [point for point in series if point[0] <= self.day]
        if not known:
            raise DataError(f"{self._no_record(quantity, pair)}.")
        return known

    def _no_record(self, quantity: str, pair: Pair) -> str:
        return f"the record up to {self.day} is too short of {quantity} {' '.join(pair)}"


def record_of(made: dt.date) -> Record:
    """What somebody who knew the world up to `made` finds in the shipped facts; raises DataError before they begin."""
    if made <= FIRST_DAY:
        raise DataError(
            f"the naive baselines begin with the record, on {FIRST_DAY}; a forecast of {made} is too early."
        )
    return Record(min(made, LAST_DAY))


# ---------------------------------------------------------------------- reading the facts
def _months(last: dt.date) -> list[dt.date]:
    """Ends of the complete months since the record began."""
    found, month = [], month_end(FIRST_DAY)
    while month <= last:
        found.append(month)
        month = month_end(month + dt.timedelta(days=1))
    return found


def _in_force(path: tuple[Point, ...], day: dt.date) -> float:
    """The last value dated up to the day; no add-on before the first."""
    return next((value for date, value in reversed(path) if date <= day), 0.0)


@cache
def _path(pair: Pair) -> tuple[Point, ...]:
    """Add-ons on all goods by the day they took effect."""
    rows = load_facts("headline_tariffs")
    mine = [
        r for r in rows if (r["actor"], r["target"]) == pair and r["scope"].startswith("headline add-on, all goods")
    ]
    return tuple(sorted((dt.date.fromisoformat(r["date"]), float(r["rate_percent"])) for r in mine))


@cache
def _exports(pair: Pair) -> tuple[Point, ...]:
    rows = [row for row in load_facts("trade_monthly") if row["flow"] == SERIES[pair] and row["yoy_percent"]]
    return tuple(sorted((dt.date.fromisoformat(row["date"]), float(row["yoy_percent"])) for row in rows))


@cache
def _magnets() -> tuple[Point, ...]:
    """Monthly shipments to the United States over the monthly mean of 2024."""
    rows = [row for row in load_facts("rare_earths") if row["scope"] == "to_USA"]
    (normal,) = (float(row["value"]) for row in rows if row["metric"] == "CHN_magnet_exports_monthly_norm")
    months = [row for row in rows if row["metric"] == "CHN_magnet_exports"]
    return tuple(sorted((dt.date.fromisoformat(row["date"]), float(row["value"]) / normal) for row in months))


@cache
def _events() -> tuple[tuple[str, Pair, dt.date], ...]:
    table = read_table(Path(__file__).with_name("event_record.csv"))
    rows = table.records()
    return tuple((r["quantity"], (r["subject"], r["partner"]), dt.date.fromisoformat(r["date"])) for r in rows)
