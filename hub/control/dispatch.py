"""Carrying out commands: whole zones first, stragglers one by one, an outcome for every target.

Truth is in the registry: every change of an outcome is written there first. What is held here is which targets are
still open, and it is rebuilt from the registry at start.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, ParamSpec, TypeVar

import structlog

from hub.control.abilities import Abilities
from hub.control.answers import Expected
from hub.control.board import Board
from hub.control.cover import cover
from hub.control.watch import Watch
from hub.model.commands import Command, Outcome
from hub.ports import CannotCarry, Clock, Confirmation, Order, ProfileInfo, Unreachable
from hub.registry import Registry, RegistryUnavailable, TargetChange
from hub.registry.city import City

log = structlog.get_logger("lamplighter.control")

P = ParamSpec("P")
T = TypeVar("T")

Send = Callable[[Order], Awaitable[None]]
BROKER_RETRY = 0.5  # seconds between tries to hand orders to a broker that is away
REGISTRY_RETRY = 1.0  # seconds between tries to write outcomes to a registry that is away
KEPT_WITHIN = 10.0  # seconds after a start within which the broker hands over answers that it kept for the hub
AT_ONCE = 200  # orders handed to the broker at the same time


class Terms(NamedTuple):
    """How long (s) an answer is waited for at least, and whether the device may be asked more than once."""

    patience: float = 0.0
    repeats: bool = True


class Told(NamedTuple):
    """The level that a device was told, and when first."""

    level: float
    time: float


class _Running:
    """A command under way, to devices on the same terms: its open targets, a bell that rings when the last of them closes,
    and when to give up (by a clock that nobody sets).

    `told` are the levels of those whose answer is read from their state, `received` those that a network says have it.
    """

    def __init__(self, command: Command, open_targets: Iterable[str], terms: Terms, give_up: float) -> None:
        self.command, self.terms, self.give_up = command, terms, give_up
        self.open: set[str] = set(open_targets)
        self.handed_over: set[str] = set()
        self.told: dict[str, Told] = {}
        self.received: dict[str, str] = {}
        self.closed = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    def close(self, devices: Iterable[str]) -> None:
        """Nothing is waited for any more from these."""
        self.open.difference_update(devices)
        if not self.open:
            self.closed.set()


class Dispatcher:
    """Sends commands and follows them to their end.

    A target is asked up to `tries` times: once with its zone, then alone, `retry_after` seconds later and then with
    doubled waits. What has not answered by the command's `expires` ends as timed_out, with the reason. Devices whose type
    asks for more patience than that are waited for so long, and asked once: a slow network keeps what it was given.
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
    ) -> None:
        self._city, self._board, self._registry, self._clock = city, board, registry, clock
        self._send, self._watch, self._abilities = send, watch, abilities
        self._tries, self._retry_after = tries, retry_after
        self._running: dict[str, list[_Running]] = {}
        self._last_told: dict[str, Told] = {}
        self._places = asyncio.Semaphore(AT_ONCE)
        self._waits_for_registry = False

    # --- beginning and ending ------------------------------------------------------------------------------------

    def begin(self, command: Command, targets: Collection[str], at_least: float = 0.0) -> None:
        """Carry out a command that is in the registry with these targets open.

        Answers are waited for until it expires, and for `at_least` seconds.
        """
        self._begin(command, targets, at_least, {})

    def _begin(self, command: Command, targets: Collection[str], at_least: float, sent: dict[str, str]) -> None:
        """`sent`: {device: detail} of the targets that the other side took charge of before a restart."""
        parts: dict[Terms, list[str]] = defaultdict(list)
        known: dict[ProfileInfo | None, Terms] = {}
        for device in targets:
            info = self._abilities.of(device)
            terms = known.get(info) or known.setdefault(info, self._terms(command, info))
            parts[terms].append(device)
        now, clock = self._clock.now(), asyncio.get_running_loop().time()
        runs = self._running[command.id] = []
        for terms, devices in (parts or {Terms(): []}).items():
            life = max(command.expires - command.created, terms.patience * self._clock.rate)
            expires = command.created + life
            if command.until is not None:
                expires = min(expires, command.until)
            left = min(expires - now, life) / self._clock.rate
            running = _Running(replace(command, expires=expires), devices, terms, clock + max(left, at_least))
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

    async def resume(self) -> None:
        """Take up every command that was running when the hub last stopped.

        Lights may have answered meanwhile: the broker gets a moment to hand over what it kept for us.
        """
        for command, targets in await asyncio.to_thread(self._registry.orders.running):
            waiting = [target for target in targets if not target.outcome.final]
            sent = {target.device: target.detail for target in waiting if target.outcome is Outcome.SENT}
            self._begin(command, [target.device for target in waiting], KEPT_WITHIN, sent)

    async def stop(self) -> None:
        """Leave: open targets stay open in the registry and are taken up at the next start."""
        tasks = [running.task for running in self._all() if running.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _all(self) -> list[_Running]:
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
        for running in self._all():
            told = running.told.get(device)
            if told is not None and device in running.open:
                return Expected(running.command, told.level)
        return None

    def last_told(self, device: str) -> Told | None:
        """The level that a device which never says what it does was last told, as far as can be known."""
        return self._last_told.get(device)

    def _note(self, running: _Running, device: str) -> Command:
        """The command as this device is told it, its level noted when the answer is to be read from the device's state."""
        now = self._clock.now()
        command = self._abilities.addressed(running.command, device, now)
        if command.level is not None and self._abilities.answers_by_state(device):
            before = running.told.get(device)
            running.told[device] = Told(command.level, now if before is None else before.time)
        return command

    def _note_told(self, running: _Running, device: str) -> None:
        told = running.told.get(device)
        if told is not None:
            self._last_told[device] = Told(told.level, self._clock.now())

    # --- one command ---------------------------------------------------------------------------------------------

    async def _follow(self, running: _Running) -> None:
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

    def _leave(self, running: _Running) -> bool:
        """Take it out; True when nothing else of its command is under way."""
        runs = self._running.get(running.command.id, [])
        if running in runs:
            runs.remove(running)
        if not runs:
            self._running.pop(running.command.id, None)
        return not runs

    async def _carry_out(self, running: _Running) -> None:
        command = running.command
        await self._reject(running, self._abilities.refusals(running.open, command.operation))
        wait = self._retry_after + command.ramp / self._clock.rate
        await self._until_taken(running, running.open - running.handed_over, by_zone=True)
        for _ in range(self._tries - 1 if running.terms.repeats else 0):
            if await self._closes(running, min(wait, self._left(running))) or self._left(running) <= 0:
                return
            await self._until_taken(running, filter(self._board.online, running.open))
            wait = wait * 2 * random.uniform(0.8, 1.2)
        await self._closes(running, self._left(running))

    def _left(self, running: _Running) -> float:
        """Seconds on the wall until the command expires."""
        return running.give_up - asyncio.get_running_loop().time()

    async def _closes(self, running: _Running, seconds: float) -> bool:
        if seconds > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(running.closed.wait(), seconds)
        return running.closed.is_set()

    async def _until_taken(self, running: _Running, devices: Iterable[str], *, by_zone: bool = False) -> None:
        """Hand orders to the broker; while it is away try again until the command expires or nobody is waited for.

        Only for lights that are still waited for: what a newer order took over must not be told the older one.
        """
        wanted = set(devices)
        while (wanted := wanted & running.open) and self._clock.now() < running.command.expires:
            zones, singles = self._cover(wanted) if by_zone else ({}, sorted(wanted))
            orders: list[tuple[str | None, list[str]]] = [(zone, lights) for zone, lights in zones.items()]
            orders += [(None, [device]) for device in singles]
            wanted.difference_update(await self._hand_over(running, orders))
            if wanted and await self._closes(running, min(BROKER_RETRY, self._left(running))):
                return

    def _cover(self, wanted: Collection[str]) -> tuple[dict[str, list[str]], list[str]]:
        return cover(self._city, wanted, self._abilities.hears_groups)

    async def _hand_over(self, running: _Running, orders: Sequence[tuple[str | None, list[str]]]) -> list[str]:
        """Give orders, to a zone or (None) to one device, to the broker; the lights of those it took become `sent` and are
        returned, as are those that can never be told."""
        refused: dict[str, str] = {}
        taken = await asyncio.gather(*(self._try(running, *order, refused) for order in orders))
        sent = [device for (_, devices), ok in zip(orders, taken, strict=True) if ok for device in devices]
        await self._reject(running, refused)
        if sent:
            command = running.command.id
            await self._write(self._registry.orders.mark_sent, command, sent, self._clock.now())
            self._watch.command(command)
        return [*sent, *refused]

    async def _try(self, running: _Running, zone: str | None, lights: Sequence[str], refused: dict[str, str]) -> bool:
        async with self._places:
            if running.open.isdisjoint(lights):
                return False
            (device, *_), order = lights, Order(running.command, zone=zone)
            if zone is None:  # noted before it is sent: a fast device answers before the broker confirms
                order = Order(self._note(running, device), device=device)
            try:
                await self._send(order)
            except Unreachable:
                running.told.pop(device, None)
                return False
            except CannotCarry as error:
                running.told.pop(device, None)
                refused[device] = str(error)
                return False
            info = self._abilities.of(device)
            if zone is None and info is not None and info.confirmation is Confirmation.NONE:
                self._note_told(running, device)
            return True

    async def _reject(self, running: _Running, reasons: Mapping[str, str]) -> None:
        """End these targets at once: their type can never do it."""
        if not reasons:
            return
        now, command = self._clock.now(), running.command.id
        changes = [
            TargetChange(command, device, Outcome.REJECTED, reason, now) for device, reason in sorted(reasons.items())
        ]
        await self._write(self._registry.orders.mark, changes)
        running.close(reasons)
        self._watch.command(command)

    async def _finish(self, running: _Running) -> None:
        command, now = running.command, self._clock.now()
        if running.open:
            late = [
                TargetChange(command.id, device, Outcome.TIMED_OUT, self._why_silent(running, device), now)
                for device in sorted(running.open)
            ]
            await self._write(self._registry.orders.mark, late)
            self._watch.devices(running.open)
        if self._leave(running):
            await self._write(self._registry.orders.finish, [command.id])
        self._watch.command(command.id)

    async def _write(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Write to the registry, as often as it takes; one log line when it is away, one when it is back."""
        while True:
            try:
                done = await asyncio.to_thread(call, *args, **kwargs)
            except RegistryUnavailable as error:
                if not self._waits_for_registry:
                    log.error("outcomes cannot be written; tried again until it works", error=str(error))
                self._waits_for_registry = True
                await asyncio.sleep(REGISTRY_RETRY)
            else:
                if self._waits_for_registry:
                    log.info("outcomes are written again")
                self._waits_for_registry = False
                return done

    def _why_silent(self, running: _Running, device: str) -> str:
        if device in running.received:
            return running.received[device]
        info, told, report = self._abilities.of(device), running.told.get(device), self._board.report(device)
        if info is not None and info.confirmation is Confirmation.NONE and told is not None:
            return "sent; devices of this type never say what they do"
        if told is not None and report is not None and report.received >= told.time:
            return f"it reports {report.level:.4g} %, not the {told.level:.4g} % that it was told"
        reason = self._board.offline_because(device)
        return f"no answer: {reason}" if reason else "no answer although it is online"
