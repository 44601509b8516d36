"""Rows as line protocol. Pure.

Measurement = kind; tags device, kind, zone; a float field a metric, `received` (float, Unix seconds), and
`quality` (integer) where it is not 0; times in us.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from hub.model.devices import DeviceKind
from hub.model.readings import Row
from hub.store.periods import microseconds

TIME_LIMIT = 9_223_372_036_854_775  # us; InfluxDB keeps signed 64-bit nanoseconds
ZONELESS = "none"  # value of the tag `zone` of a device in no zone: series of a measurement then all have the same tags

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_]+")
_NO_NUMBER = re.compile(rb":[^-0-9]")  # null (not finite), true, false
_FIELDS = bytes.maketrans(b":", b"=")
_json = msgspec.json.Encoder().encode
_TAG = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ "})


@dataclass(slots=True)
class Lines:
    """Encoded rows: `lines[i]` is the row at `places[i]` of the batch, `first` and `last` their times' bounds in us.

    `refused` rows cannot be said in line protocol.
    """

    lines: list[str]
    places: Sequence[int]
    first: int = 0
    last: int = 0
    refused: dict[int, str] = field(default_factory=dict)


class RowEncoder:
    """Rows to lines. `zone_of` says in which zone a device is; the texts of tags are kept and reused."""

    def __init__(self, zone_of: Callable[[str], str | None]) -> None:
        self._zone_of = zone_of
        self._tags: dict[str, tuple[str, DeviceKind, str | None]] = {}
        self._plain_names: set[str] = set()

    def encode(self, rows: Sequence[Row]) -> Lines:
        """All rows that hold values, in their order."""
        if not rows:
            return Lines([], ())
        return self._plain(rows) or self._each(rows)

    def _plain(self, rows: Sequence[Row]) -> Lines | None:
        """The fast way, all values in one JSON text that is turned into fields; None when one row needs care."""
        values = [row.values for row in rows]
        if not all(values):
            return None
        names = set[str]().union(*values)
        if not names <= self._plain_names:
            if not all(map(_PLAIN_NAME.fullmatch, names)):
                return None
            self._plain_names |= names
        text = _json(values)
        received = _json([row.received for row in rows])
        try:
            times = [round(row.time * 1e6) for row in rows]
        except (ValueError, OverflowError):
            return None
        first, last = min(times), max(times)
        if _NO_NUMBER.search(text) or b"null" in received or last > TIME_LIMIT or first < -TIME_LIMIT:
            return None
        fields = text[2:-2].translate(_FIELDS, b'"').decode().split("},{")
        tags, zone_of = self._tags, self._zone_of
        lines: list[str] = []
        add = lines.append
        for row, held, heard, time in zip(rows, fields, received[1:-1].decode().split(","), times, strict=True):
            device = row.device
            known = tags.get(device)
            if known is None or known[1] is not row.kind or known[2] != zone_of(device):
                if "\n" in device:
                    return None
                known = self._known(row)
            quality = row.quality
            if quality:
                add(f"{known[0]} {held},received={heard},quality={quality:d}i {time}")
            else:
                add(f"{known[0]} {held},received={heard} {time}")
        return Lines(lines, range(len(rows)), first, last)

    def _each(self, rows: Sequence[Row]) -> Lines:
        """The careful way, row by row."""
        lines: list[str] = []
        places: list[int] = []
        refused: dict[int, str] = {}
        for place, row in enumerate(rows):
            if not row.values:
                continue
            try:
                lines.append(self._line(row))
            except ValueError as error:
                refused[place] = str(error)
            else:
                places.append(place)
        times = [microseconds(rows[place].time) for place in places]
        return Lines(lines, places, min(times, default=0), max(times, default=0), refused)

    def _line(self, row: Row) -> str:
        if "\n" in row.device:
            raise ValueError("a device's id holds no line break")
        if not math.isfinite(row.time) or abs(round(row.time * 1e6)) > TIME_LIMIT:
            raise ValueError(f"time {row.time!r} is outside the years 1678 to 2261: check the device's clock")
        if not math.isfinite(row.received):
            raise ValueError(f"receive time {row.received!r} is no time")
        known = self._known(row)
        fields = ",".join(_field(name, value) for name, value in row.values.items())
        quality = f",quality={row.quality:d}i" if row.quality else ""
        return f"{known[0]} {fields},received={float(row.received)!r}{quality} {round(row.time * 1e6)}"

    def _known(self, row: Row) -> tuple[str, DeviceKind, str | None]:
        zone = self._zone_of(row.device)
        known = self._tags[row.device] = (series(row.kind, row.device, zone), row.kind, zone)
        return known


def series(kind: DeviceKind, device: str, zone: str | None) -> str:
    """Measurement and tags of a device's readings."""
    return f"{kind.value},device={tag(device)},kind={kind.value},zone={tag(zone or ZONELESS)}"


def rolled_series(kind: DeviceKind, device: str) -> str:
    """Measurement and tags of a device's aggregates: without its zone, so that restating after a move replaces them."""
    return f"{kind.value},device={tag(device)},kind={kind.value}"


def zone_series(kind: DeviceKind, zone: str) -> str:
    """Measurement and tags of a zone's aggregates."""
    return f"zone_{kind.value},kind={kind.value},zone={tag(zone)}"


def tag(text: str) -> str:
    """`text` as a tag's value."""
    return text.translate(_TAG)


def line(series: str, fields: Mapping[str, float], time: int) -> str:
    """One line of finite float fields; `time` in microseconds."""
    return f"{series} {','.join(f'{name.translate(_TAG)}={value!r}' for name, value in fields.items())} {time}"


def joined(lines: Iterable[str]) -> bytes:
    """A request's body."""
    return "\n".join(lines).encode()


def _field(name: str, value: float) -> str:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{name[:63]}={number!r} is no number that InfluxDB stores: send a finite one or leave it out")
    if "\n" in name:
        raise ValueError("a metric's name holds no line break")
    return f"{name.translate(_TAG)}={number!r}"
