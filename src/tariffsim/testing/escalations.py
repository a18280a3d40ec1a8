"""What an escalation rule keeps to."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.escalating import ESCALATIONS, Escalation, EscalationSight
from tariffsim.testing.plugins import asked, built, check_array, check_declarations
from tariffsim.testing.samples import read_only, sample_escalation_sight

FLOOR, CEILING = 0.0, 145.0  # between which a rule is asked for the add-ons it weighs


def check_escalation(rule: Escalation | type[Escalation] | str, *, worlds: int = 300, seed: int = 0) -> None:
    """Raise AssertionError unless the escalation rule keeps its contract, on a random sight of `worlds` worlds.

    Parameters: `rule`, an object, a class or a registered name; the latter two get parameters drawn between the bounds
    of their `spec`.

    What is checked: it declares what it sees, whether chance plays a part, and its source; wishes are finite, float64;
    asked twice it says the same; it writes into nothing; world k of a batch is world k alone, bit for bit; what it
    doesn't declare in `sees` cannot matter; the add-ons it weighs are a row of numbers.
    """
    plug: Escalation = built(rule, ESCALATIONS, Escalation, worlds, seed)
    check_declarations(plug, EscalationSight)
    name = type(plug).__name__
    sight, elsewhere = (sample_escalation_sight(worlds, 2 * seed + k) for k in range(2))
    wishes = asked(f"{name}.wish", plug.wish, sight)
    check_array(f"{name}.wish", wishes, (worlds,), np.float64)
    assert np.isfinite(wishes).all(), f"{name}.wish returns {wishes[~np.isfinite(wishes)][0]}: wishes must be finite"
    assert _bits(asked(f"{name}.wish", plug.wish, sight)) == _bits(wishes), (
        f"{name} wishes something else when asked twice: it must keep nothing, and read no clock and no generator of "
        "its own; chance is in `uniform`"
    )
    _check_alone(plug, sight, wishes)
    for field in sorted({f.name for f in fields(EscalationSight)} - set(plug.sees)):
        unseen: Any = {field: getattr(elsewhere, field)}
        assert _bits(asked(f"{name}.wish", plug.wish, replace(sight, **unseen))) == _bits(wishes), (
            f"{field} matters to {name}, but sees does not name it: add it there"
        )
    levels = asked(f"{name}.levels_between", plug.levels_between, FLOOR, CEILING)
    check_array(f"{name}.levels_between", levels, (np.size(levels),), np.float64)
    assert levels.size and np.isfinite(levels).all(), f"{name}.levels_between must return finite add-ons, got {levels}"  # noqa: PT018


def _check_alone(rule: Escalation, sight: EscalationSight, wishes: Array) -> None:
    for k in range(min(len(wishes), 20)):
        one: dict[str, Any] = {f.name: getattr(sight, f.name)[k : k + 1] for f in fields(sight)}
        alone = asked(f"{type(rule).__name__}.wish", rule.wish, read_only(EscalationSight(**one)))
        assert _bits(alone) == _bits(wishes[k : k + 1]), (
            f"in {type(rule).__name__} world {k} alone wishes {alone.tolist()}, in a batch {wishes[k]}: worlds must "
            "not mix; reduce along the last axis only"
        )


def _bits(values: Array) -> bytes:
    return values.tobytes()
