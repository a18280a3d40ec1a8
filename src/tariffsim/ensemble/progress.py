"""A progress line on standard error; it never touches a result."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from tariffsim.errors import stop_if_asked

QUIET_SECONDS = 1.0  # shorter runs need no line
LIVE_SECONDS, PLAIN_SECONDS = 0.2, 5.0  # between updates: redrawn on a terminal, a new line each elsewhere


class Progress:
    """World-ticks done, equilibria solved, seconds; silent if not shown."""

    def __init__(self, worlds: int, ticks: int, shown: bool | None, wanted: bool, stream: TextIO | None = None) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._live = self._stream.isatty()
        self.shown = shown if shown is not None else wanted and self._live
        self._worlds, self._ticks = worlds, ticks
        self._began = self._last = time.monotonic()
        self._width = 0

    def update(self, done: int, solved: int) -> None:
        """Say how many world-ticks are done and how many equilibria were solved."""
        total = self._worlds * self._ticks
        self.tell(done / total, f"{self._worlds:,} worlds x {self._ticks} ticks, {solved:,} equilibria")

    def tell(self, share: float, of: str) -> None:
        """Say what share is done, and of what; here a stop is heard at the latest."""
        stop_if_asked()
        now = time.monotonic()
        pause = LIVE_SECONDS if self._live else PLAIN_SECONDS
        if not self.shown or now - self._began < QUIET_SECONDS or now - self._last < pause:
            return
        self._last = now
        self._write(f"{100 * share:3.0f} % of {of}, {now - self._began:.0f} s")

    def close(self) -> None:
        """Clear the line."""
        if self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
            self._width = 0

    def _write(self, text: str) -> None:
        if self._live:
            self._stream.write("\r" + text.ljust(self._width))
            self._width = len(text)
        else:
            self._stream.write(text + "\n")
        self._stream.flush()
