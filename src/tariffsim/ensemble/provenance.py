"""Where a result comes from: versions, data, and how the work was done."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from tariffsim import __version__
from tariffsim.data import data_directory

LIBRARIES = ("numpy", "numba", "scipy", "mesa", "xarray", "pandas", "pyarrow", "hydra-core")


@dataclass(frozen=True)
class Provenance:
    """How a result was made. Nothing here is part of the result.

    solved: equilibria solved, each policy under both horizons counted once per book (every process has its own);
    looked_up: policies asked for; seconds: simulation without compilation; compile_seconds: loading or compiling the
    kernel; data: SHA-256 of every data file by name.
    """

    engine: str
    workers: int
    chunk: int
    solved: int
    looked_up: int
    seconds: float
    compile_seconds: float
    command: str = ""
    created: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)


def versions() -> dict[str, str]:
    """Versions of tariffsim, Python and the libraries that compute."""
    found = {"tariffsim": __version__, "python": platform.python_version()}
    return found | {name: version(name) for name in LIBRARIES}


def data_hashes() -> dict[str, str]:
    """SHA-256 of every data file shipped with the package."""
    top = data_directory()
    return {path.relative_to(top).as_posix(): sha256(path) for path in sorted(top.rglob("*.csv"))}


def sha256(path: Path) -> str:
    """Hash of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
