"""The embedded store: rows a second made durable at several batch sizes, and the two reads that pages wait for.

Rows carry five metrics, as a light's report does. The floor of an append is the disk alone: as many bytes as the write-ahead
log takes for the batch, written to a file and synced, as often. Reads are over a month: 10,000 lights in 20 zones, 1 M rows.
"""

from __future__ import annotations

import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from io import FileIO
from pathlib import Path
from typing import Any

from hub.model.devices import DeviceKind
from hub.model.readings import Row
from hub.ports import Aggregate, SeriesQuery
from hub.store import DuckDbStore

START = 1_763_337_600.0
LIGHTS = 10_000
ZONES = 20
REPORTS = 100  # of each light, spread over the month
MONTH = 30 * 86_400.0
BATCHES = {1_000: 60, 5_000: 30, 100_000: 4}


def run() -> dict[str, Any]:
    """Figures in rows a second, us of CPU a row, ms and ratios."""
    figures: dict[str, Any] = {}
    for size, count in BATCHES.items():
        with tempfile.TemporaryDirectory() as folder:
            figures |= _append(Path(folder), size, count)
    with tempfile.TemporaryDirectory() as folder:
        figures |= _read(Path(folder))
    return figures


def _rows(count: int, chance: random.Random) -> Iterator[Row]:
    """Reports of the lights in turn, a round of all of them every `MONTH / REPORTS`."""
    for number in range(count):
        time_ = START + (number // LIGHTS) * (MONTH / REPORTS) + (number % LIGHTS) * 0.09
        power = chance.uniform(0, 120)
        values = {
            "level": float(chance.randrange(101)),
            "power": power,
            "energy": number * 15.0,
            "voltage": chance.gauss(228, 2),
            "temperature": 25 + power / 4,
        }
        yield Row(f"lamp-{number % LIGHTS:05d}", DeviceKind.LIGHT, time_, time_ + 0.3, values)


def _append(folder: Path, size: int, count: int) -> dict[str, Any]:
    rows = list(_rows(size * count, random.Random(1)))
    batches = [rows[start : start + size] for start in range(0, len(rows), size)]
    store = DuckDbStore(folder / "store", time.time)
    store.append(batches[0])
    log_bytes = sum(path.stat().st_size for path in (folder / "store").glob("*.wal")) or store.sizes().bytes
    cpu = time.process_time()
    rounds = [_seconds(partial(store.append, batch)) for batch in batches[1:]]
    cpu = time.process_time() - cpu
    again = _seconds(lambda: store.append(batches[1]))
    store.close()
    with open(folder / "floor", "wb", buffering=0) as file:
        content = os.urandom(log_bytes)
        floor = [_seconds(partial(_write_and_sync, file, content)) for _ in rounds]
    return {
        f"append, batches of {size}: rows/s": size * len(rounds) / sum(rounds),
        f"append, batches of {size}: CPU us a row": cpu / size / len(rounds) * 1e6,
        f"append, batches of {size}: median ms a batch": statistics.median(rounds) * 1e3,
        f"append, batches of {size}: worst ms a batch": max(rounds) * 1e3,
        f"append, batches of {size}: times the bare write+fsync of {log_bytes} bytes": sum(rounds) / sum(floor),
        f"append, batches of {size}: the same batch again, rows/s": size / again,
    }


def _read(folder: Path) -> dict[str, Any]:
    store = DuckDbStore(folder, time.time)
    rows = list(_rows(LIGHTS * REPORTS, random.Random(2)))
    for start in range(0, len(rows), 100_000):
        store.append(rows[start : start + 100_000])
    store.close()
    opened: list[DuckDbStore] = []
    opening = _seconds(lambda: opened.append(DuckDbStore(folder, time.time)))
    store = opened[0]
    sizes = store.sizes()
    lights = [f"lamp-{number:05d}" for number in range(LIGHTS)]
    zones = [
        SeriesQuery(
            {DeviceKind.LIGHT: lights[zone::ZONES]},
            "power",
            START,
            START + MONTH,
            3600.0,
            Aggregate.SUM,
            over_devices=True,
        )
        for zone in range(ZONES)
    ]
    city = SeriesQuery(
        {DeviceKind.LIGHT: lights}, "power", START, START + MONTH, 3600.0, Aggregate.SUM, over_devices=True
    )
    one = SeriesQuery({DeviceKind.LIGHT: lights[:1]}, "power", START, START + MONTH)
    figures = {
        "rows read from": sizes.rows,
        "bytes a row on disk": sizes.bytes / sizes.rows,
        "open, ms": opening * 1e3,
        "latest of 10,000 lights (5 metrics), ms": _median_ms(lambda: list(store.latest())),
        "hourly sum of a zone of 500 lights, a month, ms": _median_ms(lambda: store.series(zones[3])),
        "hourly sum of all 20 zones one by one, ms": _median_ms(lambda: [store.series(zone) for zone in zones]),
        "hourly sum of all 10,000 lights, a month, ms": _median_ms(lambda: store.series(city)),
        "every reading of a light, a month, ms": _median_ms(lambda: store.series(one)),
    }
    store.close()
    return figures


def _write_and_sync(file: FileIO, content: bytes) -> None:
    file.write(content)
    os.fsync(file.fileno())


def _median_ms(work: Callable[[], object]) -> float:
    return statistics.median(_seconds(work) for _ in range(5)) * 1e3


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    for name, figure in run().items():
        print(f"{name:<80} {figure:,.2f}")
