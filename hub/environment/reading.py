"""Reads the quarter-hours of sensors from the store: from their readings where these are kept, else from aggregates.

Both give the same: a quarter-hour is the mean, least, greatest and number of its readings.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping

from hub.environment.quarters import QUARTER, Quarter, bounds
from hub.model.devices import Device
from hub.model.readings import Row
from hub.ports import Aggregate, SeriesQuery, Span, TelemetryStore, Tier

MOST = 400_000  # readings of one sensor in one question: as aggregates more than that would cost less
HOUR = 3600.0
_PARTS = (Aggregate.MEAN, Aggregate.MIN, Aggregate.MAX, Aggregate.COUNT)
Kept = Mapping[Tier | None, float]


class Reader:
    """`spans` and `kept` are what rollups say of the store: what each tier answers for, and how far back each form reaches."""

    def __init__(
        self, store: TelemetryStore, spans: Callable[[], Mapping[Tier, Span]], kept: Callable[[], Kept]
    ) -> None:
        self._store, self._spans, self._kept = store, spans, kept

    def quarters(self, device: Device, span: Span, metrics: Collection[str] = ()) -> dict[str, list[Quarter]]:
        """{metric: quarter-hours that begin in the span, ascending}, of these metrics, or of all that are checked. Blocks.

        Where only hours are kept, each counts as one. Raises StoreUnavailable.
        """
        kept, wanted = self._kept(), metrics or bounds()
        if kept.get(None, span.start) <= span.start:
            rows = self._store.readings(device.kind, device.id, span, MOST)
            if len(rows) < MOST:
                return gathered(rows, wanted)
        finest = min((kept[form] for form in (None, Tier.QUARTER) if form in kept), default=span.start)
        length = QUARTER if finest <= span.start + HOUR or Tier.HOUR not in kept else HOUR
        return {metric: found for metric in wanted if (found := self._asked(device, metric, span, length))}

    def _asked(self, device: Device, metric: str, span: Span, length: float) -> list[Quarter]:
        mean, low, high, count = (
            dict(
                self._store.series(
                    SeriesQuery(
                        {device.kind: [device.id]}, metric, span.start, span.end, length, part, rolled=self._spans()
                    )
                )
            )
            for part in _PARTS
        )
        return [Quarter(time, mean[time], low[time], high[time], count[time]) for time in sorted(mean)]


def gathered(rows: Iterable[Row], metrics: Iterable[str]) -> dict[str, list[Quarter]]:
    """Rows as quarter-hours of these metrics."""
    held: dict[str, dict[int, list[float]]] = {metric: {} for metric in metrics}
    for row in rows:
        place = math.floor(row.time / QUARTER)
        for metric, value in row.values.items():
            if metric in held:
                held[metric].setdefault(place, []).append(value)
    return {
        metric: [_quarter(place, places[place]) for place in sorted(places)]
        for metric, places in held.items()
        if places
    }


def _quarter(place: int, values: list[float]) -> Quarter:
    if len(values) == 1:
        return Quarter(place * QUARTER, values[0], values[0], values[0], 1.0)
    return Quarter(place * QUARTER, math.fsum(values) / len(values), min(values), max(values), float(len(values)))
