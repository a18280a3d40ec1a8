"""The study of Chinese exports in 2025 still finds what its README says."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tariffsim.economy.loading import load_economy
from tariffsim.instruments.schedule import load_schedule

FOLDER = Path(__file__).resolve().parents[2] / "experiments" / "adjustment_2025"


@pytest.fixture(scope="module")
def study() -> ModuleType:
    spec = importlib.util.spec_from_file_location("adjustment_2025", FOLDER / "fit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def targets(study: ModuleType) -> dict[float, Any]:
    goods = np.array(load_schedule().goods)
    tariffs = np.stack([load_schedule().on(day).applied for day in study.DAYS])
    return {theta: study.equilibrium_flows(load_economy(), goods, tariffs, theta) for theta in (0.1, 0.76, 4.0)}


def test_with_front_loading_every_elasticity_fits_and_the_data_cannot_tell_them_apart(
    study: ModuleType, targets: dict[float, Any]
) -> None:
    fits = {theta: study.fit(target, 6, 0.023) for theta, target in targets.items()}
    assert max(f.worst for f in fits.values()) < 1.05
    np.testing.assert_allclose([f.amount for f in fits.values()], 0.15, atol=0.006)
    np.testing.assert_allclose([(1 + theta) * f.phi for theta, f in fits.items()], 0.13, atol=0.01)


def test_without_front_loading_none_does(study: ModuleType, targets: dict[float, Any]) -> None:
    for target in targets.values():
        found = study.fit(target, 6, 0.023, rush=False)
        assert found.amount == 0.0
        assert found.spread > 7.0
        assert found.worst > 13.0


def test_the_data_are_the_published_changes(study: ModuleType) -> None:
    changes, period = study.observed()
    assert changes.tolist() == [2.3, 9.1, -21.0, -34.5]
    assert np.bincount(period).tolist() == [59, 31, 30, 31]
