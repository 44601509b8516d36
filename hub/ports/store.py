"""Where readings live."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, Protocol

from hub.model.devices import DeviceKind
from hub.model.readings import Row
from hub.ports.common import Health


class Aggregate(StrEnum):
    """How the readings of an interval become one value (contract: `agg`)."""

    MEAN = "mean"
    MIN = "min"
    MAX = "max"
    SUM = "sum"
    LAST = "last"
    COUNT = "count"


class Tier(StrEnum):
    """Aggregates that are kept longer than readings. Days are civil days of the city; the others count from the Unix epoch."""

    QUARTER = "15m"
    HOUR = "1h"
    DAY = "1d"


class Span(NamedTuple):
    """start <= time < end, Unix seconds."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class SeriesQuery:
    """Readings of one metric, start <= time < end.

    With `every` (seconds) one point an interval, aligned to the Unix epoch plus `offset` seconds, stamped with the interval's
    start; without, every reading. `over_devices` says that the devices are to be seen as one: `sum` then adds up
    each device's own value of the interval (mean of a gauge, last of a counter, sum of a delta), `count` counts
    readings, and the others take all readings alike.

    `rolled` is what each tier holds; a store may answer from a tier what it would answer from readings, and must where the
    readings are gone. `zones`, when not empty, says that `devices` are all the devices (of those kinds) right in these
    zones, so that the zones' own aggregates may answer.
    """

    devices: Mapping[DeviceKind, Sequence[str]]
    metric: str
    start: float
    end: float
    every: float | None = None
    aggregate: Aggregate = Aggregate.MEAN
    over_devices: bool = False
    offset: float = 0.0
    limit: int = 100_000
    rolled: Mapping[Tier, Span] = field(default_factory=dict)
    zones: tuple[str, ...] = ()


class LatestValue(NamedTuple):
    """The newest value of one metric of one device."""

    device: str
    metric: str
    time: float
    value: float


class StoreSizes(NamedTuple):
    """What the store holds: rows and bytes on disk, and the source times of its oldest and newest rows; and each tier's.

    `days` that the rows cover, without gaps and without the odd row from far away; None where the store cannot tell.
    """

    rows: int
    bytes: int
    oldest: float | None
    newest: float | None
    tiers: Mapping[Tier, StoreSizes] = MappingProxyType({})
    days: float | None = None


class StoreUnavailable(Exception):
    """The store cannot take or give data now; nothing of the call was kept."""


class CannotAnswer(StoreUnavailable):
    """This store never answers such a question; the message is a sentence for a person."""


class TooMuchAsked(StoreUnavailable):
    """The answer takes more memory than the store has for answers; the message is a sentence for a person."""


class RowsRefused(Exception):
    """The store took a batch but for these rows, which it can never take: {index in the batch: reason}."""

    def __init__(self, refused: Mapping[int, str]) -> None:
        super().__init__(f"{len(refused)} rows refused, the first: {next(iter(refused.values()), '')}")
        self.refused = refused


class TelemetryStore(Protocol):
    """Where readings live. Calls block and come from any thread; `append` from one at a time."""

    def append(self, rows: Sequence[Row]) -> None:
        """Store rows; on return they survive kill -9 and power loss. A reading that is there already changes nothing.

        Raises RowsRefused when all rows but some are stored, StoreUnavailable when none need be.
        """

    def latest(self, received_after: float | None = None) -> Iterable[LatestValue]:
        """The newest value of every metric of every device, among readings received after then: how caches are rebuilt."""

    def readings(self, kind: DeviceKind, device: str, span: Span, limit: int) -> list[Row]:
        """A device's rows as they were stored, with both their times, ascending; at most `limit`."""

    def series(self, query: SeriesQuery) -> list[tuple[float, float]]:
        """(time, value) pairs, ascending."""

    def roll_up(self, tier: Tier, span: Span, zones: Mapping[str, str | None]) -> int:
        """Compute the tier's aggregates of `span` (whole intervals; exactly one of DAY) afresh, for each device and for each
        zone (`zones`: {device: the zone it is right in}); returns how many device intervals there are.

        Quarters come from readings, hours and days from quarters. To repeat it changes nothing.
        """

    def drop_before(self, time: float, tier: Tier | None = None) -> int:
        """Delete readings (or a tier's aggregates) older than `time` in whole periods, giving their disk space back;
        returns bytes freed."""

    def sizes(self) -> StoreSizes:
        """What it holds."""

    def health(self) -> Health:
        """Its state now."""

    def close(self) -> None:
        """Flush and let go of the files."""
