"""The hub on a real InfluxDB that goes away: readings wait on disk, or at the broker when the disk's share is used up."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import httpx
import paho.mqtt.client as paho
import pytest
from paho.mqtt import enums
from paho.mqtt.publish import single

from benchmarks._ledger import Ledger
from tests.servers.hub import RunningHub, running_hub
from tests.servers.influxd import Influxd, influxd
from tests.servers.waiting import until

PACK = 400  # readings in one message


def register(hub: RunningHub, device: str, kind: str = "meter") -> str:
    """The password of a new device."""
    with hub.client() as api:
        answer = api.post("/devices", json={"id": device, "name": device, "kind": kind})
        return str(answer.json()["credentials"]["password"])


def post(server: Influxd, database: str, line: str) -> None:
    """Write a line of somebody else's to InfluxDB."""
    httpx.post(f"{server.url}/write", params={"db": database}, content=line).raise_for_status()


def publish(hub: RunningHub, device: str, password: str, pack: list[dict[str, object]]) -> None:
    """One message, acknowledged by the broker when this returns."""
    single(
        f"ll/d/{device}/up/telemetry", json.dumps(pack), 1, hostname="127.0.0.1", port=hub.mqtt_port,
        client_id=device, auth={"username": device, "password": password},
    )  # fmt: skip


def part(hub: RunningHub, name: str) -> dict[str, object]:
    found: dict[str, object] = httpx.get(f"{hub.url}/readyz", timeout=30).json()["parts"][name]
    return found


def waiting(hub: RunningHub) -> float:
    """Batches in the spool, by the hub's own figures."""
    lines = httpx.get(f"{hub.url}/metrics", timeout=30).text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("lamplighter_spool_batches "))


def ready(hub: RunningHub) -> bool:
    return httpx.get(f"{hub.url}/readyz", timeout=30).status_code == 200


@pytest.mark.timeout(240)
def test_an_influxdb_that_is_stopped_loses_no_acknowledged_reading_even_when_the_hub_is_killed(tmp_path: Path) -> None:
    with influxd(tmp_path / "influx") as server, running_hub(tmp_path / "hub", {"influx__url": server.url}) as hub:
        post(server, "lamplighter", 'environment,device=other temperature="warm"')
        password = register(hub, "env-1", "environment")
        ledger = Ledger(hub.mqtt_port, "ledger-1", register(hub, "ledger-1"), rate=300)
        try:
            grown(ledger, 100)
            server.stop()
            until("readings to wait on disk", lambda: waiting(hub) > 5)
            away = part(hub, "store")
            assert not away["ok"] and "batches" in str(away["detail"]) and part(hub, "spool")["ok"]
            about = httpx.get(f"{hub.url}/api/v1/about").json()
            assert about["spool"]["away"] is True and 0 < about["spool"]["share"] < 0.5
            publish(
                hub,
                "env-1",
                password,
                [{"n": "temperature", "u": "Cel", "v": 21.5}, {"n": "humidity", "u": "%RH", "v": 60}],
            )
            grown(ledger, 300)
            hub.kill()
            hub.start(well=False)
            grown(ledger, 300)
            server.start()
            until("everything to be well again", lambda: ready(hub), within=60)
            until("nothing to wait", lambda: waiting(hub) == 0)
            grown(ledger, 50)
        finally:
            ledger.close()
        with hub.client() as api:
            (kept,) = api.get("/quarantine", params={"device": "env-1"}).json()["items"]
            assert kept["code"] == "store-refused" and "temperature" in kept["reason"], "its field is text there"
            until("every acknowledged reading in InfluxDB", lambda: not ledger.missing(api), within=60, every=0.5)
        assert httpx.get(f"{hub.url}/api/v1/about").json()["spool"] == {"away": False, "share": 0}


def grown(ledger: Ledger, by: int) -> None:
    """Wait until so many more were acknowledged."""
    goal = len(ledger.acknowledged) + by
    until(f"{by} more acknowledgements", lambda: len(ledger.acknowledged) >= goal, within=60)


@pytest.mark.timeout(240)
def test_a_spool_that_is_full_stops_the_flow_and_loses_nothing(tmp_path: Path) -> None:
    settings = {"spool__megabytes": 1, "ingest__bulk_bound": 4 * PACK}
    with (
        influxd(tmp_path / "influx") as server,
        running_hub(tmp_path / "hub", {"influx__url": server.url, **settings}) as hub,
    ):
        password = register(hub, "packs-1")
        server.stop()
        sent = publish_until(hub, password, lambda: "full" in str(part(hub, "ingest")["detail"]))
        spool = part(hub, "spool")
        assert not spool["ok"] and "% of the quota" in str(spool["detail"])
        assert sum(path.stat().st_size for path in (hub.data / "spool").glob("*.segment")) <= 1_000_000
        server.start()
        until("every reading in InfluxDB", lambda: stored(server) == sent, within=90, every=0.5)
        until("everything to be well again", lambda: ready(hub), within=60)


def publish_until(hub: RunningHub, password: str, enough: object) -> int:
    """Packs of noise, each waited for at the broker, until `enough()`; how many readings."""
    assert callable(enough)
    chance = random.Random(1)
    client = paho.Client(enums.CallbackAPIVersion.VERSION2, client_id="packs-1", clean_session=False)
    client.username_pw_set("packs-1", password)
    client.connect("127.0.0.1", hub.mqtt_port)
    client.loop_start()
    begin = time.time() - 86_400
    count = 0
    try:
        while not enough():
            assert count < 600 * PACK, "the spool was never full"
            for _ in range(10):
                pack = [
                    {"n": "power", "u": "W", "v": chance.random() * 1e4, "t": begin + (count + n) * 0.01}
                    for n in range(PACK)
                ]
                client.publish("ll/d/packs-1/up/telemetry", json.dumps(pack), 1).wait_for_publish(30)
                count += PACK
    finally:
        client.disconnect()
        client.loop_stop()
    return count


def stored(server: Influxd) -> int:
    results = json.loads(server.ask('SELECT count("power") FROM "meter"', "lamplighter"))["results"]
    return int(results[0]["series"][0]["values"][0][1]) if "series" in results[0] else 0
