"""What decoding a message costs: `python -m benchmarks.mqtt_codec`.

Each figure is microseconds of one core a message, the best of several rounds, and the ratio to a bare decode of the
same bytes by the library beneath (msgspec for JSON, cbor2 for CBOR).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import cbor2
import msgspec

from drivers.burst import Burst
from drivers.mqtt.native import NativeDecoder
from drivers.mqtt.topics import Topics
from drivers.profiles import SHIPPED, Profiles, load_profiles
from drivers.senml import Limits, encode_cbor, encode_json
from hub.model.devices import Device, DeviceKind

_NOW = 1_763_750_000.0
_METRICS = (("power", "W", 61.2), ("voltage", "V", 229.8), ("current", "A", 0.272), ("level", "%", 0.6))
_ROUNDS = 5
_FOREIGN = {
    "flat JSON of 182 bytes": (
        "tele/lamp/telemetry",
        b'{"device":"lamp-000001","ts":1763750000000,"seq":100000001,"power":81.00,"voltage":230.0,"current":0.381,'
        b'"energy":12345.678,"dim":42,"on":true,"temp":36.1,"status":"ok","fw":"1.4.2"}',
    ),
    "Tasmota, energy": (
        "tele/lamp/SENSOR",
        b'{"Time":"2025-11-22T01:33:20","ENERGY":{"TotalStartTime":"2022-03-20T15:20:48","Total":514.153,"Yesterday":1.495,'
        b'"Today":0.537,"Period":0,"Power":56,"ApparentPower":92,"ReactivePower":73,"Factor":0.61,"Voltage":234,"Current":0.392}}',
    ),
    "Zigbee2MQTT, lamp": (
        "zigbee2mqtt/lamp",
        b'{"state":"ON","brightness":215,"color_temp":325,"linkquality":120,"power":12.4,"voltage":229}',
    ),
}


class _City:
    """A directory of a gateway and its lamps."""

    def __init__(self, lamps: int) -> None:
        self._devices = {"gw-1": Device("gw-1", "", DeviceKind.GATEWAY)}
        for n in range(lamps):
            self._devices[f"lamp-{n:04}"] = Device(f"lamp-{n:04}", "", DeviceKind.LIGHT, address="gw-1")
        self._foreign = {
            (profile, "lamp"): Device(profile, "", DeviceKind.LIGHT, profile, address="lamp")
            for profile in ("flat-json", "tasmota", "zigbee2mqtt")
        }

    def groups(self, device: Device) -> tuple[str, ...]:
        return ()

    def device(self, device: str) -> Device | None:
        return self._devices.get(device)

    def at(self, profile: str, address: str) -> Device | None:
        return self._foreign.get((profile, address))

    def profiles(self) -> set[str]:
        return {profile for profile, _ in self._foreign}

    def of_profile(self, profile: str) -> list[Device]:
        return [device for (name, _), device in self._foreign.items() if name == profile]

    def speaks_for(self, speaker: str, device: str) -> bool:
        found = self._devices.get(device)
        return speaker == device or (found is not None and found.address == speaker)

    def fire_panels(self) -> tuple[str, ...]:
        return ()

    def topic_owner(self, device: str) -> str:
        found = self._devices.get(device)
        return found.address if found is not None and found.address else device


def _lamp(name: str) -> list[dict[str, Any]]:
    """A pack of five readings."""
    first: dict[str, Any] = {"bn": f"{name}/", "bt": _NOW, "n": "energy", "u": "Wh", "v": 123456.5}
    return [first, *({"n": metric, "u": unit, "v": value} for metric, unit, value in _METRICS)]


def _best(call: Callable[[], object]) -> float:
    """Microseconds a call."""
    count = 1
    while True:
        begin = time.perf_counter()
        for _ in range(count):
            call()
        if time.perf_counter() - begin > 0.05:
            break
        count *= 2
    found: list[float] = []
    for _ in range(_ROUNDS):
        begin = time.perf_counter()
        for _ in range(count):
            call()
        found.append((time.perf_counter() - begin) / count * 1e6)
    return min(found)


def run() -> dict[str, dict[str, float]]:
    """{message: {"us", "bare_us", "ratio", "readings", "us_per_reading"}}."""
    city = _City(100)
    decoder = NativeDecoder(city, Limits())
    profiles = Profiles(load_profiles(SHIPPED), city, Limits(), "Asia/Ho_Chi_Minh")
    state = {"t": _NOW, "level": 60, "cause": "override", "command": "cmd-019aa5f1b2c0123456789"}
    gateway = [record for n in range(50) for record in _lamp(f"lamp-{n:04}")]
    messages: dict[str, tuple[str, str, bytes, Callable[[bytes], object]]] = {
        "1 record, JSON": (
            "lamp-0001",
            "telemetry",
            encode_json([{"n": "power", "u": "W", "v": 61.2}]),
            msgspec.json.decode,
        ),
        "5 records, JSON": ("lamp-0001", "telemetry", encode_json(_lamp("lamp-0001")), msgspec.json.decode),
        "5 records, CBOR": ("lamp-0001", "telemetry", encode_cbor(_lamp("lamp-0001")), cbor2.loads),
        "250 records of 50 lamps, JSON": ("gw-1", "telemetry", encode_json(gateway), msgspec.json.decode),
        "5 records, one bad, JSON": (
            "lamp-0001",
            "telemetry",
            encode_json([*_lamp("lamp-0001")[:4], {"n": "nothing", "v": 1}]),
            msgspec.json.decode,
        ),
        "state": ("lamp-0001", "state", msgspec.json.encode(state), msgspec.json.decode),
    }
    found: dict[str, dict[str, float]] = {}
    for name, (device, channel, payload, bare) in messages.items():
        origin = Topics("ll").upward(f"ll/d/{device}/up/{channel}".encode())
        assert origin is not None
        once = Burst()
        decoder.decode(origin, payload, _NOW + 1, once)
        us = _best(lambda: decoder.decode(origin, payload, _NOW + 1, Burst()))  # noqa: B023
        found[name] = _figures(us, _best(lambda: bare(payload)), once)  # noqa: B023
    for name, (topic, payload) in _FOREIGN.items():
        once, heard = Burst(), topic.encode()
        profiles.decode(heard, payload, _NOW + 1, once)
        us = _best(lambda: profiles.decode(heard, payload, _NOW + 1, Burst()))  # noqa: B023
        found[name] = _figures(us, _best(lambda: msgspec.json.decode(payload)), once)  # noqa: B023
    return found


def _figures(us: float, bare_us: float, once: Burst) -> dict[str, float]:
    readings = sum(len(row.values) for row in once.rows)
    return {
        "us": round(us, 2),
        "bare_us": round(bare_us, 2),
        "ratio": round(us / bare_us, 2),
        "readings": readings,
        "us_per_reading": round(us / readings, 2),
    }


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
