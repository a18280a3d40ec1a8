"""A bargaining table between any number of parties that needs no simulated world: values, solutions, meetings.

Every package of the issues is worth u_i to party i, and no agreement d_i (docs/how-to/choose-the-issues.md). Sights at
the table are complete information: with more than two parties "the other" is whoever gains least.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tariffsim.economy import Economy, Equilibrium
from tariffsim.errors import ConfigError, unknown_name
from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import STRATEGIES, Index, OfferStrategy, TalkSight
from tariffsim.negotiation.linkage import Concept, LinkageGain, linkage_gain
from tariffsim.negotiation.meeting import PROTOCOLS, History, Meeting, Outcome, Protocol
from tariffsim.negotiation.reciprocity import MFNViolation, mfn_violation, reciprocity_gap
from tariffsim.negotiation.solutions import Distances, SolutionPoints, distances, nash_bargaining, solution_points
from tariffsim.scenario.loading import parameters_of
from tariffsim.scenario.reading import read

Settle = Callable[[Index], tuple[Equilibrium, Equilibrium, Array]]  # packages -> without, with, tariffs (P, N, N, S)
Chance = Callable[[int, int], Callable[[str, int], Array]]  # seed, worlds -> uniforms (worlds,) by channel and number


@dataclass(frozen=True, eq=False)
class BargainingTable:
    """Packages of n parties: u (P, n), d (n,); packages (P, I): a level of each of the I `issues`, the last fastest.

    sizes (I,): number of levels; reference: the package nearest to what no agreement means; discount (n,) per year;
    chance: uniform draws for meetings; settle: equilibria behind the values, where there are any. Values are in
    percent of a party's base-year GDP x years, or a year where no time span was given.
    """

    parties: tuple[str, ...]
    issues: tuple[str, ...]
    packages: Array
    sizes: tuple[int, ...]
    u: Array
    d: Array
    reference: int
    discount: Array
    chance: Chance
    settle: Settle | None = None

    @cached_property
    def gains(self) -> Array:
        """u - d (P, n)."""
        return np.asarray(self.u - self.d)

    def package(self, **levels: float) -> int:
        """Index of the package with these levels; issues not named are at their level in `reference`."""
        wanted = self.packages[self.reference].copy()
        for name, level in levels.items():
            if name not in self.issues:
                raise ConfigError(unknown_name("issue", name, self.issues))
            wanted[self.issues.index(name)] = level
        found = np.flatnonzero((self.packages == wanted).all(-1))
        if not len(found):
            grids = {name: np.unique(self.packages[:, k]).tolist() for k, name in enumerate(self.issues)}
            raise ConfigError(f"no package has {levels}. Levels: {grids}.")
        return int(found[0])

    def terms(self, package: int) -> dict[str, float]:
        """Level of each issue in a package."""
        return dict(zip(self.issues, self.packages[package].tolist(), strict=True))

    def solutions(self, weights: npt.ArrayLike | None = None) -> SolutionPoints:
        """What every solution concept picks (`solutions.solution_points`)."""
        return solution_points(self.u, self.d, weights)

    def distances(self, package: int) -> Distances:
        """How far a package is from every solution and from the Pareto front (`solutions.distances`)."""
        return distances(self.u, self.d, package)

    def linkage(self, concept: Concept = nash_bargaining) -> LinkageGain:
        """What it brings to bargain over all issues at once, from `reference` (`linkage.linkage_gain`)."""
        levels = np.stack(np.unravel_index(self.reference, self.sizes))
        return linkage_gain(self.u, self.d, self.sizes, levels, concept)

    def reciprocity_gap(self, packages: Sequence[int] | Index | None = None) -> Array:
        """Gap (P, n) of each party under packages (P,), None for all, against no agreement, in the long run: percent of
        base GDP (`reciprocity.reciprocity_gap`). Raises ConfigError for a table without an economy."""
        before, after, _ = self._settled(packages)
        return reciprocity_gap(before, after)[:, self._places(before.economy)]

    def mfn_violation(self, packages: Sequence[int] | Index | None = None) -> MFNViolation:
        """Unequal treatment (P, n) of suppliers by each party under packages (P,), None for all, percentage points
        (`reciprocity.mfn_violation`). Raises ConfigError for a table without an economy."""
        before, _, tariffs = self._settled(packages)
        found = mfn_violation(before.economy, tariffs)
        return MFNViolation(*(part[:, self._places(before.economy)] for part in found))

    def _settled(self, packages: Sequence[int] | Index | None) -> tuple[Equilibrium, Equilibrium, Array]:
        if self.settle is None:
            raise ConfigError("this table was made from values: no economy stands behind it.")
        return self.settle(np.arange(len(self.u)) if packages is None else np.asarray(packages, dtype=np.int64))

    def _places(self, economy: Economy) -> list[int]:
        return [economy.region_index(party) for party in self.parties]

    def meeting(
        self,
        strategies: Sequence[str | OfferStrategy],
        *,
        first: str | int = 0,
        offers: int = 20,
        years_per_offer: float = 7 / 365.25,
        breakdown: float = 0.0,
        worlds: int = 1,
        seed: int = 0,
    ) -> Meeting:
        """A meeting at this table, one strategy a party, in `worlds` worlds that differ by chance only.

        strategies: objects, or names with the parameters of `conf/strategy`, uncertain ones in the middle; first: who
        opens; offers: how many can be made before the deadline; years_per_offer: time between two, over which values
        are discounted; breakdown: probability that the meeting breaks up after a refusal. Raises ConfigError.
        """
        if len(strategies) != len(self.parties):
            raise ConfigError(f"{len(strategies)} strategies for {len(self.parties)} parties: give one each.")
        if offers < 1 or worlds < 1:
            raise ConfigError(f"offers and worlds must be at least 1, got {offers} and {worlds}.")
        if not 0 <= breakdown <= 1 or not 0 <= years_per_offer < np.inf:
            raise ConfigError(
                f"breakdown must lie between 0 and 1 and years_per_offer be 0 or more, got {breakdown:g} and "
                f"{years_per_offer:g}."
            )
        factors = np.exp(-self.discount * years_per_offer) * (1 - breakdown)
        return Meeting(
            strategies=tuple(_strategy(s, worlds) for s in strategies),
            sights=tuple(self._sight(side, factors, worlds) for side in range(len(self.parties))),
            times=np.repeat(np.linspace(0, 1, offers + 1)[None], worlds, axis=0),
            offers_left=np.repeat(np.arange(offers, 0, -1)[None], worlds, axis=0),
            first=np.full(worlds, self._side(first)),
            breakdown=breakdown,
            history=History.empty(worlds),
            uniform=self.chance(seed, worlds),
            issues=self.sizes,
            reference=np.full(worlds, self.reference),
        )

    def play(
        self, protocol: str | Protocol, strategies: Sequence[str | OfferStrategy], **meeting: float | str
    ) -> Outcome:
        """The outcome of a meeting under a protocol, an object or a name with the parameters of `conf/protocol`.

        Further arguments are those of `meeting`.
        """
        rules = protocol
        if isinstance(rules, str):
            rules = read(PROTOCOLS.get(rules), parameters_of("protocol", rules), f"protocols.{rules}")
        return rules.run(self.meeting(strategies, **meeting))  # type: ignore[arg-type]

    def _side(self, party: str | int) -> int:
        if isinstance(party, str):
            if party not in self.parties:
                raise ConfigError(unknown_name("party", party, self.parties))
            return self.parties.index(party)
        if not 0 <= party < len(self.parties):
            raise ConfigError(f"first must be a party ({', '.join(self.parties)}) or its number from 0, got {party}.")
        return int(party)

    def _sight(self, side: int, factors: Array, worlds: int) -> TalkSight:
        """The sight of one party: with two it sees the other's values, with more the gain of whoever gains least and
        the discount factor of the least patient."""
        others = [s for s in range(len(self.parties)) if s != side]
        pair = len(others) == 1
        other = self.u[:, others[0]] if pair else self.gains[:, others].min(-1)
        reservation = self.d[others[0]] if pair else 0.0

        def everywhere(values: npt.ArrayLike) -> Array:
            array = np.asarray(values, dtype=np.float64)
            return np.repeat(array[None], worlds, axis=0)

        nothing, none = np.zeros((worlds, 0)), np.zeros((worlds, 0), dtype=np.int64)
        return TalkSight(
            own=everywhere(self.u[:, side]),
            other=everywhere(other),
            reservation=everywhere(self.d[side]),
            other_reservation=everywhere(reservation),
            outside=everywhere(-np.inf),
            other_outside=everywhere(-np.inf),
            inside=everywhere(0.0),
            other_inside=everywhere(0.0),
            discount=everywhere(factors[side]),
            other_discount=everywhere(factors[others].min()),
            types=everywhere(other[None]),
            types_reservation=everywhere([reservation]),
            belief=np.ones((worlds, 1)),
            time=nothing,
            next_time=nothing,
            offers_left=none,
            made=none,
            heard=none,
            uniform=nothing,
        )


def _strategy(strategy: str | OfferStrategy, worlds: int) -> OfferStrategy:
    if not isinstance(strategy, str):
        return strategy
    made = read(STRATEGIES.get(strategy), parameters_of("strategy", strategy), f"strategies.{strategy}")
    return made.drawn(lambda _, uncertain: np.full(worlds, uncertain.middle))


def from_values(
    u: npt.ArrayLike,
    d: npt.ArrayLike,
    parties: Sequence[str],
    levels: Mapping[str, Sequence[float]],
    reference: int,
    discount: npt.ArrayLike,
    chance: Chance,
    settle: Settle | None = None,
) -> BargainingTable:
    """A table from values (P, n) of every combination of the issues' `levels`, the last issue fastest."""
    grids = np.meshgrid(*(np.asarray(x, dtype=np.float64) for x in levels.values()), indexing="ij")
    packages = np.stack([grid.reshape(-1) for grid in grids], axis=-1)
    sizes = tuple(len(x) for x in levels.values())
    rates = np.broadcast_to(np.asarray(discount, dtype=np.float64), (len(parties),))
    values, without = np.asarray(u, dtype=np.float64), np.asarray(d, dtype=np.float64)
    names = tuple(parties), tuple(levels)
    return BargainingTable(*names, packages, sizes, values, without, reference, rates, chance, settle)
