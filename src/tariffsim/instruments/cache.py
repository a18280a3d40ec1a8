"""Arrays on disk by content: what was solved once, with the same code and the same numbers, is read again.

One file an entry, named by a hash of everything the arrays depend on, the sources of the package among it. Files are
written beside their place and moved into it, so that readers never see half of one; a damaged one is worked out anew.
Where nothing can be written, nothing is kept.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

FOLDER = "TARIFFSIM_CACHE_DIR"  # environment variable that names another folder
SOURCES = ("economy", "instruments", "negotiation")  # what equilibria and payoffs depend on
Arrays = dict[str, npt.NDArray[np.float64]]
Part = str | float | npt.NDArray[np.generic]


@dataclass(frozen=True)
class ArrayCache:
    """A folder of named arrays by key; `folder` None: the user's cache folder."""

    folder: Path | None = None

    def get(self, key: str, compute: Callable[[], Mapping[str, npt.NDArray[np.float64]]]) -> Arrays:
        """The arrays kept under `key` (`key_of`), or those of `compute`, which are then kept."""
        place = (self.folder or cache_folder()) / f"{key}.npz"
        kept = _read(place)
        if kept is not None:
            return kept
        found = dict(compute())
        with suppress(OSError):
            _write(place, found)
        return found


def key_of(*parts: Part) -> str:
    """Name of an entry: a hash of everything it depends on, and of the code that works it out."""
    digest = hashlib.sha256(code_version().encode())
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype.str}{part.shape}".encode())
            digest.update(np.ascontiguousarray(part).tobytes())
        else:
            digest.update(f"{type(part).__name__}{part!r}".encode())
    return digest.hexdigest()[:40]


@cache
def code_version() -> str:
    """Hash of the sources that equilibria and payoffs are worked out by, and of NumPy's version."""
    digest = hashlib.sha256(np.__version__.encode())
    package = Path(__file__).resolve().parents[1]
    for name in SOURCES:
        for path in sorted((package / name).glob("*.py")) + sorted((package / name / "kinds").glob("*.py")):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def cache_folder() -> Path:
    """Where this user's cached tables are: TARIFFSIM_CACHE_DIR, else the platform's folder for caches."""
    if os.environ.get(FOLDER):
        return Path(os.environ[FOLDER])
    if os.environ.get("XDG_CACHE_HOME"):
        return Path(os.environ["XDG_CACHE_HOME"]) / "tariffsim" / "tables"
    try:
        home = Path.home()
    except RuntimeError:  # no home directory can be determined
        return Path(tempfile.gettempdir()) / "tariffsim-tables"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "tariffsim" / "tables"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "tariffsim" / "tables"
    return home / ".cache" / "tariffsim" / "tables"


def _read(place: Path) -> Arrays | None:
    try:
        with place.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return {name: np.asarray(stored[name], dtype=np.float64) for name in stored.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return None


def _write(place: Path, arrays: Arrays) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=place.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        os.replace(name, place)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
