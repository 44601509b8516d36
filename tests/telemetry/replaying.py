"""A pipeline with replays over it, and the real MQTT driver to read messages again. Run as a program it replays
everything in a folder's quarantine, saying how far it is, until it is killed: `python -m tests.telemetry.replaying FOLDER`."""

from __future__ import annotations

import asyncio
import json
import math
import sys
from dataclasses import dataclass, field
from pathlib import Path

from drivers.mqtt.driver import MqttDriver
from hub.model.devices import Device, DeviceKind
from hub.model.readings import Rejected
from hub.ports import BrokerAddress, DriverContext
from hub.registry import Selection
from hub.registry.city import City
from hub.store import DuckDbStore
from hub.telemetry.replay import Replay, Replays, ReplayState
from tests.telemetry.pipeline import NOW, Pipeline

EVERYTHING = Selection()


class StillClock:
    """It is always `NOW` plus an hour."""

    rate = 1.0

    def now(self) -> float:
        return NOW + 3600

    def ahead(self, seconds: float) -> float:
        return self.now() + seconds


@dataclass
class Replaying(Pipeline):
    """A pipeline and its replays. `gate` speaks for the lamps; `states`: the time of each light's newest state."""

    batch: int = 500
    states: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.city = City(devices=[Device("gate", "", DeviceKind.GATEWAY), *self.registry.devices.all()])
        clock = StillClock()
        address = BrokerAddress("mqtt://127.0.0.1:9", None, None, "test")
        self.driver = MqttDriver(DriverContext(self.inbox, self.city, clock, address, {}, lambda *_: None))
        self.replays = Replays(
            self.registry, [self.driver], self.inbox, clock, lambda id: self.states.get(id, -math.inf), batch=self.batch
        )

    async def __aexit__(self, *_: object) -> None:
        await self.replays.stop()
        await super().__aexit__()

    def refuse(self, topic: str, body: object, received: float = NOW, code: str = "unknown-device") -> None:
        """Put a message into quarantine."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        device = topic.split("/")[2] if topic.startswith("ll/d/") else None
        self.registry.reports.record(rejected=[Rejected(received, topic, device, code, "register it", raw)])

    def register(self, *ids: str) -> None:
        """Lamps that the gateway speaks for."""
        lamps = [Device(id, id, DeviceKind.LIGHT, address="gate") for id in ids]
        self.registry.devices.add_many(lamps, {})
        self.city.put_devices(lamps)

    async def replay(self, selection: Selection = EVERYTHING, *, dry_run: bool = False) -> Replay:
        """Replay until it ends."""
        return await self.ended(await self.replays.begin(selection, "huong", dry_run=dry_run))

    async def ended(self, replay: Replay) -> Replay:
        """Wait for the end of a replay."""
        async with asyncio.timeout(60):
            while replay.state is ReplayState.RUNNING:
                await asyncio.sleep(0.005)
        return replay


async def main(folder: Path) -> None:
    """Replay and say how many rows are done."""
    async with Replaying(folder, DuckDbStore(folder / "store", lambda: NOW), batch=20) as pipeline:
        replay = await pipeline.replays.begin(EVERYTHING, "huong")
        print("total", replay.total, flush=True)
        while replay.state is ReplayState.RUNNING:
            print("done", replay.done, flush=True)
            await asyncio.sleep(0.002)
    print("done", replay.done, "ended", flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
