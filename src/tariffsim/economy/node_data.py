"""From the data on critical inputs to the nodes of an economy: `economy.with_nodes(load_nodes(economy))`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from tariffsim.economy.critical_data import LEVELS, load_critical_inputs
from tariffsim.economy.economy import Economy
from tariffsim.economy.nodes import Node
from tariffsim.errors import DataError, unknown_name

T = TypeVar("T", str, float)


def load_nodes(
    economy: Economy,
    level: str = "central",
    rationing: str | Mapping[str, str] = "market",
    rent: str | Mapping[str, str] = "user",
    rho: float | Mapping[str, float] | None = None,
    backstop_price: float | Mapping[str, float] = np.inf,
    *,
    names: Sequence[str] | None = None,
    data: str = "baseline",
    directory: str | Path | None = None,
) -> tuple[Node, ...]:
    """The critical inputs of the data as nodes for `Economy.with_nodes`, in the order of the data or of `names`.

    Parameters
    ----------
    economy: has the regions and sectors of the data, for example `load_economy()`.
    level: "low", "central" or "high" cost shares. Supplier shares are central.
    rationing, rent, backstop_price: as in `Node`; one for all, or by name, where what is left out keeps the
        default. No backstop unless given: how dear a shortage can get is a judgement, not data (the
        scenarios take 30 times the normal price, 5 to 200).
    rho: elasticity of substitution; without one, or for a name left out, the central one of the data.
    names: some of the inputs; all without it.
    data, directory: as `name` and `directory` of `load_economy`.

    Slices that do not fit into what their user buys are cut, in proportion where several share a supplier
    sector; `all_caps(load_critical_inputs(economy))` lists the cuts. Raises DataError for an unknown input or
    level and for malformed files, EconomyError for values that a `Node` refuses.
    """
    inputs = load_critical_inputs(economy, data, directory)
    if level not in LEVELS:
        raise DataError(unknown_name("level", level, LEVELS))
    for given in (names, rationing, rent, rho, backstop_price):
        _known(given, inputs)
    return tuple(
        Node(
            name=name,
            sector=inputs[name].supplier_sector,
            cost_share=getattr(inputs[name].cost_share, level),
            rho=_of(rho, name, inputs[name].rho.central),
            supplier_share=inputs[name].supplier_share.central,
            backstop_price=_of(backstop_price, name, np.inf),
            rationing=_of(rationing, name, "market"),
            rent=_of(rent, name, "user"),
        )
        for name in (inputs if names is None else names)
    )


def _known(given: object, inputs: Collection[str]) -> None:
    """Refuse names, in a list or as keys, that the data do not have."""
    if isinstance(given, Mapping | Sequence) and not isinstance(given, str):
        for name in given:
            if name not in inputs:
                raise DataError(unknown_name("critical input", name, inputs))


def _of(value: T | Mapping[str, T] | None, name: str, default: T) -> T:
    """The value of one input: given for it, for all, or the default."""
    if isinstance(value, Mapping):
        return value.get(name, default)
    return default if value is None else value
