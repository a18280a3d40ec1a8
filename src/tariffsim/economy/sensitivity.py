"""How far the headlines of one policy depend on what nobody knows: elasticities, closure, horizon, critical inputs.

python -m tariffsim.economy.sensitivity --importer USA --exporter CHN --rate 145 --answer 125

One thing varies at a time, everything else is as in the scenario (its long-run elasticity set, its closure). The
rows on critical inputs add licences to the tariffs: every foreign buyer gets the approved share of normal trade,
without stocks, under quotas or on a market.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NoReturn

import numpy as np

from tariffsim.economy.economy import Economy
from tariffsim.economy.horizons import short_run
from tariffsim.economy.loading import available_elasticities, load_calibration, load_economy, load_nodes
from tariffsim.economy.nodes import NODE_RENTS
from tariffsim.economy.primitives import CLOSURES, Array
from tariffsim.economy.solving import solve
from tariffsim.economy.wedges import Wedges
from tariffsim.errors import ConfigError, EconomyError, TariffsimError, unknown_name
from tariffsim.scenario.loading import load_scenario
from tariffsim.scenario.reading import Uncertain
from tariffsim.scenario.schema import Scenario

WIDTH = 10  # of a column in print


@dataclass(frozen=True)
class Question:
    """Add-on tariffs of two regions on one another, and licences for critical inputs."""

    importer: str
    exporter: str
    rate: float  # percentage points on all goods, on top of the base year's tariffs
    answer: float  # the same, of the exporter on the importer
    regions: tuple[str, ...]  # whose headlines are shown
    licences: Mapping[str, float] = field(default_factory=dict)  # critical input -> approved share of normal trade


@dataclass(frozen=True, eq=False)
class Row:
    """The headlines under one setting; NaN where no equilibrium was found."""

    varied: str
    value: str
    real_income: Array  # (R,) percent, regions of the question
    duties: Array  # (R,) change, billion USD a year
    imports: Array  # (2,) change of imports of goods, percent: importer from exporter, exporter from importer

    @property
    def headlines(self) -> Array:
        """All numbers (2R + 2,) in the order of the columns."""
        return np.concatenate([self.real_income, self.duties, self.imports])


@dataclass(frozen=True)
class _Inputs:
    """What may vary about the inputs under licence, by name."""

    rationing: Mapping[str, str]
    rent: Mapping[str, str]
    rho: Mapping[str, float]
    backstop_price: float


@dataclass(frozen=True)
class _Setting:
    """What may vary; the rest follows from the scenario."""

    elasticities: str
    closure: str
    short_theta: float | None = None  # of all goods; None for the long run
    inputs: _Inputs | None = None  # None for the policy without licences


def sensitivity(question: Question, scenario: Scenario) -> list[Row]:
    """Headlines of the question under the scenario's setting and under every variation of it.

    Raises EconomyError for unknown regions and inputs and impossible rates, DataError for unknown data.
    """
    for name in question.licences:
        if name not in scenario.inputs:
            raise EconomyError(unknown_name("critical input", name, scenario.inputs))
    economy = load_economy(scenario.economy.data, scenario.economy.elasticities, scenario.economy.closure)
    if economy.region_index(question.importer) == economy.region_index(question.exporter):
        raise EconomyError(f"importer and exporter are both {question.importer}; name two regions.")
    return [_row(question, scenario, *labelled) for labelled in _variations(question, scenario)]


# ---------------------------------------------------------------------- what varies
def _variations(question: Question, scenario: Scenario) -> Iterator[tuple[str, str, _Setting]]:
    """What varies, its value in words, and the setting."""
    spec = scenario.economy
    base = _Setting(spec.elasticities, spec.closure)
    yield "as in the scenario", f"{spec.elasticities}, {spec.closure}", base
    for name in available_elasticities(spec.data):
        yield "elasticity set", name, replace(base, elasticities=name)
    for name in CLOSURES:
        yield "closure", name, replace(base, closure=name)
    for theta in _three(spec.horizon.short_theta):
        yield "horizon", f"short, theta {theta:g}", replace(base, short_theta=theta)
    yield "horizon", "long", base
    if question.licences:
        for varied, value, inputs in _varied_inputs(question, scenario):
            yield varied, value, replace(base, inputs=inputs)


def _varied_inputs(question: Question, scenario: Scenario) -> Iterator[tuple[str, str, _Inputs]]:
    specs = {name: scenario.inputs[name] for name in question.licences}
    licensed = _Inputs(
        {name: spec.rationing for name, spec in specs.items()},
        {name: spec.rent for name, spec in specs.items()},
        {name: spec.substitution.middle for name, spec in specs.items()},
        scenario.economy.backstop_price.middle,
    )
    yield "with licences", "central rho and backstop", licensed
    forms = [("quota", "quota", "user"), *((f"market, rent: {rent}", "market", rent) for rent in NODE_RENTS)]
    for label, form, rent in forms:
        yield (
            "rationing",
            label,
            replace(licensed, rationing=dict.fromkeys(specs, form), rent=dict.fromkeys(specs, rent)),
        )
    for name, spec in specs.items():
        for rho in _three(spec.substitution):
            yield f"rho of {name}", f"{rho:g}", replace(licensed, rho={**licensed.rho, name: rho})
    for price in _three(scenario.economy.backstop_price):
        yield "backstop price", f"{price:g} x normal", replace(licensed, backstop_price=price)


def _three(uncertain: Uncertain) -> list[float]:
    """Low, middle and high of an uncertain number, once each."""
    return list(dict.fromkeys((uncertain.low, uncertain.middle, uncertain.high)))


# ---------------------------------------------------------------------- one row
def _row(question: Question, scenario: Scenario, varied: str, value: str, setting: _Setting) -> Row:
    data = scenario.economy.data
    goods = np.flatnonzero(load_calibration(data).goods)
    economy = _economy(data, goods.tolist(), setting)
    n, i = economy.region_index(question.importer), economy.region_index(question.exporter)
    shown = [economy.region_index(region) for region in question.regions]
    tariffs = np.array(economy.tariffs)
    tariffs[n, i, goods] += question.rate / 100.0
    tariffs[i, n, goods] += question.answer / 100.0
    answer = solve(economy, wedges=Wedges(tariffs, licences=_licences(question, scenario, economy)))
    if not answer.converged:
        return Row(varied, value, *(np.full(size, np.nan) for size in (len(shown), len(shown), 2)))
    pairs = (n, i), (i, n)
    traded = [(answer.trade[pair][goods].sum(), economy.flows[pair][goods].sum()) for pair in pairs]
    return Row(
        varied,
        value,
        100.0 * answer.real_income[shown],
        (answer.revenue - economy.revenue)[shown] / 1000.0,
        np.array([100.0 * (after / before - 1.0) if before > 0.0 else 0.0 for after, before in traded]),
    )


def _economy(data: str, goods: Sequence[int], setting: _Setting) -> Economy:
    """The calibrated economy under a setting, with the inputs under licence as nodes."""
    economy = load_economy(data, setting.elasticities, setting.closure)
    if setting.short_theta is not None:
        economy = short_run(economy, setting.short_theta, goods)
    z = setting.inputs
    if z is None:
        return economy
    names = tuple(z.rho)
    return economy.with_nodes(
        load_nodes(economy, "central", z.rationing, z.rent, z.rho, z.backstop_price, names=names, data=data)
    )


def _licences(question: Question, scenario: Scenario, economy: Economy) -> Array:
    """(N, N, Z) approved shares: each owner's of what every foreign buyer gets."""
    regions = len(economy.regions)
    licences = np.ones((regions, regions, len(economy.nodes)))
    for z, node in enumerate(economy.nodes):
        owner = economy.region_index(scenario.inputs[node.name].owner)
        licences[:, owner, z] = question.licences[node.name]
        licences[owner, owner, z] = 1.0
    return licences


