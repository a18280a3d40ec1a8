"""Results: what an ensemble found, with the scenario it answers and how it was made."""

from __future__ import annotations

import html
import importlib
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tariffsim.ensemble.acts import acts_of
from tariffsim.ensemble.dataset import build_dataset
from tariffsim.ensemble.findings import Findings
from tariffsim.ensemble.store import load, save
from tariffsim.ensemble.summary import outcomes, summarise
from tariffsim.ensemble.transcript import told
from tariffsim.ensemble.variables import BY_NAME
from tariffsim.errors import ResultsError, unknown_name

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


class Results(Findings):
    """An ensemble's outcome: `scenario`, `arrays`, `labels`, `provenance` as in `Findings`, and ways to see them."""

    @cached_property
    def dataset(self) -> xr.Dataset:
        """Everything as an xarray dataset; units, meaning and source are attributes of each variable."""
        return build_dataset(self.arrays, self.labels, self._attributes())

    def summary(self) -> pd.DataFrame:
        """Probabilities with 95 % intervals, medians with 80 % bands: one row each (`tariffsim.ensemble.summary`)."""
        return summarise(self)

    def to_pandas(self, name: str) -> pd.DataFrame:
        """One variable as a tidy table, a row per world, date, ...; raises ResultsError for an unknown name."""
        if name not in BY_NAME:
            raise ResultsError(unknown_name("variable", name, BY_NAME))
        return self.dataset[name].to_dataframe().reset_index()

    def acts(self, worlds: int | Iterable[int] | None = None) -> pd.DataFrame:
        """What governments did, a row an act: `world` and the columns of the record of real events (`load_events`).

        `worlds`: numbers of the worlds wanted (default: all). Computed when asked for, not stored. The code book is in
        `data/SOURCES.md` under "Acts"; raises ResultsError for a world that isn't there.
        """
        return acts_of(self, worlds)

    def transcript(self, world: int) -> str:
        """One world told in dated lines: who met, offered, signed, breached, and what it was worth to each by its own
        belief (percent of GDP x years); raises ResultsError for a world that isn't there."""
        return told(self, world)

    def save(self, path: str | Path) -> Path:
        """Write parquet tables and a manifest into the new folder `path`; raises ResultsError if it exists."""
        return save(self, Path(path))

    def report(self, path: str | Path) -> Path:
        """Write the HTML report to the file `path`."""
        # By name: the report stands a floor above and knows results, not the other way round.
        written: Path = importlib.import_module("tariffsim.report").write_report(self, Path(path))
        return written

    def _attributes(self) -> dict[str, str | int]:
        scenario = self.scenario
        versions = ", ".join(f"{name} {number}" for name, number in self.provenance.versions.items())
        return {
            "title": scenario.title,
            "scenario": scenario.name,
            "seed": scenario.seed,
            "worlds": self.worlds,
            "reference_date": scenario.reference_date.isoformat(),
            "command": self.provenance.command,
            "versions": versions,
        }

    def __repr__(self) -> str:
        scenario = self.scenario
        return f"Results({scenario.name!r}, {self.worlds} worlds x {scenario.ticks} ticks, seed {scenario.seed})"

    def _repr_html_(self) -> str:
        return f"<p><b>{html.escape(repr(self))}</b></p>" + outcomes(self).to_html(index=False, na_rep="")


def load_results(path: str | Path) -> Results:
    """Read results that `Results.save` or the command line wrote; raises ResultsError if anything is amiss."""
    found = load(Path(path))
    return Results(found.scenario, found.labels, found.arrays, found.provenance)
