"""Scalar rules: for who decides about one world at a time and leaves the world axis to an adapter.

A scalar rule declares `sees`, `stochastic` and `source` as its vectorised siblings do. It is asked once for every world
and moment and sees, of what it has declared, numbers and arrays without these two axes. What comes out is an ordinary
`OfferStrategy` or `Escalation`: the same registry, configuration and contract, and only slower.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass, make_dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, overload

import numpy as np

from tariffsim.errors import ConfigError, TariffsimError, unknown_name
from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import NO_OFFER, Flags, Index, OfferStrategy, TalkSight
from tariffsim.negotiation.escalating import Escalation, EscalationSight

BY_MOMENT = ("time", "next_time", "offers_left", "uniform")  # fields of TalkSight with an axis of moments
SAID = ("made", "heard")  # fields of TalkSight that hold packages and -1 before the first
DECLARATIONS = ("sees", "stochastic", "source")


class _Moment:
    """Fields by name; arrays are read-only."""

    def __init__(self, known: dict[str, Any]) -> None:
        self.__dict__.update(known)

    if not TYPE_CHECKING:  # a type checker should still find misspelt names

        def __getattr__(self, name: str) -> Any:
            declared = ", ".join(sorted(self.__dict__)) or "nothing"
            raise AttributeError(f"the rule reads {name!r}, but its `sees` declares {declared}: add {name!r} to it.")


class TalkMoment(_Moment):
    """What a scalar strategy sees in one world at one moment: the fields of `TalkSight` that it declares in `sees`.

    own, other (Q,), types (T, Q), types_reservation, belief (T,): arrays; made, heard: packages (H,) proposed so far,
    oldest first, nothing else in them; all else plain numbers. Units are those of `TalkSight`.
    """

    own: Array
    other: Array
    reservation: float
    other_reservation: float
    outside: float
    other_outside: float
    inside: float
    other_inside: float
    discount: float
    other_discount: float
    types: Array
    types_reservation: Array
    belief: Array
    time: float
    next_time: float
    offers_left: int
    made: Index
    heard: Index
    uniform: float


class EscalationMoment(_Moment):
    """What a scalar escalation rule sees in one world: the fields of `EscalationSight` that it declares in `sees`.

    levels (C,), level_payoffs (C, 2), own_stakes, other_stakes (3, 2): arrays; provoked: True or False; all else plain
    numbers. Units are those of `EscalationSight`.
    """

    own_addon: float
    other_addon: float
    other_rise: float
    provoked: bool
    weeks: float
    floor: float
    other_floor: float
    ceiling: float
    stress: float
    uniform: float
    other_discount: float
    levels: Array
    level_payoffs: Array
    own_stakes: Array
    other_stakes: Array


class ScalarStrategy(Protocol):
    """An offer rule for one world and one moment."""

    sees: ClassVar[tuple[str, ...]]
    stochastic: ClassVar[bool]
    source: ClassVar[str]

    def propose(self, sight: TalkMoment) -> int | None:
        """The package to offer, or None."""
        ...

    def accepts(self, sight: TalkMoment, offer: int) -> bool:
        """Whether the package `offer` is accepted; never asked where nothing is offered."""
        ...


class ScalarEscalation(Protocol):
    """An escalation rule for one world; it may have `levels_between` as well, as `Escalation` does."""

    sees: ClassVar[tuple[str, ...]]
    stochastic: ClassVar[bool]
    source: ClassVar[str]

    def wish(self, sight: EscalationMoment) -> float:
        """Change of the own add-on in percentage points; below 0 is a cut."""
        ...


@overload
def each_world(rule: type[ScalarStrategy]) -> type[OfferStrategy]: ...
@overload
def each_world(rule: type[ScalarEscalation]) -> type[Escalation]: ...
@overload
def each_world(rule: ScalarStrategy) -> OfferStrategy: ...
@overload
def each_world(rule: ScalarEscalation) -> Escalation: ...
def each_world(rule: Any) -> Any:
    """Turn a scalar rule into a strategy or an escalation rule for many worlds.

    Parameters: `rule`, a class (then also as a decorator, below ``@STRATEGIES.register("name")``) or an object, that
    has `propose(sight)` and `accepts(sight, offer)`, or `wish(sight)`, for one world. It sees a `TalkMoment` or an
    `EscalationMoment`. Parameters of a dataclass become parameters of what is returned: a strategy's may differ by
    world, the rule finds its own as a plain number. A class is made anew for every world each time it is asked, so that
    it cannot remember; what has been said is in `sight.made` and `sight.heard`.

    Returns a class for a class and an object for an object: an `OfferStrategy`, or an `Escalation`. Raises ConfigError
    if the rule lacks a method or a declaration, and TariffsimError, when asked, if it answers with something that is no
    package, no yes or no, or no finite number.
    """
    base, sight = _kind_of(rule)
    _check_declarations(rule, sight)
    if isinstance(rule, type):
        if not is_dataclass(rule) and "__init__" in vars(rule):
            raise ConfigError(
                f"each_world: {rule.__name__} has an __init__ of its own. Make it a frozen dataclass, so that its "
                "parameters are fields, or wrap an object of it."
            )
        return _adapter(base, rule, rule)
    if not is_dataclass(rule):
        return _adapter(base, type(rule), lambda: rule)()
    values = {f.name: getattr(rule, f.name) for f in fields(rule)}
    return _adapter(base, type(rule), type(rule))(**values)


@dataclass(frozen=True)
class _Strategy(OfferStrategy):
    """Asks a scalar rule in every world at every moment."""

    scalar: ClassVar[Callable[..., ScalarStrategy]]

    def propose(self, sight: TalkSight) -> Index:
        worlds, moments = sight.time.shape
        offers = np.full((worlds, moments), NO_OFFER, dtype=np.int64)
        for k in range(worlds):
            rule = _rule_of(self, k)
            for b in range(moments):
                said = rule.propose(_talk_moment(sight, self.sees, k, b))
                offers[k, b] = _package(rule, said, sight.own.shape[-1])
        return offers

    def accepts(self, sight: TalkSight, offer: Index) -> Flags:
        answers = np.zeros(offer.shape, dtype=np.bool_)
        for k in range(len(offer)):
            rule = _rule_of(self, k)
            for b in np.flatnonzero(offer[k] >= 0):
                said = rule.accepts(_talk_moment(sight, self.sees, k, int(b)), int(offer[k, b]))
                answers[k, b] = _answer(rule, said)
        return answers


@dataclass(frozen=True)
class _Escalation(Escalation):
    """Asks a scalar rule in every world."""

    scalar: ClassVar[Callable[..., ScalarEscalation]]

    def wish(self, sight: EscalationSight) -> Array:
        changes = np.zeros(len(sight.own_addon))
        for k in range(len(changes)):
            rule = _rule_of(self, k)
            known = {name: _plain(getattr(sight, name)[k]) for name in self.sees}
            changes[k] = _number(rule, rule.wish(EscalationMoment(known)))
        return changes

    def levels_between(self, floor: float, ceiling: float) -> Array:
        weighed = getattr(_rule_of(self, 0), "levels_between", super().levels_between)
        return np.asarray(weighed(floor, ceiling), dtype=np.float64)


def _kind_of(rule: Any) -> tuple[type[Any], type[Any]]:
    """The adapter for a rule and the sight of its kind."""
    if isinstance(rule, (OfferStrategy, Escalation)) or (
        isinstance(rule, type) and issubclass(rule, (OfferStrategy, Escalation))
    ):
        raise ConfigError(f"each_world: {_name(rule)} is for many worlds already. Wrap a class with no such base.")
    if callable(getattr(rule, "propose", None)) and callable(getattr(rule, "accepts", None)):
        return _Strategy, TalkSight
    if callable(getattr(rule, "wish", None)):
        return _Escalation, EscalationSight
    raise ConfigError(
        f"each_world: {_name(rule)} is no rule. It needs methods propose(sight) and accepts(sight, offer), or "
        "wish(sight)."
    )


def _check_declarations(rule: Any, sight: type[Any]) -> None:
    missing = [name for name in DECLARATIONS if not hasattr(rule, name)]
    if missing:
        example = 'sees: ClassVar = ("own",); stochastic: ClassVar = False; source: ClassVar = "the paper"'
        raise ConfigError(f"each_world: {_name(rule)} does not declare {', '.join(missing)}. Write, e.g., {example}.")
    if isinstance(rule.sees, str):
        raise ConfigError(f"each_world: {_name(rule)}.sees is a text; a tuple of one needs a comma: ({rule.sees!r},).")
    for name in rule.sees:
        if name not in sight.__dataclass_fields__:
            raise ConfigError(unknown_name(f"field in {_name(rule)}.sees", name, sight.__dataclass_fields__))


def _adapter(base: type[Any], rule: type[Any], scalar: Callable[..., Any]) -> type[Any]:
    """A dataclass with the rule's parameters, declarations, name and documentation."""
    parameters = [
        (f.name, f.type, field(default=f.default, default_factory=f.default_factory, metadata=f.metadata))
        for f in (fields(rule) if is_dataclass(rule) and scalar is rule else ())
    ]
    kept: dict[str, Any] = {name: getattr(rule, name) for name in DECLARATIONS}
    kept |= {"scalar": staticmethod(scalar), "sees": tuple(rule.sees), "__doc__": rule.__doc__}
    made = make_dataclass(rule.__name__, parameters, bases=(base,), namespace=kept, frozen=True)
    made.__module__, made.__qualname__ = rule.__module__, rule.__qualname__  # annotations are read there
    return made


