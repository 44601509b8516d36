"""Whatever happens in whatever order: when all is quiet every light that can be reached does what it should, and nobody talks.

What it should do is worked out by a plain model here, from what was ordered.
"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.control import dispatch
from hub.control.desk import OverrideRequest
from hub.model.devices import DeviceStatus
from hub.model.light import PRIORITY, Cause
from hub.registry.city import FED
from tests.control.fed_street import CABINET, OTHER, SIDE
from tests.control.living_street import BULB, LivingStreet

LEVELS = st.sampled_from([0.0, 30.0, 60.0])
ZONES = st.sampled_from(["city", "ward-1", "ward-2", "le-loi", "hung-vuong"])
LAMPS = st.sampled_from(["lamp-0000", "lamp-0001", "lamp-0003", BULB])
SOME = st.sampled_from([SIDE, SIDE[:1], OTHER, (*SIDE, *OTHER), ("lamp-0000", BULB), ("lamp-0004",)])
CAUSES = st.sampled_from([Cause.OVERRIDE, Cause.INCIDENT, Cause.EMERGENCY])
SECONDS = st.sampled_from([300.0, 3600.0, 40_000.0])
HOLD = 5 * 3600.0  # longer than a lamp that was switched on the spot is left alone
PROGRAMS = [[{"at": "12:00", "level": a}, {"at": "00:00", "level": b}] for a, b in ((40, 30), (0, 80), (60, 0))]

ACTIONS = st.one_of(
    st.tuples(st.just("order"), st.tuples(ZONES), st.just(()), LEVELS, SECONDS, CAUSES),
    st.tuples(st.just("order"), st.just(()), SOME, LEVELS, SECONDS, CAUSES),
    st.tuples(st.just("end"), st.integers(0, 3)),
    st.tuples(st.just("rain"), st.booleans()),
    st.tuples(st.just("local"), st.sampled_from(["lamp-0000", "lamp-0002", "lamp-0004"]), LEVELS),
    st.tuples(st.just("cabinet"), st.sampled_from(["breaker", "remote"]), st.booleans()),
    st.tuples(st.just("by_hand"), st.sampled_from("abc"), st.booleans()),
    st.tuples(st.just("time"), st.sampled_from([20.0, 3600.0, 6 * 3600.0])),
    st.tuples(st.just("set_clock"), st.sampled_from([-3600.0, 3600.0, -8 * 3600.0])),
    st.tuples(st.just("restart")),
    st.tuples(st.just("move_light"), st.one_of(LAMPS, st.sampled_from(SIDE)), ZONES),
    st.tuples(st.just("move_zone"), st.sampled_from(["le-loi", "hung-vuong"]), st.sampled_from(["ward-1", "ward-2"])),
    st.tuples(st.just("move_cabinet"), ZONES),
    st.tuples(st.just("feed"), st.sampled_from([*SIDE, *OTHER]), st.sampled_from("bc")),
    st.tuples(st.just("status"), st.sampled_from([*SIDE, "lamp-0000", BULB]), st.sampled_from(list(DeviceStatus))),
    st.tuples(st.just("anew"), st.sampled_from(["side-0", "other-1", "lamp-0004"])),
    st.tuples(st.just("program"), st.sampled_from(PROGRAMS)),
    st.tuples(st.just("connect"), st.sampled_from(["lamp-0000", "lamp-0004", "lamp-0005"]), st.booleans()),
    st.tuples(st.just("broker"), st.booleans()),
    st.tuples(st.just("look")),
    st.tuples(st.just("quiet")),
)  # fmt: skip


@dataclass
class Ordered:
    zones: tuple[str, ...]
    devices: tuple[str, ...]
    level: float
    until: float
    cause: Cause
    id: str
    ended: bool = False


@dataclass
class Play:
    """A street, what was ordered in it, and whether it rains."""

    street: LivingStreet
    orders: list[Ordered] = field(default_factory=list)
    raining: bool = False

    # --- what happens ----------------------------------------------------------------------------------------------

    async def do(self, action: tuple[Any, ...]) -> None:
        await getattr(self, f"_{action[0]}")(*action[1:])

    async def _order(
        self, zones: tuple[str, ...], devices: tuple[str, ...], level: float, seconds: float, cause: Cause
    ) -> None:
        until = self.street.clock.now() + seconds
        request = OverrideRequest(zones, devices, level, until, "", "operator", ramp=0, cause=cause)
        if self.street.city.lights(zones, devices):
            placed = await self.street.desk.place(request)
            self.orders.append(Ordered(zones, devices, level, until, cause, placed.override.id))

    async def _end(self, place: int) -> None:
        now = self.street.clock.now()
        held = [each for each in self.orders if not each.ended and each.until > now]
        if place < len(held):
            assert await self.street.desk.end(held[place].id, "operator") is not None
            held[place].ended = True

    async def _rain(self, raining: bool) -> None:
        self.raining = raining
        self.street.rain(5.0 if raining else 0.0)
        await self.street.sensing.look()

    async def _local(self, lamp: str, level: float) -> None:
        self.street.local(lamp, level)

    async def _cabinet(self, what: str, right: bool) -> None:
        self.street.cabinet(**{what: right})

    async def _connect(self, lamp: str, connected: bool) -> None:
        self.street.connect(lamp, connected)

    async def _broker(self, there: bool) -> None:
        self.street.broker = there

    async def _by_hand(self, segment: str, on: bool) -> None:
        if not self.street.remote:
            self.street.segments[segment] = self.street.feedback[segment] = on
            self.street.cabinet()

    async def _time(self, seconds: float) -> None:
        self.street.clock.passed(seconds)
        self._beat()

    async def _set_clock(self, seconds: float) -> None:
        self.street.clock.added += seconds
        await self.street.ticks.look()
        self._beat()

    async def _restart(self) -> None:
        self.street = await self.street.restarted()
        self._beat()

    async def _move_light(self, light: str, zone: str) -> None:
        self.street.change(light, zone=zone)

    async def _move_zone(self, zone: str, parent: str) -> None:
        self.street.move(zone, parent)

    async def _move_cabinet(self, zone: str) -> None:
        self.street.change(CABINET, zone=zone)

    async def _feed(self, light: str, segment: str) -> None:
        self.street.change(light, feed=f"{CABINET}/{segment}")

    async def _status(self, light: str, status: DeviceStatus) -> None:
        self.street.change(light, status=status)

    async def _anew(self, light: str) -> None:
        self.street.anew(light)

    async def _program(self, steps: list[dict[str, Any]]) -> None:
        self.street.program(steps)

    async def _look(self) -> None:
        self.street.live()
        await self.street.look()

    async def _quiet(self) -> None:
        self.street.broker = True
        await self.street.idle()
        await self._time(700.0)  # longer than rain counts
        await self.street.settle()
        self.check()

    def _beat(self) -> None:
        self.street.live()
        self.street.beat()
        self.street.rain(5.0 if self.raining else 0.0)

    # --- what should be --------------------------------------------------------------------------------------------

    def covers(self, order: Ordered, light: str) -> bool:
        path = self.street.city.tree.path(self.street.city.devices[light].zone)
        return light in order.devices or not set(order.zones).isdisjoint(path)

    def should(self, light: str) -> float:
        """The level of a light by the orders of people, the rain and the program."""
        street, now = self.street, self.street.clock.now()
        device = street.city.devices[light]
        mates = [light]
        if device.profile == FED:
            mates = [each for each in street.city.lights(["city"]) if street.city.devices[each].feed == device.feed]
        held = [
            (PRIORITY[each.cause], number, each.level)
            for number, each in enumerate(self.orders)
            if each.until > now and not each.ended and all(self.covers(each, mate) for mate in mates)
        ]
        level = street.planned(light)
        if held:
            level = max(held)[2]
        elif self.raining:
            wet = all("ward-1" in street.city.tree.path(street.city.devices[mate].zone) for mate in mates)
            level = max(level, 80.0) if wet else level
        return level if device.profile != FED else 100.0 if level > 0 else 0.0

    def check(self) -> None:
        street, now = self.street, self.street.clock.now()
        for light in street.city.lights(["city"]):
            device = street.city.devices[light]
            powered = street.live_behind(device.feed) if device.profile != FED else street.breaker
            powered = powered and (light not in street.lamps or street.lamps[light].connected)
            reachable = powered and (street.remote or device.profile != FED)
            state = street.board.light(light)
            assert state.online is powered, (light, street.board.absence(light))
            if not reachable or state.local_until is not None:
                continue
            why = street.explainer.why(device, now)
            assert why.difference is None, (light, why.difference)
            should = self.should(light)
            assert (state.requested, why.winner.level) == (should, should), light
            assert street.does(light) == state.actual == should, (light, street.does(light), state.actual, should)


async def played(actions: list[tuple[Any, ...]], folder: Path) -> None:
    """Do all of it, mend what is broken, wait until all is quiet, and see."""
    street = LivingStreet(folder)
    street.arrive()
    play = Play(street)
    await street.settle()
    for action in actions:
        await play.do(action)
    for lamp in street.lamps:
        play.street.connect(lamp, True)
    play.street.cabinet(breaker=True, remote=True)
    await play.do(("quiet",))
    await play.do(("time", HOLD))
    await play.do(("quiet",))
    lights = play.street.city.lights(["city"])
    assert not [event for light in lights for event in play.street.board.conditions(light)]
    await play.street.dispatcher.stop()
    play.street.registry.close()


def check(actions: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(dispatch, "KEPT_WITHIN", 0.1)
        asyncio.run(played(actions, Path(folder)))


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(ACTIONS, min_size=3, max_size=8))
def test_when_all_is_quiet_every_light_does_what_it_should(actions: list[tuple[Any, ...]]) -> None:
    check(actions)


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(ACTIONS, min_size=5, max_size=15))
def test_when_all_is_quiet_after_many_things_every_light_does_what_it_should(actions: list[tuple[Any, ...]]) -> None:
    check(actions)
