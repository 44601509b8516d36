"""Alarms through the API: the list, groups, what people do, who may, what is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from hub.control.conditions import Conditions
from hub.model.devices import Device, DeviceKind
from hub.model.reports import EventReport
from tests.api.hall import Hall, code
from tests.servers.waiting import until


def begin(hall: Hall, device: str, type: str, *, active: bool = True, point: str = "") -> None:
    """A device reports that a condition began or ended."""
    now = hall.clock.now()
    hall.report(events=[EventReport(device, type, active, now, now, point, "as it said")])


def listed(client: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    answer = client.get("/alarms", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def later(hall: Hall, client: httpx.Client, seconds: float, user: str = "operator") -> None:
    """Time passes; the user signs in again."""
    hall.later(seconds)
    client.headers["Authorization"] = f"Bearer {hall.token(user)}"
    hall.run(hall.alarms.look())


def wait(client: httpx.Client, looked: Callable[[list[dict[str, Any]]], object], **query: Any) -> list[dict[str, Any]]:
    """The list, once it is as wanted."""
    until("the alarms to be so", lambda: bool(looked(listed(client, **query))), within=10, every=0.02)
    return listed(client, **query)


def test_a_fire_outlives_its_panel_until_somebody_resets_it(hall: Hall) -> None:
    with hall.client() as client:
        for name in ("panel-1", "panel-2"):
            made = client.post("/devices", json={"id": name, "kind": "fire_panel", "name": name, "zone": "le-loi"})
            assert made.status_code == 201, made.text
            begin(hall, name, "fireAlarm", point="1/7")
        wait(client, lambda items: len(items) == 2)
        assert client.delete("/devices/panel-1").status_code == 204
        assert client.patch("/devices/panel-2", json={"status": "retired"}).status_code == 200
        hall.run(hall.alarms.look())
        for alarm in listed(client):
            assert alarm["source"] == {"panel-1": "deleted", "panel-2": "retired"}[alarm["device"]]
            done = client.post(f"/alarms/{alarm['id']}/reset", json={"comment": "called: nothing"})
            assert (done.status_code, done.json()["changed"]) == (200, 1)
        assert listed(client) == []
        assert {alarm["state"] for alarm in listed(client, show="all")} == {"normal"}


def test_a_condition_becomes_an_alarm_and_lives_its_life(hall: Hall) -> None:
    with hall.client("operator") as client:
        begin(hall, "lamp-0", "lampFailure")
        (alarm,) = wait(client, len)
        assert (alarm["device"], alarm["type"], alarm["state"]) == ("lamp-0", "lampFailure", "unacknowledged")
        assert (alarm["severity"], alarm["class"], alarm["detail"]) == ("high", "lighting", "as it said")
        assert alarm["text"]["vi"] == "Đèn không sáng"
        assert (alarm["street"], alarm["cabinet"], alarm["zone"]) == ("le-loi", "gate-1", "le-loi")
        begin(hall, "lamp-0", "lampFailure", active=False)
        wait(client, lambda items: items and items[0]["state"] == "returned")
        place = f"/alarms/{alarm['id']}"
        done = client.post(f"{place}/ack", json={"comment": "seen"})
        assert (done.status_code, done.json()["changed"]) == (200, 1)
        assert listed(client) == []
        assert listed(client, show="all")[0]["state"] == "normal"
        assert client.post(f"{place}/ack").json()["changed"] == 0
        log = client.get(f"{place}/log").json()["items"]
        assert [(line["what"], line["who"]) for line in log] == [
            ("acknowledged", "operator"), ("ended", None), ("began", None),
        ]  # fmt: skip
    with hall.client("admin") as admin:
        (line,) = admin.get("/audit", params={"what": "alarm."}).json()["items"]
        assert (line["what"], line["who"], line["about"]) == ("alarm.acknowledged", "operator", alarm["id"])
        assert line["detail"] == {"device": "lamp-0", "type": "lampFailure", "point": "", "reason": "seen"}


def test_shelving_needs_a_reason_and_an_end_within_the_rules_bounds(hall: Hall) -> None:
    with hall.client("operator") as client:
        begin(hall, "lamp-0", "lampFailure")
        begin(hall, "lamp-1", "fireAlarm")
        fire, lamp = wait(client, lambda items: len(items) == 2)
        place = f"/alarms/{lamp['id']}"
        assert client.post(f"{place}/shelve", json={"for": "2h"}).status_code == 422
        assert client.post(f"{place}/shelve", json={"reason": "known"}).status_code == 422
        far = client.post(f"{place}/shelve", json={"for": "200h", "reason": "known"})
        assert (far.status_code, code(far)) == (409, "alarm-refused")
        assert "168 hours at most" in far.json()["detail"]
        past = client.post(f"{place}/shelve", json={"until": "2020-01-01T00:00:00Z", "reason": "known"})
        assert code(past) == "alarm-refused"
        refused = client.post(f"/alarms/{fire['id']}/shelve", json={"for": "1h", "reason": "noise"})
        assert (refused.status_code, code(refused)) == (409, "alarm-refused")
        assert client.post(f"/alarms/{fire['id']}/out-of-service", json={"reason": "x"}).status_code == 409
        assert client.post(f"{place}/reset").status_code == 409
        assert client.post(f"{place}/shelve", json={"for": "2h", "reason": "known"}).json()["changed"] == 1
        assert [each["id"] for each in listed(client)] == [fire["id"]]
        (shelved,) = listed(client, show="shelved")
        assert (shelved["shelved"]["by"], shelved["shelved"]["reason"]) == ("operator", "known")
        later(hall, client, 2 * 3600 + 1)
        assert lamp["id"] in [each["id"] for each in listed(client)]
        assert client.get(f"{place}/log").json()["items"][0]["what"] == "unshelved"


def test_out_of_service_and_comments(hall: Hall) -> None:
    with hall.client("technician") as client:
        begin(hall, "lamp-0", "lampFailure")
        (alarm,) = wait(client, len)
        place = f"/alarms/{alarm['id']}"
        assert client.post(f"{place}/comments", json={"text": "pole is bent"}).json()["changed"] == 1
        assert client.post(f"{place}/out-of-service", json={"reason": "new pole"}).json()["changed"] == 1
        assert listed(client) == []
        assert client.get("/alarms").json()["counts"]["out_of_service"] == 1
        assert client.post(f"{place}/in-service").json()["changed"] == 1
        assert len(listed(client)) == 1
        said = [(line["what"], line["text"]) for line in client.get(f"{place}/log").json()["items"]]
        assert ("comment", "pole is bent") in said
        assert ("out-of-service", "new pole") in said


def test_a_group_is_acknowledged_as_it_was_seen(hall: Hall) -> None:
    with hall.client("operator") as client:
        for lamp in (0, 2, 1):
            begin(hall, f"lamp-{lamp}", "lampFailure")
        wait(client, lambda items: len(items) == 3)
        page = client.get("/alarms/groups", params={"group_by": "street"}).json()
        assert [(each["key"], each["count"], each["unseen"]) for each in page["items"]] == [
            ("le-loi", 2, 2),
            ("dong-ba", 1, 1),
        ]
        assert page["items"][0]["name"]["en"] == "Lê Lợi"
        begin(hall, "lamp-4", "lampFailure")  # in le-loi, after the list was read
        wait(client, lambda items: len(items) == 4)
        group = {"by": "street", "key": "le-loi", "revision": page["revision"]}
        assert client.post("/alarms/ack", json={"group": group}).json()["changed"] == 2
        left = [each["device"] for each in listed(client, state="unacknowledged")]
        assert sorted(left) == ["lamp-1", "lamp-4"]
        ids = [each["id"] for each in listed(client, state="unacknowledged")]
        assert client.post("/alarms/ack", json={"ids": ids}).json()["changed"] == 2
        assert code(client.post("/alarms/ack", json={})) == "bad-input"


def test_filters_and_pages(hall: Hall) -> None:
    with hall.client("viewer") as client:
        for lamp in range(8):
            begin(hall, f"lamp-{lamp}", "lampFailure" if lamp % 2 else "lampUnexpectedOn")
        begin(hall, "gate-1", "cabinetDoorOpen")
        everything = wait(client, lambda items: len(items) == 9)
        ranks = {"critical": 0, "high": 1, "medium": 2, "low": 3}
        assert [ranks[each["severity"]] for each in everything] == sorted(
            ranks[each["severity"]] for each in everything
        )
        assert len(listed(client, severity=["high", "medium"])) == 5
        assert len(listed(client, zone="ward-1")) == 4
        assert [each["type"] for each in listed(client, **{"class": "security"})] == ["cabinetDoorOpen"]
        assert len(listed(client, q="ĐÈN 3")) == 1
        assert len(listed(client, by="cabinet", key="gate-1")) == 9
        assert code(client.get("/alarms", params={"zone": "nowhere"})) == "not-found"
        found, cursor = [], None
        while True:
            page = client.get("/alarms", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
            found += page["items"]
            cursor = page["next"]
            if cursor is None:
                break
        assert [each["id"] for each in found] == [each["id"] for each in everything]
        assert code(client.get("/alarms", params={"cursor": "MWE"})) == "bad-cursor"


def test_a_user_of_some_zones_deals_with_the_alarms_there(hall: Hall) -> None:
    begin(hall, "lamp-0", "lampFailure")
    begin(hall, "lamp-1", "lampFailure")
    with hall.client("ward-one") as client:
        items = wait(client, lambda items: len(items) == 2)
        places = {each["device"]: f"/alarms/{each['id']}" for each in items}
        assert client.post(f"{places['lamp-0']}/ack").status_code == 200
        refused = client.post(f"{places['lamp-1']}/ack")
        assert (refused.status_code, code(refused)) == (403, "outside-your-zones")
        group = {"by": "cause", "key": "lampFailure", "revision": 10**6}
        assert client.post("/alarms/ack", json={"group": group}).json()["changed"] == 0


def test_the_stream_tells_of_alarms(hall: Hall) -> None:
    with hall.client("operator") as client, client.stream("GET", "/events") as stream:
        lines = stream.iter_lines()
        next(lines)
        begin(hall, "lamp-0", "lampFailure")
        for line in lines:
            if line == "event: alarm":
                assert '"lampFailure"' in next(lines)
                return


@pytest.fixture
def fed(hall: Hall) -> Hall:
    """A cabinet that feeds four lamps with controllers behind the hall's gateway."""
    lamps = [
        Device(
            f"fed-{n}", f"Đèn {n}", DeviceKind.LIGHT, zone="le-loi", rated_power=80.0, address="cab-1", feed="cab-1/a"
        )
        for n in range(4)
    ]
    devices = [Device("cab-1", "Tủ 1", DeviceKind.CABINET, zone="le-loi"), *lamps]
    hall.registry.devices.add_many(devices)

    async def put() -> None:
        hall.city.put_devices(devices)

    hall.run(put())
    return hall


