"""Issue linkage: what bargaining over a package brings beyond bargaining over its issues one at a time.

Issue by issue, each issue is settled with the others at a reference level, and the levels so found are put together.
When that makes no difference, and when it does: docs/explanation/solutions.md (Tollison and Willett 1979; Sebenius
1983; Horstmann, Markusen and Robles 2005).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tariffsim.errors import ConfigError
from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import Index
from tariffsim.negotiation.solutions import NO_PACKAGE, disagreement_of, finite_values, nash_bargaining, values_at

Concept = Callable[[Array, Array], Index]  # u (..., Q, n), d (..., n) -> package (...) or -1


@dataclass(frozen=True, eq=False)
class LinkageGain:
    """Package bargaining against issue-by-issue bargaining.

    gain (..., n): value of `package` less that of `separate` to every party, in units of `u`; one party may lose.
    package, separate (...): the agreements, -1 for none, which is worth `d`.
    """

    gain: Array
    package: Index
    separate: Index


def linkage_gain(
    u: npt.ArrayLike,
    d: npt.ArrayLike | None,
    sizes: Sequence[int],
    reference: npt.ArrayLike,
    concept: Concept = nash_bargaining,
) -> LinkageGain:
    """What it brings to negotiate all issues at once instead of each by itself.

    `u` (..., Q, n): values of all combinations of M issues with `sizes` levels (M,), Q their product, the last issue
    fastest. `d` (..., n): values of no agreement; None: those of the reference package, so that what is not agreed on
    stays as it is, the case of the theory. `reference` (M,) or (..., M): the level at which an issue stays while others
    are negotiated. `concept` picks a package from a table, for instance `kalai_smorodinsky`.

    An issue on which no level is individually rational stays at its reference level. If the levels found one at a time
    are together worse than `d` for somebody, they are not agreed on; with values that add up over issues and `d` None
    this can't happen.

    Raises ConfigError if shapes don't fit, a value is not finite, or a reference level doesn't exist.
    """
    values, strides, levels = _grid(u, sizes, reference)
    start = (levels * strides).sum(-1)
    base = values_at(values, start) if d is None else disagreement_of(values, d)
    package = concept(values, base)
    separate = start
    for issue, rows in _issues(sizes, strides, levels, start):
        found = concept(np.take_along_axis(values, rows[..., None], axis=-2), base)
        moved = np.where(found >= 0, found - levels[..., issue], 0)
        separate = separate + moved * strides[issue]
    separate = np.where((values_at(values, separate) >= base).all(-1), separate, NO_PACKAGE)
    gain = _outcome(values, base, package) - _outcome(values, base, separate)
    return LinkageGain(gain, package, separate)


def interaction(u: npt.ArrayLike, sizes: Sequence[int], reference: npt.ArrayLike) -> Array:
    """Part (..., Q, n) of values that doesn't add up over issues: zero where values are additively separable.

    u(x) - u(r) less the sum over issues of what moving that issue alone from the reference r brings. Parameters and
    errors are those of `linkage_gain`.
    """
    values, strides, levels = _grid(u, sizes, reference)
    start = (levels * strides).sum(-1)
    base = values_at(values, start)[..., None, :]
    rest = values - base
    for issue, rows in _issues(sizes, strides, levels, start):
        alone = np.take_along_axis(values, rows[..., None], axis=-2) - base
        rest = rest - alone[..., np.arange(values.shape[-2]) // strides[issue] % sizes[issue], :]
    return np.asarray(rest)


def _grid(u: npt.ArrayLike, sizes: Sequence[int], reference: npt.ArrayLike) -> tuple[Array, Index, Index]:
    """Values, the step (M,) in the package index of each issue, and reference levels (..., M), all looked at."""
    values, counts, levels = finite_values(u), np.array(sizes, dtype=np.int64), np.asarray(reference)
    if counts.ndim != 1 or not len(counts) or counts.min() < 1 or counts.prod() != values.shape[-2]:
        raise ConfigError(f"u has shape {values.shape}, sizes are {list(sizes)}; their product must be u's packages")
    whole = np.issubdtype(levels.dtype, np.integer) and levels.shape[-1:] == counts.shape
    if not whole or (levels < 0).any() or (levels >= counts).any():
        raise ConfigError(f"reference must give one level an issue, from 0 to below {list(sizes)}")
    try:
        levels = np.broadcast_to(levels.astype(np.int64), (*values.shape[:-2], len(counts)))
    except ValueError as error:
        raise ConfigError(
            f"reference has shape {levels.shape}, which does not fit u of shape {values.shape}"
        ) from error
    strides = np.append(np.cumprod(counts[:0:-1])[::-1], 1)
    return values, strides, levels


def _issues(sizes: Sequence[int], strides: Index, levels: Index, start: Index) -> Iterator[tuple[int, Index]]:
    """Each issue with the packages (..., levels) in which it alone leaves the reference."""
    for issue, size in enumerate(sizes):
        others = start - levels[..., issue] * strides[issue]
        yield issue, others[..., None] + np.arange(size) * strides[issue]


def _outcome(values: Array, base: Array, package: Index) -> Array:
    """Values (..., n) of agreements, those of no agreement where there is none."""
    return np.where((package >= 0)[..., None], values_at(values, package), base)
