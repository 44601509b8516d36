"""The ingest loop on a real registry and a real or failing store, as drivers and listeners see it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path

from hub.model.devices import Device, DeviceKind
from hub.model.light import LightReport
from hub.model.readings import Row
from hub.model.reports import ResultReport
from hub.ports import Delivery, Lane, StoreUnavailable, TelemetryStore
from hub.store import MemoryStore
from hub.telemetry.batch import Ingested
from hub.telemetry.inbox import LaneInbox
from hub.telemetry.ingest import Ingest
from hub.telemetry.latest import LatestValues
from tests.servers.registries import open_registry

NOW = 1_763_750_000.0


class TroubledStore(MemoryStore):
    """A store that can be away, slow, and unable to take some devices' rows."""

    def __init__(self, poison: Iterable[str] = ()) -> None:
        super().__init__()
        self.away = False
        self.poison = frozenset(poison)
        self.open = threading.Event()
        self.open.set()
        self.tried = threading.Event()

    def append(self, rows: Sequence[Row]) -> None:
        self.tried.set()
        self.open.wait()
        if self.away:
            raise StoreUnavailable("the disk is full")
        if not self.poison.isdisjoint(row.device for row in rows):
            raise ValueError("cannot be stored")
        super().append(rows)


def row(device: str = "lamp-1", time: float = NOW, **values: float) -> Row:
    return Row(device, DeviceKind.LIGHT, time, time + 1, values or {"power": 60.0})


def no_effects(lights: Sequence[LightReport], results: Sequence[ResultReport]) -> Sequence[tuple[str, float]]:
    return [(report.device, report.level) for report in lights]


@dataclass
class Pipeline:
    """An ingest loop with everything around it; `acknowledged`, `given_back` and `heard` grow as batches go through."""

    folder: Path
    store: TelemetryStore = field(default_factory=TroubledStore)
    effects: Callable[[Sequence[LightReport], Sequence[ResultReport]], Sequence[tuple[str, float]]] = no_effects
    arriving: Callable[[Sequence[Row]], AbstractContextManager[None]] = lambda rows: nullcontext()
    batch_readings: int = 5000
    bound: int = 1000

    def __post_init__(self) -> None:
        self.registry = open_registry(self.folder / "registry.db")
        if not self.registry.devices.all():
            lamps = [Device(f"lamp-{n}", f"Lamp {n}", DeviceKind.LIGHT) for n in range(10)]
            self.registry.devices.add_many(lamps, {})
        self.inbox = LaneInbox(dict.fromkeys(Lane, self.bound))
        self.latest = LatestValues()
        self.acknowledged: list[str] = []
        self.given_back: list[str] = []
        self.heard: list[Ingested] = []
        self.ingest = Ingest(
            self.inbox,
            self.store,
            self.registry,
            self.latest,
            self.effects,
            self.heard.append,
            batch_readings=self.batch_readings,
            batch_seconds=0.0,
            arriving=self.arriving,
        )

    async def __aenter__(self) -> Pipeline:
        self.ingest.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.ingest.stop()
        self.registry.close()
        with suppress(StoreUnavailable):
            self.store.close()

    def deliver(self, name: str, lane: Lane = Lane.BULK, **parts: object) -> None:
        """One message; `name` is in `acknowledged` once it was acknowledged, or in `given_back`."""
        delivery = Delivery(lambda: self.acknowledged.append(name), failed=lambda: self.given_back.append(name))
        for part, items in parts.items():
            setattr(delivery, part, items)
        self.inbox.put(lane, delivery)
