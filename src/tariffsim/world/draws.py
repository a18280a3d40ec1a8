"""Random numbers keyed by (seed, world, agent, channel, tick), never by call order.

A world run alone, in a batch, on another worker or after a resume draws the same numbers; scenarios under one seed
share their luck. The key is mixed by the finaliser of SplitMix64 (Steele, Lea and Flood 2014, OOPSLA).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

Array = npt.NDArray[np.float64]
Words = npt.NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


@dataclass(frozen=True)
class Draws:
    """Draws for the worlds whose global numbers are `worlds` (W,)."""

    seed: int
    worlds: npt.NDArray[np.int64]

    def uniform(self, agent: str, channel: str, tick: int = 0) -> Array:
        """Uniform on (0, 1), one per world (W,)."""
        key = _mixed(np.array([_word(f"{self.seed}/{agent}/{channel}/{tick}")], dtype=np.uint64))
        bits = _mixed(_mixed(self.worlds.astype(np.uint64) * _GOLDEN + key) + key)
        return (np.right_shift(bits, np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53

    def normal(self, agent: str, channel: str, tick: int = 0) -> Array:
        """Standard normal, one per world (W,)."""
        return np.asarray(ndtri(self.uniform(agent, channel, tick)), dtype=np.float64)


def _word(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def _mixed(x: Words) -> Words:
    x = x + _GOLDEN
    x = (x ^ (x >> np.uint64(30))) * _MIX[0]
    x = (x ^ (x >> np.uint64(27))) * _MIX[1]
    return x ^ (x >> np.uint64(31))
