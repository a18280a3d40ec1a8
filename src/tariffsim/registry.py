"""Plug-in tables: a strategy, protocol or instrument registers where it is defined.

Contract tests, the docs gallery and the check of `conf/` read these tables, so a new plug-in
is one Python file and one YAML file.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from tariffsim.errors import ConfigError, unknown_name

T = TypeVar("T")


class Registry(Generic[T]):
    """A table name -> class for one kind of plug-in.

    `package` is the dotted package whose modules hold the plug-ins; they are imported on first use.
    """

    def __init__(self, kind: str, package: str) -> None:
        self.kind = kind
        self.package = package
        self._items: dict[str, type[T]] = {}
        self._loaded = False

    def register(self, name: str) -> Callable[[type[T]], type[T]]:
        """Class decorator: enter a plug-in under `name`; a second entry of that name is an error."""

        def enter(cls: type[T]) -> type[T]:
            if name in self._items:
                raise ConfigError(f"{self.kind} {name!r} is registered twice.")
            self._items[name] = cls
            return cls

        return enter

    def get(self, name: str) -> type[T]:
        """The class registered under `name`; raises ConfigError with the nearest name."""
        self._load()
        if name not in self._items:
            raise ConfigError(unknown_name(self.kind, name, self._items))
        return self._items[name]

    def names(self) -> list[str]:
        """All registered names, sorted."""
        self._load()
        return sorted(self._items)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def _load(self) -> None:
        if self._loaded:
            return
        self._loaded = True
        package = importlib.import_module(self.package)
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{self.package}.{module.name}")
