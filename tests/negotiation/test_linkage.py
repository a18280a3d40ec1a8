"""Issue linkage: cases derived on paper, the hypotheses under which it brings nothing, and where it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.negotiation.bargains import added, nash_1950, whole

from tariffsim.errors import ConfigError
from tariffsim.negotiation.frontier import FrontierPoints, frontier_points
from tariffsim.negotiation.linkage import interaction, linkage_gain
from tariffsim.negotiation.solutions import (
    egalitarian,
    kalai_smorodinsky,
    nash_bargaining,
    solution_points,
    utilitarian,
)

Concept = Callable[[Any, Any], Any]
CONCEPTS = (nash_bargaining, kalai_smorodinsky, egalitarian, utilitarian)
each_concept = pytest.mark.parametrize("concept", CONCEPTS)
ZERO = np.zeros(2)


def issue(levels: Any) -> Any:
    """An issue's gains (L + 1, 2), the reference level (0, 0) first."""
    return np.concatenate([[[0.0, 0.0]], np.asarray(levels, dtype=np.float64)])


@st.composite
def issues(draw: st.DrawFn, low: int = -5, high: int = 9) -> list[Any]:
    """Two or three issues with one to three levels besides the reference."""
    return [issue(draw(whole(low, high, draw(st.integers(1, 3)), 2))) for _ in range(draw(st.integers(2, 3)))]


def linked(parts: list[Any], concept: Concept = nash_bargaining) -> Any:
    """Linkage gain of issues that add up, what isn't agreed on staying at the reference."""
    return linkage_gain(added(*parts), None, [len(part) for part in parts], [0] * len(parts), concept)


# ---------------------------------------------------------------------- derived on paper
@each_concept
def test_two_issues_that_each_harm_somebody_can_be_traded(concept: Concept) -> None:
    # Tollison and Willett (1979): one brings (3,-1), the other (-1,3). Neither is agreed on alone; together (2,2)
    found = linked([issue([[3, -1]]), issue([[-1, 3]])], concept)
    assert found.gain.tolist() == [2, 2]
    assert (int(found.package), int(found.separate)) == (3, 0)


@pytest.mark.parametrize("concept", [nash_bargaining, kalai_smorodinsky])
def test_each_takes_what_it_cares_more_about(concept: Concept) -> None:
    # Horstmann, Markusen and Robles (2005), comparative interest: a cake worth twice as much to the first, another to
    # the second. Each halved alone: 1 + .5 for both; the first takes one and the second the other: 2 for both
    found = linked([issue([[2, 0], [1, 0.5], [0, 1]]), issue([[1, 0], [0.5, 1], [0, 2]])], concept)
    assert found.gain.tolist() == [0.5, 0.5]


def test_bill_and_jack_trade_nothing_one_thing_at_a_time() -> None:
    # Nash (1950): whoever hands something over loses by it, so that item by item nothing moves; the package is worth
    # 12 and 5
    found = linked(nash_1950())
    assert found.gain.tolist() == [12, 5]
    assert int(found.separate) == 0


def test_linkage_can_take_from_one_party() -> None:
    # (1,2) alone is agreed on, (2,-1) alone is not: (1,2). Linked (3,1): product 3 against 2. The second loses
    found = linked([issue([[1, 2]]), issue([[2, -1]])])
    assert found.gain.tolist() == [2, -1]


def test_what_cannot_be_split_can_be_evened_out_by_linking() -> None:
    # (3,1) or (1,3) twice: alone the first of the two each time, (6,2); linked (4,4). The same sum, a larger product
    found = linked([issue([[3, 1], [1, 3]])] * 2)
    assert found.gain.tolist() == [-2, 2]


def test_levels_that_do_not_go_together_are_not_agreed_on() -> None:
    # each alone brings (1,1), both together (-1,-1): nothing separately, one of them as a package
    u = np.array([[0, 0], [1, 1], [1, 1], [-1, -1]])
    found = linkage_gain(u, None, (2, 2), (0, 0))
    assert found.gain.tolist() == [1, 1]
    assert (int(found.package), int(found.separate)) == (1, -1)
    assert interaction(u, (2, 2), (0, 0)).tolist() == [[0, 0], [0, 0], [0, 0], [-3, -3]]


def test_a_disagreement_point_below_the_reference_makes_every_issue_worth_agreeing_on() -> None:
    # without agreement (-2,-2). Issue (3,-1) alone: (5,1) against (2,2) for the reference: product 5 > 4, agreed;
    # so is (-1,3) by symmetry: (2,2), as in the package
    found = linkage_gain(added(issue([[3, -1]]), issue([[-1, 3]])), [-2.0, -2.0], (2, 2), (0, 0))
    assert found.gain.tolist() == [0, 0]
    assert int(found.separate) == 3


def test_where_nothing_is_agreed_on_either_way_nothing_is_gained() -> None:
    found = linkage_gain([[0, 0], [1, -1]], [5.0, 5.0], (2,), (0,))
    assert found.gain.tolist() == [0, 0]
    assert (int(found.package), int(found.separate)) == (-1, -1)


def test_the_reference_decides_what_is_left_of_an_issue() -> None:
    # from the other corner of Tollison and Willett's table, giving up (3,-1) or (-1,3) is what is negotiated:
    # (2,2) is the best there is, and nobody moves
    found = linkage_gain(added(issue([[3, -1]]), issue([[-1, 3]])), None, (2, 2), (1, 1))
    assert found.gain.tolist() == [0, 0]
    assert int(found.separate) == 3


# ---------------------------------------------------------------------- where theory says nothing is gained
@given(whole(-5, 9, 4, 2), st.integers(0, 3))
@each_concept
def test_with_one_issue_to_negotiate_there_is_nothing_to_link(concept: Concept, u: Any, level: int) -> None:
    found = linkage_gain(u, None, (1, 4, 1), (0, level, 0), concept)
    assert found.gain.tolist() == [0, 0]


