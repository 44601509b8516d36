"""Devices."""

from __future__ import annotations

from typing import Any

import bcrypt
import pytest

from hub.api.times import format_time
from hub.model.devices import DeviceKind
from hub.model.light import Cause, LightReport
from hub.model.readings import Row
from hub.model.reports import EventReport, PlanReport, PresenceReport
from tests.api.hall import Hall, code


def test_a_device_is_added_with_credentials_that_the_broker_knows(hall: Hall) -> None:
    with hall.client() as admin:
        sent = {
            "id": "air-2",
            "name": "Không khí",
            "kind": "environment",
            "zone": "le-loi",
            "location": {"lat": 16.4, "lon": 107.5},
        }
        added = admin.post("/devices", json=sent)
        assert added.status_code == 201 and added.headers["location"] == "/api/v1/devices/air-2"
        body = added.json()
        credentials = body.pop("credentials")
        assert credentials["username"] == "air-2" and credentials["broker"] == "mqtt://hub.example:1883"
        assert bcrypt.checkpw(credentials["password"].encode(), hall.broker.accounts["air-2"].hash.encode())
        assert admin.get("/devices/air-2").json() == body
        assert sent.items() <= body.items()
        assert body["profile"] == "native" and body["status"] == "active" and body["light"] is None


def test_new_credentials_replace_the_old(hall: Hall) -> None:
    with hall.client() as admin:
        old = admin.post("/devices", json={"id": "air-2", "kind": "environment"}).json()["credentials"]
        new = admin.post("/devices/air-2/credentials").json()
        assert new["password"] != old["password"]
        assert bcrypt.checkpw(new["password"].encode(), hall.broker.accounts["air-2"].hash.encode())


def test_a_lamp_behind_a_gateway_has_no_connection_of_its_own(hall: Hall) -> None:
    with hall.client() as admin:
        body = admin.post("/devices", json={"id": "lamp-x", "kind": "light", "address": "gate-1"}).json()
        assert body["credentials"] is None and body["name"] == "lamp-x"
        assert "lamp-x" not in hall.broker.accounts
        answer = admin.post("/devices/lamp-x/credentials")
        assert (answer.status_code, code(answer)) == (409, "no-connection")


def test_a_device_that_moves_behind_a_gateway_loses_its_account(hall: Hall) -> None:
    with hall.client() as admin:
        admin.post("/devices", json={"id": "lamp-x", "kind": "light"})
        assert "lamp-x" in hall.broker.accounts
        assert admin.patch("/devices/lamp-x", json={"address": "gate-1"}).json()["address"] == "gate-1"
        assert "lamp-x" not in hall.broker.accounts


def test_a_deleted_device_is_gone_everywhere(hall: Hall) -> None:
    hall.light_up()
    with hall.client() as admin:
        admin.post("/devices", json={"id": "air-2", "kind": "environment"})
        assert admin.delete("/devices/air-2").status_code == 204
        assert "air-2" not in hall.broker.accounts
        assert code(admin.get("/devices/air-2")) == "not-found"
        assert code(admin.delete("/devices/air-2")) == "not-found"
        answer = admin.delete("/devices/gate-1")
        assert (answer.status_code, code(answer)) == (409, "speaks-for-others")


def test_one_device_shows_all_that_is_known(hall: Hall) -> None:
    hall.light_up()
    now = hall.clock.now()
    hall.report(
        rows=[Row("lamp-0", DeviceKind.LIGHT, 1_763_750_000.0, now, {"power": 61.2, "level": 30.0})],
        events=[EventReport("lamp-0", "lampFailure", True, 1_763_750_001.0, now, "loop1/7", "Đèn hỏng")],
    )
    with hall.client("viewer") as viewer:
        shown = viewer.get("/devices/lamp-0").json()
    assert shown["latest"]["power"] == {
        "time": "2025-11-21T18:33:20Z", "received": shown["last_seen"], "value": 61.2, "unit": "W",
    }  # fmt: skip
    assert shown["conditions"] == [
        {"type": "lampFailure", "point": "loop1/7", "since": "2025-11-21T18:33:21Z", "text": "Đèn hỏng"}
    ]
    assert shown["online"] is True and shown["last_seen"].endswith("Z")
    light = shown["light"]
    assert (light["requested"], light["in_effect"], light["actual"], light["cause"]) == (30, 30, 30, "program")


