"""The ordinary run: simulate the scenario in many worlds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tariffsim.cli.closing import opening_line, say_result
from tariffsim.cli.experiment import Experiment, Found
from tariffsim.scenario.schema import Scenario

if TYPE_CHECKING:
    from tariffsim.ensemble import Results

REPORT = "report.html"


@dataclass(frozen=True)
class Simulation(Experiment):
    """What is done if no experiment is asked for."""

    def check(self, scenario: Scenario) -> None:
        """Raise ConfigError for parameters of rules that are wrong; every other valid scenario can be simulated."""
        from tariffsim.world.rules import check_rules

        check_rules(scenario)

    def opening(self, scenario: Scenario) -> str:
        """Scenario, worlds, dates."""
        return opening_line(scenario)

    def run(self, scenario: Scenario, progress: bool | None, command: str) -> Found:
        """Simulate."""
        from tariffsim.ensemble import run_ensemble

        return Simulated(run_ensemble(scenario, progress=progress, command=command))


@dataclass(frozen=True, eq=False)
class Simulated(Found):
    """An ensemble's results."""

    results: Results

    def write(self, folder: Path) -> None:
        """Tables, manifest and report."""
        from tariffsim.ensemble.store import write_into

        if self.results.scenario.output.parquet:
            write_into(self.results, folder)
        if self.results.scenario.output.report:
            self.results.report(folder / REPORT)

    def say(self, folder: Path | None, command: str | None) -> None:
        """The headline table and where everything is."""
        say_result(self.results, folder, command)

    def numbers(self) -> dict[str, Any]:
        """Headlines."""
        from tariffsim.ensemble.summary import headline

        numbers: dict[str, Any] = {}
        for row in headline(self.results):
            key = "_".join(str(row[word]) for word in ("quantity", "subject", "partner", "horizon") if row.get(word))
            names = ("probability", "low", "high") if "probability" in row else ("median", "q10", "q90")
            numbers |= {f"{key}_{name}": row[name] for name in names}
        return numbers
