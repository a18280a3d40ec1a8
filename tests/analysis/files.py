"""Tiny forecast and fact files. Every value is made up, and looks at days before the record ends."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from tariffsim.analysis.forecasts import COLUMNS, FACT_COLUMNS
from tariffsim.analysis.quantities import QUANTITIES, Key

if TYPE_CHECKING:
    from pathlib import Path

MADE = dt.date(2025, 4, 15)
HEADER = ",".join(COLUMNS)
RATES = (
    "addon_rate,USA,CHN,2025-04-30,percent,140,140,140,140,140,140,140,140,",
    "addon_rate,USA,CHN,2025-05-31,percent,,0,10,20,65,65,65,65,",
)
CHANCES = (
    "agreement_by,USA,CHN,2025-04-30,probability,,,,,,,,,0.2",
    "agreement_by,USA,CHN,2025-05-31,probability,,,,,,,,,0.6",
)
FACTS = (
    "addon_rate,USA,CHN,2025-04-30,145",
    "addon_rate,USA,CHN,2025-05-31,60",
    "agreement_by,USA,CHN,2025-04-30,0",
    "agreement_by,USA,CHN,2025-05-31,1",
)


def forecast_file(
    folder: Path, *rows: str, name: str = "a.csv", made: str = f"# made: {MADE}", header: str = HEADER
) -> Path:
    """A forecast file; without rows, those above."""
    path = folder / name
    path.write_text("\n".join([made, header, *(rows or RATES + CHANCES)]) + "\n", encoding="utf-8")
    return path


def facts_file(folder: Path, *rows: str, header: str = ",".join(FACT_COLUMNS)) -> Path:
    """A fact file; without rows, those above."""
    path = folder / "facts.csv"
    path.write_text("\n".join(["# made up", header, *(rows or FACTS)]) + "\n", encoding="utf-8")
    return path


def every_key(*dates: dt.date) -> list[Key]:
    """Every row of the format on these dates."""
    return [Key(q.name, *pair, date) for q in QUANTITIES.values() for pair in q.pairs for date in dates]
