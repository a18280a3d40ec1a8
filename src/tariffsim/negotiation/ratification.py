"""Ratification: which packages pass at home, by legal form, domestic support and quota.

s(x) = sum_g v_g logistic((u_g(x) - u_g(d)) / s_g);   P(x) = logistic((s(x) - quota) / width)

The packages that would pass are the win-set of Putnam 1988 (International Organization 42, 427-460). Group g counts
v_g, and its members differ in what else they care about with spread s_g (probabilistic voting: Lindbeck and Weibull
1987, Public Choice 52, 273-297). The width is what negotiators don't know about the count of votes.

Worlds lead; Q packages and the groups are the last axes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tariffsim.errors import ConfigError, unknown_name
from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import Flags
from tariffsim.scenario.domestic import FORMS

_SUM_OF_WEIGHTS = 1e-9


@dataclass(frozen=True)
class Electorate:
    """Domestic groups: `weights` (..., groups) add up to 1; `spread` (..., groups) in percent of real income.

    Raises:
        ConfigError: negative weights, weights that don't add up to 1, or a spread that is not above 0.
    """

    weights: Array
    spread: Array

    def __post_init__(self) -> None:
        total = self.weights.sum(-1)
        if (self.weights < 0).any() or (np.abs(total - 1) > _SUM_OF_WEIGHTS).any():
            came = f"weights of groups from {self.weights.min():g} that add up to {total.min():.9g}"
            raise ConfigError(f"{came}; allowed: none below 0, sum 1. Try dividing them by their sum.")
        if (self.spread <= 0).any():
            raise ConfigError(f"spread {self.spread.min():g} of a group; allowed: above 0, percent of real income.")


@dataclass(frozen=True)
class Procedure:
    """How one government ratifies.

    form: 'executive' binds without a vote; 'statute' binds without a vote within what a law in force allows, beyond it
    the legislature votes; 'legislature' always votes. quota (...): support needed, share of the weights. width (...):
    of the probability that a package passes, in the same unit. days (...): from signature to force.

    Raises:
        ConfigError: unknown form, quota outside [0, 1], or a width that is not above 0.
    """

    form: str
    quota: Array
    width: Array
    days: Array

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise ConfigError(unknown_name("legal form", self.form, FORMS))
        if not ((self.quota >= 0) & (self.quota <= 1)).all():
            came = f"quota from {self.quota.min():g} to {self.quota.max():g}"
            raise ConfigError(f"{came}; allowed: 0 to 1, a share of the groups' weights.")
        if not (self.width > 0).all():
            raise ConfigError(f"width {self.width.min():g} of the vote; allowed: above 0. Try 0.05.")

    def votes(self, within: Flags) -> Flags:
        """Packages (..., Q) that need a vote; only 'statute' looks at `within` (..., Q), what the law allows."""
        if self.form == "statute":
            return ~within
        return np.full_like(within, self.form == "legislature")


def logistic(x: Array) -> Array:
    """1 / (1 + exp(-x)) without overflow."""
    return np.asarray(np.exp(-np.logaddexp(0.0, -x)))


def support(change: Array, disagreement: Array, electorate: Electorate) -> Array:
    """Share (..., Q) of the electorate for each package.

    change (..., Q, groups): percent change of each group's real income under the package; disagreement (..., groups):
    without a deal. Half of a group that is indifferent is for it.
    """
    gain = (change - disagreement[..., None, :]) / electorate.spread[..., None, :]
    return np.asarray((electorate.weights[..., None, :] * logistic(gain)).sum(-1))


def probability(support: Array, procedure: Procedure, within: Flags) -> Array:
    """Probability (..., Q) that each package is ratified; 1 where no vote is needed (see `Procedure.votes`)."""
    margin = (support - procedure.quota[..., None]) / procedure.width[..., None]
    return np.where(procedure.votes(within), logistic(margin), 1.0)


def win_set(support: Array, procedure: Procedure, within: Flags) -> Flags:
    """Packages (..., Q) that are more likely to pass than not: support of at least the quota, or no vote."""
    return np.asarray(~procedure.votes(within) | (support >= procedure.quota[..., None]))


def passes(probability: Array, uniform: Array) -> Flags:
    """Whether the signed package is ratified: its probability (...) against a uniform draw (...) from [0, 1)."""
    return np.asarray(uniform < probability)
