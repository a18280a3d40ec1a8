"""Random economies of any size with every feature at once, and policies for them: what the laws are tried on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st
from tests.economy.samples import random_economy

from tariffsim.economy import Economy, Equilibrium, Wedges, solve
from tariffsim.economy.nodes import NODE_RENTS, Node
from tariffsim.economy.primitives import CLOSURES, RENTS, Array

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Case:
    """An economy and a batch of policies; `seed` for whatever else a law draws."""

    economy: Economy
    wedges: Wedges
    seed: int

    def rng(self) -> np.random.Generator:
        return np.random.default_rng([self.seed, 1])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What hypothesis prints of a falsifying example."""
        n, s = self.economy.value_added_share.shape
        nodes = [(z.rationing, z.rent, round(z.rho, 3), round(z.backstop_price, 1)) for z in self.economy.nodes]
        io = bool(self.economy.io.any())
        about = f"{n} x {s}, io={io}, {self.economy.closure}, {self.wedges.ration_rent}, {nodes}"
        printer.text(f"Case(seed={self.seed}, {about})")


@st.composite
def cases(
    draw: st.DrawFn,
    *,
    closures: tuple[str, ...] = CLOSURES,
    io: bool | None = None,
    inputs: tuple[int, int] = (0, 3),
    rents: tuple[str, ...] = NODE_RENTS,
    rationings: tuple[str, ...] = ("market", "quota"),
    batch: int = 3,
    size: float = 1.0,
    sectors: tuple[int, int] = (1, 5),
) -> Case:
    """2-6 regions, 1-5 sectors, critical inputs if there are intermediate goods, all wedges on."""
    seed = draw(st.integers(0, 2**31))
    regions, goods = draw(st.integers(2, 6)), draw(st.integers(*sectors))
    with_io = draw(st.booleans()) if io is None else io
    economy = connected_economy(seed, regions, goods, io=with_io, closure=draw(st.sampled_from(closures)))
    if with_io:
        economy = random_nodes(economy, seed, draw(st.integers(*inputs)), rents, rationings)
    return Case(economy, random_policies(economy, seed, batch, draw(st.sampled_from(RENTS)), size), seed)


def connected_economy(seed: int, regions: int, sectors: int, *, io: bool = True, closure: str = CLOSURES[0]) -> Economy:
    """A random economy with gaps in trade, but no region that trades with nobody: its wage would be anything."""
    for extra in range(100):
        economy = random_economy(seed + extra, regions, sectors, io=io)
        trade = economy.flows.sum(axis=2) > 0.0
        if np.linalg.matrix_power(trade.astype(float), regions).all():
            return economy.with_closure(closure)
    raise AssertionError("gaps everywhere")


def random_nodes(
    economy: Economy,
    seed: int,
    count: int,
    rents: tuple[str, ...] = NODE_RENTS,
    rationings: tuple[str, ...] = ("market", "quota"),
) -> Economy:
    """Critical inputs of any kind: rho .02-2 and often exactly 1, backstop or none, slices up to a fifth of
    what is left of purchases, several in one sector, users that need none of it."""
    rng = np.random.default_rng([seed, 2])
    n, s = economy.value_added_share.shape
    room, nodes = np.array(economy.io), []
    for z in range(count):
        k = int(rng.integers(s))
        slices = np.where(rng.random((n, s)) < 0.7, rng.uniform(0.0, 0.2, (n, s)), 0.0) * room[:, k]
        room[:, k] -= slices
        rho = 1.0 if rng.random() < 0.2 else float(np.exp(rng.uniform(np.log(0.02), np.log(2.0))))
        backstop = np.inf if rng.random() < 0.4 else float(1.0 + rng.lognormal(2.5, 1.0))
        owners = rng.dirichlet(np.full(n, 0.5), n)
        kind, rent = str(rng.choice(rationings)), str(rng.choice(rents))
        nodes.append(Node(f"input{z}", economy.sectors[k], slices, rho, owners, backstop, kind, rent))
    return economy.with_nodes(nodes)


def random_policies(economy: Economy, seed: int, batch: int, ration_rent: str, size: float = 1.0) -> Wedges:
    """All wedges at once for a batch of worlds; `size` scales them: 1 is a trade war, .1 a quarrel."""
    rng = np.random.default_rng([seed, 3])
    (n, s), z, own = economy.value_added_share.shape, len(economy.nodes), np.arange(len(economy.regions))
    pair = (batch, n, n, s)
    tariffs = (1.0 + economy.tariffs) * np.exp(size * rng.uniform(-0.3, 0.6, pair)) - 1.0
    tariffs[:, own, own] = economy.tariffs[own, own]
    caps = np.where(rng.random(pair) < 0.3, np.exp(-size * rng.exponential(0.7, pair)), np.inf)
    caps[:, own, own] = np.inf  # where nobody may buy what is made at home, its makers have no other work
    licences = np.where(rng.random((batch, n, n, z)) < 0.5, np.exp(-size * rng.exponential(1.0, (batch, n, n, z))), 1.0)
    return Wedges(
        tariffs,
        np.expm1(size * rng.uniform(-0.2, 0.3, pair)),
        np.exp(size * rng.normal(0.0, 0.15, pair)),
        np.exp(size * rng.normal(0.0, 0.1, (batch, n, s))),
        caps,
        ration_rent,
        licences,
        rng.uniform(0.0, 0.1, (batch, n, z)),
    )


