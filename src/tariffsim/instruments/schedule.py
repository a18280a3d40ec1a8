"""Tariffs in force on a date: most-favoured-nation or preferential rates plus dated layers.

Four rates are kept apart, all as fractions, arrays [importer n, exporter i, sector j]:

    statutory   mfn_pref + what the law charges before exemptions: a layer on all goods counts in full, a layer
                on a list of goods with the share of trade on its list
    addon       sum of the *headline* layers since 20 January 2025, all goods: what the press calls 145 or 30
    applied     mfn_pref + sum of rate x coverage: what the average good pays after exemptions
    effective   duties / imports by pair or importer, weighted with given flows

Dates run from 2022-07-01 to 2025-06-09. Rows whose end is 9999-12-31 are open: on a later date the layers in
force on 2025-06-09 simply stay, because nothing after that day is in the data.

Hong Kong is part of ROW and faces China's rates: layers aimed at CHN have small-coverage rows with exporter
ROW. They count in `applied` (and move with the layer), not in the statutory and add-on rates of ROW.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from tariffsim.data import data_directory
from tariffsim.data.tables import Floats, read_table
from tariffsim.economy.loading import load_calibration
from tariffsim.errors import EconomyError, TariffsimError, unknown_name
from tariffsim.instruments.layers import Layer, LayerRow, read_layers, read_rows

FIRST_DAY = dt.date(2022, 7, 1)
LAST_DAY = dt.date(2025, 6, 9)


@dataclass(frozen=True)
class HeadlineLayer:
    """A headline layer as a lever sees it on a date.

    `rate` (N, N, S) is what is in force on the date, 0 outside its dates. `coverage` (N, N, S) is the share
    of trade hit on the date; before the layer starts that of its first row, after it ends that of its last.
    """

    layer: Layer
    rate: Floats
    coverage: Floats

    @property
    def name(self) -> str:
        """Name of the layer in `layers.csv`."""
        return self.layer.name

    def aims_at(self, importer: str, exporter: str) -> bool:
        """Whether the layer names this pair; false for Hong Kong's rows under ROW."""
        return self.layer.importer == importer and self.layer.target in ("each", exporter)

    @property
    def duty(self) -> Floats:
        """(N, N, S) rate x coverage: what the layer adds to applied tariffs on the date."""
        return self.rate * self.coverage


