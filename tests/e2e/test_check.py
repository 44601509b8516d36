"""`lamplighter check` on a city with old readings: through the running hub, and by the files once it is stopped."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import httpx

from hub.model.devices import DeviceKind
from hub.model.readings import Row
from hub.store import DuckDbStore
from tests.servers.hub import RunningHub, running_hub
from tests.servers.programs import run
from tests.servers.waiting import until

DAYS, STEP, HOUR = 3, 900, 3600


def check(hub: RunningHub) -> dict[str, tuple[str, str]]:
    """{part: (ok or FAIL, what is said of it)}."""
    ports = {"LAMPLIGHTER_HTTP__PORT": str(hub.port), "LAMPLIGHTER_MQTT__PORT": str(hub.mqtt_port)}
    said = run("check", "--data", hub.data, environment={**os.environ, **ports})
    assert said.stderr == ""
    lines = [line.split(maxsplit=2) for line in said.stdout.splitlines()]
    return {part: (ok, detail) for ok, part, detail in lines}


def rolled(hub: RunningHub) -> bool:
    """True once the backfill has reached the present, in quarters and in hours."""
    said = httpx.get(f"{hub.url}/metrics").text
    ages = dict(re.findall(r'^lamplighter_rolled_age_seconds\{tier="(\w+)"\} (\S+)', said, re.M))
    return "1h" in ages and float(ages["15m"]) < HOUR and float(ages["1h"]) < 2 * HOUR


def test_sizes_and_growth_are_told_while_the_hub_runs_and_afterwards(tmp_path: Path) -> None:
    end = time.time() // HOUR * HOUR - HOUR
    with running_hub(tmp_path, start=False) as hub:
        store = DuckDbStore(hub.data / "telemetry", time.time)
        times = [end - (n + 1) * STEP for n in range(DAYS * 96)]
        store.append([Row(f"lamp-{n}", DeviceKind.LIGHT, at, at, {"power": 60.0}) for at in times for n in range(5)])
        store.close()
        hub.start()
        until("old readings to be rolled up", lambda: rolled(hub), within=60)
        running = check(hub)
        hub.stop()
        stopped = check(hub)
    for found in (running, stopped):
        assert found["raw"][1].startswith(f"{DAYS * 96 * 5:,} rows, ")
        assert "a day: " in found["raw"][1] and "after 90 days" in found["raw"][1]
        quarters, hours = (int(re.sub(r"\D", "", found[tier][1].split(" row")[0])) for tier in ("15m", "1h"))
        assert (quarters, hours) == (DAYS * 96 * 5, DAYS * 24 * 5)
        assert "in ten years" in found["1d"][1]
        assert found["room"] == ("ok", found["room"][1]) and "more will be needed" in found["room"][1]
        assert found["quarantine"][1].startswith("0 messages of 100,000")
        assert "0 hours to be restated" in found["rollups"][1]
        assert "spool" not in found
    assert "all" in running["hub"][1] and "not running" in stopped["hub"][1]


LAMP = """
title = "A lamp of the city's own"
kinds = ["light"]
messages = [{ topic = "own/{device}/is", channel = "state", fields = [{ field = "dim", metric = "level" }] }]
"""


def test_profiles_that_are_wrong_or_gone_are_told_by_check_and_at_the_start(tmp_path: Path) -> None:
    with running_hub(tmp_path, start=False) as hub:
        own = hub.data / "profiles" / "own.toml"
        own.parent.mkdir(parents=True)
        own.write_text(LAMP)
        ok, detail = check(hub)["profiles"]
        assert ok == "ok" and detail.endswith("profiles, 1 file of the city's own")
        hub.start()
        with hub.client() as admin:
            admin.post("/devices", json={"id": "lamp-own", "kind": "light", "profile": "own"}).raise_for_status()
        hub.stop()
        own.write_text(LAMP.replace("metric", "metrik"))
        ok, detail = check(hub)["profiles"]
        assert ok == "FAIL" and str(own) in detail and "messages[0].fields[0].metrik: no such key" in detail
        own.unlink()
        ok, detail = check(hub)["profiles"]
        assert ok == "FAIL" and "'own'" in detail and "lamp-own" in detail and "put own.toml back" in detail
        assert "put own.toml back" not in hub.tail()
        hub.start()
        until("the warning at the start", lambda: "put own.toml back" in hub.tail())
        assert httpx.get(f"{hub.url}/healthz").json() == {"status": "alive"}
