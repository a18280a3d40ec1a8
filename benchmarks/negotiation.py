"""A negotiation of 100 offers on a table of 231 packages: one world, a batch of 1,000, and the same in NegMAS.

Boulware against linear, alternating offers, issues of 3 x 7 x 11 levels. The parties' interests are strictly opposed,
so that "of the packages worth my target the one worth most to you" (ours) and "the worst of the packages worth my
target" (NegMAS's AspirationNegotiator) are one strategy; that all offers and the agreement are the same is asserted
before anything is timed. Every world of the batch has an exponent of its own. NegMAS (Mohammad, Nakadai and Greenwald
2021, PRIMA 2020, 343-351) is under the AGPL and no dependency: it is timed where whoever runs this has installed it.
Run from the checkout: python -m benchmarks.negotiation [worlds]
"""

from __future__ import annotations

import importlib.util
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported: it reads this once

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from benchmarks._timing import best_seconds

from tariffsim.negotiation.bargaining import TalkSight
from tariffsim.negotiation.meeting import History, Meeting, Outcome
from tariffsim.negotiation.protocols.alternating_offers import AlternatingOffers
from tariffsim.negotiation.strategies.boulware import Boulware
from tariffsim.negotiation.strategies.linear import Linear

Array = npt.NDArray[np.float64]
LEVELS = (3, 7, 11)
OFFERS = 100
BOULWARE = 4.0  # power of time in NegMAS's curve of that name; ours is the inverse, beta = .25
REPEATS = 20
MOST_ONE, MOST_MANY = 1.0, 20.0  # promised: ms for one world, us a world in a batch of 1,000


def table() -> Array:
    """Values (231, 2) between 0 and 1, all different: what the first party gains the second loses, at its own rate."""
    weights = (0.61, 0.27, 0.12)
    levels = np.stack(np.unravel_index(np.arange(np.prod(LEVELS)), LEVELS), axis=-1)
    first = (levels / (np.array(LEVELS) - 1)) @ np.array(weights)
    first /= first.max()
    assert len(np.unique(first)) == len(first)
    return np.stack([first, (1 - first) ** 0.7], axis=-1)


def clock() -> Array:
    """Share of the window passed at each offer and after the last, as NegMAS counts it."""
    return np.minimum(np.arange(OFFERS + 1) + 1, OFFERS + 1) / (OFFERS + 1)


def sight(values: Array, side: int) -> TalkSight:
    """What a side sees: one table for all worlds, nothing to be had without a deal."""
    nothing, none = np.zeros((1, 0), dtype=np.int64), np.zeros(1)
    return TalkSight(
        own=values[None, :, side],
        other=values[None, :, 1 - side],
        reservation=none,
        other_reservation=none,
        outside=np.array([-np.inf]),
        other_outside=np.array([-np.inf]),
        inside=none,
        other_inside=none,
        discount=np.ones(1),
        other_discount=np.ones(1),
        types=values[None, None, :, 1 - side],
        types_reservation=np.zeros((1, 1)),
        belief=np.ones((1, 1)),
        time=np.zeros((1, 0)),
        next_time=np.zeros((1, 0)),
        offers_left=nothing,
        made=nothing,
        heard=nothing,
        uniform=np.zeros((1, 0)),
    )


def no_draws(channel: str, k: int) -> Array:
    raise AssertionError(f"nothing is left to chance, but {channel}/{k} is drawn")


def meeting(values: Array, exponents: Array) -> Meeting:
    """Boulware (W,) opens, linear answers; W worlds on one table."""
    worlds = len(exponents)
    return Meeting(
        strategies=(Boulware(exponent=exponents, start=np.zeros(1)), Linear(exponent=np.ones(1), start=np.zeros(1))),
        sights=(sight(values, 0), sight(values, 1)),
        times=np.repeat(clock()[None], worlds, axis=0),
        offers_left=np.repeat(np.arange(OFFERS, 0, -1)[None], worlds, axis=0),
        first=np.zeros(worlds, dtype=np.int64),
        breakdown=0.0,
        history=History.empty(worlds),
        uniform=no_draws,
    )


def script(outcome: Outcome, world: int = 0) -> list[int]:
    """Packages offered in a world, in order."""
    said = outcome.said.package[world]
    return [int(package) for package in said[said >= 0]]


def in_negmas(values: Array) -> Callable[[], Any] | None:
    """A function that sets up the same negotiation in NegMAS, ready to run; None if NegMAS isn't installed."""
    if importlib.util.find_spec("negmas") is None:
        return None
    from negmas import AspirationNegotiator, MappingUtilityFunction, SAOMechanism, make_issue
    from negmas.outcomes import make_os

    space = make_os([make_issue(size, f"issue {k}") for k, size in enumerate(LEVELS)])
    worth = [dict(zip(np.ndindex(*LEVELS), values[:, side].tolist(), strict=True)) for side in range(2)]

    def session() -> Any:
        mechanism = SAOMechanism(outcome_space=space, n_steps=OFFERS, one_offer_per_step=True)
        for side, power in enumerate((BOULWARE, 1.0)):
            utility = MappingUtilityFunction(worth[side], outcome_space=space, reserved_value=0.0)
            mechanism.add(AspirationNegotiator(aspiration_type=power, tolerance=0.0), ufun=utility)
        return mechanism

    return session


def their_script(mechanism: Any) -> list[int]:
    """Packages offered in NegMAS, in order."""
    return [int(np.ravel_multi_index(offer, LEVELS)) for _, _, offer, *_ in mechanism.extended_trace]


def their_seconds(session: Callable[[], Any], ours: Outcome) -> float:
    """The fastest run of NegMAS's loop alone, set up beforehand, once it has said what ours says."""
    mechanism = session()
    mechanism.run()
    assert their_script(mechanism) == script(ours), "NegMAS makes other offers"
    agreement = np.ravel_multi_index(mechanism.state.agreement, LEVELS)
    assert agreement == ours.package[0], "NegMAS agrees on something else"
    waiting = [session() for _ in range(REPEATS)]
    return best_seconds(lambda: waiting.pop().run(), REPEATS)


def main(worlds: int) -> None:
    """Print the table."""
    values, protocol = table(), AlternatingOffers()
    exponents = np.random.default_rng(7).uniform(0.1, 0.9, worlds)
    one, many = meeting(values, np.array([1 / BOULWARE])), meeting(values, exponents)
    ours, batch = protocol.run(one), protocol.run(many)
    for world in range(0, worlds, max(worlds // 20, 1)):
        assert script(protocol.run(meeting(values, exponents[[world]]))) == script(batch, world)
    print(
        f"{len(values)} packages, {OFFERS} offers at most: agreement on {ours.package[0]} at offer {len(script(ours))}"
    )
    alone = 1e3 * best_seconds(lambda: protocol.run(one), 10 * REPEATS)
    each = 1e6 * best_seconds(lambda: protocol.run(many), 2 * REPEATS) / worlds
    print(f"one world                {alone:8.2f} ms         at most {MOST_ONE:.0f} is promised")
    print(f"in a batch of {worlds:<10,} {each:8.1f} us a world  at most {MOST_MANY:.0f} is promised for 1,000")
    session = in_negmas(values)
    if session is None:
        print("NegMAS                   not installed (it is no dependency: pip install negmas)")
        return
    theirs = 1e3 * their_seconds(session, ours)
    times = f"{theirs / alone:.0f} times one world, {1e3 * theirs / each:,.0f} times a world of the batch"
    print(f"NegMAS, the same offers  {theirs:8.2f} ms         {times}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
