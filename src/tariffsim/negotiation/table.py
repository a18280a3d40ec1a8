"""The bargaining table: what every package and the war path are worth to both sides, for many worlds.

V_i(x) = integral of e^(-r t) G_i(x) over the truce + what follows, up to a common end: the same terms again where both
sides would renew, else the war path. D_i is the war path, or the running truce valued in the same way. All of it as one
side sees it: with its own tastes and, for every type the other may be of, the other's (an outlook). G comes from exact
equilibria, one per package, economy draw and background.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tariffsim.instruments.base import Array, Integers
from tariffsim.instruments.book import Book
from tariffsim.instruments.rows import distinct_rows
from tariffsim.negotiation.bargaining import Flags
from tariffsim.negotiation.disagreement import resumed_talks
from tariffsim.negotiation.escalating import GovernmentRule
from tariffsim.negotiation.forecast import BookForecast
from tariffsim.negotiation.issues import transfers
from tariffsim.negotiation.packages import KEPT, Packages, TalkLevers
from tariffsim.negotiation.payoffs import Index, Payoffs, weighed, withheld
from tariffsim.negotiation.stakes import Deals, Path, Stakes, Walked, Worth
from tariffsim.negotiation.tastes import Outlook, Seen, Tastes, View
from tariffsim.negotiation.valuation import horizon_weights, path_weights
from tariffsim.negotiation.war_path import Standoff, Theatre, lapse, stress_path, war_path

YEAR = 365.25


@dataclass(frozen=True)
class Clock:
    """Time in the valuations: tick in years, ticks of war path, years from now to the common end, T of the horizons;
    depth m of the disagreement point and the chance a tick that talks resume in a war; whether deals bind for good."""

    tick: float
    war_ticks: int
    end: float
    adjustment_years: float
    depth: int
    resume: float
    binding: bool


@dataclass(frozen=True)
class Ending:
    """How running truces of W worlds end: in `years` (W,); add-ons then return to `returning` (W, 2) and the rest to
    `policy` (W, L), unless the truce is `renewable` (W,) and both sides renew it. `bought` (W, 2): payoff flows of the
    purchases in force."""

    years: Array
    returning: Array
    policy: Integers
    renewable: Flags
    bought: Array


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
        self._addon_pairs, pair_of_terms = np.unique(packages.addons, axis=0, return_inverse=True)
        self._pair_of_terms = pair_of_terms.reshape(-1)

    @property
    def book(self) -> Book:
        """The equilibrium book that prices the packages."""
        return self.payoffs.book

    def war(self, draw: Index, policy: Integers, standoff: Standoff, outlook: Outlook) -> Seen:
        """Values of the war path from `standoff` (W), everything else as in `policy` (W, L)."""
        path, now = self._path(draw, policy, standoff), np.zeros(len(draw))
        deals = self._deals(draw, policy)
        return outlook.seen([self._disagreement(path, deals, view, now) for view in outlook.pairs()])

    def standing(self, draw: Index, policy: Integers, ending: Ending, outlook: Outlook) -> Seen:
        """Values of a truce on the policy in force until it ends, and of what follows: for good if both renew it."""
        rows, years = self.book.rows(draw, policy), np.minimum(ending.years, self.clock.end)
        addons = policy[:, list(self.levers.addons)].astype(np.float64)
        path = self._path(draw, ending.policy, lapse(addons, ending.returning))
        still = self._still(rows, policy, ending.bought)
        lapsed, renewed = self._deals(draw, ending.policy), self._deals(draw, policy)
        now, found = np.zeros(len(draw)), []
        for view in outlook.pairs():
            after = self._disagreement(path, lapsed, view, years)
            whole = self._disagreement(still, renewed, view, now)
            ended, gains = [], ending.renewable
            for side, taste in enumerate(view):
                weights = horizon_weights(taste.discount, 0.0, years, self.clock.adjustment_years)
                held = (taste.control_value * still.shares[side])[:, None]
                flow = weighed(still.flows[side][:, 0, 0], taste.revenue_premium) + held
                kept = weights[:, 0] * flow[:, 0] + weights[:, 1] * flow[:, 1]
                gains = gains & (whole[side] - kept >= after[side])
                ended.append(kept + after[side])
            found.append((np.where(gains, whole[0], ended[0]), np.where(gains, whole[1], ended[1])))
        return outlook.seen(found)

    def _still(self, rows: Index, policy: Integers, bought: Array) -> Path:
        """A path on which nothing moves."""
        ticks = self.clock.war_ticks + 1
        flows = [self.payoffs.flow(party, rows)[:, None, None] for party in self.parties]
        for side, flow in enumerate(flows):
            flow[..., 0] += bought[:, side].reshape(-1, 1, 1, 1)
        still = [np.broadcast_to(flow, (len(rows), 1, ticks, 2, 2)) for flow in flows]
        calm = np.zeros((len(rows), 1, ticks))
        return Path(still, [withheld(policy, columns) for columns in self.own_controls], [calm, calm])

    def deal_flows(self, draw: Index, policy: Integers, taste: Tastes, side: int) -> Array:
        """Payoff flows (W, Q, 2) of every package by horizon to a side with these tastes, percent of GDP a year."""
        return self._deals(draw, policy).weighed(taste, side)

    def kept_to_the_end(self, flows: Array, taste: Tastes) -> Array:
        """Value (W,) of flows (W, 2) by horizon kept to the common end."""
        return self._kept(flows[:, None], taste, np.full(len(flows), self.clock.end))[:, 0]

    def fought_over(
        self, draw: Index, policy: Integers, addons: Array, returning: Array, tastes: Sequence[Tastes]
    ) -> list[Array]:
        """Value (W,) to each side of the war without talks that follows when agreed add-ons (W, 2) give way to
        `returning` (W, 2)."""
        path = self._path(draw, policy, lapse(addons, returning))
        now = np.zeros(len(draw))
        return [self._war_slices(path, taste, side, now)[:, 0].sum(-1) for side, taste in enumerate(tastes)]

    def stakes(self, draw: Index, policy: Integers, returning: Array) -> Stakes:
        """Payoff flows of every package and of the wars that follow it, whoever looks at them; when a truce ends
        add-ons return to `returning` (W, 2), and each side sees the other's return as a rise."""
        return Stakes(self._deals(draw, policy), self._path(draw, policy, self._lapses(policy, returning)))

    def values(self, stakes: Stakes, outlook: Outlook) -> Seen:
        """V of every package (W, ..., Q * D), renewed where both gain by it."""
        mine = self._worth(stakes, outlook.own, outlook.side)
        pairs = []
        for taste in outlook.others:
            theirs = self._worth(stakes, taste, 1 - outlook.side)
            renewed = (mine.renews & theirs.renews) | self.clock.binding
            own, other = (np.where(renewed, w.whole, w.ended).reshape(len(renewed), -1) for w in (mine, theirs))
            pairs.append((own, other) if outlook.side == 0 else (other, own))
        return outlook.seen(pairs)

    def _worth(self, stakes: Stakes, taste: Tastes, side: int) -> Worth:
        """What every package is worth to one side."""
        deals, clock = stakes.deals, self.clock
        flows = deals.weighed(taste, side)
        whole = self._kept(flows, taste, np.full(len(flows), clock.end))
        ended, renews = [], []
        for days in self.packages.days:
            years = np.full(len(flows), min(days / YEAR, clock.end))
            after = self._war_slices(stakes.after, taste, side, years).sum(-1)[:, self._pair_of_terms]
            kept = self._kept(flows, taste, years)
            renews.append(whole - kept >= after)
            ended.append(kept + after)
        return Worth(whole[..., None], np.stack(ended, axis=-1), np.stack(renews, axis=-1))

    def _disagreement(self, path: Path, deals: Deals, view: View, start: Array) -> tuple[Array, Array]:
        """D^m (W,) of both: the war path begun `start` (W,) years from now, one standoff a world, in which talks resume
        by chance."""
        clock = self.clock
        slices = [self._war_slices(path, taste, side, start)[:, 0] for side, taste in enumerate(view)]
        if clock.depth == 0 or clock.resume == 0:
            return slices[0].sum(-1), slices[1].sum(-1)
        flows = [deals.weighed(taste, side) for side, taste in enumerate(view)]
        edges = np.minimum(start[:, None] + clock.tick * np.arange(clock.war_ticks + 1), clock.end)

        def settled(side: int) -> Array:
            taste = view[side]
            weights = horizon_weights(taste.discount[:, None], edges[:, 1:], clock.end, clock.adjustment_years)
            short, long = (weights[..., h, None] * flows[side][:, None, :, h] for h in range(2))
            return np.asarray(short + long)

        return resumed_talks(slices[0], slices[1], settled, clock.resume, clock.depth)

    def _lapses(self, policy: Integers, returning: Array) -> Standoff:
        """Where each pair of agreed add-ons leaves the sides when it ends: W * pairs standoffs, world-major."""
        count = len(self._addon_pairs)
        pairs = np.tile(self._addon_pairs, (len(returning), 1))
        current = np.repeat(policy[:, list(self.levers.addons)].astype(np.float64), count, axis=0)
        return lapse(np.where(pairs == KEPT, current, pairs), np.repeat(returning, count, axis=0))

    def _kept(self, flows: Array, taste: Tastes, years: Array) -> Array:
        weights = horizon_weights(taste.discount, 0.0, years, self.clock.adjustment_years)
        return weights[:, None, 0] * flows[..., 0] + weights[:, None, 1] * flows[..., 1]

    def _war_slices(self, path: Path, taste: Tastes, side: int, start: Array) -> Array:
        """Value (W, P, H + 1) to a side of each tick of wars that begin `start` (W,) years from now; P standoffs a
        world, the last slice being the final rates to the common end."""
        clock = self.clock
        weights = path_weights(taste.discount, start, clock.tick, clock.war_ticks, clock.end, clock.adjustment_years)
        economic = (weights[:, None] * weighed(path.flows[side], taste.revenue_premium)).sum(-1)
        held = (taste.control_value * path.shares[side])[:, None] * weights.sum(-1)
        # what the market loses in the last of these ticks is over long before the common end
        edges = np.minimum(start[:, None] + clock.tick * np.arange(clock.war_ticks + 1), clock.end)
        felt = taste.pain[:, None] * clock.tick * np.exp(-taste.discount[:, None] * edges)
        return np.asarray(economic + held[:, None] - felt[:, None] * path.stress[side])

    def war_addons(self, draw: Index, policy: Integers, standoff: Standoff) -> Array:
        """Add-ons (W, H + 1, 2) tick by tick on the war path from `standoff` (W), percentage points."""
        walked = self._walked(draw, policy, standoff)
        return walked.addons[walked.inverse]

    def at_depth(self, depth: int) -> Table:
        """The same table with another depth m of the disagreement point."""
        other = copy.copy(self)
        other.clock = replace(self.clock, depth=depth)
        return other

    def _path(self, draw: Index, policy: Integers, standoff: Standoff) -> Path:
        """War paths from P standoffs per world (world-major)."""
        walked = self._walked(draw, policy, standoff)
        index = walked.inverse.reshape(len(draw), -1)
        flows = [self.payoffs.flow(party, walked.rows)[index] for party in self.parties]
        stress = stress_path(walked.standoff, walked.addons, self.rules, walked.theatre)[index]
        shares = [withheld(policy, columns) for columns in self.own_controls]
        return Path(flows, shares, [stress[..., side] for side in range(2)])

    def _walked(self, draw: Index, policy: Integers, standoff: Standoff) -> Walked:
        """Distinct war paths, each walked once."""
        per_world = len(standoff.addons) // len(draw)
        settled = np.column_stack([np.repeat(draw, per_world), np.repeat(policy, per_world, axis=0)])
        moving = np.column_stack([standoff.addons, standoff.rises]).astype(np.int64)
        first, inverse = distinct_rows(np.column_stack([settled, moving]))
        forecast = self._forecast(draw[first // per_world], policy[first // per_world])
        theatre = Theatre(forecast, self.clock.tick * YEAR / 7, self.clock.end, self.clock.adjustment_years)
        begun = standoff.take(first)
        addons = war_path(begun, self.rules, self.clock.war_ticks, theatre)
        return Walked(begun, addons, forecast.rows(addons), theatre, inverse)

    def _forecast(self, draw: Index, policy: Integers) -> BookForecast:
        """What the two sides' add-ons would bring, both being of their middle type."""
        premiums = [np.full(len(draw), rule.middle.revenue_premium) for rule in self.rules]
        return BookForecast(self.payoffs, draw, policy, self.parties, self.levers.addons, (premiums[0], premiums[1]))

    def _deals(self, draw: Index, policy: Integers) -> Deals:
        """What every package brings both sides, as exact equilibria on the background of `policy` (W, L)."""
        keyed = np.column_stack([draw.astype(np.int16), self._background(policy)])
        first, inverse = distinct_rows(keyed)
        tables = [self._priced(int(row[0]), row[1:]) for row in keyed[first]]
        flows = np.stack([t[0] for t in tables])[inverse]
        shares = np.stack([t[1] for t in tables])[inverse]
        return Deals([flows[:, :, s] for s in range(2)], [shares[..., s] for s in range(2)])

    def group_changes(self, draw: Index, policy: Integers) -> list[Array]:
        """u_g (W, Q, G) of each party's domestic groups under every package, percent (`Payoffs.group_change`)."""
        keyed = np.column_stack([draw.astype(np.int16), self._background(policy)])
        first, inverse = distinct_rows(keyed)
        rows = np.stack([self._rows(int(row[0]), row[1:]) for row in keyed[first]])
        return [self.payoffs.group_change(party, rows)[inverse] for party in self.parties]

    def bought(self, draw: Index, sums: Array) -> Array:
        """Payoff flows (W, 2) to the two sides of purchases (W, P) under economy draws (W,), percent of GDP a year."""
        gdp = {party: self.payoffs.gdp(party) for party in self.parties}
        return transfers(self.packages.issues, sums, draw, gdp)

    def _rows(self, draw: int, background: Integers) -> Index:
        """Book rows (Q,) of every package on a background."""
        return self.book.rows(
            np.full(len(self.packages.terms), draw), self.levers.place(background, self.packages.terms)
        )

    def _background(self, policy: Integers) -> Integers:
        """Policies with what the packages overwrite set aside, so that equal backgrounds share one table."""
        rows = policy.copy()
        rows[:, self.levers.overwritten] = 0
        return rows

    def _priced(self, draw: int, background: Integers) -> tuple[Array, Array]:
        key = np.append(background, draw).astype(np.int16).tobytes()
        if key not in self._flows:
            policies = self.levers.place(background, self.packages.terms)
            rows = self._rows(draw, background)
            flows = np.stack([self.payoffs.flow(party, rows) for party in self.parties], axis=1)
            bought = self.bought(np.full(len(rows), draw), self.packages.purchases)
            flows[..., 0] += bought[..., None]
            shares = np.stack([withheld(policies, columns) for columns in self.own_controls], axis=1)
            self._flows[key] = (flows, shares)
        return self._flows[key]
