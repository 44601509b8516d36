"""The air through the API: readings that come in, indices, hours with their faults, exceedances, calibrations."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from hub.api.times import format_time
from hub.environment.reading import Reader
from hub.model.devices import Device, DeviceKind
from hub.model.readings import Row
from hub.model.zones import Location
from hub.ports import Span, Tier
from tests.api.hall import Hall, code
from tests.api.test_sensing import signed_in

HOUR, QUARTER, DAY = 3600.0, 900.0, 86_400.0
HUE = ZoneInfo("Asia/Ho_Chi_Minh")
NEIGHBOURS = ("air-2", "air-3")


class Street:
    """Stations whose readings a test gives by the quarter-hour."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        wanted = datetime(2036, 11, 22, 10, 2, tzinfo=HUE).timestamp()
        hall.later(wanted - hall.clock.now())
        self.now = math.floor(hall.clock.now() / HOUR) * HOUR
        """10:00 of a Saturday: the last whole hour began at 9:00."""

    def add(self, *names: str, zone: str = "le-loi") -> None:
        devices = [
            Device(name, name, DeviceKind.ENVIRONMENT, zone=zone, location=Location(16.4637 + place / 1e3, 107.5909))
            for place, name in enumerate(names, 1)
        ]
        self.hall.registry.devices.add_many(devices)

        async def put() -> None:
            self.hall.city.put_devices(devices)

        self.hall.run(put())

    def says(
        self,
        hours: float,
        device: str = "air-1",
        until: float | None = None,
        **values: float | Callable[[int], float | None],
    ) -> None:
        """A reading each quarter-hour of the last `hours` before `until` (now); a function is given its number, the newest 0."""
        end, rows = self.now if until is None else until, []
        for back in range(round(hours * 4)):
            time = end - (back + 1) * QUARTER + 60
            held = {name: value(back) if callable(value) else value for name, value in values.items()}
            there = {name: value for name, value in held.items() if value is not None}
            if there:
                rows.append(Row(device, DeviceKind.ENVIRONMENT, time, time + 1, there))
        self.hall.report(rows=rows)

    def look(self) -> None:
        self.hall.run(self.hall.air_watch.look())


@pytest.fixture
def street(hall: Hall) -> Street:
    return Street(hall)


@pytest.fixture
def admin(hall: Hall, street: Street) -> Iterator[httpx.Client]:
    with signed_in(hall) as client:
        yield client


def ask(client: httpx.Client, path: str, **query: Any) -> Any:
    found = client.get(f"/environment/{path}", params=query)
    assert found.status_code == 200, found.text
    return found.json()


def one(client: httpx.Client, **query: Any) -> Any:
    (item,) = ask(client, "aqi", **query)["items"]
    return item


def test_the_index_of_the_last_hour_and_day(street: Street, admin: httpx.Client) -> None:
    street.says(80, pm2_5=40, no2=118.7, pm10=lambda back: 60 if back < 8 else None)
    item = one(admin)
    assert item["station"]["id"] == "air-1" and item["station"]["location"] == {"lat": 16.4637, "lon": 107.5909}
    (hour,), (day,) = item["hourly"], item["daily"]
    assert (hour["time"], hour["end"]) == ("2036-11-22T02:00:00Z", "2036-11-22T03:00:00Z")
    assert hour["vn"]["sub"] == {
        "pm2_5": {"index": 80, "value": 40}, "pm10": {"index": 55, "value": 60}, "no2": {"index": 59, "value": 118.7},
    }  # fmt: skip
    assert hour["vn"].items() >= {"index": 80, "band": "moderate", "colour": "#ffff00", "dominant": "pm2_5"}.items()
    assert hour["vn"]["missing"] == {"o3": "not-measured", "so2": "not-measured", "co": "not-measured"}
    assert (hour["us"]["index"], hour["us"]["band"]) == (112, "unhealthy-for-sensitive-groups")
    assert (day["time"], day["end"]) == ("2036-11-20T17:00:00Z", "2036-11-21T17:00:00Z")
    assert day["vn"]["index"] == 80 and day["vn"]["missing"]["pm10"] == "no-reading"


