"""Government: a Mesa agent that decides for all worlds in one call. It owns rules, not state."""

from __future__ import annotations

import mesa
import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.instruments.levers import LeverSpace
from tariffsim.negotiation.bargaining import STRATEGIES, OfferStrategy
from tariffsim.negotiation.escalating import ESCALATIONS, EscalationSight, GovernmentRule
from tariffsim.scenario.reading import read
from tariffsim.scenario.schema import Scenario
from tariffsim.world.draws import Draws
from tariffsim.world.state import State


class Government(mesa.Agent):  # type: ignore[misc]  # mesa ships no types
    """A deciding government.

    name; rule: its escalation rule; strategy: its offer strategy if it is a party to the talks, else None; opponents:
    whose add-ons it watches and answers.
    """

    def __init__(self, model: mesa.Model, name: str, scenario: Scenario, space: LeverSpace, draws: Draws) -> None:
        super().__init__(model)
        spec = scenario.governments[name]
        self.name = name
        escalation = {**scenario.escalations[spec.escalation], **spec.escalation_params}
        rule = read(ESCALATIONS.get(spec.escalation), escalation, f"escalations.{spec.escalation}")
        self.rule = GovernmentRule(rule, spec.ceiling, scenario.policy.addon_step)
        self.strategy: OfferStrategy | None = None
        if spec.strategy is not None:
            params = {**scenario.strategies[spec.strategy], **spec.strategy_params}
            self.strategy = read(STRATEGIES.get(spec.strategy), params, f"strategies.{spec.strategy}").drawn(
                lambda parameter, uncertain: uncertain.quantile(draws.uniform(name, f"strategy/{parameter}"))
            )
        self.opponents = self._opponents(scenario)
        self._levers = {o: (space.column("addon", name, o), space.column("addon", o, name)) for o in self.opponents}

    def _opponents(self, scenario: Scenario) -> tuple[str, ...]:
        parties, partners = scenario.talks.parties, scenario.partners
        found = [p for p in parties if p != self.name] if self.name in parties else []
        if self.name in partners.letters and partners.sender != self.name:
            found.append(partners.sender)
        known = scenario.policy.addons.get(self.name, {})
        return tuple(dict.fromkeys(o for o in found if o in known))

    def column(self, opponent: str) -> int:
        """Position in a policy row of this government's add-on on `opponent`."""
        return self._levers[opponent][0]

    def rise(self, opponent: str, state: State) -> Array:
        """Rise (W,) of the add-on on `opponent` in percentage points, from what the government saw last."""
        mine, theirs = self._levers[opponent]
        sight = EscalationSight(
            own_addon=state.seen[:, mine].astype(np.float64),
            other_addon=state.seen[:, theirs].astype(np.float64),
            other_rise=state.rises[:, theirs],
        )
        return self.rule.rise(sight)
