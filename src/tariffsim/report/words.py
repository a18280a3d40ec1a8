"""Numbers as words: signs, percentages, intervals, dates and lists, the same way all over a page."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

NBSP = "\u00a0"
MINUS = "\u2212"
DASH = "\u2013"


def number(value: float, digits: int = 0) -> str:
    """Fixed digits with a true minus sign; never minus zero; 'n/a' for what is not a number."""
    if not math.isfinite(value):
        return "n/a"
    text = f"{value:,.{digits}f}"
    is_zero = not any(c in "123456789" for c in text)
    return text.replace("-", "" if is_zero else MINUS)


def signed(value: float, digits: int = 2) -> str:
    """As `number`, with a plus sign for gains."""
    text = number(value, digits)
    return f"+{text}" if any(c in "123456789" for c in text) and value > 0 else text


def percent(share: float, digits: int = 0) -> str:
    """A fraction as a percentage; a share that rounds to 0 or 100 without being it is said to be under or over."""
    if share > 0 and 100 * share < 0.5 * 10**-digits:
        return f"under {number(10.0**-digits, digits)}{NBSP}%"
    if share < 1 and 100 * (1 - share) < 0.5 * 10**-digits:
        return f"over {number(100 - 10.0**-digits, digits)}{NBSP}%"
    return f"{number(100 * share, digits)}{NBSP}%"


def between(low: float, high: float, digits: int = 0, sign: bool = False) -> str:
    """'10 to 54', or one number where both round to the same."""
    write = signed if sign else number
    first, last = write(low, digits), write(high, digits)
    return first if first == last else f"{first} to {last}"


def date(day: dt.date, year: bool = True) -> str:
    """'9 June 2025', in English whatever the locale."""
    text = f"{day.day}{NBSP}{MONTHS[day.month - 1]}"
    return f"{text} {day.year}" if year else text


def listed(items: Sequence[str]) -> str:
    """'a, b and c'."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else "none"


def counted(count: int, thing: str) -> str:
    """'1 world', '200 worlds'."""
    return f"{count:,} {thing}" + ("" if count == 1 else "s")


def capital(text: str) -> str:
    """First letter upper case, the rest as it is."""
    return text[:1].upper() + text[1:]


MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
