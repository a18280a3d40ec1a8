"""Typed issues: which levers they move, what they pay, who owns them, and what the world makes of them."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from tests.world.shared import SMALL, equal_bits, small

from tariffsim.ensemble.chunks import Chunk, run_chunk
from tariffsim.errors import ConfigError
from tariffsim.instruments.base import Lever
from tariffsim.negotiation.issues import (
    Issue,
    addons,
    bought,
    combinations,
    issues_of,
    nearest,
    overwritten,
    place,
    transfers,
)
from tariffsim.negotiation.packages import ENDLESS, level_table, term_units
from tariffsim.scenario.issues import IssueSpec, check_issues
from tariffsim.scenario.loading import load_scenario
from tariffsim.scenario.reading import Uncertain
from tariffsim.world.model import TariffModel, open_book

PARTIES = ("USA", "CHN")
LEVERS = (
    Lever("addon", "USA", "CHN", ""),
    Lever("addon", "CHN", "USA", ""),
    Lever("licence", "CHN", "USA", "", "magnets"),
    Lever("licence", "CHN", "USA", "", "compounds"),
    Lever("licence", "CHN", "KOR", "", "magnets"),
    Lever("licence", "USA", "CHN", "", "chips"),
)
IN_FORCE = np.array([30, 10, 10, 60, 25, 40], dtype=np.int16)
SPECS = {
    "one": IssueSpec("addon", (10.0, 30.0), "USA", "CHN"),
    "fentanyl": IssueSpec("layer", (0.0, 20.0), "USA", "CHN"),
    "magnets": IssueSpec("licence", (0.5, 1.0), "CHN", "USA", "all"),
    "chips": IssueSpec("control", (0.0, 0.3), "USA", "CHN"),
    "farm_goods": IssueSpec("purchases", (0.0, 50.0), "CHN", "USA", value=0.1, premium=Uncertain(0.05, 0.2)),
    "days": IssueSpec("truce_days", (90.0, 180.0)),
}


def withheld(owner: str, target: str) -> tuple[str, ...]:
    return ("chips",) if (owner, target) == ("USA", "CHN") else ()


def typed(specs: dict[str, IssueSpec]) -> tuple[Issue, ...]:
    return issues_of(specs, LEVERS, withheld, {"farm_goods": np.array([0.05, 0.2])})


def placed(*levels: float) -> list[int]:
    """The policy in force with one level of each issue on top."""
    return [int(x) for x in place(typed(SPECS), IN_FORCE, np.array([levels]), 5)[0]]


def test_every_combination_has_the_last_issue_fastest() -> None:
    terms = combinations(typed(SPECS))
    assert terms.shape == (32, 5)
    assert terms[:3].tolist() == [[10, 0, 0.5, 0, 0], [10, 0, 0.5, 0, 50], [10, 0, 0.5, 0.3, 0]]
    with_days = level_table(SPECS)
    np.testing.assert_array_equal(with_days[::2, :5], terms)
    assert list(term_units(SPECS)) == list(SPECS)


def test_an_add_on_is_the_sum_of_its_parts() -> None:
    assert placed(10, 0, 0.5, 0, 0)[:2] == [10, 10]
    assert placed(10, 20, 0.5, 0, 0)[:2] == [30, 10]
    found = addons(typed(SPECS), np.array([[30.0, 20.0, 0.5, 0.0, 0.0]]))
    assert {k: v.tolist() for k, v in found.items()} == {0: [50]}


def test_a_licence_is_a_floor_for_the_buyer_named() -> None:
    # magnets 10 -> 50; compounds stay at 60, which is more; Korea's stay
    assert placed(10, 0, 0.5, 0, 0)[2:5] == [50, 60, 25]
    assert placed(10, 0, 1.0, 0, 0)[2:5] == [100, 100, 25]


def test_a_licence_for_all_and_of_one_input() -> None:
    to_all = {"x": IssueSpec("licence", (0.5,), "CHN", "all", "magnets")}
    assert typed(to_all)[0].columns == (2, 4)
    both = {"x": IssueSpec("licence", (0.5,), "CHN", "all", "all")}
    assert typed(both)[0].columns == (2, 3, 4)


def test_a_control_becomes_what_was_agreed() -> None:
    assert placed(10, 0, 0.5, 0, 0)[5] == 100
    assert placed(10, 0, 0.5, 0.3, 0)[5] == 70


def test_purchases_pay_the_seller_and_cost_the_buyer() -> None:
    flows = transfers(typed(SPECS), np.array([[50.0], [50.0]]), np.array([0, 1]), {"USA": 25e6, "CHN": 20e6})
    # 50 bn of 25,000 bn are .2 %, a tenth of it .02; of 20,000 bn .25 %, times .05 and .2 in the two draws
    np.testing.assert_allclose(flows, [[0.02, -0.0125], [0.02, -0.05]], rtol=1e-12)
    assert bought(typed(SPECS)) == [4]
    assert placed(10, 0, 0.5, 0, 0) == placed(10, 0, 0.5, 0, 50)  # not booked as trade as well


def test_the_nearest_package_to_what_is_in_force() -> None:
    # 30 points are 10 + 20 or 30 + 0: the layer is charged first. Magnets at 10 % are nearest to 50, chips at 40 to 70
    found = nearest(typed(SPECS), IN_FORCE[None], np.array([[30.0]]), 5)
    assert [int(k[0]) for k in found] == [0, 1, 0, 1, 1]


def test_what_a_package_sets_whatever_was_in_force() -> None:
    assert overwritten(typed(SPECS)) == [0, 5]  # a licence is a floor and depends on it


BAD_ISSUES = {
    "input": (IssueSpec("licence", (0.5,), "CHN", "USA", "magnet"), "Did you mean 'licence:CHN>USA:magnets'"),
    "buyer": (IssueSpec("licence", (0.5,), "CHN", "KRO", "magnets"), "Did you mean 'licence:CHN>KOR:magnets'"),
    "nothing withheld": (IssueSpec("control", (0.0, 0.5), "CHN", "USA"), "CHN withholds nothing from USA"),
}


@pytest.mark.parametrize("name", BAD_ISSUES)
def test_an_issue_without_a_lever_is_refused(name: str) -> None:
    spec, message = BAD_ISSUES[name]
    with pytest.raises(ConfigError, match=message):
        typed({"x": spec})


def test_two_licences_cannot_set_one_lever() -> None:
    specs = {
        "all": IssueSpec("licence", (0.5,), "CHN", "USA", "all"),
        "magnets": IssueSpec("licence", (0.5,), "CHN", "USA", "magnets"),
    }
    with pytest.raises(ConfigError, match="issues all and magnets both set licence:CHN>USA:magnets"):
        typed(specs)


MISTAKES = {
    "unknown party": (
        {"x": IssueSpec("addon", (1.0,), "US", "CHN")},
        "unknown talks.issues.x.by 'US'. Did you mean 'USA'",
    ),
    "unknown target": ({"x": IssueSpec("addon", (1.0,), "USA", "CH")}, "Did you mean 'CHN'"),
    "oneself": ({"x": IssueSpec("addon", (1.0,), "USA", "USA")}, "an issue is between two parties"),
    "nobody": ({"x": IssueSpec("addon", (1.0,), "USA")}, r"x\.target is missing: kind addon needs by, target"),
    "no input": ({"x": IssueSpec("licence", (1.0,), "CHN", "USA")}, r"x\.input is missing"),
    "no premium": ({"x": IssueSpec("purchases", (1.0,), "CHN", "USA", value=0.0)}, r"x\.premium is missing"),
    "input of an add-on": ({"x": IssueSpec("addon", (1.0,), "USA", "CHN", "all")}, r"x\.input would change nothing"),
    "by of a length": ({"x": IssueSpec("truce_days", (90.0,), "USA")}, r"x\.by would change nothing"),
    "no levels": ({"x": IssueSpec("addon", (), "USA", "CHN")}, r"x\.levels is missing or empty"),
    "no share": ({"x": IssueSpec("control", (2.0,), "USA", "CHN")}, "shares between 0 and 1"),
    "no time": ({"x": IssueSpec("truce_days", (0.0,))}, "days, at least 1"),
    "two lengths": ({"x": IssueSpec("truce_days", (1.0,)), "y": IssueSpec("truce_days", (2.0,))}, "is about the same"),
    "a layer alone": ({"x": IssueSpec("layer", (20.0,), "USA", "CHN")}, "needs an issue of kind addon by USA on CHN"),
    "twice": (
        {"x": IssueSpec("addon", (1.0,), "USA", "CHN"), "y": IssueSpec("addon", (2.0,), "USA", "CHN")},
        r"y is about the same as talks\.issues\.x",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_an_issue_that_makes_no_sense_gets_one_clear_line(name: str) -> None:
    specs, message = MISTAKES[name]
    with pytest.raises(ConfigError, match=message):
        check_issues(specs, PARTIES)


OVERRIDES = {
    "talks.issues.licence.kind=licens": "Did you mean 'licence'",
    "talks.issues.control.by=CNH": "unknown talks.issues.control.by 'CNH'. Did you mean 'CHN'",
    "+talks.issues.more={kind: licence, by: USA, target: CHN, input: all, levels: [1]}": "keep one licence issue",
    "~talks.issues.licence": "truce.status=probation needs a licence issue",
}


@pytest.mark.parametrize("override", OVERRIDES)
def test_a_bad_override_of_an_issue_gets_one_clear_line(override: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_scenario("london_2025", [override])
    assert OVERRIDES[override] in str(caught.value)


# ---------------------------------------------------------------------- in the world
def nobody(*_: object) -> None:
    """Progress that nobody watches."""


@cache
def found(*overrides: str, name: str = "geneva_2025") -> dict[str, np.ndarray]:
    scenario = load_scenario(name, [*SMALL, "ticks=6", "~partners.letters", *overrides])
    return dict(run_chunk(scenario, Chunk(0, 4), open_book(scenario), nobody).arrays)


def test_the_parties_may_be_named_the_other_way_round() -> None:
    swapped = load_scenario("london_2025", ["talks.parties=[CHN,USA]"]).talks.issues
    assert (swapped["addon_by_first"].by, swapped["addon_by_first"].target) == ("CHN", "USA")
    assert (swapped["licence"].by, swapped["control"].by) == ("CHN", "USA")


@pytest.mark.parametrize("issue", ["addon_by_second", "licence", "control", "truce_days"])
def test_any_issue_can_be_left_out(issue: str) -> None:
    arrays = found(f"~talks.issues.{issue}")
    signed = ~np.isnat(arrays["deal_date"])
    assert signed.any()
    assert arrays["deal_terms"].shape[1] == (5 if issue == "truce_days" else 4)  # the length is told in any case
    if issue == "truce_days":
        assert (arrays["deal_terms"][signed, -1] == ENDLESS).all()


def test_a_licence_left_out_is_one_fixed_at_nothing() -> None:
    one, two = found("~talks.issues.licence"), found("talks.issues.licence.levels=[0]")
    # what is withheld but not on the table counts for the owner before and after: values differ by rounding
    np.testing.assert_array_equal(one["deal_date"], two["deal_date"])
    np.testing.assert_allclose(one["deal_gain"], two["deal_gain"], rtol=1e-9)
    terms = np.delete(two["deal_terms"], 2, axis=1)
    np.testing.assert_array_equal(one["deal_terms"], terms)
    assert equal_bits({"addon": one["addon"]}, {"addon": two["addon"]}) == []


def test_an_add_on_left_out_stays_as_it_is() -> None:
    model = TariffModel(small("~talks.issues.addon_by_second", "ticks=4"), worlds=3).run()
    column = model.space.column("addon", "CHN", "USA")
    assert (model.state.policy[:, column] == 10).all()
    assert (
        model.table.packages.settled(np.zeros(2, dtype=np.int64), np.array([[30, 10], [54, 34]]))[:, 1] == [10, 34]
    ).all()


def test_purchases_in_force_end_with_the_truce() -> None:
    sold = ["what_if=purchases", "talks.issues.purchases.levels=[50]", "talks.issues.truce_days.levels=[30]"]
    scenario = load_scenario("geneva_2025", [*SMALL, "~partners.letters", *sold, "ticks=12"])
    model = TariffModel(scenario, worlds=4)
    seen = []
    for _ in range(12):
        model.step()
        seen.append(model.state.pair.bought[:, 0].copy())
        running = model.state.pair.expiry < 10_000
        assert (model.state.pair.bought[:, 0] == np.where(running, 50, 0)).all()
    assert (np.array(seen) == 50).any()


def test_who_buys_wants_less_of_it_and_who_sells_more() -> None:
    scenario = load_scenario("geneva_2025", [*SMALL, "~partners.letters", "what_if=purchases", "ticks=2"])
    model = TariffModel(scenario, worlds=2)
    table, draw = model.table, model.types.economy
    seller, buyer = (table.deal_flows(draw, model.valued_policy(), model.types.tastes[side], side) for side in range(2))
    sums = table.packages.purchases[:, 0]
    grid = (2, -1, 3, 2)  # worlds, other terms, purchases, horizon
    assert sums[:3].tolist() == [0, 50, 100]
    assert (np.diff(seller.reshape(grid), axis=2) > 0).all()
    assert (np.diff(buyer.reshape(grid), axis=2) < 0).all()


def test_a_special_layer_opens_sums_that_the_add_on_alone_does_not_have() -> None:
    scenario = small("what_if=fentanyl", "ticks=2")
    packages = TariffModel(scenario, worlds=1).table.packages
    assert sorted(set(packages.addons[:, 0])) == [10, 20, 30, 40, 50, 54, 64, 74]
    assert packages.owned("USA") == (0, 3, 4)  # its add-on, its control, its layer
    assert packages.owned("CHN") == (1, 2)
