"""Tournament: every pair of strategies negotiates under every protocol, in the same worlds.

The table is that of the first negotiation of a scenario, at its opening: in each world types, beliefs, disagreement and
the values of all packages. It is computed once; then every ordered pair plays a window of a given number of offers on
it (`tariffsim.negotiation.window`), with the same draws. Each side's gain is counted by its own values as it sits down:
its true tastes, and what it then believes of the other's where its own gain hangs on them (will the other renew?).
"""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from tariffsim.ensemble.chunks import Chunk, plan
from tariffsim.ensemble.judging import Judged, judge
from tariffsim.ensemble.progress import Progress
from tariffsim.ensemble.provenance import Provenance, data_hashes, versions
from tariffsim.ensemble.run import compile_everything, resolved
from tariffsim.ensemble.standings import Games, pair_table, ranking_table
from tariffsim.errors import ConfigError, unknown_name
from tariffsim.instruments.base import Array
from tariffsim.instruments.book import Book
from tariffsim.negotiation.bargaining import STRATEGIES, Flags, Index, OfferStrategy
from tariffsim.negotiation.meeting import PROTOCOLS, Meeting, Protocol
from tariffsim.negotiation.rounds import own_reservations, own_values
from tariffsim.negotiation.window import Window
from tariffsim.scenario.reading import read
from tariffsim.scenario.schema import Scenario
from tariffsim.world.government import offer_strategy
from tariffsim.world.model import TariffModel, open_book
from tariffsim.world.talking import first_meeting

if TYPE_CHECKING:
    import pandas as pd

Number = TypeVar("Number", np.float64, np.int64)
ALL = "all"
MOST_OFFERS = 10_000


@dataclass(frozen=True, eq=False)
class Tournament:
    """What a tournament found: S strategies under P protocols in W worlds, P * S * S games in each.

    scenario: as played, seed and number of worlds included; offers: in each window; judged: deals with their worth, one
    row a game in the order of `games` (protocol, strategy of the first party, strategy of the second).
    """

    scenario: Scenario
    strategies: tuple[str, ...]
    protocols: tuple[str, ...]
    offers: int
    judged: Judged
    provenance: Provenance

    @property
    def counts(self) -> Flags:
        """Worlds (W,) that count: those in which both sides can gain by a package that neither values below
        disagreement. In others no strategy can earn anything."""
        return np.asarray((self.judged.ideal > 0).all(-1))

    @cached_property
    def games(self) -> Games:
        """Scores and measures of all games in the worlds that count, by protocol and pair."""
        found, counts = self.judged, self.counts
        shape = (len(self.protocols), len(self.strategies), len(self.strategies), int(counts.sum()))

        def shaped(values: npt.NDArray[Number]) -> npt.NDArray[Number]:
            return values[:, counts].reshape(*shape, *values.shape[2:])

        return Games(
            self.strategies,
            self.protocols,
            score=shaped(found.gain) / found.ideal[counts],
            agreed=np.asarray(shaped(found.package) >= 0),
            efficiency=shaped(found.efficiency),
            front=shaped(found.front),
            nash=shaped(found.nash),
        )

    def pairs(self) -> pd.DataFrame:
        """One row for each protocol and ordered pair, with 95 % intervals (`tariffsim.ensemble.standings`)."""
        return pair_table(self.games)

    def ranking(self) -> pd.DataFrame:
        """One row for each protocol and strategy over all opponents in both seats, the best first."""
        return ranking_table(self.games)

    def worlds(self) -> pd.DataFrame:
        """One row for each game and world, all worlds: deal (-1 if none), gains, ideal gains and measures."""
        import pandas as pd

        games = list(itertools.product(self.protocols, self.strategies, self.strategies))
        count, found = len(self.judged.ideal), self.judged
        columns = {
            name: np.repeat(np.array([game[k] for game in games], dtype=object), count)
            for k, name in enumerate(("protocol", "strategy_first", "strategy_second"))
        }
        numbers = {
            "world": np.tile(np.arange(count), len(games)),
            "counts": np.tile(self.counts, len(games)),
            "package": found.package.reshape(-1),
            "gain_first": found.gain[..., 0].reshape(-1),
            "gain_second": found.gain[..., 1].reshape(-1),
            "ideal_first": np.tile(found.ideal[:, 0], len(games)),
            "ideal_second": np.tile(found.ideal[:, 1], len(games)),
            "efficiency": found.efficiency.reshape(-1),
            "front_distance": found.front.reshape(-1),
            "nash_distance": found.nash.reshape(-1),
        }
        return pd.DataFrame({**columns, **numbers})


