"""The clock of the machine is set by two days, forth and back, while a fire burns: nothing is over or given up for that."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from benchmarks._scenarios import _ahead, _step
from tests.e2e.fire_panel import FirePanel
from tests.e2e.test_fire import registered
from tests.servers.hub import RunningHub, running_hub
from tests.servers.missing import need
from tests.servers.waiting import until
from tests.servers.webhook import answer, receiver

DAYS = 2 * 86_400
LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
PLAYBOOK = {
    "id": "fire", "name": "Fire", "trigger": {"types": ["fireAlarm"]}, "light": [{"level": 100, "zones": ["dong-ba"]}],
    "after_minutes": 60, "most_minutes": 600,
}  # fmt: skip


def items(hub: RunningHub, path: str) -> list[dict[str, Any]]:
    hub._tokens.clear()  # those of another time count no more
    with hub.client() as api:
        return list(api.get(path).json()["items"])


def lit(hub: RunningHub) -> dict[str, Any] | None:
    """The incident that runs, once an override holds its lights to its end."""
    running, held = items(hub, "/incidents?running=true"), items(hub, "/overrides")
    ends = [each["until"] for each in held]
    return running[0] if len(running) == 1 and ends == [running[0]["until"]] else None


@pytest.mark.slow
def test_nothing_is_over_because_the_clock_was_set(tmp_path: Path) -> None:
    need("libfaketime", LIBRARY is not None, "apt-get install faketime")
    offset = tmp_path / "offset"
    _step(offset, 0)
    variables = {
        "LD_PRELOAD": str(LIBRARY), "FAKETIME_TIMESTAMP_FILE": str(offset), "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }  # fmt: skip
    settings = {"fire__self_test_at": "", "notify__retry_first": 0.2, "notify__fire_retry_most": 0.5}
    with receiver() as hook, running_hub(tmp_path / "hub", settings, variables=variables) as hub:
        hook.way = answer(503)
        with hub.client() as admin:
            assert admin.post("/zones", json={"id": "dong-ba", "name": "Đông Ba", "kind": "street"}).status_code == 201
            lamp = {"id": "lamp-1", "name": "Đèn", "kind": "light", "zone": "dong-ba"}
            assert admin.post("/devices", json=lamp).status_code == 201
            assert admin.post("/playbooks", json=PLAYBOOK).status_code == 201
            assert admin.post("/webhooks", json={"id": "duty", "url": hook.url}).status_code == 201
            route = {"id": "all", "steps": [{"after": 0, "channels": ["duty"]}, {"after": 60, "channels": ["duty"]}]}
            assert admin.post("/notifications/routes", json=route).status_code == 201
        panel = FirePanel(hub.mqtt_port, "panel-1", registered(hub, "panel-1"))
        try:
            panel.change("alarm", "1/1")
            before = until("the street to be lit", lambda: lit(hub), within=30)
            for wanted in (DAYS, 0, -DAYS, 0):
                _step(offset, wanted)
                until("the hub to have the new time", lambda wanted=wanted: abs(_ahead(hub) - wanted) < 60)

                def moved(wanted: int = wanted) -> bool:
                    now = lit(hub)
                    if now is None or now["id"] != before["id"]:
                        return False
                    since = datetime.fromisoformat(now["opened"]) - datetime.fromisoformat(before["opened"])
                    return abs(since.total_seconds() - wanted) < 60

                until("the same incident by the new clock", moved, within=30)
                tried = len(hook.posts)
                until("the message to be tried on", lambda tried=tried: len(hook.posts) > tried, within=30)
                record = items(hub, "/notifications/deliveries?fire=true")
                assert sorted((each["step"], each["state"]) for each in record) == [(0, "waiting"), (1, "planned")]
            hook.way = answer(200)
            until("it to be told", lambda: items(hub, "/notifications/deliveries?state=delivered"), within=30)
        finally:
            panel.close()
