"""The hub under measurement: `lamplighter run` on a broker of the benchmark's own, with its devices registered."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.servers.hub import RunningHub, running_hub

COLUMNS = ("id", "name", "kind", "profile", "address")


@contextmanager
def measured_hub(
    folder: Path, broker_url: str, devices: Iterable[Mapping[str, str]], settings: Mapping[str, Any] | None = None
) -> Iterator[RunningHub]:
    """A running hub at `broker_url` that knows `devices` ({column: value})."""
    with running_hub(folder, {"mqtt__url": broker_url, **(settings or {})}) as hub:
        register(hub, devices)
        yield hub


def register(hub: RunningHub, devices: Iterable[Mapping[str, str]]) -> None:
    """Register devices by CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(devices)
    with hub.client() as api:
        answer = api.post(
            "/devices/import", content=text.getvalue().encode(), headers={"Content-Type": "text/csv"}, timeout=600
        )
        assert answer.status_code < 300, answer.text[:2000]


def flat_lamps(count: int = 1000) -> Iterator[dict[str, str]]:
    """The lamps of the load generator's form `json`."""
    for number in range(count):
        name = f"lamp-{number:06}"
        yield {"id": name, "name": name, "kind": "light", "profile": "flat-json"}


def gateways(count: int = 100) -> Iterator[dict[str, str]]:
    """The gateways and their ten lamps each of the load generator's form `senml`."""
    for number in range(count):
        name = f"gw-{number:06}"
        yield {"id": name, "name": name, "kind": "gateway", "profile": "native"}
        for lamp in range(10):
            child = f"{name}-{lamp}"
            yield {"id": child, "name": child, "kind": "light", "profile": "native", "address": name}


class Counter:
    """One of the hub's own counters or gauges."""

    def __init__(self, hub: RunningHub, name: str) -> None:
        self._client = httpx.Client(base_url=hub.url, timeout=30)
        self._pattern = re.compile(rf"^{re.escape(name)}(?:\{{[^}}]*\}})? ([-+.\deE]+)$", re.MULTILINE)

    def __call__(self) -> int:
        return int(sum(float(value) for value in self._pattern.findall(self._client.get("/metrics").text)))


def durable_rows(hub: RunningHub) -> Counter:
    """Rows (one device at one time) that became durable since the start."""
    return Counter(hub, "lamplighter_ingest_rows_total")
