"""A plain NumPy solver of the model, written apart from the package: the oracle of its kernel.

One world, damped fixed point, no acceleration. `shock` holds t, x, d, A, cap (full arrays) and rent.
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


def solve_plainly(e: Any, shock: Shock, tol: float = 1e-12, rounds: int = 20_000) -> dict[str, Array]:
    t, x, d, A, cap, rent = shock
    N, S = e.value_added_share.shape
    X0, M0 = e.expenditure, np.where(e.flows > 0, e.flows, 1.0)
    pi0 = e.flows * (1 + e.tariffs) / np.where(X0 > 0, X0, 1.0)[:, None]
    kh = d * (1 + x) * (1 + t) / (1 + e.tariffs)
    w, P, X, mu = np.ones(N), np.ones((N, S)), X0.copy(), np.zeros((N, N, S))
    for _ in range(rounds):
        c = w[:, None] ** e.value_added_share * np.exp(np.einsum("ikj,ik->ij", e.io, np.log(P))) / A
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
        gdp = (VA + duties + taxes + rents[rent]).sum() / (e.value_added + e.revenue).sum()
        own = e.deficits * w - VA * (e.deficits * w).sum() / VA.sum()
        D = {"fixed": e.deficits, "balanced": 0 * w, "world_gdp_share": e.deficits * gdp}.get(e.closure, own)
        income = VA + duties + taxes + rents[rent] + D
        X_new = e.final_share * income[:, None] + np.einsum("nkj,nj->nk", e.io, Y)
        w_new = w * ((e.value_added_share * Y).sum(1) / VA) ** (0.5 / (1 + e.theta.max()))
        w_new *= e.value_added.sum() / (e.value_added * w_new).sum()
        gap = max(np.abs(w_new / w - 1).max() * e.theta.max(), np.abs(X_new - X).max() / X0.max())
        w, X = w_new, X_new
        if gap < tol:
            break
    real = income / e.income / np.prod(P**e.final_share, axis=1) - 1
    return {"wages": w, "prices": P, "expenditure": X, "trade": M, "ration_wedge": mu, "real_income": real}
