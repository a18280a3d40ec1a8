"""Linear: concede at an even pace (beta = 1). Formula and source: `tariffsim.negotiation.concession`."""

from __future__ import annotations

from dataclasses import dataclass

from tariffsim.negotiation.bargaining import STRATEGIES
from tariffsim.negotiation.concession import TimeDependent


@STRATEGIES.register("linear")
@dataclass(frozen=True)
class Linear(TimeDependent):
    """Time-dependent concession with the parameters of `conf/strategy/linear.yaml`."""
