"""Golden cases: `drivers/profiles/testcases/<profile>-<what>/input.json` is what came in or is to be ordered,
`expected.json` what it means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

import drivers.profiles
from drivers.burst import Burst
from drivers.profiles import SHIPPED, load_profiles
from hub.model.commands import Command, Operation
from hub.model.devices import Device
from tests.drivers.profiles.registered import compiled, device

CASES = Path(drivers.profiles.__file__).parent / "testcases"
KINDS = ("rows", "lights", "results", "events", "presence", "deliveries", "rejected")


def registered(given: dict[str, Any]) -> list[Device]:
    return [device(d["profile"], d["id"], d["kind"], d.get("address")) for d in given["devices"]]


def payload_of(given: dict[str, Any]) -> bytes:
    return given["text"].encode() if "text" in given else json.dumps(given["payload"]).encode()


def meaning(given: dict[str, Any]) -> dict[str, Any]:
    """What messages mean; without the texts of refusals, which tests of their own look at."""
    profiles = compiled(registered(given), given.get("time_zone", "Asia/Ho_Chi_Minh"))
    burst, payload = Burst(), payload_of(given)
    assert profiles.decode(given["topic"], payload, given["received"], burst)
    for rejected in burst.rejected:
        assert rejected.raw == payload and rejected.source == given["topic"] and rejected.reason
    found = {kind: msgspec.to_builtins(getattr(burst, kind)) for kind in KINDS if getattr(burst, kind)}
    for item in found.get("rejected", []):
        del item["raw"], item["reason"]
    return found


def order(given: dict[str, Any]) -> dict[str, Any]:
    """The message that a command becomes."""
    devices = registered(given)
    profiles = compiled(devices)
    wanted = given["command"]
    command = Command(
        wanted["id"],
        Operation(wanted["op"]),
        given["received"],
        "operator",
        given["received"] + 60,
        wanted.get("level"),
        wanted.get("ramp", 0.0),
    )
    message = profiles.publish(devices[0], command)
    text = message.payload.decode()
    body = {"payload": json.loads(text)} if text.startswith("{") else {"text": text}
    return {"topic": message.topic, **body, "reference": message.reference}


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_case(case: str) -> None:
    given = json.loads((CASES / case / "input.json").read_text("utf-8"))
    expected = json.loads((CASES / case / "expected.json").read_text("utf-8"))
    assert given["source"]
    assert (order(given) if "command" in given else meaning(given)) == expected


def test_every_shipped_profile_has_cases() -> None:
    cases = [path.name for path in CASES.iterdir()]
    for name in load_profiles(SHIPPED):
        assert any(case.startswith(f"{name}-") for case in cases), f"no case of {name}"
