"""What governments want, and how one of them sees both: its own tastes, and the other's by type."""

from __future__ import annotations

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

    def views(self) -> View:
        """Tastes (W * T,) of the first and the second party, world-major, for each type the other may be of."""
        count = len(self.others)
        own = Tastes(*(np.repeat(getattr(self.own, name), count) for name in TRAITS))
        other = Tastes(*(np.stack([getattr(o, name) for o in self.others], axis=-1).reshape(-1) for name in TRAITS))
        return (own, other) if self.side == 0 else (other, own)

    def seen(self, values: tuple[Array, Array]) -> Seen:
        """Values (W * T,) to both parties, one for each of the `views`, as this side sums them up."""
        by_type = [side.reshape(self.belief.shape) for side in values]
        return Seen(self.expected(by_type[self.side]), by_type[1 - self.side])

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
TRAITS = tuple(field.name for field in fields(Tastes))
