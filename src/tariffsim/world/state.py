"""State of many worlds: every array has a leading world axis (W); days count from the scenario's first day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tariffsim.instruments.base import Array, Integers
from tariffsim.negotiation.truce import NEVER, Days, States

Flags = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]


@dataclass
class PairState:
    """The negotiating pair (axis of length 2: first and second party)."""

    status: States  # (W,) position in truce.STATES
    expiry: Days  # (W,) day on which the running truce ends, NEVER if none runs
    snapback: Array  # (W, 2) add-ons after a lapse, percentage points
    promised: Array  # (W,) licence share promised, of normal trade
    short_for: Array  # (W,) weeks of shortfall
    probation_end: Days  # (W,) day
    fallback: Array  # (W, K) approved shares that return with a snapback
    window: Days  # (W,) day on which the current negotiation opened, NEVER before it does
    deadline: Days  # (W,) day on which it fails
    silent_until: Days  # (W,) no meeting before this day
    signed: Index  # (W,) package awaiting entry into force, -1 if none
    in_force_on: Days  # (W,) day of entry into force


@dataclass
class SupplyState:
    """Deliveries through the K supply levers (owner, input, buyer)."""

    approved: Array  # (W, K) share of normal trade
    delivered: Array  # (W, K)
    capacity: Array  # (W, K)
    waiting: Index  # (W, K) ticks until a release begins to arrive
    stock: Array  # (W, K) months of use
    usable: Array  # (W, K) delivered plus what the stock adds


@dataclass
class Firsts:
    """Day of the first event of each kind (W,), NEVER if it did not happen; the first deal's terms."""

    deal: Days
    breach: Days
    lapse: Days
    snapback: Days
    renewal: Days
    package: Index  # (W,) first package signed, -1 if none
    values: Array  # (W, 2) its value to each party minus the war path, percent of GDP x years
    meetings: Index  # (W,) meetings held

    def mark(self, kind: str, where: Flags, day: int) -> None:
        """Note the day of an event where it happens for the first time."""
        days: Days = getattr(self, kind)
        days[where & (days == NEVER)] = day


@dataclass
class State:
    """Everything that changes."""

    policy: Integers  # (W, L) lever settings in force
    seen: Integers  # (W, L) settings when governments last looked
    rises: Array  # (W, L) rise of each add-on between the last two looks, percentage points
    risen: Flags  # (W, L) whether an add-on has risen since no truce has bound its pair
    war_weeks: Array  # (W, L) weeks for which the owner of an add-on has been free to move it
    stress: Array  # (W, G) fall of each government's stock market, percent
    rows: Index  # (W,) book rows of `policy`
    pair: PairState
    supply: SupplyState
    firsts: Firsts
    stance: npt.NDArray[np.int8]  # (W, P) position in letters.STANCES
    executed: Flags  # (W, P) threat carried out
    log_flow: Array  # (W, F) log of followed trade flows relative to a year before
