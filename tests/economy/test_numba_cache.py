"""Compiled code finds a place to stay, whoever may write where."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tariffsim.economy import numba_cache


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine where only the directory that is returned can be written."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    writable = numba_cache._writable
    monkeypatch.setattr(numba_cache, "_writable", lambda place: tmp_path in place.parents and writable(place))
    return tmp_path


def test_with_a_read_only_package_and_home_a_private_temporary_place_is_used(closed: Path) -> None:
    assert numba_cache.choose_cache_directory()
    place = Path(os.environ["NUMBA_CACHE_DIR"])
    assert place.parent == closed
    assert stat.S_IMODE(place.stat().st_mode) == 0o700


def test_the_users_cache_comes_before_the_temporary_one(closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(closed / "cache"))
    assert numba_cache.choose_cache_directory()
    assert os.environ["NUMBA_CACHE_DIR"] == str(closed / "cache" / "tariffsim")


def test_where_nothing_can_be_written_nothing_is_cached(closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(closed / "missing"))
    assert not numba_cache.choose_cache_directory()
    assert os.environ["NUMBA_CACHE_DIR"] == ""


def test_a_place_the_user_chose_is_respected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "mine"))
    assert numba_cache.choose_cache_directory()
    assert os.environ["NUMBA_CACHE_DIR"] == str(tmp_path / "mine")
