"""A model stepped by hand shows what it has recorded so far, and ends as the ensemble does."""

from __future__ import annotations

from tests.world.shared import shared_book, small

import tariffsim as ts


def test_results_cover_the_ticks_played() -> None:
    model = ts.TariffModel(small("ticks=4"), worlds=2, book=shared_book())
    assert model.results.dataset.sizes["time"] == 1
    model.step()
    dataset = model.results.dataset
    assert [str(day)[:10] for day in dataset["time"].values] == ["2025-06-09", "2025-06-16"]


def test_a_model_run_by_hand_ends_as_the_ensemble() -> None:
    scenario = small("ticks=3")
    by_hand = ts.TariffModel(scenario, worlds=3, seed=7, book=shared_book()).run().results.dataset
    assert by_hand.drop_attrs().equals(ts.run_ensemble(scenario, worlds=3, seed=7, progress=False).dataset.drop_attrs())


def test_the_seed_of_the_model_is_the_seed_of_its_results() -> None:
    model = ts.TariffModel(small("ticks=2"), worlds=1, seed=11, book=shared_book())
    assert model.results.scenario.seed == 11
