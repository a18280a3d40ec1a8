"""Asking strategies at the table and playing whole meetings between two of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from tests.negotiation.shared import meet

from tariffsim.negotiation.bargaining import OfferStrategy, TalkSight
from tariffsim.negotiation.meeting import Outcome
from tariffsim.negotiation.protocols.alternating_offers import AlternatingOffers

QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)


def cake(pieces: int) -> npt.NDArray[np.float64]:
    """Package k gives the first party k pieces and the second the others."""
    first = np.arange(pieces + 1.0)
    return np.stack([first, pieces - first], axis=-1)


def offered(strategy: OfferStrategy, sight: TalkSight) -> int:
    """What it proposes in one world."""
    return int(strategy.propose(sight)[0, 0])


def taken(strategy: OfferStrategy, sight: TalkSight, offer: int) -> bool:
    """Whether it accepts a package in one world."""
    return bool(strategy.accepts(sight, np.array([[offer]]))[0, 0])


def play(one: OfferStrategy, other: OfferStrategy, times: Sequence[float], **kwargs: object) -> Outcome:
    """Alternating offers at these times, the last being the end; further arguments as for `meet`."""
    return AlternatingOffers().run(meet([one, other], times, **kwargs))  # type: ignore[arg-type]


def script(outcome: Outcome) -> list[int]:
    """What was offered, in order, in the first world."""
    said = outcome.said.package[0]
    return [int(package) for package in said[said >= 0]]
