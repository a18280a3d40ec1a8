"""What the parties did in a tick: one bit an act and party, and what was signed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tariffsim.instruments.base import Array

Flags = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]

ACTS = (  # bit k is 2**k
    "threat",
    "threat_executed",
    "threat_dropped",
    "deal",
    "rejection",
    "force",
    "breach",
    "cure",
    "snapback",
    "renewal",
    "lapse",
)
BITS = {name: 1 << k for k, name in enumerate(ACTS)}


@dataclass
class Acts:
    """Acts of one tick."""

    done: npt.NDArray[np.int16]  # (W, 2) bits of what each party did, joint acts with both
    package: Index  # (W,) package signed, -1 if none
    gain: Array  # (W, 2) its value to each party minus disagreement, by own belief, percent of GDP x years; NaN if none

    @staticmethod
    def nothing(worlds: int) -> Acts:
        """Nobody has done anything yet."""
        none = np.full(worlds, -1, dtype=np.int64)
        return Acts(np.zeros((worlds, 2), dtype=np.int16), none, np.full((worlds, 2), np.nan))

    def note(self, act: str, where: Flags) -> None:
        """Both parties do it in worlds (W,), or each party where (W, 2) says so."""
        by_party = where if where.ndim == 2 else where[:, None]
        self.done |= np.where(by_party, BITS[act], 0).astype(np.int16)
