"""Incidents through the API: opened by alarms, brought to the lamps, extended, ended, ticked, previewed, dry."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import pytest

from hub.control.limits import Bounds
from hub.model.reports import EventReport, PresenceReport
from hub.model.users import Role, User
from tests.api.furniture import PASSWORD, quick_passwords
from tests.api.hall import Hall, code
from tests.servers.waiting import until

FIRE: dict[str, Any] = {
    "id": "fire-approach",
    "name": "Fire",
    "trigger": {"types": ["fireAlarm"]},
    "light": [{"level": 100, "ramp": 0, "within": 40}],
    "mark": [{"text": "fire at {name}"}],
    "notify": [{"text": "Fire at {name}, {zone}, {point}: {detail}", "severity": "critical", "to": ["duty"]}],
    "ask": [{"text": "Call 114"}, {"text": "Request a green corridor"}],
    "after_minutes": 60,
    "most_minutes": 600,
}
NEAR = ["lamp-0", "lamp-1", "lamp-2", "lamp-3"]  # within 40 m of the panel


def furnish(hall: Hall, *playbooks: dict[str, Any]) -> None:
    """A fire panel at the first lamp, every lamp on at 30 %, and the playbooks."""
    hall.light_up()
    with hall.client() as admin:
        panel = {"id": "panel-1", "name": "Chợ Đông Ba", "kind": "fire_panel", "zone": "le-loi"}
        made = admin.post("/devices", json=panel | {"location": {"lat": 16.46, "lon": 107.59}})
        assert made.status_code == 201, made.text
        for each in playbooks:
            answer = admin.post("/playbooks", json=each)
            assert answer.status_code == 201, answer.text


def says(
    hall: Hall, type: str = "fireAlarm", *, active: bool = True, device: str = "panel-1", point: str = "1/7"
) -> None:
    now = hall.clock.now()
    hall.report(events=[EventReport(device, type, active, now, now, point, "smoke")])


def listed(client: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    answer = client.get("/incidents", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def wait(client: httpx.Client, looked: Callable[[list[dict[str, Any]]], object], **query: Any) -> list[dict[str, Any]]:
    until("the incidents to be so", lambda: bool(looked(listed(client, **query))), within=10, every=0.02)
    return listed(client, **query)


def later(hall: Hall, client: httpx.Client, seconds: float, user: str = "operator") -> None:
    hall.later(seconds)
    client.headers["Authorization"] = f"Bearer {hall.token(user)}"
    hall.run(hall.alarms.look())
    hall.run(hall.incidents.look())
    hall.run(_expire(hall))


async def _expire(hall: Hall) -> None:
    hall.desk.expire(hall.clock.now())


def whys(client: httpx.Client, *lamps: str) -> dict[str, tuple[str, float]]:
    found = {}
    for lamp in lamps:
        why = client.get(f"/devices/{lamp}/light/why").json()
        found[lamp] = (why["cause"], why["level"])
    return found


def test_a_fire_lights_its_approach_until_an_hour_after_the_last_event(hall: Hall) -> None:
    furnish(hall, FIRE)
    with hall.client("operator") as client:
        says(hall)
        (incident,) = wait(client, lambda items: items and items[0]["lights"] == 4, running=True)
        assert (incident["playbook"], incident["device"], incident["held"]) == ("fire-approach", "panel-1", 1)
        assert incident["until"] == incident["longest"]
        until("the lamps to be lit", lambda: whys(client, *NEAR) == dict.fromkeys(NEAR, ("incident", 100.0)), within=10)
        assert whys(client, "lamp-5") == {"lamp-5": ("default", 30.0)}
        why = client.get("/devices/lamp-0/light/why").json()
        assert why["winner"]["incident"] == {"id": incident["id"], "playbook": "fire-approach"}
        assert "fire-approach" in why["sentence"]["en"]
        assert incident["id"] in why["sentence"]["vi"]

        def followed() -> dict[str, Any]:
            return dict(client.get(f"/incidents/{incident['id']}").json()["lighting"][0])

        until("all to follow", lambda: followed()["states"]["follows"] == 4, within=10)
        assert followed()["lamps"] == []
        says(hall, point="1/8")
        says(hall, active=False)
        wait(client, lambda items: items[0]["events"] == 2 and items[0]["held"] == 1)
        says(hall, point="1/8", active=False)
        (ending,) = wait(client, lambda items: items[0]["held"] == 0)
        assert ending["until"] < ending["longest"]
        until(
            "one override with the new end",
            lambda: [each["until"] for each in client.get("/overrides").json()["items"]] == [ending["until"]],
            within=10,
        )
        later(hall, client, 3500)
        assert whys(client, "lamp-0") == {"lamp-0": ("incident", 100.0)}
        later(hall, client, 120)
        assert whys(client, *NEAR) == dict.fromkeys(NEAR, ("default", 30.0))
        (over,) = listed(client)
        assert (over["running"], over["ended_why"], over["ended_by"]) == (False, "over", None)
        log = [line["what"] for line in client.get(f"/incidents/{incident['id']}/log").json()["items"]][::-1]
        assert log == ["opened", "lights", "extended", "event-ended", "event-ended", "ended"]
        told = hall.registry.incidents.messages(0)
        assert [(line.message.what, line.message.severity, line.message.to) for line in told] == [
            ("opened", "critical", ("duty",)), ("ended", "critical", ("duty",)),
        ]  # fmt: skip
        assert told[0].message.text == "Fire at Chợ Đông Ba, Lê Lợi, 1/7: smoke"
        (row,) = csv.DictReader(io.StringIO(client.get("/incidents/download").text))
        assert (row["id"], row["ended_why"], row["lights"]) == (incident["id"], "over", "4")
    with hall.client() as admin:
        lines = [line["what"] for line in admin.get("/audit", params={"what": "incident."}).json()["items"]]
        assert lines == ["incident.ended", "incident.extended", "incident.opened"]


@pytest.mark.parametrize("days", [2, -2])
def test_a_clock_that_is_set_ends_no_incident_and_leaves_no_street_dark(hall: Hall, days: int) -> None:
    furnish(hall, FIRE)
    with hall.client("operator") as client:
        says(hall)
        wait(client, lambda items: items and items[0]["lights"] == 4, running=True)
        says(hall, active=False)
        (before,) = wait(client, lambda items: items[0]["held"] == 0)
        hall.clock.set = days * 86_400.0
        later(hall, client, 3000)
        (after,) = listed(client, running=True)
        until("the lamps to be lit", lambda: whys(client, *NEAR) == dict.fromkeys(NEAR, ("incident", 100.0)), within=10)
        (held,) = client.get("/overrides").json()["items"]
        assert held["until"] == after["until"]
        for name in ("opened", "until", "longest"):
            moved = datetime.fromisoformat(after[name]) - datetime.fromisoformat(before[name])
            assert abs(moved.total_seconds() - days * 86_400.0) < 5, name
        later(hall, client, 700)
        assert listed(client, running=True) == []
        assert whys(client, *NEAR) == dict.fromkeys(NEAR, ("default", 30.0))


def test_a_person_ends_it_with_a_reason_and_ticks_what_was_asked(hall: Hall) -> None:
    furnish(hall, FIRE)
    with hall.client("operator") as client, hall.client("viewer") as viewer, hall.client("ward-one") as ward:
        says(hall)
        (incident,) = wait(client, len, running=True)
        place = f"/incidents/{incident['id']}"
        assert code(viewer.post(f"{place}/tick", json={"item": 1})) == "forbidden"
        assert (
            code(ward.post(f"{place}/end", json={"reason": "x"})) == "outside-your-zones"
        )  # lamp-1 is in another ward
        done = client.post(f"{place}/tick", json={"item": 2, "remark": "asked Mr. Hùng"}).json()["tasks"]
        assert [(each["item"], each["by"], each["remark"]) for each in done] == [
            (1, None, ""), (2, "operator", "asked Mr. Hùng"),
        ]  # fmt: skip
        assert code(client.post(f"{place}/tick", json={"item": 3})) == "incident-refused"
        assert client.post(f"{place}/tick", json={"item": 2, "done": False}).json()["tasks"][1]["done"] is None
        until("the lamps to be lit", lambda: whys(client, "lamp-0")["lamp-0"][0] == "incident", within=10)
        (held,) = client.get("/overrides").json()["items"]
        refused = client.delete(f"/overrides/{held['id']}")
        assert (refused.status_code, code(refused)) == (409, "incident-rules")
        assert code(client.post(f"{place}/end", json={})) == "bad-input"
        ended = client.post(f"{place}/end", json={"reason": "false alarm, panel was tested"})
        assert (ended.status_code, ended.json()["running"]) == (200, False)
        assert whys(client, "lamp-0") == {"lamp-0": ("default", 30.0)}
        assert code(client.post(f"{place}/end", json={"reason": "again"})) == "incident-refused"
        says(hall, active=False)
        says(hall)  # anew: another incident
        assert len(wait(client, lambda items: len(items) == 2)) == 2
        assert len(listed(client, running=False)) == 1
    with hall.client() as admin:
        lines = admin.get("/audit", params={"about": incident["id"]}).json()["items"]
        assert [(line["what"], line["who"]) for line in lines] == [
            ("incident.ended", "operator"), ("incident.unticked", "operator"), ("incident.ticked", "operator"),
            ("incident.opened", "playbook:fire-approach"),
        ]  # fmt: skip


def test_a_person_declares_one_and_it_ends_by_itself(hall: Hall) -> None:
    furnish(hall, FIRE, FIRE | {"id": "off", "enabled": False})
    asked = {"playbook": "fire-approach", "device": "panel-1", "reason": "smoke seen from the bridge"}
    with hall.client("operator") as client:
        made = client.post("/incidents", json=asked)
        assert made.status_code == 201, made.text
        shown = made.json()
        assert made.headers["Location"] == f"/api/v1/incidents/{shown['id']}"
        assert (shown["declared_by"], shown["held"], shown["lights"]) == ("operator", 0, 4)
        until("the lamps to be lit", lambda: whys(client, *NEAR) == dict.fromkeys(NEAR, ("incident", 100.0)), within=10)
        (telling,) = shown["tellings"]
        assert telling["text"].endswith(": smoke seen from the bridge")
        later(hall, client, 3000)
        again = client.post("/incidents", json=asked | {"for": "PT90M"}).json()
        assert (again["id"], again["events"], again["after"]) == (shown["id"], 2, 5400.0)
        says(hall)  # the panel says it too: from now on it holds
        wait(client, lambda items: items[0]["held"] == 1)
        says(hall, active=False)
        wait(client, lambda items: items[0]["held"] == 0)
        later(hall, client, 5300)
        assert whys(client, "lamp-0") == {"lamp-0": ("incident", 100.0)}
        later(hall, client, 200)
        assert [(each["id"], each["ended_why"]) for each in listed(client)] == [(shown["id"], "over")]
        log = [(line["what"], line["who"]) for line in client.get(f"/incidents/{shown['id']}/log").json()["items"]][
            ::-1
        ]
        assert log[:3] == [("declared", "operator"), ("lights", None), ("extended", "operator")]
        for wrong, status, why in (
            ({"playbook": "none"}, 404, "not-found"),
            ({"device": "none"}, 404, "not-found"),
            ({"playbook": "off"}, 409, "incident-refused"),
            ({"for": "PT11H"}, 422, "bad-input"),
            ({"reason": ""}, 422, "bad-input"),
        ):
            refused = client.post("/incidents", json=asked | wrong)
            assert (refused.status_code, code(refused)) == (status, why), refused.text
    hall.registry.users.add(User("lan", Role.OPERATOR, quick_passwords().hash(PASSWORD), ("ward-2",), created=1.0))
    with hall.client("lan") as client:
        refused = client.post("/incidents", json=asked)
        assert (refused.status_code, code(refused)) == (403, "outside-your-zones")


def test_an_event_of_a_moment_opens_one_and_no_alarm(hall: Hall) -> None:
    furnish(hall, FIRE | {"id": "shot", "trigger": {"types": ["gunshot"], "points": ["m1"]}, "after_minutes": 30})
    with hall.client("operator") as client:

        def hears(point: str, ago: float = 0.0) -> None:
            now = hall.clock.now()
            hall.report(events=[EventReport("panel-1", "gunshot", None, now - ago, now, point, "loud")])
            hall.run(hall.incidents.look())

        hears("m2")
        hears("m1", ago=1900.0)  # it would be over
        assert listed(client) == []
        hears("m1")
        (opened,) = listed(client, running=True)
        assert (opened["type"], opened["held"], opened["text"], opened["declared_by"]) == ("gunshot", 0, "loud", None)
        assert client.get("/alarms").json()["items"] == []
        later(hall, client, 1000)
        hears("m1")
        later(hall, client, 1000)
        (extended,) = listed(client, running=True)
        assert (extended["id"], extended["events"]) == (opened["id"], 2)
        hall.run(hall.incidents.load())
        assert len(listed(client)) == 1, "a restart opens nothing anew"
        later(hall, client, 900)
        assert listed(client, running=True) == []


def test_overlapping_incidents_and_who_stands_above_them(hall: Hall) -> None:
    street = {
        "id": "accident", "name": "Accident", "trigger": {"types": ["trafficAccident"]}, "after_minutes": 0,
        "light": [{"level": 70, "zones": ["le-loi"]}],
    }  # fmt: skip
    furnish(hall, FIRE, street)
    with hall.client("operator") as client:
        says(hall)
        until("fire", lambda: whys(client, "lamp-0") == {"lamp-0": ("incident", 100.0)}, within=10)
        says(hall, "trafficAccident", device="air-1")  # later, with less light
        until("the street", lambda: whys(client, "lamp-8") == {"lamp-8": ("incident", 70.0)}, within=10)
        assert whys(client, "lamp-0", "lamp-1") == {"lamp-0": ("incident", 100.0), "lamp-1": ("incident", 100.0)}
        why = client.get("/devices/lamp-0/light/why").json()
        assert [(each["incident"]["playbook"], each["lost"]) for each in why["losers"] if each["incident"]] == [
            ("accident", "lower-level")
        ]
        order = {"devices": ["lamp-0"], "level": 10, "for": "1h", "reason": "glare"}
        assert client.post("/overrides", json=order).status_code == 202
        assert whys(client, "lamp-0") == {"lamp-0": ("override", 10.0)}
        (fire,) = listed(client, playbook="fire-approach")
        (lamp,) = client.get(f"/incidents/{fire['id']}").json()["lighting"][0]["lamps"]
        assert (lamp["device"], lamp["state"], lamp["then"], lamp["by"]) == ("lamp-0", "held", 10.0, "operator")
        emergency = {"zones": ["hue"], "level": 0, "for": "1h", "reason": "wires", "cause": "emergency"}
        done = client.post("/overrides", json=emergency).json()["id"]
        assert whys(client, "lamp-1", "lamp-8") == {"lamp-1": ("emergency", 0.0), "lamp-8": ("emergency", 0.0)}
        client.delete(f"/overrides/{done}")
        client.post(f"/incidents/{fire['id']}/end", json={"reason": "out"})
        assert whys(client, "lamp-2", "lamp-1") == {"lamp-2": ("incident", 70.0), "lamp-1": ("default", 30.0)}
        says(hall, "trafficAccident", device="air-1", active=False)
        hall.run(_looked(hall))
        assert listed(client, running=True) == []
        assert whys(client, "lamp-2") == {"lamp-2": ("default", 30.0)}


async def _looked(hall: Hall) -> None:
    await hall.alarms.catch_up()
    await hall.incidents.look()


def test_lamps_that_are_off_or_unheard_are_named_and_not_counted_as_lit(hall: Hall) -> None:
    furnish(hall, FIRE)
    hall.dead.add("lamp-2")
    with hall.client("operator") as client:
        says(hall)
        (incident,) = wait(client, len)
        until(
            "three to follow",
            lambda: client.get(f"/incidents/{incident['id']}").json()["lighting"][0]["states"]["follows"] == 3,
            within=10,
        )
        (one,) = client.get(f"/incidents/{incident['id']}").json()["lighting"]
        assert [(lamp["device"], lamp["state"], lamp["now"]) for lamp in one["lamps"]] == [("lamp-2", "not-yet", 30.0)]
        hall.report(presence=[PresenceReport("gate-1", False, hall.clock.now())])
        (one,) = client.get(f"/incidents/{incident['id']}").json()["lighting"]
        assert (one["states"]["follows"], one["states"]["offline"]) == (0, 4)


def test_a_dry_run_is_recorded_and_does_nothing(hall: Hall) -> None:
    furnish(hall, FIRE | {"dry_run": True})
    with hall.client("operator") as client:
        says(hall)
        (incident,) = wait(client, len)
        assert (incident["dry_run"], incident["lights"]) == (True, 4)
        hall.run(hall.incidents.look())
        assert client.get("/overrides").json()["items"] == []
        assert hall.registry.incidents.messages(0) == []
        assert code(client.post(f"/incidents/{incident['id']}/tick", json={"item": 1})) == "incident-refused"
        later(hall, client, 601 * 60)
        assert listed(client)[0]["ended_why"] == "longest"


def test_a_preview_is_what_then_happens(hall: Hall) -> None:
    furnish(hall)
    with hall.client("operator") as client:
        client.post("/overrides", json={"devices": ["lamp-1"], "level": 20, "for": "1h", "reason": "repair"})
        until("lamp-1 to follow", lambda: client.get("/devices/lamp-1").json()["light"]["actual"] == 20, within=10)
        shown = client.post("/playbooks/preview", json={"playbook": FIRE, "device": "panel-1", "point": "1/7"}).json()
        assert shown["fits"]
        (one,) = shown["lighting"]
        assert {lamp["device"]: (lamp["state"], lamp["now"], lamp["then"]) for lamp in one["lamps"]} == {
            "lamp-0": ("not-yet", 30.0, 100.0), "lamp-1": ("held", 20.0, 20.0), "lamp-2": ("not-yet", 30.0, 100.0),
            "lamp-3": ("not-yet", 30.0, 100.0),
        }  # fmt: skip
        assert one["refused"] is None
        assert shown["tellings"][0]["text"].startswith("Fire at Chợ Đông Ba")
        assert listed(client) == []
        elsewhere = FIRE | {"trigger": {"types": ["fireAlarm"], "zones": ["ward-2"]}}
        asked = {"playbook": elsewhere, "device": "panel-1"}
        assert not client.post("/playbooks/preview", json=asked).json()["fits"]
        with hall.client() as admin:
            assert admin.post("/playbooks", json=FIRE).status_code == 201
        says(hall)
        (incident,) = wait(client, len)
        found = client.get(f"/incidents/{incident['id']}").json()
        assert found["lighting"][0]["devices"] == one["devices"]
        assert (
            found["marks"]
            == shown["marks"]
            == [{"device": "panel-1", "name": "Chợ Đông Ba", "text": "fire at Chợ Đông Ba"}]
        )


def test_limits_are_checked_when_it_is_written_and_again_when_it_runs(hall: Hall) -> None:
    furnish(hall)
    hall.limits.bounds = Bounds(lights_without_approval=3)
    with hall.client() as admin, hall.client("operator") as client:
        refused = admin.post("/playbooks", json=FIRE)
        assert (refused.status_code, code(refused)) == (422, "bad-playbook")
        assert "4 lights, more than 3 for panel-1" in refused.json()["detail"]
        assert refused.json()["errors"][0]["loc"] == ["body", "light", 0]
        hall.limits.bounds = Bounds(lights_without_approval=4)
        assert admin.post("/playbooks", json=FIRE).status_code == 201
        hall.limits.bounds = Bounds(lights_without_approval=3)  # the city was made stricter since
        says(hall)
        (incident,) = wait(client, lambda items: items and items[0]["refused"])
        assert [each["vi"] for each in incident["refused_text"]] == ["chạm tới 4 đèn, nhiều hơn 3"]
        assert "more than 3" in incident["refused"][0]
        assert client.get("/overrides").json()["items"] == []
        assert hall.incidents.refusing == 1
        assert [line.message.what for line in hall.registry.incidents.messages(0)] == ["opened", "refused"]
        (line,) = admin.get("/audit", params={"what": "incident.refused"}).json()["items"]
        assert (line["who"], line["about"]) == ("playbook:fire-approach", incident["id"])
        hall.run(hall.incidents.look())
        assert len(admin.get("/audit", params={"what": "incident.refused"}).json()["items"]) == 1  # said once
        hall.limits.bounds = Bounds()
        hall.run(hall.incidents.look())
        until("it to be lit after all", lambda: whys(client, "lamp-0")["lamp-0"][0] == "incident", within=10)
        assert listed(client)[0]["refused"] == []


def test_a_deleted_device_holds_no_incident_and_a_deleted_playbook_leaves_it_running(hall: Hall) -> None:
    furnish(hall, FIRE)
    with hall.client() as admin:
        says(hall)
        (incident,) = wait(admin, len)
        assert admin.delete("/playbooks/fire-approach").status_code == 204
        assert listed(admin, running=True)[0]["id"] == incident["id"]
        assert admin.delete("/devices/panel-1").status_code in (200, 204)
        hall.run(_looked(hall))
        hall.run(hall.alarms.look())
        hall.run(hall.incidents.look())
        (quiet,) = listed(admin, running=True)
        assert (quiet["held"], quiet["device_name"]) == (0, "")


def test_many_incidents_of_one_playbook_are_bounded_and_the_rest_is_recorded(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.incidents.desk.MOST_RUNNING", 2)
    everything = {
        "id": "dark", "name": "Dark lamp", "trigger": {"types": ["lampFailure"]}, "light": [{"level": 100, "own_zone": True}],
        "notify": [{"text": "dark"}],
    }  # fmt: skip
    furnish(hall, everything)
    with hall.client("operator") as client:
        now = hall.clock.now()
        hall.report(events=[EventReport(f"lamp-{n}", "lampFailure", True, now, now) for n in range(4)])
        found = wait(client, lambda items: len(items) == 4)
        assert sum(bool(each["refused"]) for each in found) == 2
        assert sum(each["lights"] > 0 for each in found) == 2
        assert [line.message.what for line in hall.registry.incidents.messages(0)].count("opened") == 2


def test_playbooks_are_added_changed_exported_and_imported_all_or_none(hall: Hall) -> None:
    furnish(hall, FIRE)
    with hall.client() as admin, hall.client("operator") as client:
        assert code(client.post("/playbooks", json=FIRE)) == "forbidden"
        assert code(admin.post("/playbooks", json=FIRE)) == "exists"
        one = client.get("/playbooks/fire-approach")
        assert one.json()["light"][0]["within"] == 40
        tag = one.headers["ETag"]
        body = {key: value for key, value in FIRE.items() if key != "id"}
        changed = admin.put("/playbooks/fire-approach", json=body | {"dry_run": True}, headers={"If-Match": tag})
        assert (changed.status_code, changed.json()["dry_run"]) == (200, True)
        stale = admin.put("/playbooks/fire-approach", json=body, headers={"If-Match": tag})
        assert (stale.status_code, code(stale)) == (412, "changed-meanwhile")
        assert code(admin.put("/playbooks/fire-approach", json=FIRE | {"id": "other"})) == "bad-input"
        assert code(admin.put("/playbooks/nothing", json=body)) == "not-found"
        unknown = admin.post("/playbooks", json=FIRE | {"id": "b", "light": [{"level": 1, "zones": ["nowhere"]}]})
        assert code(unknown) == "bad-playbook"
        assert "no zone 'nowhere'" in unknown.json()["detail"]
        file = client.get("/playbooks/export").text
        assert admin.post("/playbooks/import", content=file).json() == {
            "added": [], "replaced": [], "unchanged": ["fire-approach"],
        }  # fmt: skip
        two = file.replace("[fire-approach", "[second") + file.replace("dry_run = true", "dry_run = false")
        broken = admin.post(
            "/playbooks/import", content=two.replace('["fireAlarm"]', "[]").replace('"fireAlarm",', "", 1)
        )
        assert code(broken) == "bad-playbook"
        assert [each["id"] for each in client.get("/playbooks").json()["items"]] == ["fire-approach"]
        done = admin.post("/playbooks/import", content=two).json()
        assert done == {"added": ["second"], "replaced": ["fire-approach"], "unchanged": []}
        assert code(admin.post("/playbooks/import", content=b"\xff")) == "not-utf8"
        assert admin.delete("/playbooks/second").status_code == 204
        assert code(admin.delete("/playbooks/second")) == "not-found"
        assert {each["id"] for each in client.get("/playbooks/templates").json()["items"]} >= {"fire-approach", "flood"}
        lines = [line["what"] for line in admin.get("/audit", params={"what": "playbook."}).json()["items"]]
        assert lines == [
            "playbook.deleted",
            "playbook.replaced",
            "playbook.added",
            "playbook.replaced",
            "playbook.added",
        ]


def test_the_stream_tells_of_incidents(hall: Hall) -> None:
    furnish(hall, FIRE)
    with hall.client("operator") as client, client.stream("GET", "/events") as stream:
        lines = stream.iter_lines()
        next(line for line in lines if line.startswith("id:"))
        says(hall)
        event = next(line for line in lines if line == "event: incident")
        (item,) = json.loads(next(lines).removeprefix("data: "))
        assert (event, item["playbook"], item["running"]) == ("event: incident", "fire-approach", True)


def test_what_is_too_soon_is_told_once_however_often_it_is_tried(hall: Hall) -> None:
    dark = FIRE | {"light": [{"level": 0, "ramp": 0, "within": 40}]}
    furnish(hall, dark)
    hall.limits.bounds = Bounds(seconds_between_flips=600)
    with hall.client("operator") as client:
        order = {"devices": ["lamp-0"], "level": 0, "for": "1m", "reason": "look"}
        assert client.post("/overrides", json=order).status_code == 202
        later(hall, client, 61)
        says(hall)
        wait(client, lambda items: items and items[0]["refused"])
        for _ in range(3):
            later(hall, client, 5)
        (incident,) = listed(client)
        log = [line["what"] for line in client.get(f"/incidents/{incident['id']}/log").json()["items"]]
        assert log.count("refused") == 1
        assert [line.message.what for line in hall.registry.incidents.messages(0)] == ["opened", "refused"]
        assert incident["refused"] == [
            "some changed between on and off less than 600 s ago: all are ordered as soon as they may be"
        ]
        later(hall, client, 600)
        until("it to be dark after all", lambda: whys(client, "lamp-0") == {"lamp-0": ("incident", 0.0)}, within=10)
        assert listed(client)[0]["refused"] == []


def test_the_alarm_of_a_refused_incident_opens_none_that_keeps_it_standing(hall: Hall) -> None:
    anything = {
        "id": "anything", "name": "Anything grave", "trigger": {"severities": ["critical", "high"]},
        "light": [{"level": 100, "own_zone": True}], "after_minutes": 0,
    }  # fmt: skip
    furnish(hall, anything)
    hall.limits.bounds = Bounds(lights_without_approval=3)
    refusing = {("incidents_refused", ""): 0.0}
    hall.street.parts = lambda: refusing  # type: ignore[method-assign]
    with hall.client("operator") as client:
        says(hall)
        wait(client, lambda items: items and items[0]["refused"])
        refusing["incidents_refused", ""] = float(hall.incidents.refusing)
        later(hall, client, 5)
        standing = [alarm["type"] for alarm in client.get("/alarms").json()["items"]]
        assert "playbookRefused" in standing
        assert [each["type"] for each in listed(client)] == ["fireAlarm"]
        says(hall, active=False)
        later(hall, client, 5)
        assert listed(client, running=True) == []


def test_an_admin_of_one_ward_writes_no_playbook_that_lights_another(hall: Hall) -> None:
    elsewhere = FIRE | {"light": [{"level": 100, "zones": ["ward-2"]}]}
    here = FIRE | {"id": "here", "light": [{"level": 100, "zones": ["ward-1"]}]}
    furnish(hall, elsewhere)
    hall.registry.users.add(User("ward-admin", Role.ADMIN, quick_passwords().hash(PASSWORD), ("ward-1",), created=1.0))
    with hall.client("ward-admin") as admin:
        assert admin.post("/playbooks", json=here).status_code == 201
        for body in (elsewhere, FIRE, FIRE | {"light": [{"level": 0, "own_zone": True}]}):
            assert code(admin.post("/playbooks", json=body | {"id": "more"})) == "outside-your-zones"
        assert code(admin.put("/playbooks/fire-approach", json=here | {"id": None})) == "outside-your-zones"
        assert code(admin.delete("/playbooks/fire-approach")) == "outside-your-zones"
        assert code(admin.post("/playbooks/import", content="")) == "outside-your-zones"
        bounded = FIRE | {"id": "near", "trigger": {"types": ["fireAlarm"], "devices": ["panel-1"]}}
        assert admin.post("/playbooks", json=bounded).status_code == 201
