"""The plan of a city."""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import pairwise

import pytest

from simulators.city import BadPlan, plan
from simulators.lamp import Fault
from simulators.names import slug

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def _metres(lat: float, lon: float, centre: tuple[float, float]) -> float:
    return math.hypot((lat - centre[0]) * 111_195, (lon - centre[1]) * 111_195 * math.cos(math.radians(centre[0])))


@pytest.mark.parametrize("lights", [1, 10, 37, 500, 2000, 10_000])
def test_a_city_has_what_was_asked_for(lights: int) -> None:
    city = plan(lights, 3)
    assert len(city.lamps) == lights
    assert len(city.sensors) == max(2, round(lights / 100))
    sizes = Counter(lamp.cabinet for lamp in city.lamps)
    assert set(sizes) == {cabinet.id for cabinet in city.cabinets}
    if lights >= 500:
        assert all(50 <= size <= 95 for size in sizes.values())
    ids = [zone.id for zone in city.zones]
    devices = [d.id for group in (city.lamps, city.cabinets, city.sensors) for d in group]
    assert len(set(ids)) == len(ids)
    assert len(set(devices)) == len(devices)
    assert all(SLUG.fullmatch(id) for id in [*ids, *devices])


def test_the_tree_is_city_ward_street_cabinet() -> None:
    city = plan(1500, 1)
    kinds = {zone.id: zone.kind for zone in city.zones}
    above = {"ward": "city", "street": "ward", "cabinet": "street"}
    seen: set[str] = set()
    for zone in city.zones:
        assert zone.parent is None or zone.parent in seen, "parents come first"
        seen.add(zone.id)
        assert zone.parent is None or kinds[zone.parent] == above[zone.kind]
        assert (len(zone.path) >= 2) == (zone.kind == "street")
    assert {kinds[lamp.zone] for lamp in city.lamps} == {"cabinet"}
    assert [zone.id for zone in city.zones if zone.parent is None] == ["hue"]


def test_the_same_seed_gives_the_same_city_and_another_seed_another() -> None:
    assert plan(800, 5) == plan(800, 5)
    assert plan(800, 5).lamps != plan(800, 6).lamps


@pytest.mark.parametrize(("lights", "reach"), [(100, 4_000), (2_000, 6_000), (30_000, 9_000)])
def test_every_lamp_is_within_a_few_kilometres(lights: int, reach: float) -> None:
    centre = (10.7769, 106.7009)
    city = plan(lights, 2, centre, "Sài Gòn")
    assert city.zones[0].id == "sai-gon"
    assert max(_metres(lamp.spot.lat, lamp.spot.lon, centre) for lamp in city.lamps) < reach
    assert len({lamp.spot for lamp in city.lamps}) == lights


def test_lamps_stand_about_thirty_metres_apart_along_their_street() -> None:
    city = plan(300, 4)
    for cabinet in city.cabinets:
        along = sorted({round(lamp.cable, 1) for lamp in city.lamps if lamp.cabinet == cabinet.id})
        assert all(29 <= b - a <= 31 for a, b in pairwise(along))


def test_single_and_faulty_lamps_are_as_many_as_asked_for() -> None:
    city = plan(1000, 1, single=50, faults=0.03)
    assert sum(lamp.single for lamp in city.lamps) == 50
    assert Counter(lamp.fault for lamp in city.lamps) == {
        Fault.NONE: 970,
        Fault.LED: 10,
        Fault.DRIVER: 10,
        Fault.CONTROLLER: 10,
    }
    assert sum(lamp.single for lamp in plan(1000, 1).lamps) == 20
    assert sum(lamp.single for lamp in plan(100, 1).lamps) == 5


@pytest.mark.parametrize(
    ("options", "words"), [({"lights": 0}, "at least 1"), ({"single": 11}, "0 to 10"), ({"faults": 2.0}, "from 0 to 1")]
)
def test_an_impossible_city_is_refused_in_words(options: dict[str, float], words: str) -> None:
    with pytest.raises(BadPlan, match=words):
        plan(**({"lights": 10, "seed": 1} | options))  # type: ignore[arg-type]


def test_vietnamese_names_become_ids() -> None:
    assert slug("Lê Lợi") == "le-loi"
    assert slug("Đống Đa") == "dong-da"
    assert slug("Kiệt 7 Trần Phú") == "kiet-7-tran-phu"
