"""Export licences and technology controls: the owner of a critical input delivers a share of normal trade.

Users in n get u_n = 1 - m_n (1 - l), m_n the share of their supply that the owner can withhold and l what it delivers
of it. What that does is up to the economy: quotas or one scarcity price (`tariffsim.economy.nodes`), by
inputs.<name>.rationing. The lever is l in percent, stocks included: what firms can use, not what is approved.
"""

from __future__ import annotations

from tariffsim.errors import ConfigError, unknown_name
from tariffsim.instruments.base import INSTRUMENTS, Draft, Ground, Instrument, Integers, Lever
from tariffsim.scenario.schema import Scenario


@INSTRUMENTS.register("licence")
class SupplyLicence(Instrument):
    """One lever for each (owner, input, buyer) in `policy.licences` and `policy.controls`."""

    def __init__(self, scenario: Scenario, ground: Ground) -> None:
        self.levers = tuple(_licences(scenario) + _controls(scenario))
        inputs = [node.name for node in ground.nodes]
        self._users = [self._members(lever, ground, inputs) for lever in self.levers]
        self._supplies = [
            (ground.regions.index(scenario.inputs[lever.input].owner), inputs.index(lever.input))
            for lever in self.levers
        ]

    def _members(self, lever: Lever, ground: Ground, inputs: list[str]) -> list[int]:
        """Positions of the users that a lever restricts."""
        if lever.target != "others" and lever.target not in ground.regions:
            raise ConfigError(unknown_name("buyer in policy.licences", lever.target, [*ground.regions, "others"]))
        if lever.input not in inputs:
            raise ConfigError(unknown_name("critical input", lever.input, inputs))
        if lever.target != "others":
            return [ground.regions.index(lever.target)]
        named = {other.target for other in self.levers if (other.owner, other.input) == (lever.owner, lever.input)}
        return [n for n, region in enumerate(ground.regions) if region not in named and region != lever.owner]

    def draft(self, settings: Integers, draft: Draft) -> None:
        for column, (users, (owner, z)) in enumerate(zip(self._users, self._supplies, strict=True)):
            draft.licences[:, users, owner, z] *= settings[:, column, None] / 100

    def opening(self, scenario: Scenario) -> list[int]:
        """Normal supply: the world's stocks and licences set these levers from the first tick."""
        return [100] * len(self.levers)


def _licences(scenario: Scenario) -> list[Lever]:
    return [
        Lever("licence", owner, buyer, "percent of normal supply", name)
        for owner, inputs in scenario.policy.licences.items()
        for name, spec in inputs.items()
        for buyer in spec.approved
    ]


def _controls(scenario: Scenario) -> list[Lever]:
    return [
        Lever("licence", owner, target, "percent of normal supply", name)
        for owner, targets in scenario.policy.controls.items()
        for target, spec in targets.items()
        for name in spec.withheld
    ]
