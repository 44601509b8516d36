"""Carrying out commands: whole zones first, stragglers one by one, an outcome for every target.

Truth is in the registry: every change of an outcome is written there first. What is held here is which targets are
still open; it is rebuilt from the registry at start.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import structlog

from hub.background import in_parts
from hub.control.abilities import Abilities
from hub.control.answers import Expected
from hub.control.board import Board
from hub.control.cover import Way, Ways
from hub.control.patience import PatientWriter
from hub.control.running import Handed, Running, Terms, Told
from hub.control.silence import why_silent
from hub.control.turns import Turns, Urgency
from hub.control.watch import Watch
from hub.model.commands import Command, Outcome
from hub.ports import CannotCarry, Clock, Confirmation, Order, ProfileInfo, Unreachable
from hub.registry import Registry, TargetChange
from hub.registry.city import City

log = structlog.get_logger("lamplighter.control")

Send = Callable[[Order], Awaitable[None]]
BROKER_RETRY = 0.5  # seconds between tries to hand orders to a broker that is away
KEPT_WITHIN = 10.0  # seconds after a start within which the broker hands over answers that it kept for the hub
AT_ONCE = 200  # orders handed to the broker at the same time
LIVELY = 10  # how many times its pause an order waits for the silent while others still answer
MANY = 1_000  # silent lights: more than that are asked by their zones once more, not alone
NOTED_WITHIN = 0.25  # seconds until what left is written down while other orders of its command wait for their turn


class Dispatcher:
    """Sends commands and follows them to their end.

    A target is asked up to `tries` times: once with its zone, then alone, when none has answered for `retry_after` seconds,
    then with doubled waits. As long as very many are silent zones are asked instead: the network is slow, not they. What has
    not answered by the command's `expires` ends as timed_out, with the reason. Devices whose type asks for more patience than
    that are waited for so long, and asked once: a slow network keeps what it got.
    """

    def __init__(
        self,
        city: City,
        board: Board,
        registry: Registry,
        clock: Clock,
        send: Send,
        watch: Watch,
        abilities: Abilities,
        *,
        tries: int = 4,
        retry_after: float = 3.0,
        turns: Turns | None = None,
    ) -> None:
        self._city, self._board, self._registry, self._clock = city, board, registry, clock
        self._send, self._watch, self._abilities = send, watch, abilities
        self._tries, self._retry_after = tries, retry_after
        self.turns = turns or Turns(city)
        self._ways = Ways(city, board, abilities, clock)
        self._running: dict[str, list[Running]] = {}
        self._last_told: dict[str, Told] = {}
        self._places = asyncio.Semaphore(AT_ONCE)
        self._writer = PatientWriter()

    # --- beginning and ending ------------------------------------------------------------------------------------

    def begin(
        self,
        command: Command,
        targets: Collection[str],
        urgency: Urgency = Urgency.PEOPLE,
        handed: Handed | None = None,
    ) -> None:
        """Carry out a command that is in the registry with these targets open.

        Answers are waited for until it expires. Where orders wait for their turn, `urgency` says which goes first.
        """
        self._begin(command, targets, 0.0, {}, urgency, handed)

    def _begin(
        self,
        command: Command,
        targets: Collection[str],
        at_least: float,
        sent: dict[str, str],
        urgency: Urgency = Urgency.PEOPLE,
        handed: Handed | None = None,
    ) -> None:
        """`sent`: {device: detail} of the targets that the other side took charge of before a restart."""
        parts: dict[Terms, list[str]] = defaultdict(list)
        for profile, devices in self._abilities.by_profile(targets).items():
            parts[self._terms(command, self._abilities.profile(profile))] += devices
        now, clock = self._clock.now(), asyncio.get_running_loop().time()
        runs = self._running[command.id] = []
        for terms, devices in (parts or {Terms(): []}).items():
            life = max(command.expires - command.created, terms.patience * self._clock.rate)
            expires = command.created + life
            if command.until is not None:
                expires = min(expires, command.until)
            left = min(expires - now, life) / self._clock.rate
            own = replace(command, expires=expires)
            running = Running(own, devices, terms, clock + max(left, at_least), urgency, handed)
            if not terms.repeats:
                running.handed_over = {device for device in devices if device in sent}
                running.received = {device: sent[device] for device in running.handed_over if sent[device]}
                for device in running.handed_over:
                    self._note(running, device)
                for device in running.received:
                    self._note_told(running, device)
            runs.append(running)
        for running in runs:
            running.task = asyncio.create_task(self._follow(running), name=f"command-{command.id}")

    def _terms(self, command: Command, info: ProfileInfo | None) -> Terms:
        if info is None:
            return Terms()
        slow = info.patience * self._clock.rate > command.expires - command.created
        silent = info.confirmation in (Confirmation.DELIVERY, Confirmation.NONE)
        return Terms(info.patience, repeats=not slow and not silent)

    async def resume(self, urgency: Callable[[Command], Urgency]) -> None:
        """Take up every command that was running when the hub last stopped.

        Lights may have answered meanwhile: the broker gets a moment to hand over what it kept for us.
        """
        for command, targets in await asyncio.to_thread(self._registry.orders.running):
            waiting = [target for target in targets if not target.outcome.final]
            sent = {target.device: target.detail for target in waiting if target.outcome is Outcome.SENT}
            self._begin(command, [target.device for target in waiting], KEPT_WITHIN, sent, urgency(command))

    async def stop(self) -> None:
        """Leave: open targets stay open in the registry and are taken up at the next start."""
        tasks = [running.task for running in self._all() if running.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _all(self) -> list[Running]:
        return [running for runs in self._running.values() for running in runs]

    def busy(self) -> set[str]:
        """Devices that a command under way still waits for."""
        return set().union(*(running.open for running in self._all()))

    # --- what comes back -----------------------------------------------------------------------------------------

    def observe(self, changes: Iterable[TargetChange]) -> None:
        """Outcomes that changed in the registry: by devices' reports, or by newer orders."""
        touched: set[str] = set()
        for change in changes:
            touched.add(change.command)
            for running in self._running.get(change.command, ()):
                if change.outcome.final:
                    running.close([change.device])
                elif change.device in running.open and change.detail:
                    running.received[change.device] = change.detail
                    self._note_told(running, change.device)
        for command in touched:
            self._watch.command(command)

    def expected(self, device: str) -> Expected | None:
        """The order that this device was told and has not answered, when its answer is read from its state."""
        told = (
            (each.command, each.told[device]) for each in self._all() if device in each.open and device in each.told
        )
        return next((Expected(command, known.level) for command, known in told), None)

    def waits_for(self, device: str, override: str | None) -> bool:
        """Whether an order by this very rule, an override or (None) the program, is under way to the device."""
        return any(device in running.open and running.command.rule == override for running in self._all())

    def last_told(self, device: str) -> Told | None:
        """The level that a device which never says what it does was last told, as far as can be known."""
        return self._last_told.get(device)

    def clock_set(self) -> None:
        """The clock jumped: by its times nobody knows any more what was told last."""
        self._last_told.clear()

    def _note(self, running: Running, device: str) -> Command:
        """The command as this device is told it, its level noted when the answer is to be read from the device's state."""
        now = self._clock.now()
        command = self._abilities.addressed(running.command, device, now)
        if command.level is not None and self._abilities.answers_by_state(device):
            before = running.told.get(device)
            running.told[device] = Told(command.level, now if before is None else before.time)
        return command

    def _note_told(self, running: Running, device: str) -> None:
        told = running.told.get(device)
        if told is not None:
            self._last_told[device] = Told(told.level, self._clock.now())

    # --- one command ---------------------------------------------------------------------------------------------

    async def _follow(self, running: Running) -> None:
        """Carry a command out and end it, whatever happens: a light must not stay `busy` for ever."""
        try:
            running.close(())
            await self._carry_out(running)
        except Exception:
            log.exception("a command failed; its open targets end as timed out", command=running.command.id)
        try:
            await self._finish(running)
        except Exception:
            log.exception("a command could not be ended", command=running.command.id)
        finally:
            self._leave(running)

    def _leave(self, running: Running) -> bool:
        """Take it out; True when nothing else of its command is under way."""
        runs = self._running.get(running.command.id, [])
        if running in runs:
            runs.remove(running)
        if not runs:
            self._running.pop(running.command.id, None)
        return not runs

    async def _carry_out(self, running: Running) -> None:
        command = running.command
        never = self._board.cabinets.refusals(running.open)
        async for part in in_parts(list(running.open)):
            never |= self._abilities.refusals(part, command.operation)
        await self._reject(running, never)
        wait = self._retry_after + command.ramp / self._clock.rate
        await self._until_taken(running, running.open - running.handed_over, by_zone=True)
        for _ in range(self._tries - 1 if running.terms.repeats else 0):
            if await self._rests(running, wait) or self._left(running) <= 0:
                return
            awake = [each async for part in in_parts(list(running.open)) for each in part if self._board.online(each)]
            await self._until_taken(running, awake, by_zone=len(awake) > MANY)
            wait = wait * 2 * random.uniform(0.8, 1.2)
        await self._closes(running, self._left(running))

    def _left(self, running: Running) -> float:
        """Seconds on the wall until the command expires."""
        return running.give_up - asyncio.get_running_loop().time()

    async def _closes(self, running: Running, seconds: float) -> bool:
        if seconds > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await running.closed.wait()
        return running.closed.is_set()

    async def _rests(self, running: Running, seconds: float) -> bool:
        """Wait until no target has closed for `seconds`, at the latest for `LIVELY` times as long; True when all have closed.

        While lights answer, the others are on their way: a city that needs longer than `seconds` is not asked twice.
        """
        begin = asyncio.get_running_loop().time()
        while not running.closed.is_set():
            ends = min(max(begin, running.heard) + seconds, begin + LIVELY * seconds, running.give_up)
            if (left := ends - asyncio.get_running_loop().time()) <= 0:
                break
            await self._closes(running, left)
        return running.closed.is_set()

    async def _until_taken(self, running: Running, devices: Iterable[str], *, by_zone: bool = False) -> None:
        """Hand orders to the broker; while it is away try again until the command expires or nobody is waited for.

        Only for lights that are still waited for: what a newer order took over must not be told the older one.
        """
        wanted = set(devices)
        while (
            (wanted := wanted & running.open)
            and self._clock.now() < running.command.expires
            and self._left(running) > 0
        ):
            wanted.difference_update(
                await self._hand_over(running, await self._ways.of(running.command, wanted, by_zone=by_zone))
            )
            if wanted and await self._closes(running, min(BROKER_RETRY, self._left(running))):
                return

    async def _hand_over(self, running: Running, ways: Sequence[Way]) -> list[str]:
        """Give orders to the broker; returns the lights of those it took, now `sent`, and those that can never be told."""
        refused: dict[str, str] = {}
        done: list[str] = []
        under_way: dict[asyncio.Task[bool], list[str]] = {}
        news: list[asyncio.Task[bool]] = []
        all_ended = asyncio.Event()

        def end(task: asyncio.Task[bool]) -> None:
            news.append(task)
            if len(news) == len(under_way):
                all_ended.set()

        try:
            async for part in in_parts(ways):
                under_way |= {asyncio.create_task(self._try(running, way, refused)): way.lights for way in part}
            for each in under_way:
                each.add_done_callback(end)
            while under_way:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(NOTED_WITHIN):
                        await all_ended.wait()
                ended = news.copy()
                news.clear()
                sent = [device for each in ended if each.result() for device in under_way[each]]
                for each in ended:
                    del under_way[each]
                never = dict(refused)
                refused.clear()
                await self._reject(running, never)
                done += [*sent, *never]
                if sent:
                    command = running.command.id
                    await self._writer.write(self._registry.orders.mark_sent, command, sent, self._clock.now())
                    self._watch.command(command)
        finally:
            for each in under_way:
                each.cancel()
        return done

    async def _try(self, running: Running, way: Way, refused: dict[str, str]) -> bool:
        lights, device = way.lights, way.lights[0]
        gate = self.turns.gate(device) if way.zone is None else None
        if not await self.turns.turn(gate, running.urgency, self._left(running)):
            running.waited.update(lights)
            return False
        async with self._places:
            if not running.open.issuperset(lights) if way.zone is not None else running.open.isdisjoint(lights):
                self.turns.give_back(gate)  # what a newer order took over must not be told with its zone
                return False
            try:
                await self._send(self._order(running, way))
            except (Unreachable, CannotCarry) as error:
                for light in lights:
                    running.told.pop(light, None)
                if isinstance(error, CannotCarry):
                    refused.update(dict.fromkeys(lights, str(error)))
                return False
            running.waited.difference_update(lights)
            self.turns.sent["zone" if way.zone is not None else "device"] += 1
            if way.zone is None and self._abilities.never_answers(device):
                self._note_told(running, device)
            if running.handed is not None:
                for each in lights:
                    running.handed(each)
            return True

    def _order(self, running: Running, way: Way) -> Order:
        """What is sent; noted before it is sent: a fast device answers before the broker confirms."""
        command = running.command
        if way.zone is None:
            command, *_ = [self._note(running, light) for light in way.lights]
        return way.order(command)

    async def _reject(self, running: Running, reasons: Mapping[str, str]) -> None:
        """End these targets at once: their type can never do it."""
        if not reasons:
            return
        now, command = self._clock.now(), running.command.id
        changes = [
            TargetChange(command, device, Outcome.REJECTED, reason, now) for device, reason in sorted(reasons.items())
        ]
        await self._writer.write(self._registry.orders.mark, changes)
        running.close(reasons)
        self._watch.command(command)

    async def _finish(self, running: Running) -> None:
        command, now = running.command, self._clock.now()
        if running.open:
            late = [
                TargetChange(
                    command.id,
                    device,
                    Outcome.TIMED_OUT,
                    why_silent(running, device, self.turns, self._board, self._abilities),
                    now,
                )
                for device in sorted(running.open)
            ]
            await self._writer.write(self._registry.orders.mark, late)
            self._watch.devices(running.open)
        if self._leave(running):
            await self._writer.write(self._registry.orders.finish, [command.id])
        self._watch.command(command.id)
