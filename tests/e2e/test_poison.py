"""Two thousand fuzzed messages among good ones: the good are stored, the fuzzed are in quarantine byte for byte."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt import enums

from benchmarks import poison
from benchmarks._fuzz import FUTURE, GATEWAY, SOURCE, payloads
from tests.servers.hub import RunningHub, running_hub

MESSAGES = 2000


@contextmanager
def publisher(hub: RunningHub) -> Iterator[Callable[[Sequence[bytes]], None]]:
    """A gateway that speaks for the meters."""
    client = paho.Client(enums.CallbackAPIVersion.VERSION2, client_id=GATEWAY)
    client.username_pw_set(*poison.registered(hub))
    client.max_inflight_messages_set(1000)
    client.connect("127.0.0.1", hub.mqtt_port)
    client.loop_start()
    try:
        yield lambda payloads: _publish(client, payloads)
    finally:
        client.disconnect()
        client.loop_stop()


def _publish(client: paho.Client, payloads: Sequence[bytes]) -> None:
    for payload in payloads:
        client.publish(SOURCE, payload, 1)


def test_nothing_of_either_is_lost_and_the_hub_is_well(tmp_path: Path) -> None:
    fuzzed = list(payloads(MESSAGES, 11, time.time()))
    assert len({each.payload for each in fuzzed}) > MESSAGES * 0.9
    with running_hub(tmp_path, {"store__future_seconds": FUTURE}) as hub, publisher(hub) as publish:
        begin = time.time() - 3600
        poison.through(hub, publish, fuzzed, MESSAGES, begin)
        assert poison.stored(hub, begin, MESSAGES) == MESSAGES
        assert poison.quarantined(hub, fuzzed) == (0, 0)
        with hub.client() as api:
            held = sum(each["rows"] for each in api.get("/quarantine").json()["held"])
            assert held == sum(each.refusals for each in fuzzed)
