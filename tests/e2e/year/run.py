"""A year of nights: the real hub by a clock that goes from step to step, its lamps, and what the API says they have burned."""

from __future__ import annotations

import asyncio
import os
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.year.lamps import PROFILE, REPORT_EVERY, HoldingLamps, ToldLamps
from tests.e2e.year.reading import nights, noon
from tests.e2e.year.steps import stops
from tests.e2e.year.town import CALENDARS, PROGRAMS, TIME_ZONE, ZONE, Town, by_hub, lamps
from tests.servers.hub import RunningHub, running_hub
from tests.servers.mosquitto import mosquitto
from tests.servers.stepped_hub import SteppedClock
from tests.servers.waiting import until

BEFORE = 600.0  # seconds before the first noon, for readings to begin from
BROKER = ("allow_anonymous true", "set_tcp_nodelay true", "max_queued_messages 0", "max_inflight_messages 0")
ROOT = Path(__file__).parents[3]


class Nights:
    """The hub and the lamps of some towns, from noon of `first` to noon of `last`."""

    def __init__(
        self, hub: RunningHub, port: int, clock: SteppedClock, towns: Sequence[Town], first: date, last: date
    ) -> None:
        self.hub, self.towns, self.first, self.last = hub, towns, first, last
        self.lamps = [lamp for town in towns for lamp in lamps(town)]
        self.versions: dict[str, set[str]] = {lamp: set() for lamp in self.lamps if not by_hub(lamp)}
        self._port, self._clock = port, clock
        self._signed_in, self._api = -1e9, httpx.Client()

    @property
    def api(self) -> httpx.Client:
        """A client that is signed in: a sign-in lasts a quarter of an hour."""
        if time.monotonic() - self._signed_in > 600:
            self._api, self._signed_in = self.hub.client(), time.monotonic()
        return self._api

    def settle(self) -> None:
        """Zones, programs, calendars and devices, through the API."""
        for town in self.towns:
            place = {"lat": town.lat, "lon": town.lon}
            self._made("/zones", {"id": town.id, "name": town.id, "kind": "street", "location": place})
        for body in PROGRAMS:
            self._made("/programs", body)
        for body in CALENDARS:
            self._made("/calendars", body)
        for town in self.towns:
            self.api.put(f"/zones/{town.id}/calendar", json={"calendar": town.calendar}).raise_for_status()
        rows = [f"{lamp},light,{_profile(lamp)},{town.id}" for town in self.towns for lamp in lamps(town)]
        text = "\n".join(["id,kind,profile,zone", *rows])
        answer = self.api.post("/devices/import", content=text, headers={"Content-Type": "text/csv"}, timeout=120)
        assert answer.status_code == 200 and answer.json()["created"] == len(self.lamps), answer.text

    def _made(self, path: str, body: dict[str, Any]) -> None:
        answer = self.api.post(path, json=body)
        assert answer.status_code == 201, answer.text

    async def pass_by(self, say: Callable[[str], None]) -> None:
        """Let the nights pass, from step to step."""
        holding = HoldingLamps(self.versions, self._port, self._clock)
        told = ToldLamps(filter(by_hub, self.lamps), self._port, self._clock)
        await holding.connect()
        await told.connect()
        begun, noons = time.monotonic(), {noon(day) for day in nights(self.first, self.last)} | {noon(self.last)}
        last_told = max(filter(by_hub, self.lamps), key=self.lamps.index)
        while not await asyncio.to_thread(self._has, last_told, self._clock.now()):
            told.report()  # what was said before the hub listened is lost
            await asyncio.sleep(0.1)
        await self._renewed()
        for moment, levels in stops(self.towns, self.first, self.last):
            self._clock.set(moment)
            holding.wake()
            await told.at(levels)
            if moment in noons:
                told.report()
                await holding.said()
                await self._up_to_date(last_told, moment)
                day = datetime.fromtimestamp(moment, ZONE).date()
                if day.day == 1 or day == self.last:
                    await self._renewed()
                    say(f"{day}: {told.orders} orders, {time.monotonic() - begun:.0f} s")
        self._clock.set(moment + REPORT_EVERY)  # who reports once more has said all that was before
        holding.wake()
        for lamp in self.versions:
            await self._up_to_date(lamp, moment + 1)
        await holding.close()
        await told.close()

    async def _up_to_date(self, lamp: str, moment: float) -> None:
        """Wait until the hub has what a lamp said at `moment`, or later."""
        await asyncio.to_thread(until, f"the hub to hear of {lamp}", lambda: self._has(lamp, moment), every=0.005)

    def _has(self, lamp: str, moment: float) -> bool:
        found = self.api.get(f"/devices/{lamp}").json()["latest"].get("burn_time")
        return found is not None and _unix(found["time"]) >= moment

    async def _renewed(self) -> None:
        """Wait until the lamps hold the plan of these days, and note which."""
        for lamp, known in self.versions.items():
            known.add(await asyncio.to_thread(until, f"{lamp} to hold its plan", lambda lamp=lamp: self._held(lamp)))

    def _held(self, lamp: str) -> str | None:
        plan = self.api.get(f"/devices/{lamp}").json()["plan"]
        return str(plan["held"]) if plan["state"] == "held" else None

    # --- what was burned, by the API --------------------------------------------------------------------------------

    def burned(self, lamp: str) -> dict[date, float]:
        """Seconds that a lamp burned from noon to noon, by the readings of its counter."""
        burnt, levels = self._series(lamp, "burn_time"), self._series(lamp, "level")
        counters = [_counter(burnt, levels, noon(day)) for day in (*nights(self.first, self.last), self.last)]
        return {
            day: after - before
            for day, before, after in zip(nights(self.first, self.last), counters, counters[1:], strict=False)
        }

    def ordered_by(self) -> Counter[str]:
        """How many of the hub's orders came by which part of it, of those that it still keeps."""
        found: Counter[str] = Counter()
        cursor: dict[str, str] = {}
        while True:
            page = self.api.get("/commands", params={"limit": 1000} | cursor).json()
            found.update(each["by"] for each in page["items"])
            if page["next"] is None:
                return found
            cursor = {"cursor": page["next"]}

    def _series(self, lamp: str, metric: str) -> list[tuple[float, float]]:
        """All readings of a metric, ascending."""
        span = {"start": noon(self.first) - BEFORE, "end": noon(self.last) + 1}
        params = {"metric": metric} | {key: datetime.fromtimestamp(at, ZONE).isoformat() for key, at in span.items()}
        answer = self.api.get(f"/devices/{lamp}/telemetry", params=params)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert not body["truncated"]
        return [(_unix(at), value) for at, value in body["points"]]


