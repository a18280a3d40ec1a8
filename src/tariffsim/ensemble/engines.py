"""Engines: where chunks are computed. Each yields parts in the order of the plan."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from tariffsim.ensemble.chunks import Chunk, Part, run_chunk
from tariffsim.ensemble.progress import Progress
from tariffsim.errors import ResultsError
from tariffsim.instruments.book import Book
from tariffsim.scenario.schema import Scenario
from tariffsim.world.model import open_book

Engine = Callable[[Scenario, Sequence[Chunk], Progress], list[Part]]
POLL_SECONDS = 0.2
DONE, SOLVED, STOP, PIDS = range(4)  # places in the numbers that processes share; a place each from PIDS on


def inline(scenario: Scenario, chunks: Sequence[Chunk], progress: Progress) -> list[Part]:
    """All chunks in this process, one equilibrium book for all."""
    counted = [0, 0]

    def watch(world_ticks: int, solved: int) -> None:
        counted[0] += world_ticks
        counted[1] += solved
        progress.update(counted[0], counted[1])

    book = open_book(scenario)
    return [run_chunk(scenario, chunk, book, watch) for chunk in chunks]


def processes(scenario: Scenario, chunks: Sequence[Chunk], progress: Progress) -> list[Part]:
    """Chunks on `execution.workers` fresh processes (own start context, the global one is left alone).

    Each keeps a book of its own. Raises ResultsError if a process is killed.
    """
    context = multiprocessing.get_context("spawn")
    workers = min(worker_count(scenario), len(chunks))
    counters = context.Array("q", PIDS + workers)
    threads = max(1, min(scenario.execution.threads, (os.cpu_count() or 1) // workers))
    own = replace(scenario, execution=replace(scenario.execution, threads=threads))
    pool = ProcessPoolExecutor(workers, context, _start, (own, counters))
    finished = False
    try:
        with _deaf():
            futures = [pool.submit(_work, chunk) for chunk in chunks]
        _wait(futures, counters, progress)
        finished = True
        return [future.result() for future in futures]
    except BrokenProcessPool:
        raise ResultsError(
            "a worker process ended before its work was done (killed, or out of memory). Lower execution.chunk or "
            "execution.workers; in a script, call run_ensemble under `if __name__ == '__main__':`."
        ) from None
    finally:
        if not finished:
            _stop(counters)
        pool.shutdown(cancel_futures=True)


ENGINES: dict[str, Engine] = {"inline": inline, "processes": processes}


def worker_count(scenario: Scenario) -> int:
    """Processes to use: as configured, or one per core."""
    return scenario.execution.workers or os.cpu_count() or 1


@contextmanager
def _deaf() -> Iterator[None]:
    """Start processes that don't hear Ctrl-C, not even before `_start`: what is ignored here is ignored in them."""
    if threading.current_thread() is not threading.main_thread():  # signals are the main thread's business
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _wait(futures: Sequence[Future[Part]], counters: Any, progress: Progress) -> None:
    """Until all are done or one has failed."""
    left = set(futures)
    while left:
        done, left = wait(left, timeout=POLL_SECONDS)
        for future in done:
            future.result()
        progress.update(counters[DONE], counters[SOLVED])


def _stop(counters: Any) -> None:
    """End workers in the middle of their work, which leaves nothing behind, and those that are only starting."""
    counters[STOP] = 1
    for pid in filter(None, counters[PIDS:]):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)


class _Worker:
    """What one process keeps between chunks."""

    scenario: Scenario
    counters: Any
    book: Book | None = None  # opened by the first chunk, whose mistakes reach the driver


class Stopped(Exception):  # noqa: N818  (not an error: the driver has given up)
    """The driver has asked workers to stop."""


def _start(scenario: Scenario, counters: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver hears Ctrl-C and ends the workers
    _Worker.scenario, _Worker.counters = scenario, counters
    with counters.get_lock():
        counters[PIDS + list(counters[PIDS:]).index(0)] = os.getpid()


def _work(chunk: Chunk) -> Part:
    if _Worker.counters[STOP]:
        raise Stopped

    def watch(world_ticks: int, solved: int) -> None:
        counters = _Worker.counters
        with counters.get_lock():
            counters[DONE] += world_ticks
            counters[SOLVED] += solved

    if _Worker.book is None:
        _Worker.book = open_book(_Worker.scenario)
    return run_chunk(_Worker.scenario, chunk, _Worker.book, watch)
