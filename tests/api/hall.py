"""A hub with a small city behind the real API, served by uvicorn on a free port, in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import httpx
import uvicorn
from cryptography.fernet import Fernet
from prometheus_client import CollectorRegistry, Gauge

from drivers.mqtt import MqttDriver
from hub.access.devices import DeviceAccounts
from hub.access.keys import DeviceKeys
from hub.access.passwords import Passwords
from hub.access.sign_in import SignIn
from hub.access.throttle import Throttle
from hub.access.tokens import Tokens
from hub.alarm_room import CityStreet
from hub.alarms.book import Book
from hub.alarms.desk import AlarmDesk
from hub.alarms.ruleset import load_rules
from hub.api.app import create_api
from hub.api.live.screens import Screens
from hub.api.live.stream import EventStream
from hub.api.services import Services
from hub.api.views import signals as signal_views
from hub.broker.subjects import check
from hub.control.abilities import Abilities
from hub.control.approvals import ApprovalDesk
from hub.control.arbiter import Arbiter
from hub.control.board import Board
from hub.control.conditions import Conditions
from hub.control.dead_sensors import DeadSensors
from hub.control.desk import OrderDesk
from hub.control.dispatch import Dispatcher
from hub.control.feeding import Feeding
from hub.control.holdings import Holdings
from hub.control.limits import Bounds, Limits
from hub.control.plans import Plans
from hub.control.sensing import Sensing
from hub.control.sensors import Sensors
from hub.control.timetable import Timetable
from hub.control.why import Explainer
from hub.environment.air import Air
from hub.environment.limits import shipped
from hub.environment.reading import Reader
from hub.environment.watch import AirWatch
from hub.fire.desk import FireDesk
from hub.fire.heartbeats import Heartbeats
from hub.fire.self_test import SelfTests
from hub.fire.wire import Account, NotSent
from hub.incidents.desk import IncidentDesk
from hub.incidents.lighting import IncidentLights
from hub.incidents.nearby import Nearby
from hub.incidents.planning import Planner
from hub.model.alarms import AlarmChanges
from hub.model.cabinets import CabinetReport
from hub.model.commands import Operation, Outcome
from hub.model.devices import Device, DeviceKind
from hub.model.fire import PanelReport
from hub.model.incidents import Incident
from hub.model.light import Cause, LightReport
from hub.model.readings import Rejected, Row
from hub.model.reports import EventReport, PlanReport, PresenceReport, ResultReport
from hub.notify_room import build_notify
from hub.ports import BrokerAccess, BrokerAccount, Delivery, Health, Lane, Order
from hub.registry.city import NATIVE, City
from hub.settings import Settings
from hub.signals.room import SignalRoom
from hub.store import DuckDbStore
from hub.telemetry.latest import LatestValues
from hub.telemetry.replay import Replays
from hub.telemetry.rollups import Rollups
from schedules.program_reader import parse_program
from schedules.site import Site
from tests.api.furniture import HUE, PASSWORD, furnish, quick_passwords
from tests.drivers.mqtt.hub import Collected, context
from tests.servers.ports import free_port
from tests.servers.registries import open_registry
from tests.servers.waiting import until

PROGRAM = parse_program({"id": "night", "steps": [{"at": "00:00", "level": 30}]})
SITE = Site(HUE.lat, HUE.lon, "Asia/Ho_Chi_Minh")
T = TypeVar("T")


class SteppedClock:
    """The wall's clock plus what a test has added, as if time had gone by, and what it was `set` by."""

    rate = 1.0

    def __init__(self) -> None:
        self.added = self.set = 0.0

    def now(self) -> float:
        return time.time() + self.added + self.set

    def monotonic(self) -> float:
        return time.monotonic() + self.added

    def ahead(self, seconds: float) -> float:
        return self.now() + seconds


class Broker:
    """Remembers the device accounts that it was given."""

    def __init__(self) -> None:
        self.accounts: dict[str, BrokerAccount] = {}

    def usable(self, access: BrokerAccess) -> None:
        check(access)

    async def publish(self, accounts: Mapping[str, BrokerAccount]) -> None:
        self.accounts = dict(accounts)


class Signing:
    """A driver at which native devices sign in that no gateway speaks for; a test sets where."""

    secure_url: str | None = None

    def keyed(self, device: Device) -> bool:
        return device.profile == NATIVE and device.address is None


