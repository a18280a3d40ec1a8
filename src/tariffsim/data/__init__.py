"""The shipped numbers: a calibrated economy, dated tariff layers, critical inputs and dated facts.

Small tidy CSV files; `SOURCES.md` tells where each comes from, `columns.csv` gives unit, year and source
of every column, `sources.csv` resolves the short source names used in the rows.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from tariffsim.data.tables import read_table
from tariffsim.errors import DataError, unknown_name


def data_directory() -> Path:
    """The folder of the shipped data."""
    return Path(str(resources.files("tariffsim.data")))


def available_facts() -> list[str]:
    """Names that `load_facts` knows, sorted."""
    return sorted(path.stem for path in (data_directory() / "facts").glob("*.csv"))


def load_facts(name: str) -> list[dict[str, str]]:
    """One table of dated facts (nothing after 9 June 2025) as a list of rows, every cell as text.

    `name` is one of `available_facts()`, for example "events" or "trade_monthly"; raises DataError otherwise.
    """
    if name not in available_facts():
        raise DataError(unknown_name("facts table", name, available_facts()))
    return read_table(data_directory() / "facts" / f"{name}.csv").records()


def load_sources() -> dict[str, dict[str, str]]:
    """Short source name -> title, year, licence, url, tier, note."""
    return {row["id"]: row for row in read_table(data_directory() / "sources.csv").records()}
