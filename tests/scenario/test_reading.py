"""Bad input gets one clear line: what came, what was allowed, the nearest name."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariffsim.economy import nodes, primitives
from tariffsim.errors import ConfigError
from tariffsim.scenario import schema
from tariffsim.scenario.loading import load_scenario
from tariffsim.scenario.reading import Uncertain

BAD = {
    "governments.CHN.strategy=boulwar": "Did you mean 'boulware'",
    "+governments.KOR.strategy=linear": "would change nothing: it is not a party",
    "seed=abc": "seed must be a whole number, got 'abc'",
    "seed=1.5": "seed must be a whole number, got 1.5",
    "ticks=0": "ticks must lie between 1 and 5200, got 0",
    "tick_days=true": "tick_days must be a whole number, got True",
    "talks.protocl=x": "Did you mean 'talks.protocol'",
    "what_if=halve_magnet_license": "Did you mean 'halve_magnet_licences'",
    "start=2025-13-01": "start must be a date as YYYY-MM-DD",
    "start=2025-07-01": "start 2025-07-01 is outside the dated tariff record",
    "talks.rounds=[2024-01-01]": "talks.rounds[0] is 2024-01-01, outside the run of 2025-06-09 to 2025-12-07",
    "output.directory=''": "output.directory is empty",
    "trade.flows.CHN_USA.start_change=-1": "must lie between -0.99 and 10",
    "start=2021-01-01": "outside the dated tariff record",
    "truce.expires=2025-06-01": "truce.expires must be a day after start",
    "policy.addons.USA.CHN=-5": "must lie between 0 and 1000, got -5",
    "policy.addons.USA.CHN=nan": "must lie between 0 and 1000, got nan",
    "economy.closure=balance": "Did you mean 'balanced'",
    "inputs.ethane.rationing=markt": "Did you mean 'market'",
    "inputs.ethane.rent=lost": "inputs.ethane.rent=lost would change nothing: quotas have no price",
    "economy.horizon.short_theta={low: 2, high: 1}": "must have low <= central <= high",
    "talks.parties=[USA]": "must name two different governments",
    "talks.parties=[USA,FRA]": "unknown talks.parties 'FRA'",
    "talks.issues.licence.levels=[]": "talks.issues.licence.levels is missing or empty",
    "talks.issues.licence.levels=[2]": "are shares between 0 and 1",
    "output.name=../x": "must be a plain name",
    "~truce": "truce is missing",
    "+foo=1": "unknown key 'foo'",
    "a b": "could not be read",
}


@pytest.mark.parametrize("override", BAD)
def test_a_bad_override_gets_one_line(override: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_scenario("london_2025", [override])
    message = str(caught.value)
    assert BAD[override] in message
    assert "\n" not in message


def test_what_a_scenario_may_choose_is_what_the_economy_knows() -> None:
    # the schema stands below the economy and cannot import these
    assert set(schema.CLOSURES) == set(primitives.CLOSURES)
    assert set(schema.RATIONING) == set(nodes.RATIONING)
    assert set(schema.NODE_RENTS) == set(nodes.NODE_RENTS)


def test_an_unknown_scenario_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'london_2025'"):
        load_scenario("londn_2025")


def test_a_missing_config_dir_is_named(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ConfigError, match="is not a folder"):
        load_scenario("london_2025", config_dir=tmp_path / "nowhere")


def test_a_scenario_of_ones_own_is_one_file(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "scenario").mkdir()
    (tmp_path / "scenario" / "mine.yaml").write_text(
        "# @package _global_\ndefaults: [london_2025]\nname: mine\npolicy: {addons: {USA: {CHN: 60}}}\n"
    )
    mine = load_scenario("mine", config_dir=tmp_path)
    assert mine.name == "mine"
    assert mine.policy.addons["USA"] == {"CHN": 60.0, "KOR": 10.0, "JPN": 10.0, "EU": 10.0, "others": 10.0}


@given(
    low=st.floats(0.01, 10), width=st.floats(0.01, 10), split=st.floats(0, 1), logarithmic=st.booleans(),
    u=st.lists(st.floats(0.001, 0.999), min_size=2, max_size=20),
)  # fmt: skip
def test_quantiles_rise_from_low_to_high(
    low: float, width: float, split: float, logarithmic: bool, u: list[float]
) -> None:
    drawn = Uncertain(low, low + width, low + split * width, logarithmic).quantile(np.sort(u))
    assert (np.diff(drawn) >= -1e-12).all()
    assert low * (1 - 1e-12) <= drawn[0]
    assert drawn[-1] <= (low + width) * (1 + 1e-12)


def test_a_triangular_quantile_matches_scipy() -> None:
    from scipy.stats import triang

    u = np.linspace(0.01, 0.99, 33)
    assert np.allclose(Uncertain(2.0, 7.0, 3.0).quantile(u), triang(c=0.2, loc=2, scale=5).ppf(u), rtol=1e-12)


def test_an_event_outside_the_run_is_refused() -> None:
    late = ["what_if=halve_magnet_licences", "events.halve_magnet_licences.date=2026-01-01"]
    with pytest.raises(ConfigError, match=r"events.halve_magnet_licences.date is 2026-01-01, outside the run"):
        load_scenario("london_2025", late)


def test_a_file_that_is_no_yaml_is_one_line(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "scenario").mkdir()
    (tmp_path / "scenario" / "mine.yaml").write_text("a: [1\nb: }")
    with pytest.raises(ConfigError, match=r"mine.yaml, line 2: ") as caught:
        load_scenario("mine", config_dir=tmp_path)
    assert "\n" not in str(caught.value)
