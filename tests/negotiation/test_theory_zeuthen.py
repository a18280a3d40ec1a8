"""Zeuthen's principle: the step by hand, the same talks from the definition of risk, and where they end."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariffsim.errors import ConfigError
from tariffsim.negotiation.bargaining import NO_OFFER
from tariffsim.negotiation.theory.zeuthen import risk, zeuthen_path

Array = npt.NDArray[np.float64]
ZERO = np.zeros(2)
seeds = st.integers(0, 10_000)
side = st.integers(0, 1)


def table(seed: int, packages: int = 15, worlds: int = 5, top: int = 9) -> tuple[Array, Array]:
    """Whole-number values and disagreement points: products are exact and ties common."""
    rng = np.random.default_rng(seed)
    return rng.integers(-3, top, (worlds, packages, 2)).astype(float), rng.integers(-2, 3, (worlds, 2)).astype(float)


def exact_risk(gains: Array, i: int, own: int, other: int) -> Fraction:
    """Risk limit of side i in whole numbers."""
    mine, theirs = int(gains[own, i]), int(gains[other, i])
    return Fraction(mine - theirs, mine) if mine > 0 else Fraction(1)


def talk(gains: Array, yields: int) -> list[tuple[int, int]]:
    """Offers of both sides from the definition of risk, among undominated packages that neither side vetoes."""
    front = [
        q
        for q in range(len(gains))
        if (gains[q] >= 0).all()
        and not any((g >= gains[q]).all() and (g > gains[q]).any() for g in gains)
        and not any((gains[p] == gains[q]).all() for p in range(q))
    ]
    if not front:
        return [(NO_OFFER, NO_OFFER)]
    now = [max(front, key=lambda q: gains[q, i]) for i in (0, 1)]
    path = [(now[0], now[1])]
    while now[0] != now[1]:
        risks = [exact_risk(gains, i, now[i], now[1 - i]) for i in (0, 1)]
        i = yields if risks[0] == risks[1] else int(risks[0] > risks[1])
        smaller = sorted((q for q in front if gains[q, i] < gains[now[i], i]), key=lambda q: -gains[q, i])
        for q in smaller:
            offers = (q, now[1]) if i == 0 else (now[0], q)
            if q == now[1 - i] or exact_risk(gains, i, q, now[1 - i]) >= exact_risk(gains, 1 - i, now[1 - i], q):
                break
        now = [*offers]
        path.append(offers)
    return path


def test_risk_is_what_giving_in_costs_over_what_breakdown_costs() -> None:
    # own 8, other's 5, breakdown 2: (8 - 5) / (8 - 2) = 1/2
    assert risk(8.0, 5.0, 2.0) == 0.5
    # other's offer no worse: 0; nothing to lose: 1; other's worse than breakdown: 1, no more
    assert risk([4.0, 2.0, 4.0], [4.0, 1.0, 0.0], [2.0, 2.0, 2.0]).tolist() == [0.0, 1.0, 1.0]


def test_a_course_of_talks_by_hand() -> None:
    # products 0, 8, 15, 12, 0. Start: a (9, 0) and e (0, 8): both products 0, the first yields, to b (8, 1): 8 >= 0.
    # b 8 against e 0: the second concedes to d (2, 6): 12 >= 8. 8 < 12: the first, to c (5, 3): 15 >= 12.
    # 15 > 12: the second, to c: agreement
    u = np.array([[9.0, 0.0], [8.0, 1.0], [5.0, 3.0], [2.0, 6.0], [0.0, 8.0]])
    path = zeuthen_path(u, ZERO)
    assert path.offers.tolist() == [[0, 4], [1, 4], [1, 3], [2, 3], [2, 2]]
    assert path.concessions == 4
    assert path.package == 2


@given(seed=seeds, yields=side)
def test_the_course_is_what_the_definition_of_risk_says(seed: int, yields: int) -> None:
    u, d = table(seed)
    path = zeuthen_path(u, d, yields)
    for k in range(len(u)):
        expected = talk(u[k] - d[k], yields)
        assert path.offers[k, : len(expected)].tolist() == [list(offers) for offers in expected]
        assert path.concessions[k] == len(expected) - 1


@given(seed=seeds, yields=side)
def test_the_agreement_has_the_largest_nash_product(seed: int, yields: int) -> None:
    u, d = table(seed, packages=40, top=20)
    path, gains = zeuthen_path(u, d, yields), u - d[:, None]
    possible = (gains >= 0).all(-1)
    assert ((path.package == NO_OFFER) == ~possible.any(-1)).all()
    product = np.where(possible, gains.prod(-1), -1.0)
    for k in np.flatnonzero(possible.any(-1)):
        assert product[k, path.package[k]] == product[k].max()


@given(seed=seeds)
def test_also_on_tables_of_real_numbers(seed: int) -> None:
    u = np.random.default_rng(seed).normal(size=(8, 60, 2))
    path = zeuthen_path(u, ZERO)
    product = np.where((u >= 0).all(-1), u.prod(-1), -np.inf)
    assert (product[np.arange(8), path.package] == product.max(-1)).all()


@given(seed=seeds, yields=side)
def test_offers_only_ever_concede(seed: int, yields: int) -> None:
    u, d = table(seed)
    offers = zeuthen_path(u, d, yields).offers
    for k in np.flatnonzero(offers[:, 0, 0] != NO_OFFER):
        for i in (0, 1):
            assert (np.diff(u[k, offers[k, :, i], i]) <= 0).all()  # worse and worse for its maker
            assert (np.diff(u[k, offers[k, :, i], 1 - i]) >= 0).all()


@given(seed=seeds)
def test_units_of_either_side_do_not_matter(seed: int) -> None:
    u, d = table(seed)
    scaled = zeuthen_path(u * [4.0, 1.0] + [3.0, 0.0], d * [4.0, 1.0] + [3.0, 0.0])
    assert (scaled.offers == zeuthen_path(u, d).offers).all()


def test_two_best_offers_tie_and_only_a_rule_decides() -> None:
    # 2 * 6 = 6 * 2 = 12, nothing between: both risks are (6 - 2) / 6 = 2/3
    u = np.array([[6.0, 2.0], [2.0, 6.0]])
    assert risk(6.0, 2.0, 0.0) == risk(u[1, 1], u[0, 1], 0.0)
    assert zeuthen_path(u, ZERO, yields=0).package == 1
    assert zeuthen_path(u, ZERO, yields=1).package == 0


def test_if_both_conceded_at_equal_risks_they_would_change_places() -> None:
    # each would move to the only other package: the first then offers (2, 6), the second (6, 2), both more than asked
    u = np.array([[6.0, 2.0], [2.0, 6.0]])
    start = talk(u, 0)[0]
    both = (talk(u, 0)[1][0], talk(u, 1)[1][1])
    assert both == start[::-1]


@given(seed=seeds)
def test_of_several_best_packages_the_side_that_does_not_yield_gets_its_own(seed: int) -> None:
    u, d = table(seed)
    gains = u - d[:, None]
    ends = [zeuthen_path(u, d, yields).package for yields in (0, 1)]
    for k in np.flatnonzero(ends[0] != NO_OFFER):
        best = (gains[k] >= 0).all(-1) & (gains[k].prod(-1) == gains[k, ends[0][k]].prod())
        if gains[k, ends[0][k]].prod() > 0:
            assert u[k, ends[0][k], 1] == u[k, best, 1].max()
            assert u[k, ends[1][k], 0] == u[k, best, 0].max()


def test_a_world_in_a_batch_is_the_world_alone() -> None:
    rng = np.random.default_rng(4)
    u, d, yields = rng.normal(size=(3, 5, 40, 2)), rng.normal(size=(3, 5, 2)) - 1, rng.integers(0, 2, (3, 5))
    together = zeuthen_path(u, d, yields)
    for k in np.ndindex(3, 5):
        alone = zeuthen_path(u[k], d[k], yields[k])
        assert alone.package == together.package[k]
        assert alone.concessions == together.concessions[k]
        assert (together.offers[k][: len(alone.offers)] == alone.offers).all()
        assert (together.offers[k][len(alone.offers) :] == alone.offers[-1]).all()


def test_what_is_no_table_for_two_sides_is_refused() -> None:
    with pytest.raises(ConfigError, match="u must have shape"):
        zeuthen_path(np.zeros((3, 3)), ZERO)
    with pytest.raises(ConfigError, match="yields must be side 0 or 1, got -1"):
        zeuthen_path(np.zeros((3, 2)), ZERO, yields=-1)
