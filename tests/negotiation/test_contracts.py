"""Contracts over every registered strategy and protocol, and every pair of them."""

from __future__ import annotations

import pytest
from tests.negotiation.shared import make, standard

from tariffsim.negotiation.bargaining import STRATEGIES
from tariffsim.negotiation.meeting import PROTOCOLS, Protocol
from tariffsim.scenario.reading import read
from tariffsim.testing import check_protocol, check_strategy


def protocol(name: str) -> Protocol:
    return read(PROTOCOLS.get(name), standard().protocols[name])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", STRATEGIES.names())
def test_a_strategy_keeps_its_contract(name: str, seed: int) -> None:
    check_strategy(make(name, 7), worlds=7, seed=seed)


@pytest.mark.parametrize("rules", PROTOCOLS.names())
@pytest.mark.parametrize("name", STRATEGIES.names())
def test_a_protocol_keeps_its_contract_whoever_plays(name: str, rules: str) -> None:
    for other in STRATEGIES.names():
        check_protocol(protocol(rules), [make(name, 6), make(other, 6)], worlds=6)


@pytest.mark.parametrize("rules", PROTOCOLS.names())
def test_a_protocol_keeps_its_contract_among_three(rules: str) -> None:
    if protocol(rules).meets:
        check_protocol(protocol(rules), [make("boulware", 6), make("linear", 6), make("conceder", 6)], worlds=6)
