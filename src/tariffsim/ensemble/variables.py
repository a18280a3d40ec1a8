"""The table of result variables: axes, unit, meaning and source of each, and how it comes from the record.

One row here is all a new metric needs; `dataset`, parquet files and reports read this table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tariffsim.ensemble.deal_variables import DEALS
from tariffsim.ensemble.labels import Labels, monthly_norms
from tariffsim.negotiation.letters import STANCES
from tariffsim.negotiation.truce import NEVER, STATES
from tariffsim.scenario.schema import Scenario
from tariffsim.world.acts import ACTS

Values = npt.NDArray[np.generic]


@dataclass(frozen=True)
class Raw:
    """What a chunk of worlds recorded, with what is needed to express it in users' units."""

    arrays: Mapping[str, Values]
    labels: Labels
    scenario: Scenario


@dataclass(frozen=True)
class Variable:
    """One variable of the result. `flags` names the codes 0, 1, ... of a categorical variable,
    `masks` the bits 1, 2, 4, ... of one that holds several at once."""

    name: str
    dims: tuple[str, ...]
    units: str
    long_name: str
    source: str
    of: Callable[[Raw], Values]
    flags: tuple[str, ...] = ()
    masks: tuple[str, ...] = ()


def _taken(name: str) -> Callable[[Raw], Values]:
    return lambda raw: raw.arrays[name]


def _date(name: str) -> Callable[[Raw], Values]:
    return lambda raw: dates_of(raw.arrays[name].astype(np.int64), raw.scenario)


def dates_of(days: npt.NDArray[np.int64], scenario: Scenario) -> Values:
    """Days since the start as datetime64[ns], NaT for what never happened."""
    happened = days != NEVER
    start = np.datetime64(scenario.start, "D")
    dates = (start + np.where(happened, days, 0).astype("timedelta64[D]")).astype("datetime64[ns]")
    return np.where(happened, dates, np.datetime64("NaT", "ns"))


def _exports(raw: Raw) -> Values:
    return monthly_norms(raw.scenario) * np.exp(raw.arrays["log_flow"].astype(np.float64))


def _exports_yoy(raw: Raw) -> Values:
    return 100 * np.expm1(raw.arrays["log_flow"].astype(np.float64))


def _strictness(raw: Raw) -> Values:
    return 1 - raw.arrays["approved"].astype(np.float64)[..., list(raw.labels.control_supply)]


PAIR, ADDON, SUPPLY = ("world", "time", "pair"), ("world", "time", "addon_pair"), ("world", "time", "supply")
INCOME = ("world", "time", "horizon", "country")
OFFER = ("world", "time", "offer_number")
CONTROL, FLOW = ("world", "time", "control"), ("world", "time", "flow")
POINTS, PERCENT, SHARE = "percentage points", "percent", "share of normal trade"
LAYERS, MODEL = "scenario, data/baseline/tariff_layers.csv", "general equilibrium of each policy"
FIRST = "first event of its kind in the world"

