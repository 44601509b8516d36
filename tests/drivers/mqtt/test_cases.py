"""Golden cases: `drivers/mqtt/testcases/<case>/input.json` is what came in, `expected.json` what it means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

import drivers.mqtt
from drivers.burst import Burst
from drivers.mqtt.native import NativeDecoder
from drivers.mqtt.topics import Topics
from drivers.senml import Limits
from hub.model.devices import Device, DeviceKind
from hub.registry.city import City

CASES = Path(drivers.mqtt.__file__).parent / "testcases"
KINDS = ("rows", "lights", "results", "events", "presence", "cabinets", "panels", "junctions", "rejected")


def meaning(given: dict[str, Any]) -> dict[str, Any]:
    """What a message means; without the texts of refusals, which tests of their own look at."""
    devices = City(
        devices=(Device(d["id"], "", DeviceKind(d["kind"]), address=d.get("address")) for d in given["devices"])
    )
    if "hex" in given:
        payload = bytes.fromhex(given["hex"])
    else:
        payload = given["text"].encode() if "text" in given else json.dumps(given["payload"]).encode()
    burst = Burst()
    origin = Topics("ll").upward(given["topic"].encode())
    assert origin is not None
    NativeDecoder(devices, Limits()).decode(origin, payload, given["received"], burst)
    for rejected in burst.rejected:
        assert rejected.raw == payload and rejected.source == given["topic"] and rejected.reason
    found = {kind: json.loads(msgspec.json.encode(getattr(burst, kind))) for kind in KINDS if getattr(burst, kind)}
    for item in found.get("rejected", []):
        del item["raw"], item["reason"]
    return found


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_case(case: str) -> None:
    given = json.loads((CASES / case / "input.json").read_text("utf-8"))
    expected = json.loads((CASES / case / "expected.json").read_text("utf-8"))
    assert meaning(given) == expected
