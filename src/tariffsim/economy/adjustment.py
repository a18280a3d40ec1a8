"""Trade flows do not jump: partial adjustment toward the equilibrium, and front-loading before announced rises.

    ln M_t = ln M_{t-1} + phi (ln M*_t - ln M_{t-1})        phi: share of the log gap closed per period
    an announced rise pulls the share F of a month's imports forward, between its announcement and its start, and
    they are missing afterwards, evenly over 4 to 13 weeks

Real income always comes from the equilibrium; duties collected come from these flows. Worlds are leading axes, time
is the last one. The fit to 2025 is in experiments/adjustment_2025. (docs/explanation/model.md)
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tariffsim.economy import checks
from tariffsim.economy.primitives import Array
from tariffsim.errors import EconomyError


def share_closed(rate: npt.ArrayLike, periods: float) -> Array:
    """Share of a gap closed in so many periods if `rate` of it is closed in each: 1 - (1 - rate)^periods."""
    return np.asarray(1 - (1 - np.asarray(rate)) ** periods)


def adjust_logs(log_flows: Array, log_targets: Array, phi: npt.ArrayLike) -> Array:
    """ln M_t from ln M_{t-1} and ln M*_t (...): both may be relative to any norm. phi (W,) holds for leading axis W."""
    return np.asarray(log_flows + _leading(phi, log_flows.ndim) * (log_targets - log_flows))


def adjust_flows(flows: npt.ArrayLike, targets: npt.ArrayLike, phi: npt.ArrayLike) -> Array:
    """M_t = M_{t-1}^(1-phi) M*_t^phi (W, ..., N, N, S), million USD or any unit; phi a number or (W, ...).

    A flow of 0 stays 0, a target of 0 (an embargo) stops a flow at once, phi = 1 gives the target to the last
    bit, phi = 0 the flow. Raises EconomyError for a negative flow, NaN, or phi outside [0, 1].
    """
    before, after = checks.number_array("flows", flows), checks.number_array("targets", targets)
    for name, array in (("flows", before), ("targets", after)):
        checks.above(name, array, 0.0, inclusive=True)
    share = checks.number_array("phi", phi)
    checks.above("phi", share, 0.0, inclusive=True, upper=1.0)
    share = _leading(share, before.ndim)
    return np.asarray(np.where(before > 0.0, before ** (1.0 - share) * after**share, 0.0))


def adjustment_path(start: npt.ArrayLike, targets: npt.ArrayLike, phi: npt.ArrayLike) -> Array:
    """Flows (W, ..., T) after each of T periods, from `start` (W, ...) toward `targets` (W, ..., T)."""
    flows, ahead = np.asarray(start, dtype=np.float64), np.asarray(targets, dtype=np.float64)
    path = np.empty_like(ahead)
    for t in range(ahead.shape[-1]):
        flows = adjust_flows(flows, ahead[..., t], phi)
        path[..., t] = flows
    return path


def front_loading(
    edges: npt.ArrayLike,
    announced: npt.ArrayLike,
    start: npt.ArrayLike,
    amount: npt.ArrayLike,
    payback: npt.ArrayLike,
) -> Array:
    """Imports moved by an announced rise, (..., T) in the unit of `amount`: pulled forward > 0, paid back < 0.

    `edges` (T+1,) bound the periods; `announced` and `start` of the rise and the length `payback` (...) are times in
    the same unit, weeks or days. `amount` (...) is pulled forward evenly from announcement to start and paid back
    evenly over `payback`: over edges that span both the sum is 0, and amount 0 is exactly 0 everywhere. Add it to
    flows with `carry_over`. Raises EconomyError unless announced < start and payback > 0.
    """
    times = checks.number_array("edges", edges)
    first, begin, size, length = (
        checks.number_array(name, value)[..., None]
        for name, value in (("announced", announced), ("start", start), ("amount", amount), ("payback", payback))
    )
    if times.ndim != 1 or times.size < 2 or not (np.diff(times) > 0.0).all():
        raise EconomyError("edges must be at least two increasing times.")
    if not (first < begin).all():
        raise EconomyError("a rise must be announced before it starts; without notice there is no front-loading.")
    checks.above("payback", length, 0.0, inclusive=False)
    pulled = np.diff(np.clip((times - first) / (begin - first), 0.0, 1.0))
    repaid = np.diff(np.clip((times - begin) / length, 0.0, 1.0))
    return np.asarray(size * (pulled - repaid))


def carry_over(flows: npt.ArrayLike, moved: npt.ArrayLike) -> Array:
    """Flows (..., T) plus what is moved in time (..., T), never below 0.

    What a period is too small to pay back is paid back by the next ones, so nothing is lost: the sum over time is
    that of flows and moved, up to what is still owed at the end.
    """
    wished = np.asarray(flows, dtype=np.float64) + np.asarray(moved, dtype=np.float64)
    result, owed = np.empty_like(wished), np.zeros(wished.shape[:-1])
    for t in range(wished.shape[-1]):
        left = wished[..., t] - owed
        result[..., t] = np.maximum(left, 0.0)
        owed = result[..., t] - left
    return result


def _leading(phi: npt.ArrayLike, ndim: int) -> Array:
    """phi with axes of length 1 behind its own, so that they stand for the first ones of an array."""
    share = np.asarray(phi, dtype=np.float64)
    return share.reshape(*share.shape, *(1,) * (ndim - share.ndim)) if share.ndim else share
