"""A signal controller behind holding registers, which the hub reads and writes (docs/signals-wire.md, Modbus)."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

from simulators.junctions.controller import SignalController
from simulators.modbus.frames import HOLDING, Refused
from simulators.orders import Refused as OrderRefused

_STATUS, _ANSWER, _DIRECTORY, _ARGUMENTS, _WINDOW, _END = 0, 140, 200, 1000, 1100, 1100 + 4096
_MODES = ("plan", "flash", "dark", "local", "manual", "fault")
_BY = ("calendar", "order", "spot", "fault")
_ENTRIES = 12
_DONE, _REFUSED = 1, 2
_ARGUMENTS_SIZE = 38  # registers: name, checksum, length, until, ticket, action


class SignalBank:
    """Status from 0, answer to the last action from 140, directory of programs from 200; arguments from 1000, and from 1100 the
    window into which a program is written."""

    def __init__(self, controller: SignalController, now: Callable[[], float]) -> None:
        self.controller, self._now = controller, now
        self._window = bytearray((_END - _WINDOW) * 2)
        self._answer = b"\0" * 104

    def befall(self, do: str) -> None:
        """`signal-manual`, `signal-local`, `signal-plan`: who has it; `signal-conflict`, `signal-fault`, `signal-lamp`,
        `signal-repair`: as with others."""
        now, controller, what = self._now(), self.controller, do.removeprefix("signal-")
        controller.advance(now)
        if what in ("manual", "local", "plan"):
            controller.take(None if what == "plan" else what)
        elif what == "repair":
            controller.reset(now)
        elif what == "lamp":
            controller.lose_lamp(controller.crossing.ids[0])
        elif what == "conflict":
            controller.short()
        elif what == "fault":
            controller.trip("controller")

    def bits(self, function: int) -> list[bool]:
        """None."""
        return []

    def registers(self, function: int) -> bytes:
        """As above."""
        if function != HOLDING:
            return b""
        self.controller.advance(self._now())
        held = bytearray(_END * 2)
        for place, data in ((_STATUS, self._status()), (_ANSWER, self._answer), (_DIRECTORY, self._directory())):
            held[place * 2 : place * 2 + len(data)] = data
        held[_WINDOW * 2 :] = self._window
        return bytes(held)

    def switch(self, coil: int, on: bool) -> None:
        """It has no coils."""
        raise Refused(1)

    def write(self, start: int, data: bytes) -> None:
        """Fill the window, or act; refused (2) anywhere else: no register holds a lamp."""
        if start == _ARGUMENTS and len(data) == _ARGUMENTS_SIZE * 2:
            self._act(data)
        elif start >= _WINDOW and start + len(data) // 2 <= _END:
            place = (start - _WINDOW) * 2
            self._window[place : place + len(data)] = data
        else:
            raise Refused(2)

    def _act(self, data: bytes) -> None:
        name, wanted = data[:32].rstrip(b"\0").decode("utf-8", "replace"), data[32:64].hex()
        length, until = int.from_bytes(data[64:66], "big"), int.from_bytes(data[66:70], "big")
        ticket, what = data[70:74], int.from_bytes(data[74:76], "big")
        controller, now = self.controller, self._now()
        controller.advance(now)
        end, id, checksum = until or math.inf, f"modbus-{ticket.hex()}", wanted if any(data[32:64]) else None
        result, why = _DONE, ""
        try:
            if what == 1:
                controller.store(name, self._written(length), checksum)
            elif what == 2:
                controller.select(id, name, checksum, end, now)
            elif what in (3, 4):
                controller.rest(id, "flash" if what == 3 else "dark", end, now)
            elif what == 5:
                controller.let_go()
            else:
                raise OrderRefused(f"action {what}: 1 store, 2 select, 3 flash, 4 dark, 5 local")
        except OrderRefused as refused:
            result, why = _REFUSED, str(refused)
        known = controller.stored.get(name)
        kept = bytes.fromhex(known.checksum) if known is not None else b"\0" * 32
        self._answer = ticket + result.to_bytes(2, "big") + _padded(why, 64) + kept + b"\0\0"

    def _written(self, length: int) -> object:
        try:
            return json.loads(bytes(self._window[:length]))
        except ValueError:
            raise OrderRefused(f"the {length} bytes in the window are no JSON") from None

    def _status(self) -> bytes:
        controller, now = self.controller, self._now()
        runner, held = controller.runner, controller.held
        program = runner.shows.program if controller.fault is None else None
        stored = controller.stored.get(runner.shows.name or "") if controller.fault is None else None
        faults = [*([controller.fault] if controller.fault is not None else []), *controller.faults]
        clock = controller.clock
        numbers = (
            1,
            _MODES.index(controller.mode),
            program.stages[runner.second] if program is not None else 0,
            runner.second if program is not None else 0,
            program.cycle if program is not None else 0,
            _BY.index(controller.by),
            len(faults),
            runner.correction if program is not None else 0,
            max(-32768, min(32767, round(clock.error(now) * 100))),
            len(controller.stored),
        )
        until = int(held.until) if held is not None and math.isfinite(held.until) else 0
        return (
            b"".join((number % 65536).to_bytes(2, "big") for number in numbers)
            + int(clock.read(now)).to_bytes(4, "big")
            + until.to_bytes(4, "big")
            + _padded(runner.shows.name if controller.fault is None else None, 32)
            + _padded(held.plan if held is not None else None, 32)
            + _padded(controller.letters, 32)
            + (bytes.fromhex(stored.checksum) if stored is not None else b"\0" * 32)
            + _padded(" ".join(faults), 64)
        )

    def _directory(self) -> bytes:
        entries = sorted(self.controller.stored.items())[:_ENTRIES]
        return b"".join(_padded(name, 32) + bytes.fromhex(each.checksum) for name, each in entries)


def _padded(text: str | None, size: int) -> bytes:
    return (text or "").encode()[:size].ljust(size, b"\0")
