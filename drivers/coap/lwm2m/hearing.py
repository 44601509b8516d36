"""What clients say, on its way into the hub: readings, states, conditions, presence, results."""

from __future__ import annotations

from collections.abc import Callable

from aiocoap import Message

from drivers.burst import Burst
from drivers.coap.lwm2m.client import Client
from drivers.coap.lwm2m.content import Path
from drivers.coap.lwm2m.conversation import Answered, Kept
from drivers.coap.lwm2m.meaning import LAMP
from drivers.coap.lwm2m.reading import Reader
from drivers.coap.lwm2m.tasks import Tasks
from hub.model.commands import Command, Outcome
from hub.model.readings import Rejected
from hub.model.reports import PresenceReport, ResultReport
from hub.ports import Lane, Unreachable

Deliver = Callable[[Lane, Burst, Callable[[], None], Callable[[], None]], None]


class Hearing:
    """Reads what comes and delivers it; a notification is acknowledged when all of it is durable."""

    def __init__(self, reader: Reader, deliver: Deliver, moment: Callable[[], float], tasks: Tasks) -> None:
        self._reader, self._deliver, self._moment, self._tasks = reader, deliver, moment, tasks

    def hear(self, client: Client, path: Path, message: Message, kept: Kept | None) -> None:
        """Take an answer about `path`, or a notification; `kept` is told whether it is durable."""
        block = message.opt.block2
        if block is not None and block.more:
            self._tasks.spawn(self._fetch(client, path, message, kept))
            return
        format = int(message.opt.content_format) if message.opt.content_format is not None else None
        burst = Burst()
        there = self._reader.read(client.registration, path, bytes(message.payload), format, self._moment(), burst)
        if len(path) == 2 and path[0] == LAMP:
            lamp = client.lamp(path[1])
            lamp.there |= there
            lamp.ready.set()
        urgent = Burst(events=burst.events, panels=burst.panels)
        parts = [(Lane.URGENT, urgent)] if urgent.size() else []
        burst.events, burst.panels = [], []
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

    def present(self, devices: list[str], online: bool) -> None:
        """Say that devices are there, or not."""
        now = self._moment()
        self._say(Burst(presence=[PresenceReport(device, online, now) for device in devices]))

    def result(self, device: str, command: Command, detail: str, outcome: Outcome = Outcome.FAILED) -> None:
        """Say what became of a command."""
        now = self._moment()
        self._say(Burst(results=[ResultReport(device, command.id, outcome, now, now, detail)]))

    def stranger(self, source: str, reason: str, raw: bytes) -> None:
        """Put a registration of nobody into the quarantine."""
        self._say(Burst(rejected=[Rejected(self._moment(), source, None, "unknown-device", reason, raw)]))

    def _say(self, burst: Burst) -> None:
        self._deliver(Lane.URGENT, burst, lambda: None, lambda: None)

    async def _fetch(self, client: Client, path: Path, first: Message, kept: Kept | None) -> None:
        try:
            whole = await client.conversation.rest(path, first)
        except (Unreachable, Answered):
            if kept is not None:
                kept(False)
            return
        whole.opt.block2 = None
        self.hear(client, path, whole, kept)
