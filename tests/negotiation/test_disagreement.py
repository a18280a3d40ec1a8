"""The disagreement point of depth m, as recursions done on paper and as laws."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tariffsim.instruments.base import Array
from tariffsim.negotiation.compiled import undominated
from tariffsim.negotiation.disagreement import Bargains, resumed_talks

COST = np.array([[-2.0, -2.0, -6.0]])  # two ticks of war at -2 each, then -6 for ever


def fixed(*gains: tuple[float, float]) -> Bargains:
    """Packages worth the same whenever they are agreed, all of it in the short run."""
    flows = np.stack([np.array(gains), np.zeros((len(gains), 2))], axis=-1)
    sides = flows[None, :, 0].copy(), flows[None, :, 1].copy()
    return Bargains(sides, np.zeros(1, dtype=np.int64), *undominated(*sides))


def ended(first: np.ndarray, second: np.ndarray, deals: Bargains, resume: float, depth: int) -> tuple[Array, Array]:
    """D^m where a flow of 1 is worth 1 whenever it is agreed."""
    once = np.tile([1.0, 0.0], (1, first.shape[1] - 1, 1))
    return resumed_talks((first, second), deals, (once, once), resume, depth)


def test_depth_0_is_the_war_path_added_up() -> None:
    first, second = ended(COST, 2 * COST, fixed((0, 0)), 0.5, 0)
    assert (first[0], second[0]) == (-10.0, -20.0)


def test_talks_that_surely_resume_end_the_war_after_one_tick() -> None:
    # the package gives -1 and -1 from tick 1 on, better than -8 and -8: one tick of war, then the deal: -2 - 1 = -3
    first, _ = ended(COST, COST, fixed((-1, -1)), 1.0, 1)
    assert first[0] == -3.0


def test_depth_1_weighs_war_and_deal_by_the_hazard() -> None:
    # from tick 2 on nothing can be agreed any more but at tick 2 itself: D(2) = -6; deal -1 there and at tick 1.
    # D(1) = -2 + .5 (-6) + .5 (-1) = -5.5;  D(0) = -2 + .5 (-5.5) + .5 (-1) = -5.25
    first, second = ended(COST, COST, fixed((-1, -1)), 0.5, 1)
    assert (first[0], second[0]) == (-5.25, -5.25)


def test_a_package_that_gains_only_one_side_does_not_end_the_war() -> None:
    first, second = ended(COST, COST, fixed((5.0, -9.0)), 1.0, 1)
    assert (first[0], second[0]) == (-10.0, -10.0)


def test_depth_2_bargains_over_what_depth_1_leaves() -> None:
    # q = 1, packages (-1, -4) and (-3, -3). Tick 2: D^0 = D^1 = -6 each: products (5)(2) = 10, (3)(3) = 9: the first,
    # so D^1(1) = -2 + (-1, -4) = (-3, -6). Tick 1, depth 1: D^0(1) = -8 each: (7)(4) = 28 beats (5)(5) = 25.
    # Depth 2 at tick 1: gains over (-3, -6) are (2, 2) and (0, 3): the first; D^2(0) = -2 + (-1, -4) = (-3, -6)
    one = ended(COST, COST, fixed((-1, -4), (-3, -3)), 1.0, 1)
    two = ended(COST, COST, fixed((-1, -4), (-3, -3)), 1.0, 2)
    assert [v[0] for v in one] == [-3.0, -6.0]
    assert [v[0] for v in two] == [-3.0, -6.0]


@given(
    war=st.lists(st.floats(-3, 0), min_size=8, max_size=8),
    deals=st.lists(st.tuples(st.floats(-3, 1), st.floats(-3, 1)), min_size=1, max_size=5),
    resume=st.floats(0, 1),
    depth=st.integers(1, 3),
)
def test_the_hope_of_talks_never_makes_a_stationary_war_worse_at_depth_1(
    war: list[float], deals: list[tuple[float, float]], resume: float, depth: int
) -> None:
    first, second = np.array([war[:4]]), np.array([war[4:]])
    below = ended(first, second, fixed(*deals), resume, 0)
    for side in range(2):
        hoped = ended(first, second, fixed(*deals), resume, 1)[side][0]
        assert hoped >= below[side][0] - 1e-12
    nothing = ended(first, second, fixed(*deals), 0.0, depth)
    assert np.allclose([v[0] for v in nothing], [v[0] for v in below], atol=1e-12)
