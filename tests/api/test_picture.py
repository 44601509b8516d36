"""The map document: read back as docs/api.md describes it, whatever the city looks like; and counts."""

from __future__ import annotations

import asyncio
import gzip
import struct
import time
from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.api.live.picture import Picture
from hub.control.arbiter import Arbiter
from hub.control.board import Board
from hub.control.timetable import Timetable
from hub.model.devices import Device, DeviceKind
from hub.model.light import Cause, LightReport
from hub.model.reports import EventReport
from hub.model.zones import Location, Zone
from hub.registry.city import City
from tests.api.hall import HUE, PROGRAM, SITE, SteppedClock

KINDS = ["light", "cabinet", "meter", "environment", "fire_panel", "junction", "gateway"]


class Read(NamedTuple):
    """A record as a stranger reads it from the description."""

    lat: float
    lon: float
    kind: str
    flags: int
    actual: int
    requested: int
    zone: str | None


def read(body: bytes) -> dict[str, Read]:
    """The document, decoded by its description alone."""
    assert body[:4] == b"LLM1"
    version, size, count, ids_length = struct.unpack_from("<HHII", body, 4)
    assert (version, size) == (1, 20)
    start = 16 + count * size
    ids = body[start : start + ids_length].decode().split("\n") if count else []
    zones = body[start + ids_length :].decode().split("\n")
    assert len(ids) == count
    found = {}
    for number, name in enumerate(ids):
        lat, lon, kind, flags, actual, requested, zone, reserved = struct.unpack_from(
            "<iiBBBBII", body, 16 + number * size
        )
        assert reserved == 0
        place = None if zone == 0xFFFFFFFF else zones[zone]
        found[name] = Read(lat / 1e7, lon / 1e7, KINDS[kind], flags, actual, requested, place)
    return found


ZONES = [Zone("hue", "Huế", "city"), Zone("ward-1", "1", "ward", "hue"), Zone("ward-2", "2", "ward", "hue")]
LOCATIONS = st.builds(Location, st.floats(-90, 90), st.floats(-180, 180))
DEVICES = st.lists(
    st.builds(
        Device,
        id=st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True),
        name=st.text(max_size=10),
        kind=st.sampled_from(DeviceKind),
        zone=st.sampled_from(["hue", "ward-1", "ward-2", None]),
        location=st.none() | LOCATIONS,
    ),
    unique_by=lambda device: device.id,
    max_size=30,
)


def a_city(devices: list[Device]) -> tuple[City, Board, Picture]:
    clock = SteppedClock()
    city = City(ZONES, devices)
    board = Board(city, Arbiter(city, Timetable(city, PROGRAM), SITE), clock, 900)
    return city, board, Picture(city, board)


def report(board: Board, picture: Picture, device: str, level: float, cause: Cause = Cause.PROGRAM) -> None:
    now = time.time()
    picture.touch(board.take([], [LightReport(device, level, cause, now, now)], [(device, level)], [], []))


@settings(deadline=None, max_examples=60)
@given(DEVICES, st.data())
def test_the_document_says_what_the_city_is(devices: list[Device], data: st.DataObject) -> None:
    city, board, picture = a_city(devices)
    levels = {d.id: data.draw(st.none() | st.floats(0, 100)) for d in devices if d.kind is DeviceKind.LIGHT}
    for name, level in levels.items():
        if level is not None:
            report(board, picture, name, level)
    found = read(asyncio.run(picture.document()).body)
    assert found.keys() == {device.id for device in devices if device.location is not None}
    for name, record in found.items():
        device = city.devices[name]
        assert device.location is not None
        assert abs(record.lat - device.location.lat) < 1e-7 and abs(record.lon - device.location.lon) < 1e-7
        assert (record.kind, record.zone) == (device.kind.value, device.zone)
        level = levels.get(name)
        assert bool(record.flags & 16) == (level is not None)
        if level is not None:
            assert (record.actual > 0) == (level > 0) and abs(record.actual - level) <= 1
            assert record.flags & 1 and record.requested == 30 and record.flags & 64
            assert bool(record.flags & 32) == (abs(level - 30) > 1)


