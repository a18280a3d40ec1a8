"""Packages: every combination of the issues' levels, and the policies they stand for.

The order of packages is fixed by the configuration (last issue fastest, the length of the truce last), so ties are
always broken the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tariffsim.instruments.base import Array, Integers
from tariffsim.instruments.levers import LeverSpace
from tariffsim.negotiation.issues import Issue, addons, bought, combinations, issues_of, nearest, overwritten, place
from tariffsim.scenario.issues import UNITS, IssueSpec
from tariffsim.scenario.schema import Scenario

KEPT = -1.0  # an add-on that the deal leaves as it is
ENDLESS = 36525.0  # days: where its length is no issue, a deal has no last day
Index = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Packages:
    """The table of terms between two parties.

    issues (I) but the truce length; terms (Q, I): a level of each; days (D,): truce lengths; columns: levers of the
    add-ons of the first party on the second and back. A package is index q * D + d.
    """

    issues: tuple[Issue, ...]
    terms: Array
    days: Array
    columns: tuple[int, int]

    @property
    def size(self) -> int:
        """Number of packages Q * D."""
        return len(self.terms) * len(self.days)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of levels of each issue, the truce length last."""
        return (*(len(issue.levels) for issue in self.issues), len(self.days))

    @cached_property
    def addons(self) -> Array:
        """Add-ons (Q, 2) of the two parties on each other in percentage points, KEPT where they are no issue."""
        found = addons(self.issues, self.terms)
        kept = np.full(len(self.terms), KEPT)
        return np.stack([found.get(column, kept) for column in self.columns], axis=-1)

    @cached_property
    def licence(self) -> Array:
        """Licence share (Q,) that is promised; 0 where it is no issue."""
        found = [k for k, issue in enumerate(self.issues) if issue.kind == "licence"]
        return self.terms[:, found[0]] if found else np.zeros(len(self.terms))

    @property
    def purchases(self) -> Array:
        """Billion USD a year (Q, P) of each issue of kind purchases."""
        return self.terms[:, bought(self.issues)]

    def split(self, package: Index) -> tuple[Index, Index]:
        """Index of terms and of truce length."""
        return package // len(self.days), package % len(self.days)

    def settled(self, terms: Index, current: Array) -> Array:
        """Add-ons (W, 2) under terms (W,), given those in force (W, 2)."""
        agreed = self.addons[terms]
        return np.where(agreed == KEPT, current, agreed)

    def owned(self, party: str) -> tuple[int, ...]:
        """Issues that a party can deviate on alone."""
        return tuple(k for k, issue in enumerate(self.issues) if issue.by == party)

    def nearest(self, policy: Integers, sums: Array, step: int) -> Index:
        """Package (W,) nearest to policies (W, L) and purchases (W, P) in force, and of truce lengths the shortest."""
        levels = [*nearest(self.issues, policy, sums, step), np.full(len(policy), self.days.argmin())]
        return np.asarray(np.ravel_multi_index(tuple(levels), self.sizes), dtype=np.int64)


def packages_of(scenario: Scenario, space: LeverSpace, premiums: Mapping[str, Array]) -> Packages:
    """The table of a scenario's issues; `premiums`: chi (K,) by economy draw of each issue of kind purchases.

    Raises ConfigError if an issue has no lever.
    """
    specs, (first, second) = scenario.talks.issues, scenario.talks.parties
    controls = scenario.policy.controls

    def withheld(owner: str, target: str) -> list[str]:
        control = controls.get(owner, {}).get(target)
        return list(control.withheld) if control else []

    issues = issues_of(specs, space.levers, withheld, premiums)
    days = [level for spec in specs.values() if spec.kind == "truce_days" for level in spec.levels]
    columns = space.column("addon", first, second), space.column("addon", second, first)
    return Packages(issues, combinations(issues), np.array(days or [ENDLESS], dtype=float), columns)


def term_units(specs: Mapping[str, IssueSpec]) -> dict[str, str]:
    """Names of the terms of a deal with their units, in the order of the packages."""
    last = {name: spec for name, spec in specs.items() if spec.kind == "truce_days"}
    found = {name: UNITS[spec.kind] for name, spec in specs.items() if name not in last}
    return {**found, **dict.fromkeys(last or ["truce_days"], UNITS["truce_days"])}


def level_table(specs: Mapping[str, IssueSpec]) -> Array:
    """Terms (Q * D, I + 1) of every package in the order of the packages, named as in `term_units`."""
    grids = [issue.levels for issue in specs.values() if issue.kind != "truce_days"]
    days = [issue.levels for issue in specs.values() if issue.kind == "truce_days"] or [(ENDLESS,)]
    return np.stack([g.reshape(-1) for g in np.meshgrid(*grids, *days, indexing="ij")], axis=-1).astype(np.float64)


@dataclass(frozen=True)
class TalkLevers:
    """Positions in a policy row of the levers on the table."""

    addons: tuple[int, int]
    licences: tuple[int, ...]
    controls: tuple[int, ...]
    issues: tuple[Issue, ...]
    step: int

    def place(self, policy: Integers, terms: Array) -> Integers:
        """Policies (Q, L) when the terms (Q, I) are in force on top of one policy row (L,) (`issues.place`)."""
        return place(self.issues, policy, terms, self.step)

    @property
    def overwritten(self) -> list[int]:
        """Levers whose setting under a package doesn't depend on what was in force before."""
        return overwritten(self.issues)

    def owned(self, party: str) -> tuple[int, ...]:
        """Supply levers on the table that a party sets."""
        mine = [issue.columns for issue in self.issues if issue.by == party and issue.kind in ("licence", "control")]
        return tuple(dict.fromkeys(column for columns in mine for column in columns))


def talk_levers(packages: Packages, step: int) -> TalkLevers:
    """The levers of the talks; `step`: grid of supply levers in percent."""
    supply = {
        kind: tuple(column for issue in packages.issues if issue.kind == kind for column in issue.columns)
        for kind in ("licence", "control")
    }
    return TalkLevers(packages.columns, supply["licence"], supply["control"], packages.issues, step)
