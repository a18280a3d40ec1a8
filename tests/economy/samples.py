"""Economies and policies that the tests of the economy share."""

from __future__ import annotations

import numpy as np

from tariffsim.economy import Economy, Wedges
from tariffsim.economy.nodes import Node


def two_countries(theta: float, home_share: float) -> Economy:
    """Two symmetric countries, one sector, no inputs, no tariffs."""
    h, f = home_share, 1.0 - home_share
    return Economy.from_arrays([[[h], [f]], [[f], [h]]], np.zeros((2, 2, 1)), theta)


def between_two(on_second: float, on_first: float) -> np.ndarray:
    """Tariffs (2, 2, 1): the first country's on the second, the second's on the first."""
    tariffs = np.zeros((2, 2, 1))
    tariffs[0, 1], tariffs[1, 0] = on_second, on_first
    return tariffs


def random_economy(
    seed: int, regions: int = 4, sectors: int = 3, *, io: bool = True, closure: str = "world_gdp_share"
) -> Economy:
    """Log-normal flows with gaps, home bias, base tariffs, theta .5-8, deficits of a few per cent."""
    rng = np.random.default_rng(seed)
    flows = rng.lognormal(0.0, 0.7, (regions, regions, sectors))
    flows = np.sqrt(flows * flows.swapaxes(0, 1)) * rng.lognormal(0.0, 0.1, flows.shape)
    gaps = rng.random(flows.shape) < 0.15
    flows[gaps | gaps.swapaxes(0, 1)] = 0.0
    own = np.arange(regions)
    flows[own, own] = 5.0 * rng.lognormal(0.0, 0.5, (regions, sectors))
    tariffs = rng.uniform(0.0, 0.3, flows.shape)
    tariffs[own, own] = 0.0
    theta = rng.uniform(0.5, 8.0, sectors)
    inputs = _inputs(rng, flows, tariffs) if io else None
    return Economy.from_arrays(flows, tariffs, theta, inputs, closure=closure)


def _inputs(rng: np.random.Generator, flows: np.ndarray, tariffs: np.ndarray) -> np.ndarray:
    """Input shares of up to a half of output that leave a tenth of spending to final demand."""
    regions, _, sectors = flows.shape
    io = rng.uniform(0.0, 1.0, (regions, sectors, sectors)) * (rng.random((regions, sectors, sectors)) < 0.8)
    io *= 0.5 / np.maximum(io.sum(axis=1, keepdims=True), 1e-9)
    use = np.maximum(np.einsum("nkj,nj->nk", io, flows.sum(axis=0)), 1e-12)
    room = 0.9 * (flows * (1.0 + tariffs)).sum(axis=1)
    return np.asarray(io * np.minimum(1.0, room / use)[:, :, None])


def random_licences(economy: Economy, seed: int, batch: int) -> tuple[np.ndarray, np.ndarray]:
    """Licences (batch, N, N, Z) of 0.1-1 by half of the suppliers, and small stocks (batch, N, Z)."""
    rng = np.random.default_rng(seed)
    n, z = len(economy.regions), len(economy.nodes)
    licences = np.where(rng.random((batch, n, n, z)) < 0.5, rng.uniform(0.1, 1.0, (batch, n, n, z)), 1.0)
    return licences, rng.uniform(0.0, 0.1, (batch, n, z))


def random_wedges(economy: Economy, seed: int, batch: int, rent: str = "exporter") -> Wedges:
    """All five wedges at once; caps on about a third of the cells."""
    rng = np.random.default_rng(seed)
    n, s = economy.value_added_share.shape
    pair = (batch, n, n, s)
    own = np.arange(n)
    tariffs, taxes = rng.uniform(-0.3, 1.0, pair), rng.uniform(-0.2, 0.4, pair)
    tariffs[:, own, own] = 0.0
    caps = np.where(rng.random(pair) < 0.3, rng.uniform(0.1, 0.9, pair), np.inf)
    productivity = rng.lognormal(0.0, 0.1, (batch, n, s))
    licences, stocks = random_licences(economy, seed + 1, batch) if economy.nodes else (None, None)
    iceberg = rng.lognormal(0.0, 0.15, pair)
    return Wedges(tariffs, taxes, iceberg, productivity, caps, rent, licences, stocks)


def with_inputs(economy: Economy, seed: int, rents: tuple[str, ...] = ("user", "owner", "split", "lost")) -> Economy:
    """The economy with one critical input for each kind of rent: several in one sector, rho below and above 1."""
    rng = np.random.default_rng(seed)
    n, s = economy.value_added_share.shape
    room, nodes = np.array(economy.io), []
    for z, rent in enumerate(rents):
        k = z % s
        share = np.where(rng.random((n, s)) < 0.7, rng.uniform(0.0, 0.4, (n, s)), 0.0) * room[:, k]
        room[:, k] -= share
        rho, ceiling = [(0.1, 30.0), (1.0, np.inf), (0.3, 3.0), (2.0, 5.0)][z % 4]
        owners = rng.dirichlet(np.ones(n), n)
        nodes.append(Node(f"input{z}", economy.sectors[k], share, rho, owners, ceiling, "market", rent))
    return economy.with_nodes(nodes)
