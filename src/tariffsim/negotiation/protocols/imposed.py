"""Imposed: the package that a cooperative solution picks from both sides' own values is signed at the first meeting.

The benchmark to which deals are compared; strategies play no part, and nobody is asked what it believes of the other.
Where no package beats disagreement for all there is no deal. Definitions and ties: `tariffsim.negotiation.solutions`.

Nash 1950, Econometrica 18(2), 155-162; Kalai and Smorodinsky 1975, Econometrica 43(3), 513-518; Kalai 1977,
Econometrica 45(7), 1623-1630 (egalitarian).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tariffsim.negotiation.meeting import PROTOCOLS, Meeting, Outcome, Protocol
from tariffsim.negotiation.rounds import own_reservations, own_values
from tariffsim.negotiation.solutions import egalitarian, kalai_smorodinsky, nash_bargaining, utilitarian
from tariffsim.scenario.reading import spec

SOLUTIONS = {
    "nash": nash_bargaining,
    "kalai_smorodinsky": kalai_smorodinsky,
    "egalitarian": egalitarian,
    "utilitarian": utilitarian,
}


@PROTOCOLS.register("imposed")
@dataclass(frozen=True)
class Imposed(Protocol):
    """A cooperative solution, imposed."""

    meets: ClassVar[bool] = True
    source: ClassVar[str] = "Nash 1950; Kalai and Smorodinsky 1975; Kalai 1977"

    solution: str = spec("which package is imposed", choices=tuple(SOLUTIONS))

    def run(self, meeting: Meeting) -> Outcome:
        package = SOLUTIONS[self.solution](own_values(meeting), own_reservations(meeting))
        return Outcome.none(meeting.worlds).settled(package >= 0, package)
