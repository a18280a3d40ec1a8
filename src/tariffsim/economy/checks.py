"""Checks of the arrays users hand in: one line that says what came, where, and what is allowed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tariffsim.economy.primitives import CLOSURES, Array
from tariffsim.errors import EconomyError, unknown_name

Names = tuple[tuple[str, ...], tuple[str, ...]]


def number_array(name: str, value: npt.ArrayLike) -> Array:
    """`value` as float64; EconomyError if it is not numeric."""
    try:
        return np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise EconomyError(f"{name} must be an array of numbers, got {type(value).__name__}.") from None


def at_least(name: str, value: object, bound: float) -> None:
    """EconomyError unless `value` is one number, bound or more; infinity will do."""
    if not isinstance(value, (int, float, np.number)) or not value >= bound:
        raise EconomyError(f"{name} must be a number >= {bound:g}; got {value!r}.")


def no_nan(name: str, array: Array) -> None:
    """EconomyError that gives the position of the first NaN."""
    bad = np.isnan(array)
    if bad.any():
        where = tuple(int(k) for k in np.argwhere(bad)[0])
        raise EconomyError(f"{name} holds NaN in {int(bad.sum())} cells, first at {where}; use 0 for no trade.")


def above(name: str, array: Array, bound: float, *, inclusive: bool, upper: float = np.inf) -> None:
    """EconomyError unless bound < array < upper (bound and upper allowed if `inclusive`)."""
    if inclusive:
        bad, sign = ~((array >= bound) & (array <= upper)), ">="
    else:
        bad, sign = ~((array > bound) & (array < upper)), ">"
    if bad.any():
        where = tuple(int(k) for k in np.argwhere(bad)[0])
        limit = "" if upper == np.inf and inclusive else f" and below {upper:g}"
        raise EconomyError(f"{name} must be {sign} {bound:g}{limit}; got {array[where]:g} at {where}.")


def shape(name: str, array: Array, wanted: tuple[int, ...], axes: str) -> None:
    """EconomyError unless the shape is the wanted one."""
    if array.shape != wanted:
        raise EconomyError(f"{name} has shape {array.shape}, but {axes} asks for {wanted}.")


def closure(name: str) -> None:
    """EconomyError with the nearest name unless `name` is a deficit closure."""
    if name not in CLOSURES:
        raise EconomyError(unknown_name("deficit closure", name, CLOSURES))


def arrays(flows: npt.ArrayLike, tariffs: npt.ArrayLike, io: npt.ArrayLike | None) -> tuple[Array, Array, Array]:
    """Flows, tariffs and input coefficients, checked for shape, NaN, sign and bounds."""
    m, t = number_array("flows", flows), number_array("tariffs", tariffs)
    if m.ndim != 3 or m.shape[0] != m.shape[1] or 0 in m.shape:
        raise EconomyError(f"flows has shape {m.shape}, but [importer, exporter, sector] asks for (N, N, S).")
    regions, _, sectors = m.shape
    shape("tariffs", t, m.shape, "[importer, exporter, sector]")
    no_nan("flows", m)
    above("flows", m, 0.0, inclusive=True, upper=1e300)
    no_nan("tariffs", t)
    above("tariffs", t, -1.0, inclusive=False)
    g_io = np.zeros((regions, sectors, sectors)) if io is None else number_array("io", io)
    shape("io", g_io, (regions, sectors, sectors), "[region, input, output sector]")
    no_nan("io", g_io)
    above("io", g_io, 0.0, inclusive=True, upper=1.0)
    above("value added share 1 - sum(io over inputs)", 1.0 - g_io.sum(axis=1), 0.0, inclusive=False)
    return m, t, g_io


def names(kind: str, given: Sequence[str] | None, count: int) -> tuple[str, ...]:
    """Names, or R0, R1, ... and S0, S1, ...; EconomyError on a wrong count or a repeated name."""
    if given is None:
        return tuple(f"{kind[0].upper()}{k}" for k in range(count))
    result = tuple(str(name) for name in given)
    if len(result) != count or len(set(result)) != count:
        raise EconomyError(f"{kind}s: {count} different names are needed, got {len(set(result))}: {result}.")
    return result


def trim_io(m: Array, t: Array, io: Array, tolerance: float) -> Array:
    """io with rounding removed: use beyond spending by at most `tolerance` is scaled down to spending."""
    spending = (m * (1.0 + t)).sum(axis=1)
    use: Array = np.einsum("nkj,nj->nk", io, m.sum(axis=0))
    over = (use > spending) & (use <= spending + tolerance * spending.max(axis=1, keepdims=True))
    factor = np.divide(spending, use, out=np.ones_like(use), where=over & (use > 0.0))
    return np.asarray(io * factor[:, :, None])


def final_demand(m: Array, t: Array, io: Array, names: Names, given: npt.ArrayLike | None, tolerance: float) -> Array:
    """Final demand (N, S) = spending - intermediate use, which must not be negative."""
    spending = (m * (1.0 + t)).sum(axis=1)
    use = np.einsum("nkj,nj->nk", io, m.sum(axis=0))
    final: Array = spending - use
    short = final < -1e-12 * spending.max(axis=1, keepdims=True)
    if short.any():
        n, k = (int(v) for v in np.argwhere(short)[0])
        most = int((io[n, k] * m[:, n].sum(axis=0)).argmax())
        raise EconomyError(
            f"{names[0][n]} buys {spending[n, k]:.6g} of {names[1][k]} but its sectors use {use[n, k]:.6g} (most of "
            f"it in {names[1][most]}): final demand would be negative; lower io or raise flows there."
        )
    final[final < 0.0] = 0.0
    if given is not None:
        wanted = number_array("final_demand", given)
        shape("final_demand", wanted, final.shape, "[region, sector]")
        _agree("final_demand", wanted, final, spending + use, names, tolerance)
    if np.any(final.sum(axis=1) <= 0.0):
        region = names[0][int(np.argmax(final.sum(axis=1) <= 0.0))]
        raise EconomyError(f"{region} has no final demand; every region needs some income to spend.")
    return final


def value_added(m: Array, g: Array, names: Names, given: npt.ArrayLike | None, tolerance: float) -> None:
    """Value added given as (N,) or (N, S) must be (1 - sum of io) x output; each region needs some."""
    by_sector = g * m.sum(axis=0)
    if np.any(by_sector.sum(axis=1) <= 0.0):
        region = names[0][int(np.argmax(by_sector.sum(axis=1) <= 0.0))]
        raise EconomyError(f"{region} produces nothing; drop it or give it own trade in flows.")
    if given is None:
        return
    wanted = number_array("value_added", given)
    if wanted.ndim == 1:
        shape("value_added", wanted, (m.shape[0],), "[region]")
        total = by_sector.sum(axis=1)
        _agree("value_added", wanted[:, None], total[:, None], total[:, None], (names[0], ("all",)), tolerance)
        return
    shape("value_added", wanted, by_sector.shape, "[region, sector]")
    _agree("value_added", wanted, by_sector, m.sum(axis=0), names, tolerance)


def deficits(m: Array, names: Names, given: npt.ArrayLike | None, tolerance: float) -> None:
    """Deficits given as (N,) must be imports minus exports."""
    if given is None:
        return
    wanted = number_array("deficits", given)
    shape("deficits", wanted, (m.shape[0],), "[region]")
    actual = m.sum(axis=(1, 2)) - m.sum(axis=(0, 2))
    scale = m.sum(axis=(1, 2))
    _agree("deficits", wanted[:, None], actual[:, None], scale[:, None], (names[0], ("all",)), tolerance)


def _agree(what: str, given: Array, implied: Array, scale: Array, names: Names, tolerance: float) -> None:
    no_nan(what, given)
    off = np.abs(given - implied) > tolerance * scale
    if off.any():
        n, j = (int(v) for v in np.argwhere(off)[0])
        raise EconomyError(
            f"unbalanced: {what} of {names[0][n]}, {names[1][j]} is {given[n, j]:.10g}, but flows, tariffs "
            f"and io imply {implied[n, j]:.10g} ({int(off.sum())} cells off); "
            "fix it or raise balance_tolerance."
        )