def test_every_hour_and_day_of_a_time(street: Street, admin: httpx.Client) -> None:
    street.says(90, pm2_5=lambda back: 40 if back >= 40 else 60)
    start = format_time(street.now - 48 * HOUR)
    item = one(admin, device="air-1", start=start)
    assert len(item["hourly"]) == 48 and item["hourly"][0]["time"] == start
    assert [each["vn"]["index"] for each in item["daily"]] == [80]  # the day before yesterday lies only partly within
    assert item["hourly"][-1]["vn"]["index"] == 116
    assert {each["vn"]["index"] for each in item["hourly"]} > {80, 116}


def test_what_is_missing_is_said_with_why(street: Street, admin: httpx.Client) -> None:
    street.says(40, pm2_5=lambda back: 40 if back > 12 else None, o3=lambda back: 50 if back < 4 else None, no2=9000.0)
    hour = one(admin)["hourly"][0]
    assert (hour["vn"]["index"], hour["vn"]["band"], hour["vn"]["dominant"]) == (None, None, None)
    assert hour["vn"]["sub"]["o3"]["index"] == 16
    assert hour["vn"]["missing"].items() >= {"pm2_5": "no-reading", "no2": "failed-checks"}.items()
    assert hour["us"]["missing"]["o3"] == "too-few-hours"
    assert hour["faults"] == {"no2": ["range"]}


def test_a_station_that_never_reported_has_no_index(street: Street, admin: httpx.Client) -> None:
    item = one(admin)
    assert item["hourly"][0]["vn"]["index"] is None
    assert set(item["hourly"][0]["vn"]["missing"].values()) == {"not-measured"}


def test_stations_of_a_zone_page_by_page(street: Street, admin: httpx.Client) -> None:
    street.add("air-2", zone="dong-ba")
    assert [each["station"]["id"] for each in ask(admin, "aqi", zone="ward-2")["items"]] == ["air-2"]
    first = ask(admin, "aqi", zone="hue", limit=1)
    assert [each["station"]["id"] for each in first["items"]] == ["air-1"]
    rest = ask(admin, "aqi", zone="hue", cursor=first["next"])
    assert [each["station"]["id"] for each in rest["items"]] == ["air-2"] and rest["next"] is None


def test_the_scales_are_told_in_both_languages(admin: httpx.Client) -> None:
    found = ask(admin, "aqi")
    assert found["owner"] == "Huế"
    assert [band["vi"] for band in found["scales"]["vn"]["bands"]] == [
        "Tốt",
        "Trung bình",
        "Kém",
        "Xấu",
        "Rất xấu",
        "Nguy hại",
    ]
    assert "1459" in found["scales"]["vn"]["source"] and "2024" in found["scales"]["us"]["source"]


def test_a_series_as_grafana_takes_it(street: Street, admin: httpx.Client) -> None:
    street.says(30, pm2_5=40, o3=lambda back: 100 if back >= 4 else None)
    query = {"device": "air-1", "start": format_time(street.now - 2 * HOUR)}
    (index,) = ask(admin, "series", **query)["series"]
    begin = round(1000 * (street.now - 2 * HOUR))
    assert (index["target"], index["name"]) == ("air-1", "Air")
    assert index["datapoints"] == [[80, begin], [80, begin + 3_600_000]]
    (ozone,) = ask(admin, "series", **query, what="o3")["series"]
    assert [value for value, _ in ozone["datapoints"]] == [31, None]
    (days,) = ask(admin, "series", device="air-1", by="day", start=format_time(street.now - 3 * DAY))["series"]
    assert [value for value, _ in days["datapoints"]] == [None, 80]
    assert ask(admin, "series", **query, what="us_aqi")["series"][0]["datapoints"][0][0] == 112


def test_hours_show_what_came_beside_what_counts(street: Street, admin: httpx.Client) -> None:
    street.says(3, pm2_5=lambda back: 4000 if back == 1 else 40 + back % 2)
    hours = ask(admin, "hours", device="air-1", start=format_time(street.now - 2 * HOUR))
    assert hours["units"] == {"pm2_5": "ug/m3"}
    before, last = hours["metrics"]["pm2_5"]
    assert (before["value"], before["read"], before["faults"], before["basis"]) == (40.5, 40.5, [], "ambient")
    assert last["value"] == pytest.approx(121 / 3) and last["read"] == pytest.approx(4121 / 4)
    assert (last["readings"], last["left_out"], last["faults"]) == (4, 1, ["range"])
    stored = admin.get("/devices/air-1/readings?limit=1000").json()["items"]
    assert [each["values"]["pm2_5"] for each in stored].count(4000) == 1  # nothing is lost


