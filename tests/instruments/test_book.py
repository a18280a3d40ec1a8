"""Levers become wedges, and equilibria are functions of their key alone."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from tests.world.shared import market, shared_book, small

from tariffsim.economy import solve
from tariffsim.economy.policies import prepare
from tariffsim.errors import ConfigError, SolveError
from tariffsim.instruments.base import INSTRUMENTS
from tariffsim.instruments.book import Book
from tariffsim.world.model import open_book


def policy(book: Book, **changes: int) -> np.ndarray:
    row = book.space.opening.copy()
    for key, value in changes.items():
        kind, owner, target, *rest = key.split("__")
        row[book.space.column(kind, owner, target, *rest)] = value
    return row


def test_a_row_does_not_depend_on_what_was_solved_before_or_with_it() -> None:
    shared = shared_book()
    fresh = Book(shared.space, shared.draws, shared.groups)
    rows = np.stack([policy(shared, addon__USA__CHN=a, addon__CHN__USA=b) for a, b in ((30, 10), (54, 34), (145, 125))])
    draw = np.zeros(3, dtype=np.int64)
    together = shared.rows(draw, rows)
    alone = np.concatenate([fresh.rows(draw[:1], rows[k : k + 1]) for k in (2, 0, 1)])[[1, 2, 0]]
    assert shared.page.real_income[together].tobytes() == fresh.page.real_income[alone].tobytes()


def test_each_policy_is_solved_once() -> None:
    shared = shared_book()
    book = Book(shared.space, shared.draws, shared.groups)
    rows = np.stack([policy(book, addon__USA__CHN=a) for a in (30, 40, 30, 40, 40)])
    found = book.rows(np.zeros(5, dtype=np.int64), rows)
    assert book.solved == 2
    assert found[0] == found[2]
    assert found[1] == found[3] == found[4]


def test_the_book_says_what_the_solver_says() -> None:
    book = shared_book()
    row = policy(book, addon__USA__CHN=54, licence__CHN__USA__rare_earth_magnets=25)
    k = int(book.rows(np.zeros(1, dtype=np.int64), row[None])[0])
    wedges = book.space.wedges(row[None])
    for h, economy in enumerate(book.draws[0].economies):
        equilibrium = solve(economy, wedges=wedges)
        assert book.page.real_income[k, h].tobytes() == equilibrium.real_income[0].tobytes()
        goods = [s for s, name in enumerate(economy.sectors) if name != "SERV"]
        assert np.allclose(book.page.imports[k, h], equilibrium.trade[0][..., goods].sum(-1), rtol=1e-12)


def test_an_add_on_fills_the_universal_rate_then_fentanyl_then_the_rest() -> None:
    book = shared_book()
    usa, china = (book.space.ground.regions.index(r) for r in ("USA", "CHN"))
    levels = {}
    for points in (0, 10, 20, 30, 145):
        wedges = book.space.wedges(policy(book, addon__USA__CHN=points)[None])
        levels[points] = np.asarray(wedges.tariffs)[0, usa, china]
    common, fentanyl, reciprocal = book.space.ground.headline[("USA", "CHN")]
    assert [common.limit, fentanyl.limit, reciprocal.limit] == pytest.approx([0.1, 0.2, np.inf])
    assert np.allclose(levels[10] - levels[0], 0.1 * reciprocal.coverage[usa, china])
    assert np.allclose(levels[20] - levels[10], 0.1 * fentanyl.coverage[usa, china])
    assert np.allclose(levels[30] - levels[10], 0.2 * fentanyl.coverage[usa, china])
    assert np.allclose(levels[145] - levels[30], 1.15 * reciprocal.coverage[usa, china])
    assert (reciprocal.coverage[usa, china] <= 1).all()


def test_hong_kong_inside_the_rest_of_the_world_moves_with_china() -> None:
    book = shared_book()
    usa, rest = (book.space.ground.regions.index(r) for r in ("USA", "ROW"))
    low, high = (np.asarray(book.space.wedges(policy(book, addon__USA__CHN=p)[None]).tariffs) for p in (30, 145))
    rise = (high - low)[0, usa, rest]
    assert rise.max() > 0
    assert rise.max() < 0.3


def test_market_access_cuts_only_the_ordinary_tariff() -> None:
    book = shared_book()
    japan, usa = (book.space.ground.regions.index(r) for r in ("JPN", "USA"))
    wedges = book.space.wedges(policy(book, access__JPN__USA=50)[None])
    ground = book.space.ground
    assert np.allclose(
        np.asarray(wedges.tariffs)[0, japan, usa], ground.background[japan, usa] - 0.5 * ground.mfn[japan, usa]
    )


def test_a_licence_restricts_its_buyers_only() -> None:
    book = shared_book()
    row = policy(book, licence__CHN__KOR__rare_earth_magnets=10)
    wedges, regions = book.space.wedges(row[None]), book.space.ground.regions
    licences = np.array(wedges.licences)[0]
    korea, china = regions.index("KOR"), regions.index("CHN")
    assert licences[korea, china, 0] == 0.1
    licences[korea, china, 0] = 1
    assert (licences == 1).all()
    productivity = np.exp(prepare(book.draws[0].economies[0], wedges)[0].log_productivity[0])
    assert productivity[korea].min() < 1
    assert (np.delete(productivity, korea, axis=0) == 1).all()


@pytest.mark.parametrize("rent", ["user", "owner"])
def test_what_is_available_is_one_minus_what_the_owner_withholds(rent: str) -> None:
    book = open_book(small(*market(rent)))
    ground, row = book.space.ground, book.space.opening.copy()
    columns = book.space.columns("licence")
    row[columns] = 5 * (1 + np.arange(len(columns)))
    policies, _ = prepare(book.draws[0].economies[0], book.space.wedges(row[None]))
    for z, node in enumerate(ground.nodes):
        expected = np.full(len(ground.regions), np.inf)
        for lever, setting in zip(book.space.levers, row, strict=True):
            if (lever.kind, lever.input) == ("licence", node.name):
                named = [other.target for other in book.space.levers if other.input == node.name]
                buyers = [lever.target] if lever.target != "others" else set(ground.regions) - {*named, lever.owner}
                for n in map(ground.regions.index, buyers):
                    share = ground.owner_share[node.name][n]
                    expected[n] = 1 - share * (1 - setting / 100) if share > 0 else np.inf
        np.testing.assert_allclose(policies.available[0, :, z], expected, rtol=1e-14)
        if rent == "owner":  # who may deliver less than usual earns what that makes it dear
            china = ground.regions.index("CHN" if node.name.startswith("rare") else "USA")
            assert (policies.receivers[0, z, np.isfinite(expected), china] == 1).all()


def test_both_forms_start_from_the_same_shortage_and_a_price_makes_rents() -> None:
    quota, (priced, owned) = shared_book(), (open_book(small(*market(rent))) for rent in ("user", "owner"))
    row = policy(quota, **{f"licence__CHN__{n}__rare_earth_magnets": 10 for n in ("USA", "KOR", "JPN", "EU", "others")})
    found = {}
    for form, book in (("quota", quota), ("user", priced), ("owner", owned)):
        page = int(book.rows(np.zeros(1, dtype=np.int64), row[None])[0])
        reference = book.reference_rows(book.space.ground.background)[0]  # nothing withheld
        found[form] = (book.page.real_income[page] - book.page.real_income[reference])[0]
    usa, china = (quota.space.ground.regions.index(r) for r in ("USA", "CHN"))
    assert found["quota"][usa] < 0
    assert found["owner"][usa] < found["user"][usa] < 0  # the buyer's loss is larger where it pays the owner
    assert found["owner"][china] > found["user"][china]
    assert len({tuple(change) for change in found.values()}) == 3


def test_the_order_of_inputs_in_a_scenario_changes_nothing() -> None:
    scenario = small(*market())
    turned = replace(scenario, inputs=dict(reversed(scenario.inputs.items())))
    one, two = (open_book(s).space.ground.nodes for s in (scenario, turned))
    assert [node.name for node in one] == [node.name for node in two]


def test_two_targets_of_a_control_are_both_restricted() -> None:
    withheld = "{strictness: 0.5, withheld: {ethane: 0.3}}"
    scenario = small(f"+policy.controls.USA.IND={withheld}", "+inputs.ethane.stock_months.IND=1.0")
    ground = open_book(scenario).space.ground
    share = dict(zip(ground.regions, ground.owner_share["ethane"], strict=True))
    assert (share["CHN"], share["IND"]) == (0.73, 0.3)
    assert sum(share.values()) == pytest.approx(1.03)


def test_every_instrument_lists_levers_with_units_and_an_opening() -> None:
    book = shared_book()
    assert len(book.space.opening) == len(book.space.levers) == len({lever.key for lever in book.space.levers})
    assert all(lever.unit for lever in book.space.levers)
    assert {lever.kind for lever in book.space.levers} == set(INSTRUMENTS.names())


def test_an_unknown_region_or_lever_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"unknown region in policy.addons 'VNA'. Did you mean 'VNM'"):
        open_book(small("+policy.addons.USA.VNA=46"))
    with pytest.raises(ConfigError, match="Did you mean 'addon:USA>CHN'"):
        shared_book().space.column("addon", "USA", "CHM")


def test_a_policy_without_equilibrium_is_an_error_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = shared_book()
    book = Book(shared.space, shared.draws, shared.groups)
    monkeypatch.setattr("tariffsim.instruments.book.solve", partial(solve, max_iterations=1))
    with pytest.raises(SolveError, match=r"no equilibrium was found for 1 .* addon:USA>CHN=99 .*residual"):
        book.rows(np.zeros(1, dtype=np.int64), policy(book, addon__USA__CHN=99)[None])
    assert book.solved == 0
