"""Alternating offers over a finite table of packages, solved exactly by backward induction, for many worlds at once.

Ties: the responder accepts when indifferent; the proposer agrees when indifferent, and offers, among the packages that
the responder accepts, the one best for itself, then best for the responder, then of lowest index. What is offered is
therefore always in the negotiation set, and the search is along that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tariffsim.errors import ConfigError
from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import NO_OFFER, Flags, Index
from tariffsim.negotiation.theory.negotiation_set import (
    NegotiationSet,
    checked_side,
    checked_table,
    negotiation_set,
    spread,
)


@dataclass(frozen=True)
class SubgamePerfect:
    """What is played after every history without agreement.

    package (..., T): what is proposed, and accepted, at each offer; NO_OFFER where nothing is that both prefer to a
    refusal. value (..., T + 1, 2): what the talks are worth to each side as an offer is about to be made; the last
    entry is the disagreement point.
    """

    package: Index
    value: Array


@dataclass(frozen=True)
class Stationary:
    """Proposals that are right at every offer because the same ones follow.

    package (..., 2): what each side proposes, or NO_OFFER; value (..., 2, 2): [who proposes, to whom]; settled (...):
    whether the proposals are an equilibrium. They may be none, and then they are those of a long game, only where an
    outside option leaves a side worse off than disagreement.
    """

    package: Index
    value: Array
    settled: Flags


@dataclass(frozen=True)
class _Game:
    """One offer: what can be agreed, discount factors (2, W), and gains from leaving (2, W) or None."""

    table: NegotiationSet
    discount: Array
    outside: Array | None

    def offer(self, side: Index, ahead: Array) -> tuple[Index, Array]:
        """Package (W,) that `side` (W,) proposes, and gains (2, W), when a refusal leads to gains `ahead` (2, W)."""
        world, gains = np.arange(len(side)), self.table.gains
        refused = self.discount * ahead
        if self.outside is not None:
            leaves = self.outside[1 - side, world] > refused[1 - side, world]
            refused = np.where(leaves, self.outside, refused)
        wanted = refused[1 - side, world]
        first, last = (gains[1] >= wanted[:, None]).argmax(-1), (gains[0] >= wanted[:, None]).sum(-1) - 1
        place = np.where(side == 0, first, last)
        reached = gains[:, world, place]
        agreed = (reached >= refused).all(0)
        return np.where(agreed, self.table.package[world, place], NO_OFFER), np.where(agreed, reached, refused)


def backward_induction(
    u: npt.ArrayLike,
    d: npt.ArrayLike,
    delta: npt.ArrayLike,
    offers: int,
    first: npt.ArrayLike,
    outside: npt.ArrayLike | None = None,
) -> SubgamePerfect:
    """Subgame-perfect play of `offers` alternating offers over a table of packages (`SubgamePerfect`).

    u (..., Q, 2): value of each package to each side; d (..., 2): the disagreement point; delta (..., 2): discount
    factor per offer, in [0, 1]; first (...): side that makes the first offer, 0 or 1; outside (..., 2): what both have
    if the responder leaves after refusing. A refusal is worth

        d_i + delta_i (V_i - d_i),

    V_i the value of the next offer, d_i after the last: gains over d wait. d may be what i has while nothing is agreed
    (an inside option), or delta the probability that talks go on and d where they break down (Binmore, Rubinstein and
    Wolinsky 1986); d = 0 is plain discounting. The responder leaves where its outside option is worth more. Ties: see
    the module.

    Raises ConfigError if offers < 1, delta isn't in [0, 1], first is no side or the shapes don't fit.
    """
    if offers < 1:
        raise ConfigError(f"offers must be at least 1, got {offers}.")
    u, d = checked_table(u, d)
    side, game = checked_side(first, u.shape[:-2], "first"), _game(u, d, delta, outside)
    package = np.empty((len(side), offers), dtype=np.int64)
    gains = np.zeros((len(side), offers + 1, 2))
    for t in reversed(range(offers)):
        package[:, t], ahead = game.offer((side + t) % 2, gains[:, t + 1].T)
        gains[:, t] = ahead.T
    end = np.full((len(side), 1), NO_OFFER)
    return SubgamePerfect(
        package.reshape(*u.shape[:-2], offers), _values(u, d, np.concatenate([package, end], axis=1), gains)
    )


def stationary(
    u: npt.ArrayLike,
    d: npt.ArrayLike,
    delta: npt.ArrayLike,
    favours: npt.ArrayLike = 0,
    outside: npt.ArrayLike | None = None,
) -> Stationary:
    """The stationary equilibrium best for one side (`Stationary`); arrays as in `backward_induction`.

    It is what backward induction settles down to when the side `favours` (...), 0 or 1, makes the last of many offers.
    What a side can ask falls as the other's next demand rises, so two offers back its demand moves the same way as its
    next one; starting from the most it could ever have, demands fall until they repeat, after at most as many rounds as
    there are packages (Tarski 1955, Pacific Journal of Mathematics 5(2), 285-309: the largest fixed point).

    On a finite table there may be several equilibria, from the one that favours side 0 to the one that favours 1; with
    a smallest unit of money and little cost of delay, every division (van Damme, Selten and Winter 1990, Games and
    Economic Behavior 2(2), 188-201). Who makes the last offer then matters however far away it is.
    """
    u, d = checked_table(u, d)
    last, game = checked_side(favours, u.shape[:-2], "favours"), _game(u, d, delta, outside)
    own, demand = game.offer(last, np.zeros_like(game.discount))
    reply, settled = own, np.zeros(len(last), dtype=bool)
    answer = demand
    for _ in range(u.shape[-2] + 1):
        reply, answer = game.offer(1 - last, demand)
        package, again = game.offer(last, answer)
        settled = (again == demand).all(0) & (package == own)
        own, demand = package, again
        if settled.all():
            break
    first_is_last = last == 0
    package = np.where(first_is_last, (own, reply), (reply, own)).T
    gains = np.where(first_is_last, (demand, answer), (answer, demand))
    return Stationary(
        package.reshape(*u.shape[:-2], 2),
        _values(u, d, package, gains.transpose(2, 0, 1)),
        settled.reshape(u.shape[:-2]),
    )


def _game(u: Array, d: Array, delta: npt.ArrayLike, outside: npt.ArrayLike | None) -> _Game:
    """The game of a table, worlds flattened."""
    batch = u.shape[:-2]
    discount = spread(delta, batch, "delta").reshape(-1, 2)
    if not ((discount >= 0) & (discount <= 1)).all():
        raise ConfigError(f"discount factors per offer must be in [0, 1], got {np.min(delta):g} to {np.max(delta):g}.")
    gains = (u - d[..., None, :]).reshape(-1, *u.shape[-2:])
    if outside is None:
        return _Game(negotiation_set(gains), discount.T, None)
    leaving = (spread(outside, batch, "outside") - d).reshape(-1, 2)
    return _Game(negotiation_set(gains, np.minimum(leaving, 0.0)), discount.T, leaving.T)


def _values(u: Array, d: Array, package: Index, gains: Array) -> Array:
    """Values (..., K, 2) of packages (W, K): the table's own figure where there is agreement, d + gains elsewhere."""
    agreed = np.take_along_axis(u.reshape(-1, *u.shape[-2:]), np.maximum(package, 0)[..., None], axis=1)
    values = np.where((package != NO_OFFER)[..., None], agreed, d.reshape(-1, 1, 2) + gains)
    return values.reshape(*u.shape[:-2], *values.shape[1:])
