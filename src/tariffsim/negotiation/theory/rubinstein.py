"""Alternating offers over a cake of size 1, and what outside options, inside options and breakdown do to them.

An offer is made, and whoever refuses it makes the next one (with two parties: they take turns). In the stationary
equilibrium party i asks X_i and each other party j gets what makes it indifferent between accepting and refusing,
X_i = 1 - sum_{j != i} y_j. Rubinstein 1982, Econometrica 50(1), 97-109; textbook: Muthoo 1999, "Bargaining Theory with
Applications", chapters 3 to 6.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tariffsim.errors import ConfigError
from tariffsim.instruments.base import Array


def proposer_shares(
    delta: npt.ArrayLike, breakdown: npt.ArrayLike = 0.0, fallback: npt.ArrayLike = 0.0, inside: npt.ArrayLike = 0.0
) -> Array:
    """What each of n >= 2 parties gets (..., n) in the stationary equilibrium if it proposes first.

    delta (..., n): discount factors per offer; breakdown (...): probability that a refusal ends the talks, which
    leaves i with fallback (..., n); inside (..., n): present value of what i has for ever while nothing is agreed.
    With p = breakdown, b = fallback, g = inside, a refusal is worth

        y_j = p b_j + (1 - p) [(1 - delta_j) g_j + delta_j X_j],

    linear in X, solved in closed form. With two parties and nothing else it is Rubinstein's
    (1 - delta_j) / (1 - delta_i delta_j). With n alike it is 1 / (1 + (n - 1) delta): the one who refuses proposes
    next (Chatterjee, Dutta, Ray and Sengupta 1993, Review of Economic Studies 60(2), 463-477); for a fixed order of
    turns see `rotating_shares`. With more than two parties other equilibria exist (Osborne and Rubinstein 1990,
    section 3.13). Breakdown: Binmore, Rubinstein and Wolinsky 1986, RAND Journal of Economics 17(2), 176-188;
    delta = 1 is allowed there. Inside options: Muthoo 1999, chapter 6.

    Raises ConfigError if (1 - p) delta isn't in [0, 1) or refusals are worth more than the cake.
    """
    delta, fallback, inside = (np.asarray(x, dtype=np.float64) for x in (delta, fallback, inside))
    p = np.asarray(breakdown, dtype=np.float64)[..., None]
    patience = _discount((1 - p) * delta)
    meanwhile = p * fallback + (1 - p) * (1 - delta) * inside
    left = 1 - (meanwhile / (1 - patience)).sum(-1, keepdims=True)
    if (left < 0).any():
        raise ConfigError("what the parties have without an agreement adds up to more than the cake of 1; lower it.")
    unclaimed = left / (1 + (patience / (1 - patience)).sum(-1, keepdims=True))
    return np.asarray((unclaimed + meanwhile) / (1 - patience))


def rotating_shares(delta: npt.ArrayLike) -> Array:
    """What each of n parties gets (..., n) if it proposes first and all propose in turn, 0, 1, ..., n - 1, 0, ...

    Solves X_i = 1 - sum_k delta_{i+k}^k X_{i+k}, k = 1 ... n - 1: the k-th next proposer waits k offers for its X. With
    n alike 1 / (1 + delta + ... + delta^(n-1)) (Osborne and Rubinstein 1990, "Bargaining and Markets", section 3.13);
    with two it is `proposer_shares`. Raises ConfigError if delta isn't in [0, 1).
    """
    delta = _discount(np.asarray(delta, dtype=np.float64))
    party = np.arange(delta.shape[-1])
    wait = (party - party[:, None]) % len(party)  # offers until the column's party proposes, from the row's
    return np.asarray(np.linalg.solve(delta[..., None, :] ** wait, np.ones((*delta.shape, 1)))[..., 0])


def patient_shares(rates: npt.ArrayLike) -> Array:
    """The limit (..., n) of `proposer_shares` as offers follow one another ever faster: (1/r_i) / sum_j (1/r_j).

    rates (..., n): discount rates, per year or whatever, > 0 (ConfigError). With two parties r_j / (r_i + r_j).
    """
    rates = np.asarray(rates, dtype=np.float64)
    if not (rates > 0).all():
        raise ConfigError(f"discount rates must be above 0, got {rates.min():g}.")
    return np.asarray((1 / rates) / (1 / rates).sum(-1, keepdims=True))


def outside_option_shares(delta: npt.ArrayLike, outside: npt.ArrayLike) -> Array:
    """What each of two parties gets (..., 2) if it proposes first and the *responder* may leave after refusing.

    delta (..., 2); outside (..., 2): what a party has if the talks are left. y_j = max(w_j, delta_j (1 - y_i)) has the
    solution

        y_j = max(w_j, min(delta_j (1 - w_i), delta_j (1 - delta_i) / (1 - delta_i delta_j))),  X_i = 1 - y_j:

    an option below what the responder gets anyway changes nothing, one above is met exactly (outside option principle:
    Binmore, Shaked and Sutton 1989, Quarterly Journal of Economics 104(4), 753-770). Were either party free to leave
    after any refusal, there would be many equilibria (Ponsati and Sakovics 1998, Economic Theory 11, 667-672).

    Raises ConfigError unless delta is in [0, 1) and the two options together are at most 1.
    """
    delta, outside = _discount(np.asarray(delta, dtype=np.float64)), np.asarray(outside, dtype=np.float64)
    if (outside.sum(-1) > 1).any():
        raise ConfigError("the outside options add up to more than the cake of 1: nobody would stay.")
    unbound = delta * (1 - delta[..., ::-1]) / (1 - delta.prod(-1, keepdims=True))
    accepted = np.maximum(outside, np.minimum(delta * (1 - outside[..., ::-1]), unbound))
    return np.asarray(1 - accepted[..., ::-1])


def deadline_shares(delta: npt.ArrayLike, offers: int) -> Array:
    """What each of two parties gets (..., 2) if it makes the first of `offers` offers and nothing follows the last.

    X_i(1) = 1, X_i(T) = 1 - delta_j X_j(T - 1); tends to `proposer_shares` (Stahl 1972, "Bargaining Theory").
    Raises ConfigError if offers < 1.
    """
    if offers < 1:
        raise ConfigError(f"offers must be at least 1, got {offers}.")
    delta = np.asarray(delta, dtype=np.float64)
    shares = np.ones_like(delta)
    for _ in range(offers - 1):
        shares = 1 - (delta * shares)[..., ::-1]
    return np.asarray(shares)


def _discount(delta: Array) -> Array:
    if not ((delta >= 0) & (delta < 1)).all():
        raise ConfigError(
            "discount factors per offer, after breakdown, must be in [0, 1), "
            f"got {delta.min():g} to {delta.max():g}; without cost of delay there's no unique equilibrium."
        )
    return delta
