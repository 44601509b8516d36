"""The state of every part of the running hub."""

from __future__ import annotations

from collections.abc import Mapping

from hub.broker import EmbeddedBroker
from hub.control.sensing import Sensing
from hub.control.timetable import Timetable
from hub.disk import Disk
from hub.ports import Driver, Health, TelemetryStore
from hub.registry import Registry
from hub.store.spool import SpooledStore
from hub.telemetry.ingest import Ingest


class Wellness:
    """Asks the parts themselves; Wellbeing."""

    def __init__(
        self,
        registry: Registry,
        store: TelemetryStore,
        ingest: Ingest,
        timetable: Timetable,
        sensing: Sensing,
        drivers: Mapping[str, Driver],
        broker: EmbeddedBroker | None,
        disk: Disk,
    ) -> None:
        self._registry, self._store, self._ingest = registry, store, ingest
        self._timetable, self._sensing = timetable, sensing
        self._drivers, self._broker, self._disk = drivers, broker, disk

    def parts(self) -> Mapping[str, Health]:
        """Every part, as `/readyz` shows it; may take as long as the registry's database does."""
        parts = {"registry": self._registry.health(), "store": self._store.health()}
        failing = self._ingest.counters.failing
        if isinstance(self._store, SpooledStore):
            parts["spool"] = self._store.spool_health()
        parts["ingest"] = Health(not failing, "; ".join(f"{k}: {v}" for k, v in failing.items()) or "writing")
        unusable = {**self._timetable.unusable, **self._sensing.unusable}
        parts["programs"] = Health(not unusable, "; ".join(f"{k}: {v}" for k, v in unusable.items()) or "usable")
        drivers = {f"driver:{name}": driver.health() for name, driver in self._drivers.items()}
        return parts | dict(self.machine()) | drivers

    def machine(self) -> Mapping[str, Health]:
        """What the hub's own machine must give, at once: room on its disk, and the embedded broker where there is one."""
        broker = {"broker": self._broker.health()} if self._broker is not None else {}
        return {"disk": self._disk.health()} | broker
