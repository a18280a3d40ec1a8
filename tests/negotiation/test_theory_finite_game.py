"""Backward induction over finite tables: small games by hand, the definition spelt out, a cake in a hundred slices."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariffsim.errors import ConfigError
from tariffsim.negotiation.bargaining import NO_OFFER
from tariffsim.negotiation.theory.finite_game import backward_induction, stationary
from tariffsim.negotiation.theory.negotiation_set import negotiation_set
from tariffsim.negotiation.theory.rubinstein import deadline_shares, outside_option_shares, proposer_shares

Array = npt.NDArray[np.float64]

SLICES = np.stack([np.arange(101.0), 100 - np.arange(101.0)], axis=-1)
ZERO = np.zeros(2)

seeds = st.integers(0, 10_000)
patience = st.tuples(st.floats(0, 1), st.floats(0, 1))


def table(seed: int, packages: int = 12, worlds: int = 5) -> tuple[Array, Array]:
    """Whole-number values, so that ties are common, and disagreement points."""
    rng = np.random.default_rng(seed)
    return rng.integers(-3, 9, (worlds, packages, 2)).astype(float), rng.integers(-2, 3, (worlds, 2)).astype(float)


def slowly(
    u: Array, d: Array, delta: Array, offers: int, first: int, outside: Array | None, after: Array = ZERO
) -> tuple[list[int], Array]:
    """The definition, one package after the other; gains `after` follow the last refusal."""
    values: list[Array] = [after]
    plans: list[int] = []
    for t in reversed(range(offers)):
        i = (first + t) % 2
        refused = delta * values[0]
        if outside is not None and outside[1 - i] - d[1 - i] > refused[1 - i]:
            refused = outside - d
        good = [q for q in range(len(u)) if (u[q] - d)[1 - i] >= refused[1 - i] and (u[q] - d)[i] >= refused[i]]
        plan = max(good, key=lambda q: (u[q][i], u[q][1 - i], -q), default=NO_OFFER)
        plans.insert(0, plan)
        values.insert(0, refused if plan == NO_OFFER else u[plan] - d)
    return plans, np.array(values) + d


@given(seed=seeds, delta=patience, offers=st.integers(1, 6), first=st.integers(0, 1), leave=st.booleans())
def test_play_is_what_the_definition_says(
    seed: int, delta: tuple[float, float], offers: int, first: int, leave: bool
) -> None:
    u, d = table(seed)
    outside = d + np.random.default_rng(seed).integers(-2, 4, d.shape) if leave else None
    play = backward_induction(u, d, delta, offers, first, outside)
    for k in range(len(u)):
        plans, values = slowly(u[k], d[k], np.array(delta), offers, first, None if outside is None else outside[k])
        assert play.package[k].tolist() == plans
        assert np.allclose(play.value[k], values, atol=1e-12)


def test_the_last_proposer_takes_what_leaves_the_other_no_worse_than_disagreement() -> None:
    # (10, -1) hurts the second; of (6, 0) and (4, 9) the first takes (6, 0) and the second, indifferent, accepts
    u = np.array([[10.0, -1.0], [4.0, 9.0], [6.0, 0.0]])
    play = backward_induction(u, ZERO, [0.9, 0.9], 1, 0)
    assert play.package.tolist() == [2]
    assert play.value.tolist() == [[6.0, 0.0], [0.0, 0.0]]


def test_three_offers_over_ten_slices_by_hand() -> None:
    # delta .5 and .7. Last: the first takes 10. Before: it must be left .5 * 10 = 5, the second has 5.
    # At the start the second must be left .7 * 5 = 3.5, so 4 slices: the first has 6.
    u = np.stack([np.arange(11.0), 10 - np.arange(11.0)], axis=-1)
    play = backward_induction(u, ZERO, [0.5, 0.7], 3, 0)
    assert play.package.tolist() == [6, 5, 10]
    assert play.value.tolist() == [[6.0, 4.0], [5.0, 5.0], [10.0, 0.0], [0.0, 0.0]]


def test_ties_go_to_the_responder_and_then_to_the_lowest_index() -> None:
    u = np.array([[5.0, 1.0], [5.0, 3.0], [5.0, 3.0], [4.0, 9.0]])
    assert backward_induction(u, ZERO, [0.9, 0.9], 1, 0).package.tolist() == [1]


def test_where_nothing_is_good_for_both_nothing_is_offered_and_disagreement_stays() -> None:
    u, d = np.array([[5.0, -1.0], [-1.0, 5.0]]), np.array([1.0, 2.0])
    play = backward_induction(u, d, [0.9, 0.8], 4, 1)
    assert (play.package == NO_OFFER).all()
    assert (play.value == d).all()


def test_a_responder_who_can_leave_must_be_left_as_much() -> None:
    # one offer: without the option the first takes 100; with 37.5 it must leave 38 slices; with 37, exactly 37
    for option, kept in ((-1.0, 100), (37.5, 62), (37.0, 63)):
        play = backward_induction(SLICES, ZERO, [0.9, 0.9], 1, 0, outside=[0.0, option])
        assert play.package.tolist() == [kept]


def test_the_proposer_has_its_own_outside_option_where_the_responder_leaves() -> None:
    # nothing is worth 20 to the second, so it leaves, and the first has its 3
    u = np.array([[5.0, 4.0]])
    play = backward_induction(u, ZERO, [0.9, 0.9], 1, 0, outside=[3.0, 20.0])
    assert play.package.tolist() == [NO_OFFER]
    assert play.value[0].tolist() == [3.0, 20.0]


def test_each_world_has_its_own_first_mover() -> None:
    u = np.stack([SLICES, SLICES])
    play = backward_induction(u, ZERO, [0.5, 0.5], 2, [0, 1])
    assert play.package.tolist() == [[50, 0], [50, 100]]


@given(seed=seeds, delta=patience, scale=st.sampled_from([0.25, 2.0, 8.0]), shift=st.integers(-5, 5))
def test_units_and_origin_of_either_side_do_not_matter(
    seed: int, delta: tuple[float, float], scale: float, shift: int
) -> None:
    u, d = table(seed)
    play = backward_induction(u, d, delta, 5, 0)
    moved = backward_induction(u * [scale, 1.0] + [shift, 0], d * [scale, 1.0] + [shift, 0], delta, 5, 0)
    assert (play.package == moved.package).all()  # powers of two and whole numbers: no rounding


@given(seed=seeds, delta=patience)
def test_exchanging_the_sides_mirrors_the_play(seed: int, delta: tuple[float, float]) -> None:
    u, d = table(seed)
    play = backward_induction(u, d, delta, 4, 0)
    mirror = backward_induction(u[..., ::-1], d[..., ::-1], delta[::-1], 4, 1)
    assert (play.value == mirror.value[..., ::-1]).all()
    assert (play.package == mirror.package).all()


@given(seed=seeds, delta=patience, offers=st.integers(1, 5))
def test_agreement_is_immediate_wherever_a_package_is_good_for_both(
    seed: int, delta: tuple[float, float], offers: int
) -> None:
    u, d = table(seed)
    possible = (u - d[:, None]).min(-1).max(-1) >= 0
    assert ((backward_induction(u, d, delta, offers, 0).package != NO_OFFER) == possible[:, None]).all()


def test_a_world_in_a_batch_is_the_world_alone() -> None:
    rng = np.random.default_rng(2)
    u, d, delta = rng.normal(size=(3, 4, 30, 2)), rng.normal(size=(3, 4, 2)) - 1, rng.uniform(0.5, 1, (3, 4, 2))
    first = rng.integers(0, 2, (3, 4))
    play, limit = backward_induction(u, d, delta, 6, first), stationary(u, d, delta, first)
    for k in np.ndindex(3, 4):
        alone, rest = backward_induction(u[k], d[k], delta[k], 6, first[k]), stationary(u[k], d[k], delta[k], first[k])
        assert (alone.package == play.package[k]).all()
        assert (alone.value == play.value[k]).all()
        assert (rest.package == limit.package[k]).all()
        assert (rest.value == limit.value[k]).all()


# ---------------------------------------------------------------------- the cake in slices
@given(d=st.tuples(st.floats(0, 0.99), st.floats(0, 0.99)), offers=st.integers(1, 80), first=st.integers(0, 1))
def test_slices_approximate_the_divisible_cake(d: tuple[float, float], offers: int, first: int) -> None:
    # Each offer rounds what the responder must be left up to a whole slice, an error below one slice, of which delta_i
    # delta_j is left two offers earlier: in all less than 1 / (1 - delta_i delta_j) slices.
    play = backward_induction(SLICES, ZERO, d, offers, first)
    share = 100 * deadline_shares(d, offers)[first]
    assert abs(play.value[0, first] - share) < 1 / (1 - d[0] * d[1]) + 1e-9


@pytest.mark.parametrize("delta", [(0.1, 0.2), (0.3, 0.3), (0.5, 0.5)])
def test_with_costly_delay_the_limit_is_rubinsteins_within_one_slice(delta: tuple[float, float]) -> None:
    play = backward_induction(SLICES, ZERO, delta, 40, 0)
    assert abs(play.value[0, 0] - 100 * proposer_shares(delta)[0]) <= 1


def test_with_patient_sides_the_slice_matters_more_than_the_delay() -> None:
    # .95 and .95: up to 1 / (1 - .9025) = 10 slices off; the last mover keeps 7 of them however far off
    share = 100 * proposer_shares([0.95, 0.95])[0]
    odd, even = (backward_induction(SLICES, ZERO, [0.95, 0.95], n, 0).value[0, 0] for n in (401, 400))
    assert odd > share + 7
    assert even < share - 7


def test_with_less_cost_of_delay_than_a_slice_the_last_mover_gets_everything() -> None:
    # .999 * 100 = 99.9: nothing less than the whole cake buys the next proposer off
    assert backward_induction(SLICES, ZERO, [0.999, 0.999], 101, 0).package[0] == 100
    assert backward_induction(SLICES, ZERO, [0.999, 0.999], 100, 0).package[0] == 0


def test_slices_with_outside_options_approximate_the_closed_form() -> None:
    delta, outside = [0.6, 0.5], np.array([10.0, 45.0])
    play = backward_induction(SLICES, ZERO, delta, 60, 0, outside)
    assert abs(play.value[0, 0] - 100 * outside_option_shares(delta, outside / 100)[0]) <= 1


# ---------------------------------------------------------------------- stationary
@given(seed=seeds, delta=patience, favours=st.integers(0, 1))
def test_a_stationary_equilibrium_is_its_own_continuation(seed: int, delta: tuple[float, float], favours: int) -> None:
    u, d = table(seed)
    limit = stationary(u, d, delta, favours)
    assert limit.settled.all()
    for k in range(len(u)):
        for i in (0, 1):
            refused = np.array(delta) * (limit.value[k, 1 - i] - d[k])
            good = [q for q in range(12) if (u[k, q] - d[k] >= np.where(np.arange(2) == i, 0, refused)).all()]
            best = max(good, key=lambda q: u[k, q, i], default=NO_OFFER)
            assert (limit.package[k, i] == NO_OFFER) == (best == NO_OFFER)
            if best != NO_OFFER:
                assert u[k, limit.package[k, i], i] == u[k, best, i]


@given(seed=seeds, delta=patience, favours=st.integers(0, 1))
def test_long_games_end_up_there(seed: int, delta: tuple[float, float], favours: int) -> None:
    u, d = table(seed)
    limit = stationary(u, d, delta, favours)
    play = backward_induction(u, d, delta, 61, favours)  # an odd number: who opens also closes
    assert (play.package[:, 0] == limit.package[:, favours]).all()
    assert (play.package[:, 1] == limit.package[:, 1 - favours]).all()
    assert (play.value[:, 0] == limit.value[:, favours]).all()


@given(seed=seeds, delta=patience, favours=st.integers(0, 1))
def test_outside_options_no_worse_than_disagreement_leave_an_equilibrium(
    seed: int, delta: tuple[float, float], favours: int
) -> None:
    u, d = table(seed)
    outside = d + np.random.default_rng(seed).integers(0, 8, d.shape)
    limit = stationary(u, d, delta, favours, outside)
    assert limit.settled.all()
    # what is proposed is what one more offer would propose
    for k in range(len(u)):
        for i in (0, 1):
            ahead = limit.value[k, 1 - i]
            plans, values = slowly(u[k], d[k], np.array(delta), 1, i, outside[k], ahead - d[k])
            assert plans == [limit.package[k, i]]
            assert np.allclose(values[0], limit.value[k, i], atol=1e-12)


def test_where_leaving_hurts_a_side_more_than_disagreement_offers_may_never_settle() -> None:
    # the first may leave with 4, which costs the second 3; the only package costs it 1: no package is good for both
    limit = stationary([[6.0, -1.0]], ZERO, [0.9, 0.4], outside=[4.0, -3.0])
    assert not limit.settled


@given(d=st.tuples(st.floats(0, 0.99), st.floats(0, 0.99)))
def test_of_all_stationary_demands_the_one_for_a_side_is_its_largest(d: tuple[float, float]) -> None:
    whole = np.arange(101)

    def left(share: npt.NDArray[np.int64], delta: float) -> npt.NDArray[np.int64]:
        return np.asarray(100 - np.ceil(delta * share).astype(np.int64))

    demands = whole[left(left(whole, d[0]), d[1]) == whole]  # what the first may ask, given what the second then asks
    assert stationary(SLICES, ZERO, d, 0).value[0, 0] == demands.max()
    assert stationary(SLICES, ZERO, d, 1).value[0, 0] == demands.min()


# ---------------------------------------------------------------------- negotiation set
@given(seed=seeds)
def test_the_negotiation_set_holds_each_undominated_acceptable_point_once(seed: int) -> None:
    u, d = table(seed)
    gains = u - d[:, None]
    found = negotiation_set(gains)
    for k in range(len(u)):
        points = gains[k]
        kept = [
            q
            for q in range(12)
            if (points[q] >= 0).all()
            and not any((points[p] >= points[q]).all() and (points[p] > points[q]).any() for p in range(12))
            and not any((points[p] == points[q]).all() for p in range(q))
        ]
        kept.sort(key=lambda q: -points[q, 0])
        row = found.package[k]
        assert row[row != NO_OFFER].tolist() == kept
        assert (found.gains[:, k, : len(kept)] == points[kept].T).all()


def test_what_makes_no_game_is_refused() -> None:
    with pytest.raises(ConfigError, match="at least 1"):
        backward_induction(SLICES, ZERO, [0.9, 0.9], 0, 0)
    with pytest.raises(ConfigError, match="first must be side 0 or 1, got 2"):
        backward_induction(SLICES, ZERO, [0.9, 0.9], 1, 2)
    with pytest.raises(ConfigError, match=r"in \[0, 1\], got 0.9 to 1.1"):
        backward_induction(SLICES, ZERO, [0.9, 1.1], 1, 0)
    with pytest.raises(ConfigError, match=r"u must have shape"):
        backward_induction(np.zeros((4, 3)), ZERO, [0.9, 0.9], 1, 0)
    with pytest.raises(ConfigError, match=r"d must fit"):
        backward_induction(SLICES, np.zeros(3), [0.9, 0.9], 1, 0)
