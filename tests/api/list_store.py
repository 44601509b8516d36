"""A TelemetryStore in a list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hub.model.readings import Row
from hub.ports import Aggregate, Health, LatestValue, SeriesQuery, StoreSizes


class ListStore:
    def __init__(self, folder: object, now: object) -> None:
        self.rows: list[Row] = []

    def append(self, rows: Sequence[Row]) -> None:
        self.rows += rows

    def latest(self) -> Iterable[LatestValue]:
        return ()

    def series(self, query: SeriesQuery) -> list[tuple[float, float]]:
        names = {d for ids in query.devices.values() for d in ids}
        found = sorted(
            (r.time, r.values[query.metric])
            for r in self.rows
            if r.device in names and query.metric in r.values and query.start <= r.time < query.end
        )
        if query.every is None:
            return found[: query.limit]
        buckets: dict[float, list[float]] = {}
        for t, v in found:
            buckets.setdefault((t - query.offset) // query.every * query.every + query.offset, []).append(v)
        how = {Aggregate.MEAN: lambda v: sum(v) / len(v), Aggregate.SUM: sum, Aggregate.MIN: min, Aggregate.MAX: max}
        return [(t, float(how.get(query.aggregate, len)(v))) for t, v in sorted(buckets.items())][: query.limit]

    def drop_before(self, time: float) -> int:
        return 0

    def sizes(self) -> StoreSizes:
        return StoreSizes(len(self.rows), 0, None, None)

    def health(self) -> Health:
        return Health(True, "")

    def close(self) -> None:
        pass
