"""run_ensemble: plan, compile, compute, join."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from tariffsim.economy import compile_kernel
from tariffsim.ensemble.chunks import Chunk, Part, join, plan
from tariffsim.ensemble.engines import ENGINES, worker_count
from tariffsim.ensemble.labels import monthly_norms
from tariffsim.ensemble.progress import Progress
from tariffsim.ensemble.provenance import Provenance, data_hashes, versions
from tariffsim.ensemble.results import Results
from tariffsim.errors import ConfigError, unknown_name
from tariffsim.negotiation.compiled import compile_loops
from tariffsim.scenario.schema import Scenario
from tariffsim.world.rules import check_rules

T = TypeVar("T")


def run_ensemble(
    scenario: Scenario,
    worlds: int | None = None,
    seed: int | None = None,
    *,
    engine: str | None = None,
    workers: int | None = None,
    chunk: int | None = None,
    progress: bool | None = None,
    command: str = "",
) -> Results:
    """Simulate `worlds` worlds of a scenario and return their `Results`.

    What is None is taken from the scenario. `engine` ('inline' or 'processes'), `workers` (0: one per core) and
    `chunk` (worlds computed together) change no bit of the result. `progress`: True shows a line on standard error,
    False doesn't, None shows it on terminals only. `command` is noted as the way to repeat the run. Raises
    ConfigError for bad arguments, SolveError if a policy has no equilibrium, ResultsError if a process dies.
    """
    asked = resolved(scenario, worlds, seed, engine, workers, chunk)
    check_rules(asked)  # fails now rather than once everything is compiled
    monthly_norms(asked)  # or at the end
    compiling = _seconds(compile_everything)
    chunks = _chunks(asked)
    line = Progress(asked.ensemble.worlds, asked.ticks, progress, asked.execution.progress)
    start = time.perf_counter()
    try:
        parts = ENGINES[asked.execution.engine](asked, chunks, line)
    finally:
        line.close()
    made = _provenance(asked, parts, time.perf_counter() - start, compiling, command)
    return Results(asked, parts[0].labels, join(parts), made)


def compile_everything() -> None:
    """Compile, or load from the cache, the solver and the loops of the talks."""
    compile_kernel()
    compile_loops()


def resolved(
    scenario: Scenario,
    worlds: int | None = None,
    seed: int | None = None,
    engine: str | None = None,
    workers: int | None = None,
    chunk: int | None = None,
) -> Scenario:
    """The scenario exactly as it's run; raises ConfigError for arguments that can't be."""
    execution = replace(
        scenario.execution,
        engine=_or(engine, scenario.execution.engine),
        workers=_at_least("workers", _or(workers, scenario.execution.workers), 0),
        chunk=_at_least("chunk", _or(chunk, scenario.execution.chunk), 1),
    )
    if execution.engine not in ENGINES:
        raise ConfigError(unknown_name("engine", execution.engine, ENGINES))
    ensemble = replace(scenario.ensemble, worlds=_at_least("worlds", _or(worlds, scenario.ensemble.worlds), 1))
    key = _at_least("seed", _or(seed, scenario.seed), 0)
    return replace(scenario, seed=key, ensemble=ensemble, execution=execution)


def _or(given: T | None, default: T) -> T:
    return default if given is None else given


def _at_least(name: str, value: int, low: int) -> int:
    if value < low:
        raise ConfigError(f"{name} must be a whole number of at least {low}, got {value!r}.")
    return value


def _chunks(scenario: Scenario) -> list[Chunk]:
    """At most execution.chunk worlds each, and one for each process at least."""
    worlds, chunk = scenario.ensemble.worlds, scenario.execution.chunk
    if scenario.execution.engine == "processes":
        chunk = min(chunk, -(-worlds // worker_count(scenario)))
    return plan(worlds, chunk)


def _seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _provenance(scenario: Scenario, parts: list[Part], seconds: float, compiling: float, command: str) -> Provenance:
    execution = scenario.execution
    return Provenance(
        engine=execution.engine,
        workers=worker_count(scenario) if execution.engine == "processes" else 1,
        chunk=execution.chunk,
        solved=sum(part.solved for part in parts),
        looked_up=sum(part.looked_up for part in parts),
        seconds=seconds,
        compile_seconds=compiling,
        command=command,
        created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        versions=versions(),
        data=data_hashes(),
    )
