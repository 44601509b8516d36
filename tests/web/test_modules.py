"""Modules of the page by themselves, in a real browser."""

from __future__ import annotations

import base64
import random
import struct
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.web.browser import chromium
from tests.web.files import served_files


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with served_files() as url, chromium() as browser:
        page = browser.new_page(timezone_id="Asia/Ho_Chi_Minh", locale="en-GB")
        page.goto(f"{url}/favicon.svg")
        yield page


def _ask(page: Page, module: str, body: str, argument: Any = None) -> Any:
    """Run `body` with the module's exports as `m` and the argument as `a`."""
    return page.evaluate(f"async (a) => {{ const m = await import('/js/{module}'); {body} }}", argument)


def _map(records: list[tuple[float, float, int, int, int, int, int]], ids: list[str], zones: list[str]) -> str:
    block = "\n".join(ids).encode()
    packed = b"".join(
        struct.pack("<iiBBBBII", round(lat * 1e7), round(lon * 1e7), kind, flags, actual, requested, zone, 0)
        for lat, lon, kind, flags, actual, requested, zone in records
    )
    header = struct.pack("<4sHHII", b"LLM1", 1, 20, len(records), len(block))
    return base64.b64encode(header + packed + block + "\n".join(zones).encode()).decode()


READ = "const city = m.City.read(Uint8Array.from(atob(a), (c) => c.charCodeAt(0)).buffer);"
KNOWN = 1 | 16 | 64


def test_the_map_is_read_as_it_is_written(page: Page) -> None:
    records = [
        (16.4637, 107.5909, 0, KNOWN, 60, 60, 1),
        (-33.86, 151.2, 0, KNOWN | 32, 100, 0, 0),
        (16.5, 107.6, 3, 1, 0, 0, 0xFFFFFFFF),
    ]
    found = _ask(
        page,
        "map/city.js",
        READ
        + """const p = await import('/js/map/projection.js');
        return [city.ids, city.zones, city.lights, [...city.level], [...city.requested],
                [0, 1, 2].map((place) => city.state(place)), [...city.members(new Set(['lê-lợi']))],
                [0, 1].map((place) => [p.latitude(city.y[place]), (city.x[place] - 0.5) * 360])]""",
        _map(records, ["lamp-1", "lamp-2", "env-1"], ["hue", "lê-lợi"]),
    )
    ids, zones, lights, levels, requested, states, members, places = found
    assert ids == ["lamp-1", "lamp-2", "env-1"]
    assert zones == ["hue", "lê-lợi"]
    assert lights == 2
    assert levels == [60, 100, 0]
    assert requested == [60, 0, 0]
    assert states == ["on", "waiting", "on"]
    assert members == [1, 0, 0]
    assert places[0] == pytest.approx([16.4637, 107.5909], abs=1e-6)
    assert places[1] == pytest.approx([-33.86, 151.2], abs=1e-6)


def test_an_empty_map_is_read(page: Page) -> None:
    assert _ask(page, "map/city.js", READ + "return [city.count, city.grid.nearest(0, 0, 1)]", _map([], [], [])) == [
        0,
        -1,
    ]


def test_something_else_is_no_map(page: Page) -> None:
    body = "try { m.City.read(new Uint8Array(32).buffer); return 'read' } catch (error) { return error.name }"
    assert _ask(page, "map/city.js", body) == "RangeError"


@pytest.mark.parametrize(
    ("flags", "level", "state"),
    [
        (KNOWN, 0, "off"),
        (KNOWN, 1, "on"),
        (KNOWN | 4, 0, "override"),
        (KNOWN | 8, 50, "emergency"),
        (KNOWN | 4 | 32, 50, "waiting"),
        (KNOWN | 128 | 32, 100, "local"),
        (KNOWN | 128, 50, "on"),
        (KNOWN | 128 | 32 | 2, 50, "fault"),
        (KNOWN - 1 | 128 | 32, 50, "offline"),
        (KNOWN | 32 | 2, 50, "fault"),
        (0, 0, "offline"),
        (2, 0, "fault"),
        (4 | 32 | 16, 50, "offline"),
        (1, 0, "unknown"),
    ],
)
def test_a_light_is_drawn_in_its_most_urgent_state(page: Page, flags: int, level: int, state: str) -> None:
    assert _ask(page, "map/city.js", "return m.stateOf(...a)", [flags, level]) == state


