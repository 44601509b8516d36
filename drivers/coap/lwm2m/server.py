"""The hub as LwM2M server: clients register, are observed, and are told what their lamps are to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path as File

import structlog
from aiocoap import Message
from aiocoap.numbers.codes import Code

from drivers.burst import Burst
from drivers.coap.endpoint import Endpoint
from drivers.coap.lwm2m import kept
from drivers.coap.lwm2m.client import Client
from drivers.coap.lwm2m.content import Path
from drivers.coap.lwm2m.conversation import Conversation, Kept
from drivers.coap.lwm2m.hearing import Deliver, Hearing
from drivers.coap.lwm2m.meaning import OF_USE
from drivers.coap.lwm2m.observing import Observing
from drivers.coap.lwm2m.reading import Reader
from drivers.coap.lwm2m.registrations import Registration, Registrations, Stranger
from drivers.coap.lwm2m.strangers import Strangers
from drivers.coap.lwm2m.tasks import Tasks
from drivers.coap.lwm2m.telling import Telling
from drivers.coap.replies import Refused
from drivers.coap.settings import Settings
from drivers.coap.speakers import Speakers
from hub.ports import Clock, Delivery, Directory, Inbox, Lane, Order

_WATCH = 5.0  # seconds between looks at lifetimes and observations


class Lwm2mServer:
    """Answers `/rd`, looks after the clients, and carries orders to lamps."""

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
        self._inbox, self._directory, self._speakers = inbox, directory, speakers
        self._file = File(settings.registrations) if settings.registrations else None
        self._registrations = Registrations(directory, speakers)
        self._reader = Reader(directory, self._registrations, settings.limits())
        self._clients: dict[str, Client] = {}
        self._tasks = Tasks()
        self._hearing = Hearing(self._reader, deliver, moment, self._tasks)
        self._observing = Observing(
            self._registrations, settings.report_every, self._tasks, self._took, self._alive, self._silence
        )
        self._telling = Telling(self._find, clock, self._observing, self._hearing, self._tasks, self._silence)
        self._strangers = Strangers()
        self._contested: set[str] = set()
        self._endpoint: Endpoint | None = None
        self._log = structlog.get_logger("lamplighter.coap")
        self._counted = {"registrations": 0, "notifications": 0, "expired": 0, "contested": 0, "strangers": 0}

    def start(self, endpoint: Endpoint) -> None:
        """Begin to look after clients by this endpoint, those of before the hub's restart among them."""
        self._endpoint = endpoint
        endpoint.full = lambda: any(map(self._inbox.full, Lane))
        self._restore()
        self._tasks.spawn(self._watch())

    async def stop(self) -> None:
        """End every conversation; clients that are not known any more register again when they hear 4.04."""
        self._endpoint = None
        await self._tasks.stop()
        await self._keep()
        for client in self._clients.values():
            client.conversation.close()
        self._clients.clear()

    @property
    def counted(self) -> dict[str, int]:
        """Totals since the start."""
        return {**self._counted, "reobserved": self._observing.renewed}

    @property
    def clients(self) -> int:
        """Clients that are registered now."""
        return len(self._registrations)

    @property
    def observations(self) -> int:
        """Observations that stand now."""
        return sum(len(each.conversation.observing) for each in self._clients.values())

    async def send(self, order: Order) -> None:
        """Tell a lamp; returns when it has taken the order, raises Unreachable and CannotCarry."""
        await self._telling.send(order)

    def decode(self, source: str, raw: bytes, received: float, done: Callable[[], None]) -> Delivery | None:
        """Read a quarantined answer again, with the versions that its client is registered with now."""
        burst = Burst()
        if not self._strangers.again(source, raw, received, self._registrations, burst) and not self._reader.again(
            source, raw, received, burst
        ):
            return None
        return burst.delivery(done)

    # --- what clients ask ---

    def answer(self, request: Message, body: bytes) -> Message:
        """The answer to a request at `/rd` or `/rd/LOCATION`; raises Refused."""
        assert self._endpoint is not None
        now = asyncio.get_running_loop().time()
        path = request.opt.uri_path
        if len(path) == 1:
            if request.code != Code.POST:
                raise Refused(Code.METHOD_NOT_ALLOWED, "use POST")
            registration = self._register(request, body, now)
            return Message(code=Code.CREATED, location_path=("rd", registration.location))
        location = path[1]
        if request.code in (Code.POST, Code.PUT):  # PUT: LwM2M before 1.0
            registration, moved = self._registrations.update(location, request, body, now)
            client = self._clients.get(registration.device)
            if moved or client is None:
                self._begin(registration)
            else:
                self._alive(client)
                self._observing.look_after(client, now)
            return Message(code=Code.CHANGED)
        if request.code == Code.DELETE:
            self._end(self._registrations.at(location, request.remote))
            return Message(code=Code.DELETED)
        raise Refused(Code.METHOD_NOT_ALLOWED, "use POST or DELETE")

    def _register(self, request: Message, body: bytes, now: float) -> Registration:
        try:
            registration = self._registrations.register(request, body, now)
        except Stranger as stranger:
            if self._strangers.new(stranger.endpoint, now):
                self._counted["strangers"] += 1
                self._hearing.stranger(self._strangers.source(stranger.endpoint), stranger.reason, body)
            raise
        self._counted["registrations"] += 1
        if registration.contested:
            self._counted["contested"] += 1
            if registration.device not in self._contested:
                self._contested.add(registration.device)
                self._log.warning(
                    "two LwM2M clients register with one endpoint name in turn: give each its own",
                    device=registration.device, endpoint=registration.endpoint, peer=registration.peer.hostinfo,
                )  # fmt: skip
        self._begin(registration)
        return registration

    # --- clients ---

    def _begin(self, registration: Registration) -> None:
        """Converse with a client that has registered, or is elsewhere now."""
        client = self._converse(registration)
        if registration.assumed & OF_USE:
            self._log.debug("objects without a version are read as 1.0", device=registration.device,
                            objects=sorted(registration.assumed & OF_USE))  # fmt: skip
        self._present(client, True)
        self._observing.begin(client)

    def _converse(self, registration: Registration) -> Client:
        assert self._endpoint is not None
        self._leave(registration.device)

        def heard(path: Path, message: Message, kept: Kept | None, itself: bool) -> None:
            if itself:
                self._counted["notifications"] += 1
                registration.speaks(asyncio.get_running_loop().time())
            self._alive(client)
            self._hearing.hear(client, path, message, kept)

        client = self._clients[registration.device] = Client(Conversation(self._endpoint, registration, heard))
        return client

    def _end(self, registration: Registration) -> None:
        client = self._clients.get(registration.device)
        if client is not None:
            self._present(client, False)
        self._registrations.drop(registration)
        self._leave(registration.device)

    def _leave(self, device: str) -> None:
        client = self._clients.pop(device, None)
        if client is not None:
            client.conversation.close()
            if client.task is not None:
                client.task.cancel()

    def _find(self, device: str) -> tuple[Client, int] | None:
        known = self._directory.device(device)
        place = self._registrations.place(known) if known is not None else None
        client = self._clients.get(place[0].device) if place is not None else None
        return (client, place[1]) if client is not None and place is not None else None

    def _took(self, client: Client, path: Path, message: Message) -> None:
        self._alive(client)
        self._hearing.hear(client, path, message, None)

    def _alive(self, client: Client) -> None:
        if client.silent:
            client.silent = False
            self._present(client, True)

    def _silence(self, client: Client) -> None:
        """It did not answer. One in queue mode has gone to sleep earlier than it might."""
        if client.registration.queue:
            client.registration.asleep = True
        elif not client.silent and not client.conversation.closed:
            client.silent = True
            if client.task is not None and client.task is not asyncio.current_task():
                client.task.cancel()  # it would keep its turn until its question is given up
            self._present(client, False)

    def _present(self, client: Client, online: bool) -> None:
        self._hearing.present(list(self._registrations.devices(client.registration).values()), online)

    # --- what goes on ---

    async def _watch(self) -> None:
        """End what is over, look after the others, and keep what has changed."""
        while True:
            await asyncio.sleep(_WATCH)
            now = asyncio.get_running_loop().time()
            for registration in self._registrations:
                client = self._clients.get(registration.device)
                if registration.expired(now) or not self._registrations.holds(registration):
                    self._counted["expired"] += 1
                    self._end(registration)
                elif not self._speakers.may(registration.peer, registration.device):
                    self._end(registration)  # its device was given a key, and registers again with it
                elif client is not None and client.due <= now and registration.awake(now):
                    self._observing.look_after(client, now)
            await self._keep()

    async def _keep(self) -> None:
        if self._file is None or not self._registrations.changed:
            return
        self._registrations.changed = False
        await asyncio.to_thread(kept.save, self._file, kept.packed(self._registrations))

    def _restore(self) -> None:
        """Take up the conversations of before; nothing is said of whether a client is there until it answers, or does not."""
        found = kept.load(self._file) if self._file is not None else None
        if found is None:
            return
        now = asyncio.get_running_loop().time()
        try:
            registrations = kept.unpacked(found, now)
        except (ValueError, KeyError, TypeError, AttributeError):
            self._log.warning("the kept LwM2M registrations are damaged: clients register again", file=str(self._file))
            return
        for registration in registrations:
            if self._registrations.holds(registration) and self._speakers.may(registration.peer, registration.device):
                self._registrations.take(registration)
                client = self._converse(registration)
                if registration.awake(now):
                    self._observing.begin(client)
        self._registrations.changed = False
