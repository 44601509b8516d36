"""Sensors in the loop: rules written through the API, readings that come in, and what the lamps are told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.control.limits import Bounds
from hub.model.devices import DeviceKind
from hub.model.readings import Row
from hub.model.reports import EventReport
from hub.registry import Written
from tests.api.hall import Hall, code, open_hall
from tests.servers.waiting import until

RAIN: dict[str, Any] = {
    "id": "rain", "name": "Mưa", "zone": "hue", "kind": "raise", "sensors": ["air-1"], "metric": "rain_rate", "above": 2,
    "release": 0.5, "level": 80, "hold": 900,
}  # fmt: skip
CELL: dict[str, Any] = {
    "id": "cell", "zone": "hue", "kind": "photocell", "sensors": ["air-1"], "on_below": 30, "off_above": 60, "for": 120,
}  # fmt: skip
EVENING = {
    "id": "evening",
    "steps": [{"at": "18:00", "level": 60}, {"at": "23:00", "level": 90}, {"at": "05:00", "level": 0}],
}


class Sky:
    """What the sensor says, and a look of the hub at it."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall

    def says(self, after: float = 0, **values: float) -> None:
        """Time passes, the sensor reports, and the rules look."""
        self.hall.later(after)
        if values:
            now = self.hall.clock.now()
            self.hall.report(rows=[Row("air-1", DeviceKind.ENVIRONMENT, now, now, values)])
        self.hall.run(self.hall.sensing.look())

    def at(self, clock: str) -> None:
        """The next time that the city's clocks show this."""
        wanted = datetime.fromisoformat(f"2036-11-21T{clock}+07:00").timestamp()
        self.hall.later((wanted - self.hall.clock.now()) % 86_400)


def signed_in(hall: Hall) -> httpx.Client:
    """A client of the admin, who signs in again as time passes."""

    def sign(request: httpx.Request) -> httpx.Request:
        request.headers["Authorization"] = f"Bearer {hall.token('admin')}"
        return request

    return httpx.Client(base_url=f"{hall.url}/api/v1", auth=sign, timeout=20)


@pytest.fixture
def sky(hall: Hall) -> Sky:
    hall.light_up()
    return Sky(hall)


def levels(hall: Hall) -> dict[str, tuple[float | None, str | None]]:
    """{lamp: (what it does, why)} of a lamp of each ward."""
    with signed_in(hall) as admin:
        shown = {lamp: admin.get(f"/devices/{lamp}").json()["light"] for lamp in ("lamp-0", "lamp-1")}
    return {lamp: (light["actual"], light["cause"]) for lamp, light in shown.items()}


def settled(hall: Hall, level: float, cause: str) -> None:
    """Wait until both lamps say so."""
    wanted = {"lamp-0": (level, cause), "lamp-1": (level, cause)}
    until(f"{level} % by {cause}", lambda: levels(hall) == wanted, within=10, every=0.02)


def orders(hall: Hall) -> list[dict[str, Any]]:
    """Commands of sensor rules, the newest first."""
    with signed_in(hall) as admin:
        return [each for each in admin.get("/commands").json()["items"] if each["by"].startswith("sensing:")]


def test_rain_raises_the_zone_until_the_hold_is_over(hall: Hall, sky: Sky) -> None:
    with signed_in(hall) as admin:
        assert admin.post("/sensing", json=RAIN).status_code == 201
        sky.says(rain_rate=6.2)
        settled(hall, 80, "sensor")
        shown = admin.get("/sensing/rain").json()
        assert shown.items() >= RAIN.items()
        assert (shown["active"], shown["effect"], shown["asks"], shown["dead"]) == (True, "raise", 80, [])
        (state,) = shown["states"]
        assert (state["device"], state["value"], state["unit"], state["dead"]) == ("air-1", 6.2, "mm/h", False)
        (held,) = admin.get("/overrides").json()["items"]
        assert (held["id"], held["cause"], held["by"], held["zones"]) == (
            shown["override"],
            "sensor",
            "sensing:rain",
            ["hue"],
        )
        assert held["until"] == shown["until"] and held["reason"] == "Mưa: rain_rate 6.2 (air-1)"
        sky.says(300, rain_rate=0.2)
        assert admin.get("/sensing/rain").json()["until"] == shown["until"]
        sky.says(601)
        assert admin.get("/sensing/rain").json()["active"] is False and admin.get("/overrides").json()["items"] == []
        assert len(orders(hall)) == 1  # its end is in the order: nothing has to be said


