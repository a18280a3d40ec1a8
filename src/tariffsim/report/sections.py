"""The sections of a report, from the question to how to repeat it; each is a function of the story it tells."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from tariffsim.economy.loading import load_elasticities
from tariffsim.ensemble.summary import wilson
from tariffsim.report import bargaining, tables
from tariffsim.report.answer import Summary, opening_sentence, sentences
from tariffsim.report.charts import deal, outcomes, partners, supply, tariffs, trade, welfare
from tariffsim.report.figures import Chart, inline_svg
from tariffsim.report.html import bullets, element, folded, heading, paragraph
from tariffsim.report.texts import CAPTIONS, LIMITS, RATES, TILES
from tariffsim.report.view import View, called
from tariffsim.report.words import counted, date, number

if TYPE_CHECKING:
    from tariffsim.ensemble.results import Results
    from tariffsim.scenario.schema import Scenario

FIGURES: tuple[Callable[[View], Chart | None], ...] = (
    outcomes.states_over_time,
    outcomes.deals_by_date,
    tariffs.tariff_paths,
    supply.licences,
    welfare.who_pays,
    trade.exports,
    partners.partner_answers,
    tariffs.partner_tariffs,
    deal.deal_terms,
    deal.deal_values,
)
"""Every figure of a report. A new one: a function of a `View`, entered here and placed in a section."""


@dataclass(frozen=True)
class Story:
    """All that the sections draw on; `charts` by key."""

    results: Results
    view: View
    summary: Summary
    charts: Mapping[str, Chart]


def opening(story: Story) -> str:
    """Question, setting, the answer in three sentences, the main probabilities."""
    scenario, view = story.results.scenario, story.view
    span = f"{date(view.start)} to {date(view.end)} \u00b7 {counted(view.worlds, 'simulated world')}"
    head = [
        paragraph(span, "kicker"),
        element("h1", escape(scenario.title)),
        paragraph(scenario.setting.question, "question"),
        _setting(scenario),
    ]
    answer = element("div", *map(paragraph, sentences(view, story.summary)), cls="answer")
    tiles = element("ul", *map(_tile, tables.tiles(story.summary)), cls="tiles")
    return "".join(head) + answer + tiles + paragraph(TILES, "note")


def _tile(texts: tuple[str, str, str]) -> str:
    parts = zip(("value", "label", "range"), texts, strict=True)
    return element("li", *(element("span", escape(text), cls=name) for name, text in parts))


def _setting(scenario: Scenario) -> str:
    facts = {"Place": scenario.setting.place, "Simulated from": date(scenario.start)}
    facts |= {name.replace("_", " ").capitalize(): date(day) for name, day in scenario.setting.dates.items()}
    facts |= {called(code): names for code, names in scenario.setting.delegations.items()}
    items = [element("dt", escape(name)) + element("dd", escape(text)) for name, text in facts.items() if text]
    notes = folded("The situation", bullets(scenario.setting.notes.values())) if scenario.setting.notes else ""
    return element("dl", *items, cls="setting") + notes


def over_time(story: Story) -> str:
    """States of the truce and deals by date."""
    table = folded("All outcomes as a table", tables.outcomes_table(story.summary))
    return heading("What becomes of the talks", "outcomes") + _figures(story, "outcomes", "deal_by_date") + table


def tariff_section(story: Story) -> str:
    """Add-on paths and the four rates."""
    rates = tables.rates_table(story.view, story.summary) + paragraph(RATES, "note")
    return heading("Tariffs", "tariffs") + _figures(story, "tariff_paths") + rates


def supply_section(story: Story) -> str:
    """Licences and stocks."""
    return heading("Licences and stocks", "licences") + _figures(story, "licences")


def welfare_section(story: Story) -> str:
    """Real income by country."""
    spec = story.results.scenario.economy
    horizon, long_run = spec.horizon, load_elasticities(spec.data)[spec.elasticities]
    caption = (
        "Marker: median; line: 80 % of worlds. First years: trade elasticity drawn from "
        f"{horizon.short_theta.low:g} to {horizon.short_theta.high:g}. After adjustment: elasticity set {long_run}, "
        f"reached with a time constant of {horizon.adjustment_years:g} years. Above the rule: governments that decide."
    )
    figure = _figure(story.charts["who_pays"], caption)
    return heading("Who pays", "income") + paragraph(opening_sentence(story.view)) + figure


def trade_section(story: Story) -> str:
    """Flows between the parties."""
    return heading("Trade between the parties", "trade") + _figures(story, "exports")


def partner_section(story: Story) -> str:
    """Third governments."""
    if not story.view.partners:
        return ""
    return heading("Partners under a dated threat", "partners") + _figures(story, "partner_answers", "partner_tariffs")


def deal_section(story: Story) -> str:
    """Terms and values of first deals."""
    none = paragraph("There is no deal in any world.")
    shown = _figures(story, "deal_terms", "deal_values") or none
    return heading("What is agreed", "deal") + shown + bargaining.quality_tables(story.view)


def disagreement_section(story: Story) -> str:
    """What no deal is worth, and why there is none."""
    behind, failed = bargaining.disagreement_tables(story.view), bargaining.failure_table(story.summary)
    return heading("Without a deal", "disagreement") + behind + element("h3", "Why talks fail") + failed


def certainty_section(story: Story) -> str:
    """How sure we are, and what is left out."""
    worlds = story.view.worlds
    chance = (
        f"With {counted(worlds, 'world')}, chance alone moves a probability by at most {number(_widest(worlds), 1)} "
        "points either way (95 %). The ranges of the inputs matter on top of that."
    )
    return (
        heading("How sure we are", "certainty")
        + paragraph(chance)
        + tables.error_table(story.view)
        + element("h3", "What the model leaves out")
        + bullets(LIMITS)
        + folded("What is uncertain: every number that is drawn", tables.uncertain_table(story.results.scenario))
    )


def _widest(worlds: int) -> float:
    low, high = wilson(worlds // 2, worlds)
    return 50 * (high - low)


def provenance_section(story: Story) -> str:
    """Where it comes from and how to repeat it."""
    made, name = story.results.provenance, story.results.scenario.name
    command = made.command or f"python -m tariffsim scenario={shlex.quote(name)}"
    return (
        heading("Provenance", "provenance")
        + paragraph("This command repeats the run:")
        + element("pre", escape(command))
        + tables.provenance_table(story.results)
        + folded("Resolved configuration", element("pre", escape(configuration(story.results.scenario))))
        + folded("Data sources and their licence state", tables.sources_table())
    )


def configuration(scenario: Scenario) -> str:
    """The resolved scenario as YAML."""
    import yaml

    return str(yaml.safe_dump(_plain(dataclasses.asdict(scenario)), sort_keys=False, allow_unicode=True, width=96))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value if isinstance(value, dt.date | str | int | float | bool) or value is None else str(value)


def _figures(story: Story, *keys: str) -> str:
    """The figures of these keys that have something to show."""
    return "".join(_figure(story.charts[key], CAPTIONS[key]) for key in keys if key in story.charts)


def _figure(chart: Chart, caption: str) -> str:
    return element("figure", inline_svg(chart), element("figcaption", escape(caption)))


SECTIONS: tuple[Callable[[Story], str], ...] = (
    over_time,
    tariff_section,
    supply_section,
    welfare_section,
    trade_section,
    partner_section,
    deal_section,
    disagreement_section,
    certainty_section,
    provenance_section,
)
