"""What a device or gateway means by an exception code (Modbus application protocol 1.1b3 section 7)."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

MISMATCH, FAILURE, BUSY = "profileMismatch", "equipmentFailure", "deviceBusy"
CONDITIONS = (MISMATCH, FAILURE, BUSY)
"""The conditions that exceptions begin; their point is the read that was refused."""


class Kind(Enum):
    """What follows from it."""

    REFUSED = "refused"  # it will be refused again: the map does not fit the device
    FAILED = "failed"  # the device is there and has a fault
    BUSY = "busy"  # the same later may go well
    ABSENT = "absent"  # a gateway says that nobody answered it: as if nothing had come back


class Meaning(NamedTuple):
    """An exception code in words; `condition` is what it begins at the device."""

    kind: Kind
    text: str
    condition: str | None


_REFUSED = {
    1: "it does not know this function: check function in its register map",
    2: "it has no such registers: check address (counted from 0: 40001 of a manual is 0), gap and most in its register map",
    3: "it does not take this value or number of registers: check the values and most in its register map",
}
_FAILED = {
    4: "it failed while it carried this out",
    7: "it cannot carry this out (negative acknowledge)",
    8: "its memory has a parity error",
}
_BUSY = {5: "it has begun, and takes long", 6: "it is busy with something else"}
_ABSENT = {
    10: "the gateway has no path to it: check the gateway's own settings",
    11: "the gateway got no answer from it",
}
_MEANINGS = (
    {code: Meaning(Kind.REFUSED, text, MISMATCH) for code, text in _REFUSED.items()}
    | {code: Meaning(Kind.FAILED, text, FAILURE) for code, text in _FAILED.items()}
    | {code: Meaning(Kind.BUSY, text, BUSY) for code, text in _BUSY.items()}
    | {code: Meaning(Kind.ABSENT, text, None) for code, text in _ABSENT.items()}
)


def meaning(code: int) -> Meaning:
    """What exception `code` says."""
    known = _MEANINGS.get(code)
    return known or Meaning(Kind.FAILED, "its own code, see its manual", FAILURE)


def worded(code: int) -> str:
    """The code with its meaning, as a sentence part."""
    return f"exception {code}: {meaning(code).text}"
