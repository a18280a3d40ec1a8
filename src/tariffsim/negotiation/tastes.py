"""What governments want, and how one of them sees both: its own tastes, and the other's by type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.payoffs import Index


@dataclass(frozen=True)
class Tastes:
    """What a side wants, for W worlds: discount per year, revenue premium, control_value (percent of GDP per year),
    audience_cost (percent of GDP x years per point), pain (kappa: percent of GDP per year per percent by which the
    stock market is down)."""

    discount: Array
    revenue_premium: Array
    control_value: Array
    audience_cost: Array
    pain: Array

    def of(self, where: Index) -> Tastes:
        """The same for some worlds."""
        return Tastes(**{field.name: getattr(self, field.name)[where] for field in fields(self)})


@dataclass(frozen=True)
class Outlook:
    """How one side sees both, in W worlds: its own tastes, the other's if it is of each of T types, and belief (W, T).

    It supposes that the other knows what it is itself: beliefs about beliefs are not modelled.
    """

    side: int
    own: Tastes
    others: tuple[Tastes, ...]
    belief: Array

    def pairs(self) -> list[View]:
        """Tastes of the first and the second party, for each type the other may be of."""
        return [(self.own, other) if self.side == 0 else (other, self.own) for other in self.others]

    def seen(self, pairs: Sequence[tuple[Array, Array]]) -> Seen:
        """Values (W, ...) to both parties by the other's type, as this side sums them up."""
        own = sum((self._chance(t, pair[self.side]) for t, pair in enumerate(pairs)), start=np.zeros(1))
        return Seen(np.asarray(own), np.stack([pair[1 - self.side] for pair in pairs], axis=1))

    def expected(self, by_type: Array) -> Array:
        """Expectation (W, ...) over the other's types of values (W, T, ...)."""
        terms = (self._chance(t, by_type[:, t]) for t in range(by_type.shape[1]))
        return np.asarray(sum(terms, start=np.zeros(1)))

    def _chance(self, t: int, values: Array) -> Array:
        return np.asarray(self.belief[:, t].reshape(-1, *[1] * (values.ndim - 1)) * values)


@dataclass(frozen=True)
class Seen:
    """Values to oneself (W, ...), expected over the other's types, and to the other by its type (W, T, ...)."""

    own: Array
    other: Array


View = tuple[Tastes, Tastes]  # of the first and the second party