def test_a_dead_feeder_is_one_alarm_with_its_lamps_beneath_it(fed: Hall) -> None:
    hall = fed
    with hall.client("operator") as client:
        begin(hall, "fed-3", "lampFailure")  # broken before
        wait(client, lambda items: len(items) == 1)
        later(hall, client, 3600)
        for n in range(3):  # the lamps are told of first
            begin(hall, f"fed-{n}", "communicationFailure")
        wait(client, lambda items: len(items) == 4)
        begin(hall, "cab-1", "circuitBreakerTripped")
        items = wait(client, lambda items: len(items) == 2)
        assert [(each["device"], each["beneath"]) for each in items] == [("cab-1", 3), ("fed-3", 0)]
        cause = items[0]
        assert len(listed(client, show="suppressed")) == 3
        assert {each["device"] for each in listed(client, beneath=cause["id"])} == {"fed-0", "fed-1", "fed-2"}
        assert client.get(f"/alarms/{cause['id']}").json()["devices"] == [f"fed-{n}" for n in range(4)]
        begin(hall, "fed-0", "powerFailure")  # one more that it explains
        wait(client, lambda items: items[0]["beneath"] == 4)
        client.post(f"/alarms/{cause['id']}/ack")
        assert {each["state"] for each in listed(client, beneath=cause["id"])} == {"acknowledged"}
        begin(hall, "cab-1", "circuitBreakerTripped", active=False)
        for n in range(3):
            begin(hall, f"fed-{n}", "communicationFailure", active=False)
        begin(hall, "fed-0", "powerFailure", active=False)
        items = wait(client, lambda items: [each["device"] for each in items] == ["fed-3"])
        assert items[0]["state"] == "unacknowledged"


