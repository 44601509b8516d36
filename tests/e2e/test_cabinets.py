"""The simulated city with a side street of lamps without controllers, behind a real hub."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.servers.hub import PASSWORD, RunningHub, running_hub
from tests.servers.waiting import until
from tests.simulators.running import simulators

CABINET = "cab-003"
LIGHTS = 216  # three cabinets


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    with running_hub(tmp_path_factory.mktemp("hub"), {"control__deadline": 8}) as started:
        yield started


@contextmanager
def city(hub: RunningHub, scenario: str = "") -> Iterator[None]:
    """The city on the wire, registered at the hub."""
    (hub.folder / "scenario.toml").write_text(scenario)
    (hub.folder / "password").write_text(PASSWORD)
    arguments = [
        "--broker",
        f"mqtt://127.0.0.1:{hub.mqtt_port}",
        "--hub",
        hub.url,
        "--lights",
        str(LIGHTS),
        "--faults",
        "0",
    ]
    arguments += ["--password-file", str(hub.folder / "password"), "--credentials", str(hub.folder / "devices.json")]
    arguments += ["--scenario", str(hub.folder / "scenario.toml"), "--instant"]
    (hub.folder / "simulators.log").unlink(missing_ok=True)
    with simulators(hub.folder, *arguments) as running:
        running.until_line("ready:")
        yield
        running.stop()


def segments(api: httpx.Client) -> dict[str, Any]:
    shown = api.get(f"/devices/{CABINET}").json()["cabinet"]
    return {each["segment"]: each for each in shown["segments"]}


def order(api: httpx.Client, level: float) -> dict[str, dict[str, Any]]:
    """Switch the cabinet's zone; {light: its target} at the end."""
    answer = api.post("/overrides", json={"zones": [CABINET], "level": level, "ramp": 0, "for": "PT1H"})
    assert answer.status_code == 202, answer.text
    command = answer.json()["command"]
    until("the command to end", lambda: api.get(f"/commands/{command}").json()["state"] == "done" or None, within=90)
    items = api.get(f"/commands/{command}/targets", params={"limit": 1000}).json()["items"]
    return {item["device"]: item for item in items}


def test_a_zone_of_both_kinds_a_dead_segment_and_a_technician(hub: RunningHub) -> None:
    with hub.client() as api:
        with city(hub):
            until("the cabinet's state", lambda: segments(api)["b"]["powered"] is not None or None)
            side = {item["id"] for item in api.get("/devices", params={"zone": CABINET, "limit": 1000}).json()["items"]
                    if item["profile"] == "feed"}  # fmt: skip
            assert len(side) == segments(api)["b"]["switched"] + segments(api)["c"]["switched"] > 10
            for level in (60, 0):
                targets = order(api, level)
                assert side < targets.keys()
                assert {item["outcome"] for item in targets.values()} == {"applied"}
                shown = api.get(f"/devices/{min(side)}").json()["light"]
                assert shown["actual"] == shown["in_effect"] == (100 if level else 0)
                assert segments(api)["b"]["feedback"] is (level > 0)
            one = min(side)
            answer = api.post("/overrides", json={"devices": [one], "level": 100, "for": "PT1H"}).json()
            until("its end", lambda: api.get(f"/commands/{answer['command']}").json()["state"] == "done" or None)
            (rejected,) = api.get(f"/commands/{answer['command']}/targets").json()["items"]
            assert (rejected["outcome"], "order the segment or its zone" in rejected["detail"]) == ("rejected", True)
        happens = ("breaker-open", "switch-local", "door-open")
        happenings = "".join(f'[[happening]]\nat = 0\ndo = "{do}"\ndevices = ["{CABINET}"]\n' for do in happens)
        with city(hub, happenings):
            until("the breaker", lambda: api.get(f"/devices/{CABINET}").json()["cabinet"]["breaker"] is False or None)
            types = {"cabinetDoorOpen", "circuitBreakerTripped"}
            shown = until("what is wrong", lambda: {each["type"] for each in api.get(f"/devices/{CABINET}").json()["conditions"]}
                          if len(api.get(f"/devices/{CABINET}").json()["conditions"]) > 1 else None)  # fmt: skip
            assert shown == types
            lamps = api.get("/devices", params={"zone": CABINET, "kind": "light", "limit": 1000}).json()["items"]
            behind = [lamp for lamp in lamps if lamp["feed"]]
            assert {lamp["offline_because"] for lamp in behind} == {"unpowered"}
            assert api.get(f"/zones/{CABINET}").json()["counts"]["faulty"] == 0
            targets = order(api, 100)
            assert {targets[name]["outcome"] for name in side} == {"rejected"}
            assert targets[one]["detail"].startswith(f"{CABINET} is on local")
