"""Records to rows, with a reason for every record that cannot become one (RFC 8428 section 4.6, "resolved records")."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from drivers.senml.labels import BASE_LABELS, RELATIVE_BELOW, Targets, converted
from drivers.senml.refusals import PackError, RecordError, Refusals
from hub.model.devices import Device
from hub.model.metrics import UnknownMetric
from hub.model.readings import Quality, Row
from hub.model.units import UnknownUnit
from hub.ports import Directory

_VALUES = ("v", "vs", "vb", "vd")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a pack may hold. Times in seconds against the time of receipt: `future` and `past` are refused beyond, a
    source time more than `suspect` ahead is flagged."""

    records: int = 10_000
    future: float = 300.0
    suspect: float = 60.0
    past: float = 90 * 86_400.0


def number(value: Any, label: str) -> float:
    """`value` as a finite float; raises RecordError."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise RecordError("bad-value", f"{label} must be a number, not {type(value).__name__}: send e.g. {label}: 61.2")
    try:
        result = float(value)
    except (OverflowError, ValueError, ArithmeticError):
        result = math.inf
    if not math.isfinite(result):
        raise RecordError("not-finite", f"{label} is not a finite number: leave the record out when there is no value")
    return result


def source_time(resolved: float, received: float, limits: Limits) -> tuple[float, Quality]:
    """Source time and quality of a resolved SenML time; raises RecordError when the device's clock cannot be believed."""
    if resolved == 0:
        return received, Quality.NO_SOURCE_TIME
    if limits.suspect < resolved < RELATIVE_BELOW:
        raise RecordError(
            "future-time", f"time {resolved:.0f} is of a clock that was never set: set it, or leave the time out"
        )
    if resolved < RELATIVE_BELOW:
        resolved += received
    ahead = resolved - received
    if ahead > limits.future:
        raise RecordError(
            "future-time", f"time {ahead:.0f} s ahead of the hub's clock: set the device's clock, or leave the time out"
        )
    if ahead < -limits.past:
        raise RecordError(
            "too-old",
            f"time {-ahead / 86400:.0f} days ago: at most {limits.past / 86400:.0f} days back are taken; set the device's clock",
        )
    return resolved, Quality.CLOCK_SUSPECT if ahead > limits.suspect else Quality.GOOD


class Resolver:
    """Applies base fields, names, units, times and bounds to the records of one pack after the other."""

    def __init__(self, directory: Directory, limits: Limits, targets: Targets) -> None:
        self._directory = directory
        self._limits = limits
        self._targets = targets

    def resolve(self, records: list[dict[str, Any]], speaker: Device, received: float, refusals: Refusals) -> list[Row]:
        """The rows of a pack; what cannot be used goes to `refusals`. Raises PackError when the base fields are broken."""
        base: dict[str, Any] = {}
        rows: dict[tuple[str, float], Row] = {}
        for place, record in enumerate(records, 1):
            _carry(base, record, place)
            if _only_base(base, record):
                continue
            try:
                device, time, quality, metric, value = self._reading(base, record, speaker, received)
            except RecordError as error:
                refusals.add(error.code, f"record {place}: {error}")
                continue
            row = rows.get((device.id, time))
            if row is None:
                row = rows[device.id, time] = Row(device.id, device.kind, time, received, {}, int(quality))
            row.values.setdefault(metric, value)
        return list(rows.values())

    def _reading(
        self, base: Mapping[str, Any], record: dict[str, Any], speaker: Device, received: float
    ) -> tuple[Device, float, Quality, str, float]:
        name = record.get("n", "")
        unit = record.get("u", base.get("bu"))
        if not isinstance(name, str) or not isinstance(unit, str | None):
            raise RecordError("bad-value", 'n and u must be text: send e.g. {"n":"power","u":"W","v":61.2}')
        path, _, metric = (base.get("bn", "") + name).rpartition("/")
        device = self._device(path, speaker)
        try:
            target = self._targets.resolve(metric, unit)
        except UnknownMetric as error:
            raise RecordError("unknown-metric", str(error)) from None
        except UnknownUnit as error:
            raise RecordError("unknown-unit", f"{metric}: {error}") from None
        value = _value(record, base) + base.get("bv", 0.0)
        if target.factor != 1.0 or target.offset != 0.0:
            value = converted(value, target.factor, target.offset)
        if not target.low <= value <= target.high:
            raise RecordError(
                "out-of-range",
                f"{metric} {value:.6g} is outside {target.low:g} to {target.high:g}: check unit and scale",
            )
        time, quality = source_time(base.get("bt", 0.0) + number(record.get("t", 0.0), "t"), received, self._limits)
        return device, time, quality, target.metric, value

    def _device(self, path: str, speaker: Device) -> Device:
        if path in ("", speaker.id):
            return speaker
        device = self._directory.device(path)
        if device is None:
            raise RecordError(
                "unknown-device",
                f"no device {path[:80]!r} is registered: register it, or name one that is, e.g. 'lamp-0042/power'",
            )
        if not self._directory.speaks_for(speaker.id, path):
            raise RecordError(
                "not-yours", f"{speaker.id!r} may not speak for {path!r}: set address of {path!r} to {speaker.id!r}"
            )
        return device


def _carry(base: dict[str, Any], record: dict[str, Any], place: int) -> None:
    for label in ("bn", "bu"):
        if label in record:
            if not isinstance(record[label], str):
                raise PackError("bad-base", f'record {place}: {label} must be text: send e.g. "bn":"lamp-0042/"')
            base[label] = record[label]
    for label in ("bt", "bv", "bs"):
        if label in record:
            try:
                base[label] = number(record[label], label)
            except RecordError as error:
                raise PackError("bad-base", f"record {place}: {error}") from None


def _only_base(base: Mapping[str, Any], record: dict[str, Any]) -> bool:
    """True for a record that only sets base fields for those after it."""
    return (
        "n" not in record
        and not any(label in record for label in (*_VALUES, "s"))
        and not BASE_LABELS.isdisjoint(record)
        and ("bv" not in base or base.get("bn", "")[-1:] in ("", "/"))
    )


def _value(record: dict[str, Any], base: Mapping[str, Any]) -> float:
    given = [label for label in _VALUES if label in record]
    if len(given) > 1:
        raise RecordError("bad-value", f"{' and '.join(given)} in one record: send exactly one value")
    if not given:
        if "s" in record or "bs" in base:
            raise RecordError("no-value", "a sum over time (s) is not stored: send a value (v)")
        if "bv" in base:
            return 0.0
        raise RecordError("no-value", 'no value: send v, e.g. {"n":"power","u":"W","v":61.2}')
    if given[0] != "v":
        raise RecordError(
            "not-numeric", f"{given[0]} is not stored, readings are numbers: send v, or an event for text"
        )
    return number(record["v"], "v")
