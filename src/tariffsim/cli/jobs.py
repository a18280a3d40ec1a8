"""From overrides to jobs: one scenario each, every one checked before the first is run."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tariffsim.cli.arguments import Request
from tariffsim.cli.experiment import Experiment, experiment_of
from tariffsim.cli.simulation import Simulation
from tariffsim.errors import ConfigError, TariffsimError, unknown_name
from tariffsim.scenario.loading import (
    compose,
    conf_directory,
    existing_directory,
    explain,
    names_in,
    scenario_from_config,
)
from tariffsim.scenario.schema import Scenario

if TYPE_CHECKING:
    from hydra.core.override_parser.types import Override


@dataclass(frozen=True)
class Job:
    """One configuration and what to do with it. `swept` are the overrides in which it differs from its siblings."""

    number: int
    of: int
    swept: tuple[str, ...]
    scenario: Scenario
    experiment: Experiment

    @property
    def label(self) -> str:
        """For messages."""
        return f"job {self.number} of {self.of} ({', '.join(self.swept)})"

    @property
    def folder(self) -> str:
        """A plain file name: the number first, so that folders sort."""
        words = re.sub(r"[^\w.=+-]+", "_", ",".join(self.swept))
        return f"{self.number:0{len(str(self.of))}d}_{words}"[:100]


def jobs_of(request: Request) -> list[Job]:
    """All jobs of a command line, valid; raises ConfigError (in a sweep it says which job)."""
    variants = _variants(request)
    jobs = []
    for number, (overrides, swept) in enumerate(variants, 1):
        try:
            check_choices(overrides, request.config_dir)
            experiment, config = experiment_of(compose(overrides, request.config_dir), Simulation())
            scenario = scenario_from_config(config)
            experiment.check(scenario)
        except TariffsimError as error:
            if not swept:
                raise
            raise ConfigError(f"job {number} of {len(variants)} ({', '.join(swept)}): {error}") from None
        jobs.append(Job(number, len(variants), tuple(swept), scenario, experiment))
    return jobs


def show_config(request: Request) -> str:
    """The composed configuration as YAML."""
    import yaml

    if request.multirun:
        raise ConfigError("--cfg shows one configuration: leave -m out and give each key one value.")
    ((overrides, _),) = _variants(request)
    check_choices(overrides, request.config_dir)
    return yaml.safe_dump(compose(overrides, request.config_dir), sort_keys=False, allow_unicode=True, width=120)


def check_choices(overrides: Sequence[str], config_dir: str | None) -> None:
    """Raise ConfigError for a scenario, what-if, ... that is no file of its group, here or in `config_dir`."""
    dirs: list[str | Path] = [] if config_dir is None else [existing_directory(config_dir)]
    for override in overrides:
        group, _, name = override.lstrip("+").partition("=")
        places = [Path(folder) / group for folder in (conf_directory(), *dirs)]
        if re.fullmatch(r"\w+", group) and re.fullmatch(r"[\w-]+", name) and any(p.is_dir() for p in places):
            known = names_in(group, dirs)
            if name not in (*known, "null"):
                raise ConfigError(unknown_name(group, name, known))


def _variants(request: Request) -> list[tuple[list[str], list[str]]]:
    """Overrides of each job, and which of them were swept: the product of all lists of values."""
    found = _parsed(request.overrides, request.config_dir)
    choices = []
    for text, override in zip(request.overrides, found, strict=True):
        if not override.is_sweep_override():
            choices.append([(text, False)])
            continue
        if not request.multirun:
            key = override.get_key_element()
            raise ConfigError(f"{text!r} names several values of {key}: add -m to run each, or write [...] for a list.")
        choices.append([(value, True) for value in _values(text, override, request.config_dir)])
    product = itertools.product(*choices)
    return [([text for text, _ in row], [text for text, swept in row if swept]) for row in product]


def _parsed(overrides: Sequence[str], config_dir: str | None) -> list[Override]:
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    for text in overrides:
        if "=" not in text and not text.startswith("~"):
            raise ConfigError(_no_pair(text, config_dir))
        if text.lstrip("+~").startswith(("hydra.", "hydra/")):
            raise ConfigError(f"{text!r} would change nothing: folders and logs are set under output and execution.")
    try:
        return list(OverridesParser.create().parse_overrides(overrides=list(overrides)))
    except HydraException as error:
        raise ConfigError(explain(error)) from None


def _no_pair(text: str, config_dir: str | None) -> str:
    dirs = () if config_dir is None else (config_dir,)
    example = f"scenario={text}" if text in names_in("scenario", dirs) else "ensemble.worlds=100"
    return f"{text!r} is not of the form key=value, for instance {example}. Try --help."


def _values(text: str, override: Override, config_dir: str | None) -> list[str]:
    """'key=value' for each value of a sweep."""
    from hydra.core.override_parser.types import Glob, ValueType

    key = override.get_key_element()
    if override.value_type is ValueType.GLOB_CHOICE_SWEEP:
        known = names_in(key.lstrip("+"), () if config_dir is None else (config_dir,))
        return [f"{key}={name}" for name in cast("Glob", override._value).filter(known)]
    if not override.is_discrete_sweep():
        raise ConfigError(f"{text!r} is a continuous range: give values, as in {key}=1,2,3 or {key}=range(1,4).")
    return [f"{key}={item}" for item in override.sweep_string_iterator()]
