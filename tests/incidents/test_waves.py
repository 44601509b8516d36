"""Incidents that ask for a route: simulated controllers run the prepared programs and go back; what refuses is named; people
stand above it; and no kill leaves a junction with a program of an incident that is over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub.alarms.ruleset import load_rules
from hub.control.limits import Bounds, Limits
from hub.incidents.desk import IncidentDesk
from hub.incidents.lighting import IncidentLights
from hub.incidents.nearby import Nearby
from hub.incidents.planning import Planner
from hub.incidents.playbook import parse_playbook
from hub.model.alarms import AlarmKey
from hub.model.incidents import Incident
from hub.model.signals import LegState
from hub.signals.orders import Wish
from tests.control.street import Street
from tests.incidents.test_killed import Killed, Power
from tests.signals.house import House

ONE, TWO, THREE = "junction-01", "junction-02", "junction-03"
FIRE: dict[str, Any] = {
    "id": "fire", "name": "Fire", "trigger": {"types": ["fireAlarm"]}, "after_minutes": 60,
    "route": [{"route": "station-1", "minutes": 20, "reason": "fire engine to {name}"}],
}  # fmt: skip
RULES = load_rules()


class Scene:
    """Junctions, and incidents beside them on the same registry."""

    def __init__(self, folder: Path, count: int = 2) -> None:
        self.folder = folder
        self.house = House(folder, count)
        self.desk: IncidentDesk

    async def start(self, **settings: Any) -> None:
        """The hub starts, with nothing in its memory."""
        await self.house.start(**settings)
        clock: Any = self.house.clock
        self.street = street = Street(self.folder, clock=clock)
        limits = Limits(street.city, street.arbiter, clock, Bounds())
        lights = IncidentLights(street.city, street.arbiter, street.board, street.desk, limits)
        planner = Planner(street.city, Nearby(street.city))
        self.desk = IncidentDesk(self.house.registry, planner, RULES, street.desk, lights, self.house.room.waves, clock)
        await self.desk.load()
        await self.house.look()

    def stop(self) -> None:
        """It is killed."""
        self.house.stop()
        self.street.registry.close()

    async def built(self) -> None:
        """Plan sets that run, and a route along the junctions."""
        for junction in self.house.crossroads:
            await self.house.active(junction)
        legs = [{"junction": each, "program": "evening"} for each in self.house.crossroads]
        await self.house.room.routes.add("station-1", {"name": "Trạm 1", "legs": legs}, "an")
        await self.passes(400.0)

    async def declare(self, device: str = ONE, **changed: Any) -> Incident:
        """A fire at a device, said by a person."""
        playbook = parse_playbook(FIRE | changed)
        key = AlarmKey(device, "fireAlarm")
        planned = self.desk.planner.incident(playbook, key, "smoke", None, self.house.clock.now())
        opened = await self.desk.declare(replace(planned, declared_by="lan"), playbook, None)
        await self.desk.waves.look()
        self.house.deliver_all()
        return opened

    async def passes(self, seconds: float, step: float = 2.0) -> None:
        """Time passes for controllers and hub."""
        for _ in range(int(seconds / step)):
            self.house.deliver_all()
            await self.house.seconds(step)

    async def until(self, so: Callable[[], bool], within: float = 600.0) -> float:
        """Time passes, and the hub looks at its incidents every ten seconds; returns how long it took."""
        for seconds in range(0, int(within), 10):
            if so():
                return float(seconds)
            await self.passes(10.0)
            await self.look()
        raise AssertionError(f"not within {within:g} s: {self.runs}, {self.house.room.ledger.ruling}")

    async def look(self) -> None:
        """The hub looks at its incidents."""
        await self.desk.look()
        await self.desk.waves.look()
        self.house.deliver_all()

    @property
    def runs(self) -> list[str]:
        """What the controllers run."""
        return [each.runs for each in self.house.crossroads.values()]

    def states(self, incident: Incident) -> list[LegState]:
        """What the incident says that the junctions do."""
        return [each.state for each in self.desk.waves.legs(self.desk.running.get(incident.id, incident), 0)]

    def audited(self, what: str) -> list[Any]:
        """Lines of the audit, the newest first."""
        return [row.entry for row in self.house.registry.audit.page() if row.entry.what == what]


def played(folder: Path, scene: Callable[[Scene], Awaitable[None]], count: int = 2) -> None:
    async def play() -> None:
        stage = Scene(folder, count)
        await stage.start()
        try:
            await scene(stage)
        finally:
            stage.stop()
            stage.house.registry.close()

    asyncio.run(play())


@pytest.mark.parametrize("ends", ["by-hand", "by-the-route's-end", "by-itself"])
def test_the_junctions_follow_and_go_back_when_it_ends(tmp_path: Path, ends: str) -> None:
    async def scene(stage: Scene) -> None:
        await stage.built()
        incident = await stage.declare(after_minutes=10 if ends == "by-itself" else 60)
        assert stage.states(incident) == [LegState.ORDERED] * 2
        await stage.passes(130.0)
        assert stage.runs == ["evening", "evening"] and stage.states(incident) == [LegState.RUNNING] * 2
        ruling = stage.house.room.ledger.ruling[ONE]
        assert ruling.reason == f"fire engine to {ONE}" and ruling.until == incident.opened + 1200.0
        assert [each.who for each in stage.audited("route.requested")] == ["playbook:fire"]
        await stage.look()
        assert len(stage.audited("route.requested")) == 1, "looked at again, not asked again"
        if ends == "by-hand":
            await stage.desk.end(incident.id, "lan", "out")
        else:
            await stage.passes(480.0 if ends == "by-itself" else 1080.0)
        await stage.look()
        assert bool(stage.desk.running) is (ends == "by-the-route's-end")
        await stage.passes(260.0)
        await stage.look()
        assert stage.runs == ["day", "day"] and stage.house.room.ledger.ruling == {}
        assert len(stage.audited("route.requested")) == 1
        assert all(each.controller.fault is None for each in stage.house.crossroads.values())

    played(tmp_path, scene)


def test_what_refuses_is_named_and_follows_when_it_may(tmp_path: Path) -> None:
    async def scene(stage: Scene) -> None:
        await stage.built()
        two = stage.house.crossroads[TWO].controller
        two.take("manual")
        await stage.passes(2.0)
        incident = await stage.declare()
        assert stage.states(incident) == [LegState.ORDERED, LegState.REFUSED]
        (_, leg) = stage.desk.waves.legs(stage.desk.running[incident.id], 0)
        assert leg.why is not None and "police" in leg.why["en"] and "công an" in leg.why["vi"]
        (said,) = stage.desk.running[incident.id].refusals
        assert said == f"route station-1: 1 of 2 junctions do not follow: {TWO}" and stage.desk.refusing == 1
        assert [each.message.what for each in stage.house.registry.incidents.messages(0)] == ["refused"]
        await stage.look()
        notes = [line.note.what for line in stage.house.registry.incidents.log(incident.id)]
        assert notes.count("refused") == 1, "told once"
        two.take(None)
        await stage.until(lambda: stage.runs == ["evening", "evening"])
        assert stage.states(incident) == [LegState.RUNNING] * 2
        assert stage.desk.running[incident.id].refusals == [] and stage.desk.refusing == 0
        two.trip("controller")
        await stage.passes(2.0)
        await stage.look()
        assert stage.states(incident) == [LegState.RUNNING, LegState.REFUSED] and stage.desk.refusing == 1

    played(tmp_path, scene)


def test_a_hub_that_starts_says_nothing_of_junctions_that_it_has_not_heard_yet(tmp_path: Path) -> None:
    async def scene(stage: Scene) -> None:
        await stage.built()
        incident = await stage.declare()
        await stage.passes(130.0)
        stage.stop()
        stage.house.lost |= {ONE, TWO}
        await stage.start()
        await stage.look()
        assert stage.desk.running[incident.id].refusals == [] and stage.states(incident) == [LegState.RUNNING] * 2
        stage.house.lost.clear()
        await stage.passes(2.0)
        stage.house.lost.add(TWO)
        await stage.passes(300.0)
        await stage.look()
        assert stage.states(incident) == [LegState.RUNNING, LegState.REFUSED], "heard, and now silent"
        assert len(stage.audited("route.requested")) == 1

    played(tmp_path, scene)


def test_people_stand_above_it(tmp_path: Path) -> None:
    async def scene(stage: Scene) -> None:
        await stage.built()
        room, now = stage.house.room, stage.house.clock.now()
        await room.orders.select(TWO, "night", Wish("dung", "convoy", now + 3000.0))
        incident = await stage.declare()
        assert stage.states(incident) == [LegState.ORDERED, LegState.REFUSED]
        assert room.ledger.ruling[TWO].by == "dung"
        await stage.passes(200.0)
        assert await room.routes.end("station-1", "dung", "it went another way") == 1
        await stage.look()
        await stage.passes(260.0)
        await stage.look()
        assert stage.states(incident) == [LegState.OVER, LegState.REFUSED] and stage.runs[0] == "day"
        assert ONE not in room.ledger.ruling, "what a person ended is not asked for again"

    played(tmp_path, scene)


def test_two_incidents_share_a_route_until_both_are_over(tmp_path: Path) -> None:
    async def scene(stage: Scene) -> None:
        await stage.built()
        first = await stage.declare(ONE)
        await stage.passes(300.0)
        second = await stage.declare(TWO)
        assert stage.desk.running[second.id].refusals == []
        await stage.passes(200.0)
        await stage.look()
        await stage.desk.end(first.id, "lan", "out")
        await stage.look()
        await stage.passes(900.0)
        assert stage.runs == ["evening", "evening"], "the second one's end is the later one"
        await stage.desk.end(second.id, "lan", "out")
        await stage.look()
        await stage.passes(260.0)
        assert stage.runs == ["day", "day"]

    played(tmp_path, scene)


def test_a_dry_run_asks_nobody_and_a_route_that_is_gone_is_said(tmp_path: Path) -> None:
    async def scene(stage: Scene) -> None:
        await stage.built()
        dry = await stage.declare(dry_run=True)
        assert stage.states(dry) == [LegState.WOULD] * 2 and stage.house.room.ledger.ruling == {}
        await stage.house.room.routes.drop("station-1", "an", lambda route: [])
        lost = await stage.declare(TWO)
        assert stage.desk.running[lost.id].refusals == ["there is no route station-1: it was deleted"]

    played(tmp_path, scene, count=2)


def test_orders_of_one_playbook_are_counted(tmp_path: Path) -> None:
    async def scene(stage: Scene) -> None:
        await stage.built()
        stage.stop()
        await stage.start(orders_per_minute=1)
        for id, junction in (("there", ONE), ("back", TWO)):
            legs = [{"junction": junction, "program": "evening"}]
            await stage.house.room.routes.add(id, {"name": id, "legs": legs}, "an")
        incident = await stage.declare(route=[{"route": "there"}, {"route": "back"}])
        kept = stage.desk.running[incident.id]
        assert [stage.desk.waves.legs(kept, place)[0].state for place in (0, 1)] == [LegState.ORDERED, LegState.REFUSED]
        assert kept.refusals == [f"route back: 1 of 1 junctions do not follow: {TWO}"]
        waited = await stage.until(lambda: stage.runs == ["evening", "evening"])
        assert waited >= 60 and stage.desk.running[incident.id].refusals == []

    played(tmp_path, scene)


async def _killed(stage: Scene, act: Callable[[], Awaitable[object]], at: int | None) -> int:
    """Do something; the hub is killed when its `at`-th write is durable, and starts again. How often it wrote."""
    power = Power(stage.house.registry, at)
    with suppress(Killed):
        await act()
        await stage.look()
        await stage.passes(20.0)
    database: Any = stage.house.registry.incidents._database
    del database.write
    if power.dead:
        stage.stop()
        await stage.start()
    return power.writes


@pytest.mark.parametrize("phase", ["begins", "ends"])
def test_no_kill_leaves_a_junction_with_what_it_should_not_run(tmp_path: Path, phase: str) -> None:
    async def tell(stage: Scene, at: int | None) -> int:
        await stage.built()
        begin, end = (at, None) if phase == "begins" else (None, at)
        writes = await _killed(stage, stage.declare, begin)
        running = list(stage.desk.running.values())
        for incident in running:
            await stage.until(lambda: stage.runs == ["evening", "evening"])
            assert stage.states(incident) == [LegState.RUNNING] * 2
            await stage.passes(200.0)
            written = await _killed(stage, lambda id=incident.id: stage.desk.end(id, "lan", "out"), end)
            writes = writes if phase == "begins" else written
            for id in list(stage.desk.running):  # killed before it was written: said again
                await stage.desk.end(id, "lan", "out")
        assert running or at == 0
        await stage.look()
        await stage.until(lambda: stage.runs == ["day", "day"] and not stage.house.room.ledger.ruling)
        assert len(stage.audited("route.requested")) == len(running)
        assert all(each.controller.fault is None for each in stage.house.crossroads.values())
        return writes

    def story(at: int | None) -> int:
        found = []

        async def scene(stage: Scene) -> None:
            found.append(await tell(stage, at))

        folder = tmp_path / str(at)
        folder.mkdir()
        played(folder, scene)
        return found[0]

    writes = story(None)
    assert writes >= 3
    for at in range(writes):
        story(at)
