"""Conflicts, intergreens, day plans and calendars of a plan set, edited on the page by keys and by thumb."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.web.avenue import Avenue, J, fits, open_list, running_avenue
from tests.web.browser import DESKTOP, PHONE, Screen, chromium, screen
from tests.web.files import served_files

Json = dict[str, Any]
PAIRS: Json = {
    "groups": [{"id": "a"}, {"id": "b"}, {"id": "c"}], "conflicts": [["b", "a"]], "yields": [["a", "b"]],
    "intergreens": {"a": {"b": 4}, "b": {"a": 5}},
}  # fmt: skip
MATRIX: Json = PAIRS | {"conflicts": {"a": ["b"], "b": ["a"], "c": []}}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with served_files() as url:
        page = browser.new_page()
        page.goto(f"{url}/favicon.svg")
        yield page


@pytest.fixture(scope="module")
def avenue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Avenue]:
    with running_avenue(tmp_path_factory.mktemp("parts")) as found:
        found.active()
        yield found


def _pairs(page: Page, body: str, argument: Any) -> Any:
    return page.evaluate(f"async (a) => {{ const m = await import('/js/junctions/pairs.js'); {body} }}", argument)


@pytest.mark.parametrize("written", [PAIRS, MATRIX], ids=["list", "matrix"])
def test_a_conflict_is_written_once_for_both_and_takes_what_hangs_on_it_along(page: Page, written: Json) -> None:
    body = """m.setConflict(a, 'a', 'c', true); m.setIntergreen(a, 'c', 'a', 6);
      const with_it = structuredClone(a); m.setConflict(a, 'a', 'b', false); return [with_it, a]"""
    with_it, without = _pairs(page, body, copy.deepcopy(written))
    both = (("a", "c"), ("c", "a"))
    assert all(_pairs(page, "return m.conflicting(a[0], a[1], a[2])", [with_it, *pair]) for pair in both)
    assert with_it["intergreens"] == {"a": {"b": 4}, "b": {"a": 5}, "c": {"a": 6}}
    assert isinstance(with_it["conflicts"], type(written["conflicts"]))  # it stays in the form that somebody chose
    assert not _pairs(page, "return m.conflicting(a, 'b', 'a')", without)
    assert without["yields"] == [] and without["intergreens"] == {"c": {"a": 6}}


def test_findings_stand_in_the_cells_that_they_name(page: Page) -> None:
    findings = [
        {"rule": "intergreen-missing", "groups": ["a", "b"]},
        {"rule": "conflict-crossing", "groups": ["a", "c"]},
        {"rule": "conflict-row", "groups": ["c"]},
    ]
    body = "return [...m.findingsOfPairs(a)].map(([cell, found]) => [cell, found.map((each) => each.rule).join()])"
    assert _pairs(page, body, findings) == [
        ["a b", "intergreen-missing"], ["a c", "conflict-crossing"], ["c a", "conflict-crossing"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "can"),
    [
        ({}, True),
        ({"intersection": PAIRS, "day_plans": {"all": [{"from": "00:00"}]}, "calendar": None}, True),
        ({"intersection": MATRIX, "calendar": {"rules": []}}, True),
        ({"intersection": None}, False),
        ({"intersection": {"groups": "n"}}, False),
        ({"intersection": {"groups": [None]}}, False),
        ({"intersection": {"conflicts": [["a"]]}}, False),
        ({"intersection": {"intergreens": {"a": 5}}}, False),
        ({"day_plans": {"all": []}}, False),
        ({"day_plans": {"all": None}}, False),
        ({"calendar": {"rules": "none"}}, False),
    ],
)
def test_what_no_table_can_show_is_left_to_the_text(page: Page, body: Json, can: bool) -> None:
    assert page.evaluate("async (a) => (await import('/js/junctions/setparts.js')).showable(a)", body) is can


def _edit(shown: Screen, avenue: Avenue, *, phone: bool = False) -> None:
    """A new draft of the active plan set, in the editor, once the linter has looked."""
    shown.sign_in("technician", avenue.hub.password("technician"))
    open_list(shown, phone=phone)
    shown.at(f"junction-{J}").click()
    shown.at("sets-open").click()
    shown.at("sets-copy").click()
    shown.at("set-edit").click()
    _lint(shown, "safe")


def _lint(shown: Screen, wanted: str) -> None:
    state = shown.at("lint-state")
    shown.until(f"the linter to say {wanted}", lambda: state.get_attribute("data-state") == wanted)


def _written(shown: Screen) -> Json:
    """The plan set as the page has it."""
    found: Json = json.loads(shown.at("editor-raw").input_value())
    return found


def test_the_table_is_walked_and_written_by_keys_and_undone(avenue: Avenue, browser: Browser) -> None:
    with screen(browser, avenue.hub.url, DESKTOP) as shown:
        _edit(shown, avenue)
        before = _written(shown)
        shown.at("part-matrix").click()
        cell = shown.at("cell-av-st")
        assert cell.get_attribute("aria-label") == "av ends, st starts: conflict, 5 s"
        shown.at("cell-av-mst").click()
        keys = shown.page.keyboard
        keys.press("ArrowRight")
        keys.press("Delete")
        _lint(shown, "errors")
        assert _written(shown)["intersection"]["intergreens"]["av"] == {"mst": 5, "pav": 5}
        shown.until("the finding in its cell", lambda: "error" in (cell.get_attribute("class") or "").split())
        assert shown.at("cell-form").get_by_test_id("finding-intergreen-missing").count() == 1
        for digit in "12":
            keys.press(digit)
        _lint(shown, "errors")  # 12 s: longer than the program leaves
        assert _written(shown)["intersection"]["intergreens"]["av"]["st"] == 12
        shown.at("editor-undo").click()  # what was written in one cell is one change
        assert _written(shown) == before
        _lint(shown, "safe")
        cell.focus()
        keys.press(" ")  # no conflict any more, both ways, and nothing is left of it
        changed = _written(shown)["intersection"]
        assert ["av", "st"] not in changed["conflicts"] and "av" not in changed["intergreens"]["st"]
        assert "no conflict" in (shown.at("cell-st-av").get_attribute("aria-label") or "")
        _lint(shown, "errors")  # two that drive straight on across each other
        shown.at("editor-undo").click()
        _lint(shown, "safe")
        shown.clean()


def test_a_finding_leads_to_its_cell_and_a_thumb_mends_it_there(avenue: Avenue, browser: Browser) -> None:
    with screen(browser, avenue.hub.url, PHONE, "vi-VN") as shown:
        _edit(shown, avenue, phone=True)
        shown.at("part-matrix").click()
        shown.at("cell-st-av").click()
        shown.at("cell-there").fill("")
        _lint(shown, "errors")
        assert fits(shown)
        corner = shown.page.locator(".matrix .corner")
        at = corner.bounding_box()
        shown.ask("() => document.querySelector('.matrixbox').scrollTo(60, 0)")
        assert corner.bounding_box() == at  # heads stay while the cells go by
        shown.at("part-matrix").click()
        shown.at("editor").get_by_test_id("finding-intergreen-missing").first.get_by_role("button").click()
        shown.until("the cell", lambda: shown.at("cell-st-av").is_visible())
        assert shown.ask("() => document.activeElement.dataset.testid") == "cell-st-av"
        shown.at("cell-there").fill("5")
        _lint(shown, "safe")
        shown.clean()


def test_days_are_edited_as_rows_and_a_gap_is_marked_where_it_is(avenue: Avenue, browser: Browser) -> None:
    with screen(browser, avenue.hub.url, DESKTOP) as shown:
        _edit(shown, avenue)
        before = _written(shown)
        shown.at("part-days").click()
        plan = shown.at("dayplan-weekend")
        assert [row.inner_text() for row in plan.locator("li").all()] and plan.locator("li").count() == 3
        shown.at("day-weekend-2-from").fill("05:00")
        shown.at("day-weekend-2-from").blur()
        assert _written(shown)["day_plans"]["weekend"][1] == {"from": "05:00", "program": "day"}
        shown.at("day-weekend-add").click()
        assert _written(shown)["day_plans"]["weekend"][-1] == {"from": "23:30", "program": "night"}
        shown.at("day-weekend-4-from").fill("04:00")
        shown.at("day-weekend-4-from").blur()  # rows stand in the order of the day
        assert [each["from"] for each in _written(shown)["day_plans"]["weekend"]] == [
            "00:00",
            "04:00",
            "05:00",
            "22:30",
        ]
        shown.at("day-weekend-2-program").select_option("evening")
        _lint(shown, "safe")
        shown.at("day-weekend-2-from").fill("04:59")
        shown.at("day-weekend-2-from").blur()
        _lint(shown, "errors")  # a minute is too short for a program
        assert shown.at("days-found").get_by_test_id("finding-entry-short").count() > 0
        shown.until("its row", lambda: plan.locator("li.noted").count() > 0)
        shown.at("day-weekend-2-drop").click()
        _lint(shown, "safe")
        shown.at("dayplan-name").fill("Tết")
        shown.at("dayplan-add").click()
        assert _written(shown)["day_plans"]["tet"] == before["day_plans"]["weekday"]
        shown.at("rule-add").select_option("lunar")
        shown.at("rule-2-program").select_option("tet")
        shown.at("rule-2-up").click()
        assert [rule["program"] for rule in _written(shown)["calendar"]["rules"]] == ["tet", "weekend"]
        _lint(shown, "safe")
        while shown.at("editor-undo").is_enabled():
            shown.at("editor-undo").click()
        assert _written(shown) == before
        assert shown.at("rule-1-program").input_value() == "weekend" and shown.at("rule-2-program").count() == 0
        shown.clean()
