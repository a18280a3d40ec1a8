"""What stands behind the talks at the opening, what the deals are like, and what groups at home weigh."""

from __future__ import annotations

import numpy as np
import pytest
from tests.world.shared import arrays, played, shared_book, small

from tariffsim.errors import ConfigError
from tariffsim.instruments.groups import groups_of
from tariffsim.negotiation.truce import NEVER
from tariffsim.world.appraisal import CONCEPTS
from tariffsim.world.economies import long_run_economy
from tariffsim.world.foundations import foundations
from tariffsim.world.model import TariffModel


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_the_report_prints_the_disagreement_payoffs_that_the_parties_bargain_with(depth: int) -> None:
    scenario = small(f"disagreement.depth={depth}", "ticks=1")
    model = TariffModel(scenario, worlds=4, seed=7, book=shared_book())
    printed = foundations(model)["disagreement"][..., depth]
    at_the_table = arrays(model.run())["reservation"][:, 1]
    assert printed.tobytes() == at_the_table.tobytes()


def test_the_war_path_printed_climbs_from_the_written_rates_to_the_ceilings() -> None:
    path = foundations(TariffModel(small("ticks=1"), worlds=2, seed=7, book=shared_book()))["war_addon"]
    # 30/10 lapse to 54/34; both answer 24 at once, and so on up to 145/125
    assert path[0, :4].tolist() == [[78, 58], [102, 82], [126, 106], [145, 125]]
    assert (path[:, -1] == [145, 125]).all()


@pytest.mark.parametrize(("solution", "zero"), [("nash", "nash"), ("egalitarian", "egalitarian")])
def test_an_imposed_solution_is_at_no_distance_from_itself_and_on_the_front(solution: str, zero: str) -> None:
    recorded = arrays(played("talks.protocol=imposed", f"protocols.imposed.solution={solution}", worlds=6, ticks=2))
    signed = recorded["deal_day"] != NEVER
    assert signed.any()
    distance = recorded["deal_distance"][signed]
    assert (distance[:, CONCEPTS.index(zero)] == 0).all()
    assert (distance[:, CONCEPTS.index("front")] == 0).all()


def test_the_utilitarian_solution_leaves_no_joint_gain_unused() -> None:
    recorded = arrays(played("talks.protocol=imposed", "protocols.imposed.solution=utilitarian", worlds=6, ticks=2))
    signed = recorded["deal_day"] != NEVER
    assert np.allclose(recorded["deal_distance"][signed, CONCEPTS.index("efficiency")], 1.0, rtol=1e-12, atol=0)


def test_a_deal_says_its_critical_rate_together_with_factor_and_lag() -> None:
    recorded = arrays(played(worlds=12, ticks=10))
    signed = recorded["deal_day"] != NEVER
    rate, factor = recorded["critical_rate"][signed], recorded["critical_discount"][signed]
    lag = recorded["detection_lag"][signed][:, None]
    finite = np.isfinite(rate)
    assert np.allclose(factor[finite], np.exp(-(rate * lag)[finite]), rtol=1e-9, atol=0)
    assert (factor[~finite] == 0).all()
    noisy, length = recorded["noisy_rate"][signed], recorded["punishment"][signed]
    assert (noisy <= rate).all()  # false alarms and missed breaches only make it harder
    own = recorded["discount"][signed]
    assert (np.isfinite(length) == (own < rate)).all()  # war without end deters whoever is patient enough


def test_political_weights_have_the_value_added_weighted_mean_one() -> None:
    scenario = small("governments.USA.groups.metals.political_weight=3.0")
    groups = groups_of(scenario, long_run_economy(scenario))
    mine = groups.of(0)
    assert groups.favour[mine].max() > 1.5
    assert abs((groups.favour[mine] * groups.value_added[mine]).sum()) < 1e-6 * groups.value_added[mine].sum()


def test_a_government_that_favours_metals_values_protection_of_them_more() -> None:
    def flow(weight: float) -> np.ndarray:
        model = TariffModel(
            small(f"governments.USA.groups.metals.political_weight={weight}", "ticks=1"), worlds=1, seed=7
        )
        free, protected = model.state.policy.copy(), model.state.policy.copy()
        free[:, model.table.levers.addons[0]], protected[:, model.table.levers.addons[0]] = 0, 80
        rows = [model.book.rows(model.types.economy, policy) for policy in (free, protected)]
        return model.payoffs.flow("USA", rows[1])[..., 0] - model.payoffs.flow("USA", rows[0])[..., 0]

    assert (flow(5.0) > flow(1.0)).all()


def test_a_sector_cannot_belong_to_two_groups_and_must_exist() -> None:
    for sectors, message in (("[AGR,STEEL]", "STEEL belongs to more than one group"), ("[STEAL]", "STEEL")):
        scenario = small(f"governments.USA.groups.farming.sectors={sectors}")
        with pytest.raises(ConfigError, match=message):
            groups_of(scenario, long_run_economy(scenario))


def test_who_dreads_panic_more_values_the_war_after_a_truce_less() -> None:
    def values(pain: float) -> np.ndarray:
        overrides = (f"governments.USA.pain={pain}", f"governments.CHN.pain={pain}")
        model = TariffModel(small(*overrides, "ticks=1"), worlds=3, seed=7, book=shared_book())
        draw, policy, tastes = model.types.economy, model.valued_policy(), model.types.tastes
        written = np.tile([54.0, 34.0], (3, 1))
        geneva = (model.table.packages.addons == [30, 10]).all(-1)
        return np.stack([war[:, geneva] for war in model.table.fought_over(draw, policy, written, tastes)])

    calm, afraid = values(0.0), values(0.03)
    assert calm.size > 0
    assert (afraid < calm).all()  # 30/10 lapse to 54/34 and climb to 145/125
    assert (calm - afraid < 0.1).all()  # down by 20 % for a month at .03: .05


def test_wars_that_begin_at_rates_a_fraction_apart_are_not_taken_for_one() -> None:
    model = TariffModel(small("ticks=1"), worlds=2, seed=7, book=shared_book())
    draw, policy = np.zeros(2, dtype=np.int64), np.repeat(model.valued_policy()[:1], 2, axis=0)
    tastes = [taste.of(np.zeros(2, dtype=np.int64)) for taste in model.types.tastes]  # worlds differ in nothing else
    written = np.array([[54.2, 34.0], [54.8, 34.0]])
    together = np.stack(model.table.fought_over(draw, policy, written, tastes))
    alone = [
        np.stack(model.table.fought_over(draw[:1], policy[:1], written[k : k + 1], [t.of(draw[:1]) for t in tastes]))
        for k in range(2)
    ]
    assert np.array_equal(together, np.concatenate(alone, axis=1))
    assert (together[:, 0] != together[:, 1]).any()  # 54 and 55 points in the books of customs
