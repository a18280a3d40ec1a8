"""The small scenario of the tests is what the command line would make of its overrides."""

from __future__ import annotations

import pytest
from tests.world.shared import CONTESTED, SMALL, small

from tariffsim.errors import ConfigError
from tariffsim.scenario.loading import load_scenario


@pytest.mark.parametrize(
    "overrides",
    [
        (*CONTESTED, "truce.expires=2025-07-07", "enforcement.probation_weeks=1", "governments.USA.audience_cost=1e-6"),
        ("what_if=talks_collapse", "governments.USA.discount={low: 0.1, high: 5.0}", "~partners.letters"),
        ("talks.parties=[CHN,USA]",),
    ],
    ids=["values", "more than values", "what others refer to"],
)
def test_setting_values_in_place_is_composing_with_them(overrides: tuple[str, ...]) -> None:
    assert small(*overrides) == load_scenario("london_2025", [*SMALL, *overrides])


def test_a_setting_that_does_not_exist_is_still_an_error() -> None:
    with pytest.raises(ConfigError, match="tiks"):
        small("tiks=3")
