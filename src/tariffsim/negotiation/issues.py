"""Typed issues: which levers each moves, what it adds to payoff flows, and who can deviate on it alone.

kind        lever or flow                                                              set by
addon       by's add-on on `target`, percentage points                                     by
layer       a special-purpose part of that add-on: what is set is the sum              by
licence     share of normal trade in an input of by's that is released; a floor        by
control     strictness of by's technology control on `target`: 1 - share of use            by
purchases   F billion USD a year that by buys from `target`                                by

Purchases bring the seller 100 omega F / GDP percent of its GDP a year and cost the buyer 100 chi F / GDP, chi being the
premium of directed buying; they are not booked as trade as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tariffsim.errors import ConfigError, unknown_name
from tariffsim.instruments.base import Array, Integers, Lever, supply_setting
from tariffsim.scenario.issues import ANY, UNITS, IssueSpec

MILLIONS = 1000.0  # million USD in a billion
SUPPLY = ("licence", "control")
POINTS = ("addon", "layer")


@dataclass(frozen=True)
class Issue:
    """An issue and the levers it moves.

    levels (L,) in `unit`; columns: positions in a policy row; value: omega; premium (K,): chi by economy draw.
    """

    name: str
    kind: str
    by: str
    target: str
    levels: Array
    columns: tuple[int, ...]
    value: float
    premium: Array

    @property
    def unit(self) -> str:
        """Unit of its levels."""
        return UNITS[self.kind]


def issues_of(
    specs: Mapping[str, IssueSpec],
    levers: Sequence[Lever],
    withheld: Callable[[str, str], Sequence[str]],
    premiums: Mapping[str, Array],
) -> tuple[Issue, ...]:
    """The issues but the length of a truce, in their order, with their levers.

    `withheld` names the inputs that a control of its first argument on its second withholds; `premiums` are chi (K,)
    of each issue of kind purchases. Raises ConfigError where an issue finds no lever, or two share one.
    """
    found = []
    for name, spec in specs.items():
        if spec.kind == "truce_days":
            continue
        columns = _columns(name, spec, levers, withheld)
        premium = premiums.get(name, np.zeros(1))
        levels = np.array(spec.levels, dtype=np.float64)
        found.append(Issue(name, spec.kind, *_parties(spec), levels, columns, spec.value or 0.0, premium))
    for kind in SUPPLY:
        taken: dict[int, str] = {}
        for issue in found:
            for column in issue.columns if issue.kind == kind else ():
                if column in taken:
                    raise ConfigError(f"issues {taken[column]} and {issue.name} both set {levers[column].key}.")
                taken[column] = issue.name
    return tuple(found)


def _parties(spec: IssueSpec) -> tuple[str, str]:
    return spec.by or "", spec.target or ""


def _columns(
    name: str, spec: IssueSpec, levers: Sequence[Lever], withheld: Callable[[str, str], Sequence[str]]
) -> tuple[int, ...]:
    by, target = _parties(spec)
    if spec.kind == "purchases":
        return ()
    if spec.kind in POINTS:
        return tuple(_known(f"add-on of issue {name}", "addon", levers, by, target, None))
    if spec.kind == "control":
        inputs = list(withheld(by, target))
        if not inputs and len(spec.levels) > 1:
            raise ConfigError(f"issue {name}: {by} withholds nothing from {target}. Fill policy.controls.{by}.")
        what = f"control of issue {name}"
        return tuple(c for item in inputs for c in _known(what, "licence", levers, by, target, item))
    buyer = None if target == ANY else target
    return tuple(
        _known(f"licence of issue {name}", "licence", levers, by, buyer, None if spec.input == ANY else spec.input)
    )


def _known(what: str, kind: str, levers: Sequence[Lever], by: str, target: str | None, item: str | None) -> list[int]:
    """Positions of the levers of one kind and owner, by target and input (None: any); ConfigError if there are none."""
    mine = [(k, lever) for k, lever in enumerate(levers) if (lever.kind, lever.owner) == (kind, by)]
    found = [k for k, lever in mine if target in (None, lever.target) and item in (None, lever.input)]
    if not found:
        key = Lever(kind, by, target or ANY, "", item or "").key
        raise ConfigError(unknown_name(what, key, [lever.key for _, lever in mine]))
    return found


def combinations(issues: Sequence[Issue]) -> Array:
    """Terms (Q, I): every combination of the issues' levels, the last issue fastest."""
    if not issues:
        return np.zeros((1, 0))
    grids = np.meshgrid(*(issue.levels for issue in issues), indexing="ij")
    return np.stack([grid.reshape(-1) for grid in grids], axis=-1)


