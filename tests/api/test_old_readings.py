"""Long series through the tiers, what is said when readings are gone, and rows with both their clocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hub.api.times import format_time, parse_time
from hub.api.views.old_readings import form_and_note
from hub.model.devices import DeviceKind
from hub.model.readings import Quality, Row
from hub.ports import Tier
from tests.api.hall import Hall, code, open_hall

NOW = parse_time("2026-11-20T00:00:00+07:00")
HUE, DELHI = ZoneInfo("Asia/Ho_Chi_Minh"), ZoneInfo("Asia/Kolkata")
DAY = 86400.0
LAMPS = ("lamp-0", "lamp-2", "lamp-4")


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """Three lamps of one street, each ten minutes for 20 days, rolled up; readings older than two weeks are gone."""
    with open_hall(tmp_path_factory.mktemp("old")) as hall:
        hall.clock.added = NOW + 200 - hall.clock.now()
        for back in range(20, 0, -1):
            times = [NOW - back * DAY + n * 600 for n in range(144)]
            rows = [
                Row(lamp, DeviceKind.LIGHT, time, time + 2, {"power": 50.0 + n + time % 3600 / 100})
                for time in times
                for n, lamp in enumerate(LAMPS)
            ]
            hall.report(rows=rows)
        while hall.rollups.turn(hall.rollups.where()):
            pass
        hall.answers = {  # type: ignore[attr-defined]
            (every, agg): _ask(hall, "/telemetry", every, agg)["points"]
            for every in ("1h", "1d", "7d")
            for agg in ("sum", "mean", "min", "max", "last", "count")
        }
        hall.store.drop_before(NOW - 12 * DAY)
        hall.rollups.look()
        yield hall


def _ask(hall: Hall, path: str, every: str | None, agg: str, start: float = NOW - 20 * DAY) -> Any:
    place = {"zone": "ward-1"} if path == "/telemetry" else {}
    query = {"metric": "power", "agg": agg, "start": format_time(start), "end": format_time(NOW), **place}
    with hall.client("analyst") as analyst:
        answer = analyst.get(path, params=query | ({"every": every} if every else {}))
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.mark.parametrize("agg", ["sum", "mean", "min", "max", "last", "count"])
@pytest.mark.parametrize("every", ["1h", "1d", "7d"])
def test_figures_are_the_same_once_the_readings_are_gone(old: Hall, every: str, agg: str) -> None:
    body = _ask(old, "/telemetry", every, agg)
    before = old.answers[every, agg]  # type: ignore[attr-defined]
    assert [time for time, _ in body["points"]] == [time for time, _ in before]
    assert [value for _, value in body["points"]] == pytest.approx([value for _, value in before])
    assert (body["from"], body["note"]) == ("15m", None)


def test_an_every_finer_than_what_is_kept_is_said(old: Hall) -> None:
    body = _ask(old, "/devices/lamp-0/telemetry", "10m", "mean")
    oldest = old.store.sizes().oldest
    assert oldest is not None and oldest > NOW - 19 * DAY
    assert body["from"] == "15m"
    assert (
        body["note"] == f"before {format_time(oldest)} only aggregates are kept: ask with every=15m or a multiple of it"
    )
    assert body["points"][0][0] == format_time(oldest)
    raw = _ask(old, "/devices/lamp-0/telemetry", None, "mean")
    assert raw["note"] == body["note"] and raw["points"][0] == [format_time(oldest), 50.0]


def test_recent_readings_come_raw(old: Hall) -> None:
    body = _ask(old, "/devices/lamp-0/telemetry", None, "mean", NOW - DAY)
    assert (body["from"], body["note"], len(body["points"])) == ("raw", None, 144)


@pytest.mark.parametrize(
    ("start", "every", "zone", "form", "instead"),
    [
        (60, 60.0, HUE, "15m", "15m"),
        (60, 900.0, HUE, "15m", None),
        (60, 4500.0, HUE, "15m", None),
        (500, 900.0, HUE, "1h", "1h"),
        (500, None, HUE, "1h", "1h"),
        (500, 7200.0, HUE, "1h", None),
        (500, 3600.0, DELHI, "1h", "1d"),  # hours of the city begin at half past those that are kept
        (500, 7 * DAY, DELHI, "1h", None),
        (9000, 3600.0, HUE, "1d", "1d"),
        (9000, DAY, HUE, "1d", None),
        (10, 60.0, HUE, "raw", None),
    ],
)
def test_the_note_names_an_interval_that_is_kept(
    start: int, every: float | None, zone: ZoneInfo, form: str, instead: str | None
) -> None:
    kept = {
        None: NOW - 50 * DAY,
        Tier.QUARTER: NOW - 400 * DAY,
        Tier.HOUR: NOW - 1826 * DAY,
        Tier.DAY: NOW - 7000 * DAY,
    }
    found, note = form_and_note(kept, NOW - start * DAY, every, zone)
    assert found == form
    assert note is None if instead is None else note is not None and f"every={instead} " in note


@pytest.mark.parametrize(("before", "form"), [(1e5, "15m"), (80_000, "15m"), (1800, "15m"), (600, "raw"), (0, "raw")])
def test_what_is_missing_of_the_first_day_is_said_too(before: float, form: str) -> None:
    kept = {
        None: NOW - 50 * DAY + 30,
        Tier.QUARTER: NOW - 400 * DAY,
        Tier.HOUR: NOW - 1826 * DAY,
        Tier.DAY: NOW - 7000 * DAY,
    }
    found, note = form_and_note(kept, NOW - 50 * DAY - before, 60.0, HUE)
    assert found == form and (note is not None) is (form != "raw")


def test_nothing_is_said_of_a_city_that_has_just_begun() -> None:
    kept = {None: NOW - 5000, Tier.QUARTER: NOW - 5400, Tier.HOUR: NOW - 7200, Tier.DAY: NOW - DAY}
    assert form_and_note(kept, NOW - 30 * DAY, None, HUE) == ("raw", None)
    assert form_and_note({}, NOW - 30 * DAY, 60.0, HUE) == ("raw", None)


def test_rows_show_both_clocks_and_what_is_known_against_them(hall: Hall) -> None:
    now = hall.clock.now() // 1 - 100
    late = Row("lamp-0", DeviceKind.LIGHT, now - 7200.25, now, {"power": 60.0})
    suspect = Row("lamp-0", DeviceKind.LIGHT, now - 90, now, {"level": 70.0, "power": 61.0}, Quality.CLOCK_SUSPECT)
    timeless = Row("lamp-0", DeviceKind.LIGHT, now, now, {"power": 62.0}, Quality.NO_SOURCE_TIME)
    hall.report(rows=[timeless, suspect, late, Row("lamp-1", DeviceKind.LIGHT, now, now, {"power": 1.0})])
    with hall.client("technician") as technician:
        first = technician.get("/devices/lamp-0/readings", params={"limit": 2}).json()
        assert first["items"] == [
            {
                "time": format_time(now - 7200.25),
                "received": format_time(now),
                "quality": [],
                "values": {"power": 60.0},
            },
            {
                "time": format_time(now - 90),
                "received": format_time(now),
                "quality": ["clock-suspect"],
                "values": {"level": 70.0, "power": 61.0},
            },
        ]
        assert first["units"] == {"level": "%", "power": "W"}
        second = technician.get("/devices/lamp-0/readings", params={"cursor": first["next"]}).json()
        assert [item["quality"] for item in second["items"]] == [["no-source-time"]] and second["next"] is None
        one = technician.get(
            "/devices/lamp-0/readings", params={"start": format_time(now - 91), "end": format_time(now)}
        )
        assert len(one.json()["items"]) == 1
        assert technician.get("/devices/lamp-9/readings").json() == {"items": [], "next": None, "units": {}}
        assert code(technician.get("/devices/nobody/readings")) == "not-found"
        assert code(technician.get("/devices/lamp-0/readings", params={"cursor": "MWxhbXA"})) == "bad-cursor"
