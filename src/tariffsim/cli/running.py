"""Run the jobs of a command line, write what they found, and say so."""

from __future__ import annotations

import csv
import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tariffsim.cli.arguments import Request
from tariffsim.cli.closing import say_job
from tariffsim.cli.experiment import Found
from tariffsim.cli.jobs import Job, jobs_of
from tariffsim.errors import ConfigError, TariffsimError
from tariffsim.scenario.schema import Scenario

SUMMARY = "sweep.csv"


def run(request: Request) -> None:
    """Run one job, or every job of a sweep; raises TariffsimError."""
    jobs = jobs_of(request)
    if request.multirun:
        _sweep(jobs, request)
    else:
        (job,) = jobs
        print(job.experiment.opening(job.scenario), flush=True)
        found, folder = _done(job, job.experiment.folder(_name(job.scenario)), request)
        found.say(folder, _command(request))


def _sweep(jobs: Sequence[Job], request: Request) -> None:
    """One folder a job inside a folder of the sweep; the table grows with every job that's done."""
    from tariffsim.ensemble.folders import free_folder

    first = jobs[0].scenario
    name = jobs[0].experiment.folder(_name(first)) if len({job.scenario.name for job in jobs}) == 1 else "scenarios"
    top = free_folder(Path(first.output.directory) / f"{name}-sweep")
    rows: list[dict[str, Any]] = []
    for job in jobs:
        say_job(job.label)
        with _named(job, top, len(rows)):
            found, folder = _done(job, job.folder, request, top)
            found.say(folder, None)
            rows.append({"job": job.number, **_swept(job), **found.numbers()})
            _write_table(top / SUMMARY, rows)
    print(f"sweep    {top / SUMMARY}\nrepeat   {_command(request)}")


@contextmanager
def _named(job: Job, top: Path, done: int) -> Iterator[None]:
    """Say which job a mistake or an interruption belongs to."""
    try:
        yield
    except TariffsimError as error:
        raise ConfigError(f"{job.label}: {error}") from None
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"interrupted in {job.label}; {done} finished jobs are in {top}.") from None


def _done(job: Job, name: str, request: Request, top: Path | None = None) -> tuple[Found, Path | None]:
    """Do a job; its folder appears at the end, whole, and isn't there if anything went wrong."""
    from tariffsim.ensemble.folders import staged

    scenario, asked = job.scenario, True if _asked_for_progress(request) else None
    if not (scenario.output.parquet or scenario.output.report):
        return job.experiment.run(scenario, asked, _command(request)), None
    target = (top if top is not None else Path(scenario.output.directory)) / name
    with staged(target, counter=True) as staging:
        found = job.experiment.run(scenario, asked, _command(request))
        found.write(staging.path)
    return found, staging.published


def _name(scenario: Scenario) -> str:
    """The folder's name; a scenario's own name may hold anything, a folder's may not."""
    plain = re.sub(r"[^\w-]+", "_", scenario.name)
    return scenario.output.name or f"{plain}-seed{scenario.seed}"


def _command(request: Request) -> str:
    return shlex.join(["python", "-m", "tariffsim", *request.words])


def _asked_for_progress(request: Request) -> bool:
    """Whether the user typed that a progress line is wanted, even where nobody watches a terminal."""
    return "execution.progress=true" in [word.lower() for word in request.overrides]


def _swept(job: Job) -> dict[str, str]:
    return dict(override.lstrip("+").split("=", 1) for override in job.swept)


def _write_table(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    from tariffsim.ensemble.folders import write_atomically

    def write(place: Path) -> None:
        columns = list(dict.fromkeys(key for row in rows for key in row))
        with place.open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, columns)
            table.writeheader()
            table.writerows(rows)

    write_atomically(path, write)