def place(issues: Sequence[Issue], policy: Integers, terms: Array, step: int) -> Integers:
    """Policies (Q, L) when terms (Q, I) are in force on top of one policy row (L,).

    An add-on is the sum of its parts. A licence is a floor: an input that is already released more freely stays so.
    """
    rows = np.repeat(policy[None, :], len(terms), axis=0)
    for kind in ("licence", "control"):
        for k, issue in enumerate(issues):
            if issue.kind == kind:
                columns = list(issue.columns)
                share = terms[:, k] if kind == "licence" else 1 - terms[:, k]
                setting = supply_setting(share, step)[:, None]
                rows[:, columns] = np.maximum(policy[columns], setting) if kind == "licence" else setting
    for column, points in addons(issues, terms).items():
        rows[:, column] = np.round(points)
    return rows


def addons(issues: Sequence[Issue], terms: Array) -> dict[int, Array]:
    """Add-on (Q,) by lever, the sum of the issues of kind addon and layer that move it."""
    found: dict[int, Array] = {}
    for k, issue in enumerate(issues):
        if issue.kind in POINTS:
            found[issue.columns[0]] = found.get(issue.columns[0], np.zeros(len(terms))) + terms[:, k]
    return found


def overwritten(issues: Sequence[Issue]) -> list[int]:
    """Levers whose setting under a package doesn't depend on what was in force before."""
    return sorted({column for issue in issues if issue.kind != "licence" for column in issue.columns})


def bought(issues: Sequence[Issue]) -> list[int]:
    """Which of the issues (columns of terms) are purchases."""
    return [k for k, issue in enumerate(issues) if issue.kind == "purchases"]


def transfers(issues: Sequence[Issue], sums: Array, draw: npt.NDArray[np.int64], gdp: Mapping[str, float]) -> Array:
    """Payoff flows (..., n) of purchases `sums` (..., P), in billion USD a year, to the parties of `gdp` (million USD)
    under economy draws (...); percent of their GDP a year."""
    flows = np.zeros((*sums.shape[:-1], len(gdp)))
    names = list(gdp)
    for p, k in enumerate(bought(issues)):
        issue = issues[k]
        spent = 100 * MILLIONS * sums[..., p]
        flows[..., names.index(issue.target)] += issue.value * spent / gdp[issue.target]
        flows[..., names.index(issue.by)] -= issue.premium[draw] * spent / gdp[issue.by]
    return flows


def nearest(issues: Sequence[Issue], policy: Integers, sums: Array, step: int) -> list[npt.NDArray[np.int64]]:
    """Level (W,) of each issue that is nearest to policies (W, L) and purchases (W, P) in force; ties to the lower.

    Of several licences or controls the strictest counts. Of add-ons in parts, the parts are nearest together; ties go
    to the larger layers, which are charged first.
    """
    found: list[npt.NDArray[np.int64]] = []
    paid = bought(issues)
    for k, issue in enumerate(issues):
        if issue.kind in POINTS:
            found.append(_nearest_part(issues, k, policy))
        elif not issue.columns and issue.kind in SUPPLY:
            found.append(np.zeros(len(policy), dtype=np.int64))
        elif issue.kind in SUPPLY:
            setting = supply_setting(issue.levels if issue.kind == "licence" else 1 - issue.levels, step)
            found.append(np.abs(policy[:, list(issue.columns)].min(-1)[:, None] - setting).argmin(-1))
        else:
            found.append(np.abs(sums[:, paid.index(k)][:, None] - issue.levels).argmin(-1))
    return found


def _nearest_part(issues: Sequence[Issue], k: int, policy: Integers) -> npt.NDArray[np.int64]:
    column = issues[k].columns[0]
    parts = [j for j, issue in enumerate(issues) if issue.kind in POINTS and issue.columns[0] == column]
    parts.sort(key=lambda j: issues[j].kind == "addon")  # layers first
    combined = combinations([issues[j] for j in parts])[::-1]  # larger layers, written last as a rule, come first
    sizes = [len(issues[j].levels) for j in parts]
    if len(parts) == 1:
        return np.asarray(np.abs(policy[:, column][:, None] - issues[k].levels).argmin(-1))
    best = len(combined) - 1 - np.abs(policy[:, column][:, None] - combined.sum(-1)).argmin(-1)
    return np.asarray(np.unravel_index(best, sizes)[parts.index(k)], dtype=np.int64)
