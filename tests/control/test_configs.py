"""What devices are sent to hold, when, and what is known of what they hold."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.control.configs import Configurator
from hub.control.holdings import GRACE, Holding, Holdings, PlanState
from hub.control.plans import Plans
from hub.control.timetable import Timetable
from hub.model.devices import Device, DeviceKind
from hub.model.light import Cause, LightReport
from hub.model.reports import OWN, PlanReport, PresenceReport
from hub.model.zones import Location
from hub.ports import DeviceConfig, Unreachable
from hub.registry.records import Written
from schedules.calendar_reader import parse_calendar
from schedules.program_reader import parse_program
from tests.control.street import PROGRAM, SITE, Street

CHILDREN = 60
HALF = {"id": "half", "steps": [{"at": "12:00", "level": 20}, {"at": "00:00", "level": 10}]}


class Office(Street):
    """The street, one lamp on its own, a gateway with many, and what was sent to whom."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.timetable = Timetable(self.city, PROGRAM)
        self.arbiter._timetable = self.timetable
        self.sent: list[tuple[str, DeviceConfig]] = []
        self.forgotten: list[str] = []
        self.plans = Plans(self.city, self.timetable, self.arbiter, self.clock)
        self.holdings = Holdings(self.city, self.plans, self.abilities, self.board, self.clock)
        self.city.put_devices(
            [
                Device("lamp-alone", "Alone", DeviceKind.LIGHT, zone="le-loi"),
                Device("cab-1", "Cabinet", DeviceKind.GATEWAY, zone="ward-1"),
                *(
                    Device(f"child-{n}", f"Child {n}", DeviceKind.LIGHT, zone="hung-vuong", address="cab-1")
                    for n in range(CHILDREN)
                ),
            ]
        )

    @asynccontextmanager
    async def configuring(self) -> AsyncIterator[Configurator]:
        configurator = Configurator(
            self.city, self.plans, self.holdings, self.registry, self.clock, self._configure, self._forget, 900
        )
        self.following._configured = configurator.changed
        configurator.start()
        try:
            yield configurator
        finally:
            await configurator.stop()

    async def _configure(self, device: str, config: DeviceConfig) -> None:
        if not self.broker:
            raise Unreachable("the broker is away")
        self.sent.append((device, config))

    async def _forget(self, device: str) -> None:
        self.forgotten.append(device)

    def calendar(self, zone: str, *rules: dict[str, Any], default: str = "half") -> None:
        """The zone follows a calendar of these rules, over the programs night and half."""
        self.timetable.put_program(Written("half", HALF, 0.0, "test"), parse_program(HALF))
        body = {"id": "centre", "default": default, "rules": list(rules)}
        self.timetable.put_calendar(Written("centre", body, 0.0, "test"), parse_calendar(body))
        self.city.put_zone(replace(self.city.tree.zones[zone], calendar="centre"))

    def last(self, device: str) -> DeviceConfig:
        return next(config for name, config in reversed(self.sent) if name == device)

    def held(self, device: str) -> Holding:
        found = self.holdings.of(self.city.devices[device])
        assert found is not None
        return found

    def reports(self, device: str, **plans: str) -> None:
        """A connection says what it holds; `own` is the plan of a lamp's own."""
        now = self.clock.now()
        self.take(presence=[PresenceReport(device, True, now)])
        said = {OWN if name == "own" else name: version for name, version in plans.items()}
        self.holdings.take([PlanReport(device, said, now, now)])


async def until(what: str, look: Callable[[], Any]) -> None:
    async with asyncio.timeout(10):
        while not look():
            await asyncio.sleep(0.01)


async def quiet(configurator: Configurator) -> None:
    await until("the configurator to have looked", lambda: configurator.changed("cab-1") < float("inf"))


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr("hub.control.configs.LOOK", 0.02)
    return Office(tmp_path, lights=3)


Scene = Callable[[Configurator], Awaitable[None]]


def run(office: Office, scene: Scene) -> None:
    async def play() -> None:
        async with office.configuring() as configurator:
            await quiet(configurator)
            await scene(configurator)

    asyncio.run(play())


def test_a_lamp_is_sent_its_plan_and_place_and_a_gateway_those_of_its_children_once(office: Office) -> None:
    async def scene(_: Configurator) -> None:
        alone, cabinet = office.last("lamp-alone"), office.last("cab-1")
        assert (alone.plan, alone.position, set(alone.plans)) == ("night", 1, {"night"})
        assert not alone.child_plans
        assert cabinet.plan is None and set(cabinet.plans) == {"night"}
        assert cabinet.child_plans["child-9"] == ("night", 9) and cabinet.child_plans["child-10"] == ("night", 10)
        assert cabinet.program is not None and cabinet.program["id"] == "night"
        assert cabinet.plans["night"]["programs"]["night"] == cabinet.program
        assert len(cabinet.children) == len(cabinet.child_plans) == CHILDREN

    run(office, scene)


