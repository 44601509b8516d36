"""Lights that a cabinet feeds: registering them, seeing what the cabinet says, ordering a segment."""

from __future__ import annotations

from typing import Any

import pytest

from hub.control.limits import Bounds
from hub.model.cabinets import CabinetReport
from hub.model.light import Cause, LightReport
from hub.model.presence import OfflineBecause
from hub.model.reports import EventReport, PresenceReport
from tests.api.hall import Hall, code
from tests.api.test_overrides import finished
from tests.servers.waiting import until

CABINET = {"id": "cab-1", "kind": "cabinet", "zone": "le-loi"}


def side(name: str, **changes: Any) -> dict[str, Any]:
    return {"id": name, "kind": "light", "profile": "feed", "zone": "le-loi", "feed": "cab-1/b"} | changes


def furnish(hall: Hall) -> None:
    """A cabinet that switches two lights and powers lamp-0."""
    with hall.client() as admin:
        for device in (CABINET, side("side-1"), side("side-2")):
            answer = admin.post("/devices", json=device)
            assert answer.status_code == 201, answer.text
            assert (answer.json()["credentials"] is None) is (device["kind"] == "light")
        assert admin.patch("/devices/lamp-0", json={"feed": "cab-1/a"}).json()["feed"] == "cab-1/a"


def say(hall: Hall, *, a: bool = True, b: bool = True, **more: Any) -> None:
    now = hall.clock.now()
    said = CabinetReport("cab-1", now, now, {"a": a, "b": b}, {"a": a, "b": b}, **more)
    hall.report(cabinets=[said], presence=[PresenceReport("cab-1", True, now)])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"feed": None}, "needs one"),
        ({"feed": "cab-1"}, "e.g. cab-001/a"),
        ({"feed": "Cab 1/a"}, "e.g. cab-001/a"),
        ({"feed": "cab-9/a"}, "add it first"),
        ({"feed": "lamp-1/a"}, "no registered cabinet"),
        ({"kind": "meter", "profile": "native"}, "only lights"),
        ({"address": "gate-1"}, "leave address out"),
    ],
)
def test_a_feed_that_cannot_be_is_refused_with_what_to_write(shared: Hall, changes: dict[str, Any], words: str) -> None:
    with shared.client() as admin:
        admin.post("/devices", json=CABINET)
        answer = admin.post("/devices", json=side("odd", **changes))
        assert (answer.status_code, code(answer)) == (422, "bad-feed")
        assert words in answer.json()["detail"]


def test_a_cabinet_that_feeds_lights_stays_one(hall: Hall) -> None:
    furnish(hall)
    with hall.client() as admin:
        answer = admin.delete("/devices/cab-1")
        assert (answer.status_code, code(answer)) == (409, "feeds-lights")
        answer = admin.patch("/devices/cab-1", json={"kind": "meter"})
        assert (answer.status_code, code(answer)) == (422, "bad-feed")
        for name in ("side-1", "side-2"):
            admin.delete(f"/devices/{name}")
        assert admin.patch("/devices/lamp-0", json={"feed": None}).json()["feed"] is None
        assert admin.delete("/devices/cab-1").status_code == 204


def test_a_file_names_feeds_and_takes_the_lights_of_a_refused_cabinet_along(hall: Hall) -> None:
    header = "id,kind,profile,zone,feed\n"
    with hall.client() as admin:
        cabinet, behind = "cab-1,cabinet,native,le-loi,\n", "side-1,light,feed,le-loi,cab-1/b\n"
        refused = "side-2,light,feed,le-loi,cab-2/b\ncab-2,cabinet,native,nowhere,\n"
        rows = cabinet + behind + refused
        answer = admin.post("/devices/import", content=header + rows, headers={"Content-Type": "text/csv"}).json()
        assert [item["outcome"] for item in answer["items"]] == ["created", "created", "error", "error"]
        assert "cab-2" in answer["items"][2]["detail"]
        assert admin.get("/devices/side-1").json()["feed"] == "cab-1/b"
        again = admin.post(
            "/devices/import", content=header + cabinet + behind, headers={"Content-Type": "text/csv"}
        ).json()
        assert again["unchanged"] == 2, again


def test_a_cabinet_shows_its_states_and_how_many_lights_each_segment_feeds(hall: Hall) -> None:
    furnish(hall)
    with hall.client("viewer") as viewer:
        assert viewer.get("/devices/lamp-1").json()["cabinet"] is None
        before = viewer.get("/devices/cab-1").json()["cabinet"]
        assert (before["door"], before["time"]) == (None, None)
        say(hall, b=False, door=True, breaker=True, remote=True)
        shown = viewer.get("/devices/cab-1").json()["cabinet"]
        assert (shown["door"], shown["breaker"], shown["remote"]) == (True, True, True)
        on = {"ordered": True, "feedback": True, "powered": True, "switched": 0, "powered_only": 1, "lights": []}
        off = {"ordered": False, "feedback": False, "powered": False, "switched": 2, "powered_only": 0}
        behind = {"lights": ["side-1", "side-2"]}
        assert shown["segments"] == [{"segment": "a", **on}, {"segment": "b", **off, **behind}]
        assert viewer.get("/devices/side-1").json()["light"]["actual"] == 0
        say(hall, a=False)
        lamp = viewer.get("/devices/lamp-0").json()
        assert (lamp["online"], lamp["offline_because"]) == (False, OfflineBecause.UNPOWERED.value)
        assert viewer.get("/devices/side-1").json()["light"]["actual"] == 100


