"""What is drawn once per world: private types of governments, and how institutions work there."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.letters import PartnerTastes
from tariffsim.negotiation.payoffs import Index
from tariffsim.negotiation.tastes import Tastes
from tariffsim.scenario.reading import Uncertain
from tariffsim.scenario.schema import Scenario
from tariffsim.world.draws import Draws

QUARTILES = np.array([0.25, 0.75])


@dataclass(frozen=True)
class WorldTypes:
    """Draws for W worlds.

    economy (W,): economy draw; tastes: of each party, as it is; kinds: of each party, as it would be if it were of each
    of its types; kind (W, 2): the type it is of; partners: by name; others (W,) or (W, K) as named in the scenario.
    """

    economy: Index
    tastes: tuple[Tastes, Tastes]
    kinds: tuple[tuple[Tastes, ...], tuple[Tastes, ...]]
    kind: Index
    partners: dict[str, PartnerTastes]
    decision_rate: dict[str, Array]
    execution: Array
    meeting_rate: Array
    first_mover: Index
    capacity_start: Array
    capacity_growth: Array
    noise: Array
    tolerance: Array
    detection_intensity: Array
    detection_weeks: Array
    probation: Array
    adjustment: Array
    stock: dict[tuple[str, str], Array]


def draw_types(scenario: Scenario, draws: Draws) -> WorldTypes:
    """Draw every world's types from the scenario's distributions."""

    def drawn(agent: str, channel: str, uncertain: Uncertain) -> Array:
        return uncertain.quantile(draws.uniform(agent, channel))

    enforcement, partners = scenario.enforcement, scenario.partners
    own, kinds, kind = zip(*(_tastes(scenario, draws, party) for party in scenario.talks.parties), strict=True)
    return WorldTypes(
        economy=(draws.uniform("nature", "economy") * scenario.economy.draws).astype(np.int64),
        tastes=(own[0], own[1]),
        kinds=(kinds[0], kinds[1]),
        kind=np.stack(kind, axis=-1),
        partners={name: _partner(scenario, draws, name) for name in partners.letters},
        decision_rate={n: drawn(n, "decision_rate", s.decision_rate) for n, s in partners.letters.items()},
        execution=drawn(partners.sender, "execution", partners.execution),
        meeting_rate=drawn("talks", "meeting_rate", scenario.talks.meeting_rate),
        first_mover=_first_mover(scenario, draws),
        capacity_start=drawn("licences", "capacity_start", enforcement.capacity_start),
        capacity_growth=drawn("licences", "capacity_growth", enforcement.capacity_growth),
        noise=drawn("monitor", "noise", enforcement.observation_noise),
        tolerance=drawn("monitor", "tolerance", enforcement.tolerance),
        detection_intensity=drawn("monitor", "detection_intensity", enforcement.detection_intensity),
        detection_weeks=drawn("monitor", "detection_weeks", enforcement.detection_weeks),
        probation=drawn("monitor", "probation", enforcement.probation_weeks),
        adjustment=drawn("trade", "adjustment", scenario.trade.adjustment_per_week),
        stock={
            (name, buyer): drawn(buyer, f"stock/{name}", months)
            for name, spec in scenario.inputs.items()
            for buyer, months in spec.stock_months.items()
        },
    )


def _tastes(scenario: Scenario, draws: Draws, party: str) -> tuple[Tastes, tuple[Tastes, ...], Index]:
    """A party's tastes, its tastes by type, and its type (W,).

    A private trait is at the lower or the upper quartile of its distribution, each with probability one half, and the
    types are the combinations; other traits are drawn from the whole distribution and known to everybody.
    """
    spec = scenario.governments[party]
    assert spec.control_value is not None
    assert spec.audience_cost is not None
    assert spec.pain is not None
    traits = {
        "discount": spec.discount,
        "revenue_premium": spec.revenue_premium,
        "control_value": spec.control_value,
        "audience_cost": spec.audience_cost,
        "pain": spec.pain,
    }
    private = [name for name in traits if name in spec.private and traits[name].low < traits[name].high]
    known = {n: t.quantile(draws.uniform(party, n)) for n, t in traits.items() if n not in private}
    drawn = {n: (draws.uniform(party, n) >= 0.5).astype(np.int64) for n in private}
    levels = {n: traits[n].quantile(QUARTILES) for n in private}
    kinds = []
    for ends in itertools.product((0, 1), repeat=len(private)):
        values = {n: np.full(len(draws.worlds), levels[n][end]) for n, end in zip(private, ends, strict=True)}
        kinds.append(Tastes(**known, **values))
    kind = np.zeros(len(draws.worlds), dtype=np.int64)
    for name in private:
        kind = 2 * kind + drawn[name]
    own = Tastes(**known, **{n: levels[n][drawn[n]] for n in private})
    return own, tuple(kinds), kind


def _partner(scenario: Scenario, draws: Draws, name: str) -> PartnerTastes:
    letter, government = scenario.partners.letters[name], scenario.governments[name]
    third = scenario.partners.hedge_with
    return PartnerTastes(
        discount=government.discount.quantile(draws.uniform(name, "discount")),
        revenue_premium=government.revenue_premium.quantile(draws.uniform(name, "revenue_premium")),
        follow_through=letter.follow_through.quantile(draws.uniform(name, "follow_through")),
        purchase_premium=letter.purchase_premium.quantile(draws.uniform(name, "purchase_premium")),
        hedge_cost=letter.hedge_cost.quantile(draws.uniform(name, "hedge_cost")),
        hedge_value=scenario.partners.hedge_value.quantile(draws.uniform(third, "hedge_value")),
    )


def _first_mover(scenario: Scenario, draws: Draws) -> Index:
    parties, choice = scenario.talks.parties, scenario.talks.first_mover
    if choice == "drawn":
        return (draws.uniform("talks", "first_mover") < 0.5).astype(np.int64)
    return np.full(len(draws.worlds), parties.index(choice), dtype=np.int64)
