"""The lamps of the towns on the wire: simulated ones that hold their plans, and plain ones that do what they are told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping

from simulators.controller import Controller
from simulators.credentials import Credential
from simulators.feeder import Feeder
from simulators.lamp import Lamp
from simulators.lamp_station import LampStation
from simulators.link import Link
from simulators.mqtt.client import Address, Client, Ears, Identity
from simulators.mqtt.outbox import Message
from simulators.noise import stream
from simulators.program import ProgramShelf, built_in
from simulators.station import Manners
from simulators.weather import Weather
from tests.e2e.year.town import TIME_ZONE
from tests.servers.stepped_hub import SteppedClock

REPORT_EVERY = 86_400
PLACE = (52.52, 13.40)  # whose weather it is, and whose sun until a lamp is told of its own
WITHIN = 60.0  # seconds on the wall for whatever is waited for

PROFILE = """
title = "Counting lamp"
kinds = ["light"]
report_every = 86400

[[messages]]
topic = "lights/{device}/report"
channel = "state"
clock = { field = "ts", form = "unix-s" }
fields = [{ field = "dim", metric = "level" }, { field = "burned", metric = "burn_time", unit = "s" }]

[commands]
confirmation = "state"
level = { full = 100 }

[commands.set_level]
topic = "lights/{device}/set"
json = { dim = "{level}" }
"""


class HoldingLamps:
    """Lamps with a plan and a clock of their own, each with its connection. They act when the clock was set: `wake`."""

    def __init__(self, names: Iterable[str], port: int, clock: SteppedClock) -> None:
        self._clock, now = clock, clock.now()
        manners = Manners(
            seed=1, built_in=built_in(TIME_ZONE, *PLACE), shelf=ProgramShelf(), weather=Weather(1, *PLACE),
            report_every=REPORT_EVERY, instant=True,
        )  # fmt: skip
        address, gate = Address("127.0.0.1", port), asyncio.Semaphore(16)
        anybody = Credential(None, None)
        self._links: list[Link] = []
        for name in names:
            lamp = Lamp(name, 60.0, 1, now)
            controller = Controller(lamp, manners.built_in, now, manners.instant)
            station = LampStation(controller, Feeder(stream(1, name), [lamp], [20.0]), 0, manners, now)
            self._links.append(Link(station, address, anybody, clock, gate, lambda link: None))

    async def connect(self) -> None:
        """Come online."""
        for link in self._links:
            link.start()
        await _until("every lamp to be connected", lambda: all(link.up for link in self._links))

    def wake(self) -> None:
        """Let all do, each at its own moment, what was due since the clock was last set."""
        now = self._clock.now()
        for link in self._links:
            if link.station.due <= now:
                link.wake()

    async def said(self) -> None:
        """Wait until the broker has all that they said."""
        await _until("the broker to have it", lambda: not any(link._client.waiting for link in self._links))

    async def close(self) -> None:
        """Leave."""
        await asyncio.gather(*(link.close() for link in self._links))


class ToldLamps:
    """Lamps that keep no program, on one connection. Each counts the seconds that it burns by the clock."""

    def __init__(self, names: Iterable[str], port: int, clock: SteppedClock) -> None:
        self._clock = clock
        self._level = dict.fromkeys(names, 0.0)
        self._burned = dict.fromkeys(self._level, 0.0)
        self._since = dict.fromkeys(self._level, clock.now())
        self._told, self._up = asyncio.Event(), asyncio.Event()
        self.orders = 0
        identity = Identity("told-lamps", None, None)
        ears = Ears(self._hear, self._up.set, lambda reason: None)
        self._client = Client(Address("127.0.0.1", port), identity, ears, asyncio.Semaphore(1))
        self._client.subscribe({"lights/+/set": 1})

    async def connect(self) -> None:
        """Come online, and report."""
        self._running = asyncio.create_task(self._client.run())
        await asyncio.wait_for(self._up.wait(), WITHIN)
        self.report()

    def report(self) -> None:
        """All say what they do."""
        for name in self._level:
            self._say(name)

    async def at(self, levels: Mapping[str, float]) -> None:
        """Wait until these lamps have these levels."""
        while late := [name for name, level in levels.items() if self._level[name] != level]:
            self._told.clear()
            try:
                await asyncio.wait_for(self._told.wait(), WITHIN)
            except TimeoutError:
                name = late[0]
                raise AssertionError(
                    f"at {self._clock.now():.0f} {name} is at {self._level[name]:g}, not {levels[name]:g}; so are "
                    f"{len(late) - 1} more"
                ) from None

    async def said(self) -> None:
        """Wait until the broker has all that they said."""
        await _until("the broker to have it", lambda: not self._client.waiting)

    async def close(self) -> None:
        """Leave."""
        await self._client.close()
        self._running.cancel()

    def _hear(self, topic: str, payload: bytes) -> None:
        name = topic.split("/")[1]
        self._count(name)
        self._level[name] = float(json.loads(payload)["dim"])
        self.orders += 1
        self._say(name)
        self._told.set()

    def _count(self, name: str) -> None:
        now = self._clock.now()
        self._burned[name] += (now - self._since[name]) * (self._level[name] > 0)
        self._since[name] = now

    def _say(self, name: str) -> None:
        self._count(name)
        body = {"ts": self._clock.now(), "dim": self._level[name], "burned": self._burned[name]}
        self._client.publish(Message(f"lights/{name}/report", json.dumps(body).encode()))


async def _until(what: str, holds: Callable[[], bool]) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + WITHIN
    while not holds():
        assert loop.time() < end, f"waited {WITHIN:.0f} s in vain for {what}"
        await asyncio.sleep(0.002)
