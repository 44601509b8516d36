"""A file of devices (CSV), line by line: what each line says, and what becomes of it. Pure, but for `Import.store`."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from hub.api.problems import Problem, clean
from hub.api.schemas.places import DeviceIn
from hub.model.devices import Device
from hub.model.zones import Location

COLUMNS = ("id", "name", "kind", "profile", "zone", "lat", "lon", "rated_power", "address", "status", "feed")
REQUIRED = ("id", "kind")
NUMBERS = ("lat", "lon", "rated_power")
MOST_ROWS = 100_000


class RowOutcome(StrEnum):
    """What became of a line."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    ERROR = "error"


@dataclass(slots=True)
class Line:
    """One line of the file. `device` is None when it says nothing usable; `detail` says why."""

    number: int
    id: str
    device: Device | None = None
    outcome: RowOutcome = RowOutcome.ERROR
    detail: str = ""
    password: str | None = field(default=None, repr=False)

    def fail(self, detail: str) -> None:
        """This line changes nothing."""
        self.outcome, self.detail, self.device = RowOutcome.ERROR, detail, None


def read(body: bytes, known: Mapping[str, Device]) -> list[Line]:
    """Every line below the header, judged alone and against what is `known`; raises a problem when the file is no such CSV.

    A column that is left out keeps the known device's value; an empty field is no value (`profile`: native).
    """
    lines: list[Line] = []
    seen: dict[str, int] = {}
    for number, fields in _rows(body):
        if len(lines) >= MOST_ROWS:
            raise Problem(422, "too-many-rows", f"more than {MOST_ROWS:,} rows: split the file")
        line = _line(number, fields, known)
        if line.device is not None and (first := seen.setdefault(line.id, number)) != number:
            line.fail(f"id {line.id!r} is on line {first} already: keep one of the two")
        lines.append(line)
    return lines


def _rows(body: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Problem(422, "not-utf8", f"byte {error.start} is not UTF-8: save the file as CSV UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        _check_header(header)
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) > len(header):
                row = [*row[: len(header) - 1], ",".join(row[len(header) - 1 :])]
            yield reader.line_num, dict(zip(header, (cell.strip() for cell in row), strict=False))
    except csv.Error as error:
        raise Problem(
            422, "bad-csv", f'line {reader.line_num}: {error}: write comma-separated values, quoted with "'
        ) from None


def _check_header(header: list[str]) -> None:
    wanted = f"the first line must name the columns, of: {','.join(COLUMNS)}"
    if missing := [name for name in REQUIRED if name not in header]:
        raise Problem(422, "bad-header", f"column {missing[0]} is missing: {wanted}")
    if unknown := [name for name in header if name not in COLUMNS]:
        raise Problem(422, "bad-header", f"column {clean(unknown[0])!r} is unknown: {wanted}")
    if len(set(header)) < len(header):
        raise Problem(422, "bad-header", f"a column is there twice: {wanted}")


def _line(number: int, fields: dict[str, str], known: Mapping[str, Device]) -> Line:
    line = Line(number, clean(fields.get("id", ""), 63))
    said: dict[str, Any] = {name: value for name, value in fields.items() if value and name not in NUMBERS}
    numbers: dict[str, float] = {}
    for name in NUMBERS:
        if text := fields.get(name):
            try:
                numbers[name] = float(text)
            except ValueError:
                line.fail(f"{name}: {clean(text, 40)!r} is not a number: write e.g. 16.4637")
                return line
    if ("lat" in numbers) != ("lon" in numbers):
        line.fail("lat and lon: write both, or neither")
        return line
    if "lat" in numbers:
        said["location"] = {"lat": numbers["lat"], "lon": numbers["lon"]}
    if "rated_power" in numbers:
        said["rated_power"] = numbers["rated_power"]
    before = known.get(line.id)
    if "kind" not in said and before is not None:
        said["kind"] = before.kind
    try:
        row = DeviceIn.model_validate(said)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        name = str(first["loc"][-1]) if first["loc"] else "row"
        line.fail(f"{name}: {str(first['msg']).removeprefix('Value error, ')}")
        return line
    location = Location(row.location.lat, row.location.lon) if row.location else None
    values: dict[str, Any] = {
        "name": row.name or row.id,
        "kind": row.kind,
        "profile": row.profile,
        "zone": row.zone,
        "location": location,
        "rated_power": row.rated_power,
        "address": row.address,
        "status": row.status,
        "feed": row.feed,
    }
    written = {"location" if name in ("lat", "lon") else name for name in fields}
    if before is None:
        line.device, line.outcome = Device(id=row.id, **values), RowOutcome.CREATED
    else:
        line.device = replace(before, **{name: value for name, value in values.items() if name in written})
        line.outcome = RowOutcome.UNCHANGED if line.device == before else RowOutcome.UPDATED
    return line
