"""What the screen says of devices is the same before and after a kill -9."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx
from paho.mqtt import publish

from tests.e2e.device import Lamp
from tests.servers.hub import running_hub
from tests.servers.waiting import until


def _shown(api: httpx.Client, device: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/devices/{device}").json()
    return found


def _values(shown: dict[str, Any]) -> dict[str, float]:
    return {metric: each["value"] for metric, each in shown["latest"].items()}


def test_latest_values_presence_and_clocks_outlive_a_kill(tmp_path: Path) -> None:
    with running_hub(tmp_path) as hub:
        with hub.client() as api:
            secrets = {}
            for name, kind in (("lamp-here", "light"), ("lamp-gone", "light"), ("meter-ahead", "meter")):
                answer = api.post("/devices", json={"id": name, "kind": kind}).json()
                secrets[name] = answer["credentials"]["password"]
            here = Lamp(hub.mqtt_port, "lamp-here", secrets["lamp-here"])
            gone = Lamp(hub.mqtt_port, "lamp-gone", secrets["lamp-gone"])
            try:
                until(
                    "both to be online", lambda: all(_shown(api, f"lamp-{name}")["online"] for name in ("here", "gone"))
                )
                here.client.publish(
                    "ll/d/lamp-here/up/telemetry", json.dumps([{"n": "voltage", "u": "V", "v": 229}]), 1
                )
                publish.single(
                    "ll/d/meter-ahead/up/telemetry",
                    json.dumps([{"t": time.time() + 3600, "n": "power", "u": "W", "v": 61.2}]),
                    qos=1,
                    hostname="127.0.0.1",
                    port=hub.mqtt_port,
                    auth={"username": "meter-ahead", "password": secrets["meter-ahead"]},
                )
                until("the clock to be flagged", lambda: _shown(api, "meter-ahead")["clock"])
                until("the reading", lambda: _shown(api, "lamp-here")["latest"].get("voltage"))
            finally:
                gone.close()
            until("the will", lambda: _shown(api, "lamp-gone")["offline_because"] == "left")
            before = {name: _shown(api, name) for name in secrets}
        assert before["meter-ahead"]["clock"]["error"] > 3500 and before["lamp-gone"]["offline_since"]
        try:
            assert hub.stop() == 0  # writes the snapshot
            hub.start()
            with hub.client() as api:
                after = {name: _shown(api, name) for name in secrets}
            said = ("clock", "offline_since", "offline_because", "online")
            assert [[after[name][key] for key in said] for name in secrets] == [
                [before[name][key] for key in said] for name in secrets
            ]
            assert after["meter-ahead"]["latest"]["power"] == before["meter-ahead"]["latest"]["power"]
            assert after["lamp-here"]["latest"]["voltage"] == before["lamp-here"]["latest"]["voltage"]
            here.client.publish("ll/d/lamp-here/up/telemetry", json.dumps([{"n": "power", "u": "W", "v": 70}]), 1)
            with hub.client() as api:
                until("the reading", lambda: _shown(api, "lamp-here")["latest"].get("power"))
                before = {name: _shown(api, name) for name in secrets}
            hub.kill()  # the reading is in the store and in no snapshot
            hub.start()
            with hub.client() as api:
                after = {name: _shown(api, name) for name in secrets}
            assert _values(after["lamp-here"]) == _values(before["lamp-here"])
            assert after["meter-ahead"]["latest"] == before["meter-ahead"]["latest"]
            for name in secrets:
                assert [after[name][key] for key in said] == [before[name][key] for key in said]
        finally:
            here.close()
