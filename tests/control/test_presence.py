"""Who is offline since when and why, and whose clock is wrong."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from hub.control.arbiter import Arbiter
from hub.control.board import Board
from hub.control.timetable import Timetable
from hub.model.devices import Device, DeviceKind
from hub.model.presence import OfflineBecause
from hub.model.readings import Quality, Rejected, Row
from hub.model.reports import EventReport, PresenceReport
from hub.registry.city import City
from tests.control.street import PROGRAM, SITE

EVERY = 900.0
DEVICES = [
    Device("gate", "Gateway", DeviceKind.GATEWAY),
    Device("child", "Lamp of the gateway", DeviceKind.LIGHT, address="gate"),
    Device("lamp", "Lamp", DeviceKind.LIGHT),
    Device("leaf", "Sensor", DeviceKind.ENVIRONMENT, profile="sleepy"),
]


class Clock:
    """Stands until a test moves it."""

    rate = 1.0

    def __init__(self) -> None:
        self.time = 1_763_750_000.0

    def now(self) -> float:
        return self.time

    def ahead(self, seconds: float) -> float:
        return self.time + seconds


class Watched:
    """A board of four devices."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.city = City((), DEVICES)
        self.board = Board(
            self.city, Arbiter(self.city, Timetable(self.city, PROGRAM), SITE), self.clock, EVERY, {"sleepy": 4 * EVERY}
        )

    @property
    def now(self) -> float:
        return self.clock.now()

    def wait(self, seconds: float) -> None:
        self.clock.time += seconds

    def row(self, device: str = "lamp", *, ahead: float = 0.0, quality: Quality = Quality.GOOD) -> Row:
        return Row(device, DeviceKind.LIGHT, self.now + ahead, self.now, {"power": 60.0}, int(quality))

    def hear(self, *rows: Row) -> set[str]:
        return self.board.take(rows, (), (), (), ())

    def say(self, device: str, online: bool) -> set[str]:
        return self.board.take((), (), (), (), [PresenceReport(device, online, self.now)])

    def absences(self, *devices: str) -> list[tuple[OfflineBecause, float | None] | None]:
        return [self.board.absence(device) for device in devices]


def test_a_device_is_offline_since_three_of_its_own_intervals_after_its_last_word() -> None:
    street = Watched()
    assert street.absences("lamp") == [(OfflineBecause.NEVER, None)]
    heard = street.now
    assert street.hear(street.row("lamp"), street.row("leaf")) == {"lamp", "leaf"}
    street.wait(3 * EVERY - 1)
    assert street.absences("lamp", "leaf") == [None, None]
    street.wait(2)
    assert street.absences("lamp", "leaf") == [(OfflineBecause.SILENT, heard + 3 * EVERY), None]
    street.wait(9 * EVERY)
    assert street.absences("leaf") == [(OfflineBecause.SILENT, heard + 12 * EVERY)]
    assert street.hear(street.row("lamp")) == {"lamp"}
    assert street.hear(street.row("lamp")) == set()


def test_a_device_that_left_is_offline_since_then_however_often_it_is_said() -> None:
    street = Watched()
    street.hear(street.row("lamp"))
    left = street.now
    assert street.say("lamp", False) == {"lamp"}
    street.wait(60)
    assert street.say("lamp", False) == set()
    assert street.absences("lamp") == [(OfflineBecause.LEFT, left)]
    street.hear(street.row("lamp", ahead=-120))  # sent before it left, and late
    assert street.absences("lamp") == [(OfflineBecause.LEFT, left)]
    assert "lamp" in street.hear(street.row("lamp"))
    assert street.absences("lamp") == [None]


def test_children_share_the_fate_of_their_gateway() -> None:
    street = Watched()
    street.hear(street.row("gate"), street.row("child"))
    left = street.now
    assert street.say("gate", False) == {"gate", "child"}
    assert street.absences("gate", "child") == [(OfflineBecause.LEFT, left), (OfflineBecause.GATEWAY, left)]
    street.wait(5)
    assert street.hear(street.row("child")) == {"gate", "child"}
    assert street.absences("gate", "child") == [None, None]
    failure = EventReport("child", "communicationFailure", True, street.now, street.now)
    street.board.take((), (), (), [failure], ())
    assert street.absences("gate", "child") == [None, (OfflineBecause.UNREACHABLE, street.now)]


def test_a_gateway_child_added_later_is_offline_with_it() -> None:
    street = Watched()
    street.say("gate", False)
    street.city.put_devices([Device("late", "Late", DeviceKind.LIGHT, address="gate")])
    street.wait(5)
    assert street.hear(street.row("late")) == {"gate", "child", "late"}


def test_replayed_readings_do_not_bring_a_silent_device_back_nor_take_a_live_one_away() -> None:
    street = Watched()
    old = street.row("lamp")
    street.wait(4 * EVERY)
    street.hear(street.row("lamp"))
    street.hear(old)
    assert street.absences("lamp") == [None]


def test_a_hub_clock_that_was_set_back_heals() -> None:
    street = Watched()
    street.hear(street.row("lamp"))
    street.wait(-7200)
    street.hear(street.row("lamp"))
    street.wait(3 * EVERY + 1)
    assert street.absences("lamp")[0] is not None


