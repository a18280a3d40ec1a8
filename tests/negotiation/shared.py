"""Tables, sights and meetings for plays derived on paper."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from tariffsim.negotiation.bargaining import STRATEGIES, OfferStrategy, TalkSight
from tariffsim.negotiation.meeting import History, Meeting
from tariffsim.scenario.loading import load_scenario
from tariffsim.scenario.reading import read
from tariffsim.scenario.schema import Scenario

# A cake cut in fifths: package k gives the first party k and the second 5 - k; both have D = 0
CAKE = np.stack([np.arange(6.0), 5 - np.arange(6.0)], axis=-1)


@cache
def standard() -> Scenario:
    """The scenario of `conf/`, composed once."""
    return load_scenario()


def make(name: str, worlds: int = 1, **params: object) -> OfferStrategy:
    """A registered strategy with the parameters of `conf/` (uncertain ones in the middle), or the ones given."""
    values = {**standard().strategies[name], **params}
    strategy = read(STRATEGIES.get(name), values)
    return strategy.drawn(lambda _, uncertain: np.full(worlds, uncertain.middle))


def seat(
    side: int,
    table: npt.NDArray[np.float64] = CAKE,
    *,
    time: float = 0.0,
    later: float = 0.0,
    worlds: int = 1,
    disagreement: Sequence[float] = (0.0, 0.0),
    discount: Sequence[float] = (1.0, 1.0),
    offers_left: int = 10,
    made: Sequence[int] = (),
    heard: Sequence[int] = (),
    uniform: float = 0.5,
    types: Sequence[npt.NDArray[np.float64]] = (),
    belief: Sequence[float] = (1.0,),
) -> TalkSight:
    """The sight of a side of a table (Q, 2) of values, the same in every world.

    `types` are values (Q,) of the other side by type, if it has more than one.
    """
    other = 1 - side
    by_type = np.stack([table[:, other]] if not types else list(types))

    def tiled(values: object) -> npt.NDArray[np.float64]:
        array = np.asarray(values, dtype=np.float64)
        return np.repeat(array[None], worlds, axis=0)

    def packages(said: Sequence[int]) -> npt.NDArray[np.int64]:
        return np.repeat(np.array(said, dtype=np.int64)[None], worlds, axis=0)

    return TalkSight(
        own=tiled(table[:, side]),
        other=tiled(table[:, other]),
        reservation=tiled(disagreement[side]),
        other_reservation=tiled(disagreement[other]),
        outside=tiled(-np.inf),
        other_outside=tiled(-np.inf),
        inside=tiled(0.0),
        other_inside=tiled(0.0),
        discount=tiled(discount[side]),
        other_discount=tiled(discount[other]),
        types=tiled(by_type),
        types_reservation=tiled(np.full(len(by_type), disagreement[other])),
        belief=tiled(belief),
        time=tiled([time]),
        next_time=tiled([later]),
        offers_left=np.full((worlds, 1), offers_left),
        made=packages(made),
        heard=packages(heard),
        uniform=tiled([uniform]),
    )


def meet(
    strategies: Sequence[OfferStrategy],
    times: Sequence[float],
    *,
    first: int = 0,
    table: npt.NDArray[np.float64] = CAKE,
    worlds: int = 1,
    breakdown: float = 0.0,
    uniform: float = 0.9,
    **kwargs: object,
) -> Meeting:
    """A meeting on a table (Q, 2) with one offer less than there are `times`; further arguments as for `seat`."""
    offers = len(times) - 1
    return Meeting(
        strategies=tuple(strategies),
        sights=tuple(seat(side, table, worlds=worlds, **kwargs) for side in range(2)),  # type: ignore[arg-type]
        times=np.repeat(np.array([times], dtype=np.float64), worlds, axis=0),
        offers_left=np.repeat(np.arange(offers, 0, -1)[None], worlds, axis=0),
        first=np.full(worlds, first),
        breakdown=breakdown,
        history=History.empty(worlds),
        uniform=lambda _channel, _k: np.full(worlds, uniform),
    )