FIELDS = ("tariffs", "export_taxes", "iceberg", "productivity", "rations", "licences", "stocks")


def world(wedges: Wedges, k: int) -> Wedges:
    """World k of a batch of wedges in which every field has the batch axis or is absent."""
    given = {name: getattr(wedges, name) for name in FIELDS}
    return replace(wedges, **{name: np.asarray(part)[k] for name, part in given.items() if part is not None})


def settled(economy: Economy, wedges: Wedges) -> Equilibrium:
    """Solved to where nothing but rounding is left, so that two of them can be compared to 1e-9."""
    return solve(economy, wedges=wedges, tolerance=1e-12)


def assert_same(here: Array, there: Array, both: npt.NDArray[np.bool_], tolerance: float = 1e-9) -> None:
    """Equal up to the tolerance of their size where both converged."""
    here, there = here[both], there[both]
    size = float(np.abs(here).max(initial=1.0))
    np.testing.assert_allclose(there, here, rtol=tolerance, atol=tolerance * size)


def relabelled(economy: Economy, wedges: Wedges, regions: Indices, sectors: Indices) -> tuple[Economy, Wedges]:
    """The same world, regions and sectors in another order."""
    r, s = regions, sectors
    pairs: tuple[Any, ...] = np.ix_(r, r, s)
    names = [economy.regions[i] for i in r], [economy.sectors[j] for j in s]
    flows, tariffs, io = economy.flows[pairs], economy.tariffs[pairs], economy.io[np.ix_(r, s, s)]
    other = Economy.from_arrays(
        flows, tariffs, economy.theta[s], io, regions=names[0], sectors=names[1], closure=economy.closure
    )
    nodes = [
        replace(z, cost_share=z.cost_share[np.ix_(r, s)], supplier_share=z.supplier_share[np.ix_(r, r)])
        for z in economy.nodes
    ]
    part = {name: np.asarray(getattr(wedges, name)) for name in FIELDS}
    moved: dict[str, Any] = {name: part[name][:, *pairs] for name in ("tariffs", "export_taxes", "iceberg", "rations")}
    moved["productivity"] = part["productivity"][:, r][:, :, s]
    moved["licences"], moved["stocks"] = part["licences"][:, r][:, :, r], part["stocks"][:, r]
    return other.with_nodes(nodes), replace(wedges, **moved)


def split_sector(economy: Economy, wedges: Wedges, which: int, cut: float) -> tuple[Economy, Wedges]:
    """A sector as two alike, `cut` and 1 - `cut` of it; inputs that are slices of its good are split with it.

    Of an input under quotas only the users count, so its slices may stay with the larger half.
    """
    goods = len(economy.sectors)
    times, size = np.ones(goods, int), np.ones(goods + 1)
    times[which], size[which : which + 2] = 2, (cut, 1.0 - cut)

    def twice(array: Array) -> Array:
        return np.repeat(array, times, axis=-1)

    names = [*economy.sectors[: which + 1], "twin", *economy.sectors[which + 1 :]]
    io = np.repeat(twice(economy.io), times, axis=1) * size[:, None]
    split = Economy.from_arrays(
        twice(economy.flows) * size,
        twice(economy.tariffs),
        twice(economy.theta),
        io,
        sectors=names,
        closure=economy.closure,
    )
    nodes, origin = [], []
    for z, node in enumerate(economy.nodes):
        whole = replace(node, cost_share=twice(node.cost_share))
        halves = [whole]
        if node.sector == economy.sectors[which] and node.rationing == "market":
            first = replace(whole, cost_share=cut * whole.cost_share)
            other = replace(whole, name=f"{node.name} twin", sector="twin", cost_share=(1.0 - cut) * whole.cost_share)
            halves = [first, other]
        nodes += halves
        origin += [z] * len(halves)
    part = {name: np.asarray(getattr(wedges, name)) for name in FIELDS}
    parts = {name: twice(part[name]) for name in FIELDS[:5]} | {name: part[name][..., origin] for name in FIELDS[5:]}
    return split.with_nodes(nodes), replace(wedges, **parts)


def untaxed(economy: Economy) -> Economy:
    """The economy without base-year tariffs; a third fewer inputs, so that final demand stays positive."""
    goods = Economy.from_arrays(
        economy.flows,
        np.zeros_like(economy.tariffs),
        economy.theta,
        0.7 * economy.io,
        regions=economy.regions,
        sectors=economy.sectors,
        closure=economy.closure,
    )
    return goods.with_nodes([replace(node, cost_share=0.7 * node.cost_share) for node in economy.nodes])
