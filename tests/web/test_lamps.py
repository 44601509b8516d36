"""What the panel of a lamp says of it, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route

from tests.servers.hub import RunningHub
from tests.servers.waiting import until
from tests.web.browser import DESKTOP, PHONE, Screen, chromium, screen
from tests.web.source import catalogue
from tests.web.test_page import SMALL, WIDE


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def _a_lamp(city: RunningHub) -> str:
    with city.client("operator") as client:
        return str(client.get("/devices", params={"kind": "light", "limit": "1"}).json()["items"][0]["id"])


def _a_measured_lamp(city: RunningHub) -> str:
    """One of which there is power to draw."""
    with city.client("operator") as client:

        def measured() -> str | None:
            for device in client.get("/devices", params={"kind": "light", "limit": "20"}).json()["items"]:
                asked = client.get(f"/devices/{device['id']}/telemetry", params={"metric": "power", "every": "5m"})
                if asked.json()["points"]:
                    return str(device["id"])
            return None

        return until("power of a lamp", measured)


def _look_at(shown: Screen, city: RunningHub, lamp: str, phone: bool) -> None:
    shown.sign_in("operator", city.password("operator"))
    if phone:
        shown.at("tab-zones").click()
    shown.at("search").fill(lamp)
    shown.at(f"found-{lamp}").click()
    shown.at("lamp-panel").wait_for()


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "vi")], ids=str)
def test_a_lamp_switched_on_the_spot_says_so_and_waits_for_nothing(
    city: RunningHub, browser: Browser, size: tuple[int, int], language: str
) -> None:
    lamp, text = _a_lamp(city), catalogue(language)

    def by_hand(route: Route) -> None:
        answer = route.fetch()
        device = answer.json()
        device["light"] |= {"requested": 20, "actual": 100, "cause": "local"}
        route.fulfill(response=answer, json=device)

    with screen(browser, city.url, size, language) as shown:
        shown.page.route(f"**/api/v1/devices/{lamp}", by_hand)
        _look_at(shown, city, lamp, size == PHONE)
        assert shown.at("level-local").inner_text() == text["level.local"]
        assert shown.at("level-cause").inner_text() == text["cause.local"]
        assert str(text["level.waiting"]) not in shown.at("lamp-panel").inner_text()
        shown.clean()


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "vi")], ids=str)
def test_a_light_in_no_zone_is_counted_and_can_be_chosen(
    city: RunningHub, browser: Browser, size: tuple[int, int], language: str
) -> None:
    def lights() -> int:
        return int("".join(filter(str.isdigit, shown.at("summary").locator(".lights").inner_text())))

    with city.client("admin") as admin, screen(browser, city.url, size, language) as shown:
        shown.sign_in("operator", city.password("operator"))
        before = lights()
        assert shown.at("zoneless").is_hidden()
        try:
            admin.post("/devices", json={"id": "astray", "name": "Astray", "kind": "light"}).raise_for_status()
            shown.until("the light in the sum of the city", lambda: lights() == before + 1)
            if size == PHONE:
                shown.at("tab-zones").click()
            shown.at("zoneless").locator("summary").click()
            shown.at("zoneless-astray").wait_for()
            assert size != PHONE or shown.ask(SMALL) == []
            shown.at("zoneless-astray").click()
            shown.at("lamp-panel").wait_for()
            assert "Astray" in shown.at("device-panel").locator("h2").inner_text()
            assert shown.ask(WIDE) == []
        finally:
            admin.delete("/devices/astray").raise_for_status()
        shown.until("the city as it was", lambda: lights() == before and shown.at("zoneless").is_hidden())
        assert [each for each in shown.errors if "404" not in each] == []  # the panel of what was deleted


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "vi")], ids=str)
def test_a_chart_says_what_it_shows_in_which_unit_of_which_time_and_how_it_was_made(
    city: RunningHub, browser: Browser, size: tuple[int, int], language: str
) -> None:
    text = catalogue(language)

    def told(how: str, metric: str, unit: str, minutes: int = 0) -> str:
        return str(text[f"chart.how.{how}"]).format(label=text[f"metric.{metric}"], unit=unit, n=minutes)

    with screen(browser, city.url, size, language) as shown:
        _look_at(shown, city, _a_measured_lamp(city), size == PHONE)
        caption = shown.at("chart-caption").inner_text()
        assert told("mean", "power", "W", 5) in caption
        assert told("raw", "level", "%") in caption
        assert re.search(
            str(text["chart.period"]).format(**{"from": ".*[0-9:]{5}.*", "to": "[0-9]{2}:[0-9]{2}"}), caption
        )
        shown.page.locator(".crumbs button").last.click()
        shown.at("zone-power").locator("summary").click()
        caption = shown.at("zone-power").get_by_test_id("chart-caption").inner_text()
        assert any(told("sum", "power", unit, 15) in caption for unit in ("W", "kW"))
        assert shown.ask(WIDE) == []
        assert shown.ask("() => document.documentElement.scrollWidth") == size[0]
        shown.clean()