def test_what_does_not_come_back_with_its_cause_is_an_alarm_of_its_own(fed: Hall) -> None:
    hall = fed
    with hall.client("operator") as client:
        begin(hall, "cab-1", "circuitBreakerTripped")
        begin(hall, "fed-1", "lampFailure")
        (cause,) = wait(client, lambda items: len(items) == 1 and items[0]["beneath"] == 1)
        client.post(f"/alarms/{cause['id']}/ack")
        begin(hall, "cab-1", "circuitBreakerTripped", active=False)
        wait(client, lambda items: items == [])
        later(hall, client, 301)
        (alarm,) = listed(client)
        assert (alarm["device"], alarm["cause"]) == ("fed-1", None)


def test_a_group_is_acknowledged_as_far_as_its_filters_showed_it(hall: Hall) -> None:
    with hall.client("operator") as client:
        begin(hall, "lamp-0", "lampFailure")
        begin(hall, "lamp-2", "lampUnexpectedOn")
        begin(hall, "lamp-4", "lampPowerTooLow")
        wait(client, lambda items: len(items) == 3)
        page = client.get("/alarms/groups", params={"group_by": "street", "severity": "high"}).json()
        (shown,) = page["items"]
        assert (shown["key"], shown["count"], shown["types"]) == ("le-loi", 1, {"lampFailure": 1})
        assert shown["texts"]["lampFailure"]["vi"] == "Đèn không sáng"
        group = {"by": "street", "key": "le-loi", "revision": page["revision"]}

        def left(**filters: Any) -> list[str]:
            assert client.post("/alarms/ack", json={"group": group | filters}).status_code == 200
            return sorted(each["device"] for each in listed(client, state="unacknowledged"))

        assert left(severity=["low"], q="lamp-4") == ["lamp-0", "lamp-2", "lamp-4"]
        assert left(severity=["high"]) == ["lamp-2", "lamp-4"]
        assert left(zone="ward-1", type="lampUnexpectedOn", **{"class": "lighting"}) == ["lamp-4"]
        assert left(state=["acknowledged"]) == ["lamp-4"]
        assert left() == []
        assert code(client.post("/alarms/ack", json={"group": group | {"zone": "nowhere"}})) == "not-found"
        assert client.post("/alarms/ack", json={"group": group | {"severity": ["urgent"]}}).status_code == 422


