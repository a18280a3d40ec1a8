"""Packages: every combination of the issues' levels, and the policies they stand for.

The order of packages is fixed by the configuration (last issue fastest), so ties are always broken the same way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tariffsim.errors import ConfigError, unknown_name
from tariffsim.instruments.base import Array, Integers, supply_setting
from tariffsim.instruments.levers import LeverSpace
from tariffsim.scenario.schema import Scenario

TERMS = ("addon_by_first", "addon_by_second", "licence", "control")


@dataclass(frozen=True)
class Packages:
    """The table of terms.

    terms (Q, 4): add-on of the first party on the second and back (percentage points), licence share, strictness;
    days (D,): truce lengths. A package is index q * D + d.
    """

    terms: Array
    days: Array

    @property
    def size(self) -> int:
        """Number of packages Q * D."""
        return len(self.terms) * len(self.days)

    def split(self, package: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Index of terms and of truce length."""
        return package // len(self.days), package % len(self.days)


def packages_of(scenario: Scenario) -> Packages:
    """The table of a scenario's issues."""
    issues = scenario.talks.issues
    grids = np.meshgrid(*(np.array(issues[name].levels, dtype=float) for name in TERMS), indexing="ij")
    terms = np.stack([g.reshape(-1) for g in grids], axis=-1)
    return Packages(terms, np.array(issues["truce_days"].levels, dtype=float))


@dataclass(frozen=True)
class TalkLevers:
    """Positions in a policy row of the levers on the table."""

    addons: tuple[int, int]
    licences: tuple[int, ...]
    controls: tuple[int, ...]
    step: int

    def place(self, policy: Integers, terms: Array) -> Integers:
        """Policies (Q, L) when the terms (Q, 4) are in force on top of one policy row (L,).

        The licence issue is a floor: an input that is already released more freely stays so.
        """
        rows = np.repeat(policy[None, :], len(terms), axis=0)
        for side in range(2):
            rows[:, self.addons[side]] = np.round(terms[:, side])
        for column in self.licences:
            rows[:, column] = np.maximum(policy[column], supply_setting(terms[:, 2], self.step))
        for column in self.controls:
            rows[:, column] = supply_setting(1 - terms[:, 3], self.step)
        return rows


def talk_levers(scenario: Scenario, space: LeverSpace) -> TalkLevers:
    """Find the levers of the talks; raises ConfigError if an issue has no lever."""
    talks, (first, second) = scenario.talks, scenario.talks.parties
    addons = (space.column("addon", first, second), space.column("addon", second, first))
    licences = [
        k
        for k, lever in enumerate(space.levers)
        if lever.kind == "licence"
        and lever.owner == talks.licence_owner
        and talks.licence_target in (lever.target, "all")
    ]
    if not licences:
        owned = {
            lever.target for lever in space.levers if (lever.kind, lever.owner) == ("licence", talks.licence_owner)
        }
        raise ConfigError(unknown_name("talks.licence_target", talks.licence_target, ["all", *owned]))
    others = [p for p in talks.parties if p != talks.control_owner]
    controlled = scenario.policy.controls.get(talks.control_owner, {}).get(others[0])
    names = controlled.withheld if controlled else {}
    controls = [space.column("licence", talks.control_owner, others[0], name) for name in names]
    return TalkLevers(addons, tuple(licences), tuple(controls), scenario.policy.availability_step)
