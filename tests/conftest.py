"""Settings of every test: floating-point trouble raises, warnings are errors, examples are repeatable."""

from __future__ import annotations

import os

# Matrices of a few hundred rows gain nothing from BLAS threads, and on busy machines threads that wait for one
# another make them ten times slower. Before NumPy is imported: it reads this once.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

# Derandomised: a red run can be repeated by anyone. No deadline: the first example compiles the kernel.
settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")


@pytest.fixture(autouse=True)
def _strict_floating_point() -> Iterator[None]:
    """A division by zero, an overflow or a NaN in NumPy is an error; underflow to zero is not."""
    with np.errstate(all="raise", under="ignore"):
        yield


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout's top folder."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def python() -> str:
    """The interpreter that runs the tests."""
    return sys.executable
