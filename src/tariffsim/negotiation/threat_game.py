"""Whether to threaten: the two by two game of threats that comes before the talks.

What a pair of threats is worth to a side is what it gets from the bargain struck over the disagreement point that those
threats bring (Nash 1953, Econometrica 21(1), 128-140). A party that doesn't gain by a threat keeps silent.
"""

from __future__ import annotations

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import Flags, Index


def threats(payoff: Array, allowed: Flags, opener: Index, uniform: Array) -> Flags:
    """Whether (W, 2) each side threatens: an equilibrium of the game in which both decide at once.

    payoff (W, 2, 2, 2): to each side, by whether the first and whether the second threatens; allowed (W, 2, 2): whether
    each side may keep silent, and may threaten; opener (W,): who makes the first offer; uniform (W, 2): draws.

    Of several pure equilibria the one with the fewest threats is played; where either side's threat alone is one, the
    opener's. Where there is none each threatens with the probability that leaves the other indifferent (Nash 1951,
    Annals of Mathematics 54(2), 286-295). Payoffs of acts that are not allowed are ignored.
    """
    worlds, chosen = np.arange(len(payoff)), np.zeros((len(payoff), 2), dtype=bool)
    settled = np.zeros(len(payoff), dtype=bool)
    alone = np.stack([opener == 0, opener == 1], axis=-1)
    for acts in (np.zeros_like(alone), alone, ~alone, np.ones_like(alone)):
        here = _equilibrium(payoff, allowed, acts.astype(np.int64), worlds) & ~settled
        chosen, settled = np.where(here[:, None], acts, chosen), settled | here
    return np.where(settled[:, None], chosen, uniform < _mixed(payoff, ~settled))


def _equilibrium(payoff: Array, allowed: Flags, acts: Index, worlds: Index) -> Flags:
    """Whether (W,) acts (W, 2) are allowed, and neither side gains by its other one."""
    found = np.ones(len(worlds), dtype=bool)
    for side in range(2):
        other = acts.copy()
        other[:, side] = 1 - acts[:, side]
        now, then = (payoff[worlds, side, a[:, 0], a[:, 1]] for a in (acts, other))
        free = allowed[worlds, side, other[:, side]]
        found &= allowed[worlds, side, acts[:, side]] & (~free | (now >= then))
    return found


def _mixed(payoff: Array, where: Flags) -> Array:
    """Probability (W, 2) that each side threatens in the equilibrium in mixed acts, 0 but in worlds `where` (W,).

    The other is indifferent if p (silent - threat | threat) = (1 - p) (threat - silent | silence), where its acts
    are compared given the act of this side.
    """
    found = []
    for side in range(2):
        theirs = payoff[:, 1] if side == 0 else payoff[:, 0].swapaxes(1, 2)  # (W, act of this side, of the other)
        met, unmet = theirs[:, 1, 0] - theirs[:, 1, 1], theirs[:, 0, 1] - theirs[:, 0, 0]
        found.append(np.where(where, unmet, 0.0) / np.where(where, met + unmet, 1.0))
    return np.stack(found, axis=-1)
