"""The modules behind programs and calendars by themselves, in a real browser."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise, product
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.web.browser import chromium
from tests.web.files import served_files
from tests.web.source import WEB, catalogue


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with served_files() as url, chromium() as browser:
        page = browser.new_page(timezone_id="Asia/Ho_Chi_Minh", locale="en-GB")
        page.goto(f"{url}/favicon.svg")
        yield page


def _ask(page: Page, module: str, body: str, argument: Any = None) -> Any:
    """Run `body` with the module's exports as `m` and the argument as `a`."""
    return page.evaluate(f"async (a) => {{ const m = await import('/js/plans/{module}'); {body} }}", argument)


def _day(lat: float, date: str, **sun: str | None) -> dict[str, Any]:
    nothing = dict.fromkeys(("sunset", "dusk", "dawn", "sunrise"))
    return {
        "date": date,
        "start": "2026-06-20T12:00:00Z",
        "end": "2026-06-21T12:00:00Z",
        "location": {"lat": lat, "lon": 0},
        "sun": nothing | {name: at and f"2026-06-{at}:00Z" for name, at in sun.items()},
    }


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (
            _day(16, "2026-06-20", sunset="20T18:00", dusk="20T18:30", dawn="21T05:00", sunrise="21T05:30"),
            "day 6.0 twilight 0.5 night 10.5 twilight 0.5 day 6.5",
        ),
        (_day(64, "2026-06-20", sunset="21T00:10", sunrise="21T03:00"), "day 12.2 twilight 2.8 day 9.0"),
        (_day(69, "2026-12-20", dusk="20T13:00", dawn="21T09:00"), "twilight 1.0 night 20.0 twilight 3.0"),
        (_day(69, "2026-06-20"), "day 24.0"),
        (_day(80, "2026-12-20"), "night 24.0"),
        (_day(70, "2026-12-20", sunset="20T11:00", sunrise="21T13:00"), "twilight 24.0"),
        (_day(-69, "2026-12-20"), "day 24.0"),
    ],
)
def test_the_sky_of_any_day(page: Page, day: dict[str, Any], expected: str) -> None:
    bands = _ask(page, "sky.js", "return m.skyBands(a)", day)
    assert " ".join(f"{band['sky']} {(band['end'] - band['start']) / 3_600_000:.1f}" for band in bands) == expected
    assert all(one["end"] == other["start"] for one, other in pairwise(bands))


def test_a_draft_takes_back_what_was_typed_and_what_was_saved(page: Page) -> None:
    said = _ask(
        page,
        "draft.js",
        """const shown = { id: 'p', name: 'P', steps: [{ at: 'sunset', level: 100, skip: null }], by: 'admin' };
        const draft = new m.Draft(m.bodyOf('programs', shown));
        const seen = [structuredClone(draft.body), draft.undoes];
        for (const level of [9, 90]) draft.change((body) => (body.steps[0].level = level), '0.level');
        draft.change((body) => body.steps.push({ at: 'sunrise', level: 0 }));
        draft.change((body) => body);
        seen.push(draft.dirty, draft.body.steps.length);
        draft.undo();
        seen.push(draft.body.steps.length, draft.body.steps[0].level);
        draft.undo();
        seen.push(draft.body.steps[0].level, draft.dirty);
        draft.change((body) => (body.name = 'Q'));
        draft.wasSaved();
        seen.push(draft.dirty, draft.undoes, draft.replaced.name);
        draft.wasPutBack();
        seen.push(draft.body.name, draft.undoes);
        const added = new m.Draft(null, { name: 'N', steps: [] });
        seen.push(added.dirty);
        added.wasSaved();
        seen.push(added.undoes, added.replaced);
        added.wasPutBack();
        seen.push(added.saved, added.body.name, added.dirty);
        return seen;""",
    )
    assert said == [
        {"name": "P", "steps": [{"at": "sunset", "level": 100}]}, None, True, 2, 1, 90, 100, False,
        False, "save", "P", "P", None, False, "save", None, None, "N", True,
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "vi"])
def test_rules_are_said_in_the_language_of_the_page(page: Page, language: str) -> None:
    rules = [
        {"from": "2026-11-21", "to": "2026-12-01"},
        {"from": "11-21", "to": "02-28"},
        {"to": "2026-12-01"},
        {"dates": ["2026-12-24"]},
        {"weekdays": ["sun"], "nth": [1, -1]},
        {"holidays": {"country": "VN", "before": 1}},
        {"lunar": {"dates": ["08-15"]}},
    ]
    said = _ask(
        page,
        "words.js",
        """const i18n = await import('/js/i18n.js'); i18n.setLanguage(a.language);
        const said = [...a.rules.map(m.ruleText), m.whyText({ rules: [{ note: 'Tết', ...a.rules[6] }] }, 1),
          m.whyText({ rules: a.rules }, null), m.whyText(null, null)];
        i18n.setLanguage('en');
        return said;""",
        {"rules": rules, "language": language},
    )
    wanted = {
        "en": ["from 21/11/2026 to 01/12/2026", "from 21 November to 28 February of every year", "until 01/12/2026",
               "on 24/12/2026", "on the 1st and last Sunday of the month",
               "on public holidays of Vietnam, and 1 day before", "on 15/8 by the lunar calendar",
               "Tết – rule 1: on 15/8 by the lunar calendar"],
        "vi": ["từ 21/11/2026 đến 01/12/2026", "từ 21 tháng 11 đến 28 tháng 2 hằng năm", "đến hết 01/12/2026",
               "vào 24/12/2026", "vào Chủ Nhật lần thứ nhất và cuối cùng trong tháng",
               "vào ngày lễ của Việt Nam, và 1 ngày trước đó", "vào 15/8 âm lịch",
               "Tết – quy tắc 1: vào 15/8 âm lịch"],
    }  # fmt: skip
    words = catalogue(language)
    assert said == [*wanted[language], words["rule.says.default"], words["rule.says.always"]]