def test_a_leak_is_kept_until_somebody_resets_it(hall: Hall) -> None:
    with hall.client("operator") as client:
        begin(hall, "gate-1", "leakageDetected")
        (alarm,) = wait(client, len)
        place = f"/alarms/{alarm['id']}"
        early = client.post(f"{place}/reset")
        assert (early.status_code, code(early)) == (409, "alarm-refused")
        assert "its condition still holds" in early.json()["detail"]
        begin(hall, "gate-1", "leakageDetected", active=False)
        wait(client, lambda items: items[0]["state"] == "returned")
        assert "nobody has acknowledged it" in client.post(f"{place}/reset").json()["detail"]
        assert client.post(f"{place}/ack").json()["items"][0]["state"] == "latched"
        assert [each["state"] for each in listed(client)] == ["latched"]  # still to be dealt with
        assert client.get("/alarms").json()["counts"]["unseen"] == 0
        later(hall, client, 86_400)
        assert [each["state"] for each in listed(client)] == ["latched"]
        done = client.post(f"{place}/reset", json={"comment": "2 MOhm"})
        assert (done.json()["changed"], done.json()["items"][0]["state"]) == (1, "normal")
        assert listed(client) == []
        assert client.post(f"{place}/reset").json()["changed"] == 0
        assert [line["what"] for line in client.get(f"{place}/log").json()["items"]] == [
            "reset", "acknowledged", "ended", "began",
        ]  # fmt: skip


