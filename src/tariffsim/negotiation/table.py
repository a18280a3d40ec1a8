"""The bargaining table: what every package and the war path are worth to both sides, for many worlds.

V_i(x) = integral of e^(-r t) G_i(x) over the truce + what follows, up to a common end: the same terms again where both
sides would renew, else the war path. D_i is the war path, or the running truce valued in the same way. All of it as one
side sees it: with its own type and the type it believes the other to have (a view). G comes from exact equilibria, one
per package, economy draw and background.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tariffsim.instruments.base import Array, Integers
from tariffsim.instruments.book import Book
from tariffsim.instruments.rows import distinct_rows
from tariffsim.negotiation.bargaining import Flags, TalkSight
from tariffsim.negotiation.escalating import GovernmentRule
from tariffsim.negotiation.outlook import BookOutlook
from tariffsim.negotiation.packages import Packages, TalkLevers
from tariffsim.negotiation.payoffs import Index, Payoffs, weighed, withheld
from tariffsim.negotiation.valuation import horizon_weights, path_weights
from tariffsim.negotiation.war_path import Ground, Standoff, lapse, war_path

YEAR = 365.25


@dataclass(frozen=True)
class Tastes:
    """Known to a side alone, for W worlds: discount per year, revenue premium, control_value (percent of GDP)."""

    discount: Array
    revenue_premium: Array
    control_value: Array

    def of(self, where: Index) -> Tastes:
        """The same for some worlds."""
        return Tastes(self.discount[where], self.revenue_premium[where], self.control_value[where])


View = tuple[Tastes, Tastes]  # of the first and the second party, as one of them sees it


@dataclass(frozen=True)
class Clock:
    """Time in the valuations: tick in years, ticks of war path, years from now to the common end, T of the horizons."""

    tick: float
    war_ticks: int
    end: float
    adjustment_years: float


@dataclass(frozen=True)
class Ending:
    """How running truces of W worlds end: in `years` (W,); add-ons then return to `returning` (W, 2) and the rest to
    `policy` (W, L), unless the truce is `renewable` (W,) and both sides renew it."""

    years: Array
    returning: Array
    policy: Integers
    renewable: Flags


@dataclass(frozen=True)
class Path:
    """What war paths bring both sides (W, P, H+1, 2, 2), unweighed, and the share (W,) each withholds."""

    flows: list[Array]
    shares: list[Array]


@dataclass(frozen=True)
class Stakes:
    """What every package brings both sides (W, Q, 2, 2), unweighed, shares withheld (W, Q), and the wars after it."""

    flows: list[Array]
    shares: list[Array]
    after: Path


class Table:
    """Values of packages and of the war path for the two parties of a negotiation."""

    def __init__(
        self,
        payoffs: Payoffs,
        parties: tuple[str, str],
        levers: TalkLevers,
        packages: Packages,
        rules: Sequence[GovernmentRule],
        own_controls: tuple[tuple[int, ...], tuple[int, ...]],
        clock: Clock,
    ) -> None:
        self.payoffs, self.parties, self.levers, self.packages = payoffs, parties, levers, packages
        self.rules, self.own_controls, self.clock = tuple(rules), own_controls, clock
        self._flows: dict[bytes, tuple[Array, Array]] = {}
        self._addon_pairs, pair_of_terms = np.unique(packages.terms[:, :2], axis=0, return_inverse=True)
        self._pair_of_terms = pair_of_terms.reshape(-1)

    @property
    def book(self) -> Book:
        """The equilibrium book that prices the packages."""
        return self.payoffs.book

    def war(self, draw: Index, policy: Integers, standoff: Standoff, view: View) -> Array:
        """Value (W, 2) of the war path from `standoff`, everything else as in `policy` (W, L)."""
        path = self._path(draw, policy, standoff)
        return np.stack(self._war_values(path, view, np.zeros(len(draw))), axis=-1)[:, 0, :]

    def standing(self, draw: Index, policy: Integers, ending: Ending, view: View) -> Array:
        """Value (W, 2) of a truce on the policy in force until it ends, and of what follows."""
        rows, years = self.book.rows(draw, policy), ending.years
        addons = policy[:, list(self.levers.addons)].astype(np.float64)
        after = self._war_values(self._path(draw, ending.policy, lapse(addons, ending.returning)), view, years)
        flows = [
            self._total(self.payoffs.flow(self.parties[s], rows), policy, view[s], s)[:, None, :] for s in range(2)
        ]
        return np.stack(self._truce_values(flows, after, view, years, ending.renewable), axis=-1)[:, 0, :]

    def stakes(self, draw: Index, policy: Integers, returning: Array) -> Stakes:
        """Payoff flows of every package and of the wars that follow it, whoever looks at them; when a truce ends
        add-ons return to `returning` (W, 2), and each side sees the other's return as a rise."""
        flows, shares = self._package_flows(draw, policy)
        return Stakes(flows, shares, self._path(draw, policy, self._lapses(returning)))

    def values(self, stakes: Stakes, view: View) -> tuple[Array, Array]:
        """V (W, Q * D) of every package to the first and the second party, renewed where both gain by it."""
        flows = [
            weighed(stakes.flows[s], view[s].revenue_premium)
            + (view[s].control_value[:, None] * stakes.shares[s])[..., None]
            for s in range(2)
        ]
        found: tuple[list[Array], list[Array]] = ([], [])
        for days in self.packages.days:
            years = np.full(len(flows[0]), min(days / YEAR, self.clock.end))
            after = [v[:, self._pair_of_terms] for v in self._war_values(stakes.after, view, years)]
            for side, value in enumerate(
                self._truce_values(flows, after, view, years, np.ones(len(years), dtype=bool))
            ):
                found[side].append(value)
        first, second = (np.stack(side, axis=-1).reshape(len(flows[0]), -1) for side in found)
        return first, second

    def _total(self, flow: Array, policy: Integers, taste: Tastes, side: int) -> Array:
        """Payoff flow (W, 2) of `flow` (W, 2, 2) with the value of the side's own control."""
        return (
            weighed(flow, taste.revenue_premium)
            + (taste.control_value * withheld(policy, self.own_controls[side]))[:, None]
        )

    def _truce_values(
        self, flows: list[Array], after: list[Array], view: View, years: Array, renewable: Flags
    ) -> list[Array]:
        """Values (W, Q) to both of flows (W, Q, 2) kept for `years`, then renewed unless a side prefers `after`."""
        end = np.full_like(years, self.clock.end)
        kept = [self._kept(flows[s], view[s], years) for s in range(2)]
        whole = [self._kept(flows[s], view[s], end) for s in range(2)]
        gains = [whole[s] - kept[s] >= after[s] for s in range(2)]
        renewed = gains[0] & gains[1] & renewable[:, None]
        return [np.where(renewed, whole[s], kept[s] + after[s]) for s in range(2)]

    def _lapses(self, returning: Array) -> Standoff:
        """Where each pair of agreed add-ons leaves the sides when it ends: W * pairs standoffs, world-major."""
        pairs = np.tile(self._addon_pairs, (len(returning), 1))
        return lapse(pairs, np.repeat(returning, len(self._addon_pairs), axis=0))

    def _kept(self, flows: Array, taste: Tastes, years: Array) -> Array:
        weights = horizon_weights(taste.discount, 0.0, years, self.clock.adjustment_years)
        return weights[:, None, 0] * flows[..., 0] + weights[:, None, 1] * flows[..., 1]

    def _war_values(self, path: Path, view: View, start: Array) -> list[Array]:
        """Value (W, P) to each side of wars that begin `start` (W,) years from now; P standoffs per world."""
        clock = self.clock
        found = []
        for side, taste in enumerate(view):
            weights = path_weights(
                taste.discount, start, clock.tick, clock.war_ticks, clock.end, clock.adjustment_years
            )
            economic = (weights[:, None] * weighed(path.flows[side], taste.revenue_premium)).sum((-1, -2))
            found.append(economic + (taste.control_value * path.shares[side] * weights.sum((-1, -2)))[:, None])
        return found

    def _path(self, draw: Index, policy: Integers, standoff: Standoff) -> Path:
        """War paths from P standoffs per world (world-major). Few are distinct, and each of those is walked once."""
        per_world = len(standoff.addons) // len(draw)
        settled = np.column_stack([np.repeat(draw, per_world), np.repeat(policy, per_world, axis=0)])
        moving = np.column_stack([standoff.addons, standoff.rises]).astype(np.int64)
        first, inverse = distinct_rows(np.column_stack([settled, moving]))
        outlook = self._outlook(draw[first // per_world], policy[first // per_world])
        ground = Ground(outlook, self.clock.tick * YEAR / 7, self.clock.end, self.clock.adjustment_years)
        found = outlook.rows(war_path(standoff.take(first), self.rules, self.clock.war_ticks, ground))
        index = inverse.reshape(len(draw), per_world)
        flows = [self.payoffs.flow(party, found)[index] for party in self.parties]
        return Path(flows, [withheld(policy, columns) for columns in self.own_controls])

    def _outlook(self, draw: Index, policy: Integers) -> BookOutlook:
        """What the two sides' add-ons would bring, both being of their middle type."""
        premiums = [np.full(len(draw), rule.middle.revenue_premium) for rule in self.rules]
        return BookOutlook(self.payoffs, draw, policy, self.parties, self.levers.addons, (premiums[0], premiums[1]))

    def _package_flows(self, draw: Index, policy: Integers) -> tuple[list[Array], list[Array]]:
        """What every package brings both sides (W, Q, 2, 2), and shares withheld (W, Q)."""
        keyed = np.column_stack([draw.astype(np.int16), self._background(policy)])
        first, inverse = distinct_rows(keyed)
        tables = [self._priced(int(row[0]), row[1:]) for row in keyed[first]]
        flows = np.stack([t[0] for t in tables])[inverse]
        shares = np.stack([t[1] for t in tables])[inverse]
        return [flows[:, :, s] for s in range(2)], [shares[..., s] for s in range(2)]

    def _background(self, policy: Integers) -> Integers:
        """Policies with what the packages overwrite set aside, so that equal backgrounds share one table."""
        rows = policy.copy()
        rows[:, list(self.levers.addons) + list(self.levers.controls)] = 0
        return rows

    def _priced(self, draw: int, background: Integers) -> tuple[Array, Array]:
        key = np.append(background, draw).astype(np.int16).tobytes()
        if key not in self._flows:
            policies = self.levers.place(background, self.packages.terms)
            rows = self.book.rows(np.full(len(policies), draw), policies)
            flows = np.stack([self.payoffs.flow(party, rows) for party in self.parties], axis=1)
            shares = np.stack([withheld(policies, columns) for columns in self.own_controls], axis=1)
            self._flows[key] = (flows, shares)
        return self._flows[key]


def sight_of(side: int, values: tuple[Array, Array], reservation: Array) -> TalkSight:
    """A side's sight at time 0 from its view of values (W, Q * D) and reservation values (W, 2); `at_time` moves it."""
    zero = np.zeros(len(reservation))
    return TalkSight(values[side], values[1 - side], reservation[:, side], reservation[:, 1 - side], zero, zero)


def at_time(sight: TalkSight, time: Array, next_time: Array) -> TalkSight:
    """The same sight later in the negotiation."""
    return replace(sight, time=time, next_time=next_time)