def run_tournament(
    scenario: Scenario,
    strategies: Sequence[str] = (ALL,),
    protocols: Sequence[str] = ("alternating_offers",),
    *,
    worlds: int | None = None,
    seed: int | None = None,
    offers: int = 20,
    progress: bool | None = None,
    command: str = "",
) -> Tournament:
    """Let every ordered pair of `strategies` negotiate under each of `protocols`, in the same `worlds`.

    `strategies` and `protocols` are names, or ("all",); who is first holds the seat of the first party. The window has
    `offers` offers, in meetings of `talks.offers_per_meeting`; a refused offer costs what it costs in the scenario.
    `worlds` and `seed` are the scenario's if None; `progress` and `command` are those of `run_ensemble`. Results of a
    pair don't depend on who else takes part. Raises ConfigError for bad arguments or if no package lets both sides gain
    in any world, SolveError if a policy has no equilibrium.
    """
    asked = resolved(scenario, worlds, seed)
    names, played = players(asked, strategies), rules(asked, protocols)
    if not 1 <= offers <= MOST_OFFERS:
        raise ConfigError(f"offers must be a whole number between 1 and {MOST_OFFERS:,}, got {offers!r}.")
    began = time.perf_counter()
    compile_everything()
    compiled, book = time.perf_counter(), open_book(asked)
    chunks = plan(asked.ensemble.worlds, asked.execution.chunk)
    games = len(chunks) * len(played) * len(names) ** 2
    line = Progress(games, 1, progress, asked.execution.progress)
    try:
        parts: list[Judged] = []
        for chunk in chunks:
            done = len(parts) * len(played) * len(names) ** 2
            parts.append(_play_chunk(asked, chunk, book, names, played, offers, _watch(line, done, games)))
    finally:
        line.close()
    made = _provenance(asked, book, time.perf_counter() - compiled, compiled - began, command)
    found = Tournament(asked, names, tuple(played), offers, _joined(parts), made)
    if not found.counts.any():
        raise ConfigError(
            f"in none of {asked.ensemble.worlds} worlds a package lets both sides gain, so there is nothing to win: "
            "try more worlds, another scenario or other talks.issues."
        )
    return found


def players(scenario: Scenario, asked: Sequence[str]) -> tuple[str, ...]:
    """Names of the strategies asked for; raises ConfigError for unknown names, none, or bad parameters."""
    names = _named("strategies", asked, sorted(scenario.strategies))
    for name in names:
        read(STRATEGIES.get(name), scenario.strategies[name], f"strategies.{name}")
    return names


def rules(scenario: Scenario, asked: Sequence[str]) -> dict[str, Protocol]:
    """The protocols asked for, by name; raises ConfigError for unknown names, none, or bad parameters."""
    meeting = [name for name in sorted(scenario.protocols) if PROTOCOLS.get(name).meets]
    names = _named("protocols", asked, meeting)
    return {name: read(PROTOCOLS.get(name), scenario.protocols[name], f"protocols.{name}") for name in names}


def _named(key: str, asked: Sequence[str], allowed: Sequence[str]) -> tuple[str, ...]:
    """The names asked for, each once, 'all' being all that are allowed."""
    if isinstance(asked, str):
        raise ConfigError(f"{key} must be a list of names, got the text {asked!r}: write [{asked}].")
    names = tuple(dict.fromkeys(n for name in asked for n in (allowed if name == ALL else (name,))))
    for name in names:
        if name not in allowed:
            raise ConfigError(unknown_name(f"tournament.{key}", name, [*allowed, ALL]))
    if not names:
        raise ConfigError(f"tournament.{key} is empty: give names, or [{ALL}].")
    return names


def _watch(line: Progress, done: int, games: int) -> Callable[[int], None]:
    return lambda more: line.tell((done + more) / games, f"{games:,} games")


def _play_chunk(
    scenario: Scenario,
    chunk: Chunk,
    book: Book,
    names: Sequence[str],
    protocols: dict[str, Protocol],
    offers: int,
    watch: Callable[[int], None],
) -> Judged:
    """All games in one chunk of worlds."""
    model = TariffModel(scenario, chunk.worlds, first_world=chunk.first, book=book)
    talks, parties = scenario.talks, scenario.talks.parties
    learning = talks.learning
    window = Window.of(_stretched(model, offers), talks.offers_per_meeting, learning.rationality, learning.error)
    players = [{name: offer_strategy(scenario, party, name, model.draws) for name in names} for party in parties]
    packages: list[Index] = []
    for protocol, first, second in itertools.product(protocols.values(), names, names):
        watch(len(packages))
        pair: tuple[OfferStrategy, ...] = (players[0][first], players[1][second])
        packages.append(window.play(protocol, pair).package)
    return judge(own_values(window.whole), own_reservations(window.whole), np.stack(packages))


def _stretched(model: TariffModel, offers: int) -> Meeting:
    """The first meeting of all worlds, stretched over the whole window."""
    meeting, count = first_meeting(model), model.worlds

    @functools.cache
    def uniform(channel: str, k: int) -> Array:
        return model.draws.uniform("tournament", f"{channel}/{k}")

    return replace(
        meeting,
        times=np.broadcast_to(np.linspace(0.0, 1.0, offers + 1), (count, offers + 1)),
        offers_left=np.broadcast_to(np.arange(offers, 0, -1), (count, offers)),
        uniform=uniform,
    )


def _joined(parts: Sequence[Judged]) -> Judged:
    """All worlds, in order; only the ideal gains have no games before the worlds."""
    axes = {field.name: 0 if field.name == "ideal" else 1 for field in fields(Judged)}
    return Judged(**{n: np.concatenate([getattr(part, n) for part in parts], axis=axis) for n, axis in axes.items()})


def _provenance(scenario: Scenario, book: Book, seconds: float, compiling: float, command: str) -> Provenance:
    return Provenance(
        engine="inline",
        workers=1,
        chunk=scenario.execution.chunk,
        solved=book.solved,
        looked_up=book.looked_up,
        seconds=seconds,
        compile_seconds=compiling,
        command=command,
        created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        versions=versions(),
        data=data_hashes(),
    )
