"""Fewer regions or sectors: every account of the base year becomes the sum over the members of a group.

    M_NIJ = sum M_nij        t_NIJ = sum t M / sum M        (duties add up)
    G_N,KJ = sum_k sum_nj G_n,kj Y_nj / Y_NJ                 g, s likewise: weights are output
    a_NK  = sum_k sum_n a_nk I_n / I_N                       weights are income

Trade among the members of a region becomes own trade, and what duties it pays stay as a tariff on own trade.
Sectors of equal theta and technology merge without loss. For unlike sectors the trade-weighted mean of theta is an
approximation: no single elasticity gives the response of the whole (Imbs & Mejean 2015, "Elasticity Optimism").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

import numpy as np

from tariffsim.economy.elasticities import ElasticitySet
from tariffsim.economy.nodes import Node
from tariffsim.economy.primitives import Array
from tariffsim.errors import EconomyError, unknown_name

Groups = Mapping[str, Sequence[str]]


class Grouping(NamedTuple):
    """New names, and the positions of each one's members among the old names."""

    names: tuple[str, ...]
    members: tuple[tuple[int, ...], ...]

    @property
    def of(self) -> list[int]:
        """Position of the new name of each old one."""
        place = {k: group for group, members in enumerate(self.members) for k in members}
        return [place[k] for k in range(len(place))]


class BaseYear(Protocol):
    """What of an economy is aggregated."""

    @property
    def regions(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def sectors(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def flows(self) -> Array: ...  # noqa: D102
    @property
    def tariffs(self) -> Array: ...  # noqa: D102
    @property
    def elasticity_set(self) -> ElasticitySet: ...  # noqa: D102
    @property
    def value_added_share(self) -> Array: ...  # noqa: D102
    @property
    def io(self) -> Array: ...  # noqa: D102
    @property
    def final_share(self) -> Array: ...  # noqa: D102
    @property
    def nodes(self) -> tuple[Node, ...]: ...  # noqa: D102
    @property
    def output(self) -> Array: ...  # noqa: D102
    @property
    def income(self) -> Array: ...  # noqa: D102


class Aggregate(NamedTuple):
    """The fields of an economy that aggregation changes."""

    regions: tuple[str, ...]
    sectors: tuple[str, ...]
    flows: Array
    tariffs: Array
    elasticity_set: ElasticitySet
    value_added_share: Array
    io: Array
    final_share: Array
    nodes: tuple[Node, ...]


def aggregate(base: BaseYear, regions: Grouping, sectors: Grouping) -> Aggregate:
    """The base year of the groups; elasticities are trade-weighted means."""
    pairs = {0: regions, 1: regions, 2: sectors}
    users = {0: regions, 1: sectors}
    by_trade, by_output = _shares(base.flows, pairs), _shares(base.output, users)
    by_income = _shares(base.income, {0: regions})
    return Aggregate(
        regions.names,
        sectors.names,
        _sum(base.flows, pairs),
        _sum(base.tariffs * by_trade, pairs),
        _elasticities(base, regions, sectors),
        _sum(base.value_added_share * by_output, users),
        _sum(base.io * by_output[:, None, :], {0: regions, 1: sectors, 2: sectors}),
        _sum(base.final_share * by_income[:, None], users),
        tuple(_node(node, base, regions, sectors, by_output) for node in base.nodes),
    )


def grouping(kind: str, names: tuple[str, ...], groups: Groups | None) -> Grouping:
    """Groups by new name, in the place of their first member; names not mentioned stay alone.

    Raises EconomyError for an unknown or repeated name, an empty group, or a new name that is taken.
    """
    taken: dict[int, str] = {}
    for new, old_names in (groups or {}).items():
        if isinstance(old_names, str) or not old_names:
            raise EconomyError(f"group {new!r} of {kind}s needs a list of names, got {old_names!r}.")
        for old in old_names:
            if old not in names:
                raise EconomyError(f"group {new!r}: " + unknown_name(kind, old, names))
            if names.index(old) in taken:
                raise EconomyError(f"{kind} {old!r} is in two groups, {taken[names.index(old)]!r} and {new!r}.")
            taken[names.index(old)] = new
    labels = [taken.get(k, name) for k, name in enumerate(names)]
    for k, name in enumerate(names):
        if k not in taken and name in taken.values():
            raise EconomyError(f"{kind} {name!r} exists and is not in the group of that name; choose another.")
    new_names = tuple(dict.fromkeys(labels))
    return Grouping(new_names, tuple(tuple(k for k, label in enumerate(labels) if label == new) for new in new_names))


def _sum(array: Array, groups: Mapping[int, Grouping]) -> Array:
    """Sums over the members of groups along the given axes; a group of one keeps its bits."""
    for axis, group in groups.items():
        array = np.stack([array.take(members, axis).sum(axis) for members in group.members], axis)
    return array


def _shares(weights: Array, groups: Mapping[int, Grouping]) -> Array:
    """Weights over their sum in the group, which they share equally where that sum is 0; every axis is grouped."""
    each = np.ix_(*(group.of for group in groups.values()))
    total, count = _sum(weights, groups)[each], _sum(np.ones_like(weights), groups)[each]
    return np.divide(weights, total, out=1.0 / count, where=total > 0.0)


def _elasticities(base: BaseYear, regions: Grouping, sectors: Grouping) -> ElasticitySet:
    """Means weighted by trade that crosses the new borders; by output where a group trades nothing."""
    stated = base.elasticity_set
    if len(sectors.names) == len(base.sectors):
        return stated
    label = np.array(regions.of)
    foreign = base.flows[label[:, None] != label].sum(axis=0)
    traded = _sum(foreign, {0: sectors})[sectors.of] > 0.0
    weights = np.where(traded, foreign, base.output.sum(axis=0))
    mean = _sum(stated.values * _shares(weights, {0: sectors}), {0: sectors})  # sigma - theta is constant
    return replace(stated, name=f"{stated.name}, trade-weighted", values=mean)


def _node(node: Node, base: BaseYear, regions: Grouping, sectors: Grouping, by_output: Array) -> Node:
    """Cost shares weighted by output, suppliers by the normal use E0 of the members."""
    by_use = _shares((node.cost_share * base.output).sum(axis=1), {0: regions})
    return replace(
        node,
        sector=sectors.names[sectors.of[base.sectors.index(node.sector)]],
        cost_share=_sum(node.cost_share * by_output, {0: regions, 1: sectors}),
        supplier_share=_sum(node.supplier_share * by_use[:, None], {0: regions, 1: regions}),
    )
