"""What a forecast may speak about: the quantities of the open format, their units, pairs and definitions.

A quantity is a number (seven quantiles) or an event (a probability). Dates are month ends. An event that ends in `_by`
has happened if it did on any day after the forecast was made, up to the date.
"""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

from tariffsim.errors import DataError, unknown_name

Pair = tuple[str, str]

US_ON_CHINA: Pair = ("USA", "CHN")
CHINA_ON_US: Pair = ("CHN", "USA")
BOTH = (US_ON_CHINA, CHINA_ON_US)
PARTNERS = ("KOR", "JPN", "EU")


class Key(NamedTuple):
    """What one row is about."""

    quantity: str
    subject: str
    partner: str
    date: dt.date

    @property
    def pair(self) -> Pair:
        """Subject and partner."""
        return self.subject, self.partner

    def __str__(self) -> str:
        return f"{self.quantity} {self.subject} {self.partner} {self.date}"


@dataclass(frozen=True)
class Quantity:
    """One quantity: `unit` of its values, the `pairs` (subject, partner) it is asked for, and what it means.

    `least` is the lowest possible value of a number (None for events), `normal` its value without a trade war.
    """

    name: str
    unit: str
    pairs: tuple[Pair, ...]
    meaning: str
    least: float | None = None
    normal: float = 0.0

    @property
    def event(self) -> bool:
        """Whether it is an event, forecast by a probability."""
        return self.least is None

    @property
    def cumulative(self) -> bool:
        """Whether it's an event that stays true once it has happened."""
        return self.name.endswith("_by")


def _event(name: str, pairs: tuple[Pair, ...], meaning: str) -> Quantity:
    return Quantity(name, "probability", pairs, meaning)


_ALL = (
    Quantity(
        "addon_rate",
        "percent",
        (*BOTH, *(("USA", partner) for partner in PARTNERS)),
        "all add-on tariffs since January 2025 of the subject on the partner, on all goods, in force on the date",
        least=0.0,
    ),
    Quantity(
        "exports_yoy",
        "percent",
        (CHINA_ON_US, ("KOR", "USA")),
        "exports of the subject to the partner in the month that ends on the date, change on the same month a year ago",
        least=-100.0,
    ),
    Quantity(
        "magnets_share_of_normal",
        "fraction",
        (CHINA_ON_US,),
        "rare-earth magnets shipped by the subject to the partner in the month, over the monthly mean of 2024",
        least=0.0,
        normal=1.0,
    ),
    _event("agreement_by", (US_ON_CHINA,), "the two governments announce a joint text that changes measures"),
    _event("breach_call_by", BOTH, "the subject says in public that the partner breaks what was agreed"),
    _event("truce_renewed_by", (US_ON_CHINA,), "the truce is prolonged"),
    _event("truce_lapsed_by", (US_ON_CHINA,), "the truce ends without being prolonged or replaced"),
    _event("round_in_month", (US_ON_CHINA,), "a round of talks at the level of ministers begins in the month"),
    _event("new_chn_control_by", (CHINA_ON_US,), "China puts a further layer of export licences into force"),
    _event("chn_control_suspended_by", (CHINA_ON_US,), "China suspends or lifts a layer of export licences"),
    _event("new_us_control_by", (US_ON_CHINA,), "the United States put a further export control into force"),
    _event("new_us_addon_executed_by", (US_ON_CHINA,), "a rise of the add-on on all goods takes effect"),
    _event("addon_cut_by", BOTH, "a cut of the subject's add-on on all goods takes effect"),
    _event("return_above_100_by", BOTH, "the subject's add-on is above 100 percent on some day"),
    _event("partner_deal_by", tuple((p, "USA") for p in PARTNERS), "the two announce a deal on tariffs"),
    _event("united_front_by", (("CHN", "KOR"), ("CHN", "JPN")), "the two announce joint measures against US tariffs"),
)

QUANTITIES = {quantity.name: quantity for quantity in _ALL}


def key_of(where: str, quantity: str, subject: str, partner: str, date: str) -> Key:
    """The key of one row; raises DataError that starts with `where`."""
    if quantity not in QUANTITIES:
        raise DataError(f"{where}: {unknown_name('quantity', quantity, QUANTITIES)}")
    pairs = QUANTITIES[quantity].pairs
    subjects = {first for first, _ in pairs}
    if subject not in subjects:
        raise DataError(f"{where}: {unknown_name(f'subject of {quantity}', subject, subjects)}")
    partners = {second for first, second in pairs if first == subject}
    if partner not in partners:
        raise DataError(f"{where}: {unknown_name(f'partner of {quantity} {subject}', partner, partners)}")
    return Key(quantity, subject, partner, _month_end(where, date))


def day_of(where: str, text: str) -> dt.date:
    """A day written as year-month-day; raises DataError that starts with `where`."""
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise DataError(f"{where} is {text!r}, expected a day as 2025-06-08.") from None


def month_end(day: dt.date) -> dt.date:
    """The last day of a day's month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _month_end(where: str, text: str) -> dt.date:
    day = day_of(f"{where}: date", text)
    if day != month_end(day):
        raise DataError(f"{where}: date is {text}, expected the end of a month; the nearest is {month_end(day)}.")
    return day
