"""The command line as users run it: a process of its own, in a folder that isn't the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

QUICK = ("economy.draws=1", "talks.protocol=no_talks", "ticks=2", "ensemble.worlds=3", "output.report=false")
COARSE = (  # few packages, and so few equilibria, on the table
    "talks.issues.addon_by_first.levels=[10,30,54]",
    "talks.issues.addon_by_second.levels=[0,10,34]",
    "talks.issues.licence.levels=[0.25,1.0]",
    "talks.issues.control.levels=[0.0,1.0]",
    "talks.issues.truce_days.levels=[90,365]",
)


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "tariffsim", *words]


def tariffsim(cwd: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m tariffsim WORDS` in `cwd` with some environment variables."""
    return subprocess.run(
        command(*words),
        cwd=cwd,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def write_scenario(folder: Path, name: str, lines: Sequence[str]) -> Path:
    """A scenario file in `folder`/scenario; returns `folder`."""
    (folder / "scenario").mkdir(parents=True, exist_ok=True)
    text = "\n".join(["# @package _global_", "defaults:", "  - london_2025", *lines])
    (folder / "scenario" / f"{name}.yaml").write_text(text + "\n", encoding="utf-8")
    return folder
