"""The hub as LwM2M server: clients register, are observed, and are told what their lamps are to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import structlog
from aiocoap import Message
from aiocoap.numbers.codes import Code

from drivers.burst import Burst
from drivers.coap.endpoint import Endpoint
from drivers.coap.lwm2m.client import INFO, Client
from drivers.coap.lwm2m.content import Path
from drivers.coap.lwm2m.conversation import Answered, Conversation
from drivers.coap.lwm2m.lamps import COMMAND, writes
from drivers.coap.lwm2m.meaning import AT_ONCE, LAMP, LEVEL, NEEDED
from drivers.coap.lwm2m.reading import Reader
from drivers.coap.lwm2m.registrations import Registration, Registrations
from drivers.coap.replies import Refused
from drivers.coap.settings import Settings
from drivers.coap.speakers import Speakers
from hub.model.commands import Command, Operation, Outcome
from hub.model.reports import PresenceReport, ResultReport
from hub.ports import (
    CannotCarry,
    Clock,
    Delivery,
    Directory,
    Inbox,
    Lane,
    Order,
    Unreachable,
)

_AT_ONCE = 100  # clients that are asked at the same time, beside orders
_WATCH = 5.0  # seconds between looks at lifetimes and observations
_ORDER_WITHIN = 10.0  # seconds for a lamp to take an order
_SETTLE = 0.3  # seconds that a lamp has to follow before it is asked
_PATIENCE = 2.5  # times the longest silence that was agreed, until an observation is renewed
_AGAIN = 60.0  # seconds between tries to renew
_INSTANCES = 8  # of one object that are observed
_LEISURE = 60.0  # seconds between two notifications of what changes all the time
_GREET = 0.5  # seconds that a client has after its registration to listen

Deliver = Callable[[Lane, Burst, Callable[[], None], Callable[[], None]], None]


class Lwm2mServer:
    """Answers `/rd`, converses with the clients, and carries orders to lamps."""

    def __init__(
        self,
        inbox: Inbox,
        directory: Directory,
        clock: Clock,
        settings: Settings,
        deliver: Deliver,
        moment: Callable[[], float],
        speakers: Speakers,
    ) -> None:
        self._inbox, self._directory, self._clock, self._settings = inbox, directory, clock, settings
        self._deliver, self._moment, self._speakers = deliver, moment, speakers
        self._registrations = Registrations(directory, speakers)
        self._reader = Reader(directory, settings.limits())
        self._clients: dict[str, Client] = {}
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._endpoint: Endpoint | None = None
        self._log = structlog.get_logger("lamplighter.coap")
        self.counted = {"registrations": 0, "notifications": 0, "reobserved": 0, "expired": 0}

    def start(self, endpoint: Endpoint) -> None:
        """Begin to look after clients by this endpoint."""
        self._endpoint = endpoint
        endpoint.full = lambda: any(map(self._inbox.full, Lane))
        self._spawn(self._watch())

    async def stop(self) -> None:
        """End every conversation; clients register again when they hear 4.04."""
        self._endpoint = None
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for client in self._clients.values():
            client.conversation.close()
        self._clients.clear()

    @property
    def clients(self) -> int:
        """Clients that are registered now."""
        return len(self._registrations)

    @property
    def observations(self) -> int:
        """Observations that stand now."""
        return sum(len(each.conversation.observing) for each in self._clients.values())

    # --- what clients ask ---

    def answer(self, request: Message, body: bytes) -> Message:
        """The answer to a request at `/rd` or `/rd/LOCATION`; raises Refused."""
        assert self._endpoint is not None
        now = asyncio.get_running_loop().time()
        path = request.opt.uri_path
        if len(path) == 1:
            if request.code != Code.POST:
                raise Refused(Code.METHOD_NOT_ALLOWED, "use POST")
            registration = self._registrations.register(request, body, now)
            self.counted["registrations"] += 1
            self._begin(registration)
            return Message(code=Code.CREATED, location_path=("rd", registration.location))
        location = path[1]
        if request.code in (Code.POST, Code.PUT):  # PUT: LwM2M before 1.0
            registration, moved = self._registrations.update(location, request, body, now)
            client = self._clients.get(registration.device)
            if moved or client is None:
                self._begin(registration)
            else:
                self._alive(client)
                client.due = 0.0
            return Message(code=Code.CHANGED)
        if request.code == Code.DELETE:
            self._end(self._registrations.at(location, request.remote))
            return Message(code=Code.DELETED)
        raise Refused(Code.METHOD_NOT_ALLOWED, "use POST or DELETE")

    # --- what the hub asks ---

    async def send(self, order: Order) -> None:
        """Tell a lamp; returns when it has taken the order, raises Unreachable and CannotCarry."""
        command = order.command
        if order.device is None or command.operation not in INFO.operations:
            raise CannotCarry(f"LwM2M clients know no {command.operation.value}")
        client = self._clients.get(order.device)
        if client is None:
            raise Unreachable("it is not registered")
        if client.silent:
            raise Unreachable("it does not answer")
        if not client.registration.awake(asyncio.get_running_loop().time()):
            raise Unreachable("it sleeps (queue mode) until its next update")
        try:
            async with asyncio.timeout(_ORDER_WITHIN):
                await self._carry(client, command)
        except (TimeoutError, Unreachable) as error:
            self._silence(client)
            raise Unreachable(str(error) or f"no answer within {_ORDER_WITHIN:g} s") from None
        except Answered as answered:
            self._result(order.device, command, f"the client answered {answered}")

    async def _carry(self, client: Client, command: Command) -> None:
        conversation = client.conversation
        if command.operation is Operation.READ:
            for path, _ in self._wanted(client.registration):
                with suppress(Answered):
                    self._heard(client, path, await conversation.read(path), None)
            self._result(client.registration.device, command, "", Outcome.APPLIED)
        elif command.operation is Operation.REBOOT:
            await conversation.execute((3, 0, 4))
            self._result(client.registration.device, command, "", Outcome.APPLIED)
        elif LAMP not in client.registration.offered.instances:
            raise CannotCarry("it has no outdoor lamp controller (object 3416)")
        else:
            await client.ready.wait()
            again, client.last = client.last == command.id, command.id
            started = asyncio.get_running_loop().time()
            for resource, value in writes(command, client.lamp, self._clock.now(), again):
                try:
                    await conversation.write((LAMP, 0, resource), value)
                except Answered:
                    if resource == COMMAND:
                        raise
                    client.lamp.discard(resource)
            self._spawn(self._look(client, started, command.ramp / self._clock.rate))

    async def _look(self, client: Client, since: float, ramp: float) -> None:
        """Ask what the light does now, unless it says so itself."""
        path = (LAMP, 0, LEVEL)
        await asyncio.sleep(ramp + _SETTLE)
        if client.conversation.notified.get(path, 0.0) > since or client.conversation.closed:
            return
        await self._try(client, client.conversation.read(path), path)

    # --- conversations ---

    def _begin(self, registration: Registration) -> None:
        """Converse with a client that has registered, or is elsewhere now."""
        assert self._endpoint is not None
        self._leave(registration.device)
        conversation = Conversation(
            self._endpoint, registration, lambda path, message, kept: self._heard(client, path, message, kept)
        )
        client = self._clients[registration.device] = Client(conversation)
        if registration.assumed & _OF_USE:
            self._log.debug("objects without a version are read as 1.0", device=registration.device,
                            objects=sorted(registration.assumed & _OF_USE))  # fmt: skip
        self._present(registration.device, True)
        client.task = self._spawn(self._introduce(client))

    def _end(self, registration: Registration) -> None:
        self._registrations.drop(registration)
        self._leave(registration.device)
        self._present(registration.device, False)

    def _leave(self, device: str) -> None:
        client = self._clients.pop(device, None)
        if client is not None:
            client.conversation.close()
            if client.task is not None:
                client.task.cancel()

    def _wanted(self, registration: Registration) -> list[tuple[Path, float]]:
        """What to observe, each with its shortest period: the level of a lamp at once, the rest at leisure."""
        leisure = min(_LEISURE, self._settings.report_every / 10)
        found: list[tuple[Path, float]] = []
        for number, instances in sorted(registration.offered.instances.items(), key=lambda each: each[0] != LAMP):
            if number in _OF_USE:
                shortest = 0.0 if number in AT_ONCE else leisure
                found += [((number, instance), shortest) for instance in (instances or (0,))[:_INSTANCES]]
                if number == LAMP:
                    found.append(((LAMP, 0, LEVEL), 0.0))
        return found

    async def _introduce(self, client: Client) -> None:
        """Observe what is not observed yet, or read what cannot be observed."""
        client.due = asyncio.get_running_loop().time() + _AGAIN
        if not client.conversation.notified:
            await asyncio.sleep(_GREET)
        async with self._places:
            for path, shortest in self._wanted(client.registration):
                if path in client.conversation.observing and not self._stale(client, path):
                    continue
                if client.conversation.closed or not await self._observe(client, path, shortest):
                    return

    async def _observe(self, client: Client, path: Path, shortest: float) -> bool:
        """False when the client does not answer."""
        conversation = client.conversation
        try:
            with suppress(Answered):  # it has periods of its own
                await conversation.attributes(path, pmin=shortest, pmax=self._settings.report_every)
            try:
                await conversation.observe(path)
            except Answered:
                client.polled[path] = asyncio.get_running_loop().time()
                self._heard(client, path, await conversation.read(path), None)
        except Answered:
            client.polled[path] = asyncio.get_running_loop().time()  # it has no such thing, or does not show it
            client.ready.set()
        except Unreachable:
            self._silence(client)
            return False
        else:
            if path not in conversation.observing:
                client.polled[path] = asyncio.get_running_loop().time()
        self._alive(client)
        return True

    async def _try(self, client: Client, reading: Coroutine[Any, Any, Message], path: Path) -> None:
        try:
            self._heard(client, path, await reading, None)
        except Unreachable:
            self._silence(client)
        except Answered:
            pass

    def _stale(self, client: Client, path: Path) -> bool:
        last = client.conversation.notified.get(path, 0.0)
        return asyncio.get_running_loop().time() - last > _PATIENCE * self._settings.report_every

    async def _watch(self) -> None:
        """End what is over, and renew observations that were lost or are silent."""
        while True:
            await asyncio.sleep(_WATCH)
            now = asyncio.get_running_loop().time()
            for registration in self._registrations:
                client = self._clients.get(registration.device)
                if registration.expired(now):
                    self.counted["expired"] += 1
                    self._end(registration)
                elif not self._speakers.may(registration.peer, registration.device):
                    self._end(registration)  # its device was given a key, and registers again with it
                elif client is not None and client.due <= now and registration.awake(now):
                    await self._renew(client, now)

    async def _renew(self, client: Client, now: float) -> None:
        conversation = client.conversation
        lost = [
            path
            for path, _ in self._wanted(client.registration)
            if path not in client.polled and (path not in conversation.observing or self._stale(client, path))
        ]
        if lost or client.silent:
            self.counted["reobserved"] += 1
            client.task = self._spawn(self._introduce(client))
            return
        for path, last in client.polled.items():
            if now - last > self._settings.report_every:
                client.polled[path] = now
                self._spawn(self._try(client, conversation.read(path), path))

    # --- what comes in ---

    def _heard(self, client: Client, path: Path, message: Message, kept: Callable[[bool], None] | None) -> None:
        registration = client.registration
        registration.heard = max(registration.heard, asyncio.get_running_loop().time() if kept is not None else 0.0)
        self._alive(client)
        if kept is not None:
            self.counted["notifications"] += 1
        block = message.opt.block2
        if block is not None and block.more:
            self._spawn(self._fetch(client, path, message, kept))
            return
        format = int(message.opt.content_format) if message.opt.content_format is not None else None
        burst = Burst()
        there = self._reader.read(registration, path, bytes(message.payload), format, self._moment(), burst)
        if path == (LAMP, 0):
            client.lamp |= there
            client.ready.set()
        parts = [(Lane.URGENT, Burst(events=burst.events))] if burst.events else []
        burst.events = []
        if burst.size():
            parts.append((Lane.STATE if burst.lights else Lane.BULK if burst.rows else Lane.URGENT, burst))
        left = len(parts)

        def end(done: bool) -> None:
            nonlocal left
            left = left - 1 if done and left > 0 else -1
            if kept is not None and left <= 0:
                kept(left == 0)
            if not done:  # it is not acknowledged: ask for what is now
                client.conversation.forget(path)
                client.due = 0.0

        if not parts and kept is not None:
            kept(True)
        for lane, part in parts:
            self._deliver(lane, part, lambda: end(True), lambda: end(False))

    async def _fetch(self, client: Client, path: Path, first: Message, kept: Callable[[bool], None] | None) -> None:
        try:
            whole = await client.conversation.rest(path, first)
        except (Unreachable, Answered):
            if kept is not None:
                kept(False)
            return
        whole.opt.block2 = None
        self._heard(client, path, whole, kept)

    def decode(self, source: str, raw: bytes, received: float, done: Callable[[], None]) -> Delivery | None:
        """Read a quarantined answer again, with the versions that its client is registered with now."""
        burst = Burst()
        if not self._reader.again(source, raw, received, self._registrations.of, burst):
            return None
        return burst.delivery(done)

    def _alive(self, client: Client) -> None:
        if client.silent:
            client.silent = False
            self._present(client.registration.device, True)

    def _silence(self, client: Client) -> None:
        if not client.silent and not client.conversation.closed:
            client.silent = True
            if client.task is not None and client.task is not asyncio.current_task():
                client.task.cancel()  # it would keep its turn until its question is given up
            self._present(client.registration.device, False)

    def _present(self, device: str, online: bool) -> None:
        burst = Burst(presence=[PresenceReport(device, online, self._moment())])
        self._deliver(Lane.URGENT, burst, lambda: None, lambda: None)

    def _result(self, device: str, command: Command, detail: str, outcome: Outcome = Outcome.FAILED) -> None:
        now = self._moment()
        burst = Burst(results=[ResultReport(device, command.id, outcome, now, now, detail)])
        self._deliver(Lane.URGENT, burst, lambda: None, lambda: None)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._log.error("a conversation with an LwM2M client failed", exc_info=task.exception())


_OF_USE = frozenset(number for number, _ in NEEDED)
