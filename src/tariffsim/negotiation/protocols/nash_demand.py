"""Nash demand: in each round all name a package at once; demands that can be met together close the talks.

Demand d_i = u_i of the own package. A package meets all demands but for the share
c(x) = max_i max(0, d_i - u_i(x)) / (d_i - D_i) of the gain that somebody asked for. c = min_x c(x) over packages that
nobody values below D: demands are compatible where c = 0. Otherwise they close with probability exp(-(c / width)^2).
Signed is the package of the smallest c; of several, as of several that meet all demands, the one with the largest
product of gains over D. A gap shrinks both demanded gains alike, so a demand is worth d_i times a function of the pair:
Nash's smoothed game, whose equilibria go to his solution as the width goes to zero.

Nash 1953, Econometrica 21(1), 128-140; Binmore 1987, in Binmore and Dasgupta (eds), The Economics of Bargaining. The
games are played with one draw for each round; a failed round is no conflict as long as the meeting lasts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import Flags, Index
from tariffsim.negotiation.meeting import PROTOCOLS, Meeting, Outcome, Protocol
from tariffsim.negotiation.rounds import at, best, own_reservations, own_values, put_on_record, simultaneous
from tariffsim.scenario.reading import spec

NEVER = 26.0  # exp(-26^2) is below every draw and still a number


@PROTOCOLS.register("nash_demand")
@dataclass(frozen=True)
class NashDemand(Protocol):
    """Simultaneous demands, smoothed."""

    meets: ClassVar[bool] = True
    source: ClassVar[str] = "Nash 1953; Binmore 1987"

    width: float = spec("share of the demanded gain; how far incompatible demands may still close", low=0, high=10)

    def run(self, meeting: Meeting) -> Outcome:
        outcome, history, ask = Outcome.none(meeting.worlds), meeting.history, simultaneous(meeting)
        values, floor = own_values(meeting), own_reservations(meeting)
        open_ = np.ones(meeting.worlds, dtype=bool)
        sides = np.tile(np.arange(meeting.parties), (meeting.worlds, 1))
        for k in range(meeting.offers):
            named = ask(k, history)
            package, gap = _closest(values, floor, named)
            outcome, history = put_on_record(outcome, history, named, sides, open_)
            closes = open_ & self._closes(gap, meeting.uniform("protocol", k))
            outcome = outcome.settled(closes, package)
            open_ = open_ & ~closes & ~meeting.breaks(slice(k, k + 1))[:, 0]
            if not open_.any():
                break
        return outcome

    def _closes(self, gap: Array, uniform: Array) -> Flags:
        compatible: Flags = np.asarray(gap == 0, dtype=np.bool_)
        if self.width == 0:
            return compatible
        far = np.minimum(gap, NEVER * self.width) / self.width
        return compatible | (uniform < np.exp(-(far**2)))


def _closest(values: Array, floor: Array, named: Index) -> tuple[Index, Array]:
    """The package (W,) that comes nearest to meeting the demands, and the gap (W,), inf where there is none."""
    demand = np.stack([at(values, named[:, side])[:, side] for side in range(named.shape[1])], axis=-1)
    gains, asked = values - floor[:, None, :], (demand - floor)[:, None, :]
    lack = np.maximum(demand[:, None, :] - values, 0.0) / np.where(asked > 0, asked, 1.0)
    meets_all: Flags = np.asarray((gains >= 0).all(-1), dtype=np.bool_)
    allowed = meets_all & (named >= 0).all(-1, keepdims=True)
    share = np.where(allowed, lack.max(-1), np.inf)
    gap = share.min(-1)
    return best(allowed & (share == gap[:, None]), np.where(allowed, gains.prod(-1), 0.0)), gap
