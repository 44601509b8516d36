"""Do malformed messages harm the good ones? Good messages alone, and as many with as many fuzzed ones between them.

Through the embedded broker into the store. Fuzzed (benchmarks/_fuzz.py, fixed seed): mutated, cut and spliced packs in JSON and
CBOR, valid JSON that says something impossible, noise. Afterwards every good reading must be stored, and every
fuzzed message be in quarantine byte for byte: the download is compared with what was sent. `ratio` is the time with half of the
messages bad over the time of as many good ones: 1 means that a bad message costs what a good one costs.
"""

from __future__ import annotations

import base64
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from benchmarks._fuzz import DEVICES, FUTURE, GATEWAY, GOOD, SOURCE, Fuzzed, payloads
from benchmarks._load import load, result, written
from tests.servers.hub import RunningHub, running_hub
from tests.servers.waiting import until

MESSAGES = 100_000
SEED = 3
WINDOW = 90_000  # readings asked for at once; an answer holds 100,000 at most


def run(messages: int = MESSAGES) -> dict[str, Any]:
    """Seconds from the first publish to the last good message durable, the ratio, and what was lost or left out: nothing."""
    room = {"quarantine__rows": 10 * messages, "quarantine__megabytes": 4096, "store__future_seconds": FUTURE}
    with tempfile.TemporaryDirectory() as folder, running_hub(Path(folder), room) as hub:
        publish = partial(send, hub, registered(hub))
        begin = time.time() - 86_400
        good = through(hub, publish, (), 2 * messages, begin)
        poison = list(payloads(messages, SEED, time.time()))
        mixed = through(hub, publish, poison, messages, begin + 2 * messages / 100)
        missing = 3 * messages - stored(hub, begin, 3 * messages)
        lost, foreign = quarantined(hub, poison)
    return {
        "good messages": 3 * messages,
        "fuzzed messages": messages,
        "good ones that were not stored": missing,
        "fuzzed ones that are not in quarantine": lost,
        "messages in quarantine that were not sent so": foreign,
        "all good, s": good,
        "half of them fuzzed, s": mixed,
        "ratio": mixed / good,
    }


def registered(hub: RunningHub) -> tuple[str, str]:
    """Register the meters and their gateway; returns the gateway's account."""
    with hub.client() as api:
        for device in DEVICES:
            body = {"id": device.id, "kind": device.kind.value, "address": device.address}
            made = api.post("/devices", json=body).json()
            if device.id == GATEWAY:
                password = made["credentials"]["password"]
    return GATEWAY, password


def send(hub: RunningHub, account: tuple[str, str], payloads: Sequence[bytes]) -> None:
    """Publish from four connections, as fast as the hub takes it."""
    with tempfile.TemporaryDirectory() as folder:
        form, count = written(Path(folder) / "payloads", SOURCE, payloads), len(payloads)
        publisher = load(hub.mqtt_port, count, form=form, devices=count, window=1000, account=account)
        result(publisher, within=900)


def through(
    hub: RunningHub, sent: Callable[[Sequence[bytes]], None], poison: Sequence[Fuzzed], good: int, begin: float
) -> float:
    """Have `good` readings `sent`, 10 ms apart from `begin` on, with the poison between them; returns the seconds until all are
    durable: readings in the store, poison in quarantine."""
    payloads = []
    for number in range(good):
        record = {"bn": f"{GOOD}/", "n": "power", "u": "W", "v": number % 300, "t": round(begin + number / 100, 2)}
        payloads.append(json.dumps([record]).encode())
        payloads += [each.payload for each in poison[number : number + 1]]
    rows, refusals = _seen(hub)
    rows += good + sum(each.rows for each in poison)
    refusals += sum(each.refusals for each in poison)
    started = time.monotonic()
    sent(payloads)
    until("every message", lambda: _seen(hub) == (rows, refusals), within=60, every=0.05)
    return time.monotonic() - started


def _seen(hub: RunningHub) -> tuple[int, int]:
    """Rows and refusals that are durable."""
    text = httpx.get(f"{hub.url}/metrics").text
    found = dict(line.split() for line in text.splitlines() if line.startswith("lamplighter_ingest_r"))
    return int(float(found["lamplighter_ingest_rows_total"])), int(float(found["lamplighter_ingest_rejected_total"]))


def stored(hub: RunningHub, begin: float, count: int) -> int:
    """How many of the good readings are in the store."""
    found = 0
    with hub.client() as api:
        for first in range(0, count, WINDOW):
            start, end = (begin + number / 100 - 0.005 for number in (first, min(first + WINDOW, count)))
            window = {"metric": "power", "start": _iso(start), "end": _iso(end)}

            answer = api.get(f"/devices/{GOOD}/telemetry", params=window, timeout=120).raise_for_status()
            found += len(answer.json()["points"])
    return found


def quarantined(hub: RunningHub, sent: Sequence[Fuzzed]) -> tuple[int, int]:
    """How many sent messages are not in quarantine, and how many there were not sent, byte for byte.

    A message is there once for each thing that is wrong with it.
    """
    wanted = Counter(each.payload for each in sent)
    rows: Counter[tuple[str, str]] = Counter()
    with hub.client() as api, api.stream("GET", "/quarantine/download", timeout=600) as answer:
        for line in answer.iter_lines():
            message = json.loads(line)
            rows[message["raw"], message["code"]] += 1
    there: Counter[bytes] = Counter()
    for (raw, _), count in rows.items():
        payload = base64.b64decode(raw)
        there[payload] = max(there[payload], count)
    return (wanted - there).total(), (there - wanted).total()


def _iso(at: float) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at))
    return f"{whole}.{int(at % 1 * 1e6):06}Z"
