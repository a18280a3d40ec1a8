"""Equilibria of the shipped economy: milliseconds a solve in a batch, beside a plain solver, SciPy and bare arithmetic.

Policies: US add-ons of 0-30 points on everybody, 0-145 more on China, Chinese add-ons of 0-125 on the US, all goods.
Rations: US imports of steel and cars from five partners, to 20-90 % of the base year's. Licences: China's magnets and
their compounds for all others, and for China chips, design tools, engines and ethane from the US, 0-100 %. Both are in
half of the worlds. Everything starts cold and ends at 1e-10, real income included. Ratios, because absolute times
differ between machines. Run from the checkout: python -m benchmarks.solve [worlds]
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported: it reads this once

import multiprocessing
import resource
import sys
import time

import numpy as np
import numpy.typing as npt
from benchmarks._references import arithmetic_seconds, by_scipy
from benchmarks._timing import best_seconds
from tests.oracle import Shock, solve_plainly

from tariffsim.economy import Economy, Equilibrium, Wedges, compile_kernel, solve
from tariffsim.economy.loading import load_economy, load_nodes

Array = npt.NDArray[np.float64]
PARTNERS = ("CAN", "MEX", "EU", "JPN", "KOR")
FROM_CHINA = ("rare_earth_magnets", "rare_earth_compounds")
REPEATS = 15
MANY = 2_000  # worlds of the batch whose memory is measured


def policies(economy: Economy, worlds: int, seed: int = 7) -> Array:
    """(worlds, N, N, S) tariff levels; the last sector, services, pays none."""
    rng = np.random.default_rng(seed)
    tariffs = np.repeat(economy.tariffs[None], worlds, axis=0)
    usa, china = economy.region_index("USA"), economy.region_index("CHN")
    goods = slice(0, len(economy.sectors) - 1)
    tariffs[:, usa, :, goods] += rng.uniform(0.0, 0.30, (worlds, 1, 1))
    tariffs[:, usa, usa] = economy.tariffs[usa, usa]
    tariffs[:, usa, china, goods] += rng.uniform(0.0, 1.45, (worlds, 1))
    tariffs[:, china, usa, goods] += rng.uniform(0.0, 1.25, (worlds, 1))
    return tariffs


def rations(economy: Economy, worlds: int, seed: int = 8) -> Array:
    """(worlds, N, N, S) caps relative to the base year's quantities, in every second world."""
    caps = np.full((worlds, *economy.tariffs.shape), np.inf)
    usa, half = economy.region_index("USA"), len(caps[::2])
    for partner in PARTNERS:
        for sector in ("STEEL", "AUTO"):
            cell = usa, economy.region_index(partner), economy.sectors.index(sector)
            caps[::2, *cell] = np.random.default_rng(seed).uniform(0.2, 0.9, half)
            seed += 1
    return caps


def licences(economy: Economy, worlds: int, seed: int = 9) -> Array:
    """(worlds, N user, N supplier, Z) shares of normal supply, in every second world."""
    rng, n = np.random.default_rng(seed), len(economy.regions)
    shares = np.ones((worlds, n, n, len(economy.nodes)))
    usa, china, half = economy.region_index("USA"), economy.region_index("CHN"), len(shares[::2])
    for z, node in enumerate(economy.nodes):
        if node.name in FROM_CHINA:
            shares[::2, :, china, z] = rng.uniform(0.0, 1.0, (half, 1))
            shares[:, china, china, z] = 1.0
        else:
            shares[::2, china, usa, z] = rng.uniform(0.0, 1.0, half)
    return shares


def cases(worlds: int) -> dict[str, tuple[Economy, Wedges]]:
    """What is timed, by the name that is printed."""
    plain = load_economy()
    full = plain.with_nodes(load_nodes(plain, backstop_price=30.0))
    tariffs, caps, shares = policies(plain, worlds), rations(plain, worlds), licences(full, worlds)
    return {
        "tariffs": (plain, Wedges(tariffs)),
        "tariffs, rations": (plain, Wedges(tariffs, rations=caps)),
        "six critical inputs, none short": (full, Wedges(tariffs)),
        "six critical inputs, rations": (full, Wedges(tariffs, rations=caps)),
        "six critical inputs, licences": (full, Wedges(tariffs, licences=shares)),
        "six critical inputs, licences, rations": (full, Wedges(tariffs, licences=shares, rations=caps)),
    }


