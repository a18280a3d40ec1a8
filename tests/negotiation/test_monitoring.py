"""Monitoring: Bayes' rule by hand, its laws by quadrature, and London: a slow office told from an unwilling one."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariffsim.errors import ConfigError
from tariffsim.negotiation.monitoring import (
    Belief,
    Capacities,
    Monitor,
    advance,
    alarm_probability,
    breached,
    observe,
    prior_belief,
)

Floats = npt.NDArray[np.float64]
ALL = np.array(1.0)  # what was promised: normal trade
LONDON = 46 / 600  # May 2025: tonnes of magnets to the United States against the monthly norm of 2024


def watch(noise: float = 0.05, tolerance: float = 0.25, threshold: float = 0.6) -> Monitor:
    return Monitor(np.array(noise), np.array(tolerance), np.array(threshold))


def paths(start: Iterable[float], kappa: Iterable[float] = (0.0,)) -> Capacities:
    """Every pair of a start and a growth, equally likely, towards normal trade."""
    starts, growth = np.meshgrid(list(start), list(kappa), indexing="ij")
    return Capacities(starts.ravel(), growth.ravel(), np.ones(starts.size), np.ones(starts.size))


def opening(prior: float, capacities: Capacities, compliance: Iterable[float]) -> Belief:
    choices = np.array(list(compliance))
    return prior_belief(np.array(prior), capacities, choices, np.ones(choices.size))


def after(belief: Belief, looks: Iterable[float], monitor: Monitor) -> list[float]:
    """Pr(unwilling) after each look, the office growing in between."""
    seen = []
    for look in looks:
        belief = observe(belief, monitor, ALL, np.array(look))
        seen.append(float(belief.probability))
        belief = advance(belief)
    return seen


def test_one_look_is_bayes_rule() -> None:
    # able delivers 1, unwilling .5, noise .25; at y = .6: z = -1.6 and .4,
    # ratio of likelihoods exp((1.6^2 - .4^2) / 2) = exp(1.2); prior .2: odds .25 exp(1.2)
    belief = opening(0.2, paths([1.0]), [0.5])
    odds = 0.25 * np.exp(1.2)
    assert after(belief, [0.6], watch(noise=0.25)) == pytest.approx([odds / (1 + odds)], abs=1e-12)


def test_each_hypothesis_delivers_what_will_and_office_allow() -> None:
    belief = opening(0.5, paths([0.3, 0.8], [0.5]), [0.2, 0.6])
    # unable with capacity .3 and .8; then, for each capacity, compliance .2 and .6 of a promise of .9
    assert belief.expected(np.array(0.9)) == pytest.approx([0.3, 0.8, 0.18, 0.3, 0.18, 0.54], abs=1e-15)
    assert belief.unwilling.tolist() == [False, False, True, True, True, True]
    assert belief.weights == pytest.approx([0.25, 0.25, 0.125, 0.125, 0.125, 0.125], abs=1e-15)
    # half of the gap to 1 closes: .65 and .9
    assert advance(belief).expected(np.array(0.9)) == pytest.approx([0.65, 0.9, 0.18, 0.54, 0.18, 0.54], abs=1e-15)


def test_hypotheses_that_predict_the_same_leave_the_prior_where_it_is() -> None:
    belief = opening(0.3, paths([0.2, 0.7], [0.1]), [1.0])
    rng = np.random.default_rng(0)
    assert after(belief, rng.normal(0.5, 0.3, size=500), watch()) == pytest.approx([0.3] * 500, abs=1e-15)


def test_a_prior_that_is_certain_cannot_be_moved() -> None:
    for prior in (0.0, 1.0):
        belief = opening(prior, paths([0.2, 1.0]), [0.1, 0.5])
        assert after(belief, [0.0, 1.0, 40.0], watch()) == [prior] * 3


@given(st.floats(0.05, 0.95), st.floats(0.1, 1.0), st.floats(0.05, 0.9), st.floats(0.05, 0.3))
def test_the_posterior_is_a_martingale_under_the_prior_predictive(
    prior: float, capacity: float, compliance: float, noise: float
) -> None:
    belief = opening(prior, paths([capacity, 0.5]), [compliance, 0.4])
    looks = np.linspace(-2.5, 3.5, 24001)
    miss = (looks[:, None] - belief.expected(ALL)) / noise
    density = (np.exp(-0.5 * miss**2) / (noise * np.sqrt(2 * np.pi)) * belief.weights).sum(-1)
    # a batch of one world per possible look; the trapezoid rule is exact for analytic functions that die out
    batch = prior_belief(np.full(looks.size, prior), paths([capacity, 0.5]), np.array([compliance, 0.4]), np.ones(2))
    steady = Monitor(np.full(looks.size, noise), np.zeros(looks.size), np.zeros(looks.size))
    posterior = observe(batch, steady, np.ones(looks.size), looks)
    step = looks[1] - looks[0]
    assert density.sum() * step == pytest.approx(1, abs=1e-10)
    assert (density * posterior.probability).sum() * step == pytest.approx(prior, abs=1e-10)
    assert (density[:, None] * posterior.weights).sum(0) * step == pytest.approx(belief.weights, abs=1e-10)


@pytest.mark.parametrize(("truth", "believed"), [(0.8, 0.0), (0.5, 1.0)])
def test_the_posterior_converges_to_the_truth(truth: float, believed: float) -> None:
    from scipy.special import ndtri

    noise = 0.3 * ndtri((np.arange(400) + 0.5) / 400)  # the quantiles of the noise, in any order
    looks = truth + np.random.default_rng(1).permutation(noise)
    seen = after(opening(0.5, paths([0.8]), [0.5]), looks, watch(noise=0.3))
    assert abs(seen[-1] - believed) < 1e-6
    assert abs(seen[4] - believed) > 1e-6


@given(st.permutations(range(6)))
def test_the_order_of_looks_does_not_matter_while_nothing_grows(order: list[int]) -> None:
    looks = np.array([0.1, 0.7, 0.35, 0.9, 0.2, 0.5])
    belief = opening(0.4, paths([0.3, 0.9]), [0.2, 0.6])
    wide = watch(noise=0.4)
    assert after(belief, looks[order], wide)[-1] == pytest.approx(after(belief, looks, wide)[-1], abs=1e-13)


def test_two_looks_in_one_period_commute_even_while_offices_grow() -> None:
    belief = advance(opening(0.4, paths([0.3, 0.9], [0.2]), [0.2, 0.6]))
    wide = watch(noise=0.4)
    one, other = np.array(0.2), np.array(0.6)
    first = observe(observe(belief, wide, ALL, one), wide, ALL, other)
    second = observe(observe(belief, wide, ALL, other), wide, ALL, one)
    assert first.weights == pytest.approx(second.weights, abs=1e-14)


def test_observing_leaves_the_belief_it_started_from_alone() -> None:
    belief = opening(0.4, paths([0.3, 0.9], [0.2]), [0.2])
    before = belief.log_weight.copy(), belief.capacity.copy()
    advance(observe(belief, watch(), ALL, np.array(0.5)))
    assert np.array_equal(belief.log_weight, before[0])
    assert np.array_equal(belief.capacity, before[1])


# A public prior for London, assumed: bad faith 30 %; an office that starts at 8 to 40 % of normal trade and closes
# 3 to 20 % of its gap a week; an unwilling owner lets 10, 30 or 50 % go.
def london_prior(unwilling: float = 0.3) -> Belief:
    return opening(unwilling, paths([0.08, 0.1, 0.25, 0.4], [0.03, 0.08, 0.2]), [0.1, 0.3, 0.5])


def test_london_a_slow_office_that_grows_is_not_taken_for_bad_faith() -> None:
    # 46 t of 600, then 8 % of the gap closed a week
    looks = 1 - (1 - LONDON) * 0.92 ** np.arange(16)
    for unwilling in (0.3, 0.5):
        belief, monitor = london_prior(unwilling), watch()
        called = []
        for look in looks:
            belief = observe(belief, monitor, ALL, np.array(look))
            called.append(bool(breached(belief, monitor, ALL, np.array(look))))
            assert belief.probability < 0.6
            belief = advance(belief)
        assert not any(called)
        assert belief.probability < 0.001
    assert 1 - looks[4] > 0.25  # though it was short by more than tolerated for weeks


def test_london_deliveries_that_stay_low_are_called_a_breach_in_the_third_week() -> None:
    seen = after(london_prior(), [LONDON] * 8, watch())
    assert [p > 0.6 for p in seen] == [False, False] + [True] * 6
    assert seen[-1] > 0.99


def test_an_owner_that_releases_only_what_it_likes_is_told_from_a_slow_office() -> None:
    grows = 1 - 0.9 * 0.9 ** np.arange(20)  # capacity .1, a tenth of the gap a week
    belief = opening(0.5, paths([0.1], [0.1]), [0.4])
    able, unwilling = after(belief, grows, watch()), after(belief, np.minimum(0.4, grows), watch())
    assert able[:4] == pytest.approx([0.5] * 4, abs=1e-12)  # .344 < .4: while the office binds nobody can tell
    assert able[-1] < 1e-6
    assert unwilling[-1] > 1 - 1e-6


def test_a_breach_takes_both_bad_faith_and_a_shortfall() -> None:
    sure, unsure = opening(1.0, paths([1.0]), [0.5]), opening(0.6, paths([1.0]), [0.5])
    short, fine = np.array(0.5), np.array(0.75)
    assert breached(sure, watch(), ALL, short)
    assert not breached(sure, watch(), ALL, fine)  # .25 short is still tolerated
    assert not breached(unsure, watch(), ALL, short)  # not more likely than the threshold
    assert breached(unsure, watch(threshold=0.59), ALL, short)
    assert breached(sure, watch(tolerance=0.2), ALL, fine)


def test_false_alarms_and_detections_are_normal_tails() -> None:
    # tolerance .25, noise .125: full delivery is two standard deviations above the line, half of it two below
    monitor = watch(noise=0.125)
    alarm, detection = (float(alarm_probability(monitor, ALL, np.array(d))) for d in (1.0, 0.5))
    assert alarm == pytest.approx(0.0227501319, abs=1e-10)
    assert alarm + detection == pytest.approx(1, abs=1e-15)


def test_extreme_looks_stay_finite() -> None:
    monitor = watch(noise=1e-9)
    belief = opening(0.5, paths([0.2, 1.0]), [0.3])
    for look in (-1e3, 1e3, 0.3):
        belief = observe(belief, monitor, ALL, np.array(look))
        assert 0 <= belief.probability <= 1
        assert belief.weights.sum() == pytest.approx(1, abs=1e-15)


def test_a_world_in_a_batch_is_the_world_alone() -> None:
    rng = np.random.default_rng(4)
    worlds, periods = 5, 6
    start, kappa = rng.uniform(0.1, 0.5, size=(worlds, 4)), rng.uniform(0.0, 0.3, size=(worlds, 4))
    prior, noise = rng.uniform(size=worlds), rng.uniform(0.05, 0.3, size=worlds)
    looks, promised = rng.uniform(size=(periods, worlds)), rng.uniform(0.5, 1, size=(periods, worlds))
    compliance = np.array([0.2, 0.4, 0.6])

    def played(where: slice) -> Floats:
        ones = np.ones_like(start[where])
        belief = prior_belief(
            prior[where], Capacities(start[where], kappa[where], ones, ones), compliance, np.ones(compliance.size)
        )
        monitor = Monitor(noise[where], noise[where], noise[where])
        for look, promise in zip(looks, promised, strict=True):
            belief = advance(observe(belief, monitor, promise[where], look[where]))
        return belief.probability

    whole = played(slice(None))
    for k in range(worlds):
        assert np.array_equal(played(slice(k, k + 1)), whole[k : k + 1])
    assert np.ptp(whole) > 0.1


@pytest.mark.parametrize("noise", [0.0, -0.1, float("nan")])
def test_without_noise_there_is_nothing_to_infer_and_the_monitor_says_so(noise: float) -> None:
    with pytest.raises(ConfigError, match=r"observation noise .* allowed: at least 1e-09"):
        watch(noise=noise)


def test_what_is_no_probability_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"threshold from 1\.5"):
        watch(threshold=1.5)
    with pytest.raises(ConfigError, match=r"prior probability of bad faith from -0\.1"):
        opening(-0.1, paths([1.0]), [0.5])
    with pytest.raises(ConfigError, match="weights of capacity paths or compliance levels"):
        prior_belief(np.array(0.5), paths([1.0]), np.array([0.5]), np.zeros(1))
