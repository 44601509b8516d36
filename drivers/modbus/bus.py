"""A line and the devices on it: one request at a time, orders first, every poll at its time."""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter
from collections.abc import Callable
from typing import Protocol

import structlog

from drivers.burst import Burst
from drivers.modbus.exceptions import Kind, meaning, worded
from drivers.modbus.line import Line, LineLost, NoAnswer, Refusal, Request
from drivers.modbus.model import Write
from drivers.modbus.orders import Orders, Writing
from drivers.modbus.pace import Pace
from drivers.modbus.reader import Found
from drivers.modbus.settings import Settings
from drivers.modbus.signal_orders import SignalWriting
from drivers.modbus.unit import Conditions, Job, Read, Unit
from hub.model.commands import Command
from hub.ports import Clock, Unreachable

_GOLDEN = 0.618033988749895  # multiples of it, modulo 1, spread polls evenly however many there are
_FIRST_WITHIN = 1.0  # seconds within which everything is read for the first time, where the line can
_LONGEST_WAIT = 30.0  # seconds between tries to connect
_SHORTEST_WAIT = 0.5
_DOWN_AFTER = 2  # tries to connect that fail until the devices count as away
_LOG_AFTER = 4  # ... and until it is logged: what starts together with the hub may need a moment
_SILENT = 3  # answers missed in a row, on the whole line, until the connection is made anew
_BETWEEN = 4  # polls of faster classes between two reads of a device that needs many
_log = structlog.get_logger("lamplighter.modbus")


class Outlet(Protocol):
    """Where what was read goes."""

    def put(self, burst: Burst, failed: Callable[[], None]) -> None:
        """Deliver it; `failed` is called when it got lost."""

    def full(self, *, panels: bool = False) -> bool:
        """True while polls must wait; those of fire panels wait for less."""

    async def room(self) -> None:
        """Return when there is room again."""


