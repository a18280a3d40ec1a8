"""Compliance: how much of what was promised the owner lets go, weighed against being found out.

c* = argmax over c in [0, 1] of  dt G(c) - e^{-r T} (1 - exp(-rho (1 - c))) (V_deal - D)

What is withheld, 1 - c, is found out with probability 1 - exp(-rho (1 - c)), T years later, and then the deal is lost:
deterrence in the sense of Becker 1968 (Journal of Political Economy 76, 169-217).
delivery = min(c promised, capacity), with a capacity that grows as in `economy.delivery`

All arguments broadcast; any leading axes are a batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tariffsim.errors import ConfigError
from tariffsim.instruments.base import Array

Number = Array | float


@dataclass(frozen=True)
class Deterrence:
    """What stands against withholding (arrays that broadcast).

    years: dt, the time until the choice can be made again. rate: discount rate r per year. lag: T, years from breach
    to its end. intensity: rho, monitoring; who delivers nothing is found out with probability 1 - exp(-rho). stake:
    V_deal - D, what is lost then, percent of GDP x years; below 0 the owner would rather be rid of the deal.
    """

    years: Number
    rate: Number
    lag: Number
    intensity: Number
    stake: Number

    def expected_loss(self, compliance: Number) -> Array:
        """Discounted expected loss at a compliance, percent of GDP x years."""
        found_out = -np.expm1(-self.intensity * (1 - np.asarray(compliance, np.float64)))
        return np.asarray(np.exp(-self.rate * self.lag) * found_out * self.stake)


def best_compliance(deterrence: Deterrence, temptation: Number) -> Array:
    """c* where the flow is linear, G(c) = g + (1 - c) temptation: a closed form.

    temptation: percent of GDP per year from delivering nothing instead of all. With a stake above 0 the objective is
    convex in 1 - c: the first per cent withheld adds most to the risk, so the answer is all (c = 1) or nothing (c = 0),
    all iff dt temptation <= e^{-rT} (1 - e^{-rho}) stake. With a stake below 0 and a temptation below 0 it is concave:
    ln(rho e^{-rT} |stake| / (dt |temptation|)) / rho is withheld, within [0, 1]. A tie is broken for compliance.
    """
    gain = np.asarray(deterrence.years * np.asarray(temptation, np.float64))
    kept = gain <= deterrence.expected_loss(0.0)
    scale = np.exp(-deterrence.rate * deterrence.lag) * np.asarray(deterrence.stake, np.float64)
    concave = (scale < 0) & (gain < 0) & (np.asarray(deterrence.intensity) > 0)
    pull = np.where(concave, -scale * deterrence.intensity, 1.0) / np.where(concave, -gain, 1.0)
    withheld = np.log(np.maximum(pull, 1.0)) / np.where(concave, deterrence.intensity, 1.0)
    return np.where(concave, 1 - np.minimum(withheld, 1.0), np.where(kept, 1.0, 0.0))


def best_compliance_on_grid(deterrence: Deterrence, levels: Array, flows: Array) -> Array:
    """c* among `levels` (M,), rising within [0, 1], where flows (..., M) is G(c); the most compliant of equals.

    The fields of `deterrence` have the leading axes of `flows`, or are numbers.

    Raises:
        ConfigError: levels that do not rise or leave [0, 1].
    """
    if (np.diff(levels) <= 0).any() or levels[0] < 0 or levels[-1] > 1:
        raise ConfigError(f"compliance levels {levels.tolist()}; allowed: rising, from 0 to 1.")
    columns = (np.asarray(a)[..., None] for a in vars(deterrence).values())
    wide = Deterrence(*columns)
    value = wide.years * flows - wide.expected_loss(levels)
    return np.asarray(levels[::-1][value[..., ::-1].argmax(-1)])


def delivery(compliance: Number, promised: Number, capacity: Number) -> Array:
    """What is delivered: no more than the owner lets go, and no more than the licensing office can handle."""
    return np.minimum(np.asarray(compliance) * promised, capacity)