def test_what_stands_beneath_a_shelved_cause_stays_there_and_what_is_out_of_service_lives_on(fed: Hall) -> None:
    hall = fed
    with hall.client("operator") as client:
        begin(hall, "cab-1", "circuitBreakerTripped")
        begin(hall, "fed-0", "lampFailure")
        (cause,) = wait(client, lambda items: len(items) == 1 and items[0]["beneath"] == 1)
        place = f"/alarms/{cause['id']}"
        assert client.post(f"{place}/shelve", json={"for": "23h", "reason": "crew is there"}).json()["changed"] == 1
        assert listed(client) == []
        assert {each["device"] for each in listed(client, show="suppressed")} == {"fed-0"}
        assert client.post(f"{place}/out-of-service", json={"reason": "new cable"}).json()["changed"] == 1
        assert client.post(f"{place}/unshelve").json()["changed"] == 1
        assert client.post(f"{place}/unshelve").json()["changed"] == 0
        assert listed(client) == []  # out of service still
        begin(hall, "cab-1", "circuitBreakerTripped", active=False)
        wait(client, lambda items: items[0]["state"] == "returned", show="out-of-service")
        later(hall, client, 301)
        assert [each["device"] for each in listed(client)] == ["fed-0"]
        assert client.post(f"{place}/in-service").json()["items"][0]["shown"] is True
        assert {each["device"]: each["state"] for each in listed(client)} == {
            "cab-1": "returned",
            "fed-0": "unacknowledged",
        }


def test_what_the_hub_finds_itself_is_an_alarm_at_once(hall: Hall) -> None:
    """This hall looks at the registry by itself every ten minutes only."""
    now = hall.clock.now()
    told = Conditions(hall.board, hall.registry, hall.screens)
    hall.run(told.tell([EventReport("lamp-0", "sensorDrift", True, now, now, "pm2_5")]))
    with hall.client("operator") as client:
        (alarm,) = wait(client, len)
        assert (alarm["type"], alarm["point"]) == ("sensorDrift", "pm2_5")


def test_what_the_hub_finds_again_in_the_past_stands_now(hall: Hall) -> None:
    """An exceedance ends with a gap in the readings, and the mean of the day shows that it went on all the while."""
    told = Conditions(hall.board, hall.registry, hall.screens)
    now = hall.clock.now()
    with hall.client("operator") as client:
        for active, at in ((True, now - 7200.0), (False, now - 600.0), (True, now - 7200.0 + 1.0)):
            hall.run(told.tell([EventReport("lamp-0", "limitExceeded", active, at, now, "pm2_5/24h")]))
        wait(client, lambda items: items and items[0]["times"] == 2)
        (alarm,) = listed(client)
        assert alarm["state"] == "unacknowledged"
        assert [event.type for event in hall.registry.events.active() if event.device == "lamp-0"] == ["limitExceeded"]
        assert [event.type for event in hall.board.conditions("lamp-0")] == ["limitExceeded"]


def test_a_lamp_that_cycles_is_one_alarm(hall: Hall) -> None:
    with hall.client("operator") as client:
        begin(hall, "lamp-0", "cyclingFailure")
        begin(hall, "lamp-0", "lampFailure")  # it is out just now
        begin(hall, "lamp-2", "lampFailure")
        items = wait(client, lambda items: {each["device"] for each in items} == {"lamp-0", "lamp-2"})
        assert {(each["device"], each["type"], each["beneath"]) for each in items} == {
            ("lamp-0", "cyclingFailure", 1), ("lamp-2", "lampFailure", 0),
        }  # fmt: skip
