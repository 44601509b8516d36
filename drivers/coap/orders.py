"""`GET /c/{device}`: what a native device is to hold and to do, and to whom it is told as it changes (RFC 7641)."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import msgspec
from aiocoap import CON, Message
from aiocoap.pipe import Pipe

from drivers.coap.mailboxes import Mailboxes
from drivers.coap.posts import JSON
from drivers.coap.replies import content
from drivers.coap.speakers import Speakers
from drivers.mqtt.downward import encode_config
from drivers.reporting import only_read
from hub.model.devices import Device
from hub.ports import CannotCarry, Clock, DeviceConfig, Directory, Order

_LOOK = 30.0  # wall seconds between looks whether what an observer was told has expired
_HEARD = 3600.0  # seconds for which a device that asked or posted counts as one that can be reached
_KNOWN = 100_000
_IN_BLOCKS = 1_000  # representations that are being fetched block by block, of at most
_HAVE = "have="


class Orders:
    """The pending command and the configuration of native devices."""

    def __init__(
        self,
        directory: Directory,
        clock: Clock,
        config: Callable[[str], DeviceConfig | None],
        most_observers: int,
        speakers: Speakers,
    ) -> None:
        self._directory, self._clock, self._config, self._most = directory, clock, config, most_observers
        self._speakers = speakers
        self.mailboxes = Mailboxes(directory, clock)
        self._observers: dict[str, list[asyncio.Event]] = {}
        self._heard: dict[str, float] = {}
        self._in_blocks: OrderedDict[tuple[Any, ...], bytes] = OrderedDict()
        self._number = 0  # of notifications, over all observers: a renewed observation goes on with higher ones

    @property
    def observers(self) -> int:
        """Observations that stand now."""
        return sum(map(len, self._observers.values()))

    def heard(self, device: str) -> None:
        """A device has spoken to this driver."""
        self._heard.pop(device, None)
        self._heard[device] = self._clock.now()
        if len(self._heard) > _KNOWN:
            del self._heard[next(iter(self._heard))]

    def overhear(self, order: Order) -> bool:
        """Keep an order for those who fetch it and tell those who observe; True when its one device is reached this way."""
        if order.device is not None:
            try:
                only_read(self._directory.device(order.device), order.command)
            except CannotCarry:
                return False
        owner = self.mailboxes.put(order)
        if owner is not None:
            self.changed(owner)
            return owner in self._observers or self._clock.now() - self._heard.get(owner, float("-inf")) < _HEARD
        for each in self._observers:
            device = self._directory.device(each)
            if device is not None and order.zone in self._directory.groups(device):
                self.changed(each)
        return False

    def answered(self, device: str, command: str) -> None:
        """A device has said what became of a command."""
        owner = self._directory.topic_owner(device)
        self.mailboxes.answered(owner, command)
        self.changed(owner)

    def changed(self, device: str) -> None:
        """What a device is to hold or to do is different now."""
        for event in self._observers.get(device, ()):
            event.set()

    async def get(self, device: Device, pipe: Pipe) -> None:
        """Answer once, or as long as the other side observes."""
        request = pipe.request
        self.heard(device.id)
        if request.opt.observe != 0:
            pipe.add_response(self._answer(device, request), is_last=True)
            return
        event = asyncio.Event()
        there = self._observers.setdefault(device.id, [])
        there.append(event)
        if len(there) > self._most:
            there.pop(0).set()
        try:
            await self._tell(device, pipe, event, there)
        finally:
            if event in there:
                there.remove(event)
            if not there and self._observers.get(device.id) is there:
                del self._observers[device.id]

    async def _tell(self, device: Device, pipe: Pipe, event: asyncio.Event, there: list[asyncio.Event]) -> None:
        told: bytes | None = None
        while event in there:
            event.clear()
            self._speakers.check(pipe.request.remote, device.id)  # it may have been given a key meanwhile
            said = self.representation(device, pipe.request)
            if said != told:
                self._number = (self._number + 1) % 2**24
                answer = self._blocks(device, pipe.request, said, observe=self._number)
                if told is not None:
                    answer.mtype = CON
                pipe.add_response(answer, is_last=False)
                told = said
            try:
                async with asyncio.timeout(_LOOK):
                    await event.wait()
            except TimeoutError:
                continue
        pipe.add_response(self._answer(device, pipe.request), is_last=True)  # others observe now: it says so

    def _answer(self, device: Device, request: Message) -> Message:
        later = request.opt.block2 is not None and request.opt.block2.block_number > 0
        said = self._in_blocks.get(self._key(device, request)) if later else None
        return self._blocks(device, request, said or self.representation(device, request))

    def _blocks(self, device: Device, request: Message, said: bytes, **options: Any) -> Message:
        """The answer with the block that is asked for; what is longer than a block is kept as it is for the blocks to come."""
        answer = content(request, said, JSON, **options)
        if answer.opt.block2 is not None:
            key = self._key(device, request)
            self._in_blocks[key] = said
            self._in_blocks.move_to_end(key)
            if len(self._in_blocks) > _IN_BLOCKS:
                self._in_blocks.popitem(last=False)
        return answer

    @staticmethod
    def _key(device: Device, request: Message) -> tuple[Any, ...]:
        return request.remote, device.id, request.opt.uri_query

    def representation(self, device: Device, request: Message) -> bytes:
        """`{"version":..,"config":{..},"command":{..}}`, without the configuration when the query says `have=VERSION` of it, and
        without a command when none waits."""
        config = self._config(device.id)
        fields: dict[str, Any] = {}
        if config is not None:
            encoded = encode_config(config)
            fields["version"] = version = hashlib.sha256(encoded).hexdigest()[:8]
            if f"{_HAVE}{version}" not in request.opt.uri_query:
                fields["config"] = msgspec.Raw(encoded)
        command = self.mailboxes.current(device.id)
        if command is not None:
            fields["command"] = msgspec.Raw(command)
        return msgspec.json.encode(fields)
