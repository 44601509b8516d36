"""Programs and calendars on the page, against a running hub, in a real browser."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator

from tests.servers.hub import RunningHub
from tests.web.browser import DESKTOP, PHONE, Screen, chromium, screen
from tests.web.source import catalogue
from tests.web.test_page import SMALL, _choose_zone, _street, _text

NARROW = (360, 780)
WIDE = "() => { const q = document.querySelector('#plans'); return q.scrollWidth - q.clientWidth }"
NIGHT = {
    "id": "web-night",
    "name": "Đêm thử",
    "steps": [{"at": "sunset", "level": 100}, {"at": "22:00", "level": 60}, {"at": "sunrise", "level": 0}],
}
LOW = {"id": "web-low", "name": "Thấp", "steps": [{"at": "sunset", "level": 20}, {"at": "sunrise", "level": 0}]}
CALENDAR = {"id": "web-calendar", "name": "Lịch thử", "default": "web-night"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture()
def admin(city: RunningHub) -> Iterator[httpx.Client]:
    """An administrator; what a test added is gone afterwards."""
    with city.client("admin") as client:
        yield client
        for calendar in _items(client, "/calendars"):
            for zone in calendar["zones"]:
                client.put(f"/zones/{zone}/calendar", json={"calendar": None}).raise_for_status()
            client.delete(f"/calendars/{calendar['id']}").raise_for_status()
        for program in _items(client, "/programs"):
            if not program["from_settings"]:
                client.delete(f"/programs/{program['id']}").raise_for_status()


@pytest.fixture()
def planned(admin: httpx.Client) -> httpx.Client:
    """The same with two programs and a calendar."""
    for path, body in (("/programs", NIGHT), ("/programs", LOW), ("/calendars", CALENDAR)):
        admin.post(path, json=body).raise_for_status()
    return admin


def _items(client: httpx.Client, path: str) -> list[dict[str, Any]]:
    answer = client.get(path)
    answer.raise_for_status()
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def _open(shown: Screen, city: RunningHub, role: str = "admin") -> None:
    shown.sign_in(role, city.password(role))
    shown.page.locator("[data-testid=plans-open]:visible, [data-testid=tab-plans]:visible").click()
    shown.at("plan-list").wait_for()


def _edit(shown: Screen, kind: str, id: str) -> None:
    shown.at(f"{kind}-{id}").locator("button.link").first.click()
    shown.at("program-editor" if kind == "programs" else "calendar-editor").wait_for()


def _says(shown: Screen, testid: str, text: str) -> None:
    shown.until(f"{testid} to say {text!r}", lambda: text in shown.at(testid).inner_text(), within=15)


def _chart(shown: Screen, text: str) -> None:
    chart = shown.at("program-editor").get_by_test_id("level-chart")
    shown.until(f"a chart with {text!r}", lambda: text in str(chart.get_attribute("aria-label")), within=15)


def _root(client: httpx.Client) -> dict[str, Any]:
    return next(zone for zone in _items(client, "/zones") if zone["parent"] is None)


def _shortened(key: str, language: str, **values: object) -> str:
    """A text of the page up to the first field that is not among `values`."""
    text = _text(key, language)
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return re.split(r"\{\w+\}", text)[0]


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "vi")], ids=str)
def test_from_a_template_to_a_city_that_follows_it(
    city: RunningHub, admin: httpx.Client, browser: Browser, size: tuple[int, int], language: str
) -> None:
    root = _root(admin)
    with screen(browser, city.url, size, "vi-VN" if language == "vi" else "en-GB") as shown:
        _open(shown, city)
        assert _text("plans.no-calendars", language) in shown.at("plan-list").inner_text()
        shown.at("use-step-dimming").click()
        card = shown.at("template-step-dimming")
        card.get_by_test_id("follow-zone").select_option(root["id"])
        card.get_by_test_id("follow").click()
        assert str(root["counts"]["lights"]) in card.get_by_test_id("follow-sure").inner_text()
        assert admin.get(f"/zones/{root['id']}/calendar").json()["source"] is None
        card.get_by_test_id("follow-yes").click()
        name = next(each for each in _items(admin, "/templates") if each["id"] == "step-dimming")["names"][language]
        _says(shown, "plans-said", name)
        assert admin.get(f"/zones/{root['id']}/calendar").json()["rules"] == "step-dimming"
        assert root["name"] in shown.at("calendars-step-dimming").inner_text()

        _edit(shown, "programs", "step-dimming")
        shown.at("preview-06-21").click()
        _chart(shown, "23:00 30")
        shown.at("step-2-level").fill("45")
        _chart(shown, "23:00 45")
        shown.at("step-2-time").fill("17:00")
        note = _shortened("note.waits", language, other=1)
        _says(shown, "step-2-note", note)
        assert shown.at("step-1-note").inner_text() != "" and shown.at("step-3-note").inner_text() == ""
        shown.at("plan-undo").click()
        _chart(shown, "23:00 45")
        shown.at("plan-save").click()
        _says(shown, "plans-said", _text("plans.saved", language))
        assert admin.get("/programs/step-dimming").json()["steps"][1]["level"] == 45
        shown.at("plan-undo").click()
        _says(shown, "plans-said", _text("plans.put-back", language))
        assert admin.get("/programs/step-dimming").json()["steps"][1]["level"] == 30
        assert shown.at("step-2-level").input_value() == "30"
        assert shown.at("plan-save").is_disabled() and shown.at("plan-undo").is_disabled()

        shown.at("plans-back").click()
        _edit(shown, "calendars", "step-dimming")
        shown.until("the year", lambda: shown.at("year-legend").locator("li").count() == 1)
        shown.page.locator("[data-date$='-06-21']").click()
        _says(shown, "day-why", _text("rule.says.always", language))
        assert shown.ask(WIDE) <= 1
        shown.clean()


@pytest.mark.parametrize("language", ["en", "vi"])
def test_rules_colour_the_year_and_are_exported(
    city: RunningHub, planned: httpx.Client, browser: Browser, language: str
) -> None:
    words = catalogue(language)
    with screen(browser, city.url, DESKTOP, "vi-VN" if language == "vi" else "en-GB") as shown:
        _open(shown, city)
        _edit(shown, "calendars", "web-calendar")
        shown.at("rule-add").select_option("weekdays")
        shown.at("rule-1-program").select_option("web-low")
        shown.at("rule-add").select_option("lunar")
        lunar = str(words["rule.says.lunar-range"]).replace("{from}", "23/12").replace("{to}", "7/1")
        assert shown.at("rule-2-says").inner_text() == lunar
        shown.at("rule-add").select_option("holidays")
        shown.at("rule-3-before").fill("1")
        shown.at("rule-3-note").fill("Lễ")
        letters: Locator = shown.at("year-months").locator(".day b")
        shown.until("coloured days", lambda: {"A", "B"} == set(letters.all_inner_texts()))
        legend = shown.at("year-legend").inner_text()
        assert "Đêm thử" in legend and "Thấp" in legend
        shown.at("year-before").click()
        year = int(shown.at("year").inner_text())
        saturday = next(
            cell
            for cell in shown.at("year-months").locator(".day").all()
            if shown.ask("(date) => new Date(date).getUTCDay() === 6", cell.get_attribute("data-date"))
        )
        shown.until("the year before", lambda: saturday.locator("b").inner_text() == "B")
        saturday.click()
        _says(shown, "day-why", _shortened("rule.says.number", language, number=1))
        shown.at("rule-3-up").click()
        assert shown.ask("() => document.activeElement.dataset.testid") == "rule-2-up"
        shown.at("plan-save").click()
        _says(shown, "plans-said", _text("plans.saved", language))
        stored = planned.get("/calendars/web-calendar").json()["rules"]
        assert [rule["program"] for rule in stored] == ["web-low", "web-night", "web-night"]
        assert stored[1]["note"] == "Lễ" and stored[1]["holidays"] == {"country": "VN", "before": 1}
        assert stored[2]["lunar"] == {"from": "12-23", "to": "01-07"}

        shown.until("the year again", lambda: len(set(letters.all_inner_texts())) == 2)
        with shown.page.expect_download() as download:
            shown.at("year-csv").click()
        assert download.value.suggested_filename == f"web-calendar-{year}.csv"
        rows = list(csv.reader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig"))))
        columns = ("date", "weekday", "program", "name", "rule", "why")
        assert rows[0] == [_text(f"year.csv.{column}", language) for column in columns]
        assert len(rows) in (366, 367)
        ruled = planned.post(
            "/calendars/preview", json={"calendar": {"rules": stored, "default": "web-night"}, "year": year}
        )
        firsts = {run["start"]: run for run in ruled.json()["runs"]}
        for row in rows[1:]:
            if run := firsts.get(row[0]):
                assert (row[2], row[4]) == (run["program"], str(run["rule_number"] or ""))
        shown.clean()


def test_what_the_hub_refuses_is_said_beside_its_row(city: RunningHub, planned: httpx.Client, browser: Browser) -> None:
    with screen(browser, city.url) as shown:
        _open(shown, city)
        _edit(shown, "programs", "web-night")
        _chart(shown, "22:00 60")
        shown.at("step-add").click()
        shown.at("step-4-time").fill("21:00")
        _says(shown, "step-4-error", "comes before step 2")
        shown.at("plan-save").click()
        _says(shown, "plan-error", "step 4: 21:00 comes before step 2")
        assert len(planned.get("/programs/web-night").json()["steps"]) == 3
        shown.at("step-4-up").click()
        shown.at("step-3-up").click()
        shown.until(
            "no error", lambda: shown.at("step-2-error").inner_text() == "" and not shown.at("plan-error").is_visible()
        )
        shown.at("step-2-level").fill("")
        _says(shown, "step-2-error", "Level (%): write a number from 0 to 100.")
        shown.at("plan-delete").click()
        assert "Lịch thử" in shown.at("plan-in-use").inner_text()
        shown.at("plans-back").click()
        shown.at("guard-leave").click()
        shown.at("new-programs").click()
        shown.at("plan-name").fill("Đêm thử")
        assert shown.at("plan-id").input_value() == "dem-thu"
        shown.at("plan-id").fill("web-night")
        shown.at("plan-save").click()
        _says(shown, "plan-error", "web-night")
        assert [each for each in shown.errors if "422" not in each and "409" not in each] == []


def test_unsaved_changes_are_not_lost_by_a_slip(city: RunningHub, planned: httpx.Client, browser: Browser) -> None:
    with screen(browser, city.url) as shown:
        _open(shown, city)
        _edit(shown, "programs", "web-night")
        shown.at("step-1-level").fill("80")
        for _ in range(2):
            shown.page.keyboard.press("Escape")
            shown.at("guard-stay").wait_for()
        shown.at("guard-stay").click()
        assert shown.at("step-1-level").input_value() == "80"
        shown.at("plans-close").click()
        shown.at("guard-leave").click()
        shown.at("plans").wait_for(state="hidden")
        assert planned.get("/programs/web-night").json()["steps"][0]["level"] == 100
        shown.clean()


def test_steps_and_days_are_worked_by_keys(city: RunningHub, planned: httpx.Client, browser: Browser) -> None:
    with screen(browser, city.url) as shown:
        _open(shown, city)
        _edit(shown, "programs", "web-night")
        focused = "() => document.activeElement.dataset.testid ?? document.activeElement.dataset.date"
        shown.at("step-2-up").focus()
        shown.page.keyboard.press("Enter")
        assert shown.at("step-1-time").input_value() == "22:00"
        shown.at("step-2-remove").focus()
        shown.page.keyboard.press("Enter")
        assert shown.ask(focused) == "step-2-at" and shown.at("steps").locator("> li").count() == 2
        shown.page.keyboard.press("Escape")
        assert shown.ask(focused) == "guard-stay"
        shown.page.keyboard.press("Enter")
        assert shown.ask(focused) == "step-2-at"
        shown.at("plan-save").focus()
        shown.page.keyboard.press("Enter")
        _says(shown, "plans-said", _text("plans.saved", "en"))
        shown.until("the focus on what can be done next", lambda: shown.ask(focused) == "plan-undo")
        shown.page.keyboard.press("Escape")
        shown.at("plans").wait_for(state="hidden")
        assert shown.ask(focused) == "plans-open"
        shown.page.keyboard.press("Enter")
        _edit(shown, "calendars", "web-calendar")
        shown.until("the year", lambda: shown.at("year-legend").locator("li").count() == 1)
        shown.page.locator("[data-date][tabindex='0']").focus()
        for key in ("ArrowDown", "ArrowRight", "Enter"):
            shown.page.keyboard.press(key)
        assert str(shown.ask(focused)).endswith("-01-09")
        shown.page.locator(".day[aria-current][data-date$='-01-09']").wait_for()
        shown.clean()


def test_who_may_not_change_them_sees_them_and_why(city: RunningHub, planned: httpx.Client, browser: Browser) -> None:
    for role, may_follow in (("analyst", False), ("operator", True)):
        with screen(browser, city.url) as shown:
            _open(shown, city, role)
            assert _text(f"role.{role}", "en") in shown.at("plans-denied").inner_text()
            assert shown.at("new-programs").is_disabled() and shown.at("use-full-night").is_disabled()
            shown.at("follow-web-calendar").click()
            shown.at("follow-zone").wait_for()
            assert shown.at("follow-denied").is_visible() is not may_follow
            shown.at("follow-zone").select_option(_root(planned)["id"])
            assert shown.at("follow").is_enabled() is may_follow
            _edit(shown, "programs", "web-night")
            _chart(shown, "22:00 60")
            assert shown.at("plans-denied").is_visible()
            assert shown.at("step-1-level").is_disabled() and shown.at("plan-save").is_disabled()
            shown.at("plans-back").click()
            _edit(shown, "calendars", "web-calendar")
            shown.until("the year", lambda: shown.at("year-legend").locator("li").count() == 1)
            assert shown.at("rule-add").is_disabled()
            shown.clean()


@pytest.mark.parametrize("language", ["en", "vi"])
def test_a_zone_shows_what_rules_there_and_changes_it(
    city: RunningHub, planned: httpx.Client, browser: Browser, language: str
) -> None:
    street, root = _street(planned), _root(planned)
    planned.put(f"/zones/{root['id']}/calendar", json={"calendar": "web-calendar"}).raise_for_status()
    planned.post("/calendars", json={"id": "web-other", "name": "Khác", "default": "web-low"}).raise_for_status()
    with screen(browser, city.url, DESKTOP, "vi-VN" if language == "vi" else "en-GB") as shown:
        shown.sign_in("operator", city.password("operator"))
        _choose_zone(shown, street, phone=False)
        above = _text("zoneplan.from.above", language).format(name="Lịch thử", zone=root["name"])
        _says(shown, "zone-calendar", above)
        _says(shown, "plan-why", "Đêm thử")
        chart = shown.at("zone-plan").get_by_test_id("level-chart")
        assert chart.locator("line.present").count() == 1 and chart.locator(".held").count() == 0
        order = {"zones": [street["id"]], "level": 35, "for": "PT30M", "reason": "test of the page"}
        made = planned.post("/overrides", json=order).json()
        shown.until("the override on the chart", lambda: chart.locator("path.level.held").count() >= 1)
        planned.delete(f"/overrides/{made['id']}").raise_for_status()

        shown.at("zone-change").click()
        assert shown.at("zone-plan").get_by_test_id("follow").is_disabled()  # it is so already
        shown.at("zone-calendar-choice").select_option("web-other")
        shown.at("zone-plan").get_by_test_id("follow").click()
        assert str(street["counts"]["lights"]) in shown.at("follow-sure").inner_text()
        shown.at("follow-yes").click()
        _says(shown, "zone-calendar", _text("zoneplan.from.own", language).format(name="Khác"))
        assert planned.get(f"/zones/{street['id']}/calendar").json()["calendar"] == "web-other"
        shown.at("zone-open").click()
        shown.at("calendar-editor").wait_for()
        assert shown.at("plans").locator("h2").inner_text() == "Khác"
        shown.clean()


@pytest.mark.parametrize("language", ["en", "vi"])
def test_on_a_narrow_phone_nothing_is_too_small_or_too_wide(
    city: RunningHub, planned: httpx.Client, browser: Browser, language: str
) -> None:
    with screen(browser, city.url, NARROW, language) as shown:
        _open(shown, city)
        assert shown.ask(WIDE) <= 1 and shown.ask(SMALL) == []
        _edit(shown, "programs", "web-night")
        _chart(shown, "22:00 60")
        shown.at("step-2-skip").check()
        shown.at("step-2-skip-of").fill("4")
        assert shown.ask(WIDE) <= 1 and shown.ask(SMALL) == []
        shown.at("plans-back").click()
        shown.at("guard-leave").click()
        _edit(shown, "calendars", "web-calendar")
        for kind in ("range", "dates", "weekdays", "holidays", "lunar"):
            shown.at("rule-add").select_option(kind)
        shown.until("the year", lambda: shown.at("year-legend").locator("li").count() == 1)
        shown.page.locator("[data-date$='-03-05']").click()
        assert shown.ask(WIDE) <= 1 and shown.ask(SMALL) == []
        shown.clean()
