"""Critical inputs as data: how much each sector uses, who supplies it, how long stocks last.

Tiny in value and almost impossible to replace within months; at sector level they vanish, so each becomes an
explicit node (slice s of the good of its supplier sector). Most numbers are orders of magnitude: every
quantity has low, central and high, and a confidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from tariffsim.data import data_directory
from tariffsim.data.tables import Floats, Table, read_table, to_float
from tariffsim.economy.economy import Economy
from tariffsim.errors import DataError, unknown_name

_COLUMNS = (
    "quantity",
    "input",
    "user",
    "sector",
    "supplier",
    "low",
    "central",
    "high",
    "unit",
    "method",
    "source",
    "confidence",
)
_NODE_COLUMNS = ("input", "name", "supplier_sector", "classification", "note")
FILES = ("critical_nodes.csv", "critical_inputs.csv")
SCALARS = ("rho", "stock_months", "substitution_months", "variable_cost_share")
LEVELS = ("low", "central", "high")


@dataclass(frozen=True)
class Range:
    """A number with its plausible range."""

    low: float
    central: float
    high: float


@dataclass(frozen=True)
class Band:
    """Three read-only arrays of one shape: low, central, high."""

    low: Floats
    central: Floats
    high: Floats


@dataclass(frozen=True)
class Cap:
    """A carve-out that asked for more than its user buys of the supplier sector, and was cut to fit."""

    input: str
    user: str
    sector: str
    level: str  # low, central or high
    asked: float
    allowed: float


@dataclass(frozen=True)
class CriticalInput:
    """One critical input z of an economy with N regions and S sectors.

    `supplier_share` (N, N) is [user, supplier]: the central rows sum to 1, low and high bound each entry by
    itself. `supplier_basis` says for each user whether they are its own data ("stated"), its own data filled
    up with world output shares ("stated and world"), or world output shares as a proxy ("world").
    """

    name: str
    title: str
    supplier_sector: str
    note: str
    cost_share: Band  # (N, S) s: input value per unit of gross output of the user, already capped
    supplier_share: Band  # (N, N)
    supplier_basis: tuple[str, ...]
    rho: Range  # elasticity of substitution within a year
    stock_months: Range  # months of normal use
    substitution_months: Range  # months until another source or design replaces it
    variable_cost_share: Range  # fraction of the price that a supplier does not spend on what it does not sell
    confidence: Mapping[str, str]  # quantity -> worst confidence among its rows
    caps: tuple[Cap, ...]


@dataclass(frozen=True)
class _Row:
    """One row of the table with its position, numbers parsed."""

    quantity: str
    user: str
    sector: str
    supplier: str
    value: Range
    confidence: str
    where: str


def load_critical_inputs(
    economy: Economy, name: str = "baseline", directory: str | Path | None = None
) -> dict[str, CriticalInput]:
    """Every critical input of `critical_nodes.csv`, laid out on the regions and sectors of `economy`.

    The carve-outs of one supplier sector must fit together into what a user buys of it: sum of s <=
    G[n, J_z, j]. Where they do not, all of them are cut in proportion and listed in `caps`. Raises DataError
    naming file and row for a malformed table, and for regions or sectors that the economy does not have.
    """
    home = (data_directory() if directory is None else Path(directory).expanduser()) / name
    return dict(_read(economy, home, tuple(_stamp(home / file) for file in FILES)))


def _stamp(path: Path) -> tuple[int, int]:
    """Time and size of a file: one that was edited is read again; (0, 0) if there is none, and reading says so."""
    if not path.is_file():
        return 0, 0
    stat = path.stat()
    return stat.st_mtime_ns, stat.st_size


@lru_cache(maxsize=8)
def _read(economy: Economy, home: Path, _stamps: tuple[tuple[int, int], ...]) -> dict[str, CriticalInput]:
    nodes = read_table(home / FILES[0], _NODE_COLUMNS).records()
    table = read_table(home / FILES[1], _COLUMNS)
    known = [node["input"] for node in nodes]
    rows: dict[str, list[_Row]] = {key: [] for key in known}
    for key, row in _rows(table, economy, known):
        rows[key].append(row)
    return _fitted(economy, [_critical_input(economy, node, rows[node["input"]]) for node in nodes])


def all_caps(inputs: Mapping[str, CriticalInput]) -> list[Cap]:
    """The carve-outs that were cut, over all inputs."""
    return [cap for critical in inputs.values() for cap in critical.caps]


def _rows(table: Table, economy: Economy, known: list[str]) -> Iterator[tuple[str, _Row]]:
    for index, (quantity, key, user, sector, supplier, *_, confidence) in enumerate(table.rows):
        where = table.where(index)
        _allowed(where, "critical input", key, known)
        for kind, label in (("user", user), ("supplier", supplier)):
            _allowed(where, kind, label, ("", *economy.regions))
        _allowed(where, "sector", sector, ("", *economy.sectors))
        _allowed(where, "confidence", confidence, ("high", "medium", "low"))
        yield key, _Row(quantity, user, sector, supplier, _range(table, index), confidence, where)


def _allowed(where: str, kind: str, got: str, names: tuple[str, ...] | list[str]) -> None:
    if got not in names:
        raise DataError(f"{where}: {unknown_name(kind, got, names)}")


def _range(table: Table, index: int) -> Range:
    """Low, central, high of a row; a row without a range has none on either side."""
    central = to_float(table, index, "central")
    cells = dict(zip(table.header, table.rows[index], strict=True))
    low = to_float(table, index, "low") if cells["low"] else central
    high = to_float(table, index, "high") if cells["high"] else central
    if not low <= central <= high:
        raise DataError(f"{table.where(index)}: low {low:g}, central {central:g}, high {high:g} are out of order.")
    return Range(low, central, high)


def _critical_input(economy: Economy, node: dict[str, str], rows: list[_Row]) -> CriticalInput:
    scalars = {quantity: _scalar(node["input"], quantity, rows) for quantity in SCALARS}
    share, basis = _suppliers(economy, node["input"], rows)
    cost = _band(rows, "cost_share", economy.regions, economy.sectors, "sector")
    return CriticalInput(
        name=node["input"],
        title=node["name"],
        supplier_sector=node["supplier_sector"],
        note=node["note"],
        cost_share=cost,
        supplier_share=share,
        supplier_basis=basis,
        **scalars,
        confidence=_confidence(rows),
        caps=(),
    )


def _scalar(name: str, quantity: str, rows: list[_Row]) -> Range:
    found = [row.value for row in rows if row.quantity == quantity]
    if len(found) != 1:
        raise DataError(f"critical_inputs.csv: {name} has {len(found)} rows of {quantity}, expected 1.")
    return found[0]


def _confidence(rows: list[_Row]) -> dict[str, str]:
    """The worst confidence by quantity: a node is as sure as its weakest row."""
    worst: dict[str, str] = {}
    for grade in ("high", "medium", "low"):
        worst |= {row.quantity: grade for row in rows if row.confidence == grade}
    return worst


def _band(rows: list[_Row], quantity: str, first: tuple[str, ...], second: tuple[str, ...], key: str) -> Band:
    """(len(first), len(second)) arrays of the rows of a quantity; 0 where there is no row."""
    arrays = np.zeros((3, len(first), len(second)))
    seen: dict[tuple[int, int], str] = {}
    for row in rows:
        if row.quantity == quantity:
            at = first.index(row.user), second.index(getattr(row, key))
            if at in seen:
                raise DataError(f"{row.where}: duplicate of {seen[at]}.")
            seen[at] = row.where
            arrays[:, at[0], at[1]] = row.value.low, row.value.central, row.value.high
    return _frozen_band(arrays)


def _frozen_band(arrays: Floats) -> Band:
    arrays.setflags(write=False)
    return Band(arrays[0], arrays[1], arrays[2])


def _suppliers(economy: Economy, name: str, rows: list[_Row]) -> tuple[Band, tuple[str, ...]]:
    """Supplier shares by user; what a user's own rows leave open is split like world output."""
    stated = _band(rows, "supplier_share", economy.regions, economy.regions, "supplier")
    world = _world(economy, name, rows)
    given = np.zeros(stated.central.shape, dtype=np.bool_)
    for row in rows:
        if row.quantity == "supplier_share":
            given[economy.region_index(row.user), economy.region_index(row.supplier)] = True
    arrays = np.stack([stated.low, stated.central, stated.high])
    basis = []
    for n in range(len(economy.regions)):
        open_share = 1.0 - stated.central[n].sum()
        filler = np.where(given[n], 0.0, world.central)
        if open_share < -1e-9 or (open_share > 1e-9 and filler.sum() == 0.0):
            raise DataError(f"critical_inputs.csv: supplier shares of {name} in {economy.regions[n]} do not sum to 1.")
        if open_share > 1e-9:
            scale = np.where(given[n], 0.0, open_share / filler.sum())
            arrays[:, n] += scale * np.stack([world.low, world.central, world.high])
        basis.append("world" if not given[n].any() else "stated and world" if open_share > 1e-9 else "stated")
    return _frozen_band(np.minimum(arrays, 1.0)), tuple(basis)


