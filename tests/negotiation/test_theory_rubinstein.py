"""Closed forms of alternating offers against hand-derived numbers, linear systems and their own limits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariffsim.errors import ConfigError
from tariffsim.negotiation.theory.rubinstein import (
    deadline_shares,
    outside_option_shares,
    patient_shares,
    proposer_shares,
    rotating_shares,
)

Array = npt.NDArray[np.float64]

discount = st.floats(0.0, 0.99)
discounts = st.lists(discount, min_size=2, max_size=5)
rate = st.floats(0.01, 2.0)


def test_the_first_mover_gets_the_share_of_rubinstein() -> None:
    # (1 - .8) / (1 - .9 * .8) = .2 / .28 = 5/7 if the patient one opens, .1 / .28 = 5/14 if the other does
    assert np.allclose(proposer_shares([0.9, 0.8]), [5 / 7, 5 / 14], atol=1e-15)


@given(d=st.tuples(discount, discount))
def test_rubinstein_for_any_pair(d: tuple[float, float]) -> None:
    i, j = d
    assert np.allclose(proposer_shares(d), [(1 - j) / (1 - i * j), (1 - i) / (1 - i * j)], atol=1e-12)


@pytest.mark.parametrize("n", [2, 3, 4, 7])
def test_n_alike_leave_the_proposer_one_over_one_plus_n_minus_one_delta(n: int) -> None:
    assert np.allclose(proposer_shares([0.9] * n), 1 / (1 + (n - 1) * 0.9), atol=1e-14)


@given(d=discounts, data=st.data())
def test_the_closed_form_solves_the_n_equations(d: list[float], data: st.DataObject) -> None:
    n = len(d)
    p = data.draw(st.floats(0, 0.9))
    fallback, inside = (np.array(data.draw(st.lists(st.floats(0, 1 / n), min_size=n, max_size=n))) for _ in range(2))
    delta = np.array(d)
    shares = proposer_shares(delta, p, fallback, inside)
    refused = p * fallback + (1 - p) * ((1 - delta) * inside + delta * shares)
    assert np.allclose(shares, 1 - (refused.sum() - refused), atol=1e-10)
    assert (shares >= refused - 1e-10).all()  # so nobody would rather be refused


def test_two_parties_whose_breakdown_is_all_that_hurries_split_the_difference_in_the_limit() -> None:
    # Binmore, Rubinstein and Wolinsky 1986: fallbacks .3 and .1 leave .6, halved: .3 + .3 and .1 + .3
    for p in (1e-3, 1e-6):
        assert np.allclose(proposer_shares([1.0, 1.0], p, [0.3, 0.1]), [0.6, 0.4], atol=p)


def test_inside_options_are_the_disagreement_point_of_equally_patient_parties() -> None:
    # .2 for ever against nothing: .2 + .8 / 2 = .6 to .4 (Muthoo 1999, chapter 6)
    delta = np.exp([-1e-7, -1e-7])
    assert np.allclose(proposer_shares(delta, inside=[0.2, 0.0]), [0.6, 0.4], atol=1e-6)


def test_an_inside_option_counts_where_an_outside_option_of_the_same_worth_does_not() -> None:
    delta = np.array([0.99, 0.99])
    assert (outside_option_shares(delta, [0.2, 0.0]) == outside_option_shares(delta, [0.0, 0.0])).all()
    assert proposer_shares(delta, inside=[0.2, 0.0])[0] > proposer_shares(delta)[0] + 0.09


@given(r=st.lists(rate, min_size=2, max_size=5))
def test_fast_offers_leave_shares_inverse_to_discount_rates(r: list[float]) -> None:
    step = 1e-6
    assert np.allclose(proposer_shares(np.exp(-np.array(r) * step)), patient_shares(r), atol=20 * step)


def test_of_two_the_limit_is_the_others_rate_over_both() -> None:
    assert np.allclose(patient_shares([0.1, 0.3]), [0.75, 0.25], atol=1e-15)  # .3 / .4


def test_taking_turns_is_not_the_game_in_which_the_refuser_proposes() -> None:
    # three with delta .5: fixed turns 1 / (1 + .5 + .25) = 4/7, refuser proposes 1 / (1 + 2 * .5) = 1/2
    assert np.allclose(rotating_shares([0.5] * 3), 4 / 7, atol=1e-15)
    assert np.allclose(proposer_shares([0.5] * 3), 1 / 2, atol=1e-15)


@given(d=st.tuples(discount, discount))
def test_with_two_parties_the_two_games_are_one(d: tuple[float, float]) -> None:
    assert np.allclose(rotating_shares(d), proposer_shares(d), atol=1e-12)


@given(d=st.lists(discount, min_size=3, max_size=3))
def test_taking_turns_everyone_is_indifferent_between_accepting_and_waiting_for_its_turn(d: list[float]) -> None:
    x = rotating_shares(d)
    # 0 proposes; 1 would be next, 2 the one after
    assert np.isclose(x[0], 1 - d[1] * x[1] - d[2] ** 2 * x[2], atol=1e-12)
    assert np.isclose(x[1], 1 - d[2] * x[2] - d[0] ** 2 * x[0], atol=1e-12)


# ---------------------------------------------------------------------- outside options
def test_an_option_below_the_responders_share_changes_nothing_and_one_above_is_met() -> None:
    # delta .9 and .8: the second gets .8 * .1 / .28 = 2/7 = .2857 as responder
    delta = [0.9, 0.8]
    assert np.allclose(outside_option_shares(delta, [0.0, 0.28]), [5 / 7, 5 / 14], atol=1e-14)
    # an option of .4 is met: the first asks .6; the second then asks 1 - .9 * .6 = .46
    assert np.allclose(outside_option_shares(delta, [0.0, 0.4]), [0.6, 0.46], atol=1e-14)


def test_two_good_options_are_both_met() -> None:
    # .6 > .9 * ... and .35: either proposer leaves the other exactly its option
    assert np.allclose(outside_option_shares([0.9, 0.8], [0.6, 0.35]), [0.65, 0.4], atol=1e-14)


@given(d=st.tuples(discount, discount), w=st.floats(0, 1))
def test_the_outside_option_principle(d: tuple[float, float], w: float) -> None:
    i, j = d
    unbound = j * (1 - i) / (1 - i * j)
    first = outside_option_shares(d, [0.0, w])[0]
    assert np.isclose(1 - first, max(w, unbound), atol=1e-12)


@given(d=st.tuples(discount, discount), w=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_shares_with_outside_options_solve_both_conditions_and_leave_nobody_below_its_option(
    d: tuple[float, float], w: tuple[float, float]
) -> None:
    delta, outside = np.array(d), np.array(w) / max(1.0, sum(w) * (1 + 1e-9))
    shares = outside_option_shares(delta, outside)
    refused = np.maximum(outside, delta * shares)
    assert np.allclose(shares, 1 - refused[::-1], atol=1e-12)
    assert (shares >= outside - 1e-12).all()


# ---------------------------------------------------------------------- deadlines
def test_with_one_offer_the_proposer_takes_all_and_with_two_the_last_offer_is_bought_off() -> None:
    assert (deadline_shares([0.9, 0.8], 1) == 1).all()
    assert np.allclose(deadline_shares([0.9, 0.8], 2), [0.2, 0.1], atol=1e-15)  # 1 - .8 and 1 - .9
    assert np.allclose(deadline_shares([0.9, 0.8], 3), [1 - 0.8 * 0.1, 1 - 0.9 * 0.2], atol=1e-15)


@given(d=st.tuples(discount, discount), offers=st.integers(1, 60))
def test_a_far_deadline_changes_nothing(d: tuple[float, float], offers: int) -> None:
    # two offers earlier the distance is delta_i delta_j times as large
    distance = np.abs(deadline_shares(d, offers) - proposer_shares(d)).max()
    assert distance <= (d[0] * d[1]) ** ((offers - 1) // 2) + 1e-12


# ---------------------------------------------------------------------- batches, refusals
@pytest.mark.parametrize("rule", [proposer_shares, rotating_shares])
def test_a_world_in_a_batch_is_the_world_alone(rule: object) -> None:
    assert callable(rule)
    delta = np.random.default_rng(3).uniform(0.1, 0.99, (40, 3))
    together = rule(delta)
    assert all((together[k] == rule(delta[k])).all() for k in range(40))


def test_what_has_no_unique_equilibrium_is_refused() -> None:
    with pytest.raises(ConfigError, match="without cost of delay"):
        proposer_shares([1.0, 0.9])
    with pytest.raises(ConfigError, match="more than the cake"):
        proposer_shares([0.9, 0.9], 0.5, [0.9, 0.9])
    with pytest.raises(ConfigError, match="nobody would stay"):
        outside_option_shares([0.9, 0.9], [0.6, 0.6])
    with pytest.raises(ConfigError, match="above 0"):
        patient_shares([0.0, 0.1])
    with pytest.raises(ConfigError, match="at least 1"):
        deadline_shares([0.9, 0.9], 0)
