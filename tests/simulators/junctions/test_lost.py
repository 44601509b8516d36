"""An hour without hub and network while coordinated: the plan goes on, the cycles stay together, nothing flashes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulators import crossroads
from simulators.credentials import Credential
from simulators.junctions.clock import ControllerClock
from simulators.junctions.plan_sets import wire
from simulators.junctions.program import checksum
from simulators.junctions.station import JunctionStation
from simulators.link import Link
from simulators.mqtt.client import Address
from simulators.mqtt.outbox import Message
from tests.simulators.junctions.crossroad import NOON, town
from tests.simulators.mosquitto import broker
from tests.simulators.street import Street

HOUR = 3600.0
WORST = 1.0  # s that clocks may be apart after an hour


@dataclass
class Steered:
    """A clock that a test moves; on the wall nothing has to be waited for."""

    time: float

    def now(self) -> float:
        return self.time

    def wall_seconds(self, seconds: float) -> float:
        return seconds


async def _until(what: str, holds: Any) -> None:
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.02)
    assert holds(), what


def _ordered(station: JunctionStation, plan_set: Any, now: float) -> None:
    """The evening's program, selected without an end as a hub does that coordinates."""
    program = wire(plan_set, "evening")
    order = {"id": "c-1", "t": now, "expires": now + 60, "op": "signal_plan", "plan": "p-evening", "program": program,
             "checksum": checksum(program)}  # fmt: skip
    station.hear(f"ll/d/{station.id}/down/command", json.dumps(order).encode(), now)


def _noting(posted: list[Message], post: Callable[[Message], None]) -> Callable[[Message], None]:
    def note(message: Message) -> None:
        posted.append(message)
        post(message)

    return note


async def _an_hour_alone(folder: Path) -> tuple[list[dict[str, Any]], list[JunctionStation], float, list[Message]]:
    clock, gate = Steered(NOON), asyncio.Semaphore(4)
    posted: list[Message] = []
    plans = town(2).junctions
    stations = [crossroads.station_of(plan, "Asia/Ho_Chi_Minh", Street().manners, NOON) for plan in plans]
    for share, station in zip((1.0, -1.0), stations, strict=True):  # the worst quartz there is, either way
        station.controller.clock = ControllerClock(share, NOON, 0.2 * share)
    with broker(folder) as mosquitto:
        links = [
            Link(station, Address.parse(mosquitto.url), Credential(), clock, gate, lambda link: None)
            for station in stations
        ]
        for link in links:
            link.station.post = _noting(posted, link.station.post)
            link.start()
        await _until("connected", lambda: all(link.up for link in links))
        for station, plan in zip(stations, plans, strict=True):
            _ordered(station, plan.plan_set, clock.time)
        clock.time += 600
        for link in links:
            link.wake()
        mosquitto.kill()
        await _until("down", lambda: not any(link.up for link in links))
        for _ in range(60):
            clock.time += HOUR / 60
            for link in links:
                link.wake()
        alone = [station.state(clock.time) for station in stations]
        mosquitto.start()
        await _until("up again", lambda: all(link.up for link in links))
        for link in links:
            await link.close()
    return alone, stations, clock.time, posted


def test_an_hour_without_the_network_changes_nothing(tmp_path: Path) -> None:
    alone, stations, now, posted = asyncio.run(_an_hour_alone(tmp_path))
    channels = [message.topic.rpartition("/")[2] for message in posted]
    assert [each.payload for each in posted].count(b"online") == 4  # they came back
    assert "event" not in channels  # and nothing was wrong meanwhile
    states = [json.loads(message.payload) for message in posted if message.topic.endswith("/state")]
    assert {state["mode"] for state in states if state["t"] > NOON + 400} == {"plan"}
    zeros = []
    for state, station in zip(alone, stations, strict=True):
        assert (state["mode"], state["plan"], state["by"]) == ("plan", "p-evening", "order")
        assert state["faults"] == [] and state["correction"] == 0
        assert 0 < abs(state["clock_error"]) <= WORST
        program = station.controller.stored["p-evening"]
        zeros.append((now - state["second"] - program.offset) % program.cycle)
    apart = abs(zeros[0] - zeros[1])
    assert min(apart, 90 - apart) <= WORST  # the wave still rolls
