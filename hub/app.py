"""The composition root: builds every part and puts them together. The only place that knows everything."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from importlib.resources import files
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry

from hub.access.devices import DeviceAccounts
from hub.access.keys import DeviceKeys
from hub.access.passwords import Passwords
from hub.access.sign_in import SignIn
from hub.access.throttle import Throttle
from hub.access.tokens import Tokens
from hub.alarm_room import CityStreet, hub_parts, load_curves
from hub.alarms.book import Book
from hub.alarms.desk import AlarmDesk
from hub.alarms.ruleset import BadRules, load_rules
from hub.api.app import create_api
from hub.api.live.screens import Screens
from hub.api.live.stream import EventStream
from hub.api.services import Services
from hub.broker import BrokerSettings, EmbeddedBroker
from hub.carriers import Carriers, TwoCarriers, lost
from hub.clock import WallClock
from hub.control.abilities import Abilities
from hub.control.answers import Answers, Reading
from hub.control.arbiter import Arbiter
from hub.control.board import Board
from hub.control.conditions import Conditions
from hub.control.feeding import Feeding
from hub.control.local import FACT as LOCAL_HOLDS
from hub.control.local import LocalHolds
from hub.control.timetable import Timetable
from hub.control_room import ControlRoom
from hub.data_folder import writable_folder
from hub.disk import Disk
from hub.environment.built import build_air
from hub.environment.limits import BadLimits, city_limits
from hub.environment.watch import AirWatch
from hub.export.exporter import HomeAssistantExport
from hub.export.homeassistant import Topics
from hub.fire_room import FireRoom
from hub.incident_room import build_incidents
from hub.installed import NATIVE, CannotStart, driver_settings, load_drivers
from hub.measures import Measures
from hub.measures_alarms import AlarmMeasures
from hub.measures_incidents import IncidentMeasures
from hub.measures_notify import NotifyMeasures
from hub.measures_orders import OrderMeasures
from hub.measures_signals import SignalMeasures
from hub.model.alarms import AlarmChanges
from hub.notify_room import build_notify, notify_parts
from hub.open_store import open_store
from hub.ports import (
    Broadcaster,
    BrokerAddress,
    Clock,
    DriverContext,
    KeyedWay,
    Lane,
)
from hub.registry import Registry
from hub.registry.city import City
from hub.secret_file import Secrets, load_secrets
from hub.settings import Settings
from hub.signal_room import build_signals
from hub.store.spool import SpooledStore
from hub.telemetry.batch import Ingested
from hub.telemetry.bounds import QuarantineBounds, QuarantineKeeper
from hub.telemetry.housekeeping import Housekeeping
from hub.telemetry.inbox import LaneInbox
from hub.telemetry.ingest import Ingest
from hub.telemetry.keeper import Keeper
from hub.telemetry.latest import LatestValues
from hub.telemetry.replay import Replays
from hub.telemetry.rollups import Rollups
from hub.web_server import WebServer, listen
from hub.wellness import Wellness

log = structlog.get_logger("lamplighter")

HUB_USER = "lamplighter-hub"


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
            self._stack.callback(gc.unfreeze)
            with _lasting():
                await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _start(self) -> None:
        settings, clock = self.settings, self.clock
        try:
            limits = city_limits(settings.environment.limits)
        except BadLimits as error:
            raise CannotStart(str(error)) from error
        listener = listen(settings.http.host, settings.http.port)
        self._stack.callback(listener.close)
        folder = writable_folder(settings.data)
        try:
            rules, curves = load_rules(folder / "alarms"), load_curves(folder / "lamp-curves.toml")
        except BadRules as error:
            raise CannotStart(str(error)) from error
        disk = Disk(folder, settings.disk.low_megabytes, settings.disk.low_percent)
        secrets = load_secrets(folder)

        self.registry = registry = await asyncio.to_thread(Registry, settings.registry_url)
        self._stack.callback(registry.close)
        self.city = city = City(
            await asyncio.to_thread(registry.zones.all), await asyncio.to_thread(registry.devices.all)
        )
        self.store = store = await asyncio.to_thread(open_store, settings, folder, city, registry, clock)
        self._stack.push_async_callback(asyncio.to_thread, store.close)

        lighting = settings.lighting
        timetable = Timetable(city, lighting.night())
        written = registry.plans
        timetable.load(await asyncio.to_thread(written.programs.all), await asyncio.to_thread(written.calendars.all))
        arbiter = Arbiter(city, timetable, lighting.site())
        ingest_settings = settings.ingest
        urgent = dict.fromkeys((Lane.FIRE, Lane.URGENT, Lane.STATE), ingest_settings.urgent_bound)
        inbox = LaneInbox({Lane.BULK: ingest_settings.bulk_bound, **urgent})
        broker, address = self._broker(folder, disk, secrets)
        reading = Reading(inbox)
        keys = await asyncio.to_thread(DeviceKeys, registry, secrets.device_key, city.devices, clock)
        context = DriverContext(
            reading,
            city,
            clock,
            address,
            {},
            self._connected,
            self._conditions,
            lambda device: self._room.config(device),
            keys.find,
        )
        self.drivers = drivers = load_drivers(context, driver_settings(settings, folder))
        keys.ways = [driver for driver in drivers.values() if isinstance(driver, KeyedWay)]
        try:
            carriers = Carriers(drivers, city)
        except TwoCarriers as error:
            raise CannotStart(str(error)) from error
        for profile, those in carriers.unknown(city.devices.values()).items():
            log.warning("devices are neither heard nor ordered", reason=lost(profile, those, folder / "profiles"))
        abilities = Abilities(city, arbiter, carriers.profiles)
        self.latest = latest = LatestValues()
        intervals = {name: each.report_every for name, each in carriers.profiles.items() if each.report_every}
        holds = LocalHolds(settings.control.local_hold, abilities.names_cause)
        holds.load(await asyncio.to_thread(registry.facts.get, LOCAL_HOLDS))
        self.board = board = Board(city, arbiter, clock, lighting.report_every, intervals, abilities.by_hub, holds)
        board.load(await asyncio.to_thread(registry.lights.all), await asyncio.to_thread(registry.events.active),
                   await asyncio.to_thread(registry.cabinets.all))  # fmt: skip
        keeper = Keeper(folder / "latest.snapshot", latest, board, store, clock, oldest=lambda: self._ingest.oldest())
        await keeper.load({device: device for device in city.devices})
        accounts = DeviceAccounts(registry, broker, city.devices, carriers.access)
        if broker is not None:
            await accounts.publish()
            await broker.start()
            self._stack.push_async_callback(broker.stop)
        stream = EventStream()
        self._screens = screens = Screens(city, board, registry, stream, clock)
        self._room = room = ControlRoom(
            settings, city, registry, timetable, arbiter, abilities, board, screens, carriers, clock, latest.of
        )
        reading.read = Answers(abilities, board, room.dispatcher.expected).read
        reading.extend = Feeding(city, board.cabinets, reading.read, room.dispatcher.expected).extend
        self._fire = fire = FireRoom(
            settings, city, registry, clock, reading, carriers, screens, stream, accounts, broker, address
        )
        self._street = CityStreet(
            city, self.board, arbiter, latest, clock,
            lambda: {**hub_parts(drivers, self.store, broker, disk), **fire.parts(), **notify_parts(notify, alarms)}, curves,
        )  # fmt: skip
        self._alarms = alarms = AlarmDesk(
            rules, registry, self._street, clock, self._alarms_changed,
            lambda events: screens.devices(board.take([], [], [], events, [])), stamped=fire.desk.alarmed,
            keep_days=settings.registry.event_days,
        )  # fmt: skip
        fire.alarms = alarms
        self._notify = notify = build_notify(
            settings, registry, alarms, city, clock, secrets.channel_key, drivers.get(NATIVE)
        )
        self._signals = signals = build_signals(settings, city, registry, clock, board, room, carriers, screens)
        self._incidents = incidents = build_incidents(
            registry, city, board, arbiter, room, rules, clock, screens, self._street, signals.waves, notify.news
        )
        board.news = alarms.news
        rollups = await asyncio.to_thread(
            Rollups, store, registry, city, clock, time_zone=lighting.time_zone, late_days=settings.store.late_days,
            oldest_waiting=store.oldest_waiting if isinstance(store, SpooledStore) else lambda: None,
        )  # fmt: skip
        air = build_air(settings, limits, store, registry, city, clock, lambda: rollups.spans, lambda: rollups.kept)
        air_watch = AirWatch(air, clock, Conditions(board, registry, screens))
        ingest = Ingest(
            inbox, store, registry, latest, room.desk.effects, self._take,
            batch_readings=ingest_settings.batch_readings, batch_seconds=ingest_settings.batch_seconds,
            busy_batch_seconds=ingest_settings.busy_batch_seconds, arriving=rollups.lateness.arriving,
        )  # fmt: skip
        housekeeping = Housekeeping(
            store, registry, clock, rollups, keep=settings.store.keep(),
            audit_days=settings.registry.audit_days, event_days=settings.registry.event_days, fire_days=settings.fire.keep_days,
        )  # fmt: skip
        kept = settings.quarantine
        quarantine = QuarantineKeeper(
            registry, clock, QuarantineBounds(kept.rows, kept.megabytes * 1_000_000, kept.days)
        )
        replays = Replays(registry, list(drivers.values()), inbox, clock, board.state_time)
        metrics = CollectorRegistry()
        measures = Measures(
            inbox,
            ingest,
            store,
            drivers,
            room.reconciler,
            stream,
            city,
            latest,
            rollups,
            replays,
            registry,
            board,
            disk,
        )
        metrics.register(measures)
        wellness = Wellness(registry, store, ingest, timetable, room.sensing, drivers, broker, disk)
        metrics.register(OrderMeasures(room.dispatcher.turns, room.ticks))
        metrics.register(AlarmMeasures(alarms, city))
        metrics.register(fire.measures)
        metrics.register(NotifyMeasures(notify))
        metrics.register(IncidentMeasures(incidents))
        metrics.register(SignalMeasures(signals))
        sign_in = SignIn(registry, Tokens(secrets.token_key.encode()), Passwords(), Throttle())

        services = Services(
            registry=registry, store=store, city=city, latest=latest, board=board, desk=room.desk,
            limits=room.limits, explainer=room.explainer, alarms=alarms, fire=fire, notify=notify, incidents=incidents,
            signals=signals,
            approvals=room.approvals, sensing=room.sensing, air=air,
            arbiter=arbiter, timetable=timetable, holdings=room.holdings, sign_in=sign_in,
            device_accounts=accounts, device_keys=keys, stream=stream, screens=screens, rollups=rollups, replays=replays,
            clock=clock, health=wellness, metrics=metrics, profiles=carriers.profiles,
            prefix=settings.mqtt.prefix, broker_url=address.url, time_zone=lighting.time_zone,
            web=Path(str(files("dashboards"))) / "web",
        )  # fmt: skip
        self._stack.callback(services.readers.shutdown, wait=False, cancel_futures=True)
        self._ingest = ingest

        keeper.start()
        self._stack.push_async_callback(keeper.stop)
        ingest.start()
        self._stack.push_async_callback(ingest.stop)
        await room.load()
        await fire.load()
        await alarms.load()
        await notify.load()
        await incidents.load()
        await signals.load()
        for desk in (alarms, incidents):
            desk.start()
            self._stack.push_async_callback(desk.stop)
        self._stack.push_async_callback(notify.stop)
        self._stack.push_async_callback(room.dispatcher.stop)
        for driver in drivers.values():
            await driver.start()
            self._stack.push_async_callback(driver.stop)
        room.start(self._stack)
        fire.start(self._stack)
        signals.start(self._stack)
        notify.start()
        await self._export(latest)
        self._stack.push_async_callback(replays.stop)
        server = WebServer(listener)
        self._stack.push_async_callback(server.stop)
        self._stack.callback(stream.close)
        await server.start(create_api(services))
        self.url = server.url
        rollups.start()
        self._stack.push_async_callback(rollups.stop)
        housekeeping.start()
        self._stack.push_async_callback(housekeeping.stop)
        quarantine.start()
        self._stack.push_async_callback(quarantine.stop)
        air_watch.start()
        self._stack.push_async_callback(air_watch.stop)

    def _broker(self, folder: Path, disk: Disk, secrets: Secrets) -> tuple[EmbeddedBroker | None, BrokerAddress]:
        """The embedded broker, not yet started, unless there is one of the city's own; and where it is."""
        mqtt = self.settings.mqtt
        if mqtt.url:
            return None, BrokerAddress(mqtt.url, mqtt.username or None, mqtt.password or None, secrets.client_id)
        settings = BrokerSettings(
            folder=folder / "broker", host=mqtt.host, mqtt_port=mqtt.port, reserve=disk.room().limit
        )
        broker = EmbeddedBroker(settings, HUB_USER, secrets.broker_password)
        return broker, BrokerAddress(broker.url, HUB_USER, secrets.broker_password, secrets.client_id)

    async def _export(self, latest: LatestValues) -> None:
        """Show the city to Home Assistant, where that is wanted and there is a broker that it can sign in at."""
        wanted, driver = self.settings.homeassistant, self.drivers[NATIVE]
        if wanted.enabled and not self.settings.mqtt.url:
            raise CannotStart(
                "homeassistant.enabled needs a broker that Home Assistant can sign in at: set mqtt.url, or leave it out"
            )
        if isinstance(driver, Broadcaster):
            export = HomeAssistantExport(
                self.city, self.board, latest, self.registry, driver,
                Topics(wanted.discovery_prefix, self.settings.mqtt.prefix), enabled=wanted.enabled,
            )  # fmt: skip
            export.start()
            self._stack.push_async_callback(export.stop)

    # --- what parts ask of each other ------------------------------------------------------------------------------

    def _take(self, ingested: Ingested) -> None:
        self._fire.take(ingested)
        self._alarms.take(ingested.rows, bool(ingested.recorded.new_events), bool(ingested.recorded.fire))
        self._room.take(ingested)
        self._street.take(ingested)
        self._signals.take(ingested.junctions)
        if any(event.active is None for event in ingested.recorded.new_events):
            self._incidents.news()  # an event of a moment is no alarm

    def _alarms_changed(self, book: Book, changes: AlarmChanges) -> None:
        self._screens.alarms(book, changes)
        self._notify.news()
        self._incidents.news()

    def _conditions(self, device: str) -> set[tuple[str, str]]:
        return {(event.type, event.point) for event in self.board.conditions(device)}

    def _connected(self, driver: str, session_present: bool) -> None:
        if driver == NATIVE:
            self._room.configurator.connected(session_present)
            self._fire.desk.ask(self.city.panels)
            self._signals.ask_all()


@contextmanager
def _lasting() -> Iterator[None]:
    """What is made meanwhile lives as long as the hub: the garbage collector shall not go through it again and again. With
    100,000 devices that takes a third of the start, and afterwards 0.2 s at a time from the event loop. Later it looks at what is
    new more seldom: a batch of thousands of messages is no garbage yet when it has come in by a half."""
    gc.disable()
    try:
        yield
        gc.freeze()
        gc.set_threshold(20_000, 50, 100)
    finally:
        gc.enable()
