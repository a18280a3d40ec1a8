"""Figures, held to the dataset on the figure object: series, labels, end values. Pictures are for eyes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.figure import Figure
from tests.report.samples import WORLDS, view

from tariffsim.ensemble.summary import wilson
from tariffsim.negotiation.letters import STANCES
from tariffsim.negotiation.truce import STATES
from tariffsim.report.charts.deal import deal_terms, deal_values
from tariffsim.report.charts.outcomes import ORDER, deals_by_date, states_over_time
from tariffsim.report.charts.partners import partner_answers
from tariffsim.report.charts.supply import licences, tightest_input
from tariffsim.report.charts.tariffs import history, partner_tariffs, tariff_paths
from tariffsim.report.charts.trade import described, exports, monthly_record
from tariffsim.report.charts.welfare import against_opening, income_bands, ranked, who_pays
from tariffsim.report.figures import Chart, inline_svg, save_files, svg
from tariffsim.report.sections import FIGURES
from tariffsim.report.style import PALETTE, spread
from tariffsim.report.view import View

Draw = Callable[[View], Chart | None]


@pytest.fixture(scope="module")
def sample() -> View:
    return view()


def line(figure: Figure, panel: int, label: str) -> npt.NDArray[np.float64]:
    """Heights of the line with this label."""
    (found,) = [x for x in figure.axes[panel].get_lines() if x.get_label() == label]
    return np.asarray(found.get_ydata(), dtype=np.float64)


def band(figure: Figure, panel: int, label: str) -> tuple[float, float]:
    """Lowest and highest corner of a filled band."""
    (found,) = [x for x in figure.axes[panel].collections if x.get_label() == label]
    heights = np.asarray(found.get_paths()[0].vertices)[:, 1]
    return float(np.min(heights)), float(np.max(heights))


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


@pytest.mark.parametrize("draw", FIGURES, ids=lambda draw: draw.__name__)
def test_every_figure_has_a_finding_an_alt_text_data_and_no_empty_panel(draw: Draw, sample: View) -> None:
    chart = draw(sample)
    assert chart is not None
    assert chart.figure.get_suptitle().split() == chart.finding.split()
    assert len(chart.alt) > len(chart.finding) / 2
    assert len(chart.data) > 0
    assert all(axes.lines or axes.collections or axes.patches for axes in chart.figure.axes)


@pytest.mark.parametrize("draw", FIGURES, ids=lambda draw: draw.__name__)
def test_no_text_is_clipped_and_no_two_texts_of_a_panel_lie_on_one_another(draw: Draw, sample: View) -> None:
    chart = draw(sample)
    assert chart is not None
    svg(chart)  # lays the figure out
    figure = chart.figure
    boxes = [(t.get_text(), t.get_window_extent()) for axes in figure.axes for t in axes.texts if t.get_text()]
    frame = figure.bbox
    for text, box in boxes:
        assert frame.x0 - 1 <= box.x0, text
        assert box.x1 <= frame.x1 + 1, text
    hits = [(a, b) for k, (a, p) in enumerate(boxes) for b, q in boxes[k + 1 :] if p.shrunk(0.9, 0.6).overlaps(q)]
    assert hits == []


def test_the_areas_of_states_add_up_to_all_worlds_and_end_at_the_shares_of_the_last_day(sample: View) -> None:
    chart = states_over_time(sample)
    status = sample.status()
    shares = chart.data[list(ORDER)].to_numpy()
    assert shares.sum(axis=1) == pytest.approx(np.ones(len(sample.dates)), abs=1e-12)
    for name in ORDER:
        assert chart.data[name].iloc[-1] == (status[:, -1] == STATES.index(name)).mean()
    drawn = [x.get_label() for x in chart.figure.axes[0].collections]
    assert drawn == list(ORDER)
    assert band(chart.figure, 0, ORDER[-1])[1] == pytest.approx(100)


def test_the_deal_curve_ends_at_the_share_of_worlds_with_a_deal_and_shows_its_interval(sample: View) -> None:
    chart = deals_by_date(sample)
    hits = int(sample.happened("deal").sum())
    assert line(chart.figure, 0, "deal signed")[-1] == pytest.approx(100 * hits / WORLDS, abs=1e-12)
    last = chart.data.iloc[-1]
    assert (last["low"], last["high"]) == pytest.approx(wilson(hits, WORLDS), abs=1e-12)
    assert (np.diff(chart.data["probability"]) >= 0).all()


@pytest.mark.parametrize(("panel", "pair"), [(0, ("USA", "CHN")), (1, ("CHN", "USA"))])
def test_tariff_fans_are_the_quantiles_of_the_add_ons(panel: int, pair: tuple[str, str], sample: View) -> None:
    chart = tariff_paths(sample)
    samples, label = sample.rate("addon", *pair), ">".join(pair)
    assert line(chart.figure, panel, label) == pytest.approx(np.median(samples, axis=0), abs=1e-12)
    q10, q90 = np.quantile(samples, (0.1, 0.9), axis=0)
    assert band(chart.figure, panel, f"{label} 80 %") == pytest.approx((q10.min(), q90.max()), abs=1e-12)


def test_the_history_before_london_peaks_at_145_and_ends_at_30(sample: View) -> None:
    known = history("USA", "CHN", dt.date(2025, 6, 9))
    assert max(rate for _, rate in known) == 145
    assert known[-1][0] == dt.date(2025, 5, 14)
    assert known[-1][1] == pytest.approx(30)
    assert history("USA", "CHN", dt.date(2025, 2, 28))[-1][1] == 10
    assert line(tariff_paths(sample).figure, 0, "history").max() == 145


def test_licence_panels_show_deliveries_and_stocks_of_each_buyer(sample: View) -> None:
    assert tightest_input(sample) == "rare_earth_magnets"
    chart = licences(sample)
    assert chart is not None
    assert [axes.get_title(loc="left") for axes in chart.figure.axes[:5]] == [
        "United States", "South Korea", "Japan", "European Union", "Others",
    ]  # fmt: skip
    for k in range(5):
        delivered, stock = 100 * sample.supply("delivered", k), sample.supply("stock", k)
        assert line(chart.figure, k, "delivered") == pytest.approx(np.median(delivered, axis=0), abs=1e-12)
        assert line(chart.figure, 5 + k, "stock") == pytest.approx(np.median(stock, axis=0), abs=1e-12)


def test_who_pays_shows_all_countries_deciders_first_at_both_horizons(sample: View) -> None:
    chart = who_pays(sample)
    order = ranked(sample, income_bands(sample, "short", opening=False))
    assert order[:5] == ["USA", "CHN", "KOR", "JPN", "EU"]
    assert len(order) == len(set(order)) == 16
    for horizon in ("short", "long"):
        (marks,) = [x for x in chart.figure.axes[0].get_lines() if x.get_label() == horizon]
        expected = [np.median(sample.income(c, horizon)[:, -1]) for c in order]
        assert np.asarray(marks.get_xdata()) == pytest.approx(np.array(expected), abs=1e-12)


def test_a_path_that_does_not_move_is_no_change_against_the_opening() -> None:
    assert against_opening(np.full((3, 5), -0.7)) == pytest.approx(np.zeros(3), abs=1e-12)
    assert against_opening(np.array([[100.0, 200.0]])) == pytest.approx(np.array([50.0]))


def test_the_record_of_chinese_exports_ends_in_may_as_the_customs_office_told(sample: View) -> None:
    months = monthly_record("CHN_USA", dt.date(2025, 6, 9))
    assert months[-1].middle == dt.date(2025, 5, 15)
    assert (months[-1].value, months[-1].yoy, months[-1].mom) == (28.8, -34.5, -12.7)
    by_month = {(m.middle.year, m.middle.month): m.value for m in months}
    assert by_month[2025, 1] == by_month[2025, 2] == 75.48 / 2
    assert max(m.middle for m in monthly_record("CHN_USA", dt.date(2025, 5, 5))) == dt.date(2025, 4, 15)
    assert "28.8 bn" in described(months[-1])
    assert monthly_record("VNM_USA", dt.date(2025, 6, 9)) == []


def test_export_fans_are_the_quantiles_of_the_flows(sample: View) -> None:
    chart = exports(sample)
    assert chart is not None
    for panel, flow, yoy in ((0, "CHN_USA", False), (1, "USA_CHN", False), (2, "CHN_USA", True), (3, "USA_CHN", True)):
        expected = np.median(sample.exports(flow, yoy), axis=0)
        assert line(chart.figure, panel, flow) == pytest.approx(expected, abs=1e-12)
    assert any("28.8 bn" in text and "34.5" in text and "12.7" in text for text in texts(chart.figure))


def test_stances_of_each_partner_add_up_to_all_worlds(sample: View) -> None:
    chart = partner_answers(sample)
    assert chart is not None
    shares = chart.data[["concede", "hold", "hedge", "undecided"]].sum(axis=1)
    assert shares.to_numpy() == pytest.approx(np.ones(3), abs=1e-12)
    assert chart.data["executed"].iloc[0] == sample.executed("KOR").mean()
    assert sum("threat carried out" in text for text in texts(chart.figure)) == 3


def test_every_stance_that_occurs_is_named_in_a_bar_or_in_the_key(sample: View) -> None:
    rare = sample.dataset.copy(deep=True)
    rare["stance"][:, -1] = STANCES.index("hold")
    rare["stance"][0, -1, 0] = STANCES.index("concede")  # one world of many: no room for its name
    chart = partner_answers(View(rare, sample.scenario))
    assert chart is not None
    assert not any("concede" in text for text in texts(chart.figure))
    assert [text.get_text() for key in chart.figure.legends for text in key.get_texts()] == ["concede"]


def test_partner_panels_mark_the_threat_of_the_scenario(sample: View) -> None:
    chart = partner_tariffs(sample)
    assert chart is not None
    assert [line(chart.figure, k, "threat")[0] for k in range(3)] == [25, 24, 20]


def test_terms_of_first_deals_add_up_to_one_and_list_every_level_on_the_table(sample: View) -> None:
    chart = deal_terms(sample)
    assert chart is not None
    totals = chart.data.groupby("issue")["share"].sum()
    assert totals.to_numpy() == pytest.approx(np.ones(5), abs=1e-12)
    listed = chart.data[chart.data["issue"] == "addon_by_first"]["level"].tolist()
    assert listed == sorted(sample.scenario.talks.issues["addon_by_first"].levels)


def test_the_values_of_deals_are_those_of_worlds_with_a_deal(sample: View) -> None:
    chart = deal_values(sample)
    assert chart is not None
    for party in ("USA", "CHN"):
        (mark,) = [x for x in chart.figure.axes[0].get_lines() if x.get_label() == f"{party} median"]
        assert float(np.asarray(mark.get_xdata())[0]) == pytest.approx(float(np.median(sample.gain(party))), abs=1e-12)
    assert len(chart.data) == 2 * sample.happened("deal").sum()


def test_without_a_deal_there_is_nothing_to_draw_about_deals() -> None:
    cold = view(deals=False)
    assert deal_terms(cold) is None
    assert deal_values(cold) is None
    assert deals_by_date(cold).finding.startswith("No deal is signed by")


def test_equal_data_give_equal_svg_with_text_as_text(sample: View) -> None:
    first, second = (svg(tariff_paths(sample)) for _ in range(2))
    assert first == second
    assert ">United States on goods of China, percentage points<" in first.replace("\n", "")


def test_an_inline_figure_takes_its_colours_from_the_page_and_keeps_its_identifiers_to_itself(sample: View) -> None:
    text = inline_svg(deals_by_date(sample))
    assert "var(--first)" in text
    assert not any(light in text for light, _ in PALETTE.values())
    assert 'id="deal_by_date-' in text
    assert 'aria-label="Rising step line.' in text
    assert "http" not in text


def test_files_of_a_figure_are_svg_png_and_csv(sample: View, tmp_path: Path) -> None:
    paths = save_files(deals_by_date(sample), tmp_path)
    assert [p.name for p in paths] == ["deal_by_date.svg", "deal_by_date.png", "deal_by_date.csv"]
    assert paths[1].read_bytes().startswith(b"\x89PNG")
    assert len(paths[2].read_text(encoding="utf-8").splitlines()) == len(sample.dates) + 1


def test_colours_of_a_palette_are_all_different_so_that_they_can_be_swapped() -> None:
    light = [pair[0] for pair in PALETTE.values()]
    assert len(set(light)) == len(light)
    assert not {a for a in light for b in light if a != b and a in b}


def test_labels_that_would_collide_are_moved_apart_and_others_stay() -> None:
    assert spread([0.0, 50.0], 5.0) == [0.0, 50.0]
    placed = spread([10.0, 10.0, 11.0], 5.0)
    assert min(np.diff(sorted(placed))) >= 5.0 - 1e-12
    assert np.mean(placed) == pytest.approx(31 / 3)
