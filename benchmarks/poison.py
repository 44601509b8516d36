"""Do malformed messages slow the good ones down? The same good messages, alone and with as many bad ones between them.

Through the embedded broker into the store, seen by the hub's own counters. Bad: broken JSON, unknown units and names,
future times, binary noise, in turn. `ratio` is the time with half of the messages bad over the time of as many good
ones: 1 means that a bad message costs what a good one costs.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import paho.mqtt.client as paho
from paho.mqtt import enums

from tests.servers.hub import RunningHub, running_hub
from tests.servers.waiting import until

MESSAGES = 10_000
ROUNDS = 3


def run() -> dict[str, Any]:
    """Seconds from the first publish to the last message durable, and the ratio."""
    with tempfile.TemporaryDirectory() as folder, running_hub(Path(folder)) as hub:
        with hub.client() as api:
            body = {"id": "meter-1", "name": "Meter", "kind": "meter"}
            password = api.post("/devices", json=body).json()["credentials"]["password"]
        client = paho.Client(enums.CallbackAPIVersion.VERSION2, client_id="poison")
        client.username_pw_set("meter-1", password)
        client.max_queued_messages_set(0)
        client.max_inflight_messages_set(1000)
        client.connect("127.0.0.1", hub.mqtt_port)
        client.loop_start()
        good, mixed = [], []
        for number in range(ROUNDS):
            good.append(_round(hub, client, number, bad=False))
            mixed.append(_round(hub, client, ROUNDS + number, bad=True))
        client.disconnect()
        client.loop_stop()
    return {
        "messages a round": 2 * MESSAGES,
        "all good, median s": statistics.median(good),
        "half of them bad, median s": statistics.median(mixed),
        "ratio": statistics.median(mixed) / statistics.median(good),
    }


def _round(hub: RunningHub, client: paho.Client, number: int, *, bad: bool) -> float:
    before = _seen(hub)
    base = time.time() - 3600 + number * 300
    begin = time.monotonic()
    for index in range(2 * MESSAGES):
        spoiled = bad and index % 2 == 1
        payload = (
            _bad(index) if spoiled else json.dumps([{"n": "power", "u": "W", "v": index, "t": base + index / 1000}])
        )
        client.publish("ll/d/meter-1/up/telemetry", payload, 1)
    until("every message", lambda: _seen(hub) - before >= 2 * MESSAGES or None, within=300, every=0.02)
    return time.monotonic() - begin


def _bad(index: int) -> bytes:
    future = b'[{"n":"power","u":"W","v":1,"t":4102444800}]'
    kinds = (b"{not json", b'[{"n":"power","u":"furlong","v":1}]', b'[{"n":"charm","v":1}]', future, os.urandom(64))
    return kinds[index // 2 % len(kinds)]


def _seen(hub: RunningHub) -> int:
    text = httpx.get(f"{hub.url}/metrics").text
    wanted = ("lamplighter_ingest_rows_total ", "lamplighter_ingest_rejected_total ")
    return int(sum(float(line.split()[1]) for line in text.splitlines() if line.startswith(wanted)))
