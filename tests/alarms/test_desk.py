"""The desk on a real registry: states, the hub's own parts, a registry that goes away, floods, clocks that jump."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub.alarms.desk import MOST_ROWS, AlarmDesk
from hub.alarms.power import Curve
from hub.alarms.ruleset import load_rules
from hub.alarms.street import Level
from hub.model.alarms import Alarm, AlarmState
from hub.model.cabinets import CabinetReport
from hub.model.devices import Device, DeviceKind, DeviceStatus
from hub.model.readings import Row
from hub.model.reports import EventReport
from hub.registry import Registry, RegistryUnavailable
from tests.servers.registries import open_registry

GATE = Device("gate-1", "Tủ", DeviceKind.CABINET)
LAMPS = [
    Device(f"lamp-{n}", "", DeviceKind.LIGHT, address="gate-1", feed="gate-1/a", rated_power=80.0) for n in range(3)
]


class Clock:
    """A clock that a test sets, of a city in which a minute is nothing."""

    rate = 1000.0

    def __init__(self) -> None:
        self.time = time.time()

    def now(self) -> float:
        return self.time

    def ahead(self, seconds: float) -> float:
        return self.time + seconds


class Quiet:
    """A street in which everything is well unless a test says otherwise."""

    def __init__(self) -> None:
        self.known = {each.id: each for each in (GATE, *LAMPS)}
        self.values: dict[tuple[str, str], float] = {}
        self.silent: dict[str, float] = {}
        self.errors: dict[str, float] = {}

    def device(self, device: str) -> Device | None:
        return self.known.get(device)

    def devices(self) -> Iterable[Device]:
        return list(self.known.values())

    def in_effect(self, device: str) -> Level | None:
        return Level(100.0, 0.0)

    def asked(self, device: Device, at: float) -> float | None:
        return 100.0

    def sun(self, device: Device, at: float) -> float:
        return -20.0

    def burnt(self, device: str) -> float | None:
        return None

    def curve(self, device: Device) -> Curve:
        return Curve()

    def cabinet(self, cabinet: str) -> CabinetReport | None:
        return None

    def lights(self, cabinet: str) -> Iterable[Device]:
        return self.along(cabinet)

    def along(self, device: str) -> Iterable[Device]:
        return LAMPS if device == GATE.id else ()

    def silence(self, device: Device, now: float) -> float | None:
        return self.silent.get(device.id, 0.0)

    def clock_error(self, device: str) -> float:
        return self.errors.get(device, 0.0)

    def owner(self, device: str) -> str:
        return GATE.id if device in self.known else device

    def parts(self) -> Mapping[tuple[str, str], float]:
        return self.values


class Room:
    """A desk with what it stands on; `again` is the next process on the same registry."""

    def __init__(self, registry: Registry) -> None:
        self.registry, self.street, self.clock = registry, Quiet(), Clock()
        self.conditions: list[EventReport] = []
        self.rules = load_rules()
        self.again()

    def again(self, keep_days: float = 0.0) -> None:
        self.desk = AlarmDesk(
            self.rules, self.registry, self.street, self.clock, conditions=self.conditions.extend, keep_days=keep_days
        )
        asyncio.run(self.desk.load())

    def look(self, after: float = 0.0) -> None:
        """Time passes in steps of a minute, and the desk looks at everything."""
        end = self.clock.time + after
        while True:
            asyncio.run(self.desk.look())
            if self.clock.time >= end:
                return
            self.clock.time = min(end, self.clock.time + 60.0)

    def says(self, type: str, *devices: str, active: bool = True) -> None:
        now = self.clock.now()
        self.registry.reports.record(events=[EventReport(device, type, active, now, now) for device in devices])

    def shown(self) -> dict[str, Alarm]:
        """What is on the list, by device (or the point of the hub's own) and type."""
        return {f"{a.key.device or a.key.point} {a.key.type}": a for a in self.desk.book.standing.values() if a.shown}


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(open_registry(tmp_path / "registry.db", lambda registry: registry.devices.add_many([GATE, *LAMPS])))


def _row(device: str, at: float, **values: float) -> Row:
    return Row(device, DeviceKind.LIGHT, at, at, values)


def test_missing_data_is_a_fault_and_a_gateway_stands_for_its_lamps(room: Room) -> None:
    room.street.silent = {each.id: 400.0 for each in (GATE, *LAMPS)}
    room.look(240.0)
    assert room.shown() == {}  # not yet
    room.look(120.0)
    assert set(room.shown()) == {"gate-1 communicationFailure"}
    assert len(room.desk.book.beneath(room.shown()["gate-1 communicationFailure"].id)) == 3
    assert room.conditions == []  # silence is no property of the device
    room.street.silent = {"lamp-2": 900.0}
    room.look(60.0)
    assert room.shown()["gate-1 communicationFailure"].state is AlarmState.RETURNED
    room.look(700.0)  # its cause is over for long, and it is silent still
    assert set(room.shown()) == {"gate-1 communicationFailure", "lamp-2 communicationFailure"}


def test_the_hubs_own_parts_and_the_cause_among_them(room: Room) -> None:
    room.street.values = {
        ("driver_down", "mqtt"): 1.0,
        ("broker_down", ""): 1.0,
        ("spool_share", ""): 0.3,
        ("disk_low", ""): 0.0,
    }
    room.look(60.0)
    assert set(room.shown()) == {" brokerDown", " spoolFilling"}
    room.street.values = {("driver_down", "mqtt"): 1.0, ("broker_down", ""): 0.0, ("spool_share", ""): 0.2}
    room.look(60.0)
    assert {key: alarm.state.raised for key, alarm in room.shown().items()} == {
        " brokerDown": False,
        " spoolFilling": True,
    }
    room.street.values = {("driver_down", "mqtt"): 1.0, ("broker_down", ""): 0.0, ("spool_share", ""): 0.1}
    room.look(400.0)
    assert {key: alarm.state.raised for key, alarm in room.shown().items()} == {
        " brokerDown": False, " spoolFilling": False, "mqtt driverSilent": True,
    }  # fmt: skip


def test_a_wrong_clock_is_an_alarm_until_it_is_right(room: Room) -> None:
    room.street.errors = {"lamp-1": -300.0}
    room.look()
    assert set(room.shown()) == {"lamp-1 clockError"}
    room.street.errors = {}
    room.look(60.0)
    assert room.shown()["lamp-1 clockError"].state is AlarmState.RETURNED


def test_a_registry_that_goes_away_loses_no_event(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    apply: Callable[..., Any] = room.registry.alarms.apply
    failures = iter([True, True, False])

    def sometimes(*arguments: Any) -> Any:
        if next(failures):
            raise RegistryUnavailable("away")
        return apply(*arguments)

    monkeypatch.setattr(room.registry.alarms, "apply", sometimes)
    room.says("lampFailure", "lamp-0", "lamp-1")
    for _ in range(2):
        with pytest.raises(RegistryUnavailable):
            asyncio.run(room.desk.catch_up())
        assert room.shown() == {}
    asyncio.run(room.desk.catch_up())
    assert set(room.shown()) == {"lamp-0 lampFailure", "lamp-1 lampFailure"}


def test_a_condition_that_began_and_ended_while_the_hub_was_away_is_not_lost(room: Room) -> None:
    room.says("lampFailure", "lamp-0")
    room.clock.time += 10
    room.says("lampFailure", "lamp-0", active=False)
    room.again()
    assert room.shown()["lamp-0 lampFailure"].state is AlarmState.RETURNED
    room.again()
    assert room.shown()["lamp-0 lampFailure"].times == 1


def test_what_a_rule_finds_is_an_event_too_and_is_found_again_after_a_restart(room: Room) -> None:
    now = room.clock.now()
    room.desk.take([_row("lamp-0", now - 30 + n, voltage=190.0, power=80.0) for n in range(3)], events=False)
    asyncio.run(room.desk.judge_some())
    assert [(each.type, each.active) for each in room.conditions] == [("supplyVoltageTooLow", True)]
    room.again()
    asyncio.run(room.desk.catch_up())  # its own event comes by: it is no second alarm
    assert room.shown()["lamp-0 supplyVoltageTooLow"].times == 1
    room.desk.take([_row("lamp-0", now, voltage=229.0, power=80.0)], events=False)
    asyncio.run(room.desk.judge_some())
    assert [each.active for each in room.conditions] == [True, False]
    assert room.shown()["lamp-0 supplyVoltageTooLow"].state is AlarmState.RETURNED
    assert room.registry.events.active() == []


def test_a_flood_of_readings_is_bounded_and_counted(room: Room) -> None:
    rows = [_row("lamp-0", float(n), power=80.0) for n in range(1_000)]
    for _ in range(60):
        room.desk.take(rows, events=False)
    assert (room.desk.waiting, room.desk.skipped) == (MOST_ROWS, 60_000 - MOST_ROWS)


def test_a_clock_that_is_set_back_blinds_no_rule(room: Room) -> None:
    room.look()
    now = room.clock.now()
    room.desk.take([_row("lamp-0", now, voltage=190.0)], events=False)
    asyncio.run(room.desk.judge_some())
    room.clock.time -= 86_400.0
    room.look()
    now = room.clock.now()
    room.desk.take([_row("lamp-0", now + n, voltage=190.0) for n in range(3)], events=False)
    asyncio.run(room.desk.judge_some())
    assert set(room.shown()) == {"lamp-0 supplyVoltageTooLow"}


def test_a_device_that_is_deleted_takes_its_alarms_along(room: Room) -> None:
    room.says("lampFailure", "lamp-0")
    asyncio.run(room.desk.catch_up())
    del room.street.known["lamp-0"]
    room.look()
    assert room.shown() == {}
    assert room.registry.alarms.all() == []


def test_a_start_ends_what_no_device_says_any_more(room: Room) -> None:
    room.says("lampFailure", "lamp-0")
    asyncio.run(room.desk.catch_up())
    with room.registry.alarms._database.write() as connection:
        connection.exec_driver_sql("DELETE FROM events")
    room.again()
    assert room.shown()["lamp-0 lampFailure"].state is AlarmState.RETURNED


def test_a_retired_device_has_no_alarms_any_more(room: Room) -> None:
    room.says("lampFailure", "lamp-0", "lamp-1")
    asyncio.run(room.desk.catch_up())
    room.street.known["lamp-0"] = replace(room.street.known["lamp-0"], status=DeviceStatus.RETIRED)
    room.look()
    assert set(room.shown()) == {"lamp-1 lampFailure"}
    room.says("lampUnexpectedOn", "lamp-0")  # it hangs in the workshop, with power
    asyncio.run(room.desk.catch_up())
    room.again()
    assert set(room.shown()) == {"lamp-1 lampFailure"}


def test_a_rule_that_looks_no_more_lets_go_of_what_it_found(room: Room, tmp_path: Path) -> None:
    now = room.clock.now()
    room.desk.take([_row("lamp-0", now - 30 + n, voltage=190.0) for n in range(3)], events=False)
    asyncio.run(room.desk.judge_some())
    room.street.values = {("driver_down", "modbus"): 1.0}
    room.look(120.0)
    assert {key for key, alarm in room.shown().items() if alarm.state.raised} == {
        "lamp-0 supplyVoltageTooLow", "modbus driverSilent",
    }  # fmt: skip
    words = '{ en = "a", vi = "b" }'
    own = f'[supplyVoltageTooLow]\nseverity = "low"\ntext = {words}\nresponse = {words}\n'
    (tmp_path / "own.toml").write_text(own, "utf-8")
    room.street.values = {}
    room.rules = load_rules(tmp_path)
    room.again()
    assert {alarm.state for alarm in room.shown().values()} == {AlarmState.RETURNED}
    assert room.registry.events.active() == []
    room.again()
    assert [alarm.times for alarm in room.shown().values()] == [1, 1]


def test_who_hangs_up_while_it_is_written_leaves_memory_and_registry_as_one(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.says("lampFailure", "lamp-0", "lamp-1")
    asyncio.run(room.desk.catch_up())
    apply: Callable[..., Any] = room.registry.alarms.apply
    writes, goes_on = threading.Event(), threading.Event()

    def slowly(*arguments: Any) -> Any:
        writes.set()
        assert goes_on.wait(20)
        return apply(*arguments)

    async def acknowledge(device: str) -> None:
        ids = [alarm.id for alarm in room.desk.book.standing.values() if alarm.key.device == device]
        await room.desk.change(ids, lambda draft, alarm: draft.acknowledge(alarm, "lan"), lambda changed: None)

    async def scene() -> None:
        monkeypatch.setattr(room.registry.alarms, "apply", slowly)
        first = asyncio.create_task(acknowledge("lamp-0"))
        await asyncio.to_thread(writes.wait, 20)
        first.cancel()
        second = asyncio.create_task(acknowledge("lamp-1"))
        await asyncio.sleep(0)
        goes_on.set()
        await asyncio.wait([first, second])
        assert first.cancelled()
        second.result()

    asyncio.run(scene())
    stored = {alarm.id: alarm for alarm in room.registry.alarms.all()}
    assert stored == dict(room.desk.book.alarms)
    assert {alarm.state for alarm in stored.values()} == {AlarmState.ACKNOWLEDGED}
    assert len({alarm.revision for alarm in stored.values()}) == 2


def test_alarms_that_are_over_for_long_are_forgotten_and_no_others(room: Room) -> None:
    room.says("lampFailure", "lamp-0", "lamp-1", "lamp-2")
    asyncio.run(room.desk.catch_up())
    room.clock.time += 1
    room.says("lampFailure", "lamp-0", "lamp-1", active=False)
    asyncio.run(room.desk.catch_up())
    ids = [a.id for a in room.desk.book.standing.values() if a.key.device == "lamp-0"]
    asyncio.run(room.desk.change(ids, lambda draft, alarm: draft.acknowledge(alarm, "lan"), lambda changed: None))
    room.clock.time += 29 * 86_400.0
    room.again(keep_days=30.0)
    room.look()
    assert len(room.desk.book.alarms) == 3
    room.clock.time += 2 * 86_400.0
    room.again(keep_days=30.0)
    room.look()
    assert {alarm.key.device for alarm in room.desk.book.alarms.values()} == {"lamp-1", "lamp-2"}
    assert len(room.registry.alarms.all()) == 2
    room.says("lampFailure", "lamp-0")
    asyncio.run(room.desk.catch_up())
    assert len(room.shown()) == 3
