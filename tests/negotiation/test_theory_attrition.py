"""The war of attrition: hazards from indifference, draws inside the tick, reputations that are complete together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from tariffsim.errors import ConfigError
from tariffsim.negotiation.theory.attrition import (
    NOBODY,
    concedes,
    concession_hazard,
    expected_length,
    first_to_concede,
    reputation,
)
from tariffsim.world.draws import Draws

WEEK = 7 / 365.25
hazards = st.tuples(st.floats(0.05, 5), st.floats(0.05, 5))


def test_the_hazard_is_the_others_cost_of_delay_over_what_it_would_gain() -> None:
    # the first loses .2 a year and would win 5 - 1 = 4: the second gives in at .05 a year;
    # the second loses .6 a year and would win 3 - 0 = 3: the first gives in at .2
    hazard = concession_hazard([5.0, 3.0], [1.0, 0.0], flow=[-0.2, -0.6])
    assert np.allclose(hazard, [0.2, 0.05], atol=1e-15)


def test_incompatible_demands_on_a_cake_have_the_hazards_of_abreu_and_gul() -> None:
    # demands .7 and .6, rates .1 and .2: r_2 (1 - .7) / .3 = .2 for the first, r_1 (1 - .6) / .3 = .4 / 3 for the other
    hazard = concession_hazard([0.7, 0.6], [0.4, 0.3], rate=[0.1, 0.2])
    assert np.allclose(hazard, [0.2, 0.4 / 3], atol=1e-14)


@given(
    prize=st.floats(1.1, 5),
    concession=st.floats(0, 1),
    rate=st.floats(0.01, 0.5),
    flow=st.floats(-1, 0),
    stop=st.floats(0.01, 5),
)
def test_at_that_hazard_it_does_not_matter_when_one_gives_in(
    prize: float, concession: float, rate: float, flow: float, stop: float
) -> None:
    h = concession_hazard([prize, 9.0], [concession, 1.0], [rate, 0.1], [flow, 0.0])[1]

    def so_far(t: float) -> float:
        return float(flow * (1 - np.exp(-rate * t)) / rate)

    won = quad(lambda t: h * np.exp(-h * t) * (so_far(t) + np.exp(-rate * t) * prize), 0, stop)[0]
    given_in = np.exp(-h * stop) * (so_far(stop) + np.exp(-rate * stop) * concession)
    assert np.isclose(won + given_in, concession, atol=1e-8)


# ---------------------------------------------------------------------- draws
@given(hazard=hazards)
def test_the_mean_length_is_one_over_the_sum_of_hazards(hazard: tuple[float, float]) -> None:
    total = sum(hazard)
    mean = quad(lambda t: np.exp(-total * t), 0, np.inf)[0]  # of the time until either gives in
    assert np.isclose(expected_length(hazard), mean, atol=1e-7)


@given(hazard=hazards, dt=st.floats(0.01, 1))
def test_in_whole_ticks_the_mean_is_that_of_a_geometric_number_of_ticks(hazard: tuple[float, float], dt: float) -> None:
    stay = np.exp(-sum(hazard) * dt)
    ticks = np.arange(1, 50_000)
    with np.errstate(under="ignore"):
        mean = dt * (ticks * stay ** (ticks - 1.0) * (1 - stay)).sum()
    assert np.isclose(expected_length(hazard, dt), mean, rtol=1e-9)
    assert expected_length(hazard, dt) > expected_length(hazard)


def test_fine_ticks_are_continuous_time() -> None:
    assert np.isclose(expected_length([0.5, 1.5], 1e-6), 0.5, atol=1e-6)


def test_wars_drawn_week_by_week_have_the_mean_the_winner_and_the_spread_of_theory() -> None:
    worlds, hazard = 20_000, np.array([0.6, 1.4])
    length, ticks, who = np.full(worlds, np.nan), np.zeros(worlds), np.full(worlds, NOBODY)
    at_war = np.arange(worlds)
    for tick in range(1_500):
        draws = Draws(5, at_war)
        uniform = np.stack([draws.uniform(name, "attrition", tick) for name in ("first", "second")], axis=-1)
        ending = first_to_concede(uniform, hazard, WEEK)
        over = ending.who != NOBODY
        now = at_war[over]
        length[now], ticks[now], who[now] = tick * WEEK + ending.time[over], tick + 1, ending.who[over]
        at_war = at_war[~over]
    assert not len(at_war)
    # exponential with hazard 2: mean .5, standard deviation .5; the first gives in first in .6 / 2 of the worlds
    four_errors = 4 / np.sqrt(worlds)
    assert abs(length.mean() - 0.5) < 0.5 * four_errors
    assert abs(length.std() - 0.5) < 0.5 * four_errors * np.sqrt(2)
    assert abs((who == 0).mean() - 0.3) < np.sqrt(0.3 * 0.7) * four_errors
    assert abs((ticks * WEEK).mean() - expected_length(hazard, WEEK)) < 0.5 * four_errors


def test_a_side_gives_in_within_the_tick_iff_its_exponential_time_falls_into_it() -> None:
    uniform = np.linspace(0, 1, 1001)[:-1]
    both = np.stack([uniform, np.full_like(uniform, 0.999_999)], axis=-1)
    ending = first_to_concede(both, [2.0, 1e-3], 0.25)
    assert ((ending.who == 0) == concedes(uniform, 2.0, 0.25)).all()
    # 1 - exp(-.5) = .3935: 394 of the thousand
    assert concedes(uniform, 2.0, 0.25).sum() == 394


def test_the_time_inside_the_tick_inverts_the_distribution() -> None:
    # u = 1 - exp(-1/2) is the first's 1/4 year at hazard 2; the second's u = 1 - exp(-1) is 1/3 year at hazard 3
    ending = first_to_concede([-np.expm1(-0.5), -np.expm1(-1.0)], [2.0, 3.0], 1.0)
    assert ending.who == 0
    assert np.isclose(ending.time, 0.25, atol=1e-15)


def test_who_has_no_cost_of_its_rivals_delay_to_fear_never_gives_in() -> None:
    ending = first_to_concede([[0.999, 0.5], [0.999, 0.999]], [[0.0, 3.0], [0.0, 0.0]], 1.0)
    assert ending.who.tolist() == [1, NOBODY]
    assert ending.time[1] == 1.0
    assert not concedes(0.0, 0.0, 1.0)


@given(hazard=hazards, dt=st.floats(0.01, 2))
def test_a_world_in_a_batch_is_the_world_alone(hazard: tuple[float, float], dt: float) -> None:
    uniform = np.random.default_rng(1).uniform(size=(30, 2))
    together = first_to_concede(uniform, hazard, dt)
    for k in range(30):
        alone = first_to_concede(uniform[k], hazard, dt)
        assert alone.who == together.who[k]
        assert alone.time == together.time[k]


# ---------------------------------------------------------------------- reputation
@given(stubborn=st.tuples(st.floats(0.01, 0.9), st.floats(0.01, 0.9)), hazard=hazards)
def test_both_reputations_are_complete_at_the_same_time(
    stubborn: tuple[float, float], hazard: tuple[float, float]
) -> None:
    found = reputation(stubborn, hazard)
    # who is still there at the end hasn't given in at once nor since: exactly the stubborn ones
    there = (1 - found.at_once) * np.exp(-np.array(hazard) * found.end)
    assert np.allclose(there, stubborn, atol=1e-12)
    assert (found.at_once >= 0).all()
    assert (found.at_once > 0).sum() <= 1


def test_the_side_less_often_stubborn_gives_in_at_once_with_what_it_lacks() -> None:
    # equal hazards 1, z = 1/4 and 1/2: the second's is complete at ln 2; the first starts with 1 - 2/4 = 1/2
    found = reputation([0.25, 0.5], [1.0, 1.0])
    assert np.isclose(found.end, np.log(2), atol=1e-15)
    assert np.allclose(found.at_once, [0.5, 0.0], atol=1e-15)


def test_what_is_no_war_of_attrition_is_refused() -> None:
    with pytest.raises(ConfigError, match="prize > concession"):
        concession_hazard([1.0, 2.0], [1.0, 1.0], flow=-1.0)
    with pytest.raises(ConfigError, match="delay must not pay"):
        concession_hazard([2.0, 2.0], [1.0, 1.0], flow=[0.1, -1.0])
    with pytest.raises(ConfigError, match=r"inside \(0, 1\)"):
        reputation([0.0, 0.5], [1.0, 1.0])