@dataclass(frozen=True)
class HeadlineSplit:
    """Applied tariffs of a date as background plus headline layers: `background + sum of layer.duty`."""

    date: dt.date
    background: Floats  # (N, N, S) applied tariffs without any headline layer
    layers: tuple[HeadlineLayer, ...]

    def __getitem__(self, name: str) -> HeadlineLayer:
        """The headline layer of that name; raises EconomyError with the nearest name."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise EconomyError(unknown_name("headline layer", name, [layer.name for layer in self.layers]))


@dataclass(frozen=True)
class TariffTable:
    """Statutory, add-on and applied rates of a date (fractions, (N, N, S)); `effective` needs flows."""

    date: dt.date
    regions: tuple[str, ...]
    sectors: tuple[str, ...]
    goods: tuple[bool, ...]
    statutory: Floats
    addon: Floats
    applied: Floats

    def effective(self, flows: Floats) -> Floats:
        """(N, N) duties over goods imports by pair, weighted with `flows` (N, N, S); nan without trade."""
        return self.averages(self.applied, flows)

    def effective_by_importer(self, flows: Floats) -> Floats:
        """(N,) duties over imports of goods from all other regions."""
        goods = np.asarray(self.goods)
        foreign = flows * ~np.eye(len(self.regions), dtype=np.bool_)[:, :, None] * goods
        return _ratio((self.applied * foreign).sum(axis=(1, 2)), foreign.sum(axis=(1, 2)))

    def averages(self, rates: Floats, flows: Floats) -> Floats:
        """(N, N) average of any of the rate arrays over goods, weighted with `flows`; nan without trade."""
        if flows.shape != rates.shape:
            raise EconomyError(
                f"flows has shape {flows.shape}, but [importer, exporter, sector] asks for {rates.shape}."
            )
        return average_by_pair(rates, flows * np.asarray(self.goods))


def average_by_pair(rates: Floats, flows: Floats) -> Floats:
    """Rates (..., N, N, S) averaged over sectors with weights `flows` (N, N, S): (..., N, N); nan without trade."""
    weights = flows.sum(axis=-1)
    return _ratio((rates * flows).sum(axis=-1), np.broadcast_to(weights, rates.shape[:-1]))


def _ratio(top: Floats, bottom: Floats) -> Floats:
    ratio: Floats = np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0.0)
    return ratio


@dataclass(frozen=True)
class TariffSchedule:
    """All dated layers on top of MFN or preferential rates; `load_schedule` builds it."""

    regions: tuple[str, ...]
    sectors: tuple[str, ...]
    goods: tuple[bool, ...]
    mfn_pref: Floats  # (N, N, S)
    layers: tuple[Layer, ...]
    rows: tuple[LayerRow, ...]

    def layer(self, name: str) -> Layer:
        """The layer of that name; raises EconomyError with the nearest name."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise EconomyError(unknown_name("tariff layer", name, [layer.name for layer in self.layers]))

    def on(self, date: dt.date | str) -> TariffTable:
        """Rates in force on a date (a `datetime.date` or "2025-06-09")."""
        day = to_date(date)
        statutory, applied = self.mfn_pref.copy(), self.mfn_pref.copy()
        addon = np.zeros_like(applied)
        for row in self._in_force(day):
            applied[self._cell(row)] += row.rate * row.coverage
            layer = self.layer(row.layer)
            if not layer.headline and self._aimed_at(row):
                statutory[self._cell(row)] += row.rate if layer.all_goods else row.rate * row.coverage
        for headline in self._headline_layers(day):
            addon += self._all_goods(headline)
        return TariffTable(day, self.regions, self.sectors, self.goods, statutory + addon, addon, applied)

    def headline(self, date: dt.date | str) -> HeadlineSplit:
        """Applied tariffs of a date: a background and the headline layers that a negotiator can move."""
        day = to_date(date)
        background = self.mfn_pref.copy()
        for row in self._in_force(day):
            if not self.layer(row.layer).headline:
                background[self._cell(row)] += row.rate * row.coverage
        return HeadlineSplit(day, background, tuple(self._headline_layers(day)))

    def layers_in_force(self, date: dt.date | str, importer: str, exporter: str, sector: str) -> list[LayerRow]:
        """The rows that add to one cell on a date, in the order of the file."""
        place = (importer, exporter, sector)
        return [row for row in self._in_force(to_date(date)) if (row.importer, row.exporter, row.sector) == place]

    def _in_force(self, day: dt.date) -> Iterator[LayerRow]:
        return (row for row in self.rows if row.start <= day <= row.end)

    def _cell(self, row: LayerRow) -> tuple[int, int, int]:
        pair = self.regions.index(row.importer), self.regions.index(row.exporter)
        return (*pair, self.sectors.index(row.sector))

    def _aimed_at(self, row: LayerRow) -> bool:
        """False for rows of a layer on CHN that stand for Hong Kong inside ROW."""
        return self.layer(row.layer).target in ("each", row.exporter)

    def _headline_layers(self, day: dt.date) -> Iterator[HeadlineLayer]:
        for layer in self.layers:
            if layer.headline:
                rate, coverage = np.zeros_like(self.mfn_pref), np.zeros_like(self.mfn_pref)
                for row in _nearest_rows([row for row in self.rows if row.layer == layer.name], day):
                    cell = self._cell(row)
                    rate[cell] = row.rate if row.start <= day <= row.end else 0.0
                    coverage[cell] = row.coverage
                yield HeadlineLayer(layer, rate, coverage)

    def _all_goods(self, headline: HeadlineLayer) -> Floats:
        """The rate of a headline layer on every good of the pairs it is aimed at, its exemptions ignored.

        A pair has one headline rate; where rates differ by sector (averages over members of ASE and ROW)
        goods without a row get the coverage-weighted mean of the others.
        """
        rate, weight = headline.rate, headline.coverage
        if headline.layer.target != "each":
            only = np.array([region == headline.layer.target for region in self.regions])
            rate, weight = rate * only[:, None], weight * only[:, None]
        listed = rate > 0.0
        mean = _mean(rate, weight * listed)
        filled = np.where(listed, rate, mean[:, :, None])
        return np.where(np.asarray(self.goods), filled, 0.0)


def _mean(rate: Floats, weight: Floats) -> Floats:
    """Weighted mean over sectors; exactly the common rate where all listed rates agree; 0 without any."""
    total = weight.sum(axis=2)
    mean: Floats = np.divide((rate * weight).sum(axis=2), total, out=np.zeros(total.shape), where=total > 0.0)
    high = rate.max(axis=2)
    low = np.where(rate > 0.0, rate, np.inf).min(axis=2)
    return np.where(high == low, high, mean)


def _nearest_rows(rows: list[LayerRow], day: dt.date) -> list[LayerRow]:
    """For each cell the row in force, else the next to start, else the last to have ended."""
    best: dict[tuple[str, str, str], LayerRow] = {}
    for row in sorted(rows, key=lambda row: row.start):
        cell = (row.importer, row.exporter, row.sector)
        if cell not in best or best[cell].end < day:
            best[cell] = row
    return list(best.values())


def to_date(value: dt.date | str) -> dt.date:
    """A date from a `datetime.date` or ISO text, not before the first day of the data.

    Raises EconomyError for other text or an earlier day; later days are allowed (open layers stay).
    """
    try:
        day = dt.date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise EconomyError(f"date is {value!r}, expected year-month-day such as 2025-06-09.") from None
    if day < FIRST_DAY:
        raise EconomyError(f"date is {day}, but tariff layers are complete only from {FIRST_DAY} on.")
    return day


