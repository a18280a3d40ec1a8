"""Is a deal kept because keeping it pays? Temptation against loss, grim and finite punishments, noisy signals.

Whoever deviates has a better flow until the other side finds out, and a worse one afterwards:

    int_0^T e^{-rt} temptation dt <= int_T^inf e^{-rt} loss dt   <=>   r <= (1/T) ln(1 + loss / temptation)

with the detection lag T. `temptation` is G(best deviation) - G(cooperation) while undetected, `loss` is
G(cooperation) - G(punishment) after it; both are flows of one government in one unit, percent of GDP per year
(docs/explanation/enforcement.md). Dixit 1987 (Advances in Economic Theory: Fifth World Congress, 329-362), Bagwell and
Staiger 1990 (American Economic Review 80, 779-795), Green and Porter 1984 (Econometrica 52, 87-100).

All arguments broadcast; any leading axes are a batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tariffsim.errors import ConfigError, unknown_name
from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import Flags, Index

NO_PACKAGE = -1
OBJECTIVES = ("joint", "nash")
_HALVINGS = 80
_MOST = 600.0  # exp of it is finite; a deal that holds at r T = 600 holds at any rate
_WHOLE = 1e-9  # a length this close above a whole number is that number

Number = Array | float


@dataclass(frozen=True)
class SelfEnforcement:
    """The least patience that keeps a deal, in both units and with the lag they belong to (arrays of one shape).

    rate: highest annual discount rate at which the deal holds, per year; infinite if nobody is tempted, 0 if it holds
    at no rate. discount: lowest discount factor per period of `lag` years, exp(-rate lag); 1 if it holds at none.
    lag: years from a deviation to the answer. One without the others says nothing: 0.9 a week is not 0.9 a year.
    """

    rate: Array
    discount: Array
    lag: Array

    def holds(self, rate: Number, renewal: Number = 1.0) -> Flags:
        """Whether a government with this annual rate keeps the deal.

        renewal: probability that the deal, once a period is over, is still there for the next; 1 without expiry. A deal
        that ends anyway takes the loss from it away, so the discount factor is multiplied by the probability.
        """
        return np.asarray((np.exp(-rate * self.lag) * renewal >= self.discount) & (self.discount < 1))


def self_enforcement(temptation: Number, loss: Number, lag: Number, length: Number = np.inf) -> SelfEnforcement:
    """Critical rate and discount factor of a deal under punishment for `length` periods of `lag` years, then return.

    Raises:
        ConfigError: `lag` is not above 0.
    """
    _check_lag(lag)
    rate, discount = critical_rate(temptation, loss, lag), critical_discount(temptation, loss)
    if not np.all(np.isinf(length)):
        forgiving = _impatience_of_length(length, temptation, loss)
        rate = np.where(np.isinf(length), rate, forgiving / lag)
        discount = np.where(np.isinf(length), discount, np.exp(-forgiving))
    return SelfEnforcement(*(np.array(a) for a in np.broadcast_arrays(rate, discount, np.asarray(lag, np.float64))))


def critical_rate(temptation: Number, loss: Number, lag: Number) -> Array:
    """Highest annual rate at which a deal is kept under grim punishment: (1/T) ln(1 + loss/temptation).

    0 if the punishment is better than the deal (loss below 0) or costs nothing; infinite if nobody is tempted.

    Raises:
        ConfigError: `lag` is not above 0.
    """
    _check_lag(lag)
    return _impatience(temptation, loss) / lag


def critical_discount(temptation: Number, loss: Number) -> Array:
    """Lowest discount factor per period of one detection lag: temptation / (temptation + loss).

    1 means that no discount factor below 1 keeps the deal, 0 that each one does.
    """
    temptation, loss = np.asarray(temptation, np.float64), np.asarray(loss, np.float64)
    live = (temptation > 0) & (loss >= 0)
    share = temptation / np.where(live, temptation + loss, 1.0)
    return np.where(loss < 0, 1.0, np.where(temptation > 0, share, 0.0))


def critical_discount_of_length(length: Number, temptation: Number, loss: Number) -> Array:
    """Lowest discount factor per period that makes `length` periods of punishment enough; 1 if none below 1 does.

    Root of delta (1 - delta^L) / (1 - delta) = temptation / loss, by bisection on -ln delta. The left side rises in
    delta from 0 to L for any real L above 0, so there is at most one.
    """
    return np.exp(-_impatience_of_length(length, temptation, loss))


def punishment_length(discount: Number, temptation: Number, loss: Number) -> Array:
    """Fewest periods of punishment (real) that deter; infinite if no finite number does.

    Solves delta (1 - delta^L) / (1 - delta) = temptation / loss; 0 if nobody is tempted. `discount` in [0, 1] per
    period; at 1 the length is temptation / loss. `whole_periods` rounds up.
    """
    temptation, loss = np.asarray(temptation, np.float64), np.asarray(loss, np.float64)
    discount = np.asarray(discount, np.float64)
    needed, most = temptation * (1 - discount), loss * discount  # per period of an endless punishment
    enough = (temptation > 0) & (most > 0) & (needed < most)
    part = np.where(enough, needed, 0.0) / np.where(enough, most, 1.0)
    patient = discount >= 1
    decay = np.log(np.where(enough & ~patient, discount, 0.5))
    finite = np.where(enough & ~patient, np.log1p(-part) / decay, 0.0)
    undiscounted = temptation / np.where(loss > 0, loss, 1.0)
    length = np.where(enough, np.where(patient, undiscounted, finite), np.inf)
    return np.where((temptation <= 0) & (loss >= 0), 0.0, length)


def whole_periods(length: Number) -> Array:
    """The next whole number of periods; a length within 1e-9 above a whole number counts as that number."""
    return np.maximum(np.ceil(np.asarray(length) - _WHOLE), 0.0)


def deterrent(temptation: Number, loss: Number, false_alarm: Number, detection: Number) -> Array:
    """What takes the place of `loss` where deviations are seen only through a noisy public signal.

    A bad signal starts the punishment, with probability `false_alarm` per period while both cooperate and `detection`
    if one side deviates. With V - V_pun = loss / (1 - d + f d (1 - d^L)) the condition
    temptation <= d (p - f)(1 - d^L)(V - V_pun) becomes d (1 - d^L) / (1 - d) >= temptation / ((p - f) loss - f
    temptation). So every function here serves noisy signals too, with this instead of the loss; at f = 0, p = 1 it is
    the loss. Green and Porter 1984; Porter 1983 (Journal of Economic Theory 29, 313-338).

    Raises:
        ConfigError: probabilities outside [0, 1], or detection less likely than a false alarm.
    """
    low, high = np.asarray(false_alarm, np.float64), np.asarray(detection, np.float64)
    if not np.all((low >= 0) & (low <= high) & (high <= 1)):
        came = f"false_alarm {false_alarm}, detection {detection}"
        raise ConfigError(f"{came}; allowed: 0 <= false_alarm <= detection <= 1, both probabilities per period.")
    return np.asarray((high - low) * loss - low * temptation)


def cooperation_value(
    cooperation: Number, punishment: Number, false_alarm: Number, discount: Number, length: Number
) -> Array:
    """Average flow on the path of a deal that false alarms interrupt for `length` periods at a time.

    d + (c - d) (1 - delta) / (1 - delta + f delta (1 - delta^L)): Green and Porter's value, times 1 - delta. It falls
    in the length, so for a given deal the best punishment is the shortest that deters: `punishment_length` of the
    `deterrent`.
    `discount` below 1.
    """
    discount, length = np.asarray(discount, np.float64), np.asarray(length, np.float64)
    interrupted = false_alarm * discount * (1 - discount**length)
    return np.asarray(punishment + (cooperation - punishment) * (1 - discount) / (1 - discount + interrupted))


@dataclass(frozen=True)
class MostCooperative:
    """Which packages of a grid keep themselves, and the best of them.

    sustained (..., Q): self-enforcing for both sides. package (...): the best of those, or NO_PACKAGE. terms: critical
    rates and discount factors of each package for each side, (..., Q, 2).
    """

    sustained: Flags
    package: Index
    terms: SelfEnforcement


def most_cooperative(
    cooperation: Array,
    deviation: Array,
    punishment: Array,
    rate: Array,
    lag: Number,
    objective: Literal["joint", "nash"] = "joint",
) -> MostCooperative:
    """The most cooperative deal that both sides keep by themselves.

    Bagwell and Staiger 1990; Maggi 1999 (American Economic Review 89, 190-214).

    cooperation (..., Q, 2): flows of each package for each side, in one unit. deviation (..., Q, 2): the flow of a
    side's best breach while the other still keeps the package. punishment (..., 2): flows after detection, for good.
    rate (..., 2): annual discount rates. lag: years to detection, or an array (..., 1, 2) or (..., 1, 1). objective:
    'joint' takes the largest sum of gains over the punishment, 'nash' their largest product; the first of equals.

    Raises:
        ConfigError: unknown objective, or a lag that is not above 0.
    """
    return most_cooperative_of(deviation - cooperation, cooperation - punishment[..., None, :], rate, lag, objective)


def most_cooperative_of(
    temptation: Array, loss: Array, rate: Array, lag: Number, objective: Literal["joint", "nash"] = "joint"
) -> MostCooperative:
    """`most_cooperative` where each package has its own punishment: temptation and loss (..., Q, 2), one unit.

    The loss is the gain over the punishment that the objective adds up or multiplies; the rest as there.
    """
    if objective not in OBJECTIVES:
        raise ConfigError(unknown_name("objective", objective, OBJECTIVES))
    terms = self_enforcement(temptation, loss, lag)
    sustained = np.asarray(terms.holds(rate[..., None, :]).all(-1))
    first, second = loss[..., 0], loss[..., 1]
    score = first + second if objective == "joint" else np.maximum(first, 0) * np.maximum(second, 0)
    best = np.where(sustained, score, -np.inf).argmax(-1)
    return MostCooperative(sustained, np.where(sustained.any(-1), best, NO_PACKAGE), terms)


def _check_lag(lag: Number) -> None:
    if not np.all(np.asarray(lag) > 0):
        least = float(np.min(lag))
        raise ConfigError(f"detection lag {least:g} years; allowed: above 0. Try the days between two looks / 365.25.")


def _impatience(temptation: Number, loss: Number) -> Array:
    """Largest r T at which grim punishment deters."""
    temptation, loss = np.asarray(temptation, np.float64), np.asarray(loss, np.float64)
    live = (temptation > 0) & (loss >= 0)
    with np.errstate(over="ignore"):  # a temptation next to nothing is no temptation
        ratio = np.where(live, loss, 0.0) / np.where(live, temptation, 1.0)
    return np.where(loss < 0, 0.0, np.where(temptation > 0, np.log1p(ratio), np.inf))


def _impatience_of_length(length: Number, temptation: Number, loss: Number) -> Array:
    """Largest x = r T with (1 - e^{-Lx}) / (e^x - 1) >= temptation / loss, by bisection; 0 if there is none."""
    length, temptation, loss = (np.asarray(a, np.float64) for a in (length, temptation, loss))
    grim = _impatience(temptation, loss)
    live = (temptation > 0) & (loss > 0) & (np.where(loss > 0, loss, 1.0) * length > temptation)
    temptation, loss = np.where(live, temptation, 1.0), np.where(live, loss, 1.0)
    low, high = np.zeros(live.shape), np.where(live, np.minimum(grim, _MOST), 1.0)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        deters = -loss * np.expm1(-length * middle) >= temptation * np.expm1(middle)
        low, high = np.where(deters, middle, low), np.where(deters, high, middle)
    return np.where(live, low, np.where(np.isinf(grim), grim, 0.0))
