"""Ties one station to its connection and its clock: messages in, messages out, and waking up in time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from simulators.city import Way
from simulators.clock import Clock
from simulators.coap.client import CoapClient
from simulators.credentials import Credential
from simulators.fire.station import FireStation
from simulators.lwm2m.client import Lwm2mClient
from simulators.lwm2m.objects import Table, lamp, sensor
from simulators.mqtt.client import Address, Client, Ears, Identity
from simulators.mqtt.faulty import FaultyClient
from simulators.mqtt.packets import Will
from simulators.sensor import Sensor
from simulators.station import Station

_LONGEST_SLEEP = 600.0


class Link:
    """A station on the wire, at the broker or, with another `way`, at the hub's CoAP address `hub`. `on_change` is called with
    the link whenever it comes up or goes down."""

    def __init__(
        self,
        station: Station,
        address: Address,
        credential: Credential,
        clock: Clock,
        gate: asyncio.Semaphore,
        on_change: Callable[[Link], None],
        way: Way = Way.MQTT,
        hub: str = "",
    ) -> None:
        topic, payload = station.will()
        self.station = station
        self.up = False
        self.trouble = ""
        self._clock = clock
        self._on_change = on_change
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        ears = Ears(self._heard, self._came_up, self._went_down)
        prefix = station.manners.prefix
        self._client: Client | CoapClient | Lwm2mClient
        if way is Way.COAP:
            self._client = CoapClient(hub, station.id, prefix, ears)
        elif way is Way.LWM2M:
            model = sensor(station.id) if isinstance(station, Sensor) else lamp(station.id, old=bool(station.key & 1))
            self._client = Lwm2mClient(hub, station, ears, Table(model), clock)
        else:
            identity = Identity(station.id, credential.username, credential.password, Will(topic, payload))
            kind = FaultyClient if isinstance(station, FireStation) else Client
            self._client = kind(address, identity, ears, gate)
        station.post = self._client.publish
        station.on_topics = lambda: self._client.subscribe(station.topics())
        station.on_reboot = self._client.cut

    @property
    def client(self) -> Client | CoapClient | Lwm2mClient:
        """What carries its messages."""
        return self._client

    def start(self) -> None:
        """Connect, and begin to live by the clock. Does nothing to a link that was started."""
        if self._task is not None:
            return
        self.station.wake_up(self._clock.now())
        self._client.subscribe(self.station.topics())
        self._task = asyncio.get_running_loop().create_task(self._client.run())
        self._arm()

    def cut(self) -> None:
        """The power fails: the connection is gone without a word, and nobody is left to make a new one."""
        self._halt()
        self._client.cut()
        if self.up:
            self._went_down("power cut")

    async def close(self) -> None:
        """Say goodbye."""
        if self._client.connected:
            self.station.leave()
            await self._client.close()
        self._halt()

    def wake(self) -> None:
        """Look at the clock now: something about the station changed."""
        now = self._clock.now()
        self.station.run(now)
        self._arm()

    def _halt(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        delay = self._clock.wall_seconds(self.station.due - self._clock.now())
        self._timer = asyncio.get_running_loop().call_later(min(max(delay, 0.0), _LONGEST_SLEEP), self.wake)

    def _heard(self, topic: str, payload: bytes) -> None:
        self.station.hear(topic, payload, self._clock.now())
        if self._task is not None:
            self._arm()

    def _came_up(self) -> None:
        self.up, self.trouble = True, ""
        self.station.greet(self._clock.now())
        self._arm()
        self._on_change(self)

    def _went_down(self, reason: str) -> None:
        self.up, self.trouble = False, reason
        self.station.on_lost(self._clock.now())
        self._on_change(self)
