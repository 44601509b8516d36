"""An InfluxDB that was away: how fast the spool drains while fresh readings go on coming, and what these wait for meanwhile.

RATE messages a second arrive all the time, eighteen times what 100,000 lamps send at a report each quarter of an hour.
AWAY in the environment changes the length of the outage in seconds.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import _peers as peers
from benchmarks._delay import Delays, quantile
from benchmarks._hub import Counter, durable_rows, flat_lamps, measured_hub
from benchmarks._load import load
from tests.servers.influxd import influxd
from tests.servers.relay import relay
from tests.servers.waiting import until

RATE = 2_000
AWAY = float(os.environ.get("AWAY", "300"))
AFTERWARDS = 3600  # seconds for which the load would go on; it is ended when the spool is empty


def run() -> dict[str, Any]:
    """Seconds, rows, and the ratio of the outage to its recovery."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with influxd(folder / "influxd") as server, peers.field(folder / "field") as broker:
            delays = Delays(lambda topic: topic.startswith(b"tele/"), b"")
            with relay(broker.port, delays.observe) as wire:
                settings = {"influx__url": server.url, "influx__database": "benchmark"}
                url = f"mqtt://127.0.0.1:{wire.port}"
                with measured_hub(folder / "hub", url, flat_lamps(), settings) as hub:
                    through = durable_rows(hub)
                    until("the hub to have subscribed", lambda: peers.flows(broker.port, through) or None)
                    waiting = Counter(hub, "lamplighter_spool_rows")
                    server.stop()
                    flow = load(broker.port, int(RATE * (AWAY + AFTERWARDS)), rate=RATE)
                    try:
                        time.sleep(AWAY)
                        backlog, away = waiting(), quantile(delays.seconds, 0.99)
                        server.start()
                        delays.seconds.clear()
                        begin = time.monotonic()
                        until("the spool to be empty", lambda: waiting() == 0 or None, within=600)
                        recovery, back = time.monotonic() - begin, quantile(delays.seconds, 0.99)
                    finally:
                        flow.kill()
                        flow.wait()
    return {
        "messages/s, all the time": RATE,
        "InfluxDB away: s": AWAY,
        "rows that waited on disk": backlog,
        "recovery: s": recovery,
        "recovery: times real time (promised: 5)": AWAY / recovery,
        "a fresh message to durable while away: p99 ms": away * 1e3,
        "a fresh message to durable in the recovery: p99 ms": back * 1e3,
    }
