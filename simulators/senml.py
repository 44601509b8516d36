"""SenML packs (RFC 8428), JSON or CBOR. Units: SenML's, with the secondary ones of RFC 8798."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import cbor2
import msgspec

MOST_RECORDS = 200
_LABELS = {"bn": -2, "bt": -3, "n": 0, "u": 1, "v": 2}

Record = dict[str, str | float]


class Reading(NamedTuple):
    """One value: metric, unit, value."""

    name: str
    unit: str
    value: float


class Sheet(NamedTuple):
    """The readings of one device at one moment. `device` is None when the connection itself is meant."""

    device: str | None
    time: float
    readings: Sequence[Reading]


def packs(sheets: Iterable[Sheet], cbor: bool) -> Iterator[bytes]:
    """The sheets as packs of at most about 200 records each; a device is never torn apart."""
    records: list[Record] = []
    time: float | None = None
    for sheet in sheets:
        if records and len(records) + len(sheet.readings) > MOST_RECORDS:
            yield encode(records, cbor)
            records, time = [], None
        for index, reading in enumerate(sheet.readings):
            record: Record = {}
            if index == 0:
                if sheet.device is not None:
                    record["bn"] = f"{sheet.device}/"
                if time != sheet.time:
                    record["bt"] = time = sheet.time
            record["n"] = reading.name
            record["u"] = reading.unit
            record["v"] = reading.value
            records.append(record)
    if records:
        yield encode(records, cbor)


def encode(records: Sequence[Record], cbor: bool) -> bytes:
    """One pack."""
    if not cbor:
        return msgspec.json.encode(records)
    return cbor2.dumps([{_LABELS[name]: value for name, value in record.items()} for record in records])