def test_the_export_is_a_table_that_no_spreadsheet_runs(page: Page) -> None:
    text = _ask(
        page,
        "yearcsv.js",
        """const run = { program: 'p', rule_number: 1 };
        const calendar = { rules: [{ note: 'a "b", c', dates: ['2026-01-01'] }] };
        return m.yearCsv(new Map([['2026-01-01', run]]), calendar, () => '=1+1');""",
    )
    head, line, rest = text.split("\r\n")
    assert head.startswith("\ufeffDate,Weekday,Program id,Program,Rule,Why") and rest == ""
    assert line.startswith('2026-01-01,Thursday,p,\'=1+1,1,"a ""b"", c – rule 1')


def test_lamps_beneath_a_zone_with_a_calendar_of_its_own_are_not_counted(page: Page) -> None:
    zones = [("city", None, 10), ("ward", "city", 6), ("street", "ward", 4), ("park", "city", 3)]
    found = _ask(
        page,
        "follow.js",
        """const { ZoneTree } = await import('/js/zonetree.js');
        const tree = new ZoneTree(a.map(([id, parent, lights]) => ({ id, name: id, parent, counts: { lights } })));
        const own = (...zones) => [{ zones }];
        return [m.lampsThatFollow(tree, own(), 'city'), m.lampsThatFollow(tree, own('street', 'city'), 'city'),
          m.lampsThatFollow(tree, own('ward', 'street'), 'city'), m.lampsThatFollow(tree, own('city', 'ward'), 'ward')];""",
        zones,
    )
    assert found == [10, 6, 4, 6]


def test_what_the_hub_refuses_finds_its_row(page: Page) -> None:
    problems = [
        {"errors": [{"loc": ["body", "program"], "msg": "step 12: skip: off = 3: use less"}]},
        {"errors": [{"loc": ["body", "program", "steps", 1, "level"], "msg": "is missing: write it"}]},
        {"errors": [{"loc": ["body", "id"], "msg": "is missing"}]},
    ]
    assert _ask(page, "words.js", "return a.map((one) => m.rowOf(one, 'step'))", problems) == [
        {"row": 12, "text": "skip: off = 3: use less"},
        {"row": 2, "text": "level: is missing: write it"},
        None,
    ]


def test_every_note_of_the_hub_has_a_text_with_its_values() -> None:
    source = (WEB.parent.parent / "schedules/steps.py").read_text("utf-8")
    calls = [each for each in ast.walk(ast.parse(source)) if isinstance(each, ast.Call)]
    notes = [each for each in calls if isinstance(each.func, ast.Attribute) and each.func.attr == "_note"]
    assert len(notes) == 10
    for note in notes:
        code = ast.unparse(note.args[1]).removeprefix("f").strip("'")
        for name in ("beginning", "end") if "{name}" in code else ("",):
            text = str(catalogue("en")[f"note.{code.replace('{name}', name)}"])
            assert set(re.findall(r"\{(\w+)\}", text)) == {each.arg for each in note.keywords}, code


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _themes(*names: str) -> list[dict[str, str]]:
    """The colours of the dark and of the light theme, by the style sheets of those names."""
    themes: dict[str, dict[str, str]] = {}
    for name in names:
        source = (WEB / f"css/{name}.css").read_text("utf-8")
        for selector, block in re.findall(r"(:root(?:\[data-theme='light'\])?) \{(.*?)\n\}", source, re.DOTALL):
            themes.setdefault(selector, {}).update(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
    assert len(themes) == 2
    return list(themes.values())


def test_the_colours_of_programs_and_of_the_sky_can_be_told_from_what_is_on_them() -> None:
    for theme, number in product(_themes("base", "levelchart", "year"), range(8)):
        assert _contrast(theme[f"plan-{number}"], theme["plan-text"]) >= 4.5, number
        assert _contrast(theme["sky-night"], theme["accent"]) >= 3


def test_what_a_time_space_diagram_says_can_be_told_from_its_ground() -> None:
    for theme in _themes("base", "junctions"):
        for name in ("sig-green", "sig-red", "band-out", "band-in"):
            assert _contrast(theme[name], theme["panel"]) >= 3, name
        assert _contrast(theme["warn"], theme["panel"]) >= 4.5  # why a junction is out of the wave
        assert _contrast(theme["bad"], theme["notice"]) >= 4.5  # seconds in a cell of the table that the linter marked
