"""State of many worlds: every array has a leading world axis (W); days count from the scenario's first day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tariffsim.instruments.base import Array, Integers
from tariffsim.negotiation.meeting import History
from tariffsim.negotiation.monitoring import Belief as Trust
from tariffsim.negotiation.truce import NEVER, Days, States
from tariffsim.scenario.schema import Scenario
from tariffsim.world.acts import Acts

Flags = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]


@dataclass
class PairState:
    """The negotiating pair (axis of length 2: first and second party)."""

    status: States  # (W,) position in truce.STATES
    expiry: Days  # (W,) day on which the running truce ends, NEVER if none runs
    snapback: Array  # (W, 2) add-ons after a lapse, percentage points
    promised: Array  # (W,) licence share promised, of normal trade
    stake: Array  # (W, 2) value to each side of the deal signed last minus disagreement, percent of GDP x years
    chance: Array  # (W, 2) probability that each side ratifies it
    before: States  # (W,) status when it was signed
    contract: Flags  # (W,) a deal of this run is in force that nobody can leave
    compliance: Array  # (W,) share of its promise that the licence owner means to keep
    trust: Trust  # what is publicly believed about its deliveries
    watched_from: Days  # (W,) day from which deliveries under the deal are judged
    probation_end: Days  # (W,) day
    fallback: Array  # (W, K) approved shares that return with a snapback
    window: Days  # (W,) day on which the current negotiation opened, NEVER before it does
    deadline: Days  # (W,) day on which it fails
    silent_until: Days  # (W,) no meeting before this day
    signed: Index  # (W,) package awaiting entry into force, -1 if none
    in_force_on: Days  # (W,) day of entry into force
    threat: Array  # (W, 2) add-on publicly threatened if the talks fail, NaN if none is outstanding
    demand: Array  # (W, 2, 2) by party: both add-ons of the first package it demanded in public, NaN before
    bought: Array  # (W, P) purchases in force, billion USD a year, by issue
    beliefs: tuple[Array, Array]  # (W, T) of each party: probabilities of the other's types
    offers: History  # packages proposed in the current negotiation


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
class Said:
    """What was said at the table in this tick: up to O offers, and what disagreement was worth (percent of GDP x
    years)."""

    package: Index  # (W, O) in order, -1 after the last
    mover: Index  # (W, O) side that proposed it, -1 after the last
    value: Array  # (W, O, 2) its value to each side by its own belief, NaN after the last
    reservation: Array  # (W, 2) reservation values by own belief, NaN where nobody met
    left: Index  # (W,) side that walked out, -1 if none

    @staticmethod
    def nothing(worlds: int, offers: int) -> Said:
        """Nobody met."""
        nobody = np.full((worlds, offers), -1, dtype=np.int64)
        silence = np.full((worlds, offers, 2), np.nan)
        return Said(nobody, nobody.copy(), silence, np.full((worlds, 2), np.nan), np.full(worlds, -1, dtype=np.int64))


@dataclass
class Firsts:
    """Day of the first event of each kind (W,), NEVER if it did not happen; the first deal's terms."""

    deal: Days
    force: Days
    threat_executed: Days
    threat_dropped: Days
    audience_paid: Array  # (W, 2) audience costs paid, percent of GDP x years
    breach: Days
    rejection: Days
    lapse: Days
    snapback: Days
    renewal: Days
    package: Index  # (W,) first package signed, -1 if none
    values: Array  # (W, 2) its value to each party minus the war path, percent of GDP x years
    distance: Array  # (W, 6) how it compares with solution concepts (appraisal.CONCEPTS), NaN without one
    frontier: Array  # (W, 6) the same on the continuous frontier
    win_set: Array  # (W, 2) share of the packages that each party would rather have than no agreement
    zone: Array  # (W,) share that both would
    home_win_set: Array  # (W, 2) share that its groups are as likely to ratify as not, NaN without a vote
    background: Integers  # (W, L) policy by which it was valued, zeros without one
    linkage: Array  # (W, 2) what linking the issues brought, percent of GDP x years
    critical_rate: Array  # (W, 2) highest discount rate at which it keeps itself, per year
    critical_discount: Array  # (W, 2) the same as a factor per period of `lag` years
    lag: Array  # (W,)
    noisy_rate: Array  # (W, 2) the critical rate where breaches are seen through noise, per year
    punishment: Array  # (W, 2) fewest lags of war that deter, infinite if none do
    sustained: Array  # (W,) share of the terms on the table that keep themselves
    sustainable: Index  # (W,) the most cooperative of those terms, -1 if none
    sustainable_punishment: Array  # (W, 2) fewest lags of war that keep a party to them
    meetings: Index  # (W,) meetings held

    def mark(self, kind: str, where: Flags, day: int) -> None:
        """Note the day of an event where it happens for the first time."""
        days: Days = getattr(self, kind)
        days[where & (days == NEVER)] = day


def offers_a_tick(scenario: Scenario) -> int:
    """Most offers that can be on record for one tick: in some protocols both sides propose at once."""
    return len(scenario.talks.parties) * scenario.talks.offers_per_meeting


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
    said: Said
    acts: Acts  # of this tick
    supply: SupplyState
    firsts: Firsts
    stance: npt.NDArray[np.int8]  # (W, P) position in letters.STANCES
    executed: Flags  # (W, P) threat carried out
    log_flow: Array  # (W, F) log of followed trade flows relative to a year before

    def mark(self, act: str, where: Flags, day: int) -> None:
        """Note an act of this tick, as `Acts.note` does, and its day where it is the first of its kind."""
        self.acts.note(act, where)
        self.firsts.mark(act, np.asarray(where if where.ndim == 1 else where.any(-1)), day)
