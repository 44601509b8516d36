"""Rows as they were stored, and the newest values among what was received since some time."""

from __future__ import annotations

import pytest

from hub.model.devices import DeviceKind
from hub.model.readings import Quality, Row
from hub.ports import Span, TelemetryStore
from tests.store.rows import MONDAY, WEEK, row

LIGHT = DeviceKind.LIGHT
DAY = 86_400.0


def test_rows_come_back_with_both_times_quality_and_values(store: TelemetryStore) -> None:
    rows = [
        Row("lamp-1", LIGHT, MONDAY, MONDAY + 1.5, {"power": 60.0, "level": 70.0}),
        Row("lamp-1", LIGHT, MONDAY + 60, MONDAY + 400, {"power": 61.0}, Quality.CLOCK_SUSPECT),
    ]
    store.append([*rows, row("lamp-2", MONDAY, power=1.0)])
    assert store.readings(LIGHT, "lamp-1", Span(MONDAY, MONDAY + 3600), 10) == rows


def test_rows_ascend_over_weeks_up_to_the_limit(store: TelemetryStore) -> None:
    rows = [row("lamp-1", MONDAY + n * WEEK / 2, power=float(n)) for n in range(6)]
    store.append(list(reversed(rows)))
    assert store.readings(LIGHT, "lamp-1", Span(0, 4e9), 100) == rows
    assert store.readings(LIGHT, "lamp-1", Span(0, 4e9), 4) == rows[:4]
    assert store.readings(LIGHT, "lamp-1", Span(0, 4e9), 0) == []
    assert store.readings(LIGHT, "lamp-1", Span(rows[1].time, rows[3].time), 100) == rows[1:3]


def test_rows_of_a_device_that_never_reported_are_none(store: TelemetryStore) -> None:
    store.append([row("lamp-1", MONDAY, power=1.0)])
    assert store.readings(LIGHT, "lamp-9", Span(0, 4e9), 10) == []
    assert store.readings(DeviceKind.METER, "lamp-1", Span(0, 4e9), 10) == []


def test_latest_among_what_was_received_since(store: TelemetryStore) -> None:
    store.append([Row("lamp-1", LIGHT, MONDAY, MONDAY + 2, {"power": 1.0, "level": 5.0})])
    store.append([Row("lamp-1", LIGHT, MONDAY + 10, MONDAY + 12, {"power": 2.0})])
    store.append([Row("lamp-2", LIGHT, MONDAY - WEEK, MONDAY + 14, {"power": 3.0})])
    late = [("lamp-1", "power", MONDAY + 10, 2.0), ("lamp-2", "power", MONDAY - WEEK, 3.0)]
    assert sorted(store.latest(received_after=MONDAY + 3)) == late
    assert sorted(store.latest(received_after=MONDAY + 13)) == late[1:]
    assert sorted(store.latest(received_after=MONDAY)) == [("lamp-1", "level", MONDAY, 5.0), *late]
    assert list(store.latest(received_after=MONDAY + 100)) == []


def test_the_days_that_rows_cover_leave_out_gaps_and_the_odd_row(store: TelemetryStore) -> None:
    start = MONDAY + 3 * DAY  # a Thursday, when weeks of files begin
    store.append([row("lamp-1", start + n * 3600.0, power=1.0) for n in range(14 * 24)])
    store.append([row("lamp-1", start + 10 * WEEK + n * 3600.0, power=1.0) for n in range(3 * 24)])
    store.append([row("lamp-2", start - 300 * WEEK, power=1.0)])
    assert store.sizes().days == pytest.approx(17, abs=0.2)
