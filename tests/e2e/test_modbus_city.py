"""The simulated city whose feeder meters and contactors are on Modbus, behind a real hub: one city, two protocols."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.servers.hub import PASSWORD, RunningHub, running_hub
from tests.servers.waiting import until
from tests.simulators.running import simulators

SCENARIO = """
[[happening]]
at = 0
do = "fire-alarm"
devices = ["fire-01"]
points = ["1/23"]

[[happening]]
at = 0
do = "fire-clear"
devices = ["fire-01"]

[[happening]]
at = 0
do = "fire-disabled"
devices = ["fire-01"]
points = ["2/64"]

[[happening]]
at = 0
do = "signal-detector"
devices = ["jct-01"]
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    settings = {"control__deadline": 20, "modbus__normal": 0.5, "modbus__fast": 0.5}
    with running_hub(tmp_path_factory.mktemp("hub"), settings) as started:
        (started.folder / "password").write_text(PASSWORD)
        arguments = [
            "--broker",
            f"mqtt://127.0.0.1:{started.mqtt_port}",
            "--hub",
            started.url,
            "--lights",
            "216",
            "--faults",
            "0",
        ]
        (started.folder / "scenario.toml").write_text(SCENARIO)
        arguments += [
            "--scenario",
            str(started.folder / "scenario.toml"),
            "--password-file",
            str(started.folder / "password"),
            "--instant",
            "--modbus",
            "0",
        ]
        with simulators(started.folder, *arguments, "--credentials", str(started.folder / "devices.json")) as city:
            city.until_line("ready:")
            yield started


def power(api: httpx.Client, meter: str) -> float | None:
    latest = api.get(f"/devices/{meter}").json()["latest"] or {}
    return latest["power"]["value"] if "power" in latest else None


def test_a_zone_that_is_switched_shows_at_its_feeder_meter_and_no_other(hub: RunningHub) -> None:
    with hub.client() as api:
        side = [
            each
            for each in api.get("/devices", params={"zone": "cab-003", "limit": 1000}).json()["items"]
            if each["feed"]
        ]
        boxed = [each["id"] for each in side if each["feed"].startswith("box-003/")]
        assert len(boxed) > 10

        def switched(level: float) -> dict[str, str]:
            answer = api.post("/overrides", json={"zones": ["cab-003"], "level": level, "ramp": 0, "for": "PT1H"})
            assert answer.status_code == 202, answer.text
            command = answer.json()["command"]
            until(
                "the command to end",
                lambda: api.get(f"/commands/{command}").json()["state"] == "done" or None,
                within=90,
            )
            items = api.get(f"/commands/{command}/targets", params={"limit": 1000}).json()["items"]
            return {each["device"]: each["outcome"] for each in items}

        until("the box to say its state", lambda: api.get("/devices/box-003").json().get("cabinet") or None)
        on = switched(100)
        assert set(on.values()) == {"applied"} and set(boxed) < on.keys()
        lit = until(
            "the lit street at the meter", lambda: (now := power(api, "meter-003")) and now > 3000 and now, within=60
        )
        other = power(api, "meter-001")
        off = switched(0)
        assert set(off.values()) == {"applied"}
        dark = until(
            "the dark street at the meter", lambda: (now := power(api, "meter-003")) and now < 100 and now, within=60
        )
        assert dark < lit / 20
        assert power(api, "meter-001") == pytest.approx(other, rel=0.3)
        assert api.get("/devices/jct-01").json()["latest"]["signal_mode"]["value"] == 0
        assert api.get("/devices/fire-01").json()["online"] is True


def test_a_fire_panel_and_a_junction_say_what_happens_there(hub: RunningHub) -> None:
    with hub.client() as api:

        def said(device: str) -> set[tuple[str, str]]:
            return {(each["type"], each["point"] or "") for each in api.get(f"/devices/{device}").json()["conditions"]}

        wanted = {("fireAlarm", ""), ("fireAlarm", "1/23"), ("fireDisabled", ""), ("fireDisabled", "2/64")}
        until("the panel", lambda: said("fire-01") == wanted or None)
        until("the junction", lambda: said("jct-01") == {("detectorFailure", "")} or None)
        zone = api.get("/devices/jct-01").json()["zone"]
        assert (
            zone and api.get("/devices", params={"zone": zone, "kind": "junction"}).json()["items"][0]["id"] == "jct-01"
        )
