"""Carrying out commands: whole zones first, stragglers one by one, an outcome for every target.

Truth is in the registry: every change of an outcome is written there first. What is held here is which targets are
still open, and it is rebuilt from the registry at start.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence

import structlog

from hub.control.board import Board
from hub.control.cover import cover
from hub.control.watch import Watch
from hub.model.commands import Command, Outcome
from hub.ports import Clock, Order, Unreachable
from hub.registry import Registry, TargetChange
from hub.registry.city import City

log = structlog.get_logger("lamplighter.control")

Send = Callable[[Order], Awaitable[None]]
BROKER_RETRY = 0.5  # seconds between tries to hand orders to a broker that is away
AT_ONCE = 200  # orders handed to the broker at the same time


class _Running:
    """A command under way: its open targets, and a bell that rings when one of them closes."""

    def __init__(self, command: Command, open_targets: Iterable[str]) -> None:
        self.command = command
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

    # --- beginning and ending ------------------------------------------------------------------------------------

    def begin(self, command: Command, targets: Collection[str]) -> None:
        """Carry out a command that is in the registry with these targets open."""
        running = _Running(command, targets)
        self._running[command.id] = running
        running.task = asyncio.create_task(self._carry_out(running), name=f"command-{command.id}")

    async def resume(self) -> None:
        """Take up every command that was running when the hub last stopped."""
        for command, targets in await asyncio.to_thread(self._registry.orders.running):
            self.begin(command, [target.device for target in targets if not target.outcome.final])

    async def stop(self) -> None:
        """Leave: open targets stay open in the registry and are taken up at the next start."""
        tasks = [running.task for running in self._running.values() if running.task is not None]
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def command(self, command: str) -> Command | None:
        """A command that is under way."""
        running = self._running.get(command)
        return running.command if running else None

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

    async def _carry_out(self, running: _Running) -> None:
        command = running.command
        if not running.open:
            running.closed.set()
        wait = self._retry_after + command.ramp / self._clock.rate
        zones, singles = cover(self._city, running.open)
        groups = [(Order(command, zone=zone), lights) for zone, lights in zones.items()]
        await self._until_taken(running, groups + self._single_orders(command, singles))
        for _ in range(self._tries - 1):
            if await self._closes(running, min(wait, self._left(command))) or self._left(command) <= 0:
                break
            reachable = [each for each in sorted(running.open) if self._board.online(each)]
            await self._until_taken(running, self._single_orders(command, reachable))
            wait = wait * 2 * random.uniform(0.8, 1.2)
        await self._closes(running, self._left(command))
        await self._finish(running)

    def _left(self, command: Command) -> float:
        """Seconds on the wall until the command expires."""
        return (command.expires - self._clock.now()) / self._clock.rate

    async def _closes(self, running: _Running, seconds: float) -> bool:
        if seconds > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(running.closed.wait(), seconds)
        return running.closed.is_set()

    def _single_orders(self, command: Command, devices: Iterable[str]) -> list[tuple[Order, list[str]]]:
        return [(Order(command, device=device), [device]) for device in devices]

    async def _until_taken(self, running: _Running, orders: Sequence[tuple[Order, list[str]]]) -> None:
        """Hand orders to the broker; while it is away try again until the command expires or nobody is waited for."""
        while orders:
            orders = await self._hand_over(orders)
            if orders and (self._left(running.command) <= 0 or await self._closes(running, BROKER_RETRY)):
                return

    async def _hand_over(self, orders: Sequence[tuple[Order, list[str]]]) -> list[tuple[Order, list[str]]]:
        """Give orders to the broker; those it took become `sent`, the others are returned."""
        taken = await asyncio.gather(*(self._try(order) for order, _ in orders))
        sent = [device for (_, devices), ok in zip(orders, taken, strict=True) if ok for device in devices]
        if sent:
            command = orders[0][0].command.id
            await asyncio.to_thread(self._registry.orders.mark_sent, command, sent, self._clock.now())
            self._watch.command(command)
        return [order for order, ok in zip(orders, taken, strict=True) if not ok]

    async def _try(self, order: Order) -> bool:
        async with self._places:
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
            await asyncio.to_thread(self._registry.orders.mark, late)
            self._watch.devices(running.open)
        await asyncio.to_thread(self._registry.orders.finish, [command.id])
        self._running.pop(command.id, None)
        self._watch.command(command.id)

    def _why_silent(self, device: str) -> str:
        reason = self._board.offline_because(device)
        return f"no answer: {reason}" if reason else "no answer although it is online"
