"""Contracts over every registered strategy, escalation rule and protocol, and every pair of strategies."""

from __future__ import annotations

import pytest
from tests.negotiation.shared import make, standard
from tests.negotiation.wars import configured

from tariffsim.negotiation.bargaining import STRATEGIES
from tariffsim.negotiation.escalating import ESCALATIONS
from tariffsim.negotiation.meeting import PROTOCOLS, Protocol
from tariffsim.scenario.reading import read
from tariffsim.testing import check_escalation, check_protocol, check_strategy

USUAL = "boulware"


def protocol(name: str) -> Protocol:
    return read(PROTOCOLS.get(name), standard().protocols[name])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", STRATEGIES.names())
def test_a_strategy_keeps_its_contract(name: str, seed: int) -> None:
    check_strategy(make(name, 7), worlds=7, seed=seed)


@pytest.mark.parametrize("name", STRATEGIES.names())
def test_a_strategy_keeps_its_contract_whatever_its_parameters(name: str) -> None:
    check_strategy(name)


@pytest.mark.parametrize("name", ESCALATIONS.names())
def test_an_escalation_rule_keeps_its_contract(name: str) -> None:
    check_escalation(name)
    check_escalation(configured(name), worlds=2000)


@pytest.mark.parametrize("rules", PROTOCOLS.names())
def test_a_protocol_keeps_its_contract_whatever_its_parameters(rules: str) -> None:
    check_protocol(rules)


@pytest.mark.parametrize("rules", PROTOCOLS.names())
@pytest.mark.parametrize("name", STRATEGIES.names())
def test_a_protocol_keeps_its_contract_with_every_strategy(name: str, rules: str) -> None:
    check_protocol(protocol(rules), [make(name, 6), make(USUAL, 6)], worlds=6)


@pytest.mark.slow
@pytest.mark.parametrize("rules", PROTOCOLS.names())
@pytest.mark.parametrize("name", STRATEGIES.names())
def test_a_protocol_keeps_its_contract_whoever_plays(name: str, rules: str) -> None:
    names = STRATEGIES.names()
    for other in names[names.index(name) :]:  # the check relabels them
        check_protocol(protocol(rules), [make(name, 6), make(other, 6)], worlds=6)


@pytest.mark.parametrize("rules", PROTOCOLS.names())
def test_a_protocol_keeps_its_contract_among_three(rules: str) -> None:
    if protocol(rules).meets:
        check_protocol(protocol(rules), [make("boulware", 6), make("linear", 6), make("conceder", 6)], worlds=6)
