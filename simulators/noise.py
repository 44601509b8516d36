"""Randomness without state: the same key and step always give the same number, in any order of asking."""

from __future__ import annotations

import math
from hashlib import blake2b

_MASK = (1 << 64) - 1


def stream(seed: int, name: str) -> int:
    """The key of everything random about `name` in the city of `seed`."""
    return int.from_bytes(blake2b(f"{seed}/{name}".encode(), digest_size=8).digest(), "big")


def uniform(key: int, step: int) -> float:
    """A number 0 <= u < 1 (splitmix64)."""
    z = (key + step * 0x9E3779B97F4A7C15) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return ((z ^ (z >> 31)) >> 11) / (1 << 53)


def signed(key: int, step: int) -> float:
    """A number -1 <= u < 1."""
    return 2.0 * uniform(key, step) - 1.0


def smooth(key: int, time: float, period: float) -> float:
    """A curve between -1 and 1 that wanders with `period` seconds between independent values."""
    place = time / period
    step = math.floor(place)
    share = place - step
    weight = share * share * (3.0 - 2.0 * share)
    return signed(key, step) * (1.0 - weight) + signed(key, step + 1) * weight
