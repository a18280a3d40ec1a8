"""A tournament on disk: tables for people and for programs, and a manifest that says how to repeat it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from tariffsim.ensemble.store import MANIFEST, as_text
from tariffsim.ensemble.tournament import Tournament


def write_tables(found: Tournament, folder: Path) -> None:
    """Write pairs.csv, ranking.csv, worlds.parquet (a row for each game and world) and manifest.json."""
    for name, table in (("pairs", found.pairs()), ("ranking", found.ranking())):
        table.to_csv(folder / f"{name}.csv", index=False, float_format="%.10g", lineterminator="\n", encoding="utf-8")
    found.worlds().to_parquet(folder / "worlds.parquet", index=False, compression="zstd")
    manifest = {
        "tournament": {"strategies": found.strategies, "protocols": found.protocols, "offers": found.offers},
        "scenario": found.scenario.name,
        "seed": found.scenario.seed,
        "worlds": found.scenario.ensemble.worlds,
        "provenance": dataclasses.asdict(found.provenance),
        "config": dataclasses.asdict(found.scenario),
    }
    (folder / MANIFEST).write_text(as_text(manifest), encoding="utf-8")
