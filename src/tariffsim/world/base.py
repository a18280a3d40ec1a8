"""What every phase works on: scenario, equilibria, levers, governments, draws and the state of many worlds."""

from __future__ import annotations

import datetime as dt
import math
import time
from functools import cached_property

import mesa
import numpy as np
import numpy.typing as npt

from tariffsim.economy import Economy
from tariffsim.errors import ConfigError
from tariffsim.instruments.base import Array, Integers
from tariffsim.instruments.book import Book
from tariffsim.instruments.ground import ground_of
from tariffsim.instruments.groups import groups_of
from tariffsim.instruments.levers import LeverSpace
from tariffsim.instruments.schedule import load_schedule
from tariffsim.negotiation.letters import letters_of
from tariffsim.negotiation.meeting import PROTOCOLS, Protocol
from tariffsim.negotiation.packages import packages_of, talk_levers
from tariffsim.negotiation.payoffs import Payoffs
from tariffsim.negotiation.table import YEAR, Clock, Table
from tariffsim.scenario.reading import read
from tariffsim.scenario.schema import Scenario
from tariffsim.world.draws import Draws
from tariffsim.world.economies import economy_draws, long_run_economy, purchase_premiums
from tariffsim.world.government import Government
from tariffsim.world.state import State
from tariffsim.world.supply import SupplyMap, steady_policy, supply_map
from tariffsim.world.world_types import WorldTypes, draw_types


