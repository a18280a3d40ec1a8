"""One error tree: every mistake a user can make is a `TariffsimError` with a one-line message.

The message says what came, what was allowed, the nearest valid name, and what to try.
The command line prints it and exits with code 2; in Python it is raised as it is.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class TariffsimError(Exception):
    """Base of all errors that tariffsim raises on purpose."""


class ConfigError(TariffsimError):
    """A configuration value is missing, of the wrong type, out of range, or an unknown name."""


class DataError(TariffsimError):
    """A data file is missing, malformed, or breaks an accounting identity."""


class EconomyError(TariffsimError):
    """Arrays that describe an economy or a policy have the wrong shape, sign, or balance."""


class SolveError(TariffsimError):
    """An equilibrium that the simulation cannot do without was not found."""


class ResultsError(TariffsimError):
    """A result cannot be written, read, or combined."""


def nearest(got: str, allowed: Iterable[str]) -> str | None:
    """The allowed name closest to `got`, or None if nothing is close (case is ignored)."""
    names = {name.lower(): name for name in allowed}
    hits = difflib.get_close_matches(got.lower(), list(names), n=1, cutoff=0.5)
    return names[hits[0]] if hits else None


def unknown_name(kind: str, got: object, allowed: Iterable[str]) -> str:
    """One line for a name that does not exist: what came, the nearest name, what is allowed."""
    names = sorted(allowed)
    close = nearest(str(got), names)
    hint = f" Did you mean {close!r}?" if close else ""
    return f"unknown {kind} {str(got)!r}.{hint} Allowed: {', '.join(names) or '(none)'}."


STOP_REQUESTS: list[BaseException] = []
"""What signal handlers raised. Python swallows exceptions raised inside destructors and callbacks of C libraries, so a
handler also notes them here and long loops call `stop_if_asked`."""


def stop_if_asked() -> None:
    """Raise again what a signal handler raised, if it was swallowed."""
    if STOP_REQUESTS:
        raise STOP_REQUESTS[0]
