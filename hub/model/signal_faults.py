"""What fault codes of signal controllers mean for orders: what stands before the first colon of a code is its kind.

EN 12675 knows major faults, for which a controller goes to its failure mode, and minor ones, with which it goes on. Kinds are
those of RSMP's alarms of traffic light controllers (A....; its priority 2 is major, 3 minor), and of our conflict monitors.
What is not in the table is major: nobody knows what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType


class FaultClass(StrEnum):
    """How grave a fault is."""

    MAJOR = "major"
    MINOR = "minor"


_MAJOR = (
    "conflict", "intergreen", "crossing", "sequence", "letter", "amber", "red-amber", "min-green", "min-red",
    "min-flashing",  # A0006: the conflict monitor tripped
    "lamp",  # A0201: a lamp without which the group is not safe, or nobody knows which
    "controller",  # A0001
    "configuration",  # A0003
    "deadlock",  # A0008
    "unreadable",  # what it said of its faults cannot be read
)  # fmt: skip
_MINOR = (
    "lamp-single",  # A0202: one lamp, and others of its colour still shine
    "controller-minor",  # A0002
    "configuration-minor",  # A0004
    "network",  # A0007
    "door",  # A0010
    "push-button",  # A0101
    "detector",  # A0301, A0302: a fixed-time program needs none
)
KINDS: Mapping[str, FaultClass] = MappingProxyType(
    {**dict.fromkeys(_MAJOR, FaultClass.MAJOR), **dict.fromkeys(_MINOR, FaultClass.MINOR)}
)
"""Class by kind."""
LAMPS = ("lamp", "lamp-single")
"""Kinds of failed lamps; after the colon stands the signal group."""


def fault_class(code: str) -> FaultClass:
    """The class of a code; major where its kind is unknown."""
    return KINDS.get(code.partition(":")[0], FaultClass.MAJOR)


def major(codes: Iterable[str]) -> tuple[str, ...]:
    """Those of these codes for which no order is given."""
    return tuple(code for code in codes if fault_class(code) is FaultClass.MAJOR)


def minor(codes: Iterable[str]) -> tuple[str, ...]:
    """Those with which a junction goes on."""
    return tuple(code for code in codes if fault_class(code) is FaultClass.MINOR)
