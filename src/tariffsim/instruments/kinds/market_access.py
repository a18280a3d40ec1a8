"""Market access: a government lowers its own ordinary tariffs on one exporter by a share of their level.

t falls by cut * MFN or preferential tariff; layers stay. The lever is the cut in percent.
"""

from __future__ import annotations

from tariffsim.instruments.base import INSTRUMENTS, Draft, Ground, Instrument, Integers, Lever
from tariffsim.scenario.schema import Scenario


@INSTRUMENTS.register("access")
class MarketAccess(Instrument):
    """Levers for what partners may concede to the sender of a letter, and exchange with whom they hedge."""

    def __init__(self, scenario: Scenario, ground: Ground) -> None:
        partners = scenario.partners
        pairs = [(p, partners.sender) for p in partners.letters]
        pairs += [(p, partners.hedge_with) for p in partners.letters] + [
            (partners.hedge_with, p) for p in partners.letters
        ]
        self.levers = tuple(Lever("access", owner, target, "percent of own tariff") for owner, target in pairs)
        self._cells = [(ground.regions.index(a), ground.regions.index(b)) for a, b in pairs]
        self._mfn = ground.mfn

    def draft(self, settings: Integers, draft: Draft) -> None:
        for column, (n, i) in enumerate(self._cells):
            draft.tariffs[:, n, i, :] -= (settings[:, column] / 100.0)[:, None] * self._mfn[n, i]

    def opening(self, scenario: Scenario) -> list[int]:
        return [0] * len(self.levers)
