"""Table 2 of Caliendo & Parro (2015) beside ours: what NAFTA's tariff cuts of 1993-2005 did to its members.

python experiments/caliendo_parro_2015/replicate.py [cp2015_nafta.npz]

The file (README.md says where it comes from) is the argument, or what TARIFFSIM_CP2015 names.
"""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tariffsim.economy import Economy, Equilibrium, measures, solve
from tariffsim.economy.elasticities import elasticity_set
from tariffsim.errors import DataError, TariffsimError

VARIABLE = "TARIFFSIM_CP2015"
CLOSURES = {"balanced": "deficits purged first", "fixed": "deficits as they were"}
MEMBERS = ("Mexico", "Canada", "USA")
MEASURES = {
    "welfare": "ToT + VoT",
    "terms_of_trade": "ToT",
    "volume_of_trade": "VoT",
    "real_wage": "real wage",
}
AXES = {  # r regions, s sectors
    "regions": "r",
    "sectors": "s",
    "theta": "s",
    "trade_net": "rrs",
    "tariff93": "rrs",
    "tariff_nafta": "rrs",
    "ic": "rss",
    "va": "rs",
    "fd": "rs",
}

Array = npt.NDArray[np.float64]
Data = dict[str, npt.NDArray[np.generic]]


def read_data(path: str | Path) -> Data:
    """The arrays of the file by name; DataError if it is missing or holds others."""
    try:
        with np.load(path, allow_pickle=False) as file:
            data = {name: file[name] for name in AXES if name in file.files}
    except (OSError, ValueError, TypeError, AttributeError):
        raise DataError(f"{path} is not an .npz file that can be read; README.md says how to make one.") from None
    missing = [name for name in AXES if name not in data]
    if missing:
        raise DataError(f"{path} lacks the arrays {', '.join(missing)}; README.md describes them.")
    size = {"r": len(data["regions"]), "s": len(data["sectors"])}
    for name, axes in AXES.items():
        wanted = tuple(size[axis] for axis in axes)
        if data[name].shape != wanted:
            raise DataError(f"{path}: {name} has shape {data[name].shape}, expected {wanted}; README.md has the axes.")
    return data


def base_year(data: Data, closure: str) -> Economy:
    """The base year 1993 under a closure, `balanced` or `fixed`.

    The published accounts do not close: where intermediate use exceeds spending, the authors set final demand to
    zero. Like them we solve, at the tariffs of 1993, for the base year that shares and technology imply.
    """
    inputs = np.maximum(numbers(data, "ic"), 0.0)  # one cell of 49,600 is below zero
    cost = numbers(data, "va") + inputs.sum(axis=1)
    io = inputs / cost[:, None, :]
    demand, theta, tariffs = numbers(data, "fd"), numbers(data, "theta"), numbers(data, "tariff93")
    names = tuple(map(str, data["regions"])), tuple(map(str, data["sectors"]))
    shares = demand / demand.sum(axis=1, keepdims=True)
    published = elasticity_set(theta, len(names[1]), name="CP")
    observed = Economy(*names, numbers(data, "trade_net"), tariffs, published, 1.0 - io.sum(axis=1), io, shares)
    flows = solve(replace(observed, closure=closure), tolerance=1e-12).trade
    return Economy.from_arrays(flows, tariffs, theta, io, regions=names[0], sectors=names[1], closure=closure)


def numbers(data: Data, name: str) -> Array:
    """One array as floating-point numbers."""
    return np.asarray(data[name], dtype=np.float64)


def after_nafta(data: Data, closure: str) -> Equilibrium:
    """The equilibrium with NAFTA's tariffs of 2005 among its members and 1993's elsewhere."""
    return solve(base_year(data, closure), numbers(data, "tariff_nafta"), tolerance=1e-12)


def measured(equilibrium: Equilibrium) -> dict[str, Array]:
    """The printed measures and exact real income by region, percent."""
    parts = measures.terms_of_trade(equilibrium), measures.volume_of_trade(equilibrium)
    terms, volume = (100.0 * part.sum(axis=(-2, -1)) for part in parts)
    wage = 100.0 * measures.real_wage(equilibrium)
    named = dict(zip(MEASURES, (terms + volume, terms, volume, wage), strict=True))
    return named | {"real_income": 100.0 * equilibrium.real_income}


def published() -> dict[tuple[str, str, str], float]:
    """(closure, region, measure) -> percent, as printed."""
    with (Path(__file__).parent / "published.csv").open(encoding="utf-8", newline="") as file:
        return {(row["closure"], row["region"], row["measure"]): float(row["percent"]) for row in csv.DictReader(file)}


def report(equilibria: Mapping[str, Equilibrium]) -> list[str]:
    """Lines with our figures for each closure and, in brackets, the published ones."""
    lines, printed = ["NAFTA's tariff cuts of 1993-2005: percent, in brackets as published"], published()
    for closure, equilibrium in equilibria.items():
        found = measured(equilibrium)
        heads = "".join(f"{title:^18}" for title in MEASURES.values())
        lines += ["", f"{closure}: {CLOSURES[closure]}", f"{'':8}{heads}  exact real income"]
        for region in MEMBERS:
            n = equilibrium.economy.region_index(region)
            pairs = [(found[name][n], printed[closure, region, name]) for name in MEASURES]
            cells = "".join(f"{ours:8.3f} [{theirs:5.2f}]  " for ours, theirs in pairs)
            lines.append(f"{region:8}{cells}{found['real_income'][n]:15.3f}")
    return lines


def main(arguments: Sequence[str]) -> int:
    """Print the table; exit code 2 and one line if the file is missing."""
    path = arguments[0] if arguments else os.environ.get(VARIABLE)
    try:
        if not path:
            raise DataError(f"name the file cp2015_nafta.npz as an argument or in {VARIABLE}; README.md says more.")
        data = read_data(path)
        print("\n".join(report({closure: after_nafta(data, closure) for closure in CLOSURES})))
    except TariffsimError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