@given(issues())
@each_concept
def test_common_interests_are_served_one_at_a_time(concept: Concept, parts: list[Any]) -> None:
    # values add up, and on every issue one level is the best for both
    parts = [np.concatenate([part, part.max(0, keepdims=True)]) for part in parts]
    assert linked(parts, concept).gain.tolist() == [0, 0]


@given(issues())
def test_the_sum_is_the_same_where_the_best_level_of_each_issue_harms_nobody(parts: list[Any]) -> None:
    # values add up, the sum of gains is maximised, and on each issue a level with the largest sum is rational:
    # the largest sum of all issues is the sum of the largest
    assume(all((part[part.sum(-1) == part.sum(-1).max()] >= 0).all(-1).any() for part in parts))
    assert linked(parts, utilitarian).gain.sum() == 0


@given(st.lists(st.integers(1, 2), min_size=2, max_size=3), st.integers(1, 3))
@pytest.mark.parametrize("concept", [nash_bargaining, kalai_smorodinsky, egalitarian])
def test_cakes_that_trade_at_one_rate_are_split_the_same_way_linked_or_not(
    concept: Concept, cakes: list[int], rate: int
) -> None:
    # values add up, each issue shares a cake out at the same rate of exchange, and the split is a level of each:
    # s to the first, rate x (c - s) to the second
    parts = []
    for cake in cakes:
        size = 2 * (1 + rate) * cake
        share = np.arange(size + 1.0)
        parts.append(issue(np.stack([share, rate * (size - share)], axis=-1)))
    assert linked(parts, concept).gain.tolist() == [0, 0]


@given(whole(0, 9, 4, 2), st.integers(1, 4), st.integers(1, 4))
@pytest.mark.parametrize("name", FrontierPoints.__dataclass_fields__)
def test_with_lotteries_issues_of_one_shape_bring_the_same_linked_or_not(name: str, part: Any, a: int, b: int) -> None:
    # values add up, and the issues' gains are multiples of one another: a convex set plus a multiple of itself is a
    # multiple of it, and every concept scales. False without lotteries: see the evening out above
    alone, both = frontier_points(part, ZERO), frontier_points(added(a * part, b * part), ZERO)
    assert getattr(both, name).point == pytest.approx((a + b) * getattr(alone, name).point, abs=1e-10)


# ---------------------------------------------------------------------- and otherwise
@given(issues())
def test_linkage_never_lowers_what_the_concept_maximises(parts: list[Any]) -> None:
    # what is agreed on separately is one of the packages, as long as values add up: it is rational
    u = added(*parts)
    ideal = solution_points(u, ZERO).ideal
    measures: dict[Concept, Callable[[Any], float]] = {
        nash_bargaining: lambda g: float(np.where(ideal > 0, g, 1).prod()),
        kalai_smorodinsky: lambda g: float((g / np.where(ideal > 0, ideal, 1) + (ideal == 0)).min()),
        egalitarian: lambda g: float(g.min()),
        utilitarian: lambda g: float(g.sum()),
    }
    for concept, measure in measures.items():
        found = linked(parts, concept)
        assert int(found.separate) >= 0
        together, apart = u[int(found.package)], u[int(found.separate)]
        assert measure(together) >= measure(apart) - 1e-12
        assert found.gain.tolist() == (together - apart).tolist()


@given(issues(), st.data())
def test_values_that_add_up_do_not_interact_and_others_do(parts: list[Any], data: st.DataObject) -> None:
    sizes = [len(part) for part in parts]
    reference = [data.draw(st.integers(0, size - 1)) for size in sizes]
    u = added(*parts)
    assert not interaction(u, sizes, reference).any()
    apart = [k for k in np.ndindex(*sizes) if sum(x != r for x, r in zip(k, reference, strict=True)) >= 2]
    moved = np.ravel_multi_index(apart[0], sizes)
    u[moved] += 1
    assert interaction(u, sizes, reference)[moved].tolist() == [1, 1]
    assert np.count_nonzero(interaction(u, sizes, reference)) == 2


@each_concept
def test_a_world_in_a_batch_is_the_world_alone(concept: Concept) -> None:
    rng = np.random.default_rng(4)
    u, d, sizes = rng.normal(size=(9, 24, 2)), rng.normal(size=(9, 2)) - 1, (2, 3, 4)
    reference = np.stack([rng.integers(0, size, 9) for size in sizes], axis=-1)
    together = linkage_gain(u, d, sizes, reference, concept)
    for k in range(9):
        alone = linkage_gain(u[k], d[k], sizes, reference[k], concept)
        assert np.array_equal(together.gain[k], alone.gain)
        assert (together.package[k], together.separate[k]) == (alone.package, alone.separate)
        assert np.array_equal(interaction(u, sizes, reference)[k], interaction(u[k], sizes, reference[k]))


@pytest.mark.parametrize(
    ("sizes", "reference", "message"),
    [
        ((2, 3), (0, 0), "their product must be u's packages"),
        ((), (), "their product must be u's packages"),
        ((2, 2), (0, 2), "reference must give one level an issue"),
        ((2, 2), (0,), "reference must give one level an issue"),
        ((2, 2), (0.0, 1.0), "reference must give one level an issue"),
        ((2, 2), [[0, 0]], "does not fit u"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(sizes: Any, reference: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        linkage_gain(np.zeros((4, 2)), None, sizes, reference)
    with pytest.raises(ConfigError, match="d has shape"):
        linkage_gain(np.zeros((4, 2)), np.zeros(3), (2, 2), (0, 0))
