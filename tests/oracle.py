"""A plain NumPy solver of the model, written apart from the package: the oracle of its kernel.

One world, damped fixed point, no acceleration. `shock` holds t, x, d, A, cap (full arrays), rent, and what is
available of the economy's critical inputs (N, Z) with who gets their rents (Z, N, N); all of market form.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


class Shock(NamedTuple):
    t: Array
    x: Array
    d: Array
    A: Array
    cap: Array
    rent: str = "exporter"
    available: Array | None = None
    receivers: Array | None = None


def join(e: Any, base_cost: Array, resource: Array, p: Array) -> tuple[Array, Array]:
    """Cost (N, S) with critical inputs at prices p r (N, Z), and their bill shares (Z, N, S): CES within CES."""
    cost, bills = base_cost, np.zeros((len(e.nodes), *base_cost.shape))
    for z in range(len(e.nodes) - 1, -1, -1):
        outer = sum((node.cost_share for node in e.nodes[:z]), np.zeros_like(cost))
        s, rho = e.nodes[z].cost_share / (1 - outer), e.nodes[z].rho
        price = (p * resource)[:, z : z + 1]
        if rho == 1:
            new, share = cost ** (1 - s) * price**s, s
        else:
            inside = (1 - s) * cost ** (1 - rho) + s * price ** (1 - rho)
            new, share = inside ** (1 / (1 - rho)), s * price ** (1 - rho) / inside
        cost, bills = new, bills * (1 - share)
        bills[z] = share
    return cost, bills


def scarcity(e: Any, base_cost: Array, resource: Array, p: Array, sold: Array, limit: Array) -> Array:
    """p (N, Z) by bisection, one input after the other, with quantities sold Y / c (N, S) given."""
    p = p.copy()
    for z, node in enumerate(e.nodes):
        low, high = np.zeros(len(p)), np.full(len(p), np.log(min(node.backstop_price, 1e12)))
        normal = np.where(node.cost_share.any(1), (node.cost_share * e.output).sum(1), 1.0)
        for _ in range(50):
            p[:, z] = np.exp((low + high) / 2)
            cost, bills = join(e, base_cost, resource, p)
            too_much = (bills[z] * sold * cost).sum(1) / (p * resource)[:, z] / normal > limit[:, z]
            low, high = np.where(too_much, (low + high) / 2, low), np.where(too_much, high, (low + high) / 2)
        p[:, z] = np.where(high < 1e-11, 1.0, np.exp(high))
    return p


def solve_plainly(e: Any, shock: Shock, tol: float = 1e-12, rounds: int = 20_000) -> dict[str, Array]:
    t, x, d, A, cap, rent, limit, to = shock
    (N, S), Z, nodes = e.value_added_share.shape, len(e.nodes), e.nodes
    J = [e.sectors.index(node.sector) for node in nodes]
    slices = np.array([node.cost_share for node in nodes]).reshape(Z, N, S)
    G, left = e.io.copy(), 1 - slices.sum(0)
    for z in range(Z):
        G[:, J[z]] -= slices[z]
    G, g, p = G / left[:, None], e.value_added_share / left, np.ones((N, Z))
    limit = np.full((N, Z), np.inf) if limit is None else limit
    to = np.tile(np.eye(N), (Z, 1, 1)) if to is None else to
    X0, M0 = e.expenditure, np.where(e.flows > 0, e.flows, 1.0)
    pi0 = e.flows * (1 + e.tariffs) / np.where(X0 > 0, X0, 1.0)[:, None]
    kh = d * (1 + x) * (1 + t) / (1 + e.tariffs)
    w, P, X, Y, mu = np.ones(N), np.ones((N, S)), X0.copy(), e.output.copy(), np.zeros((N, N, S))
    c = np.ones((N, S))
    for _ in range(rounds):
        rest = w[:, None] ** g * np.exp(np.einsum("ikj,ik->ij", G, np.log(P))) / A
        if np.isfinite(limit).any():
            p = p**0.7 * scarcity(e, rest, P[:, J], p, Y / c, limit) ** 0.3
        c, bills = join(e, rest, P[:, J], p)
        term = pi0 * (kh * c) ** -e.theta
        for _ in range(1 if np.isinf(cap).all() else 200):  # prices and caps of each market together
            new = (term * (1 + mu) ** -e.theta).sum(1)
            P = np.where(X0 > 0, np.where(new > 0, new, 1.0) ** (-1 / e.theta), 1.0)
            free = term * P[:, None] ** e.theta * X[:, None] / ((1 + t) * (1 + x)) / M0 / c
            mu = np.maximum(1.0, free / cap) ** (1 / (1 + e.theta)) - 1
        spent = term * (1 + mu) ** -e.theta * P[:, None] ** e.theta * X[:, None]
        M = spent / ((1 + t) * (1 + x)) / (1 if rent == "lost" else 1 + mu)
        border = (1 + x) * M * (1 + mu if rent == "exporter" else 1)
        Y, VA = M.sum(0), w * e.value_added
        rents = {"exporter": (mu * (1 + x) * M).sum((0, 2)), "lost": np.zeros(N)}
        rents["importer"] = (mu * (1 + x) * (1 + t) * M).sum((1, 2))
        taxes, duties = (x * M).sum((0, 2)), (t * border).sum((1, 2))
        bill, used = (bills * Y).sum(2).T, (1 - bills.sum(0)) * Y
        normal = (slices * e.output).sum(2).T
        use = np.where(normal > 0, bill / (p * P[:, J]) / np.where(normal > 0, normal, 1), 1.0)
        R = bill * (1 - 1 / p) * np.minimum(1.0, limit / use)
        lost = np.array([node.rent == "lost" for node in nodes], dtype=bool)
        received = np.einsum("nz,zni->i", R * ~lost, to)
        gdp = (VA + duties + taxes + rents[rent] + received).sum() / (e.value_added + e.revenue).sum()
        own = e.deficits * w - VA * (e.deficits * w).sum() / VA.sum()
        D = {"fixed": e.deficits, "balanced": 0 * w, "world_gdp_share": e.deficits * gdp}.get(e.closure, own)
        income = VA + duties + taxes + rents[rent] + received + D
        X_new = e.final_share * income[:, None] + np.einsum("nkj,nj->nk", G, used)
        for z in range(Z):
            X_new[:, J[z]] += bill[:, z] - R[:, z] * ~lost[z]
        w_new = w * ((g * used).sum(1) / VA) ** (0.5 / (1 + e.theta.max()))
        w_new *= e.value_added.sum() / (e.value_added * w_new).sum()
        gap = max(np.abs(w_new / w - 1).max() * e.theta.max(), np.abs(X_new - X).max() / X0.max())
        w, X = w_new, (X_new if Z == 0 else (X + X_new) / 2)
        if gap < tol:
            break
    real = income / e.income / np.prod(P**e.final_share, axis=1) - 1
    books = {} if Z == 0 else {"scarcity_price": p, "input_rent": R, "input_use": use, "input_bill": bill}
    return books | {"wages": w, "prices": P, "expenditure": X, "trade": M, "ration_wedge": mu, "real_income": real}
