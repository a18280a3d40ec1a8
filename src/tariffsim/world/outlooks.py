"""How a party looks at the two of them in a world: tastes, beliefs, and how a running truce ends."""

from __future__ import annotations

import numpy as np

from tariffsim.negotiation.payoffs import Index
from tariffsim.negotiation.table import YEAR, Ending
from tariffsim.negotiation.tastes import Outlook
from tariffsim.negotiation.truce import NEVER, Days
from tariffsim.world.base import WorldModel


def ending(model: WorldModel, where: Index, expiry: Days) -> Ending:
    """How the running truce ends: on `expiry` (W,), or before it by snapback where a called breach has its own date."""
    pair = model.state.pair
    last = np.minimum(expiry, pair.probation_end[where])
    years = np.where(last == NEVER, 0, np.maximum(last - model.day, 0)) / YEAR
    after = model.valued_policy(fallen_back=True)[where]
    bought = model.table.bought(model.types.economy[where], pair.bought[where])
    return Ending(years, pair.snapback[where], after, last == expiry, bought)


def outlook_of(model: WorldModel, side: int, where: Index) -> Outlook:
    """How a party sees both: its own tastes, the other's by type, and what it believes about the other's type."""
    types = model.types
    kinds = tuple(taste.of(where) for taste in types.kinds[1 - side])
    return Outlook(side, types.tastes[side].of(where), kinds, model.state.pair.beliefs[side][where])
