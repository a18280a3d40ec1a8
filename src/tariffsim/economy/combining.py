"""Several policies at once, each in force to some degree between 0 (not at all) and 1 (in full)."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tariffsim.economy.economy import Economy
from tariffsim.economy.policies import prepare
from tariffsim.economy.primitives import Array
from tariffsim.economy.wedges import Wedges
from tariffsim.errors import EconomyError

JOIN = {  # how what policies do to one instrument comes together; taxes as changes, all others as hats or levels
    "tariffs": np.add,
    "export_taxes": np.add,
    "iceberg": np.multiply,
    "productivity": np.multiply,
    "rations": np.minimum,
    "licences": np.multiply,
    "stocks": np.add,
}


@dataclass(frozen=True, eq=False)
class Parts:
    """K policies of one world each, checked."""

    base_tariffs: Array  # (N, N, S)
    fields: dict[str, dict[int, Array]]  # instrument -> position of a policy that uses it -> its array
    ration_rent: str

    def wedges(self, degrees: Array) -> Wedges:
        """The combined policy at degrees (B, K), a batch of B worlds.

        At degree a of a policy ln(1+t), ln(1+x), ln d and ln A go the share a of their way from the base year, and
        rations, licences and stocks the share a of theirs in levels, a ration from 1, today's quantity.
        """
        made = {name: self._combined(name, degrees) for name in self.fields}
        change = made.pop("tariffs", np.zeros((len(degrees), *self.base_tariffs.shape)))
        return Wedges(self.base_tariffs + change, **made, ration_rent=self.ration_rent)

    def _combined(self, name: str, degrees: Array) -> Array:
        used = self.fields[name].items()
        parts = [self._partly(name, array, degrees[:, g].reshape(-1, *[1] * array.ndim)) for g, array in used]
        return np.asarray(functools.reduce(JOIN[name], parts))

    def _partly(self, name: str, array: Array, degree: Array) -> Array:
        if name == "tariffs":
            return np.asarray((1.0 + self.base_tariffs) * _grown(array, self.base_tariffs, degree))
        if name == "export_taxes":
            return _grown(array, np.zeros_like(array), degree)
        if name in ("iceberg", "productivity"):
            return np.asarray(array**degree)
        if name == "stocks":
            return np.asarray(degree * array)
        short = 1.0 - np.where(np.isinf(array), 1.0, array)
        free = np.isinf(array) | ((degree == 0.0) & (name == "rations"))
        return np.asarray(np.where(free, np.inf, 1.0 - degree * short))


def _grown(rate: Array, start: Array, degree: Array) -> Array:
    """((1 + rate) / (1 + start))^degree - 1."""
    return np.asarray(np.expm1(degree * (np.log1p(rate) - np.log1p(start))))


def parts_of(economy: Economy, groups: Mapping[str, Wedges | npt.ArrayLike]) -> Parts:
    """The groups' wedges, an array standing for tariffs; EconomyError that names the group at fault."""
    fields: dict[str, dict[int, Array]] = {}
    rents = {}
    for g, (group, given) in enumerate(groups.items()):
        wedges = given if isinstance(given, Wedges) else Wedges(tariffs=given)
        try:
            _, batch = prepare(economy, wedges)
        except EconomyError as error:
            raise EconomyError(f"group {group!r}: {error}") from None
        if batch:
            raise EconomyError(f"group {group!r} is a batch of shape {batch}; a group is one world.")
        for name in JOIN:
            value = getattr(wedges, name)
            if value is not None:
                fields.setdefault(name, {})[g] = np.asarray(value, dtype=np.float64)
        if wedges.rations is not None:
            rents[wedges.ration_rent] = group
    if len(rents) > 1:
        raise EconomyError(f"groups with rations must agree on ration_rent; got {', '.join(rents)}.")
    return Parts(economy.tariffs, fields, next(iter(rents), "exporter"))
