"""What the registers of a signal controller say, and what is written there (docs/signals-wire.md, Modbus). Pure.

Texts are UTF-8, two characters a register, filled up with zeros; numbers of two registers have the high word first.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

from drivers.reporting import clean, report_time
from hub.model.devices import Device
from hub.model.junctions import ChosenBy, JunctionMode, JunctionReport

LAYOUT = 1
STATUS, STATUS_SIZE = 0, 110
ANSWER, ANSWER_SIZE = 140, 52
DIRECTORY, ENTRY_SIZE, ENTRIES_A_READ, MOST_STORED = 200, 32, 3, 12
ARGUMENTS = 1000
WINDOW, WINDOW_SIZE = 1100, 4096
AT_ONCE = 100  # registers of one write
_NAME, _SUM, _FAULTS = 32, 32, 64  # bytes
_STATUS = struct.Struct(">7HhhHII32s32s32s32s64s")
_ANSWER = struct.Struct(">IH64s32s2x")
_ARGUMENTS = struct.Struct(">32s32sHIIH")
_BY = tuple(ChosenBy)
STORE, SELECT, FLASH, DARK, LOCAL = 1, 2, 3, 4, 5
BUSY, DONE, REFUSED = 0, 1, 2


class Unreadable(ValueError):
    """Registers that no controller of this layout holds; the message says what is there."""


class SignalWrite(NamedTuple):
    """One write of many registers (function 16)."""

    start: int
    data: bytes


class Answered(NamedTuple):
    """What a controller says of the last action: its ticket, BUSY, DONE or REFUSED, why, and the checksum of what it stored."""

    ticket: int
    result: int
    why: str
    checksum: str


def status(raw: bytes, device: Device, received: float, future: float) -> JunctionReport:
    """What the status registers say; raises Unreadable."""
    (layout, mode, stage, second, cycle, by, faulty, correction, error, _stored, clock, until,
     plan, selected, groups, checksum, faults) = _STATUS.unpack(raw)  # fmt: skip
    if layout != LAYOUT:
        raise Unreadable(f"layout {layout}: the map reads layout {LAYOUT}; check its address")
    modes = tuple(JunctionMode)
    if mode >= len(modes) or by >= len(_BY):
        raise Unreadable(f"mode {mode}, chosen by {by}: modes are 0 to {len(modes) - 1}, choices 0 to {len(_BY) - 1}")
    if cycle and second >= cycle:
        raise Unreadable(f"second {second} of a cycle of {cycle}: the second is below the cycle")
    letters = _text(groups).replace("R", "r")
    if not set("ruGgyfoO").issuperset(letters):
        raise Unreadable(f"groups {letters[:40]!r}: write letters of r u G g y f o O")
    codes = tuple(dict.fromkeys(_text(faults).split()))
    if faulty and not codes:
        codes = ("unreadable",)
    runs = bool(cycle)
    return JunctionReport(
        device.id,
        report_time(clock or None, received, future)[0],
        received,
        modes[mode],
        plan=_text(plan) or None,
        stage=str(stage) if runs and stage else None,
        second=float(second) if runs else None,
        cycle=float(cycle) if runs else None,
        groups=letters or None,
        clock_error=error / 100.0,
        checksum=checksum.hex() if any(checksum) else None,
        faults=codes,
        by=_BY[by],
        selected=_text(selected) or None,
        until=float(until) if until else None,
        correction=float(correction),
    )


def directory(raw: bytes) -> dict[str, str]:
    """{name: checksum} of what some entries of the directory hold; empty entries are left out."""
    found = {}
    for start in range(0, len(raw), ENTRY_SIZE * 2):
        name = _text(raw[start : start + _NAME])
        if name:
            found[name] = raw[start + _NAME : start + _NAME + _SUM].hex()
    return found


def download(program: Mapping[str, Any]) -> tuple[list[SignalWrite], int, str]:
    """The writes that put a program into the window, its length in bytes, and its checksum. Raises ValueError when it is too
    long."""
    text = json.dumps(program, sort_keys=True, separators=(",", ":")).encode()
    if len(text) > WINDOW_SIZE * 2:
        raise ValueError(f"a program of {len(text)} bytes: the window holds {WINDOW_SIZE * 2}")
    even = text + b"\0" * (len(text) % 2)
    step = AT_ONCE * 2
    writes = [SignalWrite(WINDOW + at // 2, even[at : at + step]) for at in range(0, len(even), step)]
    return writes, len(text), hashlib.sha256(text).hexdigest()


def action(
    ticket: int, what: int, *, name: str = "", checksum: str = "", length: int = 0, until: int = 0
) -> SignalWrite:
    """The write that makes a controller act. Raises ValueError for a name or a checksum that it cannot hold."""
    written = name.encode()
    if len(written) > _NAME:
        raise ValueError(f"the name {name!r} has {len(written)} bytes: this controller holds {_NAME}")
    try:
        sum = bytes.fromhex(checksum)
    except ValueError:
        sum = b"\0" * (_SUM + 1)
    if len(sum) not in (0, _SUM):
        raise ValueError(f"the checksum {checksum[:80]!r} is no SHA-256 of 64 hexadecimal digits")
    return SignalWrite(ARGUMENTS, _ARGUMENTS.pack(written, sum, length, until, ticket, what))


def answer(raw: bytes) -> Answered:
    """What the answer registers say."""
    ticket, result, why, checksum = _ANSWER.unpack(raw)
    return Answered(ticket, result, _text(why), checksum.hex() if any(checksum) else "")


def _text(raw: bytes) -> str:
    return clean(raw.rstrip(b"\0").decode("utf-8", "replace"), _FAULTS)
