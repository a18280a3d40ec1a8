"""Add-on tariffs: percentage points on all goods, carried by dated layers with their own exemptions.

t = background + sum over layers l of rate_l * coverage_l. The add-on on China fills the reciprocal layer up to the
universal rate as far as that is in force, then the fentanyl layer up to its rate on the date, then the reciprocal one.
A pair without a dated layer is hit on all goods. Source: data/baseline/tariff_layers.csv.
"""

from __future__ import annotations

import numpy as np

from tariffsim.errors import ConfigError, unknown_name
from tariffsim.instruments.base import INSTRUMENTS, Draft, Ground, Instrument, Integers, Layer, Lever
from tariffsim.scenario.schema import Scenario

OTHERS = "others"


@INSTRUMENTS.register("addon")
class AddonTariff(Instrument):
    """One lever for each pair in `policy.addons`; 'others' is everybody under the layer who is not named."""

    def __init__(self, scenario: Scenario, ground: Ground) -> None:
        self.levers = tuple(
            Lever("addon", importer, exporter, "percentage points")
            for importer, rates in scenario.policy.addons.items()
            for exporter in rates
        )
        self._cells = [self._reach(lever, scenario, ground) for lever in self.levers]

    def _reach(self, lever: Lever, scenario: Scenario, ground: Ground) -> list[tuple[int, int, tuple[Layer, ...]]]:
        for name in (lever.owner, lever.target):
            if name not in ground.regions and name != OTHERS:
                raise ConfigError(unknown_name("region in policy.addons", name, ground.regions))
        named = scenario.policy.addons[lever.owner]
        others = [r for r in ground.regions if r not in named and r != lever.owner]
        n = ground.regions.index(lever.owner)
        cells = []
        for target in others if lever.target == OTHERS else [lever.target]:
            layers = ground.headline_of(lever.owner, target, dated_only=lever.target == OTHERS)
            hit = [i for i in range(len(ground.regions)) if any(layer.coverage[n, i].any() for layer in layers)]
            cells += [(n, i, layers) for i in hit]
        return cells

    def draft(self, settings: Integers, draft: Draft) -> None:
        for column, cells in enumerate(self._cells):
            points = settings[:, column].astype(float)
            for n, i, layers in cells:
                left = points
                for layer in layers:
                    carried = np.minimum(left, 100 * layer.limit)
                    draft.tariffs[:, n, i, :] += (carried / 100)[:, None] * layer.coverage[n, i]
                    left = left - carried

    def opening(self, scenario: Scenario) -> list[int]:
        return [round(scenario.policy.addons[lever.owner][lever.target]) for lever in self.levers]
