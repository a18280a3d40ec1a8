"""Monotonic concession: in each round all propose at once; a party may repeat or concede, never take back.

A concession is a package that is worth more to one of the others and less to none of them, as they value it; anything
else counts as a repetition. A proposal is agreed that is worth to each of the others at least what it asks for itself;
of several, one is drawn. A round in which nobody concedes ends the meeting. Proposals stand until the negotiation ends.

With `who_concedes` = zeuthen the strategies only open. Then the party with the smaller risk limit (u_i(x_i) - u_i(x_j))
/ (u_i(x_i) - D_i) concedes, who opens if both are equal, to its best package that turns the comparison around; where
there is none it takes what the other asks. x_i has the smaller risk limit exactly where its product of gains is the
smaller one, so with openings at each party's best the end is the largest Nash product.

Nobody proposes what is worth less to it than its outside option: its last concession is the package best for the other
that is worth as much. Who would have to go below it when nobody concedes any more, and so has nothing better to expect,
leaves for it. Conflict remains disagreement, in the risk limits as well: an option that is not reached changes nothing
(Binmore, Shaked and Sutton 1989, Quarterly Journal of Economics 104(4), 753-770).

Rosenschein and Zlotkin 1994, Rules of Encounter, ch. 3; Zeuthen 1930; Harsanyi 1956, Econometrica 24(2), 144-157;
concessions among more than two: the Pareto criterion of Endriss 2006, AAMAS, 392-399.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from tariffsim.errors import ConfigError
from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import NO_OFFER, Flags, Index
from tariffsim.negotiation.meeting import PROTOCOLS, Meeting, Outcome, Protocol
from tariffsim.negotiation.rounds import (
    acceptable,
    at,
    best,
    least_signed,
    not_below,
    own_reservations,
    own_values,
    put_on_record,
    simultaneous,
    who_leaves,
)
from tariffsim.scenario.reading import spec


@PROTOCOLS.register("monotonic_concession")
@dataclass(frozen=True)
class MonotonicConcession(Protocol):
    """Simultaneous proposals that only ever come closer."""

    meets: ClassVar[bool] = True
    source: ClassVar[str] = "Rosenschein and Zlotkin 1994; Zeuthen 1930; Harsanyi 1956; Endriss 2006"

    who_concedes: str = spec(
        "strategies: each as it likes; zeuthen: who has the smaller risk limit (two parties)",
        choices=("strategies", "zeuthen"),
    )

    def run(self, meeting: Meeting) -> Outcome:
        """Play the meeting; raises ConfigError if the risk rule is asked to serve more than two parties."""
        if self.who_concedes == "zeuthen" and meeting.parties > 2:
            raise ConfigError(
                "protocols.monotonic_concession.who_concedes=zeuthen compares two parties, got "
                f"{meeting.parties} at the table; try who_concedes=strategies."
            )
        outcome, history, ask = Outcome.none(meeting.worlds), meeting.history, simultaneous(meeting)
        values, floor, allowed = own_values(meeting), own_reservations(meeting), acceptable(meeting)
        open_ = np.ones(meeting.worlds, dtype=bool)
        sides = np.tile(np.arange(meeting.parties), (meeting.worlds, 1))
        standing = _still_standing(meeting, values, least_signed(meeting))
        for k in range(meeting.offers):
            plans = ask(k, history)
            if self.who_concedes == "zeuthen":
                opened = (standing >= 0).all(-1, keepdims=True)
                plans = np.where(opened, _zeuthen(meeting, values, floor, allowed, standing), plans)
            wish = not_below(meeting, plans)
            moved = _concedes(values, standing, wish)
            standing = np.where(moved, wish, standing)
            outcome, history = put_on_record(outcome, history, standing, sides, open_)
            package = _agreed(meeting, values, allowed, standing, k)
            agreed = open_ & (package >= 0)
            outcome = outcome.settled(agreed, package)
            conflict = open_ & ~agreed & ~moved.any(-1)
            outcome = replace(outcome, left=np.where(conflict, who_leaves(meeting, plans), outcome.left))
            open_ = open_ & ~agreed & moved.any(-1) & ~meeting.breaks(slice(k, k + 1))[:, 0]
            if not open_.any():
                break
        return outcome


def _still_standing(meeting: Meeting, values: Array, signed: Array) -> Index:
    """Last proposals (W, n) of earlier meetings; one worth less to its mover than the least it signs is withdrawn."""
    standing = np.full((meeting.worlds, meeting.parties), NO_OFFER)
    for side in range(meeting.parties if meeting.history.package.shape[1] else 0):
        last = meeting.history.by(side)[:, -1]
        keeps = (last >= 0) & (at(values, last)[:, side] >= signed[:, side])
        standing[:, side] = np.where(keeps, last, NO_OFFER)
    return standing


def _concedes(values: Array, standing: Index, wish: Index) -> Flags:
    """Whether (W, n) each party's wish is its first proposal, or worth more to some other and less to none."""
    found = []
    for side in range(wish.shape[1]):
        others = [s for s in range(wish.shape[1]) if s != side]
        now, before = (at(values, package[:, side])[:, others] for package in (wish, standing))
        better = (now >= before).all(-1) & (now > before).any(-1)
        found.append((wish[:, side] >= 0) & (better | (standing[:, side] < 0)))
    return np.stack(found, axis=-1)


def _agreed(meeting: Meeting, values: Array, allowed: Flags, standing: Index, k: int) -> Index:
    """The proposal (W,) worth to everybody what he asks for himself; a draw decides between several; else NO_OFFER."""
    n = meeting.parties
    asked = np.stack([at(values, standing[:, side])[:, side] for side in range(n)], axis=-1)
    turns = (meeting.first[:, None] + np.arange(n)) % n
    package = np.take_along_axis(standing, turns, axis=-1)  # from who opens on: names don't matter
    offered = np.take_along_axis(values, np.maximum(package, 0)[:, :, None], axis=1)
    good = (offered >= asked[:, None, :]).all(-1) & (standing >= 0).all(-1, keepdims=True)
    good &= np.take_along_axis(allowed, np.maximum(package, 0), axis=-1)
    count = good.sum(-1)
    wanted = np.floor(meeting.uniform("protocol", k) * count)
    chosen = (good & (good.cumsum(-1) - 1 == wanted[:, None])).argmax(-1)
    return np.where(count > 0, np.take_along_axis(package, chosen[:, None], axis=-1)[:, 0], NO_OFFER)


def _zeuthen(meeting: Meeting, values: Array, floor: Array, allowed: Flags, standing: Index) -> Index:
    """Proposals (W, 2) after the party with the smaller risk limit has conceded as little as suffices."""
    gains = np.maximum(values - floor[:, None, :], 0.0)
    product = gains[..., 0] * gains[..., 1]
    asked = np.take_along_axis(product, np.maximum(standing, 0), axis=-1)
    moves = []
    for side, other in ((0, 1), (1, 0)):
        due = (asked[:, side] < asked[:, other]) | ((asked[:, side] == asked[:, other]) & (meeting.first == side))
        gives = values[..., other] > at(values, standing[:, side])[:, other, None]
        enough = allowed & gives & (product > asked[:, other, None])
        step = best(enough, values[..., side], values[..., other])
        moves.append(np.where(due, np.where(step >= 0, step, standing[:, other]), standing[:, side]))
    return np.stack(moves, axis=-1)
