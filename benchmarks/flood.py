"""Memory under ten times what the hub can carry, for ten minutes.

The hub gets a tenth of the time: it is stopped and let go by signals, 180 of every 200 ms, while the load generator publishes as
fast as the broker takes it. What the hub cannot take stays with the broker, and the hub's memory must not grow. `MINUTES` in the
environment changes the length. The curve is resident memory in MB, each half minute.
"""

from __future__ import annotations

import os
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from benchmarks import _peers as peers
from benchmarks._hub import durable_rows, flat_lamps, measured_hub
from benchmarks._load import load
from tests.servers.hub import RunningHub
from tests.servers.waiting import until

MINUTES = float(os.environ.get("MINUTES", "10"))
SHARE = 0.1
TURN = 0.2


def run() -> dict[str, Any]:
    """The curve, and the largest step after the first minute."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with peers.field(folder / "field") as broker, measured_hub(folder / "hub", broker.url, flat_lamps()) as hub:
            through = durable_rows(hub)
            until("the hub to have subscribed", lambda: peers.flows(broker.port, through) or None)
            carried = peers.passage(hub.pid, 100_000, broker.port, durable_rows(hub)).rate
            flood = load(broker.port, 100_000_000)
            try:
                before, begin = durable_rows(hub)(), time.monotonic()
                curve = _curve(hub)
                seconds = time.monotonic() - begin
            finally:
                os.kill(hub.pid, signal.SIGCONT)
                flood.kill()
                flood.wait()
            until("the hub to answer", lambda: durable_rows(hub)() or None)
            taken = (durable_rows(hub)() - before) / seconds
    late = curve[2:]
    return {
        "it carries, messages/s": carried,
        "while held to a tenth of the time, messages/s": taken,
        "memory after one minute, MB": late[0],
        "memory at the end, MB": late[-1],
        "highest after the first minute, MB": max(late),
        "end against the first minute": late[-1] / late[0],
        "curve, MB each half minute": " ".join(f"{value:.0f}" for value in curve),
    }


def _curve(hub: RunningHub) -> list[float]:
    process = psutil.Process(hub.pid)
    curve: list[float] = []
    begin = time.monotonic()
    while (elapsed := time.monotonic() - begin) < 60 * MINUTES:
        if elapsed >= 30 * len(curve):
            curve.append(process.memory_info().rss / 1e6)
        os.kill(hub.pid, signal.SIGSTOP)
        time.sleep(TURN * (1 - SHARE))
        os.kill(hub.pid, signal.SIGCONT)
        time.sleep(TURN * SHARE)
    return [*curve, process.memory_info().rss / 1e6]