def test_an_order_is_renewed_before_its_end_with_one_order_to_the_zone(hall: Hall, sky: Sky) -> None:
    with signed_in(hall) as admin:
        admin.post("/sensing", json=RAIN)
        sky.says(rain_rate=6.2)
        settled(hall, 80, "sensor")
        for _ in range(9):
            sky.says(60, rain_rate=6.2)
        assert len(orders(hall)) == 1
        sky.says(120, rain_rate=6.2)
        assert [(each["kind"], each["targets"]) for each in orders(hall)] == [("set_level", 10)] * 2
        (held,) = admin.get("/overrides").json()["items"]
        assert held["until"] == admin.get("/sensing/rain").json()["until"]


def test_never_below_the_program_nor_where_it_is_dark(hall: Hall, sky: Sky) -> None:
    with signed_in(hall) as admin:
        admin.post("/programs", json=EVENING)
        admin.post("/calendars", json={"id": "own", "default": "evening"})
        admin.put("/zones/ward-1/calendar", json={"calendar": "own"})
        admin.post("/sensing", json=RAIN)
        sky.at("23:30")
        sky.says(rain_rate=9)  # ward-1 has 90, the others 30
        until("the other ward", lambda: levels(hall)["lamp-1"] == (80, "sensor"), within=10, every=0.02)
        assert levels(hall)["lamp-0"] == (30, "program")
        assert admin.get("/devices/lamp-0").json()["light"]["requested"] == 90
        sky.at("12:00")
        sky.says(rain_rate=9)
        wanted = {lamp: admin.get(f"/devices/{lamp}").json()["light"]["requested"] for lamp in ("lamp-0", "lamp-1")}
        assert wanted == {"lamp-0": 0, "lamp-1": 80}
        admin.put("/sensing/rain", json=RAIN | {"by_day": True})
        assert admin.get("/devices/lamp-0").json()["light"]["requested"] == 80


def test_people_win_over_sensors_and_sensors_over_the_program(hall: Hall, sky: Sky) -> None:
    with signed_in(hall) as admin:
        admin.post("/sensing", json=RAIN)
        order = admin.post("/overrides", json={"zones": ["hue"], "level": 10, "for": "2h"}).json()
        settled(hall, 10, "override")
        sky.says(rain_rate=6)
        assert levels(hall)["lamp-0"] == (10, "override")
        admin.delete(f"/overrides/{order['id']}")
        settled(hall, 80, "sensor")
        (held,) = admin.get("/overrides").json()["items"]
        refused = admin.delete(f"/overrides/{held['id']}")
        assert (refused.status_code, code(refused)) == (409, "sensor-rules") and "'rain'" in refused.json()["detail"]


def test_a_rule_that_is_changed_is_followed_as_it_is_now(hall: Hall, sky: Sky) -> None:
    with signed_in(hall) as admin:
        admin.post("/sensing", json=RAIN)
        sky.says(rain_rate=6)
        settled(hall, 80, "sensor")
        admin.put("/sensing/rain", json=RAIN | {"level": 50})
        sky.says()
        settled(hall, 50, "sensor")
        admin.put("/sensing/rain", json=RAIN | {"above": 7})
        sky.says()
        settled(hall, 30, "program")
        assert admin.get("/overrides").json()["items"] == []


