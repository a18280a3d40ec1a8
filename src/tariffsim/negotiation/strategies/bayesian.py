"""Bayesian: the offer with the best expected gain, given what it believes about the other side's type.

max over x with g(x) >= 0 of P_0(x) g(x) + (1 - P_0(x)) C, with g the own gain over disagreement and P_k(x) the
probability, by its belief over types, that x is accepted k offers from now. A type is expected to accept what is worth
D + (1 - s^(1/beta)) (V_max - D) to it, s being the share of the window that has passed at the offer after: a
time-dependent concession, linear for beta = 1 as in Hindriks and Tykhonov 2008. Waiting is worth C = max over x and
k >= 1 of delta^k P_k(x) g(x), one firm offer at the best moment before the deadline. Where nothing is better than
waiting it names what it waits for. It accepts g(x) >= C. The belief is the one of its sight, which moves with what
the other offers (`tariffsim.negotiation.beliefs`): by Bayes' rule, as Bazaar's does (Zeng and Sycara 1998), but with
its own likelihood. That of Hindriks and Tykhonov is a normal density around the utility that a linear concession would
have reached by then; ours is a logit in the types' values, whatever the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import (
    NO_OFFER,
    STRATEGIES,
    Drawn,
    Flags,
    Index,
    OfferStrategy,
    TalkSight,
    value_of,
)
from tariffsim.scenario.reading import spec


@STRATEGIES.register("bayesian")
@dataclass(frozen=True)
class Bayesian(OfferStrategy):
    """Best response to the belief over types."""

    sees: ClassVar[tuple[str, ...]] = (
        "own",
        "reservation",
        "discount",
        "types",
        "types_reservation",
        "belief",
        "time",
        "offers_left",
    )
    stochastic: ClassVar[bool] = False
    source: ClassVar[str] = (
        "Zeng, Sycara 1998, International Journal of Human-Computer Studies 48(1), 125-141 (Bazaar); "
        "Hindriks, Tykhonov 2008, AAMAS 2008, 331-338"
    )

    exponent: Drawn = spec("beta of the concession that types are believed to make", low=0.01, high=100)

    def propose(self, sight: TalkSight) -> Index:
        """The package of the best expected gain, or the one worth waiting for."""
        gains, ready = self._outlook(sight)
        return np.stack([_offer(sight, gains, ready, b) for b in range(sight.time.shape[1])], axis=-1)

    def accepts(self, sight: TalkSight, offer: Index) -> Flags:
        """What gains at least as much as waiting."""
        gains, ready = self._outlook(sight)
        waiting = [_later(sight, gains, _offers_until(ready, sight, b), b).max(-1) for b in range(sight.time.shape[1])]
        return np.asarray(value_of(gains, offer) >= np.maximum(np.stack(waiting, axis=-1), 0.0))

    def _outlook(self, sight: TalkSight) -> tuple[Array, Array]:
        """Own gains (W, Q), and the share (W, T, Q) of the window after which each type accepts; inf if never."""
        gains, theirs = sight.own - sight.reservation[:, None], sight.types - sight.types_reservation[..., None]
        best = np.where((gains >= 0)[:, None], theirs, -np.inf).max(-1)[..., None]
        held = np.ones(theirs.shape)
        np.divide(theirs, best, out=held, where=best > 0)
        beta = np.asarray(self.exponent, dtype=np.float64).reshape(-1, 1, 1)
        return gains, np.where(theirs >= 0, (1 - np.clip(held, 0.0, 1.0)) ** beta, np.inf)


def _offers_until(ready: Array, sight: TalkSight, moment: int) -> Array:
    """Offers (W, T, Q) from this moment until each type accepts, 0 being this one, if they follow evenly; inf if never.

    Whoever answers offer k looks at the share of the window that has passed at offer k + 1.
    """
    passed = sight.time[:, moment, None, None]
    left = np.where(passed < 1, 1 - passed, 1.0)
    share = (ready - passed) / left
    return np.asarray(np.maximum(np.ceil(share * sight.offers_left[:, moment, None, None]) - 1, 0.0))


def _accepted(belief: Array, wait: Array, by: Array | float) -> Array:
    """Probability (W, Q) that a package is accepted once `by` (W, Q) offers have passed."""
    found = np.zeros((len(wait), wait.shape[-1]))
    for kind in range(wait.shape[1]):
        found += belief[:, kind, None] * (wait[:, kind] <= by)
    return found


def _later(sight: TalkSight, gains: Array, wait: Array, moment: int) -> Array:
    """Most that each package (W, Q) can be expected to gain at a later offer: when some type has come round to it."""
    best = np.zeros(gains.shape)
    for kind in range(wait.shape[1]):
        when = np.maximum(wait[:, kind], 1.0)
        possible = when < sight.offers_left[:, moment, None]
        when = np.where(possible, when, 1.0)
        chance = _accepted(sight.belief, wait, when) * sight.discount[:, None] ** when
        best = np.maximum(best, np.where(possible, chance * gains, 0.0))
    return best


def _offer(sight: TalkSight, gains: Array, ready: Array, moment: int) -> Index:
    """Package (W,) to propose at one moment."""
    wait = _offers_until(ready, sight, moment)
    later = _later(sight, gains, wait, moment)
    waiting = later.max(-1)
    better = _accepted(sight.belief, wait, 0.0) * (gains - waiting[:, None])
    hoped = np.where(waiting > 0, later.argmax(-1), NO_OFFER)
    return np.where(better.max(-1) > 0, better.argmax(-1), hoped)
