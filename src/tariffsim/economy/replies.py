"""Best responses of every player to a profile, searched anew over all of the bounds."""

from __future__ import annotations

import numpy as np

from tariffsim.economy.objectives import Payoff
from tariffsim.economy.primitives import Array
from tariffsim.economy.strategic import climb_all, search_starts
from tariffsim.economy.tariff_game import TariffGame, newton_alone
from tariffsim.errors import SolveError

GRID = 10  # points over the bounds where a player sets one level
ROUGH = 1e-8  # precision of the solves on the grid
WIDTH = 0.01  # in ln(1+t), of five-point differences: their own error is about 1e-8 of the reply
FIRST = np.array([1.0, -8.0, 0.0, 8.0, -1.0]) / 12.0
SECOND = np.array([-1.0, 16.0, -30.0, 16.0, -1.0]) / 12.0
ROUNDS, CLOSE = 10, 1e-4  # Newton steps at most, and the last one in ln(1+t): what is left is about its square


def best_replies(game: TariffGame, s: Array, value: Array, low: float, high: float) -> tuple[Array, Array]:
    """Best responses (V,) to s (V,), where payoffs are `value` (P,), and what each player gains by its own (P,).

    One level each: a grid over all of the bounds and Newton's method, all players in one batch. Several: a
    climb from the status quo, zero and high tariffs. Raises SolveError where no reply has an equilibrium.
    """
    if len(s) == len(value):
        replies, payoffs = _single(game, s, low, high)
        return replies, np.maximum(payoffs - value[game.player], 0.0)
    replies, gains, policy = s.copy(), np.zeros(len(value)), game.levels.tariffs(s)
    for k, n in enumerate(game.payoff.regions):
        payoff = Payoff(game.economy, (n,), game.payoff.weights)
        own = TariffGame(game.economy, game.levels.only(n, policy), payoff)
        best = climb_all(own, search_starts(own, low, high), low, high)[0][1]
        replies[game.levels.owner == n], gains[k] = best.s, max(best.value - value[k], 0.0)
    return replies, gains


def _single(game: TariffGame, s: Array, low: float, high: float) -> tuple[Array, Array]:
    """Replies and what they are worth to their owners, (V,) each."""
    grid = np.linspace(low, high, GRID)
    value = game.along(s, np.broadcast_to(grid, (len(s), GRID)), ROUGH)
    replies = grid[np.argmax(np.where(np.isnan(value), -np.inf, value), axis=1)]
    for _ in range(ROUNDS):
        near = game.along(s, replies[:, None] + WIDTH * np.arange(-2, 3))
        if np.isnan(near).any():
            raise SolveError("near a best response an equilibrium does not exist or did not converge; narrow `bounds`.")
        first, second = near @ FIRST / WIDTH, near @ SECOND / WIDTH**2
        step = np.clip(replies + newton_alone(first, second), low, high) - replies
        replies, worth = replies + step, near[:, 2] + 0.5 * first * step
        if np.abs(step).max() < CLOSE:
            break
    return replies, worth
