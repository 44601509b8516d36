"""A station as an LwM2M client (1.0, 1.1): it registers, answers what is read and written, and tells what is observed."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import cbor2

from simulators.clock import Clock
from simulators.lwm2m import messages as coap
from simulators.lwm2m.formats import ALL, SENML_JSON, TEXT, TLV, BadValue, Path, decode, encode
from simulators.lwm2m.messages import Kind, Message, texts, uint
from simulators.lwm2m.objects import ACTIVE, DEFAULT, DEVICE, IN_ACTION, LAMP, LEVEL, REBOOT, Table
from simulators.lwm2m.switching import Switch, steady_level
from simulators.lwm2m.watching import Watching
from simulators.lwm2m.wire import NoAnswer, Reset, Wire, refusal
from simulators.mqtt.client import Ears
from simulators.mqtt.outbox import Message as Said
from simulators.station import Station

_AGAIN = (1.0, 5.0)  # seconds between tries to register
_FRESH = 5.0  # seconds that what was measured is good for a read
_GOODBYE = 2.0  # seconds that leaving may take
_LINKS = 40  # content format of links


class Lwm2mClient:
    """Does for a Link what the MQTT client does: what the station says becomes resources, what is written becomes its orders."""

    def __init__(self, hub: str, station: Station, ears: Ears, table: Table, clock: Clock) -> None:
        self.connected = False
        where = urlsplit(hub)
        self._address = where.hostname or "", where.port or 5683
        self._station, self._ears, self._clock = station, ears, clock
        self._down = f"{station.manners.prefix}/d/{station.id}/down"
        self._table, self._model = table, table.model
        self._watching = Watching(clock, self._content)
        self._switch = Switch(table, clock.now, self._tell, self._configure)
        self._orders = itertools.count(1)
        self._outcome = ""
        self._report_every: float | None = None
        self._read = -_FRESH
        self._wire: Wire | None = None
        self._location: list[tuple[int, bytes]] = []
        self._over = asyncio.Event()
        level = steady_level(station.holds().get("program"))
        if level is not None:
            table.put((LAMP, DEFAULT), level)

    # --- the station's side ---

    def publish(self, message: Said) -> None:
        """Hold what the station says."""
        channel = message.topic.rpartition("/")[2]
        if channel == "telemetry":
            for name, value in _readings(message.payload):
                self._table.measured(name, value)
        elif channel != "presence":
            said = json.loads(message.payload)
            if channel == "state":
                self._table.put((LAMP, LEVEL), said["level"])
                self._table.put((LAMP, IN_ACTION), said["level"])
                self._table.put((LAMP, ACTIVE), said["cause"] == "override")
            elif channel == "event":
                self._table.troubled(said["type"], said["active"])
            elif channel == "result":
                self._outcome = said["outcome"]
        self._watching.note(self._table.changed)
        self._table.changed.clear()

    def subscribe(self, topics: Mapping[str, int]) -> None:
        """Nothing: the server asks and writes."""

    def cut(self) -> None:
        """The power fails, or the station starts anew: the registration is forgotten."""
        self.connected = False
        self._over.set()

    async def close(self) -> None:
        """Deregister."""
        if self._wire is not None and self.connected:
            self.connected = False
            with suppress(NoAnswer, Reset, TimeoutError):
                async with asyncio.timeout(_GOODBYE):
                    await self._wire.ask(coap.DELETE, self._location)

    # --- its life ---

    async def run(self) -> None:
        """Be registered until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            trouble = "started anew"
            self._over.clear()
            try:
                transport, self._wire = await loop.create_datagram_endpoint(
                    lambda: Wire(self._answer, self._model.queue), remote_addr=self._address
                )
                try:
                    await self._live(self._wire)
                finally:
                    transport.close()
                    self._watching.clear()
            except (NoAnswer, Reset):
                trouble = "no answer"
            except OSError as error:
                trouble = str(error)
            if self.connected:
                self.connected = False
                self._ears.down(trouble)
            await asyncio.sleep(random.uniform(*_AGAIN))

    async def _live(self, wire: Wire) -> None:
        await self._register(wire)
        telling = asyncio.create_task(self._watching.run(wire))
        try:
            while True:
                await self._until_update(telling)
                if telling.done():
                    telling.result()
                if self._over.is_set():
                    return
                if (await wire.ask(coap.POST, self._location)).code == coap.NOT_FOUND:
                    self._watching.clear()
                    await self._register(wire)
        finally:
            telling.cancel()

    async def _until_update(self, telling: asyncio.Task[None]) -> None:
        """Half of the lifetime, more or less; less when there is a reason."""
        self._watching.doubt.clear()
        waits = [asyncio.create_task(each.wait()) for each in (self._watching.doubt, self._over)]
        try:
            pause = self._station.manners.lifetime * random.uniform(0.4, 0.6)
            await asyncio.wait((telling, *waits), timeout=pause, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()

    async def _register(self, wire: Wire) -> None:
        model = self._model
        binding = ["b=UQ" if model.queue else "b=U"] if model.lwm2m == "1.0" else ["b=U", *["Q"] * model.queue]
        queries = [f"ep={self._station.id}", f"lt={self._station.manners.lifetime}", f"lwm2m={model.lwm2m}", *binding]
        options = [*texts(coap.PATH, ["rd"]), (coap.FORMAT, uint(_LINKS)), *texts(coap.QUERY, queries)]
        while True:
            answer = await wire.ask(coap.POST, options, self._table.links().encode())
            if answer.code == coap.CREATED:
                break
            self._ears.down(f"not registered: {answer.payload.decode(errors='replace')}")
            await asyncio.sleep(random.uniform(*_AGAIN))
        self._location = texts(coap.PATH, answer.all(coap.LOCATION))
        if not self.connected:
            self.connected = True
            self._ears.up()

    # --- what the server asks ---

    def _answer(self, asked: Message) -> Message:
        try:
            path: Path = tuple(int(part) for part in asked.all(coap.PATH))
        except ValueError:
            return refusal()
        held = self._table.instance(path[0]) if len(path) in (2, 3) and path[1] == 0 else None
        if asked.strange:
            return refusal(0x82)
        if asked.code == coap.POST and path == (DEVICE, 0, REBOOT):
            self._tell(op="reboot")
            return refusal(coap.CHANGED)
        if held is None or (len(path) == 3 and path[2] not in held):
            return refusal()
        if asked.code == coap.GET:
            return self._show(asked, path)
        if asked.code != coap.PUT:
            return refusal(coap.NOT_ALLOWED)
        if not asked.payload:
            return self._agree(asked, path)
        if len(path) == 2 or path[0] != LAMP:
            return refusal(coap.NOT_ALLOWED)
        try:
            value = decode(asked.payload, asked.number(coap.FORMAT), path, held[path[2]].type)
        except BadValue as error:
            return refusal(coap.BAD_REQUEST, str(error))
        return refusal(self._switch.write(path[2], value))

    def _show(self, asked: Message, path: Path) -> Message:
        usual = SENML_JSON if self._model.queue else TEXT if len(path) == 3 else TLV
        format = asked.number(coap.ACCEPT)
        format = usual if format is None else format
        if format not in ALL or (format == TEXT and len(path) != 3):
            return refusal(coap.NOT_ACCEPTABLE)
        now = asyncio.get_running_loop().time()
        if now - self._read > _FRESH:
            self._read = now
            self._tell(op="read")
        options = [(coap.FORMAT, uint(format))]
        if asked.number(coap.OBSERVE) == 0:
            self._watching.observe(path, asked.token, format)
            options.insert(0, (coap.OBSERVE, b"\x01"))
        elif asked.number(coap.OBSERVE) is not None:
            self._watching.forget(asked.token)
        return Message(Kind.ACK, coap.CONTENT, 0, options=tuple(options), payload=self._content(path, format))

    def _content(self, path: Path, format: int) -> bytes:
        held = self._table.instance(path[0]) or {}
        return encode(path, {path[2]: held[path[2]]} if len(path) == 3 else held, format)

    def _agree(self, asked: Message, path: Path) -> Message:
        given = {key: value for key, _, value in (each.partition("=") for each in asked.all(coap.QUERY))}
        try:
            shortest, longest = float(given.get("pmin", 0)), float(given.get("pmax", "inf"))
        except ValueError:
            return refusal(coap.BAD_REQUEST, "pmin and pmax are seconds")
        self._watching.agree(path, shortest, longest)
        if longest != self._report_every and longest < float("inf"):
            self._report_every = longest
            self._configure({})
        return refusal(coap.CHANGED)

    def _tell(self, **order: Any) -> str:
        """Hand the station an order; returns the outcome."""
        self._outcome = ""
        command = {"id": f"w{next(self._orders)}", "t": self._clock.now(), **order}
        self._ears.message(f"{self._down}/command", json.dumps(command).encode())
        return self._outcome

    def _configure(self, changes: Mapping[str, Any]) -> None:
        """Have the station hold what it holds, but for these changes. A default level takes the place of its plan."""
        config = dict(changes) or dict(self._station.holds())
        if self._report_every is not None:
            config["report_every"] = self._report_every
        self._ears.message(f"{self._down}/config", json.dumps(config).encode())


def _readings(pack: bytes) -> Iterator[tuple[str, float]]:
    for record in json.loads(pack) if pack[:1] == b"[" else cbor2.loads(pack):
        yield record.get("n", record.get(0)), record.get("v", record.get(2))
