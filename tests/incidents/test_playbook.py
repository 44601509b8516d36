"""What a playbook may say, what is refused and what to write instead; files; what one stands for in a city."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.incidents.nearby import Nearby, distance
from hub.incidents.planning import Planner
from hub.incidents.playbook import BadPlaybook, Light, parse_playbook
from hub.incidents.templates import templates
from hub.incidents.toml import from_toml, to_toml, written
from hub.model.alarms import AlarmKey
from hub.model.devices import Device, DeviceKind, DeviceStatus
from hub.model.zones import Location, Zone
from hub.registry.city import City

GOOD: dict[str, Any] = {"id": "a", "name": "A", "trigger": {"types": ["fireAlarm"]}, "ask": [{"text": "call"}]}
BAD = [
    ({"id": None}, "id", "write an id"),
    ({"id": "Not A Slug"}, "id", "a-z, 0-9"),
    ({"name": ""}, "name", "at least 1"),
    ({"name": "a\x00"}, "name", "plain text"),
    ({"nmae": "x"}, "nmae", "leave it out"),
    ({"trigger": {}}, "trigger", "types"),
    ({"trigger": {"zones": ["x"]}}, "trigger", "types, classes or severities"),
    ({"trigger": {"severities": ["urgent"]}}, "trigger.severities.0", "critical"),
    ({"ask": []}, "playbook", "at least one of"),
    ({"ask": [{"text": "{oops}"}]}, "ask.0.text", "{device}"),
    ({"ask": [{"text": "x" * 301}]}, "ask.0.text", "300"),
    ({"light": [{"level": 100}]}, "light.0", "within (metres)"),
    ({"light": [{"level": 101, "own_zone": True}]}, "light.0.level", "100"),
    ({"light": [{"level": "100", "own_zone": True}]}, "light.0.level", "number"),
    ({"light": [{"level": float("nan"), "own_zone": True}]}, "light.0.level", "finite"),
    ({"light": [{"level": 1, "within": 0}]}, "light.0.within", "greater than 0"),
    ({"light": [{"level": 1, "own_zone": True, "whole_streets": True}]}, "light.0", "give within"),
    ({"mark": [{"text": "x", "on": "none"}]}, "mark.0", "name what to mark"),
    ({"mark": [{"text": "x", "on": "roof"}]}, "mark.0.on", "cabinet"),
    ({"after_minutes": 800}, "playbook", "most_minutes"),
    ({"most_minutes": 0}, "most_minutes", "greater than 0"),
    ({"most_minutes": 20_000}, "most_minutes", "10080"),
]


@pytest.mark.parametrize(("change", "place", "instead"), BAD, ids=lambda each: str(each)[:40])
def test_what_cannot_be_used_is_refused_with_its_place_and_what_to_write(
    change: dict[str, Any], place: str, instead: str
) -> None:
    with pytest.raises(BadPlaybook) as caught:
        parse_playbook(GOOD | change)
    assert caught.value.place == place
    assert instead in caught.value.text


def test_templates_are_the_same_in_both_languages_but_for_their_texts() -> None:
    assert [each["id"] for each in templates()] == ["cable-cut", "fire-approach", "flood", "traffic-accident"]
    for each in templates():
        english, vietnamese = parse_playbook(each["en"]), parse_playbook(each["vi"])
        assert english.name != vietnamese.name
        assert (english.trigger, english.light) == (vietnamese.trigger, vietnamese.light)
        assert [len(part) for part in (english.ask, english.notify, english.mark)] == [
            len(part) for part in (vietnamese.ask, vietnamese.notify, vietnamese.mark)
        ]


@given(
    name=st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=40),
    level=st.floats(0, 100),
    points=st.lists(st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=10), max_size=3),
    dry=st.booleans(),
)
def test_a_file_is_read_as_it_was_written(name: str, level: float, points: list[str], dry: bool) -> None:
    made = parse_playbook(
        GOOD | {"name": name, "dry_run": dry, "light": [{"level": level, "within": 12.5}]}
        | {"trigger": {"types": ["fireAlarm"], "points": points}}
    )  # fmt: skip
    assert from_toml(to_toml([written(made)])) == [made]


@pytest.mark.parametrize(
    ("text", "place"),
    [("", "toml"), ("a = 1", "a"), ("[a", "toml"), ('[a]\nname = "x"', "a.trigger"), ("[A]\n", "A.id")],
)
def test_a_file_that_cannot_be_used_names_the_place(text: str, place: str) -> None:
    with pytest.raises(BadPlaybook) as caught:
        from_toml(text)
    assert caught.value.place == place


HERE = Location(16.46, 107.59)


def north(metres: float) -> Location:
    return Location(16.46 + metres / 111_195, 107.59)


def city() -> City:
    lamps = [
        Device("near", "", DeviceKind.LIGHT, zone="le-loi", location=north(90)),
        Device("far", "", DeviceKind.LIGHT, zone="le-loi", location=north(110)),
        Device("other", "", DeviceKind.LIGHT, zone="dong-ba", location=north(5000)),
        Device("gone", "", DeviceKind.LIGHT, zone="le-loi", location=HERE, status=DeviceStatus.RETIRED),
        Device("fed-1", "", DeviceKind.LIGHT, "feed", "dong-ba", north(50), feed="cab-1/a"),
        Device("fed-2", "", DeviceKind.LIGHT, "feed", "dong-ba", north(900), feed="cab-1/a"),
    ]
    others = [
        Device("cab-1", "Tủ 1", DeviceKind.CABINET, zone="dong-ba"),
        Device("panel", "Chợ", DeviceKind.FIRE_PANEL, zone="le-loi", location=HERE),
        Device("lost", "", DeviceKind.FIRE_PANEL),
    ]
    return City([Zone("le-loi", "Lê Lợi", "street"), Zone("dong-ba", "Đông Ba", "street")], [*lamps, *others])


@pytest.mark.parametrize(
    ("light", "device", "lights"),
    [
        ({"within": 100}, "panel", {"near", "fed-1", "fed-2"}),  # of a segment all, or none
        ({"within": 40}, "panel", set()),
        ({"within": 100, "whole_streets": True}, "panel", {"near", "far", "fed-1", "fed-2", "other"}),
        ({"own_zone": True}, "panel", {"near", "far"}),
        ({"zones": ["dong-ba"], "devices": ["near"]}, "panel", {"other", "fed-1", "fed-2", "near"}),
        ({"within": 100}, "lost", set()),
        ({"own_zone": True}, "lost", set()),
        ({"within": 100, "devices": ["other"]}, "lost", {"other"}),
    ],
)
def test_what_is_lit(light: dict[str, Any], device: str, lights: set[str]) -> None:
    known = city()
    found = Planner(known, Nearby(known)).lighting(Light.model_validate({"level": 100} | light), device)
    assert set(known.lights(found.zones, found.devices)) == lights
    assert bool(found.why_none) is not bool(lights)


def test_what_moves_is_found_where_it_is_now() -> None:
    known = city()
    nearby = Nearby(known)
    assert nearby.lights(HERE, 100) == ["fed-1", "near"]
    known.put_devices([Device("other", "", DeviceKind.LIGHT, zone="dong-ba", location=north(20))])
    assert nearby.lights(HERE, 100) == ["other", "fed-1", "near"]


@given(metres=st.floats(1, 5000), lat=st.floats(-60, 60))
def test_distances_are_metres(metres: float, lat: float) -> None:
    one = Location(lat, 107.0)
    assert distance(one, Location(lat + metres / 111_195, 107.0)) == pytest.approx(metres, rel=1e-6)


@pytest.mark.parametrize(("on", "marked"), [("device", "fed-1"), ("cabinet", "cab-1"), ("none", "panel")])
def test_what_is_marked_and_said(on: str, marked: str) -> None:
    known = city()
    playbook = parse_playbook(
        GOOD | {"mark": [{"text": "{alarm} {point} {name} {zone} {detail}", "on": on, "devices": ["panel"]}]}
    )
    made = Planner(known, Nearby(known)).incident(playbook, AlarmKey("fed-1", "cableCut", "a"), "cut {name}", "x", 0.0)
    assert {each.device for each in made.marks} == {marked, "panel"}
    assert made.marks[0].text == "cableCut a fed-1 Đông Ba cut {name}"
