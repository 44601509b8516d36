"""Every shipped rule that looks at something: at which value it begins, where it goes on, at which it ends, and after how long.

The values are written down here once more, so that a limit that is changed by mistake is seen.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from drivers.coap.lwm2m import meaning
from hub.alarms.ruleset import load_rules
from hub.api.views.why_words import CONDITIONS
from hub.model.alarms import AlarmState
from hub.model.cabinets import CabinetReport
from hub.model.devices import Device, DeviceKind
from hub.model.readings import Row
from tests.alarms.test_desk import GATE, LAMPS, Quiet, Room
from tests.servers.registries import open_registry

LAMP, RATED = LAMPS[0], 80.0
AIR = Device("air-1", "Trạm", DeviceKind.ENVIRONMENT)
STEP = 30.0


class Bounds(NamedTuple):
    """Values of one rule: `well` and `wrong` on the two sides of its limit, `still` and `right` on those of its end."""

    device: Device
    metric: str
    well: float
    wrong: float
    still: float
    right: float
    samples: int = 1
    delay: float = 0.0
    off_delay: float = 0.0
    asked: float = 100.0
    sun: float = -20.0
    on: bool = True


READING: Mapping[str, Bounds] = {
    "lampFailure": Bounds(LAMP, "power", 0.201 * RATED, 0.199 * RATED, 0.499 * RATED, 0.501 * RATED, 3),
    "lampPowerTooLow": Bounds(LAMP, "power", 0.851 * RATED, 0.849 * RATED, 0.889 * RATED, 0.891 * RATED, 3),
    "lampPowerTooHigh": Bounds(LAMP, "power", 1.149 * RATED, 1.151 * RATED, 1.111 * RATED, 1.109 * RATED, 3),
    "lampUnexpectedOn": Bounds(
        LAMP, "power", 0.149 * RATED, 0.151 * RATED, 0.101 * RATED, 0.099 * RATED, 2, 1200.0, asked=0.0, sun=10.0
    ),
    "powerFactorTooLow": Bounds(LAMP, "power_factor", 0.801, 0.799, 0.829, 0.831, 3),
    "supplyVoltageTooHigh": Bounds(LAMP, "voltage", 252.9, 253.1, 250.1, 249.9, 3),
    "supplyVoltageTooLow": Bounds(LAMP, "voltage", 207.1, 206.9, 209.9, 210.1, 3),
    "supplyLoss": Bounds(GATE, "voltage", 50.1, 49.9, 149.9, 150.1),
    "switchingErrorOn": Bounds(GATE, "power", 0.201 * 240, 0.199 * 240, 0.499 * 240, 0.501 * 240, 2),
    "switchingErrorOff": Bounds(GATE, "power", 0.199 * 240, 0.201 * 240, 0.101 * 240, 0.099 * 240, 2, 60.0, on=False),
    "lowBattery": Bounds(AIR, "battery", 20.1, 19.9, 29.9, 30.1, 2),
}
STATE: Mapping[str, Bounds] = {
    "communicationFailure": Bounds(LAMP, "", 0.0, 1.0, 1.0, 0.0, delay=300.0),
    "clockError": Bounds(LAMP, "", 60.0, 61.0, 59.5, 59.0),
    "brokerDown": Bounds(LAMP, "broker_down", 0.0, 1.0, 1.0, 0.0, delay=10.0),
    "driverSilent": Bounds(LAMP, "driver_down", 0.0, 1.0, 1.0, 0.0, delay=30.0),
    "spoolFilling": Bounds(LAMP, "spool_share", 0.25, 0.26, 0.11, 0.09),
    "diskLow": Bounds(LAMP, "disk_low", 0.0, 1.0, 1.0, 0.0, off_delay=60.0),
    "fireSelfTestFailed": Bounds(LAMP, "fire_self_test_failed", 0.0, 1.0, 1.0, 0.0),
    "notificationFailed": Bounds(LAMP, "notification_failing", 60.0, 61.0, 60.5, 60.0),
    "playbookRefused": Bounds(LAMP, "incidents_refused", 0.0, 1.0, 1.0, 0.0),
}


class Lit(Quiet):
    """The street as a case needs it."""

    def __init__(self, case: Bounds) -> None:
        super().__init__()
        self.known[AIR.id] = AIR
        self.case = case

    def asked(self, device: Device, at: float) -> float | None:
        return self.case.asked

    def sun(self, device: Device, at: float) -> float:
        return self.case.sun

    def cabinet(self, cabinet: str) -> CabinetReport | None:
        return CabinetReport(cabinet, 0.0, 0.0, {"a": self.case.on}, {"a": self.case.on}, False, True, True)


def _room(folder: Path, case: Bounds) -> Room:
    found = Room(open_registry(folder / "registry.db", lambda registry: registry.devices.add_many([GATE, *LAMPS, AIR])))
    found.street = Lit(case)
    found.again()
    return found


def _state(room: Room, type: str) -> AlarmState:
    states = [alarm.state for alarm in room.desk.book.alarms.values() if alarm.key.type == type]
    return states[0] if states else AlarmState.NORMAL


def _read(room: Room, case: Bounds, value: float, after: float = STEP) -> None:
    room.clock.time += after
    row = Row(case.device.id, case.device.kind, room.clock.time, room.clock.time, {case.metric: value})
    room.desk.take([row], events=False)
    asyncio.run(room.desk.judge_some())


def _hold(room: Room, type: str, case: Bounds, value: float) -> None:
    if type == "communicationFailure":
        room.street.silent = {case.device.id: value}
    elif type == "clockError":
        room.street.errors = {case.device.id: value}
    else:
        room.street.values = {(case.metric, "x"): value}


@pytest.mark.parametrize("type", READING)
def test_a_reading_begins_and_ends_an_alarm_at_the_right_value_and_after_the_right_time(
    type: str, tmp_path: Path
) -> None:
    case = READING[type]
    room = _room(tmp_path, case)
    for _ in range(case.samples + 1):
        _read(room, case, case.well, max(STEP, case.delay))
    assert _state(room, type) is AlarmState.NORMAL
    if case.delay:
        _read(room, case, case.wrong)
        for _ in range(case.samples - 2):
            _read(room, case, case.wrong, 1.0)
        _read(room, case, case.wrong, case.delay - max(0, case.samples - 2) - 1.0)
        assert _state(room, type) is AlarmState.NORMAL
        _read(room, case, case.wrong, 1.0)
    else:
        for _ in range(case.samples):
            assert _state(room, type) is AlarmState.NORMAL
            _read(room, case, case.wrong)
    assert _state(room, type) is AlarmState.UNACKNOWLEDGED
    for _ in range(5):
        _read(room, case, case.still)
    assert _state(room, type) is AlarmState.UNACKNOWLEDGED
    _read(room, case, case.right)
    assert _state(room, type) is AlarmState.RETURNED


@pytest.mark.parametrize("type", STATE)
def test_a_state_begins_and_ends_an_alarm_at_the_right_value_and_after_the_right_time(
    type: str, tmp_path: Path
) -> None:
    case = STATE[type]
    room = _room(tmp_path, case)
    asyncio.run(_states(room, type, case))


async def _states(room: Room, type: str, case: Bounds) -> None:
    async def look(after: float) -> None:
        room.clock.time += after
        await room.desk.look()

    _hold(room, type, case, case.well)
    for _ in range(3):
        await look(max(5.0, case.delay))
    assert _state(room, type) is AlarmState.NORMAL
    _hold(room, type, case, case.wrong)
    await look(5.0)
    if case.delay:
        await look(case.delay - 1.0)
        assert _state(room, type) is AlarmState.NORMAL
        await look(1.0)
    assert _state(room, type) is AlarmState.UNACKNOWLEDGED
    _hold(room, type, case, case.still)
    await look(5.0)
    assert _state(room, type) is AlarmState.UNACKNOWLEDGED
    _hold(room, type, case, case.right)
    await look(5.0)
    if case.off_delay:
        await look(case.off_delay - 1.0)
        assert _state(room, type) is AlarmState.UNACKNOWLEDGED
        await look(1.0)
    assert _state(room, type) is AlarmState.RETURNED


def test_a_lamp_cycles_from_the_sixth_start_within_twelve_hours_until_a_night_was_quiet(tmp_path: Path) -> None:
    case = Bounds(LAMP, "switch_count", 0, 0, 0, 0)
    room, type = _room(tmp_path, case), "cyclingFailure"
    count = 100.0
    for _ in range(6):  # the first of these is where counting begins
        _read(room, case, count, 600.0)
        count += 1.0
    assert _state(room, type) is AlarmState.NORMAL
    _read(room, case, count, 600.0)
    assert _state(room, type) is AlarmState.UNACKNOWLEDGED
    for _ in range(4 * 12 + 1):  # the day: its starts leave the window
        _read(room, case, count, 900.0)
    for _ in range(4 * 11):
        _read(room, case, count, 900.0)
    assert _state(room, type) is AlarmState.UNACKNOWLEDGED
    for _ in range(4 * 2):
        _read(room, case, count, 900.0)
    assert _state(room, type) is AlarmState.RETURNED


def test_no_rule_is_left_out_here() -> None:
    rules = load_rules()
    looking = {rule.type for rule in (*rules.reading, *rules.states, *rules.hub)}
    assert looking == {*READING, *STATE, "cyclingFailure"}


def test_every_condition_that_anything_of_ours_tells_has_a_rule() -> None:
    words = (Path(__file__).parents[2] / "dashboards/web/js/i18n/en.js").read_text("utf-8")
    told = {*re.findall(r'"event\.(\w+)"', words), *CONDITIONS["en"], *meaning.CONDITIONS.values()}
    assert told - {rule.type for rule in load_rules()} == set()
