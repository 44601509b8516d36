"""How long do indices of the air take? VN_AQI of 100 stations over a year, hourly and daily, beside the US EPA's; and the same
through the store, as the API asks: one station's year, and the last hour and day of every station.

The readings of the first part are hours in memory, 5 % of them missing. Those of the second are quarter-hours of ten metrics
in the embedded store, not rolled up: of one station a year, of the others three days.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from hub.clock import WallClock
from hub.environment import us_aqi, vn_aqi
from hub.environment.air import Air
from hub.environment.columns import Column, column
from hub.environment.limits import shipped
from hub.environment.reading import Reader
from hub.environment.scale import POLLUTANTS, Indices
from hub.model.devices import Device, DeviceKind
from hub.model.readings import Row
from hub.ports import Span
from hub.registry import Registry
from hub.registry.city import City
from hub.store import DuckDbStore

STATIONS, HOURS = 100, 8760
DAY, QUARTER = 86_400.0, 900.0
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
USUAL = {"pm2_5": 35.0, "pm10": 60.0, "o3": 70.0, "no2": 40.0, "so2": 15.0, "co": 900.0}
WEATHER = {"temperature": 28.0, "pressure": 1008.0, "noise": 62.0, "humidity": 80.0}


def run(stations: int = STATIONS, hours: int = HOURS) -> dict[str, Any]:
    """Figures in s."""
    chance = random.Random(1)
    first = _year(chance, hours)
    city = [_turned(first, 24 * number) for number in range(stations)]
    days = [hour // 24 for hour in range(hours)]
    figures: dict[str, Any] = {"stations": stations, "hours": hours}
    figures |= _timed("VN_AQI hourly", lambda: [vn_aqi.hourly(each) for each in city])
    figures |= _timed("VN_AQI daily", lambda: [vn_aqi.daily(each, days) for each in city])
    both = [(vn_aqi.hourly, vn_aqi.daily), (us_aqi.hourly, us_aqi.daily)]
    for name, (hourly, daily) in zip(("VN_AQI", "US AQI"), both, strict=True):
        figures |= _timed(f"{name} hourly and daily", partial(_both, city, days, hourly, daily))
    return figures | _stored(chance, stations)


def _both(
    city: Sequence[Mapping[str, Column]],
    days: Sequence[int],
    hourly: Callable[[Mapping[str, Column]], Indices],
    daily: Callable[[Mapping[str, Column], Sequence[int]], Indices],
) -> None:
    for each in city:
        hourly(each)
        daily(each, days)


def _year(chance: random.Random, hours: int) -> dict[str, Column]:
    return {
        metric: column([None if chance.random() < 0.05 else usual * chance.uniform(0.3, 2.5) for _ in range(hours)])
        for metric, usual in USUAL.items()
    }


def _turned(columns: Mapping[str, Column], by: int) -> dict[str, Column]:
    """The same with another beginning: a station of its own."""
    return {name: pa.concat_arrays([each.slice(by), each.slice(0, by)]) for name, each in columns.items()}


def _timed(what: str, work: Callable[[], object]) -> dict[str, float]:
    began, spent = time.perf_counter(), time.process_time()
    work()
    return {f"{what}, s": time.perf_counter() - began, f"{what}, CPU s": time.process_time() - spent}


def _stored(chance: random.Random, stations: int) -> dict[str, float]:
    clock = WallClock()
    names = [f"air-{number:03}" for number in range(stations)]
    devices = [Device(name, name, DeviceKind.ENVIRONMENT) for name in names]
    with tempfile.TemporaryDirectory() as folder:
        registry = Registry(f"sqlite:///{Path(folder) / 'registry.db'}")
        registry.devices.add_many(devices)
        city, store = City((), devices), DuckDbStore(Path(folder) / "store", clock.now)
        now = clock.now()
        _fill(store, chance, names[:1], now - 365 * DAY, now)
        _fill(store, chance, names[1:], now - 3 * DAY, now)
        air = Air(Reader(store, dict, dict), registry, city, clock, ZONE, shipped())
        year = Span(now - 365 * DAY, now)
        figures = _timed("a station's year from the store, both indices", lambda: air.indices(devices[:1], year))
        figures |= _timed("the last hour and day of all stations", lambda: air.now(devices))
        figures |= _timed("the last hour and day of one station", lambda: air.now(devices[-1:]))
        store.close()
        registry.close()
    return figures


def _fill(store: DuckDbStore, chance: random.Random, names: list[str], start: float, end: float) -> None:
    usual = {metric: USUAL[metric] for metric in POLLUTANTS} | WEATHER
    at = start
    while at < end:
        until = min(end, at + 7 * DAY)
        rows = []
        while at < until:
            for name in names:
                values = {metric: level * chance.uniform(0.97, 1.03) for metric, level in usual.items()}
                rows.append(Row(name, DeviceKind.ENVIRONMENT, at, at, values))
            at += QUARTER
        store.append(rows)
