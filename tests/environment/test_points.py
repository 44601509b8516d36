"""Indices of stations together are those of each by itself."""

from __future__ import annotations

import random

from hub.environment.hours import HOUR, Hour, Hours
from hub.environment.points import BEFORE, daily, hourly

DAY = 24
START = 1_763_744_400.0  # a midnight of UTC+7
DAYS = [(START + DAY * HOUR * day, START + DAY * HOUR * (day + 1)) for day in (1, 2)]
COUNT = 3 * DAY + 5


def station(name: str, chance: random.Random, *metrics: str) -> Hours:
    """Three days and a morning of nonsense, a fifth of it missing."""
    lines = {
        metric: [None if chance.random() < 0.2 else Hour(chance.uniform(0, 300), 0, 4) for _ in range(COUNT)]
        for metric in metrics
    }
    return Hours(name, START, COUNT, lines)


def test_stations_worked_out_together_are_each_by_itself() -> None:
    chance = random.Random(7)
    city = [
        station("a", chance, "pm2_5", "pm10", "o3", "no2", "so2", "co"),
        station("silent", chance),
        station("b", chance, "so2", "o3"),
        station("c", chance, "pm10"),
    ]
    together = hourly(city, BEFORE), daily(city, DAYS)
    alone = [hourly([each], BEFORE)[0] for each in city], [daily([each], DAYS)[0] for each in city]
    assert together == alone
    assert [len(each) for each in together[0]] == [COUNT - BEFORE] * 4
    assert sum(point.vn.number is not None for each in together[0] for point in each) > 50
    assert all(point.vn.number is not None for point in together[1][0])
    assert [point.start for point in together[1][0]] == [start for start, _ in DAYS]


def test_a_day_is_of_its_own_hours() -> None:
    hours: list[Hour | None] = (
        [Hour(10.0, 10.0, 4)] * DAY + [Hour(25.0, 25.0, 4)] * DAY + [Hour(500.0, 500.0, 4)] * (DAY + 5)
    )
    (points,) = daily([Hours("a", START, COUNT, {"pm2_5": hours})], DAYS)
    assert [point.vn.number for point in points] == [50, 500]


def test_no_station_has_no_points() -> None:
    assert hourly([], BEFORE) == [] and daily([], DAYS) == []
