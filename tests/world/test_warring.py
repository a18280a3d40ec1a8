"""Wars in a world: what is remembered, how markets take the news, and that worlds go as their valuations say."""

from __future__ import annotations

import numpy as np
import pytest
from tests.world.shared import addon_path, played, shared_book, small

from tariffsim.negotiation.escalating import ESCALATIONS
from tariffsim.negotiation.forecast import BookForecast
from tariffsim.negotiation.table import YEAR
from tariffsim.negotiation.war_path import Standoff, Theatre, war_path
from tariffsim.world.model import TariffModel

QUIET = "talks.protocol=no_talks"
MIDDLE = (  # every government of its middle type
    "governments.USA.discount=0.35", "governments.CHN.discount=0.175", "governments.USA.revenue_premium=0.4",
    "governments.CHN.revenue_premium=0.2", "markets.sensitivity=100", "markets.threshold=8", "~partners.letters",
)  # fmt: skip


def by(rule: str, *parties: str) -> list[str]:
    return [f"governments.{party}.escalation={rule}" for party in parties or ("USA", "CHN")]


@pytest.mark.parametrize("name", ESCALATIONS.names())
@pytest.mark.parametrize(("first", "second", "rises"), [(145, 125, (0, 0)), (54, 34, (24, 24))], ids=["peak", "lapse"])
def test_a_war_between_middle_types_goes_as_its_valuation_says(
    name: str, first: int, second: int, rises: tuple[int, int]
) -> None:
    scenario = small(QUIET, *by(name), *MIDDLE, "ticks=8", name="geneva_2025")
    model = TariffModel(scenario, worlds=1, book=shared_book("geneva_2025"))
    columns = list(model.table.levers.addons)
    model.state.policy[:, columns] = [first, second]
    model.state.seen[:, columns] = [first - rises[0], second - rises[1]]
    model.state.rows = model.book.rows(model.types.economy, model.state.seen)
    for party in ("USA", "CHN"):
        model.governments[party].toughness = np.array([0.5])
    premiums = [np.full(1, rule.middle.revenue_premium) for rule in model.table.rules]
    forecast = BookForecast(
        model.payoffs, model.types.economy, model.valued_policy(), ("USA", "CHN"), model.table.levers.addons,
        (premiums[0], premiums[1]),
    )  # fmt: skip
    theatre = Theatre(forecast, model.clock.tick * YEAR / 7, model.clock.end, model.clock.adjustment_years)
    expected = war_path(
        Standoff(np.array([[first, second]], dtype=float), np.array([rises], dtype=float)),
        model.table.rules,
        7,
        theatre,
    )[0]
    model.run()
    found = np.stack([addon_path(model, *pair)[0, 1:] for pair in (("USA", "CHN"), ("CHN", "USA"))], axis=-1)
    assert found.tolist() == expected.tolist()


def test_a_truce_ends_a_war_and_what_rose_in_it() -> None:
    model = TariffModel(small(QUIET, *by("grim"), name="liberation_day_2025"), worlds=1,
                        book=shared_book("liberation_day_2025"))  # fmt: skip
    mine, theirs = model.governments["CHN"].columns("USA")
    for _ in range(3):  # the rise to 54 on 9 April is seen in the second tick and remembered after it
        model.step()
    assert model.state.risen[0, theirs]
    assert model.state.war_weeks[0, mine] == 3.0
    model.state.pair.status[:] = 2  # truce
    model.state.pair.expiry[:] = 1000
    model.step()
    assert not model.state.risen[0, theirs]
    assert model.state.war_weeks[0, mine] == 0.0


def test_markets_fall_on_a_country_rate_and_recover() -> None:
    model = TariffModel(small(QUIET, *by("hold"), "markets.half_life=1.0", name="liberation_day_2025"), worlds=2,
                        book=shared_book("liberation_day_2025"))  # fmt: skip
    china = list(model.governments).index("CHN")
    stress = []
    for _ in range(6):
        model.step()
        stress.append(model.state.stress[:, china].copy())
    assert (stress[1] > 8).all()  # 54 percent from 9 April
    assert (stress[5] < stress[1] / 2).all()


def test_a_government_that_watches_its_market_takes_its_rate_back() -> None:
    # the rise to 54 of 9 April is matched by China in the same week; US real income falls, its market by more than the
    # threshold of 1 percent, and the rate goes to the floor of 10
    watching = (*by("market_retreat", "USA"), *by("match", "CHN"), "escalations.market_retreat.threshold=1")
    model = played(QUIET, *watching, name="liberation_day_2025", worlds=2, ticks=4)
    assert (addon_path(model, "USA", "CHN")[:, 2] == 54).all()
    assert (addon_path(model, "USA", "CHN")[:, 3] == 10).all()


def test_a_tougher_government_holds_out_longer() -> None:
    # at 54/84 and the short horizon each side would rather win than give in, and give in than fight; the US holds
    war = (*by("attrition", "CHN"), *by("hold", "USA"), "policy.addons.USA.CHN=54", "policy.addons.CHN.USA=84",
           "governments.USA.discount=5")  # fmt: skip
    model = TariffModel(small(QUIET, *war, "ticks=26", name="geneva_2025"), worlds=40)
    model.run()
    path = addon_path(model, "CHN", "USA")
    weeks = np.where((path == 10).any(-1), (path == 10).argmax(-1), 99)
    order = np.argsort(model.governments["CHN"].toughness)
    assert (np.diff(weeks[order]) >= 0).all()
    assert len(np.unique(weeks)) > 5


def test_a_party_moves_and_fears_for_its_market_by_the_type_by_which_it_bargains() -> None:
    # discount and revenue premium are private: one of two values each, and not a third drawn for wars alone
    model = TariffModel(small(), worlds=8, book=shared_book())
    for party, taste in zip(model.scenario.talks.parties, model.types.tastes, strict=True):
        assert len(np.unique(taste.discount)) == 2
        assert model.governments[party].discount.tolist() == taste.discount.tolist()
        assert model.governments[party].revenue_premium.tolist() == taste.revenue_premium.tolist()
