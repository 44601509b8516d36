"""Killed after every single write: the lamps get their level and lose it as they should, once."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from hub.alarm_room import CityStreet
from hub.alarms.desk import AlarmDesk
from hub.alarms.ruleset import load_rules
from hub.control.limits import Bounds, Limits
from hub.incidents.desk import IncidentDesk
from hub.incidents.lighting import IncidentLights
from hub.incidents.nearby import Nearby
from hub.incidents.planning import Planner
from hub.model.devices import Device, DeviceKind
from hub.model.incidents import Why
from hub.model.light import Cause
from hub.model.reports import EventReport
from hub.model.signals import LegNow, WaveTold, WaveWish
from hub.registry import IncidentChoice, Registry, Written
from hub.telemetry.latest import LatestValues
from tests.control.street import SteppedClock, Street, planned

LIT = ("lamp-0000", "lamp-0003", "lamp-0006", "lamp-0009")  # those of le-loi
PLAYBOOK = {
    "name": "Fire", "trigger": {"types": ["fireAlarm"]}, "light": [{"level": 100, "own_zone": True}],
    "notify": [{"text": "fire"}], "ask": [{"text": "call"}], "after_minutes": 10, "most_minutes": 60,
}  # fmt: skip
RULES = load_rules()


class NoJunctions:
    """A city without any."""

    async def keep(self, wishes: Sequence[WaveWish]) -> list[WaveTold]:
        assert not wishes
        return []

    def look(self, wish: WaveWish) -> list[LegNow]:
        return []


class Killed(BaseException):
    """The process is no more."""


class Power:
    """Cut when the `at`-th write is durable; from then on nothing is written. 0: before the first."""

    def __init__(self, registry: Registry, at: int | None = None) -> None:
        self.writes, self.dead = 0, False
        database: Any = registry.incidents._database
        write = database.write

        @contextmanager
        def cut(**options: Any) -> Iterator[Any]:
            self.writes += 1
            if self.dead or at == 0:
                self.dead = True
                raise Killed
            with write(**options) as connection:
                yield connection
            if self.writes == at:
                self.dead = True
                raise Killed

        database.write = cut


class Process:
    """Everything of the hub that incidents need, on the registry in `folder`."""

    def __init__(self, folder: Path, clock: SteppedClock, at: int | None = None) -> None:
        self.street = street = Street(folder, clock=clock)
        self.power = Power(street.registry, at)
        limits = Limits(street.city, street.arbiter, clock, Bounds())
        seen = CityStreet(street.city, street.board, street.arbiter, LatestValues(), clock)
        self.alarms = AlarmDesk(RULES, street.registry, seen, clock)
        lights = IncidentLights(street.city, street.arbiter, street.board, street.desk, limits)
        planner = Planner(street.city, Nearby(street.city))
        self.incidents = IncidentDesk(street.registry, planner, RULES, street.desk, lights, NoJunctions(), clock)

    async def life(self, act: Callable[[Process], Awaitable[None]]) -> None:
        """Start as the hub does, and do one thing."""
        await self.street.desk.load()
        await self.alarms.load()
        await self.incidents.load()
        await act(self)
        await self.alarms.catch_up()
        await self.incidents.look()
        self.street.desk.expire(self.street.clock.now())
        await self.street.dispatcher.stop()


async def _nothing(process: Process) -> None:
    """Only what it does by itself."""


async def _end(process: Process) -> None:
    for id in list(process.incidents.running):
        await process.incidents.end(id, "lan", "out")


class Story:
    """What happens, over one registry; the process may be killed once in it."""

    def __init__(self, folder: Path, at: int | None) -> None:
        self.folder, self.clock, self.at = folder, SteppedClock(), at
        self.writes = 0

    def goes_on(self, act: Callable[[Process], Awaitable[None]] = _nothing) -> None:
        """A process lives through it, or is killed and the next one does."""
        left = None if self.at is None or self.at < self.writes else self.at - self.writes
        process = Process(self.folder, self.clock, left)
        with suppress(Killed):
            asyncio.run(process.life(act))
        self.writes += process.power.writes
        process.street.registry.close()
        if process.power.dead:
            self.at = None
            again = Process(self.folder, self.clock)
            asyncio.run(again.life(act))
            again.street.registry.close()

    def says(self, *, active: bool) -> None:
        """The panel's event is durable."""
        now = self.clock.now()
        with closing(Registry(f"sqlite:///{self.folder / 'registry.db'}")) as registry:
            registry.reports.record(events=[EventReport("panel-1", "fireAlarm", active, now, now)])

    def looks(self, cause: Cause, level: float, orders: int) -> list[float]:
        """What the next process would find: what every lamp should do, and the overrides that hold; returns their ends."""
        street = Street(self.folder, clock=self.clock)
        with closing(street.registry):
            now = self.clock.now()
            held = [each for each in street.registry.orders.overrides(active_at=now) if each.cause is Cause.INCIDENT]
            for each in held:
                street.arbiter.put(each)
            desired = [street.arbiter.desired(street.city.devices[lamp], now) for lamp in LIT]
            assert {(each.cause, each.level) for each in desired} == {(cause, level)}
            assert len(held) == orders
            return [each.until for each in held]


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A street with a panel and a playbook."""
    folder = tmp_path_factory.mktemp("ready")
    street = Street(folder)
    street.registry.devices.add_many([Device("panel-1", "Panel", DeviceKind.FIRE_PANEL, zone="le-loi")])
    street.registry.plans.playbooks.add(Written("fire", PLAYBOOK, 0.0, "lan"))
    process = Process(folder, street.clock)
    asyncio.run(process.life(_nothing))
    for registry in (street.registry, process.street.registry):
        registry.close()
    return folder


def _tell(folder: Path, at: int | None, *, person: bool) -> tuple[int, int]:
    """The whole story; how often its first process writes, and all of them."""
    story = Story(folder, at)
    story.says(active=True)
    story.goes_on()
    first = story.writes
    story.looks(Cause.INCIDENT, 100.0, 1)
    with closing(Registry(f"sqlite:///{folder / 'registry.db'}")) as registry:
        (incident,) = registry.incidents.running()
    if person:
        story.goes_on(_end)
    else:
        story.says(active=False)
        story.goes_on()
        (until,) = story.looks(Cause.INCIDENT, 100.0, 1)
        assert until < incident.deadline - 60
        story.clock.passed(601)
        story.goes_on()
    story.looks(Cause.PROGRAM, planned(story.clock.now()), 0)
    with closing(Registry(f"sqlite:///{folder / 'registry.db'}")) as registry:
        (found,) = registry.incidents.page(IncidentChoice())
        assert found.ended_why is (Why.PERSON if person else Why.OVER)
        lines = sorted(line.note.what for line in registry.incidents.log(found.id) if line.note.what != "lights")
        assert lines == (["ended", "opened"] if person else ["ended", "event-ended", "opened"])
        assert [line.message.what for line in registry.incidents.messages(0)] == ["opened", "ended"]
    return first, story.writes


@pytest.mark.parametrize("person", [False, True], ids=["by-itself", "by-a-person"])
def test_no_kill_leaves_lamps_lit_or_dark_that_should_not_be(ready: Path, tmp_path: Path, person: bool) -> None:
    def fresh(name: str) -> Path:
        return Path(shutil.copytree(ready, tmp_path / name))

    first, writes = _tell(fresh("whole"), None, person=person)
    assert 3 < first < writes
    for at in range(first if person else 0, writes):
        _tell(fresh(str(at)), at, person=person)