def test_of_two_rules_the_brighter_one_wins(hall: Hall, sky: Sky) -> None:
    with signed_in(hall) as admin:
        admin.post("/sensing", json=RAIN)
        traffic = {"id": "traffic", "metric": "traffic_count", "above": 600, "release": 500, "level": 50, "hold": 3600}
        admin.post("/sensing", json=RAIN | traffic)
        sky.says(traffic_count=1)
        sky.says(60, rain_rate=6, traffic_count=12)  # 720 an hour
        settled(hall, 80, "sensor")
        (state,) = admin.get("/sensing/traffic").json()["states"]
        assert 700 < state["value"] < 740 and state["unit"] == "1/h"
        sky.says(901, rain_rate=0)
        assert admin.get("/devices/lamp-0").json()["light"]["requested"] == 50


def test_why_names_the_rule_and_the_sensor(hall: Hall, sky: Sky) -> None:
    with signed_in(hall) as admin:
        admin.post("/sensing", json=RAIN)
        admin.post("/sensing", json=RAIN | {"id": "drizzle", "above": 1, "level": 50})
        sky.says(rain_rate=6.2)
        settled(hall, 80, "sensor")
        found = admin.get("/devices/lamp-0/light/why").json()
        assert (found["cause"], found["level"], found["winner"]["by"]) == ("sensor", 80, "sensing:rain")
        assert [each["lost"] for each in found["losers"]] == ["lower-level", "lower-priority"]
        for language, words in (("en", ("the sensor rule rain", "lower level")), ("vi", ("quy tắc cảm biến rain",))):
            for word in (*words, "80 %", "Mưa: rain_rate 6.2 (air-1)", "drizzle, 50 %"):
                assert word in found["sentence"][language]


def test_limits_of_people_are_none_of_sensors(hall: Hall, sky: Sky) -> None:
    """Neither held up, nor counted where people order afterwards."""
    hall.limits.bounds = Bounds(lights_without_approval=1, seconds_between_flips=3600, dark_needs_approval=True)
    hall.limits.load()
    with signed_in(hall) as admin:
        sky.at("12:00:00")
        admin.post("/programs", json=EVENING)
        admin.post("/calendars", json={"id": "own", "default": "evening"})
        admin.put("/zones/hue/calendar", json={"calendar": "own"})
        admin.post("/sensing", json=RAIN | {"by_day": True})
        sky.says(rain_rate=6.2)
        settled(hall, 80, "sensor")
        assert admin.post("/overrides", json={"devices": ["lamp-0"], "level": 0, "for": "1h"}).status_code == 202
        admin.delete("/sensing/rain")
        sky.says()
        assert admin.get("/devices/lamp-1").json()["light"]["requested"] == 0


def test_the_audit_tells_who_wrote_a_rule_and_not_what_it_orders(hall: Hall, sky: Sky) -> None:
    with signed_in(hall) as admin:
        admin.post("/sensing", json=RAIN)
        sky.says(rain_rate=6.2)
        settled(hall, 80, "sensor")
        admin.put("/sensing/rain", json=RAIN | {"level": 90})
        admin.delete("/sensing/rain")
        sky.says()
        lines = admin.get("/audit").json()["items"][::-1]
        assert [(line["who"], line["what"], line["about"], line["detail"]["body"]["level"]) for line in lines] == [
            ("admin", "sensing.added", "rain", 80),
            ("admin", "sensing.replaced", "rain", 90),
            ("admin", "sensing.deleted", "rain", 90),
        ]


def test_a_dead_sensor_falls_back_to_the_clock_and_says_so(hall: Hall, sky: Sky) -> None:
    with signed_in(hall) as admin:
        admin.post("/sensing", json=RAIN | {"hold": 7200})
        assert admin.get("/sensing/rain").json()["dead"] == ["air-1"]  # it has never reported
        sky.says(rain_rate=6)
        settled(hall, 80, "sensor")
        assert admin.get("/sensing/rain").json()["dead"] == []
        sky.says(3 * 900 + 1)  # three report intervals, and well within the hold
        settled(hall, 30, "program")
        shown = admin.get("/sensing/rain").json()
        assert (shown["active"], shown["dead"]) == (False, ["air-1"])
        (condition,) = admin.get("/devices/air-1").json()["conditions"]
        assert (condition["type"], condition["point"]) == ("sensorDead", "rain_rate")
        sky.says(5, rain_rate=0)
        assert admin.get("/devices/air-1").json()["conditions"] == []
        assert admin.get("/sensing/rain").json()["dead"] == []


