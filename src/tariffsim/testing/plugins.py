"""From whatever a plug-in is given as (a class, an object, a registered name) to an object that can be asked."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np

from tariffsim.errors import TariffsimError
from tariffsim.registry import Registry
from tariffsim.scenario.reading import Uncertain

R = TypeVar("R")


def built(plug: Any, registry: Registry[Any], base: type[Any], worlds: int, seed: int) -> Any:
    """The plug-in as an object, its uncertain parameters drawn (worlds,); arrays are read-only.

    A class or a name gets parameters drawn between the `low` and `high` of their `spec`, within one of the other where
    one of them is missing. Raises AssertionError if it is none of the kind or cannot be built.
    """
    rng = np.random.default_rng([seed, 1])
    if isinstance(plug, str):
        plug = _named(plug, registry)
    if isinstance(plug, type):
        _check_class(plug, base)
        plug = plug(**{f.name: _sampled(plug, f, rng, worlds) for f in _parameters(plug)})
    article = "an" if base.__name__[0] in "AEIO" else "a"
    assert isinstance(plug, base), (
        f"{plug!r} is not {article} {base.__name__}: give a class or an object that derives from it, or a registered "
        "name; a rule for one world goes through each_world first"
    )
    _check_class(type(plug), base)
    return _with_arrays(plug, rng, worlds)


def check_declarations(plug: Any, sight: type[Any] | None = None) -> None:
    """Raise AssertionError unless the plug-in says what it sees of `sight`, whether chance plays a part, its source."""
    name = type(plug).__name__
    source = getattr(plug, "source", "")
    assert isinstance(source, str), f"{name}.source must be a text"
    assert source.strip(), f"{name}.source is empty: name the paper or the rule's origin"
    if sight is None:
        return
    for attribute in ("sees", "stochastic"):
        assert hasattr(plug, attribute), f"{name} does not declare {attribute}: add it as a class variable"
    assert isinstance(plug.sees, tuple), f"{name}.sees must be a tuple of names, got {plug.sees!r}"
    unknown = set(plug.sees) - set(sight.__dataclass_fields__)
    assert not unknown, f"{name}.sees names {sorted(unknown)}, which no {sight.__name__} has"
    seen = "uniform" in plug.sees
    assert plug.stochastic is seen, (
        f"{name}.stochastic is {plug.stochastic!r}, but sees {'names' if seen else 'does not name'} 'uniform': chance "
        "comes in by `uniform` alone, and stochastic says whether it does"
    )


def asked(label: str, call: Callable[..., R], *args: Any) -> R:
    """What the plug-in answers; raises AssertionError for whatever it raises, floating-point trouble included."""
    try:
        with np.errstate(all="raise", under="ignore"):
            return call(*args)
    except AssertionError:
        raise
    except Exception as error:
        hint = ". It writes into what it is given: work on a copy" if "read-only" in str(error) else ""
        raise AssertionError(f"{label} raised {type(error).__name__}: {error}{hint}") from error


def check_array(label: str, value: Any, shape: tuple[int, ...], dtype: type[np.generic]) -> None:
    """Raise AssertionError unless a returned value is an array of this shape and type."""
    expected = np.dtype(dtype)
    assert isinstance(value, np.ndarray), f"{label} must return an array, got {type(value).__name__}"
    assert value.shape == shape, f"{label} must return shape {shape}, got {value.shape}"
    assert value.dtype == expected, f"{label} must return {expected}, got {value.dtype}: convert it with .astype"


def _named(name: str, registry: Registry[Any]) -> type[Any]:
    try:
        return registry.get(name)
    except TariffsimError as error:
        raise AssertionError(str(error)) from error


def _check_class(cls: type[Any], base: type[Any]) -> None:
    assert issubclass(cls, base), f"{cls.__name__} does not derive from {base.__name__}; a scalar rule needs each_world"
    missing = sorted(getattr(cls, "__abstractmethods__", ()))
    assert not missing, f"{cls.__name__} lacks {', '.join(missing)}"
    known = {f.name for f in _parameters(cls)}
    annotated = {name for name, hint in inspect.get_annotations(cls).items() if "ClassVar" not in str(hint)}
    assert annotated <= known, (
        f"{sorted(annotated - known)} of {cls.__name__} are no parameters yet: decorate it with "
        "@dataclass(frozen=True), or annotate what is no parameter as ClassVar"
    )


def _parameters(cls: type[Any]) -> list[Field[Any]]:
    return [f for f in fields(cls) if f.init] if is_dataclass(cls) else []


def _sampled(cls: type[Any], field: Field[Any], rng: np.random.Generator, worlds: int) -> Any:
    hint, meta = typing.get_type_hints(cls)[field.name], field.metadata
    low, high = _range(meta.get("low"), meta.get("high"))
    if hint is Uncertain or Uncertain in typing.get_args(hint):
        return rng.uniform(low, high, size=worlds)
    if field.default is not MISSING:
        return field.default
    if field.default_factory is not MISSING:
        return field.default_factory()
    if meta.get("choices"):
        return str(rng.choice(meta["choices"]))
    by_type: dict[Any, Callable[[], Any]] = {
        float: lambda: float(rng.uniform(low, high)),
        int: lambda: int(rng.integers(int(low), int(high), endpoint=True)),
        bool: lambda: bool(rng.uniform() < 0.5),
    }
    if typing.get_origin(hint) is tuple:
        return ()
    assert hint in by_type, (
        f"no value for the parameter {field.name} of {cls.__name__} can be made up: give an object instead of the class"
    )
    return by_type[hint]()


def _range(low: float | None, high: float | None) -> tuple[float, float]:
    low, high = (None if end is None or np.isinf(end) else float(end) for end in (low, high))
    if low is None:
        return (0.0, 1.0) if high is None else (high - 1, high)
    return low, low + 1 if high is None else high


def _with_arrays(plug: Any, rng: np.random.Generator, worlds: int) -> Any:
    changed: dict[str, Any] = {}
    for field in _parameters(type(plug)):
        value = getattr(plug, field.name)
        if isinstance(value, Uncertain):
            value = value.quantile(rng.uniform(size=worlds))
        if isinstance(value, np.ndarray):
            assert value.shape == (worlds,), (
                f"the parameter {field.name} has shape {value.shape}: give a number, or one for each of worlds={worlds}"
            )
            changed[field.name] = value.copy()
            changed[field.name].flags.writeable = False
    return replace(plug, **changed) if changed else plug
