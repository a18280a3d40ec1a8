"""The model as people meet it in a notebook: `tariffsim.TariffModel`, which can show what it has recorded so far."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import replace

from tariffsim.ensemble.chunks import recorded
from tariffsim.ensemble.labels import labels_of, times
from tariffsim.ensemble.provenance import Provenance, data_hashes, versions
from tariffsim.ensemble.results import Results
from tariffsim.ensemble.variables import Raw, express
from tariffsim.world import model as world


class TariffModel(world.TariffModel):
    """Governments that negotiate inside a quantitative trade model, many worlds at once; a `mesa.Model`.

    Parameters: a `Scenario`; `worlds`, how many (default: the scenario's); `seed` (default: the scenario's);
    `first_world`, global number of the first, for chunks; `book`, equilibria to share with other models of the same
    scenario. `step()` plays a tick, `run()` all that are left; `results` shows what was recorded. Attributes:
    `governments` by name, `state`, `today`, `tick`, `finished`. Raises ConfigError, DataError or EconomyError for bad
    input and SolveError if a policy has no equilibrium.
    """

    @property
    def results(self) -> Results:
        """What has happened so far, as `Results`: from the opening to the close of the last tick played."""
        played = replace(
            self.scenario,
            ticks=self.tick,
            seed=self.draws.seed,
            ensemble=replace(self.scenario.ensemble, worlds=self.worlds),
        )
        labels = replace(labels_of(self), time=tuple(day.isoformat() for day in times(played)))
        arrays = express(Raw(recorded(self), labels, played))
        made = Provenance(
            engine="by hand",
            workers=1,
            chunk=self.worlds,
            solved=self.book.solved,
            looked_up=self.book.looked_up,
            seconds=time.perf_counter() - self.created,
            compile_seconds=0.0,
            command="",
            created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            versions=versions(),
            data=data_hashes(),
        )
        return Results(played, labels, arrays, made)
