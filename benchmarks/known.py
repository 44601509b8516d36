"""100,000 devices known: how long `lamplighter run` takes from its start to a `/readyz` of 200, and how much memory is resident
in then, and after every device has reported once. The zone tree has 520 zones; the store holds a reading of seven metrics of
every device; nothing was ever kept in memory before the first start, the second finds the snapshot of the first. The broker is
an outside Mosquitto; the `embedded` figures are of the hub with its own broker, which has an account for every device.
Bars: start at most 5 s, resident at most 600 MB.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from benchmarks._hub import durable_rows
from benchmarks._load import load, result
from hub.broker import hash_secret, make_secret
from hub.model.devices import Device, DeviceKind
from hub.model.light import Cause, LightReport
from hub.model.readings import Row
from hub.model.zones import Location, Zone
from hub.registry import Registry
from hub.store import DuckDbStore
from tests.servers.hub import RunningHub, running_hub
from tests.servers.mosquitto import mosquitto
from tests.servers.waiting import until

DEVICES = 100_000
WARDS, STREETS = 20, 500
LEVELS = {
    "power": 61.2,
    "voltage": 229.1,
    "current": 0.27,
    "energy": 12345.6,
    "level": 60.0,
    "temperature": 36.1,
    "power_factor": 0.97,
}


def run() -> dict[str, Any]:
    """Start on what was prepared, three ways."""
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="lamplighter-known-") as name:
        prepared = Path(name) / "prepared"
        prepare(prepared)
        with mosquitto(Path(name) / "broker", "allow_anonymous true", "max_queued_messages 0") as broker:
            settings = {"mqtt__url": broker.url}
            with running_hub(_copy(prepared, Path(name) / "outside"), settings, start=False) as hub:
                figures["first start, s"], figures["its CPU, s"] = _started(hub), _processor(hub)
                figures["resident after it, MB"] = _resident(hub)
                hub.stop(60)
                figures["start with a snapshot, s"], figures["CPU of that, s"] = _started(hub), _processor(hub)
                figures["resident then, MB"] = _resident(hub)
                figures |= _reported(hub, broker.port)
        with running_hub(_copy(prepared, Path(name) / "embedded"), start=False) as hub:
            figures["embedded: first start, s"] = _started(hub)
            figures["embedded: resident, MB"] = _resident(hub)
            figures["embedded: the broker's own, MB"] = _resident_children(hub)
    return figures


def prepare(folder: Path) -> None:
    """A data folder of a city that has reported."""
    data = folder / "data"
    data.mkdir(parents=True)
    registry = Registry(f"sqlite:///{data / 'registry.db'}")
    for zone in _zones():
        registry.zones.add(zone)
    hashed = hash_secret(make_secret())  # one for all: a hash of its own for each would take minutes and change nothing
    devices = list(_devices())
    for start in range(0, DEVICES, 5_000):
        part = devices[start : start + 5_000]
        registry.devices.add_many(part, {device.id: hashed for device in part})
        now = time.time()
        reports = [LightReport(device.id, 60.0, Cause.PROGRAM, now, now) for device in part]
        registry.reports.record(lights=reports, in_effect=[(each.device, each.level) for each in reports])
    registry.close()
    store = DuckDbStore(data / "telemetry", time.time)
    for start in range(0, DEVICES, 10_000):
        now = time.time()
        store.append([Row(device.id, device.kind, now, now, LEVELS) for device in devices[start : start + 10_000]])
    store.close()


def _zones() -> Iterator[Zone]:
    yield Zone("city", "City", "city")
    for ward in range(WARDS):
        yield Zone(f"ward-{ward}", f"Ward {ward}", "ward", "city")
    for street in range(STREETS - 1):
        yield Zone(f"street-{street}", f"Street {street}", "street", f"ward-{street % WARDS}")


def _devices() -> Iterator[Device]:
    for number in range(DEVICES):
        name = f"lamp-{number:06}"
        place = Location(16.4 + number / 1e6, 107.5 + number / 1e6)
        yield Device(
            name,
            f"Lamp {number}",
            DeviceKind.LIGHT,
            "flat-json",
            f"street-{number % (STREETS - 1)}",
            place,
            rated_power=80.0,
        )


def _copy(prepared: Path, folder: Path) -> Path:
    shutil.copytree(prepared, folder)
    return folder


def _started(hub: RunningHub) -> float:
    began = time.perf_counter()
    hub.start()
    return time.perf_counter() - began


def _processor(hub: RunningHub) -> float:
    """Seconds of processor that the hub has used."""
    used = psutil.Process(hub.pid).cpu_times()
    return float(used.user + used.system)


def _resident(hub: RunningHub) -> float:
    return float(psutil.Process(hub.pid).memory_info().rss) / 1e6


def _resident_children(hub: RunningHub) -> float:
    return sum(float(child.memory_info().rss) for child in psutil.Process(hub.pid).children(recursive=True)) / 1e6


def _reported(hub: RunningHub, port: int) -> dict[str, float]:
    durable = durable_rows(hub)
    result(load(port, DEVICES, form="json", devices=DEVICES))
    until("every device's report to be durable", lambda: durable() >= DEVICES, within=120)
    return {"resident after each reported once, MB": _resident(hub)}