# ---------------------------------------------------------------------- in print
def report(question: Question, rows: Sequence[Row]) -> list[str]:
    """Lines that print the rows, with the lowest and highest of each headline at the end."""
    q, regions = question, question.regions
    what, value = max(len(row.varied) for row in rows) + 2, max(len(row.value) for row in rows) + 2
    wide = WIDTH * len(regions)
    columns = (*regions, *regions, f"{q.importer}<{q.exporter}", f"{q.exporter}<{q.importer}")
    lines = [
        *_heading(question),
        "",
        f"{'':{what + value}}{'income %':>{wide}}{'duties bn':>{wide}}{'imports %':>{2 * WIDTH}}",
        f"{'varied':{what}}{'value':{value}}" + "".join(f"{name:>{WIDTH}}" for name in columns),
    ]
    lines += [f"{row.varied:{what}}{row.value:{value}}{_cells(row.headlines)}" for row in rows]
    found = np.array([row.headlines for row in rows if not np.isnan(row.headlines).any()])
    if len(found):
        extremes = (("lowest", found.min(axis=0)), ("highest", found.max(axis=0)))
        lines += ["", *(f"{label:{what + value}}{_cells(numbers)}" for label, numbers in extremes)]
    return lines


def _heading(question: Question) -> Iterator[str]:
    q = question
    yield (
        f"{q.importer} {q.rate:+g} points on {q.exporter}, {q.exporter} {q.answer:+g} points on {q.importer}: "
        "all goods, on top of the tariffs of the base year."
    )
    if q.licences:
        shares = ", ".join(f"{name} {share:g}" for name, share in q.licences.items())
        yield f"Licences, from the row 'with licences' on: {shares} of normal trade to every foreign buyer."
    yield "Real income and imports of goods: change in percent. Duties: change in billion USD a year."


