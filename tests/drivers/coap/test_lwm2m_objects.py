"""Golden cases of `objects/`, bytes in, readings and conditions out: every object and version that the hub knows.

The TLV was written by an encoder that is none of the hub's. Gases are at 25 Cel; `beside` is what else the client has.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from drivers.burst import Burst
from drivers.coap.lwm2m.content import TLV, Item, decode
from drivers.coap.lwm2m.generate import EARLIER
from drivers.coap.lwm2m.meaning import CONDITIONS, METRICS, NEEDED, UNUSED, Known, Meaning
from drivers.coap.lwm2m.objects import objects
from drivers.senml import Limits
from drivers.senml.refusals import Refusals
from hub.model.devices import Device, DeviceKind

ROOT = Path(__file__).parents[3]
NOW = 1_763_750_000.0
CASES: dict[str, dict[str, Any]] = {
    file.stem: json.loads(file.read_text("utf-8"))
    for file in sorted((Path(__file__).parent / "objects").glob("*.json"))
}


def items(case: dict[str, Any]) -> list[Item]:
    refusals = Refusals()
    found = decode(
        bytes.fromhex(case["tlv"]),
        TLV,
        (case["object"], 0),
        lambda number: case["version"],
        objects(),
        NOW,
        NEEDED,
        refusals,
    )
    assert not refusals
    return found


@pytest.mark.parametrize("name", CASES)
def test_an_object_becomes_readings_and_conditions(name: str) -> None:
    case = CASES[name]
    burst, refusals = Burst(), Refusals()
    versions = {case["object"]: case["version"]} | {int(each): ver for each, ver in case.get("beside", {}).items()}
    device = Device("device-1", "", DeviceKind(case["kind"]), "lwm2m")
    Meaning(objects(), Limits()).read(items(case), versions, device, NOW, Known(), burst, refusals)
    assert not refusals, refusals.rejected(NOW, "", None, b"")
    values = {metric: value for row in burst.rows for metric, value in row.values.items()}
    assert values == pytest.approx(case["values"], rel=1e-4)
    assert sorted(event.type for event in burst.events if event.active) == case["conditions"]
    assert [light.level for light in burst.lights] == [
        level for metric, level in case["values"].items() if metric == "level"
    ]


def test_every_object_version_and_resource_has_a_case() -> None:
    seen = {(case["object"], case["version"]) for case in CASES.values()}
    for number, versions in EARLIER.items():
        assert {(int(number), version) for version in versions} <= seen
    used = {number for number, _ in NEEDED} | UNUSED.keys()
    assert {number for number, _ in seen} == used and all(number in objects() for number in used)
    said = {(item.path[0], item.path[2]) for case in CASES.values() for item in items(case)}
    assert said >= METRICS.keys() | CONDITIONS.keys()


def test_what_becomes_nothing_is_in_the_docs_with_its_reason() -> None:
    page = (ROOT / "docs" / "devices.md").read_text("utf-8")
    for number, reason in UNUSED.items():
        assert f"{number}: {reason}" in page
    for type in CONDITIONS.values():
        assert f"`{type}`" in page


def test_a_condition_that_several_resources_say_holds_until_none_does() -> None:
    known, meaning, told = Known(), Meaning(objects(), Limits()), []
    device = Device("meter-1", "", DeviceKind.METER, "lwm2m")
    for phase, total in ((True, True), (True, False), (False, False)):
        burst = Burst()
        both = [Item((3421, 0, 53), phase), Item((3422, 0, 35), total)]
        meaning.read(both, {3421: "2.0", 3422: "1.0"}, device, NOW, known, burst, Refusals())
        told.append([(event.type, event.active) for event in burst.events])
    assert told == [[("powerFailure", True)], [], [("powerFailure", False)]]
