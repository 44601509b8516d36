"""The measures that rules look at, and the guards that say whether a reading is judged."""

from __future__ import annotations

from collections import deque

from hub.alarms.power import expected
from hub.alarms.ruleset import Guards
from hub.alarms.street import Street
from hub.model.devices import Device
from hub.model.readings import Row

LATELY = 3_600.0  # seconds
LATE = 600.0  # seconds after which what holds now says nothing any more of when a reading was measured
_AS_ASKED = 1.0  # per cent within which two levels are the same


class Starts:
    """How often lamps were switched on within a window, from their counters. Only changes are kept."""

    def __init__(self) -> None:
        self._counts: dict[str, deque[tuple[float, float]]] = {}
        self._seen: dict[str, float] = {}

    def within(self, device: str, count: float, at: float, window: float) -> float:
        """Starts of `device` in the `window` seconds before `at`, when its counter shows `count`."""
        counts = self._counts.setdefault(device, deque())
        gap = at - self._seen.get(device, at)
        self._seen[device] = at
        if counts and (count < counts[-1][1] or not 0.0 <= gap <= window / 2.0):
            counts.clear()  # a new controller, another clock, or nights of which nobody told how often it started
        if not counts or count > counts[-1][1]:
            counts.append((at, count))
        while len(counts) > 1 and counts[1][0] <= at - window:
            counts.popleft()
        return count - counts[0][1]

    def lately(self, device: str, count: float, at: float) -> float:
        """Starts of `device` in the hour before `at`, when its counter shows `count`, as far as that was told."""
        known = self._counts.get(device, ())
        before = [shown for when, shown in known if when <= at - LATELY][-1:] or [shown for _, shown in known][:1]
        return max(0.0, count - before[0]) if before else 0.0

    def forget(self, device: str) -> None:
        """Drop a device."""
        self._counts.pop(device, None)
        self._seen.pop(device, None)


class Measures:
    """Values of a row as rules name them."""

    def __init__(self, street: Street) -> None:
        self._street = street
        self.starts = Starts()

    @staticmethod
    def at_least(measure: str, limit: float, device: Device, row: Row) -> bool:
        """Whether the share of power that was asked for is at least `limit` whatever was asked for: nothing is expected to draw
        more than its rated power. Working out what was asked for costs more than all else."""
        rated = device.rated_power
        return measure == "power_asked" and bool(rated) and row.values.get("power", 0.0) >= limit * (rated or 0.0)

    def value(self, measure: str, device: Device, row: Row, at: float, window: float) -> float | None:
        """The value of a measure, None when this row does not give it."""
        values = row.values
        if measure in values:
            return values[measure]
        if measure == "starts":
            count = values.get("switch_count")
            return None if count is None else self.starts.within(device.id, count, at, window)
        power = values.get("power")
        if power is None:
            return None
        if measure == "load_share":
            load = self._load(device)
            return power / load if load else None
        if measure == "load_rated":
            rated = sum(light.rated_power or 0.0 for light in self._street.lights(device.id))
            return power / rated if rated else None
        if not device.rated_power:
            return None
        if measure == "power_rated":
            return power / device.rated_power
        if measure == "power_in_effect":
            level = self._street.in_effect(device.id)
            return None if level is None else self._share(device, power, level.level, row)
        if measure == "power_asked":
            asked = self._street.asked(device, at)
            return None if asked is None else self._share(device, power, asked, row)
        return None

    def _share(self, device: Device, power: float, level: float, row: Row) -> float | None:
        if level <= 0.0 or not device.rated_power:
            return None
        burnt = row.values.get("burn_time")
        if burnt is None:
            burnt = self._street.burnt(device.id)
        return power / expected(self._street.curve(device), device.rated_power, level, burnt)

    def _load(self, cabinet: Device) -> float | None:
        """W that the lights of a cabinet should draw now, as far as that is known."""
        total = 0.0
        for light in self._street.lights(cabinet.id):
            level = self._street.in_effect(light.id)
            if level is not None and light.rated_power:
                total += expected(self._street.curve(light), light.rated_power, level.level)
        return total or None

    def judged(self, only: Guards, measure: str, device: Device, row: Row, at: float) -> bool:
        """Whether the guards let this reading be judged. What they need and the hub does not know says no: what contactors and
        lamps did when a reading that came late was measured is not known any more."""
        voltage, late = row.values.get("voltage"), row.received - at > LATE
        if only.voltage_at_least is not None and voltage is not None and voltage < only.voltage_at_least:
            return False
        if only.in_effect_at_least is not None or measure == "power_in_effect":
            level = self._street.in_effect(device.id)
            if level is None or level.level < (only.in_effect_at_least or 0.0) or at - level.since < only.settled:
                return False
            if late and level.since == float("-inf"):
                return False
            said = row.values.get("level")
            if said is not None and said > 0.0 and abs(said - level.level) > _AS_ASKED:
                return False
        if (only.asked_at_least is not None or only.asked_at_most is not None) and not self._as_asked(only, device, at):
            return False
        count = row.values.get("switch_count")
        most = only.starts_at_most
        if most is not None and count is not None and self.starts.lately(device.id, count, at) > most:
            return False
        if late and (only.segments is not None or only.expected_at_least is not None):
            return False
        if only.segments is not None and not self._segments(device.id, only.segments == "on"):
            return False
        if only.expected_at_least is not None and (self._load(device) or 0.0) < only.expected_at_least:
            return False
        return only.sun_above is None or self._street.sun(device, at) > only.sun_above

    def _as_asked(self, only: Guards, device: Device, at: float) -> bool:
        asked, before = self._street.asked(device, at), self._street.asked(device, at - only.settled)
        if asked is None or before is None or abs(asked - before) > _AS_ASKED:
            return False
        if only.asked_at_least is not None and asked < only.asked_at_least:
            return False
        return only.asked_at_most is None or asked <= only.asked_at_most

    def _segments(self, cabinet: str, on: bool) -> bool:
        report = self._street.cabinet(cabinet)
        if report is None or not report.segments:
            return False
        return all(closed is on for closed in report.segments.values())