@pytest.mark.parametrize(
    ("light", "conditions", "online", "state"),
    [
        ({"requested": 40, "actual": 40, "cause": "override"}, [], True, "override"),
        ({"requested": 40, "actual": 40.6, "cause": "program"}, [], True, "on"),
        ({"requested": 40, "actual": 70, "cause": "override"}, [], True, "waiting"),
        ({"requested": 40, "actual": 70, "cause": "local"}, [], True, "local"),
        ({"requested": 40, "actual": 40, "cause": "local"}, [], True, "on"),
        ({"requested": 40, "actual": None, "cause": None}, [], True, "unknown"),
        ({"requested": 0, "actual": 0, "cause": "program"}, [], True, "off"),
        ({"requested": 0, "actual": 0, "cause": "program"}, [{"type": "lampFailure"}], True, "fault"),
        ({"requested": 40, "actual": 40, "cause": "override"}, [], False, "offline"),
    ],
)
def test_an_event_changes_how_a_light_is_drawn(
    page: Page, light: dict[str, Any], conditions: list[Any], online: bool, state: str
) -> None:
    item = {"id": "lamp-1", "online": online, "light": light, "conditions": conditions}
    body = f"a = a.map; {READ} const known = city.apply(item); return [known, city.state(0), city.apply({{...item, id: 'x'}})]"
    encoded = _map([(1, 1, 0, KNOWN, 10, 10, 0)], ["lamp-1"], ["z"])
    found = _ask(page, "map/city.js", f"const {{ item }} = a; {body}", {"map": encoded, "item": item})
    assert found == [True, state, False]


def test_the_grid_finds_what_looking_at_every_point_finds(page: Page) -> None:
    dice = random.Random(7)
    points = [(dice.gauss(0.5, 0.01), dice.gauss(0.4, 0.002)) for _ in range(3000)] + [(0.5, 0.4)] * 5
    boxes = []
    for _ in range(60):
        x, y = dice.gauss(0.5, 0.015), dice.gauss(0.4, 0.003)
        w, h = dice.random() * 0.01, dice.random() * 0.002
        boxes.append([x, y, x + w, y + h])
    body = """const grid = new m.Grid(Float64Array.from(a.x), Float64Array.from(a.y));
      return a.boxes.map(([left, top, right, bottom]) => {
        const found = []; grid.each({ left, top, right, bottom }, (place) => found.push(place));
        return [found.sort((p, q) => p - q), grid.nearest(left, top, 0.004)];
      })"""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    answers = _ask(page, "map/grid.js", body, {"x": xs, "y": ys, "boxes": boxes})
    for (left, top, right, bottom), (inside, nearest) in zip(boxes, answers, strict=True):
        wanted = [i for i, (x, y) in enumerate(points) if left <= x <= right and top <= y <= bottom]
        assert inside == wanted
        distances = [((x - left) ** 2 + (y - top) ** 2) ** 0.5 for x, y in points]
        if nearest < 0:
            assert min(distances) > 0.004
        else:
            assert distances[nearest] == pytest.approx(min(distances), abs=1e-15)


