"""The newest value of every metric of every device: a cache of the store, rebuilt at start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hub.model.readings import Row
from hub.ports import LatestValue

_NOTHING: Mapping[str, tuple[float, float]] = {}


class LatestValues:
    """{device: {metric: (source time, value)}}; an older reading never replaces a newer one."""

    def __init__(self) -> None:
        self._values: dict[str, dict[str, tuple[float, float]]] = {}

    def load(self, values: Iterable[LatestValue]) -> None:
        """Fill from `TelemetryStore.latest`."""
        for device, metric, time, value in values:
            self._values.setdefault(device, {})[metric] = (time, value)

    def update(self, rows: Iterable[Row]) -> None:
        """Take in rows that are durable."""
        for row in rows:
            known = self._values.get(row.device)
            if known is None:
                known = self._values[row.device] = {}
            time = row.time
            for metric, value in row.values.items():
                before = known.get(metric)
                if before is None or before[0] <= time:
                    known[metric] = (time, value)

    def of(self, device: str) -> Mapping[str, tuple[float, float]]:
        """{metric: (source time, value)} of one device; empty when it never reported."""
        return self._values.get(device, _NOTHING)

    def newest(self, device: str) -> float | None:
        """Source time of the device's newest reading."""
        known = self._values.get(device)
        return max(time for time, _ in known.values()) if known else None

    def forget(self, device: str) -> None:
        """Drop a device that was deleted."""
        self._values.pop(device, None)

    def __len__(self) -> int:
        return len(self._values)
