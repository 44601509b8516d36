"""What of a client is observed, or read where it cannot be, and renewed when it fell silent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from aiocoap import Message

from drivers.coap.lwm2m.client import Client
from drivers.coap.lwm2m.content import Path
from drivers.coap.lwm2m.conversation import Answered
from drivers.coap.lwm2m.meaning import AT_ONCE, LAMP, LEVEL, OF_USE
from drivers.coap.lwm2m.registrations import Registration, Registrations
from drivers.coap.lwm2m.tasks import Tasks
from hub.ports import Unreachable

_AT_ONCE = 100  # clients that are asked at the same time, beside orders
_PATIENCE = 2.5  # times the longest silence that was agreed, until an observation is renewed
_AGAIN = 60.0  # seconds between tries to renew
_INSTANCES = 8  # of one object that are observed, beside those that are devices of their own
_LEISURE = 60.0  # seconds between two notifications of what changes all the time
_GREET = 0.5  # seconds that a client has after its registration to listen

Took = Callable[[Client, Path, Message], None]


class Observing:
    """Asks clients to tell. `took` gets what is read; `alive` and `silent` hear whether a client answered."""

    def __init__(
        self,
        registrations: Registrations,
        report_every: float,
        tasks: Tasks,
        took: Took,
        alive: Callable[[Client], None],
        silent: Callable[[Client], None],
    ) -> None:
        self._registrations, self._report_every, self._tasks = registrations, report_every, tasks
        self._took, self._alive, self._silent = took, alive, silent
        self._places = asyncio.Semaphore(_AT_ONCE)
        self.renewed = 0

    def wanted(self, registration: Registration) -> list[tuple[Path, float]]:
        """What to observe, each with its shortest period: the level of a lamp at once, the rest at leisure."""
        leisure = min(_LEISURE, self._report_every / 10)
        devices = self._registrations.devices(registration)
        found: list[tuple[Path, float]] = []
        for number, instances in sorted(registration.offered.instances.items(), key=lambda each: each[0] != LAMP):
            if number not in OF_USE:
                continue
            shortest = 0.0 if number in AT_ONCE else leisure
            for count, instance in enumerate(instances or (0,)):
                if count < _INSTANCES or instance in devices:
                    found.append(((number, instance), shortest))
                    if number == LAMP and instance in devices:
                        found.append(((LAMP, instance, LEVEL), 0.0))
        return found

    def begin(self, client: Client) -> None:
        """Observe what is not observed yet, or read what cannot be observed."""
        client.task = self._tasks.spawn(self._introduce(client))

    def look_after(self, client: Client, now: float) -> None:
        """Renew observations that were lost or are silent, and read what is only read."""
        if client.task is not None and not client.task.done():
            return
        observing = client.conversation.observing
        lost = [
            path
            for path, _ in self.wanted(client.registration)
            if path not in client.polled and (path not in observing or self._stale(client, path))
        ]
        if lost or client.silent:
            self.renewed += 1
            self.begin(client)
            return
        for path, last in client.polled.items():
            if now - last > self._report_every:
                client.polled[path] = now
                self._tasks.spawn(self.read(client, path))

    async def read(self, client: Client, path: Path) -> None:
        """Ask what is there now."""
        try:
            self._took(client, path, await client.conversation.read(path))
        except Unreachable:
            self._silent(client)
        except Answered:
            pass

    async def _introduce(self, client: Client) -> None:
        client.due = asyncio.get_running_loop().time() + _AGAIN
        if not client.conversation.notified:
            await asyncio.sleep(_GREET)
        async with self._places:
            for path, shortest in self.wanted(client.registration):
                if path in client.conversation.observing and not self._stale(client, path):
                    continue
                if client.conversation.closed or not await self._observe(client, path, shortest):
                    return

    async def _observe(self, client: Client, path: Path, shortest: float) -> bool:
        """False when the client does not answer."""
        conversation = client.conversation
        try:
            with suppress(Answered):  # it has periods of its own
                await conversation.attributes(path, pmin=shortest, pmax=self._report_every)
            try:
                await conversation.observe(path)
            except Answered:
                client.polled[path] = asyncio.get_running_loop().time()
                self._took(client, path, await conversation.read(path))
        except Answered:
            client.polled[path] = asyncio.get_running_loop().time()  # it has no such thing, or does not show it
            if path[0] == LAMP:
                client.lamp(path[1]).ready.set()
        except Unreachable:
            self._silent(client)
            return False
        else:
            if path not in conversation.observing:
                client.polled[path] = asyncio.get_running_loop().time()
        self._alive(client)
        return True

    def _stale(self, client: Client, path: Path) -> bool:
        last = client.conversation.notified.get(path, 0.0)
        return asyncio.get_running_loop().time() - last > _PATIENCE * self._report_every
