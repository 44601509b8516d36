"""An order to a signal controller: blocks of a program into its window, one action, and its answer with the checksum."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Mapping
from typing import Any

from drivers.modbus.line import Request, many_request, read_request
from drivers.modbus.model import HOLDING, Block
from drivers.modbus.signals import (
    ANSWER,
    ANSWER_SIZE,
    ARGUMENTS,
    BUSY,
    DARK,
    DONE,
    FLASH,
    LOCAL,
    SELECT,
    STORE,
    SignalWrite,
    action,
    answer,
    download,
)
from drivers.modbus.unit import Unit
from hub.model.commands import Command, Operation, Outcome
from hub.model.reasons import sentence
from hub.model.reports import ResultReport
from hub.ports import CannotCarry, Unreachable

LOOK_AGAIN = 0.05  # seconds until an answer that has not come is looked for again; doubled each time
_SLOWEST = 0.5
_WITHIN = 3.0  # seconds that a controller may take for one action
_ANSWER = Block(HOLDING, ANSWER, ANSWER_SIZE, ())
_MODES = {"flash": FLASH, "dark": DARK, "local": LOCAL}


class Place:
    """Where actions are written, as a refusal names it."""

    function, address = 16, ARGUMENTS


class SignalWriting:
    """An order under way, one request after the other; see `orders.Writing`. Two of them never go to one controller at a time:
    its window and its answer are those of one."""

    alone = True
    write = Place()

    def __init__(self, unit: Unit, command: Command, expires: float, taken: asyncio.Future[None]) -> None:
        """Raises CannotCarry."""
        self.unit, self.command, self.expires, self.taken = unit, command.id, expires, taken
        self._ticket = secrets.randbits(32) & ~1  # no answer to an earlier order is taken for that to this one
        self._checksum = ""
        try:
            self._left = deque(self._writes(command, command.signal or {}))
        except ValueError as error:
            raise CannotCarry(str(error)) from None
        self.tries = 0
        self.look_at = self.look_until = 0.0
        self.pause = LOOK_AGAIN
        self.rejected: str | None = None
        self.refused: int | None = None

    def _writes(self, command: Command, said: Mapping[str, Any]) -> list[SignalWrite]:
        until = 0 if command.until is None else int(command.until)
        if command.operation is Operation.SIGNAL_MODE:
            mode = said.get("mode")
            if mode not in _MODES:
                raise ValueError(f"mode {mode!r}: write flash, dark or local")
            return [action(self._ticket, _MODES[mode], until=until)]
        name, checksum = str(said.get("plan", "")), str(said.get("checksum") or "")
        program, found = said.get("program"), list[SignalWrite]()
        if program is not None:
            found, length, self._checksum = download(program)
            found.append(action(self._ticket, STORE, name=name, checksum=checksum or self._checksum, length=length))
        if said.get("activate", True):
            found.append(action(self._ticket ^ bool(found), SELECT, name=name, checksum=checksum, until=until))
        if not found:
            raise ValueError("there is nothing to do: give a program to store, or activate it")
        return found

    @property
    def request(self) -> Request:
        """The write that is next."""
        return many_request(self.unit.address.unit, self._left[0].start, self._left[0].data)

    @property
    def look(self) -> Request:
        """The read of the answer."""
        return read_request(self.unit.address.unit, _ANSWER)

    def more(self) -> bool:
        """A write was taken; True when the next one needs no answer before it."""
        self._acted, self.tries = self._left.popleft(), 0
        return self._acted.start != ARGUMENTS

    def written(self, now: float) -> None:
        """Look for the answer from now on."""
        self.look_at, self.look_until, self.pause = now, now + _WITHIN, LOOK_AGAIN
        if not self._left:
            self.finish()

    def finish(self) -> None:
        """The controller has taken all of it, or has refused a part."""
        if not self.taken.done():
            self.taken.set_result(None)

    def shows(self, data: bytes) -> bool:
        """True when the controller says that it did what it was told last."""
        said = answer(data)
        ticket = int.from_bytes(self._acted.data[70:74], "big")
        self.refused = None
        if said.ticket != ticket or said.result == BUSY:
            return False
        if said.result != DONE:
            self.rejected = said.why or "the controller gave no reason"
        elif self._checksum and said.checksum != self._checksum:
            self.rejected = f"it reads back with the checksum {said.checksum}, not {self._checksum}"
        return self.rejected is None

    @property
    def onward(self) -> bool:
        """Whether another write follows what was done."""
        return bool(self._left)

    @property
    def why_not(self) -> str:
        """Why it failed."""
        place = f"{HOLDING}:{ANSWER}"
        if self.refused is not None:
            return sentence("read-back-refused", place=place, exception=self.refused, meaning="it refuses the read")
        return sentence("read-back-silent", place=place, seconds=f"{_WITHIN:g}")

    def later(self, now: float) -> None:
        """Look again after a while."""
        self.look_at = now + self.pause
        self.pause = min(_SLOWEST, self.pause * 2)

    def result(self, outcome: Outcome, received: float, detail: str = "") -> ResultReport:
        """What the hub is told."""
        return ResultReport(self.unit.device.id, self.command, outcome, received, received, detail)

    def give_up(self, why: str) -> None:
        """It was not written."""
        if not self.taken.done():
            self.taken.set_exception(Unreachable(why))