VARIABLES: tuple[Variable, ...] = (
    Variable(
        "addon", ADDON, POINTS, "add-on tariffs since January 2025, as announced", "simulated policy", _taken("addon")
    ),
    Variable(
        "statutory",
        PAIR,
        PERCENT,
        "statutory tariff on goods, base-year weights, no exemptions",
        LAYERS,
        _taken("statutory"),
    ),
    Variable(
        "applied",
        PAIR,
        PERCENT,
        "applied tariff on goods, base-year weights, with exemptions",
        LAYERS,
        _taken("applied"),
    ),
    Variable("effective", PAIR, PERCENT, "duties over imports of goods, short run", MODEL, _taken("effective")),
    Variable(
        "imports",
        PAIR,
        "billion USD a month",
        "imports of goods in short-run equilibrium, base-year prices",
        MODEL,
        _taken("imports"),
    ),
    Variable(
        "real_income",
        INCOME,
        PERCENT,
        "real income against the policy of the reference date",
        MODEL,
        _taken("real_income"),
    ),
    Variable(
        "exports",
        FLOW,
        "billion USD a month",
        "exports, moving part of the way each week",
        "conf trade.flows, equilibrium",
        _exports,
    ),
    Variable(
        "exports_yoy",
        FLOW,
        PERCENT,
        "exports against the same month a year before",
        "conf trade.flows, equilibrium",
        _exports_yoy,
    ),
    Variable("approved", SUPPLY, SHARE, "deliveries the owner allows", "simulated policy", _taken("approved")),
    Variable("delivered", SUPPLY, SHARE, "deliveries that arrive", "licence capacity and lag", _taken("delivered")),
    Variable(
        "usable",
        SUPPLY,
        SHARE,
        "deliveries and stock that users can use",
        "licence capacity and stocks",
        _taken("usable"),
    ),
    Variable(
        "stock",
        SUPPLY,
        "months of normal use",
        "stock of the input at its users",
        "conf inputs, deliveries",
        _taken("stock"),
    ),
    Variable(
        "strictness", CONTROL, "strictness, 0 to 1", "technology control in force", "simulated policy", _strictness
    ),
    Variable(
        "status", ("world", "time"), "code", "state of the negotiating pair", "simulated", _taken("status"), STATES
    ),
    Variable(
        "stance",
        ("world", "time", "partner"),
        "code",
        "answer to the dated threat",
        "simulated",
        _taken("stance"),
        STANCES,
    ),
    Variable("executed", ("world", "partner"), "true or false", "threat carried out", "simulated", _taken("executed")),
    Variable("deal_date", ("world",), "date", "a deal was signed", FIRST, _date("deal_day")),
    Variable("rejection_date", ("world",), "date", "a signed deal was not ratified", FIRST, _date("rejection_day")),
    Variable(
        "suspicion",
        ("world", "time"),
        "probability",
        "public belief that the licence owner is unwilling, not unable",
        "docs/explanation/enforcement.md",
        _taken("suspicion"),
    ),
    Variable(
        "compliance",
        ("world", "time"),
        "share of the promise",
        "what the licence owner means to deliver under the deal in force",
        "docs/explanation/enforcement.md",
        _taken("compliance"),
    ),
    Variable(
        "threat_executed_date",
        ("world",),
        "date",
        "a public threat was carried out",
        FIRST,
        _date("threat_executed_day"),
    ),
    Variable(
        "threat_dropped_date", ("world",), "date", "a public threat was dropped", FIRST, _date("threat_dropped_day")
    ),
    Variable(
        "audience_paid",
        ("world", "party"),
        "percent of GDP x years",
        "audience costs paid for going back on a public word",
        "docs/explanation/negotiation.md",
        _taken("audience_paid"),
    ),
    Variable("breach_date", ("world",), "date", "a breach was called", FIRST, _date("breach_day")),
    Variable("lapse_date", ("world",), "date", "a truce ran out", FIRST, _date("lapse_day")),
    Variable("snapback_date", ("world",), "date", "old rates snapped back", FIRST, _date("snapback_day")),
    Variable("renewal_date", ("world",), "date", "a truce was renewed", FIRST, _date("renewal_day")),
    Variable("deal_terms", ("world", "term"), "by term", "terms of the first deal", "simulated", _taken("deal_terms")),
    Variable(
        "deal_gain",
        ("world", "party"),
        "percent of GDP x years",
        "value of the first deal above disagreement",
        "docs/explanation/negotiation.md",
        _taken("deal_gain"),
    ),
    Variable(
        "disagreement",
        ("world", "party", "depth"),
        "percent of GDP x years",
        "value of disagreement at the opening by own belief, if talks may resume m deep",
        "docs/explanation/negotiation.md",
        _taken("disagreement"),
    ),
    Variable(
        "nash_terms",
        ("world", "depth", "term"),
        "by term",
        "terms of the Nash bargaining solution at the opening over each disagreement point",
        "docs/explanation/solutions.md",
        _taken("nash_terms"),
    ),
    Variable(
        "war_addon",
        ("world", "war_tick", "party"),
        POINTS,
        "add-ons on the war path behind the disagreement point",
        "docs/explanation/negotiation.md",
        _taken("war_addon"),
    ),
    *(Variable(*row, _taken(row[0])) for row in DEALS),
    Variable(
        "offer",
        OFFER,
        "number",
        "package proposed, as numbered in the table of packages; -1 after the last",
        "simulated",
        _taken("offer"),
    ),
    Variable(
        "offer_mover", OFFER, "code", "party that proposed it, -1 after the last", "simulated", _taken("offer_mover")
    ),
    Variable(
        "offer_value",
        (*OFFER, "party"),
        "percent of GDP x years",
        "value of the offer to each party by its own belief",
        "docs/explanation/negotiation.md",
        _taken("offer_value"),
    ),
    Variable(
        "reservation",
        ("world", "time", "party"),
        "percent of GDP x years",
        "value of disagreement to the party by its own belief, where it met",
        "docs/explanation/negotiation.md",
        _taken("reservation"),
    ),
    Variable(
        "walked_out",
        ("world", "time"),
        "code",
        "party that left the talks for good in this tick, -1 if none",
        "simulated",
        _taken("walked_out"),
    ),
    Variable(
        "threat",
        ("world", "time", "party"),
        POINTS,
        "add-on that the party publicly threatens to set if talks fail, where a threat is outstanding",
        "simulated",
        _taken("threat"),
    ),
    Variable(
        "acted",
        ("world", "time", "party"),
        "bits",
        "what the party did in this tick, joint acts with both",
        "simulated",
        _taken("acted"),
        masks=ACTS,
    ),
    Variable(
        "signed",
        ("world", "time"),
        "number",
        "package signed in this tick, as numbered in the table of packages; -1 if none",
        "simulated",
        _taken("signed"),
    ),
    Variable(
        "signed_gain",
        ("world", "time", "party"),
        "percent of GDP x years",
        "value to the party of what was signed in this tick, above disagreement by its own belief",
        "docs/explanation/negotiation.md",
        _taken("signed_gain"),
    ),
    Variable(
        "belief",
        ("world", "time", "party", "kind"),
        "probability",
        "what the party believes about the other's type",
        "docs/explanation/negotiation.md",
        _taken("belief"),
    ),
    Variable(
        "failed",
        ("world",),
        "true or false",
        "no deal came into force, or the parties are back at war",
        "simulated",
        _taken("failed"),
    ),
    Variable(
        "restored",
        ("world", "cause"),
        "1 or 0",
        "whether a failed world agrees once this cause of failure is removed",
        "tariffsim.ensemble.failures",
        _taken("restored"),
    ),
    Variable("kind_of", ("world", "party"), "code", "type the party is of", "drawn", _taken("kind")),
    Variable("meetings", ("world",), "meetings", "meetings held", "simulated", _taken("meetings")),
    Variable(
        "economy_draw", ("world",), "number", "which set of uncertain economic numbers", "drawn", _taken("economy_draw")
    ),
    Variable("discount", ("world", "party"), "per year", "discount rate of the party", "drawn", _taken("discount")),
)

BY_NAME: Mapping[str, Variable] = {variable.name: variable for variable in VARIABLES}


def express(raw: Raw) -> dict[str, Values]:
    """All variables of a chunk of worlds, in users' units."""
    return {variable.name: np.ascontiguousarray(variable.of(raw)) for variable in VARIABLES}
