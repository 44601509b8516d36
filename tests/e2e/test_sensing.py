"""Rain over the simulated city: its sensors report it, and its lamps are raised and come back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from tests.servers.hub import running_hub
from tests.servers.streets import streets
from tests.servers.waiting import until

RAIN = """
[[happening]]
at = 0
do = "rain"
rate = 25
duration = 86400
"""

DIM = {"id": "dim", "steps": [{"at": "00:00", "level": 30}]}  # there is something to raise at any hour of the real day


def lit(admin: httpx.Client, level: float, cause: str) -> bool:
    """Whether every light that is online does that, for that reason."""
    lights: list[dict[str, Any]] = [
        each["light"] for each in admin.get("/devices", params={"kind": "light"}).json()["items"] if each["online"]
    ]
    return bool(lights) and all((light["actual"], light["cause"]) == (level, cause) for light in lights)


def test_rain_raises_the_simulated_city_until_the_rule_is_gone(tmp_path: Path) -> None:
    (tmp_path / "rain.toml").write_text(RAIN)
    settings = {"lighting__report_every": 5}
    with (
        running_hub(tmp_path / "hub", settings) as hub,
        streets(hub, tmp_path, 12, "--scenario", str(tmp_path / "rain.toml"), "--faults", "0", "--instant"),
        hub.client() as admin,
    ):
        (city,) = [zone["id"] for zone in admin.get("/zones").json()["items"] if zone["parent"] is None]
        admin.post("/programs", json=DIM).raise_for_status()
        admin.post("/calendars", json={"id": "dim", "default": "dim"}).raise_for_status()
        admin.put(f"/zones/{city}/calendar", json={"calendar": "dim"}).raise_for_status()
        sensor = admin.get("/devices", params={"kind": "environment"}).json()["items"][0]["id"]
        rule = {
            "id": "rain", "zone": city, "kind": "raise", "sensors": [sensor], "metric": "rain_rate", "above": 20, "level": 83,
            "hold": 600, "by_day": True,
        }  # fmt: skip
        assert admin.post("/sensing", json=rule).status_code == 201
        until("the city to be raised", lambda: lit(admin, 83, "sensor"), within=90)
        (state,) = admin.get("/sensing/rain").json()["states"]
        assert (state["value"], state["dead"]) == (25, False)
        admin.delete("/sensing/rain")
        until("the lamps to be back", lambda: not lit(admin, 83, "sensor"), within=30)
        until("their program to rule", lambda: _by_program(admin), within=60)


def _by_program(admin: httpx.Client) -> bool:
    items = admin.get("/devices", params={"kind": "light"}).json()["items"]
    return all(each["light"]["cause"] in ("program", "default") for each in items if each["online"])