def test_an_offline_device_says_since_when_and_why(hall: Hall) -> None:
    hall.light_up()
    heard = hall.clock.now()
    hall.report(rows=[Row("air-1", DeviceKind.ENVIRONMENT, heard, heard, {"temperature": 30.0})])
    hall.report(presence=[PresenceReport("gate-1", False, heard)])
    hall.clock.added += 3 * 900 + 1
    with hall.client("viewer") as viewer:
        items = {item["id"]: item for item in viewer.get("/devices").json()["items"]}
        assert viewer.get("/devices/air-1").json()["offline_because"] == "silent"
    states = {
        name: (items[name]["offline_since"], items[name]["offline_because"]) for name in ("air-1", "gate-1", "lamp-0")
    }
    assert states == {
        "air-1": (format_time(heard + 2700), "silent"),
        "gate-1": (format_time(heard), "left"),
        "lamp-0": (format_time(heard), "gateway"),
    }


def test_a_device_whose_clock_is_off_says_by_how_much(hall: Hall) -> None:
    now = hall.clock.now()
    hall.report(rows=[Row("air-1", DeviceKind.ENVIRONMENT, now + 3600, now, {"temperature": 30.0})])
    with hall.client("viewer") as viewer:
        shown = viewer.get("/devices/air-1").json()
        assert viewer.get("/devices/gate-1").json()["clock"] is None
    assert shown["clock"] == {"error": pytest.approx(3600, abs=0.01), "since": format_time(now)}
    assert shown["latest"]["temperature"]["time"] == format_time(now + 3600)
    assert shown["latest"]["temperature"]["received"] == format_time(now)


def test_a_light_that_never_spoke_has_no_levels_but_the_requested_one(shared: Hall) -> None:
    with shared.client("viewer") as viewer:
        light = viewer.get("/devices/lamp-0").json()["light"]
        assert light == {
            "requested": 30.0, "in_effect": None, "actual": None, "cause": None, "online": False, "last_seen": None,
            "local_until": None,
        }  # fmt: skip


def test_a_light_that_was_switched_on_the_spot_says_until_when_it_is_left_alone(hall: Hall) -> None:
    hall.light_up()
    now = hall.clock.now()
    hall.report(lights=[LightReport("lamp-3", 100.0, Cause.LOCAL, now, now)])
    with hall.client("operator") as operator:
        light = operator.get("/devices/lamp-3").json()["light"]
        assert (light["cause"], light["local_until"]) == ("local", format_time(now + 4 * 3600))
        hall.dead.add("lamp-3")
        order = {"devices": ["lamp-3"], "level": 60, "for": "PT1H", "reason": "test"}
        assert operator.post("/overrides", json=order).status_code == 202
        light = operator.get("/devices/lamp-3").json()["light"]
        assert (light["cause"], light["local_until"], light["requested"]) == ("local", None, 60)


def test_presence_shows_in_the_list(hall: Hall) -> None:
    hall.report(presence=[PresenceReport("air-1", True, hall.clock.now())])
    with hall.client("viewer") as viewer:
        items = {item["id"]: item for item in viewer.get("/devices", params={"kind": "environment"}).json()["items"]}
        assert items["air-1"]["online"] is True and items["air-1"]["light"] is None


