"""The hub switches a lamp that keeps no program when its step comes, though it is killed right before."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import httpx

from tests.e2e.foreign import TasmotaLamp
from tests.servers.hub import running_hub
from tests.servers.mosquitto import mosquitto
from tests.servers.waiting import until


def step_at(moment: float, level: float) -> dict[str, object]:
    """A step at any second: a clock time and a part of a minute."""
    return {"at": datetime.fromtimestamp(moment, UTC).strftime("%H:%M"), "offset": moment % 60 / 60, "level": level}


def program(*steps: dict[str, object]) -> dict[str, object]:
    day = "midnight" if 6 <= datetime.now(UTC).hour < 18 else "noon"
    return {"id": "night", "day": day, "gap": 0, "steps": list(steps)}


def seen(admin: httpx.Client, lamp: TasmotaLamp) -> bool:
    """Whether the hub knows the lamp's level, which it says again: what came before the hub listened is lost."""
    lamp.state(20)
    return bool(admin.get(f"/devices/{lamp.name}").json()["online"])


def measures(url: str) -> str:
    return httpx.get(f"{url}/metrics").text


def test_a_step_comes_at_its_time_and_one_that_was_missed_at_the_start(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "broker") as broker:
        settings = {"mqtt__url": broker.url, "lighting__time_zone": "UTC"}
        with running_hub(tmp_path / "hub", settings) as hub, hub.client() as admin:
            admin.post("/zones", json={"id": "street", "name": "Street", "kind": "street"})
            for name in ("near", "far"):
                answer = admin.post(
                    "/devices", json={"id": name, "kind": "light", "profile": "tasmota", "zone": "street"}
                )
                assert answer.status_code == 201, answer.text
            before = step_at(time.time() - 1800, 20)
            assert admin.post("/programs", json=program(before)).status_code == 201
            admin.post("/calendars", json={"id": "nights", "default": "night"})
            answer = admin.put("/zones/street/calendar", json={"calendar": "nights"})
            assert answer.status_code == 200, answer.text
            with closing(TasmotaLamp(broker.port, "near")) as near, closing(TasmotaLamp(broker.port, "far")) as far:
                for lamp in (near, far):
                    until("the lamp to listen", lambda lamp=lamp: lamp.granted or None)
                    until("it to be seen", lambda lamp=lamp: seen(admin, lamp))
                begin = time.time()
                first = step_at(begin + 3, 60)
                assert admin.put("/programs/night", json=program(before, first)).status_code == 200
                for lamp in (near, far):
                    until("the order of the step", lambda lamp=lamp: lamp.heard or None)
                    assert b"Dimmer 60" in lamp.heard[0][1]
                assert time.time() >= begin + 3
                until("both to be measured", lambda: "step_lateness_seconds_count 2.0" in measures(hub.url))
                until("the lamps to be shown right", lambda: admin.get("/devices/far").json()["light"]["actual"] == 60)
                again = time.time() + 2
                second = step_at(again, 30)
                assert admin.put("/programs/night", json=program(before, first, second)).status_code == 200
                hub.kill()
                until("the step to be over", lambda: time.time() > again)
                hub.start()
                for lamp in (near, far):
                    until("the order that was missed", lambda lamp=lamp: b"Dimmer 30" in lamp.heard[-1][1])
                    assert sum(b"Dimmer 30" in payload for _, payload in lamp.heard) == 1
