"""Ratification: support and probability by hand, and the laws of win-sets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tariffsim.errors import ConfigError
from tariffsim.negotiation.ratification import (
    Electorate,
    Procedure,
    logistic,
    passes,
    probability,
    support,
    win_set,
)
from tariffsim.scenario.domestic import FORMS

Floats = npt.NDArray[np.float64]
TWO_GROUPS = Electorate(np.array([0.6, 0.4]), np.array([1.0, 2.0]))
CHANGES = arrays(np.float64, (2, 4, 3), elements=st.floats(-5, 5))
QUOTA = st.floats(0.0, 1.0)


def vote(form: str = "legislature", quota: float = 0.5, width: float = 0.05) -> Procedure:
    return Procedure(form, np.array(quota), np.array(width), np.array(2.0))


def three_groups() -> Electorate:
    return Electorate(np.array([0.5, 0.3, 0.2]), np.array([0.5, 1.0, 3.0]))


def test_support_and_probability_by_hand() -> None:
    # gains ln 3 and -2 ln 3 percent over spreads 1 and 2: logistic(ln 3) = 3/4, logistic(-ln 3) = 1/4
    # s = .6 * 3/4 + .4 * 1/4 = .55; P = logistic((.55 - .5) / .05) = logistic(1) = e / (1 + e)
    change = np.array([[1 + np.log(3), 1 - 2 * np.log(3)]])
    share = support(change, np.array([1.0, 1.0]), TWO_GROUPS)
    assert share == pytest.approx([0.55], abs=1e-12)
    anything = np.array([False])
    assert probability(share, vote(), anything) == pytest.approx([np.e / (1 + np.e)], abs=1e-12)
    assert win_set(share, vote(), anything).all()
    assert not win_set(share, vote(quota=0.56), anything).any()


def test_a_deal_that_changes_nothing_splits_every_group() -> None:
    share = support(np.ones((1, 2)), np.ones(2), TWO_GROUPS)
    assert share == pytest.approx([0.5], abs=1e-15)


def test_only_the_form_decides_who_is_asked() -> None:
    share, allowed = np.array([0.2, 0.2]), np.array([True, False])
    chance = {form: probability(share, vote(form), allowed) for form in FORMS}
    slim = 1 / (1 + np.exp(6))  # (.2 - .5) / .05 = -6
    assert chance["executive"].tolist() == [1, 1]
    assert chance["statute"] == pytest.approx([1, slim], rel=1e-12)
    assert chance["legislature"] == pytest.approx([slim, slim], rel=1e-12)
    sets = {form: win_set(share, vote(form), allowed).tolist() for form in FORMS}
    assert sets == {"executive": [True, True], "statute": [True, False], "legislature": [False, False]}


@given(CHANGES, st.integers(0, 2), st.floats(0.0, 3.0), QUOTA)
def test_a_deal_that_gives_a_group_more_is_never_less_likely_to_pass(
    change: Floats, group: int, more: float, quota: float
) -> None:
    richer = change.copy()
    richer[..., group] += more
    before, after = (support(u, np.zeros((2, 3)), three_groups()) for u in (change, richer))
    assert (after >= before - 1e-15).all()
    anything = np.zeros(before.shape, dtype=np.bool_)
    assert (
        probability(after, vote(quota=quota), anything) >= probability(before, vote(quota=quota), anything) - 1e-13
    ).all()


@given(CHANGES, QUOTA, QUOTA)
def test_a_tighter_quota_shrinks_the_win_set(change: Floats, one: float, other: float) -> None:
    share = support(change, np.zeros((2, 3)), three_groups())
    anything = np.zeros(share.shape, dtype=np.bool_)
    loose, tight = sorted((one, other))
    assert (win_set(share, vote(quota=tight), anything) <= win_set(share, vote(quota=loose), anything)).all()
    low, high = (probability(share, vote(quota=q), anything) for q in (tight, loose))
    assert (low <= high).all()


@given(CHANGES, QUOTA, st.floats(0.001, 0.5))
def test_the_win_set_is_what_passes_more_likely_than_not(change: Floats, quota: float, width: float) -> None:
    share = support(change, np.zeros((2, 3)), three_groups())
    anything = np.zeros(share.shape, dtype=np.bool_)
    chance = probability(share, vote(quota=quota, width=width), anything)
    clear = np.abs(share - quota) > 1e-12
    assert np.array_equal(win_set(share, vote(quota=quota), anything)[clear], (chance >= 0.5)[clear])


def test_the_order_of_groups_and_the_splitting_of_one_do_not_matter() -> None:
    change, nothing = np.array([[0.7, -1.1]]), np.array([0.1, 0.3])
    share = support(change, nothing, TWO_GROUPS)
    turned = Electorate(TWO_GROUPS.weights[::-1], TWO_GROUPS.spread[::-1])
    split = Electorate(np.array([0.6, 0.1, 0.3]), np.array([1.0, 2.0, 2.0]))
    assert support(change[:, ::-1], nothing[::-1], turned) == pytest.approx(share, abs=1e-15)
    assert support(change[:, [0, 1, 1]], nothing[[0, 1, 1]], split) == pytest.approx(share, abs=1e-15)


def test_a_narrower_vote_is_a_surer_one() -> None:
    share, anything = np.array([0.45, 0.55]), np.zeros(2, dtype=np.bool_)
    wide, narrow = (probability(share, vote(width=w), anything) for w in (0.05, 0.005))
    assert narrow[0] < wide[0] < 0.5 < wide[1] < narrow[1]


def test_logistic_is_safe_and_keeps_its_tails() -> None:
    assert logistic(np.array([-1e6, 1e6, 0.0])).tolist() == [0, 1, 0.5]
    assert logistic(np.array([-100.0])) == pytest.approx([np.exp(-100)], rel=1e-14)


def test_the_draw_decides_with_the_probability_it_is_given() -> None:
    uniform = (np.arange(1000) + 0.5) / 1000
    assert passes(np.full(1000, 0.3), uniform).sum() == 300
    assert passes(np.ones(1000), uniform).all()
    assert not passes(np.zeros(1000), np.zeros(1000)).any()


def test_a_world_in_a_batch_is_the_world_alone() -> None:
    rng = np.random.default_rng(5)
    weights = rng.dirichlet(np.ones(11), size=6)
    electorate = Electorate(weights, rng.uniform(0.2, 2, size=(6, 11)))
    change, nothing = rng.normal(size=(6, 7, 11)), rng.normal(size=(6, 11))
    procedure = Procedure("legislature", rng.uniform(size=6), np.full(6, 0.05), np.full(6, 2.0))
    anything = np.zeros((6, 7), dtype=np.bool_)
    whole = probability(support(change, nothing, electorate), procedure, anything)
    for k in range(6):
        one = slice(k, k + 1)
        share = support(change[one], nothing[one], Electorate(weights[one], electorate.spread[one]))
        alone = replace(procedure, quota=procedure.quota[one], width=procedure.width[one], days=procedure.days[one])
        assert np.array_equal(probability(share, alone, anything[one]), whole[one])


def test_what_is_no_electorate_or_procedure_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"add up to 0\.9; allowed: none below 0, sum 1"):
        Electorate(np.array([0.5, 0.4]), np.ones(2))
    with pytest.raises(ConfigError, match=r"weights of groups from -0\.5"):
        Electorate(np.array([1.5, -0.5]), np.ones(2))
    with pytest.raises(ConfigError, match="spread 0 of a group"):
        Electorate(np.array([0.5, 0.5]), np.array([1.0, 0.0]))
    with pytest.raises(ConfigError, match=r"unknown legal form 'legislatur'. Did you mean 'legislature'\?"):
        vote("legislatur")
    with pytest.raises(ConfigError, match=r"quota from 1\.2 to 1\.2"):
        vote(quota=1.2)
    with pytest.raises(ConfigError, match="width 0 of the vote"):
        vote(width=0.0)
