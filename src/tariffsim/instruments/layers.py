"""Dated tariff layers as the files state them: one legal layer, many rows of rate and coverage."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tariffsim.data.tables import Table, read_table, to_float
from tariffsim.errors import DataError, unknown_name

_LAYER_COLUMNS = (
    "layer",
    "title",
    "importer",
    "target",
    "headline",
    "scope",
    "legal_basis",
    "weights",
    "source",
    "note",
)
_ROW_COLUMNS = ("layer", "importer", "exporter", "sector", "date_from", "date_to", "rate_percent", "coverage")


@dataclass(frozen=True)
class Layer:
    """One legal layer of added duty. `target` is the exporter aimed at, or "each" for rates by exporter."""

    name: str
    title: str
    importer: str
    target: str
    headline: bool
    all_goods: bool
    legal_basis: str
    weights: str
    source: str
    note: str


@dataclass(frozen=True)
class LayerRow:
    """One dated row of a layer: rate as a fraction, coverage as the share of trade it hits."""

    layer: str
    importer: str
    exporter: str
    sector: str
    start: dt.date
    end: dt.date
    rate: float
    coverage: float


def read_layers(path: Path, regions: tuple[str, ...]) -> tuple[Layer, ...]:
    """The legal layers; raises DataError naming the row of an unknown importer or target."""
    table = read_table(path, _LAYER_COLUMNS)
    layers = []
    for index, row in enumerate(table.records()):
        _known(table, index, "importer", row["importer"], regions)
        _known(table, index, "target", row["target"], (*regions, "each"))
        _known(table, index, "headline", row["headline"], ("0", "1"))
        _known(table, index, "scope", row["scope"], ("all", "list"))
        layers.append(_layer(row))
    return tuple(layers)


def _layer(row: dict[str, str]) -> Layer:
    return Layer(
        name=row["layer"],
        title=row["title"],
        importer=row["importer"],
        target=row["target"],
        headline=row["headline"] == "1",
        all_goods=row["scope"] == "all",
        legal_basis=row["legal_basis"],
        weights=row["weights"],
        source=row["source"],
        note=row["note"],
    )


def read_rows(
    path: Path, layers: tuple[Layer, ...], regions: tuple[str, ...], sectors: tuple[str, ...]
) -> tuple[LayerRow, ...]:
    """The dated rows of `layers`, in the order of the file; no two of one layer and cell overlap in time.

    Raises DataError naming file and row for an unknown layer, region or sector, a bad date, rate or share.
    """
    table = read_table(path, _ROW_COLUMNS)
    importers = {layer.name: layer.importer for layer in layers}
    for index, (layer, importer, exporter, sector, *_) in enumerate(table.rows):
        _known(table, index, "layer", layer, tuple(importers))
        _known(table, index, "importer", importer, (importers[layer],))
        _known(table, index, "exporter", exporter, regions)
        _known(table, index, "sector", sector, sectors)
    rows = tuple(_row(table, index) for index in range(len(table.rows)))
    _no_overlap(table, rows)
    return rows


def _row(table: Table, index: int) -> LayerRow:
    layer, importer, exporter, sector, start, end = table.rows[index][:6]
    first, last = _day(table, index, "date_from", start), _day(table, index, "date_to", end)
    if last < first:
        raise DataError(f"{table.where(index)}: date_to {last} is before date_from {first}.")
    rate, coverage = to_float(table, index, "rate_percent") / 100.0, to_float(table, index, "coverage")
    if coverage > 1.0:
        raise DataError(f"{table.where(index)}: coverage is {coverage}, expected a share from 0 to 1.")
    return LayerRow(layer, importer, exporter, sector, first, last, rate, coverage)


def _known(table: Table, index: int, what: str, got: str, allowed: tuple[str, ...]) -> None:
    if got not in allowed:
        raise DataError(f"{table.where(index)}: {unknown_name(what, got, allowed)}")


def _day(table: Table, index: int, what: str, text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise DataError(f"{table.where(index)}: {what} is {text!r}, expected year-month-day.") from None


def _no_overlap(table: Table, rows: tuple[LayerRow, ...]) -> None:
    order = sorted(range(len(rows)), key=lambda k: (_key(rows[k]), rows[k].start))
    for before, after in pairwise(order):
        if _key(rows[before]) == _key(rows[after]) and rows[after].start <= rows[before].end:
            raise DataError(f"{table.where(after)}: overlaps row {before + 2} of the same layer and cell.")


def _key(row: LayerRow) -> tuple[str, str, str, str]:
    return row.layer, row.importer, row.exporter, row.sector
