"""The chokepoint: what is approved, what arrives, and how long stocks last, by buyer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes

from tariffsim.report.charts.fans import draw_fan, end_label, fan_table, stacked
from tariffsim.report.figures import Chart
from tariffsim.report.style import canvas, colour, day_number, drawing, headline, month_axis
from tariffsim.report.view import Supply, View, called, input_name, spoken
from tariffsim.report.words import NBSP, capital, date, number, percent


def tightest_input(view: View) -> str | None:
    """The input of the licence owner of which least is delivered to the buyer of the talks at the opening."""
    owner, target = view.scenario.talks.licence_owner, view.scenario.talks.licence_target
    owned = [s for s in view.supplies if s.owner == owner and target in ("all", s.buyer)]
    if not owned:
        return None
    return min(owned, key=lambda s: float(np.median(view.supply("delivered", s.position)[:, 0]))).input


def licences(view: View) -> Chart | None:
    """Approved against delivered (top) and months of stock (bottom) by buyer; None if nothing is licensed."""
    name = tightest_input(view)
    if name is None:
        return None
    buyers = [s for s in view.supplies if s.input == name and s.owner == view.scenario.talks.licence_owner]
    finding, tables = _finding(view, buyers, name), []
    with drawing():
        figure, grid = canvas(2, len(buyers), 4.6, sharex=True)
        for column, supply in enumerate(buyers):
            top, bottom = grid[0, column], grid[1, column]
            tables += [_draw_delivery(top, view, supply), _draw_stock(bottom, view, supply)]
            top.set_title(called(supply.buyer))
            month_axis(bottom, view.start, view.end, 3)
        _share_rows(grid)
        grid[0, 0].set_ylabel("percent of normal")
        grid[1, 0].set_ylabel("months of stock")
        headline(figure, finding)
    alt = (
        f"Two rows of small fan charts, one column for each buyer of {input_name(name)}: above, the approved (dotted) "
        f"and the delivered share of normal trade; below, months of stock. {finding}."
    )
    return Chart("licences", figure, finding, alt, stacked(tables))


def _draw_delivery(axes: Axes, view: View, supply: Supply) -> pd.DataFrame:
    samples = 100 * view.supply("delivered", supply.position)
    q = draw_fan(axes, view.dates, samples, "second", "delivered")
    approved = np.median(100 * view.supply("approved", supply.position), axis=0)
    days = [day_number(d) for d in view.dates]
    axes.plot(days, approved, color=colour("ink"), linewidth=1.2, linestyle=":", label="approved")
    end_label(axes, view.end, q[2, -1], number(q[2, -1]), "second")
    table = fan_table(view.dates, q, quantity="delivered_percent", buyer=supply.buyer)
    table["median_approved"] = approved
    return table


def _draw_stock(axes: Axes, view: View, supply: Supply) -> pd.DataFrame:
    q = draw_fan(axes, view.dates, view.supply("stock", supply.position), "third", "stock")
    end_label(axes, view.end, q[2, -1], number(q[2, -1], 1), "third")
    return fan_table(view.dates, q, quantity="stock_months", buyer=supply.buyer)


def _share_rows(grid: npt.NDArray[np.object_]) -> None:
    for row, floor in zip(grid, (105.0, 0.5), strict=True):
        top = max([floor, *(axes.get_ylim()[1] for axes in row)])
        for column, axes in enumerate(row):
            axes.set_ylim(0, top)
            axes.tick_params(labelleft=column == 0)


def _finding(view: View, buyers: list[Supply], name: str) -> str:
    target = view.scenario.talks.licence_target
    chosen = next((s for s in buyers if s.buyer == target), buyers[0])
    samples = 100 * view.supply("delivered", chosen.position)
    empty = float((view.supply("stock", chosen.position).min(axis=1) <= 1e-9).mean())
    who = capital(spoken(chosen.buyer))
    shares = f"{number(float(np.median(samples[:, 0])))} to {number(float(np.median(samples[:, -1])))}{NBSP}%"
    return (
        f"{who}: deliveries of {input_name(name)} go from {shares} of normal in the median world by {date(view.end)}; "
        f"its stock runs out in {percent(empty)} of worlds"
    )
