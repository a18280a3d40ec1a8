"""What a run says about its deals: each outcome against another way to get it, finite where a deal was signed."""

from __future__ import annotations

import numpy as np
import pytest
from tests.world.shared import arrays, played, shared_book, small

from tariffsim.economy import solve
from tariffsim.negotiation.frontier import frontier_distances
from tariffsim.negotiation.reciprocity import mfn_violation, reciprocity_gap
from tariffsim.negotiation.solutions import distances
from tariffsim.negotiation.truce import NEVER
from tariffsim.world.appraisal import CONCEPTS
from tariffsim.world.model import TariffModel
from tariffsim.world.ratifying import chances
from tariffsim.world.talking import first_meeting

NEW = (
    "frontier_distance",
    "win_set",
    "agreement_zone",
    "reciprocity_gap",
    "mfn_excess",
    "mfn_spread",
    "mfn_change",
    "sustained",
    "sustainable_punishment",
)
VOTES = ("governments.USA.ratification.form=legislature", "governments.USA.ratification.quota=0.5")


@pytest.fixture(scope="module")
def model() -> TariffModel:
    return played(worlds=12, ticks=10)


@pytest.fixture(scope="module")
def recorded(model: TariffModel) -> dict[str, np.ndarray]:
    return arrays(model)


def test_every_outcome_is_there_where_a_deal_was_signed_and_nowhere_else(recorded: dict[str, np.ndarray]) -> None:
    signed = recorded["deal_day"] != NEVER
    assert 0 < signed.sum() < len(signed)
    for name in NEW:
        assert np.isfinite(recorded[name][signed]).all(), name
        assert np.isnan(recorded[name][~signed]).all(), name
    assert np.isfinite(recorded["sustainable_terms"][signed, :-1]).all()
    assert np.isnan(recorded["sustainable_terms"][~signed]).all()
    assert np.isnan(recorded["home_win_set"]).all()  # both sides bind without a vote


def test_the_two_pillars_are_those_of_the_deal_solved_alone(
    model: TariffModel, recorded: dict[str, np.ndarray]
) -> None:
    k = int(np.flatnonzero(recorded["deal_day"] != NEVER)[0])
    firsts, table = model.state.firsts, model.table
    before = firsts.background[k]
    terms, _ = table.packages.split(firsts.package[[k]])
    after = table.levers.place(before, table.packages.terms[terms])
    wedges = [model.space.wedges(policy) for policy in (before[None], after)]
    old, new = (solve(model.economy, wedges=w) for w in wedges)
    places = [model.economy.region_index(party) for party in model.scenario.talks.parties]
    assert recorded["reciprocity_gap"][k].tolist() == reciprocity_gap(old, new)[0, places].tolist()
    was, now = (mfn_violation(model.economy, np.asarray(w.tariffs, dtype=np.float64)) for w in wedges)
    assert recorded["mfn_excess"][k].tolist() == now.excess[0, places].tolist()
    assert recorded["mfn_spread"][k].tolist() == now.spread[0, places].tolist()
    assert recorded["mfn_change"][k].tolist() == (now.excess - was.excess)[0, places].tolist()
    assert (recorded["mfn_excess"][k] > 0).all()  # the partners' rates differ from China's


def imposed(*overrides: str) -> tuple[TariffModel, TariffModel, np.ndarray]:
    """A model at the opening, the same after a Nash solution was imposed in its first tick, and where it was."""
    overrides = ("talks.protocol=imposed", *overrides)
    opening = TariffModel(small(*overrides, "ticks=1"), worlds=8, seed=7, book=shared_book())
    after = played(*overrides, worlds=8, ticks=1)
    signed = after.state.firsts.deal != NEVER
    assert signed.any()
    return opening, after, signed


def test_win_sets_and_distances_are_those_of_the_values_at_the_table() -> None:
    opening, after, signed = imposed()
    sights = first_meeting(opening).sights
    u = np.stack([sight.own for sight in sights], axis=-1)[signed]
    d = np.stack([sight.reservation for sight in sights], axis=-1)[signed]
    found, package = after.state.firsts, after.state.firsts.package[signed]
    wanted = u >= d[:, None]
    assert found.win_set[signed].tolist() == (wanted.sum(1) / u.shape[1]).tolist()
    assert found.zone[signed].tolist() == (wanted.all(-1).sum(1) / u.shape[1]).tolist()
    for measure, taken in ((distances, found.distance), (frontier_distances, found.frontier)):
        expected = measure(u, d, package)
        assert all((taken[signed, k] == getattr(expected, name)).all() for k, name in enumerate(CONCEPTS))


def test_the_win_set_at_home_is_of_those_who_vote_and_tighter_with_the_quota() -> None:
    opening, after, signed = imposed(*VOTES)
    chance = chances(opening, np.arange(opening.worlds))
    assert chance is not None
    home = after.state.firsts.home_win_set[signed]
    assert home[:, 0].tolist() == ((chance[signed, :, 0] >= 0.5).sum(1) / chance.shape[1]).tolist()
    assert np.isnan(home[:, 1]).all()
    # everybody has a quota of nothing; nobody has one of all, since support is always below 1
    for quota, share in ((0.0, 1.0), (1.0, 0.0)):
        _, after, signed = imposed(VOTES[0], f"governments.USA.ratification.quota={quota}")
        assert (after.state.firsts.home_win_set[signed, 0] == share).all()


def test_terms_that_keep_themselves_do_so_at_the_parties_own_rates(
    model: TariffModel, recorded: dict[str, np.ndarray]
) -> None:
    signed = recorded["deal_day"] != NEVER
    kept = signed & (recorded["discount"] <= recorded["critical_rate"]).all(-1)
    assert kept.any()
    # where the deal itself is one of the terms that keep themselves, some do, and a finite war deters
    count = len(model.table.packages.terms)
    assert (recorded["sustained"][kept] >= 1 / count).all()
    same = kept & (model.state.firsts.sustainable == model.table.packages.split(model.state.firsts.package)[0])
    assert recorded["sustainable_punishment"][same].tolist() == recorded["punishment"][same].tolist()


def test_who_finds_out_later_keeps_no_more_terms() -> None:
    def kept(weeks: float) -> np.ndarray:
        late = played("talks.protocol=imposed", f"enforcement.detection_weeks={weeks}", worlds=8, ticks=1)
        return late.state.firsts.sustained

    soon, late = kept(2.0), kept(400.0)
    both = ~np.isnan(soon) & ~np.isnan(late)
    assert (late[both] <= soon[both]).all()
    assert (late[both] < soon[both]).any()
