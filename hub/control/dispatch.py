"""Carrying out commands: whole zones first, stragglers one by one, an outcome for every target.

Truth is in the registry: every change of an outcome is written there first. What is held here is which targets are
still open, and it is rebuilt from the registry at start.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import ParamSpec, TypeVar

import structlog

from hub.control.board import Board
from hub.control.cover import cover
from hub.control.watch import Watch
from hub.model.commands import Command, Outcome
from hub.ports import Clock, Order, Unreachable
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


class _Running:
    """A command under way: its open targets, a bell that rings when the last of them closes, and when to give up
    (by a clock that nobody sets)."""

    def __init__(self, command: Command, open_targets: Iterable[str], give_up: float) -> None:
        self.command, self.give_up = command, give_up
        self.open: set[str] = set(open_targets)
        self.closed = asyncio.Event()
        self.task: asyncio.Task[None] | None = None


class Dispatcher:
    """Sends commands and follows them to their end.

    A target is asked up to `tries` times: once with its zone, then alone, `retry_after` seconds later and then with
    doubled waits. What has not answered by the command's `expires` ends as timed_out, with the reason.
    """

    def __init__(
        self,
        city: City,
        board: Board,
        registry: Registry,
        clock: Clock,
        send: Send,
        watch: Watch,
        *,
        tries: int = 4,
        retry_after: float = 3.0,
    ) -> None:
        self._city, self._board, self._registry, self._clock = city, board, registry, clock
        self._send, self._watch = send, watch
        self._tries, self._retry_after = tries, retry_after
        self._running: dict[str, _Running] = {}
        self._places = asyncio.Semaphore(AT_ONCE)
        self._waits_for_registry = False

    # --- beginning and ending ------------------------------------------------------------------------------------

    def begin(self, command: Command, targets: Collection[str], at_least: float = 0.0) -> None:
        """Carry out a command that is in the registry with these targets open.

        Answers are waited for until it expires, and for `at_least` seconds.
        """
        left = min(command.expires - self._clock.now(), command.expires - command.created) / self._clock.rate
        running = _Running(command, targets, asyncio.get_running_loop().time() + max(left, at_least))
        self._running[command.id] = running
        running.task = asyncio.create_task(self._follow(running), name=f"command-{command.id}")

    async def resume(self) -> None:
        """Take up every command that was running when the hub last stopped.

        Lights may have answered meanwhile: the broker gets a moment to hand over what it kept for us.
        """
        for command, targets in await asyncio.to_thread(self._registry.orders.running):
            self.begin(command, [target.device for target in targets if not target.outcome.final], KEPT_WITHIN)

    async def stop(self) -> None:
        """Leave: open targets stay open in the registry and are taken up at the next start."""
        tasks = [running.task for running in self._running.values() if running.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def busy(self) -> set[str]:
        """Devices that a command under way still waits for."""
        return set().union(*(running.open for running in self._running.values()))

    # --- what comes back -----------------------------------------------------------------------------------------

    def observe(self, changes: Iterable[TargetChange]) -> None:
        """Outcomes that changed in the registry: by devices' reports, or by newer orders."""
        touched: set[str] = set()
        for change in changes:
            touched.add(change.command)
            running = self._running.get(change.command)
            if running is not None and change.outcome.final:
                running.open.discard(change.device)
                if not running.open:
                    running.closed.set()
        for command in touched:
            self._watch.command(command)

    # --- one command ---------------------------------------------------------------------------------------------

    async def _follow(self, running: _Running) -> None:
        """Carry a command out and end it, whatever happens: a light must not stay `busy` for ever."""
        try:
            if not running.open:
                running.closed.set()
            await self._carry_out(running)
        except Exception:
            log.exception("a command failed; its open targets end as timed out", command=running.command.id)
        try:
            await self._finish(running)
        except Exception:
            log.exception("a command could not be ended", command=running.command.id)
        finally:
            self._running.pop(running.command.id, None)

    async def _carry_out(self, running: _Running) -> None:
        command = running.command
        wait = self._retry_after + command.ramp / self._clock.rate
        await self._until_taken(running, running.open, by_zone=True)
        for _ in range(self._tries - 1):
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
            zones, singles = cover(self._city, wanted) if by_zone else ({}, sorted(wanted))
            orders = [(Order(running.command, zone=zone), lights) for zone, lights in zones.items()]
            orders += [(Order(running.command, device=device), [device]) for device in singles]
            wanted.difference_update(await self._hand_over(running, orders))
            if wanted and await self._closes(running, min(BROKER_RETRY, self._left(running))):
                return

    async def _hand_over(self, running: _Running, orders: Sequence[tuple[Order, list[str]]]) -> list[str]:
        """Give orders to the broker; the lights of those it took become `sent` and are returned."""
        taken = await asyncio.gather(*(self._try(running, *order) for order in orders))
        sent = [device for (_, devices), ok in zip(orders, taken, strict=True) if ok for device in devices]
        if sent:
            command = running.command.id
            await self._write(self._registry.orders.mark_sent, command, sent, self._clock.now())
            self._watch.command(command)
        return sent

    async def _try(self, running: _Running, order: Order, lights: Sequence[str]) -> bool:
        async with self._places:
            if running.open.isdisjoint(lights):
                return False
            try:
                await self._send(order)
            except Unreachable:
                return False
            return True

    async def _finish(self, running: _Running) -> None:
        command, now = running.command, self._clock.now()
        if running.open:
            late = [
                TargetChange(command.id, device, Outcome.TIMED_OUT, self._why_silent(device), now)
                for device in sorted(running.open)
            ]
            await self._write(self._registry.orders.mark, late)
            self._watch.devices(running.open)
        await self._write(self._registry.orders.finish, [command.id])
        self._running.pop(command.id, None)
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

    def _why_silent(self, device: str) -> str:
        reason = self._board.offline_because(device)
        return f"no answer: {reason}" if reason else "no answer although it is online"
