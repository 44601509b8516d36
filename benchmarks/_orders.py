"""Orders to a simulated city, timed at the lamps' answers, and what the wire alone needs."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import httpx
import paho.mqtt.client as paho
import psutil
from paho.mqtt import enums

from tests.servers.hub import RunningHub
from tests.servers.waiting import until


class Round(NamedTuple):
    """One order: seconds until POST answered, lights by outcome, seconds to each confirmation (ascending), CPU s of the hub."""

    accepted: float
    outcomes: dict[str, int]
    times: list[float]
    cpu: float

    @property
    def last(self) -> float:
        """Seconds to the last confirmation."""
        return self.times[-1]


def root_of(api: httpx.Client) -> str:
    """The zone that all others are in."""
    return next(str(zone["id"]) for zone in items(api, "/zones") if zone["parent"] is None)


def known(api: httpx.Client, root: str) -> int:
    """How many lights have reported."""
    counts: dict[str, int] = api.get(f"/zones/{root}").json()["counts"]
    return counts["online"]


def behind_contactors(api: httpx.Client) -> int:
    """Lamps without a controller: no group command reaches them, the hub switches them through their cabinets."""
    shown = (api.get(f"/devices/{each['id']}").json()["cabinet"] for each in items(api, "/devices", kind="cabinet"))
    return sum(segment["switched"] for cabinet in shown for segment in cabinet["segments"])


def switched(api: httpx.Client, process: psutil.Process, root: str, level: int) -> Round:
    """Order `level` for everything in `root`; returns when the command has ended."""
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
    applied = items(api, f"/commands/{command}/targets", outcome="applied")
    times = sorted(datetime.fromisoformat(each["updated"]).timestamp() - begin for each in applied)
    after = process.cpu_times()
    return Round(accepted, found["outcomes"], times, after.user + after.system - cpu.user - cpu.system)


def items(api: httpx.Client, address: str, **query: Any) -> Iterator[dict[str, Any]]:
    """Everything that a list of the API holds, page by page."""
    while True:
        page = api.get(address, params={"limit": 1000} | query).json()
        yield from page["items"]
        if page["next"] is None:
            return
        query["cursor"] = page["next"]


def bare(hub: RunningHub, root: str, lights: int, level: int) -> float:
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
