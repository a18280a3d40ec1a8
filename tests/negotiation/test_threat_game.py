"""The game of threats before the talks, solved on paper."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tariffsim.negotiation.threat_game import threats

BOTH = [[True, True], [True, True]]
QUIET, LOUD = [True, False], [False, True]


def decided(
    first: Sequence[Sequence[float]],
    second: Sequence[Sequence[float]],
    allowed: list[list[bool]] = BOTH,
    opener: int = 0,
    uniform: tuple[float, float] = (0.5, 0.5),
) -> list[bool]:
    """Whether each side threatens, from payoffs [first silent, threatens][second silent, threatens] to both."""
    payoff = np.array([[first, second]], dtype=np.float64)
    found = threats(payoff, np.array([allowed]), np.array([opener]), np.array([uniform]))
    return found[0].tolist()  # type: ignore[no-any-return]


def test_who_alone_may_threaten_does_if_the_bargain_over_its_threat_is_worth_more() -> None:
    # 3 against 2; a tie keeps it silent; the 9 of a pair that is not allowed is ignored
    assert decided([[2, 9], [3, 9]], [[5, 9], [4, 9]], [[True, True], QUIET]) == [True, False]
    assert decided([[3, 9], [3, 9]], [[5, 9], [4, 9]], [[True, True], QUIET]) == [False, False]


def test_who_always_threatens_is_answered_as_such() -> None:
    # against a threat the second gets 2 by one of its own and 1 without; against silence it would keep silent
    first, second = [[0, 0], [0, 0]], [[4, 3], [1, 2]]
    assert decided(first, second, [LOUD, [True, True]]) == [True, True]
    assert decided(first, second, [QUIET, [True, True]]) == [False, False]


def test_in_a_dilemma_both_threaten() -> None:
    # a threat is worth 1 more whatever the other does, and costs the other 2
    assert decided([[3, 1], [4, 2]], [[3, 4], [1, 2]]) == [True, True]


def test_silence_is_kept_where_it_is_an_equilibrium_too() -> None:
    # (silence, silence) and (threat, threat) are both equilibria
    assert decided([[3, 0], [2, 1]], [[3, 2], [0, 1]]) == [False, False]


def test_where_only_one_of_two_should_threaten_it_is_the_opener() -> None:
    # chicken: each gains by a threat against silence (4 against 3) and loses by one against a threat (0 against 1)
    first, second = [[3, 1], [4, 0]], [[3, 4], [1, 0]]
    assert decided(first, second, opener=0) == [True, False]
    assert decided(first, second, opener=1) == [False, True]


def test_without_a_pure_equilibrium_each_leaves_the_other_indifferent() -> None:
    # the first wants to do as the second does, which does not. The second is indifferent if the first threatens with p:
    # 0 (1 - p) + 3 p = 2 (1 - p) + 1 p, p = 1/2; the first if 4 (1 - q) + 0 q = 1 (1 - q) + 2 q, q = 3/5
    second = [[0, 2], [3, 1]]
    for draw, one, other in ((0.49, True, True), (0.51, False, True), (0.61, False, False)):
        assert decided([[4, 0], [1, 2]], second, uniform=(draw, draw)) == [one, other]


def test_relabelling_the_sides_relabels_the_choice_and_worlds_do_not_mix() -> None:
    rng = np.random.default_rng(3)
    payoff = rng.integers(0, 4, size=(500, 2, 2, 2)).astype(float)
    allowed = np.array([BOTH, [QUIET, BOTH[0]], [BOTH[0], LOUD]])[rng.integers(0, 3, 500)]
    opener, uniform = rng.integers(0, 2, 500), rng.uniform(size=(500, 2))
    found = threats(payoff, allowed, opener, uniform)
    swapped = threats(payoff[:, ::-1].swapaxes(2, 3), allowed[:, ::-1], 1 - opener, uniform[:, ::-1])
    assert (swapped[:, ::-1] == found).all()
    for k in range(0, 500, 25):
        one = slice(k, k + 1)
        assert (threats(payoff[one], allowed[one], opener[one], uniform[one]) == found[one]).all()
    assert (allowed[np.arange(500)[:, None], np.arange(2), found.astype(np.int64)]).all()
