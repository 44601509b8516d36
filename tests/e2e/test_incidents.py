"""A fire on the wire of a running hub lights simulated streets, through kill -9 at each step, and they go back by themselves."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_contract import publish
from tests.servers.hub import RunningHub, running_hub
from tests.servers.streets import streets
from tests.servers.waiting import until
from tests.servers.webhook import Receiver, receiver

LAMPS = 12
AFTER = 4.0  # seconds that the light stays after the last event


def incidents(hub: RunningHub, **query: Any) -> list[dict[str, Any]]:
    with hub.client("viewer") as api:
        items: list[dict[str, Any]] = api.get("/incidents", params={"playbook": "fire"} | query).json()["items"]
    return items


def lamps(hub: RunningHub) -> list[dict[str, Any]]:
    with hub.client("viewer") as api:
        items: list[dict[str, Any]] = api.get("/devices", params={"kind": "light", "limit": 100}).json()["items"]
    return items


def lit(hub: RunningHub) -> bool:
    """Every lamp says that it is at 100 %, because of an incident."""
    return all(each["light"]["actual"] == 100 and each["light"]["cause"] == "incident" for each in lamps(hub))


def resumed(hub: RunningHub) -> bool:
    """Every lamp says that it follows its program."""
    return all(each["light"]["cause"] == "program" for each in lamps(hub))


def told(hook: Receiver, incident: str) -> list[str]:
    """What the receiver was told of an incident, a message that came again after a kill counted once."""
    said = {post.headers["webhook-id"]: post.json for post in hook.posts}
    return [each["type"] for each in said.values() if each["data"].get("incident", {}).get("id") == incident]


def again(hub: RunningHub) -> None:
    hub.kill()
    hub.start()


@pytest.mark.timeout(300)
def test_a_fire_lights_the_streets_and_lets_them_go_through_kills(tmp_path: Path) -> None:
    words = ("--faults", "0", "--instant")
    with (
        receiver() as hook,
        running_hub(tmp_path / "hub") as hub,
        streets(hub, tmp_path / "streets", LAMPS, *words),
    ):
        with hub.client() as admin:
            zone = next(each["id"] for each in admin.get("/zones").json()["items"] if each["parent"] is None)
            panel = {"id": "panel-9", "name": "Chợ", "kind": "fire_panel", "zone": zone}
            password = admin.post("/devices", json=panel).json()["credentials"]["password"]
            playbook = {
                "id": "fire", "name": "Fire", "trigger": {"types": ["fireAlarm"]}, "ask": [{"text": "Call 114"}],
                "light": [{"level": 100, "ramp": 0, "own_zone": True}], "after_minutes": AFTER / 60,
            }  # fmt: skip
            assert admin.post("/webhooks", json={"id": "duty", "url": hook.url}).status_code == 201
            playbook["notify"] = [{"text": "Fire at {name} {point}", "severity": "critical", "to": ["duty"]}]
            answer = admin.post("/playbooks", json=playbook)
            assert answer.status_code == 201, answer.text
            lost = playbook | {
                "id": "lost",
                "notify": [],
                "light": [{"level": 100, "within": 50}],
            }  # the panel has no place
            assert admin.post("/playbooks", json=lost).status_code == 201

        def says(*, active: bool) -> None:
            event = {"t": time.time(), "type": "fireAlarm", "active": active, "point": "1/7"}
            done = publish(hub, "panel-9", password, "ll/d/panel-9/up/event", json.dumps(event).encode())
            assert done.returncode == 0, done.stderr

        until("all to follow their program", lambda: len(lamps(hub)) == LAMPS and resumed(hub), within=60)
        says(active=True)  # returns when it is acknowledged
        again(hub)
        until("the lamps to be lit", lambda: lit(hub), within=60)
        (incident,) = incidents(hub)
        assert incident["held"] == 1
        with hub.client("operator") as api:
            why = api.get(f"/devices/{lamps(hub)[0]['id']}/light/why").json()
            assert (why["cause"], why["winner"]["incident"]["id"]) == ("incident", incident["id"])
            assert api.post(f"/incidents/{incident['id']}/tick", json={"item": 1}).status_code == 200
            (lost,) = api.get("/incidents", params={"playbook": "lost"}).json()["items"]
            assert "panel-9 has no place" in lost["refused"][0]
            refused = {"type": "playbookRefused"}
            until("its alarm", lambda: api.get("/alarms", params=refused).json()["items"], within=30)
        again(hub)
        (kept,) = incidents(hub, running=True)
        assert (kept["id"], kept["tasks"][0]["by"]) == (incident["id"], "operator")
        assert lit(hub)
        says(active=False)
        again(hub)
        until("the incident to end", lambda: not incidents(hub, running=True), within=60)
        until("the lamps to resume", lambda: resumed(hub), within=60)
        (over,) = incidents(hub)
        assert (over["ended_why"], over["events"]) == ("over", 1)
        with hub.client("operator") as api:
            assert api.get("/overrides").json()["items"] == []
            until(
                "people to be told",
                lambda: told(hook, incident["id"]) == ["incident.opened", "incident.ended"],
                within=30,
            )
            kept = api.get("/notifications/deliveries", params={"alarm": incident["id"]}).json()["items"]
            assert [(each["state"], each["incident"]) for each in kept] == [("delivered", incident["id"])] * 2
