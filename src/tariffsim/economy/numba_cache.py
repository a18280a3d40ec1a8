"""Choose where compiled code is kept, before Numba looks.

Numba keeps it in the package's `__pycache__`, else in the user's cache directory, and raises at
import when neither can be written. A third place, private to the user, makes a read-only package and
home work. Import CACHE from here before anything of Numba.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path


def choose_cache_directory() -> bool:
    """Set NUMBA_CACHE_DIR if Numba's own places are closed; False if nothing at all can be written."""
    if os.environ.get("NUMBA_CACHE_DIR"):
        return _writable(Path(os.environ["NUMBA_CACHE_DIR"]))
    if _writable(Path(__file__).parent / "__pycache__"):
        return True
    for make in (_user_cache, _private_temporary):
        place = make()
        if place is not None and _writable(place):
            os.environ["NUMBA_CACHE_DIR"] = str(place)
            _tell_numba()
            return True
    return False


def _tell_numba() -> None:
    """Numba reads the environment when it is imported; somebody may have done that already."""
    config = sys.modules.get("numba.core.config")
    if config is not None:
        config.reload_config()


def _user_cache() -> Path | None:
    root = os.environ.get("XDG_CACHE_HOME")
    if root:
        return Path(root) / "tariffsim"
    try:
        return Path.home() / ".cache" / "tariffsim"
    except RuntimeError:  # no home directory can be determined
        return None


def _private_temporary() -> Path | None:
    """A directory of this user only: compiled code is executed, so nobody else may have put it there."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    place = Path(tempfile.gettempdir()) / f"tariffsim-numba-{user}"
    try:
        place.mkdir(mode=0o700, exist_ok=True)
        return place if not hasattr(os, "getuid") or place.stat().st_uid == user else None
    except OSError:
        return None


def _writable(place: Path) -> bool:
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place):
            return True
    except OSError:
        return False


CACHE = choose_cache_directory()
