"""After the handshake: states of a pair, breach, probation, snapback (docs/explanation/negotiation.md).

cold -> signed -> truce -> {renewed truce | lapsed | probation -> truce or snapback}; cold, lapsed and snapback are
states of war, in which both sides are free to move.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

COLD, SIGNED, TRUCE, PROBATION, LAPSED, SNAPBACK = range(6)
STATES = ("cold", "signed", "truce", "probation", "lapsed", "snapback")
States = npt.NDArray[np.int8]
Days = npt.NDArray[np.int64]
NEVER = 2**40


def bound(status: States, running: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Whether a truce binds: in truce or probation, or signed on top of one that still runs."""
    return np.asarray((status == TRUCE) | (status == PROBATION) | ((status == SIGNED) & running))


def may_talk(status: States) -> npt.NDArray[np.bool_]:
    """Pairs at war or with a called breach talk; those in good standing wait for expiry."""
    return np.asarray((status != SIGNED) & (status != TRUCE))
