"""The arithmetic and the drawings of signal programs by themselves, in a real browser."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.web.browser import chromium
from tests.web.files import served_files

DAY = {
    "cycle": 60, "offset": 0,
    "states": {"0": "GGrG", "15": "GGrf", "23": "GGrr", "27": "yyrr", "30": "rrrr", "33": "rrGr", "51": "rryr", "54": "rrrr",
               "57": "GGrG"},
    "stages": [{"id": "1", "from": 57, "to": 27}, {"id": "2", "from": 33, "to": 51}], "switch": [0],
}  # fmt: skip
GROUPS = [{"id": "n"}, {"id": "m"}, {"id": "e"}, {"id": "pe"}]


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with served_files() as url, chromium() as browser:
        page = browser.new_page(timezone_id="Asia/Ho_Chi_Minh", locale="en-GB")
        page.goto(f"{url}/favicon.svg")
        yield page


def _ask(page: Page, module: str, body: str, argument: Any = None) -> Any:
    """Run `body` with the module's exports as `m` and the argument as `a`."""
    return page.evaluate(f"async (a) => {{ const m = await import('/js/junctions/{module}'); {body} }}", argument)


def test_a_group_has_runs_that_go_over_the_end_of_the_cycle(page: Page) -> None:
    found = _ask(page, "cycle.js", "return [0, 2, 3].map((place) => m.runsOf(a, place))", DAY)
    north, east, feet = ([(run["from"], run["length"], run["letter"]) for run in runs] for runs in found)
    assert north == [(27, 3, "y"), (30, 27, "r"), (57, 30, "G")]
    assert east == [(33, 18, "G"), (51, 3, "y"), (54, 39, "r")]
    assert feet == [(15, 8, "f"), (23, 34, "r"), (57, 18, "G")]


def test_a_program_without_a_state_at_zero_begins_as_it_ended(page: Page) -> None:
    late = {"cycle": 40, "states": {"5": "Gr", "20": "rG"}}
    found = _ask(page, "cycle.js", "return [m.runsOf(a, 0), m.letterAt(m.runsOf(a, 1), 2, 40)]", late)
    assert found == [[{"from": 5, "length": 15, "letter": "G"}, {"from": 20, "length": 25, "letter": "r"}], "G"]


def test_states_and_runs_are_the_same_program_in_every_second(page: Page) -> None:
    dice = random.Random(9)
    programs = []
    for _ in range(60):
        cycle = dice.randint(10, 120)
        seconds = sorted({0, *(dice.randrange(cycle) for _ in range(dice.randint(0, 9)))})
        groups = dice.randint(1, 5)
        programs.append(
            {"cycle": cycle, "states": {str(at): "".join(dice.choices("GgyurfoO", k=groups)) for at in seconds}}
        )
    body = """return a.map((program) => {
      const rows = Array.from(program.states['0'], (_, place) => m.runsOf(program, place));
      return m.statesOf(rows, program.cycle);
    })"""
    for program, states in zip(programs, _ask(page, "cycle.js", body, programs), strict=True):

        def shown(written: dict[str, str], second: int) -> str:
            return written[str(max(int(at) for at in written if int(at) <= second))]

        for second in range(program["cycle"]):
            assert shown(states, second) == shown(program["states"], second)


@pytest.mark.parametrize(
    ("at", "by", "alone", "moved"),
    [
        (0, 2, False, [(29, 3, "y"), (32, 25, "r"), (57, 32, "G")]),  # the end of green takes its amber along
        (0, -1, True, [(26, 4, "y"), (30, 27, "r"), (57, 29, "G")]),
        (2, 4, False, [(1, 26, "G"), (27, 3, "y"), (30, 31, "r")]),  # over the end of the cycle
        (1, 1, False, [(28, 3, "y"), (31, 26, "r"), (57, 31, "G")]),  # the end of amber takes the amber along
        (0, -40, False, None),
        (2, 30, False, None),
    ],
)
def test_a_change_of_signal_is_moved(page: Page, at: int, by: int, alone: bool, moved: list[Any] | None) -> None:
    body = "return m.moved(m.runsOf(a.day, 0), a.at, a.by, 60, a.alone)"
    found = _ask(page, "cycle.js", body, {"day": DAY, "at": at, "by": by, "alone": alone})
    assert (found and [(run["from"], run["length"], run["letter"]) for run in found]) == moved


