"""Typed issues of a negotiation: what each kind asks for, and checks with one clear line for every mistake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tariffsim.errors import ConfigError, unknown_name
from tariffsim.scenario.reading import Uncertain, spec

UNITS = {
    "addon": "percentage points",
    "layer": "percentage points",
    "licence": "share of normal trade",
    "control": "strictness, 0 to 1",
    "purchases": "billion USD a year",
    "truce_days": "days",
}
SHARES = ("licence", "control")
POINTS = ("addon", "layer")
NEEDS = {  # what a kind must say beyond its levels; anything else would change nothing
    "addon": ("by", "target"),
    "layer": ("by", "target"),
    "licence": ("by", "target", "input"),
    "control": ("by", "target"),
    "purchases": ("by", "target", "value", "premium"),
    "truce_days": (),
}
ANY = "all"  # every buyer, every input of the owner


@dataclass(frozen=True)
class IssueSpec:
    """One issue on the table: its kind and a finite grid of values (docs/how-to/choose-the-issues.md)."""

    kind: str = spec("what is agreed", choices=tuple(UNITS))
    levels: tuple[float, ...] = spec("values that may be agreed, in the unit of the kind", low=0, high=1000)
    by: str | None = spec("who acts: the importer, the owner of a licence or control, the buyer", default=None)
    target: str | None = spec("about whom: the exporter, the buyer of an input or 'all', the seller", default=None)
    input: str | None = spec("critical input of a licence, or 'all' of the owner's", default=None)
    value: float | None = spec(
        "purchases: share of the sum that the seller's government counts as a gain", low=0, high=1, default=None
    )
    premium: Uncertain | None = spec(
        "purchases: share of the sum that the buyer loses by buying as directed", low=0, high=1, default=None
    )


def check_issues(issues: Mapping[str, IssueSpec], parties: Iterable[str], path: str = "talks.issues") -> None:
    """Raise ConfigError for the first issue that makes no sense between these parties."""
    names, truces = list(parties), []
    taken: dict[tuple[str | None, ...], str] = {}
    for name, issue in issues.items():
        where = f"{path}.{name}"
        _check_fields(issue, where)
        _check_parties(issue, names, where)
        if issue.kind == "truce_days":
            truces.append(name)
        place = (issue.kind, issue.by, issue.target, issue.input)
        if issue.kind != "layer" and place in taken:
            raise ConfigError(f"{where} is about the same as {path}.{taken[place]}: put all levels into one of them.")
        taken[place] = name
    if len(truces) > 1:
        raise ConfigError(f"{path} has {len(truces)} issues of kind truce_days ({', '.join(truces)}): keep one.")
    for name, issue in issues.items():
        if issue.kind == "layer" and ("addon", issue.by, issue.target, None) not in taken:
            raise ConfigError(
                f"{path}.{name} needs an issue of kind addon by {issue.by} on {issue.target}, to which it is added: "
                "give that one level to leave it out of the talks."
            )


def _check_fields(issue: IssueSpec, where: str) -> None:
    if not issue.levels:
        raise ConfigError(f"{where}.levels is missing or empty: give one level to fix an issue, or leave it out.")
    twice = [level for k, level in enumerate(issue.levels) if level in issue.levels[:k]]
    if twice:
        raise ConfigError(f"{where}.levels has {twice[0]:g} twice: leave one of them out.")
    parts = [level for level in issue.levels if issue.kind in POINTS and level != round(level)]
    if parts:
        raise ConfigError(f"{where}.levels are whole percentage points, got {parts[0]:g}; try {round(parts[0])}.")
    if issue.kind in SHARES and max(issue.levels) > 1:
        raise ConfigError(f"{where}.levels are shares between 0 and 1, got {list(issue.levels)}.")
    if issue.kind == "truce_days" and min(issue.levels) < 1:
        raise ConfigError(f"{where}.levels are days, at least 1, got {list(issue.levels)}.")
    for key in ("by", "target", "input", "value", "premium"):
        given, needed = getattr(issue, key) is not None, key in NEEDS[issue.kind]
        if needed and not given:
            raise ConfigError(f"{where}.{key} is missing: kind {issue.kind} needs {', '.join(NEEDS[issue.kind])}.")
        if given and not needed:
            raise ConfigError(f"{where}.{key} would change nothing: kind {issue.kind} has no such thing.")


def _check_parties(issue: IssueSpec, parties: list[str], where: str) -> None:
    if issue.by is None:
        return
    if issue.by not in parties:
        raise ConfigError(unknown_name(f"{where}.by", issue.by, parties))
    if issue.kind != "licence" and issue.target not in parties:
        raise ConfigError(unknown_name(f"{where}.target", issue.target, parties))
    if issue.by == issue.target:
        raise ConfigError(f"{where} is by and on {issue.by}: an issue is between two parties.")
