"""Forecast and fact files, anybody's: read, checked row by row, written.

A forecast file begins with `# made: 2025-06-08`, the day its maker knew the world up to. The line is part of the file
so that the hash of the file covers the date. Other lines that start with # above the header are remarks.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from tariffsim.analysis.quantities import QUANTITIES, Key, day_of, key_of
from tariffsim.analysis.sheets import Row, read_sheet
from tariffsim.errors import DataError

QUANTILES = ("q05", "q10", "q25", "q50", "q75", "q90", "q95")
KEY = ("quantity", "subject", "partner", "date")
COLUMNS = (*KEY, "unit", "mean", *QUANTILES, "probability")
FACT_COLUMNS = (*KEY, "value")


@dataclass(frozen=True)
class Forecast:
    """One forecast: quantiles of numbers (at `scoring_rules.LEVELS`), their means where given, probabilities of events.

    `made` is the day up to which its maker knew the world, `sha256` the hash of the file.
    """

    name: str
    made: dt.date
    quantiles: Mapping[Key, tuple[float, ...]]
    probabilities: Mapping[Key, float]
    means: Mapping[Key, float] = field(default_factory=lambda: MappingProxyType({}))
    sha256: str = ""

    @property
    def keys(self) -> frozenset[Key]:
        """What it speaks about."""
        return frozenset(self.quantiles) | frozenset(self.probabilities)


# ---------------------------------------------------------------------- reading
def read_forecast(path: str | Path) -> Forecast:
    """Read a forecast file; raises DataError that names the row and the column."""
    sheet = read_sheet(Path(path), COLUMNS)
    name, day = sheet.path.name, sheet.comment("made")
    if day is None:
        raise DataError(f"{name} doesn't say when it was made: put a line '# made: 2025-06-08' above the header.")
    made = day_of(f"{name}: made", day)
    places: dict[Key, Row] = {}
    for row in sheet.rows:
        key = _new_key(row, places)
        if key.date <= made:
            raise DataError(f"{row.where}: date is {key.date}, expected a day after {made}, when {name} was made.")
        _check_cells(row, key)
        places[key] = row
    quantiles = {k: _quantiles(row, k) for k, row in places.items() if not QUANTITIES[k.quantity].event}
    probabilities = {k: row.number("probability", 0.0, 1.0) for k, row in places.items() if k not in quantiles}
    means = {k: places[k].number("mean", _least(k)) for k in quantiles if places[k].given(["mean"])}
    _refuse_undone(places, probabilities, "probability")
    return Forecast(name, made, quantiles, probabilities, means, sheet.sha256)


def read_facts(path: str | Path) -> dict[Key, float]:
    """What came about: a value for each key, 0 or 1 for events; raises DataError that names the row and the column."""
    places: dict[Key, Row] = {}
    for row in read_sheet(Path(path), FACT_COLUMNS).rows:
        places[_new_key(row, places)] = row
    facts = {key: row.number("value", _least(key)) for key, row in places.items()}
    for key, value in facts.items():
        if QUANTITIES[key.quantity].event and value not in (0.0, 1.0):
            raise DataError(f"{places[key].where}: value is {value:g}, expected 0 or 1: {key.quantity} is an event.")
    _refuse_undone(places, {k: v for k, v in facts.items() if QUANTITIES[k.quantity].event}, "value")
    return facts


def _least(key: Key) -> float:
    """The lowest value; probabilities and outcomes of events start at 0."""
    return QUANTITIES[key.quantity].least or 0.0


def _new_key(row: Row, places: Mapping[Key, Row]) -> Key:
    key = key_of(row.where, *(row.cells[column] for column in KEY))
    if key in places:
        raise DataError(f"{row.where}: duplicate of {places[key].where} ({key}).")
    return key


def _check_cells(row: Row, key: Key) -> None:
    """The unit is the quantity's, and only the cells of its kind are filled in."""
    quantity = QUANTITIES[key.quantity]
    if row.cells["unit"] != quantity.unit:
        raise DataError(f"{row.where}: unit is {row.cells['unit']!r}, expected {quantity.unit!r} for {key.quantity}.")
    empty = row.given(("mean", *QUANTILES) if quantity.event else ("probability",))
    if empty:
        kind = "an event: it has a probability" if quantity.event else "a number: it has quantiles"
        raise DataError(f"{row.where}: {empty[0]} is given, expected an empty cell; {key.quantity} is {kind}.")


def _quantiles(row: Row, key: Key) -> tuple[float, ...]:
    values = tuple(row.number(column, _least(key)) for column in QUANTILES)
    for k in range(1, len(values)):
        if values[k] < values[k - 1]:
            lower, upper = QUANTILES[k - 1], QUANTILES[k]
            raise DataError(
                f"{row.where}: {upper} is {values[k]:g}, below {lower} = {values[k - 1]:g}; quantiles cross."
            )
    return values


def _refuse_undone(places: Mapping[Key, Row], values: Mapping[Key, float], column: str) -> None:
    """What has happened by one date has happened by every later one."""
    lasting = sorted(key for key in values if QUANTITIES[key.quantity].cumulative)
    for before, after in itertools.pairwise(lasting):
        if before[:3] == after[:3] and values[after] < values[before]:
            raise DataError(
                f"{places[after].where}: {column} is {values[after]:g}, below {values[before]:g} of "
                f"{places[before].where}; {after.quantity} cannot become undone."
            )


# ---------------------------------------------------------------------- writing
def forecast_text(forecast: Forecast) -> str:
    """The file of a forecast, rows in order of their keys; numbers keep every bit."""
    text = io.StringIO()
    text.write(f"# made: {forecast.made}\n")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for key in sorted(forecast.keys):
        row: dict[str, object] = {**key._asdict(), "unit": QUANTITIES[key.quantity].unit}
        if key in forecast.quantiles:
            row |= dict(zip(QUANTILES, forecast.quantiles[key], strict=True)) | {"mean": forecast.means.get(key, "")}
        else:
            row["probability"] = forecast.probabilities[key]
        writer.writerow(row)
    return text.getvalue()


def stamp(forecast: Forecast) -> str:
    """The hash of the file that `forecast_text` would make."""
    return hashlib.sha256(forecast_text(forecast).encode()).hexdigest()
