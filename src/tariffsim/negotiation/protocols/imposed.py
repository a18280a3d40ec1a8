"""Imposed: the package that a cooperative solution picks from both sides' own values is signed at the first meeting.

The benchmark to which deals are compared; strategies play no part, and nobody is asked what it believes of the other.
Where no package beats disagreement for all there is no deal. Definitions and ties: `tariffsim.negotiation.solutions`.

Gains are counted from the impasse point, disagreement with the inside options for as long as talks would go on
(`bargaining.impasse`), never from outside options (Binmore, Rubinstein and Wolinsky 1986, RAND Journal of Economics
17(2), 176-188). Those are bounds: where the solution gives a party less than its option, or than disagreement, the
solution is that of the packages that give all as much, and else they change nothing (Binmore, Shaked and Sutton 1989,
Quarterly Journal of Economics 104(4), 753-770). Where there is no such package, who has an option better than
disagreement leaves for it.

Nash 1950, Econometrica 18(2), 155-162; Kalai and Smorodinsky 1975, Econometrica 43(3), 513-518; Kalai 1977,
Econometrica 45(7), 1623-1630 (egalitarian).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from tariffsim.negotiation.bargaining import NO_OFFER
from tariffsim.negotiation.meeting import PROTOCOLS, Meeting, Outcome, Protocol
from tariffsim.negotiation.rounds import acceptable, own_impasse, own_values, who_leaves
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
    source: ClassVar[str] = "Nash 1950; Kalai and Smorodinsky 1975; Kalai 1977; Binmore, Rubinstein, Wolinsky 1986"

    solution: str = spec("which package is imposed", choices=tuple(SOLUTIONS))

    def run(self, meeting: Meeting) -> Outcome:
        solve, values = SOLUTIONS[self.solution], own_values(meeting)
        point, signed = own_impasse(meeting), acceptable(meeting)
        package = solve(values, point)
        refused = (package >= 0) & ~signed[np.arange(meeting.worlds), package]
        if refused.any():
            package = np.where(refused, solve(values, point, among=signed), package)
        outcome = Outcome.none(meeting.worlds).settled(package >= 0, package)
        nothing = np.full((meeting.worlds, meeting.parties), NO_OFFER)
        return replace(outcome, left=np.where(outcome.agreed, outcome.left, who_leaves(meeting, nothing)))
