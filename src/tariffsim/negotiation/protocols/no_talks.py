"""No talks: nobody meets; escalation rules and truce clocks decide. The benchmark of reciprocal matching.

With `match` on both sides a rise is answered by one of the same size and rates in force otherwise stay: tit for tat
without a word (Axelrod 1984, The Evolution of Cooperation). Cuts are unilateral acts too, to be started and answered by
escalation rules (Osgood 1962, An Alternative to War or Surrender). A protocol says how a package comes to be signed, so
there is none for them.

Nothing is refused, so nobody comes to leave: outside and inside options, like strategies, play no part, and are allowed
so that one scenario can be played with and without talks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tariffsim.negotiation.meeting import PROTOCOLS, Meeting, Outcome, Protocol


@PROTOCOLS.register("no_talks")
@dataclass(frozen=True)
class NoTalks(Protocol):
    """Never meet."""

    meets: ClassVar[bool] = False
    source: ClassVar[str] = "Axelrod 1984; Osgood 1962"

    def run(self, meeting: Meeting) -> Outcome:
        return Outcome.none(len(meeting.first))
