"""The one idea: a model holds many worlds, and world k of a batch is world k run alone, bit for bit."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from tests.world.shared import arrays, equal_bits, market, played, shared_book, small

from tariffsim.negotiation.bargaining import STRATEGIES
from tariffsim.negotiation.escalating import ESCALATIONS
from tariffsim.negotiation.meeting import PROTOCOLS
from tariffsim.world.model import TariffModel


@pytest.fixture(scope="module")
def batch() -> dict[str, np.ndarray]:
    return arrays(played(worlds=6, ticks=12))


@pytest.mark.parametrize("k", [0, 3, 5])
def test_world_k_of_a_batch_equals_world_k_run_alone(batch: dict[str, np.ndarray], k: int) -> None:
    alone = arrays(played(worlds=1, ticks=12, first_world=k))
    assert equal_bits({name: a[k : k + 1] for name, a in batch.items()}, alone) == []


def test_world_k_is_the_same_alone_where_critical_inputs_have_a_price() -> None:
    # books of their own: what is solved together differs
    scenario = small("ticks=12", *market("split"))
    batch = arrays(TariffModel(scenario, worlds=6, seed=7).run())
    alone = arrays(TariffModel(scenario, worlds=1, seed=7, first_world=3).run())
    assert equal_bits({name: a[3:4] for name, a in batch.items()}, alone) == []
    assert equal_bits(batch, arrays(played(worlds=6, ticks=12))) != []


def test_any_chunking_gives_the_same_worlds(batch: dict[str, np.ndarray]) -> None:
    parts = [arrays(played(worlds=w, ticks=12, first_world=f)) for f, w in ((0, 1), (1, 3), (4, 2))]
    joined = {name: np.concatenate([p[name] for p in parts]) for name in batch}
    assert equal_bits(batch, joined) == []


def test_an_empty_book_and_a_full_one_give_equal_bits(batch: dict[str, np.ndarray]) -> None:
    fresh = TariffModel(small("ticks=12"), worlds=6, seed=7).run()
    assert equal_bits(batch, arrays(fresh)) == []


def test_the_same_seed_gives_the_same_results_and_another_does_not(batch: dict[str, np.ndarray]) -> None:
    assert equal_bits(batch, arrays(played(worlds=6, ticks=12))) == []
    assert equal_bits(batch, arrays(played(worlds=6, ticks=12, seed=8))) != []


def test_the_order_of_governments_does_not_matter(batch: dict[str, np.ndarray]) -> None:
    model = TariffModel(small("ticks=12"), worlds=6, seed=7, book=shared_book())
    model.governments = dict(reversed(model.governments.items()))
    assert equal_bits(batch, arrays(model.run())) == []


def test_stepping_by_hand_is_running() -> None:
    by_hand = TariffModel(small("ticks=3"), worlds=2, seed=7, book=shared_book())
    for _ in range(3):
        by_hand.step()
    assert by_hand.finished
    assert equal_bits(arrays(by_hand), arrays(played(worlds=2, ticks=3))) == []


def test_scenarios_under_one_seed_share_their_luck() -> None:
    one, two = played(worlds=4, ticks=1), played("talks.protocol=no_talks", worlds=4, ticks=1)
    assert np.array_equal(one.types.tastes[0].discount, two.types.tastes[0].discount)
    assert np.array_equal(one.types.noise, two.types.noise)


USUAL = ("boulware", "alternating_offers", "match")
EVERYTHING = list(itertools.product(STRATEGIES.names(), PROTOCOLS.names(), ESCALATIONS.names()))


def usual(combination: tuple[str, str, str]) -> int:
    """How many of the three are the usual ones."""
    return sum(one == other for one, other in zip(combination, USUAL, strict=True))


# in a usual world each plug-in meets the others' default; all of them together are for the long run
@pytest.mark.parametrize(
    "combination",
    [
        pytest.param(c, id="-".join(c), marks=[] if usual(c) >= 2 else pytest.mark.slow)
        for c in EVERYTHING
        if usual(c) >= 1
    ],
)
def test_every_strategy_under_every_protocol_and_rule_is_the_same_alone(combination: tuple[str, str, str]) -> None:
    strategy, protocol, escalation = combination
    overrides = [f"talks.protocol={protocol}"]
    for party in ("USA", "CHN"):
        overrides += [f"governments.{party}.strategy={strategy}", f"governments.{party}.escalation={escalation}"]
    together = arrays(played(*overrides, worlds=4, ticks=10))
    alone = arrays(played(*overrides, worlds=1, ticks=10, first_world=2))
    assert equal_bits({name: a[2:3] for name, a in together.items()}, alone) == []
