"""Golden cases: `drivers/coap/testcases/<profile>-<what>/input.json` is what stood at a resource, or is to be ordered,
`expected.json` what it means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

import drivers.coap
from drivers.burst import Burst
from drivers.coap.client.load import SHIPPED, load_hosts
from drivers.coap.client.reading import ResourceReader
from drivers.profiles.commands import choose, put
from drivers.senml import Limits
from hub.model.devices import Device, DeviceKind
from hub.registry.city import City
from tests.drivers.coap.client.asking import command

CASES = Path(drivers.coap.__file__).parent / "testcases"
PROFILES = load_hosts(SHIPPED)
KINDS = ("rows", "lights", "events", "rejected")


def meaning(given: dict[str, Any]) -> dict[str, Any]:
    """What a resource says; without the texts of refusals."""
    profile = PROFILES[given["profile"]]
    device = Device("d-1", "d-1", DeviceKind(given["kind"]), given["profile"], address="coap://10.0.0.5:5683")
    (resource,) = (each for each in profile.resources if str(each) == given["path"])
    payload = bytes.fromhex(given["hex"]) if "hex" in given else given["text"].encode()
    burst = Burst()
    reader = ResourceReader(resource, City(devices=[device]), Limits(), ZoneInfo("Asia/Ho_Chi_Minh"))
    reader.read(payload, device, "coap://10.0.0.5:5683/x", given["received"], burst)
    found = {kind: msgspec.to_builtins(getattr(burst, kind)) for kind in KINDS if getattr(burst, kind)}
    for item in found.get("rejected", []):
        assert item.pop("reason")
        del item["raw"], item["source"]
    return found


def order(given: dict[str, Any]) -> dict[str, Any]:
    """What is written for a level."""
    profile, wanted = PROFILES[given["profile"]], command(given["level"])
    chosen = choose([write.template for write in profile.writes], wanted)
    (write,) = (write for write in profile.writes if write.template is chosen)
    sent = put(profile.orders, wanted, "d-1", {"device": "d-1"})
    said = {"path": str(write.target), "method": str(write.code), "format": write.format}
    return said | {"text": sent.payload.decode()}


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_case(case: str) -> None:
    given = json.loads((CASES / case / "input.json").read_text("utf-8"))
    expected = json.loads((CASES / case / "expected.json").read_text("utf-8"))
    assert (order(given) if "level" in given else meaning(given)) == expected


def test_every_resource_of_a_shipped_profile_has_a_case() -> None:
    cases = [json.loads((path / "input.json").read_text("utf-8")) for path in CASES.iterdir()]
    read = {(each["profile"], each["path"]) for each in cases if "path" in each}
    assert read == {(name, str(each)) for name, profile in PROFILES.items() for each in profile.resources}
    assert {each["profile"] for each in cases if "level" in each} == {n for n, p in PROFILES.items() if p.writes}
