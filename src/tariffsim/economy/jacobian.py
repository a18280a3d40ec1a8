"""Linear systems with the exact Jacobian J = dF/dz of one world: Newton steps, tangents and adjoints.

Block elimination, in this order:

    ln p of critical inputs that are slack or at the backstop (their rows say -d ln p = ...),
    ln P, which depends on spending only where a cap binds,
    x,
    then ln w and ln p of the inputs that bind: N unknowns and a few.

Two dense factorisations of (NS, NS) by LAPACK; all else runs through products (`derivatives.py`). Vectors
are in the order of `residual.Point` and may be matrices with K columns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tariffsim.economy.derivatives import Derivatives, Multipliers, PolicyStep
from tariffsim.economy.primitives import Array, Policies, Primitives
from tariffsim.economy.residual import BINDING, Point, Snapshot, evaluate

Solver = Callable[[Array, bool], Array]  # of a right-hand side (N, S, K), transposed or not


def linearise(base: Primitives, policy: Policies, point: Point) -> Linearisation:
    """The equations of one world, and their derivatives, at `point`."""
    return Linearisation(Derivatives(base, policy, evaluate(base, policy, point)))


@dataclass(frozen=True, eq=False)
class Linearisation:
    """F, J and solutions of J v = b at one point. Singular blocks raise numpy.linalg.LinAlgError or give infinities."""

    derivatives: Derivatives

    @property
    def now(self) -> Snapshot:
        """The accounts at the point."""
        return self.derivatives.now

    @property
    def residual(self) -> Array:
        """F (n,), n = N + 2 N S + N Z."""
        return self.now.residual.vector()

    # ------------------------------------------------------------------ products
    def apply(self, vector: Array) -> Array:
        """J v, (n,) or (n, K)."""
        return _joined(self.derivatives.forward(self._split(vector))).reshape(vector.shape)

    def apply_transposed(self, vector: Array) -> Array:
        """J' y, (n,) or (n, K)."""
        return _joined(self._transposed(self._split(vector))).reshape(vector.shape)

    def policy_effect(self, step: PolicyStep) -> Array:
        """dF (n, K) by policy at given z."""
        return _joined(self.derivatives.by_policy(step))

    def rows(self, y: Array) -> Multipliers:
        """Multipliers that weigh the rows of F by y, (n,) or (n, K)."""
        return self.derivatives.rows(self._split(y))

    # ------------------------------------------------------------------ solutions
    def newton_step(self, residual: Array | None = None) -> Array:
        """dz with J dz = -F; (n,) or (n, K) in place of F if given."""
        return -self.solve(self.residual if residual is None else residual)

    def tangent(self, step: PolicyStep) -> Array:
        """dz (n, K) of the equilibrium per unit of each policy direction: J dz = -dF/dpolicy."""
        return -self.solve(self.policy_effect(step))

    def solve(self, right: Array) -> Array:
        """v with J v = right, (n,) or (n, K)."""
        f, forward = self._split(right), self.derivatives.forward
        zero = Point(*(np.zeros_like(part) for part in f))
        fixed = np.where(self._binding[..., None], 0.0, -f.log_scarcity)
        f = _less(f, forward(zero._replace(log_scarcity=fixed)))
        prices = self._prices(f.log_prices, False)
        f = _less(f, forward(zero._replace(log_prices=prices)))
        spending = self._spending(f.spending, False)
        f = _less(f, forward(self._with_prices(zero._replace(spending=spending))))
        w, p = self._from_last(_dense_solve(self._last_block, self._last(f)))
        spending = spending - self._spending_by_last @ self._last(zero._replace(log_wages=w, log_scarcity=p))
        moved = self._with_prices(Point(w, zero.log_prices, spending, p))
        return _joined(moved._replace(log_prices=prices + moved.log_prices, log_scarcity=p + fixed)).reshape(
            right.shape
        )

    def adjoint(self, right: Array) -> Array:
        """y with J' y = right, (n,) or (n, K)."""
        g = self._split(right)
        zero = Point(*(np.zeros_like(part) for part in g))
        left = _less(g, self._through_prices(g.log_prices))
        last = self._last(left) - np.einsum("njc,njk->ck", self._spending_by_last, left.spending)
        w, p = self._from_last(_dense_solve(self._last_block.T, last))
        y = zero._replace(log_wages=w, log_scarcity=p)
        back = self._transposed(y)
        if self._capped:
            back = _less(back, self._through_prices(back.log_prices))
        y = y._replace(spending=self._spending(left.spending - back.spending, True))
        y = y._replace(log_prices=self._prices(g.log_prices - self._transposed(y).log_prices, True))
        if p.size and not self._binding.all():
            over = self._transposed(y).log_scarcity - g.log_scarcity
            y = y._replace(log_scarcity=np.where(self._binding[..., None], p, over))
        return _joined(y).reshape(right.shape)

    def adjoint_of(self, objective: Multipliers) -> Multipliers:
        """The weights y on the rows of F that take an objective's derivatives by z: J' y = dO/dz."""
        slopes = _joined(self.derivatives.backward(objective))
        return self.rows(self.adjoint(slopes))

    # ------------------------------------------------------------------ blocks
    @cached_property
    def _binding(self) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        return np.asarray(self.now.state == BINDING)

    @property
    def _capped(self) -> bool:
        return bool(self.now.binding.any())

    @cached_property
    def _prices(self) -> Solver:
        return _factorised(self.derivatives.price_block(), self.now.output.shape)

    @cached_property
    def _spending(self) -> Solver:
        """Of the spending rows by x once prices have followed."""
        block = self.derivatives.spending_block()
        if self._capped:
            n, s = self.now.output.shape
            markets = np.flatnonzero(self.now.binding.any(axis=1))
            unit = np.zeros((n * s, len(markets)))
            unit[markets, np.arange(len(markets))] = 1.0
            step = self._split(np.zeros((self.residual.size, len(markets))))
            step = self._with_prices(step._replace(spending=unit.reshape(n, s, -1)))
            block[markets] = self.derivatives.forward(step).spending.reshape(n * s, -1).T
        return _factorised(block, self.now.output.shape)

    @cached_property
    def _last_response(self) -> tuple[Array, Array]:
        """Minus the x (N, S, C) that keeps its rows when one of the last C unknowns moves; and their block (C, C)."""
        size = len(self.now.value_added) + int(self._binding.sum())
        w, p = self._from_last(np.eye(size))
        zero = np.zeros((*self.now.output.shape, size))
        rows = self.derivatives.forward(self._with_prices(Point(w, zero, zero, p)))
        spending = self._spending(rows.spending, False)
        still = self._with_prices(Point(0.0 * w, zero, spending, 0.0 * p))
        return spending, self._last(_less(rows, self.derivatives.forward(still)))

    @property
    def _spending_by_last(self) -> Array:
        return self._last_response[0]

    @property
    def _last_block(self) -> Array:
        return self._last_response[1]

    # ------------------------------------------------------------------ parts
    def _transposed(self, y: Point) -> Point:
        return self.derivatives.backward(self.derivatives.rows(y))

    def _with_prices(self, v: Point) -> Point:
        """v with the ln P that keeps the price rows."""
        return v._replace(log_prices=-self._prices(self.derivatives.price_rows(v), False))

    def _through_prices(self, by_price: Array) -> Point:
        """What derivatives by ln P add to those by all else once ln P follows."""
        return self.derivatives.price_backward(self._prices(by_price, True))

    def _last(self, v: Point) -> Array:
        """ln w and ln p of binding inputs, (C, K)."""
        return np.concatenate([v.log_wages, v.log_scarcity[self._binding]])

    def _from_last(self, last: Array) -> tuple[Array, Array]:
        n = len(self.now.value_added)
        p = np.zeros((*self._binding.shape, last.shape[1]))
        p[self._binding] = last[n:]
        return last[:n], p

    def _split(self, vector: Array) -> Point:
        """A vector or K columns as a Point with K on the last axis."""
        (n, s), columns = self.now.output.shape, vector.reshape(len(vector), -1)
        parts = np.split(columns, np.cumsum([n, n * s, n * s]))
        k = columns.shape[1]
        return Point(parts[0], parts[1].reshape(n, s, k), parts[2].reshape(n, s, k), parts[3].reshape(n, -1, k))


def _factorised(transposed_block: Array, shape: tuple[int, ...]) -> Solver:
    """Solutions with a block (NS, NS) given as its transpose, which is how LAPACK reads it; it is overwritten."""
    from scipy.linalg import lu_factor, lu_solve  # heavy

    factors = lu_factor(transposed_block.T, overwrite_a=True, check_finite=False)

    def solve(right: Array, transposed: bool) -> Array:
        flat = right.reshape(len(transposed_block), -1)
        return np.asarray(lu_solve(factors, flat, trans=1 if transposed else 0, check_finite=False)).reshape(*shape, -1)

    return solve


def _dense_solve(matrix: Array, right: Array) -> Array:
    return np.asarray(np.linalg.solve(matrix, right), dtype=np.float64)


def _joined(v: Point) -> Array:
    """(n, K)."""
    return np.concatenate([part.reshape(-1, v.log_wages.shape[1]) for part in v])


def _less(a: Point, b: Point) -> Point:
    return Point(*(x - y for x, y in zip(a, b, strict=True)))
