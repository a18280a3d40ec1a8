"""The page: nothing to fetch, everything escaped, its numbers those of the summary, equal results equal bytes."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from tests.report.samples import WORLDS, results, scenario

from tariffsim.data import load_sources
from tariffsim.ensemble import Results, run_ensemble
from tariffsim.errors import ResultsError
from tariffsim.report import write_report
from tariffsim.report.answer import Summary, sentences
from tariffsim.report.charts.tariffs import tariff_paths
from tariffsim.report.charts.welfare import who_pays
from tariffsim.report.figures import Chart
from tariffsim.report.page import draw_all, render, stylesheet
from tariffsim.report.sections import configuration
from tariffsim.report.style import PALETTE
from tariffsim.report.tables import uncertain_numbers, used_sources
from tariffsim.report.view import View, called, spoken
from tariffsim.report.words import NBSP, between, date, listed, number, percent, signed
from tariffsim.scenario.loading import load_scenario, names_in

VOID = {"meta", "br", "hr", "img", "link", "input"}
HOSTILE = 'A < B & "C" </title><script>alert(1)</script> \u5012\u8ba1\u65f6'


class Page(HTMLParser):
    """Checks nesting and collects what a browser would ask for, images without words, and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.asked: list[str] = []
        self.wordless: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(tag, {key: value or "" for key, value in attrs})
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(tag, {key: value or "" for key, value in attrs})

    def _note(self, tag: str, attributes: dict[str, str]) -> None:
        self.tags.append(tag)
        self.ids += [attributes["id"]] if "id" in attributes else []
        links = [attributes.get(key, "") for key in ("src", "href", "xlink:href", "data", "action")]
        self.asked += [link for link in links if link and not link.startswith("#")]
        if tag in ("img", "svg") and not (attributes.get("aria-label") or attributes.get("alt")):
            self.wordless.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        """All text with single spaces."""
        return " ".join("".join(self.words).replace(NBSP, " ").split())


@pytest.fixture(scope="module")
def sample() -> Results:
    return results()


@pytest.fixture(scope="module")
def charts(sample: Results) -> dict[str, Chart]:
    return draw_all(View(sample.dataset, sample.scenario))


@pytest.fixture(scope="module")
def page(sample: Results, charts: dict[str, Chart]) -> str:
    return render(sample, charts)


@pytest.fixture(scope="module")
def parsed(page: str) -> Page:
    return Page(page)


def test_the_page_is_well_formed_and_no_identifier_is_used_twice(parsed: Page) -> None:
    assert parsed.wrong == []
    assert parsed.open == []
    assert len(parsed.ids) == len(set(parsed.ids))


def test_the_page_asks_for_nothing_and_runs_nothing(page: str, parsed: Page) -> None:
    assert parsed.asked == []
    assert not re.search(r"https?:|url\((?!#)|@import", page)
    assert "script" not in parsed.tags
    assert "default-src 'none'" in page


def test_every_picture_has_words_and_every_reference_inside_it_a_target(page: str, parsed: Page) -> None:
    assert parsed.wordless == []
    assert parsed.tags.count("svg") == 10
    referred = set(re.findall(r'(?:url\(|href=")#([^)"]+)', page))
    assert referred <= set(parsed.ids)


def test_the_probabilities_of_the_summary_stand_on_the_page(sample: Results, parsed: Page) -> None:
    frame = sample.summary()
    for event in ("deal", "breach", "snapback", "lapse", "renewal"):
        row = frame[frame["quantity"] == event].iloc[-1]
        told = f"{round(100 * row['probability'])} %"
        band = f"{100 * row['low']:.1f} to {100 * row['high']:.1f} %"
        assert told in parsed.text, event
        assert band in parsed.text, event


def test_the_medians_of_the_summary_stand_on_the_page(sample: Results, parsed: Page) -> None:
    frame = sample.summary()
    applied = frame[(frame["quantity"] == "applied") & (frame["subject"] == "USA")]
    for value in applied["median"]:
        assert f"{value:.1f}" in parsed.text
    income = frame[(frame["quantity"] == "real_income") & (frame["horizon"] == "short")].set_index("subject")["median"]
    for party in ("USA", "CHN"):
        assert f"{signed(income[party])} % in {spoken(party)}" in parsed.text


def test_pillars_win_sets_and_terms_that_keep_themselves_stand_beside_the_deals(sample: Results, parsed: Page) -> None:
    data = sample.dataset
    signed_ = ~np.isnat(data["deal_date"].to_numpy())
    gap, wanted = (float(np.median(data[name].to_numpy()[signed_, 1])) for name in ("reciprocity_gap", "win_set"))
    excess, change = (float(np.median(data[name].to_numpy()[signed_, 1])) for name in ("mfn_excess", "mfn_change"))
    assert f"China{signed(gap, 3)}{number(excess, 2)}{signed(change, 2)}{number(100 * wanted, 1)}" in parsed.text
    best = np.median(data["sustainable_terms"].to_numpy()[signed_, :2], axis=0)
    told = "".join(number(float(x), 2) for x in best)
    assert f"most cooperative terms that keep themselves{told}" in parsed.text
    lottery = float(np.median(data["frontier_distance"].to_numpy()[signed_, 0]))
    grid = float(np.median(data["deal_distance"].to_numpy()[signed_, 0]))
    assert f"Nash solution{number(grid, 2)}{number(lottery, 2)}" in parsed.text


def test_the_page_says_which_elasticities_were_used_and_how_they_were_stated(page: str) -> None:
    assert "After adjustment: elasticity set U4, stated as theta, theta 4 (theta_U4), reached with" in page