def test_zooming_keeps_the_place_under_the_finger(page: Page) -> None:
    body = """const view = new m.View();
      Object.assign(view, { x: m.worldX(107.59), y: m.worldY(16.46), scale: 4e7, width: 800, height: 600 });
      const [x, y] = [view.x + 100 / view.scale, view.y - 50 / view.scale];
      const before = [view.screenX(x), view.screenY(y)];
      view.zoomAt(...before, 3);
      const after = [view.screenX(x), view.screenY(y)];
      for (let turn = 0; turn < 200; turn += 1) view.zoomAt(10, 10, 2);
      const nearest = view.metresPerPixel;
      for (let turn = 0; turn < 200; turn += 1) view.zoomAt(10, 10, 0.5);
      return [before, after, nearest, view.metresPerPixel]"""
    before, after, nearest, farthest = _ask(page, "map/projection.js", body)
    assert after == pytest.approx(before, abs=1e-3)
    assert 0.04 < nearest < 0.06
    assert farthest < 2500


def test_events_come_out_of_any_pieces(page: Page) -> None:
    text = ': connected\nid: b-1\n\nid: b-2\nevent: device\ndata: [{"id":"đèn"}]\n\n: keep\nevent: reset\r\ndata: {}\r\n\r\n'
    body = """const all = [];
      for (let cut = 0; cut <= a.length; cut += 1) {
        const frames = new m.Frames();
        all.push(JSON.stringify([...frames.push(a.slice(0, cut)), ...frames.push(a.slice(cut))]));
      }
      return [[...new Set(all)].length, JSON.parse(all[0])]"""
    different, frames = _ask(page, "stream.js", body, text)
    assert different == 1
    assert [(frame.get("id"), frame["event"], frame.get("data")) for frame in frames] == [
        ("b-1", "message", None),
        ("b-2", "device", '[{"id":"đèn"}]'),
        (None, "reset", "{}"),
    ]


@pytest.mark.parametrize(
    ("zone", "now", "wanted"),
    [
        ("Asia/Ho_Chi_Minh", "2026-11-21T18:00:00Z", "2026-11-21T23:00:00Z"),
        ("Asia/Ho_Chi_Minh", "2026-11-21T23:00:00Z", "2026-11-22T23:00:00Z"),
        ("Europe/Berlin", "2026-03-28T22:00:00Z", "2026-03-29T04:00:00Z"),
        ("Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25T05:00:00Z"),
        ("America/New_York", "2026-11-01T03:00:00Z", "2026-11-01T11:00:00Z"),
        ("UTC", "2026-12-31T23:59:00Z", "2027-01-01T06:00:00Z"),
    ],
)
def test_six_in_the_morning_is_the_citys(page: Page, zone: str, now: str, wanted: str) -> None:
    body = """const clock = new m.CityClock();
      clock.set({ time: a.now, rate: 1, time_zone: a.zone });
      return new Date(Math.round(clock.next(6, 0) / 60000) * 60000).toISOString().replace('.000', '')"""
    assert _ask(page, "clock.js", body, {"zone": zone, "now": now}) == wanted


def test_a_fast_city_has_a_fast_clock(page: Page) -> None:
    body = """const clock = new m.CityClock();
      clock.set({ time: '2026-11-21T18:00:00Z', rate: 60 });
      clock.taken = Date.now() - 10_000;
      return clock.now() - Date.parse('2026-11-21T18:00:00Z')"""
    assert _ask(page, "clock.js", body) == pytest.approx(600_000, abs=60_000)


def test_an_own_time_is_meant_as_the_citys_clocks_show_it(page: Page) -> None:
    body = """const clock = new m.CityClock();
      clock.set({ time: '2026-11-21T18:00:00Z', time_zone: 'America/New_York' });
      const moment = clock.fromLocal('2026-11-22T05:30');
      return [new Date(moment).toISOString(), clock.toLocal(moment), Number.isNaN(clock.fromLocal('soon'))]"""
    assert _ask(page, "clock.js", body) == ["2026-11-22T10:30:00.000Z", "2026-11-22T05:30", True]


