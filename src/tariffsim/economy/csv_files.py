"""An economy as tidy CSV files: anybody's data, of any size (docs/how-to/use-your-own-data.md).

flows.csv          importer, exporter, sector, flow[, tariff]   the only one that is needed
tariffs.csv        importer, exporter, sector, tariff           instead of the column; without both: no tariffs
io.csv             region, input, user, coefficient or value    without it: no intermediate goods
elasticities.csv   sector, value, definition[, set, source]
regions.csv        region, ...                                  the order of names; without it: as they appear
sectors.csv        sector, ...
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from itertools import product
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from tariffsim.data.tables import Cells, Table, read_cells, read_table, refuse_gaps
from tariffsim.economy.elasticities import ElasticitySet
from tariffsim.economy.primitives import Array
from tariffsim.errors import DataError, EconomyError, unknown_name

Source = str | Path | Mapping[str, str | Path]
FILES = ("flows", "tariffs", "io", "elasticities", "regions", "sectors")
MISSING = ("refuse", "zero")
_PAIR = ("importer", "exporter", "sector")
_AMOUNTS = ("coefficient", "value")
_ADVICE = 'add it, or read absent rows as 0 with missing="zero"'


class CsvData(NamedTuple):
    """What the files say; arguments of `Economy.from_arrays` by name."""

    regions: tuple[str, ...]
    sectors: tuple[str, ...]
    flows: Array  # (N, N, S)
    tariffs: Array  # (N, N, S)
    io: Array | None  # (N, S, S)


class BaseYear(Protocol):
    """The part of an economy that has a place in the files."""

    @property
    def regions(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def sectors(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def flows(self) -> Array: ...  # noqa: D102
    @property
    def tariffs(self) -> Array: ...  # noqa: D102
    @property
    def io(self) -> Array: ...  # noqa: D102
    @property
    def elasticity_set(self) -> ElasticitySet: ...  # noqa: D102


# ---------------------------------------------------------------------- reading
def find_files(source: Source) -> dict[str, Path]:
    """The files of a folder, of a mapping from names in `FILES` to paths, or the flows alone, by name.

    Raises DataError for a name that is none of ours, and where there are no flows.
    """
    if isinstance(source, Mapping):
        for name in source:
            if name not in FILES:
                raise DataError(unknown_name("file of an economy", name, FILES))
        found = {name: Path(path).expanduser() for name, path in source.items()}
    else:
        path = Path(source).expanduser()
        inside = {name: path / f"{name}.csv" for name in FILES}
        found = {name: file for name, file in inside.items() if file.is_file()} if path.is_dir() else {"flows": path}
    if "flows" not in found:
        raise DataError(f"there is no flows.csv in {source}; it needs the columns {','.join(_PAIR)},flow.")
    return found


def read_economy(files: Mapping[str, Path], missing: str = "refuse") -> CsvData:
    """Read and check the files; raises DataError naming file and row (docs/how-to/use-your-own-data.md).

    `missing`: "refuse" a combination without a row, or read it as "zero". Own trade needs no tariff.
    """
    if missing not in MISSING:
        raise DataError(unknown_name("value of missing", missing, MISSING))
    table = read_table(files["flows"], (*_PAIR, "flow"), optional=("tariff",))
    if not table.rows:
        raise DataError(f"{table.path.name} has a header and no rows.")
    regions = _names(files, "region", (*table.column("importer"), *table.column("exporter")))
    sectors = _names(files, "sector", table.column("sector"))
    axes = {"importer": regions, "exporter": regions, "sector": sectors}
    least = {"flow": 0.0, "tariff": None} if "tariff" in table.header else {"flow": 0.0}
    cells = read_cells(table, axes, least, complete=False)
    if missing == "refuse":
        refuse_gaps(cells, np.ones_like(cells.row_of, dtype=np.bool_), _ADVICE)
    flows = cells.values["flow"]
    tariffs = _tariffs(files, cells, axes, missing)
    io = _io(files["io"], regions, sectors, flows.sum(axis=0), missing) if "io" in files else None
    return CsvData(regions, sectors, flows, tariffs, io)


def _names(files: Mapping[str, Path], kind: str, used: Iterable[str]) -> tuple[str, ...]:
    """Names in the order of their own file, or as they first appear."""
    if f"{kind}s" not in files:
        return tuple(dict.fromkeys(used))
    table = read_table(files[f"{kind}s"])
    if kind not in table.header:
        raise DataError(f"{table.path.name} row 1: no column {kind!r}, got {','.join(table.header)}.")
    names = tuple(dict.fromkeys(table.column(kind)))
    read_cells(table, {kind: names}, {})
    return names


def _tariffs(files: Mapping[str, Path], flows: Cells, axes: Mapping[str, tuple[str, ...]], missing: str) -> Array:
    if "tariffs" not in files:
        if "tariff" not in flows.values:
            return np.zeros(flows.row_of.shape)
        return _above_minus_one(flows)
    if "tariff" in flows.values:
        raise DataError(
            f"tariffs are given twice: in {flows.table.path.name} and in {files['tariffs'].name}; keep one of them."
        )
    cells = read_cells(read_table(files["tariffs"], (*_PAIR, "tariff")), axes, {"tariff": None}, complete=False)
    if missing == "refuse":
        foreign = ~np.eye(len(axes["importer"]), dtype=np.bool_)[:, :, None]
        refuse_gaps(cells, np.broadcast_to(foreign, cells.row_of.shape), _ADVICE)
    return _above_minus_one(cells)


def _above_minus_one(cells: Cells) -> Array:
    rates = cells.values["tariff"]
    if (rates <= -1.0).any():
        at = tuple(np.argwhere(rates <= -1.0)[0].tolist())
        raise DataError(f"{cells.where(*at)}: tariff is {rates[at]:g}, expected a fraction above -1 (.25 is 25 %).")
    return rates


def _io(path: Path, regions: tuple[str, ...], sectors: tuple[str, ...], output: Array, missing: str) -> Array:
    """Input coefficients (N, S, S) from coefficients, or from money at user prices over output (N, S)."""
    table = read_table(path, ("region", "input", "user"), optional=_AMOUNTS)
    given = [name for name in _AMOUNTS if name in table.header]
    if len(given) != 1:
        raise DataError(f"{path.name} row 1: give one of the columns {' and '.join(_AMOUNTS)}, not {len(given)}.")
    column = given[0]
    axes = {"region": regions, "input": sectors, "user": sectors}
    cells = read_cells(table, axes, {column: 0.0}, complete=False)
    if missing == "refuse":
        refuse_gaps(cells, np.ones_like(cells.row_of, dtype=np.bool_), _ADVICE)
    io = cells.values[column]
    if column == "value":
        io = _per_unit(io, output, cells)
    total = io.sum(axis=1)
    if (total >= 1.0).any():
        n, j = np.argwhere(total >= 1.0)[0].tolist()
        most = cells.where(n, int(io[n, :, j].argmax()), j)
        raise DataError(
            f"{path.name}: inputs of {regions[n]}, {sectors[j]} add up to {total[n, j]:.6g} of its output, which "
            f"leaves no value added; the largest is {most.removeprefix(f'{path.name} ')}."
        )
    return io


def _per_unit(value: Array, output: Array, cells: Cells) -> Array:
    made = output[:, None, :] > 0.0
    idle = (value > 0.0) & ~made
    if idle.any():
        at = tuple(np.argwhere(idle)[0].tolist())
        raise DataError(f"{cells.where(*at)}: value is {value[at]:g}, but flows show no output of this user.")
    return np.divide(value, output[:, None, :], out=np.zeros_like(value), where=made)


# ---------------------------------------------------------------------- elasticities
def read_elasticities(path: Path, sectors: tuple[str, ...]) -> dict[str, ElasticitySet]:
    """The elasticity sets of a file, by name, in its order; a file without a column `set` holds one, "given".

    Raises DataError naming file and row for a malformed table, an unknown or a missing sector, a set with several
    definitions, and for theta <= 0.
    """
    table = read_table(path, ("sector", "value", "definition"), optional=("set", "source"))
    named = "set" in table.header
    names = tuple(dict.fromkeys(table.column("set"))) if named else ("given",)
    axes = {"set": names, "sector": sectors} if named else {"sector": sectors}
    cells = read_cells(table, axes, {"value": 0.0})
    shape = len(names), len(sectors)
    rows, values = cells.row_of.reshape(shape), cells.values["value"].reshape(shape)
    return {name: _set(table, name, rows[k], values[k]) for k, name in enumerate(names)}


def _set(table: Table, name: str, rows: npt.NDArray[np.int64], values: Array) -> ElasticitySet:
    definition = _single(table, name, rows, "definition")
    source = _single(table, name, rows, "source") if "source" in table.header else ""
    try:
        return ElasticitySet(name, definition, values, source)
    except EconomyError as error:
        raise DataError(f"{table.path.name}: set {name}: {error}") from None


def _single(table: Table, name: str, rows: npt.NDArray[np.int64], column: str) -> str:
    cells = table.column(column)
    found = sorted({cells[int(row)] for row in rows})
    if len(found) != 1:
        raise DataError(f"{table.path.name}: set {name} has several {column}s: {', '.join(found)}.")
    return found[0]


def choose_elasticities(files: Mapping[str, Path], sectors: tuple[str, ...], name: str | None) -> ElasticitySet:
    """The set of that name, or the only one; raises DataError where there is none or more than one."""
    if "elasticities" not in files:
        raise DataError(
            "there are no elasticities: add elasticities.csv (sector,value,definition) or pass elasticities=, "
            "a number or one value for each sector."
        )
    sets = read_elasticities(files["elasticities"], sectors)
    if name is None and len(sets) == 1:
        return next(iter(sets.values()))
    if name is None:
        raise DataError(f"{files['elasticities'].name} holds {', '.join(sets)}: choose one with elasticities=.")
    if name not in sets:
        raise DataError(unknown_name("elasticity set", name, sets))
    return sets[name]


# ---------------------------------------------------------------------- writing
def write_economy(base: BaseYear, folder: Path) -> None:
    """Write the files into `folder`, which is made if need be; numbers keep every bit. DataError if it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_all(base, folder)
    except OSError as error:
        raise DataError(f"the economy cannot be written to {folder}: {error.strerror}.") from None


def _write_all(base: BaseYear, folder: Path) -> None:
    regions, sectors, elastic = base.regions, base.sectors, base.elasticity_set
    _write(folder / "regions.csv", ("region",), ([name] for name in regions))
    _write(folder / "sectors.csv", ("sector",), ([name] for name in sectors))
    pairs = zip(
        product(regions, regions, sectors), base.flows.ravel().tolist(), base.tariffs.ravel().tolist(), strict=True
    )
    _write(folder / "flows.csv", (*_PAIR, "flow", "tariff"), ([*key, flow, tariff] for key, flow, tariff in pairs))
    uses = zip(product(regions, sectors, sectors), base.io.ravel().tolist(), strict=True)
    _write(folder / "io.csv", ("region", "input", "user", "coefficient"), ([*key, value] for key, value in uses))
    rows = (
        [elastic.name, sector, value, elastic.definition, elastic.source]
        for sector, value in zip(sectors, elastic.values.tolist(), strict=True)
    )
    _write(folder / "elasticities.csv", ("set", "sector", "value", "definition", "source"), rows)


def _write(path: Path, header: tuple[str, ...], rows: Iterable[list[str | float]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
