"""One picture for a front page: tariffs, outcomes and who pays on one sheet."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from tariffsim.report.charts.fans import fan_table, stacked
from tariffsim.report.charts.outcomes import draw_states, state_shares
from tariffsim.report.charts.tariffs import HEADROOM, draw_addon
from tariffsim.report.charts.welfare import MARKS, draw_incomes, draw_key, income_bands, ranked
from tariffsim.report.figures import Chart
from tariffsim.report.style import WIDTH, colour, drawing, headline
from tariffsim.report.view import View, called
from tariffsim.report.words import counted, date, number, percent

HEIGHT = 6.6
PASSIVE = 4
"""How many countries that do not decide are shown: those with the largest losses."""


def cover(view: View) -> Chart:
    """Add-ons of the parties (top), states of the truce and real income (bottom)."""
    finding, tables = _finding(view), []
    (a, b), bands = view.parties, {h: income_bands(view, h, opening=False) for h in MARKS}
    order = view.deciders + ranked(view, bands["short"])[len(view.deciders) :][-PASSIVE:]
    with drawing():
        figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
        halves: Any = figure.subfigures(2, 1, height_ratios=(1, 1.15))
        upper, lower = halves
        above, below = upper.subplots(1, 2, sharey=True), lower.subplots(1, 2)
        for axes, (importer, exporter), hue in zip(above, ((a, b), (b, a)), ("first", "second"), strict=True):
            q = draw_addon(axes, view, importer, exporter, hue)
            axes.set_title(f"Add-on: {called(importer)} on {called(exporter)}, points", color=colour(hue))
            tables.append(fan_table(view.dates, q, importer=importer, exporter=exporter))
        above[0].set_ylim(0, HEADROOM * above[0].get_ylim()[1])
        draw_states(below[0], view, state_shares(view))
        draw_incomes(below[1], order, bands, len(view.deciders))
        reference = date(view.scenario.reference_date)
        below[1].set_title(f"Real income, %, against {reference}", color=colour("muted"))
        draw_key(lower, below[1])
        headline(figure, finding)
    alt = f"Four panels: two fan charts of tariffs, areas of outcomes, real income by country. {finding}."
    return Chart("cover", figure, finding, alt, stacked(tables))


def _finding(view: View) -> str:
    a, b = view.parties
    share = percent(float(view.happened("deal").mean()))
    ends = [number(float(np.median(view.rate("addon", *pair)[:, -1]))) for pair in ((a, b), (b, a))]
    return (
        f"{view.scenario.title}: {share} of {counted(view.worlds, 'world')} see a deal by {date(view.end)}; "
        f"median add-ons then are {ends[0]} and {ends[1]} points"
    )