def test_readings_and_aggregates_give_the_same_hours(street: Street, admin: httpx.Client) -> None:
    street.says(100, pm2_5=lambda back: 20 + back % 7, noise=lambda back: 50 + back % 3)
    hall, device = street.hall, street.hall.city.devices["air-1"]
    hall.rollups.turn(hall.rollups.where())
    dropped = {None: street.now, Tier.QUARTER: street.now - 90 * DAY}
    rolled = Reader(hall.store, lambda: hall.rollups.spans, lambda: dropped)
    span = Span(street.now - 3 * DAY, street.now)
    raw, again = hall.air.reader.quarters(device, span), rolled.quarters(device, span)
    assert raw.keys() == again.keys() == {"pm2_5", "noise"}
    for metric, found in raw.items():
        assert [tuple(each) for each in found] == [pytest.approx(tuple(each)) for each in again[metric]]


def test_a_calibration_counts_from_its_time_and_its_end_makes_the_past_as_it_was(
    street: Street, admin: httpx.Client
) -> None:
    street.says(40, pm2_5=40)
    body = {
        "device": "air-1",
        "metric": "pm2_5",
        "since": format_time(street.now - 30 * HOUR),
        "factor": 0.5,
        "note": "beside",
    }
    with street.hall.client("technician") as technician:
        made = technician.post("/environment/calibrations", json=body)
        assert made.status_code == 201 and made.json().items() >= (body | {"by": "technician", "offset": 0}).items()
        assert code(technician.post("/environment/calibrations", json=body)) == "exists"
    assert one(admin)["hourly"][0]["vn"]["index"] == 40
    (last,) = ask(admin, "hours", device="air-1", start=format_time(street.now - HOUR))["metrics"]["pm2_5"]
    assert (last["value"], last["read"], last["calibration"]) == (20, 40, made.json()["id"])
    (listed,) = ask(admin, "calibrations", device="air-1")["items"]
    assert listed == made.json()
    assert admin.delete(f"/environment/calibrations/{listed['id']}").status_code == 204
    assert one(admin)["hourly"][0]["vn"]["index"] == 80
    lines = [(line["who"], line["what"]) for line in admin.get("/audit").json()["items"]]
    assert lines == [("admin", "calibration.deleted"), ("technician", "calibration.added")]
    assert code(admin.delete(f"/environment/calibrations/{listed['id']}")) == "not-found"


@pytest.mark.parametrize(
    ("change", "status", "word", "says"),
    [
        ({"device": "nobody"}, 404, "not-found", "register it first"),
        ({"metric": "humidity"}, 422, "bad-input", "use one of pm1, pm2_5"),
        ({"factor": 0}, 422, "bad-input", "factor"),
        ({"since": "yesterday"}, 422, "bad-input", "RFC 3339"),
        ({"basis": "dry"}, 422, "bad-input", "'ambient' or 'normal'"),
    ],
)
def test_a_calibration_that_cannot_be_is_refused(
    admin: httpx.Client, change: dict[str, Any], status: int, word: str, says: str
) -> None:
    body = {"device": "air-1", "metric": "pm2_5", "since": "2026-01-01T00:00:00Z", "factor": 2}
    answer = admin.post("/environment/calibrations", json=body | change)
    assert (answer.status_code, code(answer)) == (status, word)
    assert says in answer.json()["detail"]


def test_exceedances_last_and_name_their_limit(street: Street, admin: httpx.Client) -> None:
    street.says(30, pm2_5=60, no2=lambda back: 250 if 8 <= back < 20 else 50, temperature=25, pressure=1013.25)
    start = format_time(street.now - 30 * HOUR)
    items = ask(admin, "exceedances", device="air-1", start=start)["items"]
    (of_hours,) = [each for each in items if each["metric"] == "no2"]
    assert of_hours.items() >= {"average": "1h", "limit": 200, "seconds": 3 * HOUR, "peak": 250, "open": False}.items()
    assert of_hours["start"] == format_time(street.now - 5 * HOUR) and "QCVN 05:2023" in of_hours["source"]
    assert [each for each in items if each["metric"] == "pm2_5"] == []  # no whole day yet
    street.says(70, pm2_5=60, until=street.now - 30 * HOUR)
    days = ask(admin, "exceedances", zone="hue", start=format_time(street.now - 80 * HOUR))["items"]
    (of_days,) = [each for each in days if each["metric"] == "pm2_5"]
    assert of_days.items() >= {"limit": 45, "average": "24h", "seconds": 2 * DAY, "open": True}.items()
    assert of_days["start"] == "2036-11-19T17:00:00Z"


