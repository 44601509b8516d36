"""Why a light has its level: the rule that won, those that lost, and why it may be doing something else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.api.views.why_words import CONDITIONS, LANGUAGES
from hub.model.light import Cause, LightReport
from hub.model.reports import EventReport, PresenceReport
from hub.registry import Written
from tests.api.hall import Hall, code, open_hall
from tests.api.test_overrides import finished, order
from tests.web.source import catalogue

SKIPPING = {"id": "thirds", "name": "Một phần ba", "steps": [
    {"at": "00:00", "level": 80, "skip": {"off": 1, "of": 2}}], "day": "midnight"}  # fmt: skip


def why(client: httpx.Client, lamp: str = "lamp-0") -> dict[str, Any]:
    answer = client.get(f"/devices/{lamp}/light/why")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert found["sentence"].keys() == {"en", "vi"} and found["sentence"]["en"] != found["sentence"]["vi"]
    return found


def follow(admin: httpx.Client, zone: str = "ward-1", **calendar: Any) -> None:
    assert admin.post("/programs", json=SKIPPING).status_code == 201
    body = {"id": "centre", "name": "Trung tâm", "default": "thirds"} | calendar
    assert admin.post("/calendars", json=body).status_code == 201
    assert admin.put(f"/zones/{zone}/calendar", json={"calendar": "centre"}).status_code == 200


def test_where_no_calendar_rules_it_is_the_program_of_the_settings(hall: Hall) -> None:
    hall.light_up()
    with hall.client("viewer") as viewer:
        found = why(viewer)
        assert (found["cause"], found["level"], found["losers"], found["differs"]) == ("default", 30, [], None)
        assert (found["program"]["calendar"], found["program"]["program"], found["program"]["step"]) == (
            None,
            "night",
            1,
        )
        assert "no calendar rules here" in found["sentence"]["en"]


def test_a_calendar_says_which_zone_rule_program_and_step(hall: Hall) -> None:
    with hall.client("admin") as admin:
        follow(admin, rules=[{"program": "thirds", "note": "Tết", "from": "01-01", "to": "12-31"}])
        found = why(admin, "lamp-2")
        planned = found["program"]
        assert (found["cause"], found["level"]) == ("program", 80)
        assert [planned[key] for key in ("calendar", "source", "program", "number", "note", "step", "skipped")] == [
            "centre", "ward-1", "thirds", 1, "Tết", 1, False,
        ]  # fmt: skip
        [loser] = found["losers"]
        assert (loser["cause"], loser["level"], loser["lost"]) == ("default", 30, "lower-priority")
        for language in ("en", "vi"):
            for word in ("Một phần ba", "Trung tâm", "Phường 1", "Tết", "80 %", "00:00"):
                assert word in found["sentence"][language]


def test_what_came_with_lamplighter_is_called_in_each_language(hall: Hall) -> None:
    with hall.client("admin") as admin:
        assert admin.post("/templates/full-night").status_code == 201
        assert admin.put("/zones/ward-1/calendar", json={"calendar": "full-night"}).status_code == 200
        said = why(admin)["sentence"]
        assert said["en"].count("“Full night”") == 2 and said["vi"].count("“Cả đêm”") == 2
        assert "Full night" not in said["vi"] and "full-night" not in said["en"] + said["vi"]


def test_a_lamp_whose_turn_it_is_to_stay_dark_says_so(hall: Hall) -> None:
    with hall.client("admin") as admin:
        follow(admin)
        found = why(admin, "lamp-0")
        assert (found["level"], found["program"]["skipped"], found["program"]["skip"]["of"]) == (0, True, 2)
        assert "1 of every 2 lamps" in found["sentence"]["en"] and "luân phiên" in found["sentence"]["vi"]
        zone = admin.get("/zones/le-loi/light/why").json()
        assert {(rule["lights"], rule["level"]) for rule in zone["rules"]} == {(3, 0), (2, 80)}


def test_losers_come_in_the_order_in_which_they_would_take_over(hall: Hall) -> None:
    hall.light_up()
    with hall.client("operator") as operator, hall.client("admin") as admin:
        order(operator, level=40, reason="chợ đêm")
        order(admin, level=70, zones=["hue"])
        urgent = order(operator, level=100, zones=[], devices=["lamp-0"], cause="emergency", reason="tai nạn")
        finished(operator, urgent.json()["command"])
        found = why(operator)
        assert (found["cause"], found["level"], found["until"]) == ("emergency", 100, found["winner"]["until"])
        assert found["winner"]["override"] == urgent.json()["id"] and found["winner"]["lost"] is None
        assert [(each["cause"], each["level"], each["by"], each["lost"]) for each in found["losers"]] == [
            ("override", 70, "admin", "lower-priority"),
            ("override", 40, "operator", "lower-priority"),
            ("default", 30, None, "lower-priority"),
        ]
        assert found["light"]["cause"] == "emergency" and found["differs"] is None
        for word in ("tai nạn", "100 %", "70 %", "40 %", "30 %"):
            assert word in found["sentence"]["en"] and word in found["sentence"]["vi"]
        other = why(operator, "lamp-2")
        assert [each["lost"] for each in other["losers"]] == ["started-earlier", "lower-priority"]


def test_a_zone_is_one_sentence_while_its_lamps_agree_and_shares_else(hall: Hall) -> None:
    hall.light_up()
    with hall.client("operator") as operator:
        [rule] = operator.get("/zones/hue/light/why").json()["rules"]
        assert (rule["lights"], rule["cause"], rule["level"]) == (10, "default", 30)
        assert rule["sentence"]["en"].startswith("All 10 lights") and rule["sentence"]["vi"].startswith("Cả 10 đèn")
        order(operator, zones=[], devices=["lamp-0", "lamp-1"])
        found = operator.get("/zones/hue/light/why").json()
        assert [(each["lights"], each["cause"]) for each in found["rules"]] == [(8, "default"), (2, "override")]
        assert "2 of 10 lights" in found["rules"][1]["sentence"]["en"] and found["lights"] == 10
        assert code(operator.get("/zones/nowhere/light/why")) == "not-found"


def test_why_it_does_not_do_what_it_should(hall: Hall) -> None:
    hall.light_up()

    def because(lamp: str = "lamp-0") -> Any:
        found = why(viewer, lamp)["differs"]
        if found is not None:
            assert found["en"] and found["vi"] and "{" not in found["en"] + found["vi"]
        return found and found["because"]

    def says(level: float, cause: Cause) -> None:
        now = hall.clock.now()
        hall.report(lights=[LightReport("lamp-0", level, cause, now, now)])

    with hall.client("viewer") as viewer, hall.client("admin") as admin:
        assert because() is None
        says(70, Cause.LOCAL)
        assert because() == "local"
        says(70, Cause.PROGRAM)
        assert because() == "not-followed"
        now = hall.clock.now()
        hall.report(events=[EventReport("lamp-0", "lampFailure", True, now, now)])
        assert because() == "condition"
        assert "hỏng bóng đèn" in why(viewer)["differs"]["vi"]
        hall.dead = {"lamp-2"}
        command = order(admin, zones=[], devices=["lamp-2"], ramp=3600).json()["command"]
        assert because("lamp-2") == "under-way"
        hall.dead = set()
        hall.report(presence=[PresenceReport("gate-1", False, hall.clock.now())])
        assert because() == "offline"
        assert "gate-1" in why(viewer)["differs"]["en"]
        assert admin.patch("/devices/lamp-0", json={"status": "retired"}).status_code == 200
        assert because() == "not-in-service"
        assert command


@pytest.mark.parametrize(
    ("type", "english", "vietnamese"),
    [
        ("lampUnresponsive", "it does not follow orders", "không làm theo lệnh"),
        ("sensorDead", "its sensor gives no readings", "cảm biến không gửi số đo"),
        ("lowPowerFactor", "power factor too low", "hệ số công suất quá thấp"),
        ("itsOwnWord", "itsOwnWord", "itsOwnWord"),
    ],
)
def test_a_condition_is_told_in_both_languages(hall: Hall, type: str, english: str, vietnamese: str) -> None:
    hall.light_up()
    now = hall.clock.now()
    hall.report(
        lights=[LightReport("lamp-0", 70, Cause.PROGRAM, now, now)],
        events=[EventReport("lamp-0", type, True, now, now)],
    )
    with hall.client("viewer") as viewer:
        differs = why(viewer)["differs"]
        assert differs["because"] == "condition"
        assert (english in differs["en"], vietnamese in differs["vi"]) == (True, True)


def test_every_condition_that_the_page_has_a_name_for_is_named_here_too() -> None:
    for language in LANGUAGES:
        named = {key.removeprefix("event.") for key in catalogue(language) if key.startswith("event.")}
        assert named == CONDITIONS[language].keys()


def test_a_calendar_that_cannot_be_run_is_named(tmp_path: Path) -> None:
    with open_hall(tmp_path) as hall, hall.client("admin") as admin:
        follow(admin)
        hall.registry.plans.calendars.replace(Written("centre", {"id": "centre", "default": "gone"}, 0.0, "admin"))
    with open_hall(tmp_path) as hall, hall.client("viewer") as viewer:
        found = why(viewer)
        assert (found["cause"], found["level"], found["program"]["unusable"]) == ("default", 30, "centre")
        assert "centre" in found["sentence"]["en"] and "centre" in found["sentence"]["vi"]


@pytest.mark.parametrize(("device", "status", "word"), [("air-1", 422, "not-a-light"), ("nobody", 404, "not-found")])
def test_only_lights_have_a_why(shared: Hall, device: str, status: int, word: str) -> None:
    with shared.client("viewer") as viewer:
        answer = viewer.get(f"/devices/{device}/light/why")
        assert (answer.status_code, code(answer)) == (status, word)
