"""Turn plain mappings (YAML) into frozen dataclasses, with one clear line for every mistake.

Types come from the annotations, ranges and choices from the field's metadata. OmegaConf's structured configs
were tried: they know neither dates nor ranges, and answer over several lines (docs/decisions/0003).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import math
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from tariffsim.errors import ConfigError, unknown_name

T = TypeVar("T")
Array = npt.NDArray[np.float64]


def spec(
    unit: str = "",
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    default: Any = dataclasses.MISSING,
    execution: bool = False,
) -> Any:
    """A dataclass field with its unit and allowed values; `execution` marks what never changes a result."""
    meta = {"unit": unit, "low": low, "high": high, "choices": choices, "execution": execution}
    if isinstance(default, (dict, list)):
        frozen = default
        return dataclasses.field(metadata=meta, default_factory=lambda: type(frozen)(frozen))
    return dataclasses.field(metadata=meta, default=default)


@dataclasses.dataclass(frozen=True)
class Uncertain:
    """A number that is drawn: triangular on [low, high] with mode `central`, uniform if that is None.

    With `logarithmic` the triangle stands on the logarithms. In YAML a bare number means no uncertainty; a mapping
    has `low`, `high` and optionally `central` and `logarithmic`.
    """

    low: float
    high: float
    central: float | None = None
    logarithmic: bool = False

    @property
    def middle(self) -> float:
        """The mode, or the midpoint of a uniform: what others believe before they learn."""
        return (self.low + self.high) / 2 if self.central is None else self.central

    def quantile(self, u: Array) -> Array:
        """Inverse distribution function at `u` in (0, 1), elementwise."""
        low, high, mode = (math.log(x) if self.logarithmic else x for x in (self.low, self.high, self.middle))
        if high == low:
            return np.full_like(u, self.low)
        if self.central is None:
            drawn = low + (high - low) * u
        else:
            split = (mode - low) / (high - low)
            rising = low + np.sqrt(u * (high - low) * (mode - low))
            falling = high - np.sqrt((1 - u) * (high - low) * (high - mode))
            drawn = np.where(u < split, rising, falling)
        return np.exp(drawn) if self.logarithmic else drawn


def read(cls: type[T], data: Any, path: str = "") -> T:
    """Build the dataclass `cls` from a mapping; raises ConfigError naming the dotted path at fault."""
    if not isinstance(data, Mapping):
        raise ConfigError(f"{path or 'the configuration'} must be a mapping, got {_show(data)}.")
    fields = {f.name: f for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
    for key in data:
        if key not in fields:
            raise ConfigError(unknown_name(f"key in {path}" if path else "key", key, fields))
    hints = _hints(typing.cast("Any", cls))  # a class is hashable, whatever its metaclass says
    values = {}
    for name, field in fields.items():
        where = f"{path}.{name}" if path else name
        if name in data:
            values[name] = _check(_convert(hints[name], data[name], where), field.metadata, where)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise ConfigError(f"{where} is missing: give it {_describe(hints[name], field.metadata)}.")
    return cls(**values)


@functools.cache
def _hints(cls: type[Any]) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _convert(hint: Any, value: Any, path: str) -> Any:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return None if value is None else _convert(next(a for a in args if a is not type(None)), value, path)
    if origin is dict:
        return _mapping(args[1], value, path)
    if origin is tuple:
        return _list(args[0], value, path)
    if hint is Uncertain:
        return _uncertain(value, path)
    if dataclasses.is_dataclass(hint):
        return read(typing.cast("type[Any]", hint), value, path)
    return value if hint is Any else _scalar(hint, value, path)


def _list(hint: Any, value: Any, path: str) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        raise ConfigError(f"{path} must be a list, got {_show(value)}.")
    return tuple(_convert(hint, item, f"{path}[{k}]") for k, item in enumerate(value))


def _mapping(hint: Any, value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ConfigError(f"{path} must be a mapping, got {_show(value)}.")
    return {str(key): _convert(hint, item, f"{path}.{key}") for key, item in value.items()}


def _scalar(hint: Any, value: Any, path: str) -> Any:
    if hint is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if hint is int and isinstance(value, int) and not isinstance(value, bool):
        return value
    if hint is dt.date:
        return _date(value, path)
    if hint in (bool, str) and isinstance(value, hint):
        return value
    raise ConfigError(f"{path} must be {_NAMES.get(hint, hint.__name__)}, got {_show(value)}.")


_NAMES = {float: "a number", int: "a whole number", bool: "true or false", str: "a text", dt.date: "a date"}


def _date(value: Any, path: str) -> dt.date:
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        raise ConfigError(f"{path} must be a date as YYYY-MM-DD, got {_show(value)}.") from None


def _uncertain(value: Any, path: str) -> Uncertain:
    if isinstance(value, Mapping):
        drawn = read(Uncertain, value, path)
        middle = drawn.low if drawn.central is None else drawn.central
        if not drawn.low <= middle <= drawn.high:
            raise ConfigError(f"{path} must have low <= central <= high, got {_show(dict(value))}.")
        if drawn.logarithmic and drawn.low <= 0:
            raise ConfigError(f"{path}.low must be above 0 on a logarithmic scale, got {_show(drawn.low)}.")
        return drawn
    number = _scalar(float, value, path)
    return Uncertain(number, number, number)


def _check(value: Any, meta: Mapping[str, Any], path: str) -> Any:
    low, high, choices = meta.get("low"), meta.get("high"), meta.get("choices", ())
    for number in _numbers(value):
        bad = not math.isfinite(number) and high != math.inf
        if bad or (low is not None and number < low) or (high is not None and number > high):
            raise ConfigError(f"{path} must lie {_range(low, high)}, got {_show(number)}.")
    if choices and isinstance(value, str) and value not in choices:
        raise ConfigError(unknown_name(path, value, choices))
    return value


def _numbers(value: Any) -> list[float]:
    if isinstance(value, Uncertain):
        return [value.low, value.high]
    if isinstance(value, Mapping):
        return [n for item in value.values() for n in _numbers(item)]
    if isinstance(value, tuple):
        return [n for item in value for n in _numbers(item)]
    return [value] if isinstance(value, (int, float)) and not isinstance(value, bool) else []


def _range(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"between {low:g} and {high:g}"
    if low is not None:
        return f"at or above {low:g}"
    return f"at or below {high:g}" if high is not None else "among the finite numbers"


def _describe(hint: Any, meta: Mapping[str, Any]) -> str:
    unit = f" ({meta['unit']})" if meta.get("unit") else ""
    return f"{_NAMES.get(hint, 'a value')}{unit}"


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