def test_red_with_amber_goes_with_the_start_of_its_green(page: Page) -> None:
    body = "return m.moved(m.runsOf(a, 0), 1, -3, 30).map(({ from, letter }) => [from, letter])"
    program = {"cycle": 30, "states": {"0": "r", "10": "u", "12": "G", "22": "y", "25": "r"}}
    assert _ask(page, "cycle.js", body, program) == [[7, "u"], [9, "G"], [22, "y"], [25, "r"]]


def test_what_is_moved_fills_the_cycle(page: Page) -> None:
    """Whatever is moved, every second belongs to one run, and nothing that leads over gets longer or shorter."""
    body = """const found = [];
      for (let at = 0; at < 4; at += 1) for (let by = -60; by <= 60; by += 1) for (const place of [0, 2, 3]) {
        const before = m.runsOf(a, place);
        const next = before.length > at ? m.moved(before, at, by, 60) : null;
        if (!next) continue;
        const passing = (runs) => runs.filter(({ letter }) => 'yuf'.includes(letter)).map(({ length }) => length).join();
        const ends = next.every((run, n) => (run.from + run.length) % 60 === next[(n + 1) % next.length].from);
        found.push([next.reduce((sum, { length }) => sum + length, 0), ends, passing(next) === passing(before)]);
      }
      return found"""
    found = _ask(page, "cycle.js", body, DAY)
    assert len(found) > 100
    assert all(each == [60, True, True] for each in found)


def test_a_bar_is_painted_and_a_cycle_is_made_longer(page: Page) -> None:
    body = """const runs = m.runsOf(a, 2);
      const painted = m.painted(runs, 58, 6, 'g', 60).map(({ from, length, letter }) => [from, length, letter]);
      const longer = m.resized(runs, 60, 80).map(({ from, length, letter }) => [from, length, letter]);
      const shorter = m.resized(runs, 60, 40).map(({ from, length, letter }) => [from, length, letter]);
      return [painted, longer, shorter]"""
    painted, longer, shorter = _ask(page, "cycle.js", body, DAY)
    assert painted == [[4, 29, "r"], [33, 18, "G"], [51, 3, "y"], [54, 4, "r"], [58, 6, "g"]]
    assert longer == [[33, 18, "G"], [51, 3, "y"], [54, 59, "r"]]
    assert shorter == [[0, 33, "r"], [33, 7, "G"]]


@pytest.mark.parametrize(("second", "stage"), [(57, "1"), (0, "1"), (26, "1"), (27, None), (33, "2"), (51, None)])
def test_the_stage_of_a_second(page: Page, second: int, stage: str | None) -> None:
    assert _ask(page, "cycle.js", "return m.stageAt(a[0], a[1], 60)", [DAY["stages"], second]) == stage


@pytest.mark.parametrize(
    ("state", "hand"),
    [
        ({"time": 1001, "received": 1001, "second": 58.5}, {"second": 0.5, "age": 2, "live": True}),
        ({"time": 1006, "received": 1002, "second": 10, "clock_error": 4}, {"second": 11, "age": 1, "live": True}),
        ({"time": 980, "received": 980, "second": 10}, {"second": 10, "age": 23, "live": False}),
        ({"time": 1500, "received": 1002, "second": 10}, {"second": 11, "age": 1, "live": True}),
        ({"time": 900, "received": 1000, "second": 10}, {"second": 10, "age": 103, "live": False}),
        ({"time": 1002, "received": 1002, "second": 10, "mode": "flash"}, {"second": None, "age": 1, "live": True}),
    ],
)
def test_the_hand_goes_on_while_states_come_and_stands_when_they_are_old(
    page: Page, state: dict[str, Any], hand: dict[str, Any]
) -> None:
    found = _ask(page, "cycle.js", "return m.handOf(...a)", [{"cycle": 60, "mode": "plan", **state}, 1003])
    assert found == pytest.approx(hand)


