"""CoAP in the running hub: what libcoap's client posts is stored, and what it observes it can carry out."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.drivers.coap.peers import client, program
from tests.drivers.coap.test_coap_node import node_lamp
from tests.servers.hub import RunningHub, running_hub
from tests.servers.waiting import until
from tests.test_commands import refusal


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A hub with a zone, two lamps and a sensor."""
    with running_hub(tmp_path_factory.mktemp("coap")) as made:
        with made.client() as api:
            assert api.post("/zones", json={"id": "ward-1", "name": "Ward 1", "kind": "ward"}).status_code == 201
            for name in ("lamp-1", "lamp-2"):
                lamp = {"id": name, "name": name, "kind": "light", "zone": "ward-1"}
                assert api.post("/devices", json=lamp).status_code == 201
            assert api.post("/devices", json={"id": "air-1", "name": "Air", "kind": "environment"}).status_code == 201
        yield made


def post(hub: RunningHub, place: str, body: Any) -> str:
    return asyncio.run(client(hub.coap_port, place, "-m", "post", body=json.dumps(body).encode()))


def test_readings_posted_are_the_latest_values_and_survive_a_kill(hub: RunningHub) -> None:
    assert "c:2.04" in post(hub, "/t/air-1", [{"n": "pm2_5", "u": "ug/m3", "v": 17.5}])
    hub.kill()
    hub.start()
    with hub.client() as api:
        latest = api.get("/devices/air-1").json()["latest"]
    assert latest["pm2_5"]["value"] == 17.5


def test_a_junction_says_its_state_fetches_an_order_and_is_believed_by_its_state_alone(hub: RunningHub) -> None:
    state = {"mode": "plan", "plan": "own", "second": 3, "cycle": 60, "by": "calendar", "faults": ["door"]}
    with hub.client() as admin, hub.client("operator") as api:
        assert admin.post("/devices", json={"id": "j-1", "name": "Nút 1", "kind": "junction"}).status_code == 201
        assert "c:2.04" in post(hub, "/s/j-1", state)

        def shown() -> dict[str, Any]:
            return dict(api.get("/junctions/j-1").json())

        until("its state", lambda: shown()["available"])
        assert (shown()["state"]["program"], shown()["state"]["minor_faults"]) == ("own", ["door"])
        flash = {"mode": "flash", "for": "PT10M", "reason": "test"}
        answer = api.post("/junctions/j-1/mode", json=flash)
        assert answer.status_code == 202, answer.text
        order = answer.json()
        told = until("the order", lambda: json.loads(fetched(hub, "/c/j-1")).get("command"))
        assert (told["id"], told["op"], told["mode"]) == (order["command"], "signal_mode", "flash")
        assert "c:2.04" in post(hub, "/r/j-1", {"id": order["command"], "outcome": "applied"})
        assert shown()["order"]["stage_of"] == "ordered", "an acknowledgement is no read-back"
        assert "c:2.04" in post(hub, "/s/j-1", {"mode": "flash", "by": "order", "command": order["command"]})
        until("it to run", lambda: shown()["order"]["stage_of"] == "running")
        assert "c:2.04" in post(hub, "/s/j-1", {"mode": "manual", "by": "spot"})
        until("the police panel", lambda: shown()["why_not"] and shown()["why_not"][0]["code"] == "manual")
        refused = api.post("/junctions/j-1/mode", json=flash)
        assert refused.json()["code"] == "junction-refused"


