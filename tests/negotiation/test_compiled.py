"""Compiled loops: what is compiled beforehand is what a run uses, and a loop says what its NumPy form would."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.world.shared import played

from tariffsim.negotiation import compiled

LOOPS = [loop for loop in vars(compiled).values() if hasattr(loop, "signatures")]
FLOWS = st.lists(st.tuples(*[st.integers(-3, 3)] * 4), min_size=1, max_size=12)


def test_a_run_compiles_nothing_that_was_not_compiled_beforehand() -> None:
    compiled.compile_loops()
    before = [loop.signatures for loop in LOOPS]
    played(worlds=2, ticks=2)
    assert [loop.signatures for loop in LOOPS] == before


@given(packages=FLOWS)
def test_undominated_packages_are_the_first_of_their_kind_that_no_other_beats_everywhere(
    packages: list[tuple[int, int, int, int]],
) -> None:
    flows = np.array(packages, dtype=float)
    count, which = compiled.undominated(flows[None, :, :2].copy(), flows[None, :, 2:].copy())
    beaten = [
        any((other >= flow).all() and ((other > flow).any() or k < q) for k, other in enumerate(flows) if k != q)
        for q, flow in enumerate(flows)
    ]
    assert sorted(which[0, : count[0]]) == np.flatnonzero(~np.array(beaten)).tolist()


def test_wars_are_worth_the_sum_of_their_ticks() -> None:
    rng = np.random.default_rng(7)
    flows, stress, index = rng.normal(size=(3, 5, 2, 2)), rng.uniform(size=(3, 5)), np.array([[2, 0], [1, 1]])
    premium, held, felt = rng.uniform(size=6), rng.uniform(size=6), rng.uniform(size=(6, 5))
    weights = rng.uniform(size=(6, 5, 2))
    worth = compiled.wars_worth(flows, stress, index, premium, held, weights, felt)
    paths = np.repeat(index, 3, axis=0)  # three views a world
    by_horizon = flows[paths][..., 0] + premium[:, None, None, None] * flows[paths][..., 1] + held[:, None, None, None]
    expected = (weights[:, None] * by_horizon).sum((-1, -2)) - (felt[:, None] * stress[paths]).sum(-1)
    assert np.allclose(worth, expected, rtol=1e-12, atol=1e-12)
    for p in range(2):
        column = np.ascontiguousarray(index[:, p])
        slices = compiled.war_slices(flows, stress, column, premium, held, weights, felt)
        assert np.allclose(slices.sum(-1), worth[:, p], rtol=1e-12, atol=1e-12)
