"""Rows into columns: a batch split by file and table, told apart into new rows and rows that may be there already. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from hub.model.devices import DeviceKind
from hub.model.readings import Row
from hub.store.periods import PERIOD

_TIMESTAMP = pa.timestamp("us")
_BEFORE_ALL = -(2**63)


@dataclass(slots=True)
class Portion:
    """Rows of one batch for one table of one file, with their times in microseconds."""

    rows: list[Row] = field(default_factory=list)
    times: list[int] = field(default_factory=list)

    def metrics(self) -> list[str]:
        """The metrics that occur, sorted."""
        return sorted(set[str]().union(*[row.values for row in self.rows]))

    def table(self) -> pa.Table:
        """As Arrow: device, time, received, quality and a column for each metric."""
        rows = self.rows
        values = [row.values for row in rows]
        columns = {
            "device": pa.array([row.device for row in rows], pa.string()),
            "time": pa.array(self.times, _TIMESTAMP),
            "received": _timestamps([row.received for row in rows]),
            "quality": pa.array([row.quality for row in rows], pa.uint8()),
        }
        for metric in self.metrics():
            columns[metric] = _column(values, metric)
        return pa.table(columns)


def split(rows: Sequence[Row]) -> dict[int, dict[DeviceKind, Portion]]:
    """Rows by period and kind, in their order. A row without values holds no reading and is left out.

    Times are rounded here as `microseconds` does, without its bounds, for speed.
    """
    found: dict[int, dict[DeviceKind, Portion]] = {}
    low, high, kind, portion = 0, 0, None, Portion()
    add_row, add_time = portion.rows.append, portion.times.append
    for row in rows:
        if not row.values:
            continue
        time = round(row.time * 1e6)
        if row.kind is not kind or not low <= time < high:
            period = time // PERIOD
            low, high, kind = period * PERIOD, (period + 1) * PERIOD, row.kind
            portion = found.setdefault(period, {}).setdefault(kind, Portion())
            add_row, add_time = portion.rows.append, portion.times.append
        add_row(row)
        add_time(time)
    return found


def _timestamps(times: list[float]) -> pa.Array:
    return pc.round(pc.multiply(pa.array(times, pa.float64()), 1e6)).cast(pa.int64()).cast(_TIMESTAMP)


def _column(values: Sequence[Mapping[str, float]], metric: str) -> pa.Array:
    try:
        return pa.array([row[metric] for row in values], pa.float64())
    except KeyError:
        return pa.array([row.get(metric) for row in values], pa.float64())


@dataclass(slots=True)
class Sorted:
    """A portion told apart: `new` rows cannot be stored yet; `late` ones may be, and are unique by device and time.

    `newest` holds the time of the newest row of each device in `new`. Insert `new` first: a late row may repeat one of it.
    """

    new: Portion
    late: Portion
    newest: dict[str, int]


def tell_apart(portion: Portion, newest: Mapping[str, int]) -> Sorted:
    """Tell apart what is newer than all that is stored of its device (`newest`) from what must be looked up."""
    seen: dict[str, int] = {}
    new = Portion()
    add_row, add_time = new.rows.append, new.times.append
    late: dict[tuple[str, int], Row] = {}
    for row, time in zip(portion.rows, portion.times, strict=True):
        device = row.device
        before = seen.get(device)
        if before is None:
            before = newest.get(device, _BEFORE_ALL)
        if time > before:
            seen[device] = time
            add_row(row)
            add_time(time)
        else:
            first = late.get((device, time))
            late[device, time] = row if first is None else _merged(first, row)
    return Sorted(new, Portion(list(late.values()), [time for _, time in late]), seen)


def _merged(first: Row, second: Row) -> Row:
    if second.values.keys() <= first.values.keys():
        return first
    return msgspec.structs.replace(first, values={**second.values, **first.values})
