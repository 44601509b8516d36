"""The same seeded city over the real wire: a night of it is told to a running hub by MQTT, and to the rules without one.

The hub's clock runs fast, so that a day passes in minutes. What the hub's list showed and what the rules alone found must be
the same alarms at the same devices. Clocks are left out: in a fast city a minute is nothing.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt import enums

from benchmarks._seeded import SeededCity
from benchmarks._seeded_city import NIGHTS, SITES, STEP, Said, Street
from benchmarks._seeded_faults import DAY, HOUR
from hub.alarms.ruleset import load_rules
from hub.clock import FastClock
from hub.model.devices import Device
from hub.model.zones import Zone
from hub.registry import Registry
from tests.servers.hub import RunningHub, running_hub
from tests.servers.mosquitto import mosquitto

RATE = 300.0  # a day in five minutes
LAMPS, EACH, SEED = 168, 12, 2
_HEAD_START = 3.0 * HOUR  # of the city's time, while the hub starts
_UNITS = {
    "level": "/100", "power": "W", "voltage": "V", "power_factor": "/", "burn_time": "h", "switch_count": "count",
    "battery": "%EL", "pm2_5": "ug/m3", "energy": "Wh", "current": "A", "frequency": "Hz", "temperature": "Cel",
}  # fmt: skip
Found = set[tuple[str, str]]


def agreement(days: float = 1.1) -> dict[str, Any]:
    """What both found, and what one of them alone did."""
    site = SITES[SEED % 2]
    now = time.time() + DAY
    begin = now // DAY * DAY + 8.5 * HOUR - site.lon * 240.0
    clock = FastClock.starting(begin - _HEAD_START, RATE)
    rules = load_rules()
    city = SeededCity(LAMPS, EACH, days, 1, SEED, rules, begin, constant=0.0)
    root = str(Path(__file__).parents[1])
    settings = {"lighting__time_zone": site.time_zone, "lighting__latitude": site.lat, "lighting__longitude": site.lon,
                "lighting__report_every": 900}  # fmt: skip
    with (
        tempfile.TemporaryDirectory(prefix="lamplighter-seeded-") as name,
        mosquitto(Path(name) / "broker", "allow_anonymous true", "max_queued_messages 0") as broker,
        running_hub(
            Path(name) / "hub", {**settings, "mqtt__url": broker.url}, start=False,
            variables={"PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))},
        ) as hub,
    ):  # fmt: skip
        _furnish(hub, city)
        hub.program = ("tests.servers.fast_hub", repr(RATE), repr(clock.epoch))
        hub.start()
        _programs(hub, city)
        by_wire = _told(hub, broker.port, city, clock)
    alone = {(key.device, key.type) for _, keys in SeededCity(
        LAMPS, EACH, days, 1, SEED, rules, begin, constant=0.0).run() for key in keys} - _clocks(city)  # fmt: skip
    true = {(fault.device, fault.kind) for fault in city.faults} - _clocks(city)
    return {
        "wire: lamps": LAMPS, "wire: hours": days * 24.0, "wire: readings' rows": city.rows, "wire: faults": len(true),
        "wire: found by both": len(by_wire & alone & true), "wire: by the hub alone": _words(by_wire - alone),
        "wire: by the rules alone": _words(alone - by_wire),
        "wire: precision and recall": [len(by_wire & true) / max(1, len(by_wire)), len(by_wire & true) / len(true)],
        "wire: they agree": by_wire == alone,
    }  # fmt: skip


def _words(found: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{device} {type}" for device, type in sorted(found)) or "none"


def _clocks(city: SeededCity) -> Found:
    return {(device, "clockError") for device in city.known}


def _zone(street: Street) -> str:
    return f"z-{street.device.id}"


def _furnish(hub: RunningHub, city: SeededCity) -> None:
    with closing(Registry(f"sqlite:///{hub.data / 'registry.db'}")) as registry:
        registry.zones.add(Zone("city", "City", "city"))
        for street in city.streets.values():
            registry.zones.add(Zone(_zone(street), street.device.id, "street", "city"))
        registry.devices.add_many([
            Device(each.id, each.id, each.kind, zone=f"z-{each.address or each.id}" if each.id not in city.sensors else "city",
                   rated_power=each.rated_power, address=each.address, feed=each.feed)
            for each in city.known.values()
        ])  # fmt: skip


def _programs(hub: RunningHub, city: SeededCity) -> None:
    with hub.client() as api:
        for number, body in enumerate(NIGHTS):
            api.post("/programs", json=body).raise_for_status()
            api.post(
                "/calendars", json={"id": body["id"], "name": body["id"], "default": body["id"]}
            ).raise_for_status()
            for street in list(city.streets.values())[number :: len(NIGHTS)]:
                api.put(f"/zones/{_zone(street)}/calendar", json={"calendar": body["id"]}).raise_for_status()


def _told(hub: RunningHub, port: int, city: SeededCity, clock: FastClock) -> Found:
    """Everything the city says, each when it is time; what the hub's list showed meanwhile."""
    found: Found = set()
    present: dict[str, bool] = {}
    client = paho.Client(enums.CallbackAPIVersion.VERSION2, client_id="city")
    client.max_inflight_messages_set(1000)
    client.connect("127.0.0.1", port)
    client.loop_start()
    if clock.now() >= city.begin:
        raise RuntimeError("the machine is too slow for this scene: the hub was not ready when the city began to speak")
    with hub.client() as api:
        looked = time.monotonic()
        for said in city.steps():
            time.sleep(max(0.0, (said.at - clock.now()) / RATE))
            for topic, payload in _messages(city, said, present):
                client.publish(topic, json.dumps(payload) if not isinstance(payload, str) else payload, 1)
            if time.monotonic() - looked > 1.0:
                looked = time.monotonic()
                found |= _list(api, city)
        time.sleep(6.0)  # a look of the hub at its states
        found |= _list(api, city)
    client.disconnect()
    client.loop_stop()
    return found - _clocks(city)