class Bus:
    """Runs a line until it is stopped.

    Polls are due on a raster, each of its own phase; the earliest goes first, and what is late is not made up for. A device that
    misses `misses` answers in a row is taken out of this and asked again with growing pauses, when the line has time for a
    missed answer, or, when it never has, in a small share of it.
    """

    def __init__(self, line: Line, settings: Settings, clock: Clock, outlet: Outlet, held: Conditions) -> None:
        self.line, self.address = line, line.address
        self._settings, self._clock, self._outlet, self._held = settings, clock, outlet, held
        self.units: dict[str, Unit] = {}
        self.counted: Counter[str] = Counter()
        self.down_reason: str | None = "not connected yet"
        self.orders = Orders(self)
        self._logged_down = False
        self._wake = asyncio.Event()
        self._added = 0
        self._away = False  # True while a device may be away
        self._saved = 0.0  # seconds that may go into probes although polls are due
        self._saved_at = 0.0
        self._missed = 0
        self.pace = Pace(str(line.address))
        self.now = asyncio.get_running_loop().time
        self.received = clock.now

    # --- from outside -------------------------------------------------------------------------------------------------

    def add(self, unit: Unit) -> None:
        """Begin to read a device."""
        now = self.now()
        for job in unit.jobs:
            share = self._added * _GOLDEN % 1.0
            self._added += 1
            job.due = now + min(job.every, _FIRST_WITHIN) * share
            job.then = now + job.every * share
        self.units[unit.device.id] = unit
        self._wake.set()

    def remove(self, device: str, *, changed: bool = False) -> None:
        """Read it no more; its orders end as unreachable. `changed`: it is there, and will be read otherwise."""
        unit = self.units.pop(device, None)
        if unit is not None and changed:
            burst = Burst()
            unit.farewell(self.received(), burst)
            self.say(burst, [])
        self.orders.give_up(f"{device} is not on this line any more", device)
        self.orders.forget(device)
        self._wake.set()

    def poll_now(self, device: str) -> None:
        """Read everything of a device as soon as the line is free."""
        for job in self.units[device].jobs:
            job.due = min(job.due, self.now())
        self._wake.set()

    async def order(self, device: str, write: Write, on: bool, command: str, within: float) -> None:
        """Write; returns when the device has taken it. What became of it is delivered as a result. Raises Unreachable."""
        unit = self._there(device)
        taken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._wake.set()
        await self.orders.put(Writing(unit, write, on, command, self.now() + within, taken))

    async def signal(self, device: str, command: Command, within: float) -> None:
        """Tell a signal controller something; returns when it has taken it. Its answer is delivered as a result. Raises
        Unreachable and CannotCarry."""
        unit = self._there(device)
        taken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        writing = SignalWriting(unit, command, self.now() + within, taken)
        self._wake.set()
        await self.orders.put(writing)

    def watch(self, device: str, every: float, lasts: float) -> None:
        """Let a signal controller tell its state so often for so long."""
        controller = self.units[device].controller
        if controller is not None:
            controller.watch(every, self.now() + lasts)

    def _there(self, device: str) -> Unit:
        unit = self.units.get(device)
        if unit is None or unit.health.away:
            raise Unreachable(f"{device} does not answer")
        if self.down_reason is not None:
            raise Unreachable(self.down_reason)
        return unit

    async def run(self) -> None:
        """Stay connected and ask; ends when cancelled."""
        tries = 0
        try:
            while True:
                if not self.units:
                    self.line.close()
                    await self._pause(None)
                    continue
                try:
                    await self.line.connect()
                except LineLost as error:
                    tries += 1
                    self._down(str(error), tries)
                    wait = min(_LONGEST_WAIT, _SHORTEST_WAIT * 2.0 ** min(tries - 1, 10))
                    await asyncio.sleep(wait * random.uniform(0.8, 1.2))
                    continue
                tries = 0
                self._up()
                try:
                    await self._work()
                except LineLost:
                    # Some gateways close it when one device behind them is silent: the others are not blamed for that.
                    self.counted["reconnects"] += 1
                    await asyncio.sleep(random.uniform(0.02, 0.1))
        finally:
            self.line.close()
            self.orders.give_up("the hub stops")

    # --- the line -----------------------------------------------------------------------------------------------------

    def _up(self) -> None:
        if self._logged_down:
            _log.info("line is back", line=str(self.address))
        self.down_reason, self._missed, self._logged_down = None, 0, False

    def _down(self, reason: str, tries: int) -> None:
        if tries < _DOWN_AFTER:
            return
        if tries == _LOG_AFTER:
            self._logged_down = True
            _log.warning("line is down, trying again until it works", line=str(self.address), reason=reason)
        self.down_reason = reason
        self.orders.give_up(reason)
        burst = Burst()
        for unit in self.units.values():
            unit.gone(self.received(), burst)
        self.orders.lost(str(self.address), burst)
        self.say(burst, list(self.units.values()))

    # --- what to do next ----------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        while self.units:
            if not self.line.connected:
                raise LineLost("the connection ended")
            if self.orders.any:
                await self.orders.carry_out()
            now, probe, held = self.now(), self._probe(), self._outlet.full()
            due = self._due(panels=held)
            if held and (due is None or due[0] > now or self._outlet.full(panels=True)):
                await self._until_room(now, due[0] if due is not None else math.inf)
            elif probe is not None and self._time_for(probe, due, now):
                await self._ask_again(probe)
            elif due is not None and due[0] <= now:
                await self._poll(due[1], due[2])
            else:
                times = [] if due is None else [due[0]]
                if probe is not None:
                    times.append(max(probe.health.probe_at, now + 0.05))
                if (look := self.orders.next_look()) is not None:
                    times.append(look)
                await self._pause(min(times, default=None))

    def _due(self, faster_than: float = math.inf, *, panels: bool = False) -> tuple[float, Unit, Job] | None:
        """The poll that is due first, and when; of those with less than so many seconds between reads, or of fire panels."""
        found: tuple[float, Unit, Job] | None = None
        for unit in self.units.values():
            health = unit.health
            if health.away or (panels and unit.panel is None):
                continue
            for job in unit.jobs:
                if job.every >= faster_than:
                    continue
                due = job.due if job.due > health.rests_until else health.rests_until
                if found is None or due < found[0]:
                    found = due, unit, job
        return found

    def _probe(self) -> Unit | None:
        """The device that is away and to be asked next."""
        if not self._away:
            return None
        away = [unit for unit in self.units.values() if unit.health.away]
        self._away = bool(away)
        return min(away, key=lambda unit: unit.health.probe_at, default=None)

    def _time_for(self, unit: Unit, due: tuple[float, Unit, Job] | None, now: float) -> bool:
        """Whether a device that is away may be asked now: the line has nothing else to do for as long as an answer may take, or
        the share for it is saved up."""
        cost = self._settings.timeout
        self._saved = min(cost, self._saved + (now - self._saved_at) * self._settings.probe_share)
        self._saved_at = now
        if unit.health.probe_at > now:
            return False
        return due is None or due[0] - now >= cost or self._saved >= cost

    async def _pause(self, until: float | None) -> None:
        """Wait for the next thing to do, or for one from outside."""
        self._wake.clear()
        wait = None if until is None else until - self.now()
        if self.orders.waiting or (wait is not None and wait <= 0):
            return
        ends = None if wait is None else asyncio.get_running_loop().call_later(wait, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            if ends is not None:
                ends.cancel()

    async def _until_room(self, now: float, panel: float) -> None:
        """The hub is behind: nothing is polled meanwhile; orders go on, and so do fire panels, the next at `panel`."""
        self._wake.clear()
        look = self.orders.next_look()
        wait = min(0.5, math.inf if look is None else look - now, panel - now if panel > now else 0.5)
        if self.orders.waiting or wait <= 0:
            return
        waits = {asyncio.ensure_future(self._outlet.room()), asyncio.ensure_future(self._wake.wait())}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED, timeout=wait)
        finally:
            for each in waits:
                each.cancel()

    # --- polls --------------------------------------------------------------------------------------------------------

    async def _poll(self, unit: Unit, job: Job) -> None:
        """Read a job of a device, orders and what is more urgent in between, and deliver what it means."""
        began = self.now()
        if began - job.due > job.every:
            self.counted["late"] += 1
        self.counted["left_out"] += (left_out := job.plan(began))
        self.pace.polled(left_out)
        found, burst, whole = Found(), Burst(), True
        for place, read in enumerate(list(job.reads)):
            if read.refused_until > began:
                continue
            if place and not await self._faster(unit, job):
                whole, job.due = False, began
                break
            try:
                if self.orders.any:
                    await self.orders.carry_out()
                if self.units.get(unit.device.id) is not unit:
                    return
                data = await self.ask(unit, read.request)
            except NoAnswer as error:
                self.no_answer(unit, burst, str(error))
                whole, job.due = False, began
                break
            except LineLost as error:
                if error.asked:
                    self.no_answer(unit, burst, str(error))
                job.due = began
                self.say(burst, [unit])
                raise
            except Refusal as error:
                kind = meaning(error.code).kind
                if kind is Kind.ABSENT:
                    self.no_answer(unit, burst, worded(error.code), by_gateway=True)
                    whole, job.due = False, began
                    break
                whole = whole and kind is Kind.REFUSED and len(read.block.points) == 1
                self._refused(unit, job, read, error.code, burst)
                continue
            self.answered(unit)
            unit.fine(read, self.received(), burst)
            read.reader.read(data, found, unit.count)
        if not unit.health.missed:
            unit.take(job, found, whole, self.received(), self.now(), burst, self._held)
            self.counted["polls"] += 1
        self.say(burst, [unit])

    async def _faster(self, unit: Unit, job: Job) -> bool:
        """Poll what is due and has less time than `job`, so that a device with many reads does not hold up its neighbours.
        False when `unit` itself missed an answer there."""
        missed = unit.health.missed
        for _ in range(_BETWEEN):
            held = self._outlet.full()
            due = self._due(job.every, panels=held)
            if due is None or due[0] > self.now() or (held and self._outlet.full(panels=True)):
                break
            await self._poll(due[1], due[2])
        return unit.health.missed <= missed

    def _refused(self, unit: Unit, job: Job, read: Read, code: int, burst: Burst) -> None:
        self.answered(unit)
        self.counted["exceptions"] += 1
        condition = unit.refused(job, read, code, self.now())
        if condition is None:
            job.due = self.now()  # it was split: its parts at once
            return
        if not unit.said.conditions.get((condition, str(read.block))):
            _log.warning("a device refuses a read", device=unit.device.id, read=str(read.block), reason=worded(code))
        unit.exception(read, code, self.received(), burst)

    async def _ask_again(self, unit: Unit) -> None:
        """One question to a device that is away."""
        began, burst = self.now(), Burst()
        try:
            await self.ask(unit, unit.probe.request)
        except (NoAnswer, LineLost, Refusal) as error:
            by_gateway = isinstance(error, Refusal)
            if not isinstance(error, Refusal) or meaning(error.code).kind is Kind.ABSENT:
                why = worded(error.code) if isinstance(error, Refusal) else str(error)
                self.no_answer(unit, burst, why, by_gateway=by_gateway)
                self._saved -= self.now() - began
                self.say(burst, [unit])
                if isinstance(error, LineLost):
                    raise
                return
        self.answered(unit)
        for job in unit.jobs:
            job.due = self.now()

    # --- one request --------------------------------------------------------------------------------------------------

    async def ask(self, unit: Unit, request: Request) -> bytes:
        """The answer of a device; raises NoAnswer, LineLost and Refusal."""
        if self.line.quiet:
            await asyncio.sleep(self.line.quiet)
        self.counted["requests"] += 1
        return await self.line.ask(request)

    def answered(self, unit: Unit) -> None:
        """It lives."""
        self._missed = 0
        if unit.health.missed and unit.answered():
            _log.info("a device answers again", device=unit.device.id, address=str(unit.address))

    def no_answer(self, unit: Unit, burst: Burst, why: str, *, by_gateway: bool = False) -> None:
        """It did not answer, or (`by_gateway`) its gateway says so.

        It is not asked again at once: on a line without transaction numbers its late answer could be taken for that to the next
        question.
        """
        now, settings = self.now(), self._settings
        self.counted["missed"] += 1
        self._missed += 1
        unit.health.rests_until = now + settings.timeout
        if unit.missed(now, settings.misses, settings.probe_least, settings.probe_most):
            _log.warning(
                "a device does not answer; it is asked again now and then",
                device=unit.device.id,
                address=str(unit.address),
                reason=why,
            )
            self._away = True
            unit.gone(self.received(), burst)
        if by_gateway and unit.health.away:
            unit.unreachable(why, self.received(), burst, self._held)
        if self._missed >= _SILENT and self.address.port:
            self._missed = 0
            self.line.close()

    def say(self, burst: Burst, about: list[Unit]) -> None:
        """Deliver what was heard of these devices."""
        if burst.rows or burst.size():

            def failed() -> None:
                for unit in about:
                    unit.again()

            self._outlet.put(burst, failed)