def _rule_of(adapter: Any, world: int) -> Any:
    """The scalar rule with the parameters of one world."""
    values = {f.name: getattr(adapter, f.name) for f in fields(adapter)}
    return adapter.scalar(**{n: _plain(v[world]) if isinstance(v, np.ndarray) else v for n, v in values.items()})


def _talk_moment(sight: TalkSight, sees: tuple[str, ...], world: int, moment: int) -> TalkMoment:
    known = {name: getattr(sight, name)[world] for name in sees}
    known |= {name: known[name][moment] for name in BY_MOMENT if name in known}
    known |= {name: known[name][known[name] >= 0] for name in SAID if name in known}
    return TalkMoment({name: _plain(value) for name, value in known.items()})


def _plain(value: Any) -> Any:
    """A plain number, or a read-only array."""
    if np.ndim(value) == 0:
        return value.item()
    seen = value.view()
    seen.flags.writeable = False
    return seen


def _package(rule: Any, said: Any, packages: int) -> int:
    if said is None:
        return NO_OFFER
    if isinstance(said, (int, np.integer)) and not isinstance(said, bool) and 0 <= said < packages:
        return int(said)
    raise TariffsimError(
        f"{_name(rule)}.propose returned {said!r}: return a package number from 0 to {packages - 1}, or None."
    )


def _answer(rule: Any, said: Any) -> bool:
    if isinstance(said, (bool, np.bool_)):
        return bool(said)
    raise TariffsimError(f"{_name(rule)}.accepts returned {said!r}: return True or False.")


def _number(rule: Any, said: Any) -> float:
    if isinstance(said, (int, float, np.number)) and not isinstance(said, bool) and np.isfinite(said):
        return float(said)
    raise TariffsimError(f"{_name(rule)}.wish returned {said!r}: return percentage points, below 0 for a cut.")


def _name(rule: Any) -> str:
    return str(getattr(rule, "__name__", type(rule).__name__))
