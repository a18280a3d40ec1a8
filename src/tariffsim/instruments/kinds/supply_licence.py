"""Export licences and technology controls: the owner of a critical input delivers a share of normal trade.

Users in n get u_n = 1 - m_n (1 - l), m_n the owner's share of their supply and l the share delivered; sector
productivity falls as in the quota form of critical inputs (`tariffsim.economy.quota`). The lever is l in percent,
stocks included: what firms can use, not what is approved.
"""

from __future__ import annotations

import numpy as np

from tariffsim.economy.quota import quota_productivity
from tariffsim.errors import ConfigError, unknown_name
from tariffsim.instruments.base import INSTRUMENTS, Array, Draft, Ground, Instrument, Integers, Lever
from tariffsim.scenario.schema import Scenario


@INSTRUMENTS.register("licence")
class SupplyLicence(Instrument):
    """One lever for each (owner, input, buyer) in `policy.licences` and `policy.controls`."""

    def __init__(self, scenario: Scenario, ground: Ground) -> None:
        self.levers = tuple(_licences(scenario) + _controls(scenario))
        self._users = [self._members(lever, ground) for lever in self.levers]
        self._ground = ground
        self._inputs = sorted({lever.input for lever in self.levers})

    def _members(self, lever: Lever, ground: Ground) -> Array:
        if lever.target != "others" and lever.target not in ground.regions:
            raise ConfigError(unknown_name("buyer in policy.licences", lever.target, [*ground.regions, "others"]))
        if lever.input not in ground.cost_share:
            raise ConfigError(unknown_name("critical input", lever.input, ground.cost_share))
        named = {other.target for other in self.levers if (other.owner, other.input) == (lever.owner, lever.input)}
        others = [r not in named and r != lever.owner for r in ground.regions]
        return np.array(
            others if lever.target == "others" else [r == lever.target for r in ground.regions], dtype=float
        )

    def draft(self, settings: Integers, draft: Draft) -> None:
        for name in self._inputs:
            missing = np.zeros((len(settings), len(self._ground.regions)))
            for column, lever in enumerate(self.levers):
                if lever.input == name:
                    missing += (1 - settings[:, column] / 100)[:, None] * self._users[column]
            delivered = 1 - self._ground.owner_share[name] * missing
            cost_share, rho = self._ground.cost_share[name], draft.substitution[name]
            draft.log_productivity[...] += np.log(quota_productivity(cost_share, delivered, rho, draft.backstop_price))

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
