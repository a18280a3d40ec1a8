"""Boulware: concede late (beta < 1). Formula and source: `tariffsim.negotiation.concession`."""

from __future__ import annotations

from dataclasses import dataclass

from tariffsim.negotiation.bargaining import STRATEGIES
from tariffsim.negotiation.concession import TimeDependent


@STRATEGIES.register("boulware")
@dataclass(frozen=True)
class Boulware(TimeDependent):
    """Time-dependent concession with the parameters of `conf/strategy/boulware.yaml`."""
