"""Critical inputs as nodes of the economy: tiny in value, near-impossible to replace in the short run.

Input z is a slice s_nj of the good of sector J_z that sector j of region n uses. What is left of the
sector's cost is taken without it (carve-out), and the two are joined with elasticity rho:

    gn = g/(1-s),  Gn = (G - s 1{k=J_z})/(1-s)
    ln cb_nj = gn ln wh_n + sum_k Gn_kj ln Ph_nk - ln Ah
    ch_nj = [(1-s) cb^(1-rho) + s (p r)^(1-rho)]^(1/(1-rho)),   r_n = Ph_{n,J_z},  p >= 1 the scarcity price

A sector that uses several inputs joins them one after the other, the last of the list first: with equal
rho that is the CES of all of them, with different rho it stays a cost function at any price.
(docs/explanation/model.md, docs/decisions/0008-critical-inputs-in-the-solver.md)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tariffsim.economy import checks
from tariffsim.economy.primitives import Array, NodeTables
from tariffsim.errors import EconomyError, unknown_name

RATIONING = ("market", "quota")
NODE_RENTS = ("user", "owner", "split", "lost")


@dataclass(frozen=True, eq=False)
class Node:
    """One critical input; put into an economy with `Economy.with_nodes`.

    `rationing`: "market", one scarcity price in each region, firms may trade the input; or "quota", licences
    per unit of activity that cannot be traded (`quota.py`). `rent`: who gets what the scarcity price adds on
    a market: the "user"'s country; the "owner"s, suppliers whose licence is below 1, by their normal share;
    "split", every supplier by what it may deliver (share x licence); or "lost".
    """

    name: str
    sector: str  # J_z, whose good it is a slice of
    cost_share: Array  # s (N, S): its share in the unit cost of user n's sector j, a fraction
    rho: float  # elasticity of substitution with everything else; short run .05-.3
    supplier_share: Array  # (N, N) [user, supplier] share of normal supply, a fraction; rows sum to 1
    backstop_price: float = np.inf  # p_bar: multiple of the normal price at which supply is elastic
    rationing: str = "market"
    rent: str = "user"

    def __post_init__(self) -> None:
        for name, value, allowed in (("rationing", self.rationing, RATIONING), ("rent", self.rent, NODE_RENTS)):
            if value not in allowed:
                raise EconomyError(f"{self.name}: " + unknown_name(name, value, allowed))
        for field in ("cost_share", "supplier_share"):
            array = checks.number_array(f"{field} of {self.name}", getattr(self, field))
            checks.no_nan(f"{field} of {self.name}", array)
            checks.above(f"{field} of {self.name}", array, 0.0, inclusive=True, upper=1.0)
            array.setflags(write=False)
            object.__setattr__(self, field, array)
        checks.at_least(f"rho of {self.name}", self.rho, 0.0)
        checks.at_least(f"backstop_price of {self.name}", self.backstop_price, 1.0)


class CarvedOut(NamedTuple):
    """Technology without the slices that nodes of market form take out."""

    value_added_share: Array  # (N, S) gn
    io: Array  # (N, S, S) Gn
    tables: NodeTables


def check_nodes(
    nodes: Sequence[Node], regions: tuple[str, ...], sectors: tuple[str, ...], io: Array
) -> tuple[Node, ...]:
    """EconomyError unless names differ, shapes fit and every slice fits into what its user buys (io: N, S, S)."""
    n, s = len(regions), len(sectors)
    names = [node.name for node in nodes]
    if len(set(names)) != len(names):
        raise EconomyError(f"critical inputs need different names, got {names}.")
    room = np.array(io)
    for node in nodes:
        checks.shape(f"cost_share of {node.name}", node.cost_share, (n, s), "[region, user sector]")
        checks.shape(f"supplier_share of {node.name}", node.supplier_share, (n, n), "[user, supplier]")
        off = np.abs(node.supplier_share.sum(axis=1) - 1.0) > 1e-9
        if off.any():
            user = regions[int(np.argmax(off))]
            raise EconomyError(f"supplier_share of {node.name} must add up to 1 for every user; {user}'s do not.")
        if node.sector not in sectors:
            raise EconomyError(f"{node.name}: " + unknown_name("sector", node.sector, sectors))
        k = sectors.index(node.sector)
        left = room[:, k] - node.cost_share
        if (left < -1e-12).any():
            i, j = (int(v) for v in np.argwhere(left < -1e-12)[0])
            raise EconomyError(
                f"{node.name}: cost share {node.cost_share[i, j]:.4g} of {regions[i]}, {sectors[j]} exceeds "
                f"what it buys from {node.sector}, {room[i, k, j]:.4g}."
            )
        room[:, k] = np.maximum(left, 0.0)
    return tuple(nodes)


def carve_out(
    nodes: Sequence[Node], sectors: tuple[str, ...], value_added_share: Array, io: Array, output: Array
) -> CarvedOut:
    """Technology g (N, S), G (N, S, S) of an economy with output Y0 (N, S), its market nodes taken out."""
    market = [node for node in nodes if node.rationing == "market"]
    position = [sectors.index(node.sector) for node in market]
    total, rest = np.zeros_like(value_added_share), np.array(io)
    for node, k in zip(market, position, strict=True):
        rest[:, k] = np.maximum(rest[:, k] - node.cost_share, 0.0)
        total += node.cost_share
    left = 1.0 - total
    tables = _tables(market, position, output)
    return CarvedOut(value_added_share / left, rest / left[:, None, :], tables)


def _tables(nodes: Sequence[Node], position: list[int], output: Array) -> NodeTables:
    n, s = output.shape
    room = np.ones((n, s))  # what the nodes that are joined later leave of cost
    rows, shares = [np.zeros((0, 3), np.int64)], [np.zeros(0)]
    for z, node in enumerate(nodes):  # the first is joined last
        i, j = np.nonzero(node.cost_share)
        rows.insert(0, np.column_stack([np.full(len(i), z), i, j]))
        shares.insert(0, node.cost_share[i, j] / room[i, j])
        room = room - node.cost_share
    return NodeTables(
        entries=np.ascontiguousarray(np.concatenate(rows)),
        share=np.concatenate(shares),
        sector=np.array(position, dtype=np.int64),
        rho=np.array([node.rho for node in nodes], dtype=np.float64),
        ceiling=np.array([node.backstop_price for node in nodes], dtype=np.float64),
        lost=np.array([node.rent == "lost" for node in nodes], dtype=np.bool_),
        normal=np.ascontiguousarray(
            np.stack([np.zeros(n), *((node.cost_share * output).sum(axis=1) for node in nodes)], axis=1)[:, 1:]
        ),
    )