def test_nothing_is_sent_when_nothing_changed_nor_after_a_restart(office: Office) -> None:
    async def scene(configurator: Configurator) -> None:
        assert [name for name, _ in office.sent].count("cab-1") == 1
        office.sent.clear()
        configurator.connected(True)
        await quiet(configurator)

    run(office, scene)

    async def again(configurator: Configurator) -> None:
        office.clock.added += 86_400 * 2
        await quiet(configurator)

    run(office, again)
    assert office.sent == []


def test_a_change_of_calendar_program_or_zone_is_sent_to_those_it_is_about(office: Office) -> None:
    async def scene(configurator: Configurator) -> None:
        office.sent.clear()
        office.calendar("hung-vuong", {"program": "night", "weekdays": ["sun"]})
        await quiet(configurator)
        assert {name for name, _ in office.sent if name in ("cab-1", "lamp-alone")} == {"cab-1"}
        assert set(office.last("cab-1").plans) == {"centre"}
        office.sent.clear()
        body = HALF | {"steps": [{"at": "12:00", "level": 25}]}
        office.timetable.put_program(Written("half", body, 0.0, "test"), parse_program(body))
        await quiet(configurator)
        assert [name for name, _ in office.sent if name in ("cab-1", "lamp-alone")] == ["cab-1"]
        office.sent.clear()
        office.city.put_devices([replace(office.city.devices["child-3"], zone="dong-ba")])
        await quiet(configurator)
        config = office.last("cab-1")
        assert set(config.plans) == {"centre", "night"} and config.child_plans["child-3"][0] == "night"
        assert config.child_plans["child-4"] == ("centre", office.arbiter.position(office.city.devices["child-4"]))
        office.sent.clear()
        office.city.put_zone(replace(office.city.tree.zones["hung-vuong"], calendar=None))
        office.timetable.drop_calendar("centre")
        await quiet(configurator)
        assert set(office.last("cab-1").plans) == {"night"}

    run(office, scene)


def test_the_program_for_simple_devices_is_sent_when_a_program_day_begins_and_the_plan_stays(office: Office) -> None:
    async def scene(configurator: Configurator) -> None:
        morning = datetime.fromtimestamp(office.clock.now(), SITE.zone).replace(hour=9) + timedelta(days=1)
        office.clock.added += morning.timestamp() - office.clock.now()
        office.calendar("ward-1", {"program": "night", "dates": [morning.date().isoformat()]})
        await quiet(configurator)
        before = office.last("cab-1")
        assert before.program is not None and before.program["id"] == "half", "it is still the day of yesterday's date"
        office.clock.added += 4 * 3600
        await quiet(configurator)
        await until("the new day's program", lambda: (office.last("cab-1").program or {})["id"] == "night")
        assert office.last("cab-1").plans == before.plans

    run(office, scene)


def test_lamps_of_one_gateway_under_several_suns_have_a_plan_each(office: Office) -> None:
    async def scene(configurator: Configurator) -> None:
        here = office.city.devices["child-1"]
        office.city.put_devices([replace(here, location=Location(18.0, 106.0)), replace(office.city.devices["cab-1"])])
        await quiet(configurator)
        config = office.last("cab-1")
        assert set(config.plans) == {"night", "night@18,106"}
        assert config.child_plans["child-1"][0] == "night@18,106"
        assert config.plans["night@18,106"]["programs"]["night"]["location"] == {"lat": 18.0, "lon": 106.0}
        office.reports("cab-1", **{name: plan["version"] for name, plan in config.plans.items()})
        assert {office.held(f"child-{n}").state for n in (1, 2)} == {PlanState.HELD}

    run(office, scene)


def test_what_connections_say_is_what_is_shown(office: Office) -> None:
    async def scene(configurator: Configurator) -> None:
        assert office.held("lamp-alone").state is PlanState.SENT
        version = office.held("lamp-alone").version
        assert version == office.last("lamp-alone").plans["night"]["version"]
        office.clock.added += 2 * GRACE
        office.take(presence=[PresenceReport("lamp-alone", True, office.clock.now())])
        office.take(lights=[LightReport("lamp-alone", 40, Cause.PROGRAM, office.clock.now(), office.clock.now())])
        office.reports("lamp-alone", own="")
        assert office.held("lamp-alone").state is PlanState.UNKNOWN, "a device that knows only programs"
        office.reports("lamp-alone", own=str(version))
        held = office.held("lamp-alone")
        assert (held.calendar, held.held, held.state) == ("night", version, PlanState.HELD) and held.since
        office.reports("cab-1", night=str(office.held("child-0").version))
        assert {office.held(f"child-{n}").state for n in range(CHILDREN)} == {PlanState.HELD}
        office.sent.clear()
        office.calendar("le-loi")
        await quiet(configurator)
        assert office.held("lamp-alone").state is PlanState.SENT and office.held("lamp-alone").calendar == "centre"
        office.reports("lamp-alone", own="")  # it was reset: it held a plan, and says that it holds none
        office.clock.added += 2 * GRACE
        assert office.held("lamp-alone")[2:] == (None, office.held("lamp-alone").since, PlanState.DRIFTED)

    run(office, scene)


