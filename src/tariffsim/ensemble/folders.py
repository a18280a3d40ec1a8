"""Folders that appear whole or not at all: written beside their place, forced to disk, then renamed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tariffsim.errors import ResultsError

MOST = 100_000  # results of one name in one folder


@dataclass
class Staging:
    """A folder under construction; `published` is where it went."""

    path: Path
    published: Path | None = None


@contextmanager
def staged(target: Path, *, counter: bool) -> Iterator[Staging]:
    """A folder to write into; it becomes `target` when the block ends well and vanishes when it doesn't.

    An existing result is never overwritten: with `counter` the new one is called target-2, -3, ..., without it
    ResultsError is raised. ResultsError too if the place can't be written.
    """
    if not counter and target.exists():
        raise ResultsError(f"{target} exists already. Choose another folder, or move it away first.")
    staging = Staging(_beside(target))
    try:
        yield staging
        _to_disk(staging.path)
        staging.published = _renamed(staging.path, target, counter)
    except OSError as error:
        raise ResultsError(unwritable(target, error)) from None
    finally:
        if staging.published is None:
            shutil.rmtree(staging.path, ignore_errors=True)


def free_folder(target: Path) -> Path:
    """Make `target`, or target-2, -3, ... if it exists, and return it; raises ResultsError."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for k in range(1, MOST):
            place = numbered(target, k)
            try:
                place.mkdir()
            except FileExistsError:
                continue
            return place
    except OSError as error:
        raise ResultsError(unwritable(target, error)) from None
    raise ResultsError(f"{target} exists {MOST} times already. Choose another folder, or move some away.")


def numbered(target: Path, k: int) -> Path:
    """The k-th name for a folder: as it is, then with -2, -3, ... ."""
    return target if k == 1 else target.with_name(f"{target.name}-{k}")


def write_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` make a file and put it in its place in one step; raises ResultsError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            write(part)
            _flush(part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise ResultsError(unwritable(path, error)) from None


def unwritable(path: Path, error: OSError) -> str:
    """One line about a place that can't be written."""
    return f"cannot write {path}: {error.strerror or error}. Choose another place with output.directory=... ."


def _beside(target: Path) -> Path:
    """A new hidden folder next to `target`, so that renaming it stays on one file system."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        found = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
        umask = os.umask(0)
        os.umask(umask)
        found.chmod(0o777 & ~umask)  # mkdtemp is private; results are as open as any other file
        return found
    except OSError as error:
        raise ResultsError(unwritable(target, error)) from None


def _renamed(made: Path, target: Path, counter: bool) -> Path:
    for k in range(1, MOST):
        place = numbered(target, k)
        if not place.exists():
            try:
                made.rename(place)  # fails if somebody else has filled the place meanwhile
            except OSError:
                if not place.exists():
                    raise
            else:
                _flush(place.parent)
                return place
        if not counter:
            break
    raise ResultsError(f"{target} exists already. Choose another folder, or move it away first.")


def _to_disk(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        _flush(path)
    _flush(folder)


def _flush(path: Path) -> None:
    """Force a file or folder to disk; folders can't be opened on every system."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
