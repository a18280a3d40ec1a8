"""Tournament: every pair of strategies under every protocol in the same worlds (`tariffsim.ensemble.tournament`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tariffsim.cli.closing import console, say_places, say_work
from tariffsim.cli.experiment import EXPERIMENTS, Experiment, Found
from tariffsim.scenario.reading import spec
from tariffsim.scenario.schema import Scenario

if TYPE_CHECKING:
    from rich.table import Table

    from tariffsim.ensemble.tournament import Tournament

HEATMAP = "heatmap"
NOTE = """\
score, deals, efficiency: percent, means over all opponents in both seats, with 95 % intervals over worlds;
distances: of deals, in units of ideal gains. {:,} of {:,} worlds count: those in which both sides can gain."""


@EXPERIMENTS.register("tournament")
@dataclass(frozen=True)
class TournamentExperiment(Experiment):
    """Who does best against whom."""

    strategies: tuple[str, ...] = spec("names, or all")
    protocols: tuple[str, ...] = spec("names, or all under which parties meet")
    offers: int = spec("offers in the window of a negotiation", low=1, high=10_000)

    def check(self, scenario: Scenario) -> None:
        """Raise ConfigError for names that are none."""
        from tariffsim.ensemble.tournament import players, rules

        players(scenario, self.strategies)
        rules(scenario, self.protocols)

    def opening(self, scenario: Scenario) -> str:
        """How many strategies, protocols and worlds."""
        from tariffsim.ensemble.tournament import players, rules

        names, protocols = players(scenario, self.strategies), rules(scenario, self.protocols)
        size = f"{len(names)} strategies, {', '.join(protocols)}, {self.offers} offers"
        worlds = f"{scenario.ensemble.worlds:,} worlds"
        return f"{scenario.title or scenario.name}: tournament of {size}, {worlds}, seed {scenario.seed}"

    def run(self, scenario: Scenario, progress: bool | None, command: str) -> Found:
        """Play all games."""
        from tariffsim.ensemble.tournament import run_tournament

        return Played(
            run_tournament(
                scenario, self.strategies, self.protocols, offers=self.offers, progress=progress, command=command
            )
        )

    def folder(self, scenario: str) -> str:
        """Beside ordinary runs of the scenario."""
        return f"{scenario}-tournament"


@dataclass(frozen=True, eq=False)
class Played(Found):
    """A tournament's results."""

    tournament: Tournament

    def write(self, folder: Path) -> None:
        """Tables with a manifest, and the heat-map."""
        from tariffsim.ensemble.tournament_store import write_tables
        from tariffsim.report.charts.tournament import heat_map
        from tariffsim.report.figures import save_files

        if self.tournament.scenario.output.parquet:
            write_tables(self.tournament, folder)
        if self.tournament.scenario.output.report:
            save_files(heat_map(self.tournament), folder)

    def say(self, folder: Path | None, command: str | None) -> None:
        """A ranking for each protocol."""
        found = self.tournament
        for protocol in found.protocols:
            console(found.scenario).print("", _ranking(found, protocol), sep="\n")
        print(f"\n{NOTE.format(found.games.worlds, found.scenario.ensemble.worlds)}\n")
        say_places(folder, {"heat-map": f"{HEATMAP}.png"} if found.scenario.output.report else {})
        say_work(found.provenance, command)

    def numbers(self) -> dict[str, Any]:
        """Scores with intervals."""
        return {
            f"{row['protocol']}_{row['strategy']}_{name}": row[name]
            for row in self.tournament.ranking().to_dict("records")
            for name in ("score", "score_low", "score_high")
        }


def _ranking(found: Tournament, protocol: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column(protocol, no_wrap=True)
    for name in ("score", "interval", "behind", "interval", "deals", "efficiency", "to the front", "to Nash"):
        table.add_column(name, justify="right", no_wrap=True)
    rows = found.ranking().query("protocol == @protocol").to_dict("records")
    for row in rows:
        table.add_row(
            row["strategy"],
            *_with_interval(row, "score"),
            *_with_interval(row, "behind"),
            *(f"{100 * row[name]:.0f}" for name in ("deal_rate", "efficiency")),
            *(f"{row[name]:.2f}" for name in ("front_distance", "nash_distance")),
        )
    return table


def _with_interval(row: Mapping[Any, float], name: str) -> tuple[str, str]:
    middle, low, high = (100 * row[key] for key in (name, f"{name}_low", f"{name}_high"))
    return f"{middle:.0f}", f"{low:.0f} to {high:.0f}"
