"""`bargaining_table`: any number of governments over typed issues, priced by exact equilibria, without a world."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np

from tariffsim.economy import Economy, Equilibrium, solve
from tariffsim.errors import ConfigError, unknown_name
from tariffsim.instruments.base import Array, Integers
from tariffsim.instruments.book import Book
from tariffsim.instruments.cache import ArrayCache, key_of
from tariffsim.instruments.rows import distinct_rows
from tariffsim.negotiation.bargain import BargainingTable, Settle, from_values
from tariffsim.negotiation.issues import (
    Issue,
    bought,
    combinations,
    issues_of,
    nearest,
    place,
    transfers,
)
from tariffsim.negotiation.payoffs import Index, Payoffs, withheld
from tariffsim.negotiation.table import YEAR
from tariffsim.negotiation.valuation import horizon_weights
from tariffsim.scenario.issues import SHARES, IssueSpec, check_issues
from tariffsim.scenario.reading import read
from tariffsim.scenario.schema import Scenario
from tariffsim.world.draws import Draws
from tariffsim.world.economies import long_run_economy, strata
from tariffsim.world.stage import Stage, on_economy, on_scenario

Terms = Mapping[str, float]
MOST = 1000  # the largest level of an issue that is no share


def bargaining_table(
    source: Scenario | Economy,
    parties: Sequence[str],
    issues: Mapping[str, Mapping[str, object] | IssueSpec],
    *,
    disagreement: Terms | Sequence[float] | None = None,
    draw: int = 0,
    discount: float | Mapping[str, float] | None = None,
    years: float | None = None,
    cache: bool = True,
    threads: int = 1,
) -> BargainingTable:
    """Values of every package of `issues` to n >= 2 `parties`, from exact equilibria in one batched solve.

    Parameters
    ----------
    source: a scenario, whose policy on its start date is the background (approved licences delivered in full) and
        whose governments' middle types value what they get; or an economy, whose base-year tariffs are, and in which
        real income is all that counts.
    parties: regions of the economy.
    issues: by name, as in ``talks.issues``: mappings with kind, by, target, levels, ...; each between two parties.
    disagreement: what no agreement means: None, the policy in force; levels of some issues, the others as they are in
        force; or a value for each party.
    draw: which of the scenario's economy draws.
    discount: per year, one rate or one by party; None: the middle of the governments' distributions.
    years: span over which payoffs are added up; None: that of the scenario's war path. With an economy and None,
        values are of one year, in the long run. Where the length of a truce is an issue, the disagreement follows it.
    cache: keep solved payoffs on disk, by content (`tariffsim.instruments.cache`).

    Raises ConfigError for names, levels or spans that make no sense, SolveError if a package has no equilibrium.
    """
    specs = {n: s if isinstance(s, IssueSpec) else read(IssueSpec, s, f"issues.{n}") for n, s in issues.items()}
    names = _parties(parties, (long_run_economy(source) if isinstance(source, Scenario) else source).regions)
    check_issues(specs, names, "issues")
    if not specs:
        raise ConfigError("issues is empty: put at least one on the table.")
    stage = on_scenario(source, specs, draw) if isinstance(source, Scenario) else on_economy(source, names)
    pricing = _Pricing(stage, names, specs, threads, cache)
    span = stage.years if years is None else years
    timeless = span is None and discount is None
    if span is not None and not 0 < span < np.inf:
        raise ConfigError(f"years must be above 0, got {span:g}; try years=4.")
    rates = np.zeros(len(names)) if timeless else _rates(names, discount, stage.discount)
    return pricing.table(disagreement, rates, span)


class _Pricing:
    """Values of packages on a stage."""

    def __init__(
        self, stage: Stage, parties: tuple[str, ...], specs: Mapping[str, IssueSpec], threads: int, cache: bool
    ) -> None:
        self.stage, self.parties, self.specs, self.cache = stage, parties, specs, cache
        premiums = {
            name: strata(f"purchase_premium/{name}", spec.premium, stage.draws)[[stage.draw]]
            for name, spec in specs.items()
            if spec.premium is not None
        }
        self.issues: tuple[Issue, ...] = issues_of(specs, stage.space.levers, stage.withheld, premiums)
        self.book = Book(stage.space, [stage.economies], stage.groups, threads)
        self.payoffs = Payoffs(self.book, stage.groups, stage.specific_share)

    @cached_property
    def days(self) -> Array:
        """Lengths (D,) of a truce; empty where it is no issue."""
        return np.array([x for s in self.specs.values() if s.kind == "truce_days" for x in s.levels])

    def table(
        self,
        disagreement: Terms | Sequence[float] | None,
        discount: Array,
        years: float | None,
    ) -> BargainingTable:
        """The table, with values over `years` at rates (n,), or of one year in the long run."""
        stage, terms = self.stage, combinations(self.issues)
        without = self._without(disagreement)
        policies = np.concatenate([place(self.issues, stage.policy, terms, stage.step), without[0][None]])
        sums = np.concatenate([terms[:, bought(self.issues)], without[1][None]])
        flows = self._flows(policies, sums)
        weights = np.array([[0.0, 1.0]] * len(self.parties))
        if years is not None:
            weights = horizon_weights(discount, 0.0, years, stage.adjustment_years)
        u = self._valued(flows, weights)
        found, d = u[:-1], u[-1]
        if len(self.days):
            found = self._ended(flows, found, discount, years)
        if disagreement is not None and not isinstance(disagreement, Mapping):
            d = np.asarray(disagreement, dtype=np.float64)
            if d.shape != (len(self.parties),):
                raise ConfigError(f"disagreement has {d.size} values for {len(self.parties)} parties: give one each.")
        levels = {issue.name: issue.levels.tolist() for issue in self.issues}
        levels |= {name: list(s.levels) for name, s in self.specs.items() if s.kind == "truce_days"}
        closest = nearest(self.issues, without[0][None], without[1][None], stage.step)
        closest += [np.array([self.days.argmin()])] if len(self.days) else []
        reference = int(np.ravel_multi_index(tuple(closest), tuple(len(x) for x in levels.values()))[0])
        settle = self._settling(policies)
        return from_values(found, d, self.parties, levels, reference, discount, _chance, settle)

    def _settling(self, policies: Integers) -> Settle:
        """Equilibria of packages, and of no agreement, which is the last of `policies` (Q + 1, L), in the long run."""
        space, economy, lengths = self.stage.space, self.stage.economies.economies[1], max(1, len(self.days))

        def settle(packages: Index) -> tuple[Equilibrium, Equilibrium, Array]:
            if ((packages < 0) | (packages >= (len(policies) - 1) * lengths)).any():
                raise ConfigError(f"packages are numbered from 0 to {(len(policies) - 1) * lengths - 1}.")
            wedges = space.wedges(policies[packages // lengths])
            before, after = (solve(economy, wedges=w) for w in (space.wedges(policies[-1:]), wedges))
            return before, after, np.asarray(wedges.tariffs, dtype=np.float64)

        return settle

    def _without(self, disagreement: Terms | Sequence[float] | None) -> tuple[Integers, Array]:
        """Policy (L,) and purchases (P,) in force without agreement."""
        paid = bought(self.issues)
        if not isinstance(disagreement, Mapping):
            return self.stage.policy, np.zeros(len(paid))
        known = {issue.name: k for k, issue in enumerate(self.issues)}
        for name in disagreement:
            if name not in known:
                raise ConfigError(unknown_name("issue in disagreement", name, known))
            most = 1 if self.issues[known[name]].kind in SHARES else MOST
            if not 0 <= disagreement[name] <= most:
                raise ConfigError(f"disagreement.{name} must lie between 0 and {most}, got {disagreement[name]:g}.")
        named = [self.issues[known[name]] for name in disagreement]
        terms = np.array([list(disagreement.values())], dtype=np.float64)
        policy = place(named, self.stage.policy, terms, self.stage.step)[0]
        return policy, np.array([disagreement.get(self.issues[k].name, 0.0) for k in paid])

    def _flows(self, policies: Integers, sums: Array) -> Array:
        """Payoff flows (Q, n, 2) by horizon, percent of GDP a year."""
        stage = self.stage
        first, inverse = distinct_rows(policies)
        raw = self._solved(policies[first])[inverse]
        premium = np.array([stage.revenue_premium.get(p, 0.0) for p in self.parties])
        flows = raw[..., 0] + premium[:, None] * raw[..., 1]
        value = np.array([stage.control_value.get(p, 0.0) for p in self.parties])
        held = np.stack([withheld(policies, self._owned(p)) for p in self.parties], axis=-1)
        gdp = {party: self.payoffs.gdp(party) for party in self.parties}
        paid = transfers(self.issues, sums, np.zeros(len(sums), dtype=np.int64), gdp)
        return np.asarray(flows + (value * held + paid)[..., None])

    def _owned(self, party: str) -> tuple[int, ...]:
        mine = [i.columns for i in self.issues if i.by == party and i.kind in ("licence", "control")]
        return tuple(dict.fromkeys(column for columns in mine for column in columns))

    def _solved(self, policies: Integers) -> Array:
        """What distinct policies (R, L) bring: (R, n, 2, 2) as `Payoffs.flow`, from disk or solved in one batch."""

        def compute() -> dict[str, Array]:
            rows = self.book.rows(np.zeros(len(policies), dtype=np.int64), policies)
            return {"flows": np.stack([self.payoffs.flow(party, rows) for party in self.parties], axis=1)}

        if not self.cache:
            return compute()["flows"]
        stage, wedges = self.stage, self.stage.space.wedges(policies)
        assert wedges.licences is not None
        assert wedges.tariffs is not None
        shares = [stage.specific_share.get(party, 0.0) for party in self.parties]
        groups = stage.groups
        key = key_of(
            *(economy.content_hash() for economy in stage.economies.economies),
            np.asarray(wedges.tariffs),
            np.asarray(wedges.licences),
            *(groups.region, groups.members, groups.favour, np.array(shares)),
            ",".join(self.parties),
        )
        return ArrayCache().get(key, compute)["flows"]

    def _valued(self, flows: Array, weights: Array) -> Array:
        return np.asarray(weights[:, 0] * flows[..., 0] + weights[:, 1] * flows[..., 1])

    def _ended(self, flows: Array, whole: Array, discount: Array, years: float | None) -> Array:
        """Values (Q * D, n) of truces that end and are followed by what no agreement means."""
        if years is None:
            raise ConfigError("the length of a truce is an issue: give years, the span over which payoffs add up.")
        found = []
        for days in self.days:
            stop = min(days / YEAR, years)
            kept = horizon_weights(discount, 0.0, stop, self.stage.adjustment_years)
            after = horizon_weights(discount, stop, years, self.stage.adjustment_years)
            found.append(self._valued(flows[:-1], kept) + self._valued(flows[-1:], after))
        return np.stack(found, axis=1).reshape(-1, whole.shape[1])


def _chance(seed: int, worlds: int) -> Callable[[str, int], Array]:
    draws = Draws(seed, np.arange(worlds))
    return lambda channel, k: draws.uniform("table", f"{channel}/{k}")


def _parties(parties: Sequence[str], regions: Sequence[str]) -> tuple[str, ...]:
    names = tuple(parties)
    if len(names) < 2 or len(set(names)) != len(names):
        raise ConfigError(f"parties must name two or more different regions, got {list(names)}.")
    for name in names:
        if name not in regions:
            raise ConfigError(unknown_name("party", name, regions))
    return names


def _rates(parties: tuple[str, ...], given: float | Mapping[str, float] | None, known: Mapping[str, float]) -> Array:
    rates = dict.fromkeys(parties, given) if isinstance(given, (int, float)) else known if given is None else given
    for party in parties:
        if party not in rates:
            raise ConfigError(f"discount has no rate for {party}: give one, for instance discount=0.2.")
        if not 0 < rates[party] < np.inf:
            raise ConfigError(f"discount must be above 0 per year, got {rates[party]:g} for {party}; try 0.2.")
    return np.array([rates[p] for p in parties], dtype=np.float64)
