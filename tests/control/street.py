"""A city in memory on a real registry, with lights that answer orders: the in-memory side of the driver port."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from hub.control.abilities import Abilities
from hub.control.answers import Answers
from hub.control.arbiter import Arbiter
from hub.control.board import Board
from hub.control.desk import OrderDesk
from hub.control.dispatch import Dispatcher
from hub.control.following import Following
from hub.control.local import FACT, LocalHolds
from hub.control.looks import Looks
from hub.control.reconciler import Reconciler
from hub.control.ticks import Ticks
from hub.control.timetable import Timetable
from hub.control.turns import Turns
from hub.control.unresponsive import Unresponsive
from hub.model.commands import Command, Operation, Outcome
from hub.model.devices import Device, DeviceKind
from hub.model.light import Cause, LightReport
from hub.model.overrides import Override
from hub.model.reports import PresenceReport, ResultReport
from hub.model.zones import Location, Zone
from hub.ports import Confirmation, Order, ProfileInfo, Unreachable
from hub.registry.city import City
from schedules.calendar import every_night
from schedules.program_reader import parse_program
from schedules.site import Site
from schedules.timeline import moment
from tests.servers.registries import open_registry

STEPS = [{"at": "12:00", "level": 40}, {"at": "00:00", "level": 30}]
PROGRAM = parse_program({"id": "night", "steps": STEPS})
TREE = {
    "city": None,
    "ward-1": "city",
    "ward-2": "city",
    "le-loi": "ward-1",
    "hung-vuong": "ward-1",
    "dong-ba": "ward-2",
}
PLACE = Location(16.46, 107.59)
SITE = Site(PLACE.lat, PLACE.lon, "Asia/Ho_Chi_Minh")


LIGHTS = frozenset({DeviceKind.LIGHT})
SWITCH = frozenset({Operation.SET_LEVEL})
PROFILES = {
    info.name: info
    for info in (
        ProfileInfo("native", "Native", frozenset(DeviceKind), frozenset(Operation), groups=True),
        ProfileInfo("stateful", "Stateful", LIGHTS, SWITCH, Confirmation.STATE),
        ProfileInfo("radio", "Radio", LIGHTS, SWITCH, Confirmation.DELIVERY, patience=30),
        ProfileInfo("mute", "Mute", LIGHTS, SWITCH, Confirmation.NONE),
        ProfileInfo("feed", "Behind a contactor", LIGHTS, SWITCH, Confirmation.STATE),
        ProfileInfo("mere-sensor", "Mere sensor", LIGHTS, frozenset(), Confirmation.NONE),
    )
}


def planned(now: float) -> float:
    """The level that the program asks of every light."""
    return moment(every_night(PROGRAM.id), {PROGRAM.id: PROGRAM}, SITE, now).level


class SteppedClock:
    """The wall's clock plus what a test has added: by `passed` as if time had gone by, by `added` as if it had been set."""

    rate = 1.0

    def __init__(self) -> None:
        self.added = 0.0
        self._passed = 0.0

    def passed(self, seconds: float) -> None:
        self.added += seconds
        self._passed += seconds

    def monotonic(self) -> float:
        return time.monotonic() + self._passed

    def now(self) -> float:
        return time.time() + self.added

    def ahead(self, seconds: float) -> float:
        return self.now() + seconds


class Heard:
    """What operators' screens would be told."""

    def __init__(self) -> None:
        self.overrides: list[Override] = []
        self.commands: list[str] = []
        self.changed: set[str] = set()

    def devices(self, ids: Iterable[str]) -> None:
        self.changed.update(ids)

    def command(self, command: str) -> None:
        self.commands.append(command)

    def override(self, override: Override) -> None:
        self.overrides.append(override)


