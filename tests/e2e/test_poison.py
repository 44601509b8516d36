"""Two thousand fuzzed messages among good ones: the good are stored, the fuzzed are in quarantine byte for byte."""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks import poison
from benchmarks._fuzz import FUTURE, payloads
from tests.servers.hub import running_hub

MESSAGES = 2000


def test_nothing_of_either_is_lost_and_the_hub_is_well(tmp_path: Path) -> None:
    fuzzed = list(payloads(MESSAGES, 11, time.time()))
    assert len({each.payload for each in fuzzed}) > MESSAGES * 0.9
    with running_hub(tmp_path, {"store__future_seconds": FUTURE}) as hub, poison.publisher(hub) as client:
        begin = time.time() - 3600
        poison.publish(hub, client, fuzzed, MESSAGES, begin)
        assert poison.stored(hub, begin, MESSAGES) == MESSAGES
        assert poison.quarantined(hub, fuzzed) == (0, 0)
        with hub.client() as api:
            held = sum(each["rows"] for each in api.get("/quarantine").json()["held"])
            assert held == sum(each.refusals for each in fuzzed)
