"""Getting to a thing on the page and back, by keyboard, on a phone and while the hub does not answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Route

from tests.servers.hub import RunningHub
from tests.web.browser import PHONE, Screen, chromium, screen
from tests.web.source import catalogue
from tests.web.test_page import SMALL, WIDE

FOCUSED = (
    "() => document.activeElement.id || document.activeElement.dataset.testid || document.activeElement.dataset.id"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def _of(city: RunningHub, path: str, **query: str) -> list[dict[str, Any]]:
    with city.client("operator") as client:
        found: list[dict[str, Any]] = client.get(path, params={"limit": "1000", **query}).json()["items"]
    return found


def _search(shown: Screen, text: str) -> None:
    shown.page.keyboard.press("/")
    shown.page.keyboard.type(text)


def test_what_was_chosen_by_keyboard_has_the_focus_and_gives_it_back(city: RunningHub, browser: Browser) -> None:
    street = next(zone for zone in _of(city, "/zones") if zone["kind"] == "street")
    with screen(browser, city.url) as shown:
        shown.sign_in("operator", city.password("operator"))
        _search(shown, street["name"])
        shown.page.keyboard.press("ArrowDown")
        shown.page.locator("#found [data-testid^=found-lamp]").first.wait_for()  # the list was built anew
        assert shown.ask(FOCUSED) == f"found-{street['id']}"
        shown.page.keyboard.press("Enter")
        shown.at("zone-panel").wait_for()
        assert shown.ask(FOCUSED) == "panel"
        assert shown.ask("() => getComputedStyle(document.activeElement).outlineStyle") == "solid"
        shown.page.keyboard.press("Tab")
        assert shown.ask("() => document.querySelector('#panel').contains(document.activeElement)") is True
        shown.page.keyboard.press("Escape")
        assert shown.ask(FOCUSED) == f"found-{street['id']}"

        shown.at("search").fill("")
        tree = shown.page.get_by_role("tree")
        tree.locator("[tabindex='0']").focus()
        root = shown.ask(FOCUSED)
        shown.page.keyboard.press("Enter")
        assert shown.ask(FOCUSED) == "panel"
        shown.page.keyboard.press("Escape")
        assert shown.ask(FOCUSED) == root
        tree.locator("[tabindex='0'] .name").first.click()
        assert shown.ask(FOCUSED) == root  # the mouse moves no focus
        shown.clean()


def test_on_a_phone_the_same_thing_can_be_chosen_again(city: RunningHub, browser: Browser) -> None:
    root = next(zone for zone in _of(city, "/zones") if zone["parent"] is None)
    with screen(browser, city.url, PHONE) as shown:
        shown.sign_in("operator", city.password("operator"))
        for _ in range(2):
            shown.at("tab-zones").click()
            shown.at(f"zone-{root['id']}").locator(".name").first.click()
            shown.at("zone-panel").wait_for(state="visible")
        shown.clean()


def test_a_search_that_failed_does_not_say_that_there_is_nothing(city: RunningHub, browser: Browser) -> None:
    text = catalogue("en")
    with screen(browser, city.url) as shown:
        shown.sign_in("operator", city.password("operator"))
        shown.page.route("**/api/v1/devices?*", lambda route: route.abort())
        _search(shown, "lamp-00")
        assert shown.at("search-failed").inner_text() == text["error.no-answer"]
        assert str(text["search.nothing"]).format(text="lamp-00") not in shown.page.locator("#found").inner_text()
        shown.page.unroute("**/api/v1/devices?*")
        shown.page.keyboard.type("0")
        shown.page.locator("#found [data-testid^=found-lamp-00]").first.wait_for()
        assert shown.at("search-failed").count() == 0


@pytest.mark.parametrize("language", ["en", "vi"])
def test_a_lamp_without_a_controller_leads_to_its_cabinet(city: RunningHub, browser: Browser, language: str) -> None:
    lamp = _of(city, "/devices", kind="light")[0]
    cabinet = _of(city, "/devices", kind="cabinet")[0]["id"]

    def fed(route: Route) -> None:
        answer = route.fetch()
        plan = {"calendar": "default", "version": None, "holds": None, "since": None, "state": "by-hub"}
        changed = {"profile": "feed", "feed": f"{cabinet}/b", "plan": plan, "address": None}
        route.fulfill(response=answer, json=answer.json() | changed)

    text = catalogue(language)
    with screen(browser, city.url, PHONE, language) as shown:
        shown.page.route(f"**/api/v1/devices/{lamp['id']}", fed)
        shown.sign_in("operator", city.password("operator"))
        shown.at("tab-zones").click()
        shown.at("search").fill(lamp["id"])
        shown.at(f"found-{lamp['id']}").click()
        said = shown.at("fed")
        assert said.inner_text() == str(text["device.fed"]).format(cabinet=cabinet, segment="b")
        assert shown.at("order").count() == 0  # an order for it alone is always rejected
        assert str(text["plan.usual"]) in shown.at("device-plan").inner_text()
        assert shown.ask(SMALL) == [] and shown.ask(WIDE) == []
        shown.at("to-cabinet").click()
        shown.at("cabinet").wait_for()
        assert shown.at("device-panel").get_attribute("data-device") == cabinet
        shown.clean()


def test_the_load_of_a_zone_ends_with_the_last_quarter_hour_that_is_over(city: RunningHub, browser: Browser) -> None:
    """In the one that runs only some lights have reported yet: their sum would look like a fall of the load."""
    root = next(zone for zone in _of(city, "/zones") if zone["parent"] is None)
    asked: list[dict[str, str]] = []

    def load(route: Route) -> None:
        query = dict(pair.split("=", 1) for pair in route.request.url.split("?", 1)[1].split("&"))
        asked.append(query)
        end = dt.datetime.fromisoformat(query["end"].replace("%3A", ":"))
        running = end.timestamp() // 900 * 900
        moments = [running - 1800, running - 900, running]
        times = [f"{dt.datetime.fromtimestamp(at, dt.UTC):%Y-%m-%dT%H:%M:%SZ}" for at in moments]
        points = list(zip(times, (900, 910, 7), strict=True))
        route.fulfill(json={**route.fetch().json(), "points": points})

    with screen(browser, city.url) as shown:
        shown.page.route("**/api/v1/telemetry?*", load)
        shown.sign_in("analyst", city.password("analyst"))
        shown.page.get_by_role("tree").locator(f"[data-id={root['id']}] .name").first.click()
        shown.at("zone-power").locator("summary").click()
        spoken = shown.at("zone-power").get_by_test_id("chart").get_attribute("aria-label") or ""
        assert "900" in spoken and "910" in spoken
        last = shown.page.locator("[data-testid=zone-power] .chartlegend b").inner_text()
        assert last.replace("\N{NO-BREAK SPACE}", " ") == "910 W"
        start = dt.datetime.fromisoformat(asked[0]["start"].replace("%3A", ":"))
        assert start.timestamp() % 900 == 0  # the first one is whole too
        shown.clean()
