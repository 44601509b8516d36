"""Rows into columns: a batch split by file and table, told apart into new rows and rows that may be there already. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from hub.model.devices import DeviceKind
from hub.model.readings import Row
from hub.store.periods import RAW, Period, file_name, period_at

_TIMESTAMP = pa.timestamp("us")
_BEFORE_ALL = -(2**63)


@dataclass(slots=True)
class Portion:
    """Rows of one batch for one table of one file, with their times in microseconds."""

    rows: list[Row] = field(default_factory=list)
    times: list[int] = field(default_factory=list)

    _shapes: set[tuple[str, ...]] | None = None

    def shapes(self) -> set[tuple[str, ...]]:
        """The lists of metrics that occur together in a row, in the order in which the rows give them."""
        if self._shapes is None:
            self._shapes = {tuple(row.values) for row in self.rows}
        return self._shapes

    def metrics(self) -> list[str]:
        """The metrics that occur, sorted."""
        return sorted(set(chain.from_iterable(self.shapes())))

    def table(self) -> pa.Table:
        """As Arrow: device, time, received, quality and a column for each metric."""
        rows = self.rows
        received = pa.array([row.received for row in rows], pa.float64())
        columns = {
            "device": pa.array([row.device for row in rows], pa.string()),
            "time": _from(array("q", self.times), pa.int64()).cast(_TIMESTAMP),
            "received": pc.round(pc.multiply(received, 1e6)).cast(pa.int64()).cast(_TIMESTAMP),
            "quality": pa.array([row.quality for row in rows], pa.uint8()),
        }
        return pa.table(columns | _values(rows, self.shapes()))

    def held(self) -> dict[str, frozenset[str]]:
        """The metrics that each device has in these rows."""
        shapes = {shape: frozenset(shape) for shape in self.shapes()}
        if len(shapes) == 1:
            (only,) = shapes.values()
            return dict.fromkeys([row.device for row in self.rows], only)
        found: dict[str, frozenset[str]] = {}
        for row in self.rows:
            shape = shapes[tuple(row.values)]
            before = found.get(row.device)
            if before is not shape:
                found[row.device] = shape if before is None else before | shape
        return found


def split(rows: Sequence[Row]) -> dict[Period, dict[DeviceKind, Portion]]:
    """Rows by period and kind, in their order. A row without values holds no reading and is left out.

    Times are rounded here as `microseconds` does, without its bounds, for speed.
    """
    found: dict[Period, dict[DeviceKind, Portion]] = {}
    low, high, kind, portion = 0, 0, None, Portion()
    add_row, add_time = portion.rows.append, portion.times.append
    for row in rows:
        if not row.values:
            continue
        time = round(row.time * 1e6)
        if row.kind is not kind or not low <= time < high:
            file = period_at(RAW, time)
            low, high, kind = file.begins, file.ends, row.kind
            portion = found.setdefault(file, {}).setdefault(kind, Portion())
            add_row, add_time = portion.rows.append, portion.times.append
        add_row(row)
        add_time(time)
    return found


def unstorable(rows: Sequence[Row]) -> dict[int, str]:
    """{index: reason} of the rows whose time is in no year that a file is named by."""
    found = {}
    for index, row in enumerate(rows):
        try:
            file_name(period_at(RAW, round(row.time * 1e6)))
        except (ValueError, OverflowError) as error:
            found[index] = str(error)
    return found


def _values(rows: Sequence[Row], shapes: set[tuple[str, ...]]) -> dict[str, pa.Array]:
    """A column for each metric; rows of one shape are taken as one block of numbers, row after row."""
    if len(shapes) == 1:
        (shape,) = shapes
        block = array("d", chain.from_iterable([row.values.values() for row in rows]))
        return {metric: _from(block[place :: len(shape)], pa.float64()) for place, metric in enumerate(shape)}
    values = [row.values for row in rows]
    return {metric: _column(values, metric) for metric in sorted(set(chain.from_iterable(shapes)))}


def _from(numbers: array[float] | array[int], kind: pa.DataType) -> pa.Array:
    return pa.Array.from_buffers(kind, len(numbers), [None, pa.py_buffer(numbers)])


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
    if not late:
        return Sorted(portion, Portion(), seen)
    return Sorted(new, Portion(list(late.values()), [time for _, time in late]), seen)


def _merged(first: Row, second: Row) -> Row:
    if second.values.keys() <= first.values.keys():
        return first
    return msgspec.structs.replace(first, values={**second.values, **first.values})
