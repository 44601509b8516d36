"""One call switches a whole city: time to the last confirmation, beside what broker and lamps need without the hub.

The hub is `lamplighter run`, the city `lamplighter simulate` with every lamp behind its cabinet's gateway and answering at once;
broker, lamps and hub share the machine. The floor of the same run is a bare MQTT client that publishes the group command
and counts the states of the lamps that have a controller.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import paho.mqtt.client as paho
import psutil
from paho.mqtt import enums

from tests.servers.hub import RunningHub, running_hub
from tests.servers.streets import streets
from tests.servers.waiting import until

LIGHTS = 10_000
ROUNDS = 5


def run(lights: int = LIGHTS) -> dict[str, Any]:
    """Figures in seconds, ratios, MB."""
    with tempfile.TemporaryDirectory() as folder:
        options = ("--seed", "3", "--single", "0", "--faults", "0", "--instant")
        with running_hub(Path(folder)) as hub, streets(hub, Path(folder) / "streets", lights, *options, within=300):
            with hub.client("operator") as api:
                return _measure(hub, api, lights)


def _measure(hub: RunningHub, api: httpx.Client, lights: int) -> dict[str, Any]:
    root = next(
        zone["id"] for zone in api.get("/zones", params={"limit": 1000}).json()["items"] if zone["parent"] is None
    )
    until("every light to have reported", lambda: _known(api, root) >= lights or None, within=300, every=0.5)
    process = psutil.Process(hub.pid)
    controlled = lights - _behind_contactors(api)
    floor = [_bare_round(hub, root, controlled, 20 + n) for n in range(2)]
    rounds = [_round(hub, api, process, root, 30 + 10 * n) for n in range(ROUNDS)]
    last = statistics.median(r["last"] for r in rounds)
    bare = statistics.median(floor)
    return {
        "lights": lights,
        "rounds": ROUNDS,
        "accepted (POST answered), median s": statistics.median(r["accepted"] for r in rounds),
        "p50 of lights confirmed, median s": statistics.median(r["p50"] for r in rounds),
        "p99 of lights confirmed, median s": statistics.median(r["p99"] for r in rounds),
        "last confirmation, median s": last,
        "last confirmation, worst s": max(r["last"] for r in rounds),
        "bare wire (no hub): last state, s": bare,
        "ratio to the bare wire": last / bare,
        "applied, of all lights": min(r["applied"] for r in rounds),
        "hub CPU s a round, median": statistics.median(r["cpu"] for r in rounds),
        "hub memory MB": process.memory_info().rss / 1e6,
    }


def _known(api: httpx.Client, root: str) -> int:
    counts: dict[str, int] = api.get(f"/zones/{root}").json()["counts"]
    return counts["online"]


def _behind_contactors(api: httpx.Client) -> int:
    """Lamps without a controller: no group command reaches them, the hub switches them through their cabinets."""
    cabinets = api.get("/devices", params={"kind": "cabinet", "limit": 1000}).json()["items"]
    shown = (api.get(f"/devices/{cabinet['id']}").json()["cabinet"] for cabinet in cabinets)
    return sum(segment["switched"] for cabinet in shown for segment in cabinet["segments"])


def _round(hub: RunningHub, api: httpx.Client, process: psutil.Process, root: str, level: int) -> dict[str, float]:
    cpu = process.cpu_times()
    begin = time.time()
    order = {"zones": [root], "level": level, "ramp": 0, "for": "PT1H", "reason": "benchmark"}
    answer = api.post("/overrides", json=order)
    accepted = time.time() - begin
    answer.raise_for_status()
    command = answer.json()["command"]

    def ended() -> dict[str, Any] | None:
        found = api.get(f"/commands/{command}").json()
        return found if found["state"] == "done" else None

    found = until("the command to end", ended, within=180, every=0.25)
    times = sorted(_confirmed(api, command, begin))
    after = process.cpu_times()
    return {
        "accepted": accepted,
        "applied": found["outcomes"]["applied"],
        "p50": times[len(times) // 2],
        "p99": times[int(len(times) * 0.99)],
        "last": times[-1],
        "cpu": after.user + after.system - cpu.user - cpu.system,
    }


def _confirmed(api: httpx.Client, command: str, begin: float) -> list[float]:
    times: list[float] = []
    cursor: str | None = None
    while True:
        query: dict[str, Any] = {"outcome": "applied", "limit": 1000} | ({"cursor": cursor} if cursor else {})
        page = api.get(f"/commands/{command}/targets", params=query).json()
        times += [datetime.fromisoformat(item["updated"]).timestamp() - begin for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            return times


def _bare_round(hub: RunningHub, root: str, lights: int, level: int) -> float:
    """Seconds from publishing a group command to the last state, seen by a client that does nothing else."""
    secrets = json.loads((hub.data / "secrets.json").read_text("utf-8"))
    seen: set[str] = set()
    identity = f"bench-{level}"

    def heard(_client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        for state in _states(json.loads(message.payload)):
            if state.get("command") == identity:
                seen.add(str(state.get("d", message.topic)))

    client = paho.Client(enums.CallbackAPIVersion.VERSION2, client_id="benchmark")
    client.username_pw_set("lamplighter-hub", secrets["broker_password"])
    client.on_message = heard
    client.connect("127.0.0.1", hub.mqtt_port)
    client.subscribe("ll/d/+/up/state", 1)
    client.loop_start()
    until("the subscription to be quiet", lambda: client.is_connected() or None)
    now = time.time()
    order = {
        "id": identity,
        "t": now,
        "expires": now + 60,
        "op": "set_level",
        "level": level,
        "ramp": 0,
        "until": now + 5,
    }
    begin = time.monotonic()
    client.publish(f"ll/g/{root}/down/command", json.dumps(order), 1)
    until("the lamps to answer", lambda: len(seen) >= lights or None, within=120, every=0.002)
    taken = time.monotonic() - begin
    client.disconnect()
    client.loop_stop()
    until("the lamps to be back at their program", lambda: time.time() > now + 8 or None, within=20)
    return taken


def _states(decoded: Any) -> list[dict[str, Any]]:
    return decoded if isinstance(decoded, list) else [decoded]
