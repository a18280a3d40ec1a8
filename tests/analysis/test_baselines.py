"""The naive forecasts: every row of the format, by hand, from a record that ends before the talks."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path
from statistics import NormalDist

import pytest
from tests.analysis.files import every_key

from tariffsim.analysis import record as record_module
from tariffsim.analysis.baselines import PEAK, baselines
from tariffsim.analysis.forecasts import Forecast, forecast_text, read_forecast
from tariffsim.analysis.quantities import BOTH, QUANTITIES, US_ON_CHINA, Key
from tariffsim.analysis.record import EXPIRY, LAST_DAY, Record, record_of
from tariffsim.data import load_facts
from tariffsim.data.tables import read_table
from tariffsim.errors import DataError

ENDS = [dt.date(2025, m, d) for m, d in ((6, 30), (7, 31), (8, 31), (9, 30), (10, 31), (11, 30))]
NAMES = ("status_quo", "lapse", "random_walk", "fade")
JUNE, JULY, AUGUST, *_, NOVEMBER = ENDS


@pytest.fixture(scope="module")
def june() -> dict[str, Forecast]:
    return baselines(LAST_DAY, every_key(*ENDS))


def addon(date: dt.date, subject: str = "USA", partner: str = "CHN") -> Key:
    return Key("addon_rate", subject, partner, date)


@pytest.mark.parametrize("name", NAMES)
def test_the_baseline_fills_a_valid_file_with_every_row_of_the_format(
    june: dict[str, Forecast], name: str, tmp_path: Path
) -> None:
    path = tmp_path / "baseline.csv"
    path.write_text(forecast_text(june[name]), encoding="utf-8")
    again = read_forecast(path)
    assert again.keys == set(every_key(*ENDS))
    assert (again.quantiles, again.probabilities) == (june[name].quantiles, june[name].probabilities)


def test_the_status_quo_keeps_the_last_value_on_record(june: dict[str, Forecast]) -> None:
    said = june["status_quo"].quantiles
    assert said[addon(NOVEMBER)] == (30.0,) * 7
    assert said[Key("exports_yoy", "CHN", "USA", NOVEMBER)] == (-34.5,) * 7
    assert said[Key("magnets_share_of_normal", "CHN", "USA", JUNE)] == pytest.approx((46 / 600,) * 7)


def test_the_status_quo_renews_the_truce_at_its_expiry_and_meets_as_in_the_last_month(
    june: dict[str, Forecast],
) -> None:
    said = june["status_quo"].probabilities
    assert [said[Key("truce_renewed_by", "USA", "CHN", day)] for day in (JULY, AUGUST)] == [0.01, 0.99]
    assert said[Key("round_in_month", "USA", "CHN", JUNE)] == 0.99  # Geneva was in May
    assert said[Key("truce_lapsed_by", "USA", "CHN", NOVEMBER)] == 0.01


def test_a_truce_that_was_not_agreed_yet_is_not_renewed() -> None:
    key = Key("truce_renewed_by", "USA", "CHN", NOVEMBER)
    assert baselines(dt.date(2025, 5, 11), [key])["status_quo"].probabilities[key] == 0.01


def test_the_lapse_returns_to_the_peaks_after_the_twelfth_of_august(june: dict[str, Forecast]) -> None:
    numbers, chances = june["lapse"].quantiles, june["lapse"].probabilities
    assert [numbers[addon(day)][0] for day in (JULY, AUGUST)] == [30.0, 145.0]
    assert [numbers[addon(day, "CHN", "USA")][0] for day in (JULY, AUGUST)] == [10.0, 125.0]
    assert numbers[addon(AUGUST, "USA", "KOR")] == (10.0,) * 7
    for name in ("truce_lapsed_by", "return_above_100_by", "new_us_addon_executed_by"):
        assert [chances[Key(name, "USA", "CHN", day)] for day in (JULY, AUGUST)] == [0.01, 0.99], name
    assert chances[Key("truce_renewed_by", "USA", "CHN", AUGUST)] == 0.01


def test_the_random_walk_spreads_with_the_square_root_of_the_months(june: dict[str, Forecast]) -> None:
    # Korea's add-on at month ends from January to May: 0 0 0 10 10; root mean square step sqrt(100 / 4) = 5.
    z = NormalDist().inv_cdf(0.75)
    said = june["random_walk"].quantiles
    assert said[addon(JUNE, "USA", "KOR")][4] == pytest.approx(10 + 5 * z)
    assert said[addon(dt.date(2025, 9, 30), "USA", "KOR")][4] == pytest.approx(10 + 5 * 2 * z)
    # The American one: 0 10 20 145 30; steps 10 10 125 -115, mean square 29050 / 4. Nothing falls below 0.
    assert said[addon(JUNE)][6] == pytest.approx(30 + (29050 / 4) ** 0.5 * NormalDist().inv_cdf(0.95))
    assert said[addon(JUNE)][:3] == (0.0, 0.0, 0.0)


def test_the_random_walk_takes_events_from_their_count_on_record(june: dict[str, Forecast]) -> None:
    said = june["random_walk"].probabilities
    # 139 days since 20 January, 22 to the end of June. One agreement; five rises of the American add-on; no lapse.
    assert said[Key("agreement_by", "USA", "CHN", JUNE)] == pytest.approx(1 - (139 / 161) ** 1.5)
    assert said[Key("new_us_addon_executed_by", "USA", "CHN", JUNE)] == pytest.approx(1 - (139 / 161) ** 5.5)
    assert said[Key("truce_lapsed_by", "USA", "CHN", JUNE)] == pytest.approx(1 - (139 / 161) ** 0.5)
    # July has 31 days, whatever lies before it.
    assert said[Key("round_in_month", "USA", "CHN", JULY)] == pytest.approx(1 - (139 / 170) ** 1.5)


def test_the_random_walk_passes_100_twice_as_often_as_it_ends_above(june: dict[str, Forecast]) -> None:
    above = 1 - NormalDist(30, (29050 / 4) ** 0.5).cdf(100)
    key = Key("return_above_100_by", "USA", "CHN", JUNE)
    assert june["random_walk"].probabilities[key] == pytest.approx(2 * above)


@pytest.mark.parametrize("name", ["status_quo", "random_walk"])
def test_who_is_above_100_already_is_taken_to_be_above_it(name: str) -> None:
    key = Key("return_above_100_by", "USA", "CHN", dt.date(2025, 5, 31))
    assert baselines(dt.date(2025, 4, 15), [key])[name].probabilities[key] == 0.99


def test_the_fade_goes_in_a_straight_line_to_where_no_war_would_be(june: dict[str, Forecast]) -> None:
    said = june["fade"].quantiles
    # 8 June to 30 November: 175 days, of which 153 are left at the end of June.
    assert said[addon(JUNE)] == pytest.approx((30 * 153 / 175,) * 7)
    magnets = [Key("magnets_share_of_normal", "CHN", "USA", day) for day in (JUNE, NOVEMBER)]
    assert said[magnets[0]] == pytest.approx((1 - (1 - 46 / 600) * 153 / 175,) * 7)
    assert said[magnets[1]] == (1.0,) * 7
    assert said[addon(NOVEMBER)] == (0.0,) * 7
    assert june["fade"].probabilities[Key("addon_cut_by", "CHN", "USA", JUNE)] == 0.99


@pytest.mark.parametrize("name", NAMES)
def test_chances_of_what_stays_done_never_fall(june: dict[str, Forecast], name: str) -> None:
    chances = june[name].probabilities
    lasting = [key for key in sorted(chances) if QUANTITIES[key.quantity].cumulative]
    pairs = [(a, b) for a, b in itertools.pairwise(lasting) if a[:3] == b[:3]]
    assert pairs
    assert all(chances[a] <= chances[b] for a, b in pairs)


def test_a_baseline_knows_nothing_after_the_day_the_forecast_was_made() -> None:
    key = addon(dt.date(2025, 4, 30))
    assert baselines(dt.date(2025, 4, 9), [key])["status_quo"].quantiles[key] == (104.0,) * 7
    assert baselines(dt.date(2025, 4, 10), [key])["status_quo"].quantiles[key] == (145.0,) * 7


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (dt.date(2025, 1, 1), r"begin with the record, on 2025-01-20; a forecast of 2025-01-01 is too early"),
        (dt.date(2025, 3, 30), r"record up to 2025-03-30 is too short of magnets_share_of_normal CHN USA\."),
        (dt.date(2025, 4, 1), r"too short of magnets_share_of_normal CHN USA for a step from month to month"),
    ],
)
def test_a_record_that_is_too_short_is_said_in_one_line(made: dt.date, message: str) -> None:
    with pytest.raises(DataError, match=message):
        baselines(made, [Key("magnets_share_of_normal", "CHN", "USA", dt.date(2025, 4, 30))])


# ---------------------------------------------------------------------- the record
def test_the_record_ends_on_the_eve_of_the_talks() -> None:
    assert record_of(dt.date(2026, 1, 1)) == Record(LAST_DAY)
    assert len(record_of(LAST_DAY).events("round_in_month", US_ON_CHINA)) == 1


def test_peaks_and_expiry_are_those_of_the_facts() -> None:
    highest = {}
    for subject, partner in BOTH:
        highest[subject] = max(value for _, value in record_module._path((subject, partner)))
    assert highest == PEAK
    geneva = next(row for row in load_facts("rounds") if row["place"] == "Geneva")
    effective = dt.date(2025, 5, 14)
    before = Record(effective - dt.timedelta(days=1))
    assert [r.level("addon_rate", US_ON_CHINA) for r in (before, Record(effective))] == [145.0, 30.0]
    assert effective + dt.timedelta(days=int(geneva["truce_days"])) == EXPIRY


def test_every_counted_event_is_a_row_of_the_facts_and_of_the_format() -> None:
    rows = read_table(Path(record_module.__file__).with_name("event_record.csv")).records()
    assert rows
    for row in rows:
        assert (row["subject"], row["partner"]) in QUANTITIES[row["quantity"]].pairs
        column = {"events": "date", "rounds": "start"}[row["file"]]
        assert row["date"] in {fact[column] for fact in load_facts(row["file"])}, row
