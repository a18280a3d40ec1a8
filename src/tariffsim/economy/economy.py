"""The calibrated base year of a trade economy, and what follows from it by accounting."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tariffsim.economy import checks
from tariffsim.economy.aggregation import Groups, aggregate, grouping
from tariffsim.economy.csv_files import Source, choose_elasticities, find_files, read_economy, write_economy
from tariffsim.economy.elasticities import ElasticitySet, elasticity_set
from tariffsim.economy.nodes import CarvedOut, Node, carve_out, check_nodes
from tariffsim.economy.primitives import CLOSURES, Array, Primitives
from tariffsim.errors import EconomyError, unknown_name

if TYPE_CHECKING:
    from tariffsim.economy.prepared import Prepared


@dataclass(frozen=True, eq=False)
class Economy:
    """Base-year accounts of N regions and S sectors (Caliendo & Parro 2015); arrays are read-only.

    Build one with `Economy.from_arrays`, `Economy.from_csv` or `tariffsim.load_economy`. Money in million current USD,
    tariffs as fractions. Arrays of pairs are [importer n, exporter i, sector j].
    """

    regions: tuple[str, ...]
    sectors: tuple[str, ...]
    flows: Array  # (N, N, S) M0 at basic prices, net of tariff; own trade on the diagonal
    tariffs: Array  # (N, N, S) t0
    elasticity_set: ElasticitySet  # trade elasticities as stated; `theta` is what they are in this model
    value_added_share: Array  # (N, S) g
    io: Array  # (N, S, S) G[i, k, j]: input k per unit of output j; sum over k is 1 - g
    final_share: Array  # (N, S) a
    closure: str = "world_gdp_share"
    nodes: tuple[Node, ...] = ()  # critical inputs

    def __post_init__(self) -> None:
        checks.closure(self.closure)
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                fixed = np.array(value, dtype=np.float64, order="C")
                fixed.setflags(write=False)
                object.__setattr__(self, field.name, fixed)

    @classmethod
    def from_arrays(
        cls,
        flows: npt.ArrayLike,
        tariffs: npt.ArrayLike,
        elasticities: npt.ArrayLike | ElasticitySet,
        io: npt.ArrayLike | None = None,
        value_added: npt.ArrayLike | None = None,
        final_demand: npt.ArrayLike | None = None,
        *,
        definition: str | None = None,
        regions: Sequence[str] | None = None,
        sectors: Sequence[str] | None = None,
        deficits: npt.ArrayLike | None = None,
        closure: str = "world_gdp_share",
        balance_tolerance: float = 1e-6,
    ) -> Economy:
        """An economy from anybody's data; raises EconomyError that names the cell at fault.

        flows, tariffs (N, N, S); elasticities (S,), a number or an `ElasticitySet`, `definition` saying what
        the numbers are: "theta" (default) or "sigma" = 1 + theta; io (N, S, S) input k per unit of output j,
        None for no intermediate goods. Value added (N,) or (N, S), final demand (N, S) and
        deficits (N,) follow from these by accounting; those given are checked against it, relative to
        `balance_tolerance`. With `closure="balanced"` the deficits are purged first.
        """
        m, t, g_io = checks.arrays(flows, tariffs, io)
        elastic = elasticity_set(elasticities, m.shape[2], definition)
        names = checks.names("region", regions, m.shape[0]), checks.names("sector", sectors, m.shape[2])
        g_io = checks.trim_io(m, t, g_io, balance_tolerance)
        g = 1.0 - g_io.sum(axis=1)
        final = checks.final_demand(m, t, g_io, names, final_demand, balance_tolerance)
        checks.value_added(m, g, names, value_added, balance_tolerance)
        checks.deficits(m, names, deficits, balance_tolerance)
        checks.closure(closure)
        share = final / final.sum(axis=1, keepdims=True)
        economy = cls(*names, m, t, elastic, g, g_io, share)
        return economy.with_closure(closure)

    @classmethod
    def from_csv(
        cls,
        source: Source,
        elasticities: npt.ArrayLike | ElasticitySet | None = None,
        *,
        definition: str | None = None,
        missing: str = "refuse",
        closure: str = "world_gdp_share",
        balance_tolerance: float = 1e-6,
    ) -> Economy:
        """An economy from tidy CSV files; raises DataError naming file and row, or EconomyError naming the cell.

        `source` is a folder with flows.csv (importer, exporter, sector, flow[, tariff]) and, if wanted,
        tariffs.csv, io.csv, elasticities.csv, regions.csv, sectors.csv; or the flows file alone; or a mapping
        from these names ("flows", "io", ...) to paths. Formats: docs/how-to/use-your-own-data.md.
        `elasticities`: numbers with their `definition`, an `ElasticitySet`, or the name of a set in
        elasticities.csv (None: its only one). `missing` "zero" reads combinations without a row as 0.
        """
        files = find_files(source)
        data = read_economy(files, missing)
        if elasticities is None or isinstance(elasticities, str):
            elasticities = choose_elasticities(files, data.sectors, elasticities)
        return cls.from_arrays(
            data.flows,
            data.tariffs,
            elasticities,
            data.io,
            definition=definition,
            regions=data.regions,
            sectors=data.sectors,
            closure=closure,
            balance_tolerance=balance_tolerance,
        )

    def to_csv(self, folder: str | Path) -> None:
        """Write the files that `Economy.from_csv` reads into a folder, every combination, numbers to the last bit.

        The closure is chosen on reading, and critical inputs have no place in these files: EconomyError if
        there are any, DataError if the folder cannot be written.
        """
        if self.nodes:
            raise EconomyError("critical inputs have no place in CSV files: write economy.with_nodes(()) and add them.")
        write_economy(self, Path(folder).expanduser())

    # ------------------------------------------------------------------ what follows by accounting
    @cached_property
    def theta(self) -> Array:
        """(S,) trade elasticity: ln share falls by theta per ln of relative cost."""
        return _frozen(self.elasticity_set.theta)

    @cached_property
    def expenditure(self) -> Array:
        """X0 (N, S): spending of n on j at user prices, million USD."""
        return _frozen((self.flows * (1.0 + self.tariffs)).sum(axis=1))

    @cached_property
    def shares(self) -> Array:
        """pi0 (N, N, S): share of i in n's spending on j; zero where n buys no j."""
        paid = self.flows * (1.0 + self.tariffs)
        total = self.expenditure[:, None, :]
        return _frozen(np.divide(paid, total, out=np.zeros_like(paid), where=total > 0.0))

    @cached_property
    def output(self) -> Array:
        """Y0 (N, S): sales of the producers of i, million USD."""
        return _frozen(self.flows.sum(axis=0))

    @cached_property
    def value_added(self) -> Array:
        """w L (N,): value added at factor cost, million USD."""
        return _frozen((self.value_added_share * self.output).sum(axis=1))

    @cached_property
    def deficits(self) -> Array:
        """D (N,): imports minus exports at basic prices, million USD; the world sum is zero."""
        return _frozen(self.flows.sum(axis=(1, 2)) - self.flows.sum(axis=(0, 2)))

    @cached_property
    def revenue(self) -> Array:
        """Duties (N,), million USD."""
        return _frozen((self.flows * self.tariffs).sum(axis=(1, 2)))

    @cached_property
    def income(self) -> Array:
        """I0 (N,) = w L + duties + D, million USD."""
        return _frozen(self.value_added + self.revenue + self.deficits)

    @cached_property
    def carved_out(self) -> CarvedOut:
        """Technology without the slices of critical inputs under market rationing."""
        return carve_out(self.nodes, self.sectors, self.value_added_share, self.io, self.output)

    @cached_property
    def primitives(self) -> Primitives:
        """The arrays the solver reads."""
        return Primitives(
            self.theta,
            self.tariffs,
            self.shares,
            self.flows,
            self.carved_out.value_added_share,
            self.carved_out.io,
            self.final_share,
            self.value_added,
            self.deficits,
            self.expenditure,
            float(self.revenue.sum()),
            CLOSURES.index(self.closure),
            self.carved_out.tables,
        )

    @cached_property
    def prepared(self) -> Prepared:
        """Tables and blocks that every solve of this economy shares."""
        from tariffsim.economy.prepared import prepare_economy  # brings Numba; not every user solves

        return prepare_economy(self.primitives)

    # ------------------------------------------------------------------ variants and look-ups
    def with_elasticities(
        self, values: npt.ArrayLike | ElasticitySet, definition: str | None = None, name: str = "given"
    ) -> Economy:
        """The same base year with other trade elasticities: a number, (S,), or an `ElasticitySet`.

        `definition` says what the numbers are: "theta" (default) or "sigma" = 1 + theta; `name` is what reports
        call them. EconomyError for theta <= 0, a wrong number of sectors, another definition than a set states.
        """
        return replace(self, elasticity_set=elasticity_set(values, len(self.sectors), definition, name))

    def aggregate(
        self,
        regions: Groups | None = None,
        sectors: Groups | None = None,
        *,
        theta: npt.ArrayLike | ElasticitySet | None = None,
    ) -> Economy:
        """Merge regions and sectors: {"NA": ["USA", "CAN", "MEX"]}; names not mentioned stay alone.

        Every base-year account (flows, duties, value added, income, deficits, spending, final demand) is the
        sum over the members; critical inputs are merged too. Elasticities of merged sectors are trade-weighted
        means, an approximation (`aggregation.py`), unless `theta` gives them, (S') or a number. Raises
        EconomyError for an unknown or repeated name, an empty group, a new name that is taken.
        """
        groups = grouping("region", self.regions, regions), grouping("sector", self.sectors, sectors)
        merged = replace(self, **aggregate(self, *groups)._asdict())
        return merged if theta is None else merged.with_elasticities(theta)

    def with_nodes(self, nodes: Sequence[Node]) -> Economy:
        """The same base year with these critical inputs, in place of those it has.

        Raises EconomyError for wrong shapes and for slices larger than what the user buys from the sector.
        """
        return replace(self, nodes=check_nodes(nodes, self.regions, self.sectors, self.io))

    def node_index(self, name: str | int) -> int:
        """Position of a critical input given by name or position; EconomyError with the nearest name."""
        return _position("critical input", name, tuple(node.name for node in self.nodes))

    def with_closure(self, name: str) -> Economy:
        """The same economy under another deficit closure.

        `world_gdp_share`: D' keeps its share of world GDP at market prices (Dekle, Eaton & Kortum 2007).
        `fixed`: D' = D in units of the numeraire, world value added. `value_added_share`: D' keeps its
        share of the region's own value added; what does not add up to zero is shared by value added.
        `balanced`: deficits are purged first, at the elasticities in force: the result is the base
        year without them, and every hat is relative to it.
        """
        checks.closure(name)
        if name == "balanced" and np.any(np.abs(self.deficits) > 1e-9 * self.income):
            from tariffsim.economy.purge import balanced_flows  # compiles; only needed here

            technology = replace(self, nodes=()).primitives  # slices are cut out of the balanced base year
            return replace(self, flows=balanced_flows(technology), closure=name)
        return replace(self, closure=name)

    def region_index(self, region: str | int) -> int:
        """Position of a region given by name or position; EconomyError with the nearest name."""
        return _position("region", region, self.regions)

    def sector_index(self, sector: str | int) -> int:
        """Position of a sector given by name or position; EconomyError with the nearest name."""
        return _position("sector", sector, self.sectors)

    def content_hash(self) -> str:
        """SHA-256 over names, closure and every array: equal hashes mean equal economies.

        Elasticities count as theta: what they are called and how they were stated changes no result.
        """
        digest = hashlib.sha256()
        parts: tuple[Economy | Node, ...] = (self, *self.nodes)
        for part in parts:
            for field in fields(part):
                value = getattr(part, "theta" if field.name == "elasticity_set" else field.name)
                if field.name != "nodes":
                    digest.update(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
        return digest.hexdigest()


def _frozen(array: Array) -> Array:
    array.setflags(write=False)
    return array


def _position(kind: str, got: str | int, names: tuple[str, ...]) -> int:
    if isinstance(got, str):
        if got not in names:
            raise EconomyError(unknown_name(kind, got, names))
        return names.index(got)
    if not 0 <= got < len(names):
        raise EconomyError(f"{kind} {got} is out of range: positions run from 0 to {len(names) - 1}.")
    return int(got)