def test_old_readings_that_come_late_raise_nothing(hall: Hall, sky: Sky) -> None:
    with signed_in(hall) as admin:
        admin.post("/sensing", json=RAIN | {"hold": 7200})
        now = hall.clock.now()
        hall.report(rows=[Row("air-1", DeviceKind.ENVIRONMENT, now - 3600, now, {"rain_rate": 9})])
        sky.says()
        shown = admin.get("/sensing/rain").json()
        assert (shown["active"], shown["dead"]) == (False, ["air-1"])


def test_a_photocell_shifts_the_switching_within_its_window(hall: Hall, sky: Sky) -> None:
    with signed_in(hall) as admin:
        admin.post("/programs", json=EVENING)
        admin.post("/calendars", json={"id": "own", "default": "evening"})
        admin.put("/zones/hue/calendar", json={"calendar": "own"})
        admin.post("/sensing", json=CELL)

        def requested() -> tuple[float, str | None]:
            light = admin.get("/devices/lamp-0").json()["light"]
            return light["requested"], admin.get("/sensing/cell").json()["effect"]

        sky.at("17:00")
        sky.says(illuminance=10)
        sky.says(900, illuminance=10)
        assert requested() == (0, None)  # 17:15: dark, and too early
        sky.says(960, illuminance=10)
        assert requested() == (60, "early-on")
        settled(hall, 60, "sensor")
        sky.says(1800, illuminance=10)
        assert requested() == (60, "early-on")  # 18:01: lamps have the program's switching seconds apart
        sky.says(60)
        assert requested() == (60, None)
        sky.at("04:50")
        sky.says(illuminance=5)
        sky.says(500, illuminance=5)
        assert requested() == (90, "late-off")
        sky.says(700, illuminance=100)
        sky.says(150)
        assert requested() == (0, None)


def test_a_dead_photocell_leaves_the_switching_to_the_clock_at_once(hall: Hall, sky: Sky) -> None:
    with signed_in(hall) as admin:
        admin.post("/programs", json=EVENING)
        admin.post("/calendars", json={"id": "own", "default": "evening"})
        admin.put("/zones/hue/calendar", json={"calendar": "own"})
        admin.post("/sensing", json=CELL | {"latest": 90})
        sky.at("17:55")
        sky.says(illuminance=900)
        sky.says(540, illuminance=900)
        assert admin.get("/devices/lamp-0").json()["light"]["requested"] == 0  # 18:04 and still light
        sky.says(2699)
        assert admin.get("/sensing/cell").json()["effect"] == "late-on"
        sky.says(2)
        shown = admin.get("/sensing/cell").json()
        assert (shown["effect"], shown["dead"]) == (None, ["air-1"])
        assert admin.get("/devices/lamp-0").json()["light"]["requested"] == 60


def test_rules_and_what_they_hold_outlive_a_restart(tmp_path: Path) -> None:
    with open_hall(tmp_path) as first, signed_in(first) as admin:
        first.light_up()
        admin.post("/sensing", json=RAIN)
        Sky(first).says(rain_rate=6)
        settled(first, 80, "sensor")
        held = admin.get("/sensing/rain").json()["override"]
    with open_hall(tmp_path) as second, signed_in(second) as admin:
        second.run(second.desk.load())
        sky = Sky(second)
        sky.says(rain_rate=1)
        assert admin.get("/sensing/rain").json()["override"] == held  # between release and threshold: it still rains
        admin.delete("/sensing/rain")
        sky.says()
        assert admin.get("/overrides").json()["items"] == [] and admin.get("/sensing").json()["items"] == []


