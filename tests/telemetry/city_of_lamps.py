"""A store, a registry and the rollup job over a small city, reopened as after kill -9."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

from hub.model.days import day_holding
from hub.model.devices import Device, DeviceKind
from hub.model.readings import Row
from hub.model.zones import Zone
from hub.ports import Aggregate, SeriesQuery, Span, TelemetryStore, Tier
from hub.registry import Registry
from hub.registry.city import City
from hub.store import DuckDbStore, MemoryStore
from hub.telemetry.rollups import Rollups
from tests.servers.registries import open_registry

LAMPS = ("lamp-0", "lamp-1", "lamp-2")
FAR = 4_000_000_000.0


class HandClock:
    """A clock that a test sets."""

    rate = 1.0

    def __init__(self, time: float) -> None:
        self.time = time

    def now(self) -> float:
        return self.time

    def ahead(self, seconds: float) -> float:
        return self.time + seconds


class Works:
    """The job and what it works on. `waiting` is the oldest source time that waits in a spool."""

    def __init__(
        self,
        folder: Path,
        now: float,
        store: TelemetryStore | None = None,
        *,
        url: str = "",
        time_zone: str = "Asia/Ho_Chi_Minh",
        late_days: float = 2.0,
        steps: int = 100,
    ) -> None:
        self.waiting: float | None
        self.folder, self.clock, self.waiting = folder, HandClock(now), None
        self.time_zone, self.late_days, self.steps = time_zone, late_days, steps
        self.url = url
        self.city = City(
            [Zone("west", "West", "ward"), Zone("east", "East", "ward")],
            [Device(name, name, DeviceKind.LIGHT, zone="west") for name in LAMPS],
        )
        self.store: TelemetryStore = store or DuckDbStore(folder / "store", self.clock.now)
        self._open()

    def _open(self) -> None:
        self.registry = Registry(self.url) if self.url else open_registry(self.folder / "registry.db")
        self.rollups = Rollups(
            self.store,
            self.registry,
            self.city,
            self.clock,
            time_zone=self.time_zone,
            late_days=self.late_days,
            oldest_waiting=lambda: self.waiting,
            steps=self.steps,
        )

    def reopen(self, time_zone: str | None = None) -> None:
        """Drop every object but what is on disk. A store in memory stays: it stands for one on disk."""
        self.time_zone = time_zone or self.time_zone
        self.registry.close()
        if not isinstance(self.store, MemoryStore):
            self.store.close()
            self.store = DuckDbStore(self.folder / "store", self.clock.now)
        self._open()

    def close(self) -> None:
        with closing(self.registry), closing(self.store):
            pass

    def put(self, *rows: Row) -> None:
        """What the ingest loop does."""
        with self.rollups.lateness.arriving(rows):
            self.store.append(rows)

    def turn(self) -> None:
        """Turns until nothing is left to do."""
        while self.rollups.turn(self.rollups.where()):
            pass

    def series(self, start: float, end: float, every: float, aggregate: Aggregate) -> list[tuple[float, float]]:
        """The power of all lamps, as seen through the tiers."""
        query = SeriesQuery(
            {DeviceKind.LIGHT: LAMPS}, "power", start, end, every, aggregate, True, start % every,
            rolled=self.rollups.spans,
        )  # fmt: skip
        return self.store.series(query)

    def by_tiers_alone(self) -> dict[Tier, dict[float, float]]:
        """{tier: {start of an interval: readings in it}}, once all readings are gone for good."""
        self.store.drop_before(FAR)
        spans, count = self.rollups.spans, Aggregate.COUNT
        quarters = self.series(*spans[Tier.QUARTER], 900.0, count)
        hours = self.series(*spans[Tier.HOUR], 3600.0, count)
        days = [point for day in self._days() for point in self.series(*day, day.end - day.start, count)]
        return {Tier.QUARTER: dict(quarters), Tier.HOUR: dict(hours), Tier.DAY: dict(days)}

    def _days(self) -> Iterator[Span]:
        at, end = self.rollups.spans[Tier.DAY]
        while at < end:
            day = Span(*day_holding(at, ZoneInfo(self.time_zone)))
            yield day
            at = day.end


def row(device: str, time: float, power: float = 60.0) -> Row:
    """A lamp's power."""
    return Row(device, DeviceKind.LIGHT, time, time + 1, {"power": power})