def _counter(burnt: Sequence[tuple[float, float]], levels: Sequence[tuple[float, float]], at: float) -> float:
    """Seconds on the counter at a moment: those of the last reading before, and what has been lit since."""
    when, hours = burnt[bisect_right(burnt, (at, float("inf"))) - 1]
    seconds, since, level = hours * 3600, when, levels[bisect_right(levels, (when, float("inf"))) - 1][1]
    for moment, new in levels[bisect_right(levels, (when, float("inf"))) : bisect_right(levels, (at, float("inf")))]:
        seconds += (moment - since) * (level > 0)
        since, level = moment, new
    return seconds + (at - since) * (level > 0)


def _profile(lamp: str) -> str:
    return "counting" if by_hub(lamp) else "native"


def _unix(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@contextmanager
def nights_of(towns: Sequence[Town], first: date, last: date, folder: Path, rate: float) -> Iterator[Nights]:
    """A hub shortly before noon of `first`, with these towns, before any lamp has come online.

    `rate` is what the hub takes its clock to run at: so many seconds between two steps it sleeps for one.
    """
    clock = SteppedClock.showing(noon(first) - BEFORE, _file(folder), rate)
    variables = {"PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))}
    days = (last - first + timedelta(60)).days
    with mosquitto(folder / "broker", *BROKER) as broker:
        settings = {
            "mqtt__url": broker.url, "lighting__time_zone": TIME_ZONE, "lighting__report_every": REPORT_EVERY,
            "ingest__batch_seconds": 0.5, "control__deadline": 20, "store__raw_days": days, "store__quarter_days": days,
        }  # fmt: skip
        with running_hub(folder / "hub", settings, start=False, variables=variables) as hub:
            (hub.data / "profiles").mkdir(parents=True, exist_ok=True)
            (hub.data / "profiles" / "counting.toml").write_text(PROFILE)
            hub.program = ("tests.servers.stepped_hub", str(folder / "clock"), repr(rate))
            hub.start()
            found = Nights(hub, broker.port, clock, towns, first, last)
            found.settle()
            yield found


def _file(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "clock"
