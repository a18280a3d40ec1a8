"""Beliefs over types: the formula by hand, and what every update must keep to."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tariffsim.negotiation.beliefs import posterior

VALUES = np.array([[[1.0, 0.0], [0.0, 1.0]]])  # type 0 likes package 0, type 1 likes package 1
EVEN = np.array([[0.5, 0.5]])


def test_one_offer_moves_belief_by_the_formula() -> None:
    # beta = ln 3: softmax (3/4, 1/4); eps .2 of 2 packages: .1 + .8 (.75) = .7 against .1 + .8 (.25) = .3
    belief = posterior(EVEN, VALUES, np.array([[0]]), np.log(3.0), 0.2)
    assert np.allclose(belief, [[0.7, 0.3]], atol=1e-12)


def test_silence_teaches_nothing() -> None:
    assert (posterior(EVEN, VALUES, np.array([[-1, -1]]), 5.0, 0.05) == EVEN).all()


def test_random_offers_teach_nothing() -> None:
    assert np.allclose(posterior(EVEN, VALUES, np.array([[0, 0, 0]]), 5.0, 1.0), EVEN, atol=1e-15)


def test_no_type_is_ever_ruled_out_while_offers_may_be_random() -> None:
    belief = posterior(EVEN, VALUES, np.zeros((1, 6), dtype=np.int64), 500.0, 0.05)
    assert 0 < belief[0, 1] < 1e-6


@given(
    offers=st.permutations([0, 1, 1, 0, 0, -1]),
    beta=st.floats(0, 50),
    error=st.floats(0.01, 1),
)
def test_the_order_of_offers_does_not_matter(offers: list[int], beta: float, error: float) -> None:
    one = posterior(EVEN, VALUES, np.array([offers]), beta, error)
    two = posterior(EVEN, VALUES, np.array([sorted(offers)]), beta, error)
    assert np.allclose(one, two, atol=1e-12)
    assert np.isclose(one.sum(), 1.0, atol=1e-12)


@given(beta=st.floats(0.1, 20), error=st.floats(0.01, 0.9))
def test_belief_is_a_martingale_under_its_own_forecast(beta: float, error: float) -> None:
    # E[b'] over the offers that the mixture of types makes is b
    prior = np.array([[0.3, 0.7]])
    weights = np.exp(beta * (VALUES[0] - VALUES[0].max(-1, keepdims=True)))
    likely = error / 2 + (1 - error) * weights / weights.sum(-1, keepdims=True)
    forecast = prior[0] @ likely
    expected = sum(forecast[k] * posterior(prior, VALUES, np.array([[k]]), beta, error)[0] for k in range(2))
    assert np.allclose(expected, prior[0], atol=1e-12)