def test_limits_are_by_the_normal_cubic_metre(street: Street, admin: httpx.Client) -> None:
    """44 ug/m3 of hot thin air are more than 45 ug/Nm3; without its temperature nobody can say."""
    query = {"device": "air-1", "start": format_time(street.now - 50 * HOUR)}
    street.says(60, pm2_5=44)
    assert ask(admin, "exceedances", **query)["items"] == []
    street.says(60, temperature=39, pressure=1000)
    (found,) = ask(admin, "exceedances", **query)["items"]
    assert found["peak"] == pytest.approx(44 * 312.15 / 298.15 * 1.01325) and found["basis"] == "normal"


def test_noise_has_stricter_limits_where_it_is_to_be_quiet(street: Street, admin: httpx.Client) -> None:
    street.add("air-2", zone="dong-ba")
    for name in ("air-1", "air-2"):
        street.says(6, name, noise=60)
    items = ask(admin, "exceedances", start=format_time(street.now - 5 * HOUR))["items"]
    assert [(each["station"], each["limit"], each["seconds"]) for each in items] == [
        ("air-1", 55, HOUR), ("air-2", 45, HOUR), ("air-2", 55, 4 * HOUR),
    ]  # fmt: skip
    assert "QCVN 26:2025" in items[0]["note"]


def test_the_limits_with_their_days(admin: httpx.Client) -> None:
    fine = [each for each in ask(admin, "limits")["items"] if (each["metric"], each["average"]) == ("pm2_5", "24h")]
    assert sorted((each["since"], each["until"], each["value"]) for each in fine) == [
        ("2014-01-01", "2023-09-12", 50), ("2023-09-12", "2026-01-01", 50), ("2026-01-01", None, 45),
    ]  # fmt: skip


def conditions(client: httpx.Client, device: str = "air-1") -> dict[tuple[str, str], Any]:
    return {(each["type"], each["point"]): each for each in client.get(f"/devices/{device}").json()["conditions"]}


def test_an_exceedance_is_a_condition_until_it_is_over(street: Street, admin: httpx.Client) -> None:
    street.says(12, pm2_5=lambda back: 20 + back % 2, no2=lambda back: 250 if back < 8 else 50 + back % 2)
    street.look()
    held = conditions(admin)
    assert held.keys() == {("limitExceeded", "no2/1h")}
    told = held["limitExceeded", "no2/1h"]
    assert told["since"] == format_time(street.now - 2 * HOUR) and "limit 200: QCVN 05:2023" in told["text"]
    street.look()
    assert conditions(admin) == held
    street.hall.later(HOUR)
    street.says(1, pm2_5=20, no2=50, until=street.now + HOUR)
    street.look()
    assert conditions(admin) == {}
    events = [row.event for row in street.hall.registry.events.list("air-1")]
    assert [(each.active, each.time) for each in events] == [(False, street.now), (True, street.now - 2 * HOUR)]


def test_what_is_above_a_limit_for_orientation_is_listed_and_raises_nothing(
    street: Street, admin: httpx.Client
) -> None:
    street.says(4, noise=lambda back: 80 + back % 2)
    street.look()
    assert conditions(admin) == {}
    items = ask(admin, "exceedances", device="air-1", start=format_time(street.now - 3 * HOUR))["items"]
    assert [(each["limit"], each["seconds"], each["open"]) for each in items] == [(70, 3 * HOUR, True)]
    noise = [each for each in ask(admin, "limits")["items"] if each["metric"] == "noise"]
    assert all(each["orientation"] for each in noise)