def first_world(economy: Economy, answer: Equilibrium) -> Shock:
    """What the plain solver is asked: world 0 of the batch."""
    base, world = economy.primitives, answer.policies.world(0)
    n, s = base.value_added_share.shape
    full = (np.broadcast_to(field[0], (n, n, s)) for field in (world.export_tax, world.iceberg, world.cap))
    x, d, cap = full
    return Shock(world.tariffs[0], x, d, np.ones((n, s)), cap, "exporter", world.available[0], world.receivers[0])


def seconds_by_case(table: dict[str, tuple[Economy, Wedges]]) -> dict[tuple[str, int], float]:
    """Best of REPEATS rounds through all cases on one thread and two, so that a slow spell hits none of them alone."""
    best: dict[tuple[str, int], float] = {}
    for _ in range(REPEATS):
        for name, (economy, wedges) in table.items():
            for threads in (1, 2):
                spent = best_seconds(lambda e=economy, w=wedges, k=threads: solve(e, wedges=w, threads=k), 1)
                best[name, threads] = min(best.get((name, threads), spent), spent)
    return best


def against_plain(economy: Economy, answer: Equilibrium) -> tuple[float, float]:
    """Seconds of the tests' plain solver for world 0, and the largest difference of real incomes."""
    began, shock = time.perf_counter(), first_world(economy, answer)
    real = solve_plainly(economy, shock, tol=1e-10)["real_income"]
    return time.perf_counter() - began, float(np.abs(real - answer.real_income[0]).max())


def peak_megabytes() -> tuple[float, float]:
    """Of a process that solves MANY worlds with everything on: before the solve, and in all."""
    economy, wedges = list(cases(MANY).values())[-1]
    compile_kernel()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    solve(economy, wedges=wedges, threads=2)
    return before / 1024, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(worlds: int) -> None:
    """Print the table."""
    began = time.perf_counter()
    compile_kernel()
    print(f"compiling, or loading what was compiled: {time.perf_counter() - began:.1f} s")
    print(f"{worlds} worlds, 16 regions x 20 sectors, ms a solve; gap: of real income, ours and the plain solver's\n")
    print(f"{'':40}{'1 core':>7}{'2 cores':>8}{'steps':>8}{'failed':>8}{'plain':>9}{'ratio':>10}{'gap':>10}")
    table = cases(worlds)
    best, steps = seconds_by_case(table), {}
    for name, (economy, wedges) in table.items():
        answer, (one, two) = solve(economy, wedges=wedges), (best[name, k] / worlds for k in (1, 2))
        steps[name], failed, beside = float(answer.iterations.mean()), int((~answer.converged).sum()), ""
        if name in {"tariffs", "six critical inputs, licences"}:
            plainly, apart = against_plain(economy, answer)
            beside = f"{1e3 * plainly:9.0f}{plainly / one:8.0f} x{apart:10.0e}"
        print(f"{name:40}{1e3 * one:7.3f}{1e3 * two:8.3f}{steps[name]:8.1f}{failed:8d}{beside}", flush=True)
    economy, wedges = cases(1)["tariffs"]
    tariffs = np.asarray(wedges.tariffs)
    plain, alone = best["tariffs", 1] / worlds, best_seconds(lambda: solve(economy, tariffs))
    scipy = best_seconds(lambda: by_scipy(economy, tariffs[0]), 1)
    floor = arithmetic_seconds(*economy.expenditure.shape, steps["tariffs"])
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        before, peak = pool.apply(peak_megabytes)
    print(
        f"\nscipy.optimize.root on the same equations: {1e3 * scipy:.0f} ms, {scipy / plain:.0f} times ours (tariffs)"
    )
    print(f"a batch of one: {1e3 * alone:.2f} ms")
    print(
        f"arithmetic of {steps['tariffs']:.1f} steps alone: {1e3 * floor:.3f} ms, {floor / plain:.0%} of ours (tariffs)"
    )
    print(f"memory, {MANY} worlds with everything on: {peak:.0f} MB in all, {before:.0f} of them before the solve")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
