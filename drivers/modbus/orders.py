"""Orders on their way to the devices of a line: written, then looked for in what the device says."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Protocol

from drivers.burst import Burst
from drivers.modbus.exceptions import worded
from drivers.modbus.line import LineLost, NoAnswer, NotAllowed, Refusal, Request, back_request, write_request
from drivers.modbus.model import Write
from drivers.modbus.unit import Unit
from hub.model.commands import Outcome
from hub.model.reports import ResultReport
from hub.ports import Unreachable

LOOK_AGAIN = 0.05  # seconds until a write that does not show yet is looked for again; doubled each time
_SLOWEST = 0.5
_WRITE_TRIES = 2


@dataclass(slots=True)
class Writing:
    """A write under way. `taken` ends when the device has acknowledged it, or with what came in between; then it is looked for.

    `expires` is by the loop's clock: later it is not written any more.
    """

    unit: Unit
    write: Write
    on: bool
    command: str
    expires: float
    taken: asyncio.Future[None]
    tries: int = 0
    look_at: float = 0.0
    look_until: float = 0.0
    pause: float = LOOK_AGAIN
    saw: str = "the read-back was not answered"

    @property
    def request(self) -> Request:
        """The write itself."""
        return write_request(self.unit.address.unit, self.write, self.write.on if self.on else self.write.off)

    @property
    def look(self) -> Request:
        """The read in which it shows."""
        return back_request(self.unit.address.unit, self.write.back)

    def written(self, now: float) -> None:
        """The device took charge of it: look for it from now on."""
        self.look_at, self.look_until = now, now + self.write.within
        if not self.taken.done():
            self.taken.set_result(None)

    def shows(self, data: bytes) -> bool:
        """True when the read-back is as ordered."""
        back = self.write.back
        value = data[0] & 1 if back.function in (1, 2) else int.from_bytes(data[:2], "big")
        if back.bit is not None:
            value = value >> back.bit & 1
        wanted = back.on if self.on else back.off
        self.saw = f"it reads back {value}, not {wanted}"
        return value == wanted

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


class Asker(Protocol):
    """The line as orders use it."""

    async def ask(self, unit: Unit, request: Request) -> bytes:
        """The answer to a request; raises NoAnswer, LineLost and Refusal."""

    def answered(self, unit: Unit) -> None:
        """The device lives."""

    def no_answer(self, unit: Unit, burst: Burst) -> None:
        """The device did not answer."""

    def say(self, burst: Burst, about: list[Unit]) -> None:
        """Deliver."""

    def now(self) -> float:
        """The loop's clock."""

    def received(self) -> float:
        """The hub's clock."""


class Orders:
    """Writes that wait, and those that are looked for. Used by one bus."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._writes: deque[Writing] = deque()
        self._looks: list[Writing] = []
        self.written = self.refused = 0

    @property
    def any(self) -> bool:
        """True while there is something to write or to look for."""
        return bool(self._writes or self._looks)

    @property
    def waiting(self) -> bool:
        """True while there is something to write."""
        return bool(self._writes)

    def next_look(self) -> float | None:
        """When a write is to be looked for."""
        return min((each.look_at for each in self._looks), default=None)

    async def put(self, writing: Writing) -> None:
        """Return when the device has taken the write; raises Unreachable."""
        self._writes.append(writing)
        try:
            await writing.taken
        finally:
            if writing in self._writes:
                self._writes.remove(writing)

    def give_up(self, why: str, device: str | None = None) -> None:
        """Nothing that waits, of one device or of all, will be written."""
        for each in [each for each in self._writes if device in (None, each.unit.device.id)]:
            self._writes.remove(each)
            each.give_up(why)

    def forget(self, device: str) -> None:
        """Look no more for what was written to a device that is no more."""
        self._looks = [each for each in self._looks if each.unit.device.id != device]

    def lost(self, why: str, burst: Burst) -> None:
        """The line is down: what was written cannot be looked for."""
        for each in self._looks:
            burst.results.append(
                each.result(Outcome.FAILED, self._asker.received(), f"written, and then the line ended: {why}")
            )
        self._looks = []

    async def carry_out(self) -> None:
        """All that wait, and the looks that are due. Raises LineLost."""
        while self._writes or self._looks:
            now = self._asker.now()
            look = next((each for each in self._looks if each.look_at <= now), None)
            if self._writes:
                await self._write(self._writes.popleft())
            elif look is not None:
                await self._look(look)
            else:
                return

    async def _write(self, writing: Writing) -> None:
        asker, unit, burst = self._asker, writing.unit, Burst()
        if writing.taken.done() or asker.now() >= writing.expires:
            writing.give_up("it waited too long for its turn")
            return
        try:
            await asker.ask(unit, writing.request)
        except (NoAnswer, LineLost) as error:
            writing.tries += 1
            if writing.tries < _WRITE_TRIES:
                self._writes.appendleft(writing)
            else:
                writing.give_up(f"{unit.device.id} did not answer the order")
                asker.no_answer(unit, burst)
                asker.say(burst, [unit])
            if isinstance(error, LineLost):
                raise
        except Refusal as error:
            asker.answered(unit)
            self.refused += 1
            write = writing.write
            why = f"the write to {write.function}:{write.address} was refused with {worded(error.code)}"
            burst.results.append(writing.result(Outcome.REJECTED, asker.received(), why))
            writing.written(asker.now())
            asker.say(burst, [unit])
        except NotAllowed as error:
            writing.give_up(str(error))
        else:
            asker.answered(unit)
            self.written += 1
            self._looks = [each for each in self._looks if each.unit is not unit or each.write is not writing.write]
            writing.written(asker.now())
            self._looks.append(writing)

    async def _look(self, writing: Writing) -> None:
        """See whether an order shows: only then was it carried out."""
        asker, unit, burst = self._asker, writing.unit, Burst()
        shows, over = False, False
        try:
            shows = writing.shows(await asker.ask(unit, writing.look))
        except NoAnswer:
            pass
        except Refusal as error:
            writing.saw, over = f"the read-back was refused with {worded(error.code)}", True
        now = asker.now()
        if not shows and not over and now < writing.look_until:
            writing.later(now)
            return
        self._looks.remove(writing)
        back = writing.write.back
        why = f"written, but {writing.saw} ({back.function}:{back.address}) after {writing.write.within:g} s"
        outcome, detail = (Outcome.APPLIED, "") if shows else (Outcome.FAILED, why)
        burst.results.append(writing.result(outcome, asker.received(), detail))
        for job in unit.jobs:
            if job.has_states:
                job.due = now
        asker.say(burst, [unit])