def test_bars_say_in_words_what_every_group_does(page: Page) -> None:
    words = _ask(page, "bars.js", "return m.barsInWords(a.day, a.groups)", {"day": DAY, "groups": GROUPS})
    assert words.startswith("n: amber 27–30, red 30–57, green 57–27; m: ")
    assert "pe: flashing green 15–23" in words


CORRIDOR = {
    "cycle": 90.0,
    "signals": [
        {"junction": "j-1", "position": 0.0, "cycle": 90.0, "offset": 0.0,
         "greens": {"outbound": [[80.0, 120.0]], "inbound": [[0.0, 40.0]]}},
        {"junction": "j-2", "position": 240.0, "cycle": 90.0, "offset": 20.0,
         "greens": {"outbound": [[20.0, 60.0]], "inbound": [[20.0, 60.0]]}},
    ],
    "outbound": {"width": 24.0, "share": 0.267, "speed": 12.0, "links": [24.0],
                 "bands": [{"width": 24.0, "at": [{"junction": "j-1", "position": 0.0, "from": 80.0, "to": 104.0},
                                                  {"junction": "j-2", "position": 240.0, "from": 100.0, "to": 124.0}]}]},
    "inbound": {"width": 0.0, "share": 0.0, "speed": 12.0, "links": [0.0], "bands": []},
}  # fmt: skip


def test_a_band_is_repeated_each_cycle_over_the_wrap(page: Page) -> None:
    body = "return m.shapesOf(a.outbound.bands[0], a.cycle, 180)"
    shapes = _ask(page, "timespace.js", body, CORRIDOR)
    assert shapes[0] == [[-10, 0], [10, 240], [34, 240], [14, 0]]
    assert [shape[0][0] for shape in shapes] == [-10, 80, 170]


def test_greens_are_repeated_within_the_picture(page: Page) -> None:
    found = _ask(page, "timespace.js", "return m.repeated(a, 90, 180)", [[80, 120]])
    assert found == [[0, 30], [80, 120], [170, 180]]


def test_the_diagram_says_how_wide_the_bands_are_and_where_there_is_none(page: Page) -> None:
    words = _ask(page, "wavesaid.js", "return m.bandsInWords(a)", CORRIDOR)
    assert words == ["Outbound: 24 s wide, 27 % of the cycle, at 43 km/h", "Inbound: no green band"]


def test_a_finding_is_said_in_the_language_of_the_page_whole(page: Page) -> None:
    finding = {
        "rule": "sequence", "severity": "error", "program": "day", "groups": ["n"], "second": 3, "wrong": "?", "right": "?",
        "params": {"group": "n", "letter": "G", "next": "r",
                   "allowed": {"phrase": "then-either", "values": {"letter": "G", "first": "f", "second": "y"}}},
    }  # fmt: skip
    body = """const i18n = await import('/js/i18n.js');
      const said = ['vi', 'en'].map((language) => (i18n.setLanguage(language), m.findingList([a], null).textContent));
      return said"""
    vietnamese, english = _ask(page, "findings.js", body, finding)
    assert "G rồi f hoặc y" in vietnamese and "G then f or y" in english
    assert "then" not in vietnamese and "?" not in vietnamese


