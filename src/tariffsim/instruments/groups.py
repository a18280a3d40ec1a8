"""Domestic groups: who lives on which sectors, and what policy does to their income."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tariffsim.economy import Economy
from tariffsim.errors import ConfigError, unknown_name
from tariffsim.instruments.base import Array
from tariffsim.scenario.schema import GovernmentSpec, Scenario

REST = "rest"


@dataclass(frozen=True)
class Groups:
    """The G groups of all governments, the groups of one government together, its sectors not named at the end.

    names: 'USA:farming', ..., 'USA:rest'; region (G,): position in the economy; members (G, S): 1 where a sector
    belongs to the group; value_added (G,): base year, million USD; favour (G,): lambda - 1, with the value-added
    weighted mean of lambda 1 in each region; spread (G,): percent of real income.
    """

    names: tuple[str, ...]
    region: npt.NDArray[np.int64]
    members: Array
    value_added: Array
    favour: Array
    spread: Array

    def of(self, region: int) -> npt.NDArray[np.int64]:
        """Positions of the groups of one region."""
        return np.flatnonzero(self.region == region)

    def income(self, value_added: Array, price_index: Array) -> Array:
        """Real value added (W, G) in million USD of groups, of value added (W, N, S) and price indices (W, N)."""
        real = (value_added[:, self.region] * self.members).sum(-1)
        return np.asarray(real / price_index[:, self.region])


def groups_of(scenario: Scenario, economy: Economy) -> Groups:
    """The groups of every government of a scenario that names some; raises ConfigError for unknown sectors."""
    found = [_of_government(n, g, economy) for n, g in scenario.governments.items() if g.groups]
    nobody = Groups((), np.zeros(0, dtype=np.int64), np.zeros((0, len(economy.sectors))), *[np.zeros(0)] * 3)
    return Groups(
        names=tuple(name for one in found for name in one.names),
        **{
            field: np.concatenate([getattr(one, field) for one in [nobody, *found]])
            for field in ("region", "members", "value_added", "favour", "spread")
        },
    )


def _of_government(name: str, spec: GovernmentSpec, economy: Economy) -> Groups:
    n, count = economy.region_index(name), len(economy.sectors)
    members = np.zeros((len(spec.groups) + 1, count))
    for k, (group, entry) in enumerate(spec.groups.items()):
        for sector in entry.sectors:
            if sector not in economy.sectors:
                raise ConfigError(unknown_name(f"governments.{name}.groups.{group}.sectors", sector, economy.sectors))
            members[k, economy.sectors.index(sector)] = 1.0
    if (members.sum(0) > 1).any():
        twice = economy.sectors[int(members.sum(0).argmax())]
        raise ConfigError(f"governments.{name}.groups: sector {twice} belongs to more than one group.")
    members[-1] = 1 - members.sum(0)
    added = (economy.value_added_share[n] * economy.output[n] * members).sum(-1)
    weight = np.array([entry.political_weight for entry in spec.groups.values()] + [1.0])
    favour = weight / ((weight * added).sum() / added.sum()) - 1
    spread = np.array([entry.spread for entry in spec.groups.values()] + [spec.rest_spread])
    there = added > 0  # the rest may be nobody
    names = tuple(f"{name}:{group}" for group, some in zip((*spec.groups, REST), there, strict=True) if some)
    return Groups(names, np.full(len(names), n), members[there], added[there], favour[there], spread[there])
