"""The main job: worlds of london_2025 over 26 weeks from an empty book, against the same worlds one model at a time.

Prints seconds, and the ratio of time per world between one-world models and one batch (both with their own empty book,
the same rules, in one run), because absolute times differ between machines. Run: python benchmarks/london.py [worlds]
"""

from __future__ import annotations

import sys
import time

import tariffsim as ts
from tariffsim.ensemble.run import compile_everything

ALONE = 3


def main(worlds: int) -> None:
    """Time one batch and a few single worlds."""
    scenario = ts.load_scenario("london_2025")
    began = time.perf_counter()
    compile_everything()
    print(f"compilation or loading it from the cache  {time.perf_counter() - began:8.2f} s")
    began = time.perf_counter()
    batch = ts.TariffModel(scenario, worlds=worlds).run()
    together = time.perf_counter() - began
    began = time.perf_counter()
    for k in range(ALONE):
        ts.TariffModel(scenario, worlds=1, first_world=k).run()
    alone = (time.perf_counter() - began) / ALONE
    print(f"{worlds} worlds x {scenario.ticks} weeks together       {together:8.2f} s, {batch.book.solved} equilibria")
    print(f"one world alone                           {alone:8.2f} s")
    print(f"time per world, alone over together       {alone / (together / worlds):8.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
