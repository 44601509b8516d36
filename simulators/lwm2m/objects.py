"""What a lamp and a sensor are as LwM2M objects (definitions of the OMA registry), and what they hold.

Every second lamp has the objects as they were at first: in 3418 version 1.0 energy is in kWh, in 2.0 in Wh.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simulators.lwm2m.formats import Held, Value

DEVICE, CONNECTIVITY, ILLUMINANCE, TEMPERATURE, HUMIDITY = 3, 4, 3301, 3303, 3304
LAMP, MONITOR, AIR, NOISE = 3416, 3418, 3428, 3433
COMMAND, IN_ACTION, LEVEL, DEFAULT, END, FADE, DURATION, ACTIVE = 1, 2, 3, 4, 51, 52, 53, 54
REBOOT = 4  # of DEVICE

Place = tuple[int, int]
"""Object and resource; the instance is always 0."""


@dataclass(frozen=True, slots=True)
class Model:
    """A kind of device. `versions`: those that it registers, empty for what it registers without one. `readings`: where the
    value of a metric is, and by what it is multiplied; `conditions`: where an event of a type is."""

    versions: Mapping[int, str]
    begins: Mapping[Place, Held]
    readings: Mapping[str, tuple[Place, float]]
    conditions: Mapping[str, Place]
    lwm2m: str = "1.1"
    queue: bool = False


def lamp(id: str, old: bool) -> Model:
    """An outdoor lamp controller (3416) with an electrical monitor (3418)."""
    energy, hours = (1e-3, "Integer") if old else (1.0, "Float")
    begins = _common(id, "LED luminaire") | {
        (LAMP, COMMAND): Held("Integer", 0),
        (LAMP, IN_ACTION): Held("Integer", 0),
        (LAMP, LEVEL): Held("Integer", 0),
        (LAMP, DEFAULT): Held("Integer", 100),
        (LAMP, 5): Held("Boolean", False),
        (LAMP, 15): Held(hours, 0),
        (LAMP, 18): Held("Integer", 0),
        (LAMP, END): Held("Time", 0),
        (LAMP, FADE): Held("Float", 0.0),
        (LAMP, DURATION): Held("Integer", 7200),
        (LAMP, ACTIVE): Held("Boolean", False),
        (LAMP, 62): Held("Float", 25.0),
        (MONITOR, 12): Held("Boolean", False),
        **{(MONITOR, each): Held("Float", 0.0) for each in (1, 2, 4, 5, 6)},
    }
    readings = {
        "voltage": ((MONITOR, 1), 1.0),
        "current": ((MONITOR, 2), 1.0),
        "power": ((MONITOR, 4), 1.0),
        "power_factor": ((MONITOR, 5), 1.0),
        "energy": ((MONITOR, 6), energy),
        "burn_time": ((LAMP, 15), 1.0),
        "switch_count": ((LAMP, 18), 1.0),
        "temperature": ((LAMP, 62), 1.0),
    }
    conditions = {"lampFailure": (LAMP, 5), "lampPowerTooLow": (MONITOR, 12)}
    version = "" if old else "2.0"
    return Model({LAMP: version, MONITOR: version}, begins, readings, conditions, "1.0" if old else "1.1")


def sensor(id: str) -> Model:
    """Air quality (3428), noise (3433), temperature, humidity and light; from a battery, in queue mode."""
    begins = _common(id, "Environment sensor") | {
        (DEVICE, 9): Held("Integer", 87),
        **{(each, 5700): Held("Float", 0.0) for each in (ILLUMINANCE, TEMPERATURE, HUMIDITY)},
        **{(each, 5701): Held("String", unit) for each, unit in _UNITS.items()},
        (AIR, 1): Held("Float", 0.0),
        (AIR, 3): Held("Float", 0.0),
        (NOISE, 3): Held("Float", 0.0),
    }
    readings = {
        "illuminance": ((ILLUMINANCE, 5700), 1.0),
        "temperature": ((TEMPERATURE, 5700), 1.0),
        "humidity": ((HUMIDITY, 5700), 1.0),
        "pm10": ((AIR, 1), 1.0),
        "pm2_5": ((AIR, 3), 1.0),
        "noise": ((NOISE, 3), 1.0),
    }
    versions = {ILLUMINANCE: "1.1", TEMPERATURE: "1.1", HUMIDITY: "1.1", AIR: "2.0", NOISE: "1.1"}
    return Model(versions, begins, readings, {}, queue=True)


_UNITS = {ILLUMINANCE: "lx", TEMPERATURE: "Cel", HUMIDITY: "%RH"}


def _common(id: str, model: str) -> dict[Place, Held]:
    return {
        (DEVICE, 0): Held("String", "Simulated"),
        (DEVICE, 1): Held("String", model),
        (DEVICE, 2): Held("String", id),
        (CONNECTIVITY, 2): Held("Integer", -71),
    }


class Table:
    """The resources of one device. `changed` is what differs since it was last emptied."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.changed: set[Place] = set()
        self._held: dict[int, dict[int, Held]] = {}
        for (number, resource), held in model.begins.items():
            self._held.setdefault(number, {})[resource] = held

    def instance(self, number: int) -> Mapping[int, Held] | None:
        """The resources of an object's instance 0; None when there is no such object."""
        return self._held.get(number)

    def number(self, resource: int) -> float:
        """A number of the lamp controller."""
        return float(self._held[LAMP][resource].value)

    def put(self, place: Place, value: Value) -> None:
        """Hold another value."""
        before = self._held[place[0]][place[1]]
        if before.type in ("Integer", "Time"):
            value = round(float(value))
        if value != before.value:
            self._held[place[0]][place[1]] = Held(before.type, value)
            self.changed.add(place)

    def measured(self, metric: str, value: float) -> None:
        """A reading; one of a metric that no object has is left out."""
        found = self.model.readings.get(metric)
        if found is not None:
            self.put(found[0], float(f"{value * found[1]:.7g}"))

    def troubled(self, type: str, active: bool) -> None:
        """A condition has begun or ended."""
        if (place := self.model.conditions.get(type)) is not None:
            self.put(place, active)

    def links(self) -> str:
        """Its objects, as a registration says them (RFC 6690)."""
        found = ['</>;rt="oma.lwm2m";ct=11542', "</1/0>"]
        for number in self._held:
            if version := self.model.versions.get(number, ""):
                found.append(f"</{number}>;ver={version}")
            found.append(f"</{number}/0>")
        return ",".join(found)
