"""A planned city brought to life: every lamp, cabinet and sensor with its station."""

from __future__ import annotations

import math
from collections.abc import Mapping

from simulators.city import City
from simulators.controller import Controller
from simulators.feeder import Feeder
from simulators.fire.station import FireStation
from simulators.gateway import Gateway
from simulators.lamp import Fault, Lamp
from simulators.lamp_station import LampStation
from simulators.noise import stream
from simulators.options import Happening
from simulators.sensor import Sensor
from simulators.station import Manners, Station
from simulators.switchboard import feed


class BadHappening(ValueError):
    """A happening that names what this city does not have."""


class Fleet:
    """All devices of a city. `stations` are those with a connection of their own, when they are not `silent`; fire panels
    (`panels`) are among them, and have batteries: a power cut does not touch them."""

    def __init__(self, city: City, manners: Manners, now: float) -> None:
        self.lamps: dict[str, Lamp] = {}
        self.controllers: dict[str, Controller] = {}
        self.stations: dict[str, Station] = {}
        self._speaker: dict[str, str] = {}
        self._side: dict[str, dict[str, list[Lamp]]] = {}  # lamps without a controller, by cabinet and segment
        self._zone_of = {d.id: d.zone for group in (city.cabinets, city.lamps, city.sensors) for d in group}
        self._parents = {zone.id: zone.parent for zone in city.zones}
        on_feeder: dict[str, list[tuple[str, float, bool]]] = {cabinet.id: [] for cabinet in city.cabinets}
        for planned in city.lamps:
            lamp = Lamp(planned.id, planned.rated, city.seed, now, planned.fault)
            self.lamps[planned.id] = lamp
            if not planned.segment:
                self.controllers[planned.id] = Controller(lamp, manners.built_in, now, manners.instant)
            else:
                self._side.setdefault(planned.cabinet, {}).setdefault(planned.segment, []).append(lamp)
            on_feeder[planned.cabinet].append((planned.id, planned.cable, planned.single))
        for cabinet, places in on_feeder.items():
            lamps = [self.lamps[id] for id, _, _ in places]
            feeder = Feeder(stream(city.seed, f"feeder {cabinet}"), lamps, [cable for _, cable, _ in places])
            children = []
            for pole, (id, _, single) in enumerate(places):
                self._speaker[id] = id if single else cabinet
                if id not in self.controllers:
                    continue
                if not single:
                    children.append((self.controllers[id], pole))
                else:
                    self.stations[id] = LampStation(self.controllers[id], feeder, pole, manners, now)
            self.stations[cabinet] = Gateway(cabinet, children, feeder, manners, now, self._side.get(cabinet, {}))
            self._speaker[cabinet] = cabinet
        for sensor in city.sensors:
            self.stations[sensor.id] = Sensor(sensor.id, manners, now)
            self._speaker[sensor.id] = sensor.id
        self.panels = {panel.id: FireStation(panel.id, manners, now) for panel in city.panels}
        self.stations |= self.panels

    def touched(self, happening: Happening) -> list[str]:
        """The devices a happening is about; BadHappening when it names an unknown zone or device."""
        for device in happening.devices:
            if device not in self._zone_of:
                raise BadHappening(f"happening at {happening.at:g}: there is no device {device!r} in this city")
        if happening.zone is not None and happening.zone not in self._parents:
            raise BadHappening(f"happening at {happening.at:g}: there is no zone {happening.zone!r} in this city")
        inside = [
            d for d, zone in self._zone_of.items() if happening.zone is not None and self._within(zone, happening.zone)
        ]
        return sorted({*inside, *happening.devices})

    def happen(self, happening: Happening, now: float) -> set[str]:
        """Let it happen; returns the stations whose lamps it touched, which are then due."""
        touched = set()
        for device in self.touched(happening):
            lamp, controller = self.lamps.get(device), self.controllers.get(device)
            if lamp is not None and controller is not None:
                _befall(happening, lamp, controller, now)
            elif lamp is not None:
                self._befall_side(happening, lamp, now)
            station = self.stations.get(device)
            if isinstance(station, Gateway):
                station.befall(happening.do, now)
            touched.add(self._speaker[device])
        for id in touched & self.stations.keys():
            station = self.stations[id]
            station.due = min(station.due, now)
            station.say_faults(now)
        return touched & self.stations.keys()

    def _befall_side(self, happening: Happening, lamp: Lamp, now: float) -> None:
        """A lamp without a controller."""
        cabinet = self.stations[self._speaker[lamp.id]]
        if happening.do == "power-cut":
            feed(lamp, False, now)
        elif happening.do == "restore" and isinstance(cabinet, Gateway):
            feed(lamp, cabinet.switchboard.powers(lamp), now)
        elif happening.do in ("fail", "repair"):
            lamp.advance(now)
            lamp.fault = Fault(happening.fault) if happening.do == "fail" else Fault.NONE

    def silent(self) -> set[str]:
        """Stations whose controller is dead: they never connect."""
        return {id for id in self.stations.keys() & self.lamps.keys() if self.lamps[id].fault is Fault.CONTROLLER}

    def loses_power(self, happening: Happening) -> set[str]:
        """The stations that go dark themselves, not only some of their lamps."""
        return set(self.touched(happening)) & self.stations.keys()

    def counters(self) -> dict[str, list[float]]:
        """What lamps keep over a loss of power: energy, burning time, switchings."""
        return {id: [round(lamp.energy, 3), round(lamp.burning, 1), lamp.switches] for id, lamp in self.lamps.items()}

    def set_counters(self, kept: Mapping[str, list[float]]) -> None:
        """Go on from what was kept; a counter never goes back."""
        for id, (energy, burning, switches) in kept.items():
            if (lamp := self.lamps.get(id)) is not None and all(map(math.isfinite, (energy, burning, switches))):
                lamp.energy = max(lamp.energy, energy)
                lamp.burning = max(lamp.burning, burning)
                lamp.switches = max(lamp.switches, int(switches))

    def _within(self, zone: str | None, ancestor: str) -> bool:
        while zone is not None:
            if zone == ancestor:
                return True
            zone = self._parents[zone]
        return False


def _befall(happening: Happening, lamp: Lamp, controller: Controller, now: float) -> None:
    lamp.advance(now)
    match happening.do:
        case "power-cut":
            controller.supply(False, now)
        case "restore":
            controller.supply(True, now)
        case "local":
            controller.take_over(happening.level, now + happening.duration, now)
        case "fail":
            lamp.fault = Fault(happening.fault)
        case "repair":
            lamp.fault = Fault.NONE
    controller.report()