def test_a_segment_is_ordered_as_a_whole(hall: Hall) -> None:
    furnish(hall)
    say(hall, b=False, remote=True)
    with hall.client("operator") as operator:
        order = {"segments": ["cab-1/b"], "level": 100, "for": "PT1H"}
        placed = operator.post("/overrides", json=order)
        assert (placed.status_code, placed.json()["targets"]) == (202, 2)
        say(hall, b=True, remote=True)
        assert operator.get("/overrides").json()["items"][0]["devices"] == ["side-1", "side-2"]
        one = operator.post("/overrides", json={"devices": ["side-1"], "level": 0, "for": "PT1H"}).json()["command"]
        until("the order to end", lambda: operator.get(f"/commands/{one}").json()["state"] == "done")
        (target,) = operator.get(f"/commands/{one}/targets").json()["items"]
        assert target["outcome"] == "rejected"
        assert target["detail"] == "segment b of cab-1 feeds another light: order the segment or its zone"
        assert (target["code"], target["values"]) == ("feeds-another", {"segment": "b", "cabinet": "cab-1"})
        answer = operator.post("/overrides", json=order | {"segments": ["cab-1/z"]})
        assert (answer.status_code, code(answer)) == (404, "not-found")
        assert "cab-001/a" in answer.json()["detail"]
    with hall.client("ward-one") as limited:
        assert limited.post("/overrides", json=order).status_code == 202


def test_an_order_to_a_segment_needs_what_any_other_order_needs(hall: Hall) -> None:
    furnish(hall)
    say(hall, remote=True)
    hall.limits.bounds = Bounds(lights_without_approval=1)
    with hall.client("operator") as operator, hall.client("admin") as admin:
        answer = operator.post("/overrides", json={"segments": ["cab-1/b"], "level": 0, "for": "PT1H"})
        assert (answer.status_code, code(answer)) == (409, "needs-approval")
        request = answer.json()["approval"]
        assert (request["lights"], request["order"]["devices"]) == (2, ["side-1", "side-2"])
        approved = admin.post(f"/approvals/{request['id']}")
        assert (approved.status_code, approved.json()["targets"]) == (202, 2)
        assert admin.get("/devices/side-1").json()["light"]["requested"] == 0


def test_a_light_whose_order_is_refused_for_its_segment_has_not_been_switched(hall: Hall) -> None:
    furnish(hall)
    say(hall, remote=True)
    hall.limits.bounds = Bounds(seconds_between_flips=600)
    with hall.client("operator") as operator:
        off = {"level": 0, "for": "PT1H"}
        assert operator.post("/overrides", json=off | {"devices": ["side-1"]}).status_code == 202
        assert operator.post("/overrides", json=off | {"segments": ["cab-1/b"]}).status_code == 202
        back = operator.post("/overrides", json=off | {"segments": ["cab-1/b"], "level": 60})
        assert (back.status_code, code(back)) == (409, "too-soon")


def test_why_a_light_without_a_controller_has_its_level(hall: Hall) -> None:
    furnish(hall)
    with hall.client("operator") as operator:

        def why() -> dict[str, Any]:
            found: dict[str, Any] = operator.get("/devices/side-1/light/why").json()
            return found

        say(hall, remote=True, breaker=True)
        assert (why()["cause"], why()["level"], why()["differs"]) == ("default", 100, None), "any level above 0 is full"
        operator.post("/overrides", json={"segments": ["cab-1/b"], "level": 60, "for": "PT1H"})
        assert (why()["cause"], why()["level"], why()["differs"]) == ("override", 100, None)
        zone = operator.get("/zones/le-loi/light/why").json()["rules"]
        assert {(rule["cause"], rule["level"], rule["lights"]) for rule in zone} == {
            ("override", 100, 2),
            ("default", 30, zone[0]["lights"]),
        }
        say(hall, b=False, remote=False, breaker=True)
        differs = why()["differs"]
        assert differs["because"] == "cabinet-local"
        assert "cab-1 is on local" in differs["en"] and "cab-1 đang ở chế độ tại chỗ" in differs["vi"]
        say(hall, remote=True, breaker=False)
        differs = why()["differs"]
        assert (differs["because"], differs["since"] is None) == ("unpowered", False)
        assert "segment b of cab-1 is dead" in differs["en"] and "nhánh b của cab-1" in differs["vi"]
        assert "the breaker of cab-1 is open" in differs["en"] and "áptômát của cab-1 đã ngắt" in differs["vi"]
        lamp = operator.get("/devices/lamp-0/light/why").json()["differs"]
        assert (lamp["because"], "segment a of cab-1" in lamp["en"]) == ("unpowered", True)
        assert "breaker" in lamp["en"] and "áptômát" in lamp["vi"]
        say(hall, a=False, remote=True, breaker=True)
        lamp = operator.get("/devices/lamp-0/light/why").json()["differs"]
        assert (lamp["because"], "segment a of cab-1 is dead." in lamp["en"]) == ("unpowered", True)
        assert "breaker" not in lamp["en"] and "áptômát" not in lamp["vi"]


def test_why_names_a_contactor_that_does_not_follow(hall: Hall) -> None:
    furnish(hall)
    say(hall, remote=True, breaker=True)
    now = hall.clock.now()
    with hall.client("operator") as operator:
        off = operator.post("/overrides", json={"segments": ["cab-1/b"], "level": 0, "for": "PT1H"}).json()["command"]
        finished(operator, off)
        say(hall, remote=True, breaker=True)
        hall.report(
            events=[EventReport("cab-1", "relayFailure", True, now, now, segment) for segment in ("a", "b")],
            lights=[LightReport("side-1", 100.0, Cause.OVERRIDE, now + 1, now + 1)],
        )
        differs = operator.get("/devices/side-1/light/why").json()["differs"]
        assert differs["because"] == "condition"
        assert "its contactor does not follow" in differs["en"] and "công tắc tơ không theo lệnh" in differs["vi"]
        assert differs["en"].count("contactor") == 1, "that of segment a is not this light's"
