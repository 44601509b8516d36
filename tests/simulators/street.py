"""A few devices without a wire: what they post is kept, time is given."""

from __future__ import annotations

import json
from typing import Any

from simulators.city import City, plan
from simulators.fleet import Fleet
from simulators.mqtt.outbox import Message
from simulators.program import ProgramShelf, built_in
from simulators.station import Manners, Station
from simulators.weather import Weather

NIGHT = 1_795_273_200.0  # 2026-11-21 22:00 in Huế


class Street:
    """A small city and everything it said."""

    def __init__(
        self, lights: int = 20, single: int = 2, faults: float = 0.0, seed: int = 1, cbor: bool = False
    ) -> None:
        self.city: City = plan(lights, seed, single=single, faults=faults)
        self.manners = Manners(
            seed=seed,
            built_in=built_in(self.city.tz, self.city.centre.lat, self.city.centre.lon),
            shelf=ProgramShelf(),
            weather=Weather(seed, self.city.centre.lat, self.city.centre.lon),
            cbor=cbor,
        )
        self.fleet = Fleet(self.city, self.manners, NIGHT)
        self.said: list[Message] = []
        for station in self.fleet.stations.values():
            station.post = self.said.append

    def __getitem__(self, id: str) -> Station:
        return self.fleet.stations[id]

    @property
    def behind(self) -> list[str]:
        """Lamps behind cab-001."""
        return [lamp.id for lamp in self.city.lamps if not lamp.single and lamp.cabinet == "cab-001"]

    @property
    def alone(self) -> list[str]:
        """Lamps with their own connection."""
        return [lamp.id for lamp in self.city.lamps if lamp.single]

    def take(self, device: str, channel: str) -> list[Any]:
        """What `device` said on `channel` since last asked, decoded."""
        topic = f"ll/d/{device}/up/{channel}"
        found = [m for m in self.said if m.topic == topic]
        self.said[:] = [m for m in self.said if m.topic != topic]
        return [json.loads(m.payload) if m.payload[:1] in b"[{" else m.payload.decode() for m in found]

    def tell(self, device: str, topic: str, content: Any, now: float = NIGHT) -> None:
        """Hand `device` a message."""
        self[device].hear(topic, json.dumps(content).encode(), now)


def set_level(level: float, now: float = NIGHT, **more: Any) -> dict[str, Any]:
    """A command."""
    return {"id": "c1", "t": now, "expires": now + 60, "op": "set_level", "level": level, "ramp": 0} | more
