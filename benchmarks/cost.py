"""Cost of a solve against the number of regions, sectors and worlds in the batch; prints a table and draws cost.svg.

Random dense economies with input-output links; tariffs of 0-50 % on every pair. Milliseconds a solve on one core, the
blocks of the economy made before. Run from the checkout: python -m benchmarks.cost
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported: it reads this once

from pathlib import Path

import matplotlib as mpl
import numpy as np
import numpy.typing as npt

mpl.use("Agg")

import matplotlib.pyplot as plt
from benchmarks._references import arithmetic_seconds
from benchmarks._timing import best_seconds

from tariffsim.economy import Economy, solve

Array = npt.NDArray[np.float64]
REGIONS, SECTORS, BATCHES = (2, 4, 8, 16, 32, 48), (1, 2, 5, 10, 20, 40), (1, 2, 4, 8, 16, 32, 64, 256, 1024)
WORLDS = 64
BLUE, ORANGE = "#0072B2", "#E69F00"  # Okabe and Ito


def dense_economy(regions: int, sectors: int, seed: int = 1) -> Economy:
    """Every region sells everything to every other; half of output is inputs."""
    rng = np.random.default_rng(seed)
    flows = rng.lognormal(0.0, 0.5, (regions, regions, sectors))
    flows[np.arange(regions), np.arange(regions)] *= 3.0 * regions
    io = rng.uniform(0.2, 1.0, (regions, sectors, sectors))
    room = 0.9 * flows.sum(axis=1) / np.maximum(np.einsum("nkj,nj->nk", io, flows.sum(axis=0)), 1e-9)
    io *= np.minimum(room.min(), 0.5 / io.sum(axis=1).max())
    return Economy.from_arrays(flows, np.zeros_like(flows), rng.uniform(2.0, 8.0, sectors), io)


def milliseconds(economy: Economy, worlds: int) -> tuple[float, float]:
    """Of a solve in a batch of so many worlds, and of the arithmetic of its steps alone."""
    n, s = economy.expenditure.shape
    rng = np.random.default_rng(2)
    tariffs = rng.uniform(0.0, 0.5, (worlds, n, n, s))
    tariffs[:, np.arange(n), np.arange(n)] = 0.0
    answer = solve(economy, tariffs)
    if not answer.converged.all():
        raise RuntimeError(f"{n} x {s}: {int((~answer.converged).sum())} of {worlds} worlds did not converge")
    ours = best_seconds(lambda: solve(economy, tariffs)) / worlds
    return 1e3 * ours, 1e3 * arithmetic_seconds(n, s, float(answer.iterations.mean()))


def main() -> None:
    """Print three tables and draw them."""
    sixteen = dense_economy(16, 20)
    series = {
        f"regions (20 sectors, {WORLDS} worlds)": {n: milliseconds(dense_economy(n, 20), WORLDS) for n in REGIONS},
        f"sectors (16 regions, {WORLDS} worlds)": {s: milliseconds(dense_economy(16, s), WORLDS) for s in SECTORS},
        "worlds in the batch (16 regions, 20 sectors)": {b: milliseconds(sixteen, b) for b in BATCHES},
    }
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.6), sharey=True, layout="constrained")
    for axis, (name, points) in zip(axes, series.items(), strict=True):
        print(
            f"{name}\n"
            + "\n".join(f"  {x:5d} {ours:9.4f} ms {bare:9.4f} ms bare" for x, (ours, bare) in points.items())
        )
        x = list(points)
        for k, (label, colour) in enumerate((("a solve", BLUE), ("its arithmetic alone", ORANGE))):
            axis.loglog(x, [pair[k] for pair in points.values()], "o-", color=colour, label=label, markersize=4)
        axis.set_xlabel(name)
        axis.set_xticks(x, [str(value) for value in x], minor=False)
        axis.minorticks_off()
        axis.grid(alpha=0.25)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("milliseconds a world")
    axes[0].legend(frameon=False)
    figure.savefig(Path(__file__).with_name("cost.svg"), metadata={"Date": None})


if __name__ == "__main__":
    main()
