"""The composition root: builds every part and puts them together. The only place that knows everything."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path
from typing import Any

import structlog
import uvicorn
from prometheus_client import CollectorRegistry

from hub.access.devices import DeviceAccounts
from hub.access.passwords import Passwords
from hub.access.sign_in import SignIn
from hub.access.throttle import Throttle
from hub.access.tokens import Tokens
from hub.api.app import create_api
from hub.api.screens import Screens
from hub.api.services import Services
from hub.api.stream import EventStream
from hub.broker import BrokerSettings, EmbeddedBroker
from hub.clock import WallClock
from hub.control.arbiter import Arbiter
from hub.control.board import Board
from hub.control.configs import Configurator
from hub.control.desk import OrderDesk
from hub.control.dispatch import Dispatcher
from hub.control.reconciler import Reconciler
from hub.measures import Measures
from hub.model.zones import Location
from hub.ports import BrokerAddress, Clock, DeviceConfig, Driver, DriverContext, DriverFactory, Health, Lane, Order
from hub.registry import Registry
from hub.registry.city import City
from hub.secret_file import load_secrets
from hub.settings import Settings
from hub.store import DuckDbStore
from hub.telemetry.housekeeping import Housekeeping
from hub.telemetry.inbox import LaneInbox
from hub.telemetry.ingest import Ingest, Ingested
from hub.telemetry.latest import LatestValues

log = structlog.get_logger("lamplighter")

HUB_USER = "lamplighter-hub"
NATIVE = "mqtt"  # the driver that carries devices of the profile `native`


class CannotStart(Exception):
    """Something the hub needs is missing or taken; one sentence for a person."""


class Hub:
    """The running hub. `async with Hub(settings): ...` starts every part and ends them in reverse order."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock: Clock = clock or WallClock()
        self._stack = AsyncExitStack()
        self.registry: Registry
        self.url = ""

    async def __aenter__(self) -> Hub:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _start(self) -> None:
        settings, clock = self.settings, self.clock
        listener = _listen(settings.http.host, settings.http.port)
        self._stack.callback(listener.close)
        folder = writable_folder(settings.data)
        secrets = load_secrets(folder)

        self.registry = registry = await asyncio.to_thread(Registry, settings.registry_url)
        self._stack.callback(registry.close)
        self.store = store = await asyncio.to_thread(DuckDbStore, folder / "telemetry", clock.now)
        self._stack.push_async_callback(asyncio.to_thread, store.close)

        self.city = city = City(
            await asyncio.to_thread(registry.zones.all), await asyncio.to_thread(registry.devices.all)
        )
        lighting = settings.lighting
        arbiter = Arbiter(city, lighting.night(), Location(lighting.latitude, lighting.longitude))
        self.latest = latest = LatestValues()
        latest.load(await asyncio.to_thread(lambda: list(store.latest())))
        self.board = board = Board(city, arbiter, clock, lighting.report_every)
        board.load(
            await asyncio.to_thread(registry.lights.all),
            await asyncio.to_thread(registry.events.active),
            ((device, newest) for device in city.devices if (newest := latest.newest(device)) is not None),
        )

        broker, address = await self._broker(folder, secrets.broker_password, secrets.client_id)
        accounts = DeviceAccounts(registry, broker)
        stream = EventStream()
        screens = Screens(city, board, registry, stream, clock)
        dispatcher = Dispatcher(
            city, board, registry, clock, self._send, screens,
            tries=settings.control.tries, retry_after=settings.control.retry_after,
        )  # fmt: skip
        desk = OrderDesk(city, arbiter, registry, dispatcher, clock, screens, deadline=settings.control.deadline)
        reconciler = Reconciler(city, arbiter, board, desk, dispatcher, clock)
        self._configurator = Configurator(city, arbiter, registry, self._configure, self._forget, lighting.report_every)

        ingest_settings = settings.ingest
        inbox = LaneInbox({Lane.BULK: ingest_settings.bulk_bound, Lane.URGENT: ingest_settings.urgent_bound})

        def listen(ingested: Ingested) -> None:
            changed = board.take(
                ingested.rows, ingested.lights, ingested.effects, ingested.recorded.new_events, ingested.presence
            )
            screens.devices(changed)
            dispatcher.observe(ingested.recorded.changed)

        ingest = Ingest(
            inbox, store, registry, latest, desk.effects, listen,
            batch_rows=ingest_settings.batch_rows, batch_seconds=ingest_settings.batch_seconds,
        )  # fmt: skip
        context = DriverContext(inbox, city, clock, address, {}, self._connected)
        self.drivers = drivers = load_drivers(context, {"mqtt": _mqtt_settings(settings)})
        quarantine = settings.quarantine
        housekeeping = Housekeeping(
            store, registry, clock, raw_days=settings.store.raw_days, quarantine_days=quarantine.days,
            quarantine_rows=quarantine.rows, quarantine_bytes=quarantine.megabytes * 1_000_000,
        )  # fmt: skip
        metrics = CollectorRegistry()
        metrics.register(Measures(inbox, ingest, store, drivers, reconciler, stream, city, latest))
        sign_in = SignIn(registry, Tokens(secrets.token_key.encode()), Passwords(), Throttle())

        services = Services(
            registry=registry, store=store, city=city, latest=latest, board=board, desk=desk, sign_in=sign_in,
            device_accounts=accounts, stream=stream, screens=screens, clock=clock, health=self.health, metrics=metrics,
            prefix=settings.mqtt.prefix, broker_url=address.url, time_zone=lighting.time_zone,
            web=Path(str(files("dashboards"))) / "web",
        )  # fmt: skip
        self._parts: dict[str, Health] = {}
        self._ingest, self._embedded = ingest, broker

        ingest.start()
        self._stack.push_async_callback(ingest.stop)
        await desk.load()  # before anything is heard: what lights answered meanwhile belongs to these commands
        self._stack.push_async_callback(dispatcher.stop)
        for driver in drivers.values():
            await driver.start()
            self._stack.push_async_callback(driver.stop)
        self._configurator.start()
        self._stack.push_async_callback(self._configurator.stop)
        reconciler.start()
        self._stack.push_async_callback(reconciler.stop)
        housekeeping.start()
        self._stack.push_async_callback(housekeeping.stop)
        await self._serve(services, listener)

    async def _broker(self, folder: Path, password: str, client_id: str) -> tuple[EmbeddedBroker | None, BrokerAddress]:
        mqtt = self.settings.mqtt
        if mqtt.url:
            return None, BrokerAddress(mqtt.url, mqtt.username or None, mqtt.password or None, client_id)
        settings = BrokerSettings(folder=folder / "broker", host=mqtt.host, mqtt_port=mqtt.port, prefix=mqtt.prefix)
        broker = EmbeddedBroker(settings, HUB_USER, password)
        await broker.publish(await asyncio.to_thread(self.registry.devices.accounts))
        await broker.start()
        self._stack.push_async_callback(broker.stop)
        return broker, BrokerAddress(broker.url, HUB_USER, password, client_id)

    async def _serve(self, services: Services, listener: socket.socket) -> None:
        config = uvicorn.Config(
            create_api(services),
            log_config=None,
            access_log=False,
            lifespan="on",
            timeout_graceful_shutdown=3,
            server_header=False,
        )
        server = _Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]), name="http")

        async def end() -> None:
            services.stream.close()
            server.should_exit = True
            await serving

        self._stack.push_async_callback(end)
        while not server.started:
            if serving.done():
                serving.result()
                raise CannotStart("the HTTP server ended while it started")
            await asyncio.sleep(0.01)
        host, port = listener.getsockname()[:2]
        self.url = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"

    # --- what parts ask of each other ------------------------------------------------------------------------------

    async def _send(self, order: Order) -> None:
        await self.drivers[NATIVE].send(order)

    async def _configure(self, device: str, config: DeviceConfig) -> None:
        await self.drivers[NATIVE].configure(device, config)

    async def _forget(self, device: str) -> None:
        await self.drivers[NATIVE].forget(device)

    def _connected(self, driver: str, session_present: bool) -> None:
        if driver == NATIVE:
            self._configurator.connected(session_present)

    def health(self) -> Mapping[str, Health]:
        """The state of every part, as `/readyz` shows it."""
        parts = {"registry": self.registry.health(), "store": self.store.health()}
        failing = self._ingest.counters.failing
        parts["ingest"] = Health(not failing, "; ".join(f"{k}: {v}" for k, v in failing.items()) or "writing")
        if self._embedded is not None:
            parts["broker"] = self._embedded.health()
        return parts | {f"driver:{name}": driver.health() for name, driver in self.drivers.items()}


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the command line owns the signals."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


