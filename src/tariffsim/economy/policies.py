"""Wedges made ready for the kernel: powers and divisions that do not change during a solve."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from tariffsim.economy import checks
from tariffsim.economy.economy import Economy
from tariffsim.economy.primitives import RENTS, Array, Policies
from tariffsim.economy.wedges import Wedges
from tariffsim.errors import EconomyError

Shape = tuple[int, ...]


def prepare(economy: Economy, wedges: Wedges) -> tuple[Policies, Shape]:
    """Policies for the kernel and the shape of the batch (empty for one world)."""
    n, s = len(economy.regions), len(economy.sectors)
    pair = (n, n, s)
    t = _field("tariffs", wedges.tariffs, pair, economy.tariffs, -1.0)
    x = _field("export_taxes", wedges.export_taxes, pair, None, -1.0)
    d = _field("iceberg", wedges.iceberg, pair, None, 0.0, embargo=True)
    a = _field("productivity", wedges.productivity, (n, s), None, 0.0)
    q = _field("rations", wedges.rations, pair, None, 0.0, inclusive=True)
    if t is None:
        raise EconomyError("tariffs are missing.")  # cannot happen: the base stands in
    _own_trade_untaxed(economy, t)
    batch = _batch_shape([f for f in (t, x, d, q) if f is not None], [] if a is None else [a])
    worlds = math.prod(batch)
    policies = Policies(
        worlds,
        _kernel(economy, t, x, d, batch),
        _flat(_per_unit(t, x), 3, batch),
        _flat(t / (1.0 + t), 3, batch),
        np.zeros((1, 1, 1, 1)) if x is None else _flat(x, 3, batch),
        np.zeros((1, n, s)) if a is None else _flat(np.log(a), 2, batch),
        np.full((1, 1, 1, 1), np.inf) if q is None else _flat(q, 3, batch),
        RENTS.index(wedges.ration_rent),
    )
    return policies, batch


def _field(
    name: str,
    value: npt.ArrayLike | None,
    tail: Shape,
    default: Array | None,
    bound: float,
    *,
    inclusive: bool = False,
    embargo: bool = False,
) -> Array | None:
    """A checked wedge of shape (..., *tail), or the default if it is not given."""
    if value is None:
        return default
    array = checks.number_array(name, value)
    if array.shape[-len(tail) :] != tail:
        axes = "[..., importer, exporter, sector]" if len(tail) == 3 else "[..., region, sector]"
        raise EconomyError(f"{name} has shape {array.shape}, but {axes} of this economy asks for (..., {tail}).")
    checks.no_nan(name, array)
    finite = np.minimum(array, 1e300) if embargo else array
    checks.above(name, finite, bound, inclusive=inclusive)
    return array


def _own_trade_untaxed(economy: Economy, t: Array) -> None:
    """A tariff on own trade is nearly always `tariffs + .1` without thinking of the diagonal."""
    own = np.arange(len(economy.regions))
    if np.any(t[..., own, own, :] != economy.tariffs[own, own]):
        raise EconomyError(
            "tariffs on own trade (importer = exporter) differ from the base year's; leave the diagonal alone."
        )


def _batch_shape(pairs: list[Array], cells: list[Array]) -> Shape:
    leads = [f.shape[:-3] for f in pairs] + [f.shape[:-2] for f in cells]
    try:
        return np.broadcast_shapes(*leads)
    except ValueError:
        raise EconomyError(f"batch axes of the wedges do not broadcast: {leads}.") from None


def _per_unit(t: Array, x: Array | None) -> Array:
    return 1.0 / (1.0 + t) if x is None else 1.0 / ((1.0 + t) * (1.0 + x))


def _kernel(economy: Economy, t: Array, x: Array | None, d: Array | None, batch: Shape) -> Array:
    """pi0 kh^-theta, with kh = d (1+x') (1+t')/(1+t0): the only powers of a solve."""
    log_k = np.log1p(t) - np.log1p(economy.tariffs)
    if x is not None:
        log_k = log_k + np.log1p(x)
    if d is not None:
        log_k = log_k + np.log(d)
    kernel = economy.shares * np.exp(np.minimum(-economy.theta * log_k, 700.0))
    return _flat(kernel, 3, batch)


def _flat(array: Array, tail: int, batch: Shape) -> Array:
    """(worlds or 1, *tail): one leading axis, not repeated when every world has the same."""
    lead, rest = array.shape[:-tail], array.shape[-tail:]
    if math.prod(lead) == 1 and math.prod(batch) != 1:
        return np.ascontiguousarray(array.reshape(1, *rest))
    if lead != batch:
        array = np.broadcast_to(array, (*batch, *rest))
    return np.ascontiguousarray(array).reshape(math.prod(batch), *rest)
