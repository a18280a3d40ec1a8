"""Monitoring: is whoever delivers too little unable or unwilling?

y_t = delivery_t + noise, normal with standard deviation sigma. Two groups of hypotheses, each a delivery path:
unable     min(promised, capacity_t), which lets everything go that its office can handle;
unwilling  min(c promised, capacity_t) with a compliance c below 1;
capacity_{t+1} = capacity_t + kappa (most - capacity_t), from a public prior over (capacity, kappa, most).
Bayes' rule over the finite set gives Pr(unwilling | y_1 .. y_t). A breach is called when that exceeds a threshold and
the shortfall a tolerance, so a slow office is not taken for bad faith: Chayes and Chayes 1993 (International
Organization 47, 175-205) argue that problems of compliance are very often not deliberate.

Worlds lead; H hypotheses are the last axis.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tariffsim.economy.delivery import grow
from tariffsim.errors import ConfigError
from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import Flags
from tariffsim.negotiation.compliance import delivery

LEAST_NOISE = 1e-9


@dataclass(frozen=True)
class Capacities:
    """Public prior over C capacity paths: start, kappa per period, most, weight, all (..., C); weights are relative."""

    start: Array
    kappa: Array
    most: Array
    weight: Array


@dataclass(frozen=True)
class Belief:
    """Weights over H hypotheses now; a pure value, `observe` and `advance` return the next.

    log_weight (..., H): up to a constant per world, -inf is impossible. capacity (..., H): what each hypothesis expects
    the office to handle this period. compliance, kappa, most (..., H): its parameters. unwilling (H,): its group.
    """

    log_weight: Array
    capacity: Array
    compliance: Array
    kappa: Array
    most: Array
    unwilling: Flags

    @property
    def weights(self) -> Array:
        """Probabilities (..., H) of the hypotheses."""
        weight = np.exp(self.log_weight - self.log_weight.max(-1, keepdims=True))
        return np.asarray(weight / weight.sum(-1, keepdims=True))

    @property
    def probability(self) -> Array:
        """Pr(unwilling) (...)."""
        return np.asarray(np.where(self.unwilling, self.weights, 0.0).sum(-1))

    def expected(self, promised: Array) -> Array:
        """Delivery (..., H) that each hypothesis predicts for this period's promise (...)."""
        return delivery(self.compliance, promised[..., None], self.capacity)


@dataclass(frozen=True)
class Monitor:
    """How deliveries are watched: noise (...) standard deviation, tolerance (...) for a shortfall, both in the unit of
    deliveries; threshold (...): probability of bad faith above which a breach is called.

    Raises:
        ConfigError: noise below 1e-9 (no likelihood: one look would prove everything), or a threshold outside [0, 1].
    """

    noise: Array
    tolerance: Array
    threshold: Array

    def __post_init__(self) -> None:
        if not (self.noise >= LEAST_NOISE).all():
            came = f"observation noise {self.noise.min():g}"
            raise ConfigError(f"{came}; allowed: at least {LEAST_NOISE:g}. Without noise there is nothing to infer.")
        if not ((self.threshold >= 0) & (self.threshold <= 1)).all():
            came = f"threshold from {self.threshold.min():g} to {self.threshold.max():g}"
            raise ConfigError(f"{came}; allowed: 0 to 1, a probability.")


def prior_belief(unwilling: Array, capacities: Capacities, compliance: Array, weight: Array) -> Belief:
    """Belief before the first look: `unwilling` (...) is Pr(unwilling).

    Hypotheses: C for the unable, and C x K for the unwilling, whose office may be slow as well: each capacity path with
    each compliance (..., K), independent, of relative `weight` (..., K).

    Raises:
        ConfigError: a prior outside [0, 1], weights below 0, or none above 0.
    """
    _check_prior(unwilling, capacities.weight, weight)
    paths, choices = capacities.weight.shape[-1], compliance.shape[-1]
    lead = np.broadcast_shapes(unwilling.shape, capacities.weight.shape[:-1], compliance.shape[:-1], weight.shape[:-1])

    def laid_out(able: Array, bad: Array) -> Array:
        """First the unable (..., C), then the unwilling (..., C, K) flattened to C x K."""
        first = np.broadcast_to(able, (*lead, paths))
        second = np.broadcast_to(bad, (*lead, paths, choices)).reshape(*lead, paths * choices)
        return np.concatenate([first, second], axis=-1)

    path = capacities.weight / capacities.weight.sum(-1, keepdims=True)
    choice = weight / weight.sum(-1, keepdims=True)
    share = np.asarray(unwilling)[..., None]
    joint = share[..., None] * path[..., :, None] * choice[..., None, :]
    return Belief(
        log_weight=_log(laid_out((1 - share) * path, joint)),
        capacity=laid_out(capacities.start, capacities.start[..., None]),
        compliance=laid_out(np.ones(paths), compliance[..., None, :]),
        kappa=laid_out(capacities.kappa, capacities.kappa[..., None]),
        most=laid_out(capacities.most, capacities.most[..., None]),
        unwilling=np.arange(paths * (1 + choices)) >= paths,
    )


def observe(belief: Belief, monitor: Monitor, promised: Array, observed: Array) -> Belief:
    """The belief after one look (...) at this period's delivery; the order of looks within a period doesn't matter.

    Log likelihoods are taken relative to the best hypothesis, so looks that fit all alike change nothing at all.
    """
    miss = (observed[..., None] - belief.expected(promised)) / monitor.noise[..., None]
    fit = -0.5 * miss * miss
    log_weight = belief.log_weight + (fit - fit.max(-1, keepdims=True))
    return replace(belief, log_weight=log_weight - log_weight.max(-1, keepdims=True))


def advance(belief: Belief) -> Belief:
    """A period later: each hypothesis lets its office grow."""
    return replace(belief, capacity=grow(belief.capacity, belief.kappa, belief.most))


def breached(belief: Belief, monitor: Monitor, promised: Array, observed: Array) -> Flags:
    """Whether a breach is called (...): bad faith more likely than the threshold, and short by more than tolerated."""
    return np.asarray((belief.probability > monitor.threshold) & (promised - observed > monitor.tolerance))


def alarm_probability(monitor: Monitor, promised: Array, delivered: Array) -> Array:
    """Probability (...) that one look at what is delivered shows a shortfall beyond the tolerance.

    With full delivery the false alarms, with a breach the detections of `self_enforcement.deterrent`.
    """
    from scipy.special import ndtr

    return np.asarray(ndtr((promised - monitor.tolerance - delivered) / monitor.noise))


def _check_prior(unwilling: Array, *weights: Array) -> None:
    if not ((unwilling >= 0) & (unwilling <= 1)).all():
        came = f"prior probability of bad faith from {unwilling.min():g} to {unwilling.max():g}"
        raise ConfigError(f"{came}; allowed: 0 to 1.")
    if any((w < 0).any() or (w.sum(-1) <= 0).any() for w in weights):
        raise ConfigError("weights of capacity paths or compliance levels; allowed: none below 0, some above 0.")


def _log(weight: Array) -> Array:
    """Logarithm of weights; -inf for zero."""
    return np.where(weight > 0, np.log(np.where(weight > 0, weight, 1.0)), -np.inf)
