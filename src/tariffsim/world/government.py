"""Government: a Mesa agent that decides for all worlds in one call. It owns rules and a type, not state."""

from __future__ import annotations

import mesa

from tariffsim.instruments.levers import LeverSpace
from tariffsim.negotiation.bargaining import STRATEGIES, OfferStrategy
from tariffsim.negotiation.escalating import ESCALATIONS, GovernmentRule, MiddleType
from tariffsim.negotiation.markets import Market
from tariffsim.negotiation.tastes import Tastes
from tariffsim.scenario.reading import read
from tariffsim.scenario.schema import GovernmentSpec, Scenario
from tariffsim.world.draws import Draws


class Government(mesa.Agent):  # type: ignore[misc]  # mesa ships no types
    """A deciding government.

    name; rule: its escalation rule; strategy: its offer strategy if it is a party to the talks, else None; opponents:
    whose add-ons it watches and answers. Of its type, (W,): discount per year, revenue_premium, its stock market, and
    toughness, the draw in (0, 1) of a rule that is stochastic. `taste` is what a party to the talks wants: it moves by
    the same type by which it bargains.
    """

    def __init__(
        self, model: mesa.Model, name: str, scenario: Scenario, space: LeverSpace, draws: Draws, taste: Tastes | None
    ) -> None:
        super().__init__(model)
        spec = scenario.governments[name]
        self.name = name
        self.rule = _rule(scenario, spec)
        self.strategy: OfferStrategy | None = None
        if spec.strategy is not None:
            self.strategy = offer_strategy(scenario, name, spec.strategy, draws)
        self.opponents = self._opponents(scenario)
        self._levers = {o: (space.column("addon", name, o), space.column("addon", o, name)) for o in self.opponents}
        if taste is None:
            self.discount = spec.discount.quantile(draws.uniform(name, "discount"))
            self.revenue_premium = spec.revenue_premium.quantile(draws.uniform(name, "revenue_premium"))
        else:
            self.discount, self.revenue_premium = taste.discount, taste.revenue_premium
        self.toughness = draws.uniform(name, "toughness")
        markets = scenario.markets
        self.market = Market(
            sensitivity=markets.sensitivity.quantile(draws.uniform(name, "market/sensitivity")),
            anticipation=markets.anticipation,
            threshold=markets.threshold.quantile(draws.uniform(name, "market/threshold")),
            half_life=markets.half_life,
        )

    def _opponents(self, scenario: Scenario) -> tuple[str, ...]:
        parties, partners = scenario.talks.parties, scenario.partners
        found = [p for p in parties if p != self.name] if self.name in parties else []
        if self.name in partners.letters and partners.sender != self.name:
            found.append(partners.sender)
        known = scenario.policy.addons.get(self.name, {})
        return tuple(dict.fromkeys(o for o in found if o in known))

    def columns(self, opponent: str) -> tuple[int, int]:
        """Positions in a policy row of this government's add-on on `opponent` and of the opponent's on it."""
        return self._levers[opponent]


def offer_strategy(scenario: Scenario, party: str, strategy: str, draws: Draws) -> OfferStrategy:
    """A strategy in the hands of a party, its uncertain parameters drawn; those that are set for the party alone hold
    for the strategy it has in the scenario. Raises ConfigError if a parameter is wrong."""
    spec = scenario.governments[party]
    own = spec.strategy_params if strategy == spec.strategy else {}
    read_ = read(STRATEGIES.get(strategy), {**scenario.strategies[strategy], **own}, f"strategies.{strategy}")
    return read_.drawn(lambda parameter, uncertain: uncertain.quantile(draws.uniform(party, f"strategy/{parameter}")))


def _rule(scenario: Scenario, spec: GovernmentSpec) -> GovernmentRule:
    params = {**scenario.escalations[spec.escalation], **spec.escalation_params}
    rule = read(ESCALATIONS.get(spec.escalation), params, f"escalations.{spec.escalation}")
    markets = scenario.markets
    market = Market(markets.sensitivity.middle, markets.anticipation, markets.threshold.middle, markets.half_life)
    middle = MiddleType(spec.discount.middle, spec.revenue_premium.middle, market)
    return GovernmentRule(rule, spec.ceiling, scenario.policy.addon_step, spec.floor, middle)
