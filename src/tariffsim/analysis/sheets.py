"""Read somebody's CSV file strictly, once: its rows, the comment lines above them, and the hash of its bytes."""

from __future__ import annotations

import csv
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tariffsim.errors import DataError, nearest


@dataclass(frozen=True)
class Row:
    """One row: its cells by column, and file and line for an error message."""

    where: str
    cells: dict[str, str]

    def number(self, column: str, least: float = -math.inf, most: float = math.inf) -> float:
        """The number in a cell; raises DataError unless it's finite and from `least` to `most`."""
        text = self.cells[column].strip()
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise DataError(f"{self.where}: {column} is {text!r}, expected a number.")
        if not least <= value <= most:
            allowed = f"at least {least:g}" if math.isinf(most) else f"{least:g} to {most:g}"
            raise DataError(f"{self.where}: {column} is {text}, expected {allowed}.")
        return value

    def given(self, columns: Sequence[str]) -> list[str]:
        """Those of the columns whose cell isn't empty."""
        return [column for column in columns if self.cells[column].strip()]


@dataclass(frozen=True)
class Sheet:
    """A file as read: lines that start with # above the header, and the rows."""

    path: Path
    sha256: str
    comments: tuple[str, ...]
    rows: tuple[Row, ...]

    def comment(self, name: str) -> str | None:
        """What stands behind `# name:` above the header; None if it isn't there."""
        for line in self.comments:
            word, colon, rest = line.lstrip("# ").partition(":")
            if colon and word.strip().lower() == name:
                return rest.strip()
        return None


def read_sheet(path: Path, columns: Sequence[str]) -> Sheet:
    """Read a UTF-8 CSV file with these columns in any order.

    Raises DataError for a file that can't be read or isn't UTF-8, another header, a row of another length, or no row.
    """
    content = _bytes(path)
    try:
        lines = content.decode("utf-8-sig").splitlines(keepends=True)
        above = next((k for k, line in enumerate(lines) if not line.startswith("#")), len(lines))
        reader = csv.reader(lines[above:], strict=True)
        numbered = [(above + reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path.name} is not UTF-8 comma-separated text: {error}.") from None
    filled = [(line, cells) for line, cells in numbered if cells]
    if len(filled) < 2:
        raise DataError(f"{path.name} has no rows; expected a line {','.join(columns)} and rows below it.")
    _check_header(f"{path.name} row {filled[0][0]}", filled[0][1], columns)
    rows = tuple(_row(f"{path.name} row {line}", filled[0][1], cells) for line, cells in filled[1:])
    return Sheet(path, hashlib.sha256(content).hexdigest(), tuple(line.strip() for line in lines[:above]), rows)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path} does not exist.") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from None


def _row(where: str, header: Sequence[str], cells: Sequence[str]) -> Row:
    if len(cells) != len(header):
        raise DataError(f"{where}: {len(cells)} cells, expected {len(header)}: {','.join(header)}.")
    return Row(where, dict(zip(header, cells, strict=True)))


def _check_header(where: str, got: Sequence[str], columns: Sequence[str]) -> None:
    for name in got:
        if name not in columns:
            close = nearest(name, columns)
            hint = f" Did you mean {close!r}?" if close else ""
            raise DataError(f"{where}: unknown column {name!r}.{hint} Expected: {','.join(columns)}.")
    for name in columns:
        if got.count(name) != 1:
            what = "is missing" if name not in got else "is there twice"
            raise DataError(f"{where}: column {name!r} {what}. Expected: {','.join(columns)}.")
