"""The simulated city with LwM2M lamps and sensors: the same feeders, switched with the rest, and found again by a new hub."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.servers.hub import RunningHub, running_hub
from tests.servers.ports import free_port
from tests.servers.streets import streets
from tests.servers.waiting import until

LIGHTS, OURS = 30, 15


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A hub, and a city of which every second lamp and sensor speaks LwM2M."""
    folder = tmp_path_factory.mktemp("lwm2m-city")
    with running_hub(folder / "hub", {"modbus__fast": "0.2", "modbus__normal": "0.2"}) as hub:
        words = ["--single", "2", "--faults", "0", "--instant", "--modbus", str(free_port())]
        words += ["--lwm2m", f"coap://127.0.0.1:{hub.coap_port}", "--lwm2m-share", "0.5", "--lwm2m-lifetime", "10"]
        with streets(hub, folder / "streets", LIGHTS, *words):
            yield hub


def devices(api: httpx.Client, kind: str) -> list[dict[str, Any]]:
    return [each for each in api.get(f"/devices?kind={kind}").json()["items"] if each["profile"] == "lwm2m"]


def switched(api: httpx.Client, level: float) -> dict[str, Any]:
    """Order the city to a level, and wait until every lamp has answered."""
    order = api.post("/overrides", json={"zones": ["hue"], "level": level, "for": "PT1H", "reason": "test"}).json()

    def done() -> dict[str, Any] | None:
        outcomes = api.get(f"/commands/{order['command']}").json()["outcomes"]
        return outcomes if not outcomes["pending"] and not outcomes["sent"] else None

    outcomes: dict[str, Any] = until("all to follow", done, within=60)
    assert outcomes["applied"] == LIGHTS, outcomes
    return order


def power(api: httpx.Client, *, since: datetime | None = None) -> float | None:
    """What the feeder's meter shows, W; None when it has said nothing since a moment."""
    meter = api.get("/devices?kind=meter").json()["items"][0]["id"]
    shown = api.get(f"/devices/{meter}").json()["latest"].get("power")
    if shown is None or (since is not None and datetime.fromisoformat(shown["time"]) <= since):
        return None
    return float(shown["value"])


def test_lamps_and_sensors_are_there_with_their_readings(hub: RunningHub) -> None:
    with hub.client() as api:
        lamps, (sensor,) = devices(api, "light"), devices(api, "environment")
        assert len(lamps) == OURS
        until("the sensor's readings", lambda: {"pm2_5", "noise", "temperature"} <= latest(api, sensor).keys() or None)
        for lamp in lamps:
            until("a lamp's readings", lambda at=lamp: {"energy", "voltage", "power"} <= latest(api, at).keys() or None)
            assert latest(api, lamp)["voltage"]["value"] == pytest.approx(228, abs=8)
            assert latest(api, lamp)["energy"]["value"] > 100_000  # Wh, also of those that say kWh
        assert 10 < latest(api, sensor)["temperature"]["value"] < 45


def latest(api: httpx.Client, device: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/devices/{device['id']}").json()["latest"]
    return found


def test_a_zone_that_is_switched_shows_at_the_feeder_s_meter(hub: RunningHub) -> None:
    with hub.client("operator") as api:
        switched(api, 100)
        lit = datetime.now(UTC)
        full = until("the meter after all are lit", lambda: power(api, since=lit))
        ours = [lamp["id"] for lamp in devices(api, "light")]
        order = {"devices": ours, "level": 0, "for": "PT1H", "reason": "test"}
        dark = api.post("/overrides", json=order).json()
        until("the meter to fall by half", lambda: (power(api, since=lit) or full) < 0.7 * full)
        api.delete(f"/overrides/{dark['id']}")
        until("the meter to rise again", lambda: (power(api, since=lit) or 0) > 0.9 * full)


def test_a_hub_that_is_killed_finds_its_lamps_again(hub: RunningHub) -> None:
    hub.kill()
    hub.start()
    with hub.client("operator") as api:
        name = 'lamplighter_driver_count{driver="coap",what="clients"}'
        until("registrations", lambda: f"{name} {OURS + 1}.0" in api.get(f"{hub.url}/metrics").text or None, within=240)
        switched(api, 40)