def test_a_stuck_sensor_is_told_of_and_leaves_the_index(street: Street, admin: httpx.Client) -> None:
    street.add(*NEIGHBOURS)
    street.says(40, pm2_5=lambda back: 33.3 if back < 28 else 30 + back % 5)
    for name in NEIGHBOURS:
        street.says(40, name, pm2_5=lambda back: 30 + back % 5)
    street.look()
    held = conditions(admin)["sensorStuck", "pm2_5"]
    assert held["since"] == format_time(street.now - 7 * HOUR)
    hour = one(admin, device="air-1")["hourly"][0]
    assert (hour["vn"]["index"], hour["vn"]["missing"]["pm2_5"]) == (None, "failed-checks")
    assert hour["faults"] == {"pm2_5": ["stuck"]}
    assert conditions(admin, "air-2") == {}
    street.hall.later(HOUR)
    for name in ("air-1", *NEIGHBOURS):
        street.says(1, name, pm2_5=lambda back: 31 + back, until=street.now + HOUR)
    street.look()
    assert conditions(admin) == {}
    start = format_time(street.now - HOUR)
    stuck, moving = ask(admin, "hours", device="air-1", start=start)["metrics"]["pm2_5"]
    assert (stuck["value"], stuck["read"], stuck["faults"]) == (None, pytest.approx(33.3), ["stuck"])
    assert (moving["value"], moving["faults"]) == (32.5, [])


def test_a_drifting_sensor_is_told_of_and_stays_in_the_index(street: Street, admin: httpx.Client) -> None:
    street.add(*NEIGHBOURS)
    street.says(120, pm2_5=lambda back: 90 + back % 5)
    for name in NEIGHBOURS:
        street.says(120, name, pm2_5=lambda back: 30 + back % 5)
    street.look()
    assert "+60.0 ug/m3 off its neighbours" in conditions(admin)["sensorDrift", "pm2_5"]["text"]
    assert all(("sensorDrift", "pm2_5") not in conditions(admin, name) for name in NEIGHBOURS)
    street.hall.later(HOUR)
    street.says(1, pm2_5=90, until=street.now + HOUR)
    hour = one(admin, device="air-1")["hourly"][0]
    assert hour["vn"]["index"] > 150 and hour["faults"] == {"pm2_5": ["drift"]}
    since = format_time(street.now - 200 * HOUR)
    admin.post(
        "/environment/calibrations", json={"device": "air-1", "metric": "pm2_5", "since": since, "offset": -60}
    ).raise_for_status()
    street.hall.later(DAY)
    street.look()
    assert ("sensorDrift", "pm2_5") not in conditions(admin)


def test_of_a_station_out_of_service_nothing_is_said_any_more(street: Street, admin: httpx.Client) -> None:
    street.says(12, no2=250)
    street.look()
    assert ("limitExceeded", "no2/1h") in conditions(admin)
    admin.patch("/devices/air-1", json={"status": "retired"}).raise_for_status()
    assert ask(admin, "aqi")["items"] == []
    street.look()
    assert conditions(admin) == {}


@pytest.mark.parametrize(
    ("path", "query", "status", "word", "says"),
    [
        ("aqi", {"device": "nobody"}, 404, "not-found", "nobody"),
        ("aqi", {"device": "lamp-0"}, 422, "not-a-station", "name one of kind environment"),
        ("aqi", {"zone": "nowhere"}, 404, "not-found", "nowhere"),
        ("aqi", {"start": "2026-01-01T00:00:00Z", "end": "2028-01-01T00:00:00Z"}, 422, "bad-input", "400 station-days"),
        ("series", {"what": "dust"}, 422, "bad-input", "vn_aqi"),
        ("hours", {}, 422, "bad-input", "device: is missing"),
    ],
)
def test_what_cannot_be_asked_says_what_to_ask(
    shared: Hall, path: str, query: dict[str, str], status: int, word: str, says: str
) -> None:
    with shared.client("viewer") as viewer:
        answer = viewer.get(f"/environment/{path}", params=query)
        assert (answer.status_code, code(answer)) == (status, word)
        assert says in answer.json()["detail"]


def test_a_technician_of_some_zones_calibrates_only_there(hall: Hall, street: Street) -> None:
    street.add("air-2", zone="dong-ba")
    technician = hall.registry.users.get("technician")
    assert technician is not None
    hall.registry.users.update(replace(technician, zones=("ward-1",)))
    body = {"metric": "pm2_5", "since": format_time(street.now), "factor": 2}
    with hall.client("technician") as client:
        refused = client.post("/environment/calibrations", json=body | {"device": "air-2"})
        assert (refused.status_code, code(refused)) == (403, "outside-your-zones")
        assert client.post("/environment/calibrations", json=body | {"device": "air-1"}).status_code == 201
