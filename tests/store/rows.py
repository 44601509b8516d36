"""Rows and queries for the store's tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hub.model.devices import DeviceKind
from hub.model.readings import Row
from hub.ports import Aggregate, SeriesQuery, TelemetryStore

MONDAY = 1_763_337_600.0  # 2025-11-17 00:00 UTC
WEEK = 7 * 86_400.0


def row(device: str, time: float, kind: DeviceKind = DeviceKind.LIGHT, quality: int = 0, **values: float) -> Row:
    """A row of `values`, received two seconds after its time."""
    return Row(device, kind, time, time + 2, values, quality)


def query(
    devices: Sequence[str],
    metric: str = "power",
    kind: DeviceKind = DeviceKind.LIGHT,
    start: float = 0.0,
    end: float = 4e9,
    every: float | None = None,
    aggregate: Aggregate = Aggregate.MEAN,
    over_devices: bool = False,
    offset: float = 0.0,
    limit: int = 100_000,
) -> SeriesQuery:
    """A query about one kind, over all times unless told."""
    return SeriesQuery({kind: devices}, metric, start, end, every, aggregate, over_devices, offset, limit)


def readings(
    store: TelemetryStore, devices: Iterable[str], metric: str = "power"
) -> dict[str, list[tuple[float, float]]]:
    """All readings of the metric, by device."""
    return {device: store.series(query([device], metric)) for device in devices}
