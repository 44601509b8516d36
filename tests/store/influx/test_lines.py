"""Rows as line protocol: the fast way says what the careful way says, and a real server reads it back."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hub.model.devices import DeviceKind
from hub.model.readings import Row
from hub.ports import Span
from hub.store.influx import InfluxStore
from hub.store.influx.lines import RowEncoder
from tests.servers.influxd import Influxd
from tests.store.conftest import on_influxd
from tests.store.rows import MONDAY, row

ZONES = {"lamp-1": "ward-1", "lamp-2": "ward 2, left=right"}
finite = st.floats(allow_nan=False, allow_infinity=False)
names = st.one_of(
    st.sampled_from(["power", "level", "energy"]), st.text("ab ,=\"\\{}:'nulltrue", min_size=1, max_size=6)
)
plain_rows = st.builds(
    lambda device, time, values, quality: Row(device, DeviceKind.LIGHT, time, time + 1, values, quality),
    st.sampled_from(["lamp-1", "lamp-2", "lamp-3"]),
    st.floats(-1e10, 1e10) | st.floats(0, 9e15),
    st.dictionaries(names, finite | st.integers(-(10**9), 10**9) | st.just(math.nan), max_size=4),
    st.integers(0, 255),
)


def parsed(line: str) -> tuple[str, dict[str, float], str]:
    """(series, fields as numbers, time) of a line without escapes in its names."""
    series, fields, time = line.rsplit(" ", 2)
    pairs = (field.split("=") for field in fields.split(","))
    return series, {name: float(value.rstrip("i")) for name, value in pairs}, time


def test_a_line() -> None:
    (line,) = RowEncoder(ZONES.get).encode([row("lamp-1", MONDAY + 0.25, quality=2, power=61.5, level=70)]).lines
    assert line == (
        "light,device=lamp-1,kind=light,zone=ward-1 power=61.5,level=70,received=1763337602.25,quality=2i 1763337600250000"
    )


def test_a_device_in_no_zone_and_one_whose_zone_needs_escapes() -> None:
    encoder = RowEncoder(ZONES.get)
    assert (
        encoder.encode([row("lamp-9", MONDAY, power=1.0)])
        .lines[0]
        .startswith("light,device=lamp-9,kind=light,zone=none ")
    )
    (line,) = encoder.encode([row("lamp-2", MONDAY, power=1.0)]).lines
    assert line.startswith(r"light,device=lamp-2,kind=light,zone=ward\ 2\,\ left\=right power=")


def test_a_device_that_moves_gets_its_new_zone() -> None:
    zones = {"lamp-1": "ward-1"}
    encoder = RowEncoder(zones.get)
    encoder.encode([row("lamp-1", MONDAY, power=1.0)])
    zones["lamp-1"] = "ward-2"
    assert "zone=ward-2 " in encoder.encode([row("lamp-1", MONDAY, power=1.0)]).lines[0]


@settings(max_examples=300, deadline=None)
@given(st.lists(plain_rows, max_size=6))
@example([row("lamp-1", 1.0, power=1e-7), row("lamp-1", 2.0, power=1e300, level=-0.0)])
def test_the_fast_way_says_what_the_careful_way_says(rows: list[Row]) -> None:
    encoder = RowEncoder(ZONES.get)
    found, expected = encoder.encode(rows), encoder._each(rows)
    assert list(found.places) == list(expected.places)
    assert found.refused == expected.refused
    assert (found.first, found.last) == (expected.first, expected.last)
    if found.lines != expected.lines:  # numbers may be written otherwise: 1e-07 and 1e-7, 70 and 70.0
        assert list(map(parsed, found.lines)) == list(map(parsed, expected.lines))


@pytest.mark.parametrize(
    "bad",
    [
        row("lamp-1", MONDAY, power=math.nan),
        row("lamp-1", MONDAY, power=1.0, level=math.inf),
        row("lamp-1", 1e13, power=1.0),
        row("lamp-1", math.nan, power=1.0),
        row("lamp-1\nlight,device=forged", MONDAY, power=1.0),
        row("lamp-1", MONDAY, **{"po\nwer": 1.0}),
    ],
)
def test_what_cannot_be_said_is_refused_alone(bad: Row) -> None:
    found = RowEncoder(ZONES.get).encode([row("lamp-3", MONDAY, power=1.0), bad, row("lamp-4", MONDAY, power=2.0)])
    assert list(found.refused) == [1] and found.refused[1]
    assert list(found.places) == [0, 2] and len(found.lines) == 2


@pytest.fixture
def store(influxd_server: Influxd) -> InfluxStore:
    return on_influxd(influxd_server)


def test_a_server_reads_back_every_number(store: InfluxStore) -> None:
    numbers = [0.0, -0.0, 0.1, 1 / 3, 1e-7, -2.5e-300, 5e-324, 1e16, 123456789012345680.0, 1.7976931348623157e308, 70]
    store.append([row("lamp-1", MONDAY + n, power=value) for n, value in enumerate(numbers)])
    found = store.readings(DeviceKind.LIGHT, "lamp-1", Span(0, 4e9), 100)
    assert [held.values["power"] for held in found] == numbers


def test_a_server_reads_back_awkward_names(store: InfluxStore) -> None:
    names = ["lamp 1", "lamp,1", "lamp=1", 'lamp"1', "lamp'1", "lamp/1", "đèn-1", "la\\mp"]
    store.append([row(name, MONDAY, power=float(n)) for n, name in enumerate(names)])
    assert sorted((value.device, value.value) for value in store.latest()) == sorted(
        zip(names, map(float, range(8)), strict=True)
    )
    for n, name in enumerate(names):
        assert [held.values for held in store.readings(DeviceKind.LIGHT, name, Span(0, 4e9), 9)] == [
            {"power": float(n)}
        ]
