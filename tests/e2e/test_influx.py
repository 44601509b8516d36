"""The whole hub on servers other than its own store: one that is away when it starts, and one that cannot be asked."""

from __future__ import annotations

import json
import time
from pathlib import Path

import httpx
import pytest
from paho.mqtt.publish import single

from tests.servers.hub import RunningHub, running_hub
from tests.servers.influxd import influxd
from tests.servers.victoria import victoria
from tests.servers.waiting import until


def report(hub: RunningHub, device: str, power: float) -> float:
    """Register a meter in a zone and have it report once; returns the time of its reading."""
    with hub.client() as api:
        api.post("/zones", json={"id": "ward-1", "name": "Ward 1", "kind": "ward"})
        made = api.post("/devices", json={"id": device, "name": device, "kind": "meter", "zone": "ward-1"})
        password = made.json()["credentials"]["password"]
    at = round(time.time(), 3)
    single(
        f"ll/d/{device}/up/telemetry", json.dumps([{"bt": at, "n": "power", "u": "W", "v": power}]), 1,
        hostname="127.0.0.1", port=hub.mqtt_port, client_id=device, auth={"username": device, "password": password},
    )  # fmt: skip
    return at


def newest(hub: RunningHub, device: str) -> float | None:
    """The power that the hub shows for a device."""
    with hub.client() as api:
        latest = api.get(f"/devices/{device}").json()["latest"]
    return float(latest["power"]["value"]) if "power" in latest else None


@pytest.mark.timeout(180)
def test_a_hub_starts_while_its_influxdb_is_away_and_finds_it_later(tmp_path: Path) -> None:
    with (
        influxd(tmp_path / "influx") as server,
        running_hub(tmp_path / "hub", {"influx__url": server.url}, start=False) as hub,
    ):
        server.stop()
        hub.start(well=False)
        assert "cannot be reached" in httpx.get(f"{hub.url}/readyz").json()["parts"]["store"]["detail"]
        at = report(hub, "meter-1", 1234.5)
        until("the reading on the screen", lambda: newest(hub, "meter-1") == 1234.5)
        server.start()
        until("the hub to be well", lambda: httpx.get(f"{hub.url}/readyz", timeout=30).status_code == 200)

        def stored() -> bool:
            answer = json.loads(
                server.ask("SELECT power, received, zone FROM meter WHERE device = 'meter-1'", "lamplighter")
            )
            for series in answer["results"][0].get("series", ()):
                ((when, power, received, zone),) = series["values"]
                assert (when, power, zone) == (round(at * 1e6), 1234.5, "ward-1")
                return bool(at - 1 < received < at + 60)
            return False

        until("the reading in InfluxDB", stored)
        with hub.client() as api:
            points = api.get("/devices/meter-1/telemetry", params={"metric": "power", "start": "2026-01-01T00:00:00Z"})
            assert [value for _, value in points.json()["points"]] == [1234.5]
        server.stop()
        assert hub.stop() == 0, "it also ends while the server is away"


@pytest.mark.timeout(180)
def test_a_hub_on_victoriametrics_takes_readings_in_and_says_that_it_cannot_ask_for_them(tmp_path: Path) -> None:
    with (
        victoria(tmp_path / "victoria") as server,
        running_hub(tmp_path / "hub", {"influx__url": server.url, "spool__settle_seconds": 3}) as hub,
    ):
        at = report(hub, "meter-1", 77.5)
        until("the reading on the screen", lambda: newest(hub, "meter-1") == 77.5)

        def let_go() -> bool:
            return "\nlamplighter_spool_batches 0.0\n" in httpx.get(f"{hub.url}/metrics", timeout=30).text

        until("the hub to let go of it", let_go)
        (held,) = until("the reading at the server", lambda: server.export('{__name__="meter_power"}') or None)
        assert (held["timestamps"], held["values"]) == ([round(at * 1000)], [77.5])
        assert (held["metric"]["device"], held["metric"]["zone"]) == ("meter-1", "ward-1")
        with hub.client() as api:
            answer = api.get("/devices/meter-1/telemetry", params={"metric": "power", "start": "2026-01-01T00:00:00Z"})
        assert answer.status_code == 501 and "does not answer InfluxQL" in answer.text
        hub.kill()
        hub.start()
