"""After the handshake: states of a pair, breach, probation, snapback (docs/explanation/negotiation.md).

cold -> signed -> truce -> {renewed truce | lapsed | probation -> truce or snapback}; cold, lapsed and snapback are
states of war, in which both sides are free to move.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tariffsim.instruments.base import Array

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


def judge(
    status: States, promised: Array, observed: Array, tolerance: Array, patience: Array, short_for: Array, weeks: float
) -> tuple[States, Array]:
    """Status (W,) and weeks of shortfall after one look at deliveries.

    In a truce a shortfall beyond the tolerance that lasts longer than the patience is called a breach; in probation a
    look without shortfall cures it.
    """
    short = promised - observed > tolerance
    lasting = np.where(short, short_for + weeks, 0.0)
    called = (status == TRUCE) & (lasting >= patience)
    cured = (status == PROBATION) & ~short
    judged = np.where(called, PROBATION, np.where(cured, TRUCE, status)).astype(np.int8)
    return judged, np.where(called | cured, 0.0, lasting)