def test_the_answer_is_three_sentences_with_the_probability_and_its_interval(sample: Results) -> None:
    found = sentences(View(sample.dataset, sample.scenario), Summary(sample.summary()))
    assert len(found) == 3
    share = sample.summary().query("quantity == 'deal'").iloc[-1]
    assert found[0].startswith(f"In {percent(share['probability'])} of {WORLDS} simulated worlds")
    assert all(text.endswith(".") for text in found)


def test_without_a_deal_the_page_says_so(charts: dict[str, Chart]) -> None:
    drawn = {key: chart for key, chart in charts.items() if not key.startswith("deal_")}
    text = Page(render(results(deals=False), drawn)).text
    assert f"sign no deal by 4 August 2025 in any of {WORLDS} simulated worlds" in text
    assert "There is no deal in any world." in text


def test_text_of_users_is_escaped_wherever_it_appears(charts: dict[str, Chart]) -> None:
    setting = dataclasses.replace(
        scenario().setting, question=HOSTILE, place=HOSTILE, delegations={"USA": HOSTILE}, notes={"a": HOSTILE}
    )
    parsed = Page(render(results(title=HOSTILE, setting=setting), charts))
    assert "script" not in parsed.tags
    assert parsed.wrong == []
    assert parsed.text.count("\u5012\u8ba1\u65f6") >= 6


def written(found: Results, folder: Path) -> dict[str, bytes]:
    """All files of a report by relative path."""
    write_report(found, folder / "report.html")
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_equal_results_give_equal_bytes_and_figures_lie_beside_the_page(
    sample: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tariffsim.report.page.FIGURES", (tariff_paths, who_pays))
    first, second = written(sample, tmp_path / "one"), written(results(), tmp_path / "two")
    assert first == second
    names = [f"report_figures/{key}.{kind}" for key in ("tariff_paths", "who_pays") for kind in ("csv", "png", "svg")]
    assert sorted(first) == ["report.html", *names]


@pytest.mark.slow
def test_a_real_run_of_every_scenario_gives_a_page_that_is_well_formed() -> None:
    for name in names_in("scenario"):
        found = run_ensemble(load_scenario(name, overrides=["ticks=6"]), worlds=6)
        parsed = Page(render(found, draw_all(View(found.dataset, found.scenario))))
        assert parsed.wrong == [], name
        assert parsed.asked == [], name
        assert found.scenario.title in parsed.text


@pytest.mark.slow
def test_equal_results_give_equal_bytes_in_every_figure(sample: Results, tmp_path: Path) -> None:
    first, second = written(sample, tmp_path / "one"), written(results(), tmp_path / "two")
    assert len(first) == 31
    assert first == second


def test_a_place_that_cannot_be_written_is_one_clear_line(sample: Results, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ResultsError, match=r"^cannot write .*") as caught:
        write_report(sample, tmp_path / "file" / "report.html")
    assert "\n" not in str(caught.value)


def test_the_resolved_configuration_can_be_read_back() -> None:
    import yaml

    tree = yaml.safe_load(configuration(scenario()))
    assert tree["talks"]["parties"] == ["USA", "CHN"]
    assert tree["start"] == dt.date(2025, 6, 9)
    assert tree["ticks"] == 8


def test_every_uncertain_number_is_listed_with_its_range() -> None:
    found = {path: (u.low, u.high) for path, u, _ in uncertain_numbers(scenario())}
    assert found["governments.USA.discount"] == (0.1, 0.6)
    assert found["inputs.rare_earth_magnets.stock_months.USA"] == (0.3, 2.5)
    assert all(low != high for low, high in found.values())


def test_sources_shown_are_known_and_include_the_baseline_and_the_trade_record() -> None:
    known = load_sources()
    used = [key for key in used_sources() if key in known]
    assert {"icio2023", "teti", "ap_jakarta"} <= set(used)


def test_the_page_has_a_light_a_dark_and_a_printed_form() -> None:
    css = stylesheet()
    assert "prefers-color-scheme: dark" in css
    assert "@media print" in css
    assert all(f"--{name}: {light}" in css and f"--{name}: {dark}" in css for name, (light, dark) in PALETTE.items())


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_colours_stand_out_from_the_paper(theme: int) -> None:
    paper = PALETTE["paper"][theme]
    for name in ("ink", "muted", "first", "second", "third", "fourth"):
        assert contrast(PALETTE[name][theme], paper) >= 4.5, name


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours (WCAG 2.1)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_numbers_are_written_with_true_signs_and_never_as_minus_zero() -> None:
    assert number(-1.25, 1) == "\u22121.2"
    assert number(-0.001, 2) == "0.00"
    assert number(float("nan")) == "n/a"
    assert (signed(0.5, 1), signed(-0.5, 1), signed(0.0, 1)) == ("+0.5", "\u22120.5", "0.0")
    assert between(10.2, 10.4) == "10"
    assert between(10, 54) == "10 to 54"
    assert number(12345) == "12,345"


def test_a_share_that_only_rounds_to_all_or_nothing_is_not_called_that() -> None:
    assert percent(0.0) == f"0{NBSP}%"
    assert percent(0.001) == f"under 1{NBSP}%"
    assert percent(0.999) == f"over 99{NBSP}%"
    assert percent(1.0) == f"100{NBSP}%"


def test_names_and_dates_are_in_english_whatever_the_locale() -> None:
    assert date(dt.date(2025, 6, 9)) == f"9{NBSP}June 2025"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert (listed(["a"]), listed([])) == ("a", "none")
    assert called("KOR") == "South Korea"
    assert spoken("ROW") == "the rest of the world"
    assert spoken("USA") == "the United States"
    assert called("XYZ") == "XYZ"
