"""Fire panels on the wire of a running hub: what they say arrives, once, with its proof, whatever is lost, late or killed."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from tests.e2e.fire_panel import FirePanel
from tests.servers.hub import RunningHub, running_hub
from tests.servers.waiting import until

HEARTBEAT = 1.0


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    settings = {"fire__heartbeat_seconds": HEARTBEAT, "fire__lost_after": 5, "fire__self_test_at": ""}
    with running_hub(tmp_path_factory.mktemp("fire") / "hub", settings) as running:
        yield running


@pytest.fixture
def panel(hub: RunningHub, request: pytest.FixtureRequest) -> Iterator[FirePanel]:
    name = request.node.name.removeprefix("test_").replace("_", "-")[:40].strip("-")
    with closing(FirePanel(hub.mqtt_port, name, registered(hub, name))) as panel:
        yield panel


def registered(hub: RunningHub, name: str) -> str:
    with hub.client() as api:
        made = api.post("/devices", json={"id": name, "name": "Chợ Đông Ba", "kind": "fire_panel"})
        assert made.status_code == 201, made.text
        return str(made.json()["credentials"]["password"])


def get(hub: RunningHub, path: str, **query: Any) -> Any:
    with hub.client("viewer") as api:
        answer = api.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()


def shown(hub: RunningHub, panel: FirePanel, **wanted: object) -> dict[str, Any]:
    """The panel, once the hub shows these values."""

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = get(hub, f"/fire/panels/{panel.name}")
        return found if all(found[name] == value for name, value in wanted.items()) else None

    return until(f"{panel.name} to be {wanted}", look, within=30)


def proofs(
    hub: RunningHub, panel: FirePanel, count: int, *, killed: bool = False, silence: bool = False
) -> list[dict[str, Any]]:
    """Its events, but for those of silence unless they are wanted, once there are so many and each is an alarm, the oldest
    first. When a hub is killed it has no time to note when the last were on disk."""

    def look() -> list[dict[str, Any]] | None:
        found = get(hub, "/fire/events", device=panel.name, limit=1000)["items"][::-1]
        found = [each for each in found if silence or each["type"] != "fireSilent"]
        whole = all(each["alarmed"] and (each["persisted"] or killed) for each in found)
        return found if len(found) == count and whole else None

    return until(f"{count} events of {panel.name}", look, within=30)


def test_an_alarm_has_its_proof_and_is_latched_until_the_panel_says_that_it_was_reset(
    hub: RunningHub, panel: FirePanel
) -> None:
    shown(hub, panel, alarm=0, lost=False)
    panel.change("alarm", "1/23", text="Kho 2, tầng 3")
    panel.change("fault", "1/23")
    panel.change("disabled", "1/24")
    found = shown(hub, panel, alarm=1, fault=1, disabled=1, latched=0)
    assert [(each["condition"], each["point"], each["text"]) for each in found["points"]] == [
        ("alarm", "1/23", "Kho 2, tầng 3"), ("fault", "1/23", ""), ("disabled", "1/24", ""),
    ]  # fmt: skip
    first, *_ = proofs(hub, panel, 3)
    assert first["received"] <= first["persisted"] and first["received"] <= first["alarmed"]
    assert (first["found"], first["test"], first["acknowledged"]) == ("event", False, [])
    with hub.client("operator") as api:
        assert api.post(f"/alarms/{first['alarm']}/ack", json={"comment": "đã gọi 114"}).json()["changed"] == 1
    (seen,) = get(hub, f"/fire/events/{first['id']}")["acknowledged"]
    assert (seen["who"], seen["comment"]) == ("operator", "đã gọi 114")

    reads = len(panel.heard)
    panel.event("fireAlarm", "1/23", False)  # the detector is cool again; the panel is not reset
    until("the hub to read the whole state", lambda: len(panel.heard) > reads)
    again = proofs(hub, panel, 5)
    assert [(each["active"], each["found"]) for each in again[3:]] == [(False, "event"), (True, "comparison")]
    panel.change("alarm", "1/23", False)
    shown(hub, panel, alarm=0, fault=1, disabled=1, latched=0)
    assert {each["op"] for each in panel.heard} == {"read"}


def test_what_no_event_said_is_found_by_comparison_and_told_once(hub: RunningHub, panel: FirePanel) -> None:
    shown(hub, panel, alarm=0)
    panel.told = False
    panel.change("alarm", "2/1")
    panel.state()
    (begun,) = proofs(hub, panel, 1)
    assert (begun["type"], begun["point"], begun["found"]) == ("fireAlarm", "2/1", "comparison")
    panel.event("fireAlarm", "2/1", True)
    panel.change("alarm", "2/1", False)
    shown(hub, panel, alarm=0)
    assert [each["active"] for each in proofs(hub, panel, 2)] == [True, False]


def test_a_kill_loses_nothing_and_doubles_nothing(hub: RunningHub, panel: FirePanel) -> None:
    shown(hub, panel, alarm=0)
    for n in range(20):
        panel.points[f"3/{n}", "alarm"] = ""
        panel.event("fireAlarm", f"3/{n}", True)
    hub.kill()
    panel.points["3/99", "alarm"] = ""  # while the hub is away: said to nobody
    hub.start()
    shown(hub, panel, alarm=21)
    events = proofs(hub, panel, 21, killed=True)
    assert sorted(each["point"] for each in events) == sorted([*(f"3/{n}" for n in range(20)), "3/99"])
    alarms = get(hub, "/alarms", device=panel.name, type="fireAlarm", limit=1000)["items"]
    assert [each["times"] for each in alarms] == [1] * 21
    panel.points.clear()
    panel.state()
    shown(hub, panel, alarm=0)
    proofs(hub, panel, 42, killed=True)


def test_a_silent_panel_is_an_alarm_until_its_whole_state_was_read(hub: RunningHub, panel: FirePanel) -> None:
    shown(hub, panel, lost=False, alarm=0)
    panel.mute = True
    shown(hub, panel, lost=True)
    (alarm,) = until(
        "the alarm", lambda: get(hub, "/alarms", device=panel.name, type="fireSilent")["items"] or None, within=20
    )
    assert (alarm["severity"], alarm["class"], alarm["state"]) == ("critical", "fire", "unacknowledged")
    panel.points["4/1", "alarm"] = ""
    panel.mute = False
    panel.client.publish(f"ll/d/{panel.name}/up/presence", "online", 1, True)  # heard, and asked at once
    shown(hub, panel, lost=False, alarm=1)
    types = [(each["type"], each["active"]) for each in proofs(hub, panel, 3, silence=True)]
    assert sorted(types) == [("fireAlarm", True), ("fireSilent", False), ("fireSilent", True)]


def test_what_the_broker_kept_of_a_dead_panel_and_what_the_hub_says_itself_are_no_sign_of_life(
    hub: RunningHub, panel: FirePanel
) -> None:
    shown(hub, panel, lost=False, alarm=0)
    panel.mute = True
    panel.client.loop_stop()
    panel.client.socket().close()  # it dies: the broker says `offline` for it, and keeps its last state
    before = shown(hub, panel, lost=True)["heard_ago"]
    assert before >= 4 * HEARTBEAT
    hub.kill()
    hub.start()
    began = time.monotonic()
    # its retained state and presence come again, and are compared; it has not been heard
    until("heartbeats of the hub", lambda: time.monotonic() - began > 3 * HEARTBEAT, within=20)
    shown(hub, panel, lost=True)
    assert [each["active"] for each in proofs(hub, panel, 1, killed=True, silence=True)] == [True]


def test_a_wrong_clock_is_a_fault_of_its_own_and_stands_beside_the_times(hub: RunningHub, panel: FirePanel) -> None:
    panel.ahead = 30.0
    panel.change("alarm", "5/1")
    found = shown(hub, panel, clock_wrong=True)
    assert 29 < found["clock_error"] < 31
    until(
        "the alarm", lambda: get(hub, "/alarms", device=panel.name, type="fireClockError")["items"] or None, within=20
    )
    panel.ahead = 0.0
    shown(hub, panel, clock_wrong=False)


def test_an_event_is_on_the_operators_stream_in_a_frame_of_its_own(hub: RunningHub, panel: FirePanel) -> None:
    shown(hub, panel, alarm=0)
    with hub.client("viewer") as api, api.stream("GET", "/events") as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith(": connected")
        panel.change("alarm", "6/1", text="Sảnh")
        item = told(lines, "fire", panel.name)
        assert (item["type"], item["point"], item["text"]) == ("fireAlarm", "6/1", "Sảnh")
        assert told(lines, "alarm", panel.name)["class"] == "fire"
    (proof,) = proofs(hub, panel, 1)
    assert proof["streamed"] is not None


def told(lines: Iterator[str], topic: str, device: str) -> dict[str, Any]:
    """The next item of that topic about that device."""
    at = ""
    for line in lines:
        if line.startswith("event: "):
            at = line.removeprefix("event: ")
        elif line.startswith("data: ") and at == topic:
            for item in json.loads(line.removeprefix("data: ")):
                if item["device"] == device:
                    found: dict[str, Any] = item
                    return found
    raise AssertionError("the stream ended")


def test_the_self_test_goes_the_whole_way_and_is_no_fire(hub: RunningHub) -> None:
    with hub.client() as api:
        test = api.post("/fire/self-test").json()
        assert test["outcome"] == "passed", test
        assert {"published", "persisted", "alarmed", "streamed"} <= test["stages"].keys()
        assert api.get("/fire/panels").json()["last_test"] == test
        assert api.get("/fire/self-test").json()["items"][0] == test
        assert "fire-self-test" not in {each["id"] for each in api.get("/fire/panels").json()["items"]}
        begun, ended = api.get("/fire/events", params={"device": "fire-self-test"}).json()["items"][::-1]
        assert (begun["type"], begun["test"], begun["active"], ended["active"]) == ("fireTest", True, True, False)
        assert api.get("/alarms", params={"device": "fire-self-test"}).json()["items"] == []
        lines = api.get("/audit", params={"what": "fire."}).json()["items"]
        assert [each["who"] for each in lines] == ["admin"]
    metrics = httpx.get(f"{hub.url}/metrics", timeout=10).text
    assert "lamplighter_fire_self_test_ok 1.0" in metrics
    assert 'lamplighter_fire_seconds_count{stage="persisted"}' in metrics


def test_the_self_test_is_not_over_before_those_are_told_who_are_to_be_told(hub: RunningHub) -> None:
    with hub.client() as api:
        topic = {"id": "duty", "kind": "mqtt", "topic": "city/duty"}
        assert api.post("/notifications/channels", json=topic).status_code == 201
        route = {"id": "fire", "steps": [{"channels": ["duty"]}]}
        assert api.post("/notifications/routes", json=route).status_code == 201
        for _ in range(3):
            test = api.post("/fire/self-test").json()
            assert test["outcome"] == "passed", test
            assert "notified" in test["stages"], test
        assert api.delete("/notifications/routes/fire").status_code < 300


def test_events_as_csv_have_a_line_each(hub: RunningHub, panel: FirePanel) -> None:
    shown(hub, panel, alarm=0)
    panel.change("supervisory", "7/1", text="=van đóng")
    proofs(hub, panel, 1)
    with hub.client("viewer") as api:
        answer = api.get("/fire/events/download", params={"device": panel.name})
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["type"], row["point"], row["text"]) == ("fireSupervisory", "7/1", "'=van đóng")
    assert row["persisted"]
