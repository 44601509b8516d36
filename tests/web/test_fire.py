"""Fire panels in a real browser: loud and first, by mouse and by keys, on a phone, in both languages; nothing acts on a panel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Route

from tests.e2e.fire_panel import FirePanel
from tests.servers.hub import RunningHub, running_hub
from tests.servers.waiting import until
from tests.web.browser import DESKTOP, PHONE, chromium, screen
from tests.web.source import catalogue

PANEL = "fire-01"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    with running_hub(tmp_path_factory.mktemp("fire") / "hub", {"fire__self_test_at": ""}) as running:
        yield running


@pytest.fixture(scope="module")
def panel(hub: RunningHub) -> Iterator[FirePanel]:
    with hub.client() as api:
        made = api.post("/devices", json={"id": PANEL, "name": "Chợ Đông Ba", "kind": "fire_panel"})
        assert made.status_code == 201, made.text
    with closing(FirePanel(hub.mqtt_port, PANEL, made.json()["credentials"]["password"])) as panel:
        yield panel


def acknowledge_all(hub: RunningHub) -> None:
    with hub.client("operator") as api:
        ids = [each["id"] for each in api.get("/alarms", params={"class": "fire"}).json()["items"]]
        assert api.post("/alarms/ack", json={"ids": ids}).status_code == 200


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "vi")], ids=str)
def test_a_fire_is_first_on_the_page_until_it_is_over_and_seen(
    hub: RunningHub, panel: FirePanel, browser: Browser, size: tuple[int, int], language: str
) -> None:
    words = catalogue(language)
    with screen(browser, hub.url, size, locale="vi-VN" if language == "vi" else "en-GB") as shown:
        shown.sign_in("operator", hub.password("operator"))
        shown.at("fire-open").wait_for()
        assert not shown.at("firebar").is_visible()
        panel.change("alarm", "1/23", text="Kho 2")
        panel.change("disabled", "1/24")
        shown.at("firebar").wait_for()
        text = shown.at("firebar").inner_text()
        assert "Chợ Đông Ba" in text and "1/23" in text and "Kho 2" in text
        top = shown.ask("() => document.querySelector('.banners').firstElementChild.id")
        assert top == "firebar"
        shown.at("firebar-open").click()
        row = shown.at(f"firepanel-{PANEL}")
        row.wait_for()
        assert "105/2025" in shown.at("fire-notice").inner_text()
        shown.until("both conditions", lambda: row.locator(".firecondition.stands").count() == 2)
        row.get_by_test_id("fire-points").wait_for()
        assert "1/23" in row.get_by_test_id("fire-points").inner_text()
        proof = row.get_by_test_id("fire-proof")
        disk = str(words["fire.stage.persisted"]).split("{")[0].strip()
        shown.until("the proof", lambda: disk in proof.inner_text())
        assert shown.at("fire").get_by_role("button").count() == 2  # close, and points: nothing that acts on a panel
        with shown.page.expect_download() as file:
            row.get_by_test_id("fire-csv").click()
        assert "1/23" in file.value.path().read_text("utf-8")
        wide = shown.ask(
            "() => document.querySelector('#fire').scrollWidth > document.querySelector('#fire').clientWidth"
        )
        assert not wide
        panel.change("alarm", "1/23", False)
        panel.change("disabled", "1/24", False)
        shown.until("nothing to stand", lambda: row.locator(".firecondition.stands").count() == 0)
        assert shown.ask("() => document.querySelector('#firebar').hidden") is False
        acknowledge_all(hub)
        shown.until("the bar to go", lambda: shown.ask("() => document.querySelector('#firebar').hidden"))
        shown.clean()


def test_a_fire_that_was_heard_stays_while_its_alarm_is_not_made_yet_or_the_city_is_not_loaded(
    hub: RunningHub, panel: FirePanel, browser: Browser
) -> None:
    with screen(browser, hub.url) as shown:
        asked: list[str] = []
        held: list[Route] = []

        def empty(route: Route) -> None:
            asked.append(route.request.url)
            route.fulfill(json={"items": [], "next": None})

        shown.page.route("**/alarms?class=fire*", empty)

        def hold(route: Route) -> None:
            held.append(route)

        shown.page.route(re.compile(r"/map(\?|$)"), hold)
        shown.at("username").fill("operator")
        shown.at("password").fill(hub.password("operator"))
        shown.at("submit").click()
        shown.until("the page to ask for the city", lambda: held)
        panel.change("alarm", "8/1", text="Kho 8")
        shown.at("firebar").wait_for()
        before = len(asked)
        held.pop().continue_()
        shown.page.unroute(re.compile(r"/map(\?|$)"))
        shown.until("the list to be asked", lambda: len(asked) > before)
        panel.change("fault", "8/1")
        before = len(asked)
        shown.until("the list to be asked again", lambda: len(asked) > before)
        assert "8/1" in shown.at("firebar").inner_text()
        panel.change("alarm", "8/1", False)
        panel.change("fault", "8/1", False)
    acknowledge_all(hub)


def test_a_fire_is_in_sight_over_whatever_is_open_and_on_the_tab(
    hub: RunningHub, panel: FirePanel, browser: Browser
) -> None:
    tab = str(catalogue("vi")["fire.tab"]).split("{")[0]
    with screen(browser, hub.url, PHONE, "vi-VN") as shown:
        shown.sign_in("admin", hub.password("admin"))
        cut = "() => [...document.querySelectorAll('.now, .now *')].filter((one) => one.scrollWidth > one.clientWidth + 1)"
        assert shown.ask(f"{cut}.map((one) => one.textContent)") == []
        shown.at("tab-plans").click()
        shown.at("plans").get_by_role("button").first.wait_for()
        panel.change("alarm", "1/7", text="Bếp")
        bar = shown.at("firebar")
        bar.wait_for()
        assert "1/7" in bar.inner_text() and shown.page.title().startswith(tab)
        shown.ask("() => document.querySelector('#plans').scrollTo(0, 9_999)")
        shown.at("firebar-alarms").click()  # fails where a dialog covers it
        shown.at("alarm-fire-01-fireAlarm").wait_for()
        top = "() => document.querySelector('#alarms').firstElementChild.id"
        shown.until("the bar in the list too", lambda: shown.ask(top) == "firebar")
        shown.at("alarm-fire-01-fireAlarm").get_by_test_id("alarm-ack").click()
        panel.change("alarm", "1/7", False)
        shown.until("the bar to go", lambda: shown.ask("() => document.querySelector('#firebar').hidden"))
        assert not shown.page.title().startswith(tab)
        shown.page.keyboard.press("Escape")
        shown.page.keyboard.press("Escape")
        home = "() => document.querySelector('.banners').firstElementChild.id"
        shown.until("the bar at home", lambda: shown.ask(home) == "firebar")
        shown.clean()


def test_by_keys_and_the_self_test_by_an_admin(hub: RunningHub, panel: FirePanel, browser: Browser) -> None:
    def heard() -> bool:
        with hub.client() as api:
            return bool(api.get(f"/fire/panels/{PANEL}").json()["state_received"])

    until("the panel", heard, within=20)
    with screen(browser, hub.url) as shown:
        shown.sign_in("admin", hub.password("admin"))
        shown.at("fire-open").wait_for()
        shown.at("fire-open").focus()
        shown.page.keyboard.press("Enter")
        row = shown.at(f"firepanel-{PANEL}")
        row.wait_for()
        shown.at("fire-panels").focus()
        shown.page.keyboard.press("ArrowDown")
        shown.page.keyboard.press("Enter")
        row.get_by_test_id("fire-proof").wait_for()
        shown.at("fire-test-now").click()
        passed = str(catalogue("en")["fire.test.passed"]).split("{")[0]
        shown.until("the test to pass", lambda: passed in shown.at("fire-test").inner_text())
        shown.page.keyboard.press("Escape")
        assert not shown.at("fire").is_visible()
        shown.clean()
