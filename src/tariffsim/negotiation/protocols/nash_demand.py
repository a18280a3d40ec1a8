"""Nash demand: in each round all name a package at once; demands that can be met together close the talks.

Demand d_i = u_i of the own package. A package meets all demands but for the share c(x) = max_i max(0, d_i - u_i(x)) /
(d_i - D_i) of the gain that somebody asked for. c = min_x c(x) over packages that nobody values below D or its outside
option: demands are compatible where c = 0. Otherwise they close with probability exp(-(c / width)^2). Signed is the
package of the smallest c; of several, as of several that meet all demands, the one with the largest product of gains
over D. A gap shrinks both demanded gains alike, so a demand is worth d_i times a function of the pair: Nash's smoothed
game, whose equilibria go to his solution as the width goes to zero.

Nash 1953, Econometrica 21(1), 128-140; Binmore 1987, in Binmore and Dasgupta (eds), The Economics of Bargaining. The
games are played with one draw for each round; a failed round is no conflict as long as the meeting lasts.

Nobody demands, or signs, less than its outside option; who would have demanded less, or nothing, leaves for it after a
failed round. D stays what gains are counted from. Opting out of a demand game: Binmore, Proulx, Samuelson and
Swierzbinski 1998, Economic Journal 108(450), 1279-1298, where it is done in place of a demand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import Flags, Index
from tariffsim.negotiation.meeting import PROTOCOLS, Meeting, Outcome, Protocol
from tariffsim.negotiation.rounds import (
    acceptable,
    at,
    best,
    not_below,
    own_reservations,
    own_values,
    put_on_record,
    simultaneous,
    who_leaves,
)
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
        values, floor, allowed = own_values(meeting), own_reservations(meeting), acceptable(meeting)
        open_ = np.ones(meeting.worlds, dtype=bool)
        sides = np.tile(np.arange(meeting.parties), (meeting.worlds, 1))
        for k in range(meeting.offers):
            plans = ask(k, history)
            named = not_below(meeting, plans)
            package, gap = _closest(values, floor, allowed, named)
            outcome, history = put_on_record(outcome, history, named, sides, open_)
            closes = open_ & self._closes(gap, meeting.uniform("protocol", k))
            outcome = outcome.settled(closes, package)
            open_ &= ~closes
            outcome = replace(outcome, left=np.where(open_, who_leaves(meeting, plans), outcome.left))
            open_ = open_ & (outcome.left < 0) & ~meeting.breaks(slice(k, k + 1))[:, 0]
            if not open_.any():
                break
        return outcome

    def _closes(self, gap: Array, uniform: Array) -> Flags:
        compatible: Flags = np.asarray(gap == 0, dtype=np.bool_)
        if self.width == 0:
            return compatible
        far = np.minimum(gap, NEVER * self.width) / self.width
        return compatible | (uniform < np.exp(-(far**2)))


def _closest(values: Array, floor: Array, signed: Flags, named: Index) -> tuple[Index, Array]:
    """The package (W,) among the `signed` (W, Q) that comes nearest to meeting the demands, and the gap (W,), inf where
    there is none."""
    demand = np.stack([at(values, named[:, side])[:, side] for side in range(named.shape[1])], axis=-1)
    gains, asked = values - floor[:, None, :], (demand - floor)[:, None, :]
    lack = np.maximum(demand[:, None, :] - values, 0.0) / np.where(asked > 0, asked, 1.0)
    allowed = signed & (named >= 0).all(-1, keepdims=True)
    share = np.where(allowed, lack.max(-1), np.inf)
    gap = share.min(-1)
    return best(allowed & (share == gap[:, None]), np.where(allowed, gains.prod(-1), 0.0)), gap
