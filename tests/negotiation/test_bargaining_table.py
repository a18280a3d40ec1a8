"""Bargaining tables without a world: values from equilibria, the cache, and meetings of two and three parties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import tariffsim as ts
from tariffsim.economy import Economy, solve
from tariffsim.errors import ConfigError, TariffsimError
from tariffsim.instruments.book import Book
from tariffsim.instruments.cache import ArrayCache, cache_folder, code_version, key_of
from tariffsim.negotiation.bargain import BargainingTable, from_values
from tariffsim.negotiation.meeting import PROTOCOLS
from tariffsim.negotiation.reciprocity import reciprocity_gap
from tariffsim.negotiation.solutions import nash_bargaining
from tariffsim.negotiation.valuation import annuity, horizon_weights

NAMES = ("A", "B", "C")
Issues = Mapping[str, Mapping[str, object]]


@pytest.fixture(autouse=True, scope="module")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TARIFFSIM_CACHE_DIR", str(tmp_path_factory.mktemp("tables")))
        yield


@cache
def trio(rate: float = 0.2) -> Economy:
    """Three countries of unequal size, one good, equal tariffs."""
    size = np.array([1.0, 2.0, 3.0])
    free = 0.2 * np.outer(size, size) / size.sum()
    np.fill_diagonal(free, size - free.sum(1) + free.diagonal())
    tariffs = rate * (1 - np.eye(3))[..., None]
    return Economy.from_arrays(free[..., None], tariffs, 4.0, closure="balanced", regions=NAMES)


def addon(by: str, target: str, levels: Sequence[float]) -> dict[str, object]:
    return {"kind": "addon", "by": by, "target": target, "levels": list(levels)}


TWO = {"a_on_b": addon("A", "B", [0, 20]), "b_on_a": addon("B", "A", [0, 10, 30])}
RING = {"a_on_b": addon("A", "B", [0, 20]), "b_on_c": addon("B", "C", [0, 20]), "c_on_a": addon("C", "A", [0, 20])}
WAR = {"a_on_b": 20.0, "b_on_c": 20.0, "c_on_a": 20.0}


@cache
def ring() -> BargainingTable:
    return ts.bargaining_table(trio(), NAMES, RING, disagreement=WAR)


def test_values_are_those_of_equilibria_solved_by_hand() -> None:
    table = ts.bargaining_table(trio(), ["B", "A"], TWO)
    tariffs = np.array(trio().tariffs)
    tariffs[0, 1] += 0.2
    tariffs[1, 0] += 0.1
    found = solve(trio(), tariffs)
    share = trio().income / trio().value_added
    by_hand = 100 * share * np.log1p(found.real_income)
    package = table.package(a_on_b=20, b_on_a=10)
    np.testing.assert_array_equal(table.u[package], by_hand[[1, 0]])
    assert table.terms(package) == {"a_on_b": 20, "b_on_a": 10}


def test_no_agreement_is_the_policy_in_force_unless_told_otherwise() -> None:
    table = ts.bargaining_table(trio(), ["A", "B"], TWO)
    assert table.terms(table.reference) == {"a_on_b": 0, "b_on_a": 0}
    np.testing.assert_array_equal(table.d, table.u[table.reference])
    war = ts.bargaining_table(trio(), ["A", "B"], TWO, disagreement={"a_on_b": 20.0})
    np.testing.assert_array_equal(war.d, table.u[table.package(a_on_b=20)])
    given = ts.bargaining_table(trio(), ["A", "B"], TWO, disagreement=[-1.0, -2.0])
    assert given.d.tolist() == [-1, -2]
    np.testing.assert_array_equal(given.u, table.u)


def test_years_and_discounting_add_up_a_flow() -> None:
    flow = ts.bargaining_table(trio(), ["A", "B"], TWO)
    table = ts.bargaining_table(trio(), ["A", "B"], TWO, years=4, discount={"A": 0.1, "B": 0.5})
    worth = annuity(np.array([0.1, 0.5]), 0.0, 4.0)
    np.testing.assert_allclose(table.u, flow.u * worth, rtol=1e-12)


def test_a_truce_is_followed_by_what_no_agreement_means() -> None:
    issues: Issues = {"a_on_b": addon("A", "B", [0, 20]), "days": {"kind": "truce_days", "levels": [73.05, 365.25]}}
    table = ts.bargaining_table(trio(), ["A", "B"], issues, years=2, discount=0.2, disagreement={"a_on_b": 20})
    whole = ts.bargaining_table(trio(), ["A", "B"], {"a_on_b": issues["a_on_b"]})
    rate = np.full(2, 0.2)
    first = annuity(rate, 0.0, 0.2) * whole.u[0] + annuity(rate, 0.2, 2.0) * whole.u[1]  # 73.05 days are .2 years
    np.testing.assert_allclose(table.u[table.package(a_on_b=0, days=73.05)], first, rtol=1e-9)
    np.testing.assert_allclose(table.u[table.package(a_on_b=20)], table.d, rtol=1e-9)


def test_purchases_and_layers_are_priced() -> None:
    issues: Issues = {
        "a_on_b": addon("A", "B", [0, 10]),
        "special": {"kind": "layer", "by": "A", "target": "B", "levels": [0, 10]},
        "buys": {"kind": "purchases", "by": "B", "target": "A", "levels": [0, 1e-6], "value": 0.5, "premium": 0.1},
    }
    table = ts.bargaining_table(trio(), ["A", "B"], issues)
    ten, layer = table.package(a_on_b=10, special=0, buys=0), table.package(a_on_b=0, special=10, buys=0)
    np.testing.assert_array_equal(table.u[ten], table.u[layer])  # the sum is what is set
    # 1e-6 bn = .001 million USD, of a GDP of about 1 and 2 million: seller + .5 * .1 / GDP, buyer - .1 * .1 / GDP
    moved = table.u[table.package(a_on_b=0, special=0, buys=1e-6)] - table.u[table.package(a_on_b=0, special=0, buys=0)]
    expected = np.array([0.5, -0.1]) * 0.1 / trio().value_added[:2]
    np.testing.assert_allclose(moved, expected, rtol=1e-9)


def test_three_parties_around_a_ring_gain_by_dropping_all_add_ons() -> None:
    table = ring()
    assert table.u.shape == (8, 3)
    assert table.reference == 7
    free = table.package(a_on_b=0, b_on_c=0, c_on_a=0)
    assert (table.gains[free] > 0).all()
    points = table.solutions()
    assert int(points.nash) == int(nash_bargaining(table.u, table.d))
    assert table.distances(int(points.nash)).nash == 0


def test_linking_the_issues_helps_where_each_alone_harms_somebody() -> None:
    linked = ring().linkage()
    assert linked.separate == ring().reference  # who drops its own add-on alone loses: nothing is agreed
    assert (linked.gain > 0).all()


@pytest.mark.parametrize("protocol", PROTOCOLS.names())
def test_every_protocol_plays_three_parties(protocol: str) -> None:
    outcome = ring().play(protocol, ["linear", "boulware", "conceder"], first="B", worlds=3, offers=30)
    assert outcome.agreed.shape == (3,)
    for package in outcome.package[outcome.agreed]:
        assert (ring().gains[package] >= 0).all()


def test_alternating_offers_find_a_deal_that_all_three_prefer() -> None:
    outcome = ring().play("alternating_offers", ["conceder"] * 3, offers=12)
    assert outcome.agreed.all()
    assert (ring().gains[outcome.package[0]] > 0).all()


def test_with_three_the_other_is_whoever_gains_least() -> None:
    sight = ring().meeting(["linear"] * 3).sights[1]
    np.testing.assert_array_equal(sight.other[0], ring().gains[:, [0, 2]].min(-1))
    assert sight.other_reservation.tolist() == [0]


def test_with_two_each_sees_the_other_and_time_costs() -> None:
    table = ts.bargaining_table(trio(), ["A", "B"], TWO, years=4, discount={"A": 0.1, "B": 0.5})
    meeting = table.meeting(["linear", "boulware"], first="B", offers=5, years_per_offer=0.5, breakdown=0.1)
    np.testing.assert_array_equal(meeting.sights[0].other[0], table.u[:, 1])
    # e^(-.5 * .5) * .9 = .7009
    assert meeting.sights[0].other_discount[0] == pytest.approx(0.9 * np.exp(-0.25))
    assert meeting.first.tolist() == [1]
    assert meeting.offers_left[0].tolist() == [5, 4, 3, 2, 1]


def test_luck_is_keyed_by_seed_and_world() -> None:
    def draws(seed: int, worlds: int) -> np.ndarray:
        return ring().meeting(["linear"] * 3, worlds=worlds, seed=seed).uniform("protocol", 3)

    np.testing.assert_array_equal(draws(1, 5)[:2], draws(1, 2))
    assert (draws(1, 5) != draws(2, 5)).all()


def test_gaps_and_violations_of_every_package() -> None:
    table, economy = ring(), trio()
    tariffs = np.repeat(economy.tariffs[None], 2, axis=0)
    for n, i in ((0, 1), (1, 2), (2, 0)):
        tariffs[:, n, i] += 0.2
    tariffs[1, 0, 1] = economy.tariffs[0, 1]
    by_hand = reciprocity_gap(solve(economy, tariffs[0]), solve(economy, tariffs[1]))
    package = table.package(a_on_b=0)
    np.testing.assert_allclose(table.reciprocity_gap([package])[0], by_hand, rtol=0, atol=1e-12)
    assert by_hand[0] < 0 < by_hand[1]  # A opens alone
    found = table.mfn_violation()
    assert found.excess.shape == (8, 3)
    free = table.package(a_on_b=0, b_on_c=0, c_on_a=0)
    assert found.excess[free].tolist() == [0, 0, 0]
    assert (found.excess[table.reference] > 0).all()
    assert found.excess[package].tolist() == [0, *found.excess[table.reference, 1:]]


def test_a_table_made_from_values_has_no_equilibria() -> None:
    made = from_values([[0, 0], [1, 2]], [0, 0], ["A", "B"], {"x": [0, 1]}, 0, 0.1, ring().chance)
    assert made.play("imposed", ["linear", "linear"]).package.tolist() == [1]
    with pytest.raises(ConfigError, match="no economy stands behind it"):
        made.reciprocity_gap()
    with pytest.raises(ConfigError, match="numbered from 0 to 7"):
        ring().mfn_violation([8])


# ---------------------------------------------------------------------- on a scenario
LONDON: Issues = {
    "us_on_cn": addon("USA", "CHN", [10, 30]),
    "us_on_kr": addon("USA", "KOR", [0, 10]),
    "cn_on_kr": addon("CHN", "KOR", [0, 5]),
    "licences": {"kind": "licence", "by": "CHN", "target": "USA", "input": "all", "levels": [0.25, 1.0]},
}


@cache
def london() -> BargainingTable:
    scenario = ts.load_scenario("london_2025", overrides=["economy.draws=1"])
    return ts.bargaining_table(scenario, ["USA", "CHN", "KOR"], LONDON)


def test_washington_beijing_and_seoul_at_one_table() -> None:
    table = london()
    assert table.u.shape == (16, 3)
    # in force on the day: 30 and 10 points, nothing of China on Korea, .08 of magnets: nearest .25
    assert table.terms(table.reference) == {"us_on_cn": 30, "us_on_kr": 10, "cn_on_kr": 0, "licences": 0.25}
    usa, china, korea = table.gains.T

    def moved(gains: np.ndarray, **levels: float) -> float:
        return float(gains[table.package(**levels)] - gains[table.reference])

    assert moved(china, us_on_cn=10) > 0
    assert moved(korea, us_on_kr=0) > 0
    assert moved(korea, cn_on_kr=5) < 0
    assert moved(usa, licences=1.0) > 0


def test_values_on_a_scenario_weigh_both_horizons() -> None:
    scenario = ts.load_scenario("london_2025", overrides=["economy.draws=1"])
    years, rate = 26 * 7 / 365.25 + 4, np.array([0.2])  # 26 weeks and four years; KOR's middle discount is .2
    weights = horizon_weights(rate, 0.0, years, scenario.economy.horizon.adjustment_years)
    assert london().discount[2] == pytest.approx(0.2)
    short = ts.bargaining_table(scenario, ["USA", "CHN", "KOR"], LONDON, years=1e-6, discount=0.2)
    longer = ts.bargaining_table(scenario, ["USA", "CHN", "KOR"], LONDON, years=years, discount=0.2)
    assert weights.sum() == pytest.approx(float(annuity(rate, 0.0, years)[0]))
    np.testing.assert_allclose(longer.u[:, 2], london().u[:, 2], rtol=1e-12)
    assert not np.allclose(short.gains / 1e-6, longer.gains / weights.sum(), rtol=1e-3)


# ---------------------------------------------------------------------- the cache
def test_what_was_solved_is_read_and_not_solved_again(monkeypatch: pytest.MonkeyPatch) -> None:
    first = ts.bargaining_table(trio(), NAMES, RING)

    def refuse(*_: object) -> None:
        raise AssertionError("solved again")

    monkeypatch.setattr(Book, "rows", refuse)
    again = ts.bargaining_table(trio(), NAMES, RING)
    np.testing.assert_array_equal(first.u, again.u)
    with pytest.raises(AssertionError, match="solved again"):
        ts.bargaining_table(trio(), NAMES, RING, cache=False)
    with pytest.raises(AssertionError, match="solved again"):
        ts.bargaining_table(trio(0.1), NAMES, RING)


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 half of a file", b"\x00" * 300])
def test_a_damaged_file_is_worked_out_anew(tmp_path: Path, damage: bytes) -> None:
    kept = ArrayCache(tmp_path)
    key = key_of("one", 2.0, np.arange(3))
    one = kept.get(key, lambda: {"x": np.arange(3.0)})
    (tmp_path / f"{key}.npz").write_bytes(damage)
    np.testing.assert_array_equal(kept.get(key, lambda: {"x": np.arange(3.0)})["x"], one["x"])
    np.testing.assert_array_equal(kept.get(key, dict)["x"], one["x"])  # and is whole again
    assert [path.name for path in tmp_path.iterdir()] == [f"{key}.npz"]


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    found = ArrayCache(blocked / "below").get("key", lambda: {"x": np.ones(2)})
    assert found["x"].tolist() == [1, 1]


def test_keys_tell_contents_shapes_and_kinds_apart() -> None:
    parts: list[tuple[str | float | np.ndarray, ...]] = [
        ("ab",),
        ("a", "b"),
        (1.0,),
        ("1.0",),
        (np.zeros(4),),
        (np.zeros((2, 2)),),
        (np.zeros(4, dtype=np.int64),),
    ]
    keys = {key_of(*part) for part in parts}
    assert len(keys) == len(parts)
    assert len(code_version()) == 64


def test_the_folder_is_the_one_named_or_the_platforms(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TARIFFSIM_CACHE_DIR", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("TARIFFSIM_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "tariffsim" / "tables"
    monkeypatch.delenv("XDG_CACHE_HOME")
    for system, folder in (("linux", ".cache"), ("darwin", "Caches")):
        monkeypatch.setattr("sys.platform", system)
        assert folder in cache_folder().parts


# ---------------------------------------------------------------------- mistakes
MISTAKES: list[tuple[dict[str, object], str]] = [
    ({"parties": ["A"]}, "two or more different regions"),
    ({"parties": ["A", "D"]}, "unknown party 'D'"),
    ({"parties": ["A", "C"]}, r"unknown issues\.a_on_b\.target 'B'"),
    ({"issues": {}}, "issues is empty"),
    ({"issues": {"x": addon("A", "C", [0])}}, r"unknown issues\.x\.target 'C'"),
    ({"issues": {"x": {"kind": "adon", "levels": [0]}}}, "Did you mean 'addon'"),
    ({"issues": {"x": addon("A", "B", [])}}, r"issues\.x\.levels is missing or empty"),
    ({"issues": {"x": {"kind": "control", "by": "A", "target": "B", "levels": [0, 1]}}}, "A withholds nothing from B"),
    ({"disagreement": {"a_on_c": 1.0}}, "unknown issue in disagreement 'a_on_c'. Did you mean 'a_on_b'"),
    ({"disagreement": [0.0]}, "1 values for 2 parties"),
    ({"years": 2.0}, "discount has no rate for A"),
    ({"issues": {"x": addon("A", "B", [0]), "t": {"kind": "truce_days", "levels": [90]}}}, "give years"),
]


@pytest.mark.parametrize(("changes", "message"), MISTAKES)
def test_a_mistake_gets_one_clear_line(changes: dict[str, object], message: str) -> None:
    arguments: dict[str, object] = {"parties": ["A", "B"], "issues": TWO, **changes}
    with pytest.raises(ConfigError, match=message):
        ts.bargaining_table(trio(), **arguments)  # type: ignore[arg-type]


def test_tables_name_what_they_do_not_know() -> None:
    with pytest.raises(ConfigError, match=r"unknown issue 'a_on_d'\. Did you mean"):
        ring().package(a_on_d=0)
    with pytest.raises(ConfigError, match="no package has"):
        ring().package(a_on_b=5)
    with pytest.raises(ConfigError, match="2 strategies for 3 parties"):
        ring().meeting(["linear", "linear"])
    with pytest.raises(ConfigError, match="unknown party 'D'"):
        ring().meeting(["linear"] * 3, first="D")
    with pytest.raises(ConfigError, match=r"first must be a party \(A, B, C\) or its number from 0, got 3"):
        ring().play("alternating_offers", ["boulware"] * 3, first=3)
    with pytest.raises(ConfigError, match=r"breakdown must lie between 0 and 1 .* got 2 and"):
        ring().play("alternating_offers", ["boulware"] * 3, breakdown=2)
    with pytest.raises(ConfigError, match="offers and worlds must be at least 1"):
        ring().meeting(["linear"] * 3, offers=0)
    with pytest.raises(TariffsimError, match="Did you mean 'boulware'"):
        ring().meeting(["boulwar", "linear", "linear"])
    with pytest.raises(TariffsimError, match="Did you mean 'alternating_offers'"):
        ring().play("alternating_offer", ["linear"] * 3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"discount": 0.0, "years": 4}, "discount must be above 0 per year, got 0 for A; try 0.2"),
        ({"discount": {"A": 0.2, "B": -0.1}, "years": 4}, "discount must be above 0 per year, got -0.1 for B"),
        ({"discount": 0.2, "years": -1}, "years must be above 0, got -1; try years=4"),
        ({"discount": 0.2, "years": 0}, "years must be above 0, got 0"),
        ({"disagreement": {"a_on_b": -50.0}}, "disagreement.a_on_b must lie between 0 and 1000, got -50"),
    ],
)
def test_spans_and_rates_that_make_no_sense_are_no_table_of_nonsense(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        ts.bargaining_table(trio(), ("A", "B"), TWO, **changes)  # type: ignore[arg-type]
