"""Findings: the bare content of a result, which summary and store read and `Results` gives its methods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tariffsim.ensemble.labels import Labels
from tariffsim.ensemble.provenance import Provenance
from tariffsim.ensemble.variables import Values
from tariffsim.scenario.schema import Scenario


@dataclass(frozen=True, eq=False)
class Findings:
    """What an ensemble found. `scenario` is the configuration as run, seed and number of worlds included.

    arrays: variables by name (`tariffsim.ensemble.variables`), the world axis first, read-only; labels: names along
    the other axes; provenance: versions, data, engine, seconds, command.
    """

    scenario: Scenario
    labels: Labels
    arrays: Mapping[str, Values]
    provenance: Provenance

    def __post_init__(self) -> None:
        for values in self.arrays.values():
            values.setflags(write=False)

    @property
    def worlds(self) -> int:
        """Number of worlds."""
        return len(self.arrays["status"])
