"""Runs a city: registers it, connects it, lets things happen to it, and ends it in good order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from simulators import crossroads, panels
from simulators.city import City, Way, plan
from simulators.clock import CityClock
from simulators.coap.client import parse_coap
from simulators.credentials import BadCredentials, Credential, load_credentials
from simulators.fleet import Fleet
from simulators.junctions.avenues import with_junctions
from simulators.keeping import keep, restore
from simulators.link import Link
from simulators.modbus.street import ModbusStreet
from simulators.mqtt.client import Address
from simulators.options import Happening, Options
from simulators.program import ProgramShelf, built_in
from simulators.registration import HubAccess, read_password, register
from simulators.station import Manners
from simulators.ways import on_their_ways
from simulators.weather import Shower, Weather

_CONNECTING_AT_ONCE = 32
_KEEP_EVERY = 60.0


class Simulation:
    """A running city. `say` gets the lines that tell a person how it goes."""

    def __init__(self, options: Options, say: Callable[[str], None]) -> None:
        self._options = options
        self._say = say
        self._clock = CityClock(options.fast) if options.epoch is None else CityClock(options.fast, options.epoch)
        self._address = Address.parse(options.broker)
        self._hubs = {
            Way.COAP: parse_coap(options.coap) if options.coap is not None else "",
            Way.LWM2M: parse_coap(options.lwm2m, "lwm2m") if options.lwm2m is not None else "",
        }
        planned = plan(
            options.lights,
            options.seed,
            (options.lat, options.lon),
            options.name,
            single=options.single,
            faults=options.faults,
            tz=options.tz,
        )
        self._city = panels.with_panels(
            on_their_ways(
                planned,
                options.coap_share if options.coap is not None else 0.0,
                options.lwm2m_share if options.lwm2m is not None else 0.0,
            ),
            options.fire_panels,
            coap=options.coap is not None,
        )
        self._city = with_junctions(self._city, options.junctions)
        self._ways = {lamp.id: lamp.way for lamp in self._city.lamps}
        self._ways |= {each.id: each.way for group in (self._city.sensors, self._city.panels) for each in group}
        now = self._clock.now()
        showers = [
            Shower(now + each.at, now + each.at + each.duration, each.rate)
            for each in options.happening
            if each.do == "rain"
        ]
        self._manners = Manners(
            seed=options.seed,
            built_in=built_in(options.tz, options.lat, options.lon),
            shelf=ProgramShelf(),
            weather=Weather(options.seed, options.lat, options.lon, showers),
            prefix=options.prefix,
            report_every=options.report_every,
            cbor=options.cbor,
            instant=options.instant,
            lifetime=options.lwm2m_lifetime,
        )
        self._fleet = Fleet(self._city, self._manners, now)
        self._junctions = {
            each.id: crossroads.station_of(each, options.tz, self._manners, now) for each in self._city.junctions
        }
        self._fleet.stations |= self._junctions
        if options.state is not None:
            restore(self._fleet, options.state, now)
        self._modbus: ModbusStreet | None = None
        if options.modbus is not None:
            self._modbus = ModbusStreet(
                self._city, self._fleet, options.modbus, options.modbus_serial, self._clock.now, self._touched
            )
        for happening in options.happening:
            if not happening.watched:
                self._fleet.touched(happening)
            elif happening.of_panel:
                panels.check(happening, self._fleet.panels, self._ways)
            elif happening.of_junction:
                crossroads.check(happening, self._junctions)
            elif self._modbus is not None:
                self._modbus.check(happening)
        self._links: dict[str, Link] = {}
        self._devices: dict[str, Credential] = {}
        self._expected = 0
        self._up: set[str] = set()
        self._ready = False
        self._told = -1
        self._all_down = False

    @property
    def city(self) -> City:
        """Its plan."""
        return self._city

    async def prepare(self) -> None:
        """Register the city at the hub, if there is one, and find every device's credentials."""
        if self._modbus is not None:
            await self._modbus.start()
            devices = self._modbus.devices
            self._say(f"Modbus: {len(devices)} devices from port {devices[0].port}")
        self._devices = await self._credentials(
            [id for id in self._fleet.stations if self._ways.get(id) is not Way.LWM2M]
        )

    async def live(self, stop: asyncio.Event) -> None:
        """Connect everything and run until `stop` is set."""
        silent = self._fleet.silent()
        speaking = [id for id in self._fleet.stations if id not in silent]
        gate = asyncio.Semaphore(_CONNECTING_AT_ONCE)
        for id, station in self._fleet.stations.items():
            way, credential = self._ways.get(id, Way.MQTT), self._devices.get(id, Credential())
            hub = self._hubs.get(way, "")
            self._links[id] = Link(station, self._address, credential, self._clock, gate, self._changed, way, hub)
        chores = [asyncio.create_task(self._happen(h)) for h in self._options.happening]
        if self._options.state is not None:
            chores.append(asyncio.create_task(self._keep_on()))
        self._expected = len(speaking)
        for id in speaking:
            self._links[id].start()
        await stop.wait()
        for chore in chores:
            chore.cancel()
        self._say("ending")
        if self._modbus is not None:
            await self._modbus.stop()
        await asyncio.gather(*(link.close() for link in self._links.values()))
        self._keep()

    async def _credentials(self, devices: list[str]) -> dict[str, Credential]:
        o = self._options
        if o.hub is not None and o.password_file is not None and o.credentials is not None:
            access = HubAccess(o.hub, o.user, read_password(o.password_file, o.user))
            asked = self._modbus.devices if self._modbus is not None else []
            return await register(self._city, access, o.credentials, devices, self._say, asked)
        if o.credentials is None:
            return {id: Credential(o.username, o.password) for id in devices}
        found = load_credentials(o.credentials)
        missing = [id for id in devices if id not in found]
        if missing:
            raise BadCredentials(f"credentials {o.credentials}: {missing[0]} and {len(missing) - 1} more are missing")
        return found

    def _touched(self, cabinet: str) -> None:
        if (link := self._links.get(cabinet)) is not None:
            link.wake()

    def _changed(self, link: Link) -> None:
        (self._up.add if link.up else self._up.discard)(link.station.id)
        up = len(self._up)
        if not self._ready:
            if up != self._told and (up % max(1, self._expected // 10) == 0 or up == self._expected):
                self._told = up
                self._say(f"connected {up} of {self._expected}" + (f" ({link.trouble})" if link.trouble else ""))
            if up == self._expected:
                self._ready = True
                self._say(f"ready: {len(self._city.lamps)} lights, {up} connections")
        elif up == 0 and not self._all_down:
            self._all_down = True
            self._say(f"broker lost ({link.trouble}); trying again")
        elif self._all_down and link.up:
            self._all_down = False
            self._say("broker back")

    async def _happen(self, happening: Happening) -> None:
        await asyncio.sleep(self._clock.wall_seconds(happening.at))
        now = self._clock.now()
        if happening.of_panel:
            for id in happening.devices:
                panels.happen(happening, self._fleet.panels[id], self._links[id], now, self._clock.wall_seconds)
            self._say(f"{happening.do} at {', '.join(happening.devices)}")
            return
        if happening.of_junction:
            for id in happening.devices:
                crossroads.happen(happening, self._junctions[id], self._links[id], now)
            self._say(f"{happening.do} at {', '.join(happening.devices)}")
            return
        if happening.watched and self._modbus is not None:
            self._modbus.happen(happening)
            self._say(f"{happening.do} at {', '.join(happening.devices)}")
            return
        touched = self._fleet.happen(happening, now)
        own = self._fleet.loses_power(happening)
        silent = self._fleet.silent()
        for id in touched:
            link = self._links[id]
            if id in silent or (happening.do == "power-cut" and id in own):
                link.cut()
            else:
                link.start()
                link.wake()
        place = happening.zone or ", ".join(happening.devices[:3]) or "the city"
        self._say(f"{happening.do} at {place}: {len(touched)} connections touched")

    async def _keep_on(self) -> None:
        while True:
            await asyncio.sleep(_KEEP_EVERY)
            self._keep()

    def _keep(self) -> None:
        if self._options.state is not None:
            with suppress(OSError):
                keep(self._fleet, self._options.state, self._clock.now())
