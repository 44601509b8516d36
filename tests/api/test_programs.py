"""Programs, calendars, templates: written through the API, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.api.hall import Hall, code, open_hall

EVENING: dict[str, Any] = {
    "id": "evening",
    "name": "Buổi tối",
    "steps": [
        {"at": "sunset", "level": 100, "ramp": 30},
        {"at": "22:00", "level": 70},
        {"at": "sunrise", "level": 0},
    ],
}
DARK: dict[str, Any] = {"id": "dark", "steps": [{"at": "sunset", "level": 10}, {"at": "sunrise", "level": 0}]}
CENTRE: dict[str, Any] = {
    "id": "centre",
    "name": "Trung tâm",
    "default": "evening",
    "rules": [{"program": "dark", "note": "mất điện", "dates": ["2026-12-01"]}],
}


def write(admin: httpx.Client) -> None:
    for path, body in (("/programs", EVENING), ("/programs", DARK), ("/calendars", CENTRE)):
        answer = admin.post(path, json=body)
        assert answer.status_code == 201, answer.text
        assert answer.headers["location"] == f"/api/v1{path}/{body['id']}"


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """A hall with these programs, its city following `centre`; for tests that change nothing."""
    with open_hall(tmp_path_factory.mktemp("hall")) as hall, hall.client() as admin:
        write(admin)
        admin.put("/zones/hue/calendar", json={"calendar": "centre"})
        yield hall


def local(time: str) -> str:
    return datetime.fromisoformat(time).astimezone(ZoneInfo("Asia/Ho_Chi_Minh")).strftime("%m-%d %H:%M")


def test_a_program_is_written_shown_changed_and_deleted(hall: Hall) -> None:
    with hall.client() as admin:
        added = admin.post("/programs", json=EVENING)
        shown = admin.get("/programs/evening").json()
        assert shown == added.json()
        assert shown.items() >= EVENING.items()
        assert shown["by"] == "admin" and shown["calendars"] == [] and shown["unusable"] is None
        changed = admin.put("/programs/evening", json=EVENING | {"name": "Khuya"})
        assert changed.json()["name"] == "Khuya"
        assert [each["id"] for each in admin.get("/programs").json()["items"]] == ["evening", "night"]
        assert admin.delete("/programs/evening").status_code == 204
        assert code(admin.get("/programs/evening")) == "not-found"


def test_a_zone_follows_its_calendar_or_that_of_the_nearest_zone_above(hall: Hall) -> None:
    with hall.client() as admin:
        write(admin)
        assert admin.get("/zones/le-loi/calendar").json() == {"calendar": None, "rules": "night", "source": None}
        followed = admin.put("/zones/hue/calendar", json={"calendar": "centre"})
        assert followed.json() == {"calendar": "centre", "rules": "centre", "source": "hue"}
        assert admin.get("/zones/le-loi/calendar").json() == {"calendar": None, "rules": "centre", "source": "hue"}
        admin.post("/calendars", json={"id": "always-dark", "default": "dark"})
        admin.put("/zones/ward-1/calendar", json={"calendar": "always-dark"})
        assert admin.get("/zones/le-loi/calendar").json()["source"] == "ward-1"
        assert admin.get("/zones/dong-ba/timeline?date=2026-11-21").json()["program"] == "evening"
        assert admin.get("/zones/le-loi/timeline?date=2026-11-21").json()["program"] == "dark"
        admin.patch("/zones/le-loi", json={"parent": "ward-2"})
        assert admin.get("/zones/le-loi/timeline?date=2026-11-21").json()["program"] == "evening"
        assert admin.get("/calendars/centre").json()["zones"] == ["hue"]


def test_a_timeline_has_every_step_with_its_time_and_cause(hall: Hall) -> None:
    with hall.client() as admin:
        write(admin)
        admin.put("/zones/hue/calendar", json={"calendar": "centre"})
        day = admin.get("/zones/le-loi/timeline", params={"date": "2026-11-21"}).json()
        assert (day["calendar"], day["source"], day["rule"]) == ("centre", "hue", "the default program: no rule holds")
        assert (local(day["start"]), local(day["end"])) == ("11-21 12:00", "11-22 12:00")
        told = [(local(each["time"]), each["level"], each["step"], each["cause"]) for each in day["steps"]]
        sunset, sunrise = local(day["sun"]["sunset"]), local(day["sun"]["sunrise"])
        assert told == [
            ("11-21 12:00", 0, 3, "program"),
            (sunset, 100, 1, "program"),
            ("11-21 22:00", 70, 2, "program"),
            (sunrise, 0, 3, "program"),
        ]
        assert "11-21 17:0" < sunset < "11-21 17:3" and "11-22 05:4" < sunrise < "11-22 06:1"
        special = admin.get("/zones/le-loi/timeline", params={"date": "2026-12-01"}).json()
        assert special["program"] == "dark" and special["rule"] == "rule 1: mất điện (on 2026-12-01)"


def test_a_timeline_shows_what_overrides_cover(hall: Hall) -> None:
    with hall.client() as admin:
        hall.light_up()
        order = admin.post("/overrides", json={"zones": ["hue"], "level": 5, "for": "1h"}).json()
        day = admin.get("/zones/le-loi/timeline").json()
        held = [each for each in day["steps"] if each["override"]]
        assert {each["override"] for each in held} == {order["id"]}
        assert {(each["level"], each["cause"], each["step"]) for each in held} == {(5, "override", None)}
        ends = [each["end"] for each in day["steps"]]
        assert [each["time"] for each in day["steps"]] == [day["start"], *ends[:-1]] and ends[-1] == day["end"]
        admin.delete(f"/overrides/{order['id']}")
        past = admin.get("/zones/le-loi/timeline?date=2020-01-01").json()
        assert not [each for each in past["steps"] if each["override"]]


def test_a_year_says_which_program_runs_when_and_how_long_lamps_burn(hall: Hall) -> None:
    with hall.client() as admin:
        write(admin)
        admin.put("/zones/hue/calendar", json={"calendar": "centre"})
        year = admin.get("/zones/le-loi/year", params={"year": 2026}).json()
        runs = [(run["start"], run["end"], run["program"]) for run in year["runs"]]
        assert runs == [
            ("2026-01-01", "2026-11-30", "evening"),
            ("2026-12-01", "2026-12-01", "dark"),
            ("2026-12-02", "2026-12-31", "evening"),
        ]
        burning = sum(month["burning"] for month in year["months"])
        full = sum(month["full"] for month in year["months"])
        assert len(year["months"]) == 12 and 4300 < burning < 4500 and 0.7 * burning < full < 0.9 * burning


def test_a_preview_stores_nothing(hall: Hall) -> None:
    with hall.client() as admin:
        body = {"program": {"steps": EVENING["steps"]}, "zone": "le-loi", "date": "2026-06-21"}
        day = admin.post("/programs/preview", json=body).json()
        assert [each["level"] for each in day["steps"]] == [0, 100, 70, 0] and day["notes"] == []
        crossing = {"steps": [{"at": "sunset", "level": 9}, {"at": "17:00", "level": 5}, {"at": "sunrise", "level": 0}]}
        day = admin.post("/programs/preview", json=body | {"program": crossing}).json()
        assert [note["step"] for note in day["notes"]] == [1, 2] and "waits for step 1" in day["notes"][1]["text"]
        assert [note["code"] for note in day["notes"]] == ["too-short", "waits"]
        values = day["notes"][1]["values"]
        assert values["other"] == 1 and f"at {values['time']}." in day["notes"][1]["text"]
        assert [each["id"] for each in admin.get("/programs").json()["items"]] == ["night"]


def test_the_year_of_a_calendar_that_is_not_stored(planned: Hall) -> None:
    with planned.client("viewer") as viewer:
        draft = {"default": "evening", "rules": [{"program": "dark", "from": "06-01", "to": "06-30"}]}
        body = {"calendar": draft, "zone": "le-loi", "year": 2026}
        year = viewer.post("/calendars/preview", json=body).json()
        assert [(run["start"], run["program"], run["rule_number"]) for run in year["runs"]] == [
            ("2026-01-01", "evening", None),
            ("2026-06-01", "dark", 1),
            ("2026-07-01", "evening", None),
        ]
        shares = {each["program"]: each for each in year["programs"]}
        assert shares.keys() == {"dark", "evening"}
        assert shares["dark"]["full"] == pytest.approx(shares["dark"]["burning"] / 10)
        for hours in ("burning", "full"):
            months = sum(each[hours] for each in year["months"])
            assert sum(each[hours] for each in shares.values()) == pytest.approx(months)
        ruled = viewer.get("/zones/le-loi/timeline", params={"date": "2026-12-01"}).json()
        assert ruled["rule_number"] == 1 and "mất điện" in ruled["rule"]
        wrong = viewer.post("/calendars/preview", json=body | {"calendar": {"default": "nowhere"}})
        assert code(wrong) == "bad-calendar" and "no such program" in wrong.json()["detail"]
        assert code(viewer.post("/calendars/preview", json=body | {"zone": "nowhere"})) == "not-found"
        assert [each["id"] for each in viewer.get("/calendars").json()["items"]] == ["centre"]


def test_every_template_can_be_installed_once_and_followed(hall: Hall) -> None:
    with hall.client() as admin:
        templates = admin.get("/templates").json()["items"]
        assert len(templates) >= 9 and all(each["names"].keys() == {"en", "vi"} for each in templates)
        for each in templates:
            installed = admin.post(f"/templates/{each['id']}")
            assert installed.status_code == 201, installed.text
            assert admin.put("/zones/hue/calendar", json={"calendar": installed.json()["id"]}).status_code == 200
            assert admin.get("/zones/le-loi/timeline").status_code == 200
        assert code(admin.post(f"/templates/{templates[0]['id']}")) == "exists"
        assert code(admin.post("/templates/nowhere")) == "not-found"


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    with open_hall(tmp_path) as first, first.client() as admin:
        write(admin)
        admin.put("/zones/ward-1/calendar", json={"calendar": "centre"})
    with open_hall(tmp_path) as second, second.client() as admin:
        assert admin.get("/zones/le-loi/timeline").json()["program"] in ("evening", "dark")
        assert admin.get("/programs/evening").json()["calendars"] == ["centre"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "word", "says"),
    [
        ("POST", "/programs", {**EVENING, "id": None}, 422, "bad-input", "id: is missing"),
        ("POST", "/programs", EVENING, 409, "exists", "choose another id"),
        ("POST", "/programs", EVENING | {"id": "night"}, 409, "from-settings", "settings"),
        ("POST", "/programs", {"id": "new", "steps": []}, 422, "bad-program", "no steps"),
        ("POST", "/programs", {"id": "new", "steps": [{"at": "25:00", "level": 1}]}, 422, "bad-program", "step 1"),
        ("POST", "/programs", {"id": "new", "steps": [{"at": "sunset", "level": 101}]}, 422, "bad-program", "0 to 100"),
        ("POST", "/programs", {"id": "new", "steps": [{"at": "sunset"}]}, 422, "bad-input", "level"),
        ("POST", "/programs", {"id": "new", "steps": [{"at": "sunset", "level": "x"}]}, 422, "bad-input", "level"),
        ("PUT", "/programs/evening", EVENING | {"id": "other"}, 422, "bad-input", "an id never changes"),
        ("PUT", "/programs/nowhere", DARK | {"id": "nowhere"}, 404, "not-found", "nowhere"),
        ("PUT", "/programs/night", DARK | {"id": "night"}, 409, "from-settings", "lighting.program"),
        ("PUT", "/programs/dark", {"steps": DARK["steps"][:1], "day": "midnight"}, 422, "bad-program", "'centre'"),
        ("DELETE", "/programs/evening", None, 409, "in-use", "centre"),
        ("DELETE", "/programs/nowhere", None, 404, "not-found", "nowhere"),
        ("DELETE", "/programs/night", None, 409, "from-settings", "settings"),
        ("POST", "/calendars", CENTRE, 409, "exists", "choose another id"),
        ("POST", "/calendars", {"id": "new", "default": "nowhere"}, 422, "bad-calendar", "no such program"),
        ("POST", "/calendars", {"id": "night", "default": "dark"}, 422, "bad-input", "settings"),
        ("POST", "/calendars", {"id": "new", "default": "dark", "rules": [{"program": "dark"}]}, 422, "bad-calendar", "rule 1"),
        ("PUT", "/calendars/nowhere", CENTRE | {"id": "nowhere"}, 404, "not-found", "nowhere"),
        ("DELETE", "/calendars/centre", None, 409, "in-use", "hue"),
        ("PUT", "/zones/hue/calendar", {"calendar": "nowhere"}, 422, "no-calendar", "add it first"),
        ("PUT", "/zones/hue/calendar", {}, 422, "bad-input", "calendar"),
        ("PUT", "/zones/nowhere/calendar", {"calendar": "centre"}, 404, "not-found", "nowhere"),
        ("GET", "/zones/nowhere/timeline", None, 404, "not-found", "nowhere"),
        ("GET", "/zones/hue/timeline?date=2026-02-30", None, 422, "bad-input", "2026-11-21"),
        ("GET", "/zones/hue/timeline?date=tomorrow", None, 422, "bad-input", "2026-11-21"),
        ("GET", "/zones/hue/year?year=999", None, 422, "bad-input", "1970"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_what_to_write_instead(
    planned: Hall, method: str, path: str, body: Any, status: int, word: str, says: str
) -> None:
    with planned.client() as admin:
        before = [admin.get(each).text for each in ("/programs", "/calendars", "/zones")]
        answer = admin.request(method, path, json=body)
        assert (answer.status_code, code(answer)) == (status, word)
        assert says in answer.json()["detail"]
        assert [admin.get(each).text for each in ("/programs", "/calendars", "/zones")] == before


def test_an_operator_of_some_zones_sets_their_calendar_only(hall: Hall) -> None:
    with hall.client() as admin:
        write(admin)
    with hall.client("ward-one") as operator:
        assert operator.put("/zones/le-loi/calendar", json={"calendar": "centre"}).status_code == 200
        assert code(operator.put("/zones/ward-2/calendar", json={"calendar": "centre"})) == "outside-your-zones"
        assert code(operator.put("/zones/hue/calendar", json={"calendar": "centre"})) == "outside-your-zones"
        assert code(operator.post("/programs", json=DARK | {"id": "other"})) == "forbidden"