@pytest.mark.parametrize(
    ("draft", "fields"),
    [
        ({"end": "30m"}, {"for": "PT30M"}),
        ({"end": "2h"}, {"for": "PT2H"}),
        ({"end": "own", "own": "2026-11-22T05:30"}, {"until": "2026-11-21T22:30:00.000Z"}),
        ({"end": "own", "own": ""}, None),
        ({"end": None}, None),
    ],
)
def test_every_order_has_an_end(page: Page, draft: dict[str, Any], fields: dict[str, str] | None) -> None:
    body = """const { CityClock } = await import('/js/clock.js');
      const clock = new CityClock();
      clock.set({ time: '2026-11-21T18:00:00Z', time_zone: 'Asia/Ho_Chi_Minh' });
      return [m.endFields(a, clock), m.endProblem(a, clock)]"""
    found, problem = _ask(page, "orderend.js", body, draft)
    assert found == fields
    assert (problem is None) == (fields is not None)


@pytest.mark.parametrize("own", ["2026-11-21T17:00", "2027-01-30T00:00"])
def test_an_end_that_is_past_or_too_far_is_refused_beforehand(page: Page, own: str) -> None:
    body = """const { CityClock } = await import('/js/clock.js');
      const clock = new CityClock();
      clock.set({ time: '2026-11-21T18:00:00Z', time_zone: 'Asia/Ho_Chi_Minh' });
      return m.endProblem(a, clock)"""
    assert _ask(page, "orderend.js", body, {"end": "own", "own": own})


def test_lines_break_in_gaps_only(page: Page) -> None:
    power = [[0, 60], [900, 61], [9000, 62]]
    level = [[10, 70], [910, 70], [9010, 0]]
    body = "return m.align(a).map((column) => column.map((value) => value === undefined ? 'none' : value))"
    axis, first, second = _ask(page, "chart.js", body, [power, level])
    assert axis == [0, 10, 900, 901, 910, 911, 9000, 9010]
    assert first == [60, "none", 61, None, None, None, 62, "none"]
    assert second == ["none", 70, "none", "none", 70, None, None, 0]


@pytest.mark.parametrize(
    ("value", "unit", "english", "vietnamese"),
    [
        (61.234, "W", "61.2 W", "61,2 W"),
        (812345.0, "Wh", "812.35 kWh", "812,35 kWh"),
        (31.2, "ug/m3", "31.2 µg/m³", "31,2 µg/m³"),
        (0.954, "/", "0.95", "0,95"),
        (24.0, "Cel", "24 °C", "24 °C"),
    ],
)
def test_readings_are_written_as_people_write_them(
    page: Page, value: float, unit: str, english: str, vietnamese: str
) -> None:
    body = """const i18n = await import('/js/i18n.js');
      return ['en', 'vi'].map((code) => { i18n.setLanguage(code); return m.quantity(a[0], a[1]); })"""
    assert _ask(page, "format.js", body, [value, unit]) == [english, vietnamese]


def test_a_line_of_hours_breaks_where_an_hour_is_missing(page: Page) -> None:
    axis, found = _ask(page, "chart.js", "return m.align([a], 5400)", [[0, 60], [3600, 61], [10800, 62]])
    assert (axis, found) == ([0, 3600, 3601, 10800], [60, 61, None, 62])


@pytest.mark.parametrize(
    ("colour", "dark"),
    [("#00e400", True), ("#ffff00", True), ("#ff7e00", True), ("#8f3f97", False), ("#7e0023", False)],
)
def test_letters_can_be_read_on_the_colours_of_the_index(page: Page, colour: str, dark: bool) -> None:
    assert _ask(page, "airstation.js", "return m.darkLetters(a)", colour) is dark


def test_search_needs_no_marks(page: Page) -> None:
    assert _ask(page, "format.js", "return m.plain('Đường Lê Lợi')") == "duong le loi"


