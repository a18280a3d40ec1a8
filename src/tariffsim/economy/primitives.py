"""What the solver sees: plain arrays of one economy and of a batch of policies."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

CLOSURES = ("world_gdp_share", "fixed", "balanced", "value_added_share")
RENTS = ("exporter", "importer", "lost")


class NodeTables(NamedTuple):
    """Critical inputs z under market rationing (`nodes.py`); E uses, in the order in which they are joined."""

    entries: npt.NDArray[np.int64]  # (E, 3) z, n, j
    share: Array  # (E,) of z in the cost of what is joined so far and z
    sector: npt.NDArray[np.int64]  # (Z,) J_z
    rho: Array  # (Z,)
    ceiling: Array  # (Z,) backstop price, infinity for none
    lost: npt.NDArray[np.bool_]  # (Z,) rents melt
    normal: Array  # (N, Z) E0, base-year use, million USD


class Primitives(NamedTuple):
    """The base year. n importer or user, i exporter, j and k sectors; money in million USD.

    `value_added_share` and `io` are those of cost without critical inputs: gn and Gn.
    """

    theta: Array  # (S,) trade elasticity
    tariffs: Array  # (N, N, S) t0
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
    nodes: NodeTables


class Policies(NamedTuple):
    """A batch of B policies. An array whose first axis has length 1 holds for every world; one whose
    other axes have length 1 says that nobody uses this instrument.
    """

    worlds: int
    tariffs: Array  # (B|1, N, N, S) t'
    export_tax: Array  # (B|1, N, N, S) x', or (1, 1, 1, 1) of 0
    iceberg: Array  # (B|1, N, N, S) d, or (1, 1, 1, 1) of 1
    log_productivity: Array  # (B|1, N, S) ln Ah, or (1, 1, 1) of 0
    cap: Array  # (B|1, N, N, S) qbar, or (1, 1, 1, 1) of infinity
    rent: int  # position in RENTS
    available: Array  # (B|1, N, Z) of critical inputs as hats, or (1, N, Z) of infinity
    receivers: Array  # (B|1, Z, N, N) share of user n's rent on z that i gets: [z, n, i]

    def world(self, k: int) -> Policies:
        """World k alone."""

        def alone(array: Array) -> Array:
            return array[k : k + 1] if len(array) > 1 else array

        return Policies(
            1,
            alone(self.tariffs),
            alone(self.export_tax),
            alone(self.iceberg),
            alone(self.log_productivity),
            alone(self.cap),
            self.rent,
            alone(self.available),
            alone(self.receivers),
        )


class Solution(NamedTuple):
    """What the kernel fills, one row per world; prices and wages in logs of hats."""

    log_wages: Array  # (B, N)
    log_prices: Array  # (B, N, S)
    log_scarcity: Array  # (B, N, Z) ln p of critical inputs
    spending: Array  # (B, N, S)
    output: Array  # (B, N, S)
    value_added: Array  # (B, N)
    income: Array  # (B, N)
    importer_take: Array  # (B, N) duties, and ration rents if importers get them
    status: npt.NDArray[np.int8]  # (B,)
    iterations: npt.NDArray[np.int32]  # (B,)
    residual: Array  # (B,)


def empty_solution(worlds: int, base: Primitives) -> Solution:
    """Arrays for the kernel to fill."""
    (regions, sectors), nodes = base.value_added_share.shape, len(base.nodes.sector)
    wages, value_added, income, take = np.full((4, worlds, regions), np.nan)
    prices, spending, output = np.full((3, worlds, regions, sectors), np.nan)
    scarcity = np.full((worlds, regions, nodes), np.nan)
    status, iterations = np.ones(worlds, np.int8), np.zeros(worlds, np.int32)
    residual = np.full(worlds, np.inf)
    return Solution(wages, prices, scarcity, spending, output, value_added, income, take, status, iterations, residual)


def absent(value: float) -> Array:
    """The (1, 1, 1, 1) array that says nobody uses an instrument; `value` is what leaves all as it is.

    Whoever asks whether it is in use compares shapes; in an economy of one cell they are the same, and so is what
    follows."""
    return np.full((1, 1, 1, 1), value)


def no_change(base: Primitives) -> Policies:
    """One world in which nothing changes."""
    n, z = base.nodes.normal.shape
    receivers = np.broadcast_to(np.eye(n), (1, z, n, n)).copy()
    return Policies(
        1,
        np.array(base.tariffs[None]),
        absent(0.0),
        absent(1.0),
        np.zeros((1, 1, 1)),
        absent(np.inf),
        0,
        np.full((1, n, z), np.inf),
        receivers,
    )
