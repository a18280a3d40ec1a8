"""One xarray dataset, built once from finished arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tariffsim.ensemble.labels import Labels
from tariffsim.ensemble.variables import VARIABLES, Values, Variable

if TYPE_CHECKING:
    import xarray as xr

DIMS = (
    "time",
    "horizon",
    "country",
    "addon_pair",
    "pair",
    "supply",
    "control",
    "flow",
    "partner",
    "party",
    "term",
    "offer_number",
    "kind",
    "cause",
    "concept",
    "depth",
    "war_tick",
)


def build_dataset(arrays: Mapping[str, Values], labels: Labels, attributes: Mapping[str, Any]) -> xr.Dataset:
    """The dataset of arrays in the order of `VARIABLES`; every variable says its unit, meaning and source."""
    import xarray as xr

    variables = {v.name: (v.dims, arrays[v.name], _attributes(v)) for v in VARIABLES}
    return xr.Dataset(variables, _coordinates(labels, len(arrays["status"])), dict(attributes))


def _attributes(variable: Variable) -> dict[str, Any]:
    words: dict[str, Any] = {"units": variable.units, "long_name": variable.long_name, "source": variable.source}
    if variable.dims == ("world",) and variable.units == "date":
        del words["units"]  # xarray keeps this word for how dates are written to disk
    if variable.flags:
        words |= {"flag_values": list(range(len(variable.flags))), "flag_meanings": " ".join(variable.flags)}
    if variable.masks:
        words |= {
            "flag_masks": [1 << k for k in range(len(variable.masks))],
            "flag_meanings": " ".join(variable.masks),
        }
    return words


def _coordinates(labels: Labels, worlds: int) -> dict[str, Any]:
    found: dict[str, Any] = {dim: (dim, np.array(labels.names(dim), dtype=str)) for dim in DIMS if dim != "time"}
    found["world"] = ("world", np.arange(worlds))
    found["time"] = ("time", labels.dates)
    importer, exporter = split_pairs(labels.pair)
    owner, buyer, name = split_supply(labels.supply)
    return found | {
        "importer": ("pair", importer),
        "exporter": ("pair", exporter),
        "owner": ("supply", owner),
        "buyer": ("supply", buyer),
        "input": ("supply", name),
        "term_units": ("term", np.array(labels.term_units)),
    }


def split_pairs(names: tuple[str, ...]) -> tuple[Values, Values]:
    """'USA>CHN' as importer and exporter."""
    halves = [name.split(">") for name in names]
    return np.array([h[0] for h in halves], dtype=str), np.array([h[1] for h in halves], dtype=str)


def split_supply(names: tuple[str, ...]) -> tuple[Values, Values, Values]:
    """'CHN>USA:magnets' as owner, buyer and input."""
    parts = [(*name.split(":")[0].split(">"), name.split(":")[1]) for name in names]
    return tuple(np.array([p[k] for p in parts], dtype=str) for k in range(3))  # type: ignore[return-value]
