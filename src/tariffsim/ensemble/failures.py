"""Why did it fail? Failed worlds are played again, same draws, with one cause of failure removed at a time.

Fearon 1995 (International Organization 49(3), 379-414): rational parties who lose by fighting fail to agree because
they know different things, or because they can't trust each other to keep what is agreed. Talks add two of their own: a
vote at home (Putnam 1988) and a deadline.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from tariffsim.instruments.base import Array
from tariffsim.negotiation.bargaining import Flags
from tariffsim.scenario.schema import Scenario
from tariffsim.world.model import TariffModel


def _informed(scenario: Scenario) -> Scenario:
    return replace(scenario, talks=replace(scenario.talks, information="complete"))


def _enforceable(scenario: Scenario) -> Scenario:
    return replace(scenario, enforcement=replace(scenario.enforcement, contracts="enforceable"))


def _without_votes(scenario: Scenario) -> Scenario:
    governments = {
        name: replace(spec, ratification=replace(spec.ratification, form="executive")) if spec.ratification else spec
        for name, spec in scenario.governments.items()
    }
    return replace(scenario, governments=governments)


def _without_deadline(scenario: Scenario) -> Scenario:
    return replace(scenario, talks=replace(scenario.talks, deadline=False))


CAUSES: dict[str, Callable[[Scenario], Scenario]] = {
    "private_information": _informed,
    "commitment": _enforceable,
    "ratification": _without_votes,
    "deadline": _without_deadline,
}


def restored(model: TariffModel) -> Array:
    """Whether (W, causes) agreement holds once each cause is removed: 1 or 0, NaN in worlds that have not failed."""
    found = np.full((model.worlds, len(CAUSES)), np.nan)
    failed = np.flatnonzero(model.failed)
    asked = model.scenario.ensemble.counterfactuals and model.protocol.meets and model.tick > 0
    if not len(failed) or not asked:
        return found
    played = replace(model.scenario, ticks=model.tick)
    for k, remove in enumerate(CAUSES.values()):
        other = remove(played)
        # a cause that isn't there can't be removed: the same world again would fail again
        again = model.failed[failed] if other == played else _played(other, model, failed)
        found[failed, k] = ~again
    return found


def _played(scenario: Scenario, model: TariffModel, where: npt.NDArray[np.int64]) -> Flags:
    numbers = model.draws.worlds[where]
    return TariffModel(scenario, seed=model.draws.seed, numbers=numbers, book=model.book).run().failed