def _world(economy: Economy, name: str, rows: list[_Row]) -> Band:
    """(N,) shares of world output."""
    arrays = np.zeros((3, len(economy.regions)))
    for row in rows:
        if row.quantity == "supplier_share_world":
            arrays[:, economy.region_index(row.supplier)] = row.value.low, row.value.central, row.value.high
    if abs(arrays[1].sum() - 1.0) > 1e-9:
        raise DataError(f"critical_inputs.csv: world shares of {name} sum to {arrays[1].sum():.6g}, expected 1.")
    return Band(arrays[0], arrays[1], arrays[2])


def _fitted(economy: Economy, inputs: list[CriticalInput]) -> dict[str, CriticalInput]:
    """Carve-outs cut to what the user buys of the supplier sector, those of one sector in proportion."""
    asked = {z.supplier_sector: np.zeros((3, *economy.output.shape)) for z in inputs}
    for z in inputs:
        asked[z.supplier_sector] += _levels(z.cost_share)
    return {z.name: _cut(economy, z, asked[z.supplier_sector]) for z in inputs}


def _levels(band: Band) -> Floats:
    return np.stack([getattr(band, level) for level in LEVELS])


def _cut(economy: Economy, critical: CriticalInput, asked: Floats) -> CriticalInput:
    """`asked` (3, N, S): what all inputs of this supplier sector ask for at low, central, high."""
    room = economy.io[:, economy.sector_index(critical.supplier_sector), :]
    own = _levels(critical.cost_share)
    over = asked > room
    arrays = np.where(over, room * (own / np.where(over, asked, 1.0)), own)
    caps = []
    for v, n, j in np.argwhere(over & (own > 0.0)):
        names = critical.name, economy.regions[n], economy.sectors[j], LEVELS[v]
        caps.append(Cap(*names, asked=float(own[v, n, j]), allowed=float(arrays[v, n, j])))
    return replace(critical, cost_share=_frozen_band(arrays), caps=tuple(caps))
