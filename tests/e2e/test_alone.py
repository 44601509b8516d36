"""Lamps through whole nights without the hub, and without the broker: their own programs, days and clock."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.clock import FastClock
from schedules.calendar_reader import parse_calendar
from schedules.program import skipped
from schedules.program_reader import parse_program
from schedules.site import Site
from schedules.timeline import moment
from tests.servers.hub import RunningHub, running_hub
from tests.servers.streets import streets
from tests.servers.waiting import until
from tests.simulators.mosquitto import Listener, Mosquitto, broker

RATE = 7200.0  # a day in 12 s
LIGHTS = 24
NEAR = 120.0  # seconds: hub and lamp know the sun from different sums
HUE = "Asia/Ho_Chi_Minh"
FULL = {"id": "full", "steps": [{"at": "sunset", "level": 100}, {"at": "sunrise", "level": 0}]}
HALF = {
    "id": "half",
    "steps": [
        {"at": "sunset", "offset": 10, "level": 90},
        {"at": "22:00", "level": 60, "skip": {"off": 1, "of": 3, "alternate": True}},
        {"at": "04:30", "level": 80},
        {"at": "sunrise", "offset": -15, "level": 0},
    ],
}
WEEK = {
    "id": "week",
    "default": "full",
    "rules": [{"program": "half", "weekdays": ["mon", "wed", "fri", "sun"]}],  # another program almost every night
}
PROGRAMS = {each["id"]: parse_program(each) for each in (FULL, HALF)}
CALENDAR = parse_calendar(WEEK)


@dataclass
class City:
    """A small city on a fast clock, its hub, its broker, and somebody who hears everything that lamps say."""

    hub: RunningHub
    broker: Mosquitto
    ears: Listener
    clock: FastClock
    lamps: dict[str, tuple[Site, int]]  # whose sun, and which place along its road
    speakers: tuple[str, ...]  # the connections that speak for them

    def local(self) -> datetime:
        return datetime.fromtimestamp(self.clock.now(), Site(0, 0, HUE).zone)

    def await_daylight(self, first: int, last: int) -> datetime:
        """Wait for an hour of the day."""
        until(f"{first} o'clock", lambda: first <= self.local().hour < last, every=0.02)
        return self.local()

    def states(self, lamp: str) -> list[tuple[float, float, str]]:
        """Time, level and cause of all it ever said, in order."""
        said = ((speaker, each) for speaker in self.speakers for each in self.ears.said(speaker, "state"))
        own = (each for speaker, each in said if "level" in each and each.get("d", speaker) == lamp)
        return sorted({(each["t"], each["level"], each["cause"]) for each in own})


def _held(hub: RunningHub, lamps: dict[str, Any]) -> bool:
    with hub.client() as api:
        return all(api.get(f"/devices/{lamp}").json()["plan"]["state"] == "held" for lamp in lamps)


def _lamps(api: httpx.Client) -> dict[str, tuple[Site, int]]:
    devices = {each["id"]: each for each in api.get("/devices", params={"limit": 1000}).json()["items"]}
    lights = sorted(id for id, each in devices.items() if each["kind"] == "light")
    rows: dict[str, list[str]] = {}
    for id in lights:
        rows.setdefault(devices[id]["zone"], []).append(id)
    found = {}
    for id in lights:
        place = devices[devices[id]["address"] or id]["location"]
        site = Site(round(place["lat"], 2), round(place["lon"], 2), HUE)
        found[id] = site, rows[devices[id]["zone"]].index(id)
    return found


def _wrong(city: City, lamp: str, begin: float, end: float) -> list[str]:
    """When and how a lamp was not as its calendar says between two moments, looked at every ten minutes."""
    site, position = city.lamps[lamp]
    said = city.states(lamp)
    found = []
    for at in range(int(begin), int(end), 600):
        wanted = moment(CALENDAR, PROGRAMS, site, at)
        if at - wanted.since < NEAR or (wanted.next or 1e12) - at < NEAR:
            continue
        level = 0.0 if skipped(wanted.skip, position, wanted.night) else wanted.level
        last = max((state for state in said if state[0] <= at), default=None)
        if last is None or last[1] != level or last[2] != "program":
            found.append(f"{lamp} at {datetime.fromtimestamp(at, site.zone):%d %H:%M}: {last}, not {level}")
    return found


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    folder = tmp_path_factory.mktemp("alone")
    start = datetime.now(Site(0, 0, HUE).zone).replace(hour=18) + timedelta(days=1)
    clock = FastClock.starting(start.timestamp(), RATE)
    root = Path(__file__).parents[2]
    path = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))
    (folder / "broker").mkdir()
    with broker(folder / "broker") as mosquitto:
        settings = {"mqtt__url": mosquitto.url, "lighting__report_every": 86400}
        with running_hub(folder / "hub", settings, start=False, variables={"PYTHONPATH": path}) as hub:
            hub.program = ("tests.servers.fast_hub", repr(RATE), repr(clock.epoch))
            hub.start()
            ears = Listener(mosquitto.port)
            more = ("--broker", mosquitto.url, "--fast", repr(RATE), "--epoch", repr(clock.epoch), "--instant",
                    "--faults", "0", "--single", "3")  # fmt: skip
            with streets(hub, folder / "streets", LIGHTS, *more):
                with hub.client() as api:
                    for body in (FULL, HALF):
                        api.post("/programs", json=body).raise_for_status()
                    api.post("/calendars", json=WEEK).raise_for_status()
                    api.put("/zones/hue/calendar", json={"calendar": "week"}).raise_for_status()
                    lamps = _lamps(api)
                    owners = {api.get(f"/devices/{lamp}").json()["address"] or lamp for lamp in lamps}
                assert len(lamps) == LIGHTS
                until("all lamps to hold their plan", lambda: _held(hub, lamps))
                yield City(hub, mosquitto, ears, clock, lamps, tuple(owners))
            ears.close()


@pytest.mark.timeout(240)
def test_lamps_do_the_right_thing_all_night_while_the_hub_is_dead_and_while_the_broker_is(city: City) -> None:
    gone = city.await_daylight(7, 11)  # before noon: the program of that night has not been sent as today's yet
    city.hub.kill()
    back = (gone + timedelta(days=1)).replace(hour=7, minute=30).timestamp()
    until("the morning", lambda: city.clock.now() > back)
    city.hub.start()
    wrong = [each for lamp in city.lamps for each in _wrong(city, lamp, gone.timestamp(), back)]
    assert wrong == []
    levels = {level for lamp in city.lamps for at, level, _ in city.states(lamp) if gone.timestamp() < at < back}
    assert len(levels) >= 2, "the night has really been seen"
    until("the hub to know again what they hold", lambda: _held(city.hub, city.lamps))

    gone = city.await_daylight(7, 15)
    city.broker.kill()
    heard = len(city.ears.heard)
    back = (gone + timedelta(days=1)).replace(hour=7, minute=30).timestamp()
    until("the next morning", lambda: city.clock.now() > back)
    assert len(city.ears.heard) == heard, "nobody heard anything all night"
    city.broker.start()
    until("what they said meanwhile", lambda: all(city.states(lamp)[-1][0] > back - 4 * 3600 for lamp in city.lamps))
    wrong = [each for lamp in city.lamps for each in _wrong(city, lamp, gone.timestamp(), back)]
    assert wrong == []
    until("the hub to hear of them", lambda: _held(city.hub, city.lamps))


@pytest.mark.timeout(120)
def test_a_change_of_calendar_reaches_lamps_and_a_zone_of_its_own_too(city: City) -> None:
    lamp = min(city.lamps)
    with city.hub.client() as api:
        before = api.get(f"/devices/{lamp}").json()
        noon = {"id": "noon", "steps": [{"at": "12:00", "level": 33}]}
        api.post("/programs", json=noon).raise_for_status()
        api.post("/calendars", json={"id": "noon-week", "default": "noon"}).raise_for_status()
        api.put(f"/zones/{before['zone']}/calendar", json={"calendar": "noon-week"}).raise_for_status()
        until("its own calendar", lambda: api.get(f"/devices/{lamp}").json()["plan"]["calendar"] == "noon-week")
        until("the lamp to hold it", lambda: api.get(f"/devices/{lamp}").json()["plan"]["state"] == "held")
        until("its level", lambda: api.get(f"/devices/{lamp}").json()["light"]["actual"] == 33)
        api.put(f"/zones/{before['zone']}/calendar", json={"calendar": None}).raise_for_status()
        api.delete("/calendars/noon-week").raise_for_status()
        plan = until(
            "the old one again", lambda: (p := api.get(f"/devices/{lamp}").json()["plan"])["state"] == "held" and p
        )
        assert plan["calendar"] == "week"
        assert time.time() < city.clock.now()
