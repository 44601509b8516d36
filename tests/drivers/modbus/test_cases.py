"""Golden cases: `drivers/modbus/testcases/<map>-<what>/input.json` holds frames as they are on a serial line, the hub's questions
and the device's answers; `expected.json` what they mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

import drivers.modbus
from drivers.modbus import signals
from drivers.modbus.line import read_request
from drivers.modbus.load import SHIPPED, load_maps
from drivers.modbus.reader import BlockReader, Found
from drivers.modbus.reads import merged
from hub.model.devices import Device, DeviceKind

CASES = Path(drivers.modbus.__file__).parent / "testcases"
MAPS = load_maps(SHIPPED)


def checksum(frame: bytes) -> bytes:
    """CRC-16/MODBUS, bit by bit; not the driver's."""
    rest = 0xFFFF
    for byte in frame:
        rest ^= byte
        for _ in range(8):
            rest = rest >> 1 ^ 0xA001 if rest & 1 else rest >> 1
    return rest.to_bytes(2, "little")


def inside(frame: str) -> tuple[int, bytes]:
    """Unit and PDU of a frame with a right checksum."""
    raw = bytes.fromhex(frame)
    assert checksum(raw[:-2]) == raw[-2:]
    return raw[0], raw[1:-2]


def meaning(given: dict[str, Any]) -> dict[str, Any]:
    """What the answers mean, each read as the block that the map makes of its question."""
    map, found = MAPS[given["map"]], Found()
    blocks = [
        block
        for poll in {point.poll for point in map.points}
        for block in merged((point for point in map.points if point.poll is poll), map.gap, map.most)
    ]
    for exchange in given["exchanges"]:
        unit, question = inside(exchange["ask"])
        same_unit, answer = inside(exchange["answer"])
        fitting = [block for block in blocks if read_request(unit, block).pdu == question]
        assert fitting, f"the map never asks {question.hex(' ')}"
        request = read_request(unit, fitting[0])
        assert same_unit == unit and len(answer) == request.size and answer.startswith(request.echo)
        BlockReader(fitting[0]).read(answer[2:], found, lambda point, number, wrap: number)
    said = {
        "values": found.values,
        "states": {f"{rule.part}.{rule.segment}".rstrip("."): value for rule, value in found.states},
        "active": [f"{rule.type} {rule.point}".strip() for rule, active in found.events if active],
        "unexpected": [each for each in found.unexpected.values() if each],
        "wrong": {point.key: code for point, (code, _) in found.wrong.items()},
        "signals": {part: signals_of(part, raw) for part, raw in found.signals},
    }
    return {key: value for key, value in said.items() if value}


def signals_of(part: str, raw: bytes) -> Any:
    """What a part of a signal controller's registers says, at a moment a second after its own clock."""
    device = Device("junction-1", "", DeviceKind.JUNCTION)
    said = signals.directory(raw) if part == "directory" else signals.status(raw, device, 1763750001.0, 60.0)
    return json.loads(msgspec.json.encode(said))


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_case(case: str) -> None:
    given = json.loads((CASES / case / "input.json").read_text("utf-8"))
    expected = json.loads((CASES / case / "expected.json").read_text("utf-8"))
    assert given["source"] and DeviceKind(given["kind"]) in MAPS[given["map"]].info.kinds
    got = meaning(given)
    assert got.keys() == expected.keys()
    values = got.pop("values", {})
    assert values == pytest.approx(expected.pop("values", {}), rel=1e-6)
    assert got == expected


def test_every_shipped_map_has_cases_and_a_source() -> None:
    cases = [path.name for path in CASES.iterdir()]
    for name, map in MAPS.items():
        assert any(case.startswith(f"{name}-") for case in cases), f"no case of {name}"
        assert map.source


def test_a_fire_panel_cannot_be_written_to() -> None:
    for map in MAPS.values():
        if DeviceKind.FIRE_PANEL in map.info.kinds:
            assert not map.writes and {point.function for point in map.points} <= {1, 2, 3, 4}