# ---------------------------------------------------------------------- loading
def load_schedule(name: str = "baseline", directory: str | Path | None = None) -> TariffSchedule:
    """The tariff layers shipped with an economy; read once and cached.

    Raises DataError naming file and row for an unknown region, sector or layer, a bad date or number, or two
    rows of one layer that overlap in one cell.
    """
    home = data_directory() if directory is None else Path(directory).expanduser()
    return _schedule(name, home)


@lru_cache(maxsize=8)
def _schedule(name: str, home: Path) -> TariffSchedule:
    c = load_calibration(name, home)
    layers = read_layers(home / name / "layers.csv", c.regions)
    rows = read_rows(home / name / "tariff_layers.csv", layers, c.regions, c.sectors)
    return TariffSchedule(c.regions, c.sectors, c.goods, c.tariff_mfn_pref, layers, rows)


# ---------------------------------------------------------------------- the printed comparison
def rates_report(schedule: TariffSchedule, flows: Floats, date: dt.date | str) -> list[str]:
    """Lines with the four rates (percent) of each US partner, and of China on the United States."""
    table = schedule.on(date)
    late = " (later than the data: layers open on 2025-06-09 stay)" if table.date > LAST_DAY else ""
    pairs = [("USA", exporter) for exporter in schedule.regions if exporter != "USA"] + [("CHN", "USA")]
    means = [_percent_means(schedule, rates) for rates in (table.statutory, table.addon, table.applied)]
    effective = 100.0 * table.effective(flows)
    lines = [
        f"Tariffs on goods in force on {table.date}{late}, percent.",
        "statutory, add-on, applied: plain means over goods; effective: duties / imports, base-year flows.",
        f"{'importer':9}{'exporter':9}{'statutory':>11}{'add-on':>11}{'applied':>11}{'effective':>11}",
    ]
    for importer, exporter in pairs:
        at = schedule.regions.index(importer), schedule.regions.index(exporter)
        cells = [*(mean[at] for mean in means), effective[at]]
        lines.append(f"{importer:9}{exporter:9}" + "".join(f"{cell:11.1f}" for cell in cells))
    return lines


def _percent_means(schedule: TariffSchedule, rates: Floats) -> Floats:
    means: Floats = 100.0 * rates[:, :, np.asarray(schedule.goods)].mean(axis=2)
    return means


@dataclass(frozen=True)
class Comparison:
    """A published figure beside ours, in the same unit, and the known reason for the gap."""

    date: str
    importer: str
    exporter: str
    measure: str
    unit: str
    published: float
    ours: float
    source: str
    gap: str


def compare_with_published(name: str = "baseline", directory: str | Path | None = None) -> list[Comparison]:
    """Every published average of `published.csv` beside the same average of the shipped data."""
    home = data_directory() if directory is None else Path(directory).expanduser()
    schedule, flows = load_schedule(name, home), load_calibration(name, home).flows
    rows = read_table(home / name / "published.csv").records()
    return [
        Comparison(
            row["date"],
            row["importer"],
            row["exporter"],
            row["measure"],
            row["unit"],
            float(row["published"]),
            _our_figure(schedule, flows, row),
            row["source"],
            row["gap"],
        )
        for row in rows
    ]


def _our_figure(schedule: TariffSchedule, flows: Floats, row: dict[str, str]) -> float:
    now = schedule.on(row["date"])
    n = schedule.regions.index(row["importer"])
    if row["measure"] == "revenue":
        foreign = np.arange(len(schedule.regions)) != n
        return float((now.applied[n] * flows[n])[foreign].sum()) / 1000.0
    if row["exporter"] == "WLD":
        return 100.0 * float(now.effective_by_importer(flows)[n])
    i = schedule.regions.index(row["exporter"])
    if row["measure"] == "average_world_exports":
        exports = flows[:, i] * np.asarray(schedule.goods)
        weights = exports.sum(axis=0) - exports[i]
        return 100.0 * float((now.applied[n, i] * weights).sum() / weights.sum())
    before = schedule.on("2024-12-31").effective(flows)[n, i] if row["measure"] == "increase_since_2024" else 0.0
    return 100.0 * float(now.effective(flows)[n, i] - before)


def comparison_report(comparisons: list[Comparison]) -> list[str]:
    """Lines that print `compare_with_published`."""
    lines = ["", "Beside published figures:"]
    for c in comparisons:
        pair = f"{c.importer} on {c.exporter}"
        lines.append(f"{c.date}  {pair:11} {c.measure:22}{c.published:8.1f} published {c.ours:8.1f} ours, {c.unit}")
        lines.append(f"            {c.source}: {c.gap}.")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the four rates of a date and the published comparison; exit code 2 for a bad date."""
    parser = argparse.ArgumentParser(prog="python -m tariffsim.instruments.schedule", description=main.__doc__)
    parser.add_argument("--date", default=LAST_DAY.isoformat(), help="year-month-day from 2022-07-01 on")
    date = parser.parse_args(arguments).date
    try:
        lines = rates_report(load_schedule(), load_calibration().flows, date)
        lines += comparison_report(compare_with_published())
    except TariffsimError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
