"""The order of junctions along their road is found from their places, or it is said that nobody can tell."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest

from schedules.signals.alignment import NoRoad, Place, bearing, distance, straight

HUE = Place(16.4637, 107.5909)


def _place(east: float, north: float, at: Place = HUE) -> Place:
    """A place so many metres away."""
    lat = at.lat + north / 111_195.0
    return Place(lat, at.lon + east / (111_195.0 * math.cos(math.radians(at.lat))))


@pytest.mark.parametrize("seed", range(30))
def test_a_road_that_bends_is_followed_from_the_end_whose_id_comes_first(seed: int) -> None:
    dice = random.Random(seed)
    heading, east, north, places = dice.uniform(0, 360), 0.0, 0.0, []
    for _ in range(dice.randint(2, 12)):
        places.append(_place(east, north))
        step = dice.uniform(120, 200)
        heading += dice.uniform(-25, 25)
        east, north = east + step * math.sin(math.radians(heading)), north + step * math.cos(math.radians(heading))
    names = [f"j-{number:02}" for number in range(len(places))]
    shuffled = names[1:-1]
    dice.shuffle(shuffled)
    ids = [names[0], *shuffled, names[-1]]
    road = straight(dict(zip(ids, places, strict=True)))
    assert list(road.order) == ids
    ways = [distance(one, other) for one, other in pairwise(places)]
    assert road.metres[-1] == pytest.approx(sum(ways))
    assert list(road.metres) == sorted(road.metres)


def test_a_road_that_branches_is_refused_by_the_junction_at_which_it_does() -> None:
    star = {"mid": _place(0, 0), "a": _place(200, 0), "b": _place(-200, 0), "c": _place(0, 200)}
    with pytest.raises(NoRoad) as refused:
        straight(star)
    assert refused.value.code == "road-branches" and refused.value.junctions == ("mid",)


def test_two_junctions_in_one_place_are_refused() -> None:
    with pytest.raises(NoRoad) as refused:
        straight({"b": _place(0, 0), "a": _place(1, 1), "c": _place(300, 0)})
    assert refused.value.code == "places-same" and refused.value.junctions == ("a", "b")


@pytest.mark.parametrize(
    ("east", "north", "degrees"), [(0, 100, 0), (100, 0, 90), (0, -100, 180), (-100, 0, 270), (100, 100, 45)]
)
def test_a_bearing_is_in_degrees_from_north(east: float, north: float, degrees: float) -> None:
    assert bearing(HUE, _place(east, north)) == pytest.approx(degrees, abs=0.1)
    assert distance(HUE, _place(east, north)) == pytest.approx(math.hypot(east, north), abs=0.1)


def test_the_date_line_is_no_end_of_a_city() -> None:
    west, east = Place(-17.0, 179.9995), Place(-17.0, -179.9995)
    assert distance(west, east) < 150
    assert bearing(west, east) == pytest.approx(90.0)
