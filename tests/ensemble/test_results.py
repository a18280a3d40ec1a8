"""What users see: names, units and numbers of the dataset and of the summary."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest
from tests.ensemble.shared import quick, with_talks
from tests.world.shared import played, small

from tariffsim.ensemble.labels import labels_of
from tariffsim.ensemble.summary import EVENTS, headline, month_ends, wilson
from tariffsim.ensemble.variables import VARIABLES, dates_of
from tariffsim.errors import ResultsError
from tariffsim.negotiation.truce import NEVER, STATES


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda v: v.name)
def test_every_variable_says_unit_meaning_source_and_has_its_axes(variable) -> None:  # type: ignore[no-untyped-def]
    found = quick().dataset[variable.name]
    assert found.dims == variable.dims
    assert found.attrs["long_name"]
    assert found.attrs["source"]
    assert found.attrs.get("units", "date") == variable.units


def test_the_dataset_says_what_it_is() -> None:
    attributes = with_talks().dataset.attrs
    assert (attributes["scenario"], attributes["seed"], attributes["worlds"]) == ("london_2025", 7, 12)
    assert attributes["command"] == "python -m tariffsim"
    assert "numpy" in attributes["versions"]


def test_time_runs_from_the_opening_in_ticks() -> None:
    times = quick().dataset["time"].to_numpy()
    assert times.astype("datetime64[D]").astype(str).tolist() == [
        "2025-06-09",
        "2025-06-16",
        "2025-06-23",
        "2025-06-30",
    ]


def test_add_ons_are_found_by_pair() -> None:
    found = quick().dataset["addon"]
    assert (found.sel(addon_pair="USA>CHN", time="2025-06-09") == 30).all()
    assert (found.sel(addon_pair="USA>others", time="2025-06-09") == 10).all()
    pairs = quick().dataset["pair"].to_numpy().tolist()
    assert "USA>CHN" in pairs
    assert not any("others" in pair for pair in pairs)
    assert quick().dataset["importer"].sel(pair="CHN>USA") == "CHN"


def test_the_four_rates_are_ordered_as_they_are_defined() -> None:
    found = quick().dataset.sel(pair="USA>CHN", time="2025-06-09").isel(world=0)
    assert float(found["statutory"]) > float(found["applied"])  # exemptions
    assert float(found["applied"]) > 30.0  # older layers below the add-on outweigh its exemptions
    assert abs(float(found["effective"]) - float(found["applied"])) < 5.0  # weights of today instead of the base year


def test_exports_open_at_the_datum_and_move_with_the_months_norm() -> None:
    found = quick().dataset.sel(flow="CHN_USA").isel(world=0)
    assert float(found["exports"][0]) == pytest.approx(45.5 * (1 - 0.345), rel=1e-12)
    assert float(found["exports_yoy"][0]) == pytest.approx(-34.5, rel=1e-12)
    june = found["exports"].to_numpy() / (1 + found["exports_yoy"].to_numpy() / 100)
    assert june == pytest.approx([45.5] * 4, rel=1e-12)


def test_supply_is_found_by_owner_buyer_and_input() -> None:
    found = quick().dataset
    magnets = found["approved"].sel(supply="CHN>USA:rare_earth_magnets", time="2025-06-09")
    assert magnets.to_numpy() == pytest.approx([0.08] * 4)
    assert found["owner"].sel(supply="CHN>USA:rare_earth_magnets") == "CHN"
    assert found["input"].sel(supply="USA>CHN:chips_advanced") == "chips_advanced"
    assert found["strictness"].sel(control="USA>CHN", time="2025-06-09").to_numpy() == pytest.approx([0.6] * 4)


def test_codes_have_meanings() -> None:
    status = quick().dataset["status"]
    meanings = status.attrs["flag_meanings"].split()
    assert meanings == list(STATES)
    assert meanings[int(status[0, 0])] == "probation"


def test_events_are_dates_and_what_never_happened_is_not_a_time() -> None:
    days = np.array([0, 21, NEVER])
    assert dates_of(days, small()).astype("datetime64[D]").astype(str).tolist() == ["2025-06-09", "2025-06-30", "NaT"]


def test_terms_of_the_first_deal_come_with_their_date() -> None:
    found = with_talks().dataset
    signed = ~np.isnat(found["deal_date"].to_numpy())
    assert 0 < signed.sum() < len(signed)
    assert (~np.isnan(found["deal_terms"].to_numpy()).any(-1) == signed).all()
    assert set(found["deal_terms"].sel(term="truce_days").to_numpy()[signed]) <= {90.0, 365.0}
    assert found["term_units"].sel(term="truce_days") == "days"


def test_labels_are_those_of_the_model() -> None:
    assert labels_of(played("talks.protocol=no_talks", worlds=1, ticks=3)) == quick().labels


def test_one_variable_becomes_a_tidy_table() -> None:
    table = quick().to_pandas("addon")
    assert list(table.columns[:3]) == ["world", "time", "addon_pair"]
    assert len(table) == 4 * 4 * 9
    with pytest.raises(ResultsError, match=r"unknown variable 'adon'. Did you mean 'addon'\?"):
        quick().to_pandas("adon")


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),  # by hand: (p + z2/2n -+ z sqrt(p(1-p)/n + z2/4n2)) / (1 + z2/n), z2 = 3.841459
    [(0, 10, 0.0, 0.277533), (10, 10, 0.722467, 1.0), (5, 10, 0.236593, 0.763407), (81, 263, 0.255289, 0.366206)],
)
def test_intervals_are_wilsons(hits: int, n: int, low: float, high: float) -> None:
    assert wilson(hits, n) == pytest.approx((low, high), abs=5e-6)


def test_without_worlds_an_interval_is_unknown() -> None:
    assert all(math.isnan(bound) for bound in wilson(0, 0))


def test_month_ends_lie_between_start_and_end() -> None:
    days = month_ends(dt.date(2024, 1, 31), dt.date(2024, 4, 30))
    assert [day.isoformat() for day in days] == ["2024-01-31", "2024-02-29", "2024-03-31"]


def row(quantity: str, **words: str) -> dict[str, object]:
    """The one row of the summary that fits."""
    table = with_talks().summary()
    chosen = table[table["quantity"] == quantity]
    for key, value in words.items():
        chosen = chosen[chosen[key] == value]
    assert len(chosen) == 1
    return dict(chosen.iloc[0])


def test_the_probability_of_a_deal_is_the_share_of_worlds_that_signed() -> None:
    signed = ~np.isnat(with_talks().arrays["deal_date"])
    found = row("deal", date="2025-08-04")
    assert found["probability"] == signed.mean()
    assert (found["low"], found["high"]) == wilson(int(signed.sum()), 12)
    assert found["n"] == 12


def test_deals_by_month_ends_never_become_fewer() -> None:
    table = with_talks().summary()
    chances = table[table["quantity"] == "deal"]
    assert chances["date"].tolist() == ["2025-06-30", "2025-07-31", "2025-08-04"]
    assert chances["probability"].is_monotonic_increasing


@pytest.mark.parametrize("partner", ["KOR", "JPN", "EU"])
def test_answers_of_a_partner_sum_to_one(partner: str) -> None:
    table = with_talks().summary()
    mine = table[(table["subject"] == partner) & (table["unit"] == "probability")]
    assert set(mine["quantity"]) >= {"concede", "hold", "hedge"}
    assert mine["probability"].sum() == pytest.approx(1.0)


def test_medians_are_quantiles_of_the_last_date() -> None:
    values = with_talks().dataset["real_income"].sel(horizon="long", country="KOR").isel(time=-1).to_numpy()
    found = row("real_income", subject="KOR", horizon="long")
    assert [found[k] for k in ("q10", "median", "q90")] == pytest.approx(np.quantile(values, (0.1, 0.5, 0.9)).tolist())
    assert found["unit"] == "percent"


def test_four_rates_of_a_pair_are_four_rows() -> None:
    found = [
        row(name, subject="USA", partner="CHN")["median"] for name in ("addon", "statutory", "applied", "effective")
    ]
    assert len(set(found)) == 4


def test_terms_are_about_the_worlds_that_signed() -> None:
    signed = int((~np.isnat(with_talks().arrays["deal_date"])).sum())
    assert row("deal_term", item="addon_by_first")["n"] == signed
    for name in ("deal_gain", "reciprocity_gap", "mfn_excess", "win_set"):
        assert row(name, subject="CHN")["n"] == signed
    assert row("home_win_set", subject="CHN")["n"] == 0  # nobody votes


def test_a_summary_without_deals_has_empty_terms() -> None:
    table = quick().summary()
    terms = table[table["quantity"] == "deal_term"]
    assert (terms["n"] == 0).all()
    assert terms["median"].isna().all()


def test_the_headline_names_outcomes_add_ons_and_deciders() -> None:
    quantities = [found["quantity"] for found in headline(with_talks())]
    assert quantities == [*EVENTS, "addon", "addon", *["real_income"] * 5]


def test_results_show_themselves() -> None:
    assert repr(quick()) == "Results('london_2025', 4 worlds x 3 ticks, seed 7)"
    assert "<table" in quick()._repr_html_()
