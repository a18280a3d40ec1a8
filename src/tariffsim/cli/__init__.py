"""The command line: `python -m tariffsim [options] [key=value ...]`.

Heavy libraries are imported once it's clear that a simulation is wanted, so that help and mistakes answer at once.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from tariffsim import __version__
from tariffsim.cli.arguments import Request, parse
from tariffsim.errors import STOP_REQUESTS, TariffsimError

MISTAKE, INTERRUPTED, CLOSED = 2, 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code: 0, 2 for a mistake (one line says which), 130 for Ctrl-C,
    141 if nobody reads what is printed."""
    _forgiving_streams()
    if argv is None:  # a process of its own, not a call from Python
        signal.signal(signal.SIGTERM, _end)
        signal.signal(signal.SIGINT, _interrupt)
        sys.unraisablehook = _mention
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _answer(parse(words))
    except TariffsimError as error:
        return _fail(str(error), MISTAKE)
    except MemoryError:
        return _fail("not enough memory: lower execution.chunk or ensemble.worlds.", MISTAKE)
    except KeyboardInterrupt as stop:
        return _fail(str(stop) or "interrupted: nothing was written.", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads: don't complain at exit either
        return CLOSED


def _answer(request: Request) -> int:
    if request.help:
        from tariffsim.cli.guide import guide

        print(guide(request.config_dir))
    elif request.version:
        print(f"tariffsim {__version__}")
    elif request.show_config:
        from tariffsim.cli.jobs import show_config

        print(show_config(request), end="")
    else:
        from tariffsim.cli.running import run

        run(request)
    return 0


def _end(number: int, _frame: object) -> NoReturn:
    """Leave through every `finally`, so that an ended run leaves nothing half-written."""
    STOP_REQUESTS.append(SystemExit(128 + number))
    raise STOP_REQUESTS[0]


class Interrupted(KeyboardInterrupt):
    """Ctrl-C. A class of its own because Python kills itself at exit, whatever it was told to return, if exactly a
    KeyboardInterrupt ever left an `exec` of text, as the libraries that we import and compile with use it."""


def _interrupt(_number: int, _frame: object) -> NoReturn:
    """Ctrl-C, noted as well as raised."""
    STOP_REQUESTS.append(Interrupted())
    raise STOP_REQUESTS[0]


def _mention(swallowed: sys.UnraisableHookArgs) -> None:
    """Python tells of exceptions it swallows; one of a signal is not lost (see `STOP_REQUESTS`), so nothing is said."""
    if not any(swallowed.exc_value is request for request in STOP_REQUESTS):
        sys.__unraisablehook__(swallowed)


def _fail(message: str, code: int) -> int:
    print(f"tariffsim: {' '.join(message.split())}", file=sys.stderr)
    return code


def _forgiving_streams() -> None:
    """Print what the terminal's encoding can't show as '?' instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
