"""The heat-map of a tournament, held to its numbers on the figure object."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_rgb
from tests.report.samples import results

from tariffsim.ensemble.judging import Judged
from tariffsim.ensemble.tournament import Tournament
from tariffsim.report.charts.tournament import heat_map, shades
from tariffsim.report.figures import Chart, svg

STRATEGIES = ("boulware", "linear", "tit_for_tat_relative")
PROTOCOLS = ("alternating_offers", "nash_demand")
WORLDS = 7


@pytest.fixture(scope="module")
def tournament() -> Tournament:
    rng, games = np.random.default_rng(5), len(PROTOCOLS) * len(STRATEGIES) ** 2
    package = rng.integers(-1, 9, (games, WORLDS))
    deal, ideal = package >= 0, rng.uniform(0.5, 2, (WORLDS, 2))
    ideal[0] = 0  # a world in which nobody can gain
    judged = Judged(
        package,
        gain=np.where(deal[..., None], rng.uniform(0, 1, (games, WORLDS, 2)) * ideal, 0.0),
        ideal=ideal,
        efficiency=np.where(deal, 0.8, 0.0),
        front=np.where(deal, 0.1, np.nan),
        nash=np.where(deal, 0.2, np.nan),
    )
    return Tournament(results().scenario, STRATEGIES, PROTOCOLS, 20, judged, results().provenance)


@pytest.fixture(scope="module")
def chart(tournament: Tournament) -> Chart:
    return heat_map(tournament)


def mesh(chart: Chart, panel: int) -> np.ndarray:
    (found,) = [x for x in chart.figure.axes[panel].collections if isinstance(x, QuadMesh)]
    array = found.get_array()
    assert array is not None
    return np.asarray(array, dtype=np.float64)


@pytest.mark.parametrize(("panel", "protocol", "side"), [(0, 0, 0), (1, 0, 1), (2, 1, 0), (3, 1, 1)])
def test_cells_are_mean_scores_in_percent_and_say_so(
    panel: int, protocol: int, side: int, chart: Chart, tournament: Tournament
) -> None:
    gain = tournament.judged.gain.reshape(2, 3, 3, WORLDS, 2)[protocol, :, :, 1:, side]
    expected = 100 * (gain / tournament.judged.ideal[1:, side]).mean(-1)
    assert mesh(chart, panel) == pytest.approx(expected, abs=1e-10)
    written = [text.get_text() for text in chart.figure.axes[panel].texts]
    assert written == [f"{score:.0f}" for score in expected.reshape(-1)]


def test_axes_name_strategies_of_both_sides_from_the_top_left(chart: Chart) -> None:
    names = ["boulware", "linear", "tit for tat relative"]
    for k, axes in enumerate(chart.figure.axes):
        assert [label.get_text() for label in axes.get_xticklabels()] == names
        assert axes.get_xlabel() == "strategy of CHN"
        assert axes.yaxis_inverted()
        assert (
            axes.get_title(loc="left") == f"{('USA', 'CHN')[k % 2]} earns, under {PROTOCOLS[k // 2].replace('_', ' ')}"
        )
    assert [label.get_text() for label in chart.figure.axes[0].get_yticklabels()] == names
    assert chart.figure.axes[0].get_ylabel() == "strategy of USA"


def test_the_finding_names_the_best_and_the_alt_text_what_is_drawn(chart: Chart, tournament: Tournament) -> None:
    for _, best in tournament.ranking().groupby("protocol").head(1).iterrows():
        assert f"{best['strategy'].replace('_', ' ')} under {best['protocol'].replace('_', ' ')} (" in chart.finding
    assert chart.finding.endswith("in 6 worlds")
    assert "rows are strategies of USA, columns those of CHN" in chart.alt
    assert chart.finding in chart.alt
    assert chart.figure.get_suptitle().split() == chart.finding.split()


def test_the_data_are_the_scores_with_their_intervals(chart: Chart) -> None:
    assert len(chart.data) == 18
    assert (chart.data["score_first_low"] <= chart.data["score_first"]).all()
    assert mesh(chart, 0).reshape(-1) == pytest.approx(100 * chart.data["score_first"][:9].to_numpy(), abs=1e-12)


def luminance(rgb: np.ndarray) -> np.ndarray:
    """Relative luminance of sRGB colours (..., 3) (WCAG 2.1)."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]))


def test_shades_get_darker_all_the_way_so_that_they_do_not_hang_on_hue() -> None:
    steps = luminance(shades()(np.linspace(0, 1, 101))[:, :3])
    assert (np.diff(steps) < 0).all()


def test_every_number_can_be_read_on_its_shade(chart: Chart) -> None:
    for panel, axes in enumerate(chart.figure.axes):
        ground = luminance(shades()(mesh(chart, panel).reshape(-1) / 100)[:, :3])
        ink = luminance(np.array([to_rgb(text.get_color()) for text in axes.texts]))
        contrast = (np.maximum(ground, ink) + 0.05) / (np.minimum(ground, ink) + 0.05)
        assert contrast.min() >= 4.5  # WCAG 2.1, success criterion 1.4.3


def test_no_number_leaves_its_cell(chart: Chart) -> None:
    svg(chart)  # lays the figure out
    for axes in chart.figure.axes:
        frame = axes.get_window_extent()
        boxes = [text.get_window_extent() for text in axes.texts]
        assert all(frame.x0 <= box.x0 and box.x1 <= frame.x1 for box in boxes)
        assert not any(a.overlaps(b) for k, a in enumerate(boxes) for b in boxes[k + 1 :])
