"""Government: a Mesa agent that decides for all worlds in one call. It owns rules, not state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa
import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import STRATEGIES, OfferStrategy
from tariffsim.negotiation.escalating import ESCALATIONS, EscalationSight, GovernmentRule
from tariffsim.negotiation.letters import Letter, answer
from tariffsim.negotiation.payoffs import Index
from tariffsim.negotiation.table import YEAR
from tariffsim.scenario.reading import read

if TYPE_CHECKING:
    from tariffsim.world.model import TariffModel


class Government(mesa.Agent):  # type: ignore[type-arg]
    """A deciding government.

    name; rule: its escalation rule; strategy: its offer strategy if it is a party to the talks, else None; opponents:
    whose add-ons it watches and answers.
    """

    model: TariffModel

    def __init__(self, model: TariffModel, name: str) -> None:
        super().__init__(model)
        scenario = model.scenario
        spec = scenario.governments[name]
        self.name = name
        escalation = {**scenario.escalations[spec.escalation], **spec.escalation_params}
        rule = read(ESCALATIONS.get(spec.escalation), escalation, f"escalations.{spec.escalation}")
        self.rule = GovernmentRule(rule, spec.ceiling, scenario.policy.addon_step)
        self.strategy: OfferStrategy | None = None
        if spec.strategy is not None:
            params = {**scenario.strategies[spec.strategy], **spec.strategy_params}
            self.strategy = read(STRATEGIES.get(spec.strategy), params, f"strategies.{spec.strategy}")
        self.opponents = self._opponents()

    def _opponents(self) -> tuple[str, ...]:
        scenario = self.model.scenario
        parties, partners = scenario.talks.parties, scenario.partners
        found = [p for p in parties if p != self.name] if self.name in parties else []
        if self.name in partners.letters and partners.sender != self.name:
            found.append(partners.sender)
        known = scenario.policy.addons.get(self.name, {})
        return tuple(dict.fromkeys(o for o in found if o in known))

    def column(self, opponent: str) -> int:
        """Position in a policy row of this government's add-on on `opponent`."""
        return self.model.space.column("addon", self.name, opponent)

    def rise(self, opponent: str) -> Array:
        """Rise (W,) of the add-on on `opponent` in percentage points, from what the government sees now."""
        state, space = self.model.state, self.model.space
        theirs = space.column("addon", opponent, self.name)
        sight = EscalationSight(
            own_addon=state.seen[:, self.column(opponent)].astype(np.float64),
            other_addon=state.seen[:, theirs].astype(np.float64),
            other_rise=state.rises[:, theirs],
        )
        return self.rule.rise(sight)

    def answer(self, letter: Letter, where: Index) -> Index:
        """Best stance toward a letter in worlds `where`, as the government values it today."""
        model = self.model
        tastes = model.types.partners[self.name]
        chosen = type(tastes)(tastes.discount[where], tastes.follow_through[where], tastes.hedge_cost[where])
        years = max(0, (letter.spec.date - model.today).days) / YEAR
        draw, policy = model.types.economy[where], model.state.policy[where]
        third = model.scenario.partners.hedge_with
        return answer(letter, third, model.payoffs, draw, policy, chosen, years, model.clock)[0]
