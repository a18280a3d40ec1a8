"""Trade elasticities carry their definition; here, and only here, sigma becomes theta.

theta   this model (Eaton & Kortum 2002, Caliendo & Parro 2015): an expenditure share falls by theta per ln
        of the user's relative cost
sigma   1 + theta: what imports *without* duties lose per ln of 1 + tariff when shares fall by theta, so what
        a regression of tariff-exclusive flows on duties estimates (docs/explanation/model.md)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tariffsim.economy import checks
from tariffsim.economy.primitives import Array
from tariffsim.errors import EconomyError, unknown_name

OFFSET = {"theta": 0.0, "sigma": 1.0}  # what a definition adds to theta


@dataclass(frozen=True, eq=False)
class ElasticitySet:
    """One set of trade elasticities by sector, as published or as a user gave it.

    `definition` is "theta" or "sigma"; `source` a short name in sources.csv or the user's own words.
    Raises EconomyError for another definition, and unless every theta is positive and finite.
    """

    name: str
    definition: str
    values: Array  # (S,) as stated, read-only
    source: str = ""

    def __post_init__(self) -> None:
        if self.definition not in OFFSET:
            raise EconomyError(unknown_name("definition of elasticities", self.definition, OFFSET))
        values = checks.number_array("elasticities", self.values)
        checks.no_nan("elasticities", values)
        checks.above(f"elasticities ({self.definition})", values, OFFSET[self.definition], inclusive=False)
        values.setflags(write=False)
        object.__setattr__(self, "values", values)

    @property
    def theta(self) -> Array:
        """(S,) trade elasticity of this model."""
        return self.values - OFFSET[self.definition] if OFFSET[self.definition] else self.values

    def __str__(self) -> str:
        """One line for reports: name, definition as stated, range of theta, source."""
        low, high = self.theta.min(), self.theta.max()
        span = f"{low:g}" if low == high else f"{low:g} to {high:g}"
        source = f" ({self.source})" if self.source else ""
        return f"{self.name}, stated as {self.definition}, theta {span}{source}"


def elasticity_set(
    values: npt.ArrayLike | ElasticitySet, sectors: int, definition: str | None = None, name: str = "given"
) -> ElasticitySet:
    """Elasticities of so many sectors: values (S,), a number for all sectors, or a set that says all itself.

    `definition` None stands for theta, or for what the set states. Raises EconomyError for a wrong number of
    sectors, for theta <= 0, for an unknown definition or another one than the set's.
    """
    if isinstance(values, ElasticitySet):
        checks.shape(f"elasticity set {values.name}", values.values, (sectors,), "[sector]")
        if definition not in (None, values.definition):
            raise EconomyError(f"elasticity set {values.name} is stated as {values.definition}, not {definition}.")
        return values
    array = checks.number_array("elasticities", values)
    if array.ndim == 0:
        array = np.full(sectors, float(array))
    checks.shape("elasticities", array, (sectors,), "[sector]")
    return ElasticitySet(name, "theta" if definition is None else definition, array)
