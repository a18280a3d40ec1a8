"""Parameters of strategies, escalation rules and protocols, read once before anything is computed."""

from __future__ import annotations

from tariffsim.negotiation.bargaining import STRATEGIES
from tariffsim.negotiation.escalating import ESCALATIONS
from tariffsim.negotiation.meeting import PROTOCOLS
from tariffsim.scenario.reading import read
from tariffsim.scenario.schema import Scenario


def check_rules(scenario: Scenario) -> None:
    """Raise ConfigError for the first parameter that is wrong, whether or not anybody plays by the rule.

    A typing mistake in a rule that is not in use would else change nothing and never be found.
    """
    for name, given in scenario.strategies.items():
        read(STRATEGIES.get(name), given, f"strategies.{name}")
    for name, given in scenario.escalations.items():
        read(ESCALATIONS.get(name), given, f"escalations.{name}")
    for name, given in scenario.protocols.items():
        read(PROTOCOLS.get(name), given, f"protocols.{name}")
    for party, spec in scenario.governments.items():
        if spec.strategy is not None:
            given = {**scenario.strategies[spec.strategy], **spec.strategy_params}
            read(STRATEGIES.get(spec.strategy), given, f"governments.{party}.strategy_params")
        given = {**scenario.escalations[spec.escalation], **spec.escalation_params}
        read(ESCALATIONS.get(spec.escalation), given, f"governments.{party}.escalation_params")
