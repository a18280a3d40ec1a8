"""Wedges checked and laid out for the kernel."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from tariffsim.economy import checks
from tariffsim.economy.economy import Economy
from tariffsim.economy.primitives import RENTS, Array, Policies, absent
from tariffsim.economy.supply import Supply, supply_of
from tariffsim.economy.wedges import Wedges
from tariffsim.errors import EconomyError

Shape = tuple[int, ...]
AXES = {
    "productivity": "[..., region, sector]",
    "licences": "[..., user, supplier, critical input]",
    "stocks": "[..., user, critical input]",
}


def prepare(economy: Economy, wedges: Wedges) -> tuple[Policies, Shape]:
    """Policies for the kernel and the shape of the batch (empty for one world)."""
    n, s, z = len(economy.regions), len(economy.sectors), len(economy.nodes)
    pair = (n, n, s)
    t = np.array(economy.tariffs) if wedges.tariffs is None else _field("tariffs", wedges.tariffs, pair, -1.0)
    x = _optional("export_taxes", wedges.export_taxes, pair, -1.0)
    d = _optional("iceberg", wedges.iceberg, pair, 0.0, upper=math.inf)
    a = _optional("productivity", wedges.productivity, (n, s), 0.0)
    q = _optional("rations", wedges.rations, pair, 0.0, inclusive=True, upper=math.inf)
    _own_trade_untaxed(economy, t)
    supply = _supply(economy, wedges, (n, n, z), (n, z))
    hats = [hat for hat in (a, supply.quota) if hat is not None]
    batch = _batch_shape([(f, 3) for f in (t, x, d, q) if f is not None] + [(h, 2) for h in (*hats, supply.available)])
    policies = Policies(
        math.prod(batch),
        _flat(t, 3, batch),
        absent(0.0) if x is None else _flat(x, 3, batch),
        absent(1.0) if d is None else _flat(d, 3, batch),
        _flat(np.asarray(sum(np.log(hat) for hat in hats)), 2, batch) if hats else np.zeros((1, 1, 1)),
        absent(math.inf) if q is None else _flat(q, 3, batch),
        RENTS.index(wedges.ration_rent),
        _flat(supply.available, 2, batch),
        _flat(supply.receivers, 3, batch),
    )
    return policies, batch


def _supply(economy: Economy, wedges: Wedges, pairs: Shape, users: Shape) -> Supply:
    """Supply of critical inputs, checked: licences (..., N, N, Z) in [0, 1], stocks (..., N, Z) at least 0."""
    licences = _optional("licences", wedges.licences, pairs, 0.0, inclusive=True)
    stocks = _optional("stocks", wedges.stocks, users, 0.0, inclusive=True)
    if licences is not None and licences.size:
        checks.above("licences", licences, 0.0, inclusive=True, upper=1.0)
    granted = np.ones(pairs) if licences is None else licences
    stored = np.zeros(users) if stocks is None else stocks
    _batch_shape([(granted, 3), (stored, 2)])
    return supply_of(economy.nodes, granted, stored)


def _field(
    name: str,
    value: npt.ArrayLike,
    tail: Shape,
    bound: float,
    *,
    inclusive: bool = False,
    upper: float | None = None,
) -> Array:
    """A checked copy of a wedge, of shape (..., *tail): bound < value < upper, infinity only if upper says so."""
    array = checks.number_array(name, value)
    if array.shape[-len(tail) :] != tail:
        axes = AXES.get(name, "[..., importer, exporter, sector]")
        raise EconomyError(f"{name} has shape {array.shape}, but {axes} of this economy asks for (..., {tail}).")
    if not array.size:
        return array
    low, high = array.min(), array.max()  # both are NaN if anything is
    fine = (low >= bound if inclusive else low > bound) and (high < math.inf or upper == math.inf)
    if not fine:
        checks.no_nan(name, array)
        checks.above(name, np.minimum(array, 1e300) if upper else array, bound, inclusive=inclusive)
    return array


def _optional(
    name: str,
    value: npt.ArrayLike | None,
    tail: Shape,
    bound: float,
    *,
    inclusive: bool = False,
    upper: float | None = None,
) -> Array | None:
    return None if value is None else _field(name, value, tail, bound, inclusive=inclusive, upper=upper)


def _own_trade_untaxed(economy: Economy, t: Array) -> None:
    """A tariff on own trade is nearly always `tariffs + .1` without thinking of the diagonal."""
    here, base = (array.diagonal(axis1=-3, axis2=-2) for array in (t, economy.tariffs))
    if np.any(here != base):
        raise EconomyError(
            "tariffs on own trade (importer = exporter) differ from the base year's; leave the diagonal alone."
        )


def _batch_shape(arrays: list[tuple[Array, int]]) -> Shape:
    """The shape in which the leading axes of arrays with so many axes of their own broadcast."""
    leads = [array.shape[:-tail] for array, tail in arrays]
    try:
        return np.broadcast_shapes(*leads)
    except ValueError:
        raise EconomyError(f"batch axes of the wedges do not broadcast: {leads}.") from None


def _flat(array: Array, tail: int, batch: Shape) -> Array:
    """(worlds or 1, *tail): one leading axis, not repeated when every world has the same."""
    lead, rest = array.shape[:-tail], array.shape[-tail:]
    if math.prod(lead) == 1 and math.prod(batch) != 1:
        return np.require(array.reshape(1, *rest), requirements=["C", "W"])
    if lead != batch:
        array = np.broadcast_to(array, (*batch, *rest))
    return np.require(array, requirements=["C", "W"]).reshape(math.prod(batch), *rest)
