"""The embedded store: rows a second made durable at several batch sizes, the reads that pages wait for, and rolling up.

Rows carry seven metrics, as a light's report does. The floor of an append is the disk alone: as many bytes as the write-ahead
log takes for the batch, written to a file and synced, as often. Reads are over a month: 10,000 lights in 20 zones, 10 M rows.
The latest values are asked of the store, as the hub does at a start without a snapshot; to people it answers them from memory.
Rolling up is an hour of 100,000 lights that report every quarter of an hour.
"""

from __future__ import annotations

import os
import random
import statistics
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from io import FileIO
from itertools import islice
from pathlib import Path
from typing import Any

from hub.model.devices import DeviceKind
from hub.model.readings import Row
from hub.ports import Aggregate, SeriesQuery, Span, Tier
from hub.store import DuckDbStore

START = 1_763_337_600.0
LIGHTS = 10_000
ZONES = 20
REPORTS = 1000  # of each light, spread over the month
MONTH = 30 * 86_400.0
BATCHES = {1_000: 60, 5_000: 30, 100_000: 4}
CITY = 100_000
DAY = 86_400.0
HOUR = 3600.0


def run() -> dict[str, Any]:
    """Figures in rows a second, us of CPU a row, ms and ratios."""
    figures: dict[str, Any] = {}
    for size, count in BATCHES.items():
        with tempfile.TemporaryDirectory() as folder:
            figures |= _append(Path(folder), size, count)
    with tempfile.TemporaryDirectory() as folder:
        figures |= _read(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        figures |= _roll_up(Path(folder))
    return figures


def _rows(count: int, chance: random.Random, lights: int = LIGHTS, every: float = MONTH / REPORTS) -> Iterator[Row]:
    """Reports of the lights in turn, a round of all of them each `every` s."""
    for number in range(count):
        time_ = START + (number // lights) * every + (number % lights) * (0.9 * every / lights)
        power = chance.uniform(0, 120)
        values = {
            "level": float(chance.randrange(101)),
            "power": power,
            "energy": number * 15.0,
            "voltage": chance.gauss(228, 2),
            "temperature": 25 + power / 4,
            "current": power / 228,
            "power_factor": 0.95,
        }
        yield Row(f"lamp-{number % lights:05d}", DeviceKind.LIGHT, time_, time_ + 0.3, values)


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
    rows = _rows(LIGHTS * REPORTS, random.Random(2))
    while batch := list(islice(rows, 100_000)):
        store.append(batch)
    lights = [f"lamp-{number:05d}" for number in range(LIGHTS)]
    places: dict[str, str | None] = {light: f"zone-{number % ZONES}" for number, light in enumerate(lights)}
    month = Span(START, START + MONTH)
    rolling = 0.0
    for tier in (Tier.QUARTER, Tier.HOUR):
        for day in range(int(MONTH / DAY)):
            span = Span(START + day * DAY, START + (day + 1) * DAY)
            rolling += _seconds(partial(store.roll_up, tier, span, places))
    store.close()
    opened: list[DuckDbStore] = []
    opening = _seconds(lambda: opened.append(DuckDbStore(folder, time.time)))
    store = opened[0]
    sizes = store.sizes()
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
    rolled = {Tier.QUARTER: month, Tier.HOUR: month}
    figures = {
        "rows read from": sizes.rows,
        "bytes a row on disk": sizes.bytes / sizes.rows,
        "bytes an interval of a quarter of an hour on disk": sizes.tiers[Tier.QUARTER].bytes
        / sizes.tiers[Tier.QUARTER].rows,
        "bytes an interval of an hour on disk": sizes.tiers[Tier.HOUR].bytes / sizes.tiers[Tier.HOUR].rows,
        "rolling up the month into quarters and hours, s": rolling,
        "open, ms": opening * 1e3,
        "latest of 10,000 lights (7 metrics), asked of the store, ms": _median_ms(
            lambda: deque(store.latest(), maxlen=0)
        ),
        "latest among what came in the last hour, asked of the store, ms": _median_ms(
            lambda: deque(store.latest(month.end - HOUR), maxlen=0)
        ),
        "hourly sum of a zone of 500 lights, a month, from readings, ms": _median_ms(lambda: store.series(zones[3])),
        "hourly sum of a zone of 500 lights, a month, from the hours of its lights, ms": _median_ms(
            lambda: store.series(replace(zones[3], rolled=rolled))
        ),
        "hourly sum of a zone of 500 lights, a month, from the hours of the zone, ms": _median_ms(
            lambda: store.series(replace(zones[3], rolled=rolled, zones=("zone-3",)))
        ),
        "hourly sum of each of 20 zones, a month, from the hours of the zones, ms": _median_ms(
            lambda: [
                store.series(replace(zone, rolled=rolled, zones=(f"zone-{number}",)))
                for number, zone in enumerate(zones)
            ]
        ),
        "hourly sum of all 20 zones one by one, ms": _median_ms(lambda: [store.series(zone) for zone in zones]),
        "hourly sum of all 10,000 lights, a month, ms": _median_ms(lambda: store.series(city)),
        "every reading of a light, a month, ms": _median_ms(lambda: store.series(one)),
    }
    store.close()
    return figures


def _roll_up(folder: Path) -> dict[str, Any]:
    store = DuckDbStore(folder, time.time)
    rows = _rows(4 * CITY, random.Random(3), CITY, HOUR / 4)
    while batch := list(islice(rows, 100_000)):
        store.append(batch)
    places: dict[str, str | None] = {f"lamp-{number:05d}": f"zone-{number % 500}" for number in range(CITY)}
    span = Span(START, START + HOUR)
    figures = {}
    for tier in (Tier.QUARTER, Tier.HOUR):
        name = f"rolling up an hour of {CITY:,} lights into {tier.value}"
        figures[f"{name}, ms"] = _seconds(partial(store.roll_up, tier, span, places)) * 1e3
        figures[f"{name} again, nothing new, ms"] = _seconds(partial(store.roll_up, tier, span, places)) * 1e3
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
