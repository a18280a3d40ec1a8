"""The calibrated economy from its files: `load_economy("baseline")` and its elasticity sets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tariffsim.data import data_directory
from tariffsim.data.tables import read_table
from tariffsim.economy.calibration import FILES, Calibration, read_calibration
from tariffsim.economy.critical_data import load_critical_inputs
from tariffsim.economy.csv_files import read_elasticities
from tariffsim.economy.economy import Economy
from tariffsim.economy.elasticities import ElasticitySet
from tariffsim.economy.node_data import load_nodes
from tariffsim.errors import DataError, unknown_name

__all__ = [
    "ElasticitySet",
    "available_elasticities",
    "load_calibration",
    "load_critical_inputs",
    "load_economy",
    "load_elasticities",
    "load_nodes",
]


def load_economy(
    name: str = "baseline",
    elasticities: str = "U4",
    closure: str = "world_gdp_share",
    directory: str | Path | None = None,
) -> Economy:
    """The calibrated economy `name`, every accounting identity checked to 1e-9 (relative).

    Parameters
    ----------
    name: folder with the six CSV files, inside `directory` or, without one, among the shipped data
        ("baseline": 16 regions, 20 sectors, year 2022, million USD, tariffs of mid-2022 as fractions).
    elasticities: a set of `available_elasticities`, for example "U4", "CP", "FGO", "BLP".
    closure: treatment of trade deficits, see `Economy.with_closure`.

    Raises DataError for an unknown name, or naming the file and the row that is malformed or breaks an
    identity; EconomyError for an unknown closure.
    """
    folder = _folder(name, directory)
    return _economy(_Version(folder, _stamp(folder)), elasticities, closure)


def load_calibration(name: str = "baseline", directory: str | Path | None = None) -> Calibration:
    """The checked base-year accounts behind `load_economy`, the parts of the base tariff included."""
    folder = _folder(name, directory)
    return _calibration(_Version(folder, _stamp(folder)))


def load_elasticities(name: str = "baseline", directory: str | Path | None = None) -> dict[str, ElasticitySet]:
    """Every elasticity set of an economy, by name, in the order of the file."""
    folder = _folder(name, directory)
    return _elasticities(_Version(folder, _stamp(folder)))


def available_elasticities(name: str = "baseline", directory: str | Path | None = None) -> list[str]:
    """Names of the elasticity sets of an economy, sorted."""
    return sorted(load_elasticities(name, directory))


def _folder(name: str, directory: str | Path | None) -> Path:
    home = data_directory() if directory is None else Path(directory).expanduser()
    folder = home / name
    if not (folder / "flows.csv").is_file():
        known = [path.parent.name for path in home.glob("*/flows.csv")]
        raise DataError(unknown_name("economy", name, known) + f" Looked in {home}.")
    return folder


@dataclass(frozen=True)
class _Version:
    """A folder and the time and size of each file: an edited file is read again, an untouched one is not."""

    folder: Path
    stamp: tuple[tuple[str, int, int], ...]


def _stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    stats = [(file, (folder / file).stat()) for file in FILES if (folder / file).is_file()]
    return tuple((file, stat.st_mtime_ns, stat.st_size) for file, stat in stats)


@lru_cache(maxsize=32)
def _economy(version: _Version, elasticities: str, closure: str) -> Economy:
    c = _calibration(version)
    sets = _elasticities(version)
    if elasticities not in sets:
        raise DataError(unknown_name("elasticity set", elasticities, sets))
    return Economy.from_arrays(
        c.flows,
        c.tariffs,
        sets[elasticities],
        c.io,
        c.value_added,
        c.final_demand,
        regions=c.regions,
        sectors=c.sectors,
        deficits=c.deficits,
        closure=closure,
        balance_tolerance=1e-9,
    )


@lru_cache(maxsize=8)
def _calibration(version: _Version) -> Calibration:
    return read_calibration(version.folder)


@lru_cache(maxsize=8)
def _elasticities(version: _Version) -> dict[str, ElasticitySet]:
    sectors = read_table(version.folder / "sectors.csv").column("sector")
    return read_elasticities(version.folder / "elasticities.csv", sectors)
