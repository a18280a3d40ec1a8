"""Tournaments: who plays whom in which worlds, what is counted, and what the tables say."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from tests.world.shared import shared_book, small

from tariffsim.ensemble import tournament
from tariffsim.ensemble.judging import judge
from tariffsim.ensemble.standings import Games, mean, pair_table, ranking_table
from tariffsim.ensemble.summary import Z95, wilson
from tariffsim.ensemble.tournament import Tournament, run_tournament
from tariffsim.errors import ConfigError
from tariffsim.negotiation.solutions import distances

TERMS = (  # enough of them that strategies differ
    "talks.issues.addon_by_first.levels=[10,20,30,40,54]",
    "talks.issues.addon_by_second.levels=[0,10,20,34]",
    "talks.issues.licence.levels=[0.1,0.5,1.0]",
)
THREE = ("boulware", "hardliner", "tit_for_tat_relative")
WORLDS = 12


@pytest.fixture(autouse=True)
def _one_book_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tournament, "open_book", lambda _: shared_book())


@cache
def played(*overrides: str, strategies: tuple[str, ...] = THREE, worlds: int = WORLDS, **kwargs: object) -> Tournament:
    return run_tournament(small(*TERMS, *overrides), strategies, worlds=worlds, progress=False, **kwargs)  # type: ignore[arg-type]


def package(found: Tournament, first: str, second: str) -> list[int]:
    """Deals (W,) of a pair."""
    names = found.strategies
    row = names.index(first) * len(names) + names.index(second)
    return [int(p) for p in found.judged.package[row]]


def test_every_ordered_pair_plays_and_some_agree() -> None:
    pairs = played().pairs()
    assert list(zip(pairs["strategy_first"], pairs["strategy_second"], strict=True)) == [
        (a, b) for a in THREE for b in THREE
    ]
    assert pairs["deals"].max() > 0
    assert pairs["score_first"].nunique() > 1


def test_what_a_pair_agrees_does_not_depend_on_who_else_takes_part() -> None:
    two = played(strategies=("hardliner", "boulware"))
    for first, second in (("boulware", "hardliner"), ("hardliner", "boulware"), ("boulware", "boulware")):
        assert package(two, first, second) == package(played(), first, second)


def test_all_pairs_play_the_same_worlds() -> None:
    # linear and a conceder with beta = 1 are one strategy: whatever differed between their worlds would show
    same = played("strategies.conceder.exponent=1.0", strategies=("linear", "conceder"))
    assert np.unique(same.judged.package, axis=0).shape == (1, WORLDS)
    assert set(same.ranking()["behind"]) == {0.0}


def test_worlds_are_the_same_alone_in_chunks_and_among_more() -> None:
    assert np.array_equal(played(worlds=5).judged.package, played().judged.package[:, :5])
    assert played(worlds=5).judged.gain.tobytes() == played().judged.gain[:, :5].tobytes()
    chunked = played("execution.chunk=5")
    for name in ("package", "gain", "ideal", "efficiency", "front", "nash"):
        assert getattr(chunked.judged, name).tobytes() == getattr(played().judged, name).tobytes(), name


def test_nobody_agrees_to_a_loss_or_earns_more_than_the_ideal_gain() -> None:
    games = played().games
    assert games.score.min() >= 0
    assert games.score.max() <= 1
    assert games.score.max() > 0.5


def test_an_imposed_solution_is_at_no_distance_from_itself_whoever_plays() -> None:
    pairs = played(protocols=("imposed",)).pairs()
    assert set(pairs["nash_distance"]) == set(pairs["front_distance"]) == {0.0}
    assert set(pairs["deal_rate"]) == {1.0}
    assert pairs["score_first"].nunique() == 1


def test_more_offers_are_more_time() -> None:
    short, long_ = (played(strategies=("linear",), offers=n).judged.package for n in (1, 12))
    assert (long_ >= 0).sum() > (short >= 0).sum()


def test_another_seed_is_another_set_of_worlds() -> None:
    assert played(seed=8).judged.ideal.tolist() != played().judged.ideal.tolist()


def test_the_table_of_worlds_says_what_the_arrays_say() -> None:
    found = played()
    worlds = found.worlds()
    assert len(worlds) == 9 * WORLDS
    chosen = worlds[(worlds["strategy_first"] == "hardliner") & (worlds["strategy_second"] == "boulware")]
    assert chosen["package"].tolist() == package(found, "hardliner", "boulware")
    assert chosen["gain_second"].tolist() == found.judged.gain[3, :, 1].tolist()
    assert chosen["ideal_first"].tolist() == found.judged.ideal[:, 0].tolist()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"strategies": ("linaer",)}, "unknown tournament.strategies 'linaer'. Did you mean 'linear'?"),
        ({"strategies": ()}, "tournament.strategies is empty"),
        ({"strategies": "linear"}, "write [linear]"),
        ({"protocols": ("no_talks",)}, "unknown tournament.protocols 'no_talks'"),
        ({"worlds": 0}, "worlds must be a whole number of at least 1, got 0"),
        ({"offers": 0}, "offers must be a whole number between 1 and 10,000, got 0"),
    ],
)
def test_bad_arguments_are_one_clear_line(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        run_tournament(small(), **changes)  # type: ignore[arg-type]
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_where_nobody_can_gain_there_is_nothing_to_win() -> None:
    # one package: the rates in force for 90 days and nothing else
    nothing = small(
        "talks.issues.addon_by_first.levels=[145]",
        "talks.issues.addon_by_second.levels=[125]",
        "talks.issues.licence.levels=[0.1]",
        "talks.issues.control.levels=[0.6]",
        "talks.issues.truce_days.levels=[90]",
    )
    with pytest.raises(ConfigError, match="in none of 2 worlds a package lets both sides gain"):
        run_tournament(nothing, ("linear",), worlds=2, progress=False)


# Two worlds. In the first packages are worth (4, 0), (3, 3), (0, 4), (-1, 9), (1, 1) over disagreement, in the second
# nothing is worth anything to the second party.
U = np.array(
    [
        [[14.0, 20], [13, 23], [10, 24], [9, 29], [11, 21]],
        [[11, 19], [12, 19], [10, 20], [10, 19], [10, 18]],
    ]
)
D = np.array([[10.0, 20], [10, 20]])


def test_a_deal_is_judged_by_gains_ideal_gains_efficiency_and_distances() -> None:
    found = judge(U, D, np.array([[1, 2], [4, -1], [0, -1]]))
    # ideal gains of individually rational packages: 4 and 4, then 0 and 0
    assert found.ideal.tolist() == [[4, 4], [0, 0]]
    assert found.gain.tolist() == [[[3, 3], [0, 0]], [[1, 1], [0, 0]], [[4, 0], [0, 0]]]
    # largest sum 6: 6/6, 2/6, 4/6; in the second world nobody can gain
    assert found.efficiency[:, 0] == pytest.approx([1, 1 / 3, 2 / 3], abs=1e-15)
    assert np.isnan(found.efficiency[:, 1]).all()
    # Nash's package is (3, 3); (1, 1) is sqrt(2 (2/4)^2) from it, which is the nearest efficient one too; (4, 0) is
    # efficient and hypot(1/4, 3/4) from it
    assert found.nash[:, 0] == pytest.approx([0, 0.5**0.5, 0.625**0.5], abs=1e-15)
    assert found.front[:, 0] == pytest.approx([0, 0.5**0.5, 0], abs=1e-15)
    assert np.isnan(found.nash[1:, 1]).all()


def test_judging_few_packages_changes_no_distance() -> None:
    rng = np.random.default_rng(3)
    u, d = rng.normal(size=(6, 40, 2)), np.full((6, 2), -0.2)

    deals = rng.integers(-1, 40, size=(25, 6))
    found = judge(u, d, deals)
    for row, deal in enumerate(deals):
        expected = distances(u, d, deal)
        assert np.array_equal(found.nash[row], expected.nash, equal_nan=True)
        assert np.array_equal(found.front[row], expected.front, equal_nan=True)


def made_up() -> Games:
    """Two strategies and three worlds under one protocol."""
    first = np.array([[[0.2, 0.4, 0.6], [0.0, 0.5, 1.0]], [[0.6, 0.6, 0.6], [0.1, 0.3, 0.2]]])
    second = np.array([[[0.8, 0.6, 0.4], [0.0, 0.5, 0.0]], [[0.4, 0.4, 0.4], [0.9, 0.7, 0.8]]])
    agreed = np.array([[[1, 1, 1], [0, 1, 1]], [[1, 1, 1], [1, 1, 1]]], dtype=bool)
    distance = np.where(agreed, 0.25, np.nan)
    return Games(
        ("one", "two"),
        ("talk",),
        score=np.stack([first, second], axis=-1)[None],
        agreed=agreed[None],
        efficiency=agreed[None] * 0.9,
        front=distance[None],
        nash=2 * distance[None],
    )


def test_the_table_of_pairs_has_means_with_normal_and_wilson_intervals() -> None:
    row = pair_table(made_up()).iloc[1]
    assert (row["strategy_first"], row["strategy_second"]) == ("one", "two")
    # scores 0, .5, 1: mean .5, standard deviation .5 (n - 1), standard error .5 / sqrt(3)
    assert row["score_first"] == 0.5
    assert row["score_first_high"] == pytest.approx(0.5 + Z95 * 0.5 / 3**0.5, abs=1e-15)
    assert (row["deal_rate"], row["deals"], row["worlds"]) == (2 / 3, 2, 3)
    assert (row["deal_rate_low"], row["deal_rate_high"]) == wilson(2, 3)
    assert row["nash_distance"] == 0.5


def test_the_ranking_takes_both_seats_and_compares_world_by_world() -> None:
    ranking = ranking_table(made_up())
    # one: first seat against one and two (.2 + 0) / 2, (.4 + .5) / 2, (.6 + 1) / 2 = .1, .45, .8; second seat
    # (.8 + .4) / 2, (.6 + .4) / 2, (.4 + .4) / 2 = .6, .5, .4; both .35, .475, .6
    # two: first seat .35, .45, .4; second seat (0 + .9) / 2, (.5 + .7) / 2, (0 + .8) / 2 = .45, .6, .4; both .4, .525
    # and .4
    assert ranking["strategy"].tolist() == ["one", "two"]
    assert ranking["score"].tolist() == pytest.approx([0.475, 1.325 / 3], abs=1e-15)
    # one less two, world by world: -.05, -.05, .2: mean .1 / 3, standard deviation sqrt(.0625 * 2 / 3 / 2)
    behind = ranking.iloc[1]
    assert behind["behind"] == pytest.approx(0.1 / 3, abs=1e-15)
    assert behind["behind_high"] == pytest.approx(0.1 / 3 + Z95 * (0.0625 / 3) ** 0.5 / 3**0.5, abs=1e-15)
    assert (behind["score_first"], behind["score_second"]) == pytest.approx((0.4, 1.45 / 3), abs=1e-15)
    assert ranking["deal_rate"].tolist() == pytest.approx([11 / 12, 11 / 12], abs=1e-15)


def test_of_one_sample_there_is_a_mean_and_no_interval_and_of_none_nothing() -> None:
    one, none = mean("x", np.array([np.nan, 2.0])), mean("x", np.array([np.nan]))
    assert one["x"] == 2.0
    assert np.isnan([one["x_low"], one["x_high"], *none.values()]).all()
