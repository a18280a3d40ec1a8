"""The small scenario of the tests is what the command line would make of its overrides."""

from __future__ import annotations

import pytest
from tests.world.shared import CONTESTED, SMALL, small

from tariffsim.errors import ConfigError
from tariffsim.scenario.loading import load_scenario


@pytest.mark.parametrize(
    "overrides",
    [
        (),
        CONTESTED,
        ("ticks=3", "truce.expires=2025-07-07", "enforcement.probation_weeks=1", "governments.USA.audience_cost=1e-6"),
        ("governments.USA.discount={low: 0.1, high: 5.0}", "ticks=3"),
        ("talks.parties=[CHN,USA]",),
        ("what_if=talks_collapse", "~partners.letters"),
        ("+events.rise={date: 2025-06-16, kind: addon, owner: USA, target: CHN, value: 50}",),
    ],
    ids=lambda words: words[0].split("=")[0] if words else "none",
)
def test_setting_values_in_place_is_composing_with_them(overrides: tuple[str, ...]) -> None:
    assert small(*overrides) == load_scenario("london_2025", [*SMALL, *overrides])


def test_a_setting_that_does_not_exist_is_still_an_error() -> None:
    with pytest.raises(ConfigError, match="tiks"):
        small("tiks=3")