def load_drivers(context: DriverContext, sections: Mapping[str, Mapping[str, Any]]) -> dict[str, Driver]:
    """Build every installed driver (entry points `lamplighter.drivers`), each with its own section of the settings."""
    drivers: dict[str, Driver] = {}
    for entry in entry_points(group="lamplighter.drivers"):
        factory: DriverFactory = entry.load()
        try:
            drivers[entry.name] = factory(replace(context, settings=sections.get(entry.name, {})))
        except ValueError as error:
            raise CannotStart(f"driver {entry.name}: {error}") from error
    if NATIVE not in drivers:
        raise CannotStart("the MQTT driver is not installed: reinstall lamplighter (pip install lamplighter)")
    return drivers


def _mqtt_settings(settings: Settings) -> dict[str, Any]:
    return {
        "prefix": settings.mqtt.prefix,
        "ca_file": settings.mqtt.ca_file or None,
        "future_limit": settings.store.future_seconds,
        "past_limit": settings.store.raw_days * 86400.0,
    }


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1024)
    except UnicodeError as error:
        raise CannotStart(
            f"cannot listen on {host[:60]!r}: that is no host name; write an address into http.host"
        ) from error
    except OSError as error:
        raise CannotStart(
            f"cannot listen on {host}:{port}: {error.strerror or error}; "
            "end the program that has it, or choose another with --port"
        ) from error
    return listener


def writable_folder(path: Path) -> Path:
    """Make sure that `path` is a folder we can write to; raises CannotStart."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = path / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise CannotStart(
            f"data folder {path}: {error.strerror or error}; name a writable folder with --data"
        ) from error
    return path.resolve()
