"""Why talks fail: the same worlds again, one cause removed at a time."""

from __future__ import annotations

import numpy as np
from tests.ensemble.shared import nobody
from tests.world.shared import shared_book, small

from tariffsim.ensemble.chunks import Chunk, run_chunk
from tariffsim.ensemble.failures import CAUSES

AGAIN = "ensemble.counterfactuals=true"
CAUSE = {name: k for k, name in enumerate(CAUSES)}


def found(*overrides: str, worlds: int = 12, ticks: int = 10, first: int = 0) -> dict[str, np.ndarray]:
    scenario = small(AGAIN, f"ticks={ticks}", *overrides)
    return run_chunk(scenario, Chunk(first, worlds), shared_book(), nobody).arrays


def test_a_hopeless_vote_is_what_fails_and_nothing_else() -> None:
    vote = [f"governments.USA.ratification.{key}" for key in ("form=legislature", "quota=1.0", "width=0.001", "days=2")]
    arrays = found(*vote)
    failed = arrays["failed"].astype(bool)
    assert failed.all()
    assert (arrays["restored"][:, CAUSE["ratification"]] == 1).any()
    assert (arrays["restored"][:, CAUSE["private_information"]] == 0).all()


def test_a_deal_its_owner_cheats_on_is_saved_by_contracts_that_bind() -> None:
    cheating = (
        "governments.CHN.control_value=0.05",
        "enforcement.detection_intensity=0",
        "talks.issues.licence.levels=[1.0]",
        "enforcement.licence_lag_days=0",
        "enforcement.suspicion=0.0",
        "enforcement.tolerance=0.05",
        "enforcement.probation_weeks=1",
        "talks.pause_days=300",
    )
    arrays = found(*cheating, ticks=16)
    broken = arrays["failed"].astype(bool) & ~np.isnat(arrays["deal_date"])
    assert broken.any()
    assert (arrays["restored"][broken, CAUSE["commitment"]] == 1).all()
    assert (arrays["restored"][broken, CAUSE["ratification"]] == 0).all()


def test_talks_that_run_out_of_time_are_saved_by_more_of_it() -> None:
    # one offer before the window closes: nobody has conceded anything yet
    hasty = ("truce.status=cold", "talks.window_days=7", "talks.pause_days=300", "talks.offers_per_meeting=1")
    arrays = found(*hasty, "governments.USA.escalation=hold", "governments.CHN.escalation=hold", ticks=20)
    failed = arrays["failed"].astype(bool)
    assert failed.any()
    assert (arrays["restored"][failed, CAUSE["deadline"]] == 1).any()


def test_only_failed_worlds_are_played_again() -> None:
    arrays = found("disagreement.depth=1")
    failed = arrays["failed"].astype(bool)
    assert (np.isnan(arrays["restored"]).all(-1) == ~failed).all()


def test_where_nobody_meets_nothing_can_be_saved() -> None:
    arrays = found("talks.protocol=no_talks", worlds=2, ticks=2)
    assert np.isnan(arrays["restored"]).all()
    assert np.isnan(arrays["disagreement"]).all()


def test_worlds_fail_for_the_same_causes_alone_and_in_a_batch() -> None:
    hasty = ("truce.status=cold", "talks.window_days=7", "talks.pause_days=300", "talks.offers_per_meeting=1")
    batch, alone = found(*hasty, worlds=5), found(*hasty, worlds=1, first=3)
    assert batch["restored"][3:4].tobytes() == alone["restored"].tobytes()