def _list(api: Any, city: SeededCity) -> Found:
    """What the list shows that began while the city spoke: nothing was heard before, and nothing is after."""
    items = api.get("/alarms", params={"limit": 1000, "state": ["unacknowledged", "acknowledged"]}).json()["items"]
    return {
        (each["device"] or "", each["type"])
        for each in items
        if city.begin + STEP <= datetime.fromisoformat(each["began"]).timestamp() < city.end
    }


def _messages(city: SeededCity, said: Said, present: dict[str, bool]) -> Iterable[tuple[str, Any]]:
    for name in said.streets:
        street = city.streets[name]
        here = street.left is None or said.at - street.left < 90.0
        if present.get(name) is not here:
            present[name] = here
            yield f"ll/d/{name}/up/presence", "online" if here else "offline"
        if street.left is None:
            report = city.cabinet(name)
            assert report is not None
            state = {"t": said.at, "segments": dict(report.segments), "feedback": dict(report.feedback), "door": False,
                     "breaker": dict(said.breakers).get(name, True), "remote": True}  # fmt: skip
            yield f"ll/d/{name}/up/state", state
    for id, level in said.levels:
        state = {"d": id, "t": said.at if level is None else level.since, "level": 100 if level is None else level.level,
                 "cause": "local" if level is None else "program"}  # fmt: skip
        yield f"ll/d/{city.known[id].address}/up/state", [state]
    packs: dict[str, list[dict[str, Any]]] = {}
    for row in said.rows:
        base: dict[str, Any] = {"bn": f"{row.device}/", "bt": row.time}
        for metric, value in row.values.items():
            packs.setdefault(city.known[row.device].address or row.device, []).append(
                {**base, "n": metric, "u": _UNITS[metric], "v": value}
            )
            base = {}
    for owner, pack in packs.items():
        yield f"ll/d/{owner}/up/telemetry", pack
