"""The record of some worlds read as a story: what changed in each tick, and rows of acts made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tariffsim.ensemble.dataset import split_supply
from tariffsim.ensemble.findings import Findings
from tariffsim.ensemble.variables import Values
from tariffsim.world.acts import BITS

Flags = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
Texts = npt.NDArray[np.object_]
Where = tuple[Index, ...]


@dataclass(frozen=True)
class Supply:
    """One supply lever: whose, to whom, of what, and whether it is a technology control."""

    owner: str
    buyer: str
    input: str
    controlled: bool

    def licensed_to(self, owner: str, target: str) -> bool:
        """Whether it is a licence of `owner` for `target` ('all': any buyer)."""
        return not self.controlled and self.owner == owner and target in ("all", self.buyer)


@dataclass(frozen=True)
class Story:
    """N worlds by T ticks; tick t runs from time t to time t + 1 of the record. `worlds` (N,): their numbers."""

    results: Findings
    worlds: Index

    @property
    def parties(self) -> tuple[str, ...]:
        """Who sits at the table."""
        return self.results.labels.party

    @property
    def both(self) -> str:
        """Actor of a joint act, as `facts/events.csv` writes it."""
        return ";".join(self.parties)

    def whole(self, name: str) -> Values:
        """A variable (N, ...) in these worlds."""
        found: Values = self.results.arrays[name][self.worlds]
        return found

    def before(self, name: str) -> Numbers:
        """A variable (N, T, ...) as each tick opened, as numbers."""
        return self.whole(name)[:, :-1].astype(np.float64)

    def after(self, name: str) -> Numbers:
        """A variable (N, T, ...) as each tick closed, as numbers."""
        return self.whole(name)[:, 1:].astype(np.float64)

    @property
    def addon_columns(self) -> tuple[int, int]:
        """Where the parties' add-ons on each other stand in `addon`."""
        pairs, (one, two) = self.results.labels.addon_pair, self.parties
        return pairs.index(f"{one}>{two}"), pairs.index(f"{two}>{one}")

    @cached_property
    def supplies(self) -> tuple[Supply, ...]:
        """The supply levers in the order of `approved`."""
        labels, controls = self.results.labels, self.results.scenario.policy.controls
        columns = zip(*split_supply(labels.supply), strict=True)
        return tuple(
            Supply(owner, buyer, name, buyer in controls.get(owner, {}) and name in controls[owner][buyer].withheld)
            for owner, buyer, name in columns
        )

    @cached_property
    def met(self) -> Flags:
        """Whether (N, T) the parties met."""
        return np.asarray(~np.isnan(self.after("reservation")).any(-1))

    def did(self, act: str) -> Flags:
        """Whether (N, T, 2) each party did it in the tick; joint acts are of both."""
        return np.asarray(self.whole("acted")[:, 1:].astype(np.int64) & BITS[act] != 0)

    def joint(self, act: str) -> Flags:
        """Whether (N, T) the parties did it in the tick."""
        return np.asarray(self.did(act).any(-1))

    @cached_property
    def package(self) -> Index:
        """Package (N, T) signed last when each tick closed, -1 before any was."""
        signed = self.whole("signed")[:, 1:].astype(np.int64)
        last = np.maximum.accumulate(np.where(signed >= 0, np.arange(signed.shape[1]), 0), axis=1)
        return np.take_along_axis(signed, last, axis=1)


@dataclass(frozen=True)
class Rows:
    """Acts of one kind: place in the story, and cells by column; a cell that is not given is empty."""

    where: Where
    cells: Mapping[str, object]

    def column(self, name: str, empty: object) -> Values:
        """One column (R,): text, or numbers where `empty` is one."""
        kind = np.float64 if isinstance(empty, float) else np.object_
        return np.array(np.broadcast_to(np.asarray(self.cells.get(name, empty), dtype=kind), self.where[0].shape))


def pick(values: Sequence[str], at: Index) -> Texts:
    """Texts by position."""
    found: Texts = np.array(values, dtype=object)[at]
    return found
