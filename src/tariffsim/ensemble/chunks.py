"""Chunks of worlds: the plan, and how one chunk is computed. Results don't depend on where a chunk ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tariffsim.ensemble.failures import restored
from tariffsim.ensemble.labels import Labels, labels_of
from tariffsim.ensemble.variables import Raw, Values, express
from tariffsim.instruments.book import Book
from tariffsim.scenario.schema import Scenario
from tariffsim.world.foundations import foundations
from tariffsim.world.model import TariffModel

Watch = Callable[[int, int], None]


@dataclass(frozen=True)
class Chunk:
    """Worlds first, first + 1, ..., first + worlds - 1."""

    first: int
    worlds: int


@dataclass(frozen=True)
class Part:
    """What one chunk found: variables in users' units, axes, equilibria solved and asked for since the last chunk."""

    arrays: dict[str, Values]
    labels: Labels
    solved: int
    looked_up: int


def plan(worlds: int, chunk: int) -> list[Chunk]:
    """Consecutive chunks of at most `chunk` worlds, as even as possible."""
    count = -(-worlds // chunk)
    edges = [worlds * k // count for k in range(count + 1)]
    return [Chunk(first, last - first) for first, last in pairwise(edges)]


def run_chunk(scenario: Scenario, chunk: Chunk, book: Book, watch: Watch) -> Part:
    """Simulate one chunk on a shared book; `watch` hears world-ticks done and equilibria solved after each tick."""
    solved, looked_up = book.solved, book.looked_up
    model = TariffModel(scenario, chunk.worlds, first_world=chunk.first, book=book)
    labels = labels_of(model)
    seen = solved
    while not model.finished:
        model.step()
        watch(chunk.worlds, book.solved - seen)
        seen = book.solved
    arrays = express(Raw(recorded(model), labels, scenario))
    return Part(arrays, labels, book.solved - solved, book.looked_up - looked_up)


def recorded(model: TariffModel) -> dict[str, Values]:
    """Everything on record about a model's worlds, what stood behind their opening and why they failed included."""
    opening = TariffModel(model.scenario, seed=model.draws.seed, numbers=model.draws.worlds, book=model.book)
    record = model.record.trajectories(model)
    return {**record.arrays, **foundations(opening), "failed": model.failed, "restored": restored(model)}


def join(parts: Sequence[Part]) -> dict[str, Values]:
    """Arrays of all worlds, in world order."""
    return {name: np.concatenate([part.arrays[name] for part in parts]) for name in parts[0].arrays}
