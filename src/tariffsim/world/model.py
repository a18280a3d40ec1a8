"""TariffModel: a Mesa model that holds many worlds at once.

`step()` runs the phases of one tick in the printed order. Rules are pure functions over arrays whose first axis is the
world; world k of a batch equals world k run alone, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from tariffsim.instruments.book import Book
from tariffsim.negotiation.truce import COLD, LAPSED, NEVER, SIGNED, SNAPBACK
from tariffsim.scenario.schema import Scenario
from tariffsim.world.base import WorldModel, open_book
from tariffsim.world.opening import opening_state
from tariffsim.world.phases import check_events, events, flow, monitor, move, observe, settle
from tariffsim.world.recorder import Recorder
from tariffsim.world.talking import talk

__all__ = ["PHASES", "TariffModel", "open_book"]


class TariffModel(WorldModel):
    """Governments that negotiate inside a quantitative trade model.

    Parameters: a `Scenario`; `worlds`, how many (default: the scenario's); `seed` (default: the scenario's);
    `first_world`, global number of the first, for chunks, or `numbers` (W,) of all of them instead; `book`, equilibria
    to share with other models of the same scenario. Attributes: `governments` by name, `state`, `record`, `today`,
    `tick`. Raises ConfigError, DataError, EconomyError for bad input and SolveError if a policy has no equilibrium.
    """

    def __init__(
        self,
        scenario: Scenario,
        worlds: int | None = None,
        seed: int | None = None,
        *,
        first_world: int = 0,
        numbers: npt.NDArray[np.int64] | None = None,
        book: Book | None = None,
    ) -> None:
        super().__init__(scenario, worlds, seed, first_world=first_world, numbers=numbers, book=book)
        check_events(self)
        self.state = opening_state(self)
        self.record = Recorder(self)

    @property
    def failed(self) -> npt.NDArray[np.bool_]:
        """Worlds (W,) in which talks have failed so far: no deal came into force, or the parties are back at war."""
        status, force = self.state.pair.status, self.state.firsts.force
        nothing = (force == NEVER) & (status != SIGNED)
        return np.asarray(nothing | np.isin(status, (COLD, LAPSED, SNAPBACK)))

    @property
    def finished(self) -> bool:
        """Whether the last tick has been played."""
        return self.tick >= self.scenario.ticks

    def step(self) -> None:
        """Play one tick: every phase in order."""
        for _, phase in PHASES:
            phase(self)

    def run(self) -> TariffModel:
        """Play all ticks that are left, and return the model."""
        while not self.finished:
            self.step()
        return self


def record(model: TariffModel) -> None:
    """Close the tick and write it down."""
    model.tick += 1
    model.record.take(model)


PHASES: tuple[tuple[str, Callable[[TariffModel], None]], ...] = (
    ("events", events),
    ("observe", observe),
    ("move", move),
    ("talk", talk),
    ("settle", settle),
    ("flow", flow),
    ("monitor", monitor),
    ("record", record),
)