class Straight:
    """An inbox from which everything goes straight into the hall, and is durable when it was put."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall

    def put(self, lane: Lane, delivery: Delivery) -> None:
        self._hall.take(
            rows=list(delivery.rows), lights=list(delivery.lights), results=list(delivery.results),
            events=list(delivery.events), presence=list(delivery.presence), rejected=list(delivery.rejected),
            cabinets=list(delivery.cabinets), panels=list(delivery.panels),
        )  # fmt: skip
        delivery.done()

    def full(self, lane: Lane) -> bool:
        return self._hall.inbox_full

    def gives_way(self, lane: Lane) -> bool:
        return False

    async def room(self, lane: Lane) -> None:
        await asyncio.sleep(0.01)


class Fire(NamedTuple):
    """The fire path of a hall, which has no broker for a test of it."""

    desk: FireDesk
    tests: SelfTests


async def _no_broker() -> Account:
    raise NotSent("there is no broker here")


async def _acknowledged(alarm: str, who: str) -> None:
    """No test of the fire path makes an alarm here."""


async def _always() -> bool:
    return True


class Told:
    """The state of parts, as a test tells it."""

    def __init__(self, parts: dict[str, Health]) -> None:
        self._parts = parts

    def parts(self) -> dict[str, Health]:
        """All of them."""
        return self._parts

    def machine(self) -> dict[str, Health]:
        """Those of the hub's own machine."""
        return {name: part for name, part in self._parts.items() if name in ("broker", "disk")}


