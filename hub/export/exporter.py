"""Keeping what is published for Home Assistant as the city is: only changes, a device at most once a turn."""

from __future__ import annotations

import asyncio
import hashlib
import json
from importlib.metadata import version

import msgspec

from hub.background import Background
from hub.control.board import Board
from hub.export.homeassistant import Topics, discovery, state
from hub.model.devices import Device, DeviceKind, DeviceStatus
from hub.ports import Broadcaster, Unreachable
from hub.registry import Registry
from hub.registry.city import City
from hub.telemetry.latest import LatestValues

FACT = "homeassistant-devices"  # {device: digest of the configuration that the broker holds}
KINDS = frozenset({DeviceKind.LIGHT, DeviceKind.CABINET, DeviceKind.METER, DeviceKind.ENVIRONMENT})
AT_ONCE = 200
BREATH = 1000  # devices looked at without a pause


class HomeAssistantExport:
    """Publishes lights, cabinets, meters and environmental sensors, and withdraws those that are gone; all of them when it
    is not `enabled`. Read-only: nothing is subscribed to."""

    def __init__(
        self,
        city: City,
        board: Board,
        latest: LatestValues,
        registry: Registry,
        broadcaster: Broadcaster,
        topics: Topics,
        *,
        enabled: bool,
        interval: float = 3.0,
    ) -> None:
        self._city, self._board, self._latest, self._registry = city, board, latest, registry
        self._broadcaster, self._topics, self._enabled, self._interval = broadcaster, topics, enabled, interval
        self._version = version("lamplighter")
        self._held: dict[str, str] = {}
        self._said: dict[str, bytes] = {}  # topic -> what it was last told in this run
        self._background = Background("homeassistant", self._turn, expected=(Unreachable,))

    def start(self) -> None:
        """Begin, when there is anything to publish or to withdraw."""
        self._held = json.loads(self._registry.facts.get(FACT) or "{}")
        if self._enabled or self._held:
            self._background.start()

    async def stop(self) -> None:
        """Stop, telling Home Assistant that nothing it sees is fresh any more."""
        await self._background.stop()
        if self._said:
            try:
                await self._say(self._topics.hub, b"offline")
            except Unreachable:
                return

    async def _turn(self) -> None:
        await asyncio.sleep(self._interval)
        await self.publish()

    async def publish(self) -> None:
        """Publish what changed; raises Unreachable."""
        if self._enabled:
            await self._say(self._topics.hub, b"online")
        gone = set(self._held)
        changed: list[tuple[str, str, list[tuple[str, bytes]]]] = []
        for index, device in enumerate(list(self._city.devices.values())):
            if index % BREATH == BREATH - 1:
                await asyncio.sleep(0)
            if not self._shown(device):
                continue
            gone.discard(device.id)
            digest, messages = self._messages(device)
            if messages:
                changed.append((device.id, digest, messages))
        before = dict(self._held)
        try:
            for start in range(0, len(changed), AT_ONCE):
                await asyncio.gather(*(self._tell(*each) for each in changed[start : start + AT_ONCE]))
            for name in sorted(gone):
                await self._withdraw(name)
        finally:
            if self._held != before:
                await asyncio.to_thread(self._registry.facts.set, FACT, json.dumps(self._held))

    def _shown(self, device: Device) -> bool:
        return self._enabled and device.kind in KINDS and device.status is not DeviceStatus.RETIRED

    def _messages(self, device: Device) -> tuple[str, list[tuple[str, bytes]]]:
        """The digest of its configuration, and the messages that say something new."""
        values = {metric: reading.value for metric, reading in self._latest.of(device.id).items()}
        light = device.kind is DeviceKind.LIGHT
        level = self._board.light(device.id).actual if light else None
        zone = self._city.tree.zones.get(device.zone) if device.zone is not None else None
        metrics = values.keys() | ({"level"} if light else set())
        config = discovery(device, metrics, zone.name if zone else None, self._topics, self._version)
        written = msgspec.json.encode(config)
        digest = hashlib.sha256(written).hexdigest()[:16]
        messages = [
            (self._topics.state(device.id), msgspec.json.encode(state(device, level, values))),
            (self._topics.online(device.id), b"online" if self._board.online(device.id) else b"offline"),
        ]
        found = [(topic, payload) for topic, payload in messages if self._said.get(topic) != payload]
        if self._held.get(device.id) != digest:
            found.insert(0, (self._topics.config(device.id), written))
        return digest, found

    async def _tell(self, device: str, digest: str, messages: list[tuple[str, bytes]]) -> None:
        for topic, payload in messages:
            if topic == self._topics.config(device):
                await self._broadcaster.broadcast(topic, payload)
                self._held[device] = digest
            else:
                await self._say(topic, payload)

    async def _withdraw(self, device: str) -> None:
        """An empty retained message removes what the broker keeps; Home Assistant then removes the device."""
        topics = self._topics
        for topic in (topics.config(device), topics.state(device), topics.online(device)):
            await self._broadcaster.broadcast(topic, b"")
            self._said.pop(topic, None)
        self._held.pop(device, None)

    async def _say(self, topic: str, payload: bytes) -> None:
        if self._said.get(topic) != payload:
            await self._broadcaster.broadcast(topic, payload)
            self._said[topic] = payload