def _cells(numbers: Array) -> str:
    if np.isnan(numbers).any():
        return "  no equilibrium found"
    return "".join(f"{number:{WIDTH}.3f}" for number in numbers)


class _Parser(argparse.ArgumentParser):
    """Mistakes are one line, as everywhere."""

    def error(self, message: str) -> NoReturn:
        raise ConfigError(f"{message}. Try --help.")


def _licence(text: str) -> tuple[str, float]:
    name, _, share = text.partition("=")
    try:
        return name, float(share)
    except ValueError:
        raise ConfigError(f"--licence {text!r} is not INPUT=SHARE, for instance rare_earth_magnets=0.1.") from None


def _question(words: Sequence[str] | None) -> tuple[Question, Scenario]:
    parser = _Parser(prog="python -m tariffsim.economy.sensitivity", description=main.__doc__)
    parser.add_argument("--importer", required=True, metavar="REGION", help="who puts an add-on tariff on the exporter")
    parser.add_argument("--exporter", required=True, metavar="REGION", help="on whom, and who answers")
    parser.add_argument("--rate", required=True, type=float, metavar="POINTS", help="the add-on, on all goods")
    parser.add_argument("--answer", default=0.0, type=float, metavar="POINTS", help="the exporter's add-on in return")
    parser.add_argument("--region", action="append", metavar="REGION", help="shown (repeat; default: both)")
    parser.add_argument(
        "--licence",
        action="append",
        type=_licence,
        metavar="INPUT=SHARE",
        help="approved share of normal trade in a critical input, for the rows on inputs (repeat)",
    )
    parser.add_argument("--scenario", default="london_2025", metavar="NAME", help="where all other numbers are from")
    found = parser.parse_args(words)
    regions = tuple(dict.fromkeys(found.region or (found.importer, found.exporter)))
    licences = dict(found.licence or ())
    question = Question(found.importer, found.exporter, found.rate, found.answer, regions, licences)
    return question, load_scenario(found.scenario)


def main(words: Sequence[str] | None = None) -> int:
    """Print how far real income, duties and imports depend on elasticities, closure, horizon and critical inputs."""
    try:
        question, scenario = _question(words)
        lines = report(question, sensitivity(question, scenario))
    except TariffsimError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
