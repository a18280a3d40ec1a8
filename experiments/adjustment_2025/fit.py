"""How fast did Chinese exports to the United States fall in 2025, and how much was shipped ahead of the tariffs?

python experiments/adjustment_2025/fit.py

Flows move on a daily grid, on the clock of departures: M* is the equilibrium of the tariffs in force on the day a
ship leaves. phi (a week) and F (in months of imports) are fitted to four published changes on the year; README.md
states every choice and the result.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from tariffsim.data import load_facts
from tariffsim.economy import Economy, solve
from tariffsim.economy.adjustment import adjust_logs, carry_over, front_loading, share_closed
from tariffsim.economy.horizons import short_run
from tariffsim.economy.loading import load_economy
from tariffsim.instruments.schedule import load_schedule

Array = np.ndarray
Window = tuple[dt.date, dt.date]

FIRST, LAST = dt.date(2025, 1, 1), dt.date(2025, 5, 31)
DAYS = [FIRST + dt.timedelta(days=k) for k in range((LAST - FIRST).days + 1)]
EDGES = np.arange(len(DAYS) + 1.0)
REFERENCE = dt.date(2025, 1, 20)
WINDOW = dt.date(2025, 3, 4), dt.date(2025, 4, 5)  # the rush: from the second duty on fentanyl to the reciprocal one
OTHER_WINDOWS = [
    (begins, ends)
    for begins in (dt.date(2025, 1, 20), dt.date(2025, 2, 1), dt.date(2025, 3, 4))
    for ends in (dt.date(2025, 4, 5), dt.date(2025, 4, 9))
]
MONTH = 365.25 / 12  # days
OUTSIDE = ("CAN", "MEX", "RUS")  # the universal 10 % left them out
THETAS = (0.1, 0.2, 0.4, 0.76, 1.0, 2.0, 4.0)
WEEKS = range(4, 14)


@dataclass(frozen=True)
class Fit:
    """phi a week, F in months of imports, weeks of payback, and model minus data in points (4,)."""

    phi: float
    amount: float
    weeks: int
    errors: Array

    @property
    def worst(self) -> float:
        return float(np.abs(self.errors).max())

    @property
    def spread(self) -> float:
        """Root mean square of the errors."""
        return float(np.sqrt((self.errors**2).mean()))


# ---------------------------------------------------------------------- data
def observed() -> tuple[Array, Array]:
    """Changes on the year in percent (4,): January and February together, March, April, May; period of each day."""
    rows = [r for r in load_facts("trade_monthly") if r["flow"] == "CHN_to_USA_exports_GACC" and r["yoy_percent"]]
    ends = [dt.date.fromisoformat(row["date"]) for row in rows]
    period = np.array([next(k for k, end in enumerate(ends) if day <= end) for day in DAYS])
    return np.array([float(row["yoy_percent"]) for row in rows]), period


def headline_tariffs(economy: Economy, goods: Array, day: dt.date) -> Array:
    """Tariffs (N, N, S) of January plus the headline add-ons in force on a day, on all goods."""
    tariffs = load_schedule().on(REFERENCE).applied.copy()
    rows = [row for row in load_facts("headline_tariffs") if row["scope"].startswith("headline add-on")]
    in_force = {(r["actor"], r["target"]): float(r["rate_percent"]) / 100 for r in rows if r["date"] <= str(day)}
    for importer in ("USA", "CHN"):
        for n, exporter in enumerate(economy.regions):
            everybody = in_force.get((importer, "WLD"), 0.0) * (exporter not in {importer, *OUTSIDE})
            rate = in_force.get((importer, exporter), everybody)
            tariffs[economy.region_index(importer), n] += np.where(goods, rate, 0.0)
    return tariffs


def tariff_paths(economy: Economy, goods: Array) -> dict[str, Array]:
    """Tariffs (T, N, N, S) by day: the headline add-ons on all goods, and applied rates with their exemptions."""
    schedule = load_schedule()
    return {
        "headline": np.stack([headline_tariffs(economy, goods, day) for day in DAYS]),
        "applied": np.stack([schedule.on(day).applied for day in DAYS]),
    }


def equilibrium_flows(economy: Economy, goods: Array, tariffs: Array, theta: float) -> Array:
    """ln M* (T,) of Chinese goods exports to the United States relative to January; each policy is solved once."""
    policies, day = np.unique(tariffs.reshape(len(tariffs), -1), axis=0, return_inverse=True)
    names = [name for name, good in zip(economy.sectors, goods, strict=True) if good]
    answer = solve(short_run(economy, theta, names), policies.reshape(-1, *tariffs.shape[1:]))
    assert answer.converged.all()
    flows = answer.trade[:, economy.region_index("USA"), economy.region_index("CHN")][:, goods].sum(axis=-1)
    return np.log(flows / flows[day[0]])[day]


# ---------------------------------------------------------------------- model
def adjusted(target: Array, phi: float) -> Array:
    """Flows (T,) relative to January that close the share phi of their log gap to the target in a week."""
    path, log_flow = [], np.zeros(())
    for log_target in target:
        log_flow = adjust_logs(log_flow, log_target, share_closed(phi, 1 / 7))
        path.append(log_flow)
    return np.exp(np.array(path))


def moved(amount: float, weeks: int, window: Window = WINDOW) -> Array:
    """Exports (T,) moved by the rush, in days of normal exports: `amount` months are shipped ahead."""
    rush, rise = ((day - FIRST).days for day in window)
    return front_loading(EDGES, rush, rise, amount * MONTH, 7 * weeks)


def changes(flows: Array, period: Array) -> Array:
    """Change on the year in percent (4,) of each period."""
    return np.array([100 * (flows[period == k].mean() - 1) for k in range(period.max() + 1)])


def at(phi: float, target: Array, weeks: int, growth: float, *, rush: bool = True, window: Window = WINDOW) -> Fit:
    """The best F for a given phi: changes are linear in F."""
    data, period = observed()
    flows = (1 + growth) * adjusted(target, phi)
    unit = changes(1 + moved(1.0, weeks, window), period)
    amount = float((data - changes(flows, period)) @ unit / (unit @ unit)) if rush else 0.0
    return Fit(phi, amount, weeks, changes(carry_over(flows, moved(amount, weeks, window)), period) - data)


def fit(target: Array, weeks: int, growth: float, *, rush: bool = True, window: Window = WINDOW) -> Fit:
    """Least squares over phi and F."""

    def found(log_phi: float) -> Fit:
        return at(float(np.exp(log_phi)), target, weeks, growth, rush=rush, window=window)

    bounds = np.log(0.005), np.log(0.9)
    best = minimize_scalar(lambda log_phi: found(log_phi).spread, bounds=bounds, options={"xatol": 1e-6})
    return found(best.x)


# ---------------------------------------------------------------------- report
def print_fits(title: str, fits: dict[float, Fit]) -> None:
    print(f"\n{title}\n  theta    phi  (1+theta)phi     F   Jan-Feb    Mar    Apr    May   worst  root mean square")
    for theta, f in fits.items():
        numbers = "  ".join(f"{error:5.2f}" for error in f.errors)
        told = f"{theta:7.2f} {f.phi:6.3f} {(1 + theta) * f.phi:13.3f} {f.amount:5.2f}"
        print(f"{told}     {numbers}  {f.worst:6.2f}  {f.spread:16.2f}")


def by_weeks(targets: dict[float, Array], growth: float) -> dict[int, dict[float, Fit]]:
    """Fits of every theta by weeks of payback."""
    return {weeks: {theta: fit(target, weeks, growth) for theta, target in targets.items()} for weeks in WEEKS}


def worst_of(fits: dict[float, Fit]) -> float:
    return max(f.worst for f in fits.values())


def report(name: str, targets: dict[float, Array]) -> None:
    """Everything about one path of tariffs."""
    growth = observed()[0][0] / 100
    lowest = ", ".join(f"{theta:g}: {100 * np.expm1(target.min()):.0f} %" for theta, target in targets.items())
    print(f"\n===== {name} rates. Equilibrium flow at the peak by theta: {lowest}")
    scan = by_weeks(targets, growth)
    print("worst error of any theta by weeks of payback:", {w: round(worst_of(fits), 2) for w, fits in scan.items()})
    best = min(scan, key=lambda weeks: worst_of(scan[weeks]))
    print_fits(f"{name}, payback {best} weeks", scan[best])
    without = {theta: fit(target, best, growth, rush=False) for theta, target in targets.items()}
    print_fits(f"{name}, no front-loading", without)
    ridge = {th: at(0.094 * (th / 0.76) ** -0.77, target, best, growth) for th, target in targets.items()}
    print_fits(f"{name}, phi as in an earlier rough fit, .094 (theta/.76)^-.77", ridge)
    flat = by_weeks(targets, 0.0)
    print(f"\n{name}, no normal growth: worst error {min(worst_of(fits) for fits in flat.values()):.2f} at best")


def report_windows(name: str, target: Array) -> None:
    """What other dates of the rush give, at theta .76."""
    print(f"\n{name}, theta .76, by dates of the rush\n  from        to            phi     F  weeks  worst")
    for window in OTHER_WINDOWS:
        best = min(
            (fit(target, weeks, observed()[0][0] / 100, window=window) for weeks in WEEKS), key=lambda f: f.worst
        )
        print(f"  {window[0]}  {window[1]} {best.phi:7.3f} {best.amount:5.2f} {best.weeks:6d} {best.worst:6.2f}")


def main() -> None:
    economy = load_economy()
    goods = np.array(load_schedule().goods)
    print(f"data, percent on the year: {observed()[0]}; errors below are model minus data in points")
    for name, path in tariff_paths(economy, goods).items():
        targets = {theta: equilibrium_flows(economy, goods, path, theta) for theta in THETAS}
        report(name, targets)
        report_windows(name, targets[0.76])


if __name__ == "__main__":
    main()
