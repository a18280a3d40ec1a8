"""Read tidy CSV tables strictly: every mistake is one `DataError` that names the file and the row.

Rows are numbered as an editor numbers lines: the header is row 1.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from tariffsim.errors import DataError, nearest

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Table:
    """One CSV file as read: text cells, all rows as long as the header."""

    path: Path
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def column(self, name: str) -> tuple[str, ...]:
        """The cells of one column, top to bottom."""
        at = self.header.index(name)
        return tuple(row[at] for row in self.rows)

    def records(self) -> list[dict[str, str]]:
        """The rows as dictionaries."""
        return [dict(zip(self.header, row, strict=True)) for row in self.rows]

    def where(self, index: int) -> str:
        """File and row for an error message; `index` counts data rows from 0."""
        return f"{self.path.name} row {index + 2}"


def read_table(path: Path, columns: Sequence[str] | None = None, optional: Sequence[str] | None = None) -> Table:
    """Read a UTF-8 CSV file; `columns` is the header it must have (None: any).

    With `optional` the columns may stand in any order and those of `optional` beside them.
    Raises DataError for a missing or unreadable file, another header, or a row of another length.
    """
    lines = _lines(path)
    if not lines:
        raise DataError(f"{path.name} is empty ({path}); expected a header line.")
    header = tuple(lines[0])
    if columns is not None and not _fits(header, columns, optional):
        raise DataError(_wrong_header(path, header, columns, optional or ()))
    for index, row in enumerate(lines[1:]):
        if len(row) != len(header):
            raise DataError(
                f"{path.name} row {index + 2}: {len(row)} cells, expected {len(header)}: {', '.join(header)}"
            )
    return Table(path, header, tuple(tuple(row) for row in lines[1:]))


def _lines(path: Path) -> list[list[str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return list(csv.reader(file, strict=True))
    except FileNotFoundError:
        raise DataError(f"data file {path} does not exist.") from None
    except OSError as error:
        raise DataError(f"data file {path} cannot be read: {error.strerror}.") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"data file {path} is not UTF-8 comma-separated text: {error}.") from None


def _fits(header: tuple[str, ...], columns: Sequence[str], optional: Sequence[str] | None) -> bool:
    if optional is None:
        return header == tuple(columns)
    known = {*columns, *optional}
    return set(columns) <= set(header) <= known and len(set(header)) == len(header)


def _wrong_header(path: Path, got: Sequence[str], columns: Sequence[str], optional: Sequence[str]) -> str:
    missing = [name for name in columns if name not in got]
    extra = [name for name in got if name not in columns and name not in optional]
    what = f"missing {', '.join(missing)}; " if missing else ""
    what += f"unexpected {', '.join(extra)}; " if extra else ""
    what = what or ("a column given twice; " if len(set(got)) < len(got) else "columns in another order; ")
    may = f" and, if you like, {','.join(optional)}" if optional else ""
    return f"{path.name} row 1: wrong header: {what}expected {','.join(columns)}{may}."


def to_float(table: Table, index: int, name: str, *, minimum: float | None = 0.0) -> float:
    """The number in one cell; raises DataError unless it is finite and >= `minimum` (None: any sign)."""
    text = table.rows[index][table.header.index(name)]
    try:
        value = float(text)
    except ValueError:
        raise DataError(f"{table.where(index)}: {name} is {text!r}, expected a number.") from None
    if not np.isfinite(value):
        raise DataError(f"{table.where(index)}: {name} is {text!r}, expected a finite number.")
    if minimum is not None and value < minimum:
        raise DataError(f"{table.where(index)}: {name} is {text}, expected at least {minimum:g}.")
    return value


@dataclass(frozen=True)
class Cells:
    """Numbers of a complete table laid out as arrays with one axis per key column."""

    table: Table
    keys: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    values: Mapping[str, Floats]
    row_of: Ints  # position of each cell's row; -1 where there is none

    def where(self, *position: int) -> str:
        """File, row and key names of one cell, for an error message."""
        names = ", ".join(f"{k} {v[p]}" for k, v, p in zip(self.keys, self.labels, position, strict=True))
        return f"{self.table.where(int(self.row_of[position]))} ({names})"


def read_cells(
    table: Table, axes: Mapping[str, Sequence[str]], minimum: Mapping[str, float | None], *, complete: bool = True
) -> Cells:
    """Lay a table out as arrays `[axis 1, axis 2, ...]`, one per column named in `minimum`.

    `axes` maps key columns to their allowed labels, in order; `minimum` gives the least allowed value.
    Raises DataError for an unknown label, a number out of range, a duplicate combination, and if `complete`
    for a missing one; without it the arrays hold 0 there.
    """
    labels = tuple(tuple(names) for names in axes.values())
    row_of = np.full([len(names) for names in labels], -1, dtype=np.int64)
    places = _places(table, axes)
    for index, place in enumerate(places):
        if row_of[place] >= 0:
            raise DataError(f"{table.where(index)}: duplicate of row {row_of[place] + 2} ({_pick(labels, place)}).")
        row_of[place] = index
    if complete and (row_of < 0).any():
        raise DataError(f"{_no_row(table, labels, row_of < 0)}; every combination is needed once.")
    values = {name: _laid_out(_numbers(table, name, least), row_of) for name, least in minimum.items()}
    return Cells(table, tuple(axes), labels, MappingProxyType(values), row_of)


def refuse_gaps(cells: Cells, needed: NDArray[np.bool_], advice: str) -> None:
    """Raise DataError that names the first cell without a row where one is `needed`, and says what to try."""
    gaps = (cells.row_of < 0) & needed
    if gaps.any():
        raise DataError(f"{_no_row(cells.table, cells.labels, gaps)}; {advice}.")


def _places(table: Table, axes: Mapping[str, Sequence[str]]) -> list[tuple[int, ...]]:
    """The array position of every row, from its labels."""
    columns = []
    for key, allowed in axes.items():
        at = {label: position for position, label in enumerate(allowed)}
        cells = table.column(key)
        for index, cell in enumerate(cells):
            if cell not in at:
                raise DataError(_unknown(table, index, key, cell, allowed))
        columns.append([at[cell] for cell in cells])
    return list(zip(*columns, strict=True))


def _unknown(table: Table, index: int, key: str, got: str, allowed: Sequence[str]) -> str:
    close = nearest(got, allowed)
    hint = f" Did you mean {close!r}?" if close else ""
    return f"{table.where(index)}: unknown {key} {got!r}.{hint} Allowed: {', '.join(allowed)}."


def _pick(labels: Sequence[Sequence[str]], place: Sequence[int]) -> str:
    return ", ".join(names[p] for names, p in zip(labels, place, strict=True))


def _no_row(table: Table, labels: Sequence[Sequence[str]], gaps: NDArray[np.bool_]) -> str:
    first, count = np.argwhere(gaps)[0], int(gaps.sum())
    more = f" and {count - 1} more" if count > 1 else ""
    return f"{table.path.name}: no row for {_pick(labels, first.tolist())}{more}"


def _laid_out(numbers: Floats, row_of: Ints) -> Floats:
    """Numbers of the rows on the cells' axes; 0 where there is no row."""
    return np.where(row_of < 0, 0.0, np.append(numbers, 0.0)[row_of])


def _numbers(table: Table, name: str, least: float | None) -> Floats:
    """One column as floats; only a bad cell is looked at singly, because files have thousands of rows."""
    try:
        values = np.array(table.column(name), dtype=np.float64)
        good = np.isfinite(values) if least is None else np.isfinite(values) & (values >= least)
    except ValueError:
        good = np.zeros(len(table.rows), dtype=np.bool_)
    if not good.all():
        values = np.array([to_float(table, index, name, minimum=least) for index in range(len(table.rows))])
    return values
