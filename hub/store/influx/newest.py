"""`TelemetryStore.latest` by InfluxQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hub.model.devices import DeviceKind
from hub.ports import LatestValue
from hub.store.influx.access import InfluxAccess
from hub.store.influx.asking import Asker, Series
from hub.store.influx.influxql import among, bounds, chunks, quoted
from hub.store.influx.lines import TIME_LIMIT
from hub.store.influx.rolling import field_names
from hub.store.periods import microseconds

_WINDOW = 3_600_000_000  # us; readings received after t are nearly all of times after t less this
_PATIENCE = 300.0  # s that the server may take: it looks at every series


class NewestReader:
    """The newest value of every metric of every device."""

    def __init__(self, asker: Asker, access: InfluxAccess) -> None:
        self._asker, self._access = asker, access

    def latest(self, received_after: float | None) -> list[LatestValue]:
        """Among all readings, or among those received after then: of what was measured from an hour before then on every
        reading is looked at, of what is older only that of devices of which something came in later."""
        found: dict[tuple[str, str], LatestValue] = {}
        for kind in DeviceKind:
            metrics = field_names(self._asker, self._access.database, kind.value)
            if not metrics:
                continue
            if received_after is None:
                values = self._last(kind, metrics, bounds(-TIME_LIMIT, TIME_LIMIT))
            else:
                values = self._received(kind, metrics, received_after)
            for value in values:
                known = found.get((value.device, value.metric))
                if known is None or known.time <= value.time:
                    found[value.device, value.metric] = value
        return list(found.values())

    def _received(self, kind: DeviceKind, metrics: Sequence[str], after: float) -> Iterator[LatestValue]:
        border = microseconds(after) - _WINDOW
        condition = f'"received" > {after!r}'
        for some in chunks(self._late(kind, after, border)):
            yield from self._last(kind, metrics, f"{among(some)} AND {condition} AND {bounds(-TIME_LIMIT, border)}")
        statement = (
            f'SELECT "device", {", ".join(map(quoted, metrics))} FROM {quoted(kind.value)} '
            f"WHERE {condition} AND {bounds(border, TIME_LIMIT)}"
        )
        for series in self._asker.ask(statement, self._access.database, _PATIENCE):
            for time, device, *values in series.values:
                for metric, value in zip(metrics, values, strict=True):
                    if value is not None:
                        yield LatestValue(device, metric, time / 1e6, float(value))

    def _last(self, kind: DeviceKind, metrics: Sequence[str], condition: str) -> Iterator[LatestValue]:
        for metric in metrics:
            statement = f'SELECT last({quoted(metric)}) FROM {quoted(kind.value)} WHERE {condition} GROUP BY "device"'
            for series in self._asker.ask(statement, self._access.database, _PATIENCE):
                for time, value in series.values:
                    yield LatestValue(series.tags["device"], metric, time / 1e6, float(value))

    def _late(self, kind: DeviceKind, after: float, border: int) -> list[str]:
        """Devices of which something measured before `border` came in after then: mostly none, which is cheap to see."""
        statement = f'SELECT max("received") FROM {quoted(kind.value)} WHERE {bounds(-TIME_LIMIT, border)}'

        def newest(grouped: str) -> list[Series]:
            answer = self._asker.ask(statement + grouped, self._access.database, _PATIENCE)
            return [one for one in answer if any(received > after for _, received in one.values)]

        return [one.tags["device"] for one in newest(' GROUP BY "device"')] if newest("") else []
