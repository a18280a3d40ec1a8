"""What a government faces at home: groups that live on sectors, and the vote on what it signs."""

from __future__ import annotations

from dataclasses import dataclass

from tariffsim.scenario.reading import spec

FORMS = ("executive", "statute", "legislature")


@dataclass(frozen=True)
class GroupSpec:
    """A domestic group: who lives on some sectors. It counts with its share of base-year value added."""

    sectors: tuple[str, ...] = spec("sectors of the economy; a sector belongs to one group at most")
    political_weight: float = spec(
        "lambda: weight of its factor income in the objective, before scaling", low=0.01, high=100
    )
    spread: float = spec(
        "percent of real income by which its members differ in what else they care about", low=0.01, high=100
    )


@dataclass(frozen=True)
class RatificationSpec:
    """How a party ratifies what it has signed (docs/explanation/enforcement.md)."""

    form: str = spec("legal form", choices=FORMS)
    days: int = spec("days from signature to force", low=0, high=1000)
    quota: float = spec("support needed where there is a vote, share of the groups' weights", low=0, high=1)
    width: float = spec("of the probability that a package passes, share of the groups' weights", low=0.001, high=1)
    allowed_addon: float = spec(
        "percentage points: what a statute in force lets it go down to without a vote", low=0, high=1000
    )
