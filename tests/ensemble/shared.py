"""Small results for the tests of ensembles, computed once."""

from __future__ import annotations

from functools import cache

from tests.world.shared import small

from tariffsim.ensemble import Results, run_ensemble

QUICK = ("talks.protocol=no_talks", "ticks=3")
TALKS = ("ticks=8",)
BREACHES = ("ticks=30", "enforcement.detection_intensity=0", "enforcement.prior_unwilling=0.5")


@cache
def quick() -> Results:
    """Four worlds that never meet, for three weeks."""
    return run_ensemble(small(*QUICK), worlds=4, progress=False)


@cache
def with_talks() -> Results:
    """Twelve worlds for eight weeks; some sign a deal."""
    return run_ensemble(small(*TALKS), worlds=12, progress=False, command="python -m tariffsim")


@cache
def with_breaches() -> Results:
    """Eight worlds for thirty weeks in which withholding is never found out: deals are broken, and some made anew."""
    return run_ensemble(small(*BREACHES), worlds=8, progress=False)


def nobody(done: int, solved: int) -> None:
    """Hears how far a chunk is and says nothing."""


def differing(one: Results, two: Results) -> list[str]:
    """Variables that differ in any bit."""
    return [name for name in one.arrays if one.arrays[name].tobytes() != two.arrays[name].tobytes()]
