"""Fire told by a real hub: killed between telling and writing it down, and by a topic of the city's own broker."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt import enums

from tests.servers.hub import RunningHub, running_hub
from tests.servers.mosquitto import MosquittoServer, mosquitto
from tests.servers.waiting import until
from tests.servers.webhook import Receiver, answer, hang, receiver


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[MosquittoServer]:
    with mosquitto(tmp_path / "mosquitto") as server:
        yield server


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


class Duty:
    """A fire panel, and somebody who listens to the city's topic."""

    def __init__(self, port: int) -> None:
        self.heard: list[dict[str, object]] = []
        client = self._client = paho.Client(enums.CallbackAPIVersion.VERSION2, client_id="panel-1")
        client.on_message = lambda _, __, message: self.heard.append(json.loads(message.payload))
        client.connect("127.0.0.1", port)
        client.loop_start()
        client.subscribe("city/alarms", 1)

    def fire(self, point: str) -> None:
        event = {"t": time.time(), "type": "fireAlarm", "active": True, "point": point}
        self._client.publish("ll/d/panel-1/up/event", json.dumps(event), 1).wait_for_publish(20)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def _delivered(hub: RunningHub, count: int) -> list[dict[str, object]]:
    def look() -> list[dict[str, object]] | None:
        with hub.client() as api:
            items: list[dict[str, object]] = api.get("/notifications/deliveries?state=delivered").json()["items"]
        return items if len(items) == count else None

    return until(f"{count} delivered", look, within=60)


def test_a_fire_is_told_although_the_hub_is_killed_before_it_wrote_that_down(
    tmp_path: Path, broker: MosquittoServer, hook: Receiver
) -> None:
    settings = {"mqtt__url": broker.url, "notify__retry_first": 0.1, "notify__fire_retry_most": 0.2}
    with running_hub(tmp_path / "hub", settings) as hub:
        with hub.client() as api:
            assert api.post("/devices", json={"id": "panel-1", "kind": "fire_panel"}).status_code == 201
            topic = {"id": "topic", "kind": "mqtt", "topic": "city/alarms"}
            assert api.post("/notifications/channels", json=topic).status_code == 201
            assert api.post("/webhooks", json={"id": "duty", "url": hook.url}).status_code == 201
            steps = [{"channels": ["duty", "topic"]}]
            assert api.post("/notifications/routes", json={"id": "fire", "steps": steps}).status_code == 201
        duty = Duty(broker.port)
        hook.way = hang  # it has the message, and never says so
        duty.fire("1/23")
        until("the receiver to have it", lambda: hook.posts or None)
        until("the other channel to be done", lambda: duty.heard or None)
        hub.kill()
        (first,) = hook.posts
        hook.way = answer(200)
        hook.ended.set()
        hub.start()
        _delivered(hub, 2)
        _, second = hook.posts
        assert second.headers["webhook-id"] == first.headers["webhook-id"], "a receiver can tell a repeat"
        assert second.body == first.body
        with hub.client() as api:
            (told,) = api.get("/notifications/deliveries?channel=duty").json()["items"]
            tries = api.get(f"/notifications/deliveries/{told['id']}").json()["tries"]
            assert [each["outcome"] for each in tries] == ["unknown", "delivered"]
        assert {each["type"] for each in duty.heard} == {"alarm.began"}
        duty.fire("1/24")
        _delivered(hub, 4)
        points = [post.json["data"]["alarm"]["point"] for post in hook.posts]
        assert points == ["1/23", "1/23", "1/24"], "what was told is not told again"
        duty.close()
