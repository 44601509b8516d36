"""The simulated city with sensors and single lamps on CoAP: measured, and switched with the rest of its zone."""

from __future__ import annotations

from pathlib import Path

from tests.servers.hub import running_hub
from tests.servers.streets import streets
from tests.servers.waiting import until


def test_a_city_that_speaks_coap_beside_mqtt_is_switched_as_one(tmp_path: Path) -> None:
    with (
        running_hub(tmp_path / "hub", {"lighting__report_every": 1}) as hub,
        streets(
            hub,
            tmp_path / "streets",
            30,
            "--single",
            "4",
            "--faults",
            "0",
            "--instant",
            "--coap",
            f"coap://127.0.0.1:{hub.coap_port}",
        ),
        hub.client("operator") as api,
    ):
        sensors = api.get("/devices?kind=environment").json()["items"]
        until("a reading", lambda: "humidity" in api.get(f"/devices/{sensors[0]['id']}").json()["latest"] or None)
        zone = next(each["id"] for each in api.get("/zones").json()["items"] if each["kind"] == "city")
        order = api.post("/overrides", json={"zones": [zone], "level": 55, "for": "PT1H", "reason": "test"}).json()
        done = until("all to follow", lambda: _done(api.get(f"/commands/{order['command']}").json()))
        assert done["applied"] == order["targets"] == 30
        figures = api.get(f"{hub.url}/metrics").text
        assert 'lamplighter_driver_count{driver="coap",what="observers"} 6.0' in figures


def _done(command: dict[str, dict[str, int]]) -> dict[str, int] | None:
    outcomes = command["outcomes"]
    return outcomes if not outcomes["pending"] and not outcomes["sent"] else None