@dataclass
class Street:
    """Two wards with streets; `dead` lights never answer, `broker` False takes nothing."""

    folder: Path
    lights: int = 12
    tries: int = 3
    deadline: float = 1.5
    retry_after: float = 0.1
    dead: set[str] = field(default_factory=set)
    broker: bool = True
    others: dict[str, str] = field(default_factory=dict)  # {light of another type: its profile}, all in le-loi
    orders: list[Order] = field(default_factory=list)
    gateway: str | None = None  # carries all lamps that are native
    gateway_rate: float = 5000.0
    broker_rate: float = 5000.0
    patience: float = 0.0
    portion: int = 2000
    local_hold: float = 4 * 3600.0
    clock: SteppedClock = field(default_factory=lambda: SteppedClock())
    round: float = (
        math.inf
    )  # seconds in which every light has its turn to be looked at: never, what happens must be enough

    def __post_init__(self) -> None:
        self.registry = open_registry(self.folder / "registry.db")
        if not self.registry.zones.all():
            for id_, parent in TREE.items():
                self.registry.zones.add(Zone(id_, id_, "zone", parent))
            streets = ("le-loi", "hung-vuong", "dong-ba")
            self.registry.devices.add_many(
                [
                    *([Device(self.gateway, self.gateway, DeviceKind.GATEWAY)] if self.gateway else []),
                    *(
                        Device(f"lamp-{n:04}", f"Lamp {n}", DeviceKind.LIGHT, zone=streets[n % 3], address=self.gateway)
                        for n in range(self.lights)
                    ),
                ],
                {},
            )
            self.registry.devices.add_many(
                [Device(n, n, DeviceKind.LIGHT, profile, "le-loi") for n, profile in self.others.items()]
            )
        self.city = City(self.registry.zones.all(), self.registry.devices.all())
        self.timetable = Timetable(self.city, PROGRAM)
        self.arbiter = Arbiter(self.city, self.timetable, SITE)
        self.heard = Heard()
        self.abilities = Abilities(self.city, self.arbiter, PROFILES)
        holds = LocalHolds(self.local_hold, self.abilities.names_cause)
        holds.load(self.registry.facts.get(FACT))
        self.board = Board(self.city, self.arbiter, self.clock, 900, holds=holds)
        self.board.load(self.registry.lights.all(), self.registry.events.active())
        self.looks = Looks(self.city, self.timetable, self.board, self.heard, round=self.round)
        self.dispatcher = Dispatcher(
            self.city, self.board, self.registry, self.clock, self.send, self.looks, self.abilities,
            tries=self.tries, retry_after=self.retry_after,
            turns=Turns(self.city, gateway=self.gateway_rate, broker=self.broker_rate),
        )  # fmt: skip
        self.answers = Answers(self.abilities, self.board, self.dispatcher.expected)
        self.desk = OrderDesk(
            self.city,
            self.arbiter,
            self.registry,
            self.dispatcher,
            self.clock,
            self.looks,
            deadline=self.deadline,
            left_alone=self.board.local_until,
        )
        self.following = Following(
            self.arbiter, self.board, self.abilities, self.clock, self.dispatcher.last_told, grace=5
        )
        unresponsive = Unresponsive(self.board, self.registry, self.looks, self.clock)
        self.reconciler = Reconciler(
            self.city, self.board, self.registry, self.desk, self.dispatcher, self.clock, self.following, unresponsive,
            self.looks, interval=0.05, patience=self.patience, portion=self.portion,
        )  # fmt: skip
        self.ticks = Ticks(
            self.city, self.arbiter, self.timetable, self.abilities, self.following, self.desk, self.dispatcher,
            self.clock, jumped=self.clock_set, monotonic=self.clock.monotonic,
        )  # fmt: skip

    async def clock_set(self) -> None:
        """The hub noticed that its clock jumped."""
        await self.reconciler.clock_set()

    def online(self, *lights: str) -> None:
        """These lights (or all) come online under their program."""
        names = lights or tuple(self.city.lights(["city"]))
        now = self.clock.now()
        self.take(presence=[PresenceReport(name, True, now) for name in names])
        level = planned(now)
        self.take(lights=[LightReport(name, level, Cause.PROGRAM, now, now) for name in names])

    def offline(self, *lights: str) -> None:
        """These lights' connections end."""
        self.take(presence=[PresenceReport(name, False, self.clock.now()) for name in lights])

    async def send(self, order: Order) -> None:
        """The driver's side: every light that is reached and not dead answers at once."""
        if not self.broker:
            raise Unreachable("the broker is away")
        self.orders.append(order)
        reached = self.city.lights([order.zone]) if order.zone else [str(order.device)]
        alive = [light for light in reached if light not in self.dead]
        self.answer([light for light in alive if self.city.devices[light].profile == "native"], order)
        for light in alive:
            if order.device and self.city.devices[light].profile != "native":
                self.obey(light, order.command)

    def obey(self, light: str, command: Command) -> None:
        """What a light of another type says when it is told a level: its state, that it has it, or nothing."""
        assert command.operation is Operation.SET_LEVEL and command.level is not None
        now, confirmation = self.clock.now(), PROFILES[self.city.devices[light].profile].confirmation
        if confirmation is Confirmation.STATE:
            self.say(light, round(command.level * 2.54) / 2.54)
        elif confirmation is Confirmation.DELIVERY:
            self.take(results=[ResultReport(light, command.id, Outcome.SENT, now, now, "received by the device")])

    def say(self, light: str, level: float) -> None:
        """A light of another type reports its level, as its profile reads it."""
        now = self.clock.now()
        self.take(lights=[LightReport(light, level, Cause.LOCAL, now, now)])

    def answer(self, lights: list[str], order: Order) -> None:
        """The lights' results and states, as the ingest path brings them."""
        now, command = self.clock.now(), order.command
        program = planned(now)
        held = command.operation is Operation.SET_LEVEL
        level = command.level if held and command.level is not None else program
        cause = Cause.OVERRIDE if held else Cause.PROGRAM
        self.take(
            lights=[LightReport(light, level, cause, now, now, command.id if held else None) for light in lights],
            results=[ResultReport(light, command.id, Outcome.APPLIED, now, now) for light in lights],
        )

    def take(
        self,
        lights: Iterable[LightReport] = (),
        results: Iterable[ResultReport] = (),
        presence: Iterable[PresenceReport] = (),
    ) -> None:
        """What the ingest loop does with urgent reports."""
        lights, results = [self.answers.read(light) for light in lights], list(results)
        effects = self.desk.effects(lights, results)
        recorded = self.registry.reports.record(
            lights=lights, in_effect=effects, results=results, events=[], rejected=[]
        )
        self.looks.devices(self.board.take([], lights, effects, recorded.new_events, presence))
        self.dispatcher.observe(recorded.changed)

    def outcomes(self, command: str) -> dict[Outcome, int]:
        """How many targets have which outcome."""
        return {outcome: count for outcome, count in self.registry.orders.outcomes(command).items() if count}