def test_stretches_between_junctions_that_are_out_of_the_wave_are_named(page: Page) -> None:
    stretch = CORRIDOR["outbound"]["bands"][0]  # type: ignore[index]
    wave = {**CORRIDOR, "outbound": {**CORRIDOR["outbound"], "width": 0, "bands": [stretch, {**stretch, "width": 3}]}}  # type: ignore[dict-item]
    words = _ask(page, "wavesaid.js", "return m.bandsInWords(a, new Map([['j-1', 'Chợ']]))", wave)
    assert words[0] == "Outbound: no band over the whole road, at 43 km/h only 24 s from Chợ to j-2"


def test_names_leave_out_what_all_of_them_begin_with(page: Page) -> None:
    found = _ask(
        page,
        "timespace.js",
        "return a.map((names) => m.apart(names))",
        [["Lê Lợi x A", "Lê Lợi x B"], ["A", "B"], ["A"], ["A x", "A"]],
    )
    assert found == [["… A", "… B"], ["A", "B"], ["A"], ["A x", "A"]]


def test_what_differs_between_two_plan_sets_is_named_by_its_place(page: Page) -> None:
    before = {"junction": "j-1", "programs": {"day": {"cycle": 60, "states": {"0": "Gr"}}, "night": {"cycle": 40}}}
    after = {"programs": {"day": {"states": {"0": "gr"}, "cycle": 60}, "late": {"cycle": 50}}, "junction": "j-1"}
    found = _ask(page, "planset.js", "return m.differences(a[0], a[1]).map((each) => each.place)", [before, after])
    assert found == ["programs.day.states.0", "programs.night", "programs.late"]
    assert _ask(page, "planset.js", "return m.differences(a, structuredClone(a))", before) == []


def test_the_list_begins_with_what_is_worst(page: Page) -> None:
    now = 1_795_384_812_000
    state = {
        "time": "2026-11-22T22:00:10Z",
        "received": "2026-11-22T22:00:10Z",
        "mode": "plan",
        "fresh": True,
        "faults": [],
        "clock_error": 0.1,
    }
    items = [
        {"id": "well", "state": state, "available": True},
        {"id": "clock", "state": {**state, "clock_error": 3.2}, "available": True},
        {"id": "old", "state": {**state, "fresh": False}, "available": True},
        {"id": "never", "state": None, "available": False},
        {"id": "fault", "state": {**state, "mode": "fault"}, "available": False},
        {"id": "flash", "state": {**state, "mode": "flash"}, "available": True},
    ]  # fmt: skip
    body = """const limits = { junction_clock_seconds: 2 };
      const ranked = a.items.map((item) => [m.urgency(item, a.now, limits), item.id]);
      return ranked.sort((x, y) => x[0] - y[0]).map(([, id]) => id)"""
    assert _ask(page, "list.js", body, {"items": items, "now": now}) == [
        "fault",
        "flash",
        "never",
        "old",
        "clock",
        "well",
    ]


def test_a_minor_fault_is_said_to_be_one(page: Page) -> None:
    state = {"faults": ["lamp-single:n", "conflict:n/e"], "minor_faults": ["lamp-single:n"]}
    said = _ask(page, "words.js", "return m.faultsText(a)", state)
    assert said == "one lamp of several failed n (minor: orders go on), conflict monitor tripped n/e"


def test_the_list_as_a_file_says_what_is_wrong(page: Page) -> None:
    item = {"id": "j-1", "name": "=Chợ", "zone": "w1", "available": True,
            "state": {"time": "2026-11-22T22:00:10Z", "received": "2026-11-22T22:00:10Z", "mode": "fault", "program": None,
                      "fresh": True, "faults": ["conflict"], "clock_error": 0}}  # fmt: skip
    text = _ask(page, "list.js", "return m.junctionsCsv([a], 1795384812000)", item)
    head, line = text.lstrip("\ufeff").splitlines()
    assert head.startswith("id,name,zone,mode,program")
    assert line.startswith("j-1,'=Chợ,w1,fault,,") and "conflict" in line
