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
from tariffsim.negotiation.compiled import package_values, war_slices, wars_worth
from tariffsim.negotiation.disagreement import resumed_talks
from tariffsim.negotiation.escalating import GovernmentRule
from tariffsim.negotiation.forecast import BookForecast
from tariffsim.negotiation.issues import transfers
from tariffsim.negotiation.once import Once
from tariffsim.negotiation.packages import KEPT, Packages, TalkLevers
from tariffsim.negotiation.payoffs import Index, Payoffs, weighed, withheld
from tariffsim.negotiation.stakes import Deals, Path, Stakes
from tariffsim.negotiation.tastes import Outlook, Seen, Tastes, View
from tariffsim.negotiation.valuation import horizon_weights, path_weights
from tariffsim.negotiation.war_path import Standoff, Theatre, lapse, stress_path, war_path

YEAR = 365.25
MOST_BACKGROUNDS, MOST_WALKS, MOST_BARGAINS = 2_000, 50_000, 8_000  # kept: 40, 3 and 25 kB each in London


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
        self._priced, self._walks, self._bargains = Once(MOST_BACKGROUNDS), Once(MOST_WALKS), Once(MOST_BARGAINS)
        self._addon_pairs, pair_of_terms = np.unique(packages.addons, axis=0, return_inverse=True)
        self._pair_of_terms = pair_of_terms.reshape(-1)

    @property
    def book(self) -> Book:
        """The equilibrium book that prices the packages."""
        return self.payoffs.book

    def war(self, draw: Index, policy: Integers, standoff: Standoff, outlook: Outlook) -> Seen:
        """Values of the war path from `standoff` (W), everything else as in `policy` (W, L)."""
        path, now = self._path(draw, policy, standoff), np.zeros(len(draw))
        return outlook.seen(self._disagreement(path, self._deals(draw, policy), outlook.views(), now))

    def standing(self, draw: Index, policy: Integers, ending: Ending, outlook: Outlook) -> Seen:
        """Values of a truce on the policy in force until it ends, and of what follows: for good if both renew it."""
        rows, years = self.book.rows(draw, policy), np.minimum(ending.years, self.clock.end)
        addons, view = policy[:, list(self.levers.addons)].astype(np.float64), outlook.views()
        path = self._path(draw, ending.policy, lapse(addons, ending.returning))
        still = self._still(rows, policy, ending.bought)
        after = self._disagreement(path, self._deals(draw, ending.policy), view, years)
        whole = self._disagreement(still, self._deals(draw, policy), view, np.zeros(len(draw)))
        types = outlook.belief.shape[1]
        ended, gains = [], np.repeat(ending.renewable, types)
        for side, taste in enumerate(view):
            weights = horizon_weights(taste.discount, 0.0, np.repeat(years, types), self.clock.adjustment_years)
            held = taste.control_value * np.repeat(still.shares[side], types)
            flow = weighed(np.repeat(still.flows[side][:, 0], types, axis=0), taste.revenue_premium) + held[:, None]
            kept = weights[:, 0] * flow[:, 0] + weights[:, 1] * flow[:, 1]
            gains = gains & (whole[side] - kept >= after[side])
            ended.append(kept + after[side])
        return outlook.seen((np.where(gains, whole[0], ended[0]), np.where(gains, whole[1], ended[1])))

    def _still(self, rows: Index, policy: Integers, bought: Array) -> Path:
        """Paths, one a world, on which nothing moves."""
        shape = (len(rows), self.clock.war_ticks + 1)
        flows = [self.payoffs.flow(party, rows) for party in self.parties]
        for side, flow in enumerate(flows):
            flow[..., 0] += bought[:, side, None]
        still = [np.repeat(flow[:, None], shape[1], axis=1) for flow in flows]
        calm = np.zeros(shape)
        return Path((still[0], still[1]), (calm, calm), np.arange(len(rows))[:, None], self._shares(policy))

    def deal_flows(self, draw: Index, policy: Integers, taste: Tastes, side: int) -> Array:
        """Payoff flows (W, Q, 2) of every package by horizon to a side with these tastes, percent of GDP a year."""
        return self._deals(draw, policy).weighed(taste, side)

    def kept_to_the_end(self, flows: Array, taste: Tastes) -> Array:
        """Value (W, Q) of flows (W, Q, 2) by horizon kept to the common end."""
        weights = horizon_weights(taste.discount, 0.0, self.clock.end, self.clock.adjustment_years)
        return np.asarray(weights[:, None, 0] * flows[..., 0] + weights[:, None, 1] * flows[..., 1])

    def fought_over(self, draw: Index, policy: Integers, returning: Array, tastes: Sequence[Tastes]) -> list[Array]:
        """Value (W, Q) to each side of the war without talks that follows when the add-ons of each terms give way to
        `returning` (W, 2)."""
        path, now = self._after(draw, policy, returning), np.zeros(len(draw))
        return [self._wars_worth(path, taste, s, now)[:, self._pair_of_terms] for s, taste in enumerate(tastes)]

    def stakes(self, draw: Index, policy: Integers, returning: Array) -> Stakes:
        """Payoff flows of every package and of the wars that follow it, whoever looks at them; when a truce ends
        add-ons return to `returning` (W, 2), and each side sees the other's return as a rise."""
        return Stakes(self._deals(draw, policy), self._after(draw, policy, returning))

    def _after(self, draw: Index, policy: Integers, returning: Array) -> Path:
        """War paths (W, pairs) that follow each pair of agreed add-ons when they give way to `returning` (W, 2)."""
        first, alike = distinct_rows(np.column_stack([draw, policy, _bits(returning)]))
        after = self._path(draw[first], policy[first], self._lapses(policy[first], returning[first]))
        return Path(after.flows, after.stress, after.index[alike], (after.shares[0][alike], after.shares[1][alike]))

    def values(self, stakes: Stakes, outlook: Outlook) -> Seen:
        """V of every package (W, ..., Q * D), renewed where both gain by it."""
        deals, side, views = stakes.deals, outlook.side, outlook.views()
        looks = [(side, outlook.own), (1 - side, views[1 - side])]
        own, other = package_values(
            (deals.flows[side], deals.flows[1 - side]),
            (deals.shares[side], deals.shares[1 - side]),
            deals.index,
            _by_world(len(deals.index), [np.stack([t.revenue_premium, t.control_value], axis=-1) for _, t in looks]),
            _by_world(len(deals.index), [self._truce_weights(taste) for _, taste in looks]),
            _by_world(len(deals.index), [self._after_truces(stakes.after, taste, s) for s, taste in looks]),
            self._pair_of_terms,
            outlook.belief,
            self.clock.binding,
        )
        return Seen(own, other)

    def _truce_weights(self, taste: Tastes) -> Array:
        """Weights (V, D + 1, 2) of payoff flows over truces of every length, and to the common end."""
        years = np.append(np.minimum(self.packages.days / YEAR, self.clock.end), self.clock.end)
        return horizon_weights(taste.discount[:, None], 0.0, years, self.clock.adjustment_years)

    def _after_truces(self, path: Path, taste: Tastes, side: int) -> Array:
        """Value (V, D, P) of the wars that follow truces of every length."""
        starts = np.minimum(self.packages.days / YEAR, self.clock.end)
        count = len(path.index)
        return np.stack([self._wars_worth(path, taste, side, np.full(count, start)) for start in starts], axis=1)

    def _disagreement(self, path: Path, deals: Deals, view: View, start: Array) -> tuple[Array, Array]:
        """D^m (V,) of both: the war path begun `start` (W,) years from now, one standoff a world, in which talks resume
        by chance."""
        clock = self.clock
        slices = [
            war_slices(path.flows[side], path.stress[side], path.index[:, 0], *self._sums(path, taste, side, start))
            for side, taste in enumerate(view)
        ]
        if clock.depth == 0 or clock.resume == 0:
            return slices[0].sum(-1), slices[1].sum(-1)
        edges = self._edges(np.repeat(start, len(slices[0]) // len(start)))[:, 1:]
        weights = [horizon_weights(t.discount[:, None], edges, clock.end, clock.adjustment_years) for t in view]
        sides = (slices[0], slices[1]), deals.bargains(view, self._bargains), (weights[0], weights[1])
        return resumed_talks(*sides, clock.resume, clock.depth)

    def _lapses(self, policy: Integers, returning: Array) -> Standoff:
        """Where each pair of agreed add-ons leaves the sides when it ends: W * pairs standoffs, world-major."""
        count = len(self._addon_pairs)
        pairs = np.tile(self._addon_pairs, (len(returning), 1))
        current = np.repeat(policy[:, list(self.levers.addons)].astype(np.float64), count, axis=0)
        return lapse(np.where(pairs == KEPT, current, pairs), np.repeat(returning, count, axis=0))

    def _edges(self, start: Array) -> Array:
        """Years (V, H + 1) from now to the beginning of each tick of wars that begin in `start` (V,) years."""
        return np.minimum(start[:, None] + self.clock.tick * np.arange(self.clock.war_ticks + 1), self.clock.end)

    def _sums(self, path: Path, taste: Tastes, side: int, start: Array) -> tuple[Array, Array, Array, Array]:
        """What `compiled.war_slices` takes of tastes (V,) and of wars that begin `start` (W,) years from now."""
        clock, per_world = self.clock, len(taste.discount) // len(start)
        begun = np.repeat(start, per_world)
        weights = path_weights(taste.discount, begun, clock.tick, clock.war_ticks, clock.end, clock.adjustment_years)
        # what the market loses in the last of these ticks is over long before the common end
        felt = taste.pain[:, None] * clock.tick * np.exp(-taste.discount[:, None] * self._edges(begun))
        return taste.revenue_premium, taste.control_value * np.repeat(path.shares[side], per_world), weights, felt

    def _wars_worth(self, path: Path, taste: Tastes, side: int, start: Array) -> Array:
        """Value (V, P) to a side with tastes (V,) of wars without talks that begin `start` (W,) years from now."""
        return wars_worth(path.flows[side], path.stress[side], path.index, *self._sums(path, taste, side, start))

    def war_addons(self, draw: Index, policy: Integers, standoff: Standoff) -> Array:
        """Add-ons (W, H + 1, 2) tick by tick on the war path from `standoff` (W), percentage points."""
        index, walked = self._walked(draw, policy, standoff)
        return walked[0][index]

    def at_depth(self, depth: int) -> Table:
        """The same table with another depth m of the disagreement point."""
        other = copy.copy(self)
        other.clock = replace(self.clock, depth=depth)
        return other

    def _path(self, draw: Index, policy: Integers, standoff: Standoff) -> Path:
        """War paths from P standoffs per world (world-major)."""
        index, (_, *found) = self._walked(draw, policy, standoff)
        return Path((found[0], found[1]), (found[2], found[3]), index.reshape(len(draw), -1), self._shares(policy))

    def _shares(self, policy: Integers) -> tuple[Array, Array]:
        return withheld(policy, self.own_controls[0]), withheld(policy, self.own_controls[1])

    def _walked(self, draw: Index, policy: Integers, standoff: Standoff) -> tuple[Index, tuple[Array, ...]]:
        """Which path each of W * P standoffs takes, and what `_walk` says of the paths in store."""
        per_world, rest = len(standoff.addons) // len(draw), policy.copy()
        rest[:, list(self.levers.addons)] = 0  # the standoff has them
        world = np.repeat(np.arange(len(draw)), per_world)
        moving = _bits(np.column_stack([standoff.addons, standoff.rises]))

        def walk(rows: Index) -> tuple[Array, ...]:
            return self._walk(draw[world[rows]], policy[world[rows]], standoff.take(rows))

        return self._walks.of(np.column_stack([draw[world], rest[world], moving]), walk)

    def _walk(self, draw: Index, policy: Integers, standoff: Standoff) -> tuple[Array, ...]:
        """Walk D war paths: add-ons (D, H + 1, 2), flows to both sides and stress of both markets."""
        forecast = self._forecast(draw, policy)
        theatre = Theatre(forecast, self.clock.tick * YEAR / 7, self.clock.end, self.clock.adjustment_years)
        addons = war_path(standoff, self.rules, self.clock.war_ticks, theatre)
        rows, stress = forecast.rows(addons), stress_path(standoff, addons, self.rules, theatre)
        flows = [self.payoffs.flow(party, rows) for party in self.parties]
        return addons, *flows, *(np.ascontiguousarray(stress[..., side]) for side in range(2))

    def _forecast(self, draw: Index, policy: Integers) -> BookForecast:
        """What the two sides' add-ons would bring, both being of their middle type."""
        premiums = [np.full(len(draw), rule.middle.revenue_premium) for rule in self.rules]
        return BookForecast(self.payoffs, draw, policy, self.parties, self.levers.addons, (premiums[0], premiums[1]))

    def _deals(self, draw: Index, policy: Integers) -> Deals:
        """What every package brings both sides, as exact equilibria on the background of `policy` (W, L)."""
        keyed = np.column_stack([draw.astype(np.int16), self._background(policy)])
        index, (*flows, first, second) = self._priced.of(keyed, lambda rows: self._price(keyed[rows]))
        return Deals((flows[0], flows[1]), (first, second), index, self._priced.lasting(index))

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

    def _price(self, keyed: Integers) -> tuple[Array, ...]:
        """Flows (B, Q, 2, 2) of every package to both sides, and shares withheld (B, Q), on backgrounds (B, 1 + L) that
        begin with the economy draw."""
        flows, shares = [], []
        for row in keyed:
            draw, background = int(row[0]), row[1:]
            rows, policies = self._rows(draw, background), self.levers.place(background, self.packages.terms)
            bought = self.bought(np.full(len(rows), draw), self.packages.purchases)
            flows.append([self.payoffs.flow(party, rows) for party in self.parties])
            for side, flow in enumerate(flows[-1]):
                flow[..., 0] += bought[:, side, None]
            shares.append(self._shares(policies))
        return *(np.stack(side) for side in zip(*flows, strict=True)), *(np.stack(s) for s in zip(*shares, strict=True))


def _by_world(worlds: int, looks: list[Array]) -> tuple[Array, Array]:
    """Arrays (W * T, ...) as (W, T, ...), T being one for oneself."""
    own, other = (np.ascontiguousarray(a.reshape(worlds, -1, *a.shape[1:])) for a in looks)
    return own, other


def _bits(values: Array) -> Integers:
    """Numbers as whole numbers that tell them apart: rounding would make one of two that differ by little."""
    return np.ascontiguousarray(values, dtype=np.float64).view(np.int64)
