"""Rows and queries for the store's tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import pytest

from hub.model.devices import DeviceKind
from hub.model.readings import Row
from hub.ports import Aggregate, SeriesQuery, Span, TelemetryStore, Tier

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
    rolled: Mapping[Tier, Span] = MappingProxyType({}),
) -> SeriesQuery:
    """A query about one kind, over all times unless told."""
    return SeriesQuery({kind: devices}, metric, start, end, every, aggregate, over_devices, offset, limit, rolled)


def readings(
    store: TelemetryStore, devices: Iterable[str], metric: str = "power"
) -> dict[str, list[tuple[float, float]]]:
    """All readings of the metric, by device."""
    return {device: store.series(query([device], metric)) for device in devices}


def same(found: Sequence[tuple[float, float]], expected: Sequence[tuple[float, float]], about: object = "") -> None:
    """Fail unless both have the same times, and values that differ in the last digits only."""
    assert [time for time, _ in found] == [time for time, _ in expected], about
    assert [value for _, value in found] == pytest.approx([value for _, value in expected], rel=1e-9), about
