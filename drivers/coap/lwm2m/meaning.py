"""What resources mean to the hub: which metric, which condition, a lamp's level."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from drivers.burst import Burst
from drivers.coap.lwm2m.content import Item
from drivers.coap.lwm2m.objects import ASSUMED, Objects
from drivers.reporting import clean, light_row, report_time
from drivers.senml import Limits
from drivers.senml.labels import Targets, converted
from drivers.senml.refusals import RecordError, Refusals
from drivers.senml.resolve import source_time
from hub.model.devices import Device, DeviceKind
from hub.model.light import Cause, LightReport
from hub.model.metrics import UnknownMetric
from hub.model.readings import Row
from hub.model.reports import EventReport
from hub.model.units import UnknownUnit

LAMP: Final = 3416
LEVEL: Final = 3  # of an outdoor lamp controller: what the light does
_TIMESTAMP, _UNIT = 5518, 5701
_MOLAR_VOLUME = 24.45  # litres, at 25 Cel and 1013.25 hPa: how air quality limits in ug/m3 are stated


def _gas(molar_mass: float) -> float:
    """ug/m3 of one ppm."""
    return 1000.0 * molar_mass / _MOLAR_VOLUME


METRICS: Final[Mapping[tuple[int, int], str]] = {
    (3, 9): "battery", (4, 2): "rssi", (6, 0): "latitude", (6, 1): "longitude",
    (3301, 5700): "illuminance", (3303, 5700): "temperature", (3304, 5700): "humidity",
    (3407, 6044): "battery", (3407, 6045): "rssi",
    (3416, 15): "burn_time", (3416, 18): "switch_count", (3416, 46): "power", (3416, 47): "energy", (3416, 62): "temperature",
    (3418, 1): "voltage", (3418, 2): "current", (3418, 3): "frequency", (3418, 4): "power", (3418, 5): "power_factor",
    (3418, 6): "energy",
    (3421, 1): "voltage", (3421, 6): "current", (3421, 11): "frequency", (3421, 13): "power_factor", (3421, 16): "power",
    (3421, 25): "energy",
    (3422, 4): "current", (3422, 5): "power_factor", (3422, 8): "power", (3422, 17): "energy",
    (3428, 1): "pm10", (3428, 3): "pm2_5", (3428, 5): "pm1", (3428, 7): "co", (3428, 9): "so2", (3428, 12): "o3",
    (3428, 15): "no2",
    (3433, 3): "noise",
}  # fmt: skip

PPM: Final = {"co": _gas(28.010), "so2": _gas(64.066), "o3": _gas(47.998), "no2": _gas(46.006)}

_SECOND: Final[Mapping[int, int]] = {3416: 3418, 3421: 3422}
"""Objects whose metrics give way where the client has the other too: light source behind mains, a phase behind the sum."""

_GIVING_WAY: Final = frozenset({"power", "energy", "current", "power_factor"})

CONDITIONS: Final[Mapping[tuple[int, int], str]] = {
    (3407, 6046): "fireAlarm",
    (3416, 5): "lampFailure", (3416, 7): "driverFailure", (3416, 9): "relayFailure", (3416, 10): "lampUnexpectedOn",
    (3416, 11): "cyclingFailure", (3416, 12): "controlGearCommFailure", (3416, 14): "invalidProgram",
    (3416, 22): "highTemperature", (3416, 25): "highTemperature",
    (3418, 9): "lowPowerFactor", (3418, 12): "lowPower", (3418, 15): "highPower", (3418, 17): "lowCurrent",
    (3418, 19): "highCurrent", (3418, 21): "lowVoltage", (3418, 23): "highVoltage", (3418, 25): "highInrushCurrent",
    (3421, 3): "lowVoltage", (3421, 5): "highVoltage", (3421, 8): "lowCurrent", (3421, 10): "highCurrent",
    (3421, 15): "lowPowerFactor", (3421, 53): "powerFailure", (3421, 58): "unexpectedLoad",
    (3422, 35): "powerFailure", (3422, 40): "lowPowerFactor", (3422, 41): "highPower", (3422, 42): "unexpectedLoad",
    (3433, 1): "gunshot", (3433, 2): "abnormalNoise",
}  # fmt: skip


UNUSED: Final[Mapping[int, str]] = {
    3419: "a photocell says whether it is dark, which the hub works out from the sun, and at which illuminance it switches",
}
"""Objects that are understood, and why nothing comes of them (docs/devices.md)."""

AT_ONCE: Final = frozenset({3407})
"""Objects whose every change is told at once: fire does not wait for a period."""

NEEDED: Final = frozenset({*METRICS, *CONDITIONS, (LAMP, LEVEL)})
OF_USE: Final = frozenset(number for number, _ in NEEDED)


@dataclass(slots=True)
class Known:
    """What a device said last, of what is told only when it changes, or is needed to read what comes later.

    What holds no more when the hub hears of it for the first time is told too: it may have begun before the hub's last stop.
    """

    conditions: dict[tuple[int, int, int], bool] = field(default_factory=dict)
    told: dict[tuple[str, str], bool] = field(default_factory=dict)  # by type and point
    units: dict[tuple[int, int], str] = field(default_factory=dict)
    level: float | None = None


class Meaning:
    """Turns items of a client's objects into rows and reports of its device."""

    def __init__(self, objects: Objects, limits: Limits) -> None:
        self._objects, self._limits = objects, limits
        self._targets = Targets()

    def read(
        self,
        items: Iterable[Item],
        versions: Mapping[int, str],
        device: Device,
        received: float,
        known: Known,
        into: Burst,
        refusals: Refusals,
    ) -> None:
        """Add what `items` say to `into`. `versions` are those of all the client's objects; `known` is updated.

        Several instances of an object are several sensors in one housing: the first is the device's own.
        """
        rows: dict[float, Row] = {}
        items = list(items)
        stamps = {
            each.path[:2]: float(each.value) for each in items if each.path[2] == _TIMESTAMP and _number(each.value)
        }
        known.units |= {(each.path[0], each.path[1]): str(each.value) for each in items if each.path[2] == _UNIT}
        for item in items:
            time = item.time if item.time is not None else stamps.get(item.path[:2])
            number, instance, _ = item.path
            try:
                self._take(
                    item, versions, device, time, known.units.get((number, instance)), received, known, into, rows
                )
            except RecordError as error:
                refusals.add(error.code, f"/{'/'.join(map(str, item.path))}: {error}")
        into.rows += rows.values()

    def _take(
        self,
        item: Item,
        versions: Mapping[int, str],
        device: Device,
        time: float | None,
        unit: str | None,
        received: float,
        known: Known,
        into: Burst,
        rows: dict[float, Row],
    ) -> None:
        number, instance, resource = item.path
        condition = CONDITIONS.get((number, resource))
        if condition is not None:
            self._condition(item, condition, device, time, received, known, into)
            return
        if (number, resource) == (LAMP, LEVEL) and instance == 0 and device.kind is DeviceKind.LIGHT:
            self._level(item, device, time, received, known, into)
            return
        metric = METRICS.get((number, resource))
        if metric is None or instance != 0 or item.instance != 0:
            return
        if metric in _GIVING_WAY and _SECOND.get(number) in versions:
            return
        if not _number(item.value):
            raise RecordError("not-numeric", f"{metric} must be a number")
        at, quality = source_time(time or 0.0, received, self._limits)
        defined = self._objects.resource(number, versions.get(number, ASSUMED), resource)
        value = self._stored(metric, float(item.value), unit or (defined.unit if defined is not None else "") or None)
        row = rows.get(at)
        if row is None:
            row = rows[at] = Row(device.id, device.kind, at, received, {}, int(quality))
        row.values.setdefault(metric, value)

    def _stored(self, metric: str, value: float, unit: str | None) -> float:
        if unit == "ppm" and metric in PPM:
            value, unit = value * PPM[metric], "ug/m3"
        try:
            target = self._targets.resolve(metric, _SPELLED.get(unit, unit) if unit is not None else None)
        except (UnknownMetric, UnknownUnit) as error:
            raise RecordError("unknown-unit", f"{metric}: {error}") from None
        if target.factor != 1.0 or target.offset != 0.0:
            value = converted(value, target.factor, target.offset)
        if not target.low <= value <= target.high:
            raise RecordError("out-of-range", f"{metric} {value:.6g} is outside {target.low:g} to {target.high:g}")
        return value

    def _condition(
        self, item: Item, type: str, device: Device, time: float | None, received: float, known: Known, into: Burst
    ) -> None:
        known.conditions[item.path] = bool(item.value)
        point = point_of(item.path)
        active = any(  # several resources may say the same, as a phase and the sum of all phases do
            holds and point_of(path) == point and CONDITIONS[path[0], path[2]] == type
            for path, holds in known.conditions.items()
        )
        if known.told.get((type, point)) is active:
            return
        known.told[type, point] = active
        at, _ = report_time(time, received, self._limits.future)
        into.events.append(EventReport(device.id, clean(type, 64), active, at, received, point))

    def _level(
        self, item: Item, device: Device, time: float | None, received: float, known: Known, into: Burst
    ) -> None:
        if not _number(item.value) or not 0 <= float(item.value) <= 100:
            raise RecordError("out-of-range", f"level {str(item.value)[:20]} is outside 0 to 100")
        known.level = float(item.value)
        at, _ = report_time(time, received, self._limits.future)
        report = LightReport(device.id, known.level, Cause.LOCAL, at, received)
        into.lights.append(report)
        if at >= received - self._limits.past:
            into.rows.append(light_row(report, device, time, self._limits.future))


def point_of(path: tuple[int, int, int]) -> str:
    """The point of a condition that a resource says: none for the first instance of its object."""
    return "" if path[1] == 0 else f"{path[0]}/{path[1]}"


_SPELLED: Final = {
    "C": "Cel",
    "°C": "Cel",
    "℃": "Cel",
    "Celsius": "Cel",
    "cel": "Cel",
    "F": "degF",
    "%": "%",
    "lux": "lx",
    "RH": "%RH",
}
"""How units are spelled in 5701, which is free text, where it differs from SenML."""


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
