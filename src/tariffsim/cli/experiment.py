"""Experiments: what can be done with a scenario other than running it. An experiment is one file in
`tariffsim.cli.experiments` and one in `conf/experiment`, chosen by `+experiment=NAME`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tariffsim.errors import ConfigError
from tariffsim.registry import Registry
from tariffsim.scenario.reading import read
from tariffsim.scenario.schema import Scenario

EXPERIMENTS: Registry[Experiment] = Registry("experiment", "tariffsim.cli.experiments")


class Found(ABC):
    """What a job has found."""

    @abstractmethod
    def write(self, folder: Path) -> None:
        """Write it into a folder that exists, as `output` of the scenario says."""

    @abstractmethod
    def say(self, folder: Path | None, command: str | None) -> None:
        """Print the answer, where it is (None: not written), how long it took and, if given, how to repeat it."""

    @abstractmethod
    def numbers(self) -> dict[str, Any]:
        """One row of a sweep's table."""


@dataclass(frozen=True)
class Experiment(ABC):
    """Something to do with a scenario. Fields are its settings, read from the key of its name in the configuration."""

    @abstractmethod
    def check(self, scenario: Scenario) -> None:
        """Raise ConfigError if this cannot be done with the scenario, before anything is computed."""

    @abstractmethod
    def opening(self, scenario: Scenario) -> str:
        """One line: what is about to be done."""

    @abstractmethod
    def run(self, scenario: Scenario, progress: bool | None, command: str) -> Found:
        """Do it; `progress` and `command` are those of `run_ensemble`. Raises TariffsimError."""

    def folder(self, scenario: str) -> str:
        """Name of the results' folder, from that of an ordinary run of the scenario."""
        return scenario


def experiment_of(config: Mapping[str, Any], otherwise: Experiment) -> tuple[Experiment, dict[str, Any]]:
    """The experiment that a composed configuration asks for, and the scenario's part of the configuration.

    Raises ConfigError for more than one experiment and for bad settings.
    """
    asked = [name for name in EXPERIMENTS if name in config]
    rest = {key: value for key, value in config.items() if key not in asked}
    if len(asked) > 1:
        raise ConfigError(f"one experiment at a time, got {' and '.join(asked)}: leave all but one out.")
    return (read(EXPERIMENTS.get(asked[0]), config[asked[0]], asked[0]) if asked else otherwise), rest