class Hall:
    """Everything behind the API. `dead` lights never answer an order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.dead: set[str] = set()
        self.inbox_full = False
        self.signalled: list[Order] = []  # what junctions were told: they do not answer here
        self.parts = {"registry": Health(True, "SQLite"), "store": Health(True, "writing")}
        self.broker = Broker()
        self.clock = SteppedClock()
        self._tokens: dict[str, str] = {}
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._loop: asyncio.AbstractEventLoop
        self._server: uvicorn.Server

    # --- the server ------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._thread.start()
        self._ready.wait(30)
        if self._failure is not None:
            raise self._failure
        until("the server to listen", lambda: self._server.started, within=20, every=0.01)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self.stream.close)
        self._server.should_exit = True
        self._thread.join(20)
        self.store.close()
        self.registry.close()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._failure = error
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.registry = open_registry(self.folder / "registry.db", furnish)
        self.store = DuckDbStore(self.folder / "telemetry", self.clock.now)
        self.city = City(self.registry.zones.all(), self.registry.devices.all())
        timetable = Timetable(self.city, PROGRAM)
        timetable.load(self.registry.plans.programs.all(), self.registry.plans.calendars.all())
        arbiter = Arbiter(self.city, timetable, SITE)
        driver = MqttDriver(context("mqtt://127.0.0.1", Collected(), self.city))
        self.signing = Signing()
        self.keys = DeviceKeys(self.registry, "secret of the hub", self.city.devices, self.clock)
        self.keys.ways = [self.signing]
        self.latest = LatestValues()
        abilities = Abilities(self.city, arbiter, driver.profiles())
        self.board = Board(self.city, arbiter, self.clock, 900, by_hub=abilities.by_hub)
        self.plans = Plans(self.city, timetable, arbiter, self.clock)
        self.holdings = Holdings(self.city, self.plans, abilities, self.board, self.clock)
        self.stream = EventStream(interval=0.02, keep_alive=0.3, ring_bytes=20_000)
        self.screens = Screens(self.city, self.board, self.registry, self.stream, self.clock)
        self.dispatcher = Dispatcher(
            self.city, self.board, self.registry, self.clock, self._send, self.screens, abilities,
            tries=2, retry_after=0.05,
        )  # fmt: skip
        self.limits = Limits(self.city, arbiter, self.clock, Bounds())
        self.desk = OrderDesk(
            self.city, arbiter, self.registry, self.dispatcher, self.clock, self.screens, deadline=0.5,
            limits=self.limits,
        )  # fmt: skip
        self.sensing = Sensing(
            self.city, arbiter, timetable, Sensors(self.city, self.board, self.latest.of),
            DeadSensors(self.city, self.board, self.registry, self.screens, self.clock), self.desk, self.clock,
        )  # fmt: skip
        self.sensing.load(self.registry.plans.sensing.all())
        self.sign_in = SignIn(
            self.registry, Tokens(b"k" * 32), self._passwords(), Throttle(), lambda: time.time() + self.clock.added
        )
        self.street = CityStreet(self.city, self.board, arbiter, self.latest, self.clock)
        self.alarms = AlarmDesk(
            load_rules(), self.registry, self.street, self.clock, self.told,
            lambda events: self.screens.devices(self.board.take([], [], [], events, [])), sweep_every=600.0,
        )  # fmt: skip
        self.notify = build_notify(
            Settings(), self.registry, self.alarms, self.city, self.clock, Fernet.generate_key().decode(), driver
        )
        lit = IncidentLights(self.city, arbiter, self.board, self.desk, self.limits)
        self.signals = SignalRoom(
            Settings().signals, "Asia/Ho_Chi_Minh", 5.0, self.city, self.registry, self.clock, self.dispatcher, self._send,
            driver.profiles(), Conditions(self.board, self.registry, self.screens), self.junctions_changed,
        )  # fmt: skip
        self.incidents = IncidentDesk(
            self.registry, Planner(self.city, Nearby(self.city)), self.alarms.rules, self.desk, lit, self.signals.waves,
            self.clock, self.incident_changed, look_every=600.0,
        )  # fmt: skip
        self.board.news = self.alarms.news
        await self.alarms.load()
        await self.incidents.load()
        await self.signals.load()
        self.alarms.start()
        await self.notify.load()
        self.notify.start()
        self.incidents.start()
        self.rollups = Rollups(self.store, self.registry, self.city, self.clock, time_zone="Asia/Ho_Chi_Minh")
        self.air = Air(
            Reader(self.store, lambda: self.rollups.spans, lambda: self.rollups.kept), self.registry, self.city, self.clock,
            ZoneInfo("Asia/Ho_Chi_Minh"), shipped(), special=["dong-ba"], owner="Huế",
        )  # fmt: skip
        self.fire = FireDesk(
            self.city, self.registry, self.clock, Straight(self), self._send, self.screens.fire, Heartbeats(60.0, 3, 5.0),
            can_read=lambda device: False,
        )  # fmt: skip
        self.alarms.stamped = self.fire.alarmed
        tests = SelfTests(
            self.fire, self.registry, self.clock, _no_broker, lambda: self.stream.frames(None, _always), _acknowledged,
            self.registry.deliveries.dealt_with, at="", zone=ZoneInfo("Asia/Ho_Chi_Minh"), patience=5.0,
        )  # fmt: skip
        self.air_watch = AirWatch(self.air, self.clock, Conditions(self.board, self.registry, self.screens))
        self.replays = Replays(self.registry, [driver], Straight(self), self.clock, self.board.state_time)
        metrics = CollectorRegistry()
        Gauge("lamplighter_test", "a gauge", registry=metrics).set(42)
        services = Services(
            registry=self.registry,
            store=self.store,
            city=self.city,
            latest=self.latest,
            board=self.board,
            desk=self.desk,
            arbiter=arbiter,
            timetable=timetable,
            limits=self.limits,
            explainer=Explainer(self.city, arbiter, timetable, self.board, self.desk, abilities),
            approvals=ApprovalDesk(self.registry, self.desk, self.clock, self.screens.approval),
            holdings=self.holdings,
            alarms=self.alarms,
            fire=Fire(self.fire, tests),
            notify=self.notify,
            incidents=self.incidents,
            signals=self.signals,
            sensing=self.sensing,
            air=self.air,
            sign_in=self.sign_in,
            device_accounts=DeviceAccounts(self.registry, self.broker, self.city.devices, driver.access),
            device_keys=self.keys,
            stream=self.stream,
            screens=self.screens,
            rollups=self.rollups,
            replays=self.replays,
            clock=self.clock,
            health=Told(self.parts),
            metrics=metrics,
            profiles=driver.profiles(),
            prefix="ll",
            broker_url="mqtt://hub.example:1883",
            time_zone="Asia/Ho_Chi_Minh",
        )
        self.app = create_api(services)
        config = uvicorn.Config(self.app, port=self.port, log_config=None, lifespan="on", timeout_graceful_shutdown=3)
        self._server = uvicorn.Server(config)
        self._ready.set()
        await self._server.serve()
        await self.notify.stop()
        await self.incidents.stop()
        await self.alarms.stop()
        await self.fire.stop()
        await self.replays.stop()
        await self.dispatcher.stop()

    @staticmethod
    def _passwords() -> Passwords:
        return quick_passwords()

    def told(self, book: Book, changes: AlarmChanges) -> None:
        """Alarms changed."""
        self.screens.alarms(book, changes)
        self.notify.news()
        self.incidents.news()

    def junctions_changed(self, junctions: Iterable[str]) -> None:
        """Something was said or ordered there."""
        for id in junctions:
            shown = partial(signal_views.junction_event, id, self.signals, self.city, self.board, self.clock)
            self.screens.junction(id, shown)

    def incident_changed(self, incident: Incident) -> None:
        """An incident changed, and may have left a message."""
        self.screens.incident(incident)
        self.notify.news()

    # --- what devices do -------------------------------------------------------------------------------------------

    async def _send(self, order: Order) -> None:
        known = self.city.device(order.device or "")
        if known is not None and known.kind is DeviceKind.JUNCTION:
            self.signalled.append(order)
            return
        reached = self.city.lights([order.zone]) if order.zone else [str(order.device)]
        for light in reached:
            if light not in self.dead:
                self._answer(light, order)

    def _answer(self, light: str, order: Order) -> None:
        now, command = self.clock.now(), order.command
        held = command.operation is Operation.SET_LEVEL
        level = command.level if held and command.level is not None else 30.0
        cause = Cause.OVERRIDE if held else Cause.PROGRAM
        self.take(
            lights=[LightReport(light, level, cause, now, now, command.id if held else None)],
            results=[ResultReport(light, command.id, Outcome.APPLIED, now, now)],
        )

    def take(
        self,
        lights: list[LightReport] | None = None,
        results: list[ResultReport] | None = None,
        events: list[EventReport] | None = None,
        presence: list[PresenceReport] | None = None,
        rejected: list[Rejected] | None = None,
        rows: list[Row] | None = None,
        plans: list[PlanReport] | None = None,
        cabinets: list[CabinetReport] | None = None,
        panels: list[PanelReport] | None = None,
    ) -> None:
        """What the ingest path does with reports. On the event loop."""
        if cabinets:
            feeding = Feeding(self.city, self.board.cabinets, lambda report: report, self.dispatcher.expected)
            lights = [*(lights or []), *(each for said in cabinets for each in feeding.lights(said))]
        effects = self.desk.effects(lights or [], results or [])
        recorded = self.registry.reports.record(
            lights=lights or [],
            in_effect=effects,
            results=results or [],
            events=events or [],
            rejected=rejected or [],
            cabinets=cabinets or [],
            panels=panels or [],
        )
        if rows:
            self.store.append(rows)
            self.latest.update(rows)
        changed = self.board.take(
            rows or [], lights or [], effects, recorded.new_events, presence or [], (), cabinets or []
        )
        self.holdings.take(plans or [])
        self.screens.devices(changed)
        self.dispatcher.observe(recorded.changed)
        self.sensing.take(rows or [])
        self.alarms.take(rows or [], bool(recorded.new_events), bool(recorded.fire))
        self.fire.take(recorded.fire, panels or [], ())

    def report(self, **reports: Any) -> None:
        """`take`, from a test."""

        async def take() -> None:
            self.take(**reports)

        self.run(take())

    def light_up(self) -> None:
        """Every lamp comes online under its program, at 30 %."""
        now = self.clock.now()
        names = [name for name in self.city.devices if name.startswith("lamp-")]
        self.report(
            presence=[PresenceReport("gate-1", True, now)],
            lights=[LightReport(name, 30.0, Cause.PROGRAM, now, now) for name in names],
        )

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something on the hub's event loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    # --- people ----------------------------------------------------------------------------------------------------

    def token(self, user: str) -> str:
        """A bearer token of a user."""
        if user not in self._tokens:
            answer = httpx.post(f"{self.url}/api/v1/auth/token", data={"username": user, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            self._tokens[user] = answer.json()["access_token"]
        return self._tokens[user]

    def later(self, seconds: float) -> None:
        """Time passes, and with it every sign-in."""
        self.clock.added += seconds
        self._tokens.clear()

    def client(self, user: str | None = "admin") -> httpx.Client:
        """A client that is signed in as `user`; None: not at all."""
        headers = {} if user is None else {"Authorization": f"Bearer {self.token(user)}"}
        return httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=20)


@contextlib.contextmanager
def open_hall(folder: Path) -> Iterator[Hall]:
    """A hall for as long as it is needed."""
    hall = Hall(folder)
    hall.start()
    try:
        yield hall
    finally:
        hall.stop()


def code(answer: httpx.Response) -> str:
    """The code of a problem, which must be one by form."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert {"type", "title", "status", "detail", "code"} <= body.keys()
    assert body["status"] == answer.status_code
    return str(body["code"])
