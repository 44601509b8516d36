"""From the wire to the disk: the hub beside the broker's own limit, Node-RED and the ThingsBoard gateway, on the same work.

182-byte JSON of 1,000 devices on `tele/{device}/telemetry`, QoS 1, a Mosquitto of its own, a native load generator
(benchmarks/load), all in one run. A rate is messages a second from the first publish until the last one is through: counted by
a native subscriber (the limit), in the hub's store durably, in Node-RED's output file, at the gateway's platform. Load, broker
and subject share the cores. The delay is read off the wire between hub and broker: from the time in the payload to the hub's
PUBACK, sent when the message is on disk. SenML packs hold 50 readings of ten lamps. Peers: benchmarks/peers/setup; one that is
missing is named.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import paho.mqtt.client as paho
from paho.mqtt import enums

from benchmarks import _peers as peers
from benchmarks._delay import Delays, quantile
from benchmarks._hub import Counter, durable_rows, flat_lamps, gateways, measured_hub
from benchmarks._load import load, result
from benchmarks._peers import Passage
from tests.servers.hub import RunningHub
from tests.servers.influxd import influxd
from tests.servers.mosquitto import MosquittoServer
from tests.servers.relay import relay
from tests.servers.waiting import until

P = TypeVar("P", Passage, Passage | str)

MESSAGES = 200_000
ROUNDS = 3
PACKS = 20_000
QUIET_RATE, QUIET_MESSAGES = 5_000, 100_000
EVENTS, EVENTS_A_SECOND = 400, 20


def run() -> dict[str, Any]:
    """Rates in messages a second, CPU in us a message, delays in ms, and the ratios that we promise."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with peers.field(folder / "limit") as broker:
            limit = _told("the limit", _median([peers.broker_alone(broker, MESSAGES) for _ in range(ROUNDS)]))
        ours = _told("DuckDB", _hub(folder / "duckdb"))
        found = {
            "Node-RED": _told("Node-RED", _peer(folder / "nodered", peers.node_red, MESSAGES)),
            "thingsboard-gateway": _told(
                "thingsboard-gateway", _peer(folder / "tbgw", peers.thingsboard_gateway, MESSAGES // 20)
            ),
        }
        with influxd(folder / "influxd") as server:
            settings = {"influx__url": server.url, "influx__database": "benchmark"}
            influx = _told("InfluxDB", _hub(folder / "influx", settings))
        packs = _packs(folder / "packs")
        delays = _delays(folder / "delays")
    figures: dict[str, Any] = {"messages a round": MESSAGES, "rounds (medians)": ROUNDS}
    figures |= _shown("the limit: Mosquitto to a counting subscriber", limit)
    figures |= _shown("Lamplighter, durable in DuckDB", ours)
    figures["ratio to the limit (promised: 0.75)"] = ours.rate / limit.rate
    for peer, promised in (("Node-RED", 1.2), ("thingsboard-gateway", 20)):
        passage = found[peer]
        if isinstance(passage, str):
            figures[peer] = passage
            continue
        figures |= _shown(f"{peer}, in memory", passage)
        figures[f"ratio to {peer} (promised: {promised})"] = ours.rate / passage.rate
    figures |= _shown("Lamplighter, durable in InfluxDB 1.6", influx)
    figures["InfluxDB to DuckDB (promised: 0.7)"] = influx.rate / ours.rate
    return figures | packs | delays


def _told(name: str, found: P) -> P:
    print(f"  {name}: {found}", flush=True)
    return found


def _shown(name: str, passage: Passage) -> dict[str, float]:
    return {
        f"{name}: messages/s": passage.rate,
        f"{name}: CPU us a message": passage.cpu,
        f"{name}: MB": passage.memory,
    }


def _median(rounds: list[Passage]) -> Passage:
    return Passage(*(statistics.median(values) for values in zip(*rounds, strict=True)))


def _hub(folder: Path, settings: dict[str, Any] | None = None) -> Passage:
    with peers.field(folder / "field") as broker:
        with measured_hub(folder, broker.url, flat_lamps(), settings) as hub:
            through = durable_rows(hub)
            until("the hub to have subscribed", lambda: peers.flows(broker.port, through) or None)
            peers.passage(hub.pid, MESSAGES // 10, broker.port, through)
            return _median([peers.passage(hub.pid, MESSAGES, broker.port, through) for _ in range(ROUNDS)])


def _peer(folder: Path, start: Callable[..., Any], messages: int) -> Passage | str:
    try:
        with peers.field(folder / "field") as broker, start(folder / "peer", broker.port) as (pid, through):
            peers.passage(pid, messages // 10, broker.port, through)
            return _median([peers.passage(pid, messages, broker.port, through) for _ in range(ROUNDS)])
    except FileNotFoundError as missing:
        return f"not measured: {missing}"


def _packs(folder: Path) -> dict[str, float]:
    with peers.field(folder / "field") as broker, measured_hub(folder, broker.url, gateways()) as hub:
        through = _packs_through(Counter(hub, "lamplighter_ingest_readings_total"))
        until("the hub to hear", lambda: peers.flows(broker.port, through, "senml") or None)
        peers.passage(hub.pid, PACKS // 10, broker.port, through, "senml")
        passage = _median([peers.passage(hub.pid, PACKS, broker.port, through, "senml") for _ in range(ROUNDS)])
    return {
        "SenML packs of 50 readings: readings/s (promised: 250,000)": passage.rate * 50,
        "SenML packs of 50 readings: CPU us a reading": passage.cpu / 50,
    }


def _packs_through(readings: Callable[[], int]) -> Callable[[], int]:
    return lambda: readings() // 50


def _delays(folder: Path) -> dict[str, float]:
    with peers.field(folder / "field-1") as broker:
        quiet = _quiet(folder / "quiet", broker)
    with peers.field(folder / "field-2") as broker:
        flooded = _flooded(folder / "flood", broker)
    return {
        f"PUBLISH to durable at {QUIET_RATE} messages/s: p50 ms": quantile(quiet, 0.5) * 1e3,
        f"PUBLISH to durable at {QUIET_RATE} messages/s: p99 ms (promised: 100)": quantile(quiet, 0.99) * 1e3,
        "an event under full flood: p50 ms": quantile(flooded, 0.5) * 1e3,
        "an event under full flood: p99 ms (promised: 250)": quantile(flooded, 0.99) * 1e3,
    }


def _quiet(folder: Path, broker: MosquittoServer) -> list[float]:
    quiet = Delays(lambda topic: topic.startswith(b"tele/"), b"")
    with relay(broker.port, quiet.observe) as wire:
        with measured_hub(folder, f"mqtt://127.0.0.1:{wire.port}", flat_lamps()) as hub:
            through = durable_rows(hub)
            until("the hub to have subscribed", lambda: peers.flows(broker.port, through) or None)
            result(load(broker.port, QUIET_MESSAGES // 10, rate=QUIET_RATE))
            until("the warm-up to be through", lambda: through() >= QUIET_MESSAGES // 10 or None)
            quiet.seconds.clear()
            result(load(broker.port, QUIET_MESSAGES, rate=QUIET_RATE))
            until("every PUBACK", lambda: len(quiet.seconds) >= QUIET_MESSAGES or None)
    return quiet.seconds


def _flooded(folder: Path, broker: MosquittoServer) -> list[float]:
    flooded = Delays(lambda topic: topic.endswith(b"/up/event"), b"-event")
    with relay(broker.port, flooded.observe) as wire:
        panel = {"id": "panel-1", "name": "Panel", "kind": "fire_panel", "profile": "native"}
        with measured_hub(folder, f"mqtt://127.0.0.1:{wire.port}", [*flat_lamps(), panel]) as hub:
            with _flood(broker, hub):
                _events(broker)
                until("every event to be acknowledged", lambda: len(flooded.seconds) >= EVENTS or None)
    return flooded.seconds


@contextmanager
def _flood(broker: MosquittoServer, hub: RunningHub) -> Iterator[None]:
    through = durable_rows(hub)
    flood = load(broker.port, 100 * MESSAGES)
    try:
        until("the flood to be on", lambda: through() > MESSAGES // 4 or None)
        yield
    finally:
        flood.kill()
        flood.wait()


def _events(broker: MosquittoServer) -> None:
    client = paho.Client(enums.CallbackAPIVersion.VERSION2, client_id="panel-1")
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    begin = time.monotonic()
    for number in range(EVENTS):
        time.sleep(max(0.0, begin + number / EVENTS_A_SECOND - time.monotonic()))
        body = f'{{"t":{time.time():.6f},"type":"fireTest","active":{"true" if number % 2 else "false"},"point":"1/{number}"}}'
        client.publish("ll/d/panel-1/up/event", body, 1)
    client.disconnect()
    client.loop_stop()
