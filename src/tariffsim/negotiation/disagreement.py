"""The disagreement point of depth m: a war in which talks may resume (docs/explanation/negotiation.md).

D^0 is the war path without talks. In D^m talks resume with a chance q a tick and yield the Nash bargaining solution
whose own disagreement point is D^(m-1), where a package gains both sides; else the war goes on. Truncated on purpose:
the fixed point of this recursion is not unique, so m is part of the answer.
"""

from __future__ import annotations

from dataclasses import dataclass

from tariffsim.instruments.base import Array
from tariffsim.negotiation.compiled import resumptions
from tariffsim.negotiation.payoffs import Index

Sides = tuple[Array, Array]  # of the first and the second party


@dataclass(frozen=True)
class Bargains:
    """What can be agreed when talks resume: flows (U, Q, 2) by horizon of every package to either side, of which row v
    of V has number `table` (V,), and the packages that count for it: none of them is beaten by another in all four
    flows (`compiled.undominated`), so the Nash solution is among them whatever the discount factors."""

    flows: Sides
    table: Index
    count: Index
    which: Index


def resumed_talks(slices: Sides, deals: Bargains, weights: Sides, resume: float, depth: int) -> Sides:
    """D^m (V,) of both sides.

    slices (V, H + 1): present value of each tick of the war path; weights (V, H, 2): of the flows of a package agreed
    at tick 1, ..., H and kept; resume: chance q a tick; depth: m at or above 0. Of packages with equal products of
    gains the first is agreed.
    """
    return resumptions(slices, deals.flows, weights, deals.table, deals.count, deals.which, resume, depth)
