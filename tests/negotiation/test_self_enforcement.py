"""Self-enforcement: the paper's inequalities solved by hand, by quadrature and by brute force over a Markov chain."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariffsim.errors import ConfigError
from tariffsim.negotiation.self_enforcement import (
    NO_PACKAGE,
    cooperation_value,
    critical_discount,
    critical_discount_of_length,
    critical_rate,
    deterrent,
    most_cooperative,
    most_cooperative_of,
    punishment_length,
    self_enforcement,
    whole_periods,
)

Floats = npt.NDArray[np.float64]
FLOW = st.floats(0.01, 5.0)
DISCOUNT = st.floats(0.05, 0.99)


def test_a_quarter_of_a_year_of_gain_against_three_times_the_loss() -> None:
    # ln(1 + 3/1) / 0.25 = 4 ln 4; per quarter 1 / (1 + 3) = .25 = exp(-4 ln 4 * .25)
    terms = self_enforcement(1.0, 3.0, 0.25)
    assert abs(terms.rate - 4 * np.log(4)) < 1e-9
    assert abs(terms.discount - 0.25) < 1e-9
    assert terms.lag == 0.25


@given(FLOW, FLOW, st.floats(0.02, 2.0))
def test_at_the_critical_rate_the_two_integrals_are_equal(temptation: float, loss: float, lag: float) -> None:
    from scipy.integrate import quad

    rate = float(critical_rate(temptation, loss, lag))
    # in units of 1/r, so that the endless integral has one scale whatever the rate
    before = quad(lambda x: temptation * np.exp(-x), 0, rate * lag, epsabs=1e-13, epsrel=1e-13)[0]
    after = quad(lambda x: loss * np.exp(-x), rate * lag, np.inf, epsabs=1e-13, epsrel=1e-13)[0]
    assert abs(before - after) < 1e-9


@given(FLOW, FLOW, st.floats(0.02, 2.0))
def test_rate_and_discount_say_the_same_with_their_lag(temptation: float, loss: float, lag: float) -> None:
    terms = self_enforcement(temptation, loss, lag)
    assert abs(np.exp(-terms.rate * terms.lag) - terms.discount) < 1e-12
    assert terms.holds(terms.rate * (1 - 1e-9))
    assert not terms.holds(terms.rate * (1 + 1e-9))


def test_who_is_not_tempted_keeps_the_deal_at_any_rate() -> None:
    terms = self_enforcement(np.array([0.0, -1.0, 0.0]), np.array([2.0, 2.0, 0.0]), 0.5)
    assert np.isinf(terms.rate).all()
    assert (terms.discount == 0).all()
    assert terms.holds(50.0, renewal=0.0).all()


def test_a_punishment_that_costs_nothing_keeps_no_deal() -> None:
    # loss 0 with a temptation; a punishment better than the deal, tempted or not
    terms = self_enforcement(np.array([1.0, 1.0, -1.0]), np.array([0.0, -2.0, -2.0]), 0.5)
    assert (terms.rate == 0).all()
    assert (terms.discount == 1).all()
    assert not terms.holds(1e-12).any()


def test_a_truce_that_may_not_be_renewed_asks_for_more_patience() -> None:
    # critical discount .25 a quarter; at 2 a year exp(-.5) = .607, and .607 q >= .25 iff q >= .412
    terms = self_enforcement(1.0, 3.0, 0.25)
    threshold = 0.25 * np.exp(0.5)
    assert terms.holds(2.0, renewal=threshold + 1e-9)
    assert not terms.holds(2.0, renewal=threshold - 1e-9)


@given(DISCOUNT, st.floats(0.1, 1.0), FLOW, FLOW)
def test_renewal_multiplies_the_discount_factor_as_the_sum_over_periods_says(
    discount: float, renewal: float, temptation: float, loss: float
) -> None:
    # sum over k >= 1 of (delta q)^k loss against one period of temptation, term by term
    worth = sum((discount * renewal) ** k * loss for k in range(1, 4000))
    terms = self_enforcement(temptation, loss, 1.0)
    if abs(worth - temptation) > 1e-9:
        assert bool(terms.holds(-np.log(discount), renewal)) == (worth > temptation)


@pytest.mark.parametrize("lag", [0.0, -1.0])
def test_an_answer_without_delay_is_refused(lag: float) -> None:
    with pytest.raises(ConfigError, match=r"detection lag .* allowed: above 0"):
        self_enforcement(1.0, 1.0, lag)


def test_punishments_of_one_and_two_periods_by_hand() -> None:
    # L = 1: delta = ratio. L = 2: delta + delta^2 = ratio, delta = (sqrt(1 + 4 ratio) - 1) / 2: .5 at ratio .75
    assert abs(critical_discount_of_length(1.0, 0.3, 1.0) - 0.3) < 1e-9
    assert abs(critical_discount_of_length(2.0, 0.75, 1.0) - 0.5) < 1e-9
    assert abs(punishment_length(0.5, 0.75, 1.0) - 2.0) < 1e-9
    assert abs(punishment_length(0.3, 0.3, 1.0) - 1.0) < 1e-9
    assert whole_periods(punishment_length(0.5, 0.75, 1.0)) == 2
    # delta .5, ratio .8: 1 - .5^L = .8, L = log2 5, so three whole periods
    assert abs(punishment_length(0.5, 0.8, 1.0) - np.log2(5)) < 1e-9
    assert whole_periods(np.log2(5)) == 3


def test_where_no_length_is_enough_it_is_infinite() -> None:
    # delta / (1 - delta) = 1 at delta .5: ratio 1 needs for ever, more is out of reach
    assert np.isinf(punishment_length(np.array([0.5, 0.5, 0.0, 0.9]), 1.0, np.array([1.0, 0.9, 9.0, 0.0]))).all()
    assert punishment_length(0.5, -1.0, 0.5) == 0
    assert punishment_length(0.5, 0.0, 0.0) == 0
    assert np.isinf(punishment_length(0.5, -1.0, -0.5))
    assert np.isinf(whole_periods(np.inf))


def test_without_discounting_each_period_of_punishment_counts_in_full() -> None:
    assert punishment_length(1.0, 2.5, 1.0) == 2.5
    assert abs(punishment_length(1 - 1e-10, 2.5, 1.0) - 2.5) < 1e-8  # L - L(L+1)/2 (1 - delta) to first order


@given(DISCOUNT, FLOW, FLOW)
def test_the_whole_number_of_periods_is_the_first_whose_sum_deters(
    discount: float, temptation: float, loss: float
) -> None:
    needed = whole_periods(punishment_length(discount, temptation, loss))
    sums = np.concatenate([[0.0], np.cumsum(discount ** np.arange(1, 3000.0)) * loss])
    enough = np.flatnonzero(sums >= temptation)
    if np.isinf(needed):
        assert enough.size == 0 or abs(sums[-1] - temptation) < 1e-9
    else:
        assert needed == enough[0] or abs(sums[int(needed)] - temptation) < 1e-8


@given(st.floats(0.3, 60.0), FLOW, FLOW)
def test_length_and_critical_discount_invert_one_another(length: float, temptation: float, loss: float) -> None:
    discount = float(critical_discount_of_length(length, temptation, loss))
    if temptation >= loss * length:
        assert discount == 1
    else:
        paid = discount * (1 - discount**length) / (1 - discount)
        assert abs(paid - temptation / loss) < 1e-9 * max(1.0, temptation / loss)
        assert discount >= float(critical_discount(temptation, loss)) - 1e-12


@given(FLOW, FLOW)
def test_a_punishment_without_end_is_grim(temptation: float, loss: float) -> None:
    assert abs(critical_discount_of_length(np.inf, temptation, loss) - critical_discount(temptation, loss)) < 1e-12
    grim, long = self_enforcement(temptation, loss, 0.5), self_enforcement(temptation, loss, 0.5, 1e6)
    short = self_enforcement(temptation, loss, 0.5, 20.0)
    assert abs(grim.rate - long.rate) < 1e-9 * (1 + grim.rate)
    assert short.rate <= grim.rate + 1e-12
    assert abs(np.exp(-short.rate * 0.5) - short.discount) < 1e-12


def test_a_temptation_next_to_nothing_is_no_temptation() -> None:
    terms = self_enforcement(np.array([1e-310, 1e-300]), 10.0, 0.1)
    assert (terms.discount < 1e-290).all()
    assert terms.holds(1000.0).all()


# ---------------------------------------------------------------------- noisy signals
def chain_value(flow: float, punished: float, alarm: float, discount: float, length: int) -> float:
    """Value in the normal state of a Markov chain: normal, then `length` periods of punishment, then normal again."""
    move = np.zeros((length + 1, length + 1))
    move[0, 0] = 1 - alarm
    move[0, length] += alarm
    for k in range(1, length + 1):
        move[k, k - 1] = 1
    flows = np.full(length + 1, punished)
    flows[0] = flow
    return float(np.linalg.solve(np.eye(length + 1) - discount * move, flows)[0])


@given(DISCOUNT, st.floats(0.0, 1.0), st.integers(0, 15), st.floats(-2, 2), st.floats(-2, 2))
def test_the_value_of_cooperation_is_that_of_the_markov_chain(
    discount: float, alarm: float, length: int, flow: float, punished: float
) -> None:
    value = cooperation_value(flow, punished, alarm, discount, length)
    assert abs(value - (1 - discount) * chain_value(flow, punished, alarm, discount, length)) < 1e-9


@given(DISCOUNT, st.floats(0.0, 0.4), st.floats(0.4, 1.0), FLOW, FLOW)
def test_under_noise_the_shortest_deterrent_is_what_brute_force_finds(
    discount: float, alarm: float, detection: float, temptation: float, loss: float
) -> None:
    # V normalised to 0 in punishment: cooperation earns loss, a deviation loss + temptation and more bad signals
    def margin(length: int) -> float:
        stay = chain_value(loss, 0.0, alarm, discount, length)
        deviate = chain_value(loss + temptation, 0.0, detection, discount, length)
        return stay - deviate

    margins = [margin(length) for length in range(1, 60)]
    needed = float(
        whole_periods(punishment_length(discount, temptation, deterrent(temptation, loss, alarm, detection)))
    )
    for length, value in enumerate(margins, start=1):
        if abs(value) > 1e-7:
            assert (length >= needed) == (value > 0)


@given(DISCOUNT, st.floats(0.01, 0.5), FLOW)
def test_longer_punishments_cost_more_on_the_path_so_the_shortest_that_deters_is_best(
    discount: float, alarm: float, loss: float
) -> None:
    lengths = np.array([0.0, 1.0, 2.0, 5.0, 20.0, np.inf])
    values = cooperation_value(loss, 0.0, alarm, discount, lengths)
    assert values[0] == pytest.approx(loss, abs=1e-12)
    assert (np.diff(values) <= 1e-12).all()
    assert values[-1] < values[0]


def test_a_perfect_signal_deters_by_the_whole_loss_and_a_useless_one_not_at_all() -> None:
    assert deterrent(0.7, 3.0, 0.0, 1.0) == 3.0
    assert critical_discount(0.7, deterrent(0.7, 3.0, 0.3, 0.3)) == 1
    # f .1, p .8: .7 * 3 - .1 * .7 = 2.03; delta = .7 / 2.73
    assert abs(critical_discount(0.7, deterrent(0.7, 3.0, 0.1, 0.8)) - 0.7 / 2.73) < 1e-9


@pytest.mark.parametrize(("alarm", "detection"), [(0.5, 0.4), (-0.1, 0.5), (0.1, 1.5), (float("nan"), 0.5)])
def test_signals_that_are_no_probabilities_are_refused(alarm: float, detection: float) -> None:
    with pytest.raises(ConfigError, match="0 <= false_alarm <= detection <= 1"):
        deterrent(1.0, 1.0, alarm, detection)


# ---------------------------------------------------------------------- the most cooperative deal
def linear_tariff_game(tariffs: Floats) -> tuple[Floats, Floats, Floats]:
    """Both sides keep t; G = -t_other + t_own - t_own^2: best reply 1/2 whatever the other does, Nash flow -1/4.

    Cooperation at (t, t): -t^2. Deviation to 1/2 against t: -t + 1/4. Punishment: Nash, -1/4.
    temptation = (1/2 - t)^2, loss = 1/4 - t^2.
    """
    keep, cheat = -(tariffs**2), 0.25 - tariffs
    two = np.stack([keep, keep], -1), np.stack([cheat, cheat], -1)
    return (*two, np.full(2, -0.25))


def test_the_most_cooperative_tariff_of_a_linear_game_is_where_the_constraint_binds() -> None:
    # delta = (1/2 - t)^2 / ((1/2 - t)^2 + 1/4 - t^2) = 1/2 - t: the lowest sustainable tariff is 1/2 - delta
    tariffs = np.linspace(0, 0.5, 501)
    for discount in (0.1234, 0.2005, 0.4321):
        best = most_cooperative(*linear_tariff_game(tariffs), np.full(2, -np.log(discount)), 1.0)
        assert tariffs[best.package] == pytest.approx(np.ceil((0.5 - discount) * 1000) / 1000, abs=1e-9)
        assert not best.sustained[: best.package].any()
        assert best.sustained[best.package : -1].all()
    critical = best.terms.discount[:-1, 0]
    assert np.abs(critical - (0.5 - tariffs[:-1])).max() < 1e-9


def test_patient_sides_get_free_trade_and_a_slower_detection_takes_it_away() -> None:
    tariffs = np.linspace(0, 0.5, 51)
    game = linear_tariff_game(tariffs)
    rate = np.full(2, 0.6)  # exp(-.6) = .549 > .5
    assert most_cooperative(*game, rate, 1.0).package == 0
    assert tariffs[most_cooperative(*game, rate, 2.0).package] == pytest.approx(0.2)  # 1/2 - exp(-1.2) = .199


def test_the_less_patient_side_decides() -> None:
    tariffs = np.linspace(0, 0.5, 501)
    uneven = most_cooperative(*linear_tariff_game(tariffs), -np.log(np.array([0.9, 0.2005])), 1.0)
    both = most_cooperative(*linear_tariff_game(tariffs), -np.log(np.array([0.2005, 0.2005])), 1.0)
    assert uneven.package == both.package


def test_joint_and_nash_differ_where_one_side_gets_almost_everything() -> None:
    cooperation = np.array([[9.0, 1.0], [4.0, 4.0]])  # sums 10 and 8, products 9 and 16
    game = (cooperation, cooperation, np.zeros(2), np.full(2, 0.1))
    assert most_cooperative(*game, lag=1.0).package == 0
    assert most_cooperative(*game, lag=1.0, objective="nash").package == 1
    with pytest.raises(ConfigError, match=r"unknown objective 'nsh'.*'nash'"):
        most_cooperative(*game, lag=1.0, objective="nsh")  # type: ignore[arg-type]


def test_each_package_may_have_a_punishment_of_its_own() -> None:
    # critical factors: 1 / (1 + 2) = 1/3 and .2 / (.2 + 1) = 1/6 for both; third: war is better for the second
    temptation = np.array([[1.0, 1.0], [0.2, 0.2], [0.0, 0.0]])
    loss = np.array([[2.0, 2.0], [1.0, 1.0], [9.0, -1.0]])
    for factor, sustained, package in ((0.4, [1, 1, 0], 0), (0.25, [0, 1, 0], 1), (0.1, [0, 0, 0], NO_PACKAGE)):
        best = most_cooperative_of(temptation, loss, np.full(2, -np.log(factor)), 1.0)
        assert best.sustained.tolist() == sustained
        assert best.package == package


def test_where_nothing_keeps_itself_there_is_no_package() -> None:
    cooperation = np.zeros((3, 2))
    best = most_cooperative(cooperation, cooperation + 1, np.zeros(2), np.full(2, 0.1), 0.5)
    assert best.package == NO_PACKAGE
    assert not best.sustained.any()


def test_a_world_in_a_batch_is_the_world_alone() -> None:
    rng = np.random.default_rng(3)
    cooperation, gain = rng.normal(size=(5, 9, 2)), rng.exponential(size=(5, 9, 2))
    punishment, rate = rng.normal(size=(5, 2)) - 1, rng.uniform(0.1, 3, size=(5, 2))
    lag = rng.uniform(0.1, 1, size=(5, 1, 1))
    whole = most_cooperative(cooperation, cooperation + gain, punishment, rate, lag)
    lengths = critical_discount_of_length(4.0, gain, cooperation - punishment[:, None])
    for k in range(5):
        one = slice(k, k + 1)
        alone = most_cooperative(cooperation[one], (cooperation + gain)[one], punishment[one], rate[one], lag[one])
        assert np.array_equal(alone.sustained, whole.sustained[one])
        assert np.array_equal(alone.package, whole.package[one])
        assert np.array_equal(alone.terms.rate, whole.terms.rate[one])
        short = critical_discount_of_length(4.0, gain[one], cooperation[one] - punishment[one, None])
        assert np.array_equal(short, lengths[one])
    assert 0 < whole.sustained.sum() < whole.sustained.size
