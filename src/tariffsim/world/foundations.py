"""What stands behind the talks at the opening: disagreement payoffs at several depths, the war path, and how the
cooperative deal moves with the depth."""

from __future__ import annotations

import numpy as np

from tariffsim.instruments.base import Array
from tariffsim.negotiation.payoffs import Index
from tariffsim.negotiation.solutions import nash_bargaining
from tariffsim.negotiation.war_path import lapse
from tariffsim.world.base import WorldModel
from tariffsim.world.outlooks import ending, outlook_of
from tariffsim.world.talking import reservation, returning_addons

DEPTHS = (0, 1, 2)


def foundations(model: WorldModel) -> dict[str, Array]:
    """For W worlds as they stand at the opening.

    disagreement (W, 2, 3): D^m of each party by its own belief, m = 0, 1, 2, percent of GDP x years; nash_terms
    (W, 3, I): terms of the Nash bargaining solution over D^m by each party's own values, NaN where no package gains
    both; war_addon (W, H + 1, 2): add-ons on the war path after the running truce, or from now where none runs,
    percentage points. All NaN where nobody meets: nothing is negotiated then, and nothing need be priced.
    """
    if not model.protocol.meets:
        return _nothing(model)
    where, table = np.arange(model.worlds), model.table
    policy, draw = model.valued_policy(), model.types.economy
    stakes = table.stakes(draw, policy, returning_addons(model, where))
    outlooks = [outlook_of(model, side, where) for side in range(2)]
    u = np.stack([table.values(stakes, outlook).own for outlook in outlooks], axis=-1)
    values, terms = [], []
    for depth in DEPTHS:
        deep = table.at_depth(depth)
        d = np.stack([reservation(model, where, policy, outlook, deep).own for outlook in outlooks], axis=-1)
        values.append(d)
        terms.append(_terms(model, nash_bargaining(u, d)))
    truce = ending(model, where, model.state.pair.expiry)
    addons = policy[:, list(table.levers.addons)].astype(np.float64)
    path = table.war_addons(draw, truce.policy, lapse(addons, returning_addons(model, where)))
    return {
        "disagreement": np.stack(values, axis=-1),
        "nash_terms": np.stack(terms, axis=1),
        "war_addon": path,
    }


def _nothing(model: WorldModel) -> dict[str, Array]:
    shapes = {
        "disagreement": (2, len(DEPTHS)),
        "nash_terms": (len(DEPTHS), len(model.table.packages.sizes)),
        "war_addon": (model.clock.war_ticks + 1, 2),
    }
    return {name: np.full((model.worlds, *shape), np.nan) for name, shape in shapes.items()}


def _terms(model: WorldModel, package: Index) -> Array:
    packages = model.table.packages
    terms, days = packages.split(np.maximum(package, 0))
    found = np.column_stack([packages.terms[terms], packages.days[days]])
    return np.where((package >= 0)[:, None], found, np.nan)