def test_the_list_is_filtered_and_paged(shared: Hall) -> None:
    def ids(**filters: Any) -> list[str]:
        with shared.client() as admin:
            return [item["id"] for item in admin.get("/devices", params=filters).json()["items"]]

    assert ids(zone="ward-2") == ["lamp-1", "lamp-3", "lamp-5", "lamp-7", "lamp-9"]
    assert ids(kind="gateway") == ["gate-1"]
    assert ids(q="ĐÈN 7") == ["lamp-7"]
    assert ids(q="%") == ids(status="retired") == []
    with shared.client() as admin:
        seen: list[str] = []
        cursor = None
        for _ in range(20):
            page = admin.get("/devices", params={"limit": 5} | ({"cursor": cursor} if cursor else {})).json()
            seen += [item["id"] for item in page["items"]]
            if (cursor := page["next"]) is None:
                break
        assert seen == sorted(seen) and len(seen) == len(set(seen)) == 12


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "word"),
    [
        ("POST", "/devices", {"id": "lamp-1", "kind": "light"}, 409, "exists"),
        ("POST", "/devices", {"id": "new", "kind": "lamp"}, 422, "bad-input"),
        ("POST", "/devices", {"id": "new", "kind": "light", "zone": "nowhere"}, 422, "unknown-zone"),
        ("POST", "/devices", {"id": "new", "kind": "light", "address": "nobody"}, 422, "unknown-gateway"),
        ("POST", "/devices", {"id": "new", "kind": "light", "rated_power": -1}, 422, "bad-input"),
        ("POST", "/devices", {"id": "-new", "kind": "light"}, 422, "bad-input"),
        ("PATCH", "/devices/lamp-1", {"address": "lamp-1"}, 422, "bad-gateway-address"),
        ("PATCH", "/devices/lamp-1", {"address": "lamp-2"}, 422, "bad-gateway-address"),
        ("PATCH", "/devices/gate-1", {"address": "air-1"}, 422, "bad-gateway-address"),
        ("PATCH", "/devices/lamp-1", {"kind": None}, 422, "bad-input"),
        ("PATCH", "/devices/lamp-1", {"zone": "nowhere"}, 422, "unknown-zone"),
        ("PATCH", "/devices/nobody", {}, 404, "not-found"),
        ("POST", "/devices/nobody/credentials", None, 404, "not-found"),
        ("GET", "/devices?zone=nowhere", None, 404, "not-found"),
        ("GET", "/devices?kind=lamp", None, 422, "bad-input"),
        ("GET", "/devices/a%00b", None, 404, "not-found"),
    ],
)
def test_refusals(shared: Hall, method: str, path: str, body: Any, status: int, word: str) -> None:
    with shared.client() as admin:
        answer = admin.request(method, path, json=body)
        assert (answer.status_code, code(answer)) == (status, word)


def test_a_light_shows_which_plan_it_holds_and_who_switches_it(hall: Hall) -> None:
    with hall.client() as admin:
        shown = admin.get("/devices/lamp-1").json()["plan"]
        assert (shown["calendar"], shown["held"], shown["since"], shown["state"]) == ("night", None, None, "unknown")
        hall.report(plans=[PlanReport("gate-1", {"night": shown["version"]}, hall.clock.now(), hall.clock.now())])
        held = admin.get("/devices/lamp-1").json()["plan"]
        assert (held["held"], held["state"]) == (shown["version"], "held") and held["since"]
        assert admin.get("/devices/gate-1").json()["plan"] is None
        body = {"id": "zig-1", "kind": "light", "zone": "le-loi", "profile": "zigbee2mqtt"}
        assert admin.post("/devices", json=body).status_code == 201
        by_hub = {"calendar": "night", "version": None, "held": None, "since": None, "state": "by-hub"}
        assert admin.get("/devices/zig-1").json()["plan"] == by_hub
        counts = {zone["id"]: zone["counts"]["by_hub"] for zone in admin.get("/zones").json()["items"]}
        assert counts == {"hue": 1, "ward-1": 1, "le-loi": 1, "ward-2": 0, "dong-ba": 0}
