"""How late are the steps that the hub itself carries out? 2,000 zones, each with a program of its own, lamps that keep none.

The lamps are Tasmota's, on a Mosquitto, played by one client that notes when each order arrives and answers. Each zone has two
steps: one at a time of its own within a minute (33 zones a second), then one at which all zones step in the same
moment. Lateness is taken at the lamp: from the time of the step to the arrival of its order, broker and wire
included. The floor of the same run is a bare client that publishes as many orders at once.

`desired state from cold`: the level that each of 100,000 lamps in these zones should have, with nothing worked out before.
"""

from __future__ import annotations

import json
import re
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import paho.mqtt.client as paho
from paho.mqtt import enums

from benchmarks._orders import items
from hub.control.arbiter import Arbiter
from hub.control.timetable import Timetable
from hub.model.devices import Device, DeviceKind
from hub.model.zones import Zone
from hub.registry import Registry
from hub.registry.city import City
from hub.registry.records import Written
from schedules.program_reader import parse_program
from schedules.site import Site
from tests.servers.hub import running_hub
from tests.servers.mosquitto import mosquitto
from tests.servers.waiting import until

ZONES = 2000
LAMPS = 2  # a zone
SPREAD, AFTER = 60.0, 90.0  # seconds over which the zones' own steps come, and until all of them step together
LEAD = 180.0  # seconds for the hub to start and the lamps to be known
LEVELS = (10, 40, 70)
MANY = 100_000
BROKER = ("allow_anonymous true", "max_queued_messages 0", "max_inflight_messages 0")


def run(zones: int = ZONES) -> dict[str, Any]:
    """Figures in ms and s."""
    figures: dict[str, Any] = {"zones": zones, "lamps": zones * LAMPS} | _cold(zones)
    with tempfile.TemporaryDirectory() as folder, mosquitto(Path(folder) / "broker", *BROKER) as broker:
        hub = running_hub(
            Path(folder) / "hub", {"mqtt__url": broker.url, "lighting__time_zone": "UTC"}, start=False
        )  # fmt: skip
        with hub as running:
            begin = time.time() + LEAD
            _furnish(Registry(f"sqlite:///{running.data / 'registry.db'}"), zones, begin)
            lamps = _Lamps(broker.port, (f"lamp-{n}" for n in range(zones * LAMPS)))
            running.start(well=False)
            with running.client() as api:
                until("the lamps to be known", lambda: _online(api) >= zones * LAMPS or None, within=LEAD, every=2)
                late = begin - time.time()
                assert late > 0, f"the machine is too slow: raise LEAD by {-late:.0f} s"
                until(
                    "the steps of the zones", lambda: lamps.all_at(LEVELS[1]), within=LEAD + SPREAD + AFTER, every=0.5
                )
                figures |= _shown("steps spread over a minute", lamps.lateness(LEVELS[1], _own_steps(zones, begin)))
                until("the step of all", lambda: lamps.all_at(LEVELS[2]), within=AFTER + 60, every=0.5)
                together = dict.fromkeys(lamps.names, begin + SPREAD + AFTER)
                figures |= _shown("all zones at once", lamps.lateness(LEVELS[2], together))
            figures |= _own_histogram(running.url)
            figures["bare client, as many orders at once: last after ms"] = lamps.floor(broker.port)
            lamps.close()
    return figures


def _cold(zones: int) -> dict[str, float]:
    """The desired state of many lamps, worked out from nothing."""
    programs = {body["id"]: body for body in (_program(n, time.time()) for n in range(zones))}
    city = City(
        (Zone(f"zone-{n}", "", "street", calendar=f"p{n}") for n in range(zones)),
        [Device(f"lamp-{n}", "", DeviceKind.LIGHT, "tasmota", f"zone-{n % zones}") for n in range(MANY)],
    )
    timetable = Timetable(city, parse_program(_program(zones, time.time())))
    written = [Written(id, body, 0.0, "benchmark") for id, body in programs.items()]
    timetable.load(written, [Written(id, {"id": id, "default": id}, 0.0, "benchmark") for id in programs])
    arbiter, now = Arbiter(city, timetable, Site(16.46, 107.59, "UTC")), time.time()
    began = time.perf_counter()
    for device in city.devices.values():
        arbiter.desired(device, now)
    cold = time.perf_counter() - began
    began = time.perf_counter()
    for device in city.devices.values():
        arbiter.desired(device, now)
    warm = time.perf_counter() - began
    return {f"desired state of {MANY:,} lamps from cold, s": cold, "the same again, s": warm}


def _program(number: int, begin: float) -> dict[str, Any]:
    """The program of a zone: at LEVELS[0] until its own step, which comes within SPREAD seconds of `begin`."""
    steps = [(begin - 3600, LEVELS[0]), (_own(number, begin), LEVELS[1]), (begin + SPREAD + AFTER, LEVELS[2])]
    day = "midnight" if 6 <= datetime.fromtimestamp(begin, UTC).hour < 18 else "noon"
    written = [{"level": level, **_at(moment)} for moment, level in steps]
    return {"id": f"p{number}", "day": day, "gap": 0, "steps": written}