def test_an_override_reaches_an_observer_and_its_result_ends_the_command(hub: RunningHub, tmp_path: Path) -> None:
    out = tmp_path / "observed"
    with hub.client("operator") as api, out.open("wb") as heard:
        watching = subprocess.Popen(
            [program(), "-v", "0", "-w", "-s", "60", f"coap://127.0.0.1:{hub.coap_port}/c/lamp-1"], stdout=heard
        )
        try:
            first = until("the configuration", lambda: told(out) or None, within=30)[0]
            assert first["config"]["groups"] == ["ward-1"]
            order = api.post("/overrides", json={"devices": ["lamp-1"], "level": 40, "for": "PT1H", "reason": "test"})
            assert order.status_code == 202, order.text
            command = order.json()["command"]
            given = until("the command", lambda: [each for each in told(out) if each.get("command")] or None, within=30)
            assert (given[0]["command"]["id"], given[0]["command"]["level"]) == (command, 40)
            state = {"level": 40, "cause": "override", "command": command}
            assert "c:2.04" in post(hub, "/s/lamp-1", state)
            assert "c:2.04" in post(hub, "/r/lamp-1", {"id": command, "outcome": "applied"})
            until(
                "it to be applied", lambda: api.get(f"/commands/{command}").json()["outcomes"]["applied"] == 1 or None
            )
            light = api.get("/devices/lamp-1").json()["light"]
            assert (light["requested"], light["actual"]) == (40, 40)
        finally:
            watching.terminate()
            watching.wait()


def told(out: Path) -> list[dict[str, Any]]:
    """What the observing client has printed, whole representations only."""
    found = []
    for line in out.read_text("utf-8", "replace").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def test_a_zone_order_waits_for_a_lamp_that_only_polls(hub: RunningHub) -> None:
    with hub.client("operator") as api:
        order = api.post("/overrides", json={"zones": ["ward-1"], "level": 70, "for": "PT1H", "reason": "test"}).json()
        said = until("the order", lambda: json.loads(fetched(hub, "/c/lamp-2")).get("command"), within=30)
        assert (said["id"], said["level"]) == (order["command"], 70)
        api.delete(f"/overrides/{order['id']}")


def fetched(hub: RunningHub, place: str) -> str:
    return asyncio.run(client(hub.coap_port, place, "-v", "0"))


def test_an_lwm2m_lamp_is_switched_and_its_command_ends_applied(hub: RunningHub) -> None:
    async def scene() -> None:
        async with node_lamp(hub.coap_port, "urn:lamp:9") as lamp:
            await asyncio.to_thread(follow, hub)
            assert {"written": 1, "value": 45} in lamp.said

    lamp = {"id": "lamp-9", "name": "LwM2M", "kind": "light", "profile": "lwm2m", "address": "urn:lamp:9"}
    with hub.client() as api:
        made = api.post("/devices", json=lamp)
        assert made.status_code == 201, made.text
    asyncio.run(scene())


def follow(hub: RunningHub) -> None:
    """Order the LwM2M lamp and wait until its command is applied."""
    with hub.client("operator") as api:
        until("it to register", lambda: api.get("/devices/lamp-9").json()["light"]["online"] or None)
        order = api.post(
            "/overrides", json={"devices": ["lamp-9"], "level": 45, "for": "PT1H", "reason": "test"}
        ).json()
        command = order["command"]
        until("it to be applied", lambda: api.get(f"/commands/{command}").json()["outcomes"]["applied"] == 1 or None)
        shown = api.get("/devices/lamp-9").json()
        assert (shown["light"]["actual"], shown["light"]["cause"]) == (45, "override")
        latest = until("its readings", lambda: (lambda has: has if "voltage" in has else None)(_latest(api)))
        assert latest["voltage"]["value"] == 230.5


def _latest(api: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = api.get("/devices/lamp-9").json()["latest"]
    return found


def test_health_and_figures_name_the_driver(hub: RunningHub) -> None:
    with hub.client() as api:
        root = hub.url
        parts = api.get(f"{root}/readyz").json()["parts"]
        assert parts["driver:coap"]["ok"] is True
        assert 'lamplighter_driver_count{driver="coap",what="datagrams_total"}' in api.get(f"{root}/metrics").text


def test_an_address_that_anybody_reaches_is_refused_with_the_reason(tmp_path: Path) -> None:
    said = refusal("run", "--data", tmp_path, settings={"HTTP__PORT": "0", "COAP__HOST": "0.0.0.0"})
    assert "coap.host" in said and "DTLS" in said and "127.0.0.1" in said


def test_a_taken_coap_port_is_named(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        ports = {"HTTP__PORT": "0", "COAP__PORT": str(port)}
        assert f"{port}" in refusal("run", "--data", tmp_path, settings=ports)
        assert "--coap-port" in refusal("demo", "--coap-port", str(port), "--data", tmp_path, settings=ports)
