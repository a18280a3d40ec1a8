"""What the kernel sees: plain arrays of one economy and of a batch of policies."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

CLOSURES = ("world_gdp_share", "fixed", "balanced", "value_added_share")
RENTS = ("exporter", "importer", "lost")


class Primitives(NamedTuple):
    """The base year. n importer or user, i exporter, j and k sectors; money in million USD."""

    theta: Array  # (S,) trade elasticity
    share: Array  # (N, N, S) pi0, expenditure shares at user prices
    flows: Array  # (N, N, S) M0
    value_added_share: Array  # (N, S) g
    io: Array  # (N, S, S) G[i, k, j], input k per unit of output j
    final_share: Array  # (N, S) a
    value_added: Array  # (N,) w L
    deficits: Array  # (N,) D
    spending: Array  # (N, S) X0
    revenue: float  # duties of the whole world
    closure: int  # position in CLOSURES


class Policies(NamedTuple):
    """A batch of B policies; an array whose first axis has length 1 holds for every world."""

    worlds: int
    kernel: Array  # (B|1, N, N, S) pi0 kh^-theta without production cost and ration wedge
    per_unit: Array  # (B|1, N, N, S) 1 / ((1+t')(1+x'))
    duty_share: Array  # (B|1, N, N, S) t' / (1+t')
    export_tax: Array  # (B|1, N, N, S) x'; (1, 1, 1, 1) if nobody levies one
    log_productivity: Array  # (B|1, N, S) ln Ah
    cap: Array  # (B|1, N, N, S) quantity caps qbar; (1, 1, 1, 1) if there are none
    rent: int  # position in RENTS


class Solution(NamedTuple):
    """What the kernel fills, one row per world; prices and wages in logs of hats."""

    log_wages: Array  # (B, N)
    log_prices: Array  # (B, N, S)
    spending: Array  # (B, N, S)
    output: Array  # (B, N, S)
    value_added: Array  # (B, N)
    income: Array  # (B, N)
    duties: Array  # (B, N)
    status: npt.NDArray[np.int8]  # (B,)
    iterations: npt.NDArray[np.int32]  # (B,)
    residual: Array  # (B,)


def empty_solution(worlds: int, regions: int, sectors: int) -> Solution:
    """Arrays for the kernel to fill."""
    wages, value_added, income, duties = np.full((4, worlds, regions), np.nan)
    prices, spending, output = np.full((3, worlds, regions, sectors), np.nan)
    status, iterations = np.ones(worlds, np.int8), np.zeros(worlds, np.int32)
    residual = np.full(worlds, np.inf)
    return Solution(wages, prices, spending, output, value_added, income, duties, status, iterations, residual)


def no_change(base: Primitives, tariffs: Array) -> Policies:
    """One world in which nothing changes."""
    none = np.full((1, 1, 1, 1), np.inf)
    zero = np.zeros((1, *base.value_added_share.shape))
    kernel, per_unit = base.share[None], 1.0 / (1.0 + tariffs[None])
    return Policies(1, kernel, per_unit, tariffs[None] * per_unit, np.zeros((1, 1, 1, 1)), zero, none, 0)