def test_what_a_snapshot_keeps() -> None:
    street, after = Watched(), Watched()
    street.hear(street.row("lamp", ahead=3600), street.row("leaf"), street.row("gate"))
    street.say("gate", False)
    after.board.restore(street.board.copy())
    for device in ("lamp", "leaf", "gate", "child"):
        assert after.board.absence(device) == street.board.absence(device)
        assert after.board.clock_error(device) == street.board.clock_error(device)
    assert after.board.clocks_wrong == 1


# --- clocks ----------------------------------------------------------------------------------------------------------


def send(street: Watched, offsets: Iterable[float], every: float) -> list[float | None]:
    """One message after each interval, `offset` ahead; the errors that are flagged after each."""
    found = []
    for offset in offsets:
        street.wait(every)
        street.hear(street.row("lamp", ahead=offset))
        flagged = street.board.clock_error("lamp")
        found.append(None if flagged is None else round(flagged.error, 6))
    return found


def test_a_clock_ahead_is_flagged_at_once_and_cleared_by_one_right_message() -> None:
    street = Watched()
    street.hear(street.row("lamp"))
    first = street.now + EVERY
    assert send(street, [3600, 3601, 59, 61], EVERY) == [3600, 3601, None, 61]
    street.hear(street.row("lamp", ahead=70))
    flagged = street.board.clock_error("lamp")
    assert flagged is not None and flagged.since == first + 3 * EVERY


def test_a_clock_behind_is_flagged_when_it_stays_behind_by_the_same() -> None:
    street = Watched()
    assert send(street, [-3600, -3610, -3605, -3605], EVERY) == [None, None, -3600, -3600]
    flagged = street.board.clock_error("lamp")
    assert flagged is not None and flagged.since == street.now - 3 * EVERY
    assert send(street, [-59], EVERY) == [None]


@pytest.mark.parametrize(
    ("backlog", "every"),
    [
        ([-7200 + 900 * n for n in range(8)], 0.5),  # quarter-hours kept through an outage, sent in seconds
        ([-7200 + 10 * n for n in range(700)], 0.05),  # a reading every 10 s, sent 200 times as fast
        ([-7200.0 + n for n in range(0, 7200, 20)], 20.0),  # at twice real time
        ([-7200.0, 0.0] * 50, 5.0),  # fresh and kept readings in turn
    ],
)
def test_what_is_sent_late_is_no_wrong_clock(backlog: list[float], every: float) -> None:
    assert set(send(Watched(), backlog, every)) == {None}


def test_a_message_is_judged_by_its_newest_reading() -> None:
    street = Watched()
    for _ in range(5):
        street.wait(EVERY)
        street.hear(street.row("lamp"), *(street.row("lamp", ahead=-300.0 * n) for n in range(1, 4)))
        street.hear(*(street.row("lamp", ahead=-300.0 * n) for n in range(3, -1, -1)))
    assert street.board.clock_error("lamp") is None


def test_readings_without_a_time_say_nothing_of_the_clock() -> None:
    street = Watched()
    street.hear(street.row("lamp", ahead=600))
    street.hear(street.row("lamp", quality=Quality.NO_SOURCE_TIME))
    assert street.board.clock_error("lamp") is not None


def test_a_clock_beyond_belief_is_flagged_without_a_number() -> None:
    street = Watched()
    refused = Rejected(street.now, "ll/d/lamp/up/telemetry", "lamp", "future-time", "2099", b"[]")
    assert street.board.take((), (), (), (), (), [refused]) == {"lamp"}
    flagged = street.board.clock_error("lamp")
    assert flagged is not None and flagged.error == float("inf")
    street.hear(street.row("lamp"))
    assert street.board.clock_error("lamp") is None
    street.hear(street.row("lamp", quality=Quality.CLOCK_SUSPECT))  # a state whose time could not be believed
    assert street.board.clock_error("lamp") is not None
    nobody = Rejected(street.now, "ll/d/nobody/up/telemetry", "nobody", "future-time", "2099", b"[]")
    assert street.board.take((), (), (), (), (), [nobody]) == set()


def test_readings_too_old_to_take_flag_a_clock_only_when_they_go_on() -> None:
    street = Watched()
    for expected in (False, False, True):
        street.wait(EVERY)
        refused = Rejected(street.now, "ll/d/lamp/up/telemetry", "lamp", "too-old", "2000", b"[]")
        street.board.take((), (), (), (), (), [refused])
        assert (street.board.clock_error("lamp") is not None) is expected


def test_a_deleted_device_is_forgotten() -> None:
    street = Watched()
    street.hear(street.row("lamp", ahead=600))
    street.say("lamp", False)
    street.board.forget("lamp")
    assert street.absences("lamp") == [(OfflineBecause.NEVER, None)]
    assert street.board.clocks_wrong == 0


def test_a_device_that_is_only_said_to_be_online_again_and_again_is_not_silent() -> None:
    """A fire panel on Modbus has no readings: its driver says that it answers."""
    watched = Watched()
    watched.board.take([], [], [], [], [PresenceReport("lamp", True, watched.now)])
    for _ in range(5):
        watched.wait(2 * EVERY)
        watched.board.take([], [], [], [], [PresenceReport("lamp", True, watched.now)])
        assert watched.board.online("lamp")
    watched.wait(4 * EVERY)
    assert not watched.board.online("lamp")
    changed = watched.board.take([], [], [], [], [PresenceReport("lamp", True, watched.now)])
    assert changed == {"lamp"} and watched.board.online("lamp")