def test_a_drifted_device_is_sent_its_configuration_again_and_less_and_less_often(office: Office) -> None:
    async def scene(_: Configurator) -> None:
        office.reports("cab-1", night="0123456789abcdef")
        office.sent.clear()
        office.clock.added += GRACE / 2
        assert office.held("child-7").state is PlanState.SENT, "it may be about to take it"
        office.clock.added += GRACE
        assert office.held("child-7")[2:] == ("0123456789abcdef", office.held("child-7").since, PlanState.DRIFTED)
        await until("the configuration again", lambda: [name for name, _ in office.sent] == ["cab-1"])
        assert office.holdings.due() == []
        office.clock.added += 3 * GRACE
        await until("a third time", lambda: [name for name, _ in office.sent] == ["cab-1", "cab-1"])
        office.clock.added += 3 * GRACE
        assert office.holdings.due() == [], "now it waits four times as long"
        office.reports("cab-1", night=str(office.held("child-7").version))
        office.clock.added += 100 * GRACE
        assert office.held("child-7").state is PlanState.HELD and office.holdings.due() == []

    run(office, scene)


@pytest.mark.parametrize("heard_first", [False, True])
def test_a_device_that_never_says_that_it_holds_a_plan_is_sent_it_again_a_few_times(
    office: Office, heard_first: bool
) -> None:
    if heard_first:
        office.reports("lamp-alone", own="")

    async def scene(_: Configurator) -> None:
        if not heard_first:
            office.reports("lamp-alone", own="")
        office.sent.clear()
        office.clock.added += GRACE / 2
        assert office.holdings.due() == [], "it may be about to take it"
        for tries in range(1, 4):
            office.clock.added += 2**tries * GRACE
            await until(
                "the configuration again",
                lambda tries=tries: [name for name, _ in office.sent] == ["lamp-alone"] * tries,
            )
        office.clock.added += 20 * GRACE
        assert office.holdings.due() == [], "it may know no plans"
        office.reports("lamp-alone", own="0123456789abcdef")
        office.clock.added += 2 * GRACE
        await until("once more, for it does know them", lambda: len(office.sent) == 4)
        office.reports("lamp-alone", own=str(office.held("lamp-alone").version))
        assert office.held("lamp-alone").state is PlanState.HELD

    run(office, scene)


def test_a_device_that_comes_back_with_its_old_plan_is_given_time_to_take_the_new_one(office: Office) -> None:
    async def scene(configurator: Configurator) -> None:
        office.reports("lamp-alone", own=str(office.held("lamp-alone").version))
        old = office.held("lamp-alone").version
        office.take(presence=[PresenceReport("lamp-alone", False, office.clock.now())])
        office.calendar("le-loi")
        await quiet(configurator)
        office.clock.added += 100 * GRACE
        assert office.held("lamp-alone").state is PlanState.SENT and office.holdings.due() == []
        office.reports("lamp-alone", own=str(old))
        assert office.held("lamp-alone").state is PlanState.SENT and office.holdings.due() == []

    run(office, scene)


def test_what_was_held_before_a_restart_is_known_from_what_the_broker_keeps(office: Office) -> None:
    version = str(office.held("lamp-alone").version)

    async def first(_: Configurator) -> None:
        office.reports("lamp-alone", own=version)

    run(office, first)
    office.holdings = Holdings(office.city, office.plans, office.abilities, office.board, office.clock)
    office.reports("lamp-alone", own=version)
    office.reports("cab-1", night="0123456789abcdef")

    async def second(_: Configurator) -> None:
        assert office.held("lamp-alone").state is PlanState.HELD
        office.clock.added += 2 * GRACE
        assert office.held("child-1").state is PlanState.DRIFTED

    run(office, second)


def test_lamps_follow_a_new_calendar_by_themselves_without_a_storm_of_commands(office: Office) -> None:
    async def scene(configurator: Configurator) -> None:
        office.online("lamp-alone", "lamp-0000")
        await office.reconciler.look()
        assert office.orders == []
        office.broker = False  # no configuration gets out, and the lamps go on as before
        office.calendar("le-loi")
        await office.reconciler.look()
        office.broker = True
        await quiet(configurator)
        await office.reconciler.look()
        assert office.orders == [] and office.reconciler.strays == 0, "they have just been sent it"
        office.clock.added += 60
        await office.reconciler.look()
        await until("orders: they have had time to follow", lambda: office.orders)
        await office.dispatcher.stop()

    run(office, scene)


def test_a_lamp_whose_type_holds_no_program_is_switched_by_the_hub(tmp_path: Path) -> None:
    office = Office(tmp_path, lights=1, others={"zig-1": "stateful", "flat-1": "mere-sensor"})
    assert office.held("zig-1") == Holding("night", None, None, None, PlanState.BY_HUB)
    assert office.holdings.of(office.city.devices["flat-1"]) is None
    assert office.holdings.of(office.city.devices["cab-1"]) is None