def test_a_rule_that_cannot_be_followed_any_more_says_why_and_can_be_mended(tmp_path: Path) -> None:
    with open_hall(tmp_path) as first:
        first.registry.plans.sensing.add(Written("rain", RAIN | {"kind": "magic"}, 1_763_750_000, "admin"))
    with open_hall(tmp_path) as second, signed_in(second) as admin:
        (shown,) = admin.get("/sensing").json()["items"]
        assert (shown["kind"], shown["active"]) == ("magic", False) and "use 'photocell'" in shown["unusable"]
        assert admin.put("/sensing/rain", json=RAIN).json()["unusable"] is None


def test_a_rule_deleted_ends_its_condition_too(hall: Hall, sky: Sky) -> None:
    with signed_in(hall) as admin:
        now = hall.clock.now()
        hall.report(events=[EventReport("air-1", "sensorDead", True, now, now, "rain_rate")])
        admin.post("/sensing", json=RAIN)
        sky.says()
        assert len(admin.get("/devices/air-1").json()["conditions"]) == 1
        admin.delete("/sensing/rain")
        sky.says()
        assert admin.get("/devices/air-1").json()["conditions"] == []


def test_a_timeline_has_no_sensor_below_its_program(hall: Hall, sky: Sky) -> None:
    sky.at("20:00")  # the hold ends before midnight, when the program has its step
    with signed_in(hall) as admin:
        admin.post("/sensing", json=RAIN)
        sky.says(rain_rate=6)
        steps = admin.get("/zones/hue/timeline").json()["steps"]
        # There are two of the sensor when the program's next step is near.
        assert {each["level"] for each in steps if each["cause"] == "sensor"} == {80}
        admin.put("/sensing/rain", json=RAIN | {"level": 20})
        sky.says()
        assert not [each for each in admin.get("/zones/hue/timeline").json()["steps"] if each["cause"] == "sensor"]


@pytest.mark.parametrize(
    ("method", "path", "change", "status", "word", "says"),
    [
        ("POST", "", {"id": None}, 422, "bad-input", "id: is missing"),
        ("POST", "", {}, 409, "exists", "choose another id"),
        ("POST", "", {"id": "new", "kind": "magic"}, 422, "bad-sensing", "use 'photocell'"),
        ("POST", "", {"id": "new", "hold": 1}, 422, "bad-sensing", "60 to 86400"),
        ("POST", "", {"id": "new", "zone": "nowhere"}, 422, "unknown-zone", "add it first"),
        ("POST", "", {"id": "new", "sensors": ["nobody"]}, 422, "no-sensor", "register it first"),
        ("POST", "", {"id": "new", "metric": "rain"}, 422, "unknown-metric", "rain_rate"),
        ("POST", "", {"id": "new", "metric": "energy"}, 422, "unknown-metric", "only ever grows"),
        ("PUT", "/rain", {"id": "other"}, 422, "bad-input", "an id never changes"),
        ("PUT", "/nowhere", {"id": "nowhere"}, 404, "not-found", "nowhere"),
    ],
)
def test_bad_input_is_refused_with_what_to_write_instead(
    ruled: Callable[[], Hall], method: str, path: str, change: dict[str, Any], status: int, word: str, says: str
) -> None:
    with signed_in(ruled()) as admin:
        answer = admin.request(method, f"/sensing{path}", json=RAIN | change)
        assert (answer.status_code, code(answer)) == (status, word)
        assert says in answer.json()["detail"]
        assert [each["id"] for each in admin.get("/sensing").json()["items"]] == ["rain"]


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A hall with a rule, for tests that change nothing."""
    with open_hall(tmp_path_factory.mktemp("hall")) as hall:
        with signed_in(hall) as admin:
            admin.post("/sensing", json=RAIN)
        yield lambda: hall


def test_a_zone_that_a_rule_is_for_stays(hall: Hall) -> None:
    with signed_in(hall) as admin:
        admin.post("/zones", json={"id": "square", "name": "", "kind": "square"})
        admin.post("/sensing", json=RAIN | {"zone": "square"})
        assert code(admin.delete("/zones/square")) == "in-use"
        admin.delete("/sensing/rain")
        assert admin.delete("/zones/square").status_code == 204
