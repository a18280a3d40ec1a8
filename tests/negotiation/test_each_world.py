"""Scalar rules, asked in every world, are what their vectorised twins are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tariffsim as ts
from tariffsim.errors import ConfigError, TariffsimError
from tariffsim.negotiation.bargaining import Drawn, OfferStrategy
from tariffsim.negotiation.each_world import EscalationMoment, TalkMoment, each_world
from tariffsim.negotiation.escalating import Escalation
from tariffsim.negotiation.escalation.best_response import BestResponse
from tariffsim.negotiation.escalation.graduated import Graduated
from tariffsim.negotiation.strategies.micro import Micro
from tariffsim.negotiation.strategies.random import Random
from tariffsim.scenario.reading import Uncertain, read, spec
from tariffsim.testing import check_escalation, check_strategy, sample_escalation_sight, sample_sight


@dataclass(frozen=True)
class Lottery:
    """`Random`, written for one world."""

    sees: ClassVar[tuple[str, ...]] = ("own", "reservation", "uniform")
    stochastic: ClassVar[bool] = True
    source: ClassVar[str] = "this test"

    acceptance: Drawn = spec("p", low=0, high=1)

    def propose(self, sight: TalkMoment) -> int | None:
        allowed = [q for q, value in enumerate(sight.own) if value >= sight.reservation]
        return allowed[int(sight.uniform * len(allowed))] if allowed else None

    def accepts(self, sight: TalkMoment, offer: int) -> bool:
        assert isinstance(self.acceptance, float)  # of this world
        return bool(sight.own[offer] >= sight.reservation and sight.uniform < self.acceptance)


class Stepwise:
    """`Micro`, written for one world."""

    sees: ClassVar[tuple[str, ...]] = ("own", "reservation", "made", "heard", "uniform")
    stochastic: ClassVar[bool] = True
    source: ClassVar[str] = "this test"

    def propose(self, sight: TalkMoment) -> int | None:
        made = sorted({int(q) for q in sight.made})
        fresh = self._fresh(sight, {int(q) for q in sight.heard})
        again = [q for q in made if sight.own[q] >= sight.reservation]
        if fresh is not None:
            return fresh
        return again[int(sight.uniform * len(again))] if again else None

    def accepts(self, sight: TalkMoment, offer: int) -> bool:
        fresh = self._fresh(sight, {int(q) for q in sight.heard} | {offer})
        lowest = min((sight.own[q] for q in sight.made), default=np.inf)
        floor = lowest if fresh is None else sight.own[fresh]
        return bool(sight.own[offer] >= max(floor, sight.reservation))

    def _fresh(self, sight: TalkMoment, heard: set[int]) -> int | None:
        made = {int(q) for q in sight.made}
        left = [q for q, value in enumerate(sight.own) if q not in made and value >= sight.reservation]
        return max(left, key=lambda q: sight.own[q]) if left and len(made) <= len(heard) else None


@dataclass(frozen=True)
class Ladder:
    """`Graduated`, written for one world."""

    sees: ClassVar[tuple[str, ...]] = ("other_rise",)
    stochastic: ClassVar[bool] = False
    source: ClassVar[str] = "this test"

    rung: float = spec("percentage points", low=0, high=1000)

    def wish(self, sight: EscalationMoment) -> float:
        return max(-self.rung, min(self.rung, sight.other_rise))


@given(seed=st.integers(0, 10_000), worlds=st.integers(1, 9))
def test_a_scalar_rule_says_what_its_vectorised_twin_says(seed: int, worlds: int) -> None:
    shares = np.linspace(0.1, 0.9, worlds)
    sight = sample_sight(worlds, seed, moments=3)
    remembered = sample_sight(worlds, seed)
    offer = np.random.default_rng(seed).integers(0, 12, (worlds, 3))
    pairs: list[tuple[Any, OfferStrategy, Any]] = [
        (each_world(Lottery)(shares), Random(shares), sight),  # type: ignore[call-arg]
        (each_world(Stepwise)(), Micro(), remembered),
    ]
    for scalar, vectorised, seen in pairs:
        said = offer[:, : seen.time.shape[1]]
        assert np.array_equal(scalar.propose(seen), vectorised.propose(seen))
        assert np.array_equal(scalar.accepts(seen, said), vectorised.accepts(seen, said))


def test_a_scalar_escalation_rule_wishes_what_its_vectorised_twin_wishes() -> None:
    sight = sample_escalation_sight(500)
    assert each_world(Ladder(10.0)).wish(sight).tolist() == Graduated(10.0).wish(sight).tolist()


def test_scalar_rules_keep_the_contracts() -> None:
    for strategy in (each_world(Lottery), each_world(Stepwise), each_world(Stepwise())):
        check_strategy(strategy)
    for rule in (each_world(Ladder), each_world(Ladder(5.0))):
        check_escalation(rule)


def test_what_is_returned_is_read_from_a_configuration_and_drawn_like_any_other() -> None:
    strategy: Any = read(each_world(Lottery), {"acceptance": {"low": 0.2, "high": 0.4}})
    assert strategy.acceptance == Uncertain(0.2, 0.4)
    drawn = strategy.drawn(lambda _, uncertain: uncertain.quantile(np.array([0.5, 1.0])))
    assert np.allclose(drawn.acceptance, [0.3, 0.4])
    assert drawn.of(np.array([1])).acceptance == [drawn.acceptance[1]]


def test_name_documentation_and_declarations_are_those_of_the_rule() -> None:
    made = each_world(Lottery)
    assert (made.__name__, made.__module__, made.__doc__) == ("Lottery", __name__, Lottery.__doc__)
    assert (made.sees, made.stochastic, made.source) == (Lottery.sees, True, "this test")
    assert issubclass(made, OfferStrategy)
    assert issubclass(each_world(Ladder), Escalation)
    assert ts.each_world is each_world


def test_levels_are_those_of_the_rule_if_it_has_any() -> None:
    class Thirds(Ladder):
        def levels_between(self, floor: float, ceiling: float) -> list[float]:
            return [floor, (floor + ceiling) / 3, ceiling]

    assert each_world(Thirds(1.0)).levels_between(0, 90).tolist() == [0, 30, 90]
    plain = Escalation.levels_between(BestResponse("short", 5), 0, 90)
    assert each_world(Ladder(1.0)).levels_between(0, 90).tolist() == plain.tolist()


def test_what_has_been_said_has_no_gaps() -> None:
    class Recorder(Stepwise):
        def propose(self, sight: TalkMoment) -> int | None:
            found.append((sight.made.tolist(), sight.heard.tolist(), type(sight.reservation)))
            return None

    found: list[Any] = []
    sight = replace(sample_sight(1), made=np.array([[-1, -1, 4, 2]]), heard=np.array([[-1, 7]]))
    each_world(Recorder)().propose(sight)
    assert found == [([4, 2], [7], float)]


def test_an_offer_that_is_none_is_not_put_to_the_rule() -> None:
    class Agreeable(Stepwise):
        def accepts(self, sight: TalkMoment, offer: int) -> bool:
            assert offer >= 0
            return True

    assert each_world(Agreeable)().accepts(sample_sight(2), np.array([[3], [-1]])).tolist() == [[True], [False]]


def answering(**methods: Any) -> Any:
    return each_world(type("Odd", (Stepwise,), methods))()


ODD_ANSWERS: dict[str, tuple[Any, str]] = {
    "a share of a package": (0.5, r"Odd.propose returned 0.5: return a package number from 0 to 11, or None"),
    "a package that is not on the table": (12, "Odd.propose returned 12"),
    "a package counted from the end": (-2, "Odd.propose returned -2"),
    "yes": (True, "Odd.propose returned True"),
}


@pytest.mark.parametrize("answer", ODD_ANSWERS)
def test_no_proposal_is(answer: str) -> None:
    value, message = ODD_ANSWERS[answer]
    with pytest.raises(TariffsimError, match=message):
        answering(propose=lambda _self, _sight: value).propose(sample_sight(1))


def test_silence_is_no_answer_to_an_offer() -> None:
    with pytest.raises(TariffsimError, match=r"Odd.accepts returned None: return True or False"):
        answering(accepts=lambda _self, _sight, _offer: None).accepts(sample_sight(1), np.array([[0]]))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None, "ten"])
def test_a_wish_is_a_finite_number(value: Any) -> None:
    class Odd(Ladder):
        def wish(self, sight: EscalationMoment) -> float:
            return value  # type: ignore[no-any-return]

    with pytest.raises(TariffsimError, match=r"Odd.wish returned .*: return percentage points"):
        each_world(Odd(1.0)).wish(sample_escalation_sight(1))


def test_what_is_not_declared_cannot_be_read() -> None:
    peeking = answering(propose=lambda _self, sight: int(sight.other.argmax()))
    with pytest.raises(AttributeError, match=r"reads 'other', but its `sees` declares heard, made, own.*add 'other'"):
        peeking.propose(sample_sight(1))


def test_arrays_are_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        answering(propose=lambda _self, sight: sight.own.sort()).propose(sample_sight(1))


class Counting(Stepwise):
    def __init__(self, start: int) -> None:
        self.start = start


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (object(), r"object is no rule. It needs methods propose\(sight\) and accepts\(sight, offer\), or wish"),
        (type("Bare", (), {"wish": Ladder.wish}), r"Bare does not declare sees, stochastic, source"),
        (
            type("Text", (Ladder,), {"sees": "weeks"}),
            r"Text.sees is a text; a tuple of one needs a comma: \('weeks',\)",
        ),
        (type("Typo", (Ladder,), {"sees": ("other_risk",)}), "'other_risk'. Did you mean 'other_rise'"),
        (Counting, "Counting has an __init__ of its own. Make it a frozen dataclass"),
        (Micro, "Micro is for many worlds already"),
        (Micro(), "Micro is for many worlds already"),
    ],
)
def test_what_is_no_scalar_rule_is_refused(rule: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        each_world(rule)
