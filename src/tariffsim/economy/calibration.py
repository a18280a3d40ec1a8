"""Read a calibrated base year from tidy CSV files, and find the row that breaks an accounting identity."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tariffsim.data.tables import Cells, Floats, Table, read_cells, read_table
from tariffsim.errors import DataError

Flags = NDArray[np.bool_]

FILES = (
    "regions.csv",
    "sectors.csv",
    "flows.csv",
    "io_coefficients.csv",
    "region_sector.csv",
    "elasticities.csv",
)
_REGION_COLUMNS = ("region", "name", "note", "value_added", "tariff_revenue", "trade_deficit", "income")
_SECTOR_COLUMNS = ("sector", "name", "kind", "icio_codes", "note")
_FLOW_COLUMNS = ("importer", "exporter", "sector", "flow", "tariff_mfn_pref", "tariff_layers", "tariff_base")
_IO_COLUMNS = ("region", "input", "user", "coefficient")
_REGION_SECTOR_COLUMNS = (
    "region",
    "sector",
    "gross_output",
    "value_added_share",
    "final_demand",
    "final_share",
    "absorption",
)


@dataclass(frozen=True)
class Calibration:
    """The accounts of the base year as the files state them; N regions, S sectors, read-only arrays.

    Money in million current USD of the base year, at basic prices net of tariff where it crosses a border;
    tariffs as fractions.
    """

    regions: tuple[str, ...]
    sectors: tuple[str, ...]
    goods: tuple[bool, ...]
    flows: Floats  # (N, N, S) [importer, exporter, sector]
    tariff_mfn_pref: Floats  # (N, N, S) most-favoured-nation or preferential rate
    tariff_layers: Floats  # (N, N, S) added layers in force in the base year, times their coverage
    tariffs: Floats  # (N, N, S) sum of the two
    io: Floats  # (N, S, S) [region, input k, using sector j]
    output: Floats  # (N, S)
    value_added_share: Floats  # (N, S)
    final_demand: Floats  # (N, S) at user prices
    final_share: Floats  # (N, S)
    absorption: Floats  # (N, S) final plus intermediate use at user prices
    value_added: Floats  # (N,)
    revenue: Floats  # (N,) tariff revenue
    deficits: Floats  # (N,) imports minus exports
    income: Floats  # (N,)

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)


@dataclass(frozen=True)
class _Files:
    """The four tables with numbers, each laid out on its axes."""

    regions: Cells
    flows: Cells
    io: Cells
    region_sector: Cells


def read_calibration(directory: Path, tolerance: float = 1e-9) -> Calibration:
    """Read and check the files of `directory`.

    Raises DataError naming file and row for a malformed table, or for the entry that breaks an accounting
    identity by more than `tolerance` (relative).
    """
    region_table = read_table(directory / "regions.csv", _REGION_COLUMNS)
    sector_table = read_table(directory / "sectors.csv", _SECTOR_COLUMNS)
    files = _read_numbers(directory, region_table, sector_table)
    goods = _goods(sector_table)
    calibration = _assemble(files, goods)
    _check(calibration, files, tolerance)
    return calibration


def _read_numbers(directory: Path, region_table: Table, sector_table: Table) -> _Files:
    regions, sectors = region_table.column("region"), sector_table.column("sector")
    read_cells(sector_table, {"sector": list(dict.fromkeys(sectors))}, {})
    region_cells = read_cells(
        region_table,
        {"region": list(dict.fromkeys(regions))},
        {"value_added": 0.0, "tariff_revenue": None, "trade_deficit": None, "income": 0.0},
    )
    flow_table = read_table(directory / "flows.csv", _FLOW_COLUMNS)
    flows = read_cells(
        flow_table,
        {"importer": regions, "exporter": regions, "sector": sectors},
        {"flow": 0.0, "tariff_mfn_pref": 0.0, "tariff_layers": 0.0, "tariff_base": 0.0},
    )
    io_table = read_table(directory / "io_coefficients.csv", _IO_COLUMNS)
    io = read_cells(io_table, {"region": regions, "input": sectors, "user": sectors}, {"coefficient": 0.0})
    names = _REGION_SECTOR_COLUMNS
    region_sector = read_cells(
        read_table(directory / "region_sector.csv", names),
        {"region": regions, "sector": sectors},
        dict.fromkeys(names[2:], 0.0),
    )
    return _Files(region_cells, flows, io, region_sector)


def _goods(table: Table) -> tuple[bool, ...]:
    kinds = table.column("kind")
    for index, kind in enumerate(kinds):
        if kind not in ("goods", "services"):
            raise DataError(f"{table.where(index)}: kind is {kind!r}, expected goods or services.")
    return tuple(kind == "goods" for kind in kinds)


def _assemble(files: _Files, goods: tuple[bool, ...]) -> Calibration:
    flow, one, two = files.flows.values, files.region_sector.values, files.regions.values
    return Calibration(
        regions=files.flows.labels[0],
        sectors=files.flows.labels[2],
        goods=goods,
        flows=flow["flow"],
        tariff_mfn_pref=flow["tariff_mfn_pref"],
        tariff_layers=flow["tariff_layers"],
        tariffs=flow["tariff_base"],
        io=files.io.values["coefficient"],
        output=one["gross_output"],
        value_added_share=one["value_added_share"],
        final_demand=one["final_demand"],
        final_share=one["final_share"],
        absorption=one["absorption"],
        value_added=two["value_added"],
        revenue=two["tariff_revenue"],
        deficits=two["trade_deficit"],
        income=two["income"],
    )


# ---------------------------------------------------------------------- identities
@dataclass(frozen=True)
class _Gaps:
    """By how much each identity fails, relative to its own size; the names say what is summed.

    One wrong cell breaks several identities at once, and which ones tells where the cell is.
    """

    base_tariff: Floats  # (N, N, S) tariff_base - mfn_pref - layers
    sales: Floats  # (N, S)  gross output of i in j against its sales to all importers
    spending: Floats  # (N, S)  absorption of n in j against its purchases from all exporters, tariff included
    uses: Floats  # (N, S)  absorption against final plus intermediate use
    unit_cost: Floats  # (N, S)  value-added share plus input coefficients against 1
    final_share: Floats  # (N, S)  final_share against final_demand / income
    value_added: Floats  # (N,)
    revenue: Floats  # (N,)
    deficit: Floats  # (N,)
    income: Floats  # (N,)


def _gaps(c: Calibration) -> _Gaps:
    paid = ((1.0 + c.tariffs) * c.flows).sum(axis=1)
    use = (c.io * c.output[:, None, :]).sum(axis=2)
    trade = c.flows.sum(axis=(1, 2))
    budget = c.value_added + c.revenue + c.deficits
    return _Gaps(
        base_tariff=c.tariffs - c.tariff_mfn_pref - c.tariff_layers,
        sales=_relative(c.flows.sum(axis=0), c.output),
        spending=_relative(paid, c.absorption),
        uses=_relative(c.final_demand + use, c.absorption),
        unit_cost=c.value_added_share + c.io.sum(axis=1) - 1.0,
        final_share=_relative(c.final_share * c.income[:, None], c.final_demand),
        value_added=_relative((c.value_added_share * c.output).sum(axis=1), c.value_added),
        revenue=_relative((c.tariffs * c.flows).sum(axis=(1, 2)), c.revenue),
        deficit=(trade - c.flows.sum(axis=(0, 2)) - c.deficits) / trade,
        income=_relative(budget, c.income),
    )


def _relative(found: Floats, stated: Floats) -> Floats:
    """found - stated relative to the larger of the two; 0 where both are 0."""
    scale = np.maximum(np.abs(found), np.abs(stated))
    return np.divide(found - stated, scale, out=np.zeros_like(found), where=scale > 0.0)


def _check(c: Calibration, files: _Files, tolerance: float) -> None:
    gaps = _gaps(c)
    broken = {field.name: np.abs(getattr(gaps, field.name)) > tolerance for field in fields(gaps)}
    if any(bad.any() for bad in broken.values()):
        raise DataError(_blame(c, files, gaps, broken))
    world = float(c.deficits.sum())
    if abs(world) > tolerance * float(np.abs(c.deficits).sum()):
        raise DataError(f"regions.csv: trade_deficit sums to {world:g} over the regions, expected 0.")


def _blame(c: Calibration, files: _Files, gaps: _Gaps, broken: dict[str, Flags]) -> str:
    """Name the one cell whose change would break exactly these identities, the most specific file first."""
    for finder in (_blame_tariff, _blame_flow, _blame_io, _blame_region_sector):
        line = finder(c, files, gaps, broken)
        if line:
            return line
    return _blame_region(c, files, broken)


def _blame_tariff(c: Calibration, files: _Files, gaps: _Gaps, broken: dict[str, Flags]) -> str:
    if not broken["base_tariff"].any():
        return ""
    at = _worst(gaps.base_tariff)
    return (
        f"flows.csv {_place(files.flows, at)}: tariff_base {c.tariffs[at]:.6g} is not tariff_mfn_pref "
        f"{c.tariff_mfn_pref[at]:.6g} + tariff_layers {c.tariff_layers[at]:.6g}."
    )


def _blame_flow(c: Calibration, files: _Files, gaps: _Gaps, broken: dict[str, Flags]) -> str:
    """A wrong flow breaks the sales of its exporter and the spending of its importer in one sector."""
    both = broken["sales"].any(axis=0) & broken["spending"].any(axis=0)
    if both.any():
        j = int(np.argmax(both))
        n, i = int(np.abs(gaps.spending[:, j]).argmax()), int(np.abs(gaps.sales[:, j]).argmax())
        stated, found = c.output[i, j], c.flows[:, i, j].sum()
        return (
            f"flows.csv {_place(files.flows, (n, i, j))}: flow {c.flows[n, i, j]:.10g} does not fit: "
            f"sales of {c.regions[i]} {c.sectors[j]} sum to {found:.10g}, gross_output is {stated:.10g}."
        )
    tariff = broken["spending"] & ~broken["uses"] & broken["revenue"][:, None]
    if tariff.any():
        n, j = _worst(np.where(tariff, gaps.spending, 0.0))
        i = int(np.where(np.arange(len(c.regions)) == n, -1.0, c.tariffs[n, :, j]).argmax())
        return (
            f"flows.csv {_place(files.flows, (n, i, j))} or another exporter to it: purchases of "
            f"{c.regions[n]} {c.sectors[j]} with tariff_base miss its absorption {c.absorption[n, j]:.10g}."
        )
    return ""


def _blame_io(c: Calibration, files: _Files, gaps: _Gaps, broken: dict[str, Flags]) -> str:
    """A wrong coefficient breaks the unit cost of its user and the uses of its input."""
    both = broken["unit_cost"].any(axis=1) & broken["uses"].any(axis=1)
    if not both.any():
        return ""
    n = int(np.argmax(both))
    j, k = int(np.abs(gaps.unit_cost[n]).argmax()), int(np.abs(gaps.uses[n]).argmax())
    total = c.value_added_share[n, j] + c.io[n, :, j].sum()
    return (
        f"io_coefficients.csv {_place(files.io, (n, k, j))}: coefficient {c.io[n, k, j]:.10g} does not fit: "
        f"value_added_share plus inputs of {c.regions[n]} {c.sectors[j]} is {total:.12g}, expected 1."
    )


def _blame_region_sector(c: Calibration, files: _Files, gaps: _Gaps, broken: dict[str, Flags]) -> str:
    checks = (
        ("sales", "gross_output", c.output, c.flows.sum(axis=0), "the sales in flows.csv"),
        ("unit_cost", "value_added_share", c.value_added_share, 1.0 - c.io.sum(axis=1), "1 minus the inputs"),
        ("spending", "absorption", c.absorption, None, "the purchases in flows.csv with tariff"),
        ("uses", "final_demand", c.final_demand, None, "absorption minus intermediate use"),
    )
    for name, column, stated, expected, meaning in checks:
        if broken[name].any():
            at = _worst(getattr(gaps, name))
            value = "" if expected is None else f" {expected[at]:.10g}"
            return (
                f"region_sector.csv {_place(files.region_sector, at)}: {column} {stated[at]:.10g} is not "
                f"{meaning}{value}."
            )
    rows = broken["final_share"]
    if rows.any() and not rows.all(axis=1).any():
        at = _worst(gaps.final_share)
        share = c.final_demand[at] / c.income[at[0]]
        return (
            f"region_sector.csv {_place(files.region_sector, at)}: final_share {c.final_share[at]:.10g} "
            f"is not final_demand over income {share:.10g}."
        )
    return ""


def _blame_region(c: Calibration, files: _Files, broken: dict[str, Flags]) -> str:
    checks = (
        ("value_added", "value_added", c.value_added, (c.value_added_share * c.output).sum(axis=1)),
        ("revenue", "tariff_revenue", c.revenue, (c.tariffs * c.flows).sum(axis=(1, 2))),
        ("deficit", "trade_deficit", c.deficits, c.flows.sum(axis=(1, 2)) - c.flows.sum(axis=(0, 2))),
        ("income", "income", c.income, c.value_added + c.revenue + c.deficits),
    )
    name, column, stated, expected = next(check for check in checks if broken[check[0]].any())
    n = int(np.argmax(broken[name]))
    return (
        f"regions.csv {_place(files.regions, (n,))}: {column} {stated[n]:.12g} is not the {expected[n]:.12g} "
        "that the other tables give."
    )


def _worst(gap: Floats) -> tuple[int, ...]:
    return tuple(int(p) for p in np.unravel_index(int(np.abs(gap).argmax()), gap.shape))


def _place(cells: Cells, at: tuple[int, ...]) -> str:
    return cells.where(*at).removeprefix(f"{cells.table.path.name} ")
