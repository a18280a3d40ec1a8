"""Beliefs over the other side's types, moved by what it offers.

b'(type) proportional to b(type) [eps / |O| + (1 - eps) softmax_beta V_type(offer)], O the packages on the table: an
offer is most likely from the type it is worth most to, and eps of all offers are made at random, so that no type is
ever ruled out.
"""

from __future__ import annotations

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import Index


def posterior(belief: Array, values: Array, offers: Index, rationality: float, error: float) -> Array:
    """Belief (W, T) after hearing offers (W, N) from a side that values packages (W, T, Q) by type.

    `rationality` beta is in log odds per unit of value, `error` eps in [0, 1]; -1 is no offer. The order of offers does
    not matter.
    """
    return heard_from(belief, log_likelihood(values, rationality, error), offers)


def log_likelihood(values: Array, rationality: float, error: float) -> Array:
    """Log probability (W, T, Q) of each offer from a side of type t that values packages (W, T, Q) by type."""
    scaled = rationality * (values - values.max(-1, keepdims=True))
    weights = np.exp(scaled)
    likely = error / values.shape[-1] + (1 - error) * weights / weights.sum(-1, keepdims=True)
    return np.asarray(np.log(np.maximum(likely, np.finfo(float).tiny)))


def heard_from(belief: Array, likely: Array, offers: Index) -> Array:
    """Belief (W, T) after hearing offers (W, N), given the log probability (W, T, Q) of each offer by type."""
    total = np.zeros(belief.shape)
    for offer in offers.T:  # one by one: however many silent moments a batch has, each world adds the same numbers
        heard = np.take_along_axis(likely, np.maximum(offer, 0)[:, None, None], axis=-1)[..., 0]
        total += np.where((offer >= 0)[:, None], heard, 0.0)
    updated = belief * np.exp(total - total.max(-1, keepdims=True))
    return np.asarray(updated / updated.sum(-1, keepdims=True))
