"""A fire event's way: from the panel's packet until it is on disk in the hub's registry (seen by somebody who looks into the
file), and until it is on the operator's event stream. Bars: p99 of 50 and 100 ms when the hub is idle; 250 and 500 ms while
telemetry comes at 1.2 times what the hub carries and a city of lamps is switched again and again; none lost.

The floor beside it is a bare MQTT client that writes each event to SQLite with fsync, at the same broker and under the same load.
Ten panels, each with a connection of its own, burn point after point and are reset; each says its whole state once a second
while it changes. Idle, the hub's PUBACK is read off the wire too: where an event comes by two sessions, the later of both.
Last, kill -9 of the hub, of the broker (a Mosquitto that loses up to a second of what it acknowledged) and of a receiver of
notifications in turn, while every point burns once: none may be lost, and each is one alarm that began once.
In the environment: SCENES (idle, busy, kills), EVENTS, BUSY_EVENTS, RATE, BUSY_RATE, LAMPS, KILLS.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks import _peers as peers
from benchmarks._delay import Delays, quantile
from benchmarks._fire import Operator, Panels, Registry, Sent
from benchmarks._fire_kills import kills
from benchmarks._hub import durable_rows, flat_lamps, measured_hub
from benchmarks._load import load
from benchmarks._orders import known, root_of, switched
from tests.servers.hub import RunningHub
from tests.servers.mosquitto import MosquittoServer
from tests.servers.relay import relay
from tests.servers.streets import streets
from tests.servers.waiting import until

SCENES = os.environ.get("SCENES", "idle,busy,kills").split(",")
EVENTS, RATE = int(os.environ.get("EVENTS", "1000")), float(os.environ.get("RATE", "20"))
BUSY_EVENTS, BUSY_RATE = int(os.environ.get("BUSY_EVENTS", "10000")), float(os.environ.get("BUSY_RATE", "100"))
LAMPS = int(os.environ.get("LAMPS", "10000"))
PANELS = 10
ABOVE = 1.2  # times what the hub carries


def run() -> dict[str, Any]:
    """Figures in ms, and counts."""
    figures: dict[str, Any] = {}
    if "idle" in SCENES:
        figures |= _idle()
    if "busy" in SCENES:
        figures |= _busy()
    if "kills" in SCENES:
        figures |= kills(EVENTS, RATE)
    return figures


def devices() -> Iterator[dict[str, str]]:
    """The panels, as they are registered."""
    for number in range(PANELS):
        name = Panels.name(number)
        yield {"id": name, "name": f"Tủ báo cháy {number + 1}", "kind": "fire_panel", "profile": "native"}


def _idle() -> dict[str, Any]:
    acknowledged = Delays(lambda topic: topic.endswith(b"/up/event"), b"")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            peers.field(folder / "broker") as broker,
            relay(broker.port, acknowledged.observe) as wire,
            measured_hub(folder / "hub", f"mqtt://127.0.0.1:{wire.port}", devices()) as hub,
            _bare(folder, broker, EVENTS) as bare,
        ):
            found = _measured(hub, broker, EVENTS, RATE, "idle")
            floor = _told(bare)
    return {
        **found,
        **_quantiles("idle: to the hub's PUBACK", list(acknowledged.last.values())),
        **_quantiles("idle: floor, bare client", floor),
    }


def _busy() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            peers.field(folder / "broker") as broker,
            measured_hub(folder / "hub", broker.url, [*flat_lamps(), *devices()]) as hub,
        ):
            through = durable_rows(hub)
            until("the hub to have subscribed", lambda: peers.flows(broker.port, through) or None)
            carried = peers.passage(hub.pid, 100_000, broker.port, durable_rows(hub)).rate
            words = ("--seed", "3", "--faults", "0", "--instant", "--single", "0")
            with streets(hub, folder / "streets", LAMPS, *words, within=900, broker=broker.url):
                with hub.client("operator") as api:
                    root = root_of(api)
                    until("the lamps", lambda: known(api, root) >= LAMPS or None, within=600, every=0.5)
                    with (
                        _flood(broker, hub, carried * ABOVE) as taken,
                        _switching(hub, root) as orders,
                        _bare(folder, broker, BUSY_EVENTS) as bare,
                    ):
                        found = _measured(hub, broker, BUSY_EVENTS, BUSY_RATE, "busy")
                        floor = _told(bare)
                        rate = taken()
    return {
        "busy: telemetry the hub carries alone, messages/s": carried,
        "busy: telemetry taken meanwhile, messages/s": rate,
        "busy: lamps": LAMPS,
        "busy: orders to all of them meanwhile": len(orders),
        "busy: lamps that followed an order, fewest": min(orders, default=0),
        **found,
        **_quantiles("busy: floor, bare client", floor),
    }


def _measured(hub: RunningHub, broker: MosquittoServer, count: int, rate: float, name: str) -> dict[str, Any]:
    """Say the events, and wait until all are seen."""
    sent = Sent()
    registry, operator = Registry(hub.data, sent), Operator(hub, sent)
    assert operator.watching.wait(60), "the event stream did not begin"
    panels = Panels(broker.port, PANELS, sent)
    try:
        with hub.client() as api:
            until("the panels to be there", lambda: _online(api) or None, within=120)
        before = _cpu(hub)
        panels.events(count, rate)
        begins = {key: number for key, number in sent.totals().items() if key.active}

        def shown() -> bool:
            wanted = sent.totals() if operator.topic == "fire" else begins
            return sum(operator.seen.totals.values()) >= sum(wanted.values())

        until("every event in the registry", lambda: sum(registry.seen.totals.values()) >= count or None, within=120)
        until("every event on the stream", lambda: shown() or None, within=120)
        cpu = _cpu(hub) - before
    finally:
        panels.close()
        registry.close()
        operator.close()
    missing = sent.totals() - registry.seen.totals
    return {
        f"{name}: events": count,
        f"{name}: events a second": rate,
        f"{name}: shown by": operator.topic,
        f"{name}: CPU of the hub meanwhile, ms an event": cpu / count * 1e3,
        f"{name}: missing": sum(missing.values()),
        f"{name}: more than were sent": sum((registry.seen.totals - sent.totals()).values()),
        **_quantiles(f"{name}: to the registry", registry.seen.seconds),
        **_quantiles(f"{name}: to the operator's stream", operator.seen.seconds),
    }


def _cpu(hub: RunningHub) -> float:
    used = psutil.Process(hub.pid).cpu_times()
    return used.user + used.system


def _online(api: httpx.Client) -> bool:
    items = api.get("/devices", params={"kind": "fire_panel"}).json()["items"]
    return len(items) == PANELS and all(each["online"] for each in items)


def _quantiles(name: str, seconds: Sequence[float]) -> dict[str, float]:
    return {
        f"{name}, p50 ms": quantile(seconds, 0.5) * 1e3,
        f"{name}, p99 ms": quantile(seconds, 0.99) * 1e3,
        f"{name}, worst ms": max(seconds) * 1e3,
    }


@contextmanager
def _bare(folder: Path, broker: MosquittoServer, count: int) -> Iterator[subprocess.Popen[str]]:
    """The bare client, subscribed."""
    words = [str(broker.port), "ll/d/+/up/event", str(folder / f"bare-{count}.db"), str(count)]
    process = subprocess.Popen([sys.executable, "-m", "benchmarks._bare", *words], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
        yield process
    finally:
        process.kill()
        process.wait()


def _told(process: subprocess.Popen[str]) -> list[float]:
    out, _ = process.communicate(timeout=600)
    found: list[float] = json.loads(out)
    return found


@contextmanager
def _flood(broker: MosquittoServer, hub: RunningHub, rate: float) -> Iterator[Any]:
    """Telemetry at that pace; yields what tells how much the hub took of it, messages a second."""
    through = durable_rows(hub)
    flood = load(broker.port, 1_000_000_000, rate=rate)
    try:
        before, begin = through(), time.monotonic()
        until("the flood to be on", lambda: through() > before + rate / 2 or None)
        yield lambda: (through() - before) / (time.monotonic() - begin)
    finally:
        flood.kill()
        flood.wait()


@contextmanager
def _switching(hub: RunningHub, root: str) -> Iterator[list[int]]:
    """Every lamp is switched again and again; yields how many followed each order."""
    followed: list[int] = []
    ended = threading.Event()

    def switch() -> None:
        with hub.client("operator") as api:
            for level in itertools.cycle(range(20, 100, 7)):
                if ended.is_set():
                    return
                followed.append(len(switched(api, psutil.Process(hub.pid), root, level).times))

    switching = threading.Thread(target=switch, daemon=True)
    switching.start()
    try:
        yield followed
    finally:
        ended.set()
        switching.join(200)
