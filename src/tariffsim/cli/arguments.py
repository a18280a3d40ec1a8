"""What the user typed: a few options, and overrides in Hydra's language."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from tariffsim.errors import ConfigError, nearest

OPTIONS = ("--help", "--version", "--multirun", "--config-dir", "--cfg")


@dataclass(frozen=True)
class Request:
    """A parsed command line. `words` is what was typed, for the line that says how to repeat it."""

    words: tuple[str, ...]
    overrides: tuple[str, ...]
    config_dir: str | None
    multirun: bool
    help: bool
    version: bool
    show_config: bool


class _Parser(argparse.ArgumentParser):
    """argparse answers a mistake with its usage and an exit; we answer with one line like everybody else."""

    def error(self, message: str) -> NoReturn:
        if message.startswith("unrecognized arguments: "):
            got = message.split(": ")[1].split(maxsplit=1)[0]
            close = nearest(got, OPTIONS)
            hint = f" Did you mean {close}?" if close else ""
            message = f"unknown option {got!r}.{hint} Options: {', '.join(OPTIONS)}"
        raise ConfigError(f"{message}. Try --help.")


def parse(words: Sequence[str]) -> Request:
    """Options and overrides; raises ConfigError."""
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("--version", action="store_true")
    parser.add_argument("-m", "--multirun", action="store_true")
    parser.add_argument("-cd", "--config-dir", metavar="DIR")
    parser.add_argument("-c", "--cfg", choices=["job"])
    parser.add_argument("overrides", nargs="*")
    found = parser.parse_intermixed_args(list(words))
    return Request(
        words=tuple(words),
        overrides=tuple(found.overrides),
        config_dir=found.config_dir,
        multirun=found.multirun,
        help=found.help,
        version=found.version,
        show_config=found.cfg is not None,
    )