@settings(deadline=None, max_examples=60)
@given(DEVICES, st.data())
def test_counts_are_those_of_the_board_after_any_change(devices: list[Device], data: st.DataObject) -> None:
    city, board, picture = a_city(devices)
    asyncio.run(picture.current())
    for device in devices:
        change = data.draw(st.sampled_from(["nothing", "report", "fault", "move", "delete", "move ward"]))
        if change == "report":
            report(board, picture, device.id, data.draw(st.sampled_from([0.0, 50.0])))
        elif change == "fault":
            event = EventReport(device.id, "lampFailure", True, 1.0, 1.0)
            picture.touch(board.take([], [], [], [event], []))
        elif change == "move":
            city.put_devices([replace(device, zone=data.draw(st.sampled_from(["ward-1", "ward-2", None])))])
            picture.touch([device.id])
        elif change == "delete":
            city.drop_device(device.id)
            board.forget(device.id)
            picture.touch([device.id])
        elif change == "move ward":
            city.put_zone(Zone("ward-2", "2", "ward", data.draw(st.sampled_from(["ward-1", "hue", None]))))
        asyncio.run(picture.current())
        expected = board.all_counts()
        assert picture.all_counts() == expected
        assert {zone: picture.counts(zone) for zone in expected} == expected


def test_the_edition_changes_only_when_something_looks_different() -> None:
    async def check() -> None:
        lamp = Device("lamp-1", "Lamp", DeviceKind.LIGHT, zone="ward-1", location=HUE)
        _, board, picture = a_city([lamp])
        first = await picture.document()
        picture.touch(["lamp-1"])
        assert await picture.document() is first
        assert gzip.decompress(first.packed) == first.body
        report(board, picture, "lamp-1", 60.0, Cause.OVERRIDE)
        second = await picture.document()
        assert second.etag != first.etag
        assert read(second.body)["lamp-1"].flags & 4
        report(board, picture, "lamp-1", 100.0, Cause.EMERGENCY)
        assert read((await picture.document()).body)["lamp-1"].flags & 8
        report(board, picture, "lamp-1", 70.0, Cause.LOCAL)
        assert read((await picture.document()).body)["lamp-1"].flags == 1 | 16 | 32 | 64 | 128

    asyncio.run(check())


def test_a_sweep_finds_what_nobody_announced() -> None:
    async def check() -> None:
        clock = SteppedClock()
        city = City(ZONES, [Device("lamp-1", "Lamp", DeviceKind.LIGHT, zone="ward-1", location=HUE)])
        board = Board(city, Arbiter(city, Timetable(city, PROGRAM), SITE), clock, 900)
        picture = Picture(city, board)
        report(board, picture, "lamp-1", 30.0)
        assert await picture.sweep() == []
        assert picture.counts("hue").online == 1
        clock.added = 3 * 900 + 1
        assert await picture.sweep() == ["lamp-1"]
        assert picture.counts("hue").online == 0
        city.put_zone(Zone("a-first", "A", "ward"))
        assert await picture.sweep() == []

    asyncio.run(check())


def test_other_work_goes_on_while_the_whole_city_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    lamps = [Device(f"lamp-{n}", "", DeviceKind.METER, zone="hue") for n in range(60)]
    city, clock = City(ZONES, lamps), SteppedClock()
    picture = Picture(city, Board(city, Arbiter(city, Timetable(city, PROGRAM), SITE), clock, 900))
    look = picture._look

    def slowly(name: str) -> bool:
        ends = time.perf_counter() + 0.001
        while time.perf_counter() < ends:
            pass
        return look(name)

    async def turns(sweep: bool) -> int:
        count = 0
        work = asyncio.create_task(picture.sweep(0.001) if sweep else picture.current())
        while not work.done():
            await asyncio.sleep(0)
            count += 1
        return count

    monkeypatch.setattr(picture, "_look", slowly)
    assert asyncio.run(turns(sweep=True)) > 15
    picture.touch(city.devices)
    assert asyncio.run(turns(sweep=False)) > 15


def test_who_asks_in_a_city_that_changes_all_over_waits_a_moment_and_the_next_sweep_tells_the_rest() -> None:
    lamps = [Device(f"lamp-{n}", "", DeviceKind.LIGHT, zone="hue") for n in range(2000)]
    city, clock = City(ZONES, lamps), SteppedClock()
    board = Board(city, Arbiter(city, Timetable(city, PROGRAM), SITE), clock, 900)
    picture = Picture(city, board)

    async def check() -> None:
        await picture.current()
        for lamp in lamps:
            report(board, picture, lamp.id, 50.0)
        await picture.current(0.0)
        seen = picture.counts("hue").on
        assert seen < len(lamps)
        assert len(await picture.sweep()) == len(lamps) - seen
        assert picture.counts("hue").on == len(lamps)
        assert await picture.sweep() == []

    asyncio.run(check())
