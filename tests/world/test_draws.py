"""Keyed random numbers: uniform, independent of call order, different by key."""

from __future__ import annotations

import numpy as np
from scipy import stats

from tariffsim.world.draws import Draws


def test_draws_depend_on_the_key_alone() -> None:
    one, part = Draws(7, np.arange(100)), Draws(7, np.arange(40, 60))
    assert np.array_equal(one.uniform("USA", "discount")[40:60], part.uniform("USA", "discount"))
    part.uniform("CHN", "discount")
    assert np.array_equal(one.uniform("USA", "x", 3), Draws(7, np.arange(100)).uniform("USA", "x", 3))


def test_draws_are_uniform_and_normal() -> None:
    draws = Draws(1, np.arange(20_000))
    assert stats.kstest(draws.uniform("a", "b"), "uniform").pvalue > 0.01
    assert stats.kstest(draws.normal("a", "b"), "norm").pvalue > 0.01


def test_different_keys_are_uncorrelated() -> None:
    draws = Draws(1, np.arange(20_000))
    base = draws.uniform("a", "b", 0)
    others = [draws.uniform("a", "b", 1), draws.uniform("a", "c", 0), draws.uniform("b", "b", 0)]
    others.append(Draws(2, np.arange(20_000)).uniform("a", "b", 0))
    assert max(abs(np.corrcoef(base, other)[0, 1]) for other in others) < 0.03
    assert abs(np.corrcoef(base[:-1], base[1:])[0, 1]) < 0.03
