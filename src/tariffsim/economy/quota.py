"""Critical inputs under quotas: licences that cannot be traded, granted per unit of activity.

A user sector whose delivered share is u works with the productivity of a CES of the input and everything else,

    Ah = [(1-s) + s u^((rho-1)/rho)]^(rho/(rho-1)),

and buys missing units at the backstop price p_bar once the input is worth more than that to it. The other
institution, a market with one scarcity price, is solved inside the equilibrium (`nodes.py`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tariffsim.economy import checks
from tariffsim.economy.primitives import Array
from tariffsim.errors import EconomyError


def quota_productivity(
    cost_share: npt.ArrayLike, delivered: npt.ArrayLike, rho: npt.ArrayLike, backstop_price: npt.ArrayLike
) -> Array:
    """Productivity hats Ah (..., N, S) of users short of a critical input; hats of several inputs multiply.

    cost_share s (..., N, S) in [0, 1); delivered u (..., N) in [0, 1]; rho >= 0 and backstop_price >= 1,
    infinity for none, each a number or (...). Users buy up to u_eff = max(u, p_bar^-rho), where the
    shadow price u^(-1/rho) meets p_bar; the extra units cost s p_bar (u_eff - u) of real resources.
    u = 1 gives exactly 1, rho = 0 gives min(). Raises EconomyError outside these ranges.
    """
    s, u, elasticity, price = _checked(cost_share, delivered, rho, backstop_price)
    unlimited = np.isinf(price)
    ceiling = np.where(unlimited, 1.0, price)
    effective = np.where(unlimited, u, np.maximum(u, ceiling**-elasticity))
    if np.any((effective == 0.0) & (s > 0.0) & (elasticity <= 1.0)):
        raise EconomyError("delivered share 0 without a backstop stops production (rho <= 1); give a backstop_price.")
    log_a = _log_ces(s, np.log(np.where(effective > 0.0, effective, 1e-300)), elasticity)
    return np.asarray(np.exp(log_a) / (1.0 + s * ceiling * (effective - u)))


def _checked(
    s: npt.ArrayLike, u: npt.ArrayLike, rho: npt.ArrayLike, price: npt.ArrayLike
) -> tuple[Array, Array, Array, Array]:
    """The four arrays with axes that broadcast to (..., N, S)."""
    share, got = checks.number_array("cost_share", s), checks.number_array("delivered", u)
    elasticity, backstop = checks.number_array("rho", rho), checks.number_array("backstop_price", price)
    for name, array in (("cost_share", share), ("delivered", got), ("rho", elasticity)):
        checks.no_nan(name, array)
        checks.above(name, array, 0.0, inclusive=True, upper=np.inf if name == "rho" else 1.0)
    checks.no_nan("backstop_price", backstop)
    checks.above("backstop_price", backstop, 1.0, inclusive=True)
    return share, got[..., None], elasticity[..., None, None], backstop[..., None, None]


def _log_ces(s: Array, log_u: Array, rho: Array) -> Array:
    """ln [(1-s) + s u^e]^(1/e), e = (rho-1)/rho, written so that neither end overflows."""
    leontief, cobb_douglas = rho == 0.0, rho == 1.0
    safe = np.where(leontief | cobb_douglas, 0.5, rho)
    e = (safe - 1.0) / safe
    x = e * log_u  # >= 0 for rho < 1: the shortage dominates; <= 0 for rho > 1
    used = np.where(s > 0.0, s, 0.5)
    high = x + np.log1p((1.0 - used) * np.expm1(-np.maximum(x, 0.0)))
    low = np.log1p(used * np.expm1(np.minimum(x, 0.0)))
    log_a = np.where(s > 0.0, np.where(x > 0.0, high, low), 0.0) / e
    log_a = np.where(cobb_douglas, s * log_u, log_a)
    return np.asarray(np.where(leontief, np.where(s > 0.0, log_u, 0.0), log_a))