def _own(number: int, begin: float) -> float:
    return begin + SPREAD * (number % ZONES) / ZONES


def _own_steps(zones: int, begin: float) -> dict[str, float]:
    return {f"lamp-{n}": _own(n % zones, begin) for n in range(zones * LAMPS)}


def _at(moment: float) -> dict[str, Any]:
    """A clock time and the part of a minute that it lacks."""
    clock = datetime.fromtimestamp(moment, UTC).strftime("%H:%M")
    return {"at": clock, "offset": moment % 60 / 60}


def _furnish(registry: Registry, zones: int, begin: float) -> None:
    for number in range(zones):
        body = _program(number, begin)
        calendar = {"id": body["id"], "default": body["id"]}
        registry.plans.install(
            [Written(body["id"], body, 0.0, "benchmark")], Written(body["id"], calendar, 0.0, "benchmark")
        )
        registry.zones.add(Zone(f"zone-{number}", f"Zone {number}", "street", calendar=body["id"]))
    lamps = range(zones * LAMPS)
    registry.devices.add_many(
        [Device(f"lamp-{n}", f"Lamp {n}", DeviceKind.LIGHT, "tasmota", f"zone-{n % zones}") for n in lamps]
    )
    registry.close()


def _online(api: httpx.Client) -> int:
    return sum(bool(device["online"]) for device in items(api, "/devices", kind="light"))


def _shown(what: str, late: list[float]) -> dict[str, float]:
    ranked = sorted(1000 * each for each in late)
    count = len(ranked)
    shares = {"p50": ranked[count // 2], "p99": ranked[int(count * 0.99)], "worst": ranked[-1], "earliest": ranked[0]}
    return {f"{what}: lateness {name}, ms": value for name, value in shares.items()}


def _own_histogram(url: str) -> dict[str, str]:
    """The hub's own measure of the same: how many lamps' orders the broker had within which time."""
    found = re.findall(r'step_lateness_seconds_bucket\{le="(\S+)"\} (\S+)', httpx.get(f"{url}/metrics").text)
    return {"by the hub itself: orders within s": ", ".join(f"{bound}: {float(count):.0f}" for bound, count in found)}


class _Lamps:
    """All lamps in one client: each says where it is, obeys at once and answers."""

    def __init__(self, port: int, names: Iterable[str]) -> None:
        self.names = list(names)
        self.heard: dict[tuple[str, int], float] = {}
        self._levels = dict.fromkeys(self.names, LEVELS[0])
        self._subscribed = threading.Event()
        client = self._client = paho.Client(enums.CallbackAPIVersion.VERSION2, client_id="lamps")
        client.max_inflight_messages_set(0)
        client.on_connect = lambda client, *_: client.subscribe("cmnd/#", 1)
        client.on_subscribe = lambda *_: self._subscribed.set()
        client.on_message = self._obey
        client.connect("127.0.0.1", port)
        client.loop_start()
        assert self._subscribed.wait(20)
        for name in self.names:
            client.publish(f"tele/{name}/LWT", "Online", 1, retain=True)
            self._say(name, LEVELS[0])

    def _obey(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        now, name = time.time(), message.topic.split("/")[1]
        words = message.payload.decode().split()
        if "Dimmer" in words:
            level = int(words[words.index("Dimmer") + 1].rstrip(";"))
            self.heard.setdefault((name, level), now)
            self._levels[name] = level
            self._say(name, level)

    def _say(self, name: str, level: int) -> None:
        state = {"POWER": "ON" if level else "OFF", "Dimmer": level}
        self._client.publish(f"stat/{name}/RESULT", json.dumps(state), 1)

    def all_at(self, level: int) -> bool | None:
        """Every lamp has this level."""
        return all(each == level for each in self._levels.values()) or None

    def lateness(self, level: int, due: Mapping[str, float]) -> list[float]:
        """Seconds from each lamp's step to the arrival of its order."""
        return [self.heard[name, level] - due[name] for name in self.names]

    def floor(self, port: int) -> float:
        """Milliseconds until the last of as many orders has arrived that a bare client publishes at once."""
        client = paho.Client(enums.CallbackAPIVersion.VERSION2, client_id="bare")
        client.max_inflight_messages_set(0)
        client.connect("127.0.0.1", port)
        client.loop_start()
        until("the bare client", lambda: client.is_connected() or None)
        began = time.time()
        for name in self.names:
            client.publish(f"cmnd/{name}/Backlog0", "Fade 0; Dimmer 99; Power 1; State", 1)
        until("the orders to arrive", lambda: self.all_at(99), within=60, every=0.005)
        client.disconnect()
        client.loop_stop()
        return 1000 * (max(self.heard[name, 99] for name in self.names) - began)

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()
