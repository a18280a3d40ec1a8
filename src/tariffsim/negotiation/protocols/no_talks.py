"""No talks: nobody meets; escalation rules and truce clocks decide. The benchmark of reciprocal matching."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tariffsim.negotiation.meeting import PROTOCOLS, Meeting, Outcome, Protocol


@PROTOCOLS.register("no_talks")
@dataclass(frozen=True)
class NoTalks(Protocol):
    """Never meet."""

    meets: ClassVar[bool] = False
    source: ClassVar[str] = "benchmark"

    def run(self, meeting: Meeting) -> Outcome:
        return Outcome.none(len(meeting.first))
