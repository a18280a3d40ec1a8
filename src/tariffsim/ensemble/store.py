"""Results on disk: tidy parquet tables and a manifest, read back bit for bit.

One table for each set of axes: a row is one world, or one world and date and pair, .... `outcomes.parquet` has one row
a world, with a column for each party, term and partner. Names of axes are dictionary-encoded, numbers are plain.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tariffsim.ensemble.findings import Findings
from tariffsim.ensemble.folders import staged
from tariffsim.ensemble.labels import Labels
from tariffsim.ensemble.provenance import Provenance, sha256
from tariffsim.ensemble.variables import VARIABLES, Values, Variable
from tariffsim.errors import ConfigError, ResultsError
from tariffsim.scenario.reading import read
from tariffsim.scenario.schema import Scenario

FORMAT = 1
MANIFEST = "manifest.json"
WIDE = ("party", "term", "partner", "cause", "concept")  # axes that become columns where there is no time
TABLES: Mapping[tuple[str, ...], str] = {
    ("world",): "outcomes",
    ("world", "time"): "truce",
    ("world", "time", "addon_pair"): "addons",
    ("world", "time", "pair"): "pairs",
    ("world", "time", "horizon", "country"): "countries",
    ("world", "time", "supply"): "supply",
    ("world", "time", "control"): "controls",
    ("world", "time", "flow"): "flows",
    ("world", "time", "partner"): "partners",
    ("world", "time", "offer_number"): "offers",
    ("world", "time", "offer_number", "party"): "offer_values",
    ("world", "time", "party"): "parties",
    ("world", "party", "depth"): "disagreement",
    ("world", "depth", "term"): "nash_terms",
    ("world", "war_tick", "party"): "war_path",
    ("world", "time", "party", "kind"): "beliefs",
}


def save(results: Findings, folder: Path) -> Path:
    """Write results into the new folder; it appears whole or not at all. Raises ResultsError."""
    with staged(folder, counter=False) as staging:
        write_into(results, staging.path)
    assert staging.published is not None
    return staging.published


def write_into(results: Findings, folder: Path) -> None:
    """Write tables and manifest into an existing folder."""
    import pyarrow.parquet as pq

    files = {}
    for axes, name in TABLES.items():
        columns = _columns(results, axes)
        path = folder / f"{name}.parquet"
        ids = [axis for axis in axes if axis not in ("world", "time")]
        pq.write_table(columns, path, compression="zstd", use_dictionary=[*ids, "time"] if "time" in axes else ids)
        files[path.name] = {"rows": columns.num_rows, "bytes": path.stat().st_size, "sha256": sha256(path)}
    (folder / MANIFEST).write_text(as_text(_manifest(results, files)), encoding="utf-8")


def as_text(manifest: Mapping[str, Any]) -> str:
    """A manifest as JSON."""
    return json.dumps(manifest, indent=1, ensure_ascii=False, default=_plain, allow_nan=True) + "\n"


def load(folder: Path) -> Findings:
    """Read what `save` wrote; raises ResultsError if anything is amiss."""
    manifest = _read_manifest(folder)
    try:
        scenario = read(Scenario, manifest["config"], "config")
        labels = Labels(**{name: tuple(values) for name, values in manifest["labels"].items()})
        provenance = Provenance(**manifest["provenance"])
        files, worlds = manifest["files"], int(manifest["worlds"])
    except (KeyError, TypeError, ValueError, ConfigError) as error:
        raise ResultsError(f"{folder / MANIFEST} is damaged or from another version of tariffsim: {error}.") from None
    arrays: dict[str, Values] = {}
    for axes, name in TABLES.items():
        arrays |= _read_table(folder / f"{name}.parquet", axes, labels, worlds, files)
    return Findings(scenario, labels, {v.name: arrays[v.name] for v in VARIABLES}, provenance)


def _columns(results: Findings, axes: tuple[str, ...]) -> Any:
    """A table whose rows run over `axes`, the last one fastest."""
    import pyarrow as pa

    lengths = _lengths(axes, results.labels, results.worlds)
    columns = {axis: _index(results.labels, axes, lengths, k) for k, axis in enumerate(axes)}
    for variable, name, pick in _members(axes, results.labels):
        columns[name] = pa.array(results.arrays[variable.name][pick].reshape(-1))
    return pa.table(columns)


def _members(axes: tuple[str, ...], labels: Labels) -> list[tuple[Variable, str, Any]]:
    """Variables of one table, with the column and the part of the array that goes into it."""
    found: list[tuple[Variable, str, Any]] = []
    for variable in VARIABLES:
        if variable.dims == axes:
            found.append((variable, variable.name, ...))
        elif axes == ("world",) and len(variable.dims) == 2 and variable.dims[1] in WIDE:
            names = labels.names(variable.dims[1])
            found += [(variable, f"{variable.name}.{name}", np.s_[:, k]) for k, name in enumerate(names)]
    return found


def _lengths(axes: tuple[str, ...], labels: Labels, worlds: int) -> list[int]:
    return [worlds if axis == "world" else labels.size(axis) for axis in axes]


def _index(labels: Labels, axes: tuple[str, ...], lengths: list[int], k: int) -> Any:
    import pyarrow as pa

    inner, outer = math.prod(lengths[k + 1 :]), math.prod(lengths[:k])
    codes = np.tile(np.repeat(np.arange(lengths[k], dtype=np.int32), inner), outer)
    if axes[k] == "world":
        return pa.array(codes)
    if axes[k] == "time":
        return pa.array(labels.dates.astype("datetime64[D]")[codes])
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(labels.names(axes[k]), type=pa.string()))


def _manifest(results: Findings, files: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "scenario": results.scenario.name,
        "seed": results.scenario.seed,
        "worlds": results.worlds,
        "provenance": dataclasses.asdict(results.provenance),
        "files": files,
        "variables": {
            v.name: {"dims": v.dims, "units": v.units, "long_name": v.long_name, "source": v.source, "flags": v.flags}
            for v in VARIABLES
        },
        "labels": dataclasses.asdict(results.labels),
        "config": dataclasses.asdict(results.scenario),
    }


def _plain(value: object) -> str:
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} can't be written as JSON")


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ResultsError(f"no result in {folder}: {MANIFEST} is missing. Give the folder of one run.") from None
    except (OSError, ValueError) as error:
        raise ResultsError(f"cannot read {path}: {error}.") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ResultsError(f"{path} is not of format {FORMAT}, the one this version of tariffsim reads.")
    return manifest


def _read_table(
    path: Path, axes: tuple[str, ...], labels: Labels, worlds: int, files: Mapping[str, Any]
) -> dict[str, Values]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if path.name not in files or sha256(path) != files[path.name]["sha256"]:
            raise ResultsError(f"{path} is not the file its manifest describes: damaged, or changed since.")
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise ResultsError(f"cannot read {path}: {error}.") from None
    shape = _lengths(axes, labels, worlds)
    found: dict[str, list[Values]] = {}
    for variable, name, _ in _members(axes, labels):
        found.setdefault(variable.name, []).append(table.column(name).to_numpy().reshape(shape))
    wide = {v.name for v in VARIABLES if v.dims != axes}
    return {name: np.stack(parts, axis=-1) if name in wide else parts[0] for name, parts in found.items()}
