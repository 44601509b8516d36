"""Junctions with the real registry, the real linter and simulated controllers, and a wire between them that a test holds in its
hands: it delivers, delays, repeats and loses as the test says, by a clock that the test moves."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from copy import deepcopy
from pathlib import Path
from typing import Any

from hub.control.arbiter import Arbiter
from hub.control.board import Board
from hub.control.conditions import Conditions
from hub.control.timetable import Timetable
from hub.model.commands import Command, Operation, Outcome
from hub.model.devices import Device, DeviceKind
from hub.model.junctions import ChosenBy, JunctionMode, JunctionReport
from hub.ports import Confirmation, Order, ProfileInfo
from hub.registry import Registry, TargetChange
from hub.registry.city import City
from hub.settings import Settings
from hub.signals.room import SignalRoom
from schedules.program_reader import parse_program
from schedules.site import Site
from simulators.junctions.controller import SignalController
from simulators.orders import Refused
from tests.simulators.junctions.crossroad import NOON, Crossroad

PROFILES = {"native": ProfileInfo("native", "native", frozenset(DeviceKind), frozenset(Operation), Confirmation.RESULT)}
_NIGHT = parse_program({"id": "night", "steps": [{"at": "00:00", "level": 30}]})


class HandClock:
    """A clock that a test moves."""

    rate = 1.0

    def __init__(self, now: float) -> None:
        self._now = now

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._now

    def ahead(self, seconds: float) -> float:
        return self._now + seconds

    def pass_by(self, seconds: float) -> None:
        self._now += seconds


class Silent:
    """Screens that nobody looks at."""

    def command(self, command: str) -> None: ...

    def override(self, override: object) -> None: ...

    def devices(self, ids: Iterable[str]) -> None: ...


class House:
    """`crossroads` by junction. What the hub said waits in `wire` until it is delivered; `told` is all that it ever said."""

    def __init__(self, folder: Path, count: int = 1) -> None:
        self.clock = HandClock(NOON)
        self.registry = Registry(f"sqlite:///{folder / 'registry.db'}")
        self.crossroads = {f"junction-0{number + 1}": Crossroad(number, NOON) for number in range(count)}
        self.registry.devices.add_many([Device(id, id, DeviceKind.JUNCTION) for id in self.crossroads])
        self.wire: list[tuple[Command, str]] = []
        self.told: list[tuple[Command, str]] = []
        self.lost: set[str] = set()  # junctions whose connection is away
        self.read_asked: list[Order] = []
        self.room: SignalRoom

    async def start(self, **settings: Any) -> None:
        """The hub starts, with nothing in its memory."""
        city = City(self.registry.zones.all(), self.registry.devices.all())
        arbiter = Arbiter(city, Timetable(city, _NIGHT), Site(16.46, 107.59, "Asia/Ho_Chi_Minh"))
        board = Board(city, arbiter, self.clock, 900.0)
        self.conditions = Conditions(board, self.registry, Silent())
        wanted = Settings().signals.model_copy(
            update={"seconds_between_orders": 0.0, "orders_per_minute": 1000} | settings
        )
        self.room = SignalRoom(
            wanted,
            "Asia/Ho_Chi_Minh",
            60.0,
            city,
            self.registry,
            self.clock,
            self,
            self._send,
            PROFILES,
            self.conditions,
        )
        await self.room.load()
        self.wire = [
            (command, target.device)
            for command, targets in self.registry.orders.running()
            for target in targets
            if not target.outcome.final
        ]

    def stop(self) -> None:
        """The hub is killed: what it had in memory is gone."""
        self.room.judge.stop()

    # --- the wire: hub.signals.ledger.Carrying ----------------------------------------------------------------------------

    def begin(self, command: Command, targets: Collection[str], /) -> None:
        self.wire += [(command, each) for each in targets]
        self.told += [(command, each) for each in targets]

    def observe(self, changes: Iterable[TargetChange], /) -> None:
        over = {(each.command, each.device) for each in changes if each.outcome.final}
        self.wire = [each for each in self.wire if (each[0].id, each[1]) not in over]

    async def _send(self, order: Order) -> None:
        self.read_asked.append(order)

    def deliver(self, place: int = 0, *, keep: bool = False) -> None:
        """One of the commands that wait reaches its controller, which answers; `keep`: it comes once more later."""
        command, junction = self.wire[place] if keep else self.wire.pop(place)
        controller = self.crossroads[junction].controller
        if command.expires <= self.clock.now():
            self._answered(command, junction, Outcome.TIMED_OUT, "")
            return
        try:
            _obey(controller, command, command.signals[junction], self.clock.now())
        except Refused as refused:
            self._answered(command, junction, Outcome.REJECTED, str(refused))
        else:
            self._answered(command, junction, Outcome.APPLIED, "")

    def _answered(self, command: Command, junction: str, outcome: Outcome, detail: str) -> None:
        self.registry.orders.mark([TargetChange(command.id, junction, outcome, detail, self.clock.now())])

    def deliver_all(self) -> None:
        """Everything that waits arrives."""
        while self.wire:
            self.deliver()

    async def seconds(self, seconds: float) -> None:
        """Time passes; every controller says its state, and the hub looks."""
        self.clock.pass_by(seconds)
        for crossroad in self.crossroads.values():
            crossroad.run(seconds)
        await self.look()

    async def look(self) -> None:
        """Every controller that has a connection says its state, and the hub looks at it."""
        self.room.take([self.report(id) for id in self.crossroads if id not in self.lost])
        await self.room.follower.look()

    def report(self, junction: str) -> JunctionReport:
        """What a controller says of itself."""
        now, controller = self.clock.now(), self.crossroads[junction].controller
        shows, held, runner = controller.runner.shows, controller.held, controller.runner
        program = controller.stored.get(shows.name or "") if controller.fault is None else None
        return JunctionReport(
            junction, now, now, JunctionMode(controller.mode), plan=shows.name if controller.fault is None else None,
            second=float(runner.second) if shows.program is not None else None,
            cycle=float(shows.program.cycle) if shows.program is not None else None, groups=controller.letters, clock_error=0.0,
            checksum=None if program is None else program.checksum,
            faults=(*filter(None, [controller.fault]), *controller.faults), by=ChosenBy(controller.by),
            selected=None if held is None else held.plan,
            until=None if held is None or held.until == float("inf") else held.until,
            command=None if held is None else held.command,
            stored={name: each.checksum for name, each in controller.stored.items()},
        )  # fmt: skip

    async def active(self, junction: str = "junction-01", body: dict[str, Any] | None = None, **bounds: Any) -> str:
        """A plan set all the way to the street; its id."""
        plans = self.room.plans
        made = await plans.add(junction, body or self.body(junction), "an", "")
        await plans.submit(made.id, "an", "why")
        await plans.approve(made.id, "binh", "why")
        await plans.activate(made.id, "chi", "why", bounds.get("until"))
        for _ in range(400):
            self.deliver_all()
            await self.seconds(2.0)
            if (found := self.room.ledger.active.get(junction)) is not None and found.id == made.id:
                return made.id
        raise AssertionError((await plans.get(made.id)).steps)

    def body(self, junction: str = "junction-01") -> dict[str, Any]:
        """A plan set that is right for a junction: the day's program all day, others to be selected."""
        found = deepcopy(dict(self.crossroads[junction].plan.plan_set))
        found["day_plans"] = {"all": [{"from": "00:00", "program": "day"}]}
        found.pop("calendar")
        found.pop("coordination")
        return found


def _obey(controller: SignalController, command: Command, told: Any, now: float) -> None:
    """What a controller does with a command (docs/signals-wire.md)."""
    until = float("inf") if command.until is None else command.until
    if command.operation is Operation.SIGNAL_MODE:
        if told["mode"] == "local":
            controller.let_go()
        else:
            controller.rest(command.id, told["mode"], until, now)
        return
    if told.get("program") is not None:
        controller.store(told["plan"], told["program"], told["checksum"])
    if told.get("activate", True):
        controller.select(command.id, told["plan"], told["checksum"], until, now)
