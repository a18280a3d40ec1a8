"""One economy as the kernel reads it: everything a solve needs that no policy changes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tariffsim.economy.primitives import Array, NodeTables, Primitives

# Rows of Tables.wide, each a number per market repeated for every lane
WIDE_THETA, WIDE_SPENDING, WIDE_UNIT, WIDE_LIVE = range(4)
STARTS, HIGHEST_START = 48, np.log(1e6)  # grid of ln p from which scarcity prices start


class Tables(NamedTuple):
    """One economy as the kernel reads it."""

    theta: Array  # (S,)
    tariffs: Array  # (N, N, S)
    share: Array  # (N, N, S)
    flows: Array  # (N, N, S)
    share_by_good: Array  # (S, N, N) [j, n, i] share
    flow_by_good: Array  # (S, N, N) [j, n, i] share / (1 + t0), what producers get per unit spent
    value_added_share: Array  # (N, S) gn
    cost: Array  # (N, S, S+1) weights of ln P_i1..ln P_iS and ln w_i in ln cb of (i, j)
    io: Array  # (N, S, S) Gn[n, k, j]
    final_share: Array  # (N, S)
    value_added: Array  # (N,)
    deficits: Array  # (N,)
    spending: Array  # (N, S) X0
    gdp: float  # world value added and duties
    closure: int
    wide: Array  # (4, N S LANES) theta, X0, 1/X0 (0 where there is no market), 1 (0 there)
    nodes: NodeTables
    place: npt.NDArray[np.int64]  # (E, 3) rows of the user's market, of the input's price, and of the pair
    span: npt.NDArray[np.int64]  # (N, Z, 2) first and last + 1 of the entries of a region and an input
    entry_of: npt.NDArray[np.int64]  # (Z, N, S) which entry, -1 for none
    log_ceiling: Array  # (Z,) ln of the backstop price
    yielding: Array  # (E,) by how much ln of the user's sales falls per ln of its own cost
    passed_on: Array  # (E,) by how much ln of the price of the user's good at home rises
    start: Array  # (N, Z, STARTS) ln use at the grid of ln p, all else as in the base year


def make_tables(base: Primitives, lanes: int) -> Tables:
    """Tables of one economy. Copies, because read-only arrays would be another type to compile for."""
    n, s = base.value_added_share.shape
    cost = np.concatenate([base.io.transpose(0, 2, 1), base.value_added_share[:, :, None]], axis=2)
    unit = np.divide(1.0, base.spending, out=np.zeros((n, s)), where=base.spending > 0.0)
    live = np.where(base.spending > 0.0, 1.0, 0.0)
    theta = np.broadcast_to(base.theta, (n, s))
    wide = np.stack([theta, base.spending, unit, live]).reshape(4, n * s)
    nodes = base.nodes._replace(**{name: np.array(field) for name, field in base.nodes._asdict().items()})
    yielding, passed_on = (by_sector[tuple(nodes.entries[:, 1:].T)] for by_sector in _yielding(base))
    return Tables(
        theta=np.array(base.theta),
        tariffs=np.array(base.tariffs),
        share=np.array(base.share),
        flows=np.array(base.flows),
        share_by_good=np.array(base.share.transpose(2, 0, 1), order="C"),
        flow_by_good=np.array((base.share / (1.0 + base.tariffs)).transpose(2, 0, 1), order="C"),
        value_added_share=np.array(base.value_added_share),
        cost=np.ascontiguousarray(cost),
        io=np.array(base.io),
        final_share=np.array(base.final_share),
        value_added=np.array(base.value_added),
        deficits=np.array(base.deficits),
        spending=np.array(base.spending),
        gdp=float(base.value_added.sum()) + base.revenue,
        closure=base.closure,
        wide=np.ascontiguousarray(np.repeat(wide, lanes, axis=1)),
        nodes=nodes,
        place=_places(nodes, s),
        span=_spans(nodes),
        entry_of=_entry_of(nodes, s),
        log_ceiling=np.log(nodes.ceiling),
        yielding=yielding,
        passed_on=passed_on,
        start=_starts(base, yielding),
    )


def _yielding(base: Primitives) -> tuple[Array, Array]:
    """By how much ln of a sector's sales falls, and ln of its good's price at home rises, per ln of its cost (N, S).

    Buyers turn elsewhere, sum_n M_nij / Y_ij theta_j (1 - pi_nij); and the sector is its own supplier and buyer.
    """
    output, own = base.flows.sum(axis=0), np.arange(len(base.value_added))
    lost = base.theta * (base.flows * (1.0 - base.share)).sum(axis=0)
    lost = np.divide(lost, output, out=np.zeros_like(lost), where=output > 0.0)
    home = base.share[own, own]
    fed_back = 1.0 / (1.0 - home * np.diagonal(base.io, axis1=1, axis2=2))
    return np.asarray(lost * fed_back**2), np.asarray(home * fed_back)


def _places(nodes: NodeTables, sectors: int) -> npt.NDArray[np.int64]:
    z, n, j = nodes.entries.T
    return np.ascontiguousarray(
        np.stack([n * sectors + j, n * sectors + nodes.sector[z], n * len(nodes.sector) + z], axis=1)
    )


def _spans(nodes: NodeTables) -> npt.NDArray[np.int64]:
    """Entries of one input lie together, those of the last input first, and in them those of one region."""
    span = np.zeros((*nodes.normal.shape, 2), dtype=np.int64)
    for n in range(span.shape[0]):
        for z in range(span.shape[1]):
            mine = np.flatnonzero((nodes.entries[:, 0] == z) & (nodes.entries[:, 1] == n))
            if len(mine):
                span[n, z] = mine[0], mine[-1] + 1
    return span


def _entry_of(nodes: NodeTables, sectors: int) -> npt.NDArray[np.int64]:
    found = np.full((len(nodes.sector), len(nodes.normal), sectors), -1, dtype=np.int64)
    found[tuple(nodes.entries.T)] = np.arange(len(nodes.entries))
    return found


def start_grid() -> Array:
    """(STARTS,) ln p, dense where it is small."""
    return np.asarray(HIGHEST_START * np.linspace(0.0, 1.0, STARTS) ** 2)


def _starts(base: Primitives, yielding: Array) -> Array:
    """(N, Z, STARTS) ln u at each ln p if each user's sales answer to its own cost alone: a first guess, no more."""
    nodes, log_p = base.nodes, start_grid()
    output = base.flows.sum(axis=0)
    use = np.zeros((*nodes.normal.shape, STARTS))
    room = np.ones_like(output)  # of cost: shares of all inputs are needed, not those within the nest
    for e in range(len(nodes.entries) - 1, -1, -1):
        z, n, j = nodes.entries[e]
        share = nodes.share[e] * room[n, j]
        room[n, j] -= share
        power = np.exp((1.0 - nodes.rho[z]) * log_p)
        total = 1.0 - share + share * power
        log_cost = share * log_p if nodes.rho[z] == 1.0 else np.log(total) / (1.0 - nodes.rho[z])
        use[n, z] += output[n, j] * share * power / total * np.exp(-log_p - yielding[e] * log_cost)
    normal = nodes.normal[:, :, None]
    return np.log(np.divide(use, normal, out=np.ones_like(use), where=normal > 0.0))