ZONES = """const { ZoneTree } = await import('/js/zonetree.js');
  const tree = new ZoneTree([
    { id: 'hue', name: 'Huế', parent: null }, { id: 'w1', name: 'Ward 1', parent: 'hue' },
    { id: 's1', name: 'Lê Lợi', parent: 'w1' }, { id: 'w2', name: 'Ward 2', parent: 'hue' },
  ]);"""


@pytest.mark.parametrize(
    ("me", "zone", "allowed"),
    [
        ({"role": "operator", "permissions": ["read", "override"], "zones": []}, "s1", True),
        ({"role": "operator", "permissions": ["read", "override"], "zones": ["w1"]}, "s1", True),
        ({"role": "operator", "permissions": ["read", "override"], "zones": ["w1"]}, "w2", False),
        ({"role": "operator", "permissions": ["read", "override"], "zones": ["s1"]}, "w1", False),
        ({"role": "viewer", "permissions": ["read"], "zones": []}, "s1", False),
        (None, "s1", False),
    ],
)
def test_who_may_order_where(page: Page, me: dict[str, Any] | None, zone: str, allowed: bool) -> None:
    body = f"{ZONES} return m.whyNot({{ me: a.me, tree }}, a.zone)"
    assert (_ask(page, "permission.js", body, {"me": me, "zone": zone}) is None) == allowed


@pytest.mark.parametrize(
    ("item", "later", "ruler"),
    [
        ({"zones": ["s1"]}, [{"id": "x", "zones": ["w1"]}], "x"),
        ({"zones": ["s1"]}, [{"id": "x", "zones": ["s1"]}], "x"),
        ({"zones": ["w1"]}, [{"id": "x", "zones": ["s1"]}], None),
        ({"zones": ["w1", "w2"]}, [{"id": "x", "zones": ["w1"]}], None),
        ({"zones": ["w1"], "devices": ["lamp-1"]}, [{"id": "x", "zones": ["hue"]}], None),
        ({"zones": [], "devices": ["lamp-1"]}, [{"id": "x", "zones": ["hue"]}], None),
    ],
)
def test_an_order_under_a_later_one_is_told_so(
    page: Page, item: dict[str, Any], later: list[dict[str, Any]], ruler: str | None
) -> None:
    body = f"{ZONES} return m.ruledBy(a.item, [...a.later, a.item], tree)?.id ?? null"
    assert _ask(page, "overrides.js", body, {"item": {"id": "i", **item}, "later": later}) == ruler


def test_what_was_not_sent_yet_counts_as_waiting(page: Page) -> None:
    outcomes = {"pending": 3, "sent": 2, "applied": 4, "timed_out": 1}
    found = _ask(page, "progress.js", "return m.tally(a)", {"targets": 10, "outcomes": outcomes})
    assert (found["total"], found["handed"], found["waiting"], found["applied"], found["timed_out"]) == (10, 7, 5, 4, 1)


def test_every_order_has_a_key_of_its_own(page: Page) -> None:
    keys = _ask(page, "order.js", "return Array.from({ length: 50 }, m.newKey)")
    assert len(set(keys)) == 50
    assert all(1 <= len(key) <= 255 and key.isascii() for key in keys)


def test_a_list_waits_while_somebody_aims_and_not_for_ever(page: Page) -> None:
    waits = """
      let now = 0;
      performance.now = () => now;
      const list = document.createElementNS('http://www.w3.org/1999/xhtml', 'ul');
      const aim = new m.Aim();
      aim.watch(list);
      const found = [aim.waits()];
      for (const [at, moves] of a) {
        now = at;
        if (moves) list.dispatchEvent(new Event('pointermove'));
        found.push(aim.waits());
      }
      delete performance.now;
      return found;
    """
    moved = [(100, True), (1_000, False), (1_700, False), (5_000, True)]
    assert _ask(page, "alarms/aim.js", waits, moved) == [False, True, True, False, True]
    always = [(at, True) for at in range(1_000, 13_000, 1_000)]
    assert _ask(page, "alarms/aim.js", waits, always) == [False, *[True] * 10, False, True]