class WorldModel(mesa.Model):  # type: ignore[misc]  # mesa ships no types
    """The parts of a `TariffModel`; see there.

    `state` is set by the model once the opening is known; arrays have a leading world axis.
    """

    state: State

    def __init__(
        self,
        scenario: Scenario,
        worlds: int | None = None,
        seed: int | None = None,
        *,
        first_world: int = 0,
        numbers: npt.NDArray[np.int64] | None = None,
        book: Book | None = None,
    ) -> None:
        count = scenario.ensemble.worlds if worlds is None else worlds
        if count < 1:
            raise ConfigError(f"worlds must be at least 1, got {count}.")
        numbers = np.arange(first_world, first_world + count) if numbers is None else numbers
        count, key = len(numbers), scenario.seed if seed is None else seed
        self.created = time.perf_counter()
        self._setting = scenario
        super().__init__(rng=key)
        self.worlds = count
        self.draws = Draws(key, numbers)
        self.book = book if book is not None else open_book(scenario)
        self.space: LeverSpace = self.book.space
        self.economy: Economy = self.book.draws[0].economies[1]
        self.types: WorldTypes = draw_types(scenario, self.draws)
        shares = {name: spec.specific_share for name, spec in scenario.governments.items()}
        self.payoffs = Payoffs(self.book, groups_of(scenario, self.economy), shares)
        self.letters = letters_of(scenario.partners, self.space)
        self.supply_map: SupplyMap = supply_map(scenario, self.space)
        self.protocol = _protocol(scenario)
        tastes = dict(zip(scenario.talks.parties, self.types.tastes, strict=True))
        self.governments = {
            name: Government(self, name, scenario, self.space, self.draws, tastes.get(name))
            for name in scenario.governments
        }
        self.table = self._table()
        self.tick = 0

    def _table(self) -> Table:
        scenario, parties = self.scenario, self.scenario.talks.parties
        packages = packages_of(scenario, self.space, purchase_premiums(scenario))
        levers = talk_levers(packages, scenario.policy.availability_step)
        return Table(
            self.payoffs,
            (parties[0], parties[1]),
            levers,
            packages,
            [self.governments[p].rule for p in parties],
            (levers.owned(parties[0]), levers.owned(parties[1])),
            self.clock,
        )

    @property
    def scenario(self) -> Scenario:
        """The scenario this model plays."""
        return self._setting

    @scenario.setter
    def scenario(self, value: object) -> None:
        # Mesa from 3.5 on puts a scenario object of its own here while it starts; nobody reads it
        if isinstance(value, Scenario):
            raise AttributeError("a model's scenario cannot be replaced: make a new TariffModel.")

    @property
    def clock(self) -> Clock:
        """Time in valuations."""
        spec = self.scenario.disagreement
        tick = self.scenario.tick_days / YEAR
        ticks = max(1, round(7 * spec.weeks / self.scenario.tick_days))
        # where nobody ever meets, everybody knows that talks will not resume
        resume = 1 - math.exp(-spec.resume_rate * self.scenario.tick_days / 7) if self.protocol.meets else 0.0
        end, years = ticks * tick + spec.final_years, self.scenario.economy.horizon.adjustment_years
        binding = self.scenario.enforcement.contracts == "enforceable"
        return Clock(tick, ticks, end, years, spec.depth, resume, binding)

    @cached_property
    def licence_lag(self) -> npt.NDArray[np.int64]:
        """Ticks (K,) until a release through each supply lever begins to arrive."""
        ticks = math.ceil(self.scenario.enforcement.licence_lag_days / self.scenario.tick_days)
        return np.where(self.supply_map.immediate, 0, ticks)

    @cached_property
    def talk_positions(self) -> tuple[list[int], list[int]]:
        """Supply levers on the table: licences, controls."""
        columns = list(self.supply_map.columns)
        levers = self.table.levers
        return [columns.index(c) for c in levers.licences], [columns.index(c) for c in levers.controls]

    @cached_property
    def reference_row(self) -> npt.NDArray[np.int64]:
        """Book rows (K,) of the reference policy, one per economy draw."""
        return self.book.reference_rows(reference_tariffs(self.scenario))

    def supply_positions(self, owner: str, input: str | None, target: str) -> list[int]:
        """Supply levers of an owner; raises ConfigError if there are none."""
        found = self.supply_map.positions(owner, input, target)
        if not found:
            known = sorted({lever.key for lever in self.supply_map.levers})
            raise ConfigError(
                f"no licence of {owner} on {input or 'any input'} for {target!r}. Known: {', '.join(known)}."
            )
        return found

    def falls_now(self, date: dt.date) -> bool:
        """Whether a date lies in the current tick."""
        return 0 <= (date - self.today).days < self.scenario.tick_days

    def valued_policy(self, *, fallen_back: bool = False) -> Integers:
        """Policies (W, L) by which the parties value what is on the table: approvals delivered in full, stocks used up,
        the rest of the world as `talks.background` says. `fallen_back`: approvals as they are after a truce."""
        approved = self.state.supply.approved
        if fallen_back:
            approved = np.minimum(approved, self.state.pair.fallback)
        policy = steady_policy(self.state, self.supply_map, approved)
        if self.scenario.talks.background == "opening":
            policy[:, self._bystanders] = self.space.opening[self._bystanders]
        return policy

    @cached_property
    def _bystanders(self) -> list[int]:
        """Levers that are not on the table and not supplies: add-ons of and on partners, market access."""
        mine = self.table.levers.addons
        return [k for k in self.space.columns("addon") + self.space.columns("access") if k not in mine]

    def equilibrium_flows(self) -> Array:
        """Log (W, F) of the equilibrium value of each followed flow relative to the reference policy, short run."""
        reference = self.reference_row[self.types.economy]
        imports = self.book.page.imports  # after the reference row, which may be the last to be solved
        logs = []
        for key in self.scenario.trade.flows:
            exporter, _, importer = key.partition("_")
            n, i = self.economy.region_index(importer), self.economy.region_index(exporter)
            logs.append(np.log(imports[self.state.rows, 0, n, i] / imports[reference, 0, n, i]))
        return np.stack(logs, axis=-1)

    @property
    def day(self) -> int:
        """Days since the scenario's first day, at the start of the current tick."""
        return self.tick * self.scenario.tick_days

    @property
    def today(self) -> dt.date:
        """Date at the start of the current tick."""
        return self.scenario.start + dt.timedelta(days=self.day)


def _protocol(scenario: Scenario) -> Protocol:
    name = scenario.talks.protocol
    return read(PROTOCOLS.get(name), scenario.protocols[name], f"protocols.{name}")


def reference_tariffs(scenario: Scenario) -> Array:
    """Applied tariffs (N, N, S) on the reference date."""
    return load_schedule(scenario.economy.data).on(scenario.reference_date).applied


def open_book(scenario: Scenario) -> Book:
    """An empty equilibrium book for a scenario: its economy draws and its levers."""
    economy = long_run_economy(scenario)
    ground = ground_of(scenario, economy, load_schedule(scenario.economy.data))
    draws = economy_draws(scenario, economy, ground)
    return Book(LeverSpace(scenario, ground), draws, groups_of(scenario, economy), scenario.execution.threads)
