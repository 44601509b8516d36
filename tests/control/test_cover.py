"""Which zones an order goes to as a whole."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from hub.control.cover import cover
from hub.model.devices import Device, DeviceKind, DeviceStatus
from hub.model.zones import Zone
from hub.registry.city import City


@st.composite
def cities(draw: st.DrawFn) -> City:
    """A few zones, some below others, and lights in them, some of these retired."""
    parents = draw(st.lists(st.integers(0, 30), min_size=1, max_size=8))
    homes = draw(st.lists(st.integers(0, 7), min_size=1, max_size=30))
    zones = [
        Zone(f"z{n}", "", "zone", f"z{parent % n}" if n and parent % (n + 1) else None)
        for n, parent in enumerate(parents)
    ]
    retired = draw(st.sets(st.integers(0, 29)))
    lights = [
        Device(
            f"l{n}", "", DeviceKind.LIGHT, zone=f"z{home % len(zones)}",
            status=DeviceStatus.RETIRED if n in retired else DeviceStatus.ACTIVE,
        )
        for n, home in enumerate(homes)
    ]  # fmt: skip
    return City(zones, lights)


@given(city=cities(), data=st.data())
def test_a_zone_is_used_where_its_lights_are_wanted_or_half_of_them_and_the_others_agree(
    city: City, data: st.DataObject
) -> None:
    some = st.sets(st.sampled_from(sorted(city.devices)))
    wanted, deaf, willing = data.draw(some), data.draw(some), data.draw(some)
    groups, singles = asyncio.run(cover(city, wanted, lambda light: light not in deaf, lambda light: light in willing))

    def suits(zone: str) -> bool:
        hearing = [light for light in city.lights([zone]) if light not in deaf]
        meant = [light for light in hearing if light in wanted]
        free = all(light in wanted or light in willing for light in hearing)
        return len(meant) > 1 and 2 * len(meant) >= len(hearing) and free

    highest = {zone for zone in city.tree.zones if suits(zone) and not any(map(suits, city.tree.path(zone)[1:]))}
    assert groups.keys() == highest
    for zone, lights in groups.items():
        assert sorted(lights) == sorted(wanted & set(city.lights([zone])) - deaf)
    assert sorted([*singles, *(light for lights in groups.values() for light in lights)]) == sorted(wanted)


def test_an_order_to_a_few_lights_asks_about_a_few_of_a_large_city() -> None:
    zones = [Zone("city", "", "zone", None), *(Zone(f"z{n}", "", "zone", "city") for n in range(50))]
    city = City(zones, [Device(f"l{n}", "", DeviceKind.LIGHT, zone=f"z{n % 50}") for n in range(5000)])
    for wanted in ({"l7"}, {"l7", "l57"}, {"l7", "l8", "l9"}):
        asked: list[str] = []

        def hears(light: str, asked: list[str] = asked) -> bool:
            asked.append(light)
            return True

        assert asyncio.run(cover(city, wanted, hears, lambda light: True)) == ({}, sorted(wanted))
        assert len(asked) <= 20, wanted
