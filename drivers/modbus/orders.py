"""Orders on their way to the devices of a line: written, then looked for in what the device says."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Protocol

from drivers.burst import Burst
from drivers.modbus.exceptions import BEGUN, Kind, meaning, worded
from drivers.modbus.line import LineLost, NoAnswer, NotAllowed, Refusal, Request, back_request, write_request
from drivers.modbus.model import Write
from drivers.modbus.signal_orders import SignalWriting
from drivers.modbus.unit import Unit
from hub.model.commands import Outcome
from hub.model.reasons import sentence
from hub.model.reports import ResultReport
from hub.ports import Unreachable

LOOK_AGAIN = 0.05  # seconds until a write that does not show yet is looked for again; doubled each time
_SLOWEST = 0.5
_WRITE_TRIES = 2
_IN_A_ROW = 8  # requests of orders until a poll that is due gets its turn: a line full of orders still sees its devices


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
    seen: int | None = None  # what it last read back
    refused: int | None = None  # the exception with which the read-back was answered
    rejected: str | None = None  # why the device does not do it, as it says itself
    alone: bool = False
    onward: bool = False

    def more(self) -> bool:
        """One write is all."""
        return False

    def finish(self) -> None:
        """It was taken when it was written."""

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
        self.refused = None
        value = data[0] & 1 if back.function in (1, 2) else int.from_bytes(data[:2], "big")
        if back.bit is not None:
            value = value >> back.bit & 1
        self.seen = value
        return value == self.wanted

    @property
    def wanted(self) -> int:
        """What it must read back."""
        return self.write.back.on if self.on else self.write.back.off

    @property
    def why_not(self) -> str:
        """Why it failed: what was seen where it must show."""
        back, seconds = self.write.back, f"{self.write.within:g}"
        place = f"{back.function}:{back.address}"
        if self.refused is not None:
            code = self.refused
            return sentence("read-back-refused", place=place, exception=code, meaning=meaning(code).text)
        if self.seen is None:
            return sentence("read-back-silent", place=place, seconds=seconds)
        return sentence("read-back", read=self.seen, wanted=self.wanted, place=place, seconds=seconds)

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


UnderWay = Writing | SignalWriting


class Asker(Protocol):
    """The line as orders use it."""

    async def ask(self, unit: Unit, request: Request) -> bytes:
        """The answer to a request; raises NoAnswer, LineLost and Refusal."""

    def answered(self, unit: Unit) -> None:
        """The device lives."""

    def no_answer(self, unit: Unit, burst: Burst, why: str, *, by_gateway: bool = False) -> None:
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
        self._writes: deque[UnderWay] = deque()
        self._looks: list[UnderWay] = []
        self.written = self.refused = 0

    @property
    def any(self) -> bool:
        """True while there is something to write or to look for."""
        return bool(self._writes or self._looks)

    @property
    def waiting(self) -> bool:
        """True while there is something to write now."""
        return self._next() is not None

    def _next(self) -> UnderWay | None:
        """What is written next: not to a device that has to answer first."""
        busy = {each.unit.device.id for each in self._looks if each.alone}
        return next((each for each in self._writes if each.unit.device.id not in busy), None)

    def next_look(self) -> float | None:
        """When a write is to be looked for."""
        return min((each.look_at for each in self._looks), default=None)

    async def put(self, writing: UnderWay) -> None:
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
        for each in [each for each in self._looks if device in (None, each.unit.device.id)]:
            each.give_up(why)

    def forget(self, device: str) -> None:
        """Look no more for what was written to a device that is no more."""
        self._looks = [each for each in self._looks if each.unit.device.id != device]

    def lost(self, line: str, burst: Burst) -> None:
        """The line is down: what was written cannot be looked for."""
        why = sentence("line-ended", line=line)
        for each in self._looks:
            burst.results.append(each.result(Outcome.FAILED, self._asker.received(), why))
            each.finish()
        self._looks = []

    async def carry_out(self) -> None:
        """Those that wait, and the looks that are due, but so many in a row. Raises LineLost."""
        for _ in range(_IN_A_ROW):
            now = self._asker.now()
            look = next((each for each in self._looks if each.look_at <= now), None)
            writing = self._next()
            if writing is not None:
                self._writes.remove(writing)
                await self._write(writing)
            elif look is not None:
                await self._look(look)
            else:
                return

    async def _write(self, writing: UnderWay) -> None:
        asker, unit, burst = self._asker, writing.unit, Burst()
        if writing.taken.done() or asker.now() >= writing.expires or unit.health.away:
            writing.give_up("it waited too long for its turn, or its device went away meanwhile")
            return
        try:
            await asker.ask(unit, writing.request)
        except (NoAnswer, LineLost) as error:
            self._unanswered(writing, str(error))
            if isinstance(error, LineLost):
                raise
        except Refusal as error:
            if meaning(error.code).kind is Kind.ABSENT:
                self._unanswered(writing, worded(error.code), by_gateway=True)
                return
            asker.answered(unit)
            if error.code == BEGUN:
                self._taken(writing)
                return
            self.refused += 1
            place = f"{writing.write.function}:{writing.write.address}"
            why = sentence("write-refused", place=place, exception=error.code, meaning=meaning(error.code).text)
            burst.results.append(writing.result(Outcome.REJECTED, asker.received(), why))
            writing.written(asker.now())
            asker.say(burst, [unit])
        except NotAllowed as error:
            writing.give_up(str(error))
        else:
            asker.answered(unit)
            if writing.more():
                self._writes.appendleft(writing)
            else:
                self._taken(writing)
        finally:
            if writing not in self._writes and writing not in self._looks:
                writing.give_up("the line was left while it was written")  # nothing, once the device has taken it

    def _taken(self, writing: UnderWay) -> None:
        """Look for it from now on, and no more for what was written there before."""
        self.written += 1
        unit, write = writing.unit, writing.write
        self._looks = [each for each in self._looks if each.alone or each.unit is not unit or each.write is not write]
        writing.written(self._asker.now())
        self._looks.append(writing)

    def _unanswered(self, writing: UnderWay, why: str, *, by_gateway: bool = False) -> None:
        """Nobody took it: it is written once more, or given up."""
        writing.tries += 1
        if writing.tries < _WRITE_TRIES:
            self._writes.appendleft(writing)
            return
        unit, burst = writing.unit, Burst()
        writing.give_up(f"{unit.device.id} did not answer the order")
        self._asker.no_answer(unit, burst, why, by_gateway=by_gateway)
        self._asker.say(burst, [unit])

    async def _look(self, writing: UnderWay) -> None:
        """See whether an order shows: only then was it carried out."""
        asker, unit, burst = self._asker, writing.unit, Burst()
        shows, over, lost = False, False, None
        try:
            shows = writing.shows(await asker.ask(unit, writing.look))
            over = writing.rejected is not None
        except NoAnswer:
            pass
        except LineLost as error:
            lost = error  # told on, but not for ever: a gateway may end the connection at every such question
        except Refusal as error:
            kind = meaning(error.code).kind
            writing.refused, over = (None if kind is Kind.ABSENT else error.code), kind in (Kind.REFUSED, Kind.FAILED)
        now = asker.now()
        if writing not in self._looks:
            pass  # its device was removed meanwhile
        elif not shows and not over and now < writing.look_until:
            writing.later(now)
        elif shows and writing.onward:
            self._looks.remove(writing)
            self._writes.appendleft(writing)
        else:
            self._looks.remove(writing)
            writing.finish()
            outcome, detail = (Outcome.APPLIED, "") if shows else (Outcome.FAILED, writing.why_not)
            if writing.rejected is not None:
                outcome, detail = Outcome.REJECTED, writing.rejected
            burst.results.append(writing.result(outcome, asker.received(), detail))
            for job in unit.jobs:
                if job.has_states or writing.alone:
                    job.due = now
            asker.say(burst, [unit])
        if lost is not None:
            raise lost
