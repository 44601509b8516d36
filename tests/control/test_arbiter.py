"""Who wins: a table of priorities and overlaps, and any number of overrides against a plain model."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.control.arbiter import Arbiter
from hub.control.timetable import Timetable
from hub.model.devices import Device, DeviceKind
from hub.model.light import Cause
from hub.model.overrides import Override
from hub.model.zones import Zone
from hub.registry.city import City
from tests.control.street import PROGRAM, SITE, TREE

STRONGEST_FIRST = ("emergency", "override", "incident", "sensor")
LAMPS = {f"lamp-{zone}": zone for zone in TREE} | {"lamp-nowhere": None}
T = 1_763_750_000.0


def arbiter(overrides: list[Override]) -> Arbiter:
    lamps = [Device(name, name, DeviceKind.LIGHT, zone=zone) for name, zone in LAMPS.items()]
    city = City([Zone(name, name, "zone", parent) for name, parent in TREE.items()], lamps)
    made = Arbiter(city, Timetable(city, PROGRAM), SITE)
    for each in overrides:
        made.put(each)
    return made


def lamp(zone: str = "le-loi") -> Device:
    return Device(f"lamp-{zone}", "", DeviceKind.LIGHT, zone=zone)


def held(
    id: str, level: float = 50, start: float = T, until: float = T + 3600, cause: str = "override",
    zones: tuple[str, ...] = ("city",), devices: tuple[str, ...] = (), ended: float | None = None,
) -> Override:  # fmt: skip
    return Override(id, level, 0, start, until, "", "operator", f"cmd-{id}", zones, devices, Cause(cause), ended)


@pytest.mark.parametrize(("first", "second"), list(permutations(STRONGEST_FIRST, 2)))
def test_of_two_causes_the_stronger_wins_whichever_began_first(first: str, second: str) -> None:
    stronger = min(first, second, key=STRONGEST_FIRST.index)
    made = arbiter([held("a", 10, T, cause=first), held("b", 20, T + 60, cause=second)])
    found = made.desired(lamp(), T + 100)
    assert (found.cause, found.level) == (Cause(stronger), 10 if stronger == first else 20)
    assert [each.cause for each in made.ranked(lamp(), T + 100)] == sorted(
        (Cause(first), Cause(second)), key=lambda cause: STRONGEST_FIRST.index(cause.value)
    )


@pytest.mark.parametrize("cause", STRONGEST_FIRST)
def test_every_cause_wins_over_the_program_and_ends(cause: str) -> None:
    made = arbiter([held("a", 10, T, T + 60, cause=cause)])
    assert made.desired(lamp(), T + 59).cause is Cause(cause)
    assert made.desired(lamp(), T + 60).cause is Cause.PROGRAM
    assert made.desired(lamp(), T - 1).cause is Cause.PROGRAM


@pytest.mark.parametrize(
    ("overrides", "at", "winner"),
    [
        ([held("a"), held("b", start=T + 1)], 10, "b"),
        ([held("b", start=T + 1), held("a")], 10, "b"),
        ([held("a", zones=("le-loi",)), held("b", start=T + 1, zones=("city",))], 10, "b"),  # latest, not nearest
        ([held("a", start=T + 1, zones=("city",)), held("b", devices=("lamp-le-loi",), zones=())], 10, "a"),
        ([held("a"), held("b", start=T + 1, until=T + 5)], 10, "a"),  # the later one is over
        ([held("a"), held("b", start=T + 1, ended=T + 5)], 10, "a"),  # or was ended
        ([held("a"), held("b", start=T + 1, ended=T + 15)], 10, "b"),
        ([held("a"), held("b", start=T + 20)], 10, "a"),  # not yet
        ([held("a", zones=("dong-ba",))], 10, None),  # elsewhere
        ([held("a"), held("b")], 10, "b"),  # the same moment: the later id, which sorts by time
        ([held("a", cause="emergency", until=T + 5), held("b", start=T + 1)], 10, "b"),
    ],
)
def test_overlapping_overrides(overrides: list[Override], at: float, winner: str | None) -> None:
    found = arbiter(overrides).winner(lamp(), T + at)
    assert (found.id if found else None) == winner


TIMES = st.integers(0, 20).map(lambda seconds: T + seconds)
OVERRIDES = st.lists(
    st.builds(
        lambda level, start, length, cause, zones, devices, ended: held(
            "x", level, start, start + length, cause, tuple(zones), tuple(devices), ended
        ),
        st.integers(0, 100), TIMES, st.integers(1, 20), st.sampled_from(STRONGEST_FIRST),
        st.lists(st.sampled_from(sorted(TREE)), max_size=3, unique=True),
        st.lists(st.sampled_from(sorted(LAMPS)), max_size=2, unique=True), st.none() | TIMES,
    ),
    max_size=8,
)  # fmt: skip


def _covers(override: Override, name: str) -> bool:
    zone, around = LAMPS[name], []
    while zone is not None:
        around.append(zone)
        zone = TREE[zone]
    return name in override.devices or any(each in override.zones for each in around)


@given(OVERRIDES, st.integers(-1, 42), st.data())
def test_any_overrides_against_a_plain_model(written: list[Override], at: int, data: st.DataObject) -> None:
    overrides = [
        held(f"ovr-{n}", o.level, o.start, o.until, o.cause, o.zones, o.devices, o.ended) for n, o in enumerate(written)
    ]
    gone = data.draw(st.sets(st.sampled_from(overrides))) if overrides else set()
    made, now = arbiter(overrides), T + at
    for each in gone:
        made.drop(each)
    for name, zone in LAMPS.items():
        holding = [
            each for each in overrides
            if each not in gone and _covers(each, name) and each.start <= now < each.until
            and not (each.ended is not None and each.ended <= now)
        ]  # fmt: skip
        holding.sort(
            key=lambda each: (
                STRONGEST_FIRST.index(each.cause.value),
                -each.level if each.cause in (Cause.SENSOR, Cause.INCIDENT) else 0, -each.start, -overrides.index(each),
            )
        )  # fmt: skip
        device = Device(name, "", DeviceKind.LIGHT, zone=zone)
        assert made.ranked(device, now) == holding
        assert made.winner(device, now) == (holding[0] if holding else None)
        assert made.desired(device, now).override == (holding[0].id if holding else None)


@given(OVERRIDES, st.integers(-1, 42), st.permutations(sorted(TREE)))
def test_what_was_asked_before_something_changed_changes_no_answer(
    written: list[Override], at: int, homes: list[str]
) -> None:
    lamps = [Device(name, name, DeviceKind.LIGHT, zone=zone) for name, zone in LAMPS.items()]
    city = City([Zone(name, name, "zone", parent) for name, parent in TREE.items()], lamps)
    asked, put = Arbiter(city, Timetable(city, PROGRAM), SITE), list[Override]()

    def agrees() -> None:
        fresh = Arbiter(city, Timetable(city, PROGRAM), SITE)
        for each in put:
            fresh.put(each)
        for device in city.devices.values():
            assert asked.ranked(device, T + at) == fresh.ranked(device, T + at)

    for n, o in enumerate(written):
        agrees()
        put.append(held(f"ovr-{n}", o.level, o.start, o.until, o.cause, o.zones, o.devices, o.ended))
        asked.put(put[-1])
    agrees()
    city.put_devices(
        [Device(lamp.id, lamp.name, lamp.kind, zone=home) for lamp, home in zip(lamps, homes, strict=False)]
    )
    agrees()
    while put:
        asked.drop(put.pop(0))
        agrees()


def test_of_two_incidents_the_brighter_rules_whichever_began_first() -> None:
    for first, second in ((80, 100), (100, 80)):
        held_now = [held("a", first, T, cause="incident"), held("b", second, T + 10, cause="incident")]
        assert arbiter(held_now).desired(lamp(), T + 20).level == 100
        ended = [held("a", first, T, cause="incident"), held("b", second, T + 10, cause="incident", ended=T + 15)]
        assert arbiter(ended).desired(lamp(), T + 20).level == first
