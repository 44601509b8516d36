"""Which devices of a city are asked by Modbus, and where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from simulators.city import City
from simulators.fleet import Fleet
from simulators.gateway import Gateway
from simulators.ground import Spot
from simulators.modbus.devices import ContactorBox, FeederMeter, FirePanel, JunctionController
from simulators.modbus.frames import Bank
from simulators.modbus.server import SerialServer, TcpServer

HOST = "127.0.0.1"
_PER_PORT = 100  # cabinets; their meters are units 1 to 100, their contactor boxes 101 to 200
_PANEL, _JUNCTION = 201, 202


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
    panel and a junction."""
    found: list[AskedDevice] = []
    boxed = {lamp.cabinet for lamp in city.lamps if lamp.segment}
    for number, cabinet in enumerate(city.cabinets):
        line, unit = port + number // _PER_PORT, number % _PER_PORT + 1
        meter = cabinet.id.replace("cab-", "meter-", 1)
        found.append(
            AskedDevice(
                meter, f"{cabinet.name} kWh", "meter", "sdm630", cabinet.zone, cabinet.spot, line, unit, cabinet.id
            )
        )
        if cabinet.id in boxed:
            found.append(
                AskedDevice(
                    box_of(cabinet.id), f"{cabinet.name} (Modbus)", "cabinet", "lamplighter-cabinet", cabinet.zone, cabinet.spot,
                    line, unit + _PER_PORT, cabinet.id,
                )
            )  # fmt: skip
    street = next(zone for zone in city.zones if zone.kind == "street")
    for id, kind, unit in (("fire-01", "fire_panel", _PANEL), ("jct-01", "junction", _JUNCTION)):
        profile = "lamplighter-fire-panel" if kind == "fire_panel" else "lamplighter-junction"
        found.append(AskedDevice(id, f"{street.name} {id}", kind, profile, street.id, street.spot, port, unit))
    return found


class ModbusStreet:
    """The servers of a city's Modbus devices. `touched` is called with the id of a cabinet whose contactors were switched."""

    def __init__(
        self,
        city: City,
        fleet: Fleet,
        port: int,
        serial: Path | None,
        now: Callable[[], float],
        touched: Callable[[str], None],
    ) -> None:
        lines: dict[int, dict[int, Bank]] = {}
        for each in asked_devices(city, port):
            lines.setdefault(each.port, {})[each.unit] = _bank(each, fleet, now, touched)
        self._servers: list[TcpServer | SerialServer] = [TcpServer(HOST, line, units) for line, units in lines.items()]
        if serial is not None:
            self._servers.append(SerialServer(serial, lines[port]))
        self.count = sum(len(units) for units in lines.values())

    async def start(self) -> None:
        """Listen; raises CannotServe."""
        for server in self._servers:
            await server.start()

    async def stop(self) -> None:
        """End all connections."""
        for server in self._servers:
            await server.stop()


def _bank(each: AskedDevice, fleet: Fleet, now: Callable[[], float], touched: Callable[[str], None]) -> Bank:
    if each.kind == "fire_panel":
        return FirePanel()
    if each.kind == "junction":
        return JunctionController(now)
    cabinet = fleet.stations[each.cabinet]
    assert isinstance(cabinet, Gateway)
    if each.kind == "meter":
        return FeederMeter(cabinet, now)
    return ContactorBox(cabinet, now, lambda: touched(each.cabinet))
