"""What a report reads: one place that knows the names inside a results data set.

A `View` gives plain arrays with a leading world axis and names for people. Everything on a page comes from here, from
the scenario, or from the dated facts shipped with the package.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tariffsim.data import data_directory
from tariffsim.data.tables import read_table
from tariffsim.errors import ResultsError, unknown_name
from tariffsim.scenario.schema import Scenario

if TYPE_CHECKING:
    import xarray as xr

Array = npt.NDArray[np.float64]
COLUMNS = ("statutory", "addon", "applied", "effective")


@dataclass(frozen=True)
class Supply:
    """One licensed flow of a critical input: owner, input, buyer, and its position on the supply axis."""

    position: int
    owner: str
    input: str
    buyer: str


@dataclass(frozen=True)
class View:
    """Results as a report sees them.

    `dataset` is `Results.dataset` (W worlds, T+1 times), `scenario` the resolved scenario that was run. Methods raise
    ResultsError for names that are not in the data set.
    """

    dataset: xr.Dataset
    scenario: Scenario

    @property
    def worlds(self) -> int:
        """Number of worlds W."""
        return int(self.dataset.sizes["world"])

    @cached_property
    def dates(self) -> list[dt.date]:
        """The T+1 dates: the opening, then the close of each tick."""
        days: list[dt.date] = self.dataset["time"].to_numpy().astype("datetime64[D]").tolist()
        return days

    @property
    def start(self) -> dt.date:
        """The first day."""
        return self.dates[0]

    @property
    def end(self) -> dt.date:
        """The last day."""
        return self.dates[-1]

    @property
    def parties(self) -> tuple[str, str]:
        """The two parties at the table."""
        first, second = self.scenario.talks.parties
        return first, second

    @property
    def partners(self) -> list[str]:
        """Partners that answer a letter."""
        return self._labels("partner")

    @property
    def countries(self) -> list[str]:
        """All countries: those that decide first, then the others as in the data."""
        known = self._labels("country")
        deciding = [name for name in self.scenario.governments if name in known]
        return deciding + [name for name in known if name not in deciding]

    @property
    def deciders(self) -> list[str]:
        """Countries whose governments decide."""
        return [name for name in self.countries if name in self.scenario.governments]

    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        """(importer, exporter) pairs for which all four tariff columns are known."""
        return [(importer, exporter) for importer, _, exporter in (p.partition(">") for p in self._labels("pair"))]

    @cached_property
    def flows(self) -> list[str]:
        """Trade flows followed month by month, as EXPORTER_IMPORTER."""
        return self._labels("flow")

    @cached_property
    def supplies(self) -> list[Supply]:
        """Licensed flows of critical inputs."""
        owners, inputs, buyers = (self._labels(name) for name in ("owner", "input", "buyer"))
        found = enumerate(zip(owners, inputs, buyers, strict=True))
        return [Supply(k, owner, name, buyer) for k, (owner, name, buyer) in found]

    def rate(self, column: str, importer: str, exporter: str) -> Array:
        """Tariff (W, T+1) of one of the four `COLUMNS`, in percent (add-ons: percentage points)."""
        if column not in COLUMNS:
            raise ResultsError(unknown_name("tariff column", column, COLUMNS))
        axis = "addon_pair" if column == "addon" else "pair"
        return self._pick(column, axis, f"{importer}>{exporter}")

    def status(self) -> npt.NDArray[np.int64]:
        """State of the truce (W, T+1) as a position in `truce.STATES`."""
        return self.dataset["status"].to_numpy().astype(np.int64)

    def stance(self, partner: str) -> npt.NDArray[np.int64]:
        """Stance (W, T+1) of a partner as a position in `letters.STANCES`."""
        return self._pick("stance", "partner", partner).astype(np.int64)

    def executed(self, partner: str) -> npt.NDArray[np.bool_]:
        """Whether (W,) the threat against a partner was carried out."""
        return self._pick("executed", "partner", partner).astype(np.bool_)

    def supply(self, variable: str, position: int) -> Array:
        """`approved`, `delivered`, `usable` (shares of normal trade) or `stock` (months of use), (W, T+1)."""
        values: Array = self._values(variable, "supply")[position]
        return values

    def income(self, country: str, horizon: str) -> Array:
        """Real income (W, T+1) in percent against the policy of the reference date; horizon `short` or `long`."""
        values = self.dataset["real_income"].sel(country=country, horizon=horizon)
        return values.transpose("world", "time").to_numpy().astype(np.float64)

    def exports(self, flow: str, yoy: bool = False) -> Array:
        """A followed flow (W, T+1), billion USD a month, or its change on the year in percent."""
        return self._pick("exports_yoy" if yoy else "exports", "flow", flow)

    def event_dates(self, kind: str) -> npt.NDArray[np.datetime64]:
        """Day (W,) of the first deal, breach, lapse, snapback or renewal; NaT where there is none."""
        return self.dataset[f"{kind}_date"].to_numpy().astype("datetime64[D]")

    def happened(self, kind: str, by: dt.date | None = None) -> npt.NDArray[np.bool_]:
        """Whether (W,) an event happened, by a date if one is given."""
        days = self.event_dates(kind)
        found: npt.NDArray[np.bool_] = ~np.isnat(days)
        return found if by is None else found & (days <= np.datetime64(by, "D"))

    @property
    def issues(self) -> list[str]:
        """Names of the issues, in the order of a deal's terms."""
        return [name for name in self._labels("term") if name in self.scenario.talks.issues]

    def terms(self) -> dict[str, Array]:
        """Terms (D,) of the first deals of the D worlds that have one."""
        found = self.happened("deal")
        table = self.dataset["deal_terms"].transpose("term", "world").to_numpy()
        return {name: table[k][found].astype(np.float64) for k, name in enumerate(self._labels("term"))}

    def gain(self, party: str) -> Array:
        """Value (D,) of the first deal to a party over its reservation value, percent of GDP x years."""
        return self._pick("deal_gain", "party", party)[self.happened("deal")]

    def economy_draw(self) -> npt.NDArray[np.int64]:
        """Which draw (W,) of the uncertain economy each world lives in."""
        return self.dataset["economy_draw"].to_numpy().astype(np.int64)

    def _labels(self, name: str) -> list[str]:
        if name not in self.dataset.coords:
            raise ResultsError(unknown_name("coordinate of the results", name, map(str, self.dataset.coords)))
        return [str(label) for label in self.dataset[name].to_numpy()]

    def _values(self, variable: str, axis: str) -> npt.NDArray[Any]:
        """Values with `axis` first, then world and time as far as there are any."""
        values = self.dataset[variable]
        rest = [name for name in ("world", "time") if name in values.dims]
        found: npt.NDArray[Any] = values.transpose(axis, *rest).to_numpy()
        return found

    def _pick(self, variable: str, axis: str, label: str) -> Array:
        labels = self._labels(axis)
        if label not in labels:
            raise ResultsError(unknown_name(axis.replace("_", " "), label, labels))
        picked: Array = self._values(variable, axis)[labels.index(label)].astype(np.float64)
        return picked


@cache
def region_names() -> dict[str, str]:
    """Code -> name for people, of the regions of the shipped data; 'others' for the rest."""
    records = read_table(data_directory() / "baseline" / "regions.csv").records()
    return {row["region"]: row["name"] for row in records} | {"others": "Others"}


def called(code: str) -> str:
    """Name of a region for people; the code itself where there is none."""
    return region_names().get(code, code)


def spoken(code: str) -> str:
    """Name inside a sentence: 'the United States', 'South Korea'."""
    name = called(code)
    needs_article = name.split()[0] in ("United", "European", "Rest")
    return f"the {name[0].lower() + name[1:] if name.startswith('Rest') else name}" if needs_article else name


def input_name(key: str) -> str:
    """'rare earth magnets' for rare_earth_magnets."""
    return key.replace("_", " ")
