"""Which devices of a city are asked by Modbus, and where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from simulators.city import City, JunctionPlan
from simulators.crossroads import controller_of
from simulators.fire.detection import BadPoint
from simulators.fleet import BadHappening, Fleet
from simulators.gateway import Gateway
from simulators.ground import Spot
from simulators.junctions.avenues import with_junctions
from simulators.modbus.devices import ContactorBox, FeederMeter
from simulators.modbus.frames import Bank
from simulators.modbus.server import SerialServer, TcpServer
from simulators.modbus.signals import SignalBank
from simulators.modbus.watched import LOOPS, FirePanel, JunctionController
from simulators.options import Happening

HOST = "127.0.0.1"
_PER_PORT = 100  # cabinets; their meters are units 1 to 100, their contactor boxes 101 to 200
_PANEL, _JUNCTION, _SIGNALS = 201, 202, 203
_APART = 6.0  # metres between what stands in one place, so that each can be seen on a map


@dataclass(frozen=True, slots=True)
class AskedDevice:
    """A device to register. `address` is its line and unit."""

    id: str
    name: str
    kind: str
    profile: str
    zone: str
    spot: Spot
    port: int
    unit: int
    cabinet: str = ""

    @property
    def address(self) -> str:
        """As the hub writes it."""
        return f"tcp://{HOST}:{self.port}/{self.unit}"


def box_of(cabinet: str) -> str:
    """The contactor box of a cabinet: box-003 of cab-003."""
    return cabinet.replace("cab-", "box-", 1)


def asked_devices(city: City, port: int) -> list[AskedDevice]:
    """A feeder meter for every cabinet, a contactor box for those with lamps that have no controller, and in the middle a fire
    panel, a junction that is only watched, and one that takes programs."""
    found: list[AskedDevice] = []
    boxed = {lamp.cabinet for lamp in city.lamps if lamp.segment}
    for number, cabinet in enumerate(city.cabinets):
        line, unit = port + number // _PER_PORT, number % _PER_PORT + 1
        meter = cabinet.id.replace("cab-", "meter-", 1)
        found.append(
            AskedDevice(
                meter,
                f"{cabinet.name} kWh",
                "meter",
                "sdm630",
                cabinet.zone,
                cabinet.spot.beside(_APART),
                line,
                unit,
                cabinet.id,
            )
        )
        if cabinet.id in boxed:
            found.append(
                AskedDevice(
                    box_of(cabinet.id), f"{cabinet.name} (Modbus)", "cabinet", "lamplighter-cabinet", cabinet.zone,
                    cabinet.spot.beside(-_APART), line, unit + _PER_PORT, cabinet.id,
                )
            )  # fmt: skip
    street = next(zone for zone in city.zones if zone.kind == "street")
    for id, kind, unit in (("fire-01", "fire_panel", _PANEL), ("jct-01", "junction", _JUNCTION)):
        profile = "lamplighter-fire-panel" if kind == "fire_panel" else "lamplighter-junction"
        spot = street.spot.beside(0.0 if kind == "junction" else 4 * _APART)
        found.append(AskedDevice(id, f"{street.name} {id}", kind, profile, street.id, spot, port, unit))
    signals = signals_of(city)
    found.append(
        AskedDevice(
            signals.id, signals.name, "junction", "lamplighter-signals", signals.zone, signals.spot, port, _SIGNALS
        )
    )
    return found


def signals_of(city: City) -> JunctionPlan:
    """The junction whose controller is asked by Modbus, in the last street."""
    streets = tuple(zone for zone in city.zones if zone.kind == "street")[-1:]
    (plan,) = with_junctions(replace(city, zones=streets), 1).junctions
    return replace(plan, id="jct-02", plan_set={**plan.plan_set, "junction": "jct-02"})


class ModbusStreet:
    """The servers of a city's Modbus devices, from `port` on, or (0) on free ports. `touched` is called with the id of a cabinet
    whose contactors were switched. `devices` have their true addresses once it was started."""

    def __init__(
        self,
        city: City,
        fleet: Fleet,
        port: int,
        serial: Path | None,
        now: Callable[[], float],
        touched: Callable[[str], None],
    ) -> None:
        self.devices = asked_devices(city, port)
        self._banks = {each.id: _bank(each, city, fleet, now, touched) for each in self.devices}
        lines: dict[int, dict[int, Bank]] = {}
        for each in self.devices:
            lines.setdefault(each.port, {})[each.unit] = self._banks[each.id]
        self._servers = {line: TcpServer(HOST, line if port else 0, units) for line, units in lines.items()}
        self._serial = SerialServer(serial, lines[port]) if serial is not None else None

    async def start(self) -> None:
        """Listen; raises CannotServe."""
        for server in self._servers.values():
            await server.start()
        if self._serial is not None:
            await self._serial.start()
        self.devices = [replace(each, port=self._servers[each.port].port) for each in self.devices]

    async def stop(self) -> None:
        """End all connections."""
        for server in self._servers.values():
            await server.stop()
        if self._serial is not None:
            await self._serial.stop()

    def check(self, happening: Happening) -> None:
        """Raise BadHappening unless it can happen to the devices that it names."""
        where = f"happening at {happening.at:g}"
        for device in happening.devices:
            bank, do = self._banks.get(device), happening.do
            if not isinstance(bank, FirePanel | JunctionController | SignalBank):
                raise BadHappening(f"{where}: {device!r} is no fire panel or junction: write fire-01 or jct-01")
            if isinstance(bank, FirePanel) is not do.startswith("fire-"):
                raise BadHappening(f"{where}: {do} does not happen to {device}")
        try:
            LOOPS.numbers(happening.points)
        except BadPoint as error:
            raise BadHappening(f"{where}: {error}") from None

    def happen(self, happening: Happening) -> None:
        """Let it happen to a fire panel or a junction."""
        for device in happening.devices:
            bank = self._banks[device]
            if isinstance(bank, FirePanel):
                bank.befall(happening.do, happening.points)
            elif isinstance(bank, JunctionController | SignalBank):
                bank.befall(happening.do)


def _bank(
    each: AskedDevice, city: City, fleet: Fleet, now: Callable[[], float], touched: Callable[[str], None]
) -> Bank:
    if each.kind == "fire_panel":
        return FirePanel()
    if each.profile == "lamplighter-signals":
        return SignalBank(controller_of(signals_of(city), city.seed, city.tz, now()), now)
    if each.kind == "junction":
        return JunctionController(now)
    cabinet = fleet.stations[each.cabinet]
    assert isinstance(cabinet, Gateway)
    if each.kind == "meter":
        return FeederMeter(cabinet, now)
    return ContactorBox(cabinet, now, lambda: touched(each.cabinet))
