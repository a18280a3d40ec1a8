"""A war on paper: payoffs linear or peaked in two add-ons, and rules with their parameters from the configuration."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from tariffsim.negotiation.escalating import ESCALATIONS, Escalation, GovernmentRule, MiddleType
from tariffsim.negotiation.markets import Market
from tariffsim.negotiation.war_path import Theatre
from tariffsim.scenario.loading import load_scenario
from tariffsim.scenario.reading import read

CALM = Market(sensitivity=0.0, anticipation=0.0, threshold=0.0, half_life=1.0)
NERVOUS = Market(sensitivity=100.0, anticipation=0.0, threshold=0.0, half_life=1.0)


@dataclass(frozen=True)
class Paper:
    """G = own * a + other * b + peak * (a - best - slope b)^2 for a side whose add-on is a and the other's b, at both
    horizons the same; real income is what the other's add-on does. Coefficients by side."""

    own: tuple[float, float] = (0.0, 0.0)
    other: tuple[float, float] = (0.0, 0.0)
    peak: tuple[float, float] = (0.0, 0.0)
    best: tuple[float, float] = (0.0, 0.0)
    slope: tuple[float, float] = (0.0, 0.0)

    def flows(self, side: int, addons: np.ndarray) -> np.ndarray:
        a, b = addons[..., side], addons[..., 1 - side]
        peaked = self.peak[side] * (a - self.best[side] - self.slope[side] * b) ** 2
        return np.repeat((self.own[side] * a + self.other[side] * b + peaked)[..., None], 2, axis=-1)

    def income(self, side: int, addons: np.ndarray) -> np.ndarray:
        return np.repeat((self.other[side] * addons[..., 1 - side])[..., None], 2, axis=-1)

    def swapped(self) -> Paper:
        """The same war with the parties relabelled."""
        return Paper(*(getattr(self, name)[::-1] for name in self.__dataclass_fields__))


def theatre(paper: Paper | None = None, end: float = 1.0) -> Theatre:
    """One week a tick; with a discount rate of ln 2 a flow for the one year is worth .5 / ln 2 = .7213 of it."""
    return Theatre(paper or Paper(), weeks=1.0, end=end, adjustment_years=5.0)


def bounded(
    rule: Escalation,
    ceiling: float = 145,
    floor: float = 10,
    step: int = 1,
    uniform: float = 0.5,
    market: Market = CALM,
    discount: float = 0.2,
) -> GovernmentRule:
    return GovernmentRule(rule, ceiling, step, floor, MiddleType(discount, 0.0, market, uniform))


@cache
def configured(name: str) -> Escalation:
    """A rule with the parameters of `conf/escalation`."""
    return read(ESCALATIONS.get(name), load_scenario().escalations[name])
