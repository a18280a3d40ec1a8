"""How far the world at the opening misprices packages once third parties have moved (`talks.background: opening`).

Packages are priced on the opening rates of third parties. This takes the backgrounds that really occurred in a run,
prices corner packages on each of them, and compares differences between packages, which is all that bargaining uses.
Run: python benchmarks/background.py [worlds]
"""

from __future__ import annotations

import sys
from itertools import product

import numpy as np

import tariffsim as ts


def main(worlds: int) -> None:
    """Print the largest error of a payoff difference, in percent of GDP per year, beside the range of the payoffs."""
    scenario = ts.load_scenario("london_2025")
    model = ts.TariffModel(scenario, worlds=worlds).run()
    levers, terms = model.table.levers, model.table.packages.terms
    ends = [(column.min(), column.max()) for column in terms.T]
    corners = np.array(list(product(*ends)))
    moved = [c for kind in ("addon", "access") for c in model.space.columns(kind) if c not in levers.addons]
    backgrounds = np.unique(model.state.policy[:, moved], axis=0)
    worst, span = 0.0, 0.0
    for draw in range(scenario.economy.draws):
        opening = differences(model, draw, model.space.opening, corners)
        span = max(span, float(np.ptp(opening, axis=1).max()))
        for background in backgrounds:
            row = model.space.opening.copy()
            row[moved] = background
            worst = max(worst, float(np.abs(differences(model, draw, row, corners) - opening).max()))
    economies = scenario.economy.draws
    print(f"{len(backgrounds)} backgrounds of {worlds} worlds, {len(corners)} corner packages, {economies} economies")
    print(f"largest error of a payoff difference  {worst:.4f} percent of GDP a year")
    print(f"range of payoffs over the packages    {span:.4f} percent of GDP a year")


def differences(model: ts.TariffModel, draw: int, background: np.ndarray, terms: np.ndarray) -> np.ndarray:
    """Payoffs (2, packages, 2) of both parties relative to the first package."""
    rows = model.book.rows(np.full(len(terms), draw), model.table.levers.place(background, terms))
    flows = np.stack([model.payoffs.flow(party, rows)[..., 0] for party in model.scenario.talks.parties])
    return np.asarray(flows - flows[:, :1])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
