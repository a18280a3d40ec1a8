"""Escalation rules: how a government that is not bound by a truce moves its add-on on the other side.

A rule is one file in `tariffsim.negotiation.escalation`; it declares what it sees, whether it is stochastic, and
its source. It returns a wish, up or down; floor, ceiling and the whole-point grid are applied here, once. What is
costly to know is worked out only for rules that name it in `sees`, and is zero for the others.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol, Self

import numpy as np
import numpy.typing as npt

from tariffsim.instruments.base import Array
from tariffsim.negotiation.markets import Market
from tariffsim.registry import Registry

ESCALATIONS: Registry[Escalation] = Registry("escalation rule", "tariffsim.negotiation.escalation")
HORIZONS = ("short", "long")
NOW, WIN, LOSE = range(3)  # positions in the stakes of a war


@dataclass(frozen=True)
class EscalationSight:
    """What a government may know when it moves, for W worlds; add-ons in percentage points.

    own_addon, other_addon (W,): in force; other_rise (W,): rise of the other's add-on since it last looked, negative
    for a cut; provoked (W,): whether the other's add-on has risen since no truce has bound the two; weeks (W,): since
    then; floor, other_floor (W,): lowest add-ons the sides go down to on their own; ceiling (W,): highest own one;
    stress (W,): fall of the own stock market in percent; uniform (W,): a draw in (0, 1), one per world;
    other_discount (W,): the other's discount rate per year, as believed.

    Costly: levels (W, C): own add-ons that are weighed; level_payoffs (W, C, 2): own payoff flow by horizon under each,
    the other's add-on as it is; own_stakes, other_stakes (W, 3, 2): payoff flow of each side, the other's as believed,
    [now | if its opponent goes down to its floor | if it does so itself] by horizon. Flows in percent of GDP a year.
    """

    own_addon: Array
    other_addon: Array
    other_rise: Array
    provoked: npt.NDArray[np.bool_]
    weeks: Array
    floor: Array
    other_floor: Array
    ceiling: Array
    stress: Array
    uniform: Array
    other_discount: Array
    levels: Array
    level_payoffs: Array
    own_stakes: Array
    other_stakes: Array

    @classmethod
    def blank(cls, worlds: int) -> Self:
        """A sight in which nothing is known of W worlds: zeros, one level."""
        shapes = {"levels": (1,), "level_payoffs": (1, 2), "own_stakes": (3, 2), "other_stakes": (3, 2)}
        names = [name for name in cls.__dataclass_fields__ if name != "provoked"]
        return cls(
            provoked=np.zeros(worlds, dtype=bool),
            **{name: np.zeros((worlds, *shapes.get(name, ()))) for name in names},
        )


class Forecast(Protocol):
    """What pairs of add-ons would bring, everything else as it is; add-ons (W, C, 2) of the mover's pair."""

    def flows(self, side: int, addons: Array) -> Array:
        """Payoff flow (W, C, 2) of a side by horizon, percent of GDP a year."""
        ...

    def income(self, side: int, addons: Array) -> Array:
        """100 ln of real income (W, C, 2) of a side by horizon."""
        ...


class Escalation(ABC):
    """A rule for unilateral moves."""

    sees: ClassVar[tuple[str, ...]]
    stochastic: ClassVar[bool]
    source: ClassVar[str]

    @abstractmethod
    def wish(self, sight: EscalationSight) -> Array:
        """Change of the own add-on (W,) in percentage points; below 0 is a cut."""

    def levels_between(self, floor: float, ceiling: float) -> Array:
        """Own add-ons (C,) the rule weighs against one another; only those that see `levels` do."""
        return np.array([floor, ceiling])


@dataclass(frozen=True)
class MiddleType:
    """What others believe of a government, the middle of each distribution: discount rate per year, revenue premium,
    its stock market, its draw in (0, 1). War paths are walked by middle types."""

    discount: float
    revenue_premium: float
    market: Market
    uniform: float = 0.5  # the median


@dataclass(frozen=True)
class GovernmentRule:
    """A rule with its government's floor and ceiling, the grid of add-ons, and the government's middle type."""

    rule: Escalation
    ceiling: float
    step: int
    floor: float
    middle: MiddleType

    def sees(self, *names: str) -> bool:
        """Whether the rule reads any of these."""
        return any(name in self.rule.sees for name in names)

    def informed(self, sight: EscalationSight, side: int, other: GovernmentRule, forecast: Forecast) -> EscalationSight:
        """The sight of `side` with its bounds and, where the rule asks for it, what `forecast` says."""
        worlds = len(sight.own_addon)
        found = replace(
            sight,
            floor=np.full(worlds, self.floor),
            other_floor=np.full(worlds, other.floor),
            ceiling=np.full(worlds, self.ceiling),
            other_discount=np.full(worlds, other.middle.discount),
        )
        if self.sees("levels", "level_payoffs"):
            found = self._with_levels(found, side, forecast)
        if self.sees("own_stakes", "other_stakes"):
            found = _with_stakes(found, side, forecast)
        return found

    def _with_levels(self, sight: EscalationSight, side: int, forecast: Forecast) -> EscalationSight:
        levels = np.round(self.rule.levels_between(self.floor, self.ceiling) / self.step) * self.step
        own = np.repeat(np.clip(levels, self.floor, self.ceiling)[None, :], len(sight.own_addon), axis=0)
        payoffs = forecast.flows(side, _paired(side, own, np.repeat(sight.other_addon[:, None], own.shape[1], axis=1)))
        return replace(sight, levels=own, level_payoffs=payoffs)

    def rise(self, sight: EscalationSight) -> Array:
        """Change (W,) in percentage points on the grid: never up beyond the ceiling nor down beyond the floor, and an
        add-on outside the two is not forced back."""
        wish = np.round(self.rule.wish(sight) / self.step) * self.step
        lowest = np.minimum(0.0, self.floor - sight.own_addon)
        highest = np.maximum(0.0, self.ceiling - sight.own_addon)
        return np.asarray(np.clip(wish, lowest, highest))


def _with_stakes(sight: EscalationSight, side: int, forecast: Forecast) -> EscalationSight:
    mine, theirs = sight.own_addon, sight.other_addon
    own = np.stack([mine, mine, np.minimum(mine, sight.floor)], axis=-1)
    other = np.stack([theirs, np.minimum(theirs, sight.other_floor), theirs], axis=-1)
    pairs = _paired(side, own, other)
    turned = [NOW, LOSE, WIN]  # where one side gives in, the other wins
    return replace(
        sight, own_stakes=forecast.flows(side, pairs), other_stakes=forecast.flows(1 - side, pairs[:, turned])
    )


def _paired(side: int, own: Array, other: Array) -> Array:
    """Add-ons (W, C, 2) in the order of the pair."""
    return np.stack([own, other] if side == 0 else [other, own], axis=-1)
